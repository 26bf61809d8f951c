"""What a fake host was sent."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

_READ_SIZE = 256 * 1024
#: How a connection with TLS begins (RFC 8446, 5.1): a handshake, of version 3.something.
_CLIENT_HELLO = b"\x16\x03"


@dataclass(frozen=True)
class Part:
    """A part of a multipart form.

    Attributes:
        head: Its header lines, byte for byte.
        body: Its content.
    """

    head: bytes
    body: bytes

    @property
    def name(self) -> str:
        """The field's name as it stands there."""
        return _parameter(self.head, b"name") or ""

    @property
    def filename(self) -> str | None:
        """The file name as it stands there, or None."""
        return _parameter(self.head, b"filename")

    @property
    def content_type(self) -> str | None:
        """The media type, or None."""
        found = re.search(rb"^content-type:[ \t]*(.*?)\r?$", self.head, re.IGNORECASE | re.MULTILINE)
        return found[1].decode("latin-1") if found else None


@dataclass
class Seen:
    """A request as it came.

    Attributes:
        method: The method.
        target: The request target, byte for byte.
        headers: Names and values in order, as they were written.
        connection: The number of the connection, from 1.
        origin: The host's own URL.
        expected: The length that the request announced.
        keep: Bytes of its body that are kept.
        length: Bytes of its body that came.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    connection: int
    origin: str
    expected: int
    keep: int
    length: int = 0
    _kept: list[bytes] = field(default_factory=list, repr=False)
    _digest: Any = field(default_factory=hashlib.sha256, repr=False)

    @property
    def complete(self) -> bool:
        """True where the whole body came."""
        return self.length == self.expected

    @property
    def body(self) -> bytes:
        """What came of the body, or nothing where it is more than is kept."""
        return b"".join(self._kept)

    @property
    def sha256(self) -> str:
        """The hexadecimal digest of what came of the body."""
        return str(self._digest.hexdigest())

    def header(self, name: str) -> str | None:
        """The value of a header, or None; of a repeated one the first."""
        return next((value for found, value in self.headers if found.lower() == name.lower()), None)

    @property
    def parts(self) -> list[Part]:
        """The parts of a multipart form, in order; none where the body is no form."""
        found = re.search(r"boundary=(\S+)", self.header("Content-Type") or "")
        if not found:
            return []
        _, *parts = (b"\r\n" + self.body).split(f"\r\n--{found[1]}".encode())
        pairs = [part[2:].partition(b"\r\n\r\n") for part in parts if not part.startswith(b"--")]
        return [Part(head, body) for head, _, body in pairs]

    def part(self, name: str) -> Part:
        """The first part of that name.

        Raises:
            KeyError: There is none.
        """
        for part in self.parts:
            if part.name == name:
                return part
        raise KeyError(name)

    def take(self, data: bytes) -> None:
        """Add bytes of the body."""
        self.length += len(data)
        self._digest.update(data)
        if self.length <= self.keep:
            self._kept.append(data)
        else:
            self._kept.clear()


def read_head(sock: socket.socket, connection: int, keep: int, origin: str) -> Seen | None:
    """Read up to the end of the headers.

    Args:
        sock: The connection.
        connection: Its number.
        keep: Bytes of the body to keep.
        origin: The host's URL.

    Returns:
        The request, with what came of its body so far; None where the connection ended instead.
    """
    data = b""
    while b"\r\n\r\n" not in data:
        more = sock.recv(_READ_SIZE)
        if not more:
            return None
        data += more
        if data.startswith(_CLIENT_HELLO):
            # What servers say to TLS on a port that has none.
            sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return None
    head, _, rest = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    seen = Seen(method, target, headers, connection, origin, 0, keep)
    seen.expected = int(seen.header("Content-Length") or 0)
    if rest:
        seen.take(rest)
    return seen


def read_rest(sock: socket.socket, seen: Seen, until: int | None, pace: float = 0.0) -> None:
    """Read on.

    Args:
        sock: The connection.
        seen: What was read so far.
        until: Bytes of the body to stop at; None reads to the announced length or the connection's end.
        pace: Seconds between reads of 64 KiB; 0 reads as fast as it can.
    """
    size = 64 * 1024 if pace else _READ_SIZE
    end = seen.expected if until is None else min(until, seen.expected)
    while seen.length < end:
        time.sleep(pace)
        data = sock.recv(min(size, end - seen.length))
        if not data:
            return
        seen.take(data)


def _parameter(head: bytes, name: bytes) -> str | None:
    found = re.search(rb'[; ]%s="([^"]*)"' % name, head)
    return found[1].decode("utf-8", "replace") if found else None
