"""What is done with a URL beside printing it: the clipboard, the browser, the code, the notification, and colours."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.cli import browser, delivering
from twat_fs.cli.clipboard import copy
from twat_fs.cli.colour import wants_colour
from twat_fs.cli.delivering import Delivery, Wishes, summary
from twat_fs.cli.notifying import notify
from twat_fs.cli.report import Report
from twat_fs.results import UploadResult
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Cli


@pytest.fixture
def host(run_cli: Cli) -> Iterator[FakeHost]:
    with FakeHost(Store()) as found:
        run_cli.spec("mine", form(found))
        run_cli.file()
        run_cli.file("b.txt")
        yield found


class Programs:
    """Programs of a desktop that note their arguments and what they are given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.path = f"{folder}:/usr/bin:/bin"

    def add(self, name: str, body: str = "") -> None:
        script = self.folder / name
        note = f'printf "%s\\n" "$@" > {self.folder}/{name}.words; cat > {self.folder}/{name}.given\n'
        script.write_text(f"#!/bin/sh\n{note}{body}\n")
        script.chmod(0o755)

    def given(self, name: str) -> str:
        return (self.folder / f"{name}.given").read_text()

    def words(self, name: str) -> list[str]:
        return (self.folder / f"{name}.words").read_text().splitlines()


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path / "programs")


