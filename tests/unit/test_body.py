from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twat_fs.errors import SourceError
from twat_fs.http.body import StreamingBody
from twat_fs.messages import Content, FilePart, Held, Multipart, RawFile, TextPart
from twat_fs.source import BLOCK_SIZE, Source

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(b"0123456789")
    return path


def joined(body: StreamingBody) -> bytes:
    return b"".join(bytes(block) for block in body)


def boundary_of(body: StreamingBody) -> str:
    match = re.fullmatch(r"multipart/form-data; boundary=([0-9a-f]{32})", body.content_type or "")
    assert match
    return match[1]


def test_multipart_is_byte_exact(path: Path) -> None:
    parts = (
        TextPart("key", Held("s3cret", frozenset({"credentials.K"}), ("$K",))),
        FilePart("file", "ä.bin", "application/x-a"),
        TextPart("json", "{}", filename="m.json", content_type="application/json"),
    )
    with Source(path) as source:
        body = StreamingBody(Multipart(parts), source)
        mark = boundary_of(body)
        sent = joined(body)
    assert (
        sent
        == (
            f'--{mark}\r\nContent-Disposition: form-data; name="key"\r\n\r\ns3cret\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="ä.bin"\r\n'
            "Content-Type: application/x-a\r\n\r\n0123456789\r\n"
            f'--{mark}\r\nContent-Disposition: form-data; name="json"; filename="m.json"\r\n'
            f"Content-Type: application/json\r\n\r\n{{}}\r\n--{mark}--\r\n"
        ).encode()
    )
    assert len(sent) == body.length


def test_a_form_without_parts_is_only_the_end_mark() -> None:
    body = StreamingBody(Multipart(()))
    assert joined(body) == f"--{boundary_of(body)}--\r\n".encode()


def test_the_file_may_stand_in_several_parts(path: Path) -> None:
    parts = (FilePart("a", "a", "x/y"), FilePart("b", "b", "x/y"))
    calls: list[tuple[int, int]] = []
    with Source(path) as source:
        body = StreamingBody(Multipart(parts), source, lambda sent, total: calls.append((sent, total)))
        sent = joined(body)
    assert sent.count(b"0123456789") == 2
    assert len(sent) == body.length
    assert calls == [(0, 20), (10, 20), (20, 20)]


def test_each_body_has_its_own_boundary() -> None:
    assert boundary_of(StreamingBody(Multipart(()))) != boundary_of(StreamingBody(Multipart(())))


@given(st.text(), st.text())
def test_names_never_break_out_of_their_header(name: str, filename: str) -> None:
    body = StreamingBody(Multipart((TextPart(name, "v", filename=filename),)))
    head, _, rest = joined(body).partition(b"\r\n\r\n")
    first, _, disposition = head.partition(b"\r\n")
    assert first == b"--" + boundary_of(body).encode()
    assert b"\r" not in disposition
    assert b"\n" not in disposition
    assert disposition.count(b'"') == 4
    assert rest == b"v\r\n" + first + b"--\r\n"


@pytest.mark.parametrize(
    ("name", "sent"), [('a"b', "a%22b"), ("a\r\nb", "a%0D%0Ab"), ("a\\b", "a\\b"), ("a%22", "a%22")]
)
def test_names_follow_the_rules_of_html(name: str, sent: str) -> None:
    assert f'; filename="{sent}"\r\n'.encode() in joined(StreamingBody(Multipart((TextPart("n", "v", filename=name),))))


def test_a_line_break_in_a_media_type_makes_no_header() -> None:
    sent = joined(StreamingBody(Multipart((TextPart("n", "v", content_type="text/plain\r\nX: y"),))))
    assert b"\r\nX:" not in sent


def test_content_is_utf8() -> None:
    body = StreamingBody(Content("ä"))
    assert (joined(body), body.length, body.content_type) == (b"\xc3\xa4", 2, "text/plain; charset=utf-8")


def test_no_body_is_complete_at_once() -> None:
    body = StreamingBody(None)
    assert (joined(body), body.length, body.content_type, body.complete) == (b"", 0, None, True)


def test_a_raw_file_is_its_bytes_and_its_type(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"xyz")
    with Source(path) as source:
        body = StreamingBody(RawFile(), source)
        assert (joined(body), body.length, body.content_type) == (b"xyz", 3, "image/png")


def test_every_iteration_begins_again(path: Path) -> None:
    with Source(path) as source:
        body = StreamingBody(RawFile(), source)
        assert joined(body) == joined(body) == b"0123456789"


