"""The one reader and judge of URLs: what may be requested, what may be printed, which host a URL belongs to."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit

#: Characters that a result may have: longer ones break terminals, chats and spreadsheets.
RESULT_LIMIT = 2048

_PORTS = {"http": 80, "https": 443}
# White space, controls, and what a shell, HTML or Markdown would read as its own.
_REFUSED = re.compile(r"""[\x00-\x20\x7f-\xa0\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff"'<>\\^`{|}]""")
_HOST = re.compile(r"\[[0-9a-f:.]+\]|[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\.?")


class BadUrl(ValueError):
    """Not a URL that we request or print; the message says why, as a clause."""


@lru_cache(maxsize=64)  # the same address is judged for every file that goes there
def request_url(text: str) -> str:
    """A URL as it is sent: absolute, http or https, all in ASCII.

    Args:
        text: The URL; characters outside ASCII in its path and query are percent-encoded as UTF-8.

    Raises:
        BadUrl: It is not one.
    """
    if re.search(r"[\x00-\x20\x7f-\xa0]", text):
        raise BadUrl("it holds a space or a control character")
    parts = _split(text)
    return _ascii(text, parts)


def result_url(text: str, base: str = "") -> str:
    """A URL as it may be printed: see `docs/spec-language.md`, section Queries.

    Args:
        text: What the host gave: an absolute URL, or one that begins with a single `/`.
        base: The URL of the request, which the latter is joined to.

    Raises:
        BadUrl: It is not one that we print.
    """
    if len(text) > RESULT_LIMIT:
        raise BadUrl(f"it has {len(text)} characters; the limit is {RESULT_LIMIT}")
    found = _REFUSED.search(text)
    if found:
        raise BadUrl(f"it holds the character U+{ord(found.group()):04X}")
    if not text.isascii():
        _refuse_unseen(text)
    if text.startswith("/"):
        if text.startswith("//"):
            raise BadUrl("it begins with //, so its host could be anyone's")
        text = urljoin(base, text)
    parts = _split(text)
    return _ascii(text, parts)


def joined(base: str, reference: str) -> str:
    """A reference of a reply made absolute (RFC 3986, 5).

    Raises:
        BadUrl: It is empty or cannot be read.
    """
    if not reference or re.search(r"[\x00-\x20\x7f-\xa0]", reference):  # which urljoin would take out silently
        raise BadUrl("it is empty, or holds a space or a control character")
    try:
        return urljoin(base, reference)
    except ValueError as error:
        raise BadUrl(f"it cannot be read: {error}") from None


@lru_cache(maxsize=64)
def authority(url: str) -> str:
    """The host and port of a URL as `name:port`, in lower case, with the port that the scheme implies.

    Raises:
        BadUrl: It has none.
    """
    parts = _split(url)
    return f"{_host(parts)}:{parts.port or _PORTS[parts.scheme]}"


def names_host(pattern: str, host: str) -> bool:
    """Whether a pattern, `name:port` or `*.name:port`, names a host `name:port`."""
    if pattern.startswith("*."):
        return host.endswith(pattern[1:]) and len(host) > len(pattern) - 1
    return pattern == host


def without_query(url: str) -> str:
    """A URL as messages show it: without the query and the fragment, where secrets live."""
    return url.partition("#")[0].partition("?")[0]


def _refuse_unseen(text: str) -> None:
    import unicodedata

    for character in text:
        if unicodedata.category(character)[0] in "CZ":
            raise BadUrl(f"it holds the character U+{ord(character):04X}")


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise BadUrl("its host or its port cannot be read") from None
    if parts.scheme not in _PORTS:
        raise BadUrl("it does not begin with http:// or https://")
    if "@" in parts.netloc:
        raise BadUrl("it holds a user name")
    if not parts.hostname or port == 0:
        raise BadUrl("it names no host")
    if "\\" in text:
        raise BadUrl("it holds a backslash")
    # Pythons before 3.11 take anything in brackets for an address, and let something follow it.
    if "[" in parts.netloc and not re.fullmatch(r"\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\](:[0-9]*)?", parts.netloc):
        raise BadUrl("its host or its port cannot be read")
    return parts


def _host(parts: SplitResult) -> str:
    name = parts.hostname or ""
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            raise BadUrl("its host name is not a valid one") from None
    name = f"[{name}]" if ":" in name else name
    if not _HOST.fullmatch(name):
        raise BadUrl("its host name is not a valid one")
    return name


def _ascii(text: str, parts: SplitResult) -> str:
    host = _host(parts)
    if text.isascii():
        return text
    port = f":{parts.port}" if parts.port else ""
    rest = text.split("//", 1)[1][len(parts.netloc) :]
    return f"{parts.scheme}://{host}{port}{quote(rest, safe=''.join(map(chr, range(0x21, 0x7F))), errors='replace')}"
