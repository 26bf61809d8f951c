"""Ctrl-C, SIGTERM and their like at every phase: the command ends, with a line, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests import dropbox_host as wire
from tests.holding import (
    LONG,
    Holding,
    a_part_of_the_answer,
    a_part_of_the_file,
    black_hole,
    client_hello,
    has_read,
    read_request,
    until,
    waits_on,
)
from tests.support import Cli, form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support import Answer
    from twat_fs.testing.seen import Seen

GOOD = b"https://h.example/a"
BIG = 30_000_000
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
WORDS = {signal.SIGINT: "interrupted", signal.SIGTERM: "terminated", signal.SIGHUP: "the terminal is gone"}

#: Where what is looked at is the signal; which one it is makes no difference to a phase.
either = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def interrupted(cli: Cli, process: subprocess.Popen[bytes], number: signal.Signals) -> Answer:
    """How a command ends that gets a signal now: with its status, a line, and without a file that it has made."""
    process.send_signal(number)
    out, err = process.communicate(timeout=LONG)
    answer = cli.examined(process.returncode, out, err)
    assert (answer.code, answer.out) == (CODES[number], ""), answer
    line = answer.err.splitlines()[-1]
    assert line.startswith(f"twat-fs: {WORDS[number]}"), answer
    assert list((cli.home / "tmp").iterdir()) == []
    return answer


@pytest.fixture
def cli(run_cli: Cli) -> Cli:
    (run_cli.home / "tmp").mkdir()
    run_cli.file()
    run_cli.spec("one", form("http://127.0.0.1:9"))
    return run_cli


#: The command, but that it is not ended by force where its machine is slow: what it does by itself is looked at.
PATIENT = """\
import sys
from twat_fs.cli import signals
signals._GRACE = 600
sys.argv[0] = "twat-fs"
from twat_fs.__main__ import run
run()
"""


def begun(cli: Cli, *words: str | Path, patient: bool = True, **more: Any) -> subprocess.Popen[bytes]:
    env = {"TMPDIR": str(cli.home / "tmp"), **more.pop("env", {})}
    program = ("-c", PATIENT) if patient else ("-m", "twat_fs")
    return cli.start(*words, env=env, program=program, **more)


# An upload over HTTP


@pytest.mark.parametrize(
    ("act", "file", "left", "number"),
    [
        (a_part_of_the_file, "big", "held may have stored a part of the file", signal.SIGINT),
        (a_part_of_the_file, "big", "held may have stored a part of the file", signal.SIGTERM),
        (a_part_of_the_file, "big", "held may have stored a part of the file", signal.SIGHUP),
        (read_request, "a.txt", "held may have stored the file", signal.SIGINT),
        (read_request, "a.txt", "held may have stored the file", signal.SIGTERM),
        (a_part_of_the_answer, "a.txt", "held may have stored the file", signal.SIGINT),
    ],
)
def test_a_signal_while_a_host_is_talked_to_ends_the_upload(
    cli: Cli, act: Callable[[socket.socket], object], file: str, left: str, number: signal.Signals
) -> None:
    cli.file("big", bytes(BIG))
    with Holding(act) as host:
        cli.spec("held", form(host.url))
        process = begun(cli, "upload", file, "-p", "held")
        until(process, host.held.is_set)
        answer = interrupted(cli, process, number)
        assert answer.err == f"twat-fs: {WORDS[number]}; {left}\n"
        assert host.gone.wait(LONG)


def test_a_signal_in_the_tls_handshake_ends_the_upload(cli: Cli) -> None:
    with Holding(client_hello) as host:
        cli.spec("held", form(host.url.replace("http:", "https:")))
        process = begun(cli, "upload", "a.txt", "-p", "held")
        until(process, host.held.is_set)
        assert "was sent nothing of the file" in interrupted(cli, process, signal.SIGTERM).err
        assert host.gone.wait(LONG)


def test_a_signal_while_connecting_ends_the_upload(cli: Cli) -> None:
    with black_hole() as port:
        cli.spec("hole", form(f"http://127.0.0.1:{port}"))
        process = begun(cli, "upload", "a.txt", "-p", "hole")
        until(process, lambda: waits_on(process, port))
        assert "was sent nothing of the file" in interrupted(cli, process, signal.SIGTERM).err


#: Code that waits where no signal gets through, as a resolver does: for a lock that the process has itself.
DEAF = """import ctypes, pathlib
def deaf(marker):
    lock, libc = ctypes.create_string_buffer(256), ctypes.CDLL(None)
    libc.pthread_mutex_lock(lock)
    pathlib.Path(marker).touch()
    libc.pthread_mutex_lock(lock)
