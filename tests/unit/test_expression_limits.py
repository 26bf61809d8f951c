from __future__ import annotations

import json
import random
import tracemalloc
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.laws import cases
from tests.support import AT_ONCE, ROOT, facts, inputs, scope, steps_of
from twat_fs.errors import NotConfigured
from twat_fs.expression import filters, json_text, limits, searching
from twat_fs.expression.evaluate import EvaluationError, evaluate, render, render_url
from twat_fs.expression.parse import parse_template
from twat_fs.expression.query import NothingFound, compile_query, find, holds
from twat_fs.expression.reading import Reading
from twat_fs.messages import Reply
from twat_fs.spec import flows, trees
from twat_fs.spec.check import check
from twat_fs.spec.load import load
from twat_fs.spec.model import from_card
from twat_fs.validation import validate
from twat_fs.wire.job import start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.spec.check import Checked

DEEP = json.loads("[" * 900 + "]" * 900)


def value(text: str, **saved: Any) -> Any:
    return evaluate(parse_template(text), scope(saved=saved))


def found(query: Any, body: Any = None, *, as_url: bool = False, **saved: Any) -> Any:
    reading = Reading(Reply(200, "https://h.example/", {}, json.dumps(body).encode()))
    return find(compile_query(query), reading, scope(saved=saved), as_url=as_url)


def spec(text: str = "", url: str = "https://host.example/", more: str = "") -> Checked:
    return check(
        f"""\
spec: 1
name: test
title: Test
{text}
request:
  url: "{url}"
  raw: "{{{{ file }}}}"
{more}
result: {{url: url}}
""".encode(),
        "test",
    )


# What a reply says becomes one kind of error


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("{{ saved.x | base64 }}", "\ud800"),
        ("{{ saved.x | regex_replace('a', 'b') }}", "\ud800"),
        ("{{ saved.x + 0.5 }}", 10**4000),
        ("{{ saved.x // 0.5 }}", 10**4000),
        ("{{ saved.x + saved.x }}{{ saved.x }}", 10**4299),
        ("x{{ saved.x + saved.x }}", 9 * 10**4299),
        ("{{ saved.x | string | length }}", 10**4301),
        ("{{ saved.x | tojson }}", DEEP),
        ("{{ saved.x == [saved.x] }}", DEEP),
        ("{{ saved.x | tojson }}", float("inf")),
        ("{{ [] in {'a': 1} }}", None),
        ("{{ saved.x | trim([1]) }}", "a"),
        ("{{ 'a' | split(saved.x) }}", {}),
    ],
    ids=lambda given: given if isinstance(given, str) and given.isascii() else type(given).__name__,
)
def test_a_hostile_value_is_an_evaluation_error_or_worth_something(text: str, given: Any) -> None:
    tree = parse_template(text)
    for way in (evaluate, render, render_url):
        with suppress(EvaluationError):
            way(tree, scope(saved={"x": given}))
    for as_url in (True, False):
        with suppress(NothingFound):
            found({"template": text, "default": text}, as_url=as_url, x=given)


def test_json_that_is_nested_too_deeply_is_an_evaluation_error() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(EvaluationError, match="nested too deeply"):
        json_text.json_text(deep)


def test_base64_by_itself_refuses_what_is_no_text() -> None:
    with pytest.raises(EvaluationError):
        filters.FILTERS["base64"]("\ud800")


@pytest.mark.parametrize("default", ["{{ saved.x | base64 }}", "{{ saved.x - 1 }}", "https://h.example/{{ [1] }}"])
def test_a_default_that_cannot_be_made_is_nothing_found(default: str) -> None:
    for as_url in (True, False):
        with pytest.raises(NothingFound, match="default"):
            found({"jmespath": "missing", "default": default}, {}, as_url=as_url, x="\ud800")
    query = compile_query({"jmespath": "a", "default": default})
    assert not holds(query, Reading(Reply(200)), scope(saved={"x": "\ud800"}))


def test_a_default_that_is_a_url_has_its_inserts_encoded() -> None:
    query = {"jmespath": "missing", "default": "https://h.example/{{ saved.x }}/{{ reply.status }}"}
    assert found(query, {}, as_url=True, x="a/b c") == "https://h.example/a%2Fb%20c/200"
    assert found(query, {}, x="a/b c") == "https://h.example/a/b c/200"
    assert found({"jmespath": "missing", "default": 7}, {}, as_url=True) == 7


