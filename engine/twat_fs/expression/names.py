"""The closed lists of the template language: what a template may name, call and filter with."""

from __future__ import annotations

_FILE = ("name", "stem", "suffix", "size", "type", "text", "base64", "sha256", "sha1", "md5", "mtime")
_CHUNK = ("index", "number", "offset", "end", "size", "last", "sha1")
_REPLY = ("status", "url", "headers", "json", "text")

#: Each name with two facts: whether it has a value by itself, and its members (None: any, as the spec declares them).
Names = dict[str, tuple[bool, tuple[str, ...] | None]]

#: Those of a spec.
ROOTS: Names = {
    "file": (True, _FILE),
    "options": (False, None),
    "credentials": (False, None),
    "vars": (False, None),
    "saved": (False, None),
    "previous": (False, None),
    "result": (False, None),
    "chunk": (True, _CHUNK),
    "reply": (False, _REPLY),
    "remote_path": (True, ()),
    "now": (True, ()),
}

_OF_AN_UPLOAD = ("url", "path", "name", "size", "type", "sha256", "provider", "page_url", "delete_url", "expires_at")

#: Those of a line that is printed of an upload (`upload --format`).
LINE: Names = {**dict.fromkeys(_OF_AN_UPLOAD, (True, ())), "metadata": (False, None)}

FUNCTIONS = ("random", "choice")

#: Each filter with the least and the most arguments that it takes.
FILTERS: dict[str, tuple[int, int]] = {
    "raw": (0, 0),
    "urlencode": (0, 0),
    "base64": (0, 0),
    "basename": (0, 0),
    "lower": (0, 0),
    "upper": (0, 0),
    "trim": (0, 1),
    "replace": (2, 2),
    "regex_replace": (2, 2),
    "split": (0, 1),
    "join": (0, 1),
    "first": (0, 0),
    "last": (0, 0),
    "length": (0, 0),
    "int": (0, 0),
    "string": (0, 0),
    "tojson": (0, 0),
    "date": (1, 1),
}

#: Directives of `date` (C99 strftime) that mean the same everywhere.
DATE_DIRECTIVES = "YmdHMSjyFT"
