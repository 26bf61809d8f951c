"""One file to one URL: each candidate in turn, until one takes it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from twat_fs._version import USER_AGENT
from twat_fs.environment import provider_names, settings
from twat_fs.errors import (
    NotConfigured,
    TrustError,
    UploadError,
    UploadFailed,
    UploadTimeout,
    UsageError,
)
from twat_fs.fitting import unfit
from twat_fs.registry import Provider, Registry
from twat_fs.source import Source
from twat_fs.upload_providers.naming import wanted_name
from twat_fs.upload_providers.protocols import Call
from twat_fs.urls import without_query

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from twat_fs.messages import Request
    from twat_fs.results import UploadResult
    from twat_fs.upload_providers.protocols import Progress
    from twat_fs.wire.curl import Aside

_log = logging.getLogger("twat_fs")

DEPTHS = ("size", "hash", "none")


class UploadOptions(NamedTuple):
    """How to upload.

    Attributes:
        remote_path: The wanted path at the host; one that ends in `/` is a folder for the file's own name.
        unique: Put a random part into the name, so that it is nobody's.
        force: Overwrite a file of that name, where the provider can.
        fragile: Stop at the first provider that fails.
        check: `size`, `hash` or `none`: how to compare the URL with the file afterwards.
        options: The provider's own options by name.
        providers_d: Further folders of specs.
        timeout: Seconds without progress after which a request fails.
        max_time: Seconds for everything, other providers and pauses among it; a Python provider is not broken off in
            the middle of a request.
        ca_file: Certificates to trust instead of the usual ones.
        progress: Called with the bytes sent so far and the file's size.
    """

    remote_path: str | None = None
    unique: bool = False
    force: bool = False
    fragile: bool = False
    check: str = "size"
    options: Mapping[str, Any] = {}
    providers_d: Sequence[str] = ()
    timeout: float | None = None
    max_time: float | None = None
    ca_file: str | None = None
    progress: Progress | None = None


class Outcome:
    """What became of one file.

    Attributes:
        size: Its bytes.
        result: The URL and what is known of it, or None where no provider took the file.
        attempts: Each provider that was tried or passed over before, with why.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.result: UploadResult | None = None
        self.attempts: list[UploadError] = []

    @property
    def ambiguous(self) -> list[str]:
        """Providers that may hold the file although they gave no URL."""
        return [attempt.provider for attempt in self.attempts if attempt.ambiguous]


def upload_file(
    path: str | os.PathLike[str],
    provider: str | Sequence[str] | None = None,
    options: UploadOptions | None = None,
    **provider_options: Any,
) -> UploadResult:
    """Upload a file.

    Args:
        path: The file.
        provider: A provider, or several to try in turn; without any, the default order.
        options: How to upload.
        **provider_options: The provider's own options, on top of those in `options`.

    Returns:
        The URL, a `str` with `.metadata`.

    Raises:
        SourceError: The file cannot be read.
        UsageError: The call is wrong.
        UploadFailed: No provider took the file; `.attempts` holds the reason of each.
    """
    chosen = options or UploadOptions()
    chosen = chosen._replace(options={**chosen.options, **provider_options})
    registry = Registry(
        settings(
            providers_d=chosen.providers_d, ca_file=chosen.ca_file, timeout=chosen.timeout, max_time=chosen.max_time
        )
    )
    with Source(path) as source:
        outcome = upload(source, registry, named(provider), chosen)
    if outcome.result is None:
        raise UploadFailed(outcome.attempts)
    return outcome.result


async def async_upload_file(
    path: str | os.PathLike[str],
    provider: str | Sequence[str] | None = None,
    options: UploadOptions | None = None,
    **provider_options: Any,
) -> UploadResult:
    """Upload a file without holding the event loop up; see `upload_file`."""
    import asyncio

    return await asyncio.to_thread(upload_file, path, provider, options, **provider_options)


def __getattr__(name: str) -> Any:
    if name == "ProviderInfo":  # people import it from here; it is defined where readiness is found out
        from twat_fs.readiness import ProviderInfo

        return ProviderInfo
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def named(provider: str | Sequence[str] | None) -> list[str]:
    """The providers that a caller names, as a list."""
    if provider is None:
        return []
    texts = [provider] if isinstance(provider, str) else list(provider)
    names = list(dict.fromkeys(name for text in texts for name in provider_names(text)))
    if texts and not names:
        raise UsageError("a provider was asked for, but no name was given", hint="Leave it out for the default order.")
    return names


