"""Uploads by the workers of a Dask cluster: the executor that `upload_files` takes for that."""

from __future__ import annotations

import uuid
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from distributed import Event
from twat_fs.file_results import WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable

    from distributed import Client


class OnceExecutor(Executor):
    """Gives tasks to a cluster, begins none of them twice, and tells what becomes of each.

    The executor of the client itself does neither: a task that is done, or under way, is begun again where the worker
    that has it dies, and a future whose answer cannot be fetched is never done. So each task leaves a mark with the
    scheduler before it begins, and one that has begun before raises `WorkerLost` instead.

    Args:
        client: The cluster's.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Have a worker do it."""
        # Not pure: two files of one name are two. No retries: they would begin it again.
        task = self._client.submit(_once, uuid.uuid4().hex, work, *given, **named, pure=False, retries=0)
        future: Future[Any] = Future()
        future.add_done_callback(lambda done: task.cancel() if done.cancelled() else None)
        task.add_done_callback(lambda _: _tell(task, future))
        return future


def _tell(task: Any, future: Future[Any]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        answer = task.result()
    except BaseException as error:  # whatever it is: who waits is told
        future.set_exception(error)
    else:
        future.set_result(answer)


def _once(mark: str, work: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Runs in the worker."""
    begun = Event(mark)
    if begun.is_set():
        raise WorkerLost("what was to upload it ended before its answer was fetched", ambiguous=True)
    begun.set()
    return work(*given, **named)
