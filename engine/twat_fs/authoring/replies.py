"""From a reply of a host to the query for the link in it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from twat_fs.tuples import NamedTuple
from twat_fs.urls import BadUrl, result_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twat_fs.authoring.draft import Draft

_URL = re.compile(r"https?://[^\s\"'<>\\]+")
_PATH = re.compile(r"/[\w./%~-]{3,}")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
#: Names of members that hold the link, the likeliest first; and those that hold another.
_LIKELY = ("download", "direct", "raw", "full", "file", "url", "link", "href", "src", "location")
_OTHER = ("delete", "deletion", "remove", "thumb", "preview", "avatar", "viewer", "page", "docs", "self", "edit")
_DELETES = ("delete", "deletion", "remove")


class Candidate(NamedTuple):
    """A place in a reply where a link is.

    Attributes:
        query: As a spec has it.
        url: The link.
        name: Of the last member, or an empty string.
        example: The body of a reply that has the link and nothing else, in the keys of an example.
    """

    query: Any
    url: str
    name: str
    example: dict[str, Any]


def candidates(body: bytes, headers: Mapping[str, str]) -> list[Candidate]:
    """Every link in a reply, the likeliest first.

    Args:
        body: The reply's.
        headers: Its headers, lower-case.
    """
    text = body.decode("utf-8", "replace").strip()
    found: list[Candidate] = []
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        data = None
    if isinstance(data, (dict, list)):
        found = sorted(_members(data, ()), key=_rank)
    elif _URL.fullmatch(text):
        found = [Candidate({"text": True}, text, "", {"text": text})]
    else:
        found = [_in_text(match[0]) for match in _URL.finditer(text)]
    location = headers.get("location", "")
    if location:
        found.append(Candidate({"header": "Location"}, location, "location", {"headers": {"Location": location}}))
    return found


def take(draft: Draft, body: bytes, headers: Mapping[str, str], status: int = 200) -> bool:
    """Take the likeliest link of a reply as the result, and say where there were others.

    Args:
        draft: Gets the result, and an example.
        body: The reply's.
        headers: Its headers, lower-case.
        status: Its status.

    Returns:
        Whether there is one.
    """
    found = candidates(body, headers)
    mine = [each for each in found if not any(word in each.name.lower() for word in _DELETES)]
    if not mine:
        return False
    put(draft, mine[0], status)
    others = [str(each.query) for each in mine[1:4] if each.url != mine[0].url]
    if others:
        draft.comment("result", "url", text=f"Other links of the reply are in {', '.join(others)}.")
    deletes = [each for each in found if each not in mine]
    if deletes:
        draft.data["result"]["delete_url"] = deletes[0].query
    return True


def put(draft: Draft, chosen: Candidate, status: int) -> None:
    """Make one link of a reply the result, with an example of it.

    Args:
        draft: Gets both.
        chosen: The link.
        status: The reply's.
    """
    draft.data["result"] = {"url": chosen.query}
    if chosen.url.startswith("http") and not draft.data.get("options"):
        with suppress(BadUrl):  # what is never printed is no success to show
            url = result_url(chosen.url)
            draft.data["examples"] = [{"reply": {"status": status, **chosen.example}, "url": url}]


def member(path: str, key: Any) -> str:
    """A JMESPath query for a member, or an item, of what another finds."""
    if isinstance(key, int):
        return f"{path}[{key}]"
    name = key if _PLAIN.fullmatch(key) else json.dumps(key)
    return f"{path}.{name}" if path else name


def _members(data: Any, steps: tuple[Any, ...]) -> Iterator[Candidate]:
    pairs = data.items() if isinstance(data, dict) else enumerate(data[:3]) if isinstance(data, list) else ()
    for key, value in pairs:
        here = (*steps, key)
        if isinstance(value, str) and (_URL.fullmatch(value) or _PATH.fullmatch(value)):
            query = ""
            for step in here:
                query = member(query, step)
            yield Candidate(query, value, str(key), {"json": _nested(here, value)})
        elif isinstance(value, (dict, list)):
            yield from _members(value, here)


def _nested(steps: tuple[Any, ...], value: Any) -> Any:
    """The least data in which a value is at the end of these steps."""
    if not steps:
        return value
    inner = _nested(steps[1:], value)
    return [*({} for _ in range(steps[0])), inner] if isinstance(steps[0], int) else {steps[0]: inner}


def _in_text(url: str) -> Candidate:
    return Candidate({"regex": _pattern(url)}, url, "", {"text": url})


def _rank(candidate: Candidate) -> tuple[int, int, int]:
    name = candidate.name.lower()
    whole = str(candidate.query).lower()
    other = any(word in whole for word in _OTHER) or not candidate.url.startswith("http")
    likely = next((at for at, word in enumerate(_LIKELY) if word in name), len(_LIKELY))
    return int(other), likely, whole.count(".") + whole.count("[")


def _pattern(url: str) -> str:
    """An expression for links like one: its scheme and host, and what follows."""
    host = "/".join(url.split("/")[:3])
    return re.escape(host).replace("\\-", "-") + r"/[^\s\"'<>]+" if url.count("/") > 2 else r"https?://\S+"
