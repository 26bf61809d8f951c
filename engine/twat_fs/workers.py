"""Uploads by an executor: in other processes, or on other machines."""

from __future__ import annotations

import os
import threading
from collections import deque
from concurrent.futures import CancelledError, Future
from functools import partial
from pickle import PicklingError
from typing import TYPE_CHECKING

from twat_fs.batch import Batch
from twat_fs.errors import TwatFsError
from twat_fs.events import untold
from twat_fs.file_results import Cancelled, FileResult, WorkerLost, item_of, opened_item, result_of
from twat_fs.listening import Ear, heard, told_of
from twat_fs.tuples import NamedTuple
from twat_fs.upload import recorder_for, registry_for

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from concurrent.futures import Executor

    from twat_fs.batch import Item
    from twat_fs.calls import UploadOptions
    from twat_fs.events import FileEvent
    from twat_fs.file_results import Cancellation, Named
    from twat_fs.opening import Given


#: What to do where a host may have a file of which no URL came.
_LOOK = "Look whether the host has it; skip_existing finds what a receipt tells of."

#: What executors raise where they take a task no more, or cannot send it.
_NOT_TAKEN = (RuntimeError, PicklingError, TypeError, AttributeError, ValueError, OSError)

#: What each thread of a worker keeps of the run that it works for.
_own = threading.local()


class _Task(NamedTuple):
    """All that a worker is told: what can be sent to another process, and no secret of this one."""

    source: Given | Named
    run: str
    names: list[str]
    options: UploadOptions
    ear: Ear | None


class _Answer(NamedTuple):
    """What a worker says: what became of the file, and what happened on the way that was not told yet."""

    result: FileResult
    events: list[FileEvent]


class _Waiting(NamedTuple):
    """A file that an executor has."""

    source: Given | Named
    ear: Ear | None
    answer: Future[_Answer]


def handed_out(
    sources: Iterable[Given | Named],
    names: list[str],
    options: UploadOptions,
    executor: Executor,
    ahead: int,
    ends: Cancellation,
    on_event: Callable[[Given | Named, FileEvent], object] | None = None,
) -> Generator[FileResult, None, None]:
    """Have an executor upload files; gives what became of each, in their order.

    Args:
        sources: What is to be uploaded.
        names: The providers that the caller names.
        options: How to upload.
        executor: Uploads them.
        ahead: Files that it is given before the first of them is done.
        ends: Ends all of it.
        on_event: Told what happens to which source, or None.
    """
    run = os.urandom(8).hex()
    sure = _cancels_only_what_waits(executor)
    waiting: deque[_Waiting] = deque()
    ends.calls(lambda: [each.answer.cancel() for each in list(waiting)])
    try:
        for source in sources:
            if ends.cancelled:
                yield FileResult(source, None, Cancelled("it was not begun: the uploads were cancelled"))
                continue
            waiting.append(_begun(source, run, names, options, executor, on_event))
            if len(waiting) >= ahead:
                yield _first_of(waiting, sure=sure)
        while waiting:
            yield _first_of(waiting, sure=sure)
    finally:
        for each in waiting:
            each.answer.cancel()


def _begun(
    source: Given | Named,
    run: str,
    names: list[str],
    options: UploadOptions,
    executor: Executor,
    on_event: Callable[[Given | Named, FileEvent], object] | None,
) -> _Waiting:
    listens = on_event is not None or options.progress is not None or options.on_event is not untold
    ear = Ear(told_of(source, options, on_event)) if listens else None
    plain = options._replace(progress=None, on_event=untold)
    return _Waiting(source, ear, _given_to(executor, _Task(source, run, names, plain, ear)))


def _cancels_only_what_waits(executor: Executor) -> bool:
    """Whether a future that is cancelled was not begun: others, such as Dask's, do not tell."""
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    return isinstance(executor, (ProcessPoolExecutor, ThreadPoolExecutor))


def _given_to(executor: Executor, task: _Task) -> Future[_Answer]:
    """What comes of a task; where the executor does not take it, that."""
    try:
        return executor.submit(_work, task)
    except _NOT_TAKEN as error:
        words = f"it was not begun: its executor did not take it ({type(error).__name__})"
        future: Future[_Answer] = Future()
        future.set_exception(WorkerLost(words, hint="Upload it again, by an executor that works."))
        return future


def _first_of(waiting: deque[_Waiting], *, sure: bool) -> FileResult:
    """What became of the first; it waits until then, so that it can be cancelled."""
    told = _told(waiting[0], sure=sure)
    waiting.popleft()
    return told


def _told(file: _Waiting, *, sure: bool) -> FileResult:
    """What a worker says; where it can say nothing, that."""
    source, ear, answer = file
    try:
        lost = answer.exception()
    except CancelledError:
        words = "it was not begun: the uploads were cancelled" if sure else "it was cancelled, perhaps as it was sent"
        return FileResult(source, None, Cancelled(words, hint="" if sure else _LOOK, ambiguous=not sure))
    if lost is None:
        result, events = answer.result()
        if ear is not None:
            for event in events:
                ear(event)
        return result._replace(source=source)
    if ear is not None and ear.broken:  # by one who listens here: the caller's own
        raise lost
    if isinstance(lost, TwatFsError):
        return FileResult(source, None, lost)
    words = f"what was to upload it ended ({type(lost).__name__})"
    return FileResult(source, None, WorkerLost(words, hint=_LOOK, ambiguous=True))


def _work(task: _Task) -> _Answer:
    """Upload one file; runs in the worker."""
    ear = task.ear
    (done,) = _batch_of(task).run([item_of(task.source)], 1, None if ear is None else partial(_heard, ear))
    if done.outcome is not None and done.outcome.result is not None:
        done.outcome.result.recipe = None  # may hold secrets; the receipt has it by now
    # What was uploaded may be large, and the caller has it.
    return _Answer(result_of("", done), [] if ear is None else ear.kept)


def _heard(ear: Ear, _item: Item, options: UploadOptions) -> UploadOptions:
    return heard(options, ear)


def _batch_of(task: _Task) -> Batch:
    """What this thread knows of the run: its providers, with their connections, and the receipts."""
    if getattr(_own, "run", None) != task.run:
        registry = registry_for(task.options)
        recorder = recorder_for(registry.settings, wanted=task.options.history)
        opener = partial(opened_item, settings=registry.settings)
        _own.batch = Batch(registry, task.names, task.options, recorder, opener)
        _own.run = task.run if task.options.max_time is None else None  # seconds for each file, not for all of them
    batch: Batch = _own.batch
    return batch
