"""What is no file of this machine, read as if it were one: bytes, open files, and what fsspec reaches."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote
from zipfile import BadZipFile

from twat_fs.errors import SourceError, SourceNotFound, UsageError
from twat_fs.source import Marks, Source
from twat_fs.urls import without_query

if TYPE_CHECKING:
    from collections.abc import Callable

#: What looks like an address of fsspec: a scheme, or several with `::` between them.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:(?://|:)", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=//)[^/@]*@")
#: By what systems of files tell that a file was written to; whatever of it one of them knows.
_VERSIONS = ("ETag", "etag", "md5Hash", "generation", "version_id", "CRC", "LastModified", "last_modified", "mtime")


class OpenSource(Source):
    """Something that is open already and can be read at any place.

    Args:
        file: Is read from where it stands, under a lock, since it has one position; closed with the source where
            `owned`.
        label: How messages call it.
        name: The name to send.
        version: A number that changes when what is read does; asked again before the last bytes are sent.
        owned: Whether it is closed with the source.

    Raises:
        SourceError: It cannot be read, or has no end.
    """

    def __init__(
        self,
        file: BinaryIO,
        label: str,
        name: str,
        version: Callable[[], int] | None = None,
        *,
        owned: bool = False,
    ) -> None:
        self._fd = -1
        self._file = file
        self._owned = owned
        self._lock = threading.Lock()
        # Nothing tells one from another that had the same name and size: never is one taken for it.
        unlike = int.from_bytes(os.urandom(7), "big")
        self._version = version or (lambda: unlike)
        self.path = label
        with _explained(label):
            self._base = file.tell()
        self._settle(label, name)

    @property
    def on_disk(self) -> bool:
        """It is not."""
        return False

    def close(self) -> None:
        """Close what was opened for it; a second call does nothing."""
        super().close()
        if self._owned:
            self._owned = False
            with _explained(self.path):
                self._file.close()

    def marks(self) -> Marks:
        """Its size, and its version."""
        with self._lock, _explained(self.path):
            return Marks(0, self._version(), self._file.seek(0, io.SEEK_END) - self._base, 0)

    def _read(self, buffer: memoryview, offset: int) -> int:
        count = 0
        with self._lock, _explained(self.path):
            self._file.seek(self._base + offset)
            while count < len(buffer) and (block := self._file.read(len(buffer) - count)):
                buffer[count : count + len(block)] = block
                count += len(block)
        return count


def is_address(text: str) -> bool:
    """Whether a text is an address of fsspec, such as `s3://bucket/key` or `zip://a.txt::b.zip`, and no path."""
    return bool(_ADDRESS.match(text)) and not os.path.lexists(text)


def shown_address(address: str) -> str:
    """An address as messages show it: without log-in and query, where secrets live."""
    return "::".join(_LOGIN.sub("", without_query(part)) for part in address.split("::"))


def name_in(address: str) -> str:
    """The name of what an address leads to."""
    return unquote(without_query(address.split("::", maxsplit=1)[0])).rstrip("/").rpartition("/")[2]


def opened_address(address: str) -> tuple[BinaryIO, Callable[[], int] | None]:
    """What fsspec opens, and what tells its version.

    Args:
        address: The address.

    Raises:
        UsageError: fsspec is not installed, or not what it needs for such addresses.
        SourceNotFound: There is nothing, or a folder.
        SourceError: It cannot be opened.
    """
    label = shown_address(address)
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise UsageError(f"{label}: addresses are read by fsspec", hint="pip install 'twat-fs[fsspec]'") from error
    with _explained(label):
        try:
            files, path = url_to_fs(address)
        except (ImportError, ValueError) as error:
            raise UsageError(f"{label}: {error}", hint="fsspec names what it needs for such an address.") from error
        facts = files.info(path)
        if facts.get("type") == "directory":
            raise SourceNotFound(f"{label}: this is a folder, not a file", hint="Name the files in it.")
        file: BinaryIO = files.open(path, "rb")
    return file, lambda: _version(files, path)


def _version(files: Any, path: str) -> int:
    files.invalidate_cache()
    facts = files.info(path)
    known = repr([(key, str(facts[key])) for key in _VERSIONS if key in facts])
    return zlib.crc32(known.encode("utf-8", "surrogatepass"))


class _explained:  # noqa: N801, as all that is used with `with` alone
    """What goes wrong inside, in one class: libraries for many systems raise what each of them likes."""

    def __init__(self, label: str) -> None:
        self._label = label

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        del kind, at
        answered = getattr(error and error.__cause__, "status", None)  # fsspec calls any answer but a file "not found"
        if isinstance(answered, int) and answered not in (404, 410):
            raise SourceError(f"{self._label}: cannot read it: its host answers {answered}") from error
        if isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise SourceNotFound(f"{self._label}: there is no such file", hint="Check the address.") from error
        if isinstance(error, (OSError, ValueError, EOFError, RuntimeError, BadZipFile, zlib.error, *_of_http())):
            words = getattr(error, "strerror", None) or getattr(error, "message", None) or type(error).__name__
            raise SourceError(f"{self._label}: cannot read it: {words}") from error


def _of_http() -> tuple[type[Exception], ...]:
    """What fsspec lets through of the client behind http addresses, if that was loaded."""
    client = sys.modules.get("aiohttp")
    return (client.ClientError,) if client is not None else ()
