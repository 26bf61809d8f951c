"""`twat-fs spec export`: a spec in the words of other programs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from twat_fs.authoring.export import planned
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import OutputLost, Report
from twat_fs.cli.uploading import given_options
from twat_fs.registry import Registry

#: The module and the function that write each form.
_FORMS = {
    "curl": ("export_curl", "as_script"),
    "httpie": ("export_httpie", "as_command"),
    "sxcu": ("export_sxcu", "as_uploader"),
    "hurl": ("export_hurl", "as_file"),
}


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    registry = Registry(settings_of(given))
    report = Report(registry.redactor, quiet=given["quiet"])
    spec = registry.provider(given["name"]).spec
    export = planned(spec, given_options(given["option"]), given["wanted"])
    module, function = _FORMS[given["form"]]
    text: str = getattr(import_module(f"twat_fs.authoring.{module}"), function)(export)
    try:
        report.result(text)
    except OutputLost:
        return 1
    for remark in export.remarks:
        report.say(f"{spec.name}: {remark}")
    return 0
