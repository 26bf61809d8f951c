from __future__ import annotations

import contextlib
import json
from typing import Any

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import scope
from twat_fs.expression.query import NothingFound, compile_query, find, holds
from twat_fs.expression.reading import Reading, UnreadableReply
from twat_fs.expression.tree import ExpressionError
from twat_fs.messages import Reply

HEADERS = {"location": "/f/1?a=b", "x-token": "t1", "empty": "", "content-location": "../c"}


def reading(body: bytes | str | Any = b"", status: int = 200) -> Reading:
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reading(Reply(status, "https://h.example/up/load?x=1", HEADERS, data))


def found(query: Any, body: Any = b"", **names: Any) -> Any:
    return find(compile_query(query), reading(body), scope(saved={"id": "s1"}, **names))


BODY = {"a": {"b": [{"c": 5}]}, "ok": True, "no": False, "zero": 0, "empty": "", "null": None, "text": "x"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a.b[0].c", 5),
        ("ok", True),
        ("zero", 0),
        ("empty", ""),
        ("a.b[?c == `5`].c | [0]", 5),
        ({"jmespath": "missing", "default": "d"}, "d"),
        ({"jmespath": "missing", "default": "{{ saved.id }}"}, "s1"),
        ({"jmespath": "missing", "default": False}, False),
        ({"jmespath": "text", "default": "d"}, "x"),
        ("{{ reply.json.text }}-{{ reply.status }}", "x-200"),
        ("{{ reply.headers['x-token'] }}", "t1"),
        ("{{ reply.url }}", "https://h.example/up/load?x=1"),
        ("{{ saved.id }}", "s1"),
        ({"template": "{{ reply.json.missing }}", "default": 7}, 7),
        ({"header": "X-Token"}, "t1"),
        ({"header": "Location"}, "https://h.example/f/1?a=b"),
        ({"header": "Content-Location"}, "https://h.example/c"),
        ({"header": "X-None", "default": "d"}, "d"),
    ],
)
def test_a_query_finds(query: Any, expected: Any) -> None:
    assert found(query, BODY) == expected


@pytest.mark.parametrize(
    ("query", "body", "expected"),
    [
        ({"text": True}, b"  a\nb \r\n", "a\nb"),
        ({"text": True, "default": "d"}, b"  \n", "d"),
        ({"regex": "b."}, b" abc", "bc"),
        ({"regex": "id=(\\w+);(x)?"}, b"id=5;", "5"),
        ({"regex": "^b", "default": "none"}, b"ab", "none"),
        ({"regex": "(?m)^b"}, b"a\nb", "b"),
        ({"regex": "é+"}, "aéé".encode(), "éé"),
        ({"regex": "(x)?a"}, b"a", None),
    ],
)
def test_a_query_reads_text(query: Any, body: bytes, expected: Any) -> None:
    if expected is None:
        with pytest.raises(NothingFound):
            found(query, body)
    else:
        assert found(query, body) == expected


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("a.b", "{}"),
        ("null", BODY),
        ("a[0]", '"text"'),
        ("length(zero)", BODY),
        ("{{ reply.json.a.missing }}", BODY),
        ("{{ reply.json.a }}", "no json"),
        ({"text": True}, b""),
        ({"text": True}, b"\xff"),
        ({"regex": "x"}, b"y"),
        ({"header": "X-None"}, BODY),
    ],
)
def test_nothing_found_is_an_error(query: Any, body: Any) -> None:
    with pytest.raises(NothingFound) as caught:
        found(query, body)
    assert str(caught.value)


def test_a_default_that_cannot_be_made_is_nothing_found() -> None:
    with pytest.raises(NothingFound):
        found({"jmespath": "missing", "default": "{{ saved.id - 1 }}"}, BODY)
    assert not holds(compile_query({"jmespath": "x", "default": "{{ 1 // 0 }}"}), reading(BODY), scope())


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"<html>", "HTML or XML page"),
        (b'<?xml version="1.0"?><a/>', "HTML or XML page"),
        (b"nope", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'{"a": 1} {"a": 2}', "not JSON"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b"NaN", "NaN is not JSON"),
        (b'{"a": -Infinity}', "not JSON"),
        (b"[1e999]", "too large"),
        (b"1" * 5000, "not JSON"),
        (b"[" * 100_000, "nested too deeply"),
        (b'callback({"a": 1})', "not JSON"),
        (b"\xff\xfe{\x00}\x00", "not UTF-8"),
        (b'{"a": "\xe9"}', "not UTF-8"),
        (b'{"a": 1', "not JSON"),
        (b"undefined", "not JSON"),
        (b'\x1f{"a": 1}', "not JSON"),
        (b'{"a": 1}\xc2\xa0', "not JSON"),
        (b'{"a": 1}\x00', "not JSON"),
        (b'{"a": ["\\ud800"]}', "half of a character"),
        (b'{"\\uDC00": 1}', "half of a character"),
    ],
)
def test_what_is_not_json_is_unreadable(body: bytes, says: str) -> None:
    with pytest.raises(UnreadableReply, match=says):
        _ = reading(body).json


def test_a_pair_of_surrogates_is_a_character() -> None:
    assert reading(b'"\\ud83d\\ude00"').json == "\U0001f600"


