"""What can be said of a template's tree without evaluating it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.expression.tree import Tree, children

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

#: How many texts an expression may stand for, and characters in all of them, before we stop listing them.
LISTED = 200
_CHARACTERS = 64 * 1024

#: The fourth item of a path that reads the file's content through a var or a saved value; put there by `flows.mark`.
CONTENT = "content"
_CONTENTS = (["text"], ["base64"])
_BYTES = ("file", "chunk")


def paths(tree: Tree) -> Iterator[tuple[str, ...]]:
    """Each name that a tree reads, with its first member: `("options", "expires")`."""
    if tree[0] == "path":
        yield (tree[1], *(str(step) for step in tree[2][:1]))
    for child in children(tree):
        yield from paths(child)


def names_in(data: Any) -> set[tuple[str, str]]:
    """Each name that is read anywhere in compiled data, with its first member or an empty text: `("vars", "bin")`.

    Args:
        data: Trees and queries, in mappings, lists and tuples to any depth.
    """
    found = set()
    waiting = [data]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, (list, tuple)):
            if len(item) > 2 and item[0] == "path" and isinstance(item[2], list):
                found.add((str(item[1]), str(item[2][0]) if item[2] else ""))
            waiting.extend(item)
    return found


def is_file(tree: Tree) -> bool:
    """Whether a tree is `{{ file }}` or `{{ chunk }}`, the bytes themselves, in every case or in some."""
    if tree[0] == "if":
        return is_file(tree[2]) or is_file(tree[3])
    return tree[0] == "path" and tree[1] in _BYTES and not tree[2]


def misplaced_file(tree: Tree) -> bool:
    """Whether `{{ file }}` or `{{ chunk }}` stands inside a text, where bytes cannot."""
    if tree[0] == "if":
        return any(misplaced_file(part) for part in tree[1:])
    return not is_file(tree) and any(path in (("file",), ("chunk",)) for path in paths(tree))


def holds_content(tree: Tree) -> bool:
    """Whether a tree reads the file's content as text, straight or through a var or a saved value."""
    waiting = [tree]
    while waiting:
        part = waiting.pop()
        if part[0] == "path" and (part[3:] == [CONTENT] or (part[1] == "file" and part[2][:1] in _CONTENTS)):
            return True
        waiting.extend(children(part))
    return False


def has_chance(tree: Tree) -> bool:
    """Whether a tree comes out differently from time to time."""
    return tree[0] == "call" or tree[:2] == ["path", "now"] or any(has_chance(child) for child in children(tree))


def possible(tree: Tree, values: dict[tuple[str, ...], Tree]) -> list[str] | None:
    """Every text that a tree can be, where its author wrote them all; None where other texts can come, or too many.

    Args:
        tree: The tree.
        values: What names stand for, where that is known.
    """
    return _Possible(values).texts(tree)


class _Possible:
    """Lists the texts of trees; those of a name once, however often it is used."""

    def __init__(self, values: dict[tuple[str, ...], Tree]) -> None:
        self.values = values
        self.known: dict[tuple[str, ...], list[str] | None] = {}

    def texts(self, tree: Tree) -> list[str] | None:
        kind = tree[0]
        if kind in ("const", "text"):
            return [] if tree[1] is None else [str(tree[1])]
        if kind == "path" and len(tree[2]) == 1:
            return self._named((tree[1], str(tree[2][0])))
        if kind == "var":
            return self.texts(tree[1])
        if kind == "call" and tree[1] == "choice" and tree[2][0] == "list":
            return self._union(tree[2][1])
        if kind == "list":  # several constants that one name may stand for
            return self._union(tree[1])
        if kind == "if":
            return self._union([tree[2], tree[3]])
        if kind == "cat":
            return self._product(tree[1])
        return None

    def _named(self, name: tuple[str, ...]) -> list[str] | None:
        if name not in self.known and name in self.values:
            self.known[name] = None  # what a name that stands for itself comes to
            self.known[name] = self.texts(self.values[name])
        return self.known.get(name)

    def _union(self, trees: list[Tree]) -> list[str] | None:
        found: dict[str, None] = {}
        for tree in trees:
            texts = self.texts(tree)
            if texts is None:
                return None
            found.update(dict.fromkeys(texts))
            if _too_many(found):
                return None
        return list(found)

    def _product(self, parts: list[Tree]) -> list[str] | None:
        found = [""]
        for part in parts:
            texts = self.texts(part)
            if texts is None or len(found) * len(texts) > LISTED:
                return None
            found = [left + right for left in found for right in texts]
            if _too_many(found):
                return None
        return found


def _too_many(texts: Collection[str]) -> bool:
    return len(texts) > LISTED or sum(map(len, texts)) > _CHARACTERS
