from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twat_fs.errors import SourceError, SourceNotFound, TooLarge
from twat_fs.source import BLOCK_SIZE, IN_MEMORY_LIMIT, Source, sendable_name

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "a.txt"
    found.write_bytes(b"hello")
    return found


@pytest.fixture
def open_place() -> Iterator[Path]:
    """A folder that every user of the machine can enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


# Opening


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    content = os.urandom(BLOCK_SIZE * 2 + 7)
    (tmp_path / "b").write_bytes(content)
    with Source(tmp_path / "b") as source:
        assert source.size == len(content)
        assert b"".join(bytes(block) for block in source.blocks()) == content
        assert source.content() == content
        assert source.digest("sha256") == hashlib.sha256(content).hexdigest()


def test_an_empty_file_has_no_blocks(tmp_path: Path) -> None:
    (tmp_path / "b").touch()
    with Source(tmp_path / "b") as source:
        assert (source.size, list(source.blocks()), source.content()) == (0, [], b"")


def test_a_link_is_followed_and_keeps_its_own_name(tmp_path: Path, path: Path) -> None:
    (tmp_path / "link.md").symlink_to(path)
    with Source(tmp_path / "link.md") as source:
        assert (source.name, source.content()) == ("link.md", b"hello")


def test_closing_twice_does_nothing(path: Path) -> None:
    source = Source(path)
    source.close()
    source.close()


def test_the_time_of_the_last_change_is_in_whole_seconds(path: Path) -> None:
    os.utime(path, ns=(0, 1_790_000_000_999_999_999))
    with Source(path) as source:
        assert source.mtime == 1_790_000_000


@pytest.mark.parametrize("name", ["missing", "missing/a", "a.txt/b", "x" * 300, "a\x00b"])
def test_what_is_not_there_is_not_found(tmp_path: Path, path: Path, name: str) -> None:
    with pytest.raises(SourceNotFound) as caught:
        Source(f"{tmp_path}/{name}")
    assert caught.value.exit_code == 2


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="a folder, not a regular file") as caught:
        Source(tmp_path)
    assert "--zip" in caught.value.hint


def test_a_fifo_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(SourceNotFound, match="a FIFO"):
        Source(tmp_path / "fifo")


def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(SourceNotFound, match="this is a socket"):
            Source("s")


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero", "/dev/tty"])
def test_a_device_is_no_file(device: str) -> None:
    with pytest.raises(SourceError):
        Source(device)


def test_links_that_lead_nowhere_are_not_found(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("dangling", "loop"):
        with pytest.raises(SourceNotFound):
            Source(tmp_path / name)


def test_a_file_that_may_not_be_read_says_so(open_place: Path) -> None:
    path = open_place / "secret"
    path.write_bytes(b"hello")
    path.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        with pytest.raises(SourceError, match="cannot open the file: Permission denied") as caught:
            Source(path)
    finally:
        if root:
            os.seteuid(0)
    assert not isinstance(caught.value, SourceNotFound)
    assert caught.value.exit_code == 1


# Changing while it is read


def test_a_file_that_shrinks_is_noticed(path: Path) -> None:
    with Source(path) as source:
        os.truncate(path, 3)
        with pytest.raises(SourceError, match="5 bytes were promised, 3 found"):
            list(source.blocks())


def test_a_file_that_grows_is_noticed(path: Path) -> None:
    with Source(path) as source:
        with path.open("ab") as file:
            file.write(b" world")
        with pytest.raises(SourceError, match="changed while it was being sent"):
            list(source.blocks())


def test_a_file_that_is_rewritten_is_noticed(path: Path) -> None:
    os.utime(path, ns=(1, 1))
    with Source(path) as source:
        path.write_bytes(b"world")
        with pytest.raises(SourceError, match="changed"):
            source.digest("sha256")


@pytest.mark.parametrize("what", ["replaced", "deleted"])
def test_a_file_that_is_replaced_or_deleted_is_read_to_its_end(tmp_path: Path, path: Path, what: str) -> None:
    with Source(path) as source:
        if what == "deleted":
            path.unlink()
        else:
            (tmp_path / "new").write_bytes(b"world")
            os.replace(tmp_path / "new", path)
        assert source.content() == b"hello"


def test_a_change_before_reading_again_is_noticed(path: Path) -> None:
    with Source(path) as source:
        source.digest("sha256")
        os.utime(path, ns=(7, 7))
        with pytest.raises(SourceError):
            source.digest("sha256")


def test_a_file_of_proc_that_says_it_is_empty_is_not_taken_for_empty() -> None:
    with Source("/proc/version") as source, pytest.raises(SourceError):
        list(source.blocks())


def test_a_file_too_large_for_memory_is_not_read_into_it(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.truncate(IN_MEMORY_LIMIT + 1)
    with Source(tmp_path / "big") as source, pytest.raises(TooLarge, match="too many"):
        source.content()


# Names


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a.txt", "a.txt"),
        ("a b\"';\n.txt", "a b\"';\n.txt"),
        ("a\u0308.txt", "ä.txt"),
        ("😀.txt", "😀.txt"),
        (os.fsdecode(b"a\xff.txt"), "a\ufffd.txt"),
        ("a\\b", "a_b"),
        ("..", ".."),
        (".hidden", ".hidden"),
        (" ", " "),
        ("", "file"),
        ("-rf", "-rf"),
        ("CON", "CON"),
    ],
)
def test_a_name_is_sent_as(name: str, sent: str) -> None:
    assert sendable_name(name) == sent


def test_the_name_is_the_last_part_of_the_path(path: Path) -> None:
    with Source(path) as source:
        assert source.name == "a.txt"
    with Source(path, name="b/c.md") as source:
        assert source.name == "b_c.md"


@given(st.binary(min_size=1, max_size=255))
def test_any_name_of_bytes_can_be_sent(name: bytes) -> None:
    sent = sendable_name(os.fsdecode(name))
    assert sent
    assert sent.encode("utf-8")
    assert not set(sent) & set("/\\")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.txt", "text/plain"),
        ("a.PNG", "image/png"),
        ("a", "application/octet-stream"),
        ("a.unheard-of", "application/octet-stream"),
        (".png", "application/octet-stream"),
    ],
)
def test_a_name_suggests_a_type(tmp_path: Path, name: str, media_type: str) -> None:
    (tmp_path / name).touch()
    with Source(tmp_path / name) as source:
        assert source.type == media_type


@pytest.mark.parametrize("name", ["a.tar.gz", "a.txt.gz", "a.svgz", "a.txt.bz2", "a.tgz"])
def test_a_compressed_file_is_not_of_the_type_of_what_is_in_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with Source(tmp_path / name) as source:
        assert source.type not in ("application/x-tar", "text/plain", "image/svg+xml")
