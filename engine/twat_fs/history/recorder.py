"""Writes the receipt of each upload as it goes; whatever goes wrong with that harms no upload."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

from twat_fs.errors import HistoryError, SourceError, UploadError, VerifyError
from twat_fs.history.records import History, written
from twat_fs.logs import logger
from twat_fs.results import UploadResult
from twat_fs.units import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.errors import TwatFsError
    from twat_fs.interruption import Interrupted
    from twat_fs.source import Source

_log = logger()

#: Hexadecimal digits that tell one set of options from another.
_DIGITS = 16


class Recorder:
    """The receipts of the uploads of one run; may be used by several threads.

    Args:
        history: Where they are kept; None keeps none.
    """

    def __init__(self, history: History | None) -> None:
        self.history = history
        self._warned = False
        self._lock = threading.Lock()

    def begin(self, provider: str, name: str, source: Source, variant: str = "", lasts: int | None = None) -> Entry:
        """Note that a file is about to be sent, and have its digest taken on the way.

        Args:
            provider: Where it goes.
            name: The name that is sent.
            source: The file.
            variant: What was asked for beside, see `variant_of`.
            lasts: Seconds that the host is asked to keep the file, or None.
        """
        if self.history is not None:
            source.follow()
        entry = Entry(self, (provider, name, source.size, variant), source, lasts)
        entry.begin()
        return entry

    def warn(self, error: HistoryError) -> None:
        """Say once that no receipts are kept, and why."""
        with self._lock:
            first, self._warned = not self._warned, True
        if first:
            hint = f" {error.hint}" if error.hint else ""
            _log.warning("the upload is not in the history: %s.%s", error, hint)


class Entry:
    """The receipt of one try at one provider."""

    def __init__(self, recorder: Recorder, row: tuple[str, str, int, str], source: Source, lasts: int | None) -> None:
        self._recorder = recorder
        self._row = row
        self._source = source
        self._number: int | None = None
        self._ends = None if lasts is None else int(time.time()) + lasts

    def begin(self) -> None:
        """Write it down before anything is sent; a failure is told when there is something to lose."""
        history = self._recorder.history
        if history is not None:
            try:
                self._number = history.begin(*self._row)
            except HistoryError:
                self._number = None

    def failed(self, error: TwatFsError) -> None:
        """Note that there is no URL; nothing is left of it where the host surely has no file, and nothing of steps.

        Args:
            error: What went wrong; where what steps have left can be deleted, its message is made to say how.
        """
        if isinstance(error, VerifyError):
            known = self._facts(error.result) if isinstance(error.result, UploadResult) else {}
            self._write(said=error.message, **known)
        elif error.recipe is not None:
            if self._write(said=error.message, recipe=written(error.recipe)):
                error.message += f" (`twat-fs delete {self._number}` removes it)"
            error.recipe = None  # it may hold secrets
        elif error.ambiguous:
            self._write(said=error.message)
        elif self._number is not None:
            self._try(lambda history, number: history.forget(number))

    def broken_off(self, end: Interrupted, *, ambiguous: bool) -> None:
        """Note that a signal came, and have it tell what steps before have made, and how that is removed."""
        error = UploadError("; ".join(filter(None, (end.left, end.made))), ambiguous=ambiguous)
        error.recipe, end.recipe = end.recipe, None
        self.failed(error)
        end.left = error.message

    def keep(self, result: UploadResult) -> None:
        """Note what the host gave; to be called once the user has the URL."""
        if self._recorder.history is not None:
            self._write(kept="live", **self._facts(result), sha256=self._sha256())

    def _facts(self, result: UploadResult) -> dict[str, Any]:
        known = {name: _text(result.metadata.get(name)) for name in ("page_url", "delete_url")}
        expires = _moment(result.metadata.get("expires_at")) or self._ends
        return {"url": str(result), **known, "expires": expires, "recipe": written(result.recipe)}

    def _sha256(self) -> str | None:
        try:
            return self._source.digest("sha256")
        except SourceError:  # it was written to since
            return None

    def _write(self, **facts: Any) -> bool:
        return self._try(lambda history, number: history.note(number, **facts))

    def _try(self, change: Any) -> bool:
        """Change the receipt; gives whether that was done."""
        history = self._recorder.history
        if history is None:
            return False
        try:
            if self._number is None:
                self._number = history.begin(*self._row)
            change(history, self._number)
        except HistoryError as error:
            self._recorder.warn(error)
            return False
        return True


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _moment(value: Any) -> int | None:
    try:
        return None if value is None else parse_moment(value)
    except ValueError:  # the host's words for it are not ours
        return None


def variant_of(options: Mapping[str, Any], remote_path: str | None) -> str:
    """A digest of what was asked for: the same bytes with another lifetime are another upload."""
    if not options and not remote_path:
        return ""
    words = json.dumps([dict(options), remote_path], sort_keys=True, default=str)
    return hashlib.sha256(words.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:_DIGITS]
