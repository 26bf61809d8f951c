"""What comes from a pipe is put into a file first: hosts want to know its length, and a retry sends it again."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from twat_fs.errors import SourceError, UsageError
from twat_fs.private import temporary_folder
from twat_fs.source import NO_ROOM, Source
from twat_fs.units import parse_size, shown_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Bytes that are taken from a pipe, unless `TWAT_FS_STDIN_LIMIT` says otherwise.
_LIMIT = 10_000_000_000
_BLOCK = 1 << 20


@contextmanager
def opened(path: str, name: str | None, environ: Mapping[str, str]) -> Iterator[Source]:
    """The file to upload; a pipe is read to its end into a file of the user's own, which is gone afterwards.

    Args:
        path: The file; `-` is standard input.
        name: The name to send, which a pipe must be given.
        environ: The environment variables.

    Raises:
        UsageError: A pipe has no name.
        SourceError: It cannot be read, holds too much, or there is no room for it.
    """
    if path != "-" and not _is_pipe(path):
        with Source(path, name=name) as source:
            yield source
        return
    if not name:
        what = "standard input" if path == "-" else f"{path}, a FIFO,"
        raise UsageError(f"what comes from {what} has no name", hint="Give it one: --name report.pdf")
    with temporary_folder() as folder:
        spooled = os.path.join(folder, "stream")
        with _stream(path) as stream:
            _copy(stream, spooled, _limit(environ))
        with Source(spooled, name=name) as source:
            yield source


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


def _limit(environ: Mapping[str, str]) -> int:
    text = environ.get("TWAT_FS_STDIN_LIMIT", "")
    try:
        return parse_size(text) if text else _LIMIT
    except ValueError as error:
        raise UsageError(f"TWAT_FS_STDIN_LIMIT={text}: {error}") from error


@contextmanager
def _stream(path: str) -> Iterator[BinaryIO]:
    if path != "-":
        try:
            with open(path, "rb") as file:
                yield file
        except OSError as error:
            raise SourceError(f"{path}: cannot read it: {error.strerror}") from error
    elif sys.stdin is None:
        raise SourceError("standard input is closed")
    else:
        yield sys.stdin.buffer


def _copy(stream: BinaryIO, path: str, limit: int) -> None:
    count = 0
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            while block := stream.read(_BLOCK):
                count += len(block)
                if count > limit:
                    raise SourceError(
                        f"more than {shown_size(limit)} came", hint="TWAT_FS_STDIN_LIMIT=20GB takes more."
                    )
                file.write(block)
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise SourceError(f"cannot read what was to be uploaded: {error.strerror}") from error
        free = shown_size(shutil.disk_usage(os.path.dirname(path)).free)
        raise SourceError(
            f"there is no room for what comes, after {shown_size(count)} ({free} are free)",
            hint="TMPDIR names another place.",
        ) from error
