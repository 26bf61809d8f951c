"""One receipt as a plain value."""

from __future__ import annotations

import json
import time as clock
from typing import Any

from twat_fs.tuples import NamedTuple

STATES = ("live", "expired", "deleted", "pending")


class Receipt(NamedTuple):
    """What is known of one upload.

    Attributes:
        id: Its number; never given twice.
        kept: `pending` until the host answered, then `live`, then `deleted`.
        time: When it began, in Unix seconds.
        provider: Where it went.
        name: The file's name, as it was sent.
        size: The file's bytes.
        sha256: Of the file's content, in hexadecimal; None where that was not found out.
        url: Where the file is; None while that is not known.
        page_url: A page of the host's that shows it, or None.
        delete_url: An address of the host's that removes it, or None.
        expires: When the host lets go of it, in Unix seconds, or None.
        variant: A digest of the options and of the path that were asked for.
        said: Why it is not known whether the host has the file, or None.
        recipe: What removing it needs; may hold secrets, and is not part of the text of a receipt.
    """

    id: int
    kept: str
    time: float
    provider: str
    name: str
    size: int
    sha256: str | None = None
    url: str | None = None
    page_url: str | None = None
    delete_url: str | None = None
    expires: int | None = None
    variant: str = ""
    said: str | None = None
    recipe: str | None = None

    @property
    def state(self) -> str:
        """`live`, `expired`, `deleted` or `pending`, as of now."""
        over = self.expires is not None and self.expires <= clock.time()
        return "expired" if over and self.kept == "live" else self.kept

    @property
    def needed(self) -> dict[str, Any] | None:
        """What removing it needs, as plain data, or None where nothing was kept; may hold secrets."""
        return json.loads(self.recipe) if self.recipe else None

    def secrets(self) -> list[str]:
        """The secrets in the recipe, which must not be shown."""
        recipe = self.needed or {}
        found = []
        for dotted in recipe.get("secret", {}):
            root, _, name = dotted.partition(".")
            found.append(str(recipe.get(root, {}).get(name, "")))
        return found

    def digest(self, algorithm: str) -> str:
        """The digest of the content that was sent; only SHA-256 is kept."""
        if algorithm != "sha256" or self.sha256 is None:
            raise LookupError(f"the receipt holds no {algorithm}")
        return self.sha256

    def facts(self) -> dict[str, Any]:
        """What may be shown of it, by name."""
        hidden = ("kept", "variant", "recipe")
        shown = {key: value for key, value in self._asdict().items() if key not in hidden}
        return {"id": shown.pop("id"), "state": self.state, **shown}

    def __repr__(self) -> str:
        return f"Receipt({', '.join(f'{key}={value!r}' for key, value in self.facts().items())})"
