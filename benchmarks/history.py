"""Fill a history: `python -m benchmarks.history DATA COUNT`, with DATA for `XDG_DATA_HOME`.

In a process of its own, since what a process holds counts for all that it runs.
"""

from __future__ import annotations

import hashlib
import sys
import time
from typing import TYPE_CHECKING

from twat_fs.environment import settings
from twat_fs.history.database import Database

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

_COLUMNS = ("kept", "time", "provider", "name", "size", "sha256", "url", "recipe")


def fill(data: str, count: int) -> None:
    """Put receipts into the history of a folder: of uploads a minute apart, to ten providers, the last just now.

    Args:
        data: The folder for `XDG_DATA_HOME`.
        count: How many.
    """
    statement = f"insert into receipts ({', '.join(_COLUMNS)}) values ({', '.join('?' * len(_COLUMNS))})"

    def insert(connection: sqlite3.Connection) -> None:
        connection.execute("begin")
        connection.executemany(statement, _rows(count))
        connection.execute("commit")

    database = Database(settings({"XDG_DATA_HOME": data, "HOME": data}).history_file)
    database.run(insert)
    database.close()


def _rows(count: int) -> Iterator[tuple[object, ...]]:
    now = time.time()
    for number in range(count):
        sha256 = hashlib.sha256(b"%d" % number).hexdigest()
        url = f"https://host{number % 10}.example/{sha256[:12]}/{number}.bin"
        recipe = f'{{"result": {{"url": "{url}"}}}}'
        moment = now - 60 * (count - number)
        yield "live", moment, f"host{number % 10}", f"{number}.bin", 1024 + number, sha256, url, recipe


if __name__ == "__main__":
    fill(sys.argv[1], int(sys.argv[2]))
