"""`twat-fs upload_provider status`: who is ready, and with `--online` who works, and how fast."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from twat_fs.cli.chart import chart
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.colour import painter
from twat_fs.cli.receipts import status_of
from twat_fs.cli.report import OutputLost, Report, log_to_stderr
from twat_fs.errors import TwatFsError, UploadError
from twat_fs.registry import Registry
from twat_fs.trial import Trial, trials

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twat_fs.registry import Provider


def run(given: dict[str, Any], chosen: Callable[[Registry], list[str]] | None = None) -> int:
    """Run the command.

    Args:
        given: Its arguments and switches.
        chosen: Which providers it is about, where none is named; all, unless given.

    Returns:
        The exit status: 0, or for a provider that was named the one that an upload would end with; 6 where some of
        several are ready.
    """
    registry = Registry(settings_of(given))
    report = Report(registry.redactor, quiet=given["quiet"])
    log_to_stderr(report, -1 if given["quiet"] else given["verbose"])
    everybody = chosen or (lambda registry: [entry.name for entry in registry.catalog.entries()])
    names = list(dict.fromkeys(given.get("names", ()))) or everybody(registry)
    told = _Told(report, given, names)
    try:
        for trial in _statuses(registry, names, given):
            told.tell(trial)
        told.sum_up()
    except OutputLost:
        return 1
    return status_of(told.codes) if given.get("names") else 0


def _statuses(registry: Registry, names: list[str], given: dict[str, Any]) -> Iterator[Trial]:
    """Each provider's: those that are not tried first, then the others as they come."""
    to_try: list[Provider] = []
    for name in names:
        try:
            provider = registry.provider(name)
            reason = provider.not_ready()
            if reason is not None:
                raise reason
        except TwatFsError as error:
            if given.get("names") and error.exit_code == 2:
                raise
            yield Trial(name, error=error)
            continue
        if _wants_trial(provider, given):
            to_try.append(provider)
        else:
            yield Trial(name)
    with closing(trials(to_try, at_once=given["jobs"], patience=given["max_time"])) as found:
        yield from found


def _wants_trial(provider: Provider, given: dict[str, Any]) -> bool:
    return bool(given["online"]) and (bool(given.get("names")) or provider.spec.status != "closed")


class _Told:
    """What is printed: a row or a record for each, and at a terminal a table in the end."""

    def __init__(self, report: Report, given: dict[str, Any], names: list[str]) -> None:
        self.codes: list[int] = []
        self._report = report
        self._as_json = given["as_json"]
        self._charts = given["online"] and len(names) > 1 and not self._as_json and sys.stdout.isatty()
        self._width = max(14, *(len(name) for name in names)) if names else 14
        self._paint = painter(sys.stdout)
        self._tried: list[Trial] = []

    def tell(self, trial: Trial) -> None:
        """Print one."""
        self.codes.append(trial.error.exit_code if trial.error else 0)
        if _was_tried(trial):
            self._tried.append(trial)
        if self._as_json:
            self._report.record(facts(trial))
        else:
            self._report.result(f"{self._paint(f'{trial.provider:<{self._width}}', 'bold')} {self._words(trial)}")

    def sum_up(self) -> None:
        """Print the table."""
        if self._charts and self._tried:
            for line in ("", *chart(self._tried, sys.stdout)):
                self._report.result(line)

    def _words(self, trial: Trial) -> str:
        if trial.error is not None:
            hint = f" ({trial.error.hint})" if trial.error.hint else ""
            at = f": {trial.url}" if trial.url else ""
            colour = "red" if _was_tried(trial) else "yellow"
            return f"{self._paint('not ready', colour)}: {trial.error.message}{hint}{at}{_gone(trial)}"
        if not trial.url:
            return self._paint("ready", "green")
        fetched = f"fetched back the same in {trial.fetch_seconds:.2f} s" if trial.checked else "not fetched back"
        sent = f"uploaded in {trial.upload_seconds:.2f} s"
        return f"{self._paint('ready', 'green')}: {sent}, {fetched}: {trial.url}{_gone(trial)}"


def _was_tried(trial: Trial) -> bool:
    return bool(trial.url) or (isinstance(trial.error, UploadError) and trial.error.tried)


def _gone(trial: Trial) -> str:
    if not trial.url:
        return ""
    return "; deleted again" if trial.deleted else f"; it stays there: {trial.left}"


def facts(trial: Trial) -> dict[str, Any]:
    """A status as plain data, for machines."""
    found: dict[str, Any] = {"name": trial.provider, "ready": trial.error is None}
    if trial.url:
        found |= {"url": trial.url, "upload_seconds": trial.upload_seconds, "checked": trial.checked}
        found |= {"fetch_seconds": trial.fetch_seconds} if trial.checked else {}
        found |= {"deleted": trial.deleted} | ({"left": trial.left} if trial.left else {})
    error = trial.error
    if error is not None:
        kind = {"kind": error.kind} if isinstance(error, UploadError) else {}
        found |= {"reason": error.message, "hint": error.hint, **kind, "exit_code": error.exit_code}
    return found
