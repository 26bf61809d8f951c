"""The filters of the template language, and how a value becomes text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twat_fs.expression import secrets
from twat_fs.expression.covers import covered, joined
from twat_fs.expression.limits import ITEM_LIMIT, TEXT_LIMIT, EvaluationError, capped, check_length, in_pieces
from twat_fs.expression.regex import compile_regex
from twat_fs.messages import Held

__all__ = ["FILTERS", "EvaluationError", "Verbatim", "added", "quote", "to_text"]


class Verbatim(str):
    """A text that `raw` or `urlencode` made, or that such a text went into.

    Attributes:
        encoded: The text as it goes into a URL.
    """

    encoded: str

    def __new__(cls, text: str, encoded: str | None = None) -> Verbatim:
        """Make the string; without `encoded` it goes into a URL as it is."""
        made = super().__new__(cls, text)
        made.encoded = str(text) if encoded is None else encoded
        return made


def added(left: Any, right: Any) -> Any:
    """Two texts put together; what is ready for a URL stays so."""
    plain = [str(secrets.bare(side)) for side in (left, right)]
    check_length(sum(len(side) for side in plain))
    text: Any = "".join(plain)
    if any(isinstance(secrets.bare(side), Verbatim) for side in (left, right)):
        text = Verbatim(text, "".join(str(secrets.bare(quote(side))) for side in (left, right)))
    if isinstance(left, Held) or isinstance(right, Held):
        joined = secrets.join("", [left, right])
        return Held(text, joined.origins, joined.pieces)
    return text


def to_text(value: Any) -> str | Held | None:
    """A value as text: a number in decimal, a boolean as `true` or `false`; null stays null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Held):
        inside = to_text(value.value)
        return None if inside is None else Held(inside, value.origins, value.pieces)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        raise EvaluationError("a list where text is wanted; use join or tojson")
    raise EvaluationError("a mapping, or the file itself, where text is wanted; name a member, or use tojson")


def quote(value: Any) -> Any:
    """The text percent-encoded down to the unreserved characters of RFC 3986, 2.3, unless it is ready."""
    if isinstance(value, Held):
        if isinstance(value.value, Verbatim):
            return Held(value.value.encoded, value.origins, value.pieces)
        return secrets.derived(value, _percent, "percent")
    return value.encoded if isinstance(value, Verbatim) else _percent(value)


def _percent(text: str, safe: str = "") -> str:
    from urllib.parse import quote as percent

    return in_pieces(text, lambda piece: percent(piece, safe=safe, errors="replace"))


def _textual(name: str, change: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that works on texts: takes anything that has a text; a secret at any place makes the result one."""

    def apply(value: Any, *arguments: Any) -> Any:
        texts = [to_text(item) for item in (value, *arguments)]
        made = change(*(secrets.bare(text) for text in texts))
        return covered(made, [text for text in texts if isinstance(text, Held)], name)

    return apply


def _base64(text: str) -> str:
    from binascii import b2a_base64

    try:
        return capped(b2a_base64(text.encode("utf-8", "surrogateescape"), newline=False).decode("ascii"))
    except UnicodeError:
        raise EvaluationError("base64 met characters that are none") from None


def _replace(text: str, old: str, new: str) -> str:
    if len(text) + (text.count(old) if old else len(text) + 1) * len(new) > TEXT_LIMIT:
        raise EvaluationError(f"replace would make more than {TEXT_LIMIT} characters")
    return text.replace(old, new)


def _regex_replace(text: str, pattern: str, replacement: str) -> str:
    import re

    compiled = compile_regex(pattern)
    pieces = re.split(r"\$(\d)", replacement)  # a text and the number of a group in turn
    length, places = len(text), 0

    def put(match: Any) -> str:
        nonlocal length, places
        made = pieces[0]
        for number, after in zip(pieces[1::2], pieces[2::2], strict=True):
            made += ((match.group(int(number)) or "") if int(number) <= compiled.groups else "") + after
        length += len(made) - len(match.group(0))
        places += 1
        check_length(length)
        if places > ITEM_LIMIT:
            raise EvaluationError(f"regex_replace would replace at more than {ITEM_LIMIT} places")
        return made

    return str(compiled.sub(put, str(text)))  # RE2 knows no kind of text but the one


def _split(text: str, separator: str | None = None) -> list[str]:
    if separator == "":
        raise EvaluationError("split needs a separator of at least one character")
    items = text.split(separator, ITEM_LIMIT)
    if len(items) > ITEM_LIMIT:
        raise EvaluationError(f"split would make more than {ITEM_LIMIT} items")
    return items


def _join(value: Any, separator: Any = "") -> Any:
    if isinstance(value, Held):
        return covered(_join(value.value, secrets.bare(to_text(separator))), [value, separator], "join")
    if not isinstance(value, list):
        raise EvaluationError("join takes a list")
    texts = [text for text in map(to_text, value) if text is not None]
    between = to_text(separator)
    lengths = sum(len(str(secrets.bare(text))) for text in texts)
    if lengths + len(str(secrets.bare(between))) * len(texts) > TEXT_LIMIT:
        raise EvaluationError(f"join would make more than {TEXT_LIMIT} characters")
    if any(isinstance(text, Held) for text in (between, *texts)):
        return joined(texts, between)
    return str(between).join(str(text) for text in texts)


def _end(index: int, name: str) -> Callable[[Any], Any]:
    def apply(value: Any) -> Any:
        if isinstance(value, Held):
            return secrets.derived(value, apply, name)
        if not isinstance(value, (list, str)):
            raise EvaluationError(f"{name} takes a list or a text")
        return value[index] if value else None

    return apply


def _length(value: Any) -> int:
    inside = secrets.bare(value)
    if not isinstance(inside, (str, list, Mapping)):
        raise EvaluationError("length takes a text, a list or a mapping")
    return len(inside)


def _int(value: Any) -> Any:
    if isinstance(value, Held):
        return secrets.derived(value, _int, "int")
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    try:
        return int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0


def _tojson(value: Any) -> Any:
    from twat_fs.expression.json_text import json_text

    return json_text(value)


def _date(value: str, form: str) -> str:
    from datetime import datetime, timezone

    try:
        return datetime.fromtimestamp(int(float(value)), timezone.utc).strftime(form)
    except (ValueError, OverflowError, OSError):
        raise EvaluationError("date takes Unix seconds between the years 1 and 9999") from None


FILTERS: dict[str, Callable[..., Any]] = {
    "raw": _textual("raw", Verbatim),
    "urlencode": _textual("urlencode", lambda text: Verbatim(_percent(text, "/"))),
    "base64": _textual("base64", _base64),
    "basename": _textual("basename", lambda text: text.rstrip("/").rsplit("/", 1)[-1]),
    "lower": _textual("lower", lambda text: capped(text.lower())),
    "upper": _textual("upper", lambda text: capped(text.upper())),
    "trim": _textual("trim", lambda text, characters=None: text.strip(characters)),
    "replace": _textual("replace", _replace),
    "regex_replace": _textual("regex_replace", _regex_replace),
    "split": _textual("split", _split),
    "join": _join,
    "first": _end(0, "first"),
    "last": _end(-1, "last"),
    "length": _length,
    "int": _int,
    "string": to_text,
    "tojson": _tojson,
    "date": _textual("date", _date),
}
