"""Whatever stands in a spec, it gets a verdict: no crash, and every problem at a place that is there."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.support import AT_ONCE, steps_of
from twat_fs.spec.load import load
from twat_fs.validation import Verdict, validate

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD = sorted((Path(__file__).parent / "good").glob("*.yaml"))

_ODD: st.SearchStrategy[Any] = st.sampled_from([
    None, True, False, 0, -1, 200, 999, 10**17, "", "x", "none", "null", "any", "5xx", "//x", "1 h", "5 MB", "9999d",
    "{{ file }}", "{{ file.text }}", "a {{ file }}", "{{", "{{ options.a }}", "{{ saved.x.y[0] }}", "{{ 1 + 'a' }}",
    "{{ choice(['a', 'b']) }}", "{{ 1 // 0 }}", "https://{{ options.o }}.h.example", "https://h.example/", "https://a@b",
    "http://[::1", [], {}, ["x"], {"a": "b"}, [[[]]], {"a": {"b": []}}, {"error": "auth"}, {"when": "a"},
    {"text": True}, {"regex": "("}, {"value": "{{ file }}"}, {"type": "url"},
    {"template": "{{ reply.json }}", "default": 5},
])  # fmt: skip
_KEYS = st.sampled_from([
    "url", "when", "errors", "default", "map", "type", "choices", "save", "secret", "from", "raw", "json", "multipart",
    "form", "expect", "name", "spec", "kind", "module", "200", "5xx", "message", "reply", "sent", "options", "query",
    "credentials", "delete", "chunks", "resume", "poll", "vars", "allow_hosts", "basic_auth", "headers", "",
])  # fmt: skip


def plain(value: Any) -> Any:
    """A spec's data with plain texts, which is all that the YAML writer takes."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value in a spec but the whole."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from nodes(item, (*path, key))


SPECS = {path.stem: plain(load(path.read_bytes()).data) for path in GOOD}


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, Any]:
    """A good spec in which a value or two became something else."""
    name = draw(st.sampled_from(sorted(SPECS)))
    data = copy.deepcopy(SPECS[name])
    for _ in range(draw(st.integers(1, 2))):
        *path, last = draw(st.sampled_from(list(nodes(data))))
        parent = data
        for key in path:
            parent = parent[key]
        what = draw(st.sampled_from(["replace", "replace", "delete", "add"]))
        if what == "replace":
            parent[last] = copy.deepcopy(draw(_ODD))
        elif what == "delete":
            del parent[last]
        elif isinstance(parent, dict):
            parent[draw(_KEYS)] = copy.deepcopy(draw(_ODD))
        if not data:
            break
    return name, data


def judged(content: bytes, stem: str) -> Verdict:
    verdict = validate(content, "spec.yaml", stem)
    for problem in verdict.problems:
        assert problem.message
        assert 1 <= problem.place.line <= len(verdict.lines) + 1
        assert problem.place.column >= 1
    assert (verdict.label is None) != verdict.valid
    return verdict


@given(mutants())
def test_a_changed_spec_gets_a_verdict(mutant: tuple[str, Any]) -> None:
    name, data = mutant
    judged(yaml.safe_dump(data, sort_keys=False).encode(), name)


@given(st.binary(max_size=100))
def test_any_bytes_get_a_verdict(content: bytes) -> None:
    judged(content, "any")


_SIMPLE = """\
spec: 1
name: simple
title: Simple
request:
  url: https://h.example/
  headers: {{A: "{template}"}}
  multipart: {{file: "{{{{ file }}}}"}}
result: {{url: {{text: true}}}}
examples:
  - {{reply: {{status: 200, text: "https://h.example/a"}}, url: "https://h.example/a"}}
"""


@pytest.mark.parametrize("piece", [" + 1", " | string", " or 0", " == 1"])
def test_a_template_of_any_length_gets_a_verdict(piece: str) -> None:
    for count in (*range(100, 500, 20), 4000 // len(piece)):
        judged(_SIMPLE.format(template=f"{{{{ 1{piece * count} }}}}").encode(), "simple")


@pytest.mark.parametrize("opening", ["not ", "[", "- "])
def test_a_template_of_any_depth_gets_a_verdict(opening: str) -> None:
    for depth in range(20, 1000, 60):
        template = f"{{{{ {opening * depth}1{']' * depth if opening == '[' else ''} }}}}"
        judged(_SIMPLE.format(template=template).encode(), "simple")


def test_a_verdict_on_the_largest_spec_is_quick() -> None:
    many = "".join(f"  - {{reply: {{status: {400 + n % 100}, text: 'x'}}, error: bad_request}}\n" for n in range(600))
    fields = "".join(f'    f{n}: "{{{{ options.o }}}}{n}"\n' for n in range(400))
    text = _SIMPLE.format(template="x") + many
    text = text.replace("request:", "options: {o: {type: string}}\nrequest:").replace(
        '  multipart: {file: "{{ file }}"}\n', '  multipart:\n    file: "{{ file }}"\n' + fields
    )
    assert steps_of(lambda: judged(text.encode(), "simple")) < AT_ONCE


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("{jmespath: 5}", "save"),
        ("{jmespath: [a]}", "result"),
        ("{regex: null}", "when"),
        ("{regex: [a]}", "message"),
        ("{regex: true}", "save"),
        ("{template: null}", "save"),
        ("{template: 5}", "save"),
        ("{template: {a: b}}", "save"),
        ("{header: null}", "save"),
        ("{header: [a]}", "save"),
    ],
)
def test_a_query_that_is_no_text_is_a_problem(query: str, place: str) -> None:
    text = _SIMPLE.format(template="x")
    where = {
        "result": ("result: {url: {text: true}}", f"result: {{url: {query}}}"),
        "message": ("examples:", f"errors: {{message: {query}}}\nexamples:"),
        "when": ("examples:", f"errors: {{any: {{when: {query}, error: auth}}}}\nexamples:"),
        "save": ("  multipart", f"  save: {{a: {query}}}\n  multipart"),
    }
    assert not judged(text.replace(*where[place]).encode(), "simple").valid


@pytest.mark.parametrize("query", ["{jmespath: a, default: 'a {{ file }}'}", "'a {{ file }}'", "'{{ file }}'"])
def test_the_files_bytes_stand_in_no_query(query: str) -> None:
    text = _SIMPLE.format(template="x").replace("  multipart", f"  save: {{a: {query}}}\n  multipart")
    verdict = judged(text.encode(), "simple")
    assert [problem.rule for problem in verdict.problems if problem.severity == "error"][:1] == ["file"]
