"""What can be said of a template's tree without evaluating it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

Tree = list[Any]

#: How many texts an expression may stand for before we stop listing them.
_LISTED = 50


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
    if kind == "item":
        return [tree[1]]
    return [] if kind in ("const", "text", "null", "path") else list(tree[1:])


def paths(tree: Tree) -> Iterator[tuple[str, ...]]:
    """Each name that a tree reads, with its first member: `("options", "expires")`."""
    if tree[0] == "path":
        yield (tree[1], *(str(step) for step in tree[2][:1]))
    for child in children(tree):
        yield from paths(child)


def is_file(tree: Tree) -> bool:
    """Whether a tree is `{{ file }}`, the bytes themselves, in every case or in some."""
    if tree[0] == "if":
        return is_file(tree[2]) or is_file(tree[3])
    return tree[0] == "path" and tree[1] == "file" and not tree[2]


def misplaced_file(tree: Tree) -> bool:
    """Whether `{{ file }}` stands inside a text, where bytes cannot."""
    if tree[0] == "if":
        return any(misplaced_file(part) for part in tree[1:])
    return not is_file(tree) and any(path == ("file",) for path in paths(tree))


def holds_content(tree: Tree) -> bool:
    """Whether a tree reads the file's content as text."""
    return any(path in (("file", "text"), ("file", "base64")) for path in paths(tree))


def possible(tree: Tree, values: dict[tuple[str, ...], Tree]) -> list[str] | None:
    """Every text that a tree can be, where its author wrote them all; None where other texts can come.

    Args:
        tree: The tree.
        values: What names stand for, where that is known.
    """
    kind = tree[0]
    if kind in ("const", "text"):
        return [] if tree[1] is None else [str(tree[1])]
    if kind == "path" and len(tree[2]) == 1:
        known = values.get((tree[1], str(tree[2][0])))
        return possible(known, values) if known is not None else None
    if kind == "call" and tree[1] == "choice" and tree[2][0] == "list":
        return _union(tree[2][1], values)
    if kind == "list":  # several constants that one name may stand for
        return _union(tree[1], values)
    if kind == "if":
        return _union([tree[2], tree[3]], values)
    if kind == "cat":
        return _product(tree[1], values)
    return None


def _union(trees: list[Tree], values: dict[tuple[str, ...], Tree]) -> list[str] | None:
    found: list[str] = []
    for tree in trees:
        texts = possible(tree, values)
        if texts is None:
            return None
        found.extend(texts)
    return found[:_LISTED]


def _product(parts: list[Tree], values: dict[tuple[str, ...], Tree]) -> list[str] | None:
    found = [""]
    for part in parts:
        texts = possible(part, values)
        if texts is None:
            return None
        found = [left + right for left in found for right in texts]
        if len(found) > _LISTED:
            return None
    return found
