"""`twat-fs history`: what was uploaded, and what became of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import OutputLost, Report, log_to_stderr
from twat_fs.errors import UsageError
from twat_fs.history.receipt import STATES, Receipt
from twat_fs.history.records import History
from twat_fs.text import REDACTOR, printable
from twat_fs.units import parse_duration, parse_moment, shown_size

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Receipts that are printed at a time.
_PAGE = 1000
_HEAD = ("ID", "WHEN", "STATE", "EXPIRES", "SIZE", "PROVIDER", "NAME", "URL")
#: Columns of numbers, which end under each other.
_RIGHT = ("ID", "SIZE")
#: Characters of a file's name that are shown in the table.
_NAME = 40


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    report = Report(REDACTOR, quiet=given["quiet"])
    log_to_stderr(report, -1 if given["quiet"] else given["verbose"])
    with History(settings_of(given).history_file) as history:
        filters = {
            "provider": given["provider"],
            "name": given["name"],
            "since": moment("since", given["since"]),
            "until": moment("until", given["until"]),
            "states": [state for state in STATES if given[state]],
        }
        found = history.receipts(**filters, limit=given["limit"] or None)
        try:
            _print(report, found, as_json=given["as_json"])
        except OutputLost:
            return 1
        more = history.count(**filters) - len(found)
        if given["forget"]:
            for receipt in found:
                history.forget(receipt.id)
    if more and not given["quiet"]:
        report.say(f"{more} older are not listed; --limit 0 lists all")
    return 0


def moment(switch: str, text: str | None) -> float | None:
    """Unix seconds from a duration, which counts back from now, or from a date.

    Raises:
        UsageError: It is neither.
    """
    if text is None:
        return None
    try:
        return time.time() - parse_duration(text)
    except ValueError:
        pass
    try:
        return float(parse_moment(text))
    except ValueError as error:
        raise UsageError(f"--{switch}: {error}, or a duration such as 7d") from error


def _print(report: Report, receipts: Sequence[Receipt], *, as_json: bool) -> None:
    for receipt in receipts:
        for secret in receipt.secrets():
            REDACTOR.add(secret)
    if as_json:
        for receipt in receipts:
            report.record(receipt.facts())
        return
    rows = [_row(receipt) for receipt in receipts]
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    lines = [_line(row, widths) for row in [_HEAD, *rows]] if rows else []
    for begin in range(0, len(lines), _PAGE):
        report.result("\n".join(lines[begin : begin + _PAGE]))


def _row(receipt: Receipt) -> tuple[str, ...]:
    expires = "-" if receipt.expires is None else _day(receipt.expires)
    return (
        str(receipt.id),
        _day(receipt.time),
        receipt.state,
        expires,
        shown_size(receipt.size),
        receipt.provider,
        printable(receipt.name, _NAME),
        receipt.url or "-",
    )


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if name in _RIGHT else cell.ljust(width)
        for name, cell, width in zip(_HEAD, row, widths, strict=True)
    ]
    return "  ".join(cells).rstrip()
