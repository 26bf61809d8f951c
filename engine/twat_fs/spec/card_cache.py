"""Compiled specs in a folder of the user's, by the hash of all that they were made of."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import lru_cache
from typing import Any

from twat_fs._version import __version__


class CardCache:
    """Keeps compiled specs; where it cannot, nothing is kept.

    Args:
        folder: Where; None keeps none.
        checkout: The folder of specs of a checkout, in which the compiler changes too; None in an installed package.
    """

    def __init__(self, folder: str | None, checkout: str | None) -> None:
        self._folder = folder
        self._checkout = checkout

    def key(self, content: bytes, stem: str) -> str:
        """What names the compiled form of some content.

        Args:
            content: The bytes of a spec.
            stem: The name that it has to have.
        """
        import hashlib

        stamp = f"{__version__}\0{_code_stamp(self._checkout)}\0{stem}\0".encode()
        return hashlib.sha256(stamp + content).hexdigest()

    def read(self, key: str) -> dict[str, Any] | None:
        """What was kept, or None.

        Args:
            key: Of `key`.
        """
        if self._folder is None or not _is_private(self._folder):
            return None
        try:
            with open(os.path.join(self._folder, f"{key}.json"), "rb") as file:
                card = json.loads(file.read())
        except (OSError, ValueError, RecursionError):
            return None
        return card if isinstance(card, dict) else None

    def write(self, key: str, card: dict[str, Any]) -> None:
        """Keep a compiled spec; a cache that cannot be written is no cache."""
        if self._folder is None:
            return
        from twat_fs.private import make_folders

        path = os.path.join(self._folder, f"{key}.json")
        part = f"{path}.{os.getpid()}"
        try:
            make_folders(self._folder)
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError:
            return
        try:
            with open(descriptor, "w", encoding="ascii") as file:
                json.dump(card, file, separators=(",", ":"))
            os.replace(part, path)
        except OSError:  # a full disk
            return
        finally:
            with suppress(OSError):
                os.unlink(part)


@lru_cache
def _code_stamp(checkout: str | None) -> str:
    """In a checkout the compiler itself changes between versions; in a process it is what it was when it began."""
    if not checkout:
        return ""
    here = os.path.dirname(os.path.abspath(__file__))
    folders = (here, os.path.join(os.path.dirname(here), "expression"), os.path.join(checkout, "../schemas"))
    return str(max(item.stat().st_mtime_ns for folder in folders for item in os.scandir(folder) if item.is_file()))


def _is_private(folder: str) -> bool:
    """Whether nobody but the user can have put something into a folder; what others could have compiled is not run."""
    try:
        facts = os.stat(folder)
    except OSError:
        return False
    return not hasattr(os, "getuid") or (facts.st_uid == os.getuid() and not facts.st_mode & 0o022)
