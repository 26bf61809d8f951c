"""A spec of one request as a command of HTTPie (https://httpie.io/docs/cli)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twat_fs.authoring.export import FACTS, NAME
from twat_fs.errors import UsageError
from twat_fs.expression.secrets import word
from twat_fs.messages import Content, FilePart, Multipart, RawFile, Shell, TextPart, reveal
from twat_fs.wire.curl import needs_of
from twat_fs.wire.curl_words import pieces_of

if TYPE_CHECKING:
    from twat_fs.authoring.export import Export
    from twat_fs.messages import Text

#: What separates a name from a value in HTTPie's words, and is not that where a backslash stands before it.
_SIGNS = re.compile(r"([\\:=@;])")


def as_command(export: Export) -> str:
    """The command, for a shell in which `file` is the path.

    Raises:
        UsageError: HTTPie has no words for it.
    """
    request, _ = export.single
    words = [f"http --ignore-stdin --check-status {request.method}", word(pieces_of(request.url))]
    for name, value in request.headers:
        pieces = pieces_of(value)
        basic = pieces[1] if len(pieces) == 2 and name.lower() == "authorization" and pieces[0] == "Basic " else None
        if isinstance(basic, Shell):
            words[0] = words[0].replace("http ", f"http -a {word(basic.plain)} ", 1)
        elif not (name.lower() == "content-type" and isinstance(request.body, Multipart)):
            words.append(_item(name, ":", value) if reveal(value) else word([f"{name};"]))
    body = request.body
    if isinstance(body, Multipart):
        words[0] = words[0].replace("http ", "http --multipart ", 1)
        words += [_part(part) for part in body.parts]
    elif isinstance(body, RawFile):
        words.append('@"${file}"')
    elif isinstance(body, Content):
        words[0] = words[0].replace("http ", f"http --raw {word(pieces_of(body.text))} ", 1)
    needs = [f': "{need}"' for need in needs_of(request)]
    naming = ["name=${file##*/}"] if any(FACTS["name"] in each for each in words) else []
    return "\n".join(["file=example.bin  # the path of your file", *naming, *needs, " \\\n  ".join(words)])


def _part(part: TextPart | FilePart) -> str:
    if isinstance(part, FilePart):
        if reveal(part.filename) != NAME:
            raise UsageError("HTTPie names a file by its path, and this spec wants another name", hint="Try --to curl.")
        return f'{word([_name(part.name)])}@"${{file}}"'
    if part.filename is not None or part.content_type is not None:
        raise UsageError(f"HTTPie has no words for the type of the field `{part.name}`", hint="Try --to curl.")
    return _item(part.name, "=", part.value)


def _item(name: str, sign: str, value: Text) -> str:
    return word([_name(name), sign, *pieces_of(value)])


def _name(name: str) -> str:
    return _SIGNS.sub(r"\\\1", name)
