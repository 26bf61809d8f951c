"""What `validate-spec` found, for people, for programs and for the platforms that show it beside the code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from twat_fs._version import __version__
from twat_fs.spec.problems import documented
from twat_fs.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twat_fs.spec.label import Label
    from twat_fs.spec.problems import Problem
    from twat_fs.validation import Verdict

#: Columns of a source line that are shown around a problem.
_WIDTH = 110


def as_text(verdicts: Sequence[Verdict], *, quiet: bool) -> Iterator[str]:
    """Lines for people: each problem with the place that it is in, then what each valid spec may do."""
    for verdict in verdicts:
        for problem in verdict.problems:
            yield from _problem_lines(verdict, problem)
        if verdict.label is not None and not quiet:
            yield f"{printable(verdict.path)}: valid"
            yield from label_lines(verdict.label)
    invalid = sum(not verdict.valid for verdict in verdicts)
    total = f"{len(verdicts)} spec{'s' if len(verdicts) != 1 else ''}"
    if invalid or not quiet:
        yield f"{total}: {f'{invalid} not valid' if invalid else 'all valid'}"


def _problem_lines(verdict: Verdict, problem: Problem) -> Iterator[str]:
    place = problem.place
    head = f"{printable(verdict.path)}:{place.line}:{place.column}: {problem.severity}: {printable(problem.message)}"
    yield f"{head} [{problem.rule}]"
    if place.line <= len(verdict.lines):
        line = verdict.lines[place.line - 1]
        begin = max(0, place.column - _WIDTH // 2) if len(line) > _WIDTH else 0
        shown = _visible(line[begin : begin + _WIDTH])
        width = max(1, min(place.end - place.start, len(line) - place.column + 1, _WIDTH))
        yield f"{place.line:>6} | {shown}"
        yield f"       | {' ' * (place.column - 1 - begin)}{'^' * width}"
    if problem.hint:
        yield f"       = {printable(problem.hint)}"
    yield f"       = see {documented(problem.rule)}"


def _visible(line: str) -> str:
    """A source line of the same width, without anything that moves a cursor."""
    return "".join(character if character.isprintable() else " " for character in line)


def label_lines(label: Label) -> Iterator[str]:
    """Lines for people, in columns: what a spec may do."""
    for name, value in label_rows(label):
        yield f"  {name:<13} {printable(value, 1000)}"


def label_rows(label: Label) -> Iterator[tuple[str, str]]:
    """What a spec may do: what it is that it does, and with what; no row is so long that it would be cut."""
    if label.module:
        yield "runs", f"the Python module {label.module}, which may do whatever you may"
    else:
        yield from (("talks to", row) for row in _rows(label.hosts or ("no host",)))
    yield from (("sends", row) for row in _rows(("the file", *label.sends)))
    if label.fetches:
        yield "then fetches", label.fetches
    yield from (("reads", name) for name in label.environment)
    for secret in label.secrets:
        if label.module:
            yield "reads secret", secret.name
        else:
            rows = _rows(secret.goes_to or ("nobody",))
            yield from (("reads secret", f"{secret.name}, sent to {row}") for row in rows)
    yield from (("clear text", f"{host} is reached over http") for host in label.clear_text)


def _rows(items: Sequence[str]) -> Iterator[str]:
    """Items with commas, as many to a row as are seen at a glance."""
    row: list[str] = []
    for item in items:
        if row and len(", ".join([*row, item])) > _WIDTH:
            yield ", ".join(row)
            row = []
        row.append(item)
    yield ", ".join(row)


def as_json(verdicts: Sequence[Verdict]) -> str:
    """One JSON object with everything."""
    files = [
        {
            "path": verdict.path,
            "valid": verdict.valid,
            "problems": [_problem_data(problem) for problem in verdict.problems],
            "label": verdict.label.as_data() if verdict.label else None,
        }
        for verdict in verdicts
    ]
    return json.dumps({"files": files}, indent=2)


def _problem_data(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity,
        "line": problem.place.line,
        "column": problem.place.column,
        "pointer": problem.place.pointer,
        "rule": problem.rule,
        "message": problem.message,
        "hint": problem.hint,
    }


def as_github(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Workflow commands that GitHub shows as annotations."""
    for verdict in verdicts:
        for problem in verdict.problems:
            place = problem.place
            facts = {
                "file": verdict.path,
                "line": str(place.line),
                "col": str(place.column),
                "title": f"validate-spec {problem.rule}",
            }
            properties = ",".join(f"{key}={_escaped(value, property_value=True)}" for key, value in facts.items())
            text = f"{problem.message} {problem.hint}".strip()
            yield f"::{problem.severity} {properties}::{_escaped(text)}"


def _escaped(text: str, *, property_value: bool = False) -> str:
    """The escapes of workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions."""
    pairs = [("%", "%25"), ("\r", "%0D"), ("\n", "%0A")] + ([(":", "%3A"), (",", "%2C")] if property_value else [])
    for character, escape in pairs:
        text = text.replace(character, escape)
    return text


def as_sarif(verdicts: Sequence[Verdict]) -> str:
    """SARIF 2.1.0, which code scanning services read."""
    found = [(verdict, problem) for verdict in verdicts for problem in verdict.problems]
    rules = sorted({problem.rule for _, problem in found})
    driver = {
        "name": "twat-fs validate-spec",
        "version": __version__,
        "informationUri": "https://github.com/twardoch/twat-fs",
        "rules": [{"id": rule, "shortDescription": {"text": rule}, "helpUri": _help_uri(rule)} for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(verdict, problem, rules) for verdict, problem in found],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2)


def _help_uri(rule: str) -> str:
    return f"https://github.com/twardoch/twat-fs/blob/main/{documented(rule)}"


def _sarif_result(verdict: Verdict, problem: Problem, rules: list[str]) -> dict[str, Any]:
    from urllib.parse import quote

    region = {"startLine": problem.place.line, "startColumn": problem.place.column}
    return {
        "ruleId": problem.rule,
        "ruleIndex": rules.index(problem.rule),
        "level": problem.severity,
        "message": {"text": f"{problem.message} {problem.hint}".strip()},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": quote(verdict.path)}, "region": region}},
        ],
    }