def _controls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the terminal is sent."""
    sent: list[str] = []

    def control(_: Report, sequence: str) -> bool:
        sent.append(sequence)
        return True

    monkeypatch.setattr(Report, "control", control)
    return sent


# The clipboard


def test_all_that_was_printed_is_copied(run_cli: Cli, host: FakeHost, programs: Programs) -> None:
    # What stays behind with the text, as xclip does, holds nothing open that somebody waits for.
    programs.add("wl-copy", "sleep 30 &")
    display = {"PATH": programs.path, "WAYLAND_DISPLAY": "wayland-0"}
    answer = run_cli("upload", "a.txt", "b.txt", "-p", "mine", "--copy", env=display)
    assert (answer.code, answer.err) == (0, "")
    assert programs.given("wl-copy") == answer.out.rstrip("\n")
    assert programs.words("wl-copy") == [""]  # others could read its arguments
    assert run_cli("upload", "a.txt", "-p", "mine", "--copy", "--format", "markdown", env=display).code == 0
    assert programs.given("wl-copy") == f"[a.txt]({host.url}/stored/2/a.txt)"
    assert run_cli("upload", "a.txt", "-p", "mine", "--copy", "--json", env=display).code == 0
    assert programs.given("wl-copy") == f"{host.url}/stored/3/a.txt"


def test_one_clipboard_that_fails_makes_way_for_the_next(run_cli: Cli, host: FakeHost, programs: Programs) -> None:
    programs.add("xclip", "echo no display >&2; exit 1")
    programs.add("xsel")
    display = {"PATH": programs.path, "DISPLAY": ":0"}
    answer = run_cli("upload", "a.txt", "-p", "mine", "--copy", env=display)
    assert (answer.code, answer.err, programs.given("xsel")) == (0, "", answer.out.strip())
    programs.add("xsel", "exit 2")
    answer = run_cli("upload", "a.txt", "-p", "mine", "--copy", env=display)
    assert answer.code == 0
    assert answer.err == "twat-fs: --copy: xclip ended with status 1: no display; xsel ended with status 2\n"
    assert run_cli("upload", "a.txt", "-p", "mine", "--copy", "-q", env=display).err == ""


def test_without_a_clipboard_it_is_said_what_gives_one(run_cli: Cli, host: FakeHost) -> None:
    answer = run_cli("upload", "a.txt", "-p", "mine", "--copy")
    assert answer.url == f"{host.url}/stored/0/a.txt"
    assert "wl-clipboard, xclip or xsel" in answer.err


def test_a_terminal_far_away_copies_it_itself(run_cli: Cli, host: FakeHost, programs: Programs) -> None:
    programs.add("pbcopy")
    far = {"PATH": programs.path, "SSH_CONNECTION": "1", "TERM": "xterm"}
    shown = run_cli.at_terminal("upload", "a.txt", "-p", "mine", "--copy", env=far).out
    before, _, rest = shown.partition("\x1b]52;c;")
    assert b64decode(rest.partition("\x07")[0]).decode() == before.strip() == f"{host.url}/stored/0/a.txt"
    assert "the terminal was asked to copy it" in shown


def test_what_goes_through_screen_is_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = _controls(monkeypatch)
    monkeypatch.setenv("STY", "1.tty")
    assert copy("http://h/" + "a" * 500, Report(quiet=True)) == ""
    pieces = sent[0].split("\x1b\\")[:-1]
    assert all(piece.startswith("\x1bP") and len(piece) <= 254 for piece in pieces)
    whole = "".join(piece[2:] for piece in pieces)
    assert b64decode(whole[len("\x1b]52;c;") : -1]).decode() == "http://h/" + "a" * 500


def test_a_failed_upload_copies_and_opens_nothing(run_cli: Cli, programs: Programs) -> None:
    programs.add("wl-copy")
    with FakeHost([Play(413)]) as bad:
        run_cli.spec("bad", form(bad))
        words = ("--copy", "--open", "--qr", "--notify")
        display = {"PATH": programs.path, "WAYLAND_DISPLAY": "w", "BROWSER": "false"}
        answer = run_cli("upload", run_cli.file(), "-p", "bad", *words, env=display)
    assert answer.code == 4
    assert not (programs.folder / "wl-copy.given").exists()
    assert "--open" not in answer.err


# The browser


def test_the_page_is_opened_and_standard_output_stays_clean(run_cli: Cli, host: FakeHost, programs: Programs) -> None:
    run_cli.spec("paged", form(host).replace("{text: true}", "{text: true}, page_url: {template: /page}"))
    programs.add("browser", "echo a word of the browser; sleep 30 &")
    answer = run_cli(
        "upload", "a.txt", "-p", "paged", "--open", env={"BROWSER": str(programs.folder / "browser"), "PATH": "/bin"}
    )
    assert answer.url == f"{host.url}/stored/0/a.txt"
    assert answer.err == ""
    assert programs.words("browser") == [f"{host.url}/page"]


def test_what_cannot_be_opened_is_a_warning(run_cli: Cli, host: FakeHost) -> None:
    answer = run_cli("upload", "a.txt", "-p", "mine", "--open", env={"BROWSER": "/nowhere", "PATH": "/none"})
    assert answer.code == 0
    assert answer.err.startswith("twat-fs: --open: ")
    answer = run_cli("upload", "a.txt", "-p", "local", "--open", env={"TWAT_FS_LOCAL_DIR": str(run_cli.home / "out")})
    assert (answer.code, answer.err) == (0, "twat-fs: --open: it is no http or https address\n")


def test_no_avalanche_of_windows_comes_down(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    opened: list[str] = []

    def show(url: str) -> str:
        opened.append(url)
        return ""

    monkeypatch.setattr("twat_fs.cli.browser.show", show)
    delivery = Delivery(Wishes(open=True), Report())
    for number in range(15):
        delivery.one("", UploadResult(f"http://h/{number}"))
    assert len(opened) == 10
    assert capsys.readouterr().err == "twat-fs: --open: 10 were opened; the others are not\n"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "file:///etc/passwd", "--help", "data:text/html,x", ""])
def test_nothing_but_the_web_is_opened(monkeypatch: pytest.MonkeyPatch, programs: Programs, url: str) -> None:
    programs.add("browser")
    monkeypatch.setenv("BROWSER", str(programs.folder / "browser"))
    assert browser.show(url) == "it is no http or https address"
    assert not (programs.folder / "browser.words").exists()


def test_no_shell_reads_an_address_that_is_opened(
    monkeypatch: pytest.MonkeyPatch, programs: Programs, tmp_path: Path
) -> None:
    programs.add("browser")
    monkeypatch.setenv("BROWSER", f"{programs.folder}/browser %s")
    url = f"http://h.example/$(touch${{IFS}}{tmp_path}/there);'\"&`id`"
    assert browser.show(url) == ""
    assert programs.words("browser") == [url]
    assert not (tmp_path / "there").exists()


# The code


def test_a_code_goes_to_standard_error_alone(run_cli: Cli, host: FakeHost) -> None:
    answer = run_cli("upload", "a.txt", "-p", "mine", "--qr")
    assert answer.url == f"{host.url}/stored/0/a.txt"
    assert len(answer.err.splitlines()) > 10
    assert set(answer.err) <= set(" ▀▄█\n")
    shown = run_cli.at_terminal("upload", "a.txt", "-p", "mine", "--qr", "-q").out
    assert shown.startswith(f"{host.url}/stored/1/a.txt\r\n\x1b[38;5;16;48;5;231m")
    plain = run_cli("upload", "a.txt", "-p", "mine", "--qr", env={"PYTHONIOENCODING": "ascii"})
    assert plain.err == "twat-fs: --qr: there are neither blocks nor colours here to draw a code with\n"


# The notification


def _seen(monkeypatch: pytest.MonkeyPatch, words: str, **environ: str) -> str:
    """What the terminal is sent for a notification."""
    sent = _controls(monkeypatch)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    notify(words, Report())
    return "".join(sent)


@pytest.mark.parametrize(
    ("environ", "sent"),
    [
        ({"TERM": "xterm"}, "\a"),
        ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;a b is uploaded\a\a"),
        ({"TERM": "xterm-kitty"}, "\x1b]99;;a b is uploaded\x1b\\\a"),
        ({"TERM": "foot"}, "\x1b]777;notify;twat-fs;a b is uploaded\a\a"),
    ],
)
def test_a_terminal_that_knows_how_shows_it(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], sent: str
) -> None:
    assert _seen(monkeypatch, "a\x1b\x07b is uploaded", **environ) == sent


def test_a_desktop_is_told_without_markup_and_without_switches(
    monkeypatch: pytest.MonkeyPatch, programs: Programs
) -> None:
    programs.add("notify-send")
    sent = _seen(monkeypatch, "--help <b>& is uploaded", DISPLAY=":0", PATH=programs.path, TERM="foot")
    assert sent == "\a"
    assert programs.words("notify-send") == [
        "--app-name=twat-fs",
        "--",
        "twat-fs",
        "--help &lt;b&gt;&amp; is uploaded",
    ]


@pytest.mark.parametrize(("long", "told"), [(0.0, ["2 of 3 files are uploaded, 1 failed"]), (1e9, [])])
def test_only_the_end_of_long_work_at_a_terminal_is_told(
    monkeypatch: pytest.MonkeyPatch, long: float, told: list[str]
) -> None:
    seen: list[str] = []
    monkeypatch.setattr("twat_fs.cli.notifying.LONG", long)
    monkeypatch.setattr("twat_fs.cli.notifying.notify", lambda words, _: seen.append(words))
    Delivery(Wishes(notify=True), Report()).end([0, 0, 4], "")
    assert seen == []
    monkeypatch.setattr(delivering, "is_terminal", lambda _: True)
    Delivery(Wishes(notify=True), Report()).end([0, 0, 4], "")
    assert seen == told


def test_a_notification_names_no_folder_and_no_url(run_cli: Cli, host: FakeHost, programs: Programs) -> None:
    programs.add("notify-send")
    early = "from twat_fs.cli import notifying\nnotifying.LONG = 0\n"
    desktop = {**run_cli.before(early), "PATH": programs.path, "DISPLAY": ":0", "TERM": "xterm"}
    path = run_cli.home / "private folder" / "$(id).txt"
    path.parent.mkdir()
    path.write_bytes(b"hello")
    assert run_cli.at_terminal("upload", path, "-p", "mine", "--notify", env=desktop).code == 0
    assert programs.words("notify-send") == ["--app-name=twat-fs", "--", "twat-fs", "$(id).txt is uploaded"]


def test_the_end_is_told_in_a_few_words() -> None:
    assert summary([0], "a.txt") == "a.txt is uploaded"
    assert summary([5], "a.txt") == "a.txt failed"
    assert summary([0, 0], "") == "2 of 2 files are uploaded"


# Colours


class _Stream:
    def __init__(self, *, terminal: bool) -> None:
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize(
    ("environ", "terminal", "wanted"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR": "0"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_go_where_they_are_wanted(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], terminal: bool, wanted: bool
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(_Stream(terminal=terminal)) is wanted  # type: ignore[arg-type]


def test_errors_are_red_at_a_terminal_and_plain_elsewhere(run_cli: Cli) -> None:
    assert "\x1b[31mtwat-fs\x1b[0m: " in run_cli.at_terminal("upload", "none.txt", env={"TERM": "xterm"}).out
    assert "\x1b" not in run_cli.at_terminal("upload", "none.txt", env={"TERM": "xterm", "NO_COLOR": "1"}).out
    assert "\x1b" not in run_cli("upload", "none.txt").err


# The line


SLOW = """
import time
from twat_fs.cli import progress
progress._PATIENCE, progress._PERIOD = 0.05, 0.02
"""


def test_a_line_says_how_far_it_is_and_goes_away(run_cli: Cli) -> None:
    def held(_: object) -> Play:
        return Play(200, b"https://h.example/a", delay=0.5)

    with FakeHost(held) as slow:
        run_cli.spec("slow", form(slow, more="capabilities: {check: none}"))
        run_cli.file("big.bin", bytes(100_000))
        early = {**run_cli.before(SLOW), "TERM": "xterm"}
        shown = run_cli.at_terminal("upload", "big.bin", "-p", "slow", env=early).out
        assert "] " in shown
        assert "100 kB of 100 kB" in shown
        assert shown.endswith("\r\x1b[Khttps://h.example/a\r\n")
        for words in (["--no-progress"], ["-q"]):
            assert run_cli.at_terminal("upload", "big.bin", "-p", "slow", *words, env=early).out == (
                "https://h.example/a\r\n"
            )
        dumb = run_cli.at_terminal("upload", "big.bin", "-p", "slow", env={**early, "TERM": "dumb"})
        elsewhere = run_cli("upload", "big.bin", "-p", "slow", env=early)
    assert dumb.out == "https://h.example/a\r\n"
    assert (elsewhere.url, elsewhere.err) == ("https://h.example/a", "")
