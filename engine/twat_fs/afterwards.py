"""What can be done with an upload later, from its receipt: delete it, or see whether it is still what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs._version import USER_AGENT
from twat_fs.errors import HistoryError, NonRetryableError, UsageError
from twat_fs.history.records import History
from twat_fs.logs import logger
from twat_fs.presence import checked
from twat_fs.registry import Registry
from twat_fs.removal import removal, removed

if TYPE_CHECKING:
    from twat_fs.history.receipt import Receipt
    from twat_fs.messages import Request
    from twat_fs.registry import Provider
    from twat_fs.wire.curl import Aside

_log = logger()


def delete_upload(
    which: str | int | Receipt, *, history: History | None = None, registry: Registry | None = None
) -> bool:
    """Have the host remove what was uploaded, and note it in the receipt.

    Args:
        which: The URL that the upload gave, the number of its receipt, or the receipt.
        history: The receipts; those of the user where not given.
        registry: The providers; those of the user where not given.

    Returns:
        Whether the file was there; False where it had been removed already.

    Raises:
        UsageError: There is no such receipt.
        UploadError: The host did not remove it, or the provider cannot, or lacks what that needs.
        HistoryError: The receipts cannot be read.
    """
    receipts = history or History()
    receipt = receipt_of(receipts, which)
    if receipt.kept == "deleted":
        return False
    provider = _provider(receipt, registry)
    was_there = removed(provider, receipt.needed or {})
    try:
        receipts.note(receipt.id, kept="deleted", recipe=None)
    except HistoryError as error:
        _log.warning("it is deleted, but its receipt does not say so: %s", error)
    return was_there


def plan_delete(
    which: str | int | Receipt, *, history: History | None = None, registry: Registry | None = None
) -> list[tuple[Request, Aside]]:
    """The requests that would delete an upload, without sending them; none for a Python provider.

    Raises:
        UsageError: There is no such receipt.
        UploadError: The provider cannot delete it, or lacks what that needs.
    """
    from twat_fs.wire.rehearsal import rehearse

    receipt = receipt_of(history or History(), which)
    provider = _provider(receipt, registry)
    if provider.spec.kind == "python":
        return []
    job = removal(provider, receipt.needed or {})
    job.spec = job.spec._replace(steps=job.spec.delete)
    return rehearse(job, USER_AGENT)


def verify_upload(
    which: str | int | Receipt,
    depth: str = "hash",
    *,
    history: History | None = None,
    registry: Registry | None = None,
) -> bool:
    """Fetch an upload back and compare it with what was sent.

    Args:
        which: The URL that the upload gave, the number of its receipt, or the receipt.
        depth: `hash` fetches the whole and compares its SHA-256, `size` compares the size.
        history: The receipts; those of the user where not given.
        registry: The providers; those of the user where not given.

    Returns:
        Whether it was compared: not every host lets its URLs be looked at.

    Raises:
        UsageError: There is no such receipt, or it has no URL.
        VerifyError: The URL is dead, or serves something else.
        HistoryError: The receipts cannot be read.
    """
    receipt = receipt_of(history or History(), which)
    if receipt.url is None:
        raise UsageError(f"the receipt {receipt.id} has no URL: it is not known whether the upload worked")
    return checked((registry or Registry()).provider(receipt.provider), receipt, depth)


def receipt_of(history: History, which: str | int | Receipt) -> Receipt:
    """The receipt that is meant: of several with the same URL the newest that is still there.

    Raises:
        UsageError: There is none.
        HistoryError: The receipts cannot be read.
    """
    if not isinstance(which, (str, int)):
        return which
    found = history.of(which)
    if not found:
        raise UsageError(f"there is no receipt of {which}", hint="`twat-fs history` lists those that there are.")
    return next((receipt for receipt in found if receipt.state == "live"), found[0])


def _provider(receipt: Receipt, registry: Registry | None) -> Provider:
    """The provider of an upload that can be deleted.

    Raises:
        NonRetryableError: It cannot.
    """
    for secret in receipt.secrets():
        Registry.redactor.add(secret)
    provider = (registry or Registry()).provider(receipt.provider)
    if not (provider.spec.delete or provider.spec.capabilities.get("delete")):
        by_hand = f"By hand: {receipt.delete_url}" if receipt.delete_url else ""
        raise NonRetryableError(f"no way is known to delete what was uploaded to {provider.name}", hint=by_hand)
    if receipt.url is None and receipt.recipe is None:
        raise NonRetryableError(
            f"it is not known whether the upload {receipt.id} worked, and so not what to delete",
            provider.name,
            hint=f"Look for it at {provider.spec.about.get('homepage', 'the host')}.",
        )
    return provider
