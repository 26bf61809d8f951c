"""One request of a spec: planned, sent, judged, and what it saves taken out of the reply."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.errors import BadReply
from twat_fs.messages import origins_of, reveal
from twat_fs.text import printable
from twat_fs.tuples import NamedTuple
from twat_fs.urls import authority, without_query
from twat_fs.wire.classify import classify, succeeds
from twat_fs.wire.extract import save
from twat_fs.wire.plan import follow, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.messages import Reply, Request
    from twat_fs.retry import Exchange
    from twat_fs.spec.model import Step
    from twat_fs.wire.job import Job

#: Redirects that one step may follow.
_REDIRECTS = 5


#: Methods that leave nothing at the host (RFC 9110, 9.2.1).
_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


class Trail:
    """What the requests of an upload that were answered with success may have left.

    Attributes:
        left: The host of each step that may have left something, by the step's name.
        sent: Whether the whole file was taken.
    """

    def __init__(self) -> None:
        self.left: dict[str, str] = {}
        self.sent = False

    def done(self, job: Job, step: Step, request: Request) -> None:
        """Note that the host did what a step asks for."""
        piece, size = request.piece, job.scope.names["file"]["size"]
        self.sent = self.sent or (step.sends_file and (piece is None or piece.offset + piece.size == size))
        if step.method not in _SAFE:
            self.left[step.name] = authority(reveal(request.url))

    def words(self, job: Job) -> str:
        """What may be left at the host, with what it is known by there."""
        hosts = ", ".join(dict.fromkeys(self.left.values()))
        known = [
            f"{name} {without_query(printable(str(value), 100))}"
            for name, value in job.saved.items()
            if isinstance(value, (str, int)) and not origins_of(value)
        ]
        steps = ", ".join(self.left)
        return f"what was made before ({steps}) may be left at {hosts}" + (f": {', '.join(known)}" if known else "")


class Exchanged(NamedTuple):
    """A request, and the reply that was one of success."""

    request: Request
    reply: Reply


def run_step(
    job: Job, step: Step, exchange: Exchange, trail: Trail, done: Callable[[Reply], bool] | None = None
) -> Exchanged:
    """Run one step.

    Args:
        job: The upload.
        step: The step.
        exchange: How a request is sent.
        trail: Told what was done.
        done: Whether a reply is the one to save from; without it every one is.

    Raises:
        UploadError: It failed.
    """
    request = plan(job, step)

    def judge(reply: Reply) -> None:
        if _leads_on(step, reply):
            return
        error = classify(job, step, request, reply)
        if error is not None:
            raise error

    reply = exchange(request, judge)
    trail.done(job, step, request)
    for _ in range(_REDIRECTS):
        if not _leads_on(step, reply):
            break
        request = follow(job, request, reply.headers.get("location", ""))
        reply = exchange(request, judge)
    else:
        raise BadReply(f"more than {_REDIRECTS} redirects", job.spec.name, status=reply.status, step=step.name)
    if done is None or done(reply):
        save(job, step, request, reply)
    return Exchanged(request, reply)


def _leads_on(step: Step, reply: Reply) -> bool:
    return (
        step.redirects == "see_other"
        and reply.status in (301, 302, 303)
        and not succeeds(step, reply.status)
        and bool(reply.headers.get("location"))
    )
