"""From a reply to an error, or to none: the spec's rules first, then the built-in map."""

from __future__ import annotations

import re
from contextlib import suppress
from math import ceil
from typing import TYPE_CHECKING

from twat_fs.errors import (
    SPEC_ERRORS,
    AuthError,
    BadReply,
    BadRequest,
    Conflict,
    Forbidden,
    NotFound,
    QuotaExceeded,
    RateLimited,
    Redirected,
    TooLarge,
    Unavailable,
    UnsupportedType,
    UploadError,
)
from twat_fs.expression.query import NothingFound, find, holds
from twat_fs.expression.reading import Reading, UnreadableReply
from twat_fs.messages import masked
from twat_fs.text import printable
from twat_fs.urls import BadUrl, authority, joined, without_query

if TYPE_CHECKING:
    from twat_fs.messages import Reply, Request
    from twat_fs.spec.model import Rule, Step
    from twat_fs.wire.job import Job

#: Statuses that mean an error by themselves: RFC 9110, section 15; 402, 425 and 507 as hosts use them.
_BY_STATUS: dict[int, type[UploadError]] = {
    401: AuthError,
    402: QuotaExceeded,
    403: Forbidden,
    404: NotFound,
    408: Unavailable,
    409: Conflict,
    410: NotFound,
    413: TooLarge,
    415: UnsupportedType,
    425: Unavailable,
    429: RateLimited,
    501: BadRequest,
    505: BadRequest,
    507: QuotaExceeded,
}
_BY_CLASS: dict[int, type[UploadError]] = {3: Redirected, 4: BadRequest, 5: Unavailable}

#: Seconds that stand for any longer time: a year.
_FOR_EVER = 31_536_000.0
#: A date (RFC 9110, 5.6.7), of several that were joined by commas.
_DATE = r"[A-Za-z]{3,9},? [^,]+"

_MEANINGS = {
    "auth": "the host does not accept the credentials",
    "forbidden": "the host refuses",
    "not_found": "the host knows no such address",
    "conflict": "something stands in the way at the host",
    "too_large": "the file is larger than the host takes",
    "unsupported_type": "the host does not take this type of file",
    "quota": "the account is full or unpaid",
    "bad_request": "the host does not understand the request",
    "rejected": "the host says no",
    "bad_reply": "the reply is not the one that means success",
    "rate_limited": "the host takes no more uploads for now",
    "unavailable": "the host is out of order for now",
    "timeout": "the host gave up waiting",
    "network": "the host could not be reached",
}


def classify(job: Job, step: Step, request: Request, reply: Reply) -> UploadError | None:
    """What a reply means.

    Args:
        job: The upload.
        step: The step that was sent.
        request: What was sent, for the message.
        reply: What came back.

    Returns:
        The error, with the host's own words, or None where the reply means success.
    """
    reading = Reading(reply)
    rule = _rule(job, step, reading)
    kind = SPEC_ERRORS[rule.error] if rule else _built_in(step, reply)
    if kind is None:
        return None
    hint = rule.hint if rule else ""
    if kind is Redirected:
        return _redirected(job, step, reply, hint)
    meaning = _MEANINGS[kind.kind]
    words = _words(job, step, reading)
    message = f"{meaning}: {described(request)} answered {reply.status}" + (f": {words}" if words else "")
    error = kind(
        message,
        job.spec.name,
        status=reply.status,
        step=step.name,
        hint=hint or _hint(job, kind),
        retry_after=retry_after(reply),
    )
    error.rule = _named(rule, step)
    return error


def _named(rule: Rule | None, step: Step) -> str:
    """A rule for messages, or nothing where the status alone decided."""
    if rule is None:
        return ""
    whose = f"the rule of the step {step.name}" if rule in step.errors.rules else "the rule of the spec"
    return f"{whose} for {rule.match}" + (" with `when`" if rule.when is not None else "")


def described(request: Request) -> str:
    """A request for messages: method and address, secrets masked, no query."""
    return f"{request.method} {without_query(masked(request.url))}"


