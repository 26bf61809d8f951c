"""Tells who looks elsewhere by now that long work has ended."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from twat_fs.cli import programs
from twat_fs.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.cli.report import Report

#: Seconds that work takes before anybody looks elsewhere.
LONG = 10.0

_TITLE = "twat-fs"
_SHOW = ("on run argv", "display notification (item 2 of argv) with title (item 1 of argv)", "end run")
_BELL = "\x07"


def notify(words: str, report: Report) -> None:
    """Ring the bell, and show a notification: of the desktop, or else of the terminal where it knows how.

    Args:
        words: What to say; shown on one line.
        report: Reaches the terminal.
    """
    line = printable(words)
    shown = not os.environ.get("SSH_CONNECTION") and any(not programs.run(program) for program in _programs(line))
    report.control((_BELL if shown else _sequence(line)) or _BELL)


def _programs(line: str) -> Iterator[tuple[str, ...]]:
    """Programs that show a notification; none takes the line for a switch, or for markup."""
    if sys.platform == "darwin":
        yield ("osascript", *(word for part in _SHOW for word in ("-e", part)), _TITLE, line)
    if os.environ.get("TERMUX_VERSION"):
        yield ("termux-notification", "--title", _TITLE, "--content", line)
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        from html import escape

        yield ("notify-send", f"--app-name={_TITLE}", "--", _TITLE, escape(line, quote=False))


def _sequence(line: str) -> str:
    """What has a terminal show it, and the bell; an empty text where it is not known to do that.

    OSC 9 is iTerm2's, OSC 99 kitty's, OSC 777 urxvt's; each is also known to others.
    """
    program, terminal = os.environ.get("TERM_PROGRAM", ""), os.environ.get("TERM", "")
    if program in ("iTerm.app", "WezTerm", "ghostty"):
        return f"\x1b]9;{line}\x07{_BELL}"
    if terminal == "xterm-kitty":
        return f"\x1b]99;;{line}\x1b\\{_BELL}"
    if terminal.startswith(("foot", "rxvt-unicode")) or os.environ.get("VTE_VERSION"):
        return f"\x1b]777;notify;{_TITLE};{line}\x07{_BELL}"
    return ""
