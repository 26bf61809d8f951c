"""A reply as queries see it: strict text, strict JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twat_fs.messages import Reply

_MISSING = object()
#: What may stand around JSON (RFC 8259, 2); any other control or space there is not nothing.
_SPACE = " \t\r\n"


class UnreadableReply(Exception):
    """The body is not what a query needs; the message says what it is instead."""


class Reading:
    """One reply, decoded where asked.

    Args:
        reply: The reply.
        whole: Whether text is only read where it is certain that none of its end is missing.
    """

    def __init__(self, reply: Reply, *, whole: bool = False) -> None:
        self.reply = reply
        self._whole = whole
        self._json: Any = _MISSING

    @property
    def text(self) -> str:
        """The whole body as text, trimmed.

        Raises:
            UnreadableReply: It is not UTF-8, or may have been cut.
        """
        if self._whole and not self.reply.framed:
            raise UnreadableReply("the host does not say where its answer ends, so that a part may be missing")
        return self._decoded

    @property
    def _decoded(self) -> str:
        try:
            return self.reply.body.decode("utf-8").strip(_SPACE)
        except UnicodeDecodeError as error:
            raise UnreadableReply(f"the reply is not UTF-8 text (byte {error.start})") from None

    @property
    def json(self) -> Any:
        """The body as JSON.

        Raises:
            UnreadableReply: It is empty, is not JSON, repeats a key, or holds a number or a character that is none.
        """
        if self._json is _MISSING:
            self._json = self._parsed()
        return self._json

    def _parsed(self) -> Any:
        text = self._decoded  # of JSON that was cut, no part is JSON but a number
        if not text:
            raise UnreadableReply("the reply is empty")
        try:
            found = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_float)
            if "\\ud" in text.lower():
                json.dumps(found, ensure_ascii=False).encode("utf-8")
        except RecursionError:
            raise UnreadableReply("the reply is JSON nested too deeply") from None
        except UnicodeEncodeError:
            raise UnreadableReply("the reply is JSON with half of a character (a lone surrogate)") from None
        except ValueError as error:
            if text[:1] == "<":
                raise UnreadableReply("the reply is an HTML or XML page, not JSON") from None
            raise UnreadableReply(f"the reply is not JSON: {error}") from None
        return found

    def names(self) -> dict[str, Any]:
        """The members of `reply` in a template; what cannot be read is null."""
        return {
            "status": self.reply.status,
            "url": self.reply.url,
            "headers": self.reply.headers,
            "json": _or_none(lambda: self.json),
            "text": _or_none(lambda: self.text),
        }


def _or_none(read: Any) -> Any:
    try:
        return read()
    except UnreadableReply:
        return None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number is too large")
    return number
