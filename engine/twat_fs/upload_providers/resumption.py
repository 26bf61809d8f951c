"""How far an upload came, kept in a private file until it is done: the same command goes on where it stopped.

What is kept belongs to a file by its content and not by its place, to the spec by its bytes, and to everything that the
caller and the environment gave. One process at a time may use it; a second one begins an upload of its own.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from twat_fs._version import __version__
from twat_fs.errors import SourceError
from twat_fs.expression import secrets
from twat_fs.logs import logger
from twat_fs.messages import Held, origins_of
from twat_fs.private import private_folder, write_private
from twat_fs.spec import trees
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.digests import RunningDigest
    from twat_fs.source import Source
    from twat_fs.spec.model import Step
    from twat_fs.wire.job import Job

#: Seconds after which what is kept is thrown away. Google forgets an unfinished upload after a week ("Resumable
#: uploads", Cloud Storage documentation); how long others keep one is up to who runs the server.
KEPT_FOR = 30 * 24 * 3600.0

_log = logger()


class Kept(NamedTuple):
    """What an earlier run left.

    Attributes:
        step: The step that sends the pieces.
        saved: What the steps before it have saved, as far as anything still reads it.
        variables: The values of `vars` that are not secret, likewise.
        hosts: For each name in `saved` or `lists` that is a secret, the host that gave it.
        lists: What each piece has saved, by name.
        same_until: Bytes from the file's start that are certainly what they were.
    """

    step: str
    saved: dict[str, Any]
    variables: dict[str, Any]
    hosts: dict[str, str]
    lists: dict[str, list[Any]]
    same_until: int

    def restore(self, job: Job) -> None:
        """Give an upload the values that it had."""
        for name, value in self.saved.items():
            job.saved[name] = self._covered(name, value)
        job.came_from.update({f"saved.{name}": host for name, host in self.hosts.items()})
        job.scope.names["vars"].update(self.variables)

    def noted(self) -> dict[str, list[Any]]:
        """What each piece has saved, secrets as such."""
        return {name: [self._covered(name, value) for value in noted] for name, noted in self.lists.items()}

    def _covered(self, name: str, value: Any) -> Any:
        return secrets.held_reply(name, value) if name in self.hosts else value


class Resumption:
    """Keeps how far one upload came.

    Args:
        folder: Where; made when it is needed, for the user alone.
        source: The file.
        job: The upload, before its first request.
    """

    def __init__(self, folder: str, source: Source, job: Job) -> None:
        self._folder = folder
        self._source = source
        self._file = source.marks()
        self._path = os.path.join(folder, f"{_identity(job, source)}.json")
        self._lock: int | None = None
        #: How the bytes that may have been sent are known: one part after the other, each with its size and SHA-256.
        #: Each run adds one, so that none has to read again what an earlier one has sent.
        self._parts: list[tuple[int, str]] = []
        self._values: dict[str, Any] | None = None
        self._digest: RunningDigest | None = None
        self._covered = 0

    def find(self) -> Kept | None:
        """What an earlier run of the same upload left, or None; from now on no other process may go on with it."""
        try:
            private_folder(self._folder)
            _tidy(self._folder)
            self._lock = _locked(self._path)
        except OSError as error:
            _log.info("an upload that is broken off cannot be gone on with: %s: %s", self._folder, error.strerror)
            return None
        if self._lock is None:
            _log.warning("this file is on its way already; what is sent now stands by itself")
            return None
        return self._read()

    def keep(self, job: Job, step: Step, lists: Mapping[str, list[Any]]) -> None:
        """Write down what the rest of the upload reads. That it cannot be written is no failure of the upload.

        What the file is known by is added on the way: no byte is sent before it is covered by what is written.

        Args:
            job: The upload.
            step: The step that sends the pieces.
            lists: What each piece so far has saved, by name.
        """
        if self._lock is None:
            return
        values = _values(job, step, lists)
        before, self._values = self._values, values and {**values, "step": step.name, "file": self._file._asdict()}
        if self._values is None:
            return
        if self._digest is None:
            self._covered = sum(size for size, _ in self._parts)
            self._digest = self._source.follow(self._covered)
            self._source.tell(self._cover)
        if self._values != before:
            self._write(self._digest)

    def _cover(self, end: int) -> None:
        """Have as many bytes as are about to be sent told from others by what is written."""
        if end > self._covered and self._digest is not None:
            self._covered = end
            self._write(self._digest)

    def _write(self, running: RunningDigest) -> None:
        if self._values is None:
            return
        self._covered, digest = running.through(self._covered)
        part = self._covered - running.start, digest
        data = {**self._values, "parts": [*self._parts, *([part] if part[0] else [])]}
        with suppress(OSError, TypeError, ValueError):
            # What a power cut takes is only the way into an upload, so that nothing waits for the disk.
            write_private(self._path, json.dumps(data).encode("ascii"), sync=False)

    def forget(self) -> None:
        """Nothing is left to go on with."""
        if self._lock is not None:
            _unlink(self._path)

    def close(self) -> None:
        """Let other processes go on with what is kept."""
        if self._lock is not None:
            _unlink(f"{self._path}.lock")
            os.close(self._lock)
            self._lock = None

    def _read(self) -> Kept | None:
        try:
            with open(self._path, "rb") as file:
                _check_private(os.fstat(file.fileno()))
                data = json.loads(file.read())
            parts = [(int(size), str(digest)) for size, digest in data.pop("parts")]
            same = self._same_until(data.pop("file"), parts)
            kept = None if same is None else Kept(same_until=same, **data)
        except (OSError, SourceError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        if kept is not None:
            self._parts = parts
        return kept

    def _same_until(self, before: Mapping[str, int], parts: list[tuple[int, str]]) -> int | None:
        """Bytes from the start that are what they were; None where the file was written to since."""
        now = self._file._asdict()
        if before == now:
            return self._source.size
        if before["mtime_ns"] != now["mtime_ns"]:
            return None
        # Moved, copied with its times, or only touched: what it holds decides.
        at = 0
        for size, digest in parts:
            if size < 0 or at + size > self._source.size or self._source.digest("sha256", at, size) != digest:
                return None
            at += size
        return at


def _identity(job: Job, source: Source) -> str:
    """What the upload is, as one word: the program, the spec, the file's name and size, and all that was given."""
    names = job.scope.names
    given = {key: secrets.uncovered(names[key]) for key in ("options", "credentials", "remote_path")}
    words = [__version__, job.spec.name, job.spec.sha256, names["file"]["name"], source.size, given]
    return hashlib.sha256(json.dumps(words, sort_keys=True, default=str).encode()).hexdigest()[:40]


