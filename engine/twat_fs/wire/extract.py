"""From the replies of an upload to what it gives: saved values, and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.errors import BadReply, TrustError
from twat_fs.expression import secrets
from twat_fs.expression.query import NothingFound, describe, find
from twat_fs.expression.reading import Reading
from twat_fs.messages import origins_of
from twat_fs.results import UploadResult
from twat_fs.text import printable
from twat_fs.urls import BadUrl, authority, result_url
from twat_fs.wire.classify import described, start_of

if TYPE_CHECKING:
    from twat_fs.messages import Reply, Request
    from twat_fs.spec.model import Step
    from twat_fs.wire.job import Job


def save(job: Job, step: Step, request: Request, reply: Reply) -> None:
    """Take what a step saves out of its reply.

    Raises:
        BadReply: Something that it names is not there.
    """
    reading = Reading(reply, whole=True)
    # Secrets first, so that they are known as such before anything of the reply is shown.
    for name, query in sorted(step.save.items(), key=lambda item: not item[1].get("secret")):
        try:
            value = find(query, reading, job.scope)
        except NothingFound as error:
            raise _bad_reply(job, request, reading, f"{name}: {error}") from error
        if query.get("secret"):
            value = secrets.held_reply(name, value)
            job.came_from[f"saved.{name}"] = authority(reply.url)
        job.saved[name] = value


def result(job: Job, request: Request, reply: Reply) -> UploadResult:
    """The result of an upload, from its last reply.

    Raises:
        BadReply: There is no URL, or what is there is not one that we print.
    """
    reading = Reading(reply, whole=True)
    query = job.spec.result["url"]
    try:
        found = find(query, reading, job.scope, as_url=True)
    except NothingFound as error:
        raise _bad_reply(job, request, reading, str(error)) from error
    held = origins_of(found)
    if held:
        raise TrustError(f"{', '.join(sorted(held))} would be printed with the URL", job.spec.name, step=request.step)
    if not isinstance(found, str):
        raise _bad_reply(job, request, reading, f"{describe(query)} found {type(found).__name__}, not a text")
    try:
        url = result_url(found, reply.url)
    except BadUrl as error:
        raise _bad_reply(job, request, reading, f"`{printable(found, 100)}` is not a URL: {error}") from error
    return UploadResult(url, {"provider": job.spec.name, **_extras(job, reading)})


def _extras(job: Job, reading: Reading) -> dict[str, Any]:
    """What the host says beside the URL; all of it may be absent."""
    facts: dict[str, Any] = {}
    for name in ("page_url", "delete_url", "delete_token", "expires_at"):
        value = _optional(job, reading, job.spec.result.get(name), as_url=name.endswith("_url"))
        if value is not None and name.endswith("_url"):
            try:
                value = result_url(str(value), reading.reply.url)
            except BadUrl:
                continue
        if value is not None:
            facts[name] = value
    metadata = {name: _optional(job, reading, query) for name, query in job.spec.result["metadata"].items()}
    return {**{name: value for name, value in metadata.items() if value is not None}, **facts}


def _optional(job: Job, reading: Reading, query: dict[str, Any] | None, *, as_url: bool = False) -> Any:
    if query is None:
        return None
    try:
        value = find(query, reading, job.scope, as_url=as_url)
    except NothingFound:
        return None
    return None if value == "" or origins_of(value) else value


def _bad_reply(job: Job, request: Request, reading: Reading, problem: str) -> BadReply:
    begin = start_of(reading)
    said = f"; the reply begins: {begin}" if begin else ""
    return BadReply(
        f"{described(request)} answered {reading.reply.status}, but {problem}{said}",
        job.spec.name,
        status=reading.reply.status,
        step=request.step,
        hint="The file may be there all the same. If the host changed its reply, the spec needs a new query.",
    )
