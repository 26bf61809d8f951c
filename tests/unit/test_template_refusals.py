from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from tests.support import scope
from twat_fs.expression.evaluate import EvaluationError, evaluate, render
from twat_fs.expression.parse import parse_template
from twat_fs.expression.tree import ExpressionError


def refused(text: str) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        parse_template(text)
    assert caught.value.near in text, "what is pointed at stands in the text"
    return caught.value


@pytest.mark.parametrize(
    ("text", "near", "says"),
    [
        ("{{ file.__class__ }}", "file.__class__", "has no value"),
        ("{{ options.a.__class__ }}", "options.a", "plain value"),
        ("{{ credentials.items() }}", "items", "not a function"),
        ("{{ credentials }}", "credentials", "needs a member"),
        ("{{ credentials | tojson }}", "credentials", "needs a member"),
        ("{{ options }}", "options", "needs a member"),
        ("{{ env.HOME }}", "env", "not a name"),
        ("{{ self }}", "self", "not a name"),
        ("{{ cycler('a') }}", "cycler", "not a function"),
        ("{{ namespace() }}", "namespace", "not a function"),
        ("{{ range(9) }}", "range", "not a function"),
        ("{{ lipsum(9) }}", "lipsum", "not a function"),
        ("{{ 'a' | attr('b') }}", "attr", "no filter"),
        ("{{ 'a' | format }}", "format", "no filter"),
        ("{{ 'a' | center(9) }}", "center", "no filter"),
        ("{{ 'a' | map('upper') }}", "map", "no filter"),
        ("{{ 'a' * 9 }}", "*", "`*`"),
        ("{{ 2 ** 9 }}", "**", "`**`"),
        ("{{ 7 % 2 }}", "%", "`%`"),
        ("{{ 7 / 2 }}", "/", "`/`"),
        ("{{ 'a' ~ 'b' }}", "~", "`~`"),
        ("{{ 'a' is defined }}", " is ", "`is`"),
        ("{{ ('a', 'b') }}", ",", "`,`"),
        ("{{ 'a', 'b' }}", ",", "`,`"),
        ("{{ () }}", "", "`,`"),
        ("{{ file['nam'] }}", "file", "has no value"),
        ("{{ 'abc'[0:1] }}", "[", "only a number or a quoted name"),
        ("{{ saved[options.a] }}", "[", "only a number or a quoted name"),
        ("{{ random() }}", "random", "takes 1 argument"),
        ("{{ random(1, 2) }}", "random", "takes 1 argument"),
        ("{{ random(n=1) }}", "random", "by place"),
        ("{{ choice(*saved.a) }}", "choice", "by place"),
        ("{{ 'a' | replace('a') }}", "replace", "takes 2 arguments"),
        ("{{ 'a' | trim('a', 'b') }}", "trim", "takes 0 to 1 arguments"),
        ("{{ 'a' | regex_replace(saved.a, 'b') }}", "regex_replace", "written out"),
        ("{{ 'a' | regex_replace('(?=a)', 'b') }}", "", "does not compile"),
        ("{{ now | date('%0500000000d') }}", "date", "written out"),
        ("{{ now | date('%c') }}", "date", "written out"),
        ("{{ now | date(saved.a) }}", "date", "written out"),
        ("{% if a %}b{% endif %}", "{%", "a statement"),
        ("a {%- set b = 1 %}", "{%-", "a statement"),
        ("{% import 'a' as b %}", "{%", "a statement"),
        ("{% raw %}{{ {% endraw %}", "{% raw %}", "a statement"),
        ("a {# b #}", "{#", "a comment"),
        ("{{", "{{", "cannot be read"),
        ("{{ file.name", "", "cannot be read"),
        ("{{ }}", "", "cannot be read"),
        ("{{ 'a }}", "", "cannot be read"),
        ("{{ file.name }} }} {{", "", "cannot be read"),
        ("{{ $KEY }}", "$", "cannot be read"),
        ("{{ file.nam }}", "file.nam", "has no value"),
        ("{{ fil.name }}", "fil", "not a name"),
        ("{{ remote_path.a }}", "remote_path.a", "has no value"),
    ],
)
def test_what_is_not_in_the_language_is_refused(text: str, near: str, says: str) -> None:
    error = refused(text)
    assert says in str(error)
    assert error.near == near or not near


@pytest.mark.parametrize(
    ("text", "rule", "hint"),
    [
        ("{{ 'a' ~ 'b' }}", "template", "Write + instead of ~."),
        ("{{ 'a' | uper }}", "template", "Did you mean `upper`?"),
        ("{{ 'a' | qqq }}", "template", "The filters are raw, urlencode"),
        ("{{ file.sizes }}", "unknown-name", "Did you mean `size`?"),
        ("{{ optons.a }}", "unknown-name", "Did you mean `options`?"),
        ("{{ zzz }}", "unknown-name", "The names are chunk, credentials, file"),
        ("{{ 'a' is defined }}", "template", "Compare with == or !="),
        ("{{ random_string(5) }}", "template", "The functions are random(n) and choice([a, b])."),
        ("{{ now | date('%c') }}", "template", "The directives are %Y %m"),
        ("{% if a %}", "template", "Use {{ a if condition else b }}"),
        ("{{ 'a' | regex_replace('(', 'b') }}", "query", "RE2 syntax"),
    ],
)
def test_a_refusal_says_what_to_write(text: str, rule: str, hint: str) -> None:
    error = refused(text)
    assert (error.rule, error.hint[: len(hint)]) == (rule, hint)


