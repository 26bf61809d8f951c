"""One bar for all that goes up, once it has taken a while."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from twat_fs.batch import Item

#: Seconds that an upload may take before a bar is worth looking at.
_PATIENCE = 1.0


class Progress:
    """A bar on standard error: bytes that were sent of all that are to be, the rest of the time, and the files.

    Args:
        items: What is to be uploaded.
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self._begun = time.monotonic()
        self._count = len(items)
        self._sizes = {id(item): _size(item.path) for item in items}
        self._sent: dict[int, int] = {}
        self._lock = threading.Lock()
        self._bar: Any = None
        self._shown = self._now = self._whole = 0
        self._total = sum(self._sizes.values())

    def of(self, item: Item) -> Callable[[int, int], None]:
        """What is told of the bytes of one item."""
        place = id(item)

        def told(sent: int, total: int) -> None:
            with self._lock:
                self._total += total - self._sizes[place]
                self._now += sent - self._sent.get(place, 0)
                self._sizes[place], self._sent[place] = total, sent
                self._whole += sent == total
                self._draw()

        return told

    def step_aside(self) -> None:
        """Leave the line, since something is to be printed."""
        with self._lock:
            if self._bar is not None:
                sys.stderr.write("\r\x1b[K")
                sys.stderr.flush()

    def close(self) -> None:
        """End the line that the bar stands in."""
        with self._lock:
            if self._bar is not None:
                self._bar.__exit__(None, None, None)
                self._bar = None

    def _draw(self) -> None:
        if self._bar is None:
            if time.monotonic() - self._begun < _PATIENCE or self._now >= self._total:
                return
            import click

            self._bar = click.progressbar(
                length=self._total, file=sys.stderr, show_eta=True, show_percent=True, item_show_func=self._files
            )
            self._bar.__enter__()
        self._bar.length = self._total
        if self._now < self._shown:  # a new attempt begins at the start
            self._bar.pos, self._shown = 0, 0
        self._bar.update(self._now - self._shown)
        self._shown = self._now

    def _files(self, _: Any) -> str | None:
        return f"{min(self._whole, self._count)} of {self._count} files" if self._count > 1 else None


def _size(path: str) -> int:
    try:
        return 0 if path == "-" or os.path.isdir(path) else os.stat(path).st_size
    except (OSError, ValueError):
        return 0
