"""The file that receipts are in: private, in a folder of its own, and never in the way of an upload."""

from __future__ import annotations

import os
import stat
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from twat_fs.errors import HistoryError
from twat_fs.logs import logger
from twat_fs.private import private_folder

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    Work = Callable[[sqlite3.Connection], "T"]

T = TypeVar("T")

_log = logger()

#: Says in a database's head whose it is; four bytes of our own choice.
_OURS = 0x74776174
VERSION = 1
#: Seconds to wait, in all, for other processes that write.
PATIENCE = 2.0

_SCHEMA = f"""
begin immediate;
create table if not exists receipts (
  id integer primary key autoincrement,
  kept text not null,
  time real not null,
  provider text not null,
  name text not null,
  size integer not null,
  sha256 text,
  url text,
  page_url text,
  delete_url text,
  expires integer,
  variant text not null default '',
  said text,
  recipe text
);
create index if not exists receipts_by_url on receipts (url);
create index if not exists receipts_by_content on receipts (sha256, provider);
create index if not exists receipts_by_provider on receipts (provider, time);
create index if not exists receipts_by_state on receipts (kept, time);
create index if not exists receipts_by_time on receipts (time);
pragma application_id = {_OURS};
pragma user_version = {VERSION};
commit;
"""


class Database:
    """One file, opened when it is first needed.

    Args:
        path: The file; its folder is made for it, and is for the user alone.
        patience: Seconds to wait, in all, for other processes that write.
    """

    def __init__(self, path: str, patience: float = PATIENCE) -> None:
        self.path = path
        self._patience = patience
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    def run(self, work: Work[T]) -> T:
        """Do something with the open database, which other threads do not use meanwhile.

        A file that is damaged is moved aside, and the work done in a new one.

        Args:
            work: Takes the connection; each statement is a transaction of its own.

        Raises:
            HistoryError: It cannot be opened, read or written.
        """
        import sqlite3

        with self._lock, self._translated():
            try:
                return work(self._opened())
            except sqlite3.DatabaseError as error:
                if type(error) is not sqlite3.DatabaseError:  # a subclass is about the statement, or the moment
                    raise
                self._set_aside(error)
                return work(self._opened())

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            self._let_go()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        import sqlite3

        begun = time.monotonic()
        try:
            yield
        except sqlite3.Error as error:
            self._let_go()
            self._patience = max(0.0, self._patience - (time.monotonic() - begun))
            raise HistoryError(f"{self.path}: {error}", hint=_cure(str(error))) from error
        except OSError as error:
            raise HistoryError(f"{error.filename or self.path}: {error.strerror}") from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is None:
            import sqlite3

            _make_private(self.path)
            connection = sqlite3.connect(
                self.path, timeout=self._patience, isolation_level=None, check_same_thread=False
            )
            try:
                _prepare(connection, self.path)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _set_aside(self, error: Exception) -> None:
        """Move a damaged file out of the way, unless another process has done so meanwhile."""
        import fcntl

        self._let_go()
        with open(os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT, 0o600), "wb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_damaged(self.path):
                return
            aside = f"{self.path}.damaged-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"
            for ending in ("-wal", "-shm", ""):
                if os.path.exists(self.path + ending):
                    os.rename(self.path + ending, aside + ending)
        _log.warning("the history is damaged (%s); it was moved to %s, and a new one begun", error, aside)


def _make_private(path: str) -> None:
    """Have the file and its folder, for the user alone, whatever the umask and whoever made them.

    Raises:
        OSError: They cannot be made.
        HistoryError: No place is known for them.
    """
    if not os.path.isabs(path):
        raise HistoryError("there is no home to keep the history in", hint="Set HOME, or TWAT_FS_HISTORY=off.")
    private_folder(os.path.dirname(path))
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    if stat.S_IMODE(os.stat(path).st_mode) != 0o600:
        os.chmod(path, 0o600)


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    """Bring an open database to what this version knows.

    Raises:
        HistoryError: It is not ours, or of a newer version.
    """
    # The write-ahead log survives a crash of the process at any moment; what the machine's loses is the last moments.
    connection.execute("pragma synchronous = normal")
    version = connection.execute("pragma user_version").fetchone()[0]
    if version == VERSION:
        return
    if version > VERSION:
        raise HistoryError(
            f"{path} was written by a newer version of twat-fs", hint="Use that version, or TWAT_FS_HISTORY=off."
        )
    tables = connection.execute("select count(*) from sqlite_master").fetchone()[0]
    if tables and connection.execute("pragma application_id").fetchone()[0] != _OURS:
        raise HistoryError(f"{path} is a database of another program", hint="Move it away.")
    connection.execute("pragma journal_mode = wal")
    connection.executescript(_SCHEMA)


def _is_damaged(path: str) -> bool:
    import sqlite3

    connection = sqlite3.connect(path, timeout=PATIENCE)
    try:
        return bool(connection.execute("pragma quick_check(1)").fetchone()[0] != "ok")
    except sqlite3.OperationalError:
        return False
    except sqlite3.DatabaseError:
        return True
    finally:
        connection.close()


def _cure(said: str) -> str:
    if "locked" in said:
        return "Another process is writing to it; its state is as it was."
    return "TWAT_FS_HISTORY=off does without it."
