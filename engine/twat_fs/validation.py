"""Everything that can be said of a spec without a network: its problems, its examples, its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twat_fs.spec.check import check
from twat_fs.spec.label import Label, label
from twat_fs.spec.model import from_card
from twat_fs.spec.problems import Problem
from twat_fs.upload_providers.declarative import remove, run
from twat_fs.wire.examples import Budget, run_example

if TYPE_CHECKING:
    from twat_fs.spec.load import Document


@dataclass(frozen=True)
class Verdict:
    """What was found in one spec.

    Attributes:
        path: The file, as it was named.
        problems: Errors and warnings, in the order of their places.
        lines: The spec's lines, to show the one that a problem is in.
        label: What the spec may do; None where it is not valid.
    """

    path: str
    problems: tuple[Problem, ...]
    lines: tuple[str, ...]
    label: Label | None

    @property
    def valid(self) -> bool:
        """True where nothing keeps the spec from running."""
        return not any(problem.severity == "error" for problem in self.problems)


def validate(content: bytes, path: str, stem: str | None) -> Verdict:
    """Check a spec, run its examples, and say what it may do.

    Args:
        content: The file's bytes.
        path: The name to report it under.
        stem: The file's name without its suffix, or None where it has none (standard input).
    """
    checked = check(content, stem)
    problems = list(checked.problems)
    found = None
    if checked.card is not None and checked.document is not None:
        found = label(checked.card)
        if checked.card["kind"] == "http":
            problems += example_problems(checked.document, checked.card)
    lines = content.decode("utf-8-sig", "replace").splitlines()
    problems.sort(key=lambda problem: problem.place.start)
    valid = not any(problem.severity == "error" for problem in problems)
    return Verdict(path, tuple(problems), tuple(lines), found if valid else None)


def example_problems(document: Document, card: dict[str, Any]) -> list[Problem]:
    """Each example that gives something else than it says."""
    spec = from_card(card)
    problems = []
    budget = Budget()
    for index, example in enumerate(document.data.get("examples") or []):
        if budget.left < 0:
            break
        for mismatch in run_example(spec, example, run, remove, budget=budget):
            place = document.place(("examples", index, *mismatch.path), key=mismatch.key)
            problems.append(Problem("example", mismatch.message, place))
    return problems
