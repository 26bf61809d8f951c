"""Strict YAML with positions: the safe subset that a spec is written in.

Read from PyYAML's events, so that anchors, aliases, tags and duplicate keys are seen before anything is built. Plain
scalars are texts, but for `true`, `false`, `null` and decimal whole numbers; every key is a text.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from twat_fs.spec.limits import SIZE_LIMIT
from twat_fs.spec.problems import TOP, Place, Problem, Word

#: The caps of `docs/spec-language.md`: levels of nesting, values in all.
DEPTH_LIMIT = 20
NODE_LIMIT = 5000

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
# Controls, and characters that reorder or hide what a person reads.
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class Unreadable(Exception):
    """The text is not in the subset; `problem` says where and why."""

    def __init__(self, message: str, place: Place, hint: str = "") -> None:
        super().__init__(message)
        self.problem = Problem("yaml", message, place, hint)


def key_of(path: tuple[str | int, ...]) -> tuple[str | int | None, ...]:
    """The path that a key's place is kept under; the path itself is its value's."""
    return (*path, None)


class Document:
    """A spec's text as plain data, each value with its place.

    Attributes:
        data: The data; each text in it, keys too, is a `Word`.
        places: The place of each value by its path; of a key under `(*path, None)`.
        text: The text itself, for showing lines of it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.places: dict[tuple[str | int | None, ...], Place] = {}
        self.data: Any = None

    def place(self, path: tuple[str | int, ...], *, key: bool = False) -> Place:
        """Where a value is, or its key; where the nearest thing around it is, if it is not there."""
        if key and key_of(path) in self.places:
            return self.places[key_of(path)]
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, TOP)

    def near(self, place: Place, snippet: str) -> Place:
        """The place of a piece of text inside a value, or the value's own."""
        at = _find(self.text, snippet, place.start, place.end) if snippet else -1
        if at < 0:
            return place
        at += len(snippet) - len(snippet.lstrip())
        before = self.text[:at]
        line = before.count("\n") + 1
        return Place(line, at - (before.rfind("\n") + 1) + 1, at, at + len(snippet.strip()), place.pointer)


def _find(text: str, snippet: str, start: int, end: int) -> int:
    """Where a piece of text is; a word is not looked for inside a longer one, unless it is nowhere else."""
    if re.fullmatch(r"\w[\w.]*", snippet):
        for before in (r"(?<![\w.])", r"(?<!\w)"):
            found = re.compile(f"{before}{re.escape(snippet)}(?!\\w)").search(text, start, end)
            if found:
                return found.start()
    return text.find(snippet, start, end)


