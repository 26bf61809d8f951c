"""Plays the examples of a spec over real sockets: the whole engine sends, and a host on loopback answers."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from twat_fs.errors import UploadError
from twat_fs.http.transport import Transport
from twat_fs.messages import Reply, Request, reveal
from twat_fs.source import Source
from twat_fs.testing.fake_host import FakeHost
from twat_fs.testing.play import Play
from twat_fs.tuples import NamedTuple
from twat_fs.upload_providers.declarative import remove, run
from twat_fs.wire.example_file import example_file, file_name
from twat_fs.wire.examples import OPENED, OPENED_PIECE, Mismatch, login_of, run_example, text_readings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from twat_fs.spec.model import Spec, Step
    from twat_fs.testing.seen import Seen
    from twat_fs.wire.job import Job

T = TypeVar("T")
#: What an example says of the requests of each step, in order.
_Expected = dict[str, list[dict[str, Any]]]

#: What the engine and its client library send with every request; a spec has no say in it.
_STANDING = ("host", "user-agent", "accept-encoding", "connection", "content-length", "expect")


_NOT_RUN = "nothing: it was not run to its end"
#: How a deletion ends well: whether the file was there.
_ENDS = {True: "deleted", False: "gone already"}

#: Bytes that a request may carry beside the file.
_ROOM = 1 << 20


class Exchange(NamedTuple):
    """A request as it came to the host, and the reply.

    Attributes:
        step: The step's name.
        sent: The request in the keys of a step: `method`, `url`, `headers`, and its body.
        reply: The reply as it was received.
        expected: What of the request the example names.
    """

    step: str
    sent: dict[str, Any]
    reply: Reply
    expected: dict[str, Any]


class Act(NamedTuple):
    """An upload, or the deletion of one.

    Attributes:
        exchanges: What went over the wire, in order.
        outcome: The URL that came of it, `deleted` or `gone already`, or `the error KIND: MESSAGE`.
    """

    exchanges: tuple[Exchange, ...]
    outcome: str


class Played(NamedTuple):
    """How an example went.

    Attributes:
        title: The example's, or what it expects.
        upload: How the upload went.
        deletion: How it was deleted again, where the example says so and there was something to delete.
        mismatches: Where it is not as the example says; none where it passes.
    """

    title: str
    upload: Act
    deletion: Act | None
    mismatches: tuple[Mismatch, ...]

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that went over the wire, in order."""
        return (*self.upload.exchanges, *(self.deletion.exchanges if self.deletion else ()))


def play(spec: Spec, example: Mapping[str, Any]) -> Played:
    """Play one example of an http spec.

    Args:
        spec: The provider.
        example: One entry of `examples`, as plain data.

    Raises:
        OSError: There is no room for the example's file, or no port.
    """
    waiting: list[Play] = []
    with (
        tempfile.TemporaryDirectory(prefix="twat-fs-") as folder,
        Source(_written(folder, example.get("file", {})), name=file_name(example.get("file", {}))) as source,
        FakeHost(lambda _: waiting.pop(0), keep=source.size + _ROOM) as host,
        Transport(user_agent="twat-fs test-spec") as transport,
    ):
        wire = _Wire(host, source, transport, waiting)
        mismatches = run_example(
            spec,
            example,
            wire.acting(run, _expected(spec.steps, example)),
            wire.acting(remove, _expected(spec.delete, example.get("delete", {}))),
            wire.carry,
        )
    acts = [Act(tuple(exchanges), outcome) for exchanges, outcome in wire.acts]
    upload, deletion = [*acts, None, None][:2]
    title = str(example.get("title") or example.get("url") or f"the error {example.get('error')}")
    return Played(title, upload or Act((), _NOT_RUN), deletion, tuple(mismatches))


