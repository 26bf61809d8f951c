"""The frozen model of a compiled spec: what the engine runs.

It is built from a card, the plain data that `spec.check` makes and the cache keeps; see `docs/spec-language.md` for
what each key means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.messages import Timeout
from twat_fs.spec.options import wire_value
from twat_fs.tuples import NamedTuple
from twat_fs.units import parse_duration, parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

Tree = list[Any]
Query = dict[str, Any]


class Credential(NamedTuple):
    """An environment variable that holds a secret."""

    name: str
    required: bool
    help: str
    aliases: tuple[str, ...]


class Rule(NamedTuple):
    """One error rule: `match` is a status, a class such as `5xx`, or `any`."""

    match: str
    error: str
    hint: str
    when: Query | None


class Rules(NamedTuple):
    """The error rules of a spec or of a step, and the query for the host's own words."""

    rules: tuple[Rule, ...]
    message: Query | None


class Chunks(NamedTuple):
    """How a step sends the file in pieces: bytes of each, and how many at the same time."""

    size: int
    parallel: int


class Poll(NamedTuple):
    """How long a step is repeated until a query holds; seconds."""

    until: Query
    every: float
    limit: float


class Step(NamedTuple):
    """One request of a spec; with `chunks` or `poll` it is several.

    `offset` is what a step that is another's `resume` finds: how many bytes of the file the host has.
    """

    name: str
    method: str
    url: Tree
    when: Tree | None
    query: dict[str, Tree]
    headers: dict[str, Tree]
    basic_auth: dict[str, Tree]
    body: str
    content: Any
    timeout: Timeout
    redirects: str
    idempotent: bool
    expect: tuple[int, ...]
    save: dict[str, Query]
    errors: Rules
    sends_file: bool
    chunks: Chunks | None = None
    poll: Poll | None = None
    resume: Step | None = None
    offset: Query | None = None


class Retry(NamedTuple):
    """How often and how long a request is retried; seconds."""

    attempts: int = 3
    initial: float = 1.0
    max: float = 30.0
    begin: str | None = None


class Spec(NamedTuple):
    """A provider, compiled.

    `defaults` is what an option sends that nobody gives; `keeps` the names, as root and member, that deleting an upload
    needs of it; `remakes` the vars that are then made again.
    """

    name: str
    title: str
    kind: str
    module: str
    setup: str
    deps: str
    rank: float | None
    about: dict[str, Any]
    capabilities: dict[str, Any]
    credentials: tuple[Credential, ...]
    options: dict[str, dict[str, Any]]
    vars: dict[str, Tree]
    hosts: tuple[str, ...]
    steps: tuple[Step, ...]
    delete: tuple[Step, ...]
    result: dict[str, Any]
    errors: Rules
    retry: Retry
    defaults: dict[str, Any]
    keeps: tuple[tuple[str, str], ...] = ()
    remakes: tuple[str, ...] = ()
    sha256: str = ""

    @property
    def max_file_size(self) -> int | None:
        """The largest file that the host takes, in bytes, or None where it states no limit."""
        size = self.capabilities.get("max_file_size")
        return None if size is None else parse_size(size)

    @property
    def min_file_size(self) -> int:
        """The smallest file that the host takes, in bytes."""
        return parse_size(self.capabilities.get("min_file_size", 0))

    @property
    def max_name(self) -> int | None:
        """Bytes that a file's name may have at the host, or None where it states no limit."""
        return self.capabilities.get("max_name")

    @property
    def check(self) -> str:
        """How the URL can be checked: `get`, `head` or `none`."""
        return checked_by(self.capabilities)

    @property
    def status(self) -> str:
        """What the spec says of the host: `alive`, `closed` or `unknown`."""
        return str(self.about.get("checked", {}).get("status", "unknown"))

    @property
    def needs_login(self) -> bool:
        """Whether it needs a secret; of a Python provider's, where none is required by itself, one of several ways."""
        return any(secret.required for secret in self.credentials) or (self.kind == "python" and bool(self.credentials))


def checked_by(capabilities: Mapping[str, Any]) -> str:
    """How the URL of an upload can be checked: `get`, `head` or `none`.

    Args:
        capabilities: As the spec has them.
    """
    if capabilities.get("single_download") or capabilities.get("direct_link") is False:
        return "none"
    return str(capabilities.get("check", "get"))


def from_card(card: dict[str, Any]) -> Spec:
    """The model of a compiled spec."""
    retry = card["retry"]
    return Spec(
        name=card["name"],
        title=card.get("title", card["name"]),
        kind=card["kind"],
        module=card.get("module", ""),
        setup=card.get("setup", ""),
        deps=card.get("deps", ""),
        rank=card.get("rank"),
        about={key: card[key] for key in ("homepage", "docs", "description", "checked") if key in card},
        capabilities=card["capabilities"],
        credentials=tuple(
            Credential(name, facts["required"], facts["help"], tuple(facts["aliases"]))
            for name, facts in card["credentials"].items()
        ),
        options=card["options"],
        vars=card["vars"],
        hosts=tuple(card["hosts"]),
        steps=tuple(_step(step) for step in card["steps"]),
        delete=tuple(_step(step) for step in card.get("delete", ())),
        result=card["result"],
        errors=_rules(card["errors"]),
        retry=Retry(
            retry["attempts"], parse_duration(retry["initial"]), parse_duration(retry["max"]), retry.get("from")
        ),
        defaults={
            name: wire_value(name, facts, facts["default"])
            for name, facts in card["options"].items()
            if facts.get("default") is not None
        },
        keeps=tuple((root, name) for root, name in card.get("keeps", ())),
        remakes=tuple(card.get("remakes", ())),
        sha256=card.get("sha256", ""),
    )


def _step(card: dict[str, Any]) -> Step:
    body = next((kind for kind in ("multipart", "form", "json", "raw") if kind in card), "")
    timeout, chunks, poll = card["timeout"], card.get("chunks"), card.get("poll")
    return Step(
        name=card["name"],
        method=card["method"],
        url=card["url"],
        when=card.get("when"),
        query=card["query"],
        headers=card["headers"],
        basic_auth=card.get("basic_auth", {}),
        body=body,
        content=card.get(body),
        timeout=Timeout(_seconds(timeout["connect"]), _seconds(timeout["read"])),
        redirects=card["redirects"],
        idempotent=card["idempotent"],
        expect=tuple(card["expect"]),
        save=card["save"],
        errors=_rules(card["errors"]),
        sends_file=card["sends_file"],
        chunks=Chunks(parse_size(chunks["size"]), int(chunks["parallel"])) if chunks else None,
        poll=Poll(poll["until"], parse_duration(poll["every"]), parse_duration(poll["for"])) if poll else None,
        resume=_step(card["resume"]) if "resume" in card else None,
        offset=card.get("offset"),
    )


def _rules(card: dict[str, Any]) -> Rules:
    rules = [
        Rule(match, rule["error"], rule.get("hint", ""), rule.get("when"))
        for match, listed in card.items()
        if match != "message"
        for rule in listed
    ]
    return Rules(tuple(rules), card.get("message"))


def _seconds(text: Any) -> float | None:
    return None if text == "none" else float(parse_duration(text))
