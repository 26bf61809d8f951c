"""Waiting for a socket, and knowing whether the other side still takes what is sent."""

from __future__ import annotations

import math
import select
import struct
import time
from typing import TYPE_CHECKING

from urllib3.util import wait_for_read

if TYPE_CHECKING:
    import socket


def would_block(error: OSError) -> bool:
    """True where a socket that does not wait had nothing to read or no room to write."""
    # The SSL module's "want read" is no BlockingIOError; its name saves importing ssl for plain HTTP.
    return isinstance(error, BlockingIOError) or type(error).__name__ in ("SSLWantReadError", "SSLWantWriteError")


def wait_for_either(sock: socket.socket, seconds: float) -> bool:
    """Wait until there is something to read or room to write; False where the time is over first.

    Args:
        sock: The connection.
        seconds: How long; infinity waits for ever.
    """
    if seconds <= 0:
        return False
    waiting = select.poll()
    waiting.register(sock, select.POLLIN | select.POLLOUT)
    return bool(waiting.poll(None if math.isinf(seconds) else math.ceil(seconds * 1000)))


# Seconds between two looks at what the system still holds.
_GLANCE = 0.2


class Patience:
    """Waits as long as the other side makes progress.

    A system takes megabytes from us that a slow network has yet to carry, and asks for more only when much of them is
    gone. So room to write is no measure of progress; what the system still holds is.

    Args:
        sock: The connection.
        seconds: How long without progress; None waits for ever.
    """

    def __init__(self, sock: socket.socket, seconds: float | None) -> None:
        self._sock = sock
        self._seconds = math.inf if seconds is None else seconds
        self._held = _held(sock)

    def for_room(self) -> bool:
        """Wait for room to write or something to read; False where there was no progress."""
        while not wait_for_either(self._sock, self._seconds):
            if not self._moved():
                return False
        return True

    def for_departure(self) -> None:
        """Wait until everything written is gone, something can be read, or there is no progress."""
        end = time.monotonic() + self._seconds
        while self._held and time.monotonic() < end and not wait_for_read(self._sock, timeout=_GLANCE):
            if self._moved():
                end = time.monotonic() + self._seconds

    def _moved(self) -> bool:
        before, self._held = self._held, _held(self._sock)
        return self._held < before


def _held(sock: socket.socket) -> int:
    """Bytes that were written and not yet acknowledged; 0 where the system does not tell."""
    try:
        import fcntl
        import termios

        (count,) = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4)))
    except (ImportError, OSError, ValueError):
        return 0
    return int(count)