def test_the_file_goes_through_one_buffer(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(os.urandom(3 * BLOCK_SIZE + 5))
    with Source(path) as source:
        blocks = list(StreamingBody(RawFile(), source))
    assert [len(block) for block in blocks] == [BLOCK_SIZE] * 3 + [5]
    assert len({id(block.obj) for block in blocks if isinstance(block, memoryview)}) == 1


def test_a_body_is_complete_only_when_its_last_block_was_used(path: Path) -> None:
    with Source(path) as source:
        body = StreamingBody(RawFile(), source)
        blocks = iter(body)
        next(blocks)
        assert not body.complete
        assert next(blocks, None) is None
        assert body.complete


def test_an_empty_file_has_length_0_and_reports_it(tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    calls: list[tuple[int, int]] = []
    with Source(path) as source:
        body = StreamingBody(RawFile(), source, lambda *call: calls.append(call))
        assert (joined(body), body.length, body.complete, calls) == (b"", 0, True, [(0, 0)])


def test_length_is_exact_beyond_4_gib(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(5 * 2**30 + 1)
    with Source(path) as source:
        assert StreamingBody(RawFile(), source).length == 5 * 2**30 + 1
        blank = StreamingBody(Multipart((FilePart("f", "n", "x/y"),)), source)
        path.write_bytes(b"")
        assert blank.length == 5 * 2**30 + 1 + len(joined(StreamingBody(Multipart((TextPart("f", "", "n", "x/y"),)))))


def test_blocks_beyond_4_gib_are_read_from_their_place(tmp_path: Path) -> None:
    class Far(Source):
        """Does not read the hole in the middle, so that the test takes no time."""

        def read_into(self, buffer: memoryview, offset: int) -> int:
            return len(buffer) if offset < 2**32 else super().read_into(buffer, offset)

    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.seek(2**32 + 3)
        file.write(b"end")
    with Far(path) as source:
        body = StreamingBody(RawFile(), source)
        length = 0
        for block in body:
            length += len(block)
            last = bytes(block)
    assert (length, last, body.complete) == (body.length, b"\0\0\0end", True)


def test_a_file_that_shrinks_stops_the_body(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(2 * BLOCK_SIZE))
    with Source(path) as source:
        body = StreamingBody(RawFile(), source)
        blocks = iter(body)
        next(blocks)
        os.truncate(path, BLOCK_SIZE + 1)
        assert len(next(blocks)) == 1
        with pytest.raises(SourceError, match="shrank"):
            next(blocks)
        assert not body.complete


def test_a_file_that_is_written_to_never_makes_a_whole_body(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(2 * BLOCK_SIZE))
    with Source(path) as source:
        body = StreamingBody(RawFile(), source)
        blocks = iter(body)
        next(blocks)
        os.utime(path, ns=(1, 1))
        with pytest.raises(SourceError, match="changed"):
            next(blocks)
        assert not body.complete


def test_a_file_that_grows_is_refused_before_its_last_block(path: Path) -> None:
    with Source(path) as source:
        with path.open("ab") as file:
            file.write(b"more")
        with pytest.raises(SourceError, match="changed"):
            joined(StreamingBody(RawFile(), source))


def test_a_file_that_lies_about_being_empty_is_refused() -> None:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("no /proc")
    with Source("/proc/self/status") as source, pytest.raises(SourceError, match="says it is empty"):
        joined(StreamingBody(RawFile(), source))


def test_progress_counts_the_files_bytes_and_ends_at_their_total(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(BLOCK_SIZE + 1))
    calls: list[tuple[int, int]] = []
    with Source(path) as source:
        body = StreamingBody(Multipart((FilePart("f", "n", "x/y"),)), source, lambda *call: calls.append(call))
        joined(body)
    assert calls == [(0, BLOCK_SIZE + 1), (BLOCK_SIZE, BLOCK_SIZE + 1), (BLOCK_SIZE + 1, BLOCK_SIZE + 1)]


def test_progress_never_goes_back_when_the_body_is_sent_again(path: Path) -> None:
    calls: list[int] = []
    with Source(path) as source:
        body = StreamingBody(RawFile(), source, lambda *call: calls.append(call[0]))
        joined(body)
        joined(body)
    assert calls == [0, 10]


def test_a_place_for_a_file_needs_a_file() -> None:
    with pytest.raises(ValueError, match="no file"):
        StreamingBody(RawFile())
