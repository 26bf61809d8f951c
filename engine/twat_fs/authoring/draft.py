"""A spec on its way: plain values in the long form of the language, and what is to be said of them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from twat_fs.authoring import keys

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


#: What a secret is not called after.
_TOKENS = ("authorization", "")


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
        keyed = named or keys.looks_random(rest) or (bool(name) and keys.is_placeholder(rest))
        if not keyed or (named and _is_plain_choice(rest)):
            return self.without_keys(name, value)
        variable = self.variable(name, rest)
        shown = f" It said `{rest.strip()}`." if keys.is_placeholder(rest) and rest.strip() else ""
        return literal(prefix) + self.credential(variable, f"What goes into `{name or 'the request'}`.{shown}")

    def without_keys(self, name: str, text: str) -> str:
        """A literal as a template, in which each part that looks like a key is a credential.

        Args:
            name: Of the field, header or parameter that it is a part of.
            text: The literal.
        """
        found = [*keys.in_text(text), *_secrets_of_json(text)]
        pieces = re.split("|".join(map(re.escape, sorted(found, key=len, reverse=True))), text) if found else [text]
        between = re.findall("|".join(map(re.escape, sorted(found, key=len, reverse=True))), text) if found else []
        made = literal(pieces[0])
        for key, after in zip(between, pieces[1:], strict=True):
            made += self.credential(self.variable(name, key), f"A key in `{name or 'the request'}`.") + literal(after)
        return made

    def variable(self, name: str, value: str) -> str:
        """The name of the variable for a secret; where another value has it already, it gets a number.

        Args:
            name: Of the field, header or parameter.
            value: The secret.
        """
        variable = keys.variable_name(short_name(self.host), name if name.lower() not in _TOKENS else "token")
        number = 1
        while self.values.setdefault(variable if number == 1 else f"{variable}_{number}", value) != value:
            number += 1
        return variable if number == 1 else f"{variable}_{number}"


def _scheme_of(value: str) -> tuple[str, str]:
    """`Bearer ` and its like before a key."""
    found = re.match(r"(?i)(bearer|token|key|basic|client-id|api-?key|bot|discogs|splunk)( +)(?=\S|$)", value)
    return (found[0], value[found.end() :]) if found else ("", value)


def _is_plain_choice(value: str) -> bool:
    return value.lower() in ("true", "false", "yes", "no", "on", "off", "0", "1", "sha256", "sha1", "md5", "public")


def _secrets_of_json(text: str) -> list[str]:
    """The values of members that are named like keys, where a text is JSON."""
    try:
        waiting = [json.loads(text)] if text.lstrip()[:1] in ("{", "[") else []
    except (ValueError, RecursionError):
        return []
    found = []
    while waiting:
        data = waiting.pop()
        pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
        for key, value in pairs:
            if isinstance(value, (dict, list)):
                waiting.append(value)
            elif isinstance(value, str) and keys.names_key(str(key)) and len(value) > 3 and not _is_plain_choice(value):
                found.append(json.dumps(value)[1:-1])
    return found


def literal(text: str) -> str:
    """A text that stands for itself, as a template."""
    return _OPENERS.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text)


def short_name(host: str) -> str:
    """What a host is called: the part of its name that tells it from others."""
    if re.fullmatch(r"[\d.]+", host):
        return "server"
    parts = [part for part in host.lower().split(".") if part]
    telling = [part for part in parts[:-1] if part not in _COMMON] or parts[:1] or [""]
    # Of `0x0.st` the name is all that there is; of `files.catbox.moe` it is `catbox`.
    return telling[-1]


def spec_name(text: str) -> str:
    """A provider's name made of any text."""
    name = _NAME.sub("", text.lower())[:32]
    return name or "host"
