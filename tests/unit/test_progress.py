"""The line that says how far it is: by a clock that stands still unless it is told to go on."""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from twat_fs.batch import Item
from twat_fs.cli.progress import Progress, View
from twat_fs.cli.report import Report

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

MB = 1_000_000


class Shown(Report):
    """Keeps the line instead of drawing it."""

    def __init__(self) -> None:
        super().__init__()
        self.line = ""

    def status(self, text: str) -> None:
        self.line = text


class Watch:
    """A progress line of some files, at a clock of our own."""

    def __init__(self, folder: Path, *sizes: int) -> None:
        self.now = 0.0
        self.width = 200
        self.items = []
        for number, size in enumerate(sizes):
            path = folder / f"{number}"
            with path.open("wb") as file:
                file.truncate(size)
            self.items.append(Item(str(path)))
        self.report = Shown()
        self.progress = Progress(self.items, self.report, self.clock, lambda: self.width)

    def clock(self) -> float:
        """The time of that clock."""
        return self.now

    def at(self, seconds: float) -> str:
        """The line that is drawn then."""
        self.now = seconds
        self.progress.draw()
        return self.report.line


def test_a_short_upload_has_no_line(tmp_path: Path) -> None:
    watch = Watch(tmp_path, MB)
    watch.progress.of(watch.items[0])(1, MB)
    assert watch.at(0.9) == ""
    assert watch.at(1.0) != ""


def test_the_line_says_how_much_how_fast_and_how_long_still(tmp_path: Path) -> None:
    watch = Watch(tmp_path, 100 * MB)
    told = watch.progress.of(watch.items[0])
    for second in range(1, 11):
        told(second * 4 * MB, 100 * MB)
        line = watch.at(float(second))
    assert line == "[############------------------]   40%       40 MB of 100 MB      4 MB/s  0:15 left"


def test_the_rate_is_that_of_the_last_seconds(tmp_path: Path) -> None:
    watch = Watch(tmp_path, 1000 * MB)
    told = watch.progress.of(watch.items[0])
    told(500 * MB, 1000 * MB)
    assert "100 MB/s" in watch.at(5.0)
    for second in range(6, 13):
        told((495 + second) * MB, 1000 * MB)
        line = watch.at(float(second))
    assert "1 MB/s  8:13 left" in line


def test_a_host_that_takes_nothing_is_said_to(tmp_path: Path) -> None:
    watch = Watch(tmp_path, 100 * MB)
    watch.progress.of(watch.items[0])(10 * MB, 100 * MB)
    for second in range(1, 8):
        line = watch.at(float(second))
    assert "0 B/s  stalled" in line


def test_a_new_attempt_begins_at_the_start_with_a_rate_of_its_own(tmp_path: Path) -> None:
    watch = Watch(tmp_path, 100 * MB)
    told = watch.progress.of(watch.items[0])
    told(90 * MB, 100 * MB)
    watch.at(2.0)
    told(0, 100 * MB)
    assert watch.at(3.0).endswith("  0%         0 B of 100 MB")
    told(10 * MB, 100 * MB)
    assert "10 MB/s" in watch.at(4.0)


def test_files_are_counted_once_however_often_they_are_sent(tmp_path: Path) -> None:
    watch = Watch(tmp_path, 10, 10, 0)
    first = watch.progress.of(watch.items[0])
    first(10, 10)
    first(0, 10)
    first(10, 10)
    watch.progress.done(watch.items[0], failed=False)
    assert watch.at(2.0).endswith("1 of 3 files")
    watch.progress.of(watch.items[2])(0, 0)
    assert watch.at(2.2).endswith("2 of 3 files")


def test_what_a_failed_file_was_to_send_is_not_waited_for(tmp_path: Path) -> None:
    watch = Watch(tmp_path, 100, 100)
    watch.progress.of(watch.items[0])(20, 100)
    watch.progress.done(watch.items[0], failed=True)
    watch.progress.of(watch.items[1])(40, 100)
    assert " 50%" in watch.at(2.0)
    assert "60 B of 120 B" in watch.at(2.2)


def test_without_the_size_of_all_there_is_no_share(tmp_path: Path) -> None:
    watch = Watch(tmp_path, 100)
    watch.progress = Progress([*watch.items, Item("-")], watch.report, watch.clock, lambda: watch.width)
    watch.progress.of(watch.items[0])(50, 100)
    assert watch.at(2.0) == "50 B      25 B/s  0 of 2 files"


def test_the_size_of_a_folder_or_a_pipe_is_found_out_later(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for item in (Item(str(tmp_path), archive="zip"), Item(str(tmp_path / "pipe"))):
        watch = Watch(tmp_path)
        watch.progress = Progress([item], watch.report, watch.clock, lambda: 80)
        assert "%" not in watch.at(2.0)
        watch.progress.of(item)(30, 60)
        assert " 50%" in watch.at(3.0)


def test_whoever_waits_is_told_for_what(tmp_path: Path) -> None:
    watch = Watch(tmp_path, MB)
    watch.progress.of(watch.items[0])(MB, MB)
    assert watch.at(2.0).endswith("100%          1 MB of 1 MB    500 kB/s  waiting for the host")


@given(
    st.integers(0, 10**13),
    st.integers(1, 10**13) | st.none(),
    st.floats(0, 1e10) | st.none(),
    st.integers(0, 10**5),
    st.integers(1, 10**5),
    st.integers(0, 200),
)
def test_the_line_fits_into_any_terminal(
    sent: int, total: int | None, rate: float | None, files: int, of: int, columns: int
) -> None:
    line = View(sent, total, rate, files, of).line(columns)
    assert len(line) <= columns
    assert "\n" not in line


def test_a_narrow_terminal_keeps_what_matters(tmp_path: Path) -> None:
    watch = Watch(tmp_path, 100 * MB, 100 * MB)
    watch.progress.of(watch.items[0])(50 * MB, 100 * MB)
    assert watch.at(2.0).endswith("1 of 2 files") is False
    watch.width = 31
    assert watch.at(2.2).split() == ["25%", "22.7", "MB/s", "0:07", "left"]
    watch.width = 6
    assert watch.at(2.4) == " 25% "


def test_a_thousand_threads_lose_no_byte(tmp_path: Path) -> None:
    watch = Watch(tmp_path, *[100] * 50)

    def send(item: Item) -> None:
        told = watch.progress.of(item)
        for sent in range(101):
            told(sent, 100)

    threads = [threading.Thread(target=send, args=(item,)) for item in watch.items]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "5 kB of 5 kB" in watch.at(2.0)
    assert "50 of 50 files" in watch.at(2.2)


def test_what_is_printed_takes_the_line_away_first(monkeypatch: pytest.MonkeyPatch) -> None:
    err, out = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    monkeypatch.setattr("sys.stdout", out)
    report = Report()
    report.status("half of it")
    report.say("a word")
    report.result("a result")
    report.status("all of it")
    report.status("")
    report.status("")
    assert err.getvalue() == "\rhalf of it\x1b[K\r\x1b[Ka word\n\rall of it\x1b[K\r\x1b[K"
    assert out.getvalue() == "a result\n"
