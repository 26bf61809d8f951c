"""A machine that has too little of something: room, descriptors, memory, a home; and files that nobody expects."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, Answer, Cli, form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = "https://h.example/a"
UNCHECKED = "capabilities: {check: none}"
GIB = 1 << 30

#: Sets a limit of the system and goes on as the command.
LIMITED = """\
import os, resource, sys
name, value = sys.argv[1].split("=")
resource.setrlimit(getattr(resource, name), (int(value), int(value)))
os.execv(sys.executable, [sys.executable, "-m", "twat_fs", *sys.argv[2:]])
"""


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost([Play(200, GOOD.encode())], keep=0) as found:
        yield found


@pytest.fixture
def cli(run_cli: Cli, host: FakeHost) -> Cli:
    run_cli.spec("one", form(host, more=UNCHECKED))
    run_cli.file()
    return run_cli


def limited(
    cli: Cli, limit: str, *words: str, env: dict[str, str | None] | None = None, content: bytes = b""
) -> Answer:
    # Python does not notice that there was no room for a module that it has compiled, and keeps what there is of it.
    env = {"PYTHONDONTWRITEBYTECODE": "1", **(env or {})}
    return cli.run([sys.executable, "-c", LIMITED, limit, *words], env=env, input=content)


# Room


def test_no_room_for_what_comes_from_a_pipe_is_said_before_anything_is_sent(cli: Cli, host: FakeHost) -> None:
    (cli.home / "tmp").mkdir()
    words = ("upload", "-", "--name", "a", "-p", "one")
    answer = limited(cli, "RLIMIT_FSIZE=65536", *words, env={"TMPDIR": str(cli.home / "tmp")}, content=bytes(1_000_000))
    assert (answer.code, answer.out, host.requests) == (1, "", []), answer
    assert "no room" in answer.err
    assert list((cli.home / "tmp").iterdir()) == []


def test_no_room_at_all_for_what_comes_from_a_pipe_is_said(cli: Cli, host: FakeHost) -> None:
    answer = limited(cli, "RLIMIT_FSIZE=0", "upload", "-", "--name", "a", "-p", "one", content=b"hello")
    assert (answer.code, answer.out, host.requests) == (1, "", []), answer
    assert "no place for temporary files" in answer.err
    assert "TMPDIR" in answer.err


def test_a_cache_and_a_history_without_room_harm_no_upload(cli: Cli) -> None:
    cache = cli.home / "cache"
    answer = limited(cli, "RLIMIT_FSIZE=512", "upload", "a.txt", "-p", "one", env={"XDG_CACHE_HOME": str(cache)})
    assert answer.url == GOOD
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_a_cassette_without_room_is_said_and_not_left_in_part(cli: Cli) -> None:
    answer = limited(cli, "RLIMIT_FSIZE=64", "record", "one", "a.txt", "--software", "fake 1")
    assert (answer.code, answer.out) == (1, ""), answer
    assert "cannot be written" in answer.err
    assert not (cli.home / "one.yaml").exists()


def test_a_copy_without_room_is_said_and_not_left_in_part(cli: Cli) -> None:
    store = cli.home / "store"
    cli.file("big", bytes(1_000_000))
    env: dict[str, str | None] = {"TWAT_FS_LOCAL_DIR": str(store)}
    answer = limited(cli, "RLIMIT_FSIZE=65536", "upload", "big", "-p", "local", env=env)
    assert (answer.code, answer.out) == (4, ""), answer
    assert "no space is left" in answer.err
    assert list(store.iterdir()) == []


# Descriptors and memory


@pytest.mark.parametrize("count", [6, 7, 8, 9, 10, 16])
def test_few_descriptors_are_enough_or_are_said(cli: Cli, count: int) -> None:
    answer = limited(cli, f"RLIMIT_NOFILE={count}", "upload", "a.txt", "-p", "one")
    assert answer.code in (0, 1), answer
    assert answer.code == 0 or "open files" in answer.err, answer


#: Takes all descriptors away when the command is about to open a connection, or to look a name up.
NO_DESCRIPTORS = """\
import errno, os, socket
class Socket(socket.socket):
    def __init__(self, *_, **__):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
