"""Files that are not there, not files, not readable, not the same any more; names of every kind."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Cli

GOOD = b"https://h.example/a"
UNCHECKED = "capabilities: {check: none}"


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost([Play(200, GOOD)]) as found:
        yield found


@pytest.fixture
def cli(run_cli: Cli, host: FakeHost) -> Cli:
    """A person with two providers, who must never get to the second one."""
    for name in ("one", "two"):
        run_cli.spec(name, form(host, more=UNCHECKED))
    return run_cli


def refused(cli: Cli, host: FakeHost, path: str | Path, code: int, says: str) -> None:
    answer = cli("upload", "-p", "one,two", "--", path)
    assert (answer.code, answer.out) == (code, ""), answer
    assert says in answer.err
    assert host.requests == []


# What is no file


@pytest.mark.parametrize("path", ["missing.txt", "a.txt/b", "no/such/folder/a.txt", "x" * 300, ""])
def test_what_is_not_there_is_wrong_usage(cli: Cli, host: FakeHost, path: str) -> None:
    cli.file()
    refused(cli, host, path, 2, "")


def test_a_folder_is_wrong_usage(cli: Cli, host: FakeHost) -> None:
    refused(cli, host, cli.home, 2, "a folder, not a regular file")


def test_a_fifo_without_a_name_is_refused_without_waiting_for_a_writer(cli: Cli, host: FakeHost) -> None:
    os.mkfifo(cli.home / "fifo")
    refused(cli, host, cli.home / "fifo", 2, "a FIFO")


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_a_device_is_wrong_usage(cli: Cli, host: FakeHost, device: str) -> None:
    refused(cli, host, device, 2, "a device")


def test_a_link_that_leads_nowhere_is_wrong_usage(cli: Cli, host: FakeHost) -> None:
    (cli.home / "link").symlink_to("gone")
    (cli.home / "loop").symlink_to("loop")
    refused(cli, host, cli.home / "link", 2, "No such file")
    refused(cli, host, cli.home / "loop", 2, "symbolic links")


def test_a_file_of_proc_is_not_uploaded_as_empty(cli: Cli) -> None:
    answer = cli("upload", "-p", "one,two", "/proc/version")
    assert (answer.code, answer.out) == (1, "")


def test_a_file_that_may_not_be_read_is_an_error_of_its_own(cli: Cli, host: FakeHost) -> None:
    path = cli.file()
    path.chmod(0)
    words = [sys.executable, "-m", "twat_fs", "upload", "-p", "one,two", str(path)]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read everything, and there is no setpriv to take that right away")
        words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *words]
    answer = cli.run(words)
    assert (answer.code, answer.out, host.requests) == (1, "", [])
    assert "cannot open the file: Permission denied" in answer.err


# What changes while it is sent


def meddle(path: Path, what: str) -> None:
    if what == "shrinks":
        os.truncate(path, 1000)
        return
    with path.open("ab" if what == "grows" else "r+b") as file:
        file.write(b"other")


@pytest.mark.parametrize("what", ["shrinks", "grows", "is rewritten"])
def test_a_file_that_changes_while_it_is_sent_gives_no_url(cli: Cli, what: str) -> None:
    path = cli.file("big.bin", b"x" * 24_000_000)
    with FakeHost([Play(200, GOOD, pace=0.01)]) as slow:
        cli.spec("one", form(slow, more=UNCHECKED))
        process = cli.start("upload", path, "-p", "one,two")
        deadline = time.monotonic() + 20
        while not slow.connections and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.2)
        meddle(path, what)
        out, err = process.communicate(timeout=50)
    answer = cli.examined(process.returncode, out, err)
    assert (answer.code, answer.out) == (1, "")
    assert "while it was being sent" in answer.err


# Sizes and names


def test_an_empty_file_goes_up(run_cli: Cli) -> None:
    with FakeHost(Store()) as host:
        run_cli.spec("good", form(host))
        answer = run_cli.upload(run_cli.file("empty", b""), provider="good")
        assert answer.url.endswith("/empty")
        assert host.requests[0].part("file").body == b""


def test_a_file_smaller_than_the_host_takes_is_not_sent(cli: Cli, host: FakeHost) -> None:
    cli.file("empty", b"")
    with FakeHost([Play(200, GOOD)]) as other:
        cli.spec("whole", form(other, more="capabilities: {min_file_size: 1, check: none}"))
        answer = cli.upload("empty", provider="whole,one")
        assert (bool(answer.url), other.connections, len(host.requests)) == (True, 0, 1)
        assert "whole: the file has 0 bytes; this host takes 1 at least (bad_request)" in answer.err
        assert cli.upload("empty", provider="whole").code == 4


def test_a_file_larger_than_the_host_takes_is_not_sent(cli: Cli, host: FakeHost) -> None:
    cli.spec("small", form(host, more="capabilities: {max_file_size: 4, check: none}"))
    path = cli.file()
    answer = cli.upload(path, provider="small")
    assert (answer.code, answer.out, host.requests) == (4, "", [])
    assert "5 bytes" in answer.err
    assert "4 bytes" in answer.err
    assert cli.upload(path, provider="small,one").url


@pytest.mark.parametrize(
    ("capabilities", "taken"),
    [
        ("refused_types: [.exe, text/html]", True),
        ("refused_types: [.txt]", False),
        ("refused_types: [text/plain]", False),
        ("refused_types: ['text/*']", False),
        ("supported_types: ['image/*', .pdf]", False),
        ("supported_types: ['text/*']", True),
    ],
)
def test_a_type_that_the_host_does_not_take_is_not_sent(
    cli: Cli, host: FakeHost, capabilities: str, taken: bool
) -> None:
    cli.spec("picky", form(host, more=f"capabilities: {{{capabilities}, check: none}}"))
    answer = cli.upload(cli.file("A.TXT"), provider="picky")
    assert (answer.code, len(host.requests)) == ((0, 1) if taken else (4, 0))


NAMES = {
    "quotes": (b'it\'s "quoted".txt', "it's %22quoted%22.txt"),
    "newline": (b"two\nlines.txt", "two%0Alines.txt"),
    "spaces": (b"  ", "  "),
    "signs": (b"a;b=c&d%41{{ file }}.txt", "a;b=c&d%41{{ file }}.txt"),
    "dots": (b"...", "..."),
    "hidden": (b".hidden", ".hidden"),
    "dash": (b"-p", "-p"),
    "double dash": (b"--help", "--help"),
    "emoji": ("😀.txt".encode(), "😀.txt"),
    "decomposed": ("a\u0308.txt".encode(), "ä.txt"),
    "bidi": ("a\u202etxt.exe".encode(), "a\u202etxt.exe"),
    "long": ("ü".encode() * 125 + b".txt", "ü" * 125 + ".txt"),
    "no utf-8": (b"broken\xff.txt", "broken\ufffd.txt"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_file_of_any_name_goes_up(cli: Cli, host: FakeHost, kind: str) -> None:
    name, sent = NAMES[kind]
    with open(os.path.join(os.fsencode(cli.home), name), "wb") as file:
        file.write(b"hello")
    answer = cli("upload", "-p", "one", "-v", "--", os.fsdecode(name))
    assert answer.url == GOOD.decode()
    (part,) = host.requests[0].parts
    assert (part.filename, hashlib.sha256(part.body).hexdigest()) == (sent, hashlib.sha256(b"hello").hexdigest())
    assert len(part.head.split(b"\r\n")) == 2
    assert not set("\x1b\u202e\u2066") & set(answer.err)


def test_a_name_that_is_not_utf_8_is_told(cli: Cli) -> None:
    with open(os.path.join(os.fsencode(cli.home), b"broken\xff.txt"), "wb") as file:
        file.write(b"hello")
    answer = cli("upload", "-p", "one", os.fsdecode(b"broken\xff.txt"))
    assert answer.url
    assert "UTF-8" in answer.err


@pytest.mark.parametrize("name", [b"\x1b[31m.txt", b"a\nb.txt", "a\u202eb.txt".encode(), b"\xff.txt"])
def test_the_name_of_a_missing_file_moves_no_cursor(cli: Cli, name: bytes) -> None:
    answer = cli("upload", "-p", "one", os.fsdecode(name))
    assert answer.code == 2
    assert not set("\x1b\u202e") & set(answer.err)
    assert len(answer.err.splitlines()) <= 2


@pytest.mark.parametrize("name", [b"broken\xff.txt", b"a\nb.txt", "ä😀.txt".encode()])
def test_any_name_is_in_the_record(cli: Cli, name: bytes) -> None:
    with open(os.path.join(os.fsencode(cli.home), name), "wb") as file:
        file.write(b"hello")
    record = cli("upload", "-p", "one", "--json", os.fsdecode(name)).record
    assert record["file"] == os.fsdecode(name)
