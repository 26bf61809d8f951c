"""Whether providers are ready to be used, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.environment import provider_names, settings
from twat_fs.logs import logger
from twat_fs.registry import Registry
from twat_fs.trial import trials
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twat_fs.errors import TwatFsError
    from twat_fs.registry import Provider
    from twat_fs.trial import Trial
    from twat_fs.upload_providers.protocols import ProviderHelp

_log = logger()


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
        online: Upload a small file, fetch it back, and have it deleted again where that can be.

    Raises:
        UsageError: There is no provider of that name.
    """
    return setup_providers([provider], verbose=verbose, online=online)[provider]


def setup_providers(
    providers: str | Sequence[str] | None = None, *, verbose: bool = False, online: bool = False
) -> dict[str, ProviderInfo]:
    """Say of several providers whether they are ready.

    Args:
        providers: Their names; all of the default order where not given.
        verbose: Log what is found.
        online: Upload a small file to each, all side by side, fetch it back, and have it deleted again where that
            can be.

    Raises:
        UsageError: There is no provider of one of these names.
    """
    registry = Registry(settings())
    if providers is None:
        names = registry.catalog.default_order()
    else:
        names = provider_names(providers) if isinstance(providers, str) else list(providers)
    known = {name: registry.provider(name) for name in names}
    reasons: dict[str, TwatFsError | None] = {name: provider.not_ready() for name, provider in known.items()}
    ready = [provider for name, provider in known.items() if reasons[name] is None]
    found = {trial.provider: trial for trial in trials(ready)} if online else {}
    reasons |= {name: trial.error for name, trial in found.items()}
    infos = {name: _info(provider, reasons[name], found.get(name)) for name, provider in known.items()}
    for name, info in infos.items() if verbose else ():
        _log.warning("%s: %s", name, "ready" if info.success else f"not ready: {info.reason}")
    return infos


def _info(provider: Provider, reason: TwatFsError | None, trial: Trial | None) -> ProviderInfo:
    told: ProviderHelp = {"setup": provider.spec.setup, "deps": provider.spec.deps}
    seconds = {"upload": trial.upload_seconds, "fetch": trial.fetch_seconds} if trial and reason is None else {}
    timing = {name: value for name, value in seconds.items() if value is not None}
    return ProviderInfo(reason is None, reason.message if reason else "", told, timing)
