"""The manual page, from `docs/cli.md`: one page for commands, options, variables, files, statuses and examples.

It has what that page has, in roff with the macros of man(7). `generate.py` writes it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEAD = """\
.\\" Made from docs/cli.md by `python docs/generate.py`; do not edit.
.TH TWAT\\-FS 1 "" "twat\\-fs {version}" "User Commands"
.SH NAME
twat\\-fs, file2url \\- take a file, put it on a host, print its URL
.SH SYNOPSIS
.B twat\\-fs
.RI [ OPTIONS ]
.I COMMAND
.RI [ ARGS ]...
.br
.B file2url
.RI [ OPTIONS ]
.RI [ FILE ]...
.SH DESCRIPTION
"""
_TAIL = """\
.SH EXAMPLES
Upload a file and keep its URL in a variable:
.PP
.EX
    url=$(twat\\-fs upload photo.jpg)
.EE
.PP
Upload all pictures of a folder, four at a time, as lines for a page in Markdown:
.PP
.EX
    twat\\-fs upload *.png \\-\\-jobs 4 \\-\\-format markdown
.EE
.PP
Send what a command prints, for a day, and show the URL as a code for a telephone:
.PP
.EX
    make 2>&1 | twat\\-fs upload \\- \\-\\-name build.log \\-\\-expires 1d \\-\\-qr
.EE
.PP
See what would be sent, without sending it, and what was tried where it did not work:
.PP
.EX
    twat\\-fs upload report.pdf \\-\\-dry\\-run
    twat\\-fs upload report.pdf \\-\\-explain
.EE
.SH SEE ALSO
.BR curl (1),
.BR rclone (1)
"""
#: Sections of the page that are commands, and so go below one heading.
_COMMANDS = "COMMANDS"
_INLINE = re.compile(
    r"`` (?P<doubled>.+?) ``|`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|\*(?P<italic>[^*]+)\*"
    r"|\[(?P<link>[^\]]*)\]\([^)]*\)"
)


#: What roff would show as something else.
_GLYPHS = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}


def manual(page: str, commands: Sequence[str], version: str) -> str:
    """The manual page.

    Args:
        page: The text of `docs/cli.md`.
        commands: The titles of its sections that are about commands.
        version: The program's version.
    """
    title, _, text = page.partition("\n")
    assert title.startswith("# ")
    text = re.sub(r"<!--.*?-->\n| \(\[(?:more|why)\]\([^)]*\)\)", "", text)
    intro, *sections = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)
    pairs = list(zip(sections[::2], sections[1::2], strict=True))
    lines = [_HEAD.format(version=_escaped(version)).rstrip("\n"), *_blocks(_without_contents(intro))]
    lines.append(f".SH {_COMMANDS}")
    for name, body in pairs:
        if name in commands:
            lines += [f".SS {_escaped(name)}", *_blocks(body, name)]
    for name, body in pairs:
        if name not in commands:
            lines += [f".SH {_escaped(name.upper())}", *_blocks(body)]
    return "\n".join([*lines, _TAIL])


def _without_contents(text: str) -> str:
    """Without the list of links to sections at the page's beginning."""
    return "\n\n".join(
        block for block in text.split("\n\n") if "](#" not in block or not block.lstrip().startswith("- ")
    )


def _blocks(text: str, command: str = "") -> Iterator[str]:
    """The roff of a section.

    Args:
        text: Its Markdown.
        command: The command that it is about, whose subsections are those of a command.
    """
    for block in _split(text.strip("\n")):
        first = block[0]
        if first.startswith("### "):
            name = first.removeprefix("### ")
            yield f".SS {_escaped(name)}" if not command else f".PP\n\\fB{_escaped(name)}\\fP"
        elif first.startswith("```"):
            yield from _code(block[1:-1])
        elif first.startswith("    "):
            yield from _code([line[4:] for line in block])
        elif first.startswith("|"):
            yield from _table(block)
        elif first.startswith("- "):
            yield from _list(block)
        else:
            yield ".PP"
            yield _inline(" ".join(block))


def _split(text: str) -> Iterator[list[str]]:
    """The blocks of a text: what stands between empty lines, but code whole."""
    block: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fence = line.startswith("```")
        if not line and not fenced:
            if block:
                yield block
            block = []
            continue
        block.append(line)
        fenced = fenced != fence
    if block:
        yield block


def _code(lines: Sequence[str]) -> Iterator[str]:
    yield ".PP"
    yield ".EX"
    yield from (_begun(f"    {_escaped(line)}".rstrip()) if line else "" for line in lines)
    yield ".EE"


def _table(block: Sequence[str]) -> Iterator[str]:
    """Each row as a term, with what is said of it; further columns are named."""
    head, _, *rows = [_cells(line) for line in block]
    for first, *others in rows:
        yield ".TP"
        yield _inline(first) or "\\ "
        told = [(name, cell) for name, cell in zip(head[1:], others, strict=True) if cell]
        words = [_inline(cell if len(others) == 1 else f"{name}: {cell}") for name, cell in told]
        yield "\n.br\n".join(words) or "\\ "


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def _list(block: Sequence[str]) -> Iterator[str]:
    items = re.split(r"(?:^|\n)- ", "\n".join(block))[1:]
    for item in items:
        yield ".IP \\(bu 2"
        yield _inline(" ".join(item.split()))


def _inline(text: str) -> str:
    """Code and strong words in bold, others in italics, links as their words."""
    parts, at = [], 0
    for found in _INLINE.finditer(text):
        parts += [_escaped(text[at : found.start()]), _styled(found)]
        at = found.end()
    return _begun("".join([*parts, _escaped(text[at:])]))


def _styled(found: re.Match[str]) -> str:
    if found["link"] is not None:
        return _inline(found["link"])
    if found["italic"] is not None:
        return f"\\fI{_escaped(found['italic'])}\\fP"
    return f"\\fB{_escaped(found['doubled'] or found['code'] or found['bold'])}\\fP"


def _escaped(text: str) -> str:
    """Text for roff: every dash is a minus, since it may be a switch that somebody copies."""
    text = (
        text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "\\(ga").replace("^", "\\(ha")
    )
    text = text.replace("~", "\\(ti").replace('"', "\\(dq")
    return re.sub(r"[^\x00-\x7f]", lambda found: f"\\[u{ord(found[0]):04X}]", text)


def _begun(line: str) -> str:
    """A line that is text, though it begins as a request does."""
    return f"\\&{line}" if line.startswith((".", "'")) else line