def test_a_template_of_more_than_4096_characters_is_refused() -> None:
    fits = "{{ file.name }}" + "a" * (4096 - 15)
    assert render(parse_template(fits), scope())
    assert "4097 characters; the limit is 4096" in str(refused(fits + "a"))


def test_plain_text_has_no_limit_of_a_template() -> None:
    assert parse_template("a" * 10_000) == ["const", "a" * 10_000]


@pytest.mark.parametrize("pattern", ["(", "not ", "[", "{'a': ", "-", "'a' if "])
def test_any_depth_is_refused_or_evaluated(pattern: str) -> None:
    closing = {"(": ")", "[": "]", "{'a': ": "}"}.get(pattern, "")
    for depth in (*range(50, 500, 25), *range(500, 1360, 200)):
        text = f"{{{{ {pattern * depth}1{closing * depth} }}}}"
        if len(text) > 4096:
            break
        _survives(text)


@pytest.mark.parametrize("piece", [" + 1", " - 1", " | string", " or 0", " and 1", " == 1", " // 1"])
def test_any_length_is_refused_or_evaluated(piece: str) -> None:
    for count in range(25, 4000 // len(piece), 25):
        _survives(f"{{{{ 1{piece * count} }}}}")


def _survives(text: str) -> str:
    """Parse and evaluate a text; gives what a refusal points at."""
    try:
        tree = parse_template(text)
    except ExpressionError as refusal:
        return refusal.near
    with contextlib.suppress(EvaluationError):
        evaluate(tree, scope(options={}, saved={}, vars={}, credentials={}))
    return ""


def test_a_refusal_is_quick_whatever_the_text() -> None:
    begun = time.monotonic()
    for text in ("{{ " + "a." * 2000 + "b }}", "{{" * 2000, "{{ '" + "\\" * 4000 + "' }}", "{{ 9" + "9" * 4000 + " }}"):
        _survives(text)
    assert time.monotonic() - begun < 2


@given(st.text(alphabet="{}%#'\"|.()[]+-~*/ \\\nabfilenoptsrd0159,:=!<>é", max_size=60))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    near = _survives(text)
    assert near in text


# Agreement with Jinja2, where both know what to do: no nulls, no backslashes, types that fit.

_WORDS = st.text(alphabet="abcXYZ äß/&0 ", min_size=1, max_size=6)
_QUOTED = _WORDS.map(lambda word: f"'{word}'")
_NUMBERS = st.integers(0, 99).map(str)
_PATHS = st.sampled_from(["saved.text", "vars.word", "file.name", "saved.deep['a b'][0].name"])
_NUMBER_PATHS = st.sampled_from(["saved.number", "file.size", "saved.deep.count"])


def _texts_of(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} + {})".format, inner, inner),
        st.builds("{} | {}".format, inner, st.sampled_from(["lower", "upper", "trim", "string"])),
        st.builds("({} | replace('a', {}))".format, inner, inner),
        st.builds("([{}, {}] | join({}))".format, inner, inner, inner),
        st.builds("([{}, {}] | {})".format, inner, inner, st.sampled_from(["first", "last"])),
        st.builds("({} if {} in {} else {})".format, inner, inner, inner, inner),
        st.builds("({} if {} < {} else {})".format, inner, inner, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("({} and {})".format, inner, inner),
        st.builds("{{'k': {}}}.k".format, inner),
        st.builds("[{}, {}][1]".format, inner, inner),
        st.builds("({} if not ({} == {} != {}) else {})".format, inner, inner, inner, inner, inner),
    ).map(lambda text: f"({text})")


def _numbers_of(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-"]), inner),
        st.builds("({} // {})".format, inner, st.integers(1, 9).map(str)),
        st.builds("(-{})".format, inner),
        st.builds("({} if {} <= {} <= {} else {})".format, inner, inner, inner, inner, inner),
        st.builds("({} | string | int)".format, inner),
        st.builds("(({} | string) | length)".format, inner),
    )


_TEXTS = st.recursive(st.one_of(_QUOTED, _PATHS), _texts_of, max_leaves=6)
_SUMS = st.recursive(st.one_of(_NUMBERS, _NUMBER_PATHS), _numbers_of, max_leaves=6)
_INSERTS = st.one_of(_TEXTS, _SUMS, _TEXTS.map("{} | urlencode".format))
_PIECES = st.one_of(_WORDS, _INSERTS.map("{{{{ {} }}}}".format))
_TEMPLATES = st.lists(_PIECES, min_size=1, max_size=4).map("".join)

_NAMES: dict[str, Any] = {
    "saved": {"text": "Some tExt", "number": 42, "deep": {"a b": [{"name": "ä/b c"}], "count": 3}},
    "vars": {"word": "wörd"},
    "file": {"name": "a b.txt", "size": 5},
}


@given(_TEMPLATES)
def test_evaluation_agrees_with_jinja2(text: str) -> None:
    expected = SandboxedEnvironment(keep_trailing_newline=True).from_string(text).render(_NAMES)
    assert render(parse_template(text), scope(**_NAMES)) == expected
