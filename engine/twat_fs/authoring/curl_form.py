"""One `-F` of curl: a name, a value or a file, and what is said of the part after semicolons.

The grammar: https://curl.se/docs/manpage.html#-F and https://everything.curl.dev/http/post/multipart.html.
"""

from __future__ import annotations

import re

from twat_fs.authoring.words import Variable, Word, text_of
from twat_fs.errors import UsageError
from twat_fs.tuples import NamedTuple

#: What stands for a variable while the text around it is read: numbered, between two characters for private use.
MARK = re.compile("\ue000(\\d+)\ue001")
_PARAMETER = re.compile(r";[ \t]*(type|filename|encoder|headers)=[ \t]*", re.IGNORECASE)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_TYPE = re.compile(r"[^/;,\s]+/[^;,\s]+(?:[ \t]*;[ \t]*(?!type=|filename=|encoder=|headers=)[\w-]+=[^;,]*)*")


class Part(NamedTuple):
    """A part of a form.

    Attributes:
        name: Of the field.
        kind: `@` for a file, `<` for the text in a file, empty for a value.
        content: The value, or the file's path.
        parameters: `type`, `filename`, `encoder`, `headers`, as far as they are said.
        ignored: What curl leaves out, with a warning that few see.
    """

    name: str
    kind: str
    content: Word
    parameters: dict[str, Word]
    ignored: str


def part(word: Word, *, plain: bool) -> Part:
    """The part that the word after -F describes.

    Args:
        word: The word.
        plain: It is one of --form-string, whose value means nothing but itself.

    Raises:
        UsageError: There is no `=` in it, or it names several files.
    """
    text, names = marked(word)
    name, equals, value = text.partition("=")
    if not equals or MARK.search(name):
        raise UsageError(f"curl's -F wants name=value, not {text_of(word)}")
    if plain:
        return Part(name, "", unmarked(value, names), {}, "")
    kind = value[:1] if value[:1] in ("@", "<") else ""
    content, rest = _value(value[len(kind) :], ",;" if kind == "@" else ";")
    if rest.startswith(","):
        raise UsageError("the curl line sends two files; a spec sends one")
    found: dict[str, Word] = {}
    while parameter := _PARAMETER.match(rest):
        said, rest = _parameter(parameter[1].lower(), rest[parameter.end() :])
        found[parameter[1].lower()] = unmarked(said, names)
    return Part(name, kind, unmarked(content, names), found, text_of(unmarked(rest.strip(), names)))


def _parameter(name: str, text: str) -> tuple[str, str]:
    typed = _TYPE.match(text) if name == "type" else None
    if typed:
        return typed[0].strip(), text[typed.end() :].lstrip()
    return _value(text, ";,")


def _value(text: str, ends: str) -> tuple[str, str]:
    """A value up to one of some characters, or between double quotes; and what follows."""
    text = text.lstrip(" \t")
    quoted = _QUOTED.match(text)
    if quoted:
        rest = text[quoted.end() :]
        after = re.search(f"[{ends}]", rest)
        return re.sub(r"\\([\\\"])", r"\1", quoted[1]), rest[after.start() :] if after else ""
    end = re.search(f"[{ends}]", text)
    cut = end.start() if end else len(text)
    return text[:cut].rstrip(), text[cut:]


def marked(word: Word, names: list[Variable] | None = None) -> tuple[str, list[Variable]]:
    """A word with a numbered mark for each variable, so that another syntax can be read around them.

    Args:
        word: The word.
        names: Variables of words before it, whose numbers go on.
    """
    names = [] if names is None else names
    text = ""
    for piece in word:
        if isinstance(piece, Variable):
            text += f"\ue000{len(names)}\ue001"
            names.append(piece)
        else:
            text += piece
    return text, names


def unmarked(text: str, names: list[Variable]) -> Word:
    """The word of a text with marks."""
    pieces = MARK.split(text)
    return tuple(names[int(piece)] if at % 2 else piece for at, piece in enumerate(pieces) if at % 2 or piece)
