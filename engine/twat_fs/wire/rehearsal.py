"""What an upload would send: its requests without a network, and each as a `curl` command.

What a reply would give is not known, so it stands in later requests as a shell variable, which the command before it
sets.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from twat_fs.expression.secrets import quoted
from twat_fs.messages import Content, FilePart, Held, Multipart, RawFile, Shell
from twat_fs.wire.plan import plan, wanted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.messages import Request, Text
    from twat_fs.wire.job import Job

#: Stands for the host of an address that a reply would give; `.invalid` is nobody's (RFC 2606, 2).
_LATER = "reply.invalid"


def rehearse(job: Job) -> list[tuple[Request, dict[str, Any]]]:
    """Each request that would be sent, with what it would save.

    Raises:
        UploadError: A request cannot be made, or would send a secret where it may not go.
    """
    job.hosts = (*job.hosts, f"{_LATER}:443")
    requests = []
    for step in job.spec.steps:
        if not wanted(job, step):
            continue
        requests.append((plan(job, step), step.save))
        for name in step.save:
            job.saved[name] = Held(f"https://{_LATER}/{name}", frozenset(), (Shell(f"${{{name}}}"),))
    return requests


def as_curl(request: Request, path: str, save: dict[str, Any]) -> str:
    """A request as a shell command that sends the same; secrets stand as the variables that hold them.

    Args:
        request: The plan.
        path: The file.
        save: What the reply would give; the command puts each into a variable.
    """
    words = ["curl -sS", f"-X {request.method}"]
    words += [f"-H {_word([f'{name}: ', value])}" for name, value in request.headers]
    words += _body(request, path)
    if any("header" in query for query in save.values()):
        words.append("-D -")
    words.append(_word([request.url]))
    command = " \\\n  ".join([words[0] + " " + words[1], *words[2:]])
    if not save:
        return command
    return "\n".join([f"reply=$({command})", *_saves(save)])


def _body(request: Request, path: str) -> list[str]:
    body = request.body
    if isinstance(body, RawFile):
        return [f"--data-binary {shlex.quote('@' + path)}"]
    if isinstance(body, Content):
        return [f"--data-raw {_word([body.text])}"]
    if isinstance(body, Multipart):
        return [_part(part, path) for part in body.parts]
    return []


def _part(part: Any, path: str) -> str:
    if isinstance(part, FilePart):
        opened = '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'
        texts = [f"{part.name}=@{opened};filename=", *_curl_quoted(part.filename), ";type=", part.content_type]
        return f"-F {_word(texts)}"
    if part.filename is None and part.content_type is None:
        return f"--form-string {_word([f'{part.name}=', part.value])}"
    extra: list[Text] = [";type=", part.content_type] if part.content_type else []
    named: list[Text] = [";filename=", *_curl_quoted(part.filename)] if part.filename else []
    return f"-F {_word([f'{part.name}=', *_curl_quoted(part.value), *extra, *named])}"


def _curl_quoted(text: Text) -> list[Text]:
    """A value inside curl's own quotes, which keep `;` and `,` from meaning anything."""
    if isinstance(text, Held):
        return ['"', text, '"']
    return ['"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"']


def _word(texts: list[Text]) -> str:
    """One shell word: in single quotes where nothing in it is to be put in by the shell."""
    pieces = [piece for text in texts for piece in (text.pieces if isinstance(text, Held) else (text,))]
    if any(isinstance(piece, Shell) for piece in pieces):
        return f'"{quoted(pieces)}"'
    return shlex.quote("".join(str(piece) for piece in pieces))


def _saves(save: dict[str, Any]) -> Iterator[str]:
    for name, query in save.items():
        how = _reader(query)
        if how is None:
            yield f"{name}=  # to be taken from $reply: see the spec"
        else:
            yield f"{name}=$(printf '%s' \"$reply\" | {how})"


def _reader(query: dict[str, Any]) -> str | None:
    """The command that finds in a reply what a query finds, where a common one does."""
    if "text" in query:
        return "cat"
    if "header" in query:
        return f"tr -d '\\r' | sed -n 's/^{query['header']}: *//Ip'"
    path = query.get("jmespath", "")
    if re.fullmatch(r"[A-Za-z_]\w*(\[-?\d+\])*(\.[A-Za-z_]\w*(\[-?\d+\])*)*", path):
        return f"jq -r '.{path}'"
    return None
