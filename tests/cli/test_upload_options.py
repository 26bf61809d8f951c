"""What `twat-fs upload` can be told: options of the provider, names and paths, the check afterwards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli
    from twat_fs.testing.seen import Seen


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def good(store: Store) -> Iterator[FakeHost]:
    with FakeHost(store) as host:
        yield host


# Options of the provider

WITH_OPTIONS = """\
options:
  expires: {type: duration, unit: h, maximum: 3d, default: 1d, env: TEST_EXPIRES}
  visible: {choices: [public, hidden]}
  token: {type: string, secret: true, env: TEST_TOKEN}
"""
FIELDS = '    hours: "{{ options.expires }}"\n    visible: "{{ options.visible }}"\n    token: "{{ options.token }}"'


def with_options(host: FakeHost) -> str:
    return WITH_OPTIONS + form(host).replace(
        'multipart: {file: "{{ file }}"}', f'multipart:\n    file: "{{{{ file }}}}"\n{FIELDS}'
    )


def test_a_secret_on_the_command_line_is_warned_of_once_by_its_variable(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("one", with_options(good))
    run_cli.spec("two", with_options(good))
    run_cli.file()
    words = ("-o", f"token={PLANTED}", "-o", "visible=public")
    answer = run_cli.upload("a.txt", *words, provider="one,two")
    told = "twat-fs: -o token: others on this machine can read its value; the variable TEST_TOKEN gives it unseen\n"
    assert (answer.code, answer.err) == (0, told)
    assert run_cli.upload("a.txt", *words, "--quiet", provider="one").err == ""
    assert run_cli.upload("a.txt", provider="one", env={"TEST_TOKEN": PLANTED}).err == ""


@pytest.mark.parametrize(
    ("words", "env", "fields"),
    [
        ([], {}, {"hours": "24"}),
        (["-o", "expires=90m"], {}, {"hours": "2"}),
        (["-o", "visible=public", "-o", "expires=2h"], {}, {"hours": "2", "visible": "public"}),
        ([], {"TEST_EXPIRES": "5h"}, {"hours": "5"}),
        (["-o", "expires=2h"], {"TEST_EXPIRES": "5h"}, {"hours": "2"}),
        (["--option", f"token={PLANTED}=a"], {}, {"hours": "24", "token": f"{PLANTED}=a"}),
        ([], {"TEST_TOKEN": PLANTED}, {"hours": "24", "token": PLANTED}),
    ],
)
def test_an_option_is_sent(
    run_cli: Cli, good: FakeHost, words: list[str], env: dict[str, str], fields: dict[str, str]
) -> None:
    run_cli.spec("good", with_options(good))
    assert run_cli.upload(run_cli.file(), "-vv", *words, provider="good", env=env).url
    sent = {part.name: part.body.decode() for part in good.requests[0].parts if part.filename is None}
    assert sent == fields


@pytest.mark.parametrize(
    ("words", "env", "code", "says"),
    [
        (["-o", "expires=9d"], {}, 2, "its maximum is 3d"),
        (["-o", "expires=soon"], {}, 2, "not a duration"),
        (["-o", "visible=secretly"], {}, 2, "not one of public, hidden"),
        (["-o", "colour=red"], {}, 2, "Its options: expires, visible, token."),
        (["-o", "colour"], {}, 2, "write -o NAME=VALUE"),
        (["-o", "=red"], {}, 2, "write -o NAME=VALUE"),
        ([], {"TEST_EXPIRES": "soon"}, 3, "TEST_EXPIRES"),
    ],
)
def test_a_wrong_option_is_told_before_anything_is_sent(
    run_cli: Cli, good: FakeHost, words: list[str], env: dict[str, str], code: int, says: str
) -> None:
    run_cli.spec("good", with_options(good))
    answer = run_cli.upload(run_cli.file(), *words, provider="good", env=env)
    assert (answer.code, answer.out, good.requests) == (code, "", [])
    assert says in answer.err


# Names and paths

PUT = """\
request:
  method: PUT
  url: {url}/{{{{ remote_path | urlencode }}}}
  raw: "{{{{ file }}}}"
