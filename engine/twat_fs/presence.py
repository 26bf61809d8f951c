"""Whether what a receipt tells of is still there, and still what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from twat_fs.errors import HistoryError, SourceError, VerifyError
from twat_fs.logs import logger
from twat_fs.results import UploadResult
from twat_fs.source import Source

if TYPE_CHECKING:
    from twat_fs.history.receipt import Receipt
    from twat_fs.history.recorder import Recorder
    from twat_fs.registry import Provider

_log = logger()

#: Receipts of the same bytes that are looked at before the file is sent once more.
_TRIES = 3


def checked(provider: Provider, receipt: Receipt, depth: str) -> bool:
    """Compare what the URL of a receipt serves with what was sent.

    Args:
        provider: The receipt's provider.
        receipt: What was uploaded; it has a URL.
        depth: `hash` or `size`: what to compare; only the size where the receipt has no hash.

    Returns:
        Whether it was compared: not every host lets its URLs be looked at.

    Raises:
        VerifyError: The URL is dead, or serves something else.
    """
    url = receipt.url or ""
    depth = depth if receipt.sha256 else "size"
    if url.startswith("file://"):
        return _checked_here(provider.name, receipt, depth)
    return provider.check(url, receipt, depth, hosts=(receipt.needed or {}).get("hosts", ()))


def _checked_here(provider: str, receipt: Receipt, depth: str) -> bool:
    try:
        with Source(unquote(urlsplit(receipt.url or "").path)) as source:
            same = source.size == receipt.size and (depth == "size" or source.digest("sha256") == receipt.sha256)
    except SourceError as error:
        raise VerifyError(error.message, provider) from error
    if not same:
        raise VerifyError(f"{receipt.url} holds other bytes than were sent", provider)
    return True


def existing(provider: Provider, source: Source, variant: str, recorder: Recorder) -> UploadResult | None:
    """What an earlier upload of the same bytes gave, if its URL still serves them; None where the file is to be sent.

    Args:
        provider: Where it would go.
        source: The file.
        variant: What was asked for beside, see `twat_fs.history.recorder.variant_of`.
        recorder: Has the receipts.
    """
    if recorder.history is None:
        return None
    try:
        found = recorder.history.same(source.digest("sha256"), source.size, provider.name, variant)
    except HistoryError as error:
        recorder.warn(error)
        return None
    for receipt in found[:_TRIES]:
        try:
            if checked(provider, receipt, "size"):
                _log.info("%s: these bytes are there already, as the receipt %d says", provider.name, receipt.id)
                return _result(receipt)
        except VerifyError as error:
            _log.info("%s: %s", provider.name, error)
    return None


def _result(receipt: Receipt) -> UploadResult:
    known = {name: getattr(receipt, name) for name in ("page_url", "delete_url")}
    known["expires_at"] = receipt.expires
    told = {name: value for name, value in known.items() if value is not None}
    return UploadResult(receipt.url or "", {"provider": receipt.provider, **told, "receipt": receipt.id})
