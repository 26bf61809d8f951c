"""`status --online` over several hosts: side by side, each with its own result, with a table at a terminal."""

from __future__ import annotations

import re
import signal
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from tests.support import Cli
    from twat_fs.testing.seen import Seen

#: Seconds after which something that has to come will not.
LONG = 60
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
DELETES = 'delete: {method: DELETE, url: "{{ result.url }}"}'
NO_FETCH = "capabilities: {check: none}"
SLEEPS = (
    "import time\n\nclass P:\n    def upload_file(self, path, remote_path=None, **more):\n        time.sleep(100)\n"
)


class Meeting:
    """A host's script that answers an upload once others have been asked as well.

    Attributes:
        most: How many uploads were under way at the same time.
    """

    def __init__(self, count: int) -> None:
        self._barrier = threading.Barrier(count, timeout=LONG)
        self._lock = threading.Lock()
        self._now = self.most = 0

    def __call__(self, seen: Seen) -> Play:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._barrier.wait()
        with self._lock:
            self._now -= 1
        return Play(200, f"{seen.origin}{seen.target}".encode())


def hosts(cli: Cli, host: FakeHost, count: int, more: str = NO_FETCH) -> list[str]:
    """Providers at one host, each with an address of its own."""
    names = [f"host{number}" for number in range(count)]
    for name in names:
        cli.spec(name, form(host, path=f"/{name}", more=more))
    return names


def online(*words: str) -> list[str]:
    return ["upload_provider", "status", "--online", *words]


def test_hosts_are_tried_side_by_side_and_no_more_than_was_said(run_cli: Cli) -> None:
    meeting = Meeting(3)
    with FakeHost(meeting) as host:
        names = hosts(run_cli, host, 6)
        records = run_cli(*online("--jobs", "3", "--json", *names)).records
    assert all(record["ready"] for record in records)
    assert meeting.most == 3


def test_each_has_its_own_result(run_cli: Cli) -> None:
    with FakeHost(Meeting(4)) as host:
        names = hosts(run_cli, host, 4)
        records = run_cli(*online("--json", *names)).records
    assert {record["name"]: record["url"] for record in records} == {name: f"{host.url}/{name}" for name in names}


def test_a_slow_host_does_not_hold_up_the_others(run_cli: Cli) -> None:
    told = threading.Event()

    def slow(seen: Seen) -> Play:
        assert told.wait(LONG)
        return Play(200, f"{seen.origin}/a".encode())

    with FakeHost(slow) as late, FakeHost(Store()) as host:
        run_cli.spec("a_slow", form(late, more=NO_FETCH))
        run_cli.spec("b_fast", form(host))
        process = run_cli.start(*online("--json", "a_slow", "b_fast"))
        assert process.stdout is not None
        first = process.stdout.readline()
        told.set()
        rest, err = process.communicate(timeout=LONG)
    answer = run_cli.examined(process.returncode, first + rest, err)
    assert answer.code == 0
    assert [record["name"] for record in answer.records] == ["b_fast", "a_slow"]


def test_a_host_that_says_nothing_ends_at_its_time(run_cli: Cli) -> None:
    with FakeHost(Store()) as good, FakeHost([Play(mute=True)]) as mute:
        run_cli.spec("good", form(good))
        run_cli.spec("mute", form(mute))
        answer = run_cli(*online("--max-time", "1.5", "--json", "good", "mute"))
    records = {record["name"]: record for record in answer.records}
    assert answer.code == 6
    assert records["good"]["ready"]
    assert (records["mute"]["ready"], records["mute"]["kind"], records["mute"]["exit_code"]) == (False, "timeout", 5)


def test_a_python_provider_that_does_not_look_at_the_clock_is_left_to_itself(run_cli: Cli) -> None:
    (run_cli.specs / "sleeper.py").write_text(SLEEPS + "\n\ndef get_provider():\n    return P()\n")
    (run_cli.specs / "sleeps.yaml").write_text("spec: 1\nname: sleeps\ntitle: S\nkind: python\nmodule: sleeper\n")
    answer = run_cli(*online("--max-time", "0.2", "sleeps"))
    assert answer.code == 5
    assert "not ready: it was not done in 0.2 seconds" in answer.out


def test_a_failure_is_the_hosts_own(run_cli: Cli) -> None:
    with FakeHost(Store()) as good, FakeHost([Play(403, b"go away")]) as bad:
        run_cli.spec("good", form(good))
        run_cli.spec("bad", form(bad))
        answer = run_cli(*online("--json", "good", "bad", "fal"))
    records = {record["name"]: record for record in answer.records}
    assert records["good"]["ready"]
    assert "go away" in records["bad"]["reason"]
    assert records["bad"]["kind"] == "forbidden"
    assert records["fal"]["kind"] == "config"
    assert answer.code == 6


# What was uploaded


