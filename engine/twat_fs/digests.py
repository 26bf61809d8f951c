"""The digest of a file, taken while the file is being sent."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from twat_fs.buffers import page_aligned
from twat_fs.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes of which the thread is told at a time. A smaller file is hashed in one go, when its digest is asked for.
STEP = 4 << 20
#: Bytes that are hashed ahead where a digest is asked for again and again: some for a start, then more.
AHEAD = 4 * STEP
_BLOCK = 1 << 20
#: The niceness of what can wait.
_LEAST = 19


class RunningDigest:
    """The SHA-256 of a file that somebody else reads, made by a thread behind them, or a little ahead.

    What was just sent is read once more, from memory. So the sender does not wait for the hash, whether it sends the
    file in one piece, in several at a time, or twice. Who asks for the digest of what the thread has not come to makes
    it: nobody waits for a thread that may not get its turn.

    Args:
        read: Fills a buffer from a position of the file, and says with how many bytes.
        size: The file's bytes.
        start: Where the digest begins, in bytes.

    Attributes:
        start: Where it begins.
    """

    def __init__(self, read: Callable[[memoryview, int], int], size: int, start: int = 0) -> None:
        self._read = read
        self._size = size
        self.start = start
        self._made = (start, hashlib.sha256(usedforsecurity=False))
        self._told = start
        self._ends = False
        self._asked = False
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None
        self._buffer: memoryview | None = None

    @property
    def count(self) -> int:
        """How far it is, in bytes from the file's start."""
        return self._made[0]

    def reached(self, offset: int) -> None:
        """Note that the file was read as far as this."""
        if offset - self._told >= STEP and not self._ends:
            self._tell(offset)

    def through(self, end: int) -> tuple[int, str]:
        """The digest as far as some position at least, or as the file goes; where it must be made now, some more of it.

        Args:
            end: The position, in bytes.

        Returns:
            How far it goes, and the digest in hexadecimal.

        Raises:
            SourceError: The file cannot be read.
        """
        if self.count < min(end, self._size):
            self._asked = True  # from here on the thread begins no further block
            more = min(max(self.count - self.start, STEP), AHEAD)
            self._advance(min(end + more, self._size))
            self._asked = False
        count, digest = self._made
        if not self._ends and self._size - count > STEP:
            self._tell(min(count + AHEAD, self._size))
        return count, digest.hexdigest()

    def _tell(self, offset: int) -> None:
        with self._change:
            self._told = max(offset, self._told)
            self._change.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._follow, name="sha256", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # no room for a thread: it is hashed in the end
                self._ends = True

    def hexdigest(self) -> str:
        """The digest of the whole, once what is left was read; as many bytes as `count` says were there.

        Raises:
            SourceError: The file cannot be read.
        """
        self.stop()
        self._advance(self._size)
        return self._made[1].hexdigest()

    def stop(self) -> None:
        """Follow no longer."""
        with self._change:
            self._ends = True
            self._change.notify()
        if self._thread is not None and self._thread.is_alive():  # an interruption may have come before it began
            self._thread.join()

    def _follow(self) -> None:
        _step_back()
        buffer = page_aligned(min(_BLOCK, self._size))
        while True:
            with self._change:
                self._change.wait_for(lambda: self._ends or (self._told > self.count and not self._asked))
            if self._ends:
                return
            try:
                if not self._step(buffer, self._told):  # the file has shrunk
                    return
            except SourceError:  # whoever asks for the digest meets it again
                return

    def _advance(self, limit: int) -> None:
        self._buffer = self._buffer or page_aligned(min(_BLOCK, self._size) or 1)
        while self.count < limit and self._step(self._buffer, limit):
            pass

    def _step(self, buffer: memoryview, limit: int) -> bool:
        """Add a block; where two threads are at the same one, the first to be done counts. False at the file's end."""
        at, digest = self._made
        count = self._read(buffer[: max(limit - at, 0)], at)
        if count:
            digest = digest.copy()
            digest.update(buffer[:count])
            with self._change:
                if self.count == at:
                    self._made = at + count, digest
        return bool(count)


def _step_back() -> None:
    """Let this thread run when nobody else wants to: sending comes first. Only on Linux has a thread its own say."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LEAST)
