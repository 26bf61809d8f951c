"""From a step and the values of an upload to one complete request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from twat_fs.errors import BadReply, BadRequest, NotConfigured, TrustError, UploadError
from twat_fs.expression import secrets
from twat_fs.expression.evaluate import EvaluationError, FileFacts, evaluate, render, render_url
from twat_fs.expression.filters import FILTERS, quote, to_text
from twat_fs.expression.json_text import json_text
from twat_fs.messages import (
    Content,
    Extent,
    FilePart,
    Held,
    Multipart,
    RawFile,
    Request,
    TextPart,
    masked,
    origins_of,
    reveal,
)
from twat_fs.spec import trees
from twat_fs.text import printable
from twat_fs.urls import BadUrl, authority, joined, names_host, request_url

if TYPE_CHECKING:
    from twat_fs.messages import Body, Text
    from twat_fs.spec.model import Step
    from twat_fs.wire.job import Job

Headers = dict[str, "Text"]

#: The names whose values come from replies.
_REPLIED = ("saved", "previous", "result")


def wanted(job: Job, step: Step) -> bool:
    """Whether a step runs: it has no `when`, or its `when` is true."""
    if step.when is None:
        return True
    try:
        return bool(secrets.bare(evaluate(step.when, job.scope)))
    except EvaluationError as error:
        raise _unplannable(job, step, "when", error) from error


def plan(job: Job, step: Step) -> Request:
    """Make a step's request.

    Args:
        job: The upload.
        step: One of its spec's steps.

    Raises:
        TrustError: A secret or the file would go to a host that it may not go to.
        NotConfigured: A template cannot be evaluated with the values given.
        BadReply: The address came from a reply and is not one.
    """
    part = "url"
    try:
        url = _address(job, step)
        part = "headers"
        headers = _headers(job, step)
        part = step.body
        body, content_type = _body(job, step)
    except EvaluationError as error:
        raise _unplannable(job, step, part, error) from error
    if content_type is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    request = Request(
        provider=job.spec.name,
        step=step.name,
        method=step.method,
        url=url,
        headers=tuple(headers.items()),
        body=body,
        timeout=step.timeout,
        expect=step.expect,
        idempotent=step.idempotent,
    )
    from_reply = any(path[0] in _REPLIED for path in trees.paths(step.url))
    return _trusted(job, request, sends_file=step.sends_file, from_reply=from_reply)


def follow(job: Job, request: Request, location: str) -> Request:
    """The GET that an allowed redirect leads to: no body, and no secret but where it may go.

    Raises:
        TrustError: The host is not one that the spec names.
        BadReply: The target is not an address.
    """
    try:
        url = request_url(joined(reveal(request.url), location))
        host = authority(url)
    except BadUrl as error:
        raise BadReply(f"the redirect's target is not an address: {error}", job.spec.name, step=request.step) from error
    if not _named(job, host):
        raise TrustError(
            f"redirected to {host}, which the spec does not name",
            job.spec.name,
            step=request.step,
            hint="If that host is right, list it under allow_hosts.",
        )
    if reveal(request.url).startswith("https://") and url.startswith("http://"):
        raise TrustError(f"redirected from https to http at {host}", job.spec.name, step=request.step)
    same = authority(reveal(request.url)) == host
    kept = tuple(
        (name, value)
        for name, value in request.headers
        if not name.lower().startswith("content-") and (same or not origins_of(value))
    )
    return Request(
        provider=request.provider,
        step=request.step,
        method="GET",
        url=url,
        headers=kept,
        expect=request.expect,
        idempotent=True,
    )


def _address(job: Job, step: Step) -> Text:
    url = render_url(step.url, job.scope)
    if url is None:
        raise EvaluationError(f"the address is null{_nulls(job, step)}")
    pairs = [(name, render(tree, job.scope)) for name, tree in step.query.items()]
    for name, value in pairs:
        if value is not None:
            head, mark, tail = _cut(url, "#")
            separator = "&" if "?" in (head.value if isinstance(head, Held) else head) else "?"
            url = _join([head, separator, quote(name), "=", quote(value), mark, tail])
    try:
        return _checked(url)
    except BadUrl as error:
        kind = BadReply if any(path[0] in _REPLIED for path in trees.paths(step.url)) else NotConfigured
        raise kind(
            f"`{printable(masked(url), 300)}` is not an address: {error}", job.spec.name, step=step.name
        ) from error


def _nulls(job: Job, step: Step) -> str:
    """The names in an address that have no value, for a message."""
    empty = [
        ".".join(path)
        for path in trees.paths(step.url)
        if evaluate(["path", path[0], list(path[1:])], job.scope) is None
    ]
    return f": {', '.join(empty)} has no value" if empty else ""


def _cut(url: Text, mark: str) -> tuple[Text, str, str]:
    if isinstance(url, Held):  # a fragment is never sent; a secret one is not looked for
        return url, "", ""
    head, found, tail = url.partition(mark)
    return head, found, tail


def _checked(url: Text) -> Text:
    address = request_url(reveal(url)).partition("#")[0]
    authority(address)
    return Held(address, url.origins, url.pieces) if isinstance(url, Held) else address


def _join(texts: list[Text]) -> Text:
    if any(isinstance(text, Held) for text in texts):
        return secrets.join("", texts)
    return "".join(str(text) for text in texts)


def _headers(job: Job, step: Step) -> Headers:
    headers: Headers = {}
    for name, tree in step.headers.items():
        value = render(tree, job.scope)
        if value is not None:
            _check_header(job, step, name, value)
            headers[name] = value
    login = {key: render(tree, job.scope) for key, tree in step.basic_auth.items()}
    if login and login["password"] is not None:
        pair = _join([login["username"] or "", ":", login["password"]])
        headers["Authorization"] = _join(["Basic ", FILTERS["base64"](pair)])
    return headers


def _check_header(job: Job, step: Step, name: str, value: Text) -> None:
    if not isinstance(value, Held) and re.search(r"[^\t\x20-\x7e]", value):
        raise BadRequest(
            f"the header {name} cannot hold `{printable(value, 100)}`: it takes ASCII on one line",
            job.spec.name,
            step=step.name,
            hint="In the spec, put the value through `| urlencode` or `| base64`.",
        )


def _body(job: Job, step: Step) -> tuple[Body, Text | None]:
    """The body, and the Content-Type that it has unless a header says otherwise."""
    scope = job.scope
    if step.body == "multipart":
        return Multipart(tuple(_parts(job, step))), None  # its boundary is the transport's
    if step.body == "json":
        return Content(json_text(evaluate(step.content, scope))), "application/json"
    if step.body == "form":
        pairs = [(name, render(tree, scope, None)) for name, tree in step.content.items()]
        fields = [_join([quote(name), "=", quote(value)]) for name, value in pairs if value is not None]
        text = _join([piece for field in fields for piece in ("&", field)][1:])
        return Content(text), "application/x-www-form-urlencoded"
    if step.body == "raw":
        value = evaluate(step.content, scope)
        if isinstance(value, FileFacts):
            return RawFile(_piece(value)), value["type"]
        written = to_text(value)
        return (None, None) if written is None else (Content(written), "text/plain; charset=utf-8")
    return None, None


def _parts(job: Job, step: Step) -> list[TextPart | FilePart]:
    parts: list[TextPart | FilePart] = []
    for name, facts in step.content.items():
        value = evaluate(facts["value"], job.scope)
        named = [key for key in ("filename", "content_type") if key in facts]
        extra: dict[str, Any] = {key: render(facts[key], job.scope) for key in named}
        if isinstance(value, FileFacts):
            filename = extra.get("filename") or job.scope.names["file"]["name"]
            parts.append(FilePart(name, filename, extra.get("content_type") or value["type"], _piece(value)))
            continue
        field = to_text(value)
        if field is not None:
            parts.append(TextPart(name, field, extra.get("filename"), extra.get("content_type")))
    return parts


def _piece(value: FileFacts) -> Extent | None:
    return None if value.piece is None else Extent(*value.piece)


def _trusted(job: Job, request: Request, *, sends_file: bool, from_reply: bool) -> Request:
    """The request, if everything in it may go where it goes."""
    url = reveal(request.url)
    host = authority(url)
    named = _named(job, host)
    held = origins_of((request.url, request.headers, _texts(request.body)))
    foreign = sorted(origin for origin in held if not named and job.came_from.get(origin) != host)
    if foreign or (sends_file and not named):
        what = ", ".join(foreign) or "the file"
        raise TrustError(
            f"{what} would go to {host}, which the spec does not name; nothing was sent there",
            job.spec.name,
            step=request.step,
            hint="If that host is right, list it under allow_hosts.",
        )
    if url.startswith("http://") and job.encrypted and from_reply and (held or sends_file):
        raise TrustError(
            f"a reply leads from https to http at {host}; nothing was sent there", job.spec.name, step=request.step
        )
    if named:
        return request
    return request._replace(private=False)


def _texts(body: Body) -> list[Any]:
    if isinstance(body, Content):
        return [body.text]
    if isinstance(body, Multipart):
        return [item for part in body.parts for item in part]
    return []


def _named(job: Job, host: str) -> bool:
    return any(names_host(pattern, host) for pattern in job.hosts)


def _unplannable(job: Job, step: Step, part: str, error: Exception) -> UploadError:
    """What a template that cannot be evaluated means: after a reply that gave values, the reply is to blame."""
    kind = BadReply if job.scope.names.get("saved") else NotConfigured
    return kind(f"{part} cannot be made: {error}", job.spec.name, step=step.name)
