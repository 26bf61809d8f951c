"""Inside the closed list, templates give what Jinja2's own sandbox gives.

Left out are the rules of ours that differ on purpose: null, booleans as text, and backslashes, which are ordinary
characters here. The filters that Jinja2 has not are given to it in their plainest form.
"""

from __future__ import annotations

import base64
import json
import re
import time
from functools import cache
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import Undefined
from jinja2.sandbox import SandboxedEnvironment

from tests.support import scope
from twat_fs.expression.evaluate import EvaluationError, evaluate, render
from twat_fs.expression.parse import parse_template

NAMES: dict[str, Any] = {
    "saved": {
        "text": "Some tExt",
        "number": 42,
        "deep": {"a b": [{"name": "ä/b c"}], "count": 3, "yes": True},
        "list": ["b", "a/c", "ß"],
        "numbers": [3, -1, 0],
        "empty": "",
    },
    "vars": {"word": "wörd"},
    "options": {"on": True, "off": False, "level": 7},
    "file": {"name": "a b.txt", "size": 5},
}


def _environment() -> SandboxedEnvironment:
    made = SandboxedEnvironment(keep_trailing_newline=True)
    made.filters |= {
        "raw": str,
        "base64": lambda text: base64.b64encode(str(text).encode()).decode(),
        "basename": lambda text: str(text).rstrip("/").split("/")[-1],
        "split": lambda text, between=None: str(text).split(between),
        "regex_replace": lambda text, pattern, new: re.sub(pattern, re.sub(r"\$(\d)", r"\\g<\1>", new), str(text)),
        "date": lambda seconds, form: time.strftime(form, time.gmtime(int(seconds))),
        "tojson": lambda value: json.dumps(value, separators=(",", ":")),
    }
    made.globals = {"random": lambda count: "r" * count, "choice": lambda items: items[0]}
    return made


JINJA = _environment()

# Expressions by the type of their value.

_WORDS = st.text(alphabet="abcXYZ äß/&0 -_.:,;!?#%^~|<>()[]=+*$@文\t\n", max_size=6)
_QUOTED = _WORDS.map(lambda word: f"'{word}'")
_SOME = st.text(alphabet="ab/ ,", min_size=1, max_size=2).map(lambda word: f"'{word}'")
_TEXT_PATHS = ["saved.text", "vars.word", "file.name", "saved.deep['a b'][0].name", "saved.empty", "saved['list'][-1]"]
_FORMS = st.lists(st.sampled_from(["%Y", "%m", "%d", "%H", "%M", "%S", "%j", "%y", "%F", "%T", "%%", "-", "a"])).map(
    lambda parts: f"'{''.join(parts)}'"
)

_PATTERNS = st.sampled_from(["a", "[ab]+", "(a|b)", "b$", "^.", "x*"])
_COMPARISONS = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
_JOINERS = st.sampled_from(["or", "and"])
_ENDS = st.sampled_from(["first", "last"])
_PLAIN_FILTERS = st.sampled_from(["lower", "upper", "trim", "string", "urlencode", "base64", "basename", "raw"])


@cache
def texts(depth: int) -> st.SearchStrategy[str]:
    """Expressions whose value is a text, so many levels deep."""
    leaf = st.one_of(_QUOTED, st.sampled_from(_TEXT_PATHS))
    if not depth:
        return leaf
    text, number, boolean, items = (make(depth - 1) for make in (texts, numbers, booleans, lists))
    return st.one_of(
        leaf,
        st.builds("({} + {})".format, text, text),
        st.builds("({} | {})".format, text, _PLAIN_FILTERS),
        st.builds("({} | string)".format, number),
        st.builds("({} | trim({}))".format, text, _QUOTED),
        st.builds("({} | replace({}, {}))".format, text, text, text),
        st.builds("({} | regex_replace('{}', '{}'))".format, text, _PATTERNS, st.sampled_from(["", "x", "<$0>"])),
        st.builds("({} | join({}))".format, items, text),
        st.builds("({} | {})".format, items, _ENDS),
        st.builds("({} | tojson)".format, st.one_of(text, number, boolean, items)),
        st.builds("({} | date({}))".format, st.integers(0, 4_000_000_000).map(str), _FORMS),
        st.builds("({} if {} else {})".format, text, boolean, text),
        st.builds("({} {} {})".format, text, _JOINERS, text),
        st.builds("({{'k': {}, {}: 1}}.k)".format, text, _SOME),
        st.builds("random({})".format, st.integers(1, 9).map(str)),
        st.builds("choice([{}, {}])".format, text, text),
    )


