"""Sends a file in pieces: in order, several at once, or on from where the host says that it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.errors import BadReply, RetryableError
from twat_fs.events import GivenUp, Pausing
from twat_fs.expression.query import NothingFound, find
from twat_fs.expression.reading import Reading
from twat_fs.logs import logger
from twat_fs.messages import Extent
from twat_fs.retry import pause, why_not
from twat_fs.tuples import NamedTuple
from twat_fs.upload_providers.stepping import run_step
from twat_fs.wire.plan import wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twat_fs.retry import Exchange
    from twat_fs.spec.model import Step
    from twat_fs.upload_providers.stepping import Exchanged
    from twat_fs.upload_providers.ways import Ways, Worker
    from twat_fs.wire.job import Job

    Lists = Mapping[str, list[Any]]

_log = logger()


class Reached(NamedTuple):
    """How far a step came.

    Attributes:
        offset: Bytes that the host has.
        lists: What each piece so far has saved, by name.
        last: What told so, where the host was asked.
        most: Bytes that it was sent at most, if that is more.
    """

    offset: int
    lists: Lists
    last: Exchanged | None = None
    most: int = 0


class Pieces:
    """The pieces of one step.

    Args:
        job: The upload.
        step: The step, which has `chunks`.
        ways: How requests are sent.
    """

    def __init__(self, job: Job, step: Step, ways: Ways) -> None:
        assert step.chunks is not None
        self._job = job
        self._step = step
        self._ways = ways
        self._chunks = step.chunks
        self._size = int(job.scope.names["file"]["size"])
        self._lists: dict[str, list[Any]] = {name: [] for name in step.save}
        self._failures = 0
        self._furthest = 0
        self._most = 0

    def send(self, reached: Reached | None = None) -> Exchanged:
        """Send them all; gives the last request and its reply.

        Args:
            reached: How far an earlier run came.

        Raises:
            UploadError: One was not taken.
        """
        if self._chunks.parallel > 1 and self._size > self._chunks.size and self._ways.worker:
            last = self._at_once()
        else:
            last = self._in_order(reached or Reached(0, self._lists))
        self._job.saved.update(self._lists)
        return last

    # Several at once

    def _at_once(self) -> Exchanged:
        from twat_fs.upload_providers.crew import Crew

        assert self._ways.worker is not None
        offsets = range(0, self._size, self._chunks.size)
        workers = [self._ways.worker() for _ in range(min(self._chunks.parallel, len(offsets)))]
        outcomes = Crew(workers, map(self._piece_at, offsets), self._by_worker).run()
        for values, _ in outcomes:
            self._note(values)
        last = outcomes[-1][1]
        assert last is not None
        return last

    def _by_worker(self, piece: Extent, worker: Worker) -> tuple[dict[str, Any], Exchanged | None]:
        exchanged, values = self._one(piece, {}, worker.exchange)
        return values, exchanged if self._ends_file(piece) else None  # of all others the reply is no longer needed

    # In order

    def _in_order(self, reached: Reached) -> Exchanged:
        offset, last = reached.offset, reached.last
        self._furthest, self._most = offset, reached.most
        self._lists = {name: list(noted) for name, noted in reached.lists.items()}
        # A file without bytes has one piece without bytes, and there is no way into it.
        resumable = self._step.resume is not None and self._size > 0
        exchange = self._ways.once if resumable else self._ways.exchange
        while last is None or offset < self._size:
            piece = self._piece_at(offset)
            self._most = max(self._most, offset + piece.size)
            if resumable and self._ways.resumption is not None:
                self._ways.resumption.keep(self._job, self._step, self._lists)
            try:
                last, values = self._one(piece, previous_of(self._lists), exchange)
            except RetryableError as error:
                if not resumable:
                    raise
                offset, _, last, _ = self._asked_again(error)
                continue
            offset += piece.size
            self._came_to(offset)
            self._note(values)
        return last

    def _asked_again(self, error: RetryableError) -> Reached:
        """Where to go on after a failure: where the host says, a moment later."""
        self._failures += 1
        # Whether the piece was taken or not is just what the host is asked, so that no doubt remains.
        name, policy = self._job.spec.name, self._job.spec.retry
        wait = pause(policy, self._failures, error, idempotent=True)
        if wait is None or wait >= self._ways.left():
            self._ways.tell(GivenUp(name, error, why_not(policy, self._failures, error, idempotent=True)))
            raise error
        _log.warning("%s: %s; going on in %.1f s", name, error, wait)
        self._ways.tell(Pausing(name, error, wait, self._failures + 1, policy.attempts))
        self._ways.sleep(wait)
        told = asked(self._job, self._step, self._lists, self._ways)
        if told is None:
            raise error
        if told.offset > self._most:  # what was never sent, nobody has
            words = f"the host says that it has {told.offset} bytes, and was sent {self._most} at most"
            raise _unreadable(self._job, self._step, words)
        self._came_to(told.offset)
        self._lists = dict(told.lists)
        return told

    def _came_to(self, offset: int) -> None:
        """Begin to count failures anew where the host has more than ever: one that loses what it had has an end too."""
        if offset > self._furthest:
            self._furthest, self._failures = offset, 0

    # Of each

    def _piece_at(self, offset: int) -> Extent:
        """The piece that begins there; it ends where it would if none had been broken off."""
        index = offset // self._chunks.size
        return Extent(offset, min((index + 1) * self._chunks.size, self._size) - offset)

    def _ends_file(self, piece: Extent) -> bool:
        return piece.offset + piece.size == self._size

    def _one(self, piece: Extent, previous: Mapping[str, Any], exchange: Exchange) -> tuple[Exchanged, dict[str, Any]]:
        job = self._job.of_piece(piece, piece.offset // self._chunks.size, previous)
        return run_step(job, self._step, exchange, self._ways.trail), job.saved

    def _note(self, values: dict[str, Any]) -> None:
        for name, noted in self._lists.items():
            noted.append(values[name])


def previous_of(lists: Lists) -> dict[str, Any]:
    """What the last piece has saved; null where there was none."""
    return {name: noted[-1] if noted else None for name, noted in lists.items()}


def asked(job: Job, step: Step, lists: Lists, ways: Ways) -> Reached | None:
    """Ask the host how much of the file it has.

    Args:
        job: The upload.
        step: The step that sends the pieces.
        lists: What each piece that was answered has saved, by name.
        ways: How requests are sent.

    Returns:
        How far it came; None where the upload cannot be gone on with from there, because the answer to a piece is
        missing whose values are needed, or because the spec does not ask.

    Raises:
        UploadError: The host does not say.
    """
    assert step.chunks is not None
    assert step.resume is not None
    assert step.resume.offset is not None
    asking = job.after(previous_of(lists))
    if not wanted(asking, step.resume):
        return None
    last = run_step(asking, step.resume, ways.exchange, ways.trail)
    size = int(job.scope.names["file"]["size"])
    try:
        offset = int(str(find(step.resume.offset, Reading(last.reply, whole=True), asking.scope)))
    except (NothingFound, ValueError) as error:
        raise _unreadable(job, step.resume, f"how much of the file the host has cannot be read: {error}") from error
    if not 0 <= offset <= size:
        raise _unreadable(job, step.resume, f"the host says that it has {offset} bytes of {size}")
    kept = dict(_up_to(lists, offset, step.chunks.size, size))
    return Reached(offset, kept, last) if len(kept) == len(lists) else None


def _up_to(lists: Lists, offset: int, piece: int, size: int) -> Iterator[tuple[str, list[Any]]]:
    """The values of the pieces before an offset, where all of them are known and it stands between two pieces."""
    count, rest = divmod(offset, piece)
    whole = not rest or offset == size
    count += bool(rest)
    for name, noted in lists.items():
        if whole and len(noted) >= count:
            yield name, noted[:count]


def _unreadable(job: Job, step: Step, problem: str) -> BadReply:
    return BadReply(problem, job.spec.name, step=step.name)
