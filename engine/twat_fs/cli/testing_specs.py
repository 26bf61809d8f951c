"""`twat-fs test-spec`: plays the examples of specs on loopback, or stays there as a fake of the real host."""

from __future__ import annotations

import json
import tempfile
import threading
from typing import TYPE_CHECKING, Any

from twat_fs.cli.chosen import settings_of
from twat_fs.cli.report import OutputLost, Report
from twat_fs.cli.validating import specs_named
from twat_fs.errors import SpecError, UsageError
from twat_fs.registry import Registry
from twat_fs.spec.catalog import compile_card
from twat_fs.spec.load import load
from twat_fs.spec.model import Spec, from_card
from twat_fs.text import printable
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.testing.spec_play import Act, Played

#: Characters of a value that are shown.
_SHOWN = 60
_LINE = 1000


class _Tested(NamedTuple):
    """A spec and how its examples went; or why they were not played."""

    path: str
    played: tuple[Played, ...]
    error: str = ""
    rows: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.error and not any(played.mismatches for played in self.played)


def run(given: dict[str, Any]) -> int:
    """Run the command; returns the exit status."""
    registry = Registry(settings_of(given))
    report = Report(quiet=given["quiet"])
    if given["serve"]:
        return _serve(registry, report, given)
    passed = True
    try:
        for content, path, stem in specs_named(registry, given["specs"]):
            tested = _tested(content(), path, stem)
            passed = passed and tested.passed
            if given["form"] == "json":
                report.result(json.dumps(_as_data(tested)))
            else:
                for line in _as_text(tested, quiet=given["quiet"]):
                    report.result(line)
    except OutputLost:
        return 1
    return 0 if passed else 1


def _tested(content: bytes, path: str, stem: str | None) -> _Tested:
    from twat_fs.testing.spec_play import play

    try:
        spec = _compiled(content, path, stem)
    except SpecError as error:
        return _Tested(path, (), error.message, error.problems)
    examples = load(content).data.get("examples") or []
    return _Tested(path, tuple(play(spec, example) for example in examples))


def _compiled(content: bytes, path: str, stem: str | None) -> Spec:
    return from_card(compile_card(content, stem, path))


def _as_text(tested: _Tested, *, quiet: bool) -> Iterator[str]:
    path = printable(tested.path)
    if tested.error:
        yield tested.error
        yield from (f"  {printable(row, _LINE)}" for row in tested.rows)
        return
    if not tested.played:
        yield f"{path}: no examples"
    for played in tested.played:
        if played.mismatches or not quiet:
            yield f"{path}: {printable(played.title)}: {'fail' if played.mismatches else 'pass'}"
            yield from _played_lines(played)


def _played_lines(played: Played) -> Iterator[str]:
    yield from _act_lines(played.upload)
    yield f"  gives {printable(played.upload.outcome, _LINE)}"
    if played.deletion:
        yield from _act_lines(played.deletion)
        yield f"  deletion gives {printable(played.deletion.outcome, _LINE)}"
    for mismatch in played.mismatches:
        where = ".".join(map(str, mismatch.path)) or "the example"
        yield f"  {printable(f'{where}: {mismatch.message}', _LINE)}"


def _act_lines(act: Act) -> Iterator[str]:
    for exchange in act.exchanges:
        yield f"  {exchange.sent['method']} {printable(exchange.sent['url'], _LINE)}"
        sent, expected = dict(_leaves(exchange.sent)), dict(_leaves(exchange.expected))
        for name in [*sent, *(name for name in expected if name not in sent)]:
            if name not in ("method", "url") or name in expected:
                yield f"    {_row(name, sent.get(name), expected, in_sent=name in sent)}"
        yield f"    answered {exchange.reply.status}"


def _row(name: str, value: Any, expected: dict[str, Any], *, in_sent: bool) -> str:
    words = f"{printable(name)} = {_cut(value)}" if in_sent else f"{printable(name)} is not sent"
    return f"{words}  (expected {_cut(expected[name])})" if name in expected else words


def _leaves(data: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each plain value in nested data with the path to it; a form's field is named without its `value`."""
    if isinstance(data, dict) and data:
        for key, value in data.items():
            yield from _leaves(value, path if key == "value" and path else _joined(path, key))
    elif path and data != {}:
        yield path, data


def _joined(path: str, key: str) -> str:
    return f"{path}.{key.lower() if path == 'headers' else key}".lstrip(".")


def _cut(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(text, _SHOWN)


def _as_data(tested: _Tested) -> dict[str, Any]:
    return {
        "path": tested.path,
        "passed": tested.passed,
        "error": tested.error,
        "problems": list(tested.rows),
        "examples": [
            {
                "title": played.title,
                "passed": not played.mismatches,
                **_act_data(played.upload),
                "deletion": _act_data(played.deletion) if played.deletion else None,
                "mismatches": [
                    {"at": list(mismatch.path), "message": mismatch.message} for mismatch in played.mismatches
                ],
            }
            for played in tested.played
        ],
    }


def _act_data(act: Act) -> dict[str, Any]:
    exchanges = [
        {"step": each.step, "sent": each.sent, "expected": each.expected, "status": each.reply.status}
        for each in act.exchanges
    ]
    return {"outcome": act.outcome, "exchanges": exchanges}


def _serve(registry: Registry, report: Report, given: dict[str, Any]) -> int:
    """Answer as the spec's host until Ctrl-C."""
    from twat_fs.testing.example_host import ExampleHost, write_copy
    from twat_fs.testing.fake_host import FakeHost

    reads = list(specs_named(registry, given["specs"])) if given["specs"] else []
    if len(reads) != 1:
        raise UsageError("--serve takes one spec")
    read, path, stem = reads[0]
    content = read()
    spec = _compiled(content, path, stem)
    example = _chosen(load(content).data.get("examples") or [], given["example"], spec.name)
    fake = ExampleHost(spec, example)
    with FakeHost(fake, port=given["port"] or 0) as host, tempfile.TemporaryDirectory(prefix="twat-fs-") as folder:
        write_copy(folder, spec.name, content, host.url)
        report.say(f"{spec.name} is played at {host.url}; Ctrl-C ends it. In another shell:")
        try:
            report.result(f"export TWAT_FS_PROVIDERS_D={folder} TWAT_FS_TRUST={spec.name}")
            threading.Event().wait()
        except OutputLost:
            return 1
    return 0


def _chosen(examples: list[Any], title: str | None, name: str) -> Any:
    """The example that is asked for; without a title, the first that ends well."""
    wanted = [each for each in examples if (each.get("title") == title if title else "url" in each)]
    if not wanted:
        raise UsageError(f"{name} has no example {f'`{title}`' if title else 'that gives a URL'}")
    return wanted[0]
