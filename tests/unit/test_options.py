from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twat_fs.errors import UsageError
from twat_fs.spec.options import choices_of, wire_value
from twat_fs.units import parse_duration

MAP = {"1h": "1h", "12h": "half", "1d": 24, "3d": 72}


@pytest.mark.parametrize(
    ("facts", "value", "sent"),
    [
        ({"type": "string"}, "a", "a"),
        ({"type": "string"}, 5, "5"),
        ({"type": "string"}, True, "true"),
        ({"type": "string"}, "", ""),
        ({"type": "integer"}, "12", 12),
        ({"type": "integer"}, -3, -3),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "9", 9),
        ({"type": "boolean"}, "yes", True),
        ({"type": "boolean"}, "OFF", False),
        ({"type": "boolean"}, True, True),
        ({"type": "boolean"}, "0", False),
        ({"type": "boolean", "map": {"true": "1", "false": None}}, "on", "1"),
        ({"type": "boolean", "map": {"true": "1", "false": None}}, False, None),
        ({"type": "url"}, "https://h.example/a/", "https://h.example/a"),
        ({"type": "url"}, "http://127.0.0.1:8080//", "http://127.0.0.1:8080"),
        ({"choices": ["a", "b"]}, "a", "a"),
        ({"choices": [1, 2]}, 2, 2),
        ({"choices": ["a", "b"], "map": {"a": 0}}, "a", 0),
        ({"choices": ["a", "b"], "map": {"a": 0}}, "b", "b"),
        ({"map": {"a": 0, "b": None}}, "a", 0),
        ({"map": {"a": 0, "b": None}}, "b", None),
        ({"type": "string", "pattern": "[a-z]+"}, "abc", "abc"),
    ],
)
def test_an_option_sends(facts: dict[str, Any], value: Any, sent: Any) -> None:
    found = wire_value("o", facts, value)
    assert (found, type(found)) == (sent, type(sent))


@pytest.mark.parametrize(
    ("facts", "value", "says"),
    [
        ({"type": "integer"}, "1.5", "not a whole number"),
        ({"type": "integer"}, "", "not a whole number"),
        ({"type": "integer", "minimum": 1}, 0, "its minimum is 1"),
        ({"type": "integer", "maximum": 9}, 10, "its maximum is 9"),
        ({"type": "boolean"}, "maybe", "neither true nor false"),
        ({"type": "boolean"}, "", "neither true nor false"),
        ({"type": "url"}, "ftp://h.example", "not a URL to send to"),
        ({"type": "url"}, "h.example", "not a URL to send to"),
        ({"type": "url"}, "https://u:p@h.example", "user name"),
        ({"type": "url"}, "https://h.example/a b", "space"),
        ({"choices": ["a", "b"]}, "c", "not one of a, b"),
        ({"map": {"a": 0}}, "c", "not one of a"),
        ({"type": "string", "pattern": "[a-z]+"}, "a1", "does not match"),
        ({"type": "string", "pattern": "a|ab"}, "abc", "does not match"),
        ({"type": "duration"}, "soon", "not a duration"),
        ({"type": "duration"}, "5", "not a duration"),
        ({"type": "duration"}, "never", "for ever"),
        ({"type": "duration", "maximum": "1d"}, "25h", "its maximum is 1d"),
        ({"type": "duration", "map": MAP}, "4d", "longer than this provider keeps"),
        ({"type": "duration", "map": MAP}, "never", "for ever"),
    ],
)
def test_a_value_that_an_option_does_not_take_is_wrong_usage(facts: dict[str, Any], value: Any, says: str) -> None:
    with pytest.raises(UsageError, match="option o: ") as caught:
        wire_value("o", facts, value)
    assert says in str(caught.value)


@pytest.mark.parametrize("text", ["12345678901234567890123", "1" + "0" * 25])
def test_a_number_that_is_too_long_is_never_cut_to_another(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert wire_value("o", {"type": "integer"}, text) == int(text)


@pytest.mark.parametrize(
    ("unit", "value", "sent"),
    [("s", "90s", 90), ("m", "90s", 2), ("h", "90m", 2), ("d", "1h", 1), ("h", "2d", 48), (None, "1m", 60)],
)
def test_a_duration_is_sent_in_its_unit_rounded_up(unit: str | None, value: str, sent: int) -> None:
    facts = {"type": "duration"} | ({"unit": unit} if unit else {})
    assert wire_value("o", facts, value) == sent


@pytest.mark.parametrize(
    ("value", "sent"),
    [("1h", "1h"), ("60m", "1h"), ("30m", "1h"), ("2h", "half"), ("12h", "half"), ("13h", 24), ("2d", 72), ("72h", 72)],
)
def test_a_duration_that_is_not_offered_is_the_next_longer_one(value: str, sent: Any) -> None:
    assert wire_value("o", {"type": "duration", "map": MAP}, value) == sent


def test_a_duration_that_is_longer_than_all_is_never() -> None:
    facts = {"type": "duration", "map": {"1h": 1, "never": None}}
    assert wire_value("o", facts, "1h") == 1
    assert wire_value("o", facts, "2h") is None
    assert wire_value("o", facts, "never") is None


def test_what_is_offered_is_said() -> None:
    with pytest.raises(UsageError) as caught:
        wire_value("o", {"type": "duration", "map": MAP}, "9d")
    assert caught.value.hint == "It offers 1h, 12h, 1d, 3d."


@given(st.integers(1, 10**6), st.sampled_from("smh"))
def test_a_mapped_duration_is_never_shorter_than_asked_for(number: int, unit: str) -> None:
    facts = {"type": "duration", "map": {key: key for key in MAP}}
    asked = f"{number}{unit}"
    try:
        sent = wire_value("o", facts, asked)
    except UsageError:
        assert parse_duration(asked) > parse_duration("3d")
        return
    shorter = [key for key in MAP if parse_duration(key) < parse_duration(sent)]
    assert parse_duration(sent) >= parse_duration(asked)
    assert all(parse_duration(key) < parse_duration(asked) for key in shorter)


def test_choices_are_listed_as_texts() -> None:
    assert choices_of({"choices": [1, True, "a"]}) == ["1", "true", "a"]
    assert choices_of({"map": {"a": 1}}) == ["a"]
    assert choices_of({"type": "duration", "map": {"1h": 1}}) == []
