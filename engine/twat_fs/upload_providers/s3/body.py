"""A part of the user's file as the body of a request, and whether the host took it as it is."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import re
import threading
from typing import TYPE_CHECKING, Any

from zlib_ng import zlib_ng

from twat_fs.buffers import page_aligned
from twat_fs.errors import SourceError, UploadTimeout, VerifyError
from twat_fs.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Progress

#: Bytes read and sent at a time.
BLOCK = 1 << 20
_MD5 = re.compile(r"[0-9a-f]{32}")


class Stopped(BaseException):
    """The upload has ended elsewhere. Not an `Exception`, which botocore would take for a broken connection."""


class Tally:
    """What all parts of an upload have in common: how far it is, and whether it goes on."""

    def __init__(self, total: int, progress: Progress | None, left: Callable[[], float] = lambda: math.inf) -> None:
        self._total = total
        self._progress = progress
        self._left = left
        self._sent = 0
        self._lock = threading.Lock()
        self.stopped = False
        #: Why it stopped, where that was not a request: the file could not be read, or the time was over.
        self.broken: SourceError | UploadTimeout | None = None

    def check(self) -> None:
        """Go on, or not.

        Raises:
            Stopped: The upload has ended, or its time is over.
        """
        if not self.stopped and self._left() <= 0:
            self.broken, self.stopped = UploadTimeout("the time for the whole upload was over", "s3"), True
        if self.stopped:
            raise Stopped

    def add(self, count: int) -> None:
        """Count bytes that were sent for the first time."""
        if self._progress is None:
            return
        with self._lock:
            self._sent += count
            self._progress(self._sent, self._total)


class Part:
    """Some bytes of a file, read in place each time: a buffer of one block is all that it holds.

    Args:
        source: The file.
        offset: Where the part begins.
        size: Its bytes.
        tally: The upload's.
    """

    def __init__(self, source: Source, offset: int, size: int, tally: Tally) -> None:
        self._source = source
        self._offset = offset
        self._size = size
        self._tally = tally
        self._buffer: memoryview | None = None
        self._position = 0
        self._counted = 0
        self._sending = False

    def __len__(self) -> int:
        return self._size

    def read(self, size: int | None = None) -> memoryview:
        """The next block, whatever was asked for: urllib3 asks for 16 KiB at a time, and sends what it gets.

        Raises:
            Stopped: The upload has ended, or its time is over.
        """
        del size
        self._tally.check()
        self._buffer = self._buffer or page_aligned(min(BLOCK, self._size) or 1)
        count = self._fill(self._buffer)
        if self._sending and self._position > self._counted:
            self._tally.add(self._position - self._counted)
            self._counted = self._position
        return self._buffer[:count]

    def content(self) -> bytearray:
        """All of it at once, for a part of one block: a read can give less than was asked for.

        Raises:
            Stopped: The file cannot be read, or shrank.
        """
        # Not by the buffer of `read`: new pages and a copy take longer than the reading itself.
        content = bytearray(self._size)
        self.seek(0)
        while self._position < self._size:
            self._tally.check()
            self._fill(memoryview(content)[self._position :])
        return content

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go elsewhere; what is read then is not being sent until `begin` says so."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = base + offset
        self._sending = False
        return self._position

    def tell(self) -> int:
        """Where the next block begins."""
        return self._position

    def begin(self) -> None:
        """From here on what is read is being sent; before, it was read to be signed."""
        self._sending = True

    def crc32(self) -> str:
        """The checksum as S3 writes it."""
        return crc32(self._blocks())

    def check(self, answer: Mapping[str, Any], crc32: str | None) -> bool:
        """Compare what the host says that it has with what was sent.

        Args:
            answer: The host's.
            crc32: What was sent, where it is known.

        Returns:
            Whether the answer tells it.

        Raises:
            VerifyError: The host has something else.
        """
        told = answer.get("ChecksumCRC32")
        if told:
            return _same("CRC-32", told, crc32 or self.crc32())
        etag = str(answer.get("ETag", "")).strip('"').lower()
        encrypted = answer.get("ServerSideEncryption") or answer.get("SSECustomerAlgorithm")
        if not _MD5.fullmatch(etag) or encrypted:
            return False
        digest = hashlib.md5(usedforsecurity=False)
        for block in self._blocks():
            digest.update(block)
        return _same("MD5", etag, digest.hexdigest())

    def _blocks(self) -> Iterator[memoryview]:
        self.seek(0)
        while block := self.read():
            yield block
        self.seek(0)

    def _fill(self, buffer: memoryview) -> int:
        wanted = min(BLOCK, self._size - self._position)
        if wanted <= 0:
            return 0
        try:
            at = self._offset + self._position
            count = self._source.read_into(buffer[:wanted], at)
            if not count or self._position + count == self._size:  # before the last bytes are given away
                self._source.check_unchanged(self._source.size if count else at)
        except SourceError as error:
            self._tally.broken, self._tally.stopped = error, True
            raise Stopped from error
        self._position += count
        return count


def crc32(blocks: Iterable[bytes | bytearray | memoryview]) -> str:
    """A checksum as S3 writes it."""
    value = 0
    for block in blocks:
        value = zlib_ng.crc32(block, value)
    return base64.b64encode(value.to_bytes(4, "big")).decode()


def composite(parts: list[dict[str, Any]]) -> str:
    """The checksum of an object in parts: that of their checksums, and how many they are."""
    return f"{crc32(base64.b64decode(part['ChecksumCRC32']) for part in parts)}-{len(parts)}"


def check_whole(answer: Mapping[str, Any], parts: list[dict[str, Any]]) -> bool:
    """Compare the checksum of the whole object, where the host gives one of the checksums of the parts.

    Returns:
        Whether it gives one.

    Raises:
        VerifyError: The host has something else.
    """
    told = str(answer.get("ChecksumCRC32") or "")
    if "-" not in told or not all("ChecksumCRC32" in part for part in parts):
        return False
    return _same("CRC-32", told, composite(parts))


def _same(what: str, told: str, ours: str) -> bool:
    if told != ours:
        raise VerifyError(
            f"the host holds other bytes than were sent: their {what} is {ours}, and it says {printable(told, 60)}",
            "s3",
            hint="Upload it again with --force, which overwrites what is there.",
        )
    return True
