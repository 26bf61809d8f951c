"""From what the client library gives to a plain reply: its body within a limit, of one coding at most."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twat_fs.errors import BadReply
from twat_fs.messages import Reply, reveal
from twat_fs.source import BLOCK_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests import Response

    from twat_fs.messages import Request

#: Bytes of a body that are read into memory, before and after decoding.
MAX_BODY = 1024 * 1024

_GZIP = 16 + zlib.MAX_WBITS


def read_whole(raw: Any, coding: str, host: str) -> bytes:
    """The decoded body.

    Args:
        raw: urllib3's response.
        coding: The value of Content-Encoding.
        host: For messages.

    Raises:
        BadReply: It is too large, or its coding is unknown or broken.
    """
    body = bytearray()
    for block in decoded(raw, coding, host):
        body += block
        if len(body) > MAX_BODY:
            raise BadReply(f"{host}: the answer is larger than {MAX_BODY} bytes")
    return bytes(body)


def decoded(raw: Any, coding: str, host: str) -> Iterator[bytes]:
    """The body in blocks, decoded.

    Raises:
        BadReply: Its coding is unknown or broken.
    """
    blocks = iter(lambda: raw.read(BLOCK_SIZE), b"")
    name = coding.strip().lower()
    if name in ("", "identity"):
        return blocks
    if name in ("gzip", "x-gzip", "deflate"):
        return _inflated(blocks, name, host)
    raise BadReply(f"{host}: the answer is encoded in a way that was not asked for")


def _inflated(blocks: Iterator[bytes], name: str, host: str) -> Iterator[bytes]:
    decoder: Any = None
    try:
        for block in blocks:
            decoder = decoder or zlib.decompressobj(_window(name, block))
            data = block
            while data and not decoder.eof:
                yield decoder.decompress(data, BLOCK_SIZE)
                data = decoder.unconsumed_tail
            if data or decoder.unused_data:
                raise BadReply(f"{host}: the encoded answer goes on after its end")
    except zlib.error:
        raise BadReply(f"{host}: the encoded answer is damaged") from None
    if decoder and not decoder.eof:
        raise BadReply(f"{host}: the encoded answer ended before its end")


def _window(name: str, start: bytes) -> int:
    if name != "deflate":
        return _GZIP
    # "deflate" is the zlib format, and some hosts send it without its two bytes of header.
    zlib_header = len(start) > 1 and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS


def lead_of(response: Response) -> str:
    """Where a redirect leads, for a message; an empty text where that cannot be told."""
    try:
        host = urlsplit(response.headers.get("Location", "")).hostname or ""
    except ValueError:
        host = ""
    return f", with a redirect to {host}" if re.fullmatch(r"[a-z0-9.:-]{1,253}", host) else ""


def coding_of(response: Response) -> str:
    """How the body is packed."""
    return response.headers.get("Content-Encoding", "")


def reply_of(request: Request, response: Response, body: bytes) -> Reply:
    """A reply as a plain value.

    Args:
        request: What was asked.
        response: What came.
        body: Its body, read and unpacked.
    """
    headers = {name.lower(): value for name, value in response.headers.items()}
    # A compressed body has an end of its own, without which it was refused.
    framed = not body or any(name in headers for name in ("content-length", "transfer-encoding", "content-encoding"))
    return Reply(status=response.status_code, url=reveal(request.url), headers=headers, body=body, framed=framed)