def succeeds(step: Step, status: int) -> bool:
    """Whether a status counts as success for a step."""
    return status in step.expect if step.expect else 200 <= status < 300


def retry_after(reply: Reply) -> float | None:
    """Seconds that a reply asks to wait (RFC 9110, 10.2.3), or None; what cannot be read is not there.

    A date counts from the reply's own `Date`, so that a wrong clock here does no harm.
    """
    value = reply.headers.get("retry-after", "")
    seconds = [float(item) for item in map(str.strip, value.split(",")) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", item)]
    waits = [*seconds, *_until(re.findall(_DATE, value), reply.headers.get("date", ""))]
    return float(ceil(min(max(waits), _FOR_EVER))) if waits else None


def _until(dates: list[str], now: str) -> list[float]:
    """Seconds from one date to each of others; from or to what is none there are none."""
    if not dates:
        return []
    from email.utils import parsedate_to_datetime

    waits = []
    for date in dates:
        with suppress(ValueError, TypeError, IndexError, OverflowError):
            waits.append(max(0.0, (parsedate_to_datetime(date) - parsedate_to_datetime(now)).total_seconds()))
    return waits


def _rule(job: Job, step: Step, reading: Reading) -> Rule | None:
    status = reading.reply.status
    for rules in (step.errors.rules, job.spec.errors.rules):
        for match in (str(status), f"{status // 100}xx", "any"):
            for rule in rules:
                if rule.match == match and _applies(rule, job, step, reading):
                    return rule
    return None


def _applies(rule: Rule, job: Job, step: Step, reading: Reading) -> bool:
    if rule.when is not None:
        return holds(rule.when, reading, job.scope)
    # A rule for a whole class does not turn success into failure; one for a status says what it means.
    status = reading.reply.status
    return status not in step.expect if rule.match == str(status) else not succeeds(step, status)


def _built_in(step: Step, reply: Reply) -> type[UploadError] | None:
    if succeeds(step, reply.status):
        return None
    found = _BY_STATUS.get(reply.status) or _BY_CLASS.get(reply.status // 100)
    return found or BadReply


def _words(job: Job, step: Step, reading: Reading) -> str:
    """The host's own words: what `message` finds, or the start of a short plain text."""
    for query in (step.errors.message, job.spec.errors.message):
        if query is not None:
            try:
                found = find(query, reading, job.scope)
            except NothingFound:
                continue
            if isinstance(found, (str, int, float)) and str(found).strip():
                return printable(str(found))
    return start_of(reading)


def start_of(reading: Reading) -> str:
    """The start of a reply's text; of a page only its title."""
    try:
        text = reading.text
    except UnreadableReply:
        return ""
    if text[:1] == "<":
        return _words_of_page(text[:20_000])
    return printable(text)


def _words_of_page(page: str) -> str:
    """A page's title; where it has none, its text."""
    lower = page.lower()
    at = lower.find("<title>")
    end = lower.find("</title>", at)
    if 0 <= at < end:
        return printable(page[at + 7 : end], 120)
    pieces = [piece.partition(">")[2] for piece in page.split("<")]
    return printable(" ".join(pieces), 120)


def _redirected(job: Job, step: Step, reply: Reply, hint: str) -> Redirected:
    try:
        target = authority(joined(reply.url, reply.headers.get("location", "")))
    except BadUrl:
        target = "no address"
    return Redirected(
        f"the host answers with a redirect ({reply.status}) to {printable(target)}; a file is not sent on",
        job.spec.name,
        status=reply.status,
        step=step.name,
        hint=hint
        or "Put the right address into the spec's url; or, if the redirect itself is the answer, "
        "write `redirects: see_other`, or name the status under `expect`.",
    )


def _hint(job: Job, kind: type[UploadError]) -> str:
    if kind is AuthError and job.spec.credentials:
        names = ", ".join(credential.name for credential in job.spec.credentials)
        return f"Check {names}; `twat-fs upload_provider show {job.spec.name}` says where they come from."
    return ""
