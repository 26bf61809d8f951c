"""The curl command in what people paste: after a prompt, between the marks of a page, behind a pipe, in a function."""

from __future__ import annotations

import re

from twat_fs.errors import UsageError
from twat_fs.tuples import NamedTuple


class Pasted(NamedTuple):
    """A command that was found.

    Attributes:
        text: From `curl` on.
        shell: `cmd` or `powershell` where what stands before tells, else an empty string.
        closer: The character that ends the command where it stands inside another one, or an empty string.
        remarks: What was left out or put right.
    """

    text: str
    shell: str
    closer: str
    remarks: tuple[str, ...]


#: The word `curl` where a command may begin. What follows an option or an address is preferred to a word in prose.
_CURL = re.compile(r"(?im)(?:^|(?<=[\s;&|({`'\"$\\/>]))curl(?:\.exe)?(?=['\"]?(?:\s|$))")
_BEGINS = re.compile(r"['\"]?\s+(?:[\\^`]\s*\n\s*)?(?:-|['\"]?https?:|['\"$])", re.IGNORECASE)
#: The folder that the program is in, with the quote before it.
_FOLDER = re.compile(r"(?:['\"]?[A-Za-z]:|['\"])?[^\s'\";&|(){}`$=>]*[/\\]$")
_POWERSHELL = re.compile(r"(?:PS(?: [^>\n]*)?>|(?:^|\n)\s*&)\s*$")
_CMD = re.compile(r"[A-Za-z]:\\[^>\n]*>\s*$")
#: A prompt, and words that change nothing in what is sent.
_PROMPT = re.compile(
    r"(?:(?:\([\w.-]+\) ?)?(?:\[?[\w.-]+@[\w.-]+[^$#%>\n]*)?[$#%>❯➜]|\+)?\s*(?:(?:sudo|time|env|exec|command|!|[A-Za-z_]\w*=\S*)\s+)*"  # noqa: E501
)
_FENCE = re.compile(r"(?m)^\s*(?:```|~~~).*$")
#: What word processors and pages make of quotes and hyphens.
_TYPOGRAPHY = str.maketrans("“”„‘’\u00a0", '"""\'\' ')
_DASH = re.compile(r"(?<=\s)[\u2013\u2014](?=\w)")


def command(text: str) -> Pasted:
    """The curl command in a text.

    Args:
        text: What was pasted.

    Raises:
        UsageError: There is none.
    """
    text, remarks = _plain(text)
    start = _start(text)
    before = text[:start]
    folder = _FOLDER.search(before)
    if folder:
        before = before[: folder.start()]
        if folder[0][0] in "'\"":  # its other half stands after the program's name
            text = text[:start] + text[start:].replace(folder[0][0], "", 1)
    elif before[-1:] in ("'", '"'):
        raise _none(text)
    shell = "powershell" if _POWERSHELL.search(before) else "cmd" if _CMD.search(before) else ""
    closer = ")" if before.rstrip()[-1:] == "(" else "`" if before[-1:] == "`" else ""
    if not shell and not _is_prompt(before):
        remarks.append(f"what stands before the curl command is left out: `{' '.join(before.split())[:60]}`")
    return Pasted(_continued(text[start:]), shell, closer, tuple(remarks))


def _plain(text: str) -> tuple[str, list[str]]:
    """A text with the quotes and hyphens of a keyboard, and without the marks around a block of code."""
    remarks = []
    plain = text
    if re.search("[“”„]", text) or _DASH.search(text):
        plain = _DASH.sub(lambda found: "--" if found[0] == "\u2014" else "-", plain)
        plain = plain.translate(_TYPOGRAPHY)
        remarks.append("quotes and hyphens that a page made pretty are read as those of a keyboard")
    return _FENCE.sub("", plain.replace("\u00a0", " ")).strip(), remarks


def _start(text: str) -> int:
    found = [match for match in _CURL.finditer(text) if not _in_comment(text, match.start())]
    begins = [match for match in found if _BEGINS.match(text, match.end())]
    if not found:
        raise _none(text)
    return (begins or found)[0].start()


def _in_comment(text: str, at: int) -> bool:
    """Whether a line is a comment; one that has a `#` and nothing else before the command is root's prompt."""
    line = text[text.rfind("\n", 0, at) + 1 : at].lstrip()
    return line.startswith("#") and line.strip() != "#"


def _is_prompt(before: str) -> bool:
    lines = [line.strip() for line in before.splitlines()]
    told = [line for line in lines if line and not (line.startswith("#") and line != "#")]
    return not told or (len(told) == 1 and bool(_PROMPT.fullmatch(f"{told[0]} ")))


def _continued(text: str) -> str:
    """A command without the `>` by which a shell asks for the next line."""
    return re.sub(r"([\\`^][ \t]*\r?\n[ \t]*)>>?[ \t]+", r"\1", text)


def _none(text: str) -> UsageError:
    begun = text.split(maxsplit=1)[0][:60] if text.split() else "nothing"
    return UsageError(f"this is no curl command: it begins with {begun}")
