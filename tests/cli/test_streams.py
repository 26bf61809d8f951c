"""Standard output that is closed, full or a pipe that nobody reads; signals; a poor environment."""

from __future__ import annotations

import os
import signal
import stat
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

    from tests.support import Answer, Cli

GOOD = "https://h.example/a"
UNCHECKED = "capabilities: {check: none}"


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost([Play(200, GOOD.encode())]) as found:
        yield found


@pytest.fixture
def cli(run_cli: Cli, host: FakeHost) -> Cli:
    run_cli.spec("one", form(host, more=UNCHECKED))
    run_cli.file()
    return run_cli


# Where the URL cannot go


def test_a_closed_standard_output_stops_the_upload_before_it_begins(cli: Cli, host: FakeHost) -> None:
    answer = cli.shell("twat_fs upload a.txt -p one >&-")
    assert (answer.code, host.requests) == (2, [])
    assert "standard output is closed" in answer.err


def test_a_url_that_cannot_be_written_goes_to_standard_error(cli: Cli) -> None:
    answer = cli.shell("twat_fs upload a.txt -p one >/dev/full")
    assert answer.code == 1
    assert GOOD in answer.err
    assert "standard output cannot be written" in answer.err


def test_a_pipe_that_nobody_reads_loses_no_url(cli: Cli) -> None:
    answer = cli.shell("(sleep 0.3; twat_fs upload a.txt -p one; echo $? >&2) | true")
    assert GOOD in answer.err
    assert answer.err.splitlines()[-1] == "1"


def test_a_record_that_cannot_be_written_goes_to_standard_error(cli: Cli) -> None:
    answer = cli.shell("twat_fs upload a.txt -p one --json >/dev/full")
    assert answer.code == 1
    assert f'"url": "{GOOD}"' in answer.err


@pytest.mark.parametrize(
    "command", ["upload_provider list", "validate-spec", "upload --dry-run a.txt -p one", "--help"]
)
def test_a_list_that_nobody_reads_is_quiet(cli: Cli, command: str) -> None:
    answer = cli.shell(f"(sleep 0.2; twat_fs {command}) | true")
    assert answer.err == ""


def test_a_closed_standard_error_does_no_harm(cli: Cli, host: FakeHost) -> None:
    cli.spec("bad", form(host, more="capabilities: {max_file_size: 1}"))
    answer = cli.shell("twat_fs upload a.txt -v -p bad,one 2>&-")
    assert (answer.code, answer.out) == (0, f"{GOOD}\n")


def test_closed_standard_input_does_no_harm(cli: Cli) -> None:
    assert cli.shell("twat_fs upload a.txt -p one <&-").out == f"{GOOD}\n"


# A poor environment


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": None, "LANG": None},
        {"HOME": None},
        {"HOME": "/nowhere/at/all", "XDG_CACHE_HOME": None},
        {"HOME": "/dev/null", "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None, "TWAT_FS_HISTORY": "off"},
        {"XDG_CACHE_HOME": "/proc/nowhere"},
        {"PATH": None},
        {"TMPDIR": "/nowhere"},
        {"PYTHONWARNINGS": "error"},
    ],
)
def test_an_upload_needs_little_of_its_surroundings(cli: Cli, env: dict[str, str | None]) -> None:
    answer = cli("upload", "a.txt", "-p", "one", env=env)
    assert answer.url == GOOD
    assert answer.err == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_message_in_any_alphabet_is_shown(cli: Cli, encoding: str) -> None:
    with FakeHost([Play(400, "nö 文 😀".encode())]) as bad:
        cli.spec("bad", form(bad))
        answer = cli("upload", "a.txt", "-p", "bad", env={"PYTHONIOENCODING": encoding})
    assert answer.code == 4
    assert "answered 400" in answer.err


def test_what_is_kept_is_the_users_alone(cli: Cli) -> None:
    cache = cli.home / "cache"
    cli.shell("umask 0; twat_fs upload a.txt -p one", env={"XDG_CACHE_HOME": str(cache)})
    kept = [path for path in cache.rglob("*") if path.is_file()]
    assert kept
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in kept)
    assert all(stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0 for path in kept)


# Signals


def interrupted(cli: Cli, number: signal.Signals, begun: Callable[[], bool], *words: str) -> tuple[Answer, float]:
    """The answer of a command that got a signal once something had begun, and the seconds that it took to end."""
    process = cli.start("upload", *words)
    end = time.monotonic() + 20
    while not begun() and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(0.2)
    process.send_signal(number)
    sent = time.monotonic()
    return _ended(cli, process), time.monotonic() - sent


def _ended(cli: Cli, process: subprocess.Popen[bytes]) -> Answer:
    out, err = process.communicate(timeout=30)
    return cli.examined(process.returncode, out, err)


SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_while_waiting_for_the_answer_ends_the_upload(cli: Cli, number: signal.Signals, code: int) -> None:
    with FakeHost([Play(mute=True)]) as silent:
        cli.spec("silent", form(silent))
        answer, seconds = interrupted(cli, number, lambda: bool(silent.requests), "a.txt", "-p", "silent,one")
    assert (answer.code, answer.out) == (code, "")
    assert "may have been stored" in answer.err
    assert len(answer.err.split("\n")) <= 3  # click ends the line that ^C stands in
    assert seconds < 2


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_while_the_file_is_sent_ends_the_upload(cli: Cli, number: signal.Signals, code: int) -> None:
    cli.file("big", b"x" * 30_000_000)
    with FakeHost([Play(200, GOOD.encode(), pace=0.05)]) as slow:
        cli.spec("slow", form(slow))
        answer, seconds = interrupted(cli, number, lambda: slow.connections > 0, "big", "-p", "slow,one")
    assert (answer.code, answer.out) == (code, "")
    assert "may have been stored" in answer.err
    assert seconds < 2


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_while_waiting_to_try_again_ends_the_upload(cli: Cli, number: signal.Signals, code: int) -> None:
    with FakeHost([Play(503, headers=[("Retry-After", "30")])]) as busy:
        cli.spec("busy", form(busy))
        answer, seconds = interrupted(cli, number, lambda: bool(busy.requests), "a.txt", "-p", "busy,one")
        assert len(busy.requests) == 1
    assert (answer.code, answer.out) == (code, "")
    assert seconds < 2


def test_an_interrupted_copy_leaves_nothing_behind(cli: Cli) -> None:
    store = cli.home / "store"
    os.truncate(cli.file("big"), 50_000_000_000)  # holes alone; far more than is copied before the signal comes
    process = cli.start("upload", "big", "-p", "local", env={"TWAT_FS_LOCAL_DIR": str(store)})
    end = time.monotonic() + 20
    while not (store.exists() and list(store.iterdir())) and time.monotonic() < end:
        time.sleep(0.005)
    process.terminate()
    answer = _ended(cli, process)
    assert answer.code == 143
    assert list(store.iterdir()) == []
