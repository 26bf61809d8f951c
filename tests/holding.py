"""Hosts that bring a client to a point and hold it there, and how to see that a command has come to it."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator

#: Seconds after which something that has to come will not.
LONG = 60


def until(process: subprocess.Popen[bytes], reached: Callable[[], object]) -> None:
    """Wait for a command to get somewhere."""
    end = time.monotonic() + LONG
    while not reached():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "the phase was not reached"
        time.sleep(0.005)


@dataclass
class Holding:
    """A host that brings each connection to a point and holds it there, until the client goes.

    Attributes:
        act: What it does before it holds; given the connection.
        held: Set when it holds.
        gone: Set when the client has closed the connection.
    """

    act: Callable[[socket.socket], object]
    held: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Holding:
        self._listener = socket.create_server(("127.0.0.1", 0))
        # So small that what a client sends does not disappear in it.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _serve(self) -> None:
        sock, _ = self._listener.accept()
        with sock:
            self.act(sock)
            self.held.set()
            with contextlib.suppress(OSError):  # a reset is an end too
                while sock.recv(1 << 20):
                    pass
        self.gone.set()


def read_request(sock: socket.socket) -> None:
    """Read a request of a few bytes whole."""
    data = b""
    while b"--\r\n" not in data[-4:]:
        data += sock.recv(65536)


def a_part_of_the_file(sock: socket.socket) -> None:
    data = 0
    while data < 5000:
        data += len(sock.recv(1000))


def a_part_of_the_answer(sock: socket.socket) -> None:
    read_request(sock)
    sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhttps")


def client_hello(sock: socket.socket) -> None:
    sock.recv(1)


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """A port where nobody answers, not even the system: its queue is full."""
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            other = stack.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        yield full.getsockname()[1]


def waits_on(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether a process has a socket that waits for a connection to a port."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    mine = {f"socket:[{row[9]}]" for row in rows if row[2].endswith(f":{port:04X}") and row[3] == "02"}
    return bool(mine & open_files(process))


def open_files(process: subprocess.Popen[bytes]) -> set[str]:
    """What a process has open, as the system names it."""
    found = set()
    for path in Path(f"/proc/{process.pid}/fd").glob("*"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(path))
    return found


def has_read(process: subprocess.Popen[bytes], count: int) -> bool:
    """Whether a process has read so many bytes of files."""
    facts = Path(f"/proc/{process.pid}/io").read_text().split()
    return int(facts[facts.index("rchar:") + 1]) > count
