"""Puts a text into the clipboard: by a program of the desktop, or by the terminal, which may be far away.

`pyperclip` is not used: it does not see that a program failed, waits for it for ever, lets it keep standard output
open, and knows no terminal that does it itself.
"""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from typing import TYPE_CHECKING

from twat_fs.cli import programs
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.cli.report import Report

#: Characters of the sequence that has a terminal copy something: longer ones are dropped (hterm, `osc52.sh`).
_TERMINAL_LIMIT = 100_000
#: Bytes of a sequence that every `screen` gives through at a time, and those that are around them.
_SCREEN_LIMIT = 256
_AROUND = 4
_BY_TERMINAL = "the terminal was asked to copy it; not every one does"


class _Way(NamedTuple):
    words: tuple[str, ...]
    encoding: str = "utf-8"


def copy(text: str, report: Report) -> str:
    """Copy a text.

    Args:
        text: The text.
        report: Reaches the terminal.

    Returns:
        What went wrong; nothing if nothing did.
    """
    problems = []
    ways = [] if _is_far() else list(_ways())
    for way in ways:
        problem = programs.run(way.words, text.encode(way.encoding, "replace"))
        if not problem:
            return ""
        problems.append(problem)
    sequence = f"\x1b]52;c;{b64encode(text.encode()).decode()}\x07"
    if len(sequence) <= _TERMINAL_LIMIT and report.control(_through_screen(sequence)):
        if not report.quiet:
            report.say(f"twat-fs: --copy: {_BY_TERMINAL}")
        return ""
    missing = "no clipboard was found; wl-clipboard, xclip or xsel give access to that of a desktop"
    return "; ".join(problems) or missing


def _is_far() -> bool:
    """Whether the user sits at another machine, and the desktop of this one is not what is shown there."""
    environ = os.environ
    return bool(environ.get("SSH_CONNECTION")) and not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def _ways() -> Iterator[_Way]:
    """The programs that there may be here; those of X11 and Wayland wait for ever where there is no display."""
    if sys.platform == "darwin":
        yield _Way(("pbcopy",))
    if os.environ.get("WSL_DISTRO_NAME"):
        yield _Way(("clip.exe",), "utf-16-le")
    if os.environ.get("TERMUX_VERSION"):
        yield _Way(("termux-clipboard-set",))
    if os.environ.get("WAYLAND_DISPLAY"):
        yield _Way(("wl-copy",))
    if os.environ.get("DISPLAY"):
        yield _Way(("xclip", "-selection", "clipboard"))
        yield _Way(("xsel", "--clipboard", "--input"))


def _through_screen(sequence: str) -> str:
    """A sequence for the terminal, in pieces that `screen` gives through to it, where that is between."""
    if not os.environ.get("STY"):
        return sequence
    size = _SCREEN_LIMIT - _AROUND
    return "".join(f"\x1bP{sequence[at : at + size]}\x1b\\" for at in range(0, len(sequence), size))
