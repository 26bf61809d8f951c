"""The user's file as Python providers get it: an open binary file with the wanted name, and progress as it is read."""

from __future__ import annotations

import io
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import quote

from twat_fs.private import temporary_folder
from twat_fs.source import BLOCK_SIZE
from twat_fs.upload_providers.naming import cut

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call, Progress

#: Bytes that a name may have on the usual file systems.
_NAME_LIMIT = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class _SourceFile(io.RawIOBase):
    """Reads a source from any position; counts as sent what was read."""

    def __init__(self, source: Source, call: Call) -> None:
        super().__init__()
        self.name = call.name
        self.source = source
        self.progress = call.progress
        self._position = 0
        self._told = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.source.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        room = min(len(buffer), max(0, self.source.size - self._position))
        count = self.source.read_into(memoryview(buffer)[:room], self._position) if room else 0
        self._position += count
        if room and (not count or self._position == self.source.size):
            # Before the last bytes are given away, so that a file that changed never arrives whole; and a client that
            # sends less than it has announced waits for an answer that never comes.
            self.source.check_unchanged(self._position)
        if self.progress is not None and self._position > self._told:
            self._told = self._position
            self.progress(self._told, self.source.size)
        return count


class _WatchedFile(io.FileIO):
    """A file of the system's, for clients that want one; tells how far it was read."""

    def __init__(self, path: str | os.PathLike[str], progress: Progress) -> None:
        super().__init__(path, "rb")
        self._progress = progress
        self._size = os.fstat(self.fileno()).st_size
        self._told = 0

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer) or 0
        self._tell()
        return count

    def readall(self) -> bytes:
        content = super().readall() or b""
        self._tell()
        return content

    def _tell(self) -> None:
        at = min(self.tell(), self._size)
        if at > self._told:
            self._told = at
            self._progress(at, self._size)


class Piece:
    """Bytes in the shape of a `twat_fs.source.Source`, so that a piece of a file is sent as a file is.

    Args:
        content: The bytes.
    """

    type = "application/octet-stream"
    path = "a piece of the file"

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.size = len(content)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Fill a buffer from a position; returns the number of bytes."""
        block = self._content[offset : offset + len(buffer)]
        buffer[: len(block)] = block
        return len(block)

    def check_unchanged(self, sent: int) -> None:
        """Bytes do not change."""
        del sent


def opened(source: Source, call: Call) -> BinaryIO:
    """The file, open for reading.

    Args:
        source: The user's file.
        call: What the caller wants; its `name` is the file's `name`, its `progress` is told what was read.
    """
    return cast("BinaryIO", io.BufferedReader(_SourceFile(source, call), BLOCK_SIZE))


def behind(file: Any) -> _SourceFile | None:
    """What is behind a file that `opened` gave; None for another."""
    raw = getattr(file, "raw", None)
    return raw if isinstance(raw, _SourceFile) else None


def watched(path: str | os.PathLike[str], progress: Progress | None) -> BinaryIO:
    """A file of the system's, open for reading.

    Args:
        path: The file.
        progress: Told what was read, or None.
    """
    if progress is None:
        return open(path, "rb")
    return io.BufferedReader(_WatchedFile(path, progress), BLOCK_SIZE)


@contextmanager
def named_path(source: Source, name: str) -> Iterator[str]:
    """A path of a file that ends in the wanted name, cut to what a file system takes.

    Control characters are percent-encoded, as HTML wants it of names in forms: a line break would end a header.

    Args:
        source: The user's file.
        name: The wanted name.
    """
    name = _CONTROL.sub(lambda found: quote(found.group()), name)
    if source.on_disk and os.path.basename(source.path) == name:
        yield source.path
        return
    with temporary_folder() as folder:
        path = os.path.join(folder, cut(name, _NAME_LIMIT))
        if source.on_disk:
            os.symlink(os.path.abspath(source.path), path)
        else:
            with open(path, "xb") as file:
                file.writelines(source.blocks())
        yield path


def size_of(file: BinaryIO) -> int:
    """The bytes of an open file, which is left at its start."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def pieces(file: BinaryIO, size: int) -> Iterator[bytes]:
    """The rest of an open file in pieces of a size; the last one may be smaller."""
    while True:
        piece = file.read(size)
        if not piece:
            return
        yield piece
