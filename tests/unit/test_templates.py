from __future__ import annotations

from typing import Any

import pytest

from tests.support import facts, scope
from twat_fs.expression.evaluate import EvaluationError, evaluate, render, render_url
from twat_fs.expression.parse import parse_template, parse_value

SAVED = {
    "text": "ab",
    "number": 7,
    "half": 2.5,
    "yes": True,
    "no": False,
    "empty": "",
    "list": ["x", None, 3],
    "deep": {"a b": [{"id": 5}]},
    "null": None,
}


def value(text: str, **names: Any) -> Any:
    return evaluate(parse_template(text), scope(saved=SAVED, options={"o": None}, vars={"v": 1}, **names))


def url(text: str, **names: Any) -> Any:
    return render_url(parse_template(text), scope(saved=SAVED, options={"o": None}, **names))


# Null


@pytest.mark.parametrize(
    "text",
    [
        "{{ options.o }}",
        "a {{ options.o }} b",
        "{{ options.o | lower }}",
        "{{ 'a' | replace('a', options.o) }}",
        "{{ options.o | tojson }}",
        "{{ options.o + 'a' }}",
        "{{ 1 + options.o }}",
        "{{ 1 - options.o }}",
        "{{ options.o // 2 }}",
        "{{ 'a' if saved.no }}",
        "{{ saved.null }}",
        "{{ saved.missing.deeper }}",
        "{{ saved.list[9] }}",
        "{{ saved.text.a }}",
        "{{ saved.empty | first }}",
        "{{ none }}",
    ],
)
def test_what_null_goes_into_is_null(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ options.o == none }}", True),
        ("{{ options.o != none }}", False),
        ("{{ options.o == 'a' }}", False),
        ("{{ options.o != 'a' }}", True),
        ("{{ options.o > 1 }}", False),
        ("{{ options.o <= 1 }}", False),
        ("{{ 'a' in options.o }}", False),
        ("{{ options.o not in 'a' }}", False),
        ("{{ not options.o }}", True),
        ("{{ options.o or 'b' }}", "b"),
        ("{{ 'x' if options.o else 'y' }}", "y"),
    ],
)
def test_a_comparison_with_null_answers(text: str, expected: Any) -> None:
    assert value(text) == expected


def test_null_leaves_a_list_and_a_mapping() -> None:
    tree = parse_value({"a": "{{ options.o }}", "b": ["{{ options.o }}", 1], "{{ options.o }}": 1})
    assert evaluate(tree, scope(options={"o": None})) == {"b": [1]}


def test_a_null_that_is_written_out_stays() -> None:
    assert evaluate(parse_value({"a": None, "b": [None]}), scope()) == {"a": None, "b": [None]}


# Types


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ saved.number }}", 7),
        ("{{ saved.half }}", 2.5),
        ("{{ saved.yes }}", True),
        ("{{ saved.list }}", ["x", None, 3]),
        ("{{ saved.deep['a b'][0].id }}", 5),
        ("{{ saved.list[-1] }}", 3),
        ("{{ file.size }}", 5),
        ("n {{ saved.number }}", "n 7"),
        ("{{ saved.yes }}{{ saved.no }}", "truefalse"),
        ("{{ '478' }}", "478"),
        ("plain", "plain"),
        ("", ""),
        ("{{ [1, 'a'] }}", [1, "a"]),
        ("{{ {'a': 1} }}", {"a": 1}),
        ("{{ {'a': 5}.a }}", 5),
        ("{{ -saved.number }}", -7),
        ("{{ 1 < 2 <= 2 }}", True),
        ("{{ now }}", 1_767_225_600),
        ("{{ random(3) }}", "rrr"),
        ("{{ choice(['a', 'b']) }}", "a"),
    ],
)
def test_a_single_expression_keeps_its_type(text: str, expected: Any) -> None:
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("text", ["{{ ''.__class__ }}", "{{ 'a'.upper }}", "{{ [1].append }}", "{{ {'a': 1}.items }}"])
def test_a_value_has_no_attributes(text: str) -> None:
    assert value(text) is None


def test_the_file_alone_is_the_file() -> None:
    given = facts()
    assert evaluate(parse_template("{{ file }}"), scope(file=given)) is given


@pytest.mark.parametrize(
    "text",
    [
        "{{ 1 + 'a' }}",
        "{{ saved.yes + 1 }}",
        "{{ 'a' - 1 }}",
        "{{ 1 // 0 }}",
        "{{ 'a' < 1 }}",
        "{{ 1 in 2 }}",
        "{{ random(0) }}",
        "{{ random(257) }}",
        "{{ choice([]) }}",
        "{{ choice('ab') }}",
        "a {{ saved.list }}",
        "a {{ saved.deep }}",
        "{{ 'a' | join }}",
        "{{ 'a' | split('') }}",
        "{{ 5 | first }}",
        "{{ 5 | length }}",
        "{{ 'soon' | date('%Y') }}",
        "{{ 999999999999999 | date('%Y') }}",
    ],
)
def test_a_value_that_does_not_fit_is_an_evaluation_error(text: str) -> None:
    with pytest.raises(EvaluationError):
        value(text)


