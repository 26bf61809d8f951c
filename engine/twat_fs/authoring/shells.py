"""A command line as people paste it, from a POSIX shell, cmd.exe or PowerShell, as words in which variables are marked.

Only quoting is understood, and nothing is run: what a command inside the line would give is not known here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twat_fs.authoring.posix_shell import Posix
from twat_fs.authoring.windows_shells import Cmd, PowerShell

if TYPE_CHECKING:
    from twat_fs.authoring.words import Line, Reader


def read(text: str, shell: str = "", closer: str = "") -> Line:
    """The words of a command line, whichever of the three shells it is written for.

    Args:
        text: One command, over as many lines as it likes.
        shell: `cmd` or `powershell` where that is known; else the line's own signs tell.
        closer: The character that ends the command where it stands inside another.

    Raises:
        UsageError: A quote is not closed, or a command inside the line would have to be run.
    """
    known: dict[str, type[Reader]] = {"cmd": Cmd, "powershell": PowerShell}
    reader = (known.get(shell) or _dialect(text))(text.strip(), closer)
    return reader.line()


def _dialect(text: str) -> type[Reader]:
    if re.search(r"\\[ \t]*\r?$", text, re.MULTILINE):
        return Posix
    if re.search(r"\^\s*$", text, re.MULTILINE) or re.search(r"%[A-Za-z_]\w*%|[^\['\"]\^[&|<>^]|\s\^\"", text):
        return Cmd
    # A backtick at the end of a command inside the line is no escape.
    backtick = r"`\s*$" if re.search(r"`\s*(?:cat|base64|basename)\s", text) else r"`\s*$|`[\"$]"
    if re.search(backtick, text, re.MULTILINE) or re.search(r"\$env:\w|^curl\.exe\b", text, re.IGNORECASE):
        return PowerShell
    return Posix
