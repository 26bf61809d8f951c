"""The filters of the template language, and how a value becomes text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from twat_fs.expression import secrets
from twat_fs.messages import Held

#: Characters that any one text may come to: 64 MiB of a file's content as base64, and room around it.
TEXT_LIMIT = 96 * 1024 * 1024


class EvaluationError(Exception):
    """A template met a value that it cannot work on."""


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
    text: Any = capped("".join(plain))
    if any(isinstance(secrets.bare(side), Verbatim) for side in (left, right)):
        text = Verbatim(text, "".join(str(secrets.bare(quote(side))) for side in (left, right)))
    if isinstance(left, Held) or isinstance(right, Held):
        joined = secrets.join("", [left, right])
        return Held(text, joined.origins, joined.pieces)
    return text


def capped(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text, if it is not longer than the limit in characters."""
    if len(text) > limit:
        raise EvaluationError(f"a template made {len(text)} characters; the limit is {limit}")
    return text


def to_text(value: Any) -> str | Held | None:
    """A value as text: a number in decimal, a boolean as `true` or `false`; null stays null."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Held):
        return value if isinstance(value.value, str) else Held(str(to_text(value.value)), value.origins, value.pieces)
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

    return capped(percent(text, safe=safe, errors="replace"))


def _textual(name: str, change: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that works on text: takes anything that has a text, keeps a secret secret."""

    def apply(value: Any, *arguments: Any) -> Any:
        text = to_text(value)
        plain = [secrets.bare(argument) for argument in arguments]
        if isinstance(text, Held):
            return secrets.derived(text, lambda inside: change(inside, *plain), name)
        held = next((argument for argument in arguments if isinstance(argument, Held)), None)
        if held is not None:
            return secrets.derived(held, lambda _: change(text, *plain), name)
        return change(text, *plain)

    return apply


def _base64(text: str) -> str:
    from binascii import b2a_base64

    return capped(b2a_base64(text.encode("utf-8", "surrogateescape"), newline=False).decode("ascii"))


def _replace(text: str, old: Any, new: Any) -> str:
    found, other = str(to_text(old)), str(to_text(new))
    if len(text) + (text.count(found) if found else len(text) + 1) * len(other) > TEXT_LIMIT:
        raise EvaluationError(f"replace would make more than {TEXT_LIMIT} characters")
    return text.replace(found, other)


def _regex_replace(text: str, pattern: str, replacement: Any) -> str:
    import re

    from twat_fs.expression.query import compile_regex

    template = str(to_text(replacement))
    compiled = compile_regex(pattern)

    def put(match: Any) -> str:
        def group(found: re.Match[str]) -> str:
            number = int(found.group(1))
            return (match.group(number) or "") if number <= compiled.groups else ""

        return re.sub(r"\$(\d)", group, template)

    return capped(str(compiled.sub(put, text)))


def _split(text: str, separator: Any = None) -> list[str]:
    if separator == "":
        raise EvaluationError("split needs a separator of at least one character")
    return text.split(separator)


def _join(value: Any, separator: Any = "") -> Any:
    if not isinstance(value, list):
        raise EvaluationError("join takes a list")
    texts = [to_text(item) for item in value if item is not None]
    between = to_text(separator)
    if any(isinstance(text, Held) for text in (between, *texts)):
        return secrets.join("", [piece for text in texts for piece in (between, text)][1:])
    between = str(between)
    if sum(len(str(text)) + len(between) for text in texts) > TEXT_LIMIT:
        raise EvaluationError(f"join would make more than {TEXT_LIMIT} characters")
    return between.join(str(text) for text in texts)


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


def _date(value: Any, form: str) -> str:
    from datetime import datetime, timezone

    try:
        return datetime.fromtimestamp(int(float(str(to_text(value)))), timezone.utc).strftime(form)
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
    "date": _date,
}
