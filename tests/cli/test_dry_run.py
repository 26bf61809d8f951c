"""`twat-fs upload --dry-run`: commands that a shell can run, and that send what the upload would send."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, form
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Answer, Cli
    from twat_fs.testing.seen import Seen

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")

GOOD = b"https://h.example/a"
CONTENT = bytes(range(256)) * 100
#: Headers that curl sends of its own.
OWN = ("host", "user-agent", "accept", "accept-encoding", "content-length", "expect", "connection")


@pytest.fixture
def good() -> Iterator[FakeHost]:
    with FakeHost([Play(200, GOOD)]) as host:
        yield host


def facts(seen: Seen) -> tuple[object, ...]:
    """What must be the same of a request, whoever sent it."""
    headers = {name.lower(): value for name, value in seen.headers if name.lower() not in OWN}
    parts = [(part.name, part.filename, part.content_type, part.body) for part in seen.parts]
    if parts:
        headers.pop("content-type")
    return seen.method, seen.target, headers, parts or seen.body


def rehearsed(run_cli: Cli, *words: str, env: dict[str, str] | None = None) -> Answer:
    answer = run_cli("upload", "--dry-run", *words, env=env)
    assert answer.code == 0, answer
    assert answer.err == ""
    return answer


def same_as_the_upload(
    run_cli: Cli, host: FakeHost, name: str, *words: str, count: int = 1, env: dict[str, str] | None = None
) -> str:
    """Run the commands, then the upload: both must send the same; gives the commands."""
    script = rehearsed(run_cli, *words, "-p", name, env=env).out
    assert host.requests == []
    played = run_cli.shell(f"set -eu\n{script}", env=env)
    assert played.code == 0, played
    assert len(host.requests) == count
    run_cli("upload", *words, "-p", name, "--no-check", env=env)
    assert len(host.requests) == 2 * count
    for by_shell, by_upload in zip(host.requests[:count], host.requests[count:]):  # noqa: B905
        assert facts(by_shell) == facts(by_upload)
    return script


def test_nothing_is_sent(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("good", form(good))
    run_cli.file()
    rehearsed(run_cli, "a.txt", "-p", "good")
    assert good.requests == []


@pytest.mark.parametrize(
    "name",
    ["a.bin", 'it\'s "quoted".bin', "$(id) `id` ;,&.bin", "two\nlines.bin", "ä 😀.bin", "back\\slash.bin", "-d.bin"],
)
def test_a_form_arrives_the_same(run_cli: Cli, good: FakeHost, name: str) -> None:
    fields = '    note: "it\'s; \\"$HOME\\" \\\\ , `id`"\n    at: "@{{ file.size }}"\n    file: "{{ file }}"'
    run_cli.spec("good", form(good).replace('multipart: {file: "{{ file }}"}', f"multipart:\n{fields}"))
    run_cli.file(name, CONTENT)
    same_as_the_upload(run_cli, good, "good", f"./{name}")


def test_a_form_with_named_and_typed_parts_arrives_the_same(run_cli: Cli, good: FakeHost) -> None:
    fields = """\
    meta: {value: '{"a": "b;c", "d": "e,f"}', content_type: application/json, filename: m.json}
    file: {value: "{{ file }}", filename: "{{ file.stem }};x.dat", content_type: a/b}"""
    run_cli.spec("good", form(good).replace('multipart: {file: "{{ file }}"}', f"multipart:\n{fields}"))
    run_cli.file("a.bin", CONTENT)
    same_as_the_upload(run_cli, good, "good", "a.bin")


BODIES = {
    "raw": 'method: PUT\n  raw: "{{ file }}"',
    "json": 'json: {name: "{{ file.name }}", "it\'s": [1, true, null, "$HOME"], data: "{{ file.base64 }}"}',
    "form": 'form: {a: "x &=ü\'", data: "{{ file.base64 }}"}',
    "text": 'raw: "@{{ file.base64 }}"',
    "query": 'query: {a: "b c&d\'$x"}\n  raw: "{{ file }}"',
    "headers": 'headers: {X-A: "it\'s $HOME \\"q\\"", Content-Type: a/b}\n  raw: "{{ file }}"',
}


@pytest.mark.parametrize("kind", BODIES)
def test_any_body_arrives_the_same(run_cli: Cli, good: FakeHost, kind: str) -> None:
    text = f'request:\n  url: "{good.url}/up/{{{{ file.name }}}}"\n  {BODIES[kind]}\nresult: {{url: {{text: true}}}}\n'
    run_cli.spec("good", text)
    run_cli.file("a b.bin", CONTENT)
    same_as_the_upload(run_cli, good, "good", "a b.bin")


SECRET = "PLANTED-s3cr3t-Zm9v $x \"y\" 'z' \\ `w`"
USES = {
    "header": 'headers: {Authorization: "Bearer {{ credentials.TEST_KEY }}", X-Q: "it\'s \\"$x\\""}',
    "basic": 'basic_auth: {username: "us\'er", password: "{{ credentials.TEST_KEY }}"}',
    "alone": 'basic_auth: {username: "", password: "{{ credentials.TEST_KEY }}"}',
    "base64": "headers: {X-Key: \"{{ ('a:' + credentials.TEST_KEY) | base64 }}\"}",
    "query": 'query: {key: "{{ credentials.TEST_KEY }}", b: "c d"}',
}


@pytest.mark.parametrize("use", USES)
def test_a_secret_is_left_to_the_shell_and_arrives_the_same(run_cli: Cli, good: FakeHost, use: str) -> None:
    assert SECRET.startswith(PLANTED)
    run_cli.spec("keyed", "credentials: {TEST_KEY: {}}\n" + form(good, request=f"  {USES[use]}"))
    run_cli.file()
    script = same_as_the_upload(run_cli, good, "keyed", "a.txt", env={"TEST_KEY": SECRET})
    assert "TEST_KEY" in script


def test_a_secret_in_a_field_arrives_the_same(run_cli: Cli, good: FakeHost) -> None:
    fields = """\
    key: "{{ credentials.TEST_KEY }}"
    named: {value: "k;{{ credentials.TEST_KEY }}", content_type: text/x}
    file: "{{ file }}\""""
    text = form(good).replace('multipart: {file: "{{ file }}"}', f"multipart:\n{fields}")
    run_cli.spec("keyed", "credentials: {TEST_KEY: {}}\n" + text)
    run_cli.file()
    same_as_the_upload(run_cli, good, "keyed", "a.txt", env={"TEST_KEY": PLANTED})


