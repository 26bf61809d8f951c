"""What a template compiles to, and the one error of a template or a query that does not compile."""

from __future__ import annotations

from typing import Any

#: A tree of plain lists; `evaluate.py` says what each means.
Tree = list[Any]


def children(tree: Tree) -> list[Tree]:
    """The subtrees of a tree."""
    kind = tree[0]
    if kind in ("cat", "list"):
        return list(tree[1])
    if kind == "dict":
        return [side for pair in tree[1] for side in pair]
    if kind == "filter":
        return [tree[2], *tree[3]]
    if kind == "compare":
        return [tree[1], *(other for _, other in tree[2])]
    if kind == "call":
        return [tree[2]]
    if kind in ("item", "var"):
        return [tree[1]]
    return [] if kind in ("const", "text", "null", "path") else list(tree[1:])


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
