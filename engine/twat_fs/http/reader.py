"""The reading of an answer: against the clock, and only where it can be read in one way."""

from __future__ import annotations

import io
import re
from http.client import BadStatusLine, HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected, parse_headers
from typing import TYPE_CHECKING, Any

from twat_fs.errors import BadReply
from twat_fs.http.exchange import READ_SIZE

if TYPE_CHECKING:
    import socket

    from twat_fs.http.exchange import Exchange

#: Bytes of a line; `http.client` takes as many.
_LINE = 64 * 1024 + 1


class AnswerStream(io.RawIOBase):
    """What a socket receives, within the exchange's time and size."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        super().__init__()
        self._sock = sock
        # The socket counts its files and stays open for them after the connection was closed.
        self._raw = sock.makefile("rb", buffering=0)
        self._exchange = exchange

    def readable(self) -> bool:
        """True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Bytes that came early, then whatever comes next."""
        exchange = self._exchange
        if exchange.over:
            return 0
        if exchange.early:
            count = min(len(buffer), len(exchange.early))
            buffer[:count] = exchange.early[:count]
            del exchange.early[:count]
            return count
        self._sock.settimeout(exchange.patience())
        try:
            count = self._raw.readinto(buffer) or 0
        except TimeoutError:
            raise exchange.late() from None
        exchange.ended = exchange.ended or not count
        exchange.count(count)
        return count

    def close(self) -> None:
        """Let go of the socket."""
        self._raw.close()
        super().close()


class GuardedResponse(HTTPResponse):
    """http.client's reader of a reply, but it skips every 1xx and refuses framing that can be read in two ways.

    Args:
        sock: What was connected.
        exchange: The exchange that the reply belongs to.
        method: The request's method, since a reply to HEAD has no body.
    """

    def __init__(self, sock: socket.socket, exchange: Exchange, method: str | None = None) -> None:
        self._exchange = exchange
        self._announced = False
        super().__init__(_Desk(sock, exchange), method=method)  # type: ignore[arg-type]

    def _read_status(self) -> tuple[str, int, str]:
        while True:
            version, status, reason = self._status_line()
            if not 100 <= status < 200:
                return version, status, reason
            if status == 101:
                raise HTTPException("the host switched to another protocol")
            parse_headers(self.fp)
            self._exchange.skip_interim()

    def _status_line(self) -> tuple[str, int, str]:
        """The first line, of which Python would also take `HTTP/1.x +200`."""
        line = self.fp.readline(_LINE)
        if not line:
            raise RemoteDisconnected("the connection ended before the answer")
        found = re.fullmatch(rb"(HTTP/1\.[0-9])[ \t]+([0-9]{3})(?:[ \t]+([^\r\n]*))?\r?\n", line)
        if not found:
            raise BadStatusLine("")
        return found[1].decode("ascii"), int(found[2]), (found[3] or b"").decode("iso-8859-1").strip()

    def _get_chunk_left(self) -> int | None:
        """Bytes that are left of a chunk, the end of the one before being what it must be."""
        if self.chunk_left == 0:
            if self._safe_read(2) != b"\r\n":  # type: ignore[attr-defined]
                raise HTTPException("a chunk is not as long as it says")
            self.chunk_left = None
        left: int | None = super()._get_chunk_left()  # type: ignore[misc]
        return left

    def _read_next_chunk_size(self) -> int:
        """The next chunk's length (RFC 9112, 7.1), for which Python would also take `0x15` and `1_5`."""
        found = re.match(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n", self.fp.readline(_LINE))
        if not found:
            self._close_conn()
            raise ValueError("the length of a chunk is malformed")
        return int(found[1], 16)

    def _close_conn(self) -> None:
        """Let go of the connection, the body being read."""
        excess = b""
        if self.length == 0 and not self.chunked and self.fp is not None and not self.fp.closed:
            self._exchange.over = True  # so that only what has come already is looked at
            excess = self.fp.peek(1).strip(b"\r\n")
        super()._close_conn()  # type: ignore[misc]
        if excess and self._announced:
            raise BadReply(f"{self._exchange.host}: more came than the length that the answer gives itself")

    def begin(self) -> None:
        """Read up to the body.

        Raises:
            HTTPException: The status or the headers are not what HTTP allows.
        """
        super().begin()
        if self._exchange.ended:
            # To http.client the end of the connection is as good as the end of the headers.
            raise IncompleteRead(b"")
        if not self._exchange.whole:
            # The host may take a next request for the rest of this one's body.
            self.will_close = True
        if not 200 <= self.status <= 599:
            raise HTTPException("the status is none of HTTP's")
        if any(type(defect).__name__ in _HEADER_DEFECTS for defect in self.msg.defects):
            raise HTTPException("a header line is malformed")
        if any("\0" in value for value in self.msg.values()):
            raise HTTPException("a header holds a NUL character")
        codings = {value.strip().lower() for value in self.msg.get_all("Transfer-Encoding", ())}
        if codings - {"chunked", "identity"}:
            raise HTTPException("the transfer encoding is not one we know")
        lengths = {item.strip() for value in self.msg.get_all("Content-Length", ()) for item in value.split(",")}
        if not codings and (len(lengths) > 1 or not all(re.fullmatch("[0-9]{1,18}", length) for length in lengths)):
            raise HTTPException("the content length is malformed")
        self._announced = bool(self.length)


_HEADER_DEFECTS = ("MissingHeaderBodySeparatorDefect", "FirstHeaderLineIsContinuationDefect")


class _Desk:
    """Gives http.client an AnswerStream where it asks a socket for a file."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self._sock = sock
        self._exchange = exchange

    def makefile(self, mode: str) -> io.BufferedReader:
        assert mode == "rb"
        return io.BufferedReader(AnswerStream(self._sock, self._exchange), READ_SIZE)
