"""Upload many files by the workers of a Dask cluster; each file exactly once, or reported.

    python dask_upload.py --provider NAME [--scheduler tcp://HOST:8786] ADDRESS...

An address is one that fsspec knows, so that every worker reads from storage that all of them see: `s3://bucket/*.jpg`,
`https://...`, or a path of a folder that is mounted everywhere. Patterns are written out here, the files are opened
there. Without a scheduler a cluster of processes on this machine does it.

A worker that is killed takes the file that it was sending with it. It is not sent again, since the host may have it; it
is reported with status 5. Run the same command again: with the receipts of `--history`, kept in a folder that all
workers see (XDG_DATA_HOME), what is there already is found, and the rest is uploaded.
"""

from __future__ import annotations

import argparse
import sys
import uuid
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

import dask
from fsspec.core import get_fs_token_paths

from distributed import Client, Event, LocalCluster
from twat_fs import UploadOptions, upload_files
from twat_fs.addresses import shown_address
from twat_fs.file_results import WorkerLost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from twat_fs import FileResult

#: A task of a worker that died is not given to another one: the file may be at the host.
dask.config.set({"distributed.scheduler.allowed-failures": 0})


class OnceExecutor(Executor):
    """Gives tasks to a cluster, begins none of them twice, and tells what becomes of each.

    The client's own executor does neither: a task that is done is run again where the worker that keeps its answer dies
    before the client has fetched it, and a future whose answer cannot be fetched is never done. So each task leaves a
    mark with the scheduler before it begins.

    Args:
        client: The cluster's.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def submit(self, work: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        """Have a worker do it."""
        # Not pure: two files of one name are two. No retries: see `allowed-failures`.
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


def uploaded(
    addresses: Iterable[str], client: Client, provider: str | None, options: UploadOptions
) -> Iterator[FileResult]:
    """Upload by a cluster; gives what became of each file, in their order.

    Args:
        addresses: What every worker can read.
        client: The cluster's.
        provider: Where to send them; its spec and its secrets are those of the workers.
        options: How to upload.
    """
    threads = sum(client.nthreads().values())
    return upload_files(addresses, provider, options, jobs=max(1, threads), executor=OnceExecutor(client))


def written_out(patterns: Sequence[str]) -> Iterator[str]:
    """Each file that a pattern stands for."""
    for pattern in patterns:
        files, _, paths = get_fs_token_paths(pattern)
        _, inside, archive = pattern.partition("::")
        yield from (files.unstrip_protocol(path) + inside + archive for path in paths)


def main() -> int:
    """Run it; 0 where all were uploaded, 5 where some may be at the host all the same, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("addresses", nargs="+", metavar="ADDRESS")
    parser.add_argument("--provider")
    parser.add_argument("--providers-d", action="append", default=[], metavar="FOLDER")
    parser.add_argument("--scheduler", metavar="ADDRESS")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--history", action="store_true", help="keep receipts, and skip what they tell of")
    given = parser.parse_args()
    options = UploadOptions(providers_d=given.providers_d, history=given.history, skip_existing=given.history)
    cluster = given.scheduler or LocalCluster(n_workers=given.workers, threads_per_worker=1, dashboard_address=None)
    lost, failed = 0, 0
    with Client(cluster) as client:
        for result in uploaded(written_out(given.addresses), client, given.provider, options):
            if result.result is not None:
                print(result.url, flush=True)
                continue
            lost, failed = lost + result.ambiguous, failed + 1
            print(f"{shown_address(str(result.source))}: {result.error}", file=sys.stderr, flush=True)
    if not given.scheduler:
        cluster.close()
    return 5 if lost else 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
