"""`twat-fs validate-spec`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Union

from twat_fs.cli import findings
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import OutputLost, Report, log_to_stderr
from twat_fs.errors import SourceError, UsageError
from twat_fs.registry import Registry
from twat_fs.source import Source
from twat_fs.spec.limits import SIZE_LIMIT
from twat_fs.spec.problems import TOP, Problem
from twat_fs.validation import Verdict, validate

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    registry = Registry(settings_of(given))
    report = Report(quiet=given["quiet"])
    log_to_stderr(report, given["verbose"] or -1)  # what examples make the engine say is no news
    verdicts = [_verdict(read) for read in specs_named(registry, given["specs"])]
    form = given["form"]
    if form == "json":
        lines = iter([findings.as_json(verdicts)])
    elif form == "sarif":
        lines = iter([findings.as_sarif(verdicts)])
    elif form == "github":
        lines = findings.as_github(verdicts)
    else:
        lines = findings.as_text(verdicts, quiet=given["quiet"])
    try:
        for line in lines:
            report.result(line)
    except OutputLost:
        return 1
    return 0 if all(verdict.valid for verdict in verdicts) else 1


def schema() -> int:
    """Print the JSON Schema of specs; returns the exit status."""
    from twat_fs.spec.schema import schema_text

    try:
        Report().result(schema_text().rstrip("\n"))
    except OutputLost:
        return 1
    return 0


#: A spec to be read: how, the name to report it under, and its stem.
Read = tuple[Callable[[], bytes], str, Union[str, None]]


def _verdict(read: Read) -> Verdict:
    content, path, stem = read
    try:
        return validate(content(), path, stem)
    except SourceError as error:
        # One file that cannot be read keeps nobody from hearing of the others.
        return Verdict(path, (Problem("yaml", error.message.removeprefix(f"{path}: "), TOP),), (), None)


def specs_named(registry: Registry, named: tuple[str, ...]) -> Iterator[Read]:
    """The specs that a command line names: files, folders, providers, `-` for standard input; without any, all."""
    if not named:
        for entry in registry.catalog.entries():
            yield partial(registry.catalog.content, entry), _relative(entry.path), entry.name
    for text in named:
        yield from _named(registry, text)


def _named(registry: Registry, text: str) -> Iterator[Read]:
    if text == "-":
        yield _standard_input, "<stdin>", None
    elif os.path.isdir(text):
        names = sorted(name for name in os.listdir(text) if name.endswith((".yaml", ".yml")))
        if not names:
            raise UsageError(f"{text}: there is no .yaml file in this folder")
        for name in names:
            yield _file(os.path.join(text, name))
    elif os.path.exists(text) or os.sep in text or text.endswith((".yaml", ".yml")):
        with Source(text):  # a path that was named must lead to a file
            yield _file(text)
    else:
        entry = registry.catalog.entry(text)
        if entry is None:
            raise UsageError(
                f"{text}: there is no such file and no provider of that name",
                hint="`twat-fs upload_provider list` names the providers.",
            )
        yield partial(registry.catalog.content, entry), _relative(entry.path), entry.name


def _file(path: str) -> Read:
    return partial(_content, path), path, os.path.splitext(os.path.basename(path))[0]


def _content(path: str) -> bytes:
    with Source(path) as source:
        return source.start(SIZE_LIMIT + 1)


def _standard_input() -> bytes:
    if sys.stdin is None:
        raise UsageError("standard input is closed")
    return sys.stdin.buffer.read(SIZE_LIMIT + 1)


def _relative(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
