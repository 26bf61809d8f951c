"""From bytes to a checked, compiled spec: reading, shape, compilation, meaning, trust."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from twat_fs.spec import flows, keeping
from twat_fs.spec.compile import Compiler
from twat_fs.spec.load import Unreadable, load
from twat_fs.spec.meaning import MeaningRules
from twat_fs.spec.problems import Problem
from twat_fs.spec.repeats import RepeatRules
from twat_fs.spec.rules import step_sends_file
from twat_fs.spec.schema import shape_problems
from twat_fs.spec.trust import TrustRules

if TYPE_CHECKING:
    from twat_fs.spec.load import Document


class Checked:
    """A spec that was read, with all that was found wrong with it.

    Attributes:
        document: The text with its places, or None where it cannot be read at all.
        card: The compiled long form as plain data, or None where there are errors.
        problems: In the order of their places.
    """

    def __init__(self, document: Document | None, card: dict[str, Any] | None, problems: list[Problem]) -> None:
        self.document = document
        self.card = card
        self.problems = problems

    @property
    def errors(self) -> list[Problem]:
        """The problems that keep the spec from running."""
        return [problem for problem in self.problems if problem.severity == "error"]


def check(content: bytes, stem: str | None = None) -> Checked:
    """Read, check and compile a spec.

    Args:
        content: The file's bytes.
        stem: The file's name without its suffix, which the spec's name must be; None where there is no file.
    """
    try:
        document = load(content)
    except Unreadable as error:
        return Checked(None, None, [error.problem])
    version = document.data.get("spec")
    if isinstance(version, int) and version != 1:
        words = f"this is written in version {version} of the language; this program reads version 1"
        return Checked(document, None, [Problem("bad-value", words, document.place(("spec",)), "Get a newer twat-fs.")])
    problems = shape_problems(document)
    compiler = Compiler(document)
    card = compiler.spec()
    # Where the shape is wrong already, what the walk says of the same place is an echo.
    wrong = [problem.place.pointer for problem in problems]
    compiler.problems = [found for found in compiler.problems if not _within(found.place.pointer, wrong)]
    problems += compiler.problems
    meaning = MeaningRules(compiler, card)
    if stem is not None:
        meaning.check_name(stem)
    if not problems:
        meaning.check()
        if card["kind"] == "http":
            RepeatRules(compiler, card).check()
            TrustRules(compiler, card).check()
    problems += [problem for problem in compiler.problems if problem not in problems]
    problems.sort(key=lambda problem: (problem.place.start, problem.severity))
    valid = not any(problem.severity == "error" for problem in problems)
    if valid:
        card["hosts"] = flows.named_hosts(card)
        keeping.mark(card)
        for step in flows.requests(card):
            step["sends_file"] = step_sends_file(step)
        card = json.loads(json.dumps(card))  # plain data: no text in it knows its place any more
    return Checked(document, card if valid else None, problems)


def _within(pointer: str, places: list[str]) -> bool:
    return any(pointer == place or place.startswith(f"{pointer}/") for place in places if place)
