"""Writing and finding receipts."""

from __future__ import annotations

import json
import re
import time as clock
from typing import TYPE_CHECKING, Any

from twat_fs.history.database import Database
from twat_fs.history.receipt import Receipt
from twat_fs.text import decodable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from types import TracebackType

_COLUMNS = ", ".join(Receipt._fields)
#: Where each state is in the database; the question mark is the present.
_WHERE = {
    "live": "(kept = 'live' and (expires is null or expires > ?))",
    "expired": "(kept = 'live' and expires <= ?)",
    "deleted": "(kept = 'deleted' and ? > 0)",
    "pending": "(kept = 'pending' and ? > 0)",
}


class History:
    """The receipts of one user.

    Args:
        path: The database; made when it is first needed. Without it, that of the user, as `twat-fs history` shows it.

    Raises:
        HistoryError: Any of its methods: the database cannot be opened, read or written.
    """

    def __init__(self, path: str | None = None) -> None:
        if path is None:
            from twat_fs.environment import settings

            path = settings().history_file
        self._database = Database(path)

    def __enter__(self) -> History:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; the next use opens it again."""
        self._database.close()

    def begin(self, provider: str, name: str, size: int, variant: str = "") -> int:
        """Note that an upload is about to be sent, and give its number."""
        row = ("pending", clock.time(), provider, name, size, variant)
        return self._change(
            "insert into receipts (kept, time, provider, name, size, variant) values (?, ?, ?, ?, ?, ?)", row
        )

    def note(self, number: int, **facts: Any) -> None:
        """Note facts of a receipt, by the names that they have in one."""
        assert facts.keys() <= {*Receipt._fields}
        changes = ", ".join(f"{name} = ?" for name in facts)
        self._change(f"update receipts set {changes} where id = ?", (*facts.values(), number))  # noqa: S608  our names

    def forget(self, number: int) -> None:
        """Have no receipt of that number."""
        self._change("delete from receipts where id = ?", (number,))

    def of(self, which: str | int) -> list[Receipt]:
        """The receipts of that number, or of that URL, the newest first: a URL may have been given more than once."""
        which = decodable(str(which))
        if re.fullmatch("[0-9]{1,18}", which):
            return list(self._find("id = ?", (int(which),)))
        found = list(self._find("url = ?", (which,)))
        return found or list(self._find("page_url = ? or delete_url = ?", (which, which)))

    def same(self, sha256: str, size: int, provider: str, variant: str) -> list[Receipt]:
        """The live receipts of the same bytes at the same provider, asked for in the same way, the newest first."""
        # The plus keeps the index of states, which would be walked for the order of its rows, out of this.
        live = _WHERE["live"].replace("kept", "+kept", 1)
        wanted = f"sha256 = ? and provider = ? and size = ? and variant = ? and url is not null and {live}"
        return list(self._find(wanted, (sha256, provider, size, variant, clock.time())))

    def receipts(
        self,
        *,
        provider: str | None = None,
        name: str | None = None,
        since: float | None = None,
        until: float | None = None,
        states: Collection[str] = (),
        limit: int | None = None,
    ) -> list[Receipt]:
        """Receipts, the newest first.

        Args:
            provider: Only those of this provider.
            name: Only those of files whose name matches this, with `*`, `?` and `[abc]` as in a shell.
            since: Only those from this moment on, in Unix seconds.
            until: Only those before this moment.
            states: Only those that are `live`, `expired`, `deleted` or `pending`; any where none is named.
            limit: So many at most.
        """
        where, values = _wanted(provider, name, since, until, states)
        return list(self._find(where, values, limit))

    def count(self, **filters: Any) -> int:
        """How many receipts there are; the filters are those of `receipts`."""
        wanted: dict[str, Any] = {"provider": None, "name": None, "since": None, "until": None, "states": (), **filters}
        where, values = _wanted(**wanted)
        query = f"select count(*) from receipts where {where}"  # noqa: S608  only our own words
        found = self._database.run(lambda connection: connection.execute(query, values).fetchone())
        return int(found[0])

    def _change(self, statement: str, values: tuple[Any, ...]) -> int:
        return self._database.run(lambda connection: connection.execute(statement, values).lastrowid) or 0

    def _find(self, where: str, values: tuple[Any, ...], limit: int | None = None) -> Iterator[Receipt]:
        bound = -1 if limit is None else limit
        query = f"select {_COLUMNS} from receipts where {where} order by time desc, id desc limit {bound:d}"  # noqa: S608
        rows = self._database.run(lambda connection: connection.execute(query, values).fetchall())
        return (Receipt(*row) for row in rows)


def _wanted(
    provider: str | None, name: str | None, since: float | None, until: float | None, states: Collection[str]
) -> tuple[str, tuple[Any, ...]]:
    pairs = (("provider = ?", provider), ("name glob ?", name), ("time >= ?", since), ("time < ?", until))
    parts = [condition for condition, value in pairs if value is not None]
    values = [decodable(value) if isinstance(value, str) else value for _, value in pairs if value is not None]
    if states:
        parts.append("(" + " or ".join(_WHERE[state] for state in states) + ")")
        values += [clock.time()] * len(states)
    return " and ".join(parts) or "1", tuple(values)


def written(values: Mapping[str, Any] | None) -> str | None:
    """What removing needs, as it is kept."""
    return None if values is None else json.dumps(values)
