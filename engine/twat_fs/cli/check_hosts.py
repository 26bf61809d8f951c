"""`twat-fs check-hosts`: tries hosts, and writes what their specs are to say of them now."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from twat_fs.cli.colour import painter
from twat_fs.cli.patches import Patch, check_unchanged, patch_of
from twat_fs.cli.receipts import begun
from twat_fs.cli.report import OutputLost
from twat_fs.drift import Finding, judged
from twat_fs.errors import NotConfigured, SourceError, SpecError, TwatFsError, UploadError, UsageError
from twat_fs.spec.load import load
from twat_fs.spec.restate import restated
from twat_fs.text import printable
from twat_fs.trial import trials

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.cli.report import Report
    from twat_fs.registry import Provider, Registry
    from twat_fs.trial import Trial

#: Of several failures, the status is the first of these that one of them has.
_WORST = (4, 5, 3, 2, 1)
#: What is said of each outcome.
_WORDS = {
    "works": "works",
    "as_known": "fails, and its spec says that it is closed",
    "not_today": "cannot be judged now",
    "ours": "was not judged",
    "changed": "does not do what its spec says",
}
_COLOURS = {"@": "cyan", "+": "green", "-": "red"}


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    registry, report = begun(given)
    desk = _Desk(registry, report, given)
    try:
        with closing(trials(desk.to_try(), at_once=given["jobs"], patience=given["max_time"])) as found:
            for trial in found:
                desk.take(trial)
    except OutputLost:
        return 1
    return next((code for code in _WORST if code in desk.codes), 0)


class _Desk:
    """Where trials come in, and what is to be written goes out."""

    def __init__(self, registry: Registry, report: Report, given: dict[str, Any]) -> None:
        self.codes: list[int] = []
        self._registry = registry
        self._report = report
        self._given = given
        self._providers: dict[str, Provider] = {}
        self._today = time.strftime("%Y-%m-%d")

    def to_try(self) -> list[Provider]:
        """The providers that are set up; of one that was named and is not, that is told.

        Raises:
            UsageError: There is no provider of a name.
        """
        named = list(dict.fromkeys(self._given["names"]))
        names = named or [entry.name for entry in self._registry.catalog.entries()]
        self._providers = {provider.name: provider for provider in self._ready(names, told=bool(named))}
        return list(self._providers.values())

    def _ready(self, names: list[str], *, told: bool) -> Iterator[Provider]:
        for name in names:
            try:
                provider = self._registry.provider(name)
                reason: TwatFsError | None = provider.not_ready()
            except UsageError:
                raise
            except TwatFsError as error:
                reason = error
            if reason is None and (told or self._given["every"] or provider.spec.status != "closed"):
                yield provider
            elif reason is not None and (told or not isinstance(reason, NotConfigured)):
                self._not_tried(name, reason)

    def _not_tried(self, name: str, reason: TwatFsError) -> None:
        self.codes.append(reason.exit_code)
        if self._given["as_json"]:
            self._report.record({"name": name, "outcome": "not_tried", **_failure(reason)})
        else:
            self._report.say(f"{name}: not tried: {_line(reason)}")

    def take(self, trial: Trial) -> None:
        """Tell what came of a trial, and print or write the edit that follows from it."""
        if not self._given["names"] and isinstance(trial.error, UploadError) and not trial.error.tried:
            return  # an address that only the request needs is not set: nobody asked for this host
        provider = self._providers[trial.provider]
        content = self._registry.catalog.content(provider.entry)
        was = {key: str(value) for key, value in provider.spec.about.get("checked", {}).items()}
        options = provider.spec.options
        own_server = any(options[name].get("type") == "url" for name in provider.option_values({}))
        finding = judged(
            trial,
            was,
            self._today,
            known=bool(provider.credentials()),
            own_server=own_server,
            links=() if own_server else _links(content),
        )
        if trial.error is not None and finding.outcome != "as_known":
            self.codes.append(trial.error.exit_code)
        patch, problem = self._patch(provider, content, finding)
        written = patch is not None and self._given["write"] and self._written(patch)
        if self._given["as_json"]:
            self._report.record(_record(trial, was, finding, patch, written=written, problem=problem))
            return
        self._tell(trial, finding, problem)
        if patch is not None and not self._given["write"]:
            self._show(patch)
        elif patch is not None and written:
            self._report.result(patch.path)

    def _patch(self, provider: Provider, content: bytes, finding: Finding) -> tuple[Patch | None, str]:
        if finding.now is None:
            return None, ""
        try:
            check_unchanged(provider, content)
            return patch_of(provider, content, restated(content, finding.now)), ""
        except (SourceError, SpecError) as error:
            self.codes.append(error.exit_code)
            return None, ". ".join(filter(None, (error.message, error.hint)))

    def _written(self, patch: Patch) -> bool:
        if patch.refusal:
            self._report.say(f"{patch.provider}: {patch.refusal}; without --write its edit is printed")
            return False
        try:
            patch.write(self._registry.settings)
        except SourceError as error:
            self.codes.append(error.exit_code)
            self._report.say(f"{patch.provider}: {error.message}")
            return False
        return True

    def _tell(self, trial: Trial, finding: Finding, problem: str) -> None:
        if self._given["quiet"] and finding.outcome in ("works", "as_known") and not finding.notes:
            return
        notes = [f": {_line(trial.error)}"] if trial.error else []
        notes += [f"; {note}" for note in (*finding.notes, problem) if note]
        notes += [f"; {trial.url} stays there: {trial.left}"] if trial.url and not trial.deleted else []
        self._report.say("".join([f"{trial.provider}: {_WORDS[finding.outcome]}", *notes]))

    def _show(self, patch: Patch) -> None:
        if sys.stdout.isatty():
            paint = painter(sys.stdout)
            for line in patch.diff.decode("utf-8", "replace").splitlines():
                colour = _COLOURS.get(line[:1])
                self._report.result(paint(line, colour) if colour else line)
        else:
            self._report.verbatim(patch.diff)


def _line(error: TwatFsError) -> str:
    kind = f" ({error.kind})" if isinstance(error, UploadError) else ""
    return f"{printable(error.message)}{kind}"


def _failure(error: TwatFsError) -> dict[str, Any]:
    kind = {"kind": error.kind} if isinstance(error, UploadError) else {}
    return {"message": error.message, "hint": error.hint, **kind}


def _links(content: bytes) -> list[str]:
    """The URLs that a spec's examples give."""
    examples = load(content).data.get("examples") or []
    return [str(example["url"]) for example in examples if isinstance(example, dict) and example.get("url")]


def _record(
    trial: Trial, was: dict[str, str], finding: Finding, patch: Patch | None, *, written: bool, problem: str
) -> dict[str, Any]:
    found: dict[str, Any] = {"name": trial.provider, "outcome": finding.outcome, "checked": was or None}
    found |= _failure(trial.error) if trial.error else {}
    found |= {"proposed": finding.now, "notes": [note for note in (*finding.notes, problem) if note]}
    if patch is not None:
        diff = patch.diff.decode("utf-8", "replace")
        found |= {"path": patch.path, "diff": diff, "written": written}
    if trial.url:
        found |= {"url": trial.url, "deleted": trial.deleted} | ({"left": trial.left} if trial.left else {})
    return found
