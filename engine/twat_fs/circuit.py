"""Providers that keep failing are set aside for the rest of a run, so that the other files do not wait for them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from twat_fs.errors import BadRequest, Conflict, Rejected, SetAside, TooLarge, UnsupportedType
from twat_fs.logs import logger

if TYPE_CHECKING:
    from twat_fs.errors import UploadError

_log = logger()

#: Files that a provider may fail one after the other.
PATIENCE = 3

#: Failures of a provider that may well take another file.
_OF_THE_FILE = (BadRequest, Conflict, Rejected, TooLarge, UnsupportedType)


class Circuit:
    """Counts the files that each provider failed since it last took one; may be used by several threads."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._lock = threading.Lock()

    def worked(self, provider: str) -> None:
        """Note that it took a file."""
        with self._lock:
            self._failures.pop(provider, None)

    def failed(self, error: UploadError) -> None:
        """Note that it did not; what is the file's own fault, or no failure of a try, does not count."""
        if error.tried and not isinstance(error, _OF_THE_FILE):
            with self._lock:
                count = self._failures[error.provider] = self._failures.get(error.provider, 0) + 1
            if count == PATIENCE:
                _log.warning("%s: it failed %d files in a row, and is set aside for the rest", error.provider, count)

    def broken(self, provider: str) -> SetAside | None:
        """Why a provider is not tried any more, or None where it is."""
        with self._lock:
            count = self._failures.get(provider, 0)
        if count < PATIENCE:
            return None
        return SetAside(f"set aside: it failed {count} files in a row", provider)
