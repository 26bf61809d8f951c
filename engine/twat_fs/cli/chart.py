"""Times of trials as a table with bars, as wide as the terminal."""

from __future__ import annotations

import shutil
import unicodedata
from typing import TYPE_CHECKING, TextIO

from twat_fs.cli.colour import painter
from twat_fs.cli.terminal import encodes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twat_fs.cli.colour import Paint
    from twat_fs.trial import Trial

#: Columns below which a bar says nothing.
_LEAST = 8
#: The bars of an upload and of a fetch: blocks, or where the terminal has none of them, ASCII.
_BLOCKS = ("█", "▒")
_ASCII = ("#", "=")


def chart(trials: Sequence[Trial], stream: TextIO) -> Iterator[str]:
    """The lines: who worked, the fastest first; then who did not, and why; then what the bars mean.

    Args:
        trials: Those that were tried.
        stream: Where the lines go: says which characters there are, and whether there are colours.
    """
    drawing = _Drawing(trials, painter(stream), _marks(stream), shutil.get_terminal_size().columns)
    working = sorted((trial for trial in trials if trial.error is None), key=_seconds)
    yield drawing.head()
    yield from (drawing.row(trial) for trial in working)
    failed = sorted((trial for trial in trials if trial.error is not None), key=lambda trial: trial.provider)
    yield from (drawing.failed(trial) for trial in failed)
    yield drawing.legend(len(working), len(trials))


def _seconds(trial: Trial) -> float:
    return (trial.upload_seconds or 0.0) + (trial.fetch_seconds or 0.0)


def _marks(stream: TextIO) -> tuple[str, str]:
    return _BLOCKS if encodes(stream, "".join(_BLOCKS)) else _ASCII


class _Drawing:
    def __init__(self, trials: Sequence[Trial], paint: Paint, marks: tuple[str, str], columns: int) -> None:
        self._paint = paint
        self._upload, self._fetch = marks
        self._columns = columns
        self._names = max(len("provider"), *(len(trial.provider) for trial in trials))
        self._longest = max(map(_seconds, trials), default=0.0) or 1.0
        self._cells = columns - self._names - 2 * (2 + len("000.00 s")) - 2

    def head(self) -> str:
        return self._paint(self._line("provider", "upload", "fetch"), "bold")

    def row(self, trial: Trial) -> str:
        upload, fetch = _shown(trial.upload_seconds), _shown(trial.fetch_seconds)
        line = self._line(trial.provider, upload, fetch)
        return f"{line}  {self._bar(trial)}".rstrip() if self._cells >= _LEAST else line

    def failed(self, trial: Trial) -> str:
        words = str(trial.error)
        room = max(self._columns - self._names - 2 - len("failed: "), 1)
        return f"{trial.provider:<{self._names}}  {self._paint('failed', 'red')}: {_cut(words, room)}"

    def legend(self, working: int, tried: int) -> str:
        marks = f"{self._paint(self._upload, 'green')} upload, {self._paint(self._fetch, 'cyan')} fetch; "
        return f"{marks if self._cells >= _LEAST else ''}{working} of {tried} work"

    def _line(self, name: str, upload: str, fetch: str) -> str:
        return f"{name:<{self._names}}  {upload:>8}  {fetch:>8}"

    def _bar(self, trial: Trial) -> str:
        upload, fetch = self._length(trial.upload_seconds), self._length(trial.fetch_seconds)
        upload = min(upload, self._cells - fetch)  # what was rounded up may not break the line
        return self._paint(self._upload * upload, "green") + self._paint(self._fetch * fetch, "cyan")

    def _length(self, seconds: float | None) -> int:
        return 0 if seconds is None else max(1, round(seconds / self._longest * self._cells))


def _shown(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.2f} s"


def _cut(text: str, columns: int) -> str:
    """The start of a text that fits into so many columns; an East Asian character takes two."""
    used, kept = 0, ""
    for letter in " ".join(text.split()):
        used += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if used > columns:
            return kept[: max(len(kept) - 3, 0)] + "..."
        kept += letter
    return kept
