"""A fake of a spec's host that keeps running: it answers as the spec's example says, and serves what it was sent."""

from __future__ import annotations

import json
import os
import re
import threading
from string import ascii_lowercase, ascii_uppercase, digits
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from twat_fs.testing.carried import piecewise, reader
from twat_fs.testing.play import Play
from twat_fs.testing.spec_play import play
from twat_fs.wire.example_file import example_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twat_fs.spec.model import Spec
    from twat_fs.testing.seen import Seen
    from twat_fs.testing.spec_play import Exchange

#: An address without its path: in texts, in templates, whose hosts can be made of what was saved, and in regexes.
_ORIGIN = re.compile(r"""https?\??://(?:\{\{.*?\}\}|\)\?|\\(?!")|[^/\s"'<>,?\\])+""")
#: Bytes of a body in which a request may name what an earlier reply gave.
_BRIEF = 4096
_RUN = re.compile(r"[A-Za-z0-9]{4,}")
#: What the framing of a reply is made of, which is the fake's own.
_FRAMING = ("content-length", "connection", "transfer-encoding")


class ExampleHost:
    """Answers requests to a spec's host from one of the spec's examples; a script for `FakeHost`.

    A request is known by its method and path, as the example sends them; of several that have both, by its query and
    the kind of its body; where names in a path differ, by the path that is most like it. Addresses in answers lead
    here. Each upload gets an address of its own: the part of the example's `url` that the replies make up, such as an
    id, is counted on. Any other GET or HEAD gets the file of that address, or the one that came last where replies make
    nothing up.

    Pieces of a file are put together as they come, and a question how far an upload came is answered so: one that reads
    a header of the reply, which all servers of one's own do.

    Args:
        spec: The provider.
        example: The entry of `examples` to answer from.
        exchanges: What went over the wire when the example was played before; unless given it is played now.
    """

    def __init__(self, spec: Spec, example: Mapping[str, Any], exchanges: Sequence[Exchange] | None = None) -> None:
        self._exchanges = play(spec, example).exchanges if exchanges is None else exchanges
        content = str(example_file("", example.get("file", {}))["text"]).encode()
        self._readers = {id(each): reader(each.sent, content) for each in self._exchanges}
        self._questions = [step.resume for step in spec.steps if step.resume is not None]
        self._growing: set[str] = set()
        self._token = _token(self._exchanges, example)
        self._lock = threading.Lock()
        self._own: list[str] = []
        self._files: dict[str, bytes] = {}
        self._sent: list[tuple[Seen, bytes]] = []

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        with self._lock:
            told = self._far(seen)
            if told is not None:
                return told
            exchange = self._meant(seen)
            return self._fetched(seen) if exchange is None else self._answered(seen, exchange)

    def _meant(self, seen: Seen) -> Exchange | None:
        own = self._known(seen)
        path = _path(seen).replace(own, self._token) if own else _path(seen)
        same = [each for each in self._exchanges if each.sent["method"] == seen.method]
        exact = [each for each in same if urlsplit(each.sent["url"]).path == path]
        if exact or seen.method in ("GET", "HEAD"):
            return max(exact, key=lambda each: _fitness(each, seen), default=None)
        return max(
            same,
            key=lambda each: (_likeness(urlsplit(each.sent["url"]).path, path), _fitness(each, seen)),
            default=None,
        )

    def _far(self, seen: Seen) -> Play | None:
        """The reply to a question how far an upload came, which serves the file too; None where nothing was asked."""
        asked = next((step for step in self._questions if step.method == seen.method), None)
        name = (asked.offset or {}).get("header") if asked else None
        if asked is None or name is None or seen.expected:
            return None
        content = self._files.get(self._known(seen) or _path(seen), b"")
        return Play(next(iter(asked.expect), 200), content, ((name, str(len(content))),))

    def _answered(self, seen: Seen, exchange: Exchange) -> Play:
        own = self._known(seen) or self._new(exchange)
        read = self._readers[id(exchange)]
        if read is not None:
            self._keep(own, seen, read(seen), grows=piecewise(exchange.sent))
        else:
            self._growing.discard(own)  # where replies make nothing up, the next upload begins
            if own and own not in self._files:
                self._files.update((own, file) for file in self._about(seen)[:1])
        headers = [(name, self._told(value, own, seen)) for name, value in exchange.reply.headers.items()]
        kept = [(name, value) for name, value in headers if name.lower() not in _FRAMING]
        body = self._told(exchange.reply.body.decode("utf-8", "replace"), own, seen)
        return Play(exchange.reply.status, body.encode(), kept)

    def _keep(self, own: str, seen: Seen, content: bytes, *, grows: bool) -> None:
        if own in self._growing:
            content = self._files[own] + content
        elif grows:
            self._growing.add(own)
        self._files[own] = self._files[_path(seen)] = content  # an empty `own`: the last
        self._sent.append((seen, content))

    def _known(self, seen: Seen) -> str:
        """Which upload a request belongs to, by what it has of an earlier reply; empty where to none."""
        told = seen.target + seen.body[:_BRIEF].decode("utf-8", "replace")
        return next((own for own in self._own if own in told), "")

    def _new(self, exchange: Exchange) -> str:
        """What makes the address of the next upload its own; empty where the reply says nothing of it."""
        if not self._token or self._token not in _words(exchange):
            return ""
        self._own.append(_varied(self._token, len(self._own) + 1))
        return self._own[-1]

    def _told(self, text: str, own: str, seen: Seen) -> str:
        return led(text.replace(self._token, own) if own else text, seen.origin)

    def _fetched(self, seen: Seen) -> Play:
        if seen.method not in ("GET", "HEAD"):
            return Play(405, b"the spec's example sends no such request")
        found = [self._files[own] for own in (_path(seen), self._known(seen)) if own and own in self._files]
        found += [*self._named(unquote(_path(seen).rpartition("/")[2])), *self._last()]
        return Play(200, found[0]) if found else Play(404)

    def _about(self, seen: Seen) -> list[bytes]:
        """The files, the last first, whose own request went to a name that stands in the body of this one."""
        text = unquote(seen.body.decode("utf-8", "replace"))
        names = [(unquote(_path(before).rpartition("/")[2]), file) for before, file in reversed(self._sent)]
        return [file for name, file in names if name and name in text]

    def _named(self, name: str) -> list[bytes]:
        """The files, the last first, whose own request told a name."""
        told = [(unquote(f"{before.target} {before.headers}"), file) for before, file in reversed(self._sent)]
        return [file for text, file in told if name and name in text]

    def _last(self) -> list[bytes]:
        return [file for _, file in self._sent[-1:]]


