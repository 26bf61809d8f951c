"""What is no file of this machine is uploaded as if it were one."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from twat_fs.errors import SourceError
from twat_fs.streams import OpenSource
from twat_fs.upload import UploadOptions, upload_file


def test_a_provider_that_wants_a_path_gets_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    url = upload_file(b"hello", "local", UploadOptions(name="a.txt"))
    assert Path(url.removeprefix("file://")).read_bytes() == b"hello"


def test_an_open_file_is_read_from_where_it_stands_at_any_place() -> None:
    file = io.BytesIO(b"0123456789")
    file.seek(3)
    with OpenSource(file, "digits", "d.txt") as source:
        assert source.size == 7
        buffer = bytearray(3)
        assert source.read_into(memoryview(buffer), 2) == 3
        assert bytes(buffer) == b"567"
        assert source.content() == b"3456789"
        assert source.digest("sha256") == OpenSource(io.BytesIO(b"3456789"), "x", "x").digest("sha256")
    assert not file.closed


def test_two_that_look_alike_are_not_taken_for_one() -> None:
    one, other = (OpenSource(io.BytesIO(b"same"), "x", "x") for _ in range(2))
    assert one.marks() != other.marks()


def test_a_file_that_grew_is_not_what_it_was() -> None:
    file = io.BytesIO(b"0123")
    source = OpenSource(file, "digits", "d.txt")
    file.seek(0, io.SEEK_END)
    file.write(b"4")
    with pytest.raises(SourceError, match="changed"):
        list(source.blocks())
