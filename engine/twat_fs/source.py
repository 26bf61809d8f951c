"""The user's file: opened once, read in place, and watched for change while it is sent."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from twat_fs.buffers import page_aligned
from twat_fs.errors import SourceError, SourceNotFound, TooLarge
from twat_fs.text import decodable
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from twat_fs.digests import RunningDigest

#: Bytes read at a time when a file is hashed or sent: large enough that the cost per block disappears.
BLOCK_SIZE = 256 * 1024

#: Bytes that `file.text` and `file.base64` may hold in memory: the cap of `docs/spec-language.md`.
IN_MEMORY_LIMIT = 64 * 1024 * 1024

#: What a system says where no more can be written: a full disk, a used-up quota, a limit on the size of files.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_FALLBACK_TYPE = "application/octet-stream"
#: Media types of what `mimetypes` calls encodings (IANA; RFC 6713 for gzip).
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}


class Marks(NamedTuple):
    """What tells whether a file is still the same: device, inode, bytes, and the times of its last changes."""

    dev: int
    ino: int
    size: int
    mtime_ns: int
    ctime_ns: int = 0


class Source:
    """An open regular file, read by position so that any number of bodies can share it.

    Args:
        path: The file; a symbolic link is followed.
        name: The name to send instead of the path's last component.

    Attributes:
        path, own: The path and the name as they were given.
        name: The name to send, as text: NFC, with U+FFFD for bytes that are not UTF-8.
        renamed: Whether the name's bytes were not UTF-8, so that another one is sent.
        size: Bytes at the time of opening; what a request promises and what must be sent.
        mtime: Time of the last change in whole Unix seconds.

    Raises:
        SourceNotFound: There is nothing at the path, or what is there is not a regular file.
        SourceError: The file cannot be opened or read.
    """

    def __init__(self, path: str | os.PathLike[str], *, name: str | None = None) -> None:
        self._fd = _open_regular(os.fspath(path))
        self._settle(os.fspath(path), os.path.basename(os.fspath(path)) if name is None else name)

    def _settle(self, path: str, own: str) -> None:
        """Know what was opened."""
        self.path, self.own = path, own
        self._running: dict[int, RunningDigest] = {}
        self._readers: list[Callable[[int], None]] = []
        self._seen = self.marks()
        self.size = self._seen.size
        self.mtime = self._seen.mtime_ns // 1_000_000_000
        self.name = sendable_name(own)
        self.renamed = not own.isascii() and any("\ud800" <= character <= "\udfff" for character in own)

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second call does nothing."""
        for running in self._running.values():
            running.stop()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    @property
    def on_disk(self) -> bool:
        """Whether `path` leads to it, for programs that open it themselves."""
        return True

    def marks(self) -> Marks:
        """What the system says of it now."""
        facts = os.fstat(self._fd)
        return Marks(facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)

    @property
    def type(self) -> str:
        """The media type that the name suggests, `application/octet-stream` where it suggests none."""
        return media_type(self.name)

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read bytes at a position.

        Args:
            buffer: Filled from its start, as far as the file goes.
            offset: Bytes from the file's start.

        Returns:
            The number of bytes read; 0 at the end.

        Raises:
            SourceError: The file cannot be read.
        """
        count = self._read(buffer, offset)
        for told in self._readers:
            told(offset + count)
        return count

    def _read(self, buffer: memoryview, offset: int) -> int:
        try:
            return os.preadv(self._fd, [buffer], offset)
        except OSError as error:
            raise self._broken(error) from error

    def tell(self, told: Callable[[int], None]) -> None:
        """Have somebody told how far the file is read, each time before what was read is made use of.

        Args:
            told: Called with the position after the last byte; what it raises ends the reading.
        """
        self._readers.append(told)

    def follow(self, start: int = 0) -> RunningDigest:
        """Take the SHA-256 while the file is being sent, so that `digest` need not read it again.

        Args:
            start: Where the digest begins, in bytes; the one of the whole file begins at 0.
        """
        if start not in self._running:
            from twat_fs.digests import RunningDigest

            running = self._running[start] = RunningDigest(self._read, self.size, start)
            self._readers.append(running.reached)
        return self._running[start]

    def blocks(self, offset: int = 0, size: int | None = None) -> Iterator[memoryview]:
        """The content, or a piece of it, each block in the same buffer: use it before asking for the next.

        Raises:
            SourceError: The file cannot be read, ended early, or changed meanwhile.
        """
        buffer = page_aligned(BLOCK_SIZE)
        end = self.size if size is None else offset + size
        while offset < end:
            wanted = min(BLOCK_SIZE, end - offset)
            count = self.read_into(buffer[:wanted], offset)
            if not count:
                break
            offset += count
            yield buffer[:count]
        self.check_unchanged(self.size if offset == end else offset)

    def check_unchanged(self, sent: int) -> None:
        """Compare the open file with what it was.

        Args:
            sent: Bytes that were read from it, which must be its whole size.

        Raises:
            SourceError: It is another size or was written to.
        """
        if sent != self.size:
            raise SourceError(
                f"{self.path}: the file shrank while it was being sent: {self.size} bytes were promised, {sent} found",
                hint="Upload it again when nothing writes to it.",
            )
        # Files of /proc and the like say 0 bytes and hold more.
        if not self.size and self.read_into(memoryview(bytearray(1)), 0):
            raise SourceError(
                f"{self.path}: the file says it is empty and is not",
                hint="Copy it to a regular file and upload that.",
            )
        if self.marks()[:4] != self._seen[:4]:  # its mode and its names may change
            raise SourceError(
                f"{self.path}: the file changed while it was being sent",
                hint="Upload it again when nothing writes to it.",
            )

    def digest(self, algorithm: str, offset: int = 0, size: int | None = None) -> str:
        """The hexadecimal digest of the content, or of a piece of it.

        Args:
            algorithm: A name that `hashlib` knows, such as `sha256`.
            offset: Where the piece begins, in bytes.
            size: Its bytes; all that follow where not given.
        """
        running = self._running.get(offset)
        if algorithm == "sha256" and running is not None and size is None:
            found = running.hexdigest()
            self.check_unchanged(running.count)
            return found
        import hashlib

        digest = hashlib.new(algorithm, usedforsecurity=False)
        for block in self.blocks(offset, size):
            digest.update(block)
        return digest.hexdigest()

    def start(self, limit: int) -> bytes:
        """The first bytes of the content, so many at most."""
        buffer = bytearray(min(limit, self.size))
        return bytes(buffer[: self.read_into(memoryview(buffer), 0)]) if buffer else b""

    def content(self) -> bytes:
        """The whole content, for fields that hold it as text.

        Raises:
            TooLarge: The file is larger than `IN_MEMORY_LIMIT`.
        """
        if self.size > IN_MEMORY_LIMIT:
            raise TooLarge(
                f"{self.path}: {self.size} bytes are too many for a field that holds the file as text; "
                f"the limit is {IN_MEMORY_LIMIT}"
            )
        return b"".join(bytes(block) for block in self.blocks())

    def _broken(self, error: OSError) -> SourceError:
        return SourceError(f"{self.path}: cannot read the file: {error.strerror or error}")


def media_type(name: str) -> str:
    """The media type that a file name suggests.

    Args:
        name: The name; without a suffix it suggests nothing.
    """
    suffix = os.path.splitext(name)[1].lower()
    if not suffix:
        return _FALLBACK_TYPE
    import mimetypes

    suffix = "." + mimetypes.suffix_map.get(suffix, suffix).rpartition(".")[2]  # .tgz is .tar.gz
    if suffix in mimetypes.encodings_map:
        return _COMPRESSED.get(mimetypes.encodings_map[suffix], _FALLBACK_TYPE)
    # Python's own table first: reading the system's, which `guess_type` begins with, takes 6 ms.
    return mimetypes.types_map.get(suffix) or mimetypes.guess_type(name)[0] or _FALLBACK_TYPE


def sendable_name(name: str, *, composed: bool = True) -> str:
    """A file name as it is sent: without separators, U+FFFD where the bytes were not UTF-8.

    Args:
        name: The last component of a path, as `os.fsdecode` gives it.
        composed: Whether it is brought into the form NFC.
    """
    text = decodable(name)
    if composed and not text.isascii():
        import unicodedata

        text = unicodedata.normalize("NFC", text)
    return text.replace("/", "_").replace("\\", "_") or "file"


def _open_regular(path: str) -> int:
    try:
        # O_NONBLOCK: opening a FIFO must not wait for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        raise _cannot_open(path, error) from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return descriptor
    os.close(descriptor)
    raise _not_regular(path, mode)


def _cannot_open(path: str, error: OSError | ValueError) -> SourceError:
    if isinstance(error, ValueError):  # a NUL in the path
        return SourceNotFound("the path holds a NUL character")
    if error.errno == errno.ENXIO:  # a socket cannot be opened, nor a device that is not there
        return _not_regular(path, os.stat(path).st_mode)
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG):
        return SourceNotFound(f"{path}: {error.strerror}", hint="Check the path.")
    return SourceError(f"{path}: cannot open the file: {error.strerror}")


def _not_regular(path: str, mode: int) -> SourceNotFound:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    kind = next((words for test, words in kinds if test(mode)), "a device")
    return SourceNotFound(
        f"{path}: this is {kind}, not a regular file",
        hint="A folder goes up with --recursive, --zip or --tar; save a stream to a file first.",
    )
