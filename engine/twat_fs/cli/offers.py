"""A spec that the user may accept, and what is said of it."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

from twat_fs import trust
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What each part of the facts that are kept is called in a difference.
_ROWS = {
    "hosts": "talks to",
    "environment": "reads",
    "sends": "sends",
    "fetches": "then fetches",
    "clear_text": "clear text",
    "claims": "reads secret of a bundled provider",
    "module": "runs the Python module",
}


class Offer(NamedTuple):
    """A spec that the user may accept.

    Attributes:
        name: The provider.
        path: Where it was read.
        content: Its bytes.
        module: The file of its Python module, or an empty string.
        code: The module's bytes.
        rows: What it may do, for people.
        facts: The same as plain data, to be kept.
    """

    name: str
    path: str
    content: bytes
    module: str
    code: bytes
    rows: tuple[tuple[str, str], ...]
    facts: dict[str, Any]

    @property
    def accepted(self) -> trust.Accepted:
        """What is kept once the user said yes."""
        code = hashlib.sha256(self.code).hexdigest() if self.module else ""
        return trust.Accepted(hashlib.sha256(self.content).hexdigest(), code, self.facts, time.strftime("%Y-%m-%d"))


def summary(offer: Offer) -> str:
    """What a spec may do, in one line."""
    facts = offer.facts
    secrets = ", ".join(secret["name"] for secret in facts["secrets"])
    told = [f"{len(facts['hosts'])} hosts", f"the secrets {secrets}" if secrets else "no secret"]
    if facts["clear_text"]:
        told.append(f"{len(facts['clear_text'])} hosts in clear text")
    if facts["claims"]:
        told.append(f"what belongs to bundled providers: {', '.join(facts['claims'])}")
    return f"{offer.name}, in short: {'; '.join(told)}{'; a Python module' if offer.module else ''}."


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What a spec may do now and did not before, and the other way round, as lines for people."""
    old, new = dict.fromkeys(_facts(before)), dict.fromkeys(_facts(now))
    gone = [f"  - {line}" for line in old if line not in new]
    return gone + [f"  + {line}" for line in new if line not in old]


def _facts(facts: dict[str, Any]) -> Iterator[str]:
    for key, words in _ROWS.items():
        yield from (f"{words} {value}" for value in facts.get(key, []) if value)
    for secret in facts.get("secrets", []):
        yield f"reads secret {secret['name']}"
        yield from (f"sends {secret['name']} to {place}" for place in secret["goes_to"])
