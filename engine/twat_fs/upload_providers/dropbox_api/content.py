"""The file in the pieces that are sent, and Dropbox's content hash: SHA-256 of the SHA-256 of each 4 MiB."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from twat_fs.source import Source

BLOCK = 4 * 1024 * 1024


class Stored(NamedTuple):
    """A file at Dropbox."""

    path: str
    size: int
    content_hash: str | None
    id: str
    rev: str


class Commit(NamedTuple):
    """Where a file is to go, and what becomes of one that is there."""

    path: str
    overwrite: bool = False
    autorename: bool = False


class Content:
    """Reads a file piece by piece, from wherever the host wants to go on, and hashes each block of it once.

    Args:
        source: The file.
        chunk: Bytes of a piece; a multiple of 4 MiB.
    """

    def __init__(self, source: Source, chunk: int) -> None:
        self._source = source
        self._chunk = chunk
        self._blocks: dict[int, bytes] = {}
        self.size = source.size

    def piece(self, offset: int) -> tuple[bytes, str]:
        """The bytes from a position on, up to where the next piece begins, and their content hash.

        Raises:
            SourceError: The file cannot be read, or ends early.
        """
        # From the block's begin, so that what the host has of it already is hashed with the rest.
        start = offset - offset % BLOCK
        data = self._read(start, min(start + self._chunk, self.size))
        blocks = _digests(data)
        self._blocks.update(enumerate(blocks, start // BLOCK))
        if offset == start:
            return data, _joined(blocks)
        rest = data[offset - start :]
        return rest, _joined(_digests(rest))

    @property
    def hash(self) -> str:
        """The content hash of the whole file, all of which must have been read."""
        return _joined([self._blocks[index] for index in range(-(-self.size // BLOCK))])

    def check(self) -> None:
        """Compare the file with what it was.

        Raises:
            SourceError: It was changed while it was read.
        """
        self._source.check_unchanged(self.size)

    def _read(self, start: int, end: int) -> bytes:
        buffer = bytearray(end - start)
        view, done = memoryview(buffer), 0
        while done < len(buffer):
            count = self._source.read_into(view[done:], start + done)
            if not count:
                self._source.check_unchanged(start + done)
            done += count
        return bytes(buffer)


def _digests(data: bytes) -> list[bytes]:
    view = memoryview(data)
    return [hashlib.sha256(view[at : at + BLOCK]).digest() for at in range(0, len(data), BLOCK)]


def _joined(blocks: list[bytes]) -> str:
    return hashlib.sha256(b"".join(blocks)).hexdigest()
