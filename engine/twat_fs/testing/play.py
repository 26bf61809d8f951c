"""The replies of a fake host, good and bad."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence


@dataclass(frozen=True)
class Play:
    """One reply, and how it goes wrong.

    Attributes:
        status: The status code.
        body: The body; an iterable is sent block by block until it ends or the client goes away.
        headers: Names and values; `Content-Length` is added where the body is bytes and nothing says otherwise.
        length: The `Content-Length` to claim instead of the true one; an empty text sends none.
        chunked: Send the body in chunks.
        interim: Statuses of 1xx replies that come first.
        raw: The whole reply byte for byte, instead of all the above; an iterable is sent block by block.
        delay: Seconds of silence before the reply.
        hold: Seconds of silence after it, in which nothing more is read, before the connection ends.
        pace: Seconds between reads of the request's body, 64 KiB each.
        drip: Seconds between single bytes of the reply.
        cut: Send no more than this many bytes of the reply, then close.
        after: Reply when this many bytes of the request's body were read, without waiting for the rest.
        interim_after: Send the interim replies when this many bytes of the body were read, then read on.
        close: Close the connection afterwards; by default it is kept where the request was read to its end.
        reset: Close it so that the client sees a reset, at once and without what was not yet read.
        mute: Send nothing at all; with `close` or `reset` the connection ends, without them it hangs.
    """

    status: int = 200
    body: bytes | Iterable[bytes] = b""
    headers: Sequence[tuple[str, str]] = ()
    length: str | None = None
    chunked: bool = False
    interim: Sequence[int] = ()
    raw: bytes | Iterable[bytes] | None = None
    delay: float = 0.0
    hold: float = 0.0
    pace: float = 0.0
    drip: float = 0.0
    cut: int | None = None
    after: int | None = None
    interim_after: int | None = None
    close: bool = False
    reset: bool = False
    mute: bool = False

    def blocks(self, method: str) -> Iterator[bytes]:
        """The reply as it goes on the wire.

        Args:
            method: The request's, since a reply to HEAD has no body.
        """
        if self.raw is not None:
            yield from (self.raw,) if isinstance(self.raw, bytes) else self.raw
            return
        if self.interim_after is None:
            yield self.early_blocks()
        lines = [f"HTTP/1.1 {self.status} Played", *(f"{name}: {value}" for name, value in self.headers)]
        lines += self._framing()
        yield "\r\n".join([*lines, "", ""]).encode("latin-1")
        if method == "HEAD":
            return
        for block in (self.body,) if isinstance(self.body, bytes) else self.body:
            yield b"%x\r\n%s\r\n" % (len(block), block) if self.chunked and block else block
        if self.chunked:
            yield b"0\r\n\r\n"

    def early_blocks(self) -> bytes:
        """The interim replies."""
        return b"".join(b"HTTP/1.1 %d Wait\r\nX-Interim: yes\r\n\r\n" % status for status in self.interim)

    def _framing(self) -> list[str]:
        if self.chunked:
            return ["Transfer-Encoding: chunked"]
        if self.length is not None:
            return [f"Content-Length: {self.length}"] if self.length else ["Connection: close"]
        if isinstance(self.body, bytes):
            return [f"Content-Length: {len(self.body)}"]
        return ["Connection: close"]

    @property
    def waits(self) -> bool:
        """True where the whole body is read before the reply, so that a client that asks is told to go on."""
        return self.after is None and not self.mute

    @property
    def ends(self) -> bool:
        """True where the connection cannot be used after this reply."""
        unframed = self.length is not None or (not isinstance(self.body, bytes) and not self.chunked)
        return self.close or self.reset or self.hold > 0 or unframed or self.raw is not None or self.cut is not None


def gzip_bomb(size: int, byte: bytes = b" ") -> bytes:
    """A gzip stream of about a thousandth of the size that it unpacks to.

    Args:
        size: Bytes after unpacking.
        byte: The one it unpacks to.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    block = byte * 65536
    packed = [packer.compress(block) for _ in range(size // len(block))]
    return b"".join([*packed, packer.compress(byte * (size % len(block))), packer.flush()])


class Again:
    """An iterable that begins anew each time, for a reply that is played more than once.

    Args:
        make: Gives what to go through.
    """

    def __init__(self, make: Callable[[], Iterable[bytes]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._make())


def forever(block: bytes = b" " * 65536) -> Iterator[bytes]:
    """A body that never ends."""
    while True:
        yield block
