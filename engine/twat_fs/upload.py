"""One file to one URL: each candidate in turn, until one takes it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from twat_fs._version import USER_AGENT
from twat_fs.calls import DEPTHS, Outcome, UploadOptions, call_for, line_of, why_last
from twat_fs.circuit import Circuit
from twat_fs.environment import provider_names, settings
from twat_fs.errors import NotOffered, TwatFsError, UploadError, UploadFailed, UploadTimeout, UsageError
from twat_fs.events import Begun, Failed, Took
from twat_fs.fitting import Needs, unfit, unmet
from twat_fs.history.recorder import Recorder, variant_of
from twat_fs.history.records import History
from twat_fs.interruption import Interrupted
from twat_fs.logs import logger
from twat_fs.opening import opened
from twat_fs.presence import existing
from twat_fs.registry import Provider, Registry
from twat_fs.spec.options import lifetime
from twat_fs.tuples import NamedTuple
from twat_fs.urls import without_query

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twat_fs.environment import Settings
    from twat_fs.messages import Request
    from twat_fs.opening import Given
    from twat_fs.results import UploadResult
    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call, Progress
    from twat_fs.wire.curl import Aside

__all__ = ["DEPTHS", "DryRun", "Needs", "Outcome", "UploadOptions", "async_upload_file", "call_for", "line_of", "named"]
__all__ += ["plan_upload", "recorder_for", "registry_for", "send_to", "upload", "upload_file"]

_log = logger()


def upload_file(
    path: Given,
    provider: str | Sequence[str] | None = None,
    options: UploadOptions | None = None,
    **provider_options: Any,
) -> UploadResult:
    """Upload a file.

    Args:
        path: The file; or bytes, a binary file that is open, an address of fsspec such as `s3://bucket/key`.
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
    registry = registry_for(chosen)
    recorder = recorder_for(registry.settings, wanted=chosen.history)
    with opened(path, chosen.name, registry.settings) as source:
        outcome = upload(source, registry, named(provider), chosen, recorder)
        outcome.keep()
    if outcome.result is None:
        raise UploadFailed(outcome.attempts)
    return outcome.result


def registry_for(given: UploadOptions) -> Registry:
    """Where providers come from, as the options say."""
    folders, ca_file = given.providers_d, given.ca_file
    return Registry(settings(providers_d=folders, ca_file=ca_file, timeout=given.timeout, max_time=given.max_time))


