"""A digest that is taken while somebody else reads the file."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from twat_fs.digests import AHEAD, STEP, RunningDigest
from twat_fs.errors import SourceError
from twat_fs.source import Source

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = 256 * 1024


def content(size: int) -> bytes:
    return os.urandom(1024) * (size // 1024) + b"x" * (size % 1024)


def read(source: Source, offsets: range) -> None:
    buffer = memoryview(bytearray(BLOCK))
    for offset in offsets:
        source.read_into(buffer, offset)


@pytest.mark.parametrize("size", [0, 1, 1000, STEP - 1, STEP, 3 * STEP + 17])
def test_it_is_the_digest_of_the_file(tmp_path: Path, size: int) -> None:
    data = content(size)
    (tmp_path / "a").write_bytes(data)
    with Source(tmp_path / "a") as source:
        source.follow()
        read(source, range(0, size, BLOCK))
        assert [source.digest("sha256") for _ in range(2)] == [hashlib.sha256(data).hexdigest()] * 2


@pytest.mark.parametrize("offsets", [range(2 * STEP, -1, -BLOCK), range(0, STEP, BLOCK), range(0)])
def test_it_does_not_matter_in_which_order_or_how_far_the_file_was_read(tmp_path: Path, offsets: range) -> None:
    data = content(2 * STEP + 5)
    (tmp_path / "a").write_bytes(data)
    with Source(tmp_path / "a") as source:
        source.follow()
        read(source, offsets)
        read(source, offsets)  # a second attempt
        assert source.digest("sha256") == hashlib.sha256(data).hexdigest()


def test_what_was_sent_is_not_left_to_be_hashed_at_the_end(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content(4 * STEP))
    with Source(tmp_path / "a") as source:
        running_digest = source.follow()
        read(source, range(0, 4 * STEP, BLOCK))
        running = [thread for thread in threading.enumerate() if thread.name == "sha256"]
        end = time.monotonic() + 60
        while not running_digest.count and time.monotonic() < end:  # it has its turn when others let it
            time.sleep(0.001)
        running_digest.stop()
        assert len(running) == 1
        assert running_digest.count > 0


@pytest.mark.parametrize("start", [0, 1000, STEP])
def test_who_asks_for_the_digest_so_far_has_it_at_once(tmp_path: Path, start: int) -> None:
    data = content(12 * STEP)
    (tmp_path / "a").write_bytes(data)
    with Source(tmp_path / "a") as source:
        running = source.follow(start)
        for end in (start, start + 1, start + 5 * STEP + 7, 12 * STEP):
            count, digest = running.through(end)
            assert count >= end
            assert digest == hashlib.sha256(data[start:count]).hexdigest()


def test_who_finds_nothing_made_makes_more_than_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_turn(self: RunningDigest) -> None:
        pass

    monkeypatch.setattr(RunningDigest, "_follow", no_turn)
    (tmp_path / "a").write_bytes(content(30 * STEP))
    with Source(tmp_path / "a") as source:
        running = source.follow()
        assert running.through(0)[0] == 0
        made = [running.through(running.count + 1)[0] for _ in range(6)]
    more = [later - earlier - 1 for earlier, later in zip([0, *made], made)]  # noqa: B905
    assert more[0] == STEP
    assert more == sorted(more)
    assert more[-1] == AHEAD


def test_it_goes_on_by_itself_where_it_is_asked_for_again_and_again(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content(4 * STEP))
    with Source(tmp_path / "a") as source:
        running = source.follow()
        running.through(1)
        thread = next(thread for thread in threading.enumerate() if thread.name == "sha256")
        while running.count < 4 * STEP:
            assert thread.is_alive()
        assert running.through(0) == (4 * STEP, hashlib.sha256((tmp_path / "a").read_bytes()).hexdigest())


def test_a_file_that_was_written_to_meanwhile_has_no_digest(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content(2 * STEP))
    with Source(path) as source:
        source.follow()
        read(source, range(0, 2 * STEP, BLOCK))
        with path.open("r+b") as file:
            file.write(b"other")
        os.utime(path, (1, 1))
        with pytest.raises(SourceError, match="changed"):
            source.digest("sha256")


def test_a_file_that_shrinks_ends_the_thread(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(content(2 * STEP))
    with Source(path) as source:
        running = source.follow()
        os.truncate(path, STEP)
        running.reached(2 * STEP)
        thread = next(thread for thread in threading.enumerate() if thread.name == "sha256")
        thread.join(20)
        assert not thread.is_alive()
        with pytest.raises(SourceError, match="shrank"):
            source.digest("sha256")


def test_no_thread_outlives_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content(2 * STEP))
    with Source(tmp_path / "a") as source:
        source.follow()
        read(source, range(0, 2 * STEP, BLOCK))
    assert not [thread for thread in threading.enumerate() if thread.name == "sha256"]


@pytest.mark.parametrize("reason", [KeyboardInterrupt(), RuntimeError("can't start new thread")])
def test_a_thread_that_did_not_begin_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reason: BaseException
) -> None:
    def start(self: threading.Thread) -> None:
        raise reason

    data = content(2 * STEP)
    (tmp_path / "a").write_bytes(data)
    monkeypatch.setattr(threading.Thread, "start", start)
    with Source(tmp_path / "a") as source:
        source.follow()
        with suppress(KeyboardInterrupt):
            read(source, range(0, 2 * STEP, BLOCK))
        assert source.follow().through(STEP) == (2 * STEP, hashlib.sha256(data[: 2 * STEP]).hexdigest())
        assert source.digest("sha256") == hashlib.sha256(data).hexdigest()
