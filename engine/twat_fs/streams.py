"""What is no file of this machine, read as if it were one: bytes, open files, and what fsspec reaches."""

from __future__ import annotations

import io
import os
import re
import threading
from typing import TYPE_CHECKING, BinaryIO

from twat_fs.errors import SourceError, SourceNotFound, TwatFsError
from twat_fs.source import Marks, Source
from twat_fs.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable

#: What may hold a secret in an address that an error names: a log-in, a query.
_UNSAID = re.compile(r"(?<=//)[^/@\s]*@|(?<=\S)[?#][^\s'\"<>]+")
_AUTHORITY = "If it is signed by an authority of your own, --ca-file names that."
_KEYS = "Its library looks for them where it always does, such as AWS_ACCESS_KEY_ID or ~/.aws/credentials for s3://."


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
        with explained(label):
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
            with explained(self.path):
                self._file.close()

    def marks(self) -> Marks:
        """Its size, and its version."""
        with self._lock, explained(self.path):
            return Marks(0, self._version(), self._file.seek(0, io.SEEK_END) - self._base, 0)

    def _read(self, buffer: memoryview, offset: int) -> int:
        count = 0
        with self._lock, explained(self.path):
            self._file.seek(self._base + offset)
            while count < len(buffer) and (block := self._file.read(len(buffer) - count)):
                buffer[count : count + len(block)] = block
                count += len(block)
        return count


class Streamed:
    """What can be read but once, in order; what goes wrong with that is explained.

    Args:
        file: Is read, and closed in the end.
        label: How messages call it.
    """

    def __init__(self, file: BinaryIO, label: str) -> None:
        self._file = file
        self._label = label

    def __enter__(self) -> Streamed:
        return self

    def __exit__(self, *_: object) -> None:
        with explained(self._label):
            self._file.close()

    def read(self, size: int) -> bytes:
        """The next bytes, so many at most; none at the end.

        Raises:
            SourceError: It cannot be read.
        """
        with explained(self._label):
            return self._file.read(size)


class explained:  # noqa: N801, as all that is used with `with` alone
    """What goes wrong inside, in one class.

    Nothing but fsspec and the libraries behind it is called there, for systems of every kind, and each raises what it
    likes: there is no class that all of that is of.
    """

    def __init__(self, label: str) -> None:
        self._label = label

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: object) -> None:
        del kind, at
        if not isinstance(error, Exception) or isinstance(error, (TwatFsError, MemoryError)):
            return
        reason = _reason(error)
        if isinstance(reason, (FileNotFoundError, NotADirectoryError)):
            raise SourceNotFound(f"{self._label}: there is no such file", hint="Check the address.") from error
        words, hint = _words(reason)
        raise SourceError(f"{self._label}: cannot read it: {words}", hint=hint) from error


def _reason(error: BaseException) -> BaseException:
    """What is behind an error: fsspec calls whatever it meets at a host of the web "not found"."""
    cause = error.__cause__
    if not isinstance(error, FileNotFoundError) or cause is None or getattr(cause, "status", 0) in (404, 410):
        return error
    return cause if hasattr(cause, "status") or isinstance(cause, OSError) or _is_of_web(cause) else error


def _is_of_web(error: BaseException) -> bool:
    return type(error).__module__.partition(".")[0] in ("aiohttp", "asyncio")


def _words(error: BaseException) -> tuple[str, str]:
    """What an error says, and what to do; without addresses, which may hold secrets."""
    status = getattr(error, "status", None)  # of aiohttp
    if isinstance(status, int) and status:
        return f"its host answers {status}", ""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    certificate = getattr(inner, "verify_message", None)
    if certificate:
        return f"the certificate of its host is not valid: {certificate}", _AUTHORITY
    number = getattr(inner, "errno", None)
    if inner is not error and isinstance(number, int) and number > 0:
        return os.strerror(number), ""
    words = getattr(inner, "strerror", None) or getattr(inner, "message", None) or str(inner) or type(inner).__name__
    said = unsaid(str(words).partition(": <")[0])  # aiohttp appends one exception to another
    return said, _KEYS if "credentials" in said.lower() else ""


def unsaid(words: str) -> str:
    """What a library says, without what may be a secret in the addresses that it names."""
    return printable(_UNSAID.sub("", words))
