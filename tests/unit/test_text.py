from __future__ import annotations

import html
import json
import re
import unicodedata
from base64 import b64encode, urlsafe_b64encode
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import PLANTED
from twat_fs.text import WORDS_LIMIT, Redactor, printable

if TYPE_CHECKING:
    from collections.abc import Callable

#: Unicode's classes of controls, of what reorders or hides text, of halves, and of line and paragraph ends.
UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")


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
    assert not [c for c in shown if unicodedata.category(c) in UNSEEN]


def test_no_character_that_hides_or_reorders_text_is_shown() -> None:
    unseen = [chr(code) for code in range(0x110000) if unicodedata.category(chr(code)) in UNSEEN]
    assert [each for each in unseen if printable(f"a{each}b") != "a b"] == []


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


_ODD = ['a"b\\c/d', "a b&c=d", "ä+ö%ü", "tab\there", "it's <b>", "😀 key", f"{'a/b' * 100}end", "\udcffbyte"]


def _written(secret: str) -> dict[str, str]:
    """A secret as programs write it."""
    raw = secret.encode("utf-8", "surrogateescape")
    percent = quote(raw, safe="")
    return {
        "as it is": secret,
        "in a path": quote(raw),
        "in a query": percent,
        "in lower hexadecimal": re.sub("%..", lambda found: found[0].lower(), percent),
        "in JSON": json.dumps(secret),
        "in JSON of other programs": json.dumps(secret).replace("/", "\\/"),
        "in JSON as it is": json.dumps(secret, ensure_ascii=False),
        "in a log of Python": repr(secret),
        "in base64": b64encode(raw).decode(),
        "in base64 for URLs": urlsafe_b64encode(raw).decode().rstrip("="),
        "in base64 in a query": quote(b64encode(raw), safe=""),
        "in a Basic pair": b64encode(b":" + raw).decode(),
        "after a user's name": b64encode(b"user:" + raw).decode(),
        "in a longer base64": b64encode(b"xx" + raw + b"and more").decode(),
        "in base64 in JSON": json.dumps(b64encode(b"x" + raw + b"y").decode()).replace("/", "\\/"),
    }


_SHORT_ONLY: dict[str, Callable[[str], str]] = {
    "in a form": lambda secret: quote_plus(secret.encode("utf-8", "surrogateescape")),
    "in bytes of a log": lambda secret: repr(secret.encode("utf-8", "surrogateescape")),
    "in a page": html.escape,
    "partly encoded": lambda secret: quote(secret.encode("utf-8", "surrogateescape"), safe="/&=+ '\"<"),
}


@pytest.mark.parametrize("secret", _ODD)
@pytest.mark.parametrize("way", _written(""))
def test_a_secret_with_odd_characters_is_hidden(secret: str, way: str) -> None:
    form = _written(secret)[way]
    shown = Redactor([secret])(f"x {form} y")
    assert "<hidden>" in shown, form
    inside = shown.removeprefix("x ").removesuffix(" y")
    assert len(inside.replace("<hidden>", "")) <= 2 + len("xxuser:and more") * 2, "quotes, and what stands beside it"


@pytest.mark.parametrize("secret", [secret for secret in _ODD if len(secret) < 100])
@pytest.mark.parametrize("way", _SHORT_ONLY)
def test_a_secret_is_hidden_however_its_characters_are_written(secret: str, way: str) -> None:
    form = _SHORT_ONLY[way](secret)
    assert re.fullmatch(r"x b?['\"]?<hidden>['\"]? y", Redactor([secret])(f"x {form} y")), form


@pytest.mark.parametrize("before", range(7))
@pytest.mark.parametrize("after", range(4))
def test_no_bit_of_a_secret_is_left_in_a_longer_base64(before: int, after: int) -> None:
    secret = b"s3cr3t-key"
    whole = [b64encode(b"a" * before + bytes([*key]) + b"b" * after).decode() for key in (secret, secret[::-1])]
    shown = [Redactor([secret.decode(), secret[::-1].decode()])(text).replace("=", "") for text in whole]
    assert shown[0] == shown[1], "what is left does not tell which of two secrets it was"


def test_what_was_made_from_a_secret_is_hidden_where_the_secret_is() -> None:
    redact = Redactor([PLANTED])
    redact.add(f"Bearer {PLANTED}", made=True)
    redact.add("made of another", made=True)
    assert redact(f"Bearer {PLANTED}, made of another") == "Bearer <hidden>, <hidden>"


def test_two_secrets_that_overlap_are_both_hidden_whole() -> None:
    assert Redactor(["abcdef", "defghi"])("-abcdefghi-") == "-<hidden>-"


def test_a_secret_that_is_cut_by_the_limit_of_what_is_read_is_not_shown() -> None:
    secret = "Zq" * 2000
    redacted = printable_with(secret, f"{secret} " * 40)
    assert "Zq" not in redacted


def printable_with(secret: str, text: str) -> str:
    from twat_fs import text as module

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "REDACTOR", Redactor([secret]))
        return printable(text, 2000)


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
