"""`twat-fs record`: an upload to a real server becomes a cassette that replays, and that no secret is in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from tests.leaks import Traces
from tests.support import PLANTED, registry
from twat_fs.source import Source
from twat_fs.testing.cassettes import replay
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.upload import UploadOptions, upload

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.hosts import Host
    from tests.support import Cli

SPEC = """\
credentials: {{BOX_PASSWORD: {{help: The password.}}}}
request:
  url: "{url}/upload"
  basic_auth: {{username: "{user}", password: "{{{{ credentials.BOX_PASSWORD }}}}"}}
  multipart: {{files: "{{{{ file }}}}"}}
  expect: [204]
result: {{url: "{url}/{{{{ file.name }}}}"}}
"""
TWO_STEPS = """\
credentials: {{KEY: {{help: A key.}}}}
vars: {{bin: "{{{{ random(8) }}}}"}}
steps:
  - name: begin
    url: "{url}/begin/{{{{ vars.bin }}}}"
    headers: {{Authorization: "Bearer {{{{ credentials.KEY }}}}"}}
    json: {{name: "{{{{ file.name }}}}"}}
    save: {{target: target, token: {{jmespath: upload.token, secret: true}}}}
  - name: send
    method: PUT
    url: "{{{{ saved.target }}}}"
    headers: {{X-Token: "{{{{ saved.token }}}}"}}
    raw: "{{{{ file }}}}"
result: {{url: link}}
"""
SIGNED = "AKIAmostsecretsignature"
TOKEN = "saved-token-0123456789"


def replayed(cassette: Path, specs: Path, name: str, env: dict[str, str]) -> str:
    """What an upload of the same file gives with a cassette in place of the server."""
    folder = specs.parent
    with Source(folder / "a.txt") as source, replay(cassette):
        outcome = upload(source, registry(specs, **env), [name], UploadOptions(check="none"))
    return str(outcome.result)


@pytest.mark.servers
def test_an_upload_to_a_real_server_is_recorded_and_replays(uploadserver: Host, run_cli: Cli) -> None:
    run_cli.spec("box", SPEC.format(url=uploadserver.url, user=uploadserver.user))
    file = run_cli.file(content=b"hello\n")
    out = run_cli.home / "cassettes" / "success.yaml"
    words = ("record", "box", file, "--out", out, "--software", "uploadserver 6.0.1")
    answer = run_cli(*words, env={"BOX_PASSWORD": uploadserver.password})
    assert (answer.code, answer.out) == (0, f"{out}\n"), answer
    text = out.read_text()
    assert text.splitlines()[0] == "# provenance: recorded from uploadserver 6.0.1"
    assert '# file: a.txt "hello\\n"' in text
    assert f"# expect: url {uploadserver.url}/a.txt" in text
    assert Traces(uploadserver.password).places(text.encode()) == []
    made_up = {"BOX_PASSWORD": "made-up-box-password"}
    assert replayed(out, run_cli.specs, "box", made_up) == f"{uploadserver.url}/a.txt"


@pytest.fixture
def signing(run_cli: Cli) -> object:
    """A host whose first reply has a signed address and a token; its second the link."""

    def script(seen: object) -> Play:
        if getattr(seen, "method", "") == "PUT":
            return Play(200, b'{"link": "https://files.example/a.txt", "client": "203.0.113.9"}')
        target = f"{host.url}/put?X-Signature={SIGNED}&n=1"
        body = f'{{"target": "{target}", "upload": {{"token": "{TOKEN}"}}}}'
        return Play(200, body.encode(), [("Set-Cookie", "session=abcdefghij"), ("Content-Type", "application/json")])

    with FakeHost(script) as host:
        run_cli.spec("two", TWO_STEPS.format(url=host.url))
        yield host


@pytest.fixture
def cassette(run_cli: Cli, signing: FakeHost) -> Path:
    out = run_cli.home / "two.yaml"
    answer = run_cli("record", "two", run_cli.file(), "--software", "a test 1", env={"KEY": PLANTED})
    assert answer.code == 0, answer
    return out


def test_nothing_that_opens_something_is_left(cassette: Path) -> None:
    text = cassette.read_text()
    for secret in (PLANTED, SIGNED, TOKEN, "203.0.113.9", "abcdefghij"):
        assert secret not in text


def test_what_was_replaced_is_the_same_everywhere_so_that_it_replays(
    cassette: Path, run_cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    from twat_fs import registry as registry_module

    monkeypatch.setattr(registry_module, "random_text", lambda count: "a" * count)
    assert "# random: aaaaaaaa" in cassette.read_text()
    assert replayed(cassette, run_cli.specs, "two", {"KEY": "made-up-key"}) == "https://files.example/a.txt"


def test_a_failure_is_recorded_too(run_cli: Cli) -> None:
    with FakeHost([Play(413, b"too large")]) as host:
        run_cli.spec("no", f'request: {{url: "{host.url}/", raw: "{{{{ file }}}}"}}\nresult: {{url: url}}\n')
        assert run_cli("record", "no", run_cli.file(), "--software", "a test 1").code == 0
    text = (run_cli.home / "no.yaml").read_text()
    assert "# expect: error too_large" in text
    (interaction,) = yaml.safe_load(text)["interactions"]
    assert interaction["response"]["body"]["string"] == "too large"


def test_a_secret_that_comes_back_in_an_unknown_form_is_not_written(run_cli: Cli) -> None:
    with FakeHost([Play(200, b"https://h.example/1")]) as host:
        run_cli.spec(
            "leaks",
            "credentials: {KEY: {help: A key.}}\n"
            f'request: {{url: "{host.url}/?k={{{{ credentials.KEY | upper }}}}", raw: "{{{{ file }}}}"}}\n'
            "result: {url: {text: true}}\n",
        )
        answer = run_cli("record", "leaks", run_cli.file(), "--software", "a test 1", env={"KEY": PLANTED})
    assert answer.code == 4, answer
    assert "a secret would remain in line" in answer.err
    assert not (run_cli.home / "leaks.yaml").exists()


def test_a_server_of_ones_own_must_be_named(run_cli: Cli) -> None:
    with FakeHost([Play(200, b"https://h.example/1")]) as host:
        run_cli.spec(
            "mine", f'request: {{url: "{host.url}/", raw: "{{{{ file }}}}"}}\nresult: {{url: {{text: true}}}}\n'
        )
        answer = run_cli("record", "mine", run_cli.file())
    assert answer.code == 2
    assert "--software" in answer.err


@pytest.mark.parametrize(("content", "words"), [(b"\xff", "text file"), (b"x" * 5000, "at most 4096 bytes")])
def test_a_file_that_no_cassette_can_hold_is_wrong_usage(run_cli: Cli, content: bytes, words: str) -> None:
    run_cli.spec("mine", 'request: {url: "https://h.example/", raw: "{{ file }}"}\nresult: {url: {text: true}}\n')
    answer = run_cli("record", "mine", run_cli.file(content=content))
    assert answer.code == 2
    assert words in answer.err


def test_a_cassette_that_is_there_is_not_overwritten_unasked(run_cli: Cli) -> None:
    run_cli.file("catbox.yaml")
    assert run_cli("record", "catbox", run_cli.file()).code == 2


def test_a_python_provider_is_not_recorded(run_cli: Cli) -> None:
    assert run_cli("record", "local", run_cli.file()).code == 2
