from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import AT_ONCE, scope, steps_of
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
    for text in ("{{ " + "a." * 2000 + "b }}", "{{" * 2000, "{{ '" + "\\" * 4000 + "' }}", "{{ 9" + "9" * 4000 + " }}"):
        assert steps_of(lambda text=text: _survives(text)) < AT_ONCE  # type: ignore[misc]


@given(st.text(alphabet="{}%#'\"|.()[]+-~*/ \\\nabfilenoptsrd0159,:=!<>é", max_size=60))
def test_any_text_is_a_template_or_refused(text: str) -> None:
    near = _survives(text)
    assert near in text
