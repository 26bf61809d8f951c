"""`twat-fs upload`."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from twat_fs.batch import Batch, Done
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.delivering import Delivery, Wishes
from twat_fs.cli.formats import Format, read_format
from twat_fs.cli.gathering import gathered
from twat_fs.cli.progress import Progress
from twat_fs.cli.report import OutputLost, Report, log_to_stderr, require_output
from twat_fs.cli.showing import Showing, record
from twat_fs.cli.terminal import is_terminal
from twat_fs.config.keys import KEYS
from twat_fs.errors import ConfigError, NotAccepted, SourceError, TwatFsError, UsageError
from twat_fs.fitting import Needs
from twat_fs.opening import opened
from twat_fs.registry import Registry
from twat_fs.text import printable
from twat_fs.upload import UploadOptions, line_of, named, plan_upload, recorder_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from twat_fs.batch import Item
    from twat_fs.environment import Settings
    from twat_fs.source import Source

#: Seconds after `--max-time` that are for saying so.
_GRACE = 0.3
#: The status where some of several files failed, or each for another reason.
_SOME_FAILED = 6


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    require_output()
    chosen = settings_of(given, timeout=given["timeout"], max_time=given["max_time"], history=given["history"])
    if given["max_time"]:  # what does not look at the clock itself is ended a moment later
        signal.setitimer(signal.ITIMER_REAL, given["max_time"] + _GRACE)
    registry = Registry(chosen)
    report = Report(registry.redactor, quiet=given["quiet"])
    log_to_stderr(report, -1 if given["quiet"] else given["verbose"])
    given["format"] = _format(given)
    names = named(given["provider"])
    warn_of_exposed(report, registry, names, given_options(given["option"]))
    options = UploadOptions(
        remote_path=given["remote_path"],
        unique=given["unique"],
        force=given["force"],
        fragile=given["fragile"],
        check="none" if given["no_check"] else given["check"],
        options=given_options(given["option"]),
        needs=needs_of(given, registry),
        history=given["history"] is not False,
        skip_existing=given["skip_existing"],
        raw_name=given["raw_name"],
    )
    items = gathered(given)
    try:
        _settle(registry, names, given)
        if given["dry_run"]:
            return _dry_run(report, registry, items, names, options)
        return _upload(report, registry, given, items, names, options)
    except OutputLost:
        return 1
    except TwatFsError as error:
        if not given["as_json"]:
            raise
        for item in items:
            report.record(record(Done(item, None, error)))
        return error.exit_code


def needs_of(given: dict[str, Any], registry: Registry) -> Needs:
    """What the caller needs of a provider; a password comes from the environment or is asked for, never from a command.

    Raises:
        UsageError: There is a password to be asked for, and nobody to ask.
    """
    password = registry.settings.environ.get("TWAT_FS_PASSWORD") if given["password"] else None
    if given["password"] and not password:
        if sys.stdin is None or not sys.stdin.isatty():
            raise UsageError("--password: there is nobody to ask", hint="Set TWAT_FS_PASSWORD to it.")
        import click

        password = click.prompt("Password of the file", hide_input=True, confirmation_prompt=True, err=True)
    if password:
        registry.redactor.add(password)
    return Needs(given["expires"], given["private"], password, given["deletable"], given["direct"])


def _settle(registry: Registry, names: list[str], given: dict[str, Any]) -> None:
    """See to it that all providers are there and may run; of one that changed, ask whether it may."""
    try:
        registry.candidates(names)
    except NotAccepted as error:
        from twat_fs.cli import adding

        if not (adding.interactive() and adding.review({**given, "names": [error.provider]}) == 0):
            raise


@contextmanager
def _opened(item: Item, settings: Settings) -> Iterator[Source]:
    if item.archive:
        from twat_fs.cli.archiving import archived

        way = archived(item.path, item.archive, item.name)
    else:
        way = opened(_standard_input() if item.path == "-" else item.path, item.name, settings)
    with way as source:
        yield source


def _standard_input() -> BinaryIO:
    if sys.stdin is None:
        raise SourceError("standard input is closed")
    return sys.stdin.buffer


def _upload(
    report: Report,
    registry: Registry,
    given: dict[str, Any],
    items: list[Item],
    names: list[str],
    options: UploadOptions,
) -> int:
    recorder = recorder_for(registry.settings, wanted=options.history)
    chosen: Format = given["format"]
    opener = partial(_opened, settings=registry.settings)
    batch = Batch(registry, names, options, recorder, opener, digests=chosen.wants_digest)
    progress = Progress(items, report) if _shows_progress(given) else None
    delivery = Delivery(Wishes(given["qr"], given["open"], given["copy"], given["notify"]), report)
    showing = Showing(report, registry, chosen, delivery, alone=len(items) == 1, explains=given["explain"])

    def watched(item: Item, options: UploadOptions) -> UploadOptions:
        return showing.watched(item, options._replace(progress=progress.of(item)) if progress else options)

    codes = []
    try:
        if progress:
            progress.start()
        with closing(batch.run(items, given["jobs"], watched)) as found:
            for done in found:
                if progress:
                    progress.done(done.item, failed=done.error is not None)
                codes.append(showing.show(done))
                if isinstance(done.error, UsageError):  # the next would meet it again
                    break
    finally:
        if progress:
            progress.close()
    delivery.end(codes, _own_name(items[0]) if items else "")
    return status_of(codes)


def _own_name(item: Item) -> str:
    """What a file is called where others may see it: nobody needs to know its folder."""
    return item.name or os.path.basename(item.label.rstrip("/")) or item.label


def status_of(codes: Sequence[int]) -> int:
    """The status of several uploads: 0 if all worked, theirs where all failed alike, else 6."""
    return codes[0] if len(set(codes)) == 1 else _SOME_FAILED if codes else 0


def _format(given: dict[str, Any]) -> Format:
    """How an upload is printed: as `--format` says, or `--json`, else as it is set."""
    chosen = read_format(given["line"] or "json") if given["line"] or given["as_json"] else _usual_format(given)
    if given["as_json"] and chosen.name != "json":
        raise UsageError(f"--json and --format {given['line']} are two ways to print it; choose one")
    given["as_json"] = chosen.name == "json"
    return chosen


def _usual_format(given: dict[str, Any]) -> Format:
    usual = given["config"].setting(KEYS["format"])
    try:
        return read_format(usual.value)
    except UsageError as error:
        raise ConfigError(f"{usual.where()}: {error.message}", hint=error.hint) from error


def _dry_run(report: Report, registry: Registry, items: list[Item], names: list[str], options: UploadOptions) -> int:
    from twat_fs.wire.rehearsal import as_curl

    for item in items:
        with _opened(item, registry.settings) as source:
            rehearsed = plan_upload(source, registry, names, item.wanted(options))
            path = item.path if os.path.isfile(item.path) else source.name
        first, *others = rehearsed.providers
        if others and not options.fragile:
            report.result(f"# {first} is tried first, then {', '.join(others)}")
        for reason in rehearsed.passed_over:
            report.result(f"# passed over: {printable(line_of(reason))}")
        if not rehearsed.requests:
            report.result(f"# {first} is a Python provider: its requests are its own")
        for request, save in rehearsed.requests:
            report.result(as_curl(request, path, save))
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


def warn_of_exposed(report: Report, registry: Registry, names: list[str], options: dict[str, str]) -> None:
    """Say of each secret on the command line that others can read it there, and what to do instead."""
    told: set[str] = set()
    for candidate in registry.candidates(names) if options and not report.quiet else ():
        for name in options:
            facts = candidate.spec.options.get(name, {})
            if facts.get("secret") and name not in told:
                told.add(name)
                report.say(f"twat-fs: -o {name}: others on this machine can read its value; {_unseen(name, facts)}")


def _unseen(name: str, facts: Mapping[str, Any]) -> str:
    if facts.get("env"):
        return f"the variable {facts['env']} gives it unseen"
    return "`upload --password` gives it unseen" if name == "password" else "its spec names no variable for it (`env`)"


def _shows_progress(given: dict[str, Any]) -> bool:
    return not given["quiet"] and given["progress"] and is_terminal(sys.stderr)