# Names that stand for names


def chain(count: int, link: str, first: str = "x") -> str:
    links = [f'  v0: "{first}"'] + [
        f'  v{index}: "{link}"'.replace("PREVIOUS", f"vars.v{index - 1}") for index in range(1, count)
    ]
    return "vars:\n" + "\n".join(links)


@pytest.mark.parametrize(
    "link",
    [
        "{{ PREVIOUS == PREVIOUS }}",
        "{{ PREVIOUS }}{{ PREVIOUS }}",
        "{{ PREVIOUS if now else PREVIOUS }}",
        "{{ choice([PREVIOUS, PREVIOUS]) }}",
        "{{ [PREVIOUS, PREVIOUS] }}",
        "{{ PREVIOUS + PREVIOUS }}",
    ],
)
def test_a_chain_of_vars_is_checked_at_once(link: str) -> None:
    def check_both() -> None:
        text = "credentials: {K: {required: false}}\n" + chain(50, link, "{{ credentials.K }}")
        checked = spec(text, "https://{{ vars.v49 }}/x")
        assert any("credentials.K" in each.message for each in checked.problems)
        spec(chain(50, link), "https://{{ vars.v49 }}/x")

    assert steps_of(check_both) < AT_ONCE


def test_a_name_that_stands_for_itself_is_unknown() -> None:
    itself: dict[tuple[str, ...], Any] = {("vars", "a"): ["cat", [["text", "x"], ["path", "vars", ["a"]]]]}
    assert trees.possible(["path", "vars", ["a"]], itself) is None


def hosts(count: int) -> Checked:
    listed = ", ".join(f"'h{index}.example'" for index in range(count))
    return spec(f'vars: {{host: "{{{{ choice([{listed}]) }}}}"}}', "https://{{ vars.host }}/x")


def test_a_choice_of_many_hosts_is_known_entirely() -> None:
    checked = hosts(60)
    assert checked.problems == []
    assert checked.card is not None
    assert checked.card["hosts"] == [f"h{index}.example:443" for index in range(60)]


def test_a_choice_of_too_many_hosts_is_reported() -> None:
    problems = hosts(201).problems
    assert ["vars.host" in each.message for each in problems] == [True]


def test_a_product_of_too_many_hosts_is_reported() -> None:
    letters = "{{ choice(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p']) }}"
    text = f'vars: {{a: "{letters}"}}'
    assert spec(text, "https://{{ vars.a }}.example/x").problems == []
    problems = spec(text, "https://{{ vars.a }}{{ vars.a }}.example/x").problems
    assert ["does not name" in each.message for each in problems] == [True]


def test_many_headers_that_read_a_chain_are_checked_at_once() -> None:
    headers = ", ".join(f'X-{index}: "{{{{ vars.v49 }}}}"' for index in range(50))

    def check_all() -> None:
        checked = spec(chain(50, "{{ PREVIOUS }}x"), more=f"  headers: {{{headers}}}")
        assert checked.card is not None
        assert flows.flows(checked.card) == []

    assert steps_of(check_all) < AT_ONCE


# JMESPath


@pytest.mark.parametrize(
    "query",
    [
        " | ".join(["to_string([@,@])"] * 50),
        " | ".join(["[@,@][]"] * 85),
        " | ".join(["[@,@]"] * 110),
        " | ".join(["{a: @, b: @}"] * 60),
        " | ".join(["[@,@]"] * 60) + " | to_string(@)",
        " | ".join(["[@,@]"] * 60) + " | abs(@)",
        " | ".join(["[@,@]"] * 60) + " | @ == `1`",
        " | ".join(["map(&[@,@], [@,@])[]"] * 40),
        "join(to_string(@), " + "[" + ",".join(["'a'"] * 200) + "])",
        " | ".join(["[@,@,@,@,@,@,@,@,@,@][*]"] * 30),
        " | ".join(["[[@,@],[@,@]][*][*][]"] * 40),
    ],
)
def test_a_query_that_makes_too_much_ends_at_once(query: str) -> None:
    def find_it() -> None:
        with pytest.raises(NothingFound, match="it would make too much of the reply") as caught:
            found(query, {"text": "\u00e9" * 100_000, "list": [1] * 1000})
        assert len(str(caught.value)) < 2 * len(query) + 300

    assert steps_of(find_it) < AT_ONCE


