"""What of an upload its receipt must hold, so that it can be deleted later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.spec import flows, trees

if TYPE_CHECKING:
    from collections.abc import Iterator

    Card = dict[str, Any]

#: Roots whose values an upload made, and no later moment can make again.
_MADE = ("options", "vars", "saved", "result", "file", "remote_path")


def mark(card: Card) -> None:
    """Note in a compiled spec which names its `delete` uses, and which vars it makes again.

    A var that a secret goes into is not kept but made again, from the secret as it is then.
    """
    if card.get("delete"):
        found = list(needed(card))
        card["keeps"] = sorted(list(name) for name in found if not _is_remade(card, *name))
        card["remakes"] = [name for name in card["vars"] if ("vars", name) in found and _is_remade(card, "vars", name)]


def needed(card: Card) -> Iterator[tuple[str, str]]:
    """Each name of the upload that `delete` uses, straight or through vars that are made again."""
    saved = {name for step in flows.requests({**card, "delete": []}) for name in step["save"]}
    waiting = sorted(trees.names_in(card["delete"]))
    seen = set(waiting)
    while waiting:
        root, name = waiting.pop()
        if root not in _MADE or (root == "saved" and name not in saved):
            continue
        yield root, name
        if _is_remade(card, root, name):
            more = trees.names_in(card["vars"][name]) - seen
            seen |= more
            waiting += sorted(more)


def _is_remade(card: Card, root: str, name: str) -> bool:
    return root == "vars" and bool(flows.origins(card, card["vars"][name]))
