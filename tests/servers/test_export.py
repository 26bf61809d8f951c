"""What `twat-fs spec export` writes, run by the programs that it is written for."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.contract import bundled
from tests.contract.bundled import Stage, content, data, specs, success
from tests.servers.environment import prepared
from tests.support import PLANTED
from twat_fs.testing.example_host import ExampleHost, copied
from twat_fs.testing.fake_host import FakeHost
from twat_fs.testing.hosts import file_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support import Answer, Cli
    from twat_fs.testing.seen import Seen

pytestmark = pytest.mark.servers

BYTES = os.urandom(5000)
#: Those of which an export needs no option to be set; the others are made of the same requests.
NAMES = [name for name in bundled.NAMES if not success(name).get("options")]
#: What a filter makes of a secret in an address, no variable of a shell can stand for.
NAMES.remove("discord")
#: Its file is a text inside JSON, see below.
NAMES.remove("githubgist")
#: Where the URL is made by a filter or a choice, which a person is told to do.
BY_HAND = {"tempsh", "tmpfilesorg", "tmpfilelink", "imgur", "zenodo", "pomf", "uploadcare"}
SEVERAL = {name for name in NAMES if len(Stage(name).order) > 1}


def _shape(name: str) -> tuple[object, ...]:
    """How a spec sends the file: what makes one command for HTTPie differ from another in more than its words."""
    request = data(name).get("request", {})
    return (request.get("method"), *sorted({"headers", "multipart", "form", "json", "raw"} & set(request)))


#: One of each shape, since HTTPie takes long to start, and those of several steps, which it cannot do.
BY_HTTPIE = sorted({*{_shape(name): name for name in NAMES}.values(), *SEVERAL})
#: Each with the reason why ShareX cannot say it.
NOT_SHAREX = {"fal": "several steps", "filebin": "sha256", "tempsh": "makes of", "tmpfilesorg": "makes of"}
NOT_SHAREX |= {"tmpfilelink": "makes of", "imgur": "makes of", "zenodo": "several steps", "pinata": "makes of"}
NOT_SHAREX |= {"pomf": "makes of", "uploadcare": "makes of"}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    value: str = request.param
    return value


@pytest.fixture
def host(name: str) -> Iterator[FakeHost]:
    with FakeHost(ExampleHost(specs()[name], success(name))) as host:
        yield host


def exported(run_cli: Cli, name: str, host: FakeHost, form: str) -> Answer:
    (run_cli.specs / f"{name}.yaml").write_text(copied(content(name), host.url))
    return run_cli("spec", "export", name, "--to", form)


def ran(program: list[str], script: str, folder: Path, name: str, path: str = "") -> str:
    keys = {item.name: f"{PLANTED}-{item.name}" for item in specs()[name].credentials if item.required}
    environ = {"PATH": f"{path}{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8", **keys}
    done = subprocess.run(
        [*program], input=script, cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, script + done.stdout + done.stderr
    return done.stdout.strip()


def sending(host: FakeHost) -> Seen:
    return next(seen for seen in host.requests if seen.length and file_in(seen) == BYTES)


def test_the_script_for_curl_uploads_and_prints_the_url(
    run_cli: Cli, name: str, host: FakeHost, tmp_path: Path
) -> None:
    (tmp_path / 'it\'s a "file" $HOME.txt').write_bytes(BYTES)
    script = exported(run_cli, name, host, "curl")
    assert script.code == 0, script
    assert PLANTED not in script.out
    (tmp_path / "script").write_text(script.out)
    printed = ran(["bash", "script", 'it\'s a "file" $HOME.txt'], "", tmp_path, name)
    assert ("by hand" in script.out) is (name in BY_HAND)
    if name not in BY_HAND:
        url = printed.splitlines()[-1]
        fetched = subprocess.run(["curl", "-sS", url], capture_output=True, check=True).stdout
        assert fetched == BYTES
    assert sending(host)


@pytest.mark.parametrize("name", BY_HTTPIE, indirect=True)
def test_the_command_for_httpie_sends_what_curl_sends(
    run_cli: Cli, name: str, host: FakeHost, tmp_path: Path, need: Callable[..., None]
) -> None:
    need("httpie")
    (tmp_path / "a file.txt").write_bytes(BYTES)
    command = exported(run_cli, name, host, "httpie")
    if name in SEVERAL:
        assert (command.code, "several steps" in command.err) == (2, True)
        return
    script = command.out.replace("file=example.bin", "file='a file.txt'")
    tool = prepared()
    ran(["bash"], script.replace("http ", f"{tool}/python -m httpie ", 1), tmp_path, name)
    by_httpie = sending(host)
    host.requests.clear()
    (tmp_path / "script").write_text(exported(run_cli, name, host, "curl").out)
    ran(["bash", "script", "a file.txt"], "", tmp_path, name)
    by_curl = sending(host)
    assert (by_httpie.method, by_httpie.header("Authorization")) == (by_curl.method, by_curl.header("Authorization"))
    assert _path(by_httpie) == _path(by_curl)
    assert [(part.name, part.filename) for part in by_httpie.parts] == [
        (part.name, part.filename) for part in by_curl.parts
    ]


def _path(seen: Seen) -> str:
    """The target without what is drawn for each export."""
    return re.sub(r"[a-z0-9]{16}", "*", seen.target)


def test_an_uploader_for_sharex_becomes_the_same_spec_again(
    run_cli: Cli, name: str, host: FakeHost, tmp_path: Path
) -> None:
    uploader = exported(run_cli, name, host, "sxcu")
    if name in NOT_SHAREX:
        assert uploader.code == 2
        assert NOT_SHAREX[name] in uploader.err
        return
    assert uploader.code == 0, uploader
    (tmp_path / "made.sxcu").write_text(uploader.out)
    made = run_cli(
        "new-spec", "--from-sxcu", str(tmp_path / "made.sxcu"), "--name", "made", "--out", str(run_cli.specs)
    )
    assert made.code == 0, made
    (run_cli.home / "a.txt").write_bytes(BYTES)
    text = (run_cli.specs / "made.yaml").read_text()
    keys = dict.fromkeys(re.findall(r"credentials\.(\w+)", text), PLANTED)
    answer = run_cli.upload(run_cli.home / "a.txt", "--no-check", provider="made", env={**keys, "TWAT_FS_TRUST": "all"})
    assert answer.code == 0, (answer, text)
    assert subprocess.run(["curl", "-sS", answer.url], capture_output=True, check=True).stdout == BYTES


def test_a_file_for_hurl_has_every_step_and_the_url(run_cli: Cli, name: str, host: FakeHost) -> None:
    file = exported(run_cli, name, host, "hurl")
    if name == "filebin":
        assert (file.code, "sha256" in file.err) == (2, True)
        return
    entries = re.findall(r"^(GET|POST|PUT|PATCH|DELETE) http\S+|^(\w+) \{\{", file.out, re.MULTILINE)
    assert len(entries) == len(Stage(name).order)
    assert "file,{{file}};" in file.out
    assert re.search(r"^url: |# url is to be made|^file_url: ", file.out, re.MULTILINE), file.out


def test_options_and_optional_secrets_are_put_in_when_asked_for(run_cli: Cli) -> None:
    answer = run_cli("spec", "export", "catbox", "--to", "curl", "--with", "CATBOX_USERHASH")
    assert '"userhash=${CATBOX_USERHASH}"' in answer.out
    shown = run_cli("spec", "export", "litterbox", "--to", "curl", "-o", "expires=3d")
    assert "time=72h" in shown.out


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("telegram", "/bot${TELEGRAM_BOT_TOKEN}/sendDocument"),
        ("discord", "/api/v10/webhooks/${TWAT_FS_VALUE}?wait=true"),
    ],
)
def test_a_secret_in_an_address_is_exported_as_a_variable(run_cli: Cli, name: str, address: str) -> None:
    answer = run_cli("spec", "export", name, "--to", "curl")
    assert answer.code == 0, answer
    assert address in answer.out
    assert ":?what first makes of" not in answer.out or "makes of DISCORD_WEBHOOK_URL}" in answer.out


def test_a_spec_that_sends_large_files_in_pieces_is_exported_for_small_ones(run_cli: Cli) -> None:
    answer = run_cli("spec", "export", "gcs", "--to", "curl", "-o", "bucket=b")
    assert answer.code == 0, answer
    assert "uploadType=media" in answer.out
    assert "it is for small files" in answer.err


def test_a_spec_that_sends_every_file_in_pieces_is_not_exported(run_cli: Cli) -> None:
    sent = 'url: "https://h.example/{{ chunk.offset }}", raw: "{{ chunk }}", chunks: {size: 1 MiB}'
    step = f"{{name: put, method: PUT, {sent}}}"
    run_cli.spec("pieces", f'steps:\n  - {step}\nresult: {{url: "https://h.example/{{{{ file.name }}}}"}}\n')
    answer = run_cli("spec", "export", "pieces", "--to", "curl")
    assert (answer.code, answer.out) == (2, "")
    assert "pieces sends a file in pieces" in answer.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["s3", "--to", "curl"], "Python provider"),
        (["catbox", "--to", "curl", "--with", "NOPE"], "declares no NOPE"),
        (["catbox", "--to", "curl", "-o", "nope=1"], "declares no nope"),
        (["nope", "--to", "curl"], "no provider `nope`"),
        (["catbox", "--to", "wget"], "wget"),
    ],
)
def test_what_cannot_be_exported_is_wrong_usage(run_cli: Cli, words: list[str], told: str) -> None:
    answer = run_cli("spec", "export", *words)
    assert answer.code == 2
    assert told in answer.err


def test_a_file_that_is_a_text_inside_json_is_sent_by_the_script_for_curl(run_cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('"quoted"\nand häß')
    with FakeHost(ExampleHost(specs()["githubgist"], success("githubgist"))) as host:
        script = exported(run_cli, "githubgist", host, "curl")
        (tmp_path / "script").write_text(script.out.replace("url=  #", "url=by-hand  #"))
        ran(["bash", "script", "a.txt"], "", tmp_path, "githubgist")
    assert json.loads(host.requests[0].body)["files"] == {"a.txt": {"content": '"quoted"\nand häß'}}


@pytest.mark.parametrize("form", ["sxcu", "hurl"])
def test_a_file_that_is_a_text_inside_json_is_not_exported_elsewhere(run_cli: Cli, form: str) -> None:
    answer = run_cli("spec", "export", "githubgist", "--to", form)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err