def test_what_a_query_makes_and_throws_away_is_counted_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "BUDGET", 100_000)  # each stage makes some 3,000
    query = " | ".join(["[*].[@][]"] * 70)
    with pytest.raises(NothingFound, match="too much of the reply"):
        found(query, [1] * 200)


def test_what_a_query_joins_is_counted_before_it_is_there() -> None:
    tracemalloc.start()
    try:
        with pytest.raises(NothingFound, match="too much of the reply"):
            found("join(text, [" + ",".join(["'a'"] * 150) + "])", {"text": "x" * 400_000})
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("query", ["[*].a", "length(@)", "to_string([0])", "[?a == `7`] | [0].b", "join(',', [].b)"])
def test_a_usual_query_over_a_large_reply_is_answered(query: str) -> None:
    body = [{"a": index, "b": "x" * 60} for index in range(10_000)]
    assert found(query, body)


def test_what_jmespath_says_of_a_large_value_is_cut() -> None:
    with pytest.raises(NothingFound) as caught:
        found("abs(@)", ["x" * 10_000])
    assert "cannot be applied" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("query", ["avg(@)", "sum(@)", "ceil(to_number('1e999'))", "@[0] < @[1]", "to_number('9')"])
def test_numbers_of_any_size_are_found_or_not(query: str) -> None:
    with suppress(NothingFound):
        found(query, [10**4000, 0.5])


# Memory


def test_a_var_is_a_small_value() -> None:
    checked = spec(chain(30, "{{ PREVIOUS + PREVIOUS }}", "xx"))
    assert checked.card is not None
    with pytest.raises(NotConfigured, match=r"vars\.v16: it holds more than 65536 characters"):
        start(from_card(checked.card), inputs(), facts())


def test_a_var_is_small_however_it_is_made() -> None:
    checked = spec(chain(40, "{{ [PREVIOUS, PREVIOUS] }}", "xx"))
    assert checked.card is not None
    with pytest.raises(NotConfigured, match=r"vars\.v1[5-7]"):
        start(from_card(checked.card), inputs(), facts())