@pytest.mark.parametrize("around", ["\x1f", "\x0b", "\x85", "\xa0", "\u2028"])
def test_text_is_trimmed_of_spaces_and_line_breaks_only(around: str) -> None:
    assert reading(b" \t\r\na\r\n ").text == "a"
    assert reading(f"{around}a{around}".encode()).text == f"{around}a{around}"


def test_a_byte_order_mark_is_not_json() -> None:
    with pytest.raises(UnreadableReply):
        _ = reading(b'\xef\xbb\xbf{"a": 1}').json


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
))  # fmt: skip
def test_any_json_is_read_as_it_is(data: Any) -> None:
    assert Reading(Reply(200, body=json.dumps(data).encode())).json == data


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_unreadable(body: bytes) -> None:
    with contextlib.suppress(UnreadableReply):
        _ = reading(body).json


# Conditions


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ok", True),
        ("no", False),
        ("zero", True),
        ("empty", True),
        ("missing", False),
        ("zero == `0`", True),
        ("text == 'y'", False),
        ("length(zero) == `1`", False),
        ({"regex": "x"}, True),
        ({"regex": "qqq"}, False),
        ({"header": "X-Token"}, True),
        ("{{ reply.status == 200 }}", True),
        ("{{ reply.json.text + 1 }}", False),
    ],
)
def test_a_condition_holds_where_something_is_found_and_not_false(query: Any, expected: bool) -> None:
    assert holds(compile_query(query), reading(BODY), scope()) is expected


def test_a_condition_on_what_cannot_be_read_does_not_hold() -> None:
    assert not holds(compile_query("a"), reading(b"\xff<html>"), scope())


# Refusals


@pytest.mark.parametrize(
    ("query", "says", "rule"),
    [
        ("a.b[", "JMESPath", "query"),
        ("ok == false", "stands for a key", "query"),
        ("a && (b != null)", "stands for a key", "query"),
        ("a[?b == true]", "stands for a key", "query"),
        ("a" * 1001, "1001 characters; the limit is 1000", "query"),
        ("(" * 900, "JMESPath", "query"),
        ("!" * 999 + "a", "", "query"),
        ({"regex": "a" * 201}, "201 characters; the limit is 200", "query"),
        ({"regex": "(?=a)"}, "does not compile", "query"),
        ({"regex": "(a)\\1"}, "does not compile", "query"),
        ({"regex": "("}, "does not compile", "query"),
        ({}, "a query is a string, or one of", "query"),
        ("{{ nope }}", "not a name", "unknown-name"),
        ({"jmespath": "a", "default": "{{ nope }}"}, "not a name", "unknown-name"),
    ],
)
def test_a_query_that_does_not_compile_is_refused(query: Any, says: str, rule: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_query(query)
    assert says in str(caught.value)
    assert caught.value.rule == rule


def test_a_bare_literal_is_pointed_at_and_explained() -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_query("ok == false")
    assert (caught.value.near, caught.value.hint) == ("false", "In JMESPath a literal is in backticks: `false`.")


@pytest.mark.parametrize("query", ["ok == `false`", "false", "a.true", "null.b", "contains(keys(@), 'false')"])
def test_a_literal_that_is_meant_as_a_key_or_is_one_is_taken(query: str) -> None:
    compile_query(query)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)x", "(a?){50}a{50}"])
def test_a_regular_expression_takes_linear_time(pattern: str) -> None:
    holds(compile_query({"regex": pattern}), reading(b"a" * 100_000), scope())


@pytest.mark.parametrize("query", ["join('', [*])", "@ | to_string(@) | [@, @, @]", "sort(@)", "max_by(@, &a)"])
def test_a_query_over_a_large_reply_ends(query: str) -> None:
    body = json.dumps({f"k{index}": "v" * 100 for index in range(9000)})
    holds(compile_query(query), reading(body), scope())


@given(st.text(alphabet="ab.[]*?@&|!`'\"0,:{}()=<> ", max_size=30))
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        query = compile_query(text)
    except ExpressionError:
        return
    with contextlib.suppress(NothingFound):
        find(query, reading({"a": [{"b": 1}], "b": "x"}), scope())


_KEYS = st.sampled_from(["a", "b", "get", "_c9"])
_PLACES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3)),
)


@given(st.lists(_KEYS, min_size=1, max_size=4).map(".".join), _PLACES)
def test_a_path_of_keys_finds_what_the_library_finds(path: str, data: Any) -> None:
    wanted = jmespath.search(path, data)
    with contextlib.suppress(NothingFound):
        assert find(compile_query(path), reading(json.dumps(data).encode()), scope()) == wanted
        return
    assert wanted is None


@given(st.text(alphabet="ab.[]*?^$|(){}+\\dwsbP<>=!:0,9-", max_size=20))
def test_any_text_is_a_regular_expression_or_refused(text: str) -> None:
    try:
        query = compile_query({"regex": text})
    except ExpressionError:
        return
    holds(query, reading(b"ab 09-"), scope())


def test_a_template_that_is_a_url_has_its_inserts_encoded() -> None:
    query = compile_query("https://h.example/{{ reply.json.name }}")
    assert find(query, reading({"name": "a/b c"}), scope(), as_url=True) == "https://h.example/a%2Fb%20c"
    assert find(query, reading({"name": "a/b c"}), scope()) == "https://h.example/a/b c"
