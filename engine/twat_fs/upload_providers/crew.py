"""Several at once: workers that take one task after the other, until there are none or one has failed."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

from twat_fs.errors import TwatFsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from twat_fs.upload_providers.ways import Worker

T = TypeVar("T")
R = TypeVar("R")

#: Seconds that are given to workers that were stopped; their sockets are closed by then, and they send nothing more.
_PATIENCE = 0.5


class Crew(Generic[T, R]):
    """Does tasks in several threads.

    Tasks are taken one by one, so that they may be many. The first failure stops the others; so does an interruption of
    the thread that waits for them, which is not held up by what they wait for.

    Args:
        workers: One for each thread.
        tasks: What there is to do.
        work: Does a task with a worker.
    """

    def __init__(self, workers: Sequence[Worker], tasks: Iterable[T], work: Callable[[T, Worker], R]) -> None:
        self._workers = workers
        self._tasks = enumerate(tasks)
        self._taken = 0
        self._work = work
        self._taking = threading.Lock()
        self._ended: SimpleQueue[TwatFsError | None] = SimpleQueue()
        self._results: dict[int, R] = {}

    def run(self) -> list[R]:
        """Do everything; gives the results in the order of the tasks.

        Raises:
            TwatFsError: What the first failure was.
        """
        # Daemons, since a look-up of a name that hangs is not to keep the process from ending.
        threads = [threading.Thread(target=self._serve, args=(each,), daemon=True) for each in self._workers]
        try:
            for thread in threads:
                thread.start()
            for _ in threads:
                error = self._ended.get()
                if error is not None:
                    raise error
        except BaseException:
            self._stop(threads)
            raise
        finally:
            for worker in self._workers:
                worker.close()
        return [self._results[number] for number in range(self._taken)]

    def _serve(self, worker: Worker) -> None:
        failure = None
        try:
            while (task := self._next()) is not None:
                self._results[task[0]] = self._work(task[1], worker)
        except TwatFsError as error:
            failure = error
        finally:
            self._ended.put(failure)

    def _next(self) -> tuple[int, T] | None:
        with self._taking:
            task = next(self._tasks, None)
            self._taken += task is not None
            return task

    def _stop(self, threads: Sequence[threading.Thread]) -> None:
        with self._taking:
            self._tasks = enumerate(())
        for worker in self._workers:
            worker.stop()
        for thread in threads:
            if thread.ident is not None:
                thread.join(_PATIENCE / len(threads))
