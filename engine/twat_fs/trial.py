"""A trial of providers: a small file goes up, is fetched back, and is removed again; several of them side by side."""

from __future__ import annotations

import os
import queue
import threading
import time
from typing import TYPE_CHECKING, Any

from twat_fs.errors import NotOffered, TwatFsError, UploadError, UploadTimeout
from twat_fs.fitting import deletes, unfit
from twat_fs.interruption import Interrupted
from twat_fs.private import temporary_folder
from twat_fs.registry import Provider, Registry
from twat_fs.removal import removed
from twat_fs.source import Source
from twat_fs.tuples import NamedTuple
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from twat_fs.results import UploadResult

#: Bytes that a trial uploads.
SIZE = 1024
#: Seconds that a trial may take, and how many run at once, unless said.
PATIENCE = 60.0
AT_ONCE = 8
#: Seconds after the time of a trial in which it may say itself that it is over.
_GRACE = 1.0


class Trial(NamedTuple):
    """What came of a trial.

    Attributes:
        provider: The provider's name.
        url: What the upload gave, or an empty string.
        error: Why the provider cannot be used, or None where it can.
        upload_seconds: How long the upload took, or None where there was none.
        fetch_seconds: How long it took to fetch the file back, or None where it was not compared.
        deleted: Whether the host has removed the file again.
        left: Why it has not, where there is anything to remove.
    """

    provider: str
    url: str = ""
    error: TwatFsError | None = None
    upload_seconds: float | None = None
    fetch_seconds: float | None = None
    deleted: bool = False
    left: str = ""

    @property
    def checked(self) -> bool:
        """Whether the file was fetched back and is what was sent."""
        return self.fetch_seconds is not None


def trials(
    providers: Sequence[Provider], *, at_once: int = AT_ONCE, patience: float = PATIENCE
) -> Generator[Trial, None, None]:
    """Try several providers side by side; each is told as soon as it is known, so that a slow one holds up nobody.

    Args:
        providers: Those to try.
        at_once: How many run at the same time.
        patience: Seconds for each; one that does not look at the clock is left to itself then.

    Raises:
        Interrupted: A signal came; `left` names the hosts that may have stored a file.
    """
    waiting = list(providers)
    told: queue.SimpleQueue[tuple[int, Trial | BaseException]] = queue.SimpleQueue()
    running: dict[int, tuple[Provider, float]] = {}
    with temporary_folder() as folder:
        try:
            while waiting or running:
                while waiting and len(running) < at_once:
                    place, provider = len(waiting), waiting.pop(0)
                    running[place] = provider, time.monotonic() + patience + _GRACE
                    _start(place, provider, os.path.join(folder, str(place)), patience, told)
                yield from _next(told, running, patience)
        except Interrupted as end:
            names = ", ".join(provider.name for provider, _ in running.values())
            end.left = end.left or (f"{names} may have stored a file of {SIZE} bytes" if names else "")
            raise


def tried(provider: Provider, patience: float = PATIENCE) -> Trial:
    """Try one provider; see `trials`."""
    (trial,) = trials([provider], patience=patience)
    return trial


def _start(
    place: int, provider: Provider, folder: str, patience: float, told: queue.SimpleQueue[tuple[int, Any]]
) -> None:
    os.mkdir(folder)

    def work() -> None:
        outcome: Trial | BaseException
        try:
            outcome = _tried(provider, folder, patience)
        except BaseException as error:  # the main thread raises it
            outcome = error
        told.put((place, outcome))

    # A daemon: whatever one of them hangs in, the process can end.
    threading.Thread(target=work, name=f"trial of {provider.name}", daemon=True).start()


def _next(
    told: queue.SimpleQueue[tuple[int, Trial | BaseException]],
    running: dict[int, tuple[Provider, float]],
    patience: float,
) -> Iterator[Trial]:
    """The next trial that ends, or those whose time is over."""
    first = min(end for _, end in running.values())
    try:
        place, outcome = told.get(timeout=max(0.0, first - time.monotonic()))
    except queue.Empty:
        for place in [place for place, (_, end) in running.items() if end <= time.monotonic()]:
            provider, _ = running.pop(place)
            yield Trial(provider.name, error=_too_slow(provider.name, patience))
        return
    if running.pop(place, None) is None:  # it was given up before
        return
    if isinstance(outcome, BaseException):
        raise outcome
    yield outcome


def _too_slow(name: str, patience: float) -> UploadTimeout:
    return UploadTimeout(f"it was not done in {patience:g} seconds", name, ambiguous=True)


def _tried(provider: Provider, folder: str, patience: float) -> Trial:
    chosen = provider.registry.settings._replace(ends=time.monotonic() + patience)
    timed = Provider(provider.entry, provider.spec, Registry(chosen))
    try:
        source = _file(timed, folder)
    except TwatFsError as error:
        return Trial(timed.name, error=error)
    with source:
        return _sent(timed, source)


def _file(provider: Provider, folder: str) -> Source:
    """A file that the provider takes, whose name and content nobody else has."""
    mark = os.urandom(8).hex()
    for suffix, content in ((".txt", f"twat-fs {mark}\n".encode().ljust(SIZE, b".")), (".png", _picture(mark))):
        path = os.path.join(folder, f"twat-fs-{mark}{suffix}")
        with open(path, "wb") as file:
            file.write(content)
        source = Source(path)
        if unfit(provider.spec, source) is None:
            return source
        source.close()
    raise NotOffered("it takes neither texts nor pictures, so nothing was sent", provider.name)


def _picture(mark: str) -> bytes:
    """A PNG of one grey dot and a comment (PNG, third edition, 5.3 and 11.3.3.3)."""
    import struct
    import zlib

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    rest = chunk(b"IDAT", zlib.compress(b"\x00\x80")) + chunk(b"IEND", b"")
    comment = f"Comment\0twat-fs {mark} ".encode().ljust(SIZE - len(head) - len(rest) - 12, b".")
    return head + chunk(b"tEXt", comment) + rest


def _sent(provider: Provider, source: Source) -> Trial:
    begun = time.monotonic()
    try:
        url = provider.upload(source, Call(source.name, source.name), "none")
    except TwatFsError as error:
        return Trial(provider.name, error=error)
    done = time.monotonic()
    trial = Trial(provider.name, str(url), upload_seconds=round(done - begun, 3))
    return _cleared(provider, url, _fetched(provider, url, source, trial))


def _fetched(provider: Provider, url: UploadResult, source: Source, trial: Trial) -> Trial:
    begun = time.monotonic()
    try:
        checked = provider.check(url, source, "hash", hosts=(url.recipe or {}).get("hosts", ()))
    except UploadError as error:
        return trial._replace(error=error)
    return trial._replace(fetch_seconds=round(time.monotonic() - begun, 3)) if checked else trial


def _cleared(provider: Provider, url: UploadResult, trial: Trial) -> Trial:
    """Have the file removed again, where that can be."""
    if not deletes(provider.spec):
        return trial._replace(left="the host offers no way to delete it")
    try:
        removed(provider, url.recipe or {})
    except TwatFsError as error:
        return trial._replace(left=f"it could not be deleted: {error.message}")
    return trial._replace(deleted=True)