def test_a_secret_in_json_arrives_the_same(run_cli: Cli, good: FakeHost) -> None:
    text = f"""credentials: {{TEST_KEY: {{}}}}
request:
  url: {good.url}/up
  json: {{key: "{{{{ credentials.TEST_KEY }}}}", "it's": "$x", data: "{{{{ file.text }}}}"}}
result: {{url: {{text: true}}}}
"""
    run_cli.spec("keyed", text)
    run_cli.file()
    same_as_the_upload(run_cli, good, "keyed", "a.txt", env={"TEST_KEY": PLANTED})


TWO_STEPS = """\
credentials: {{TEST_KEY: {{}}}}
steps:
  - name: init
    url: {url}/init
    headers: {{Authorization: "K {{{{ credentials.TEST_KEY }}}}"}}
    json: {{name: "{{{{ file.name }}}}"}}
    save: {save}
  - name: put
    method: PUT
    url: "{put}"
    headers: {{X-Id: "{{{{ saved.id }}}}"}}
    raw: "{{{{ file }}}}"
result: {{url: {{text: true}}}}
"""


@needs_jq
@pytest.mark.parametrize(
    ("save", "body", "headers"),
    [
        ("{id: data.id, target: 'data.list[0].url'}", b'{"data": {"id": "i 1", "list": [{"url": "URL/put?x=1"}]}}', []),
        ("{id: {header: X-Id}, target: {header: X-Target}}", b"{}", [("X-Id", "i1"), ("x-target", "URL/put")]),
        ("{id: {header: X-Id}, target: {text: true}}", b"URL/put", [("X-Id", "i1")]),
    ],
    ids=["json", "headers", "text"],
)
def test_what_a_reply_gives_is_put_into_the_next_command(
    run_cli: Cli, save: str, body: bytes, headers: list[tuple[str, str]]
) -> None:
    def answer(seen: Seen) -> Play:
        if seen.target != "/init":
            return Play(200, GOOD)
        found = [(name, value.replace("URL", seen.origin)) for name, value in headers]
        return Play(200, body.replace(b"URL", seen.origin.encode()), found)

    with FakeHost(answer) as host:
        text = TWO_STEPS.format(url=host.url, save=save, put="{{ saved.target }}")
        run_cli.spec("two", text)
        run_cli.file("a.bin", CONTENT)
        same_as_the_upload(run_cli, host, "two", "a.bin", count=2, env={"TEST_KEY": PLANTED})
        assert host.requests[1].body == CONTENT


