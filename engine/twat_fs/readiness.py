"""Whether providers are ready to be used, as values."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from twat_fs.environment import provider_names, settings
from twat_fs.errors import TwatFsError
from twat_fs.registry import Registry
from twat_fs.trial import tried

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twat_fs.upload_providers.protocols import ProviderHelp


class ProviderInfo(NamedTuple):
    """Whether a provider is ready.

    Attributes:
        success: Whether it is.
        reason: Why it is not, or an empty string.
        help_info: How to set it up.
        timing: Seconds that a trial took, as `upload` and `fetch`; empty where there was none.
    """

    success: bool
    reason: str
    help_info: ProviderHelp
    timing: dict[str, float]


def setup_provider(provider: str, *, verbose: bool = False, online: bool = False) -> ProviderInfo:
    """Say whether a provider is ready.

    Args:
        provider: Its name.
        verbose: Log what is found.
        online: Upload a small file and fetch it back.

    Raises:
        UsageError: There is no provider of that name.
    """
    from twat_fs.logs import logger

    ready = Registry(settings()).provider(provider)
    help_info: ProviderHelp = {"setup": ready.spec.setup, "deps": ready.spec.deps}
    begun = time.monotonic()
    try:
        reason = ready.not_ready()
        if reason is not None:
            raise reason
        facts: dict[str, Any] = tried(ready) if online else {}
    except TwatFsError as error:
        info = ProviderInfo(False, error.message, help_info, {})
    else:
        timing = {name: facts[f"{name}_seconds"] for name in ("upload", "fetch") if f"{name}_seconds" in facts}
        info = ProviderInfo(True, "", help_info, timing)
    if verbose:
        state = "ready" if info.success else f"not ready: {info.reason}"
        logger().warning("%s: %s (%.2f s)", provider, state, time.monotonic() - begun)
    return info


def setup_providers(
    providers: str | Sequence[str] | None = None, *, verbose: bool = False, online: bool = False
) -> dict[str, ProviderInfo]:
    """Say of several providers whether they are ready.

    Args:
        providers: Their names; all of the default order where not given.
        verbose: Log what is found.
        online: Upload a small file to each and fetch it back.
    """
    if providers is None:
        names = Registry(settings()).catalog.default_order()
    else:
        names = provider_names(providers) if isinstance(providers, str) else list(providers)
    return {name: setup_provider(name, verbose=verbose, online=online) for name in names}