class _Wire:
    """Carries the requests of one example to the host on loopback, whatever host they are meant for."""

    def __init__(
        self,
        host: FakeHost,
        source: Source,
        transport: Transport,
        waiting: list[Play],
    ) -> None:
        self._expected: _Expected = {}
        self._host = host
        self._source = source
        self._transport = transport
        self._waiting = waiting
        self.acts: list[tuple[list[Exchange], str]] = []

    def acting(self, work: Callable[[Job, Any], T], expected: _Expected) -> Callable[[Job, Any], T]:
        """The same work, which notes what goes over the wire, with what the example says of that, and how it ends."""

        def act(job: Job, exchange: Any) -> T:
            self._expected = expected
            exchanges: list[Exchange] = []
            self.acts.append((exchanges, _NOT_RUN))
            outcome = _NOT_RUN
            try:
                result = work(job, exchange)
                outcome = _ENDS[result] if isinstance(result, bool) else str(result)
            except UploadError as error:
                outcome = f"the error {error.kind}: {error.message}"
                raise
            finally:
                self.acts[-1] = (exchanges, outcome)
            return result

        return act

    def carry(self, request: Request, reply: Reply) -> tuple[dict[str, Any], Reply]:
        """Send a request over loopback, where the example's reply waits for it."""
        headers = [(name.title(), value) for name, value in reply.headers.items()]
        self._waiting.append(Play(reply.status, reply.body, headers))
        meant = reveal(request.url)
        led = request._replace(url=self._host.url + _target(meant), private=True)
        got = self._transport.send(led, self._source if request.carries_file else None)
        piece = request.piece
        content = (self._source.digest("sha256", *(piece or ())), OPENED_PIECE if piece else OPENED)
        sent = as_step(self._host.requests[-1], meant, content)
        received = got._replace(url=reply.url)
        left = self._expected.get(request.step, [])
        self.acts[-1][0].append(Exchange(request.step, sent, received, (left.pop(0) if left else None) or {}))
        return sent, received


def _expected(steps: Sequence[Step], example: Mapping[str, Any]) -> _Expected:
    """What an example says of the requests of each step, in order."""
    found = (
        example.get("sent", {}) if "replies" in example else {step.name: example.get("sent", {}) for step in steps[:1]}
    )
    return {step: list(each) if isinstance(each, list) else [each] for step, each in found.items()}


def as_step(seen: Seen, url: str, content: tuple[str, str]) -> dict[str, Any]:
    """A request as it came over the wire, in the keys of a step.

    Args:
        seen: The request.
        url: The address that it was meant for.
        content: The SHA-256 of what is sent of the file, and how a spec writes that.
    """
    headers = {name.lower(): value for name, value in seen.headers if name.lower() not in _STANDING}
    if headers.get("accept") == "*/*":  # the client library's
        del headers["accept"]
    step: dict[str, Any] = {"method": seen.method, "url": url, "headers": headers}
    query = urlsplit(seen.target).query
    if query:
        step["query"] = dict(parse_qsl(query, keep_blank_values=True))
    login = login_of(headers.get("authorization", ""))
    if login is not None:
        step["basic_auth"] = login
    step |= _body(seen, content)
    if "multipart" in step:
        del headers["content-type"]  # the engine's own, with its boundary
    return step


def _body(seen: Seen, content: tuple[str, str]) -> dict[str, Any]:
    if seen.parts:
        return {"multipart": {part.name: _part(part, content) for part in seen.parts}}
    if seen.length and seen.sha256 == content[0]:
        return {"raw": content[1]}
    kind = (seen.header("Content-Type") or "").partition(";")[0]
    readings = text_readings(seen.body.decode("utf-8", "replace"))
    if kind == "application/json":
        return {"json": readings["json"]}
    if kind == "application/x-www-form-urlencoded":
        return {"form": readings["form"]}
    return {"raw": readings["raw"]} if seen.length else {}


def _part(part: Any, content: tuple[str, str]) -> dict[str, Any]:
    import hashlib

    facts = {"filename": part.filename, "content_type": part.content_type}
    is_file = part.filename is not None and hashlib.sha256(part.body).hexdigest() == content[0]
    value = content[1] if is_file else part.body.decode("utf-8", "replace")
    return {"value": value, **{name: fact for name, fact in facts.items() if fact is not None}}


def _target(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def _written(folder: str, facts: Mapping[str, Any]) -> str:
    """The example's file on the disk; one of which only the size is given takes no room there."""
    given = example_file(file_name(facts), facts)
    path = os.path.join(folder, "file")
    with open(path, "wb") as file:
        file.write(str(given["text"]).encode())
        file.truncate(int(given["size"]))
    os.utime(path, (int(given["mtime"]), int(given["mtime"])))
    return path
