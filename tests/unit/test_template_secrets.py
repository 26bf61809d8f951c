"""A secret in a template stays one, whatever is done to it, and says how a shell would make the same."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import PLANTED, scope
from twat_fs.expression import secrets
from twat_fs.expression.evaluate import evaluate, render_url
from twat_fs.expression.parse import parse_template
from twat_fs.messages import Held, masked

KEY = secrets.credential("KEY", PLANTED)


def kept(text: str) -> Any:
    names = {"credentials": {"KEY": KEY}, "saved": {"t": secrets.held_reply("t", {"a": [PLANTED]})}}
    return evaluate(parse_template(text), scope(**names))


@pytest.mark.parametrize(
    "text",
    [
        "{{ credentials.KEY }}",
        "Bearer {{ credentials.KEY }}",
        "{{ credentials.KEY + 'a' }}",
        "{{ 'a' + credentials.KEY }}",
        "{{ credentials.KEY | base64 }}",
        "{{ credentials.KEY | urlencode }}",
        "{{ credentials.KEY | raw }}",
        "{{ credentials.KEY | lower }}",
        "{{ credentials.KEY | upper }}",
        "{{ credentials.KEY | trim }}",
        "{{ credentials.KEY | basename }}",
        "{{ credentials.KEY | replace('a', 'b') }}",
        "{{ 'a' | replace('a', credentials.KEY) }}",
        "{{ 'a' | regex_replace('a', credentials.KEY) }}",
        "{{ credentials.KEY | split('-') }}",
        "{{ [credentials.KEY, 'a'] | join('-') }}",
        "{{ ['a', 'b'] | join(credentials.KEY) }}",
        "{{ credentials.KEY | first }}",
        "{{ credentials.KEY | last }}",
        "{{ credentials.KEY | int }}",
        "{{ credentials.KEY | string }}",
        "{{ {'a': credentials.KEY} | tojson }}",
        "{{ saved.t.a[0] }}",
        "{{ ('a' | raw) + credentials.KEY }}",
        "{{ (credentials.KEY | raw) + 'a' }}",
        "{{ credentials.KEY if credentials.KEY else 'a' }}",
        "{{ credentials.KEY or 'a' }}",
    ],
)
def test_what_a_secret_goes_into_is_a_secret(text: str) -> None:
    found = kept(text)
    assert isinstance(found, Held)
    assert found.origins <= {"credentials.KEY", "saved.t"}
    assert PLANTED not in masked(found) + repr(found)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("{{ credentials.KEY + 'a/' }}", f"{PLANTED}a/"),
        ("{{ ('a/' | raw) + credentials.KEY }}", f"a/{PLANTED}"),
        ("{{ ['a', credentials.KEY] | join('-') }}", f"a-{PLANTED}"),
        ("{{ ['a', 'b'] | join(credentials.KEY) }}", f"a{PLANTED}b"),
        ("{{ {'k': credentials.KEY} | tojson }}", f'{{"k":"{PLANTED}"}}'),
        ("{{ credentials.KEY | lower }}", PLANTED.lower()),
        ("{{ credentials.KEY | split('-') | last }}", PLANTED.rpartition("-")[2]),
    ],
)
def test_a_secret_is_sent_as_it_is(text: str, sent: str) -> None:
    assert secrets.bare(kept(text)) == sent


def test_a_secret_in_a_url_is_encoded() -> None:
    names = {"credentials": {"KEY": secrets.credential("KEY", "a/b c")}}
    found = render_url(parse_template("https://h.example/{{ credentials.KEY }}"), scope(**names))
    assert isinstance(found, Held)
    assert found.value == "https://h.example/a%2Fb%20c"


@pytest.mark.parametrize("text", ["{{ [credentials.KEY] | first }}", "{{ {'a': credentials.KEY}.a }}"])
def test_a_secret_in_a_list_or_a_mapping_stays_one(text: str) -> None:
    assert isinstance(kept(text), Held)


def test_a_secret_as_a_json_key_taints_the_text() -> None:
    found = kept("{{ {credentials.KEY: 1} | tojson }}")
    assert isinstance(found, Held)


def test_secrets_are_compared_by_what_they_are() -> None:
    assert kept(f"{{{{ credentials.KEY == '{PLANTED}' }}}}") is True


def test_a_header_with_a_secret_names_its_variable() -> None:
    assert masked(kept("Bearer {{ credentials.KEY }}")) == "Bearer ${KEY}"


def test_a_filtered_secret_shows_the_command_that_makes_the_same() -> None:
    shown = masked(kept("{{ ('user:' + credentials.KEY) | base64 }}"))
    assert shown == "$(printf %s \"user:${KEY}\" | base64 | tr -d '\\n')"


def test_text_around_a_secret_cannot_leave_its_shell_word() -> None:
    shown = masked(kept("{{ ('\"$(id)`\\\\' + credentials.KEY) | base64 }}"))
    assert '\\"\\$(id)\\`\\\\' in shown
