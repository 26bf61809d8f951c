"""`twat-fs spec`: a stranger's spec is shown before it may run, and again when it changed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from twat_fs import trust
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.findings import label_rows
from twat_fs.cli.offers import Offer, differences, summary
from twat_fs.cli.report import OutputLost, Report
from twat_fs.errors import NotAccepted, SourceError, SpecError, UsageError
from twat_fs.private import write_private
from twat_fs.registry import Registry
from twat_fs.source import Source
from twat_fs.spec.catalog import compile_card
from twat_fs.spec.label import label
from twat_fs.spec.limits import SIZE_LIMIT
from twat_fs.upload_providers.loading import module_file
from twat_fs.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SUFFIXES = (".yaml", ".yml")
#: Lines that fit on the smallest terminal.
_GLANCE = 16


def add(given: dict[str, Any]) -> int:
    """Run `spec add`; returns the exit status."""
    desk = _Desk(given)
    offers = [desk.offer(path) for named in given["paths"] for path in _files(named)]
    twice = {offer.name for offer in offers if sum(other.name == offer.name for other in offers) > 1}
    if twice:
        raise UsageError(f"several of these specs have the name {', '.join(sorted(twice))}; nothing was added")
    new = [offer for offer in offers if not desk.is_known(offer)]
    for offer in new:
        desk.show(offer)
    if sum(len(offer.rows) for offer in new) > _GLANCE:
        desk.sum_up(new)
    if new and not desk.agreed([offer.name for offer in new], "Add" if len(new) == 1 else "Add them all"):
        return 1
    for offer in new:
        desk.put(offer)
    return desk.tell([desk.place(offer.name) for offer in offers])


def review(given: dict[str, Any]) -> int:
    """Run `spec review`; returns the exit status: 1 where a change was not accepted."""
    desk = _Desk(given)
    declined = False
    names = given["names"] or list(desk.acceptances.names())
    for name in names:
        if not os.path.isfile(desk.place(name)):
            desk.forget_lost(name)
            continue
        offer = desk.offer(desk.place(name))
        if desk.is_known(offer):
            desk.report.say(f"{name}: as you accepted it")
            continue
        desk.show(offer)
        if desk.agreed([name], "Let it run"):
            desk.acceptances.keep(name, offer.accepted)
        else:
            declined = True
    return int(declined)


def remove(given: dict[str, Any]) -> int:
    """Run `spec remove`; returns the exit status."""
    desk = _Desk(given)
    missing = [name for name in given["names"] if not os.path.isfile(desk.place(name))]
    if missing:
        raise UsageError(f"{desk.folder}: there is no spec {', '.join(missing)} here; nothing was removed")
    for name in given["names"]:
        desk.remove(name)
    return 0


def interactive() -> bool:
    """Whether there is a person at a terminal to ask."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


