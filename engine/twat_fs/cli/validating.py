"""`twat-fs validate-spec`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from twat_fs.cli import findings
from twat_fs.cli.report import OutputLost, Report
from twat_fs.environment import settings
from twat_fs.errors import UsageError
from twat_fs.registry import Registry
from twat_fs.spec.load import SIZE_LIMIT
from twat_fs.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterator


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    registry = Registry(settings(providers_d=given["providers_d"]))
    verdicts = [validate(content, path, stem) for content, path, stem in _specs(registry, given["specs"])]
    report = Report(quiet=given["quiet"])
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


def _specs(registry: Registry, named: tuple[str, ...]) -> Iterator[tuple[bytes, str, str | None]]:
    """Content, name to report, and stem of each spec that is asked for."""
    if not named:
        for entry in registry.catalog.entries():
            yield registry.catalog.content(entry), _relative(entry.path), entry.name
    for text in named:
        yield from _named(registry, text)


def _named(registry: Registry, text: str) -> Iterator[tuple[bytes, str, str | None]]:
    if text == "-":
        yield sys.stdin.buffer.read(SIZE_LIMIT + 1), "<stdin>", None
    elif os.path.isdir(text):
        names = sorted(name for name in os.listdir(text) if name.endswith((".yaml", ".yml")))
        if not names:
            raise UsageError(f"{text}: there is no .yaml file in this folder")
        for name in names:
            yield from _file(os.path.join(text, name))
    elif os.path.exists(text) or os.sep in text or text.endswith((".yaml", ".yml")):
        yield from _file(text)
    else:
        entry = registry.catalog.entry(text)
        if entry is None:
            raise UsageError(
                f"{text}: there is no such file and no provider of that name",
                hint="`twat-fs upload_provider list` names the providers.",
            )
        yield registry.catalog.content(entry), _relative(entry.path), entry.name


def _file(path: str) -> Iterator[tuple[bytes, str, str]]:
    from twat_fs.source import Source

    with Source(path) as source:
        # What is in a file that is too large does not matter; that it is has to be reported.
        content = source.content() if source.size <= SIZE_LIMIT else b" " * (SIZE_LIMIT + 1)
    yield content, path, os.path.splitext(os.path.basename(path))[0]


def _relative(path: str) -> str:
    relative = os.path.relpath(path)
    return path if relative.startswith("..") else relative
