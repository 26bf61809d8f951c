"""`twat-fs record`: a real upload as a cassette."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import OutputLost, Report, log_to_stderr
from twat_fs.cli.uploading import given_options, warn_of_exposed
from twat_fs.errors import SourceError, UsageError
from twat_fs.registry import Registry
from twat_fs.source import Source
from twat_fs.upload import UploadOptions, call_for


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    from twat_fs.testing.recording import record

    registry = Registry(settings_of(given))
    report = Report(registry.redactor, quiet=given["quiet"])
    log_to_stderr(report, -1 if given["quiet"] else given["verbose"])
    path = given["out"] or f"{given['name']}.yaml"
    if os.path.exists(path) and not given["force"]:
        raise UsageError(f"{path} is there already", hint="Name another with --out, or say --force.")
    provider = registry.provider(given["name"])
    options = UploadOptions(options=given_options(given["option"]))
    warn_of_exposed(report, registry, [provider.name], dict(options.options))
    with Source(given["file"]) as source:
        recorded = record(provider, source, call_for(source, options), software=given["software"] or "")
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(recorded.text)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(path)  # a part of it would be taken for the whole
        raise SourceError(f"{path} cannot be written: {error.strerror}") from error
    report.say(f"{provider.name}: what came of it: {recorded.outcome}")
    try:
        report.result(path)
    except OutputLost:
        return 1
    return 0
