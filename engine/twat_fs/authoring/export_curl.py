"""A spec as a script for bash around `curl`, which takes the file as its argument and prints the URL."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.authoring.export import FACTS, NAME, PATH
from twat_fs.expression.secrets import variable_of, word
from twat_fs.messages import FilePart, Multipart, reveal
from twat_fs.wire.curl import Take, as_curl
from twat_fs.wire.curl_words import pieces_of
from twat_fs.wire.replies import reading_of, template_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.authoring.export import Export
    from twat_fs.messages import Request

#: A form's file in curl's words: its path and its name, in curl's own quotes, inside the shell's single ones.
_PART = re.compile(rf"'([^'\"\\$`!]*=@)\"{PATH}\"(;filename=\"file\")?([^'\"\\$`!]*)'")


def as_script(export: Export) -> str:
    """The script."""
    lines = ["#!/usr/bin/env bash", f"# {export.spec.title}: uploads the file that it is given, and prints the URL."]
    lines += ["set -euo pipefail", "file=${1:?name a file}", "name=${file##*/}"]
    if any(isinstance(request.body, Multipart) for request, _ in export.requests):
        # A path inside curl's own quotes.
        lines += [r"quoted=${file//\\/\\\\}", r"quoted=${quoted//\"/\\\"}"]
    takes = list(_result(export))
    asked = [take for take, _ in takes if take is not None]
    export.requests[-1][1].takes += asked
    for request, aside in export.requests:
        unread = " > /dev/null" if takes and not aside.takes else ""  # standard output is for the URL alone
        lines += ["", _command(request, aside) + unread]
    lines += [f': "${{{take.variable}:?the reply gave no URL}}"' for take in asked]
    if takes:
        lines += ["", f"printf '%s\\n' {''.join(words for _, words in takes)}"]
    return "\n".join(lines)


def _command(request: Request, aside: Any) -> str:
    body = request.body
    if isinstance(body, Multipart):
        # curl names a file by its path, as the engine does.
        parts = tuple(
            part._replace(filename="file") if isinstance(part, FilePart) and reveal(part.filename) == NAME else part
            for part in body.parts
        )
        request = request._replace(body=Multipart(parts))
    command = as_curl(request, PATH, aside)
    command = _PART.sub(r'"\1\"${quoted}\"\3"', command).replace(";type=application/octet-stream", "")
    command = command.replace("curl -sS", "curl -sS --fail-with-body")
    return command.replace(f"@{PATH}", '@"${file}"').replace(f" {PATH}", ' "${file}"')


def _result(export: Export) -> Iterator[tuple[Take | None, str]]:
    """What is taken from the last reply for the URL, and the words that print it."""
    query = export.spec.result["url"]
    last, aside = export.requests[-1]
    tree = query.get("template")
    parts = tree[1] if tree and tree[0] == "cat" else [tree] if tree else []
    alone = not parts or (tree[0] == "path" and tree[1] == "reply")
    if alone:
        source, command = reading_of(query, word(pieces_of(last.url)))
        yield Take("url", source, command), '"${url}"'
        return
    for number, part in enumerate(parts):
        if part[0] == "text":
            yield None, word([part[1]])
        elif part[0] == "path" and part[1] == "saved" and len(part[2]) == 1:
            yield None, f'"${{{variable_of("saved", part[2][0])}}}"'
        elif part[0] == "path" and part[1] == "file" and part[2][0] in FACTS:
            yield None, f'"$(printf %s "{FACTS[part[2][0]]}" | jq -sRr @uri)"'
        elif part[0] == "path" and part[1] == "reply":
            source, command = reading_of({"template": part}, word(pieces_of(last.url)))
            inside = command.replace("| values'", "| values | tostring | @uri'") if number else command
            yield Take(f"url_{number}", source, inside), f'"${{url_{number}}}"'
        else:
            aside.notes.append(f"The URL is to be made of the reply by hand: {template_text(tree)}")
            return
