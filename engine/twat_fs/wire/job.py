"""One upload as the wire sees it: the spec, and every value that its templates may name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.errors import NotConfigured, UnsupportedType
from twat_fs.expression import secrets
from twat_fs.expression.evaluate import EvaluationError, FileFacts, Scope, evaluate
from twat_fs.source import media_type
from twat_fs.spec.options import wire_values
from twat_fs.tuples import NamedTuple
from twat_fs.urls import BadUrl, authority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twat_fs.messages import Extent
    from twat_fs.source import Source
    from twat_fs.spec.model import Spec


class Job:
    """One upload.

    Attributes:
        spec: The provider.
        scope: What its templates see; `saved` in it grows step by step.
        hosts: Hosts (`name:port`, `*.name:port`) that a secret or the file may go to.
        came_from: For each secret that a reply gave, the host of that reply.
        encrypted: Whether the spec writes https out: then no reply may lead the file or a secret to http.
    """

    def __init__(self, spec: Spec, scope: Scope, hosts: tuple[str, ...], saved: dict[str, Any]) -> None:
        self.spec = spec
        self.scope = scope
        self.hosts = hosts
        self.saved = saved
        self.came_from: dict[str, str] = {}
        self.encrypted = any(_begins_with_https(step.url) for step in spec.steps)

    def of_piece(self, piece: Extent, index: int, previous: Mapping[str, Any]) -> Job:
        """The same upload as one of its pieces sees it; what that saves is its own.

        Args:
            piece: The piece.
            index: Its place among the pieces, from 0.
            previous: What the piece before has saved.
        """
        chunk = self.scope.names["file"].part(*piece, index)
        job = Job(self.spec, self.scope.extended(chunk=chunk, previous=previous), self.hosts, {})
        job.came_from = self.came_from
        return job

    def after(self, previous: Mapping[str, Any]) -> Job:
        """The same upload as what asks how far it came sees it.

        Args:
            previous: What the last piece has saved.
        """
        job = Job(self.spec, self.scope.extended(previous=previous), self.hosts, self.saved)
        job.came_from = self.came_from
        return job


class Inputs(NamedTuple):
    """What a caller and the environment give to an upload.

    Attributes:
        options: Values of the provider's options by name, as given.
        credentials: Secrets by the name that the spec declares; absent ones are not there.
        remote_path: The wanted path, or an empty string.
        now: Unix seconds.
        random: Gives n lower-case letters and digits.
        choose: Gives an index below n.
        variables: For each credential the variable that holds it, where that is not its name.
    """

    options: Mapping[str, Any]
    credentials: Mapping[str, str]
    remote_path: str
    now: int
    random: Callable[[int], str]
    choose: Callable[[int], int]
    variables: Mapping[str, str] = {}

    def __repr__(self) -> str:
        """The names alone, since credentials and options may be secrets."""
        return f"Inputs(options={list(self.options)}, credentials={list(self.credentials)})"


def start(spec: Spec, inputs: Inputs, file: FileFacts) -> Job:
    """Begin an upload: options to their wire values, vars computed once.

    Raises:
        UsageError: An option's value is not one that it takes.
        NotConfigured: A var cannot be computed.
    """
    options, hosts = options_of(spec, inputs.options)
    saved: dict[str, Any] = {}
    names: dict[str, Any] = {
        "file": file,
        "options": options,
        "credentials": {
            name: secrets.credential(name, value, inputs.variables.get(name, ""))
            for name, value in inputs.credentials.items()
        },
        "vars": {},
        "saved": saved,
        "remote_path": inputs.remote_path or file["name"],
        "now": inputs.now,
    }
    scope = Scope(names, inputs.random, inputs.choose)
    for name, tree in spec.vars.items():
        try:
            names["vars"][name] = evaluate(tree, scope)
        except EvaluationError as error:
            raise NotConfigured(f"vars.{name}: {error}", spec.name) from error
    return Job(spec, scope, (*spec.hosts, *hosts), saved)


def _begins_with_https(tree: list[Any]) -> bool:
    first = tree[1][0] if tree[0] == "cat" else tree
    return first[0] in ("text", "const") and str(first[1]).startswith("https://")


def file_facts(source: Source, *, name: str | None = None) -> FileFacts:
    """What templates may know of a file; hashes and content are read only where asked for.

    Args:
        source: The open file.
        name: The name to send instead of the file's own.
    """
    name = name or source.name
    stem, dot, suffix = name.rpartition(".")
    has_suffix = bool(stem) and bool(dot)
    return FileFacts(
        {
            "name": name,
            "stem": stem if has_suffix else name,
            "suffix": f".{suffix}" if has_suffix else "",
            "size": source.size,
            "mtime": source.mtime,
            "type": lambda: media_type(name),
            "text": lambda: _text(source, name),
            "base64": lambda: _base64(source.content()),
            "sha256": lambda: source.digest("sha256"),
            "sha1": lambda: source.digest("sha1"),
            "md5": lambda: source.digest("md5"),
        },
        sha1_of=lambda offset, size: source.digest("sha1", offset, size),
    )


def _text(source: Source, name: str) -> str:
    try:
        return source.content().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnsupportedType(f"`{name}` is not UTF-8 text (byte {error.start}); this host takes text only") from error


def _base64(content: bytes) -> str:
    from binascii import b2a_base64

    return b2a_base64(content, newline=False).decode("ascii")


def options_of(spec: Spec, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Wire values of all options, and the hosts of those that are addresses.

    Raises:
        UsageError: An option's value is not one that it takes.
        NotConfigured: An address cannot be sent to.
    """
    values = wire_values(spec.options, spec.defaults, given)
    hosts: list[str] = []
    for name, facts in spec.options.items():
        raw, value = given.get(name, facts.get("default")), values[name]
        if value is not None and facts.get("type") == "url":
            try:
                hosts.append(authority(value))
            except BadUrl as error:
                raise NotConfigured(f"option {name}: {error}", spec.name) from error
        if facts.get("secret") and value is not None:
            variable = facts.get("env", "") if str(raw) == str(value) else ""  # what a map makes, no variable holds
            values[name] = secrets.held_option(name, value, variable)
    return values, hosts
