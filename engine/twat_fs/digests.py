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
_BLOCK = 1 << 20
#: The niceness of what can wait.
_LEAST = 19
#: Seconds that who asks for the digest of the very first bytes waits for it; 8 MiB take a tenth of that.
_PATIENCE = 0.1


class RunningDigest:
    """The SHA-256 of a file that somebody else reads, made by a thread behind them.

    What was just sent is read once more, from memory. So the sender does not wait for the hash, whether it sends the
    file in one piece, in several at a time, or twice.

    Args:
        read: Fills a buffer from a position of the file, and says with how many bytes.
        size: The file's bytes.

    Attributes:
        count: Bytes that were hashed so far.
    """

    def __init__(self, read: Callable[[memoryview, int], int], size: int) -> None:
        self._read = read
        self._size = size
        self._digest = hashlib.sha256(usedforsecurity=False)
        self._snapshot = self._digest.copy()
        self._buffer = page_aligned(min(_BLOCK, size) or 1)
        self._told = 0
        self._ends = False
        self._more = threading.Condition()
        self._hashed = threading.Condition()
        self._thread: threading.Thread | None = None
        self.count = 0

    def reached(self, offset: int) -> None:
        """Note that the file was read as far as this."""
        if offset - self._told >= STEP and not self._ends:
            self._tell(offset)

    def so_far(self, end: int, limit: int) -> tuple[int, str]:
        """How many bytes are hashed, and their digest; see `Source.hashed`."""
        limit = min(limit, self._size)
        if limit > self._told and not self._ends:
            self._tell(limit)
        with self._hashed:
            if not self.count:
                self._hashed.wait_for(lambda: self.count >= end, _PATIENCE)
            return self.count, self._snapshot.hexdigest()

    def _tell(self, offset: int) -> None:
        with self._more:
            self._told = max(offset, self._told)
            self._more.notify()
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
        return self._digest.hexdigest()

    def stop(self) -> None:
        """Follow no longer."""
        with self._more:
            self._ends = True
            self._more.notify()
        if self._thread is not None and self._thread.is_alive():  # an interruption may have come before it began
            self._thread.join()

    def _follow(self) -> None:
        _step_back()
        while not self._ends:
            with self._more:
                self._more.wait_for(lambda: self._ends or self._told > self.count)
            told = min(self._told, self.count + STEP)
            try:
                self._advance(told)
            except SourceError:  # whoever asks for the digest meets it again
                return
            if self.count < told:  # the file has shrunk
                return

    def _advance(self, limit: int) -> None:
        while self.count < limit:
            count = self._read(self._buffer[: limit - self.count], self.count)
            if not count:
                return
            self._digest.update(self._buffer[:count])
            snapshot = self._digest.copy()
            with self._hashed:  # held for a moment only: this thread may have to wait long for its turn
                self.count += count
                self._snapshot = snapshot
                self._hashed.notify_all()


def _step_back() -> None:
    """Let this thread run when nobody else wants to: sending comes first. Only on Linux has a thread its own say."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LEAST)