def look_up(*_, **__):
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
"""


@pytest.mark.parametrize("missing", ["socket.socket = Socket", "socket.getaddrinfo = look_up"])
@pytest.mark.parametrize("kind", ["spec", "python"])
def test_a_socket_without_a_descriptor_is_this_machines_fault_and_tried_nowhere_else(
    cli: Cli, host: FakeHost, missing: str, kind: str
) -> None:
    cli.spec("first", form(host.url.replace("127.0.0.1", "localhost")))
    if kind == "python":
        (cli.specs / "first.py").write_text(PLAIN.replace("ADDRESS", host.url.replace("127.0.0.1", "localhost")))
        cli.spec("first", "kind: python\nmodule: first\nretry: {attempts: 3}\n")
    answer = cli("upload", "a.txt", "-p", "first,one", env=cli.before(f"{NO_DESCRIPTORS}\n{missing}\n"))
    assert (answer.code, answer.out, host.connections) == (1, "", 0), answer
    assert len(answer.err.splitlines()) == 2, answer
    assert "too many open files" in answer.err
    assert "ulimit" in answer.err


PLAIN = """\
import urllib.request
from twat_fs.upload_providers.core import SimpleProvider

PROVIDER_HELP = {"setup": "", "deps": ""}

class First(SimpleProvider):
    provider_name = "first"
    def upload_file_impl(self, file):
        return urllib.request.urlopen("ADDRESS", data=b"a").read().decode()

def get_credentials():
    return {}

def get_provider():
    return First()
"""


def test_a_url_that_cannot_be_checked_for_want_of_descriptors_is_printed(cli: Cli) -> None:
    env = cli.before(
        f"{NO_DESCRIPTORS}\nfirst = socket.getaddrinfo\n"
        "def look_up_once(*given, **more):\n"
        "    found, socket.getaddrinfo = first(*given, **more), look_up\n"
        "    return found\n"
        "socket.getaddrinfo = look_up_once\n"
    )
    store = Store()
    with FakeHost(lambda seen: replace(store(seen), close=True)) as host:
        cli.spec("first", form(host))
        answer = cli("upload", "a.txt", "-p", "first", env=env)
    assert (answer.code, list(store.files)) == (0, [answer.url.removeprefix(host.url)]), answer
    assert "could not be checked" in answer.err


def test_little_memory_is_enough_for_a_large_file(cli: Cli, host: FakeHost) -> None:
    os.truncate(cli.file("big"), 300_000_000)
    answer = limited(cli, f"RLIMIT_DATA={64 << 20}", "upload", "big", "-p", "one", "--no-history")
    assert answer.url == GOOD
    assert host.requests[0].complete


def test_too_little_memory_is_said(cli: Cli) -> None:
    cli.spec(
        "text", 'request: {url: "http://127.0.0.1:9", json: {a: "{{ file.base64 }}"}}\nresult: {url: {text: true}}\n'
    )
    os.truncate(cli.file("big"), 60_000_000)
    answer = limited(cli, f"RLIMIT_DATA={64 << 20}", "upload", "big", "-p", "text")
    assert (answer.code, answer.out) == (1, ""), answer
    assert "memory" in answer.err


# Odd files


def test_a_file_of_more_than_4_gib_is_promised_in_its_exact_length(cli: Cli) -> None:
    size = 4 * GIB + 12345
    os.truncate(cli.file("huge"), size)
    with FakeHost([Play(413, after=100_000)], keep=0) as sink:
        request = f'request: {{url: "{sink.url}/", method: PUT, raw: "{{{{ file }}}}"}}'
        cli.spec("raw", f"{request}\nresult: {{url: {{text: true}}}}\n")
        answer = cli.upload("huge", provider="raw")
    assert answer.code == 4
    assert sink.requests[0].header("Content-Length") == str(size)


FAILING_DISK = """\
import errno, os
preadv = os.preadv
def failing(descriptor, buffers, offset, *more):
    if offset >= 1_000_000:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return preadv(descriptor, buffers, offset, *more)
