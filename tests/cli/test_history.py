"""`twat-fs history`, and the receipts that uploads leave whatever happens to them."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Answer, Cli

GOOD = "https://h.example/a"
UNCHECKED = "capabilities: {check: none}"
OPTIONS = "options: {expires: {type: duration, default: 1h, map: {1h: 1h, 1d: 24h}}}"
HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
LOST = "the upload is not in the history"


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost([Play(200, GOOD.encode())]) as found:
        yield found


@pytest.fixture
def cli(run_cli: Cli, host: FakeHost) -> Cli:
    run_cli.spec("one", form(host, more=UNCHECKED))
    run_cli.file()
    return run_cli


def database(cli: Cli) -> Path:
    return cli.home / "data" / "twat-fs" / "history" / "receipts.sqlite3"


def uploaded_all_the_same(answer: Answer) -> None:
    """The URL was printed, and one line says that there is no receipt of it."""
    assert answer.url == GOOD
    assert answer.err.count(LOST) == 1, answer.err


def test_an_upload_leaves_a_receipt(cli: Cli, host: FakeHost) -> None:
    cli.spec("two", form(host, more=f"{UNCHECKED}\n{OPTIONS}"))
    begun = time.time()
    cli("upload", "a.txt", "-p", "two", "-o", "expires=2h", "--name", "b.txt")
    [receipt] = cli("history", "--json").records
    assert begun - 1 <= receipt.pop("time") <= time.time()
    assert begun + 86_390 <= receipt.pop("expires") <= time.time() + 86_410  # the next longer time that it offers
    assert receipt == {
        "id": 1,
        "state": "live",
        "provider": "two",
        "name": "b.txt",
        "size": 5,
        "sha256": HELLO,
        "url": GOOD,
        "page_url": None,
        "delete_url": None,
        "said": None,
    }


def test_the_table_is_for_people_and_filters_hold(cli: Cli) -> None:
    cli("upload", "a.txt", "-p", "one")
    cli("upload", "a.txt", "-p", "one", "--name", "b.png")
    lines = cli("history").out.splitlines()
    assert [line.split()[0] for line in lines] == ["ID", "2", "1"]
    assert lines[1].split()[-3:] == ["one", "b.png", GOOD]
    assert cli("history", "--name", "*.png", "--json", "--live", "--since", "1d").record["id"] == 2
    assert cli("history", "--until", "1d").out == cli("history", "-p", "local").out == ""
    limited = cli("history", "--limit", "1")
    assert (len(limited.out.splitlines()), "1 older" in limited.err) == (2, True)
    assert cli("history", "--since", "yesterday").code == 2


def test_a_name_that_is_not_utf_8_is_found_by_its_bytes(cli: Cli) -> None:
    name = os.fsdecode(b"b\xff.txt")
    cli.file(name)
    assert cli("upload", name, "-p", "one").code == 0
    assert cli("history", "--name", name).out.count(GOOD) == 1
    assert cli("history", "--provider", name).out == ""


@pytest.mark.parametrize("command", ["delete", "verify"])
@pytest.mark.parametrize("which", ["b\udcff", "https://h.example/\udcff", "9" * 30, "\u0661"])
def test_what_no_receipt_can_be_of_is_told(cli: Cli, command: str, which: str) -> None:
    cli("upload", "a.txt", "-p", "one")
    answer = cli(command, which)
    assert (answer.code, answer.out) == (2, ""), answer
    assert "there is no receipt" in answer.err


def test_forgetting_drops_what_is_listed(cli: Cli) -> None:
    cli("upload", "a.txt", "-p", "one")
    cli("upload", "a.txt", "-p", "one", "--name", "b.png")
    assert cli("history", "--name", "*.png", "--forget", "--json").record["id"] == 2
    assert cli("history", "--json").record["id"] == 1


@pytest.mark.parametrize(("words", "env"), [(["--no-history"], {}), ([], {"TWAT_FS_HISTORY": "off"})])
def test_a_history_that_is_not_wanted_is_not_begun(cli: Cli, words: list[str], env: dict[str, str]) -> None:
    assert cli("upload", "a.txt", "-p", "one", *words, env=env).url == GOOD
    assert not database(cli).parent.exists()


def test_a_wrong_word_for_it_is_told_before_anything_is_sent(cli: Cli, host: FakeHost) -> None:
    answer = cli("upload", "a.txt", "-p", "one", env={"TWAT_FS_HISTORY": "maybe"})
    assert (answer.code, host.requests) == (2, [])


def test_files_and_folder_are_closed_to_others(cli: Cli) -> None:
    cli.shell("umask 000; twat_fs upload a.txt -p one")
    found = {entry.name: stat.S_IMODE(entry.stat().st_mode) for entry in database(cli).parent.iterdir()}
    assert found == dict.fromkeys(found, 0o600)
    assert found
    assert stat.S_IMODE(database(cli).parent.stat().st_mode) == 0o700


def test_an_upload_that_was_killed_is_pending(cli: Cli) -> None:
    with FakeHost([Play(mute=True)]) as slow:
        cli.spec("slow", form(slow, more=UNCHECKED))
        process = cli.start("upload", "a.txt", "-p", "slow")
        slow.wait_for(1, 20)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
    receipt = cli("history", "--pending", "--json").record
    assert (receipt["provider"], receipt["state"], receipt["url"]) == ("slow", "pending", None)


def test_an_upload_without_an_answer_is_pending_with_the_reason(cli: Cli) -> None:
    with FakeHost([Play(mute=True, close=True)]) as deaf:
        cli.spec("deaf", form(deaf, more=UNCHECKED))
        assert cli("upload", "a.txt", "-p", "deaf,one").url == GOOD
    deaf_one, good = sorted(cli("history", "--json").records, key=lambda receipt: str(receipt["provider"]))
    assert (deaf_one["state"], bool(deaf_one["said"]), good["state"]) == ("pending", True, "live")


def test_an_upload_that_was_refused_leaves_nothing(cli: Cli) -> None:
    with FakeHost([Play(403)]) as closed:
        cli.spec("closed", form(closed, more=UNCHECKED))
        assert cli("upload", "a.txt", "-p", "closed").code == 4
    assert cli("history").out == ""


def test_the_url_is_printed_before_anything_else_is_done_with_it(cli: Cli) -> None:
    dies = "import os, sys\nfrom twat_fs.history.records import History\nHistory.note = lambda *_, **__: os._exit(77)\n"
    answer = cli("upload", "a.txt", "-p", "one", env=cli.before(dies))
    assert (answer.code, answer.out) == (77, f"{GOOD}\n")
    assert cli("history", "--pending", "--json").record["state"] == "pending"


def test_two_uploads_at_the_same_time_are_both_there(cli: Cli) -> None:
    running = [cli.start("upload", "a.txt", "-p", "one") for _ in range(2)]
    for process in running:
        out, err = process.communicate(timeout=50)
        assert cli.examined(process.returncode, out, err).url == GOOD
    assert [receipt["state"] for receipt in cli("history", "--json").records] == ["live", "live"]


def test_a_url_that_cannot_be_written_is_in_the_history(cli: Cli) -> None:
    assert cli.shell("twat_fs upload a.txt -p one >/dev/full").code == 1
    assert cli("history", "--json").record["url"] == GOOD


# What is wrong with the database does no harm to an upload


def test_a_damaged_one_is_moved_aside(cli: Cli) -> None:
    database(cli).parent.mkdir(parents=True)
    database(cli).write_bytes(b"no database\n" * 500)
    answer = cli("upload", "a.txt", "-p", "one")
    assert answer.url == GOOD
    [aside] = database(cli).parent.glob("*.damaged-*")
    assert aside.read_bytes() == b"no database\n" * 500
    assert str(aside) in answer.err
    assert cli("history", "--json").record["url"] == GOOD


def test_one_that_is_locked_is_waited_for_and_then_left(cli: Cli) -> None:
    cli("upload", "a.txt", "-p", "one")
    other = sqlite3.connect(database(cli), isolation_level=None)
    other.execute("begin exclusive")
    uploaded_all_the_same(cli("upload", "a.txt", "-p", "one"))
    other.close()
    assert len(cli("history", "--json").records) == 1


def test_one_of_a_newer_version_is_left_alone(cli: Cli) -> None:
    cli("upload", "a.txt", "-p", "one")
    with sqlite3.connect(database(cli)) as other:
        other.execute("pragma user_version = 99")
    other.close()
    answer = cli("upload", "a.txt", "-p", "one")
    uploaded_all_the_same(answer)
    assert "newer version" in answer.err
    listed = cli("history")
    assert (listed.code, listed.out) == (1, "")
    assert "newer version" in listed.err


def test_a_full_disk_is_told_and_the_url_printed(cli: Cli) -> None:
    cli("upload", "a.txt", "-p", "one")
    done = subprocess.run(
        [sys.executable, "-m", "twat_fs", "upload", "a.txt", "-p", "one"],
        cwd=cli.home,
        env=cli.environment(),
        capture_output=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0)),
    )
    uploaded_all_the_same(cli.examined(done.returncode, done.stdout, done.stderr))


@pytest.mark.parametrize(
    "env",
    [
        {"HOME": "/dev/null", "XDG_DATA_HOME": None},
        {"HOME": "/proc", "XDG_DATA_HOME": None},
        {"XDG_DATA_HOME": "/proc/nowhere"},
    ],
)
def test_a_home_that_takes_no_history_is_told_once(cli: Cli, env: dict[str, str | None]) -> None:
    uploaded_all_the_same(cli("upload", "a.txt", "-p", "one", env=env))
