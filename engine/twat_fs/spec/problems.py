"""A problem of a spec, and the place that it points at."""

from __future__ import annotations

from twat_fs.tuples import NamedTuple


class Place(NamedTuple):
    """A place in a YAML text; lines and columns count from 1, `start` and `end` are offsets in characters."""

    line: int
    column: int
    start: int
    end: int
    pointer: str = ""


#: The first character, for problems of a file as a whole.
TOP = Place(1, 1, 0, 0)


class Problem(NamedTuple):
    """One thing that is wrong, or that an author should know.

    Attributes:
        rule: A short name of the rule, in the documentation the anchor of its description.
        message: What is wrong, as a clause.
        place: Where.
        hint: What was expected, or what to do.
        severity: `error` or `warning`.
    """

    rule: str
    message: str
    place: Place
    hint: str = ""
    severity: str = "error"


class Word(str):
    """A text of a spec that knows its place."""

    place: Place

    def __new__(cls, text: str, place: Place) -> Word:
        """Make the string, and remember where it stands."""
        word = super().__new__(cls, text)
        word.place = place
        return word


#: Where each rule is described.
DOCUMENTED = {
    "yaml": "docs/spec-language.md#files-and-trust",
    "unknown-key": "docs/spec-language.md#top-level-keys",
    "missing-key": "docs/spec-language.md#top-level-keys",
    "wrong-type": "docs/spec-language.md#top-level-keys",
    "bad-value": "docs/spec-language.md#top-level-keys",
    "conflict": "docs/spec-language.md#a-step",
    "name": "docs/spec-language.md#top-level-keys",
    "template": "docs/spec-language.md#templates",
    "unknown-name": "docs/spec-language.md#what-a-template-sees",
    "query": "docs/spec-language.md#queries",
    "secret": "docs/spec-language.md#secrets",
    "clear-text": "docs/spec-language.md#secrets",
    "file": "docs/spec-language.md#a-step",
    "default": "docs/spec-language.md#options",
    "errors": "docs/spec-language.md#errors",
    "unused": "docs/spec-language.md#options",
    "example": "docs/spec-language.md#examples",
}


def documented(rule: str) -> str:
    """The page and section that describe a rule."""
    return DOCUMENTED.get(rule, "docs/spec-language.md")
