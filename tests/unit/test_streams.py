"""What is no file of this machine is uploaded as if it were one."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, form
from twat_fs.errors import SourceError, SourceNotFound, UsageError
from twat_fs.opening import opened
from twat_fs.streams import OpenSource, is_address, name_in, shown_address
from twat_fs.testing.fake_host import FakeHost, Play, Store
from twat_fs.upload import UploadOptions, upload_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli
    from twat_fs.testing.fake_host import Seen


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def given(tmp_path: Path, store: Store) -> Iterator[UploadOptions]:
    with FakeHost(store) as host:
        folder = tmp_path / "specs"
        folder.mkdir()
        (folder / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: Mine\n{form(host)}", encoding="utf-8")
        yield UploadOptions(providers_d=[str(folder)])


class Ranged:
    """A host that gives a file, or the piece of it that is asked for; counts what it gave."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.given = 0
        self.tag = '"1"'

    def __call__(self, seen: Seen) -> Play:
        headers = [("Accept-Ranges", "bytes"), ("ETag", self.tag)]
        asked = seen.header("range")
        if seen.method == "HEAD":
            return Play(200, self.content, headers=headers)
        if asked is None:
            return Play(200, self.content, headers=headers)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        piece = self.content[int(first) : int(last) + 1]
        self.given += len(piece)
        return Play(206, piece, headers=[*headers, ("Content-Range", f"bytes {first}-{last}/{len(self.content)}")])


def test_an_address_on_the_web_is_streamed(given: UploadOptions, store: Store) -> None:
    content = bytes(range(256)) * 40_000
    with FakeHost(Ranged(content)) as web:
        url = upload_file(f"{web.url}/a%20b.bin?key=secret", "mine", given)
    assert url.endswith("/a%20b.bin")
    assert list(store.files.values()) == [content]


def test_a_file_that_changes_at_its_host_is_not_sent_whole(given: UploadOptions, store: Store) -> None:
    ranged = Ranged(b"x" * 20_000_000)

    def other(sent: int, total: int) -> None:
        ranged.tag = '"2"'

    with FakeHost(ranged) as web, pytest.raises(SourceError, match="changed while it was being sent"):
        upload_file(f"{web.url}/a.bin", "mine", given._replace(progress=other))
    assert store.files == {}


def test_a_file_in_an_archive_is_uploaded(tmp_path: Path, given: UploadOptions, store: Store) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.txt", b"hello " * 100_000)
    assert upload_file(f"zip://in/a.txt::{tmp_path}/b.zip", "mine", given).endswith("/a.txt")
    assert list(store.files.values()) == [b"hello " * 100_000]


def test_a_provider_that_wants_a_path_gets_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    url = upload_file(b"hello", "local", UploadOptions(name="a.txt"))
    assert Path(url.removeprefix("file://")).read_bytes() == b"hello"


def test_the_command_line_takes_addresses(run_cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_bytes(b"hello")
    url = run_cli("upload", f"file://{tmp_path}/a b.txt", "-p", "local").url
    assert url.endswith("/a%20b.txt")


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("file:///nowhere/a.txt", SourceNotFound, "file:///nowhere/a.txt: there is no such file"),
        ("file:///etc", SourceNotFound, "this is a folder"),
        ("nosuch://a/b", UsageError, "Protocol not known: nosuch"),
        ("zip://a.txt::/nowhere.zip", SourceNotFound, "no such file"),
    ],
)
def test_an_address_that_leads_nowhere_is_explained(
    given: UploadOptions, address: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        upload_file(address, "mine", given)


def test_a_message_has_neither_the_login_nor_the_query_of_an_address(given: UploadOptions) -> None:
    with FakeHost(lambda _: Play(404)) as web:
        address = f"http://user:{PLANTED}@{web.authority}/a.txt?key={PLANTED}"
        with pytest.raises(SourceError) as caught:
            upload_file(address, "mine", given)
    assert str(caught.value).startswith(f"http://{web.authority}/a.txt: ")
    assert PLANTED not in str(caught.value) + caught.value.hint


def test_a_host_that_says_no_is_explained(given: UploadOptions) -> None:
    with (
        FakeHost(lambda _: Play(500)) as web,
        pytest.raises(SourceError, match=r"a\.txt: cannot read it: its host answers 500"),
    ):
        upload_file(f"{web.url}/a.txt", "mine", given)


@pytest.mark.parametrize(
    ("address", "shown", "name"),
    [
        ("s3://key:secret@bucket/a/b.txt", "s3://bucket/a/b.txt", "b.txt"),
        ("zip://a.txt::s3://k:s@b/c.zip?x=1", "zip://a.txt::s3://b/c.zip", "a.txt"),
        ("https://h.example/a%20b.txt?k=1#f", "https://h.example/a%20b.txt", "a b.txt"),
    ],
)
def test_an_address_has_a_name_and_a_form_that_may_be_shown(address: str, shown: str, name: str) -> None:
    assert is_address(address)
    assert (shown_address(address), name_in(address)) == (shown, name)


def test_a_path_that_looks_like_an_address_is_a_path_where_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a::b").write_bytes(b"x")
    assert not is_address("a::b")
    with opened("a::b", None, {}) as source:
        assert source.name == "a::b"


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
