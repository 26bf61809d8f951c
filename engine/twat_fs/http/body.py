"""The body of a request as a stream of known length: text, then the file in place, then text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Union

from twat_fs.buffers import page_aligned
from twat_fs.messages import Content, FilePart, Multipart, RawFile, reveal
from twat_fs.source import BLOCK_SIZE
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twat_fs.messages import Body, Extent, TextPart
    from twat_fs.source import Source

    Progress = Callable[[int, int], None]
    #: Bytes as they are, or the place of the file, whole or a piece of it.
    Segment = Union[bytes, "Place"]

# The rules of the HTML standard for names in a form; a backslash stays, since browsers and parsers agree on it.
_NAME_RULES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})

# Bytes of a block beyond which nothing is gained.
_LARGEST = 1 << 20


class Place(NamedTuple):
    """Where the file goes, or a piece of it."""

    piece: Extent | None = None


class StreamingBody:
    """The bytes of one request; every iteration begins again, and no more than one block is held.

    A block is only good until the next one is asked for. The file is compared with what it was before its last block
    is handed out, so that a file that changed never makes a complete request.

    Args:
        body: What to send.
        source: The file, where the body has a place for it.
        progress: Called with the bytes of the file that were sent and their total; never goes back.
        boundary: Between the parts of a form; a random one, which no file holds, unless it is only to be shown.

    Attributes:
        length: Bytes in all, the value of `Content-Length`.
        content_type: The media type, or None where there is no body.
        complete: True once every byte was taken from the last iteration.
    """

    def __init__(
        self, body: Body, source: Source | None = None, progress: Progress | None = None, *, boundary: str = ""
    ) -> None:
        self._boundary = boundary or os.urandom(16).hex()
        self._segments = _segments_of(body, self._boundary)
        self._source = source
        self._progress = progress
        self._reported = -1
        places = [segment for segment in self._segments if isinstance(segment, Place)]
        if places and source is None:
            raise ValueError("this body has a place for a file, and there is no file")
        self._total = sum(place.piece.size if place.piece else source.size for place in places) if source else 0
        self.length = self._total + sum(len(segment) for segment in self._segments if isinstance(segment, bytes))
        self.content_type = _content_type_of(body, self._boundary, source)
        self.complete = body is None

    def __iter__(self) -> Iterator[bytes | memoryview]:
        self.complete = False
        sent = 0
        if self._total:
            self._report(0)
        for segment in self._segments:
            if isinstance(segment, Place):
                for block in self._file_blocks(segment.piece):
                    yield block
                    sent += len(block)
                    self._report(sent)
            elif segment:
                yield segment
        self.complete = True

    def _file_blocks(self, piece: Extent | None) -> Iterator[memoryview]:
        source = self._source
        assert source is not None
        offset, size = piece or (0, source.size)
        end = offset + size
        buffer = page_aligned(_block_size(size))
        if not size:
            source.check_unchanged(source.size)
            self._report(0)
        while offset < end:
            count = source.read_into(buffer[: min(len(buffer), end - offset)], offset)
            offset += count
            if not count or offset == end:
                source.check_unchanged(source.size if count else offset)
            yield buffer[:count]

    def _report(self, sent: int) -> None:
        if self._progress and sent > self._reported:
            self._reported = sent
            self._progress(sent, self._total)


def _block_size(size: int) -> int:
    """Bytes at a time for so many: a large file goes faster in large blocks, and is still told of in steps of 0.4 %."""
    return min(size, max(BLOCK_SIZE, min(size // 256, _LARGEST))) or 1


def _segments_of(body: Body, boundary: str) -> tuple[Segment, ...]:
    if body is None:
        return ()
    if isinstance(body, RawFile):
        return (Place(body.piece),)
    if isinstance(body, Content):
        return (_utf8(reveal(body.text)),)
    return tuple(_multipart_segments(body, boundary))


def _multipart_segments(body: Multipart, boundary: str) -> Iterator[Segment]:
    text = ""
    for part in body.parts:
        text += f"--{boundary}\r\n{_part_head(part)}\r\n"
        if isinstance(part, FilePart):
            yield _utf8(text)
            yield Place(part.piece)
            text = "\r\n"
        else:
            text += f"{reveal(part.value)}\r\n"
    yield _utf8(f"{text}--{boundary}--\r\n")


def _part_head(part: TextPart | FilePart) -> str:
    head = f'Content-Disposition: form-data; name="{part.name.translate(_NAME_RULES)}"'
    if part.filename is not None:
        head += f'; filename="{reveal(part.filename).translate(_NAME_RULES)}"'
    if part.content_type is not None:
        head += f"\r\nContent-Type: {_one_line(reveal(part.content_type))}"
    return head + "\r\n"


def _one_line(text: str) -> str:
    # A line break would begin another header; no media type has one.
    return text.replace("\r", "").replace("\n", "")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _content_type_of(body: Body, boundary: str, source: Source | None) -> str | None:
    if isinstance(body, Multipart):
        return f"multipart/form-data; boundary={boundary}"
    if isinstance(body, RawFile):
        return source.type if source else None
    return None if body is None else "text/plain; charset=utf-8"
