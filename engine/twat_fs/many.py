"""Many files from a program, in threads of this process or by an executor."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING, Any

from twat_fs.batch import Batch, Item
from twat_fs.errors import UsageError
from twat_fs.file_results import Cancellation, Cancelled, FileResult, Named, item_of, opened_item, result_of
from twat_fs.listening import heard, told_of
from twat_fs.upload import UploadOptions, named, recorder_for, registry_for
from twat_fs.workers import handed_out

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from twat_fs.events import FileEvent
    from twat_fs.opening import Given

#: Files that an executor is given for each that is to go up at the same time, so that no worker waits for the next.
_AHEAD = 4


def upload_files(
    sources: Iterable[Given | Named],
    provider: str | Sequence[str] | None = None,
    options: UploadOptions | None = None,
    *,
    jobs: int = 4,
    executor: Executor | None = None,
    cancel: Cancellation | None = None,
    on_event: Callable[[Given | Named, FileEvent], object] | None = None,
    **provider_options: Any,
) -> Iterator[FileResult]:
    """Upload several files; gives what became of each, in their order, as it is known. No failure stops the others.

    Args:
        sources: Paths, bytes, open binary files, addresses of fsspec; each may be `Named`. Taken as they are needed.
        provider: A provider, or several to try in turn; without any, the default order.
        options: How to upload; `name` is not for several files.
        jobs: How many go up at the same time, in threads that keep their connections; of an executor, how many of its
            workers are kept busy.
        executor: Uploads instead of threads of ours: any of `concurrent.futures`, or one that goes further, such as
            `twat_fs.dask.OnceExecutor`. What its workers cannot be sent, such as an open file, fails. Secrets are not
            sent: each worker reads its own environment. A worker that ends takes the file with it, which is then
            reported as `WorkerLost`, never sent again.
        cancel: Ends all of it from elsewhere. What an executor's worker is sending it ends in its own time.
        on_event: Told what happens to which source, as it happens, by the threads that upload: the events of
            `twat_fs.events`. What an executor does in other processes is told as the record of the file is asked for
            and there, by the thread that asks, and of its progress only how far it came; so it is with `progress` and
            `on_event` of the options.
        **provider_options: The provider's own options, on top of those in `options`.

    Yields:
        One record for each source.

    Raises:
        UsageError: The call is wrong.
    """
    chosen = options or UploadOptions()
    chosen = chosen._replace(options={**chosen.options, **provider_options})
    if chosen.name is not None:
        raise UsageError("one name is not for several files", hint="Give each its own: Named(source, name).")
    if jobs < 1:
        raise UsageError(f"jobs={jobs}: at least one has to go up at a time")
    ends = cancel or Cancellation()
    if type(executor).__module__ == "distributed.cfexecutor":
        raise UsageError("the executor of a Dask client may send a file twice", hint="Take twat_fs.dask.OnceExecutor.")
    if executor is not None:
        return handed_out(sources, named(provider), chosen, executor, jobs * _AHEAD, ends, on_event)
    return _here(sources, named(provider), chosen, jobs, ends, on_event)


async def async_upload_files(
    sources: Iterable[Given | Named],
    provider: str | Sequence[str] | None = None,
    options: UploadOptions | None = None,
    *,
    cancel: Cancellation | None = None,
    **more: Any,
) -> AsyncIterator[FileResult]:
    """Upload several files without holding the event loop up; see `upload_files`.

    A task that is cancelled, and a loop that is left, end all uploads as `cancel` does.
    """
    ends = cancel or Cancellation()
    results = upload_files(sources, provider, options, cancel=ends, **more)
    pending: asyncio.Future[FileResult | None] | None = None
    try:
        while True:
            pending = asyncio.ensure_future(asyncio.to_thread(next, results, None))
            done = await asyncio.shield(pending)
            if done is None:
                return
            yield done
    finally:
        ends.cancel()
        if pending is not None and not pending.done():
            await asyncio.wait([pending])
        await asyncio.to_thread(results.close)  # type: ignore[attr-defined]


def _here(
    sources: Iterable[Given | Named],
    names: list[str],
    options: UploadOptions,
    jobs: int,
    ends: Cancellation,
    on_event: Callable[[Given | Named, FileEvent], object] | None,
) -> Generator[FileResult, None, None]:
    registry = registry_for(options)

    def source_of(item: Item) -> Any:
        ends.check()
        return opened_item(item, registry.settings)

    def watched(item: Item, usual: UploadOptions) -> UploadOptions:
        return usual if on_event is None else heard(usual, told_of(sent[id(item)], usual, on_event))

    batch = Batch(registry, names, options, recorder_for(registry.settings, wanted=options.history), source_of)
    ends.calls(batch.stop)
    sent: dict[int, Given | Named] = {}

    def items() -> Iterator[Item]:
        for source in sources:
            item = item_of(source)
            sent[id(item)] = source
            yield item

    with closing(batch.run(items(), jobs, watched)) as found:
        for done in found:
            yield _ended(result_of(sent.pop(id(done.item)), done), ends)


def _ended(result: FileResult, ends: Cancellation) -> FileResult:
    """A file that was on its way as all was cancelled failed by that."""
    error = result.error
    if not ends.cancelled or error is None or isinstance(error, Cancelled):
        return result
    words = f"it was cancelled as it was sent ({error})"
    hint = "A host may hold a part of it, or all."
    return result._replace(error=Cancelled(words, hint=hint, ambiguous=result.ambiguous))