"""


def test_a_signal_while_a_name_is_looked_up_ends_the_upload(cli: Cli) -> None:
    cli.spec("lost", form("http://lost.invalid"))
    marker = cli.home / "asked"
    look_up = f"import socket\nsocket.getaddrinfo = lambda *_, **__: deaf({str(marker)!r})\n"
    process = begun(cli, "upload", "a.txt", "-p", "lost", env=cli.before(DEAF + look_up))
    until(process, marker.exists)
    assert interrupted(cli, process, signal.SIGTERM).err == "twat-fs: terminated; lost was sent nothing of the file\n"


@either
def test_a_signal_while_waiting_to_try_again_ends_the_upload(cli: Cli, number: signal.Signals) -> None:
    with FakeHost([Play(503, headers=[("Retry-After", "50")])]) as busy:
        cli.spec("busy", form(busy))
        process = begun(cli, "upload", "a.txt", "-p", "busy")
        assert process.stderr
        assert b"trying again in" in process.stderr.readline()
        interrupted(cli, process, number)
        assert len(busy.requests) == 1


def test_a_signal_while_the_url_is_checked_tells_the_url(cli: Cli) -> None:
    store, asked = Store(), threading.Event()

    def script(seen: Seen) -> Play:
        if seen.method == "POST":
            return store(seen)
        asked.set()
        return Play(mute=True)

    with FakeHost(script) as host:
        cli.spec("stores", form(host))
        process = begun(cli, "upload", "a.txt", "-p", "stores")
        until(process, asked.is_set)
        left = f"stores has the file, and gave {host.url}/stored/0/a.txt"
        assert interrupted(cli, process, signal.SIGTERM).err == f"twat-fs: terminated; {left}\n"


def test_a_signal_while_a_second_provider_is_tried_speaks_of_that_one(cli: Cli) -> None:
    with FakeHost([Play(400)]) as refuses, Holding(read_request) as host:
        cli.spec("first", form(refuses))
        cli.spec("held", form(host.url))
        process = begun(cli, "upload", "a.txt", "-p", "first,held")
        until(process, host.held.is_set)
        answer = interrupted(cli, process, signal.SIGINT)
    assert answer.err.splitlines()[-1] == "twat-fs: interrupted; held may have stored the file"


def test_a_signal_while_a_large_file_is_hashed_ends_the_upload(cli: Cli) -> None:
    os.truncate(cli.file("huge"), 500_000_000_000)
    header = '  headers: {X-Sha256: "{{ file.sha256 }}"}'
    cli.spec("hashes", form("http://127.0.0.1:9", request=header))
    process = begun(cli, "upload", "huge", "-p", "hashes")
    until(process, lambda: has_read(process, 200_000_000))
    assert "hashes was sent nothing of the file" in interrupted(cli, process, signal.SIGTERM).err


@either
def test_a_signal_while_a_pipe_is_read_ends_the_upload(cli: Cli, number: signal.Signals) -> None:
    process = begun(cli, "upload", "-", "--name", "a", "-p", "one", stdin=subprocess.PIPE)
    assert process.stdin
    process.stdin.write(bytes(3_000_000))
    process.stdin.flush()
    until(process, lambda: any(path.stat().st_size for path in (cli.home / "tmp").glob("*/*")))
    assert interrupted(cli, process, number).err == f"twat-fs: {WORDS[number]}\n"


def test_a_signal_while_nobody_opens_a_pipe_ends_the_upload(cli: Cli) -> None:
    os.mkfifo(cli.home / "pipe")
    process = begun(cli, "upload", "pipe", "--name", "a", "-p", "one")
    until(process, lambda: any((cli.home / "tmp").iterdir()))
    interrupted(cli, process, signal.SIGTERM)


def test_a_signal_while_the_file_is_copied_leaves_nothing_behind(cli: Cli) -> None:
    os.truncate(cli.file("huge"), 50_000_000_000)
    store = cli.home / "store"
    process = begun(cli, "upload", "huge", "-p", "local", env={"TWAT_FS_LOCAL_DIR": str(store)})
    until(process, lambda: store.exists() and list(store.iterdir()))
    interrupted(cli, process, signal.SIGINT)
    assert list(store.iterdir()) == []


def test_a_disk_that_hangs_ends_with_the_command_and_keeps_no_part_of_a_copy(cli: Cli) -> None:
    store, marker = cli.home / "store", cli.home / "asked"
    env = cli.before(f"{DEAF}\nimport os\nos.fsync = lambda *_: deaf({str(marker)!r})\n")
    env["TWAT_FS_LOCAL_DIR"] = str(store)
    process = begun(cli, "upload", "a.txt", "-p", "local", patient=False, env=env)
    until(process, marker.exists)
    assert list(store.iterdir()) != []
    interrupted(cli, process, signal.SIGTERM)
    assert list(store.iterdir()) == []


@pytest.fixture
def place(tmp_path: Path) -> Iterator[wire.Place]:
    yield from wire.place(tmp_path)


def test_a_signal_in_a_dropbox_session_ends_the_upload(cli: Cli, place: wire.Place) -> None:
    asked = threading.Event()

    def silent(_host: wire.Dropbox, _seen: Seen) -> Play:
        asked.set()
        return Play(mute=True)

    place.dropbox.faults[wire.APPEND] = [silent]
    cli.file("big", bytes(9_000_000))
    process = begun(cli, "upload", "big", "-p", "dropbox", "-o", "chunk_mib=4", env=place.env)
    until(process, asked.is_set)
    interrupted(cli, process, signal.SIGTERM)
    assert wire.FINISH not in place.dropbox.asked


# Python providers

MODULE = (
    DEAF
    + """
