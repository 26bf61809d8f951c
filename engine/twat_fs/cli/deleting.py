"""`twat-fs delete`: has hosts remove what was uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.afterwards import delete_upload, plan_delete, receipt_of
from twat_fs.cli.receipts import begun, each
from twat_fs.history.records import History
from twat_fs.interruption import Interrupted

if TYPE_CHECKING:
    from twat_fs.cli.receipts import Done


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    registry, report = begun(given)
    history = History(registry.settings.history_file)

    def delete(which: str) -> Done:
        receipt = receipt_of(history, which)
        what = receipt.url or f"what was left of {receipt.name}"
        if given["dry_run"]:
            return {}, _rehearsed(receipt.provider, plan_delete(receipt, history=history, registry=registry)), 0
        try:
            was_there = delete_upload(receipt, history=history, registry=registry)
        except Interrupted as end:
            end.left = end.left or f"{receipt.provider} may have deleted {what}"
            raise
        facts = {**receipt.facts(), "state": "deleted", "was_there": was_there}
        return facts, f"{'deleted' if was_there else 'gone already'}: {what}", 0

    chosen = {**given, "as_json": given["as_json"] and not given["dry_run"]}
    return each(report, given["which"], delete, chosen, lambda which: {"which": which})


def _rehearsed(provider: str, requests: Any) -> str:
    from twat_fs.wire.rehearsal import as_curl

    if not requests:
        return f"# {provider} is a Python provider: its requests are its own"
    return "\n".join(as_curl(request, "", aside) for request, aside in requests)