result: {{url: {{text: true}}}}
"""


def putting(host: FakeHost) -> str:
    return PUT.format(url=host.url).replace("url: http", 'url: "http').replace("urlencode }}", 'urlencode }}"')


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ([], "/a.txt"),
        (["--remote-path", "b c.md"], "/b%20c.md"),
        (["--remote_path", "x/y/b.md"], "/x/y/b.md"),
        (["--remote-path", "/x/"], "/x/a.txt"),
        (["--remote-path", ".hidden"], "/.hidden"),
    ],
)
def test_the_wanted_path_is_asked_for(run_cli: Cli, good: FakeHost, words: list[str], target: str) -> None:
    run_cli.spec("put", putting(good))
    assert run_cli.upload(run_cli.file(), *words, provider="put").url
    assert good.requests[0].target == target


def test_a_wanted_name_that_is_not_utf_8_is_sent_as_a_files_name_would_be(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("good", form(good))
    assert run_cli.upload(run_cli.file(), "--no-check", "--remote-path", "b\udcff.md", provider="good").url
    assert good.requests[0].part("file").filename == "b\ufffd.md"


@pytest.mark.parametrize("path", ["../b", "x/../b", "./b", "x/.", "..", "a\nb", "a\x1bb"])
def test_a_path_that_leads_elsewhere_is_wrong_usage(run_cli: Cli, good: FakeHost, path: str) -> None:
    run_cli.spec("put", putting(good))
    answer = run_cli.upload(run_cli.file(), "--remote-path", path, provider="put")
    assert (answer.code, answer.out, good.requests) == (2, "", [])
    assert "\x1b" not in answer.err


def test_the_name_in_a_form_is_that_of_the_wanted_path(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("good", form(good))
    run_cli.upload(run_cli.file(), "--remote-path", "x/b.md", provider="good")
    part = good.requests[0].part("file")
    assert (part.filename, part.content_type) == ("b.md", "text/markdown")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [("a.txt", r"/a-[a-z0-9]{8}\.txt"), ("README", r"/README-[a-z0-9]{8}"), (".x", r"/.x-[a-z0-9]{8}")],
)
def test_unique_names_are_nobodys(run_cli: Cli, good: FakeHost, name: str, pattern: str) -> None:
    run_cli.spec("put", putting(good))
    path = run_cli.file(name)
    for _ in range(2):
        assert run_cli.upload(path, "--unique", provider="put").url
    first, second = [seen.target for seen in good.requests if seen.method == "PUT"]
    assert re.fullmatch(pattern, first)
    assert first != second


# The check afterwards


class Changed(Store):
    """Stores files, and serves something else."""

    def __init__(self, content: bytes | None) -> None:
        super().__init__()
        self.content = content

    def __call__(self, seen: Seen) -> Play:
        if seen.method in ("GET", "HEAD"):
            return Play(404) if self.content is None else Play(200, self.content)
        return super().__call__(seen)


@pytest.mark.parametrize(
    ("content", "depth", "code"),
    [
        (b"hello", "size", 0),
        (b"hello", "hash", 0),
        (b"hellO", "size", 0),
        (b"hellO", "hash", 4),
        (b"hell", "size", 4),
        (b"hello world", "size", 4),
        (b"hello world", "hash", 4),
        (b"", "size", 4),
        (b"", "none", 0),
    ],
)
def test_what_the_url_serves_is_compared(run_cli: Cli, content: bytes, depth: str, code: int) -> None:
    with FakeHost(Changed(content)) as host:
        run_cli.spec("changed", form(host))
        answer = run_cli.upload(run_cli.file(), "--check", depth, provider="changed")
    assert answer.code == code
    assert (answer.out == "") == (code != 0)
    assert ("(verify)" in answer.err) == (code != 0)


def test_a_file_that_is_gone_is_not_uploaded(run_cli: Cli, good: FakeHost) -> None:
    with FakeHost(Changed(None)) as host:
        run_cli.spec("gone", form(host))
        run_cli.spec("good", form(good))
        answer = run_cli.upload(run_cli.file(), provider="gone,good")
    assert answer.url.startswith(good.url)
    assert "answers 404 (verify)" in answer.err


@pytest.mark.parametrize("words", [["--no-check"], ["--no_check"], ["--check", "none"]])
def test_the_check_can_be_left_out(run_cli: Cli, good: FakeHost, words: list[str]) -> None:
    run_cli.spec("good", form(good))
    assert run_cli.upload(run_cli.file(), *words, provider="good").url
    assert [seen.method for seen in good.requests] == ["POST"]


@pytest.mark.parametrize("capability", ["single_download: true", "check: none", "direct_link: false"])
@pytest.mark.parametrize("depth", ["size", "hash"])
def test_what_may_not_be_fetched_is_not_fetched(run_cli: Cli, good: FakeHost, capability: str, depth: str) -> None:
    run_cli.spec("once", form(good, more=f"capabilities: {{{capability}}}"))
    assert run_cli.upload(run_cli.file(), "--check", depth, provider="once").url
    assert [seen.method for seen in good.requests] == ["POST"]


def test_a_host_that_wants_head_is_asked_by_head(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("head", form(good, more="capabilities: {check: head}"))
    assert run_cli.upload(run_cli.file(), provider="head").url
    assert [seen.method for seen in good.requests] == ["POST", "HEAD"]


def test_the_check_takes_no_secret_along(run_cli: Cli, good: FakeHost) -> None:
    text = form(good, request='  headers: {Authorization: "{{ credentials.K }}"}')
    run_cli.spec("keyed", f"credentials: {{K: {{}}}}\n{text}")
    assert run_cli.upload(run_cli.file(), provider="keyed", env={"K": PLANTED}).url
    assert [seen.header("Authorization") for seen in good.requests] == [PLANTED, None]


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_host_that_does_not_let_us_look_is_believed(run_cli: Cli, status: int) -> None:
    def script(seen: Seen) -> Play:
        return Play(status) if seen.method == "GET" else Play(200, f"{seen.origin}/a".encode())

    with FakeHost(script) as host:
        run_cli.spec("closed", form(host))
        answer = run_cli.upload(run_cli.file(), provider="closed")
    assert answer.url
    assert f"could not be checked: it answers {status}" in answer.err


@pytest.mark.parametrize("depth", ["size", "hash"])
def test_a_link_that_leads_on_to_the_bytes_is_followed(run_cli: Cli, depth: str) -> None:
    def script(seen: Seen) -> Play:
        if seen.method == "GET":
            return Play(200, b"hello") if seen.target == "/bytes" else Play(302, headers=[("Location", "/bytes")])
        return Play(200, f"{seen.origin}/link".encode())

    with FakeHost(script) as host:
        run_cli.spec("linked", form(host))
        assert run_cli.upload(run_cli.file(), "--check", depth, provider="linked").url == f"{host.url}/link"
        assert [seen.target for seen in host.requests] == ["/upload", "/link", "/bytes"]


@pytest.mark.parametrize("way", ["link", "redirect"])
def test_the_check_is_not_led_to_a_private_host_that_nobody_named(run_cli: Cli, way: str) -> None:
    with FakeHost([Play(200, b"hello")]) as inside:

        def script(seen: Seen) -> Play:
            if seen.method == "GET":
                return Play(302, headers=[("Location", f"{inside.url}/a")])
            return Play(200, f"{inside.url if way == 'link' else seen.origin}/a".encode())

        with FakeHost(script) as host:
            run_cli.spec("leading", form(host))
            answer = run_cli.upload(run_cli.file(), provider="leading")
        assert inside.requests == []
    assert answer.url
    assert "could not be checked" in answer.err


def test_several_files_are_printed_in_a_format(run_cli: Cli) -> None:
    with FakeHost(Store()) as host:
        run_cli.spec("mine", form(host))
        for name in ("a.txt", "b.png"):
            run_cli.file(name)
        answer = run_cli("upload", "a.txt", "b.png", "-p", "mine", "--format", "markdown")
        assert answer.out == f"[a.txt]({host.url}/stored/0/a.txt)\n![b.png]({host.url}/stored/1/b.png)\n"
        assert run_cli("upload", "a.txt", "-p", "mine", "--format", "{{ sha256 }}").out[:8] == "2cf24dba"
        assert run_cli("upload", "a.txt", "-p", "mine", "--format", "json").record["size"] == 5


@pytest.mark.parametrize("words", [["--format", "{{ nope }}"], ["--format", "nope"], ["--json", "--format", "html"]])
def test_a_wrong_format_is_refused_before_anything_is_sent(run_cli: Cli, words: list[str]) -> None:
    with FakeHost(Store()) as host:
        run_cli.spec("mine", form(host))
        answer = run_cli.upload(run_cli.file(), *words, provider="mine")
        assert (answer.code, answer.out, host.requests) == (2, "", [])
    assert "--format" in answer.err


# The form of the name

DECOMPOSED, COMPOSED = "u\u0308.txt", "\u00fc.txt"
BY_PYTHON = """\
from twat_fs.upload_providers.core import SimpleProvider

PROVIDER_HELP = {"setup": "", "deps": ""}

class Mine(SimpleProvider):
    provider_name = "mine"
    base_url = "ADDRESS"
    def upload_file_impl(self, file):
        return self.send("POST", "ADDRESS/", multipart={"file": file}).body.decode().strip()

def get_credentials():
    return {}

def get_provider():
    return Mine()
"""


@pytest.mark.parametrize("kind", ["spec", "python"])
def test_a_name_is_sent_in_its_own_form_where_that_is_asked_for(run_cli: Cli, good: FakeHost, kind: str) -> None:
    (run_cli.specs / "mine.py").write_text(BY_PYTHON.replace("ADDRESS", good.url))
    run_cli.spec("mine", form(good) if kind == "spec" else "kind: python\nmodule: mine\n")
    run_cli.file(DECOMPOSED)
    for words in ((), ("--raw-name",)):
        assert run_cli.upload(DECOMPOSED, *words, "--no-check", provider="mine").code == 0
    assert [seen.parts[0].filename for seen in good.requests] == [COMPOSED, DECOMPOSED]