@cache
def numbers(depth: int) -> st.SearchStrategy[str]:
    """Expressions whose value is a number."""
    paths = ["saved.number", "file.size", "saved.deep.count", "options.level", "saved.numbers[1]"]
    leaf = st.one_of(st.integers(0, 99).map(str), st.sampled_from(paths))
    if not depth:
        return leaf
    text, number, boolean, items = (make(depth - 1) for make in (texts, numbers, booleans, lists))
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, number, st.sampled_from(["+", "-", "//"]), number),
        st.builds("(-{})".format, number),
        st.builds("({} | length)".format, st.one_of(text, items)),
        st.builds("({} | int)".format, st.one_of(text, number)),
        st.builds("({} if {} else {})".format, number, boolean, number),
        st.builds("({} {} {})".format, number, _JOINERS, number),
        st.builds("(saved.numbers | {})".format, _ENDS),
    )


@cache
def booleans(depth: int) -> st.SearchStrategy[str]:
    """Expressions whose value is true or false."""
    leaf = st.sampled_from(["true", "false", "options.on", "options.off", "saved.deep.yes"])
    if not depth:
        return leaf
    text, number, boolean, items = (make(depth - 1) for make in (texts, numbers, booleans, lists))
    any_of = st.one_of(text, number)
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, text, _COMPARISONS, text),
        st.builds("({} {} {})".format, number, _COMPARISONS, number),
        st.builds("({} {} {} {} {})".format, number, _COMPARISONS, number, _COMPARISONS, number),
        st.builds("({} {} {})".format, text, st.sampled_from(["in", "not in"]), st.one_of(text, items)),
        st.builds("({} {} {})".format, any_of, st.sampled_from(["==", "!="]), any_of),
        st.builds("(not {})".format, st.one_of(boolean, text, number, items)),
        st.builds("({} {} {})".format, boolean, _JOINERS, boolean),
    )


@cache
def lists(depth: int) -> st.SearchStrategy[str]:
    """Expressions whose value is a list of texts."""
    if not depth:
        return st.just("saved.list")
    text, boolean, items = (make(depth - 1) for make in (texts, booleans, lists))
    return st.one_of(
        st.lists(text, min_size=1, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.builds("({} | split({}))".format, text, _SOME),
        st.builds("(('x' + {}) | split)".format, text),  # never empty: the first item of nothing is null
        st.builds("({} if {} else {})".format, items, boolean, items),
    )


_DEPTH = 3
expressions = st.one_of(texts(_DEPTH), numbers(_DEPTH), booleans(_DEPTH), lists(_DEPTH))
_PIECES = st.one_of(
    st.text(alphabet="abc XYZ äß/&0'\"-}\n\t", max_size=6), st.one_of(texts(2), numbers(2)).map("{{{{ {} }}}}".format)
)


def _is_short(text: str) -> bool:
    return len(text) <= 4000


def _theirs(work: Any) -> Any:
    """What Jinja2 gives; an undefined value is null, and what it cannot do is told by its exception's type."""
    try:
        value = work()
    except (ZeroDivisionError, TypeError, ValueError, OverflowError, RecursionError) as error:
        return type(error)
    return None if isinstance(value, Undefined) else value


def _ours(work: Any) -> Any:
    try:
        return work()
    except EvaluationError:
        return EvaluationError


def _same(ours: Any, theirs: Any) -> bool:
    if ours is EvaluationError or isinstance(theirs, type):
        return ours is EvaluationError and isinstance(theirs, type)
    if isinstance(ours, str) and isinstance(theirs, str):
        return str(ours) == str(theirs)
    return type(ours) is type(theirs) and bool(ours == theirs)


@given(expressions.filter(_is_short))
@example("(1 // (saved.numbers | last))")
@example("('' | int)")
@example("(('a/b' | urlencode) | regex_replace('a', ''))")
@example("('a' and '')")
def test_an_expression_has_the_value_and_the_type_that_jinja2_gives(text: str) -> None:
    theirs = _theirs(lambda: JINJA.compile_expression(text, undefined_to_none=False)(**NAMES))
    ours = _ours(lambda: evaluate(parse_template(f"{{{{ {text} }}}}"), scope(**NAMES)))
    if theirs is None or (isinstance(theirs, list) and any(isinstance(item, Undefined) for item in theirs)):
        return  # null has rules of its own
    assert _same(ours, theirs), (ours, theirs)


@given(st.lists(_PIECES, min_size=1, max_size=4).map("".join).filter(_is_short))
def test_a_text_with_expressions_is_the_text_that_jinja2_gives(text: str) -> None:
    theirs = _theirs(lambda: JINJA.from_string(text).render(NAMES))
    ours = _ours(lambda: render(parse_template(text), scope(**NAMES)))
    assert ours is None or _same(ours, theirs), (ours, theirs)
