"""What a template compiles to, and the one error of a template or a query that does not compile."""

from __future__ import annotations

from typing import Any

#: A tree of plain lists; `evaluate.py` says what each means.
Tree = list[Any]


class ExpressionError(Exception):
    """A template or a query that is not in the language.

    Attributes:
        near: The piece of the text to point at, or an empty string for the whole of it.
        rule: The kind of problem: `template`, `unknown-name` or `query`.
        hint: What was expected.
    """

    def __init__(self, message: str, *, near: str = "", rule: str = "template", hint: str = "") -> None:
        super().__init__(message)
        self.near = near
        self.rule = rule
        self.hint = hint
