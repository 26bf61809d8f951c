"""Runs the steps of one spec: plan, send, classify, save, and at the end the result."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from twat_fs.errors import (
    BadReply,
    BadRequest,
    Conflict,
    NonRetryableError,
    NotFound,
    Redirected,
    Rejected,
    RetryableError,
    SourceError,
    TrustError,
    UploadError,
    UploadTimeout,
)
from twat_fs.events import Noted
from twat_fs.expression.evaluate import evaluate
from twat_fs.expression.query import holds
from twat_fs.expression.reading import Reading
from twat_fs.interruption import Interrupted
from twat_fs.logs import logger
from twat_fs.spec import trees
from twat_fs.upload_providers.stepping import Exchanged, Trail, run_step
from twat_fs.upload_providers.ways import Ways
from twat_fs.wire.deleting import recipe_of_rest
from twat_fs.wire.extract import result
from twat_fs.wire.plan import wanted

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.messages import Reply
    from twat_fs.results import UploadResult
    from twat_fs.retry import Exchange
    from twat_fs.spec.model import Step
    from twat_fs.upload_providers.pieces import Reached
    from twat_fs.upload_providers.resumption import Kept
    from twat_fs.wire.job import Job

_log = logger()

#: What a host says of an upload that it no longer knows, or that has gone wrong, so that going on is of no use. After
#: any other failure, such as a wrong key or a full account, a later run may go on.
_LOST = (BadReply, BadRequest, Conflict, NotFound, Redirected, Rejected, TrustError)
#: What ends an upload for good, so that no later run goes on with it.
_FORGOTTEN = (*_LOST, SourceError)


def run(job: Job, exchange: Exchange, ways: Ways | None = None) -> UploadResult:
    """Run all steps.

    Args:
        job: The upload.
        exchange: How a request is sent.
        ways: How else requests are sent, and what is kept of them; without it only so, and nothing.

    Raises:
        UploadError: A step failed; says what earlier steps may have left at the host.
    """
    ways = ways or Ways(exchange, exchange, Trail())
    try:
        return _kept(job, ways)
    except (UploadError, SourceError) as error:
        # The host says that it took the file; what is wrong is only what it says of it.
        error.ambiguous = error.ambiguous or (isinstance(error, BadReply) and ways.trail.sent)
        if ways.trail.left:
            error.message += f"; {ways.trail.words(job)}"
            goes_on = ways.resumption is not None and not isinstance(error, _FORGOTTEN)
            error.recipe = None if goes_on else recipe_of_rest(job)
        raise
    except Interrupted as end:
        if ways.trail.left and ways.resumption is None:
            end.made, end.recipe = ways.trail.words(job), recipe_of_rest(job)
        raise


def _kept(job: Job, ways: Ways) -> UploadResult:
    """Run all steps, or those that an earlier run has left, and keep or forget how far they came."""
    resumption = ways.resumption
    try:
        _check_text(job)
        kept = resumption.find() if resumption is not None else None
        course = (_gone_on(job, ways, kept) if kept is not None else None) or _Course(job, ways).run()
        if course.last is None:
            raise BadReply("no step of the spec ran: every `when` was false", job.spec.name)
        made = result(job, *course.last)
    except _FORGOTTEN:
        if resumption is not None:
            resumption.forget()
        raise
    if resumption is not None:
        resumption.forget()
    return made


def _check_text(job: Job) -> None:
    """Refuse a file that a later step cannot have as text, before the first one leaves anything at the host.

    Raises:
        UnsupportedType: It is no text.
    """
    later = [step.content for step in job.spec.steps[1:] if step.when is None]
    if later and ("file", "text") in trees.names_in(later):
        evaluate(["path", "file", ["text"]], job.scope)


def _gone_on(job: Job, ways: Ways, kept: Kept) -> _Course | None:
    """Go on with what an earlier run left; None where that cannot be done, and nothing of it is left in the job."""
    index = next((index for index, step in enumerate(job.spec.steps) if step.name == kept.step), None)
    if index is None:
        return None
    fresh = dict(job.scope.names["vars"])
    kept.restore(job)
    asking = True
    try:
        reached = _asked(job, job.spec.steps[index], ways, kept)
        asking = False
        if reached is not None:
            return _Course(job, ways, index, reached).run()
        why = "what the host has may be something else"
    except NonRetryableError as error:
        # A key that is refused here may have been that of a session; where it is wrong, the first step says so too.
        if isinstance(error, TrustError) or not (asking or isinstance(error, _LOST)):
            raise
        why = error.message
    _log.warning("%s: the upload that was broken off is lost, so it begins anew: %s", job.spec.name, why)
    ways.tell(Noted(job.spec.name, f"the upload that was broken off is lost, so it begins anew: {why}"))
    job.saved.clear()
    job.scope.names["vars"].update(fresh)
    return None


def _asked(job: Job, step: Step, ways: Ways, kept: Kept) -> Reached | None:
    from twat_fs.upload_providers.pieces import asked

    size = int(job.scope.names["file"]["size"])
    reached = asked(job, step, kept.noted(), ways)
    if reached is None or reached.offset > kept.same_until:
        return None
    _log.warning("%s: going on at byte %d of %d", job.spec.name, reached.offset, size)
    ways.tell(Noted(job.spec.name, f"going on at byte {reached.offset} of {size}"))
    ways.begun(reached.offset)
    return reached._replace(most=kept.same_until)


class _Course:
    """The steps, one after the other.

    Args:
        job: The upload.
        ways: How requests are sent.
        first: The step to begin with.
        reached: How far that one came in an earlier run.

    Attributes:
        last: The last request and its reply, or None where no step ran.
    """

    def __init__(self, job: Job, ways: Ways, first: int = 0, reached: Reached | None = None) -> None:
        self._job = job
        self._ways = ways
        self._at = first
        self._reached = reached
        self.last: Exchanged | None = None

    def run(self) -> _Course:
        """Run them to the end; where one fails for good, once more from the step that the spec names for that."""
        steps = self._job.spec.steps
        begin = next((index for index, step in enumerate(steps) if step.name == self._job.spec.retry.begin), len(steps))
        try:
            self._run()
        except RetryableError as error:
            # Who wants steps repeated has not said that a file may be there twice: that is `idempotent`.
            twice = error.ambiguous and not steps[self._at].idempotent
            if self._at <= begin or twice or self._ways.left() <= 0:
                raise
            _log.warning("%s: %s; beginning again at the step %s", self._job.spec.name, error, steps[begin].name)
            self._ways.tell(Noted(self._job.spec.name, f"beginning again at the step {steps[begin].name}"))
            self._again_from(begin)
            self._run()
        return self

    def _again_from(self, begin: int) -> None:
        self._at, self._reached = begin, None
        for step in self._job.spec.steps[begin:]:
            for name in step.save:
                self._job.saved.pop(name, None)

    def _run(self) -> None:
        for index, step in enumerate(self._job.spec.steps[self._at :], self._at):
            if wanted(self._job, step):
                self._at = index
                self.last = self._sent(step)

    def _sent(self, step: Step) -> Exchanged:
        if step.chunks is not None:
            from twat_fs.upload_providers.pieces import Pieces

            reached, self._reached = self._reached, None
            return Pieces(self._job, step, self._ways).send(reached)
        if step.poll is not None:
            return waited(self._job, step, self._ways)
        return run_step(self._job, step, self._ways.exchange, self._ways.trail)


def waited(job: Job, step: Step, ways: Ways) -> Exchanged:
    """Repeat a step until its query holds.

    Args:
        job: The upload.
        step: The step, which has `poll`.
        ways: How requests are sent, and how pauses are made.

    Raises:
        UploadTimeout: It did not hold in the time that it has.
        UploadError: The step failed.
    """
    poll = step.poll
    assert poll is not None
    held = False

    def done(reply: Reply) -> bool:
        nonlocal held
        held = holds(poll.until, Reading(reply), job.scope)
        return held

    begun, count = time.monotonic(), 0
    while True:
        exchanged = run_step(job, step, ways.exchange, ways.trail, done)
        if held:
            return exchanged
        count += 1
        spent = max(count * poll.every, time.monotonic() - begun)
        if spent > poll.limit or poll.every >= ways.left():
            raise UploadTimeout(
                f"the host is not done after {spent:.0f} seconds ({count} request{'s' if count > 1 else ''})",
                job.spec.name,
                step=step.name,
                hint="It may be done a little later: the file is there.",
            )
        ways.sleep(poll.every)


def remove(job: Job, exchange: Exchange, pause: Callable[[float], object] = lambda _: None) -> bool:
    """Run the steps of `delete`.

    Args:
        job: The deletion; see `twat_fs.wire.deleting`.
        exchange: How a request is sent.
        pause: Waits some seconds before a step is repeated.

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
                _removed(job, step, exchange, pause)
            except NotFound:
                return False
            ran = True
    if not ran:
        why = "the host gave nothing to delete it with" if steps else "its spec does not say how"
        raise NonRetryableError(f"the upload cannot be deleted: {why}", job.spec.name)
    return True


def _removed(job: Job, step: Step, exchange: Exchange, pause: Callable[[float], object]) -> Exchanged:
    ways = Ways(exchange, exchange, Trail(), pause)
    return waited(job, step, ways) if step.poll else run_step(job, step, exchange, ways.trail)
