"""The user's file as Python providers get it: an open binary file with the wanted name, and progress as it is read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from twat_fs.source import BLOCK_SIZE

if TYPE_CHECKING:
    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call


class _SourceFile(io.RawIOBase):
    """Reads a source from any position; counts as sent what was read."""

    def __init__(self, source: Source, call: Call) -> None:
        super().__init__()
        self.name = call.name
        self._source = source
        self._progress = call.progress
        self._position = 0
        self._told = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._source.size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        room = min(len(buffer), max(0, self._source.size - self._position))
        count = self._source.read_into(memoryview(buffer)[:room], self._position) if room else 0
        self._position += count
        if self._progress is not None and self._position > self._told:
            self._told = self._position
            self._progress(self._told, self._source.size)
        return count


def opened(source: Source, call: Call) -> BinaryIO:
    """The file, open for reading.

    Args:
        source: The user's file.
        call: What the caller wants; its `name` is the file's `name`, its `progress` is told what was read.
    """
    return cast("BinaryIO", io.BufferedReader(_SourceFile(source, call), BLOCK_SIZE))
