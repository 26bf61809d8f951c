"""One line for all that goes up, once it has taken a while: how much of it, how fast, and how long still."""

from __future__ import annotations

import os
import stat
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from twat_fs.cli.terminal import columns_of
from twat_fs.tuples import NamedTuple
from twat_fs.units import shown_size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twat_fs.batch import Item
    from twat_fs.cli.report import Report

#: Seconds that an upload may take before a line is worth looking at.
_PATIENCE = 1.0
#: Seconds between two drawings.
_PERIOD = 0.2
#: Seconds that the rate is taken over: long enough to be read, short enough to be that of now.
_WINDOW = 5.0
#: Seconds of it that are needed to tell a rate at all.
_LEAST = 0.5
#: Columns of a terminal that does not say how many it has.
_USUAL = 80
#: Columns of the bar, and those below which it says nothing.
_BAR = 30
_LEAST_BAR = 8


class Progress:
    """A line on standard error: bytes that were sent of all that are to be, the rate, the rest of the time, the files.

    What uploads only counts; a thread of its own draws, so that a host that takes nothing for a while shows too.

    Args:
        items: What is to be uploaded.
        report: Draws the line, and takes it away where something is to be printed.
        clock: Gives seconds.
        columns: Gives those of the terminal.
    """

    def __init__(
        self,
        items: Sequence[Item],
        report: Report,
        clock: Callable[[], float] = time.monotonic,
        columns: Callable[[], int] = lambda: columns_of(sys.stderr) or _USUAL,
    ) -> None:
        self._tally = _Tally(items)
        self._left = len(items)
        self._report = report
        self._clock = clock
        self._columns = columns
        self._begun = clock()
        self._samples: deque[tuple[float, int]] = deque([(self._begun, 0)])
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="progress", daemon=True)

    def start(self) -> None:
        """Begin to draw, after a moment."""
        try:
            self._thread.start()
        except RuntimeError:  # no room for a thread: then there is no line
            return

    def of(self, item: Item) -> Callable[[int, int], None]:
        """What is told of the bytes of one item."""
        return self._tally.of(item)

    def done(self, item: Item, *, failed: bool) -> None:
        """Note that nothing more comes of an item; what a failed one was to send is not waited for."""
        self._tally.done(item, failed=failed)
        self._left -= 1
        if not self._left:
            self.close()

    def close(self) -> None:
        """Take the line away."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        self._report.status("")

    def draw(self) -> None:
        """Draw the line as it is now."""
        at = self._clock()
        sent, total, files = self._tally.read()
        if sent < self._samples[-1][1]:  # a new attempt begins at the start
            self._samples.clear()
        self._samples.append((at, sent))
        while len(self._samples) > 2 and at - self._samples[1][0] >= _WINDOW:
            self._samples.popleft()
        if at - self._begun >= _PATIENCE:
            view = View(sent, total, self._rate(), files, self._tally.count)
            self._report.status(view.line(self._columns() - 1))

    def _rate(self) -> float | None:
        (first, before), (last, now) = self._samples[0], self._samples[-1]
        return (now - before) / (last - first) if last - first >= _LEAST else None

    def _run(self) -> None:
        while not self._over.wait(_PERIOD):
            self.draw()


class _Tally:
    """Counts what the uploads of several threads tell."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.count = len(items)
        self._sizes = {id(item): _size(item.path) for item in items}
        self._sent: dict[int, int] = {}
        self._whole: set[int] = set()
        self._lock = threading.Lock()
        self._now = 0
        self._total = sum(size for size in self._sizes.values() if size is not None)
        self._unknown = sum(size is None for size in self._sizes.values())

    def of(self, item: Item) -> Callable[[int, int], None]:
        place = id(item)

        def told(sent: int, total: int) -> None:
            with self._lock:
                self._note(place, sent, total)
                if sent == total:
                    self._whole.add(place)
                else:
                    self._whole.discard(place)

        return told

    def done(self, item: Item, *, failed: bool) -> None:
        place = id(item)
        with self._lock:
            sent = self._sent.get(place, 0)
            self._note(place, sent, sent if failed else self._sizes[place] or 0)
            self._whole.add(place)

    def read(self) -> tuple[int, int | None, int]:
        """Bytes that were sent; of how many, where that is known of all; files that were sent whole."""
        with self._lock:
            return self._now, None if self._unknown else self._total, len(self._whole)

    def _note(self, place: int, sent: int, total: int) -> None:
        before = self._sizes[place]
        self._unknown -= before is None
        self._total += total - (before or 0)
        self._now += sent - self._sent.get(place, 0)
        self._sizes[place], self._sent[place] = total, sent


class View(NamedTuple):
    """What there is to see.

    Attributes:
        sent: Bytes that were sent.
        total: Of how many, or None where that is not known.
        rate: Bytes a second, or None where that cannot be told yet.
        files: Files that were sent.
        of: Of how many.
    """

    sent: int
    total: int | None
    rate: float | None
    files: int
    of: int

    def line(self, columns: int) -> str:
        """The line; of what does not fit, what matters least is left out."""
        sizes = f"{shown_size(self.sent)} of {shown_size(self.total)}" if self.total else shown_size(self.sent)
        rate = "" if self.rate is None else f"{shown_size(round(self.rate))}/s"
        files = f"{self.files} of {self.of} files" if self.of > 1 else ""
        parts = [self._percent(), f"{sizes:>20}" if self.total else sizes, f"{rate:>10}", self._rest(), files]
        kept = [part for part in parts if part.strip()]
        text = "  ".join(kept)
        room = min(columns - len(text) - 4, _BAR)
        for least in (files, sizes, rate):
            if len(text) > columns:
                kept = [part for part in kept if part.strip() != least]
                text = "  ".join(kept)
        if self.total and room >= _LEAST_BAR:
            full = min(self.sent, self.total) * room // self.total
            text = f"[{'#' * full}{'-' * (room - full)}]  {text}"
        return text[:columns]

    def _percent(self) -> str:
        return f"{min(self.sent, self.total) * 100 // self.total:3d}%" if self.total else ""

    def _rest(self) -> str:
        if self.total is not None and self.sent >= self.total:
            return "waiting for the host" if self.files >= self.of else ""
        if self.rate is None or self.total is None:
            return ""
        return "stalled" if self.rate < 1 else _time((self.total - self.sent) / self.rate)


def _time(seconds: float) -> str:
    minutes, rest = divmod(max(1, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours > 99:
        return ""
    return f"{hours}:{minutes:02d}:{rest:02d} left" if hours else f"{minutes}:{rest:02d} left"


def _size(path: str) -> int | None:
    """The bytes of a file; None where that is found out later, as of a pipe."""
    if path == "-":
        return None
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else None
