from __future__ import annotations

import unicodedata
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import PLANTED
from twat_fs.text import WORDS_LIMIT, Redactor, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a b", "a b"),
        ("  a\n\tb\r\n", "a b"),
        ("\x1b[31mred\x1b[0m", "[31mred [0m"),
        ("a\x00b\x7fc\x9bd", "a b c d"),
        ("a\u202eb\u2066c\u200bd\ufeffe", "a b c d e"),
        ("a\xadb\u061cc", "a b c"),
        ("a\ud800b", "a b"),
        ("é 文 😀", "é 文 😀"),
        ("", ""),
    ],
)
def test_what_is_shown_moves_no_cursor(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_words_are_cut_at_300_characters() -> None:
    assert printable("a" * WORDS_LIMIT) == "a" * WORDS_LIMIT
    cut = printable("a" * (WORDS_LIMIT + 1))
    assert (len(cut), cut[-4:]) == (WORDS_LIMIT, "a...")


@given(st.text(max_size=400), st.integers(4, 50))
def test_any_text_is_shown_on_one_line_within_its_limit(text: str, limit: int) -> None:
    shown = printable(text, limit)
    assert len(shown) <= limit
    assert shown.splitlines() in ([], [shown])
    assert not [c for c in shown if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\u202a\u202e\u2066"]


@pytest.mark.parametrize(
    "form",
    [
        PLANTED,
        f"Authorization: Bearer {PLANTED}",
        quote(PLANTED),
        b64encode(PLANTED.encode()).decode(),
        b64encode(f":{PLANTED}".encode()).decode(),
        f"{PLANTED}{PLANTED}",
    ],
)
def test_a_secret_is_hidden_in_every_form(form: str) -> None:
    shown = Redactor([PLANTED])(f"before {form} after")
    assert PLANTED not in shown
    assert b64encode(PLANTED.encode()).decode()[:12] not in shown
    assert "<hidden>" in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


@pytest.mark.parametrize("secret", ['a"b\\c/d', "a b&c=d", "ä+ö%ü", "tab\there"])
def test_a_secret_with_odd_characters_is_hidden_in_every_form(secret: str) -> None:
    import json

    redact = Redactor([secret])
    raw = secret.encode()
    for form in (
        secret,
        quote(secret),
        quote(secret, safe=""),
        json.dumps(secret),
        json.dumps(secret, ensure_ascii=False),
        b64encode(raw).decode(),
    ):
        assert "<hidden>" in redact(f"x{form}y"), form


def test_the_longer_of_two_secrets_is_hidden_whole() -> None:
    assert Redactor(["abcd", "abcdefgh"])("abcdefgh") == "<hidden>"


def test_a_secret_of_three_characters_is_left() -> None:
    assert Redactor(["abc"])("abc abcd") == "abc abcd"


def test_a_redactor_learns() -> None:
    redact = Redactor()
    assert redact(PLANTED) == PLANTED
    redact.add(PLANTED)
    assert redact(PLANTED) == "<hidden>"


@given(st.text(min_size=4, max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_text_keeps_a_secret(secret: str, before: str, after: str) -> None:
    shown = Redactor([secret])(before + secret + after)
    assert secret not in shown or secret in "<hidden>" or "<hidden>" in secret or secret in before + "<hidden>" + after
