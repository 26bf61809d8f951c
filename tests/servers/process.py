"""Start a server program on a free port of 127.0.0.1, wait until it accepts, stop everything it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

STARTING = 30.0
STOPPING = 3.0
STARTS = 3


class DidNotStart(Exception):
    """The server ended or never accepted; holds its command and its log."""


@contextmanager
def running(command: Callable[[int], Sequence[str]], home: Path, **variables: str) -> Iterator[int]:
    """Run what `command(port)` says, its home and log in `home`; gives the port, and ends the whole process group.

    A free port may be taken by somebody else before the server has it, so a start that fails is tried again.
    """
    for start in range(STARTS):
        port = free_port()
        log = home / f"{start}.log"
        process = _spawn(command(port), home, log, variables)
        try:
            if _accepts(process, port):
                yield port
                return
        finally:
            _stop(process)
    raise DidNotStart(f"{' '.join(command(port))}\n{log.read_text(errors='replace')}")


def free_port() -> int:
    """A port of 127.0.0.1 that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _spawn(command: Sequence[str], home: Path, log: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    surroundings = {
        "PATH": os.defpath,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home),
        "XDG_CACHE_HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        **variables,
    }
    with log.open("wb") as out:
        return subprocess.Popen(
            command,
            cwd=home,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _accepts(process: subprocess.Popen[bytes], port: int) -> bool:
    end = time.monotonic() + STARTING
    while not _ended(process) and time.monotonic() < end:
        if _connects(port):
            return not _ended(process)
        time.sleep(0.02)
    return False


def _connects(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _stop(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to the group, then SIGKILL to what is left of it."""
    _signal_group(process, signal.SIGTERM)
    end = time.monotonic() + STOPPING
    while not _ended(process) and time.monotonic() < end:
        time.sleep(0.01)
    _signal_group(process, signal.SIGKILL)
    process.wait()


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has ended; it is not reaped here, so that its number stays the group's until all is stopped."""
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
