"""What becomes of each of many files, and what ends them all."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from twat_fs.batch import Item
from twat_fs.errors import TwatFsError, UploadError, UsageError
from twat_fs.opening import opened
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from twat_fs.batch import Done
    from twat_fs.environment import Settings
    from twat_fs.opening import Given
    from twat_fs.results import UploadResult
    from twat_fs.source import Source


class Named(NamedTuple):
    """Something to upload, with the name that it gets: what has none of its own, such as bytes, needs one.

    Attributes:
        given: A path, bytes, a binary file that is open, or an address of fsspec.
        name: The name.
    """

    given: Given
    name: str


class FileResult(NamedTuple):
    """What became of one file.

    Attributes:
        source: What was given to be uploaded.
        result: Its URL, or None.
        error: Why there is none, or None.
        attempts: Why each provider that was tried or passed over before gave none.
        size: Its bytes, or None where it was not opened here.
        seconds: How long it took.
    """

    source: Given | Named
    result: UploadResult | None
    error: TwatFsError | None
    attempts: tuple[UploadError, ...] = ()
    size: int | None = None
    seconds: float = 0.0

    @property
    def url(self) -> UploadResult:
        """The URL.

        Raises:
            TwatFsError: There is none: `error`.
        """
        if self.result is None:
            raise self.error or UsageError("there is neither a URL nor an error")
        return self.result

    @property
    def ambiguous(self) -> bool:
        """Whether a host may hold the file although there is no URL."""
        lost = isinstance(self.error, UploadError) and self.error.ambiguous
        return self.result is None and (lost or any(attempt.ambiguous for attempt in self.attempts))


class Cancelled(UploadError):
    """The caller ended the uploads before there was a URL; `ambiguous` where a host may hold the file all the same."""

    kind = "cancelled"
    exit_code = 1


class WorkerLost(UploadError):
    """What was to upload the file ended, or lost what became of it, or did not take it. It is not sent again.

    `ambiguous` is False only where it was not begun; else a host may hold the file.
    """

    kind = "worker_lost"
    exit_code = 5


class Cancellation:
    """Ends uploads from elsewhere: given to `upload_files`, and told to `cancel` from any thread, at any time."""

    def __init__(self) -> None:
        self.cancelled = False
        self._lock = threading.Lock()
        self._ends: list[Callable[[], object]] = []

    def cancel(self) -> None:
        """Break off what is being sent, within a second, and begin nothing more; a second call does nothing."""
        with self._lock:
            self.cancelled = True
            ends, self._ends = self._ends, []
        for end in ends:
            end()

    def calls(self, end: Callable[[], object]) -> None:
        """Have something called when it is cancelled; at once, where it is already."""
        with self._lock:
            if not self.cancelled:
                self._ends.append(end)
                return
        end()

    def check(self) -> None:
        """Go on, or not.

        Raises:
            Cancelled: It was cancelled.
        """
        if self.cancelled:
            raise Cancelled("it was not begun: the uploads were cancelled")


def item_of(source: Given | Named) -> Item:
    """What a program gives, as an item of a batch."""
    given, name = source if isinstance(source, Named) else (source, None)
    if isinstance(given, (str, os.PathLike)):
        return Item(os.fspath(given), name)
    return Item(name or "bytes", name, given=given)


def opened_item(item: Item, settings: Settings) -> AbstractContextManager[Source]:
    """Open it."""
    return opened(item.path if item.given is None else item.given, item.name, settings)


def result_of(source: Given | Named, done: Done) -> FileResult:
    """What became of an item, for the program that gave it."""
    outcome = done.outcome
    result, size, attempts = (outcome.result, outcome.size, tuple(outcome.attempts)) if outcome else (None, None, ())
    return FileResult(source, result, done.error, attempts, size, done.seconds)
