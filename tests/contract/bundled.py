"""The bundled http specs, found by being there, and a loopback host that plays any of them.

A copy of a spec has its hosts replaced by the fake one's address; what the host answers is the spec's own first example
of a success. So a new provider is under contract as soon as its file is there.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import yaml

from tests.support import PLANTED, registry
from twat_fs.source import Source
from twat_fs.spec.catalog import Catalog
from twat_fs.spec.load import load
from twat_fs.testing.carried import texts
from twat_fs.testing.example_contract import traits_of
from twat_fs.testing.example_host import led
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.ports import ReservedPort
from twat_fs.upload import UploadOptions, upload

if TYPE_CHECKING:
    from pathlib import Path

    from twat_fs.registry import Registry
    from twat_fs.spec.model import Spec
    from twat_fs.testing.fake_host import Script
    from twat_fs.testing.seen import Seen
    from twat_fs.upload import Outcome

#: Of the bundled specs alone, which keeps nothing.
CATALOG = Catalog([], None)
_PORT = ReservedPort()


@lru_cache
def specs() -> dict[str, Spec]:
    """Every bundled http spec by name."""
    found = {entry.name: CATALOG.spec(entry) for entry in CATALOG.entries()}
    return {name: spec for name, spec in found.items() if spec.kind == "http"}


NAMES = sorted(specs())


def content(name: str) -> bytes:
    """The bytes of a bundled spec."""
    entry = CATALOG.entry(name)
    assert entry is not None
    return CATALOG.content(entry)


@lru_cache
def data(name: str) -> dict[str, Any]:
    """A bundled spec as plain data."""
    found: dict[str, Any] = plain(load(content(name)).data)
    return found


def plain(value: Any) -> Any:
    """Data with plain texts, which is all that the YAML writer takes."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, str) else value


def success(name: str) -> dict[str, Any]:
    """A spec's first example of a success."""
    found: dict[str, Any] = next(example for example in data(name)["examples"] if "url" in example)
    return found


def secrets(name: str) -> dict[str, str]:
    """A made-up value for every credential of a spec."""
    return {item.name: f"{PLANTED}-{item.name}" for item in specs()[name].credentials}


class Stage:
    """Plays a spec's host: each step's success in turn, other replies first where they are given.

    Args:
        name: The spec's.
        first: Replies of one step, before the one that means success.
        step: The index of that step, if it is not the one that sends the file.
        leads_to: Where the addresses in replies lead, if it is not this host.

    Attributes:
        seen: Every request with the index of its step.
        order: The indices of the steps that the example has replies for.
    """

    def __init__(self, name: str, *first: Play, step: int | None = None, leads_to: str = "") -> None:
        self.name = name
        self._first = list(first)
        self._at = 0
        self.seen: list[tuple[int, Seen]] = []
        example, steps = success(name), specs()[name].steps
        told = {steps[0].name: example["reply"]} if "reply" in example else example["replies"]
        self.order = [index for index, step in enumerate(steps) if step.name in told]
        self._replies = [told[steps[index].name] for index in self.order]
        self._step = self.file_step if step is None else step
        self._leads_to = leads_to
        self._host = ""
        asking = steps[self.file_step].resume
        self._question = asking.method if asking else ""
        self._asked_for = str((asking.offset or {}).get("header", "")) if asking else ""

    def _asks(self, seen: Seen) -> bool:
        """Whether a request asks how far the upload came: nowhere, since the one piece was not taken."""
        return bool(self._asked_for) and seen.method == self._question

    @property
    def file_step(self) -> int:
        """The index of the step that sends the file."""
        return next(index for index in self.order if specs()[self.name].steps[index].sends_file)

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        if self._asks(seen):
            return Play(200, headers=[(self._asked_for, "0")])
        again = [step for step, before in self.seen if _asked(before) == _asked(seen)]
        if again:  # the upload was begun anew from an earlier step
            self._at = self.order.index(again[0])
        step = self.order[self._at]
        self.seen.append((step, seen))
        if step == self._step and self._first:
            return self._first.pop(0)
        reply = self._replies[self._at]
        self._at = min(self._at + 1, len(self.order) - 1)
        return self._play(reply)

    def _play(self, reply: dict[str, Any]) -> Play:
        body = json.dumps(reply["json"]) if "json" in reply else str(reply.get("text", ""))
        headers = [(name, self._here(str(value))) for name, value in reply.get("headers", {}).items()]
        return Play(int(reply.get("status", 200)), self._here(body).encode(), headers=headers)

    def _here(self, text: str) -> str:
        return here(self.name, text, self._leads_to or self._host)

    def set_up(self, folder: Path, host: FakeHost) -> None:
        """Write the copy of the spec, whose hosts are the fake one."""
        self._host = host.url
        folder.mkdir(exist_ok=True)
        (folder / f"{self.name}.yaml").write_text(_copied(self.name, host.url, host.authority))

    def options(self, host: FakeHost) -> dict[str, Any]:
        """What the example gives, the addresses of a server of one's own replaced."""
        given: dict[str, Any] = success(self.name).get("options", {})
        return given | {name: _ORIGIN.sub(host.url, url) for name, url in _servers(self.name).items()}

    def url(self, host: FakeHost) -> str:
        """What the upload must give."""
        return here(self.name, success(self.name)["url"], host.url)

    @property
    def tries(self) -> list[Seen]:
        """Every request of the step that sends the file."""
        return [seen for step, seen in self.seen if step == self.file_step]


