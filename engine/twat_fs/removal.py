"""Has a provider remove what it uploaded, with what the upload left for that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.environment import using
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.registry import Provider
    from twat_fs.wire.job import Job


def removed(provider: Provider, kept: Mapping[str, Any]) -> bool:
    """Remove an upload.

    Args:
        provider: Who has it.
        kept: The `recipe` of its result.

    Returns:
        Whether it was there.

    Raises:
        UploadError: It was not removed; perhaps since the upload left nothing to do it with.
    """
    return _by_module(provider, kept) if provider.spec.kind == "python" else _by_spec(provider, kept)


def removal(provider: Provider, kept: Mapping[str, Any]) -> Job:
    """The removal by a spec as the wire sees it, before anything is sent.

    Raises:
        UploadError: What was kept, or what is set now, does not suffice.
    """
    from twat_fs.wire.deleting import begin

    return begin(provider.spec, kept, provider.inputs(Call("", "")))


def _by_spec(provider: Provider, kept: Mapping[str, Any]) -> bool:
    from twat_fs.retry import retrying, sleep
    from twat_fs.upload_providers.declarative import remove
    from twat_fs.upload_providers.exchanging import sender

    chosen = provider.registry.settings
    job = removal(provider, kept)
    with provider.transport() as transport:
        return remove(job, retrying(sender(transport, chosen.timeout), provider.spec.retry, left=chosen.left), sleep)


def _by_module(provider: Provider, kept: Mapping[str, Any]) -> bool:
    from twat_fs.upload_providers.loading import deleted_by

    with using(provider.settings):
        return deleted_by(provider.client(), kept, provider.name)