@needs_jq
def test_an_id_of_a_reply_is_encoded_in_the_next_address(run_cli: Cli) -> None:
    with FakeHost(lambda seen: Play(200, b'{"id": "a b/c?d"}' if seen.target == "/init" else GOOD)) as host:
        text = TWO_STEPS.format(url=host.url, save="{id: id}", put=host.url + "/put/{{ saved.id }}")
        run_cli.spec("two", text.replace('headers: {X-Id: "{{ saved.id }}"}', ""))
        run_cli.file("a.bin", CONTENT)
        same_as_the_upload(run_cli, host, "two", "a.bin", count=2, env={"TEST_KEY": PLANTED})
        assert host.requests[1].target == "/put/a%20b%2Fc%3Fd"


def test_a_host_that_a_reply_names_can_be_rehearsed(run_cli: Cli) -> None:
    text = TWO_STEPS.format(url="https://api.h.example", save="{id: id}", put="https://{{ saved.id }}.h.example/put")
    run_cli.spec("two", text)
    run_cli.file()
    answer = rehearsed(run_cli, "a.txt", "-p", "two", env={"TEST_KEY": PLANTED})
    assert ".h.example/put" in answer.out


def test_the_first_provider_that_could_be_tried_is_rehearsed(run_cli: Cli, good: FakeHost) -> None:
    keyed = form("https://h.example", request='  headers: {A: "{{ credentials.TEST_KEY }}"}')
    run_cli.spec("keyed", "credentials: {TEST_KEY: {}}\n" + keyed)
    run_cli.spec("good", form(good))
    run_cli.file()
    assert good.url in rehearsed(run_cli, "a.txt", "-p", "keyed,good").out


def test_a_provider_that_cannot_be_tried_is_not_rehearsed(run_cli: Cli) -> None:
    keyed = form("https://h.example", request='  headers: {A: "{{ credentials.TEST_KEY }}"}')
    run_cli.spec("keyed", "credentials: {TEST_KEY: {}}\n" + keyed)
    run_cli.file()
    answer = run_cli("upload", "--dry-run", "a.txt", "-p", "keyed")
    assert (answer.code, answer.out) == (3, "")


def test_every_bundled_provider_can_be_rehearsed(run_cli: Cli) -> None:
    run_cli.file()
    keys = {"FAL_KEY": PLANTED, "PIXELDRAIN_API_KEY": PLANTED, "CATBOX_USERHASH": PLANTED, "GOFILE_TOKEN": PLANTED}
    for name in ("catbox", "fal", "pixeldrain", "gofile", "x0at"):
        answer = rehearsed(run_cli, "a.txt", "-p", name, env=keys)
        assert answer.out.count("curl -sS") == (2 if name == "fal" else 1)