_ORIGIN = re.compile(r"""https?://[^/\s"'<>,?\\]+""")


def here(name: str, text: str, url: str) -> str:
    """A text of an example, in which the addresses that a spec goes to only because a reply says so lead elsewhere."""
    literal = [
        re.sub(r"\{\{.*?\}\}", "*", str(step["url"])) for step in data(name).get("steps") or [data(name)["request"]]
    ]
    own = [urlsplit(address).netloc for address in literal if address.startswith("https://")]
    allowed = [entry.removesuffix(":443") for entry in specs()[name].hosts]
    servers = [_origin(address) for address in _servers(name).values()]

    def replaced(found: re.Match[str]) -> str:
        host = urlsplit(found[0]).netloc
        led = any(fnmatch(host, entry) for entry in allowed) and not any(fnmatch(host, entry) for entry in own)
        return url if led or found[0] in servers else found[0]

    return _ORIGIN.sub(replaced, text)


def _servers(name: str) -> dict[str, str]:
    """The options that name a server of one's own, as the example gives them or by default."""
    given = success(name).get("options", {})
    options = {key: each for key, each in specs()[name].options.items() if each.get("type") == "url"}
    addresses = {key: given.get(key, each.get("default")) for key, each in options.items()}
    return {key: str(address) for key, address in addresses.items() if address}


def _origin(url: str) -> str:
    found = _ORIGIN.match(url)
    return found[0] if found else ""


def _asked(seen: Seen) -> tuple[str, str, str]:
    """What tells the steps of a spec apart: hosts there are at which several go to one address."""
    return seen.method, seen.target, (seen.header("Content-Type") or "").partition(";")[0]


def hosted(script: Script) -> FakeHost:
    """A host with a script; one after another they have the same address, so that copies of specs are compiled once."""
    return FakeHost(script, reserved=_PORT)


@lru_cache
def _copied(name: str, url: str, authority: str) -> str:
    """A spec's text with its hosts replaced."""
    copied = json.loads(json.dumps(data(name)))
    for step in copied.get("steps") or [copied["request"]]:
        step["url"] = led(step["url"], url)
    if "allow_hosts" in copied:
        copied["allow_hosts"] = [authority]
    copied.pop("examples")
    for gate in ("supported_types", "refused_types"):  # what is asked here is asked of files of any name
        copied.get("capabilities", {}).pop(gate, None)
    return str(yaml.safe_dump(copied, sort_keys=False))


@dataclass
class Ended:
    """How an upload to a stage ended."""

    outcome: Outcome
    used: Registry
    kind: str = field(init=False)
    message: str = field(init=False)

    def __post_init__(self) -> None:
        attempts = self.outcome.attempts
        self.kind = attempts[0].kind if attempts else ""
        self.message = self.used.redactor(f"{attempts[0].message} {attempts[0].hint}") if attempts else ""


def played(stage: Stage, host: FakeHost, path: Path | str, folder: Path, *, keys: bool = True) -> Ended:
    """Upload a file to a stage, as the whole engine does, but without the check afterwards."""
    stage.set_up(folder, host)
    environ = {**(secrets(stage.name) if keys else {}), "TWAT_FS_TRUST": "all"}
    used = registry(folder, **environ)
    options = UploadOptions(check="none", options=stage.options(host))
    with Source(path) as source:
        return Ended(upload(source, used, [stage.name], options), used)


def file_of(seen: Seen) -> str:
    """The SHA-256 of the file in a request, wherever in it the spec puts it."""
    if seen.header("Content-Type") and seen.parts:
        return hashlib.sha256(next(part.body for part in seen.parts if part.filename is not None)).hexdigest()
    if (seen.header("Content-Type") or "") == "application/json":
        return hashlib.sha256(max(texts(seen), key=len).encode()).hexdigest()
    return seen.sha256


def carried(seen: Seen) -> bytes:
    """All that a request carries, with what Basic authentication hides made readable."""
    head = "\n".join(f"{name}: {value}" for name, value in seen.headers).encode()
    return seen.target.encode() + b"\n" + head + b"\n" + seen.body


def holds_secret(seen: Seen, secret: str) -> bool:
    """Whether a request carries a secret, as it is, percent-encoded, or in Basic authentication."""
    scheme, _, login = (seen.header("Authorization") or "").partition(" ")
    basic = b64decode(login) if scheme == "Basic" else b""
    whole = carried(seen) + b"\n" + basic
    return any(form.encode() in whole for form in (secret, quote(secret, safe="")))


def from_reply(name: str) -> bool:
    """Whether a reply says where a later step of the example goes."""
    steps = data(name).get("steps", [])
    return any(str(steps[at].get("url")).startswith("{{ saved.") for at in (Stage(name).order if steps else ()))


def reads_first_reply(name: str) -> bool:
    """Whether anything is read from the reply to the first step."""
    step = specs()[name].steps[Stage(name).order[0]]
    return bool(step.save) or (len(Stage(name).order) == 1 and traits_of(specs()[name]).reads_reply)