import asyncio, signal, socket, time, urllib.request
from twat_fs.upload_providers.core import AsyncBaseProvider, SimpleProvider

PROVIDER_HELP = {"setup": "", "deps": ""}
END = bytes([45, 45, 13, 10])

class Sync(SimpleProvider):
    provider_name = "mine"
    base_url = "ADDRESS"
    def upload_file_impl(self, file):
        return WORK

class Going:
    def __init__(self, marker):
        self.marker = marker
    def __del__(self):
        pathlib.Path(self.marker).touch()
        ending = signal.getsignal(signal.SIGTERM).__self__
        while not ending._lost:
            time.sleep(0.01)

class Async(AsyncBaseProvider):
    provider_name = "mine"
    async def async_upload_file(self, file_path, remote_path=None, **_):
        return LATER

async def raw(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(END)
    return await reader.read()

async def stubborn(port):
    try:
        await raw(port)
    finally:
        await asyncio.sleep(1000)

def get_credentials():
    return {}

def get_provider():
    return KIND()
"""
)
POST = 'urllib.request.urlopen("http://127.0.0.1:PORT/", data=END).read()'
WORK = {
    "plain": ("Sync", POST),
    "by a method of ours": ("Sync", 'self.send("POST", "http://127.0.0.1:PORT/", multipart={"file": file})'),
    "deaf": ("Sync", 'deaf("MARKER")'),
    "asynchronous": ("Async", "await raw(PORT)"),
    "in a thread of an event loop": ("Async", f"await asyncio.to_thread(lambda: {POST})"),
    "in an event loop that does not let go": ("Async", "await stubborn(PORT)"),
}

#: Event loops wait for their threads.
ENDED_BY_FORCE = ("deaf", "in a thread of an event loop", "in an event loop that does not let go")


def module(cli: Cli, kind: str, work: str, url: str = "") -> None:
    """A Python provider, synchronous or not, that does this."""
    text = MODULE.replace("WORK" if kind == "Sync" else "LATER", work).replace("KIND", kind).replace("ADDRESS", url)
    (cli.specs / "mine.py").write_text(text)
    cli.spec("mine", "kind: python\nmodule: mine\n")


@pytest.mark.parametrize("way", WORK)
def test_a_signal_in_a_python_provider_ends_the_upload(cli: Cli, way: str) -> None:
    kind, work = WORK[way]
    marker = cli.home / "deaf"
    with Holding(read_request) as host:
        work = work.replace("PORT", str(host.port)).replace("MARKER", str(marker))
        module(cli, kind, work, host.url)
        process = begun(cli, "upload", "a.txt", "-p", "mine", patient=way not in ENDED_BY_FORCE)
        until(process, lambda: host.held.is_set() or marker.exists())
        assert "may have been stored" in interrupted(cli, process, signal.SIGTERM).err.replace(
            "have stored", "have been stored"
        )


def test_a_signal_as_an_object_goes_where_what_is_raised_is_lost_is_met_soon_after(cli: Cli) -> None:
    marker = cli.home / "goes"
    module(cli, "Sync", f"Going({str(marker)!r}) and None or time.sleep(20)")
    process = begun(cli, "upload", "a.txt", "-p", "mine")
    until(process, marker.exists)
    assert interrupted(cli, process, signal.SIGTERM).err.count("\n") == 1


# A second signal


def test_a_second_signal_ends_the_command_at_once_whatever_it_does(cli: Cli) -> None:
    marker = cli.home / "deaf"
    module(cli, "Sync", f"deaf({str(marker)!r})")
    process = begun(cli, "upload", "a.txt", "-p", "mine")
    until(process, marker.exists)
    process.send_signal(signal.SIGSTOP)  # so that both are there when it goes on, however slow the machine is
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    out, err = process.communicate(timeout=LONG)
    assert (process.returncode in (130, 143), out, err) == (True, b"", b"")


def test_ctrl_c_is_not_heard_where_the_shell_has_turned_it_off(cli: Cli) -> None:
    with Holding(read_request) as host:
        cli.spec("held", form(host.url))
        words = ["sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh", sys.executable, "-m", "twat_fs"]
        process = subprocess.Popen(
            [*words, "upload", "a.txt", "-p", "held"],
            cwd=cli.home,
            env=cli.environment({"TMPDIR": str(cli.home / "tmp")}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        until(process, host.held.is_set)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGHUP)
        assert interrupted(cli, process, signal.SIGTERM).err.startswith("twat-fs: terminated")


# Other commands


def test_a_signal_while_a_spec_is_read_ends_its_validation(cli: Cli) -> None:
    process = begun(cli, "validate-spec", "-", stdin=subprocess.PIPE)
    assert process.stdin
    process.stdin.write(b"spec: 1\n")
    process.stdin.flush()
    until(process, lambda: is_empty(process.stdin))
    assert interrupted(cli, process, signal.SIGTERM).err == "twat-fs: terminated\n"


def is_empty(pipe: Any) -> bool:
    """Whether the other side has read what was written into a pipe."""
    return fcntl.ioctl(pipe.fileno(), termios.FIONREAD, b"\0" * 4) == b"\0" * 4


def test_a_signal_ends_the_fake_of_a_host(cli: Cli) -> None:
    example = (
        'examples: [{title: works, reply: {status: 200, text: "https://h.example/a"}, url: "https://h.example/a"}]'
    )
    cli.spec("mine", form("https://h.example", more=example))
    process = begun(cli, "test-spec", "mine", "--serve")
    assert process.stdout
    assert process.stdout.readline().startswith(b"export ")
    interrupted(cli, process, signal.SIGTERM)


def test_a_signal_while_an_upload_is_recorded_leaves_no_cassette(cli: Cli) -> None:
    with Holding(read_request) as host:
        cli.spec("held", form(host.url))
        process = begun(cli, "record", "held", "a.txt")
        until(process, host.held.is_set)
        end = interrupted(cli, process, signal.SIGINT)
        assert end.err == "twat-fs: interrupted; held may have stored the file\n"
    assert not (cli.home / "held.yaml").exists()


def test_a_signal_while_a_new_spec_is_learned_tells_what_may_be_at_the_host(cli: Cli) -> None:
    with Holding(read_request) as host:
        process = begun(
            cli, "new-spec", "--from-curl", f"curl -F f=@x {host.url}/up", "--name", "h", "--learn", "a.txt"
        )
        until(process, host.held.is_set)
        end = interrupted(cli, process, signal.SIGTERM)
        assert end.err == "twat-fs: terminated; server may have stored the file\n"


def test_a_signal_while_an_upload_is_deleted_tells_that_it_may_be_gone(cli: Cli) -> None:
    store, asked = Store(), threading.Event()

    def script(seen: Seen) -> Play:
        if seen.method != "DELETE":
            return store(seen)
        asked.set()
        return Play(mute=True)

    with FakeHost(script) as host:
        more = "delete: {method: DELETE, url: '{{ result.url }}'}"
        cli.spec("stores", form(host, more=more))
        url = cli("upload", "a.txt", "-p", "stores").url
        process = begun(cli, "delete", url)
        until(process, asked.is_set)
        left = f"stores may have deleted {url}"
        assert interrupted(cli, process, signal.SIGINT).err == f"twat-fs: interrupted; {left}\n"


@pytest.mark.parametrize(
    "words",
    [["new-spec"], ["spec", "add", "new.yaml"]],
)
@either
def test_a_signal_at_a_question_ends_the_command(cli: Cli, words: list[str], number: signal.Signals) -> None:
    (cli.home / "new.yaml").write_text("spec: 1\nname: new\ntitle: New\n" + form("https://new.example"))
    code, shown = at_terminal(cli, words, lambda process, _: process.send_signal(number))
    assert code == CODES[number]
    assert shown.splitlines()[-1].startswith(f"twat-fs: {WORDS[number]}")


def test_the_keys_ctrl_c_at_a_question_end_the_command(cli: Cli) -> None:
    code, shown = at_terminal(cli, ["new-spec"], lambda _, terminal: os.write(terminal, b"\x03"))
    assert code == 130
    assert shown.splitlines()[-1].startswith("twat-fs: interrupted")


def test_the_end_of_the_input_at_a_question_is_no_answer(cli: Cli) -> None:
    code, shown = at_terminal(cli, ["new-spec"], lambda _, terminal: os.write(terminal, b"\x04"))
    assert code == 2
    assert "no answer was given" in shown


#: Makes the terminal its own, so that Ctrl-C is its signal, and goes on as the command.
OWN_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "twat_fs", *sys.argv[1:]])
"""


def at_terminal(
    cli: Cli, words: list[str], answer: Callable[[subprocess.Popen[bytes], int], object]
) -> tuple[int, str]:
    """The status of a command at a terminal that is answered at its first question, and what it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *words],
        cwd=cli.home,
        env=cli.environment({"TMPDIR": str(cli.home / "tmp"), "TERM": "dumb"}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # EIO: the other side is closed
        while not shown.endswith(b": "):
            shown += os.read(ours, 4096)
        answer(process, ours)
        while more := os.read(ours, 4096):
            shown += more
    os.close(ours)
    return process.wait(LONG), shown.decode()
