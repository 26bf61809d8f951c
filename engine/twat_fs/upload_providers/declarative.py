"""Runs the steps of one spec: plan, send, classify, save, and at the end the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.errors import BadReply, NonRetryableError, NotFound, RetryableError, UploadError
from twat_fs.logs import logger
from twat_fs.messages import origins_of, reveal
from twat_fs.text import printable
from twat_fs.urls import authority, without_query
from twat_fs.wire.classify import classify, succeeds
from twat_fs.wire.extract import result, save
from twat_fs.wire.plan import follow, plan, wanted

if TYPE_CHECKING:
    from twat_fs.messages import Reply, Request
    from twat_fs.results import UploadResult
    from twat_fs.retry import Exchange
    from twat_fs.spec.model import Step
    from twat_fs.wire.job import Job

_log = logger()

#: Redirects that one step may follow.
_REDIRECTS = 5
#: Methods that leave nothing at the host (RFC 9110, 9.2.1).
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


def run(job: Job, exchange: Exchange) -> UploadResult:
    """Run all steps.

    Args:
        job: The upload.
        exchange: How a request is sent.

    Raises:
        UploadError: A step failed; says what earlier steps may have left at the host.
    """
    last = _Last()
    try:
        return _run(job, exchange, last)
    except UploadError as error:
        # The host says that it took the file; what is wrong is only what it says of it.
        error.ambiguous = error.ambiguous or (isinstance(error, BadReply) and last.sent)
        if last.left:
            error.message += f"; {_named(job, last.left)}"
        raise


def _run(job: Job, exchange: Exchange, last: _Last) -> UploadResult:
    steps = job.spec.steps
    begin = next((index for index, step in enumerate(steps) if step.name == job.spec.retry.begin), None)
    try:
        _run_from(0, job, exchange, last)
    except RetryableError as error:
        if begin is None or error.ambiguous or last.index <= begin:
            raise
        _log.warning("%s: %s; beginning again at the step %s", job.spec.name, error, steps[begin].name)
        _run_from(begin, job, exchange, last)
    if last.request is None or last.reply is None:
        raise BadReply("no step of the spec ran: every `when` was false", job.spec.name)
    return result(job, last.request, last.reply)


class _Last:
    """How far the steps got."""

    request: Request | None = None
    reply: Reply | None = None
    index = 0
    sent = False

    def __init__(self) -> None:
        self.left: dict[str, str] = {}

    def done(self, step: Step, request: Request) -> None:
        """Note that the host did what a step asks for."""
        self.sent = self.sent or step.sends_file
        if step.method not in _SAFE:
            self.left[step.name] = authority(reveal(request.url))


def _run_from(begin: int, job: Job, exchange: Exchange, last: _Last) -> None:
    for index, step in enumerate(job.spec.steps[begin:], begin):
        if wanted(job, step):
            last.index = index
            last.request, last.reply = _run_step(job, step, exchange, last)


def _run_step(job: Job, step: Step, exchange: Exchange, last: _Last) -> tuple[Request, Reply]:
    request = plan(job, step)

    def judge(reply: Reply) -> None:
        if _leads_on(step, reply):
            return
        error = classify(job, step, request, reply)
        if error is not None:
            raise error

    reply = exchange(request, judge)
    last.done(step, request)
    for _ in range(_REDIRECTS):
        if not _leads_on(step, reply):
            break
        request = follow(job, request, reply.headers.get("location", ""))
        reply = exchange(request, judge)
    else:
        raise BadReply(f"more than {_REDIRECTS} redirects", job.spec.name, status=reply.status, step=step.name)
    save(job, step, request, reply)
    return request, reply


def _named(job: Job, left: dict[str, str]) -> str:
    """What may be left at the host, with what it is known by there."""
    hosts = ", ".join(dict.fromkeys(left.values()))
    known = [
        f"{name} {without_query(printable(str(value), 100))}"
        for name, value in job.saved.items()
        if isinstance(value, (str, int)) and not origins_of(value)
    ]
    steps = ", ".join(left)
    return f"what was made before ({steps}) may be left at {hosts}" + (f": {', '.join(known)}" if known else "")


def _leads_on(step: Step, reply: Reply) -> bool:
    return (
        step.redirects == "see_other"
        and reply.status in (301, 302, 303)
        and not succeeds(step, reply.status)
        and bool(reply.headers.get("location"))
    )


def remove(job: Job, exchange: Exchange) -> bool:
    """Run the steps of `delete`.

    Args:
        job: The deletion; see `twat_fs.wire.deleting`.
        exchange: How a request is sent.

    Returns:
        Whether the file was there; False where the host says that there is nothing at the address any more.

    Raises:
        UploadError: A step failed, or none was to be run.
    """
    steps = job.spec.delete
    ran = False
    for step in steps:
        if wanted(job, step):
            try:
                _run_step(job, step, exchange, _Last())
            except NotFound:
                return False
            ran = True
    if not ran:
        why = "the host gave nothing to delete it with" if steps else "its spec does not say how"
        raise NonRetryableError(f"the upload cannot be deleted: {why}", job.spec.name)
    return True
