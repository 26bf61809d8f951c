"""Standard output that is closed, full or a pipe that nobody reads; a poor environment."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

GOOD = "https://h.example/a"
UNCHECKED = "capabilities: {check: none}"


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost([Play(200, GOOD.encode())]) as found:
        yield found


@pytest.fixture
def cli(run_cli: Cli, host: FakeHost) -> Cli:
    run_cli.spec("one", form(host, more=UNCHECKED))
    run_cli.file()
    return run_cli


# Where the URL cannot go


def test_a_closed_standard_output_stops_the_upload_before_it_begins(cli: Cli, host: FakeHost) -> None:
    answer = cli.shell("twat_fs upload a.txt -p one >&-")
    assert (answer.code, host.requests) == (2, [])
    assert "standard output is closed" in answer.err


def test_a_url_that_cannot_be_written_goes_to_standard_error(cli: Cli) -> None:
    answer = cli.shell("twat_fs upload a.txt -p one >/dev/full")
    assert answer.code == 1
    assert GOOD in answer.err
    assert "standard output cannot be written" in answer.err


def test_a_pipe_that_nobody_reads_loses_no_url(cli: Cli) -> None:
    answer = cli.shell("(sleep 0.3; twat_fs upload a.txt -p one; echo $? >&2) | true")
    assert GOOD in answer.err
    assert answer.err.splitlines()[-1] == "1"


def test_a_record_that_cannot_be_written_goes_to_standard_error(cli: Cli) -> None:
    answer = cli.shell("twat_fs upload a.txt -p one --json >/dev/full")
    assert answer.code == 1
    assert f'"url": "{GOOD}"' in answer.err


@pytest.mark.parametrize(
    "command", ["upload_provider list", "validate-spec", "upload --dry-run a.txt -p one", "--help"]
)
def test_a_list_that_nobody_reads_is_quiet(cli: Cli, command: str) -> None:
    answer = cli.shell(f"(sleep 0.2; twat_fs {command}) | true")
    assert answer.err == ""


def test_a_closed_standard_error_does_no_harm(cli: Cli, host: FakeHost) -> None:
    cli.spec("bad", form(host, more="capabilities: {max_file_size: 1}"))
    answer = cli.shell("twat_fs upload a.txt -v -p bad,one 2>&-")
    assert (answer.code, answer.out) == (0, f"{GOOD}\n")


def test_closed_standard_input_does_no_harm(cli: Cli) -> None:
    assert cli.shell("twat_fs upload a.txt -p one <&-").out == f"{GOOD}\n"


# A poor environment


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": None, "LANG": None},
        {"HOME": None},
        {"HOME": "/nowhere/at/all", "XDG_CACHE_HOME": None},
        {"HOME": "/dev/null", "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None, "TWAT_FS_HISTORY": "off"},
        {"XDG_CACHE_HOME": "/proc/nowhere"},
        {"PATH": None},
        {"TMPDIR": "/nowhere"},
        {"PYTHONWARNINGS": "error"},
    ],
)
def test_an_upload_needs_little_of_its_surroundings(cli: Cli, env: dict[str, str | None]) -> None:
    answer = cli("upload", "a.txt", "-p", "one", env=env)
    assert answer.url == GOOD
    assert answer.err == ""


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_message_in_any_alphabet_is_shown(cli: Cli, encoding: str) -> None:
    with FakeHost([Play(400, "nö 文 😀".encode())]) as bad:
        cli.spec("bad", form(bad))
        answer = cli("upload", "a.txt", "-p", "bad", env={"PYTHONIOENCODING": encoding})
    assert answer.code == 4
    assert "answered 400" in answer.err


@pytest.mark.parametrize(
    ("encoding", "shown"), [("ascii", r"n\xf6 \u6587"), ("latin-1", "n\udcf6 \\u6587"), ("utf-8", "nö 文")]
)
def test_a_result_in_any_alphabet_is_printed(cli: Cli, encoding: str, shown: str) -> None:
    cli.file("nö 文")
    answer = cli.shell("twat_fs upload n* -p one --format '{{ name }}'", env={"PYTHONIOENCODING": encoding})
    assert (answer.code, answer.out) == (0, f"{shown}\n")


def test_what_is_kept_is_the_users_alone(cli: Cli) -> None:
    made = [cli.home / kind for kind in ("cache", "data", "config")]
    cli.shell("umask 0; twat_fs upload a.txt -p one; twat_fs config set jobs 2", env={"XDG_CACHE_HOME": str(made[0])})
    for top in made:  # with an open folder above, anybody could put another in the place of a closed one
        kept = [path for path in top.rglob("*") if path.is_file()]
        assert kept, top
        assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
        folders = {top, *(path for path in top.rglob("*") if path.is_dir())}
        assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
