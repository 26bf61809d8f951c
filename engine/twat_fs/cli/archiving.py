"""A folder as one archive, in a file of the user's own that is gone afterwards."""

from __future__ import annotations

import os
import re
import stat
import tarfile
import zipfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twat_fs.errors import SourceError
from twat_fs.logs import logger
from twat_fs.private import temporary_folder
from twat_fs.source import NO_ROOM, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

_log = logger()

SUFFIXES = {"zip": ".zip", "tar": ".tar.gz"}


@contextmanager
def archived(path: str, kind: str, name: str | None) -> Iterator[Source]:
    """The folder as an archive, open.

    Args:
        path: The folder.
        kind: `zip` or `tar`.
        name: The name to send, instead of the folder's with a suffix.

    Raises:
        SourceError: Something in it cannot be read, or there is no room for the archive.
    """
    own = os.path.basename(os.path.abspath(path)) or "root"
    with temporary_folder() as folder:
        packed = os.path.join(folder, "archive")
        try:
            (_zip if kind == "zip" else _tar)(path, own, packed)
        except (OSError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise _failed(path, error) from error
        with Source(packed, name=name or own + SUFFIXES[kind]) as source:
            yield source


def _zip(path: str, own: str, packed: str) -> None:
    # A file's own time, but none before 1980, which the format cannot say.
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        for inside, full in _files(path, own):
            archive.write(full, _zip_name(inside))


def _zip_name(inside: str) -> str:
    """A name that the format can say: a byte that is no UTF-8 is written as in a URL, so that two names stay two."""
    name = re.sub("[\udc80-\udcff]", lambda found: f"%{ord(found[0]) - 0xDC00:02X}", inside)
    if name != inside:
        _log.warning("%s: the name is not UTF-8; in the archive it is %s", inside, name)
    return name


def _tar(path: str, own: str, packed: str) -> None:
    with tarfile.open(packed, "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for inside, full in _files(path, own):
            archive.add(full, inside, recursive=False, filter=_nobody)


def _nobody(facts: tarfile.TarInfo) -> tarfile.TarInfo:
    """The facts without the user's name and number, which are nobody else's business."""
    facts.uid = facts.gid = 0
    facts.uname = facts.gname = ""
    return facts


def _files(path: str, own: str) -> Iterator[tuple[str, str]]:
    """Each file with its name in the archive; links, pipes and devices are told and left out."""
    for folder, folders, names in os.walk(path, onerror=_raise):
        folders.sort()
        for name in sorted(names):
            full = os.path.join(folder, name)
            if stat.S_ISREG(os.lstat(full).st_mode):
                yield os.path.join(own, os.path.relpath(full, path)), full
            else:
                _log.warning("%s: left out of the archive: it is not a regular file", full)


def _raise(error: OSError) -> None:
    raise error


def _failed(path: str, error: Exception) -> SourceError:
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return SourceError(f"there is no room for an archive of {path}", hint="TMPDIR names another place.")
    if isinstance(error, OSError):
        return SourceError(f"{error.filename or path}: cannot be packed: {error.strerror or error}")
    return SourceError(f"{path}: cannot be packed: {error}")
