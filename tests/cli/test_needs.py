"""Asking by need: `--expires`, `--private`, `--password`, `--deletable`, `--direct` choose among hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, form
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli
    from twat_fs.testing.seen import Seen

LINK = b"https://h.example/a"
UNSAID = "it does not let anybody say how long a file is kept"
HOURS = "options: {expires: {type: duration, unit: h, maximum: 3d}}"
OPEN = "options: {password: {type: string, secret: true}, private: {type: boolean, map: {true: yes, false: null}}}"


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost([Play(200, LINK)]) as host:
        yield host


@pytest.fixture(autouse=True)
def three(run_cli: Cli, host: FakeHost) -> None:
    """Three providers in the default order's place: one for nothing, one that forgets, one that keeps secrets."""
    field = 'multipart: {file: "{{ file }}"'
    run_cli.spec("plain", form(host, more="capabilities: {direct_link: false}"))
    run_cli.spec("hours", form(host, more=HOURS).replace(field, field + ', hours: "{{ options.expires }}"'))
    secret = field + ', secret: "{{ options.password }}", hidden: "{{ options.private }}"'
    run_cli.spec("open", form(host, more=OPEN).replace(field, secret))
    run_cli.file()


def fields(seen: Seen) -> dict[str, str]:
    return {part.name: part.body.decode() for part in seen.parts if part.filename is None}


def test_only_a_host_that_can_is_asked(run_cli: Cli, host: FakeHost) -> None:
    answer = run_cli("upload", "a.txt", "-p", "plain,open,hours", "--expires", "90m", "--no-check")
    assert answer.url == LINK.decode()
    assert [fields(seen) for seen in host.requests] == [{"hours": "2"}]
    assert "plain: it does not let anybody say how long a file is kept (not_offered)" in answer.err


def test_a_wish_goes_into_the_options_of_the_host_that_is_asked(run_cli: Cli, host: FakeHost) -> None:
    words = ("upload", "a.txt", "-p", "plain,open", "--private", "--password", "--no-check", "-vv")
    assert run_cli(*words, env={"TWAT_FS_PASSWORD": PLANTED}).url
    assert fields(host.requests[0]) == {"secret": PLANTED, "hidden": "yes"}


def test_an_option_that_is_given_by_name_counts_more(run_cli: Cli, host: FakeHost) -> None:
    assert run_cli("upload", "a.txt", "-p", "hours", "--expires", "1h", "-o", "expires=3h", "--no-check").url
    assert fields(host.requests[0]) == {"hours": "3"}


def test_fallback_stays_among_those_that_can(run_cli: Cli, host: FakeHost) -> None:
    with FakeHost([Play(503)]) as broken:
        run_cli.spec("hours", form(broken, more=f"{HOURS}\nretry: {{attempts: 1}}").replace("retry: {initial: 0s}", ""))
        answer = run_cli("upload", "a.txt", "-p", "hours,plain,open", "--expires", "1h", "--no-check")
        assert (answer.code, len(broken.requests), len(host.requests)) == (5, 1, 0)
    assert "hours: " in answer.err
    assert "plain: it does not let" in answer.err


def test_a_wish_that_nobody_can_meet_says_for_each_what_is_missing(run_cli: Cli, host: FakeHost) -> None:
    answer = run_cli("upload", "a.txt", "-p", "plain,hours,open", "--expires", "4d", "--direct", "--no-check")
    assert (answer.code, answer.out, host.requests) == (2, "", [])
    assert answer.err.splitlines()[-4:] == [
        "twat-fs: no provider took the file:",
        f"  plain: {UNSAID}; its links open a page, not the file itself (not_offered)",
        "  hours: option expires: its maximum is 3d (not_offered)",
        f"  open: {UNSAID} (not_offered)",
    ]


def test_one_host_that_cannot_is_wrong_usage(run_cli: Cli, host: FakeHost) -> None:
    answer = run_cli("upload", "a.txt", "-p", "plain", "--deletable", "--no-check")
    assert (answer.code, answer.out, host.requests) == (2, "", [])
    assert "plain: what was uploaded cannot be deleted" in answer.err


def test_no_duration_is_said_once(run_cli: Cli) -> None:
    answer = run_cli("upload", "a.txt", "--expires", "soon")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.splitlines()[0] == ("twat-fs: expires: `soon` is not a duration; write 30s, 5m, 1h or 7d")