def test_a_var_may_hold_the_files_content(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = check(b"spec: 1\nname: test\ntitle: Test\n"
        b'vars: {a: "{{ file.text }}", b: "{{ vars.a }}x"}\n'
        b'request: {url: "https://h.example", raw: "{{ vars.b }}"}\nresult: {url: url}\n', "test")  # fmt: skip
    assert checked.card is not None
    begun = start(from_card(checked.card), inputs(), facts(text="a" * 100_000))
    assert len(begun.scope.names["vars"]["b"]) == 100_001
    monkeypatch.setattr("twat_fs.expression.evaluate.TEXT_LIMIT", 150_000)
    with pytest.raises(NotConfigured, match=r"vars\.b: the vars together"):
        start(from_card(checked.card), inputs(), facts(text="a" * 100_000))


@pytest.mark.parametrize(
    "text",
    [
        "{{ saved.big | regex_replace('a', saved.big) }}",
        "{{ saved.big | regex_replace('', saved.big) }}",
        "{{ saved.wide | tojson }}",
        "{{ saved.big }}{{ saved.big }}{{ saved.big }}",
        "{{ saved.big + saved.big + saved.big }}",
        "{{ saved.accents | urlencode }}",
        "{{ saved.accents | tojson }}",
    ],
)
def test_what_is_made_is_counted_before_it_is_there(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (limits, filters):
        monkeypatch.setattr(module, "TEXT_LIMIT", 100_000)
    monkeypatch.setattr(limits.check_length, "__defaults__", (100_000,))
    monkeypatch.setattr("twat_fs.expression.evaluate.TEXT_LIMIT", 100_000)
    monkeypatch.setattr("twat_fs.expression.evaluate._joined.__defaults__", (100_000,))
    evaluated = parse_template(text)
    wide: Any = ["x"]
    for _ in range(60):
        wide = [wide, wide]
    evaluate_in = scope(saved={"big": "a" * 40_000, "accents": "\u00e9" * 40_000, "wide": wide})
    with pytest.raises(EvaluationError):
        evaluate(evaluated, evaluate_in)


def test_a_list_of_a_filter_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "ITEM_LIMIT", 100)
    assert len(value("{{ saved.x | split('a') }}", x="a" * 99)) == 100
    for text in ("{{ saved.x | split('a') }}", "{{ saved.x | regex_replace('a', 'b') }}"):
        with pytest.raises(EvaluationError, match="more than 100"):
            value(text, x="a" * 101)


@pytest.mark.parametrize("length", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_what_is_made_in_pieces_is_whole(length: int) -> None:
    text = ("aé\U0001f600\n" * (length // 4 + 1))[:length]
    assert json.loads(str(json_text.json_text({"a": text}))) == {"a": text}
    from urllib.parse import unquote

    assert unquote(value("{{ saved.x | urlencode }}", x=text)) == text


# Many mistakes


def test_many_unknown_names_are_reported_at_once() -> None:
    options = "\n".join(f"  an_option_of_mine_{index}: {{type: string}}" for index in range(700))
    uses = "\n".join(f'    f{index}: "{{{{ options.an_optoin_of_mine_{index} }}}}"' for index in range(700))
    checked = check(
        f"spec: 1\nname: test\ntitle: Test\noptions:\n{options}\nrequest:\n  url: https://h.example/\n"
        f"  form:\n{uses}\nresult: {{url: url}}\n".encode(),
        "test",
    )
    unknown = [each for each in checked.problems if each.rule == "unknown-name"]
    assert len(unknown) == 700
    assert sum(bool(each.hint) for each in unknown) == 20
    assert "Did you mean `options.an_option_of_mine_" in unknown[0].hint


@pytest.mark.parametrize(
    "query",
    ["{regex: 5}", "{jmespath: 5}", "{template: 5}", "{regex: [a]}", "{header: [a]}", "{template: {a: 1}}", "{}", "[]"],
)
def test_a_query_of_a_wrong_type_is_a_problem(query: str) -> None:
    checked = check(
        f"spec: 1\nname: test\ntitle: Test\nrequest: {{url: 'https://h.example/', raw: '{{{{ file }}}}'}}\n"
        f"result: {{url: {query}}}\nerrors: {{message: {query}, 404: [{{when: {query}, error: auth}}]}}\n".encode(),
        "test",
    )
    assert checked.errors


REPLACEMENTS: list[Any] = [None, 5, True, "x", [], {}, ["a"], {"a": 1}]


def plain(data: Any) -> Any:
    return json.loads(json.dumps(data))


def places(data: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    for key, item in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(item, (*at, key))


def replaced(data: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[place[0]] = replaced(copy[place[0]], place[1:], new)
    return copy


@cache
def mutations() -> list[tuple[Any, tuple[Any, ...], Any]]:
    """Every spec without its examples, with each node in turn replaced."""
    every = []
    for path in sorted([*(ROOT / "tests/specs/good").glob("*.yaml"), *(ROOT / "providers.d").glob("*.yaml")]):
        data = plain(load(path.read_bytes()).data)
        if "examples" in data:
            data["examples"] = data["examples"][:1]
        every += [(data, place, new) for place in places(data) for new in REPLACEMENTS]
    return random.Random(20).sample(every, cases(800))


@pytest.mark.parametrize("part", range(4))
def test_a_spec_with_anything_anywhere_has_problems_or_none_but_never_an_exception(part: int) -> None:
    for data, place, new in mutations()[part::4]:
        verdict = validate(json.dumps(replaced(data, place, new)).encode(), "test", None)
        assert verdict.valid or verdict.problems, (place, new)


# Null, and where a problem is


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ saved.x == null }}", True),
        ("{{ saved.x != null }}", False),
        ("{{ 'a' == null }}", False),
        ("{{ null }}", None),
        ("{{ [null, 1] }}", [1]),
        ("{{ null.a }}", None),
        ("{{ 'a' if null else 'b' }}", "b"),
        ("{{ none == null }}", True),
    ],
)
def test_null_is_a_name_of_none(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ("{{ file.name }}-{{ fil.name }}", 20),
        ("{{ vars.fil }}{{ fil }}", 18),
        ("{{ file.name }}-{{ options.fil }}{{ options.file }}", 20),
        ("{{ low | lower }}{{ file.name | low }}", 4),
    ],
)
def test_a_problem_points_at_a_whole_word(line: str, column: int) -> None:
    document = load(f'a: "{line}"\n'.encode())
    word = line[column - 1 :].split(maxsplit=1)[0]
    assert document.near(document.place(("a",)), word).column == column + len('a: "')


def test_a_word_that_is_only_inside_another_is_found_there() -> None:
    document = load(b'a: "a {{ filename }}"\n')
    assert document.near(document.place(("a",)), "file").column == 10
