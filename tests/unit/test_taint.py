from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import PLANTED, compiled, job, scope
from twat_fs.errors import TrustError
from twat_fs.expression import secrets
from twat_fs.expression.evaluate import EvaluationError, evaluate, render, render_url
from twat_fs.expression.names import FILTERS
from twat_fs.expression.parse import parse_template
from twat_fs.expression.tree import ExpressionError
from twat_fs.messages import Held, masked, origins_of
from twat_fs.spec.check import check
from twat_fs.wire.plan import plan

ORIGINS = {"credentials.K": "k", "credentials.L": "l", "options.o": "o", "saved.s": "s", "saved.t": "t"}
NAMES: dict[str, dict[str, Any]] = {
    "credentials": {name: secrets.credential(name, f"{PLANTED}-{name}") for name in "KL"},
    "options": {"o": secrets.held_option("o", f"{PLANTED}-o"), "n": secrets.held_option("n", 5)},
    "saved": {
        "s": secrets.held_reply("s", f"{PLANTED}-s"),
        "t": secrets.held_reply("t", {"a": [PLANTED, {"b": PLANTED}]}),
        "plain": "x",
    },
}


def value(text: str) -> Any:
    return evaluate(parse_template(text), scope(**NAMES))


def read(text: str) -> set[str]:
    return {origin for origin in ORIGINS if origin in text}


# Every origin stays


@pytest.mark.parametrize(
    "text",
    [
        "{{ saved.s | replace('x', credentials.K) }}",
        "{{ saved.s | replace(credentials.L, credentials.K) }}",
        "{{ 'x' | replace(credentials.L, credentials.K) }}",
        "{{ saved.s | regex_replace('x', credentials.K) }}",
        "{{ saved.s | trim(credentials.K) }}",
        "{{ saved.s | split(credentials.K) }}",
        "{{ saved.s | split(credentials.K) | first }}",
        "{{ [saved.s, 'x'] | join(credentials.K) }}",
        "{{ ['x'] | join(credentials.K) }}",
        "{{ [] | join(credentials.K) }}",
        "{{ saved.t.a | first | replace('x', credentials.K) }}",
        "{{ credentials.K | split('-') | join(credentials.L) }}",
        "{{ saved.s + credentials.K }}",
        "{{ saved.s }}{{ credentials.K }}",
        "{{ [saved.s, {credentials.K: [options.o]}] | tojson }}",
    ],
)
def test_what_several_secrets_go_into_has_the_origins_of_all(text: str) -> None:
    found = value(text)
    assert isinstance(found, Held)
    assert found.origins == read(text)
    assert PLANTED not in masked(found) + repr(found)


def test_a_secret_that_a_reply_gave_keeps_what_went_into_it() -> None:
    found = secrets.held_reply("x", [NAMES["credentials"]["K"], "a"])
    assert found.value == [f"{PLANTED}-K", "a"]
    assert found.origins == {"saved.x", "credentials.K"}


def test_a_secret_in_a_list_is_found_there() -> None:
    assert value("{{ credentials.K in [credentials.L, credentials.K] }}") is True
    assert value("{{ {'a': credentials.K} == {'a': credentials.L} }}") is False


def test_a_secret_that_is_no_text_stays_one() -> None:
    assert origins_of(value("{{ options.n }}")) == {"options.n"}
    assert origins_of(value("x{{ options.n }}")) == {"options.n"}
    assert masked(value("x{{ options.n | string }}")) != "x5"


# Properties

HELD = st.sampled_from(["credentials.K", "credentials.L", "options.o", "saved.s", "saved.t", "saved.t.a[0]"])
PLAIN = st.sampled_from(["'x'", "'-'", "5", "saved.plain", "none", "true", "[]", "{}", "file.name", "''"])


def _operand(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(
            "({} | {})".format, inner, st.sampled_from([name for name, (least, _) in FILTERS.items() if not least])
        ),
        st.builds("({} | {}({}))".format, inner, st.sampled_from(["trim", "split", "join"]), inner),
        st.builds("({} | replace({}, {}))".format, inner, inner, inner),
        st.builds("({} | regex_replace('[a-z]', {}))".format, inner, inner),
        st.builds("({} | date('%Y'))".format, inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "-", "//"]), inner),
        st.builds("({} {} {})".format, inner, st.sampled_from(["or", "and"]), inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'a': {}, {}: 1}}".format, inner, inner),
        st.builds("[{}][0]".format, inner),
        st.builds("choice([{}])".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
    )


EXPRESSIONS = st.recursive(HELD | PLAIN, _operand, max_leaves=6)


def leaked(found: Any) -> str:
    """All plain text in a value."""
    if isinstance(found, Held):
        return ""
    if isinstance(found, dict):
        return "".join(leaked(item) for pair in found.items() for item in pair)
    if isinstance(found, list):
        return "".join(map(leaked, found))
    return str(found)


@given(EXPRESSIONS, st.sampled_from([evaluate, render, render_url]))
def test_no_expression_uncovers_a_secret(text: str, way: Any) -> None:
    for whole in (f"{{{{ {text} }}}}", f"a {{{{ {text} }}}}"):
        try:
            found = way(parse_template(whole), scope(**NAMES))
        except (EvaluationError, ExpressionError) as error:
            found = str(error)
        plain = leaked(found)
        assert "PLANTED" not in plain.upper()
        assert "<held" not in plain.lower()
        assert "s3cr3t" not in plain.lower()
        assert PLANTED not in str(found)