async def async_upload_file(
    path: Given,
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
    texts = [provider] if isinstance(provider, str) else list(provider or ())
    names = list(dict.fromkeys(name for text in texts for name in provider_names(text)))
    if texts and not names:
        raise UsageError("a provider was asked for, but no name was given", hint="Leave it out for the default order.")
    return names


def recorder_for(settings: Settings, *, wanted: bool) -> Recorder:
    """What writes the receipts of a run; none, where they are not wanted or `TWAT_FS_HISTORY` is off."""
    return Recorder(History(settings.history_file) if wanted and settings.keeps_history else None)


def upload(
    source: Source,
    registry: Registry,
    names: Sequence[str],
    options: UploadOptions,
    recorder: Recorder | None = None,
) -> Outcome:
    """Try each candidate until one takes the file; `keep` of the outcome then completes its receipt.

    Args:
        source: The open file.
        registry: Where providers come from.
        names: The providers that the caller names; empty for the default order.
        options: How to upload.
        recorder: Writes the receipts of the run; none are kept without it.

    Raises:
        SourceError: The file cannot be read, or changed while it was sent.
        UsageError: The call is wrong.
    """
    return send_to(registry.candidates(names), source, options, recorder or Recorder(None), Circuit(), names)


def send_to(
    candidates: Sequence[Provider],
    source: Source,
    options: UploadOptions,
    recorder: Recorder,
    circuit: Circuit,
    names: Sequence[str],
) -> Outcome:
    """Try each of these providers until one takes the file; see `upload`.

    Args:
        candidates: The providers, in order.
        source: The open file.
        options: How to upload.
        recorder: Writes the receipts.
        circuit: Knows who failed the files before this one.
        names: The providers that the caller names; empty where they are the default order.
    """
    if options.skip_existing and recorder.history is None:
        raise UsageError(
            "without a history it cannot be known what is there already", hint="Keep one, or say --no-skip-existing."
        )
    call = call_for(source, options)
    if source.renamed:
        _log.warning("the file's name is not UTF-8; it is sent as %s", call.name)
    outcome = Outcome(source)
    for index, candidate in enumerate(candidates):
        failure: UploadError | None = circuit.broken(candidate.name)
        failure = failure or _unsuited(candidate, source, call, options.needs, alone=len(candidates) == 1)
        failure = failure or _try(candidate, source, call, options, outcome, recorder)
        if failure is None:
            circuit.worked(candidate.name)
            call.tell(Took(candidate.name, without_query(str(outcome.result))))
            break
        if candidate.registry.settings.left() > 0:  # else it was broken off, which says nothing of the provider
            circuit.failed(failure)
        outcome.attempts.append(failure)
        told = failure.tried or bool(names)
        why = why_last(failure, fragile=options.fragile and told, last=index + 1 == len(candidates))
        call.tell(Failed(candidate.name, failure, "" if why else candidates[index + 1].name, why))
        if why:
            break
        _log.log(logging.WARNING if told else logging.INFO, "%s", line_of(failure))
    return outcome


class _Way:
    """How much of the file a provider has sent, as far as it tells."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._told: tuple[int, int] | None = None

    def __call__(self, sent: int, total: int) -> None:
        self._told = (sent, total)
        if self._progress is not None:
            self._progress(sent, total)

    @property
    def begun(self) -> bool:
        """Whether anything was sent."""
        return self._told is not None

    def left(self, *, tells: bool) -> str:
        """What may be at the host where all ends now; a Python provider need not tell when it begins."""
        if tells and not self.begun:
            return "was sent nothing of the file"
        sent, total = self._told or (0, 0)
        return "may have stored the file" if sent >= total else "may have stored a part of the file"


def _unsuited(candidate: Provider, source: Source, call: Call, needs: Needs, *, alone: bool) -> UploadError | None:
    """Why a provider is not even tried."""
    reason: UploadError | None = unmet(candidate.spec, needs) or unfit(candidate.spec, source) or candidate.not_ready()
    reason = reason or (None if alone else _unoffered(candidate, call))
    if reason is None and candidate.registry.settings.left() <= 0:
        reason = UploadTimeout("it was not tried: the time for the whole upload was over", candidate.name)
    return reason


def _try(
    candidate: Provider, source: Source, call: Call, options: UploadOptions, outcome: Outcome, recorder: Recorder
) -> UploadError | None:
    """Try one provider; sets the outcome's result, or returns why there is none."""
    given = candidate.option_values(call.options)
    variant = variant_of(given, options.remote_path) if recorder.history is not None else ""
    outcome.result = existing(candidate, source, variant, recorder) if options.skip_existing else None
    if outcome.result is not None:
        return None
    _log.info("%s: sending %s, %d bytes", candidate.name, call.name, source.size)
    call.tell(Begun(candidate.name, call.name, source.size))
    entry = recorder.begin(candidate.name, call.name, source, variant, _lasts(candidate, given))
    way = _Way(call.progress)
    try:
        result = candidate.upload(source, call._replace(progress=way), options.check)
    except Interrupted as end:
        tells = candidate.spec.kind != "python"
        end.left = end.left or f"{candidate.name} {way.left(tells=tells)}"
        entry.broken_off(end, ambiguous=way.begun or not tells)
        raise
    except TwatFsError as error:
        entry.failed(error)
        if not isinstance(error, UploadError):  # the file, this machine or the call is to blame
            raise
        error.provider = error.provider or candidate.name
        return error
    _log.info("%s: done: %s", candidate.name, without_query(result))
    result.metadata.setdefault("size", source.size)
    outcome.result, outcome.entry = result, entry
    return None


def _lasts(candidate: Provider, given: Mapping[str, Any]) -> int | None:
    """Seconds that the host is asked to keep the file."""
    facts = candidate.spec.options.get("expires", {})
    return lifetime(facts, given.get("expires", facts.get("default")))


def _unoffered(candidate: Provider, call: Call) -> NotOffered | None:
    """Why one of several providers cannot do what the options ask for; a single one says so as a wrong call."""
    try:
        candidate.option_values(call.options)
    except UsageError as error:
        return NotOffered(error.message, candidate.name, hint=error.hint)
    return None


def plan_upload(source: Source, registry: Registry, names: Sequence[str], options: UploadOptions) -> DryRun:
    """What an upload would send, without sending it.

    Raises:
        UploadFailed: No provider could be tried; with the reason of each.
    """
    call = call_for(source, options)
    candidates = registry.candidates(names)
    alone = len(candidates) == 1
    reasons = [(each, _unsuited(each, source, call, options.needs, alone=alone)) for each in candidates]
    passed_over = [reason for _, reason in reasons if reason is not None]
    order = [candidate for candidate, reason in reasons if reason is None]
    if not order:
        raise UploadFailed(passed_over)
    from twat_fs.wire.rehearsal import rehearse

    first = order[0]
    requests = [] if first.spec.kind == "python" else rehearse(first.job(source, call), USER_AGENT)
    return DryRun([candidate.name for candidate in order], passed_over, requests)


class DryRun(NamedTuple):
    """What would be done.

    Attributes:
        providers: Those that would be tried, in order; with `fragile` no more than the first.
        passed_over: Why each of the others would not.
        requests: What the first would send, each with what its command needs beside; none for a Python provider.
    """

    providers: list[str]
    passed_over: list[UploadError]
    requests: list[tuple[Request, Aside]]
