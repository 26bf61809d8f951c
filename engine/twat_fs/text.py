"""Foreign text on its way to a person: nothing in it may move a cursor, and no secret may stand in it."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: Characters of a host's own words that are shown.
WORDS_LIMIT = 300

#: Controls, surrogates, and what reorders or hides text (Unicode classes Cc, Cf, Zl, Zp), for a set of characters.
UNSEEN = (
    r"\x00-\x1f\x7f-\x9f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
#: A shorter secret would blot out half of every message.
_LEAST = 4
#: A longer text is a body with a secret in it, and no secret.
_MOST = 8192
#: In a longer secret no way of writing is looked for that changes from one character to the next.
_MIXED = 256
#: Characters of a foreign text that are looked at, and those of its end that may be the start of a secret in some form.
_READ = 64 * 1024
_UNSURE = 6 * _MOST
_HIDDEN = "<hidden>"


class Redactor:
    """Takes secrets out of text: as they are, percent-encoded, in base64 and inside it, in JSON, HTML and logs.

    Args:
        secrets: Those that are known already.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        # Patterns are made when a text is to be cleaned, since most commands show none.
        self._known: set[tuple[str, bool]] = set()
        self._waiting: list[tuple[str, bool]] = []
        self._patterns: list[re.Pattern[str]] = []
        self._lock = threading.Lock()
        for secret in secrets:
            self.add(secret)

    def add(self, secret: str, *, made: bool = False) -> None:
        """Hide a further secret from now on; one of fewer than four characters cannot be.

        Args:
            secret: The secret.
            made: Whether it was made from others, such as a header: then it is hidden where those in it are.
        """
        item = (secret, made)
        if item not in self._known and _LEAST <= len(secret) <= _MOST:
            with self._lock:
                self._known.add(item)
                self._waiting.append(item)

    def __call__(self, text: str) -> str:
        """The text without the secrets."""
        if self._waiting:
            self._learn()
        at, pieces = 0, []
        for start, end in self._places(text):
            pieces += [text[at:start], _HIDDEN]
            at = end
        return "".join([*pieces, text[at:]]) if pieces else text

    def _learn(self) -> None:
        with self._lock:
            for secret, made in sorted(self._waiting, key=lambda item: (item[1], len(item[0]))):
                if not (made and self._places(secret)):
                    self._patterns.append(re.compile(_pattern(secret)))
            self._waiting.clear()

    def _places(self, text: str) -> list[tuple[int, int]]:
        """Where secrets are, in order, those that overlap or touch as one."""
        places: list[tuple[int, int]] = []
        for start, end in sorted(place for pattern in self._patterns for place in _matches(pattern, text)):
            if places and start <= places[-1][1]:
                places[-1] = (places[-1][0], max(end, places[-1][1]))
            else:
                places.append((start, end))
        return places


def _matches(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    found = pattern.search(text)
    while found:
        yield found.span()
        found = pattern.search(text, found.start() + 1)


def _pattern(secret: str) -> str:
    """A regular expression for a secret in every form that text takes on its way to a log or out of a host's mouth."""
    if len(secret) <= _MIXED:
        forms = ["".join(map(_character, secret))]
    else:
        forms = sorted(map(re.escape, _wholes(secret)), key=len, reverse=True)
    return "|".join([*forms, *_base64(secret.encode("utf-8", "surrogateescape"))])


def _wholes(secret: str) -> set[str]:
    import json
    from urllib.parse import quote

    escaped = json.dumps(secret)[1:-1]
    encoded = {quote(secret, safe=safe, errors="surrogateescape") for safe in ("", "/")}
    lower = {re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), text) for text in encoded}
    return {secret, escaped, escaped.replace("/", "\\/"), repr(secret)[1:-1], *encoded, *lower}


def _character(character: str) -> str:
    """Ways to write a character: as it is, for a URL, for JSON, in Python's `repr`, for HTML."""
    if character.isascii() and character.isalnum():
        return character
    code = ord(character)
    raw = character.encode("utf-8", "surrogatepass") if not 0xDC80 <= code <= 0xDCFF else bytes([code - 0xDC00])
    units = character.encode("utf-16-be", "surrogatepass")
    ways = [
        re.escape(character),
        "".join(f"%(?i:{byte:02x})" for byte in raw),
        "".join(rf"\\u(?i:{units[at : at + 2].hex()})" for at in range(0, len(units), 2)),
        "".join(rf"\\x{byte:02x}" for byte in raw),
        rf"\\x{code:02x}|\\U{code:08x}",
        rf"&\#0*(?:{code}|x0*(?i:{code:x}));",
        "".join(re.escape(chr(byte)) for byte in raw),
        _SHORT.get(character, ""),
    ]
    return f"(?:{'|'.join(way for way in dict.fromkeys(ways) if way)})"


_SHORT = {
    " ": r"\+",
    '"': r"\\\"|&quot;",
    "'": r"\\'|&apos;",
    "\\": r"\\\\",
    "/": r"\\/",
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "\n": r"\\n",
    "\r": r"\\r",
    "\t": r"\\t",
    "\b": r"\\b",
    "\f": r"\\f",
}
# The two characters of base64 that are written otherwise in a URL (RFC 4648, 5), and those that encoders touch.
_ANY64 = r"(?:[A-Za-z0-9+/_-]|%2[BbFf])"
_64 = {"+": r"(?:[+-]|%2[Bb]|\\u002[Bb])", "/": r"(?:[/_]|\\/|%2[Ff]|\\u002[Ff])"}


def _base64(raw: bytes) -> Iterator[str]:
    """What of a secret is the same in the base64 of every longer text, by its place in a group of three bytes.

    A character at either end also holds bits of what stands beside the secret; it is hidden too.
    """
    from binascii import b2a_base64

    for before in range(3):
        whole = b2a_base64(bytes(before) + raw, newline=False).decode("ascii").rstrip("=")
        rest = (before + len(raw)) % 3
        core = whole[(0, 2, 3)[before] : len(whole) - (rest > 0)]
        inside = "".join(_64.get(character, character) for character in core)
        yield (_ANY64 if before else "") + inside + (f"{_ANY64}(?:=|%3[Dd]){{0,2}}" if rest else "")


def decodable(text: str) -> str:
    """A text that UTF-8 can say: U+FFFD stands where bytes of a name or an argument were none of it.

    Args:
        text: Anything, such as `os.fsdecode` gives it.
    """
    if text.isascii():
        return text
    # Some surrogates stand for no byte: only a program can have made them.
    text = re.sub("[\ud800-\udc7f\udd00-\udfff]", "\ufffd", text)
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


#: Of the process, as logs are: what was read as a secret anywhere stays out of every message.
REDACTOR = Redactor()


def printable(text: str, limit: int = WORDS_LIMIT) -> str:
    """Foreign text on one line: no secrets, no control characters, cut at the limit.

    Args:
        text: Anything.
        limit: Characters at most.
    """
    # Secrets first: one that was cut, or whose spaces were folded, would not be known any more.
    known = REDACTOR(text[:_READ])
    if len(text) > _READ:
        known = known[: max(0, len(known) - _UNSURE)]
    clean = " ".join(re.sub(f"[{UNSEEN}]+", " ", known[: limit * 4]).split())
    return clean if len(clean) <= limit else clean[: limit - 3] + "..."


def visible(text: str) -> str:
    """Foreign text whole, without secrets; a space stands for what moves a cursor or is not seen."""
    return re.sub(f"[{UNSEEN}]+", " ", REDACTOR(text))
