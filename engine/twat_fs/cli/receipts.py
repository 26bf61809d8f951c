"""Doing something with several uploads: what goes wrong with one does not stop the rest."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import OutputLost, Report, log_to_stderr
from twat_fs.errors import TwatFsError
from twat_fs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    #: What to print of one that worked, as facts and as a line, and the status that it leads to.
    Done = tuple[dict[str, Any], str, int]

T = TypeVar("T")

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
    """Do it with each, several at a time where that is asked for, and print in their order what came of it.

    Args:
        report: Prints it.
        items: What to do it with.
        do: Does it.
        given: The command's switches.
        called: The key that people know an item by, for a failure's record.

    Returns:
        The status: 0, or that of the first failure, or 6 where others worked.
    """
    items = list(items)
    tasks = [partial(_attempted, do, item) for item in items]
    codes: list[int] = []
    for item, done in zip(items, side_by_side(tasks, given.get("jobs", 1))):  # noqa: B905  as many, unless it is ended
        try:
            if not isinstance(done, TwatFsError):
                facts, line, code = done
                if given["as_json"]:
                    report.record(facts)
                else:
                    report.result(line)
            else:
                code = done.exit_code
                if given["as_json"]:
                    report.record({**called(item), "error": done.message, "hint": done.hint})
                else:
                    report.error(done)
        except OutputLost:
            return 1
        codes.append(code)
    return status_of(codes)


def _attempted(do: Callable[[Any], Done], item: Any) -> Done | TwatFsError:
    try:
        return do(item)
    except TwatFsError as error:
        return error


def side_by_side(tasks: Sequence[Callable[[], T]], jobs: int) -> Iterator[T]:
    """Do tasks; gives what comes of them in their order, as it is known.

    Args:
        tasks: What to do.
        jobs: How many at a time; one is done in the caller's own thread.
    """
    if jobs == 1:
        yield from (task() for task in tasks)
        return
    waiting = [(task, Future[T]()) for task in tasks]
    following = iter(waiting)  # shared: the next one goes to whoever asks, one step that no thread interrupts

    def work() -> None:
        for task, future in following:
            try:
                future.set_result(task())
            except BaseException as error:  # it is raised where the result is waited for
                future.set_exception(error)

    for _ in range(min(jobs, len(tasks))):
        # A daemon: whatever one of them hangs in, the process can end.
        threading.Thread(target=work, name="twat-fs-receipt", daemon=True).start()
    for _, future in waiting:
        yield future.result()


def status_of(codes: Sequence[int]) -> int:
    """The status of a command that does something with several: 0, that of the first failure, or 6 if some worked."""
    failed = [code for code in codes if code]
    return 0 if not failed else failed[0] if len(failed) == len(codes) else SOME