def upload(source: Source, registry: Registry, names: Sequence[str], options: UploadOptions) -> Outcome:
    """Try each candidate until one takes the file.

    Args:
        source: The open file.
        registry: Where providers come from.
        names: The providers that the caller names; empty for the default order.
        options: How to upload.

    Raises:
        SourceError: The file cannot be read, or changed while it was sent.
        UsageError: The call is wrong.
    """
    call = call_for(source, options)
    if source.renamed:
        _log.warning("the file's name is not UTF-8; it is sent as %s", call.name)
    outcome = Outcome(source.size)
    candidates = registry.candidates(names)
    for index, candidate in enumerate(candidates):
        failure = _try(candidate, source, call, options, outcome, alone=len(candidates) == 1)
        if failure is None:
            break
        outcome.attempts.append(failure)
        tried = not isinstance(failure, NotConfigured)
        if isinstance(failure, TrustError) or (options.fragile and (tried or names)):
            break
        if index + 1 < len(candidates):
            _log.log(logging.WARNING if tried or names else logging.INFO, "%s", line_of(failure))
    return outcome


def line_of(failure: UploadError) -> str:
    """A provider's failure in one line."""
    perhaps = "; it may hold the file all the same" if failure.ambiguous else ""
    step = f"step {failure.step}: " if failure.step not in ("", "request") else ""
    return f"{failure.provider}: {step}{failure.message} ({failure.kind}){perhaps}"


def call_for(source: Source, options: UploadOptions) -> Call:
    """What the caller wants of this file.

    Raises:
        UsageError: `remote_path` is not a path, or `check` not a depth.
    """
    if options.check not in DEPTHS:
        raise UsageError(f"check is one of {', '.join(DEPTHS)}, not `{options.check}`")
    name, path = wanted_name(source.name, options.remote_path, unique=options.unique)
    return Call(name, path, options.options, options.force, options.progress)


def _try(
    candidate: Provider, source: Source, call: Call, options: UploadOptions, outcome: Outcome, *, alone: bool
) -> UploadError | None:
    """Try one provider; sets the outcome's result, or returns why there is none."""
    reason: UploadError | None = unfit(candidate.spec, source) or candidate.not_ready()
    reason = reason or (None if alone else _unoffered(candidate, call))
    if reason is None and candidate.registry.settings.left() <= 0:
        reason = UploadTimeout("it was not tried: the time for the whole upload was over", candidate.name)
    if reason is not None:
        return reason
    _log.info("%s: sending %s, %d bytes", candidate.name, call.name, source.size)
    try:
        result = candidate.upload(source, call, options.check)
    except UploadError as error:
        error.provider = error.provider or candidate.name
        return error
    _log.info("%s: done: %s", candidate.name, without_query(result))
    result.metadata.setdefault("size", source.size)
    outcome.result = result
    return None


def _unoffered(candidate: Provider, call: Call) -> NotConfigured | None:
    """Why one of several providers cannot do what the options ask for; a single one says so as a wrong call."""
    try:
        candidate.option_values(call.options)
    except UsageError as error:
        return NotConfigured(error.message, candidate.name, hint=error.hint)
    return None


def plan_upload(source: Source, registry: Registry, names: Sequence[str], options: UploadOptions) -> DryRun:
    """What an upload would send, without sending it.

    Raises:
        UploadFailed: No provider could be tried; with the reason of each.
    """
    call = call_for(source, options)
    reasons: list[UploadError] = []
    candidates = registry.candidates(names)
    for candidate in candidates:
        alone = len(candidates) == 1
        reason = (
            unfit(candidate.spec, source) or candidate.not_ready() or (None if alone else _unoffered(candidate, call))
        )
        if reason is None:
            from twat_fs.wire.rehearsal import rehearse

            if candidate.spec.kind == "python":
                return DryRun(candidate.name, [])
            return DryRun(candidate.name, rehearse(candidate.job(source, call), USER_AGENT))
        reasons.append(reason)
    raise UploadFailed(reasons)


class DryRun(NamedTuple):
    """What would be sent.

    Attributes:
        provider: The provider that would be tried first.
        requests: Its requests, each with what its command needs beside; none for a Python provider.
    """

    provider: str
    requests: list[tuple[Request, Aside]]
