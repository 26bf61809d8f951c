"""Many files in one run: some at the same time, results in the order of the files, no failure that stops the others."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from twat_fs.circuit import Circuit
from twat_fs.errors import TwatFsError, UploadFailed
from twat_fs.interruption import Interrupted
from twat_fs.opening import leads_elsewhere
from twat_fs.tuples import NamedTuple
from twat_fs.upload import send_to

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from contextlib import AbstractContextManager

    from twat_fs.calls import Outcome, UploadOptions
    from twat_fs.history.recorder import Recorder
    from twat_fs.opening import Given
    from twat_fs.registry import Provider, Registry
    from twat_fs.source import Source

    #: Adds to how an item is uploaded what is told of it: `progress`, `on_event`.
    Watched = Callable[["Item", UploadOptions], UploadOptions]

#: Files for each worker that are begun before the first of them is done: a slow one does not hold the others up, and
#: what is known of those that wait does not grow.
_AHEAD = 4

#: Seconds that the uploads under way have where something ends them all.
_FAREWELL = 0.5


class Item(NamedTuple):
    """One thing to upload.

    Attributes:
        path: The file, as the user wrote it; or what messages call what is `given`.
        name: The name to send, instead of its own.
        folder: The folder that it is to be in below the wanted one, such as `photos/2026/`.
        archive: `zip` or `tar` where the path is a folder that goes up as one archive.
        given: What a program gives to be uploaded, whatever it is.
    """

    path: str
    name: str | None = None
    folder: str = ""
    archive: str | None = None
    given: Given | None = None

    @property
    def label(self) -> str:
        """How messages and records call it: an address without log-in and query, where secrets live."""
        if not leads_elsewhere(self.path):
            return self.path
        from twat_fs.addresses import shown_address

        return shown_address(self.path)

    def wanted(self, options: UploadOptions) -> UploadOptions:
        """How to upload this one: its own folder goes below the wanted one."""
        return options._replace(remote_path=(options.remote_path or "") + self.folder) if self.folder else options


class Done(NamedTuple):
    """What became of one item.

    Attributes:
        item: The item.
        outcome: What the providers said, or None where none was asked.
        error: Why there is no URL, or None.
        sha256: The digest of what was sent, where it was asked for.
        seconds: How long it took.
    """

    item: Item
    outcome: Outcome | None
    error: TwatFsError | None
    sha256: str | None = None
    seconds: float = 0.0


class Batch:
    """The uploads of one run.

    Args:
        registry: Where providers come from.
        names: The providers that the caller names; empty for the default order.
        options: How to upload.
        recorder: Writes the receipts.
        opened: Opens an item.
        digests: Whether the digest of each file is wanted.
    """

    def __init__(
        self,
        registry: Registry,
        names: Sequence[str],
        options: UploadOptions,
        recorder: Recorder,
        opened: Callable[[Item], AbstractContextManager[Source]],
        *,
        digests: bool = False,
    ) -> None:
        self._registry = registry
        self._names = names
        self._options = options
        self._recorder = recorder
        self._opened = opened
        self._digests = digests
        self._circuit = Circuit()
        self._own = threading.local()
        self._made: list[Provider] = []

    def run(self, items: Iterable[Item], jobs: int, watched: Watched | None = None) -> Generator[Done, None, None]:
        """Upload them; gives what became of each in their order, as it is known.

        Args:
            items: The items.
            jobs: How many go up at the same time; one goes up in the caller's own thread.
            watched: Adds to how an item is uploaded what is told of it.
        """
        return self._in_turn(items, watched) if jobs == 1 else self._at_once(items, jobs, watched)

    def stop(self) -> None:
        """From any thread: end what is under way, and let nothing more begin."""
        self._registry.settings.stop()
        for provider in list(self._made):
            provider.break_off()

    def _in_turn(self, items: Iterable[Item], watched: Watched | None) -> Generator[Done, None, None]:
        for item in items:
            with self._open_done(item, watched) as done:
                yield done

    def _at_once(self, items: Iterable[Item], jobs: int, watched: Watched | None) -> Generator[Done, None, None]:
        from concurrent.futures import ThreadPoolExecutor, wait

        pool = ThreadPoolExecutor(jobs, thread_name_prefix="twat-fs-job")
        waiting: deque[Future[Done]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(self._kept, item, watched))
                if len(waiting) >= jobs * _AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except Interrupted as end:
            end.left = "what was being sent may have been stored"
            raise
        finally:
            if waiting:  # something ends it all: what is under way has a moment to let go of what it began at its host
                self.stop()
                pool.shutdown(wait=False, cancel_futures=True)
                wait(waiting, timeout=_FAREWELL)
            pool.shutdown(wait=not waiting)

    def _kept(self, item: Item, watched: Watched | None) -> Done:
        # Its receipt is complete before it is shown, which may have to wait for other files: so nothing is lost.
        with self._open_done(item, watched) as done:
            return done

    @contextmanager
    def _open_done(self, item: Item, watched: Watched | None) -> Iterator[Done]:
        """What became of an item, while its file is open; its receipt is completed in the end."""
        began = time.monotonic()
        with ExitStack() as files:
            done = self._uploaded(item, watched, files)._replace(seconds=time.monotonic() - began)
            try:
                yield done
            finally:
                if done.outcome is not None:
                    done.outcome.keep()

    def _uploaded(self, item: Item, watched: Watched | None, files: ExitStack) -> Done:
        outcome, digest = None, None
        options = item.wanted(self._options)
        if watched is not None:
            options = watched(item, options)
        try:
            source = files.enter_context(self._opened(item))
            outcome = send_to(self._candidates(), source, options, self._recorder, self._circuit, self._names)
            digest = source.digest("sha256") if self._digests and outcome.result is not None else None
        except TwatFsError as error:
            return Done(item, outcome, error)
        failed = UploadFailed(outcome.attempts) if outcome.result is None else None
        return Done(item, outcome, failed, digest)

    def _candidates(self) -> list[Provider]:
        """Each worker's own, made once: a client, and what is known of a provider, serve all its files."""
        if not hasattr(self._own, "candidates"):
            self._own.candidates = self._registry.candidates(self._names)
            for candidate in self._own.candidates:
                candidate.keeps = True
            self._made += self._own.candidates
        found: list[Provider] = self._own.candidates
        return found
