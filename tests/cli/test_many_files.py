"""Several files in one command."""

from __future__ import annotations

import hashlib
import os
import signal
import tarfile
import time
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Answer, Cli


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost(Store()) as host:
        yield host


@pytest.fixture
def spec(run_cli: Cli, host: FakeHost) -> str:
    run_cli.spec("store", form(host))
    return "store"


def names(answer: Answer) -> list[str]:
    return [url.rpartition("/")[2] for url in answer.out.splitlines()]


def sent(host: FakeHost) -> dict[str, bytes]:
    return {str(part.filename): part.body for seen in host.requests for part in seen.parts if part.filename is not None}


def files(run_cli: Cli, count: int) -> list[str]:
    return [run_cli.file(f"{number}.txt", f"file {number}".encode()).name for number in range(count)]


@pytest.fixture
def tree(run_cli: Cli) -> Path:
    """A folder with files, a folder, a link to a folder and a pipe."""
    top = run_cli.home / "tree"
    (top / "below").mkdir(parents=True)
    (top / "b.txt").write_bytes(b"b")
    (top / "a.txt").write_bytes(b"a")
    (top / "below" / "c.txt").write_bytes(b"c")
    (top / "linked").symlink_to(top / "below")
    return top


@pytest.mark.parametrize("jobs", ["1", "4"])
def test_each_file_has_its_url_in_the_order_of_the_files(run_cli: Cli, host: FakeHost, spec: str, jobs: str) -> None:
    listed = files(run_cli, 6)
    answer = run_cli("upload", *listed, "-p", spec, "--jobs", jobs)
    assert (answer.code, answer.err) == (0, "")
    assert names(answer) == listed
    assert sent(host) == {name: f"file {name[0]}".encode() for name in listed}


def test_the_same_file_twice_goes_up_twice(run_cli: Cli, host: FakeHost, spec: str) -> None:
    run_cli.file()
    answer = run_cli("upload", "a.txt", "a.txt", "-p", spec, "--no-check")
    assert (answer.code, len(answer.out.splitlines()), len(host.requests)) == (0, 2, 2)


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_file_that_fails_stops_no_other(run_cli: Cli, host: FakeHost, spec: str, jobs: str) -> None:
    listed = files(run_cli, 3)
    answer = run_cli("upload", listed[0], "missing", listed[1], "tree", listed[2], "-p", spec, "-j", jobs)
    assert answer.code == 6
    assert names(answer) == listed
    assert "missing: No such file or directory" in answer.err
    assert len(sent(host)) == 3


def test_files_that_all_fail_alike_end_with_their_status(run_cli: Cli, spec: str) -> None:
    assert run_cli("upload", "missing", "gone", "-p", spec).code == 2


def test_the_record_for_programs_has_a_line_for_each(run_cli: Cli, spec: str) -> None:
    listed = files(run_cli, 2)
    answer = run_cli("upload", listed[0], "missing", listed[1], "-p", spec, "--json")
    records = answer.records
    assert answer.code == 6
    assert [record["file"] for record in records] == [listed[0], "missing", listed[1]]
    assert [record.get("sha256") for record in records] == [
        hashlib.sha256(b"file 0").hexdigest(),
        None,
        hashlib.sha256(b"file 1").hexdigest(),
    ]
    assert "No such file" in records[1]["error"]


def test_a_wrong_call_is_told_once(run_cli: Cli, host: FakeHost, spec: str) -> None:
    answer = run_cli("upload", *files(run_cli, 4), "-p", spec, "-o", "colour=red")
    assert (answer.code, answer.out, host.requests) == (2, "", [])
    assert answer.err.count("has no option") == 1


def test_a_provider_that_keeps_failing_is_set_aside(run_cli: Cli, host: FakeHost, spec: str) -> None:
    with FakeHost([Play(500)]) as broken:
        run_cli.spec("broken", form(broken, more="").replace("retry: {initial: 0s}", "retry: {attempts: 1}"))
        answer = run_cli("upload", *files(run_cli, 6), "-p", f"broken,{spec}", "--no-check")
        assert answer.code == 0
        assert len(broken.requests) == 3
    assert len(sent(host)) == 6
    assert answer.err.count("set aside for the rest") == 1


