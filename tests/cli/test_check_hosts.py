"""`check-hosts`: what a trial found becomes an edit of the spec, which `git apply` takes, or which is written."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, form, registry
from twat_fs._version import __version__
from twat_fs.cli.patches import patch_of
from twat_fs.spec.catalog import Entry
from twat_fs.spec.load import load
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Answer, Cli

LONG = 60
HOW = f"Uploaded 1024 bytes with twat-fs {__version__} and fetched them back."
DELETES = 'delete: {method: DELETE, url: "{{ result.url }}"}\n'
STYLES = {
    "flow": "checked: {date: 2026-10-08, status: alive, how: A review found it up.}   # by hand\n",
    "block": "checked:\n  date: 2026-10-08\n  # in the middle\n  status: unknown\n  how: >-\n    It\n    is up.\n",
    "short": "checked: {date: 2026-10, status: closed}\n",
    "none": "",
}


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost(Store()) as host:
        yield host


@pytest.fixture
def bad() -> Iterator[FakeHost]:
    with FakeHost([Play(200, b"<html>Now with accounts</html>", [("Content-Type", "text/html")])]) as host:
        yield host


def spec(cli: Cli, name: str, host: FakeHost, checked: str = STYLES["flow"], more: str = "") -> Path:
    return cli.spec(name, checked + form(host, more=more))


def checked(path: Path) -> dict[str, str]:
    return dict(load(path.read_bytes()).data["checked"])


def applied(folder: Path, patch: str, *words: str) -> None:
    done = subprocess.run(["git", "apply", *words], cwd=folder, input=patch.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def committed(folder: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)


def today() -> str:
    return time.strftime("%Y-%m-%d")


@pytest.mark.parametrize("style", STYLES)
def test_a_host_that_works_is_said_to_be_alive_in_a_patch_that_applies(
    run_cli: Cli, host: FakeHost, style: str
) -> None:
    path = spec(run_cli, "mine", host, STYLES[style])
    committed(run_cli.home)
    before = path.read_text()
    answer = run_cli("check-hosts", "mine")
    assert answer.code == 0
    assert path.read_text() == before
    assert answer.out.startswith("--- a/specs/mine.yaml\n+++ b/specs/mine.yaml\n@@ ")
    applied(run_cli.home, answer.out)
    assert checked(path) == {"date": today(), "status": "alive", "how": HOW}
    assert "# by hand" in path.read_text() or style != "flow"
    assert "  # in the middle\n" in path.read_text() or style != "block"


def test_a_spec_outside_a_checkout_is_named_from_the_root(run_cli: Cli, host: FakeHost) -> None:
    path = spec(run_cli, "mine", host)
    patch = run_cli("check-hosts", "mine").out
    assert patch.startswith(f"--- a{os.path.realpath(path)}\n")
    applied(run_cli.home, patch, "-p0", "--include=nothing")  # it can be read
    subprocess.run(["patch", "-s", "-p1", "-d", "/"], input=patch.encode(), check=True)
    assert checked(path)["date"] == today()


def test_a_folder_with_a_space_is_no_trouble(run_cli: Cli, host: FakeHost) -> None:
    folder = run_cli.home / "my specs"
    folder.mkdir()
    path = spec(run_cli, "mine", host).rename(folder / "mine.yaml")
    committed(run_cli.home)
    applied(run_cli.home, run_cli("check-hosts", "mine", "--providers-d", "my specs").out)
    assert checked(path)["date"] == today()


def test_several_patches_in_a_row_apply(run_cli: Cli, host: FakeHost) -> None:
    paths = [spec(run_cli, name, host) for name in ("one", "two", "three")]
    paths[1].write_bytes(paths[1].read_bytes().rstrip(b"\n").replace(b"\n", b"\r\n"))
    committed(run_cli.home)
    applied(run_cli.home, run_cli("check-hosts", "one", "two", "three").out)
    assert {checked(path)["date"] for path in paths} == {today()}
    assert b"\r\n" in paths[1].read_bytes()
    assert not paths[1].read_bytes().endswith(b"\n")


def test_a_terminal_that_cannot_show_a_character_gets_the_patch_as_it_is(run_cli: Cli, host: FakeHost) -> None:
    path = spec(run_cli, "mine", host, "description: Über alles\n" + STYLES["flow"])
    committed(run_cli.home)
    applied(run_cli.home, run_cli("check-hosts", "mine", env={"PYTHONIOENCODING": "ascii"}).out)
    assert checked(path)["date"] == today()


def test_what_is_said_today_already_gives_no_patch(run_cli: Cli, host: FakeHost) -> None:
    spec(run_cli, "mine", host, f"checked: {{date: {today()}, status: alive}}\n")
    answer = run_cli("check-hosts", "mine")
    assert (answer.code, answer.out) == (0, "")
    assert answer.err.startswith("mine: works; ")


# Failures


def test_a_reply_of_another_shape_makes_the_host_unknown_not_closed(run_cli: Cli, bad: FakeHost) -> None:
    path = spec(run_cli, "mine", bad)
    committed(run_cli.home)
    answer = run_cli("check-hosts", "mine")
    assert answer.code == 4
    assert "mine: does not do what its spec says: " in answer.err
    assert "(bad_reply)" in answer.err
    applied(run_cli.home, answer.out)
    found = checked(path)
    assert (found["date"], found["status"]) == (today(), "unknown")
    assert found["how"].endswith("failed (bad_reply); last said to be alive 2026-10-08.")


def test_what_may_pass_changes_nothing(run_cli: Cli) -> None:
    with FakeHost([Play(503, b"later")]) as host:
        path = spec(run_cli, "mine", host)
        before = path.read_bytes()
        answer = run_cli("check-hosts", "mine", "--write")
    assert (answer.code, answer.out) == (5, "")
    assert "mine: cannot be judged now: " in answer.err
    assert path.read_bytes() == before


def test_a_key_that_is_refused_says_nothing_of_the_host(run_cli: Cli) -> None:
    keyed = "credentials: {TEST_KEY: {help: a}}\n"
    with FakeHost([Play(401, b"wrong")]) as host:
        run_cli.spec(
            "mine", STYLES["flow"] + keyed + form(host, request='  headers: {A: "{{ credentials.TEST_KEY }}"}')
        )
        answer = run_cli("check-hosts", "mine", env={"TEST_KEY": PLANTED})
    assert (answer.code, answer.out) == (4, "")
    assert "mine: was not judged: " in answer.err


def test_a_redirect_to_a_new_host_is_told(run_cli: Cli) -> None:
    with FakeHost([Play(308, b"", [("Location", "https://new.example/upload")])]) as host:
        spec(run_cli, "mine", host)
        answer = run_cli("check-hosts", "mine")
    assert answer.code == 4
    assert "new.example:443" in answer.err
    assert "+checked: {date: " in answer.out


def test_links_that_lead_elsewhere_than_in_the_examples_are_told(run_cli: Cli, host: FakeHost) -> None:
    example = "examples: [{reply: {status: 200, text: 'https://old.example/a'}, url: 'https://old.example/a'}]"
    spec(run_cli, "mine", host, more=example)
    answer = run_cli("check-hosts", "mine")
    assert answer.code == 0
    assert "its links lead to 127.0.0.1" in answer.err


def test_of_several_the_worst_counts(run_cli: Cli, host: FakeHost, bad: FakeHost) -> None:
    spec(run_cli, "good", host)
    spec(run_cli, "bad", bad)
    with FakeHost([Play(503)]) as late:
        spec(run_cli, "late", late)
        assert run_cli("check-hosts", "good", "late").code == 5
        assert run_cli("check-hosts", "good", "late", "bad").code == 4


# Servers of one's own


OWN = """\
options: {{server: {{type: url, env: TEST_SERVER{default}}}}}
request: {{url: "{{{{ options.server }}}}/upload", multipart: {{file: "{{{{ file }}}}"}}}}
result: {{url: {{text: true}}}}
retry: {{attempts: 1}}
"""


def test_a_server_of_ones_own_is_told_apart_from_the_host(run_cli: Cli, host: FakeHost) -> None:
    run_cli.spec("mine", OWN.format(default=""))
    answer = run_cli("check-hosts", "mine", env={"TEST_SERVER": host.url})
    assert f"how: {HOW.replace('and', 'to a server that an option names and', 1)}}}" in answer.out
    run_cli.spec("mine", OWN.format(default=f", default: '{host.url}'"))
    assert f"how: {HOW}}}" in run_cli("check-hosts", "mine").out


def test_a_server_that_nobody_named_is_not_set_up(run_cli: Cli) -> None:
    run_cli.spec("mine", OWN.format(default=""))
    answer = run_cli("check-hosts", "mine")
    assert (answer.code, answer.out) == (3, "")
    assert "mine: was not judged: " in answer.err


# Which hosts


def test_only_what_is_set_up_and_not_closed_is_tried(run_cli: Cli, host: FakeHost) -> None:
    # Those that come with the program are taken by others of their names, so that no test asks the world.
    from tests.contract.bundled import NAMES

    for name in NAMES:
        keyless = "credentials: {NOT_SET: {help: a}}\n"
        run_cli.spec(name, keyless + form(host, request='  headers: {A: "{{ credentials.NOT_SET }}"}'))
    spec(run_cli, "good", host)
    spec(run_cli, "gone", host, STYLES["short"])
    env = {"TWAT_FS_LOCAL_DIR": str(run_cli.home / "put")}
    names = [record["name"] for record in run_cli("check-hosts", "--json", env=env).records]
    assert sorted(names) == ["good", "local"]
    names = [record["name"] for record in run_cli("check-hosts", "--all", "--json", env=env).records]
    assert sorted(names) == ["gone", "good", "local"]


def test_a_host_that_was_named_and_is_not_set_up_is_told(run_cli: Cli) -> None:
    answer = run_cli("check-hosts", "fal")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err == "fal: not tried: FAL_KEY is not set (config)\n"


def test_nobody_cannot_be_checked(run_cli: Cli) -> None:
    answer = run_cli("check-hosts", "nobody")
    assert (answer.code, answer.out) == (2, "")


# Writing


@pytest.mark.parametrize("style", STYLES)
def test_the_edit_is_written_where_the_user_says_so(run_cli: Cli, host: FakeHost, style: str) -> None:
    path = spec(run_cli, "mine", host, STYLES[style])
    path.chmod(0o640)
    before = path.read_text()
    answer = run_cli("check-hosts", "mine", "--write")
    assert (answer.code, answer.out) == (0, f"{path}\n")
    assert checked(path) == {"date": today(), "status": "alive", "how": HOW}
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_text().endswith(before.partition("retry:")[2])
    assert list(path.parent.iterdir()) == [path]


def test_a_spec_that_was_accepted_stays_accepted(run_cli: Cli, host: FakeHost) -> None:
    source = spec(run_cli, "mine", host).rename(run_cli.home / "mine.yaml")
    assert run_cli("spec", "add", source, "--yes").code == 0
    answer = run_cli("check-hosts", "mine", "--write")
    assert answer.code == 0
    assert run_cli("upload_provider", "status", "mine").code == 0


def test_a_file_that_is_edited_meanwhile_is_not_written_over(run_cli: Cli) -> None:
    store = Store()

    def edits(seen: object) -> Play:
        path.write_text(path.read_text() + "# another thought\n")
        return store(seen)  # type: ignore[arg-type]

    with FakeHost(edits) as host:
        path = spec(run_cli, "mine", host)
        answer = run_cli("check-hosts", "mine", "--write")
    assert (answer.code, answer.out) == (1, "")
    assert "changed while its host was tried, so nothing is said of it" in answer.err
    assert "# another thought" in path.read_text()


def test_a_spec_that_comes_with_the_program_is_printed_and_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: FakeHost
) -> None:
    (tmp_path / "mine.yaml").write_text("spec: 1\nname: mine\ntitle: M\n" + STYLES["flow"] + form(host))
    provider = registry(tmp_path).provider("mine")
    provider.entry = Entry("mine", "providers.d/mine.yaml", "bundled")
    monkeypatch.setattr("twat_fs.bundled.checkout_folder", lambda: None)
    patch = patch_of(provider, b"a: 1\n", b"a: 2\n")
    assert patch is not None
    assert patch.refusal == "its spec comes with the program"
    assert patch.diff.startswith(b"--- a/providers.d/mine.yaml\n+++ b/providers.d/mine.yaml\n")


# For programs


def test_a_record_for_each_host(run_cli: Cli, host: FakeHost, bad: FakeHost) -> None:
    path = spec(run_cli, "good", host, more=DELETES)
    spec(run_cli, "bad", bad, "")
    answer: Answer = run_cli("check-hosts", "good", "bad", "fal", "--json")
    records = {record["name"]: record for record in answer.records}
    good = records["good"]
    assert good["outcome"] == "works"
    assert good["checked"] == {"date": "2026-10-08", "status": "alive", "how": "A review found it up."}
    assert good["proposed"]["how"] == HOW.replace(" back.", " back and deleted them again.")
    assert good["diff"].startswith("--- a/")
    assert (good["path"], good["written"], good["deleted"]) == (str(path), False, True)
    assert (records["bad"]["outcome"], records["bad"]["kind"]) == ("changed", "bad_reply")
    assert records["bad"]["checked"] is None
    assert records["bad"]["proposed"]["status"] == "unknown"
    assert (records["fal"]["outcome"], records["fal"]["kind"]) == ("not_tried", "config")
    assert answer.code == 4


def test_a_terminal_shows_the_patch_in_colour(run_cli: Cli, host: FakeHost) -> None:
    spec(run_cli, "mine", host)
    answer = run_cli.at_terminal("check-hosts", "mine", env={"TERM": "xterm"})
    assert "\x1b[32m+checked: {date: " in answer.out
    assert "\x1b[31m-checked: {date: 2026-10-08" in answer.out


def test_one_interruption_ends_it_and_writes_nothing(run_cli: Cli) -> None:
    with FakeHost([Play(mute=True)]) as host:
        path = spec(run_cli, "mine", host)
        before = path.read_bytes()
        process = run_cli.start("check-hosts", "mine", "--write")
        host.wait_for(1, LONG)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LONG)
    answer = run_cli.examined(process.returncode, out, err)
    assert (answer.code, answer.out) == (130, "")
    assert answer.err == "twat-fs: interrupted; mine may have stored a file of 1024 bytes\n"
    assert path.read_bytes() == before
