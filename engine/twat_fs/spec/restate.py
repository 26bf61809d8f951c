"""Says something else in a spec's `checked`, and leaves every other byte of the file as it is."""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Any

from twat_fs.errors import SpecError
from twat_fs.spec.load import Unreadable, load
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from twat_fs.spec.load import Document

_MARK = b"\xef\xbb\xbf"
#: The keys that `checked` stands after where there is none yet.
_BEFORE = ("spec", "name", "title", "homepage", "docs", "description", "setup", "deps")
# What means the same in every place and style of YAML without quotes.
_PLAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9 .;()+/_-]*[A-Za-z0-9.;)+/_-])?")


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def restated(content: bytes, facts: Mapping[str, str]) -> bytes:
    """A spec that says something else of when its host was seen.

    Args:
        content: The spec, which is valid.
        facts: `date`, `status` and `how`, each a line of text.

    Raises:
        SpecError: It is written so that this has to be done by hand.
    """
    document = load(content)
    text = content.removeprefix(_MARK).decode("utf-8")
    new = content[: len(content) - len(content.removeprefix(_MARK))] + _edited(text, _edits(document, facts)).encode()
    if not _says(document.data, new, facts):
        raise SpecError(
            "what the spec says under `checked` cannot be changed without touching the rest of it",
            hint=f"Write it by hand: {_flow(facts)}",
        )
    return new


def _says(old: dict[str, Any], content: bytes, facts: Mapping[str, str]) -> bool:
    """Whether a text says what it is to say, and of everything else what it said before."""
    try:
        new = dict(load(content).data)
    except Unreadable:
        return False
    told = new.pop("checked", None)
    rest = {key: value for key, value in old.items() if key != "checked"}
    return rest == new and isinstance(told, dict) and {key: str(told[key]).strip() for key in told} == dict(facts)


def _edited(text: str, edits: Iterable[_Edit]) -> str:
    """A text with its edits, whose offsets count CR LF as one character, as the loader does."""
    pairs = [found.start() - count for count, found in enumerate(re.finditer("\r\n", text))]
    for edit in sorted(edits, reverse=True):
        start, end = (at + bisect_left(pairs, at) for at in (edit.start, edit.end))
        new = edit.text.replace("\n", "\r\n") if pairs else edit.text
        text = text[:start] + new + text[end:]
    return text


def _edits(document: Document, facts: Mapping[str, str]) -> Iterator[_Edit]:
    checked = document.data.get("checked")
    if isinstance(checked, dict):
        yield from _in_mapping(document, checked, facts)
    elif "checked" in document.data:
        yield _replaced(document, ("checked",), _flow(facts))
    else:
        anchor = [key for key in _BEFORE if key in document.data][-1]
        yield _added(document, (), anchor, f"checked: {_flow(facts)}")


def _in_mapping(document: Document, checked: dict[str, Any], facts: Mapping[str, str]) -> Iterator[_Edit]:
    last = max(checked, key=lambda key: document.places[("checked", key)].start)
    added = [f"{key}: {_scalar('', value)}" for key, value in facts.items() if key not in checked]
    for key, value in facts.items():
        if key in checked and str(checked[key]).strip() != value:
            yield _replaced(document, ("checked", key), value)
    if added:
        yield _added(document, ("checked",), last, *added)


def _replaced(document: Document, path: tuple[str, ...], value: str) -> _Edit:
    place = document.places[path]
    old = document.text[place.start : place.end]
    if old[:1] in ("|", ">"):  # its header and the way it ends stay
        header, _, body = old.partition("\n")
        indent = re.match(r"\s*?( *)(?=\S)", body)
        start = place.start + len(header)
        return _Edit(start, _end(document, place), f"\n{indent[1] if indent else ''}{value}")
    if len(path) == 1:  # nothing stands there yet
        return _Edit(place.start, place.end, f"{'' if old else ' '}{value}")
    return _Edit(place.start, place.end, f"{'' if old else ' '}{_scalar(old, value)}")


def _added(document: Document, path: tuple[str, ...], after: str, *entries: str) -> _Edit:
    """New entries of a mapping, right after one that it has."""
    end = _end(document, document.place((*path, after)))
    outer = document.places[path]
    if document.text[outer.start : outer.start + 1] == "{":
        return _Edit(end, end, "".join(f", {entry}" for entry in entries))
    line = document.text.find("\n", end)
    line = len(document.text) if line < 0 else line
    return _Edit(line, line, "".join(f"\n{' ' * (outer.column - 1)}{entry}" for entry in entries))


def _end(document: Document, place: Any) -> int:
    """Where a value ends; that of a block counts the blank lines after it as its own."""
    return int(place.start) + len(document.text[place.start : place.end].rstrip())


def _flow(facts: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {_scalar('', value)}" for key, value in facts.items()) + "}"


def _scalar(old: str, value: str) -> str:
    """A text in the quotes that another had, or in those that it needs."""
    if old.startswith("'"):
        return "'" + value.replace("'", "''") + "'"
    return value if _PLAIN.fullmatch(value) and not old.startswith('"') else json.dumps(value, ensure_ascii=False)