def test_without_another_the_rest_of_the_files_is_not_sent(run_cli: Cli) -> None:
    with FakeHost([Play(500)]) as broken:
        run_cli.spec("broken", form(broken).replace("retry: {initial: 0s}", "retry: {attempts: 1}"))
        answer = run_cli("upload", *files(run_cli, 5), "-p", "broken")
        assert (answer.code, answer.out, len(broken.requests)) == (5, "", 3)
    assert answer.err.count("4.txt: broken: set aside: it failed 3 files in a row") == 1


def test_each_file_has_its_receipt(run_cli: Cli, spec: str) -> None:
    listed = files(run_cli, 3)
    assert run_cli("upload", *listed, "-p", spec).code == 0
    assert [receipt["name"] for receipt in run_cli("history", "--json").records] == listed[::-1]


# Folders and lists


def test_a_folder_needs_to_be_wanted(run_cli: Cli, host: FakeHost, spec: str, tree: Path) -> None:
    answer = run_cli("upload", tree, "-p", spec)
    assert (answer.code, answer.out, host.requests) == (2, "", [])
    assert "--recursive" in answer.err


def test_the_files_of_a_folder_go_up_in_the_order_of_their_names(
    run_cli: Cli, host: FakeHost, spec: str, tree: Path
) -> None:
    answer = run_cli("upload", tree, "-r", "-p", spec)
    assert answer.code == 0
    assert names(answer) == ["a.txt", "b.txt", "c.txt"]


def test_a_host_with_folders_gets_them(run_cli: Cli, tree: Path) -> None:
    answer = run_cli("upload", tree, "-r", "-p", "local", "--remote-path", "kept/")
    assert answer.code == 0
    below = [url.partition("/uploads/")[2] for url in answer.out.splitlines()]
    assert below == ["kept/tree/a.txt", "kept/tree/b.txt", "kept/tree/below/c.txt"]


@pytest.mark.parametrize("null", [True, False])
def test_a_list_names_files(run_cli: Cli, host: FakeHost, spec: str, null: bool) -> None:
    odd = "two\nlines.txt" if null else "a b.txt"
    run_cli.file(odd)
    run_cli.file("last.txt")
    content = f"{odd}\0last.txt\0" if null else f"{odd}\r\n\nlast.txt"
    words = ["upload", "--from-file", "-", *(["-0"] if null else []), "-p", spec, "--no-check"]
    assert run_cli(*words, input=content.encode()).code == 0
    assert len(sent(host)) == 2


def test_an_empty_list_is_no_mistake(run_cli: Cli, spec: str) -> None:
    answer = run_cli("upload", "--from-file", "-", "-p", spec, input=b"\n")
    assert (answer.code, answer.out, answer.err) == (0, "", "")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "no file is named"),
        (["a.txt", "-0"], "-0 says how a list is written"),
        (["a.txt", "a.txt", "--name", "b"], "--name is for one file"),
        (["a.txt", "a.txt", "--remote-path", "x"], "--remote-path x/ is a folder"),
        (["tree", "-r", "--zip"], "choose one"),
        (["--from-file", "missing"], "Check the path of --from-file"),
        (["-", "--from-file", "-"], "only once"),
    ],
)
def test_what_does_not_go_together_is_told_before_anything_is_sent(
    run_cli: Cli, host: FakeHost, spec: str, tree: Path, words: list[str], says: str
) -> None:
    run_cli.file()
    answer = run_cli("upload", *words, "-p", spec)
    assert (answer.code, answer.out, host.requests) == (2, "", [])
    assert says in answer.err


# Archives


def test_a_folder_goes_up_as_a_zip(run_cli: Cli, host: FakeHost, spec: str, tree: Path) -> None:
    os.utime(tree / "a.txt", (0, 0))
    answer = run_cli("upload", tree, "--zip", "-p", spec, "--no-check")
    assert answer.code == 0
    ((name, content),) = sent(host).items()
    assert name == "tree.zip"
    with zipfile.ZipFile(BytesIO(content)) as archive:
        assert {inside: archive.read(inside) for inside in archive.namelist()} == {
            "tree/a.txt": b"a",
            "tree/b.txt": b"b",
            "tree/below/c.txt": b"c",
        }