def test_a_password_is_asked_for_and_not_shown(run_cli: Cli, host: FakeHost) -> None:
    words = ("upload", "a.txt", "-p", "open", "--password", "--no-check", "-q")
    answer = run_cli.at_terminal(*words, typed=f"{PLANTED}\n{PLANTED}\n")
    assert answer.code == 0
    assert answer.out.split()[-1] == LINK.decode()
    assert fields(host.requests[0]) == {"secret": PLANTED}


def test_a_password_is_not_waited_for_where_there_is_nobody(run_cli: Cli, host: FakeHost) -> None:
    answer = run_cli("upload", "a.txt", "-p", "open", "--password")
    assert (answer.code, answer.out, host.requests) == (2, "", [])
    assert "TWAT_FS_PASSWORD" in answer.err


def test_a_dry_run_shows_the_plan(run_cli: Cli, host: FakeHost) -> None:
    run_cli.spec("later", form(host, more=HOURS))
    answer = run_cli("upload", "a.txt", "-p", "plain,hours,later", "--expires", "1h", "--dry-run")
    assert answer.code == 0
    assert host.requests == []
    lines = answer.out.splitlines()
    assert lines[:2] == [
        "# hours is tried first, then later",
        "# passed over: plain: it does not let anybody say how long a file is kept (not_offered)",
    ]
    assert lines[2].startswith("curl ")


def test_the_record_for_programs_says_who_was_passed_over(run_cli: Cli) -> None:
    record = run_cli("upload", "a.txt", "-p", "plain,hours", "--expires", "1h", "--no-check", "--json").record
    assert [(attempt["provider"], attempt["kind"]) for attempt in record["attempts"]] == [("plain", "not_offered")]


# The list


def names(run_cli: Cli, *words: str) -> set[str]:
    answer = run_cli("upload_provider", "list", *words)
    assert (answer.code, answer.err) == (0, "")
    return {line.split()[0] for line in answer.out.splitlines()}


@pytest.mark.parametrize(
    ("words", "there", "gone"),
    [
        (["--expires", "2d"], {"hours", "litterbox"}, {"plain", "open", "s3", "uguu"}),
        (["--expires", "30d"], set(), {"hours", "litterbox"}),
        (["--password"], {"open"}, {"plain", "hours"}),
        (["--private"], {"open", "x0at"}, {"plain", "hours"}),
        (["--direct"], {"open", "catbox"}, {"plain", "filebin"}),
        (["--no-auth"], {"open", "plain", "catbox", "local"}, {"fal", "pixeldrain", "s3", "dropbox"}),
        (["--min-size", "2GB"], {"plain", "senditsh"}, {"catbox", "uguu"}),
        (["--min-size", "2GB", "--no-auth", "--direct"], {"senditsh"}, {"plain", "pixeldrain", "catbox", "www0x0"}),
    ],
)
def test_the_list_can_be_asked_for_those_that_can(
    run_cli: Cli, words: list[str], there: set[str], gone: set[str]
) -> None:
    found = names(run_cli, *words)
    assert there <= found
    assert not gone & found


def test_a_closed_host_can_do_nothing(run_cli: Cli) -> None:
    assert "www0x0" in names(run_cli)
    assert "www0x0" not in names(run_cli, "--min-size", "1kB")


def test_a_spec_that_is_not_valid_can_do_nothing(run_cli: Cli) -> None:
    run_cli.spec("broken", "request: 5\n")
    assert "broken" in names(run_cli)
    assert "broken" not in names(run_cli, "--direct")


@pytest.mark.parametrize(("words", "says"), [(["--min-size", "big"], "not a size"), (["--expires", "1"], "not a dur")])
def test_what_is_no_size_and_no_duration_is_told(run_cli: Cli, words: list[str], says: str) -> None:
    answer = run_cli("upload_provider", "list", *words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


@pytest.mark.parametrize(
    ("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals(run_cli: Cli, env: dict[str, str], coloured: bool) -> None:
    out = run_cli.at_terminal("upload_provider", "list", "--private", env={"TERM": "xterm", **env}).out
    assert "x0at" in out
    assert ("\x1b[" in out) is coloured
    assert "\x1b[" not in run_cli("upload_provider", "list", env={"TERM": "xterm"}).out
