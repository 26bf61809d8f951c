"""`twat-fs upload_provider`: list and show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.cli import listing
from twat_fs.cli.chosen import settings_of
from twat_fs.cli.findings import label_lines
from twat_fs.cli.report import OutputLost, Report, log_to_stderr
from twat_fs.registry import Registry
from twat_fs.spec.label import label
from twat_fs.spec.options import text_of
from twat_fs.units import shown_size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.registry import Provider


def run_list(given: dict[str, Any]) -> int:
    """Run `list`; returns the exit status."""
    if given["online"]:
        from twat_fs.cli import status

        return status.run(given, lambda registry: listing.names(registry, given))
    registry = Registry(settings_of(given))
    report = Report(registry.redactor, quiet=given["quiet"])
    log_to_stderr(report, -1 if given["quiet"] else given["verbose"])
    try:
        for data, line in listing.rows(registry, given):
            if given["as_json"]:
                report.record(data)
            else:
                report.result(line)
    except OutputLost:
        return 1
    return 0


def show(given: dict[str, Any]) -> int:
    """Run `show`; returns the exit status."""
    registry = Registry(settings_of(given))
    report = Report(registry.redactor)
    provider = registry.provider(given["name"])
    try:
        for line in _normalised(registry, provider) if given["normalised"] else _described(provider):
            report.result(line)
    except OutputLost:
        return 1
    return 0


def _described(provider: Provider) -> Iterator[str]:
    spec = provider.spec
    yield f"{spec.name}: {spec.title}"
    rows = [
        ("from", provider.entry.path),
        ("homepage", spec.about.get("homepage", "")),
        ("about", " ".join(str(spec.about.get("description", "")).split())),
        ("setup", " ".join(spec.setup.split())),
        ("needs", spec.deps),
        ("largest file", shown_size(spec.max_file_size) if spec.max_file_size else ""),
        ("kept for", str(spec.capabilities.get("retention", ""))),
        ("checked", _checked(spec.about.get("checked", {}))),
    ]
    yield from (f"  {name:<13} {value}" for name, value in rows if value)
    for credential in spec.credentials:
        need = "needed" if credential.required else "optional"
        yield f"  {'secret':<13} {credential.name} ({need}): {credential.help}".rstrip(": ")
    for name, facts in spec.options.items():
        yield f"  {'option':<13} {name}: {_option(facts)}"
    yield from label_lines(label(provider.registry.catalog.card(provider.entry)))
    reason = provider.not_ready()
    yield f"  {'status':<13} {'ready' if reason is None else f'not ready: {reason.message}'}"


def _checked(facts: dict[str, Any]) -> str:
    return ", ".join(str(facts[key]) for key in ("status", "date", "how") if facts.get(key))


def _option(facts: dict[str, Any]) -> str:
    values = facts.get("choices") or list(facts.get("map") or []) or [facts.get("type", "string")]
    words = [" | ".join(text_of(value) for value in values)]
    words += [f"default {text_of(facts['default'])}"] if facts.get("default") is not None else []
    words += [f"also {facts['env']}"] if facts.get("env") else []
    help_text = f" {facts['help']}" if facts.get("help") else ""
    return "; ".join(words) + "." + help_text


def _normalised(registry: Registry, provider: Provider) -> Iterator[str]:
    import yaml

    from twat_fs.spec.compile import Compiler
    from twat_fs.spec.load import load

    card = Compiler(load(registry.catalog.content(provider.entry)), plain=True).spec()
    card |= {key: [_said_of_step(step) for step in card[key]] for key in ("steps", "delete") if key in card}
    card["credentials"] = {name: _said(facts) for name, facts in card["credentials"].items()}
    card |= {key: _said(card[key]) for key in ("result", "retry")}
    yield yaml.safe_dump(_plain(_said(card)), sort_keys=False, allow_unicode=True, width=110).rstrip()


def _said(facts: dict[str, Any]) -> dict[str, Any]:
    """What says something: an empty list or mapping stands for a key that is not there, but as a body."""
    bodies = ("json", "form", "multipart", "raw")
    return {key: value for key, value in facts.items() if key in bodies or value not in (None, "", [], {})}


def _said_of_step(step: dict[str, Any]) -> dict[str, Any]:
    return _said({**step, "resume": _said(step["resume"])} if "resume" in step else step)


def _plain(value: Any) -> Any:
    """Texts as plain texts, which is all that the dumper takes."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, str) else value
