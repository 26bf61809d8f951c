"""Opens whatever is to be uploaded: a path, bytes, an open file, an address of fsspec.

What cannot be read at any place, such as a pipe, is put into a file first: hosts want to know its length, and a retry
sends it again.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO, Union

from twat_fs.errors import SourceError, UsageError
from twat_fs.private import temporary_folder
from twat_fs.source import NO_ROOM, Source
from twat_fs.units import parse_size, shown_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from twat_fs.environment import Settings

    #: What can be uploaded.
    Given = Union[str, os.PathLike[str], bytes, bytearray, memoryview, BinaryIO]

#: Bytes that are taken from a pipe, unless `TWAT_FS_STDIN_LIMIT` says otherwise.
_LIMIT = 10_000_000_000
_BLOCK = 1 << 20


@contextmanager
def opened(given: Given, name: str | None, settings: Settings) -> Iterator[Source]:
    """Open what is to be uploaded; what was opened or written for it is gone afterwards.

    Args:
        given: A path; bytes; a binary file that is open, which is read from where it stands and left open; or an
            address that fsspec knows, such as `s3://bucket/key`, `https://...`, `zip://a.txt::b.zip`.
        name: The name to send; what has none of its own must be given one.
        settings: What the environment says.

    Raises:
        UsageError: It has no name, or is nothing that can be read.
        SourceError: It cannot be read, is a pipe that holds too much, or there is no room for that.
    """
    if isinstance(given, (str, os.PathLike)):
        with _opened_path(os.fspath(given), name, settings) as source:
            yield source
    elif isinstance(given, (bytes, bytearray, memoryview)):
        with _opened_file(io.BytesIO(given), "bytes", _needed(name, "bytes have"), settings) as source:
            yield source
    elif hasattr(given, "read"):
        own = getattr(given, "name", None)
        found = os.path.basename(own) if isinstance(own, str) and not own.startswith("<") else ""
        label = own if found else "the open file" if own != "<stdin>" else "standard input"
        with _opened_file(given, str(label), _needed(name or found, f"{label} has"), settings) as source:
            yield source
    else:
        raise UsageError(f"a {type(given).__name__} cannot be uploaded", hint="Give a path, bytes, or an open file.")


def leads_elsewhere(path: str) -> bool:
    """Whether what was given as a path is an address."""
    if "://" not in path and "::" not in path:
        return False
    from twat_fs.addresses import is_address  # only then: few uploads need what reads addresses

    return is_address(path)


@contextmanager
def _opened_path(path: str, name: str | None, settings: Settings) -> Iterator[Source]:
    if leads_elsewhere(path):
        with _opened_address(path, name, settings) as source:
            yield source
    elif _is_pipe(path):
        wanted = _needed(name, f"what comes from {path}, a FIFO, has")
        with _spooled(_reading(path), wanted, settings) as source:
            yield source
    else:
        with Source(path, name=name) as source:
            yield source


@contextmanager
def _opened_address(address: str, name: str | None, settings: Settings) -> Iterator[Source]:
    from twat_fs.addresses import name_in, opened_address, shown_address
    from twat_fs.streams import OpenSource, Streamed

    label = shown_address(address)
    wanted = _needed(name or name_in(address), f"{label} has")
    file, version = opened_address(address, settings)
    if version is not None:
        with OpenSource(file, label, wanted, version, owned=True) as source:
            yield source
    else:
        with _spooled(Streamed(file, label), wanted, settings) as source:
            yield source


@contextmanager
def _opened_file(file: BinaryIO, label: str, name: str, settings: Settings) -> Iterator[Source]:
    from twat_fs.streams import OpenSource

    if isinstance(file, io.TextIOBase):
        raise UsageError(f"{label} is open as text", hint='Open it with mode "rb".')
    if getattr(file, "seekable", lambda: False)():
        with OpenSource(file, label, name) as source:
            yield source
    else:
        with _spooled(nullcontext(file), name, settings) as source:
            yield source


def _needed(name: str | None, what: str) -> str:
    if not name:
        raise UsageError(f"{what} no name", hint="Give it one: --name report.pdf, or UploadOptions(name=...)")
    return name


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


@contextmanager
def _reading(path: str) -> Iterator[BinaryIO]:
    try:
        with open(path, "rb") as file:
            yield file
    except OSError as error:
        raise SourceError(f"{path}: cannot read it: {error.strerror}") from error


@contextmanager
def _spooled(way: AbstractContextManager[Any], name: str, settings: Settings) -> Iterator[Source]:
    """All that comes, in a file of the user's own."""
    with temporary_folder() as folder:
        path = os.path.join(folder, "stream")
        with way as stream:
            _copy(stream, path, _limit(settings.environ))
        with Source(path, name=name) as source:
            yield source


def _limit(environ: Mapping[str, str]) -> int:
    text = environ.get("TWAT_FS_STDIN_LIMIT", "")
    try:
        return parse_size(text) if text else _LIMIT
    except ValueError as error:
        raise UsageError(f"TWAT_FS_STDIN_LIMIT={text}: {error}") from error


def _copy(stream: Any, path: str, limit: int) -> None:
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