@pytest.mark.parametrize("secret", ["credentials.K", "saved.s", "saved.t", "[credentials.K]", "{'a': credentials.K}"])
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_with_a_secret_at_any_place_gives_a_secret(name: str, secret: str) -> None:
    _, most = FILTERS[name]
    usual = {"regex_replace": ["'x'", "'y'"], "date": ["'%Y'"]}.get(name, ["'x'"] * most)
    for place in range(-1, most):
        if name in ("regex_replace", "date") and place == 0:
            continue  # this is written out, in quotes
        arguments = [secret if index == place else given for index, given in enumerate(usual)]
        subject = secret if place < 0 else "['x', 'y']" if name == "join" else "'x y x'"
        call = f"({', '.join(arguments)})" if arguments else ""
        try:
            found = value(f"{{{{ {subject} | {name}{call} }}}}")
        except EvaluationError:
            continue
        assert read(secret) <= origins_of(found) or isinstance(found, int), (subject, name, call)


# What validation knows

SPEC = """\
credentials: {{K: {{required: false}}}}
options: {{where: {{type: string, default: other.example}}}}
vars: {{{vars}}}
steps:
  - name: first
    url: https://api.example/a
    save: {{{save}}}
  - name: second
    url: "{url}"
    {body}
result: {{url: url}}
"""
SENT = 'raw: "{{ file }}"'


def problems(
    body: str = SENT, variables: str = "", save: str = "target: url", url: str = "https://api.example/b"
) -> Any:
    text = "spec: 1\nname: test\ntitle: Test\n" + SPEC.format(vars=variables, save=save, url=url, body=body)
    return check(text.encode(), "test").problems


def said(found: Any) -> list[tuple[str, str, str]]:
    return [(each.severity, each.rule, each.message) for each in found if each.rule != "unused"]


CHAIN = 'a: "{{ file.base64 }}", b: "x{{ vars.a }}", c: "{{ [vars.b] }}"'
THROUGH = [
    (CHAIN, "target: url", "raw: '{{ vars.c | first }}'"),
    (CHAIN, "target: url", "form: {f: '{{ vars.b }}'}"),
    ('a: "{{ file.text }}"', "target: url", "json: {f: ['{{ vars.a | upper }}']}"),
    ("", 'target: url, t: "{{ reply.status }}{{ file.text }}"', "raw: '{{ saved.t }}'"),
    ("", "target: url, t: {jmespath: a, default: '{{ file.text }}'}", "raw: '{{ saved.t }}'"),
    (CHAIN, "target: url, t: {jmespath: a, default: '{{ vars.c }}'}", "raw: '{{ saved.t[0] }}'"),
]


@pytest.mark.parametrize(("variables", "save", "body"), THROUGH)
def test_a_spec_may_send_the_file_through_vars_and_saved_values(variables: str, save: str, body: str) -> None:
    assert said(problems(body, variables, save)) == []


@pytest.mark.parametrize(("variables", "save", "body"), THROUGH)
def test_the_file_does_not_go_to_an_unnamed_host_through_them(variables: str, save: str, body: str) -> None:
    found = said(problems(body, variables, save, "https://{{ options.where }}/x"))
    assert ("error", "secret") in [each[:2] for each in found]
    found = said(problems(body, variables, save, "{{ saved.target }}"))
    assert [each[:2] for each in found] == [("warning", "secret")]


def test_the_file_through_a_var_is_stopped_before_it_goes_where_a_reply_says() -> None:
    text = SPEC.format(vars=CHAIN, save="target: url", url="{{ saved.target }}", body="raw: '{{ vars.b }}'")
    begun = job(compiled(text))
    begun.saved["target"] = "https://evil.example/x"
    with pytest.raises(TrustError, match="the file"):
        plan(begun, begun.spec.steps[1])


def test_a_var_that_does_not_read_the_content_is_not_the_file() -> None:
    assert [rule for _, rule, _ in said(problems("raw: '{{ vars.a }}'", 'a: "{{ file.name }}"'))] == ["file"]


@pytest.mark.parametrize(
    "save",
    [
        "t: '{{ credentials.K }}'",
        "t: {jmespath: a, default: 'x{{ credentials.K }}'}",
        "t: '{{ vars.a }}'",
        "t: {jmespath: a, default: '{{ vars.b }}'}",
    ],
)
def test_a_secret_in_a_saved_value_is_known_as_that_secret(save: str) -> None:
    variables = 'a: "{{ credentials.K }}", b: "{{ vars.a }}"'
    body = f"{SENT}\n    headers: {{A: '{{{{ saved.t }}}}'}}"
    found = said(problems(body, variables, save, "https://{{ options.where }}/x"))
    assert any("`credentials.K` would go to a host" in message for _, _, message in found)


def test_saved_values_may_read_each_other_in_a_circle() -> None:
    text = SPEC.format(
        vars="",
        save="target: url, t: {jmespath: a, default: x}",
        url="https://api.example/b",
        body=SENT + "\n    save: {t: {jmespath: b, default: '{{ saved.t }}'}}",
    )
    card = check(f"spec: 1\nname: test\ntitle: Test\n{text}".encode(), "test").card
    assert card is not None
    assert card["reads"] == {"saved.t": [["saved", "t"]]}
