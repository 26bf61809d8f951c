"""What several values make together: a secret, if one of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.expression import secrets
from twat_fs.messages import Held, origins_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def covered(value: Any, sources: Sequence[Any], how: str) -> Any:
    """What was made of several values: a secret made from all the secrets among them, if there is one.

    Args:
        value: What was made; null stays null.
        sources: What went into it.
        how: The filter's name; a shell command is shown where one does the same.
    """
    held = [source for source in sources if isinstance(source, Held)]
    if value is None or not held:
        return value
    whole = held[0]
    if len(held) > 1:
        whole = Held("", origins_of(held), tuple(piece for each in held for piece in each.pieces))
    return secrets.derived(whole, lambda _: value, how)


def joined(texts: Sequence[Any], between: Any) -> Held:
    """Texts with another between them, at least one of all a secret; that between counts even where it is not put."""
    whole = secrets.join("", [piece for text in texts for piece in (between, text)][1:])
    return Held(whole.value, whole.origins | origins_of(between), whole.pieces)
