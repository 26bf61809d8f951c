"""The file in a request, wherever a spec puts it: the body, a part of a form, or a text in a form or in JSON."""

from __future__ import annotations

import json
import re
from binascii import Error, a2b_base64, b2a_base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from twat_fs.testing.hosts import file_in
from twat_fs.wire.examples import OPENED, OPENED_PIECE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from twat_fs.testing.seen import Seen

    Way = tuple[Any, ...]


def carries(seen: Seen, content: bytes) -> bool:
    """Whether a request carries some content, as it is or as a text."""
    return content in seen.body or any(content in text.encode() for text in texts(seen))


def texts(seen: Seen) -> list[str]:
    """The texts in the body of a request: the values of a form, or all in JSON; base64 is read too."""
    found = [value for _, value in _leaves(_data(seen)) if isinstance(value, str)]
    return found + [decoded for text in found if (decoded := _plain(text))]


def plain_words(value: str) -> str:
    """The value of a header, with each of its words that is base64 once more as the text that it stands for."""
    return " ".join([value, *(found for word in re.split("[ ,]", value) if (found := _plain(word)))])


def piecewise(sent: Mapping[str, Any]) -> bool:
    """Whether a request of an example carries a piece of the file."""
    return OPENED_PIECE in json.dumps(sent)


def reader(sent: Mapping[str, Any], file: bytes) -> Callable[[Seen], bytes] | None:
    """What reads the file out of requests that are like one of an example.

    Args:
        sent: The example's request, in the keys of a step.
        file: The example's file.

    Returns:
        It, or None where such a request does not carry the file.
    """
    if OPENED in json.dumps(sent) or piecewise(sent):
        return file_in
    text, coded = file.decode(), b2a_base64(file, newline=False).decode()
    for way, value in _leaves(sent.get("json", sent.get("form"))):
        if file and value in (text, coded):
            return lambda seen: _read(_at(_data(seen), way), is_coded=value == coded)
    return None


def _read(value: Any, *, is_coded: bool) -> bytes:
    return a2b_base64(str(value)) if is_coded else str(value).encode()


def _data(seen: Seen) -> Any:
    kind = (seen.header("Content-Type") or "").partition(";")[0]
    body = seen.body.decode("utf-8", "replace")
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body, keep_blank_values=True))
    if kind != "application/json":
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def _leaves(value: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    """Each value that holds no others, and the keys on the way to it."""
    if isinstance(value, dict):
        value = list(value.items())
    elif isinstance(value, list):
        value = list(enumerate(value))
    else:
        if value is not None:
            yield way, value
        return
    for key, each in value:
        yield from _leaves(each, (*way, key))


def _at(value: Any, way: Way) -> Any:
    """What is there; a key that is not stands for the only one, since it may be the file's name."""
    for key in way:
        if isinstance(value, dict) and key not in value:
            (value,) = value.values()
        else:
            value = value[key]
    return value


def _plain(text: str) -> str:
    """What stands in base64; empty where that is no text."""
    try:
        found = a2b_base64(text)  # which passes over signs that are none of base64's
        return found.decode() if b2a_base64(found, newline=False).decode() == text else ""
    except (Error, ValueError):
        return ""