def _token(exchanges: Sequence[Exchange], example: Mapping[str, Any]) -> str:
    """The part of the example's `url` that comes out of a reply and looks most like an id; empty where none does."""
    parts = urlsplit(str(example.get("url", "")))
    name = str(example.get("file", {}).get("name", "example.txt"))
    replied = " ".join(_words(exchange) for exchange in exchanges)
    runs = [run for run in _RUN.findall(f"{parts.path} {parts.query}") if run in replied and run not in name]
    # Else it is a word. Examples have one sign again and again where a template is random.
    ids = [run for run in runs if _kinds(run) > 1 or run.isdigit() or len(set(run)) == 1]
    return max(ids, key=lambda run: (_kinds(run), len(run)), default="")


def _kinds(run: str) -> int:
    return sum(any(sign in kind for sign in run) for kind in (digits, ascii_lowercase, ascii_uppercase))


def _varied(token: str, count: int) -> str:
    """A token counted on, each sign by signs of its kind, so that it still looks as it did."""
    signs = list(token)
    for at in reversed(range(len(signs))):
        kind = next(kind for kind in (digits, ascii_lowercase, ascii_uppercase) if signs[at] in kind)
        count, moved = divmod(count + kind.index(signs[at]), len(kind))
        signs[at] = kind[moved]
    return "".join(signs)


def _words(exchange: Exchange) -> str:
    return exchange.reply.body.decode("utf-8", "replace") + " ".join(exchange.reply.headers.values())


def _likeness(one: str, other: str) -> int:
    """How many parts two paths have in common, and whether they have as many."""
    mine, theirs = one.split("/"), other.split("/")
    return sum(a == b for a, b in zip(mine, theirs)) * 2 + (len(mine) == len(theirs))  # noqa: B905


def led(text: str, origin: str) -> str:
    """A text in which every address leads to another origin."""
    return _ORIGIN.sub(lambda _: origin, text)


def copied(content: bytes, origin: str, **changed: Any) -> str:
    """A spec's text with every address leading to another origin, so that the spec can be used with a fake host.

    Args:
        content: The spec's bytes.
        origin: Such as `http://127.0.0.1:8080`.
        **changed: Keys of the spec to give other values.
    """
    import yaml

    from twat_fs.spec.load import load

    data = json.loads(led(json.dumps(load(content).data), origin))
    data.pop("examples", None)
    data |= changed
    if "allow_hosts" in data:
        data["allow_hosts"] = [origin.partition("//")[2]]
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def write_copy(folder: str, name: str, content: bytes, origin: str) -> str:
    """Write such a copy into a folder; returns its path.

    Raises:
        OSError: It cannot be written.
    """
    path = os.path.join(folder, f"{name}.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(copied(content, origin))
    return path


def _path(seen: Seen) -> str:
    return seen.target.partition("?")[0]


def _fitness(exchange: Exchange, seen: Seen) -> int:
    """How much of a request's query and of its body's kind is as in an exchange."""
    media = (seen.header("Content-Type") or "").partition(";")[0]
    kind = {"multipart/form-data": "multipart", "application/x-www-form-urlencoded": "form", "application/json": "json"}
    same_query = urlsplit(exchange.sent["url"]).query == seen.target.partition("?")[2]
    if not media and not seen.expected:
        return int(same_query) + int(not {"raw", *kind.values()} & set(exchange.sent))
    return int(same_query) + int(kind.get(media, "raw") in exchange.sent)
