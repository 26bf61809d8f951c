"""The words of a shell that a `curl` command is made of: texts, the file or a piece of it, and a form by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twat_fs.expression.secrets import word
from twat_fs.messages import Held, Shell, TextPart, reveal

if TYPE_CHECKING:
    from twat_fs.messages import Extent, Multipart, Text

    Pieces = list[str | Shell]


def pieces_of(text: Text) -> Pieces:
    """A text as plain pieces and such that the shell puts in."""
    return list(text.pieces) if isinstance(text, Held) else [text]


def opened(path: str) -> str:
    """A path that curl does not take for something else."""
    return f"./{path}" if path[:1] in "-@<" else path


def cut(path: str, piece: Extent) -> str:
    """A command that prints a piece of the file."""
    return f"tail -c +{piece.offset + 1} {word([opened(path)])} | head -c {piece.size}"


def by_hand(body: Multipart, path: str, boundary: str) -> list[str]:
    """Commands that print a form byte for byte.

    Args:
        body: The form.
        path: The file.
        boundary: What stands between the parts.
    """
    lines: list[str] = []
    words: list[str] = []
    for part in body.parts:
        words.append(word([f"--{boundary}"]))
        head: Pieces = [f'Content-Disposition: form-data; name="{_escaped(part.name)}"']
        if part.filename is not None:
            head += ['; filename="', *_name_of(part.filename), '"']
        words.append(word(head))
        if part.content_type is not None:
            kind = part.content_type if isinstance(part.content_type, Held) else re.sub("[\r\n]", "", part.content_type)
            words.append(word(["Content-Type: ", *pieces_of(kind)]))
        words.append("''")
        if isinstance(part, TextPart):
            words.append(word(pieces_of(part.value)))
            continue
        content = f"cat {word([opened(path)])}" if part.piece is None else cut(path, part.piece)
        lines += [f"  printf '%s\\r\\n' {' '.join(words)}", f"  {content}"]
        words = ["''"]
    return [*lines, f"  printf '%s\\r\\n' {' '.join([*words, word([f'--{boundary}--'])])}"]


def _name_of(name: Text) -> Pieces:
    if not isinstance(name, Held):
        return [_escaped(name)]
    command = f"$(printf %s {word(name.pieces)} | sed 's/\"/%22/g')"
    return [Shell(command, reveal(name))]


def _escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
