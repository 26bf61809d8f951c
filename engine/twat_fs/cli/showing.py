"""What is shown of each upload: its line or its record on standard output, and what else was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.cli.explaining import explained, explanation
from twat_fs.cli.formats import Format, Uploaded
from twat_fs.errors import SourceError, UploadFailed, UsageError

if TYPE_CHECKING:
    from twat_fs.batch import Done, Item
    from twat_fs.calls import Outcome, UploadOptions
    from twat_fs.cli.delivering import Delivery
    from twat_fs.cli.report import Report
    from twat_fs.events import Event
    from twat_fs.registry import Registry
    from twat_fs.results import UploadResult


class Showing:
    """Shows what became of the items of a run.

    Args:
        report: Prints it.
        registry: Knows the providers.
        chosen: How an upload is printed.
        alone: Whether there is only one item.
        explains: Whether it is said what was tried.
        delivery: Does what else is to be done with a URL.
    """

    def __init__(
        self, report: Report, registry: Registry, chosen: Format, delivery: Delivery, *, alone: bool, explains: bool
    ) -> None:
        self._report = report
        self._registry = registry
        self._format = chosen
        self._alone = alone
        self._delivery = delivery
        self._events: dict[int, list[Event]] | None = {} if explains else None

    def watched(self, item: Item, options: UploadOptions) -> UploadOptions:
        """How an item is uploaded so that what happens is known when it is shown."""
        if self._events is None:
            return options
        events = self._events[id(item)] = []
        return options._replace(on_event=events.append)

    def show(self, done: Done) -> int:
        """Print what became of an item; returns the status that it has."""
        error = done.error
        line, result = "", done.outcome.result if error is None and done.outcome is not None else None
        events = None if self._events is None else self._events.pop(id(done.item), [])
        if self._format.name == "json":
            tried = {} if events is None else {"tried": explained(events)}
            self._report.record({**record(done), **tried}, dear=error is None)
        elif result is not None and done.outcome is not None:
            line = self._line(done, done.outcome, result)
            self._report.result(line, dear=True)
        elif error is not None:
            self._report.error(error, "" if self._alone or isinstance(error, SourceError) else done.item.label)
        if events is not None and self._format.name != "json":
            for line in explanation(events, done.item.label):
                self._report.say(line)
        if result is not None:
            self._delivery.one(line or str(result), result)
        return error.exit_code if error is not None else 0

    def _line(self, done: Done, outcome: Outcome, result: UploadResult) -> str:
        if self._format.name == "url":
            return str(result)
        metadata = dict(result.metadata)
        metadata.pop("size", None)
        found = Uploaded(
            url=str(result),
            path=done.item.label,
            name=outcome.name,
            size=outcome.size,
            sha256=done.sha256,
            direct=self._is_direct(str(metadata.get("provider", ""))),
            metadata=metadata,
        )
        try:
            return self._format.line(found)
        except UsageError as error:  # what is there, whatever was to be said of it
            self._report.error(error, done.item.label)
            return str(result)

    def _is_direct(self, provider: str) -> bool:
        entry = self._registry.catalog.entry(provider)
        return entry is None or self._registry.catalog.spec(entry).capabilities.get("direct_link") is not False


def record(done: Done) -> dict[str, Any]:
    """What `--json` says of an item."""
    told: dict[str, Any] = {"file": done.item.label}
    if done.outcome is not None:
        told |= _facts(done.outcome)
    if done.error is None:
        return {**told, "sha256": done.sha256}
    provider = done.error.headline.provider if isinstance(done.error, UploadFailed) else ""
    return {**told, "error": done.error.message, "hint": done.error.hint, "provider": provider}


def _facts(outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = {"size": outcome.size}
    if outcome.result is not None:
        metadata = dict(outcome.result.metadata)
        facts = {"url": str(outcome.result), "provider": metadata.pop("provider", ""), **facts, "metadata": metadata}
        metadata.pop("size", None)
    facts["attempts"] = [
        {
            "provider": attempt.provider,
            "kind": attempt.kind,
            "status": attempt.status,
            "message": attempt.message,
            "hint": attempt.hint,
        }
        for attempt in outcome.attempts
    ]
    facts["ambiguous"] = outcome.ambiguous
    return facts