class _Desk:
    """Where specs are looked at and accepted: the user's folder, and what was accepted before."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.settings = settings_of(given)
        self.folder = self.settings.own_folder
        self.acceptances = trust.Acceptances(self.settings.accepted)
        self.report = Report(quiet=given.get("quiet", False))
        self._registry = Registry(self.settings)
        self._yes = bool(given.get("yes"))

    def place(self, name: str) -> str:
        """The file of a spec in the user's folder: the one that is there, else the one that is to be."""
        paths = [os.path.join(self.folder, name + suffix) for suffix in _SUFFIXES]
        return next((path for path in paths if os.path.isfile(path)), paths[0])

    def offer(self, path: str) -> Offer:
        """A spec with all that is to be said of it.

        Raises:
            SpecError: It is not valid; nothing else is looked at.
        """
        content = _content(path)
        verdict = validate(content, path, None)
        errors = [problem for problem in verdict.problems if problem.severity == "error"]
        if errors:
            rows = [f"{path}:{item.place.line}:{item.place.column}: {item.message}" for item in errors]
            raise SpecError(f"{path}: the spec is not valid, so nothing was added", problems=rows)
        card = compile_card(content, None, path)
        module = module_file(card.get("module", ""), path) if path != "-" else ""
        facts = {**label(card).as_data(), "claims": self._claims(card), "module": [card.get("module", "")]}
        return Offer(
            card["name"],
            path,
            content,
            module,
            _code(module) if module else b"",
            tuple(self._rows(card, facts)),
            facts,
        )

    def _claims(self, card: dict[str, Any]) -> list[str]:
        variables = [name for name, facts in card["credentials"].items() for name in (name, *facts["aliases"])]
        variables += [facts["env"] for facts in card["options"].values() if facts.get("env")]
        return [name for name in variables if self._registry.catalog.owner(name) is not None]

    def _rows(self, card: dict[str, Any], facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
        yield from label_rows(label(card))
        owners = {name: self._registry.catalog.owner(name) for name in facts["claims"]}
        yield from (("takes", f"{name}, a secret of the bundled provider {owner}") for name, owner in owners.items())
        if self._registry.catalog.bundled_entry(card["name"]) is not None:
            yield "takes", f"the place of the bundled provider {card['name']}"

    def is_known(self, offer: Offer) -> bool:
        """Whether just this was accepted, and is in its place."""
        before = self._before(offer.name)
        same = before is not None and before[:2] == offer.accepted[:2]
        path = self.place(offer.name)
        return same and os.path.isfile(path) and _content(path) == offer.content

    def show(self, offer: Offer) -> None:
        """Print what a spec may do; of one that was accepted before, what is different."""
        before = self._before(offer.name)
        if before is None:
            self.report.say(f"{offer.name} ({offer.path}) may do this:")
            for name, value in offer.rows:
                self.report.say(f"  {name}: {value}")
            if os.path.isfile(self.place(offer.name)):
                self.report.say(f"  It takes the place of {self.place(offer.name)}.")
            return
        self.report.say(f"{offer.name} ({offer.path}) is not what you accepted on {before.date}:")
        for line in differences(before.facts, offer.facts) or ["  Its text differs; what it may do does not."]:
            self.report.say(line)

    def sum_up(self, offers: Sequence[Offer]) -> None:
        """Say in one line, right above the question, what may have left the screen."""
        for offer in offers:
            self.report.say(summary(offer))

    def agreed(self, names: Sequence[str], question: str) -> bool:
        """Whether the user says yes.

        Raises:
            UsageError: There is nobody to ask.
        """
        if self._yes or all(self.settings.trusts(name) for name in names):
            return True
        if not interactive():
            raise NotAccepted(
                f"there is no terminal to ask on; nothing of {', '.join(names)} was accepted",
                ", ".join(names),
                hint="Read the above, and say it again with --yes.",
            )
        import click

        return click.confirm(f"{question}?", default=False, err=True)

    def put(self, offer: Offer) -> None:
        """Copy a spec into the user's folder; until its copy is whole, nothing of that name runs."""
        path = self.place(offer.name)
        try:
            self.acceptances.keep(offer.name, offer.accepted)
            if offer.module:
                write_private(os.path.join(self.folder, os.path.basename(offer.module)), offer.code)
            write_private(path, offer.content)
        except OSError as error:
            raise SourceError(f"{path} cannot be written: {error.strerror}") from error

    def remove(self, name: str) -> None:
        """Take a spec away, and the module that came with it."""
        before, path = self._before(name), self.place(name)
        try:
            if before is not None and before.module:
                os.remove(os.path.join(self.folder, f"{before.facts['module'][0]}.py"))
            os.remove(path)
            self.acceptances.forget(name)
        except OSError as error:
            raise SourceError(f"{path} cannot be removed: {error.strerror}") from error
        self.report.say(f"{path}: removed")

    def forget_lost(self, name: str) -> None:
        """Forget a spec whose file is gone.

        Raises:
            UsageError: There never was one.
        """
        if name not in self.acceptances.names():
            raise UsageError(f"{self.folder}: there is no spec {name} here")
        self.acceptances.forget(name)
        self.report.say(f"{name}: its file is gone, so nothing is kept of it")

    def tell(self, paths: Sequence[str]) -> int:
        """Print the files that now are in the user's folder; returns the exit status."""
        try:
            for path in paths:
                self.report.result(path)
        except OutputLost:
            return 1
        return 0

    def _before(self, name: str) -> trust.Accepted | None:
        try:
            return self.acceptances.of(name)
        except NotAccepted:  # what cannot be read is accepted anew
            return None


def _files(named: str) -> list[str]:
    if not os.path.isdir(named):
        return [named]
    names = sorted(name for name in os.listdir(named) if name.endswith(_SUFFIXES))
    if not names:
        raise UsageError(f"{named}: there is no .yaml file in this folder")
    return [os.path.join(named, name) for name in names]


def _content(path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read(SIZE_LIMIT + 1) if sys.stdin is not None else b""
    with Source(path) as source:
        return source.start(SIZE_LIMIT + 1)


def _code(path: str) -> bytes:
    with Source(path) as source:
        return source.content()
