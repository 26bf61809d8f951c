"""A spec on its way: plain values in the long form of the language, and what is to be said of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from twat_fs.authoring import keys

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How a template is begun; a text that holds one is not a template.
_OPENERS = re.compile(r"\{[{%#]")
_NAME = re.compile(r"[^a-z0-9]+")
#: Parts of host names that say nothing of the host.
_COMMON = {
    "www",
    "api",
    "upload",
    "uploads",
    "up",
    "files",
    "file",
    "img",
    "image",
    "i",
    "s",
    "dl",
    "cdn",
    "v1",
    "rest",
}


@dataclass
class Draft:
    """A spec on its way.

    Attributes:
        data: The spec's keys, in the language's long form.
        comments: For the path of a key, why it is as it is; written beside it.
        remarks: What could not be carried over, or was decided: for the person who asked.
        values: What stood in the place of a credential, by its name; it never goes into the spec.
        stand_in: The host that stands where people put that of their own server, or an empty string.
    """

    data: dict[str, Any] = field(default_factory=dict)
    comments: dict[tuple[str | int, ...], str] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)
    stand_in: str = ""

    @property
    def request(self) -> dict[str, Any]:
        """The one step."""
        step: dict[str, Any] = self.data.setdefault("request", {})
        return step

    @property
    def host(self) -> str:
        """The host's name, as far as it is written out."""
        found = re.match(r"https?://([A-Za-z0-9.-]+)", str(self.request.get("url", "")))
        return found[1].lower().strip(".-") if found else ""

    def credential(self, name: str, help_text: str = "") -> str:
        """Declare a secret; gives the expression that stands for it."""
        self.data.setdefault("credentials", {}).setdefault(name, {"help": help_text} if help_text else {})
        return f"{{{{ credentials.{name} }}}}"

    def option(self, name: str, facts: dict[str, Any]) -> str:
        """Declare an option; gives the expression that stands for it."""
        name = _NAME.sub("_", name.lower()).strip("_") or "value"
        self.data.setdefault("options", {}).setdefault(name, facts)
        return f"{{{{ options.{name} }}}}"

    def led(self, text: str) -> str:
        """A literal as a template; the stand-in for the user's own server becomes the option `server`."""
        parts = re.split(rf"https?://{re.escape(self.stand_in)}", text) if self.stand_in else [text]
        return "{{ options.server }}".join(map(literal, parts))

    def comment(self, *path: str | int, text: str) -> None:
        """Say beside a key why it is as it is."""
        self.comments[path] = text

    def secret_or(self, name: str, value: str) -> str:
        """A literal as a template; one that looks like a key becomes a credential.

        Args:
            name: Of the field, header or parameter that it is the value of.
            value: The literal.
        """
        named = keys.names_key(name)
        prefix, rest = _scheme_of(value) if named else ("", value)
        keyed = (named and name.lower() != "accept") or keys.looks_random(rest) or keys.is_placeholder(rest)
        if not keyed or (named and _is_plain_choice(rest)):
            return literal(value)
        variable = keys.variable_name(short_name(self.host), name if name.lower() != "authorization" else "token")
        shown = f" It said `{rest.strip()}`." if keys.is_placeholder(rest) and rest.strip() else ""
        self.values[variable] = rest
        return literal(prefix) + self.credential(variable, f"What goes into `{name}`.{shown}")


def _scheme_of(value: str) -> tuple[str, str]:
    """`Bearer ` and its like before a key."""
    found = re.match(r"(?i)(bearer|token|key|basic|client-id|api-?key|bot|discogs|splunk)( +)(?=\S|$)", value)
    return (found[0], value[found.end() :]) if found else ("", value)


def _is_plain_choice(value: str) -> bool:
    return value.lower() in ("true", "false", "yes", "no", "on", "off", "0", "1", "sha256", "sha1", "md5", "public")


def literal(text: str) -> str:
    """A text that stands for itself, as a template."""
    return _OPENERS.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text)


def short_name(host: str) -> str:
    """What a host is called: the part of its name that tells it from others."""
    parts = [part for part in host.lower().split(".") if part]
    telling = [part for part in parts[:-1] if part not in _COMMON] or parts[:1] or [""]
    # Of `0x0.st` the name is all that there is; of `files.catbox.moe` it is `catbox`.
    return telling[-1]


def spec_name(text: str) -> str:
    """A provider's name made of any text."""
    name = _NAME.sub("", text.lower())[:32]
    return name or "host"


def put_query(draft: Draft, url: str) -> str:
    """Move the query of an address into `query`, where that gives the same address again; gives what is left of it.

    Args:
        draft: Gets the parameters.
        url: The address, literal.
    """
    before, mark, query = url.partition("?")
    query, _, _ = query.partition("#")
    pairs = parse_qsl(query, keep_blank_values=True)
    again = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    if not mark or again != query or len({name for name, _ in pairs}) != len(pairs):
        return url.partition("#")[0]
    for name, value in pairs:
        draft.request.setdefault("query", {})[name] = draft.secret_or(name, value)
    return before


def merged(target: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add keys that are not there."""
    for key, value in more.items():
        target.setdefault(key, value)
