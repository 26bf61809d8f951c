"""`twat-fs verify`: fetches back what was uploaded, and compares it with what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.afterwards import receipt_of, verify_upload
from twat_fs.cli.receipts import begun, each
from twat_fs.errors import UsageError
from twat_fs.history.records import History

if TYPE_CHECKING:
    from twat_fs.cli.receipts import Done
    from twat_fs.history.receipt import Receipt

#: A check that was asked for and could not be made counts as one that failed, as in `docs/cli.md`.
_UNCHECKED = 4


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    if bool(given["which"]) == given["every"]:
        raise UsageError("name what to verify, by URL or number, or say --all")
    registry, report = begun(given)
    history = History(registry.settings.history_file)

    def verify(which: str | Receipt) -> Done:
        receipt = receipt_of(history, which)
        facts = receipt.facts()
        if verify_upload(receipt, given["check"], history=history, registry=registry):
            return {**facts, "verified": True}, f"the same: {receipt.url}", 0
        line = f"not looked at: {receipt.url}"
        return {**facts, "verified": None}, line, 0 if given["every"] else _UNCHECKED

    listed = [receipt for receipt in history.receipts(states=["live"]) if receipt.url] if given["every"] else []
    return each(report, listed or given["which"], verify, given, _called)


def _called(item: str | Receipt) -> dict[str, Any]:
    return {"which": item} if isinstance(item, str) else {**item.facts(), "verified": False}
