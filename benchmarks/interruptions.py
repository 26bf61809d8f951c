"""How soon the command ends after a signal, in each phase of an upload.

What is told is the time from the signal to the end of the process, which by then has closed its connection, taken away
what it had written, and said in a line what the host may have.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from tests.holding import (
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
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from twat_fs.testing.seen import Seen

    #: What a command is given, and whether it has come to the phase.
    Scene = tuple[str, str, Callable[[subprocess.Popen[bytes]], object]]

_SPEC = """\
spec: 1
name: held
title: Held
request: {{url: "{url}/up", multipart: {{file: "{{{{ file }}}}"}}{more}}}
result: {{url: {{text: true}}}}
"""
_ENDS = {signal.SIGINT: 130, signal.SIGTERM: 143}


class End(NamedTuple):
    """How a phase ended.

    Attributes:
        phase: What went on when the signal came.
        number: The signal.
        seconds: From the signal to the end of the process, run by run.
    """

    phase: str
    number: signal.Signals
    seconds: tuple[float, ...]

    @property
    def cells(self) -> tuple[str, str, str, str]:
        """The row of a table: the times in milliseconds."""
        middle, most = (f"{value * 1000:.0f}" for value in (median(self.seconds), max(self.seconds)))
        return self.phase, self.number.name, middle, most


def measured(folder: Path, environment: Mapping[str, str], runs: int) -> Iterator[End]:
    """Every phase, with each signal.

    Args:
        folder: Where files are written.
        environment: That of the commands.
        runs: How often each.
    """
    (folder / "small").write_bytes(bytes(1024))
    for name, size in (("large", 30_000_000), ("huge", 500_000_000_000)):
        with (folder / name).open("wb") as file:
            file.truncate(size)
    for name, scene in _SCENES.items():
        for number in _ENDS:
            yield End(name, number, tuple(_seconds(folder, environment, scene, number) for _ in range(runs)))


def _seconds(
    folder: Path,
    environment: Mapping[str, str],
    scene: Callable[[], AbstractContextManager[Scene]],
    number: signal.Signals,
) -> float:
    with scene() as (spec, name, reached):
        (folder / "held.yaml").write_text(spec)
        words = ("upload", name, "-p", "held", "--providers-d", str(folder), "--no-progress")
        process = subprocess.Popen(
            [sys.executable, "-m", "twat_fs", *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        until(process, lambda: reached(process))
        began = time.perf_counter()
        process.send_signal(number)
        process.wait()
        seconds = time.perf_counter() - began
        said = process.communicate()
        assert process.returncode == _ENDS[number], said
        return seconds


@contextmanager
def _held(act: Callable[[socket.socket], object], file: str, scheme: str = "http:") -> Iterator[Scene]:
    with Holding(act) as host:
        yield _SPEC.format(url=host.url.replace("http:", scheme), more=""), file, lambda _: host.held.is_set()


@contextmanager
def _connecting() -> Iterator[Scene]:
    with black_hole() as port:
        yield (
            _SPEC.format(url=f"http://127.0.0.1:{port}", more=""),
            "small",
            lambda process: waits_on(process, port),
        )


@contextmanager
def _pausing() -> Iterator[Scene]:
    with FakeHost([Play(503, headers=[("Retry-After", "50")])]) as host:

        def told(process: subprocess.Popen[bytes]) -> bool:
            assert process.stderr
            return b"trying again" in process.stderr.readline()

        yield _SPEC.format(url=host.url, more=""), "small", told


@contextmanager
def _checking() -> Iterator[Scene]:
    store, asked = Store(), []

    def script(seen: Seen) -> Play:
        if seen.method == "POST":
            return store(seen)
        asked.append(seen)
        return Play(mute=True)

    with FakeHost(script) as host:
        yield _SPEC.format(url=host.url, more=""), "small", lambda _: asked


@contextmanager
def _hashing() -> Iterator[Scene]:
    spec = _SPEC.format(url="http://127.0.0.1:9", more=', headers: {X-Sha256: "{{ file.sha256 }}"}')
    yield spec, "huge", lambda process: has_read(process, 200_000_000)


_SCENES: dict[str, Callable[[], AbstractContextManager[Scene]]] = {
    "a large file is hashed": _hashing,
    "connecting": _connecting,
    "the TLS handshake": lambda: _held(client_hello, "small", "https:"),
    "the file is sent": lambda: _held(a_part_of_the_file, "large"),
    "waiting for the answer": lambda: _held(read_request, "small"),
    "the answer is read": lambda: _held(a_part_of_the_answer, "small"),
    "the pause before another try": _pausing,
    "the URL is checked": _checking,
}