def test_a_folder_goes_up_as_a_tar_that_names_nobody(run_cli: Cli, host: FakeHost, spec: str, tree: Path) -> None:
    answer = run_cli("upload", tree, "--tar", "--name", "mine.tgz", "-p", spec, "--no-check")
    assert answer.code == 0
    ((name, content),) = sent(host).items()
    assert name == "mine.tgz"
    with tarfile.open(fileobj=BytesIO(content)) as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == ["tree/a.txt", "tree/b.txt", "tree/below/c.txt"]
    assert {(member.uid, member.uname) for member in members} == {(0, "")}


def test_what_is_no_file_is_left_out_of_an_archive_and_told(
    run_cli: Cli, host: FakeHost, spec: str, tree: Path
) -> None:
    os.mkfifo(tree / "pipe")
    (tree / "link.txt").symlink_to("/etc/hostname")
    answer = run_cli("upload", tree, "--zip", "-p", spec, "--no-check")
    assert answer.code == 0
    for name in ("pipe", "link.txt"):
        assert f"{name}: left out of the archive" in answer.err
    with zipfile.ZipFile(BytesIO(next(iter(sent(host).values())))) as archive:
        assert len(archive.namelist()) == 3


def test_names_that_are_not_utf_8_stay_different_in_an_archive(
    run_cli: Cli, host: FakeHost, spec: str, tree: Path
) -> None:
    for byte in (0xFE, 0xFF):
        (tree / os.fsdecode(b"x%c.txt" % byte)).write_bytes(bytes([byte]))
    answer = run_cli("upload", tree, "--zip", "-p", spec, "--no-check")
    assert answer.code == 0, answer
    assert "in the archive it is tree/x%FE.txt" in answer.err
    with zipfile.ZipFile(BytesIO(next(iter(sent(host).values())))) as archive:
        assert (archive.read("tree/x%FE.txt"), archive.read("tree/x%FF.txt")) == (b"\xfe", b"\xff")


def test_no_archive_is_left_behind(run_cli: Cli, spec: str, tree: Path, tmp_path: Path) -> None:
    place = tmp_path / "packing"
    place.mkdir()
    assert run_cli("upload", tree, "--tar", "-p", spec, env={"TMPDIR": str(place)}).code == 0
    assert list(place.iterdir()) == []


# Interruptions


def test_a_signal_ends_all_that_are_under_way(run_cli: Cli, spec: str) -> None:
    run_cli.file()
    with FakeHost([Play(mute=True)]) as slow:
        run_cli.spec("slow", form(slow))
        process = run_cli.start("upload", *["a.txt"] * 20, "-p", "slow", "-j", "3", "--no-check")
        while len(slow.requests) < 3:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (130, b"")
        assert len(slow.requests) == 3
    assert err.decode().splitlines() == ["twat-fs: interrupted; what was being sent may have been stored"]
    pending = run_cli("history", "--pending", "--json").records
    assert [receipt["state"] for receipt in pending] == ["pending"] * 3


# Connections


@pytest.mark.parametrize(("jobs", "most"), [("1", 1), ("3", 3)])
def test_connections_are_kept_from_file_to_file(run_cli: Cli, host: FakeHost, spec: str, jobs: str, most: int) -> None:
    assert run_cli("upload", *files(run_cli, 8), "-p", spec, "-j", jobs).code == 0
    assert len(host.requests) == 16  # each is fetched back
    assert len({seen.connection for seen in host.requests}) <= most


def test_a_cookie_of_one_file_does_not_go_with_the_next(run_cli: Cli) -> None:
    with FakeHost([Play(200, b"https://h.example/a", headers=[("Set-Cookie", "seen=1; Path=/")])]) as host:
        run_cli.spec("baker", form(host))
        assert run_cli("upload", *files(run_cli, 3), "-p", "baker", "--no-check").code == 0
        assert [dict(seen.headers).get("Cookie") for seen in host.requests] == [None] * 3


def test_a_connection_that_a_host_closed_meanwhile_costs_no_file(run_cli: Cli) -> None:
    with FakeHost([Play(200, b"https://h.example/a", close=True)]) as host:
        run_cli.spec("closes", form(host))
        assert run_cli("upload", *files(run_cli, 3), "-p", "closes", "--no-check").code == 0
        assert len(host.requests) == 3
