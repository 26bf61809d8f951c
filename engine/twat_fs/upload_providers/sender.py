"""Sends the requests of one upload by a spec, and tells how far it is."""

from __future__ import annotations

import threading
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from twat_fs.events import Tell, untold
from twat_fs.retry import retrying, single, sleep
from twat_fs.upload_providers.declarative import run
from twat_fs.upload_providers.exchanging import sender
from twat_fs.upload_providers.stepping import Trail
from twat_fs.upload_providers.ways import Ways, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.environment import Settings
    from twat_fs.http.transport import Transport
    from twat_fs.messages import Extent, Reply, Request
    from twat_fs.results import UploadResult
    from twat_fs.source import Source
    from twat_fs.spec.model import Spec
    from twat_fs.upload_providers.protocols import Progress
    from twat_fs.upload_providers.resumption import Resumption
    from twat_fs.wire.job import Job


def upload(
    job: Job,
    source: Source,
    transport: Transport,
    settings: Settings,
    progress: Progress | None,
    tell: Tell = untold,
) -> UploadResult:
    """Send a file as its spec says.

    Args:
        job: The upload.
        source: The file.
        transport: The client.
        settings: How long a request may take, and where it is kept how far an upload came.
        progress: Told how far the upload is, or None.
        tell: Told what happens.

    Raises:
        UploadError: It was not taken.
        SourceError: The file cannot be read, or changed meanwhile.
    """
    senders = Senders(job.spec, source, transport, settings, progress, tell)
    if not any(step.resume for step in job.spec.steps):
        ways = senders.ways()
        return run(job, ways.exchange, ways)
    from twat_fs.upload_providers.resumption import Resumption

    with closing(Resumption(settings.unfinished, source, job)) as resumption:
        ways = senders.ways(resumption)
        return run(job, ways.exchange, ways)


class Senders:
    """Ways to send the requests of one upload.

    Args:
        spec: The provider.
        source: The file.
        transport: The client; others are made of it where pieces go at the same time.
        settings: How long a request may take.
        progress: Told how far the upload is, or None.
        tell: Told what happens.
    """

    def __init__(
        self,
        spec: Spec,
        source: Source,
        transport: Transport,
        settings: Settings,
        progress: Progress | None,
        tell: Tell = untold,
    ) -> None:
        self._spec = spec
        self._source = source
        self._transport = transport
        self._settings = settings
        self._tell = tell
        self._told = Told(progress, source.size) if progress else None

    def ways(self, resumption: Resumption | None = None) -> Ways:
        """How the requests go out.

        Args:
            resumption: Where it is kept how far the upload came.
        """
        send = self._by(self._transport)
        left = self._settings.left
        begun = self._told.at_least if self._told else lambda _: None
        exchange = retrying(send, self._spec.retry, left=left, tell=self._tell)
        once = single(send, self._tell)
        return Ways(exchange, once, Trail(), sleep, left, self._worker, begun, resumption, self._tell)

    def _worker(self) -> Worker:
        transport = self._transport.sibling()
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            transport.stop()

        send = self._by(transport, scattered=True)
        exchange = retrying(send, self._spec.retry, stopped.wait, left=self._settings.left, tell=self._tell)
        return Worker(exchange, stop, transport.close)

    def _by(self, transport: Transport, *, scattered: bool = False) -> Callable[[Request], Reply]:
        told = partial(self._told.within, scattered=scattered) if self._told else None
        return sender(transport, self._settings.timeout, self._source, told)


class Told:
    """Tells how much of a file was sent, in whatever order its pieces go and however often; never goes back.

    Args:
        progress: Called with the bytes sent so far and the file's size, by one thread at a time.
        size: The file's, in bytes.
    """

    def __init__(self, progress: Progress, size: int) -> None:
        self._progress = progress
        self._size = size
        self._lock = threading.Lock()
        self._furthest = -1
        self._sent: dict[int, int] = {}  # of each scattered piece, by its offset
        self._sum = 0

    def within(self, piece: Extent | None, *, scattered: bool) -> Progress:
        """Takes the progress of one request.

        Args:
            piece: The piece that it carries, or None for the whole file.
            scattered: Whether others go at the same time; else all before the piece was sent.
        """
        offset = piece.offset if piece else 0

        def told(sent: int, _: int) -> None:
            if scattered:
                self._count(offset, sent)
            else:
                self.at_least(offset + sent)

        return told

    def at_least(self, sent: int) -> None:
        """Tell that so many bytes were sent, if that is more than before."""
        with self._lock:
            self._tell(sent)

    def _count(self, offset: int, sent: int) -> None:
        with self._lock:
            before = self._sent.get(offset, 0)
            if sent > before:
                self._sent[offset] = sent
                self._sum += sent - before
            self._tell(self._sum)

    def _tell(self, sent: int) -> None:
        if sent > self._furthest:
            self._furthest = sent
            self._progress(sent, self._size)
