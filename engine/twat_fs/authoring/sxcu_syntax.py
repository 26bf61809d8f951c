"""The syntax of texts in ShareX's custom uploaders, new (`{json:a.b}`) and old (`$json:a.b$`).

Facts: https://getsharex.com/docs/custom-uploader
"""

from __future__ import annotations

import re
from typing import Union

from twat_fs.tuples import NamedTuple

_NAMES = (
    "json|xml|regex|response|responseurl|header|filename|input|random|select|prompt|inputbox|outputbox|base64"
    "|responsetext"
)
_OLD = re.compile(rf"\$({_NAMES})(?::((?:\\.|[^$\\])*))?\$", re.IGNORECASE)
_NEW = re.compile(rf"\{{({_NAMES})(?=[:}}])", re.IGNORECASE)


#: What has the form of a function and is none that is known.
UNKNOWN_CALL = re.compile(r"(?<!\\)\{[a-z]\w*(?::[^{}]*)?\}|\$[a-z]\w*(?::[^$]*)?\$", re.IGNORECASE)


class Call(NamedTuple):
    """A function in a text.

    Attributes:
        name: In small letters.
        arguments: What stands between the bars, each with functions of its own.
    """

    name: str
    arguments: tuple[Text, ...]

    @property
    def plain(self) -> list[str]:
        """The arguments as texts, as far as they have no functions in them."""
        return ["".join(piece for piece in argument if isinstance(piece, str)) for argument in self.arguments]


#: A text: literals and functions in turn.
Text = tuple[Union[str, Call], ...]


def parse(text: str) -> Text:
    """The pieces of a text, in whichever syntax it is written."""
    if _OLD.search(text) and not _NEW.search(text):
        return _parse_old(text)
    pieces, _ = _parse_new(text, 0, nested=False)
    return pieces


def _parse_old(text: str) -> Text:
    pieces: list[str | Call] = []
    at = 0
    for match in _OLD.finditer(text):
        if match.start() > at:
            pieces.append(text[at : match.start()])
        name = match[1].lower()
        bars = re.split(r"(?<!\\)\|", match[2] or "")
        arguments = bars if name != "regex" else re.split(r"[|,]", match[2] or "")
        pieces.append(Call(name, tuple((_unescaped(each),) if each else () for each in arguments)))
        at = match.end()
    if at < len(text):
        pieces.append(text[at:])
    return tuple(pieces)


def _parse_new(text: str, at: int, *, nested: bool) -> tuple[Text, int]:
    """Pieces up to the end, or inside a function up to a bar or its closing brace."""
    pieces: list[str | Call] = []
    plain = ""
    while at < len(text):
        character = text[at]
        if character == "\\" and text[at + 1 : at + 2] in ("{", "}", "|", "\\", ":"):
            plain += text[at + 1]
            at += 2
        elif nested and character in "|}":
            break
        elif _NEW.match(text, at):
            if plain:
                pieces.append(plain)
            plain = ""
            call, at = _call(text, at)
            pieces.append(call)
        else:
            plain += character
            at += 1
    return (*pieces, *([plain] if plain else [])), at


def _call(text: str, at: int) -> tuple[Call, int]:
    found = _NEW.match(text, at)
    assert found
    at = found.end()
    arguments: list[Text] = []
    if text[at : at + 1] == ":":
        while True:
            argument, at = _parse_new(text, at + 1, nested=True)
            arguments.append(argument)
            if text[at : at + 1] != "|":
                break
    return Call(found[1].lower(), tuple(arguments)), at + 1


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def quoted(text: str) -> str:
    """A text as a literal inside an expression, in which a backslash is an ordinary character."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    return ' + "\'" + '.join(f"'{part}'" for part in text.split("'"))
