"""`twat-fs upload`."""

from __future__ import annotations

import signal
import sys
import time
from typing import TYPE_CHECKING, Any

from twat_fs.cli.report import OutputLost, Report, log_to_stderr, require_output
from twat_fs.cli.spooling import opened
from twat_fs.environment import settings
from twat_fs.errors import NotAccepted, TwatFsError, UploadFailed, UsageError
from twat_fs.fitting import Needs
from twat_fs.registry import Registry
from twat_fs.text import printable
from twat_fs.upload import UploadOptions, line_of, named, plan_upload, recorder_for, upload

if TYPE_CHECKING:
    from twat_fs.history.recorder import Recorder
    from twat_fs.source import Source
    from twat_fs.upload import Outcome

#: Seconds that an upload may take before a progress bar is worth looking at.
_PATIENCE = 1.0
#: Seconds after `--max-time` that are for saying so.
_GRACE = 0.3


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    require_output()
    chosen = settings(
        providers_d=given["providers_d"],
        ca_file=given["ca_file"],
        timeout=given["timeout"],
        max_time=given["max_time"],
    )
    if given["max_time"]:  # what does not look at the clock itself is ended a moment later
        signal.setitimer(signal.ITIMER_REAL, given["max_time"] + _GRACE)
    registry = Registry(chosen)
    report = Report(registry.redactor, quiet=given["quiet"])
    log_to_stderr(report, -1 if given["quiet"] else given["verbose"])
    names = named(given["provider"])
    progress = _Progress(report)
    options = UploadOptions(
        remote_path=given["remote_path"],
        unique=given["unique"],
        force=given["force"],
        fragile=given["fragile"],
        check="none" if given["no_check"] else given["check"],
        options=given_options(given["option"]),
        needs=needs_of(given, registry),
        progress=progress if _shows_progress(given) else None,
        history=not given["no_history"],
        skip_existing=given["skip_existing"],
    )
    try:
        if given["dry_run"]:
            return _dry_run(report, registry, given, names, options)
        return _upload(report, registry, given, names, options)
    except OutputLost:
        return 1
    finally:
        progress.close()


def needs_of(given: dict[str, Any], registry: Registry) -> Needs:
    """What the caller needs of a provider; a password comes from the environment or is asked for, never from a command.

    Raises:
        UsageError: There is a password to be asked for, and nobody to ask.
    """
    password = registry.settings.environ.get("TWAT_FS_PASSWORD") if given["password"] else None
    if given["password"] and not password:
        if not sys.stdin.isatty():
            raise UsageError("--password: there is nobody to ask", hint="Set TWAT_FS_PASSWORD to it.")
        import click

        password = click.prompt("Password of the file", hide_input=True, confirmation_prompt=True, err=True)
    if password:
        registry.redactor.add(password)
    return Needs(given["expires"], given["private"], password, given["deletable"], given["direct"])


def _sent(
    source: Source,
    registry: Registry,
    given: dict[str, Any],
    names: list[str],
    options: UploadOptions,
    recorder: Recorder,
) -> Outcome:
    try:
        return upload(source, registry, names, options, recorder)
    except NotAccepted as error:
        if not _reviewed(error, given):
            raise
        return upload(source, registry, names, options, recorder)


def _reviewed(error: NotAccepted, given: dict[str, Any]) -> bool:
    """Ask, where there is somebody to ask, whether a spec that changed may run."""
    from twat_fs.cli import adding

    return adding.interactive() and adding.review({**given, "names": [error.provider]}) == 0


def _upload(report: Report, registry: Registry, given: dict[str, Any], names: list[str], options: UploadOptions) -> int:
    recorder = recorder_for(registry.settings, wanted=options.history)
    record: dict[str, Any] = {"file": given["file"]}
    try:
        with opened(given["file"], given["name"], registry.settings.environ) as source:
            outcome = _sent(source, registry, given, names, options, recorder)
            record |= _facts(outcome)
            if outcome.result is None:
                raise UploadFailed(outcome.attempts)
            try:
                _show(report, given, source, record)
            finally:
                outcome.keep()
    except TwatFsError as error:
        if not given["as_json"]:
            raise
        provider = error.headline.provider if isinstance(error, UploadFailed) else ""
        report.record({**record, "error": error.message, "hint": error.hint, "provider": provider})
        return error.exit_code
    return 0


def _show(report: Report, given: dict[str, Any], source: Source, record: dict[str, Any]) -> None:
    """Print the URL, before anything else is done with it."""
    if given["as_json"]:
        report.record({**record, "sha256": source.digest("sha256")}, dear=True)
    else:
        report.result(str(record["url"]), dear=True)


def _facts(outcome: Outcome) -> dict[str, Any]:
    facts: dict[str, Any] = {"size": outcome.size}
    if outcome.result is not None:
        metadata = dict(outcome.result.metadata)
        facts = {"url": str(outcome.result), "provider": metadata.pop("provider", ""), **facts, "metadata": metadata}
        metadata.pop("size", None)
    facts["attempts"] = [
        {
            "provider": attempt.provider,
            "kind": attempt.kind,
            "status": attempt.status,
            "message": attempt.message,
            "hint": attempt.hint,
        }
        for attempt in outcome.attempts
    ]
    facts["ambiguous"] = outcome.ambiguous
    return facts


def _dry_run(
    report: Report, registry: Registry, given: dict[str, Any], names: list[str], options: UploadOptions
) -> int:
    from twat_fs.wire.rehearsal import as_curl

    with opened(given["file"], given["name"], registry.settings.environ) as source:
        rehearsed = plan_upload(source, registry, names, options)
    first, *others = rehearsed.providers
    if others and not options.fragile:
        report.result(f"# {first} is tried first, then {', '.join(others)}")
    for reason in rehearsed.passed_over:
        report.result(f"# passed over: {printable(line_of(reason))}")
    if not rehearsed.requests:
        report.result(f"# {first} is a Python provider: its requests are its own")
    for request, save in rehearsed.requests:
        report.result(as_curl(request, given["name"] if given["file"] == "-" else given["file"], save))
    return 0


def given_options(texts: tuple[str, ...]) -> dict[str, str]:
    """Options from the words after each `-o`.

    Raises:
        UsageError: One has no `=`.
    """
    options = {}
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise UsageError(f"-o {text}: write -o NAME=VALUE")
        options[name] = value
    return options


def _shows_progress(given: dict[str, Any]) -> bool:
    return not given["quiet"] and not given["as_json"] and sys.stderr is not None and sys.stderr.isatty()


class _Progress:
    """A bar on standard error, once the upload has taken a while."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._begun = time.monotonic()
        self._bar: Any = None
        self._shown = 0

    def __call__(self, sent: int, total: int) -> None:
        if self._bar is None:
            if time.monotonic() - self._begun < _PATIENCE or sent >= total:
                return
            import click

            self._bar = click.progressbar(length=total, file=sys.stderr, show_eta=True, show_percent=True)
            self._bar.__enter__()
        if sent < self._shown:  # a new attempt begins at the start
            self._bar.pos, self._shown = 0, 0
        self._bar.update(sent - self._shown)
        self._shown = sent

    def close(self) -> None:
        """End the line that the bar stands in."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)
