"""Doing something with several uploads, one after the other: what goes wrong with one does not stop the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import OutputLost, Report, log_to_stderr
from twat_fs.errors import TwatFsError
from twat_fs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    #: What to print of one that worked, as facts and as a line, and the status that it leads to.
    Done = tuple[dict[str, Any], str, int]

#: Some worked, and some did not.
SOME = 6


def begun(given: dict[str, Any]) -> tuple[Registry, Report]:
    """The providers and the report of a command."""
    registry = Registry(settings_of(given))
    report = Report(registry.redactor, quiet=given["quiet"])
    log_to_stderr(report, -1 if given["quiet"] else given["verbose"])
    return registry, report


def each(
    report: Report, items: Iterable[Any], do: Callable[[Any], Done], given: dict[str, Any], called: Callable[[Any], Any]
) -> int:
    """Do it with each, and print what came of it.

    Args:
        report: Prints it.
        items: What to do it with.
        do: Does it.
        given: The command's switches.
        called: The key that people know an item by, for a failure's record.

    Returns:
        The status: 0, or that of the first failure, or 6 where others worked.
    """
    codes: list[int] = []
    for item in items:
        try:
            try:
                facts, line, code = do(item)
            except TwatFsError as error:
                code = error.exit_code
                if given["as_json"]:
                    report.record({**called(item), "error": error.message, "hint": error.hint})
                else:
                    report.error(error)
            else:
                if given["as_json"]:
                    report.record(facts)
                else:
                    report.result(line)
        except OutputLost:
            return 1
        codes.append(code)
    return status_of(codes)


def status_of(codes: Sequence[int]) -> int:
    """The status of a command that does something with several: 0, that of the first failure, or 6 if some worked."""
    failed = [code for code in codes if code]
    return 0 if not failed else failed[0] if len(failed) == len(codes) else SOME