def _values(job: Job, step: Step, lists: Mapping[str, list[Any]]) -> dict[str, Any] | None:
    """The values that the rest of the upload reads; None where one of them holds a credential, which is not kept."""
    spec = job.spec
    at = [each.name for each in spec.steps].index(step.name)
    read = trees.names_in([spec.steps[at:], spec.delete, spec.result, spec.errors])
    saved = {name: value for name, value in job.saved.items() if ("saved", name) in read}
    variables = {name: value for name, value in job.scope.names["vars"].items() if ("vars", name) in read}
    plain = {name: value for name, value in variables.items() if not origins_of(value)}  # a secret one is made again
    if any(not origin.startswith("saved.") for origin in origins_of((list(saved.values()), list(lists.values())))):
        return None
    hosts = {
        name: job.came_from.get(f"saved.{name}", "")
        for name, value in [*saved.items(), *((name, noted[-1]) for name, noted in lists.items() if noted)]
        if isinstance(value, Held)
    }
    return {
        "saved": secrets.uncovered(saved),
        "variables": plain,
        "hosts": hosts,
        "lists": secrets.uncovered(dict(lists)),
    }


def _check_private(file: os.stat_result) -> None:
    if file.st_uid != os.geteuid() or file.st_mode & 0o077:
        raise PermissionError("others can write what is kept")


def _locked(path: str) -> int | None:
    """The open lock of what is kept at a path, or None where another process has it.

    A lock file may be taken away by whoever has it, so that one is only good if it is still there once it is locked.
    """
    import fcntl

    name = f"{path}.lock"
    while True:
        lock = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(lock), os.stat(name)):
                return lock
        except BlockingIOError:
            os.close(lock)
            return None
        except FileNotFoundError:
            os.close(lock)
        except OSError:
            os.close(lock)
            raise
        else:
            os.close(lock)


def _tidy(folder: str) -> None:
    """Throw away what is too old, unless it is in use."""
    oldest = time.time() - KEPT_FOR
    for name in os.listdir(folder):
        with suppress(FileNotFoundError):  # another process tidies too
            if os.stat(os.path.join(folder, name)).st_mtime < oldest:
                _throw_away(os.path.join(folder, name.partition(".")[0] + ".json"), os.path.join(folder, name))


def _throw_away(path: str, what: str) -> None:
    lock = _locked(path)
    if lock is not None:
        for each in (what, f"{path}.lock"):
            _unlink(each)
        os.close(lock)


def _unlink(path: str) -> None:
    with suppress(OSError):
        os.unlink(path)
