"""The address of a request: its parameters, and what in it is a key or is left for people to fill in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote_plus

from twat_fs.authoring import keys
from twat_fs.authoring.curl_form import MARK
from twat_fs.authoring.draft import literal, short_name

if TYPE_CHECKING:
    from twat_fs.authoring.draft import Draft

#: A part of a path that a page leaves for people to fill in: `<id>`, `{id}`, `:id`, `YOUR_BUCKET`.
_TO_FILL = re.compile(
    r"<([A-Za-z][\w .-]*)>|\{\{?\s*([A-Za-z][\w.-]*)\s*\}?\}|:([a-z]\w*)|\[([A-Za-z][\w .-]*)\]|(?i:your)[_-](\w+)"
)
#: A host that is none: without a dot, or with what no name of a host has; names that are kept free for examples.
_STAND_IN = re.compile(
    r"(?!localhost)[\w-]+|[\w.-]*[_{}<>\[\]][\w.{}<>\[\] -]*|(?:[\w-]+\.)*(?:your-?\w*|my-?domain)\.\w+", re.IGNORECASE
)
#: Letters of a part of a path such as `xxxxxxxxxxxx`, from which it is no name.
_LONG = 8


def put_query(draft: Draft, url: str, own: str = "") -> str:
    """Move the query of an address into `query`, where that gives the same address again; gives what is left of it.

    Args:
        draft: Gets the parameters.
        url: The address, literal.
        own: The file's own name, which looks like no key.
    """
    before, mark, query = url.partition("?")
    query, _, _ = query.partition("#")
    before = _path_without_keys(draft, before.partition("#")[0], own)
    pairs = parse_qsl(query, keep_blank_values=True)
    again = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    if not mark:
        return before
    if again != query or len({name for name, _ in pairs}) != len(pairs):
        return f"{before}?{'&'.join(_kept(draft, piece, own) for piece in query.split('&'))}"
    for name, value in pairs:
        draft.request.setdefault("query", {})[name] = literal(value) if value == own else draft.secret_or(name, value)
    return before


def _kept(draft: Draft, pair: str, own: str) -> str:
    """A parameter that stays in the address as it is written there, unless it is a key."""
    name, mark, value = pair.partition("=")
    plain = unquote_plus(value)
    secret = draft.secret_or(unquote_plus(name), plain) if plain and plain != own else ""
    return f"{literal(name)}{mark}{secret if '{{ credentials.' in secret else literal(value)}"


def _path_without_keys(draft: Draft, url: str, own: str) -> str:
    """The path of an address, in which what looks like a key is a credential, and what is to be filled in an option."""
    scheme, separator, rest = url.partition("://")
    host, *segments = rest.split("/") if separator else ("", *url.split("/")[1:])
    made = [_segment(draft, each, own) for each in segments]
    return "/".join([f"{scheme}{separator}{host}" if separator else url.split("/", maxsplit=1)[0], *made])


def _segment(draft: Draft, segment: str, own: str) -> str:
    plain = unquote_plus(segment)
    if plain == own:
        return literal(segment)
    named = _TO_FILL.fullmatch(plain)
    if named:
        name = next(group for group in named.groups() if group)
        if keys.names_key(name):
            return draft.credential(keys.variable_name(short_name(draft.host), name), "It stands in the address.")
        return draft.option(name, {"type": "string", "help": f"The `{name}` in the address."})
    if keys.looks_random(plain) or (keys.is_placeholder(plain) and len(plain) > _LONG):
        return draft.credential(draft.variable("key", plain), "It stands in the address.")
    return draft.without_keys("key", segment)


def with_variables(draft: Draft, url: str, own: str, made: list[str]) -> str:
    """An address with variables in it as a template; its query stays where it is.

    Args:
        draft: Gets the credentials.
        url: The address, with a numbered mark for each variable.
        own: The file's own name.
        made: What each variable is as a template.
    """
    before, mark, query = url.partition("#")[0].partition("?")
    kept = "&".join(literal(pair) if MARK.search(pair) else _kept(draft, pair, own) for pair in query.split("&"))
    scheme, separator, rest = before.partition("://")
    host, *segments = (rest if separator else before).split("/")
    path = [literal(each) if MARK.search(each) else _segment(draft, each, own) for each in segments]
    whole = "/".join([f"{scheme}{separator}{host}" if separator else host, *path]) + mark + kept
    return MARK.sub(lambda found: made[int(found[1])], whole)


def encoded(url: str) -> str:
    """An address as it goes into a request line: what may not stand there is percent-encoded."""
    return re.sub(r"[\s\"<>^`|]", lambda found: quote(found[0]) if not _TO_FILL.search(url) else found[0], url)


def is_stand_in(host: str) -> bool:
    """Whether a host is one that people are to replace by their own.

    Args:
        host: With its port, if there is one.
    """
    name = host.partition(":")[0]
    return bool(_STAND_IN.fullmatch(name)) or not re.fullmatch(r"[\w.{}$%-]+", name)