os.preadv = failing
"""


def test_a_disk_that_fails_in_the_middle_is_the_files_fault_and_nobody_else_is_tried(cli: Cli, host: FakeHost) -> None:
    cli.file("big", bytes(3_000_000))
    with FakeHost([Play(200, GOOD.encode())]) as other:
        cli.spec("two", form(other, more=UNCHECKED))
        answer = cli("upload", "big", "-p", "one,two", env=cli.before(FAILING_DISK))
        assert (answer.code, answer.out) == (1, "")
        assert "big: cannot read the file: Input/output error" in answer.err
        assert not any(seen.complete for seen in host.wait_for(1))
        assert other.requests == []
    assert cli("history").out == ""


@pytest.mark.parametrize("change", ["grows", "shrinks", "is rewritten"])
def test_a_file_that_changes_on_its_way_is_no_success_and_goes_nowhere_else(cli: Cli, change: str) -> None:
    path = cli.file("big", bytes(20_000_000))

    def changed() -> None:
        if change == "is rewritten":
            with path.open("r+b") as file:
                file.write(b"new")
        else:
            os.truncate(path, 30_000_000 if change == "grows" else 5_000_000)

    slowly = Play(200, GOOD.encode(), pace=0.001)
    with FakeHost([slowly], keep=0) as slow, FakeHost([Play(200, GOOD.encode())]) as other:
        cli.spec("slow", form(slow, more=UNCHECKED))
        cli.spec("two", form(other, more=UNCHECKED))
        process = cli.start("upload", "big", "-p", "slow,two")
        while not slow.connections:
            assert process.poll() is None
        changed()
        out, err = process.communicate(timeout=60)
        answer = cli.examined(process.returncode, out, err)
        assert (answer.code, answer.out) == (1, ""), answer
        assert "while it was being sent" in answer.err
        assert not any(seen.complete for seen in slow.wait_for(1))
        assert other.requests == []
    assert cli("history").out == ""


# Surroundings


def test_a_home_that_cannot_be_written_costs_one_warning(cli: Cli) -> None:
    env: dict[str, str | None] = {"HOME": "/proc/nowhere", "XDG_CACHE_HOME": None, "XDG_DATA_HOME": None}
    answer = cli("upload", "a.txt", "-p", "one", env={**env, "XDG_STATE_HOME": None, "XDG_CONFIG_HOME": None})
    assert answer.url == GOOD
    assert answer.err.count("\n") <= 1


@pytest.mark.parametrize(
    "words",
    [
        ["upload_provider", "list"],
        ["validate-spec"],
        ["upload", "a.txt", "-p", "one", "--dry-run"],
        ["schema"],
        ["completion", "bash"],
        ["upload_provider", "show", "one"],
        ["--help"],
    ],
)
@pytest.mark.parametrize("where", [">/dev/full", ">&-", ">/dev/full 2>&1", ">&- 2>&-"])
def test_a_list_that_cannot_be_written_is_a_failure_without_a_trace(cli: Cli, words: list[str], where: str) -> None:
    answer = cli.shell(f"twat_fs {' '.join(words)} {where}")
    assert answer.code in (1, 2), answer
    assert answer.out == ""


def test_a_version_that_cannot_be_written_is_told(cli: Cli) -> None:
    answer = cli.shell("twat_fs --version >/dev/full")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err == "twat-fs: standard output cannot be written: No space left on device\n"


def test_a_clock_that_is_wrong_stretches_no_deadline(cli: Cli) -> None:
    env = cli.before(
        "import time\nnow, count = time.time, iter(range(1 << 60))\ntime.time = lambda: now() - 3600 * next(count)\n"
    )
    with FakeHost([Play(200, b"x" * 900, drip=0.05)]) as slow:
        cli.spec("slow", form(slow))
        words = ("upload", "a.txt", "-p", "slow", "--timeout", "0.3")
        answer = cli(*words, env=env)
    assert answer.code == 5
    assert "did not end in time" in answer.err


# Proxies


@pytest.fixture
def elsewhere(cli: Cli) -> Cli:
    cli.spec("far", form("http://far.example", more=UNCHECKED))
    return cli


def test_a_proxy_gets_its_credentials_and_nobody_sees_them(elsewhere: Cli) -> None:
    with FakeHost([Play(200, GOOD.encode())]) as proxy:
        env: dict[str, str | None] = {"http_proxy": f"http://me:{PLANTED}@{proxy.authority}"}
        answer = elsewhere("upload", "a.txt", "-p", "far", "-vv", env=env)
        assert answer.url == GOOD
        assert proxy.requests[0].header("Proxy-Authorization")


@pytest.mark.parametrize(("play", "code"), [(Play(407), 4), (Play(mute=True, reset=True), 5)])
def test_a_proxy_that_fails_betrays_nothing(elsewhere: Cli, play: Play, code: int) -> None:
    with FakeHost([play]) as proxy:
        elsewhere.spec(
            "far", form("http://far.example", more="retry: {attempts: 1}").replace("retry: {initial: 0s}\n", "")
        )
        env: dict[str, str | None] = {"http_proxy": f"http://me:{PLANTED}@{proxy.authority}"}
        answer = elsewhere("upload", "a.txt", "-p", "far", "-vv", env=env)
    assert answer.code == code, answer
    assert code == 5 or "(proxy)" in answer.err


def test_a_proxy_that_echoes_its_credentials_does_not_get_them_shown(elsewhere: Cli) -> None:
    with FakeHost(lambda seen: Play(400, (seen.header("Proxy-Authorization") or "").encode())) as proxy:
        env: dict[str, str | None] = {"http_proxy": f"http://me:{PLANTED}@{proxy.authority}"}
        answer = elsewhere("upload", "a.txt", "-p", "far", env=env)
    assert answer.code == 4
    assert "<hidden>" in answer.err


def test_no_proxy_goes_past_it(cli: Cli, host: FakeHost) -> None:
    env: dict[str, str | None] = {"http_proxy": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    assert cli("upload", "a.txt", "-p", "one", env=env).url == GOOD
    assert host.connections == 1


# What is not installed


@pytest.mark.parametrize(("provider", "package"), [("s3", "boto3"), ("dropbox", "dropbox")])
def test_a_provider_whose_client_is_not_installed_says_what_to_install_and_harms_no_other(
    cli: Cli, provider: str, package: str
) -> None:
    env = {**cli.before(f"import sys\nsys.modules[{package!r}] = None\n"), "DROPBOX_ACCESS_TOKEN": PLANTED}
    env |= {"AWS_S3_BUCKET": "b", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": PLANTED}
    alone = cli("upload", "a.txt", "-p", provider, env=env)
    assert alone.code == 3, alone
    assert f"pip install 'twat-fs[{provider}]'" in alone.err
    assert cli("upload", "a.txt", "-p", f"{provider},one", env=env).out == f"{GOOD}\n"
    status = cli("upload_provider", "status", provider, env=env)
    assert (status.code, f"twat-fs[{provider}]" in status.out + status.err) == (3, True), status


# Several at once


def test_the_same_file_twice_at_once_is_two_uploads(run_cli: Cli) -> None:
    store = Store()
    with FakeHost(store) as host:
        run_cli.spec("one", form(host))
        run_cli.file()
        both = [run_cli.start("upload", "a.txt", "-p", "one") for _ in range(2)]
        urls = {run_cli.examined(one.wait(60), *one.communicate()).url for one in both}
    assert len(urls) == 2
    assert list(store.files.values()) == [b"hello", b"hello"]
