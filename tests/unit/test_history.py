"""Receipts: where they are kept, who may read them, and what goes wrong without harm."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from typing import TYPE_CHECKING

import pytest

from twat_fs.errors import HistoryError, NetworkError, Rejected, SourceError, VerifyError
from twat_fs.history import History, Receipt
from twat_fs.history.database import Database
from twat_fs.history.recorder import Recorder, variant_of
from twat_fs.results import UploadResult
from twat_fs.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "history" / "receipts.sqlite3"


@pytest.fixture
def history(path: Path) -> Iterator[History]:
    with History(str(path)) as history:
        yield history


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    (tmp_path / "a.txt").write_bytes(b"hello")
    with Source(tmp_path / "a.txt") as source:
        yield source


def kept(history: History, provider: str = "one", name: str = "a.txt", **facts: object) -> int:
    number = history.begin(provider, name, 5)
    history.note(number, **{"kept": "live", "url": f"https://h.example/{number}", "sha256": HELLO, **facts})
    return number


def numbers(receipts: list[Receipt]) -> list[int]:
    return [receipt.id for receipt in receipts]


# Who may read it


@pytest.mark.parametrize("mask", [0, 0o077, 0o777])
def test_file_and_folder_are_the_users_own_whatever_the_umask(path: Path, history: History, mask: int) -> None:
    path.parent.parent.mkdir()
    before = os.umask(mask)
    try:
        history.begin("one", "a.txt", 5)
        modes = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert modes == dict.fromkeys(modes, 0o600)
    assert {path.name, f"{path.name}-wal"} <= modes.keys()


def test_what_others_could_read_is_closed_to_them(path: Path, history: History) -> None:
    kept(history)
    history.close()
    path.chmod(0o644)
    path.parent.chmod(0o755)
    assert len(history.receipts()) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_text_of_a_receipt_holds_no_recipe(history: History) -> None:
    number = kept(history, recipe='{"result": {"delete_token": "t0ken"}, "secret": {"result.delete_token": ""}}')
    [receipt] = history.of(number)
    assert receipt.secrets() == ["t0ken"]
    assert "t0ken" not in f"{receipt} {receipt!r} {receipt.facts()}"


# Finding


def test_receipts_come_newest_first_and_so_many_as_wanted(history: History) -> None:
    made = [kept(history) for _ in range(3)]
    assert numbers(history.receipts()) == made[::-1]
    assert numbers(history.receipts(limit=2)) == made[:0:-1]
    assert history.count() == 3


def test_a_state_is_what_is_so_now(history: History) -> None:
    live = kept(history)
    lasting = kept(history, expires=int(time.time()) + 60)
    expired = kept(history, expires=int(time.time()) - 1)
    deleted = kept(history, kept="deleted", expires=int(time.time()) - 1)
    pending = history.begin("one", "a.txt", 5)
    found = {state: numbers(history.receipts(states=[state])) for state in ("live", "expired", "deleted", "pending")}
    assert found == {"live": [lasting, live], "expired": [expired], "deleted": [deleted], "pending": [pending]}
    assert {receipt.id: receipt.state for receipt in history.receipts()} == {
        live: "live",
        lasting: "live",
        expired: "expired",
        deleted: "deleted",
        pending: "pending",
    }
    assert numbers(history.receipts(states=["deleted", "pending"])) == [pending, deleted]


def test_filters_hold_together(history: History) -> None:
    wanted = kept(history, provider="two", name="b.png")
    kept(history, provider="two", name="b.txt")
    kept(history, provider="one", name="c.png")
    assert numbers(history.receipts(provider="two", name="*.png", since=0, until=time.time() + 1)) == [wanted]
    assert history.receipts(since=time.time() + 1) == history.receipts(until=1) == []
    assert history.count(provider="two") == 2


def test_a_receipt_is_found_by_number_by_url_and_by_page(history: History) -> None:
    first = kept(history, url="https://h.example/a", page_url="https://h.example/p")
    again = kept(history, url="https://h.example/a")
    assert numbers(history.of("https://h.example/a")) == [again, first]
    assert numbers(history.of("https://h.example/p")) == numbers(history.of(str(first))) == [first]
    assert history.of("https://h.example/b") == history.of(99) == []


def test_the_same_bytes_asked_for_in_the_same_way_are_found(history: History) -> None:
    plain = kept(history)
    kept(history, variant=variant_of({"expires": "1d"}, None))
    kept(history, expires=1)
    kept(history, sha256="00")
    kept(history, kept="deleted")
    kept(history, provider="two")
    assert numbers(history.same(HELLO, 5, "one", "")) == [plain]


def test_no_number_is_given_twice(history: History) -> None:
    first = kept(history)
    history.forget(first)
    assert kept(history) > first


# What goes wrong


def test_a_file_that_is_no_database_is_moved_aside_whole(
    path: Path, history: History, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(b"my diary\n" * 1000)
    number = kept(history)
    assert numbers(history.receipts()) == [number]
    [aside] = [entry for entry in path.parent.iterdir() if ".damaged-" in entry.name]
    assert aside.read_bytes() == b"my diary\n" * 1000
    assert f"moved to {aside}" in caplog.text


def test_a_database_with_damaged_pages_is_moved_aside(path: Path, history: History) -> None:
    for _ in range(200):
        kept(history)
    history.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x55" * (len(content) - 4096)
    path.write_bytes(content)
    kept(history)
    assert len(history.receipts()) == 1
    [aside] = [entry for entry in path.parent.iterdir() if ".damaged-" in entry.name]
    assert aside.read_bytes() == content


def test_a_database_of_a_newer_version_is_left_alone(path: Path, history: History) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as other:
        other.execute("pragma user_version = 99")
    other.close()
    content = path.read_bytes()
    with pytest.raises(HistoryError, match="newer version"):
        kept(history)
    assert path.read_bytes() == content


def test_a_database_of_another_program_is_left_alone(path: Path, history: History) -> None:
    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as other:
        other.execute("create table songs (name)")
    other.close()
    with pytest.raises(HistoryError, match="another program"):
        kept(history)


def test_who_writes_for_too_long_is_waited_for_once(path: Path, history: History) -> None:
    kept(history)
    database = Database(str(path), patience=0.2)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    for _ in range(2):
        with pytest.raises(HistoryError, match="locked"):
            database.run(lambda connection: connection.execute("delete from receipts"))
    assert database._patience < 0.1
    other.close()
    assert len(history.receipts()) == 1


def test_without_a_home_there_is_no_history() -> None:
    with pytest.raises(HistoryError, match="no home"):
        History("~/.local/share/twat-fs/history/receipts.sqlite3").begin("one", "a.txt", 5)


def test_a_folder_that_cannot_be_made_is_an_error_of_its_own() -> None:
    with pytest.raises(HistoryError, match="/proc/nowhere"):
        History("/proc/nowhere/history/receipts.sqlite3").begin("one", "a.txt", 5)


# Writing them as an upload goes


def test_an_upload_is_pending_until_it_is_kept(history: History, source: Source) -> None:
    entry = Recorder(history).begin("one", "a.txt", source, lasts=60)
    [pending] = history.receipts()
    assert (pending.state, pending.url, pending.size) == ("pending", None, 5)
    entry.keep(UploadResult("https://h.example/a", {"page_url": "https://h.example/p"}))
    [live] = history.receipts()
    assert (live.state, live.url, live.sha256, live.page_url) == (
        "live",
        "https://h.example/a",
        HELLO,
        "https://h.example/p",
    )
    assert live.expires is not None
    assert 50 < live.expires - live.time <= 61


@pytest.mark.parametrize(
    ("told", "expires"),
    [("2030-01-01T00:00:00Z", 1893456000), (1893456000, 1893456000), ("2030-01-01T01:00:00.1234567+01:00", 1893456000)],
)
def test_what_the_host_says_of_the_end_counts(history: History, source: Source, told: str | int, expires: int) -> None:
    entry = Recorder(history).begin("one", "a.txt", source, lasts=60)
    entry.keep(UploadResult("https://h.example/a", {"expires_at": told}))
    assert [receipt.expires for receipt in history.receipts()] == [expires]


def test_an_upload_that_surely_failed_leaves_nothing(history: History, source: Source) -> None:
    Recorder(history).begin("one", "a.txt", source).failed(Rejected("no", "one"))
    assert history.receipts() == []


def test_of_a_file_that_was_not_sent_whole_there_is_no_receipt(history: History, source: Source) -> None:
    Recorder(history).begin("one", "a.txt", source).failed(SourceError("cannot be read"))
    assert history.receipts() == []


def test_a_file_that_changed_after_it_was_sent_stays_pending(history: History, source: Source) -> None:
    error = SourceError("changed")
    error.ambiguous = True
    Recorder(history).begin("one", "a.txt", source).failed(error)
    assert [(receipt.state, receipt.said) for receipt in history.receipts()] == [("pending", "changed")]


def test_an_upload_that_may_have_worked_stays_pending(history: History, source: Source) -> None:
    Recorder(history).begin("one", "a.txt", source).failed(NetworkError("no answer", "one", ambiguous=True))
    assert [(receipt.state, receipt.said) for receipt in history.receipts()] == [("pending", "no answer")]


def test_an_upload_whose_url_is_dead_keeps_what_deletes_it(history: History, source: Source) -> None:
    error = VerifyError("answers 404", "one")
    error.result = UploadResult("https://h.example/a")
    Recorder(history).begin("one", "a.txt", source).failed(error)
    [receipt] = history.receipts()
    assert (receipt.state, receipt.url, receipt.said) == ("pending", "https://h.example/a", "answers 404")


def test_no_lock_is_held_between_the_two_writes(path: Path, history: History, source: Source) -> None:
    entry = Recorder(history).begin("one", "a.txt", source)
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    other.execute("begin exclusive")
    other.execute("rollback")
    other.close()
    entry.keep(UploadResult("https://h.example/a"))
    assert [receipt.state for receipt in history.receipts()] == ["live"]


def test_a_history_that_cannot_be_written_is_told_once(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(History("/proc/nowhere/history/receipts.sqlite3"))
    for _ in range(3):
        recorder.begin("one", "a.txt", source).keep(UploadResult("https://h.example/a"))
    assert caplog.text.count("not in the history") == 1


def test_a_receipt_that_could_not_be_begun_is_written_at_the_end(
    path: Path, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir(parents=True)
    path.mkdir()  # in the way for now
    with History(str(path)) as history:
        entry = Recorder(history).begin("one", "a.txt", source)
        path.rmdir()
        entry.keep(UploadResult("https://h.example/a"))
        assert [receipt.url for receipt in history.receipts()] == ["https://h.example/a"]
    assert caplog.text == ""


def test_no_options_are_another_upload_than_some() -> None:
    assert variant_of({}, None) == ""
    assert len({variant_of({"expires": "1d"}, None), variant_of({"expires": "2d"}, None), variant_of({}, "a/b")}) == 3