# Filters


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 'a b/c' | urlencode }}", "a%20b/c"),
        ("{{ 'é' | base64 }}", "w6k="),
        ("{{ 'a/b/' | basename }}", "b"),
        ("{{ 'Ä' | lower }}", "ä"),
        ("{{ 'ä' | upper }}", "Ä"),
        ("{{ ' a ' | trim }}", "a"),
        ("{{ 'xxaxx' | trim('x') }}", "a"),
        ("{{ 'aba' | replace('a', 'c') }}", "cbc"),
        ("{{ 12 | replace('1', 'a') }}", "a2"),
        ("{{ 'ab' | replace('', '-') }}", "-a-b-"),
        ("{{ 'a1b2' | regex_replace('([a-z])([0-9])', '$2$1') }}", "1a2b"),
        ("{{ 'ab' | regex_replace('(a)|(b)', '<$2>') }}", "<><b>"),
        ("{{ 'ab' | regex_replace('b', '\\1') }}", "a\\1"),
        ("{{ 'a,b' | split(',') }}", ["a", "b"]),
        ("{{ ' a  b ' | split }}", ["a", "b"]),
        ("{{ saved.list | join('-') }}", "x-3"),
        ("{{ saved.list | first }}", "x"),
        ("{{ 'ab' | last }}", "b"),
        ("{{ saved.list | length }}", 3),
        ("{{ 'äb' | length }}", 2),
        ("{{ '12' | int }}", 12),
        ("{{ '1.9' | int }}", 1),
        ("{{ 'x' | int }}", 0),
        ("{{ 5 | string }}", "5"),
        ("{{ saved.yes | string }}", "true"),
        ("{{ {'ä': [1, saved.yes]} | tojson }}", '{"\\u00e4":[1,true]}'),
        ("{{ 0 | date('%Y-%m-%dT%H:%M:%S %j %y %%') }}", "1970-01-01T00:00:00 001 70 %"),
        ("{{ 86400 | date('%F %T') }}", "1970-01-02 00:00:00"),
        ("{{ '1790000000.5' | date('%F') }}", "2026-09-21"),
    ],
)
def test_a_filter_makes(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize("text", ["a\\nb", "{{ 'a\\nb' }}", "{{ 'a\\n' }}b", "{{ 'a' | replace('a', '\\d') }}"])
def test_a_backslash_is_an_ordinary_character(text: str) -> None:
    assert value(text) in ("a\\nb", "\\d")


@pytest.mark.parametrize("text", ["a\r\nb", "{{ saved.text }}\r\n", "{{ 'a\rb' }}"])
def test_line_breaks_stay_as_they_are(text: str) -> None:
    assert "\r" in value(text)


# URLs


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ saved.base }}/x", "https://h.example/a?b=c d/x"),
        ("{{ saved.base }}", "https://h.example/a?b=c d"),
        ("https://h/{{ saved.name }}", "https://h/a%2Fb%20%C3%A9~%26"),
        ("https://h/{{ saved.name | urlencode }}", "https://h/a/b%20%C3%A9~%26"),
        ("https://h/{{ saved.name | raw }}", "https://h/a/b é~&"),
        ("https://h/{{ saved.name | urlencode + '&' }}", "https://h/a/b%20%C3%A9~%26%26"),
        ("https://h/{{ 'a&b' }}{{ 7 }}", "https://h/a%26b7"),
        ("https://h/{{ 'only&this' }}", "https://h/only%26this"),
        ("https://h/{{ saved.null }}", None),
    ],
)
def test_an_insert_into_a_url_is_encoded_but_at_its_start(text: str, expected: Any) -> None:
    saved = {"base": "https://h.example/a?b=c d", "name": "a/b é~&", "null": None}
    assert render_url(parse_template(text), scope(saved=saved)) == expected


def test_outside_a_url_a_text_beside_an_encoded_one_stays_as_it_is() -> None:
    assert render(parse_template("{{ 'a/' + ('b c' | urlencode) }}"), scope()) == "a/b%20c"


# Caps


def test_an_output_of_more_than_64_kib_is_refused() -> None:
    tree = parse_template("{{ saved.big }}x")
    fits = scope(saved={"big": "a" * (64 * 1024 - 1)})
    assert len(str(render(tree, fits))) == 64 * 1024
    with pytest.raises(EvaluationError, match="65537 characters"):
        render(tree, scope(saved={"big": "a" * (64 * 1024)}))


@pytest.mark.parametrize(
    "text",
    ["{{ saved.big | replace('a', saved.big) }}", "{{ saved.many | join(saved.big) }}"],
)
def test_a_text_that_would_fill_the_memory_is_not_made(text: str) -> None:
    names = {"big": "a" * 60_000, "many": ["a"] * 3_000}
    with pytest.raises(EvaluationError):
        evaluate(parse_template(text), scope(saved=names))