def load(content: bytes) -> Document:
    """Read a spec.

    Args:
        content: The file's bytes: UTF-8, at most `SIZE_LIMIT`.

    Raises:
        Unreadable: It is not in the subset.
    """
    document = Document(_decode(content))
    builder = _Builder(document)
    try:
        for event in yaml.parse(document.text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        raise _explained(document.text, error) from None
    if not isinstance(document.data, dict):
        raise Unreadable("a spec is a mapping of keys to values", document.place(()), "Begin with `spec: 1`.")
    return document


def _decode(content: bytes) -> str:
    if len(content) > SIZE_LIMIT:
        raise Unreadable(f"the spec has {len(content)} bytes; the limit is {SIZE_LIMIT}", TOP)
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8", "replace")
        raise Unreadable(
            f"byte {error.start} is not UTF-8", _at(before, len(before)), "Save the file as UTF-8."
        ) from None
    hidden = _HIDDEN.search(text)
    if hidden:
        raise Unreadable(
            f"the character U+{ord(hidden.group()):04X} is not allowed in a spec", _at(text, hidden.start())
        )
    text = text.replace("\r\n", "\n")
    if "\r" in text:
        at = _at(text, text.index("\r"))
        raise Unreadable("a carriage return without a line feed", at, "End lines with LF, or CR LF.")
    return text


def _at(text: str, offset: int) -> Place:
    before = text[:offset]
    return Place(before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1, offset, offset + 1)


class _Builder:
    """Takes events in turn; keeps a stack of open collections."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.stack: list[_Open] = []
        self.documents = 0
        self.nodes = 0

    def take(self, event: Any) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                raise Unreadable("a second document begins here; a file is one spec", _place(event))
        elif isinstance(event, yaml.NodeEvent):
            self._node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = self.stack.pop()
            self._widen(closed.path, event)

    def _widen(self, path: tuple[str | int, ...], event: Any) -> None:
        begun = self.document.places[path]
        self.document.places[path] = begun._replace(end=event.start_mark.index)

    def _node(self, event: Any) -> None:
        place = _place(event)
        _refuse(event, place)
        self.nodes += 1
        if self.nodes > NODE_LIMIT:
            raise Unreadable(f"more than {NODE_LIMIT} values in one spec", place)
        if len(self.stack) > DEPTH_LIMIT:
            raise Unreadable(f"more than {DEPTH_LIMIT} levels of nesting", place)
        parent = self.stack[-1] if self.stack else None
        if parent is not None and isinstance(parent.items, dict) and parent.key is None:
            self._key(parent, event, place)
            return
        path = parent.path_of_next() if parent else ()
        place = place._replace(pointer=_pointer(path))
        self.document.places[path] = place
        value = self._value(event, place, path)
        if parent is None:
            self.document.data = value
        else:
            parent.add(value)

    def _key(self, parent: _Open, event: Any, place: Place) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            outer = self.document.places[parent.path]
            braces = self.document.text[outer.start : place.start + 1] == "{{"
            hint = "Text with {{ }} must be in quotes." if braces else "A key is a text."
            raise Unreadable("a mapping or a list stands where a key must", outer if braces else place, hint)
        _refuse_hidden(event.value, place)
        if event.value == "<<":
            raise Unreadable("a merge key: merging is not allowed in a spec", place, "Write the keys out.")
        path = (*parent.path, event.value)
        if event.value in parent.items:
            first = self.document.places[key_of(path)].line
            raise Unreadable(f"the key `{event.value}` stands twice; first in line {first}", place)
        place = place._replace(pointer=_pointer(path))
        self.document.places[key_of(path)] = place
        parent.key = Word(event.value, place)

    def _value(self, event: Any, place: Place, path: tuple[str | int, ...]) -> Any:
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event, place)
        items: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.stack.append(_Open(items, path))
        return items


class _Open:
    """A mapping or a list whose end has not come yet."""

    def __init__(self, items: Any, path: tuple[str | int, ...]) -> None:
        self.items = items
        self.path = path
        self.key: Word | None = None

    def path_of_next(self) -> tuple[str | int, ...]:
        return (*self.path, len(self.items) if self.key is None else str(self.key))

    def add(self, value: Any) -> None:
        if self.key is None:
            self.items.append(value)
        else:
            self.items[self.key] = value
            self.key = None


def _place(event: Any) -> Place:
    start, end = event.start_mark, event.end_mark
    return Place(start.line + 1, start.column + 1, start.index, end.index)


def _pointer(path: tuple[str | int, ...]) -> str:
    """RFC 6901."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _refuse(event: Any, place: Place) -> None:
    if isinstance(event, yaml.AliasEvent):
        raise Unreadable(f"the alias *{event.anchor}: aliases are not allowed in a spec", place, "Write the value out.")
    if event.anchor:
        raise Unreadable(f"the anchor &{event.anchor}: anchors are not allowed in a spec", place, "Remove it.")
    if event.tag is not None and event.tag != "!":
        raise Unreadable(
            f"the YAML tag {event.tag}: tags are not allowed in a spec",
            place,
            "A text that begins with ! must be in quotes.",
        )
    if event.tag == "!":
        raise Unreadable("a lone ! is a YAML tag", place, "A text that begins with ! must be in quotes.")


def _scalar(event: Any, place: Place) -> Any:
    text: str = event.value
    _refuse_hidden(text, place)
    if not event.style:  # plain: neither quoted nor a block
        if text in ("", "null"):
            return None
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.fullmatch(text):
            return int(text)
    return Word(text, place)


def _refuse_hidden(text: str, place: Place) -> None:
    hidden = _HIDDEN.search(text)
    if hidden:
        raise Unreadable(f"the character U+{ord(hidden.group()):04X} is not allowed in a spec", place)


def _explained(text: str, error: yaml.YAMLError) -> Unreadable:
    """YAML's own words, with ours where its are obscure."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if "end of stream" in str(getattr(error, "problem", "")):  # what was opened is of use, not where the file ends
        mark = getattr(error, "context_mark", None) or mark
    offset = min(mark.index if mark else 0, len(text))
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    place = Place(mark.line + 1, mark.column + 1, offset, offset + 1) if mark else TOP
    line = text.splitlines()[place.line - 1] if text and place.line <= len(text.splitlines()) else ""
    hint = _REASONS.get(str(problem)) or _reason(line, place.column)
    return Unreadable(f"this is not YAML: {problem}", place, hint)


#: What is likely the matter where YAML says this, whatever the line.
_REASONS = {
    "did not find expected <document start>": "Nothing may follow the end of the spec: a file is one spec.",
    "found incompatible YAML document": "Leave the %YAML line out: a spec begins with `spec: 1`.",
    "did not find expected key": "The keys of one mapping begin in one column; text behind a quoted text ends it.",
}


def _reason(line: str, column: int) -> str:
    at = line[column - 1 : column]
    if at == "\t":
        return "Indent with spaces: YAML does not allow tabs."
    if at in "`@%" and at:
        return f"A text that begins with {at} must be in quotes."
    if "{{" in line and not re.search(r"""["'].*\{\{""", line):
        return "Text with {{ }} must be in quotes."
    if re.search(r"\{[^\"']*\[", line):
        return "Inside { } a text with [ ] must be in quotes."
    if re.search(r":\s+[^\s{\[].*:\s", line):
        return "A text with a colon and a space in it must be in quotes."
    return ""