def test_what_was_uploaded_is_deleted_again_where_the_host_can(run_cli: Cli) -> None:
    store = Store()
    with FakeHost(store) as host:
        run_cli.spec("kind", form(host, more=DELETES))
        answer = run_cli(*online("kind"))
        record = run_cli(*online("kind", "--json")).record
    assert store.files == {}
    assert "; deleted again" in answer.out
    assert record["deleted"] is True


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("", "the host offers no way to delete it"),
        (DELETES.replace("DELETE,", "POST,").replace("url }}", "url }}/gone"), "it could not be deleted: "),
    ],
)
def test_what_cannot_be_deleted_is_told(run_cli: Cli, more: str, said: str) -> None:
    store = Store()
    with FakeHost(lambda seen: Play(403) if seen.target.endswith("/gone") else store(seen)) as host:
        run_cli.spec("keeps", form(host, more=more))
        answer = run_cli(*online("keeps"))
        record = run_cli(*online("keeps", "--json")).record
    assert answer.code == 0
    assert f"; it stays there: {said}" in answer.out
    assert (record["deleted"], record["left"].startswith(said)) == (False, True)
    assert len(store.files) == 2


def test_what_came_back_otherwise_is_deleted_too(run_cli: Cli) -> None:
    store = Store()
    with FakeHost(lambda seen: Play(200, b"x" * 1024) if seen.method == "GET" else store(seen)) as host:
        run_cli.spec("changes", form(host, more=DELETES))
        answer = run_cli(*online("changes"))
    assert answer.code == 4
    assert "serves other bytes" in answer.out
    assert store.files == {}


@pytest.mark.parametrize(
    ("types", "begins"), [("supported_types: [image/*]", b"\x89PNG"), ("refused_types: [image/*]", b"twat-fs ")]
)
def test_a_host_gets_a_file_of_a_kind_that_it_takes(run_cli: Cli, types: str, begins: bytes) -> None:
    with FakeHost(Store()) as host:
        run_cli.spec("picky", form(host, more=f"capabilities: {{{types}}}"))
        answer = run_cli(*online("picky"))
        sent = host.requests[0].part("file").body
    assert answer.code == 0
    assert sent.startswith(begins)
    assert len(sent) == 1024


def test_a_host_that_takes_neither_texts_nor_pictures_gets_nothing(run_cli: Cli) -> None:
    with FakeHost(Store()) as host:
        run_cli.spec("films", form(host, more="capabilities: {supported_types: [video/*]}"))
        answer = run_cli(*online("films"))
    assert host.requests == []
    assert "it takes neither texts nor pictures" in answer.out
    assert answer.code == 2


# At a terminal, and in a pipe


def shown(cli: Cli, columns: int, **env: str | None) -> str:
    """What a terminal shows of two hosts that work and one that does not."""
    with FakeHost(Store()) as good, FakeHost([Play(500, b"a long story of what went wrong " * 5)]) as bad:
        hosts(cli, good, 2, more=DELETES)
        cli.spec("bad", "retry: {attempts: 1}\n" + form(bad).replace("retry: {initial: 0s}\n", ""))
        return cli.at_terminal(
            *online("host0", "host1", "bad"), env={"COLUMNS": str(columns), "TERM": "xterm", **env}
        ).out


def after_gap(shown: str) -> list[str]:
    return COLOURS.sub("", shown).replace("\r\n", "\n").split("\n\n", 1)[1].splitlines()


@pytest.mark.parametrize("columns", [30, 60, 100])
def test_a_terminal_shows_a_table_with_bars_as_wide_as_it_is(run_cli: Cli, columns: int) -> None:
    out = shown(run_cli, columns)
    head, *rows, legend = after_gap(out)
    assert head.split() == ["provider", "upload", "fetch"]
    assert sorted(row.split()[0] for row in rows[:2]) == ["host0", "host1"]
    assert max(map(len, rows)) <= columns
    assert all(re.search(r"\d s +\d+\.\d\d s  (█+▒+)$", row) for row in rows[:2]) == (columns > 30)
    assert re.match(r"bad +failed: ", rows[2])
    assert legend.endswith("2 of 3 work")
    assert "\x1b[" in out


def test_the_longest_bar_ends_at_the_edge(run_cli: Cli) -> None:
    rows = after_gap(shown(run_cli, 70))[1:3]
    assert max(map(len, rows)) in (69, 70)


def test_without_the_characters_bars_are_ascii(run_cli: Cli) -> None:
    out = shown(run_cli, 80, PYTHONIOENCODING="ascii")
    assert re.search(r"\d s  #+=+$", after_gap(out)[1])
    assert out.isascii()


def test_a_table_is_plain_where_no_colours_are_wanted(run_cli: Cli) -> None:
    out = shown(run_cli, 80, NO_COLOR="1")
    assert "\x1b[" not in out
    assert "█" in out


def test_a_pipe_gets_plain_rows_and_no_table(run_cli: Cli) -> None:
    with FakeHost(Store()) as host:
        answer = run_cli(*online(*hosts(run_cli, host, 2, more=DELETES)))
    assert sorted(line.split()[:2] for line in answer.out.splitlines()) == [["host0", "ready:"], ["host1", "ready:"]]
    assert "\x1b[" not in answer.out


def test_one_interruption_ends_all_trials_and_names_the_hosts(run_cli: Cli) -> None:
    (run_cli.home / "tmp").mkdir()
    with FakeHost([Play(mute=True)]) as host:
        names = hosts(run_cli, host, 3)
        process = run_cli.start(*online(*names), env={"TMPDIR": str(run_cli.home / "tmp")})
        host.wait_for(3, LONG)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
    answer = run_cli.examined(process.returncode, out, err)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == "twat-fs: interrupted; host0, host1, host2 may have stored a file of 1024 bytes\n"
    assert list((run_cli.home / "tmp").iterdir()) == []
