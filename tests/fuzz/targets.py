"""What must be true of any bytes whatever: one function for each reader and writer of foreign text.

Each takes the bytes that a fuzzer makes, and fails where a promise is broken. `python -m tests.fuzz NAME` runs one
under a coverage-guided fuzzer; the test suite runs each over its seeds and over what fuzzers have found.
"""

from __future__ import annotations

import json
import random
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from tests.support import PLANTED, compiled, job, scope
from twat_fs.config.document import Document, decoded, places
from twat_fs.config.keys import KEYS
from twat_fs.errors import ConfigError, UploadError
from twat_fs.expression import secrets
from twat_fs.expression.evaluate import EvaluationError, evaluate, render, render_url
from twat_fs.expression.parse import parse_template
from twat_fs.expression.tree import ExpressionError
from twat_fs.http.body import StreamingBody
from twat_fs.http.connection import GuardedHTTPConnection, GuardedHTTPPool
from twat_fs.http.transport import Transport
from twat_fs.messages import FilePart, Held, Multipart, Reply, Request, TextPart, Timeout, origins_of, reveal
from twat_fs.source import Source
from twat_fs.spec.load import Unreadable, load
from twat_fs.validation import validate
from twat_fs.wire.classify import classify
from twat_fs.wire.extract import result, save
from twat_fs.wire.plan import plan

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def loader(data: bytes) -> None:
    """A spec is valid, or every problem of it stands at a place that is there, in words that can be shown."""
    verdict = validate(data, "spec.yaml", None)
    for problem in verdict.problems:
        assert problem.message
        assert not _UNSHOWN.search(problem.message + problem.hint), problem
        assert 1 <= problem.place.line <= len(verdict.lines) + 1, problem
        assert problem.place.column >= 1, problem
    assert (verdict.label is None) != verdict.valid
    try:
        document = load(data)
    except Unreadable:
        assert not verdict.valid
        return
    for place in document.places.values():
        assert 0 <= place.start <= place.end <= len(document.text)


_KEY = secrets.credential("KEY", PLANTED)
_SEEN: dict[str, Any] = {
    "credentials": {"KEY": _KEY},
    "options": {"a": "o p", "n": 5, "b": True, "none": None, "pw": secrets.held_option("pw", f"{PLANTED}-o")},
    "saved": {"text": "Some/té xt", "list": [1, "two", None, {"k": [True]}], "t": secrets.held_reply("t", [PLANTED])},
    "vars": {"v": "x" * 100},
    "reply": {"status": 200, "url": "https://h.example/", "headers": {"a": "b"}, "json": {"a": [1.5]}, "text": "t"},
}


def template(data: bytes) -> None:
    """A template is refused at a piece of it, or is plain data with a plain value, in which secrets are covered."""
    text = data.decode("utf-8", "replace")
    try:
        tree = parse_template(text)
    except ExpressionError as refusal:
        assert str(refusal)
        assert refusal.near in text, refusal.near
        return
    assert json.loads(json.dumps(tree)) == tree, "a compiled template is plain data"
    for way in (evaluate, render, render_url):
        try:
            value = way(tree, scope(**_SEEN))
        except EvaluationError as error:
            assert PLANTED not in str(error)
            continue
        if not origins_of(value) and PLANTED not in text:
            assert PLANTED not in repr(value)
        if way is not evaluate:
            assert value is None or isinstance(value.value if isinstance(value, Held) else value, str)


_READERS = {
    name: compiled(f'request: {{url: "https://h.example/", multipart: {{f: "{{{{ file }}}}"}}{more}}}\n{rest}')
    for name, more, rest in (
        ("text", "", "result: {url: {text: true}}"),
        ("json", "", "result: {url: data.url, metadata: {a: a, b: '{{ reply.json }}'}}\nerrors: {message: error}"),
        ("regex", "", "result: {url: {regex: 'https://[^ ]+'}}\nerrors: {any: {when: no, error: rejected}}"),
        ("header", ", expect: [200, 302]", "result: {url: {header: Location}, page_url: {header: X-Page}}"),
        (
            "saved",
            ", save: {id: id, t: {text: true, default: '-'}}",
            'result: {url: "https://h.example/{{ saved.id }}"}',
        ),
    )
}
_KINDS = sorted(_READERS)


def reply(data: bytes) -> None:
    """What came back is a URL that may be printed, or an error of the tree, told on one line."""
    kind, status, rest = data[:1], data[1:2], data[2:]
    head, separator, body = rest.partition(b"\n\n")
    lines = head.decode("latin-1").split("\n") if separator else []
    pairs = [line.partition(":") for line in lines]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    spec = _READERS[_KINDS[sum(kind) % len(_KINDS)]]
    begun = job(spec)
    step = spec.steps[0]
    request = plan(begun, step)
    came = Reply(200 + sum(status) * 2, "https://h.example/up", headers, body if separator else rest)
    try:
        refusal = classify(begun, step, request, came)
        if refusal:
            raise refusal
        save(begun, step, request, came)
        url = str(result(begun, request, came))
    except UploadError as error:
        _one_line(error)
        return
    assert url.isascii()
    assert url.lower().startswith(("http://", "https://"))
    assert not set(url) & set("\"'<>\\^`{|} \x7f")
    assert all(character > " " for character in url)


def _one_line(error: UploadError) -> None:
    assert error.message
    assert not _UNSHOWN.search(error.message), error.message
    assert error.retry_after is None or error.retry_after >= 0


class _Played(GuardedHTTPConnection):
    """A connection to a host that has said everything already."""

    said = b""

    def _connect(self, family: int, address: Any, seconds: float | None) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.settimeout(5)
        theirs.sendall(self.said)
        theirs.shutdown(socket.SHUT_WR)
        self.theirs = theirs  # kept: one that is closed would reset ours
        return ours


def wire(data: bytes) -> None:
    """What comes from a socket is a reply within its limits, or an error of the tree."""
    request = Request(
        "fuzz", "up", ("GET", "PUT", "HEAD")[len(data) % 3], "http://127.0.0.1:9/a", timeout=Timeout(5, 5)
    )
    with (
        patch.object(GuardedHTTPPool, "ConnectionCls", _Played),
        patch.object(_Played, "said", data[:60_000]),
        Transport(user_agent="fuzz") as transport,
    ):
        try:
            came = transport.send(request)
        except UploadError as error:
            _one_line(error)
            return
    assert 200 <= came.status <= 599
    assert len(came.body) <= 1024 * 1024
    assert all(name == name.lower() for name in came.headers)


def multipart(data: bytes) -> None:
    """A form is exactly as long as it says, and holds the parts that were put in, with no header more."""
    # The lengths of the pieces come from the data too, so that a fuzzer can move the borders.
    chance = random.Random(len(data))
    pieces = [piece.decode("utf-8", "surrogateescape") for piece in data.split(b"\x00")] or [""]
    parts: list[TextPart | FilePart] = []
    while pieces:
        name, value, filename = (pieces.pop() if pieces else "" for _ in range(3))
        if chance.random() < 0.5:
            parts.append(TextPart(name, value, filename or None, filename or None))
        else:
            parts.append(FilePart(name, filename, value))
    with Source(str(HERE / "requirements.txt")) as source:
        body = StreamingBody(Multipart(tuple(parts)), source)
        sent = b"".join(bytes(block) for block in body)
        assert body.complete
        assert len(sent) == body.length
        _compare(parts, body.content_type or "", sent, source.content())


def _compare(parts: list[TextPart | FilePart], content_type: str, sent: bytes, file: bytes) -> None:
    boundary = content_type.partition("boundary=")[2].encode()
    pieces = sent.split(b"--" + boundary)
    assert pieces[0] == b""
    assert pieces[-1] == b"--\r\n"
    assert len(pieces) == len(parts) + 2
    for part, piece in zip(parts, pieces[1:-1], strict=True):
        head, separator, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        assert separator
        lines = head.split(b"\r\n")
        assert len(lines) == 1 + (part.content_type is not None), lines
        assert all(b"\r" not in line and b"\n" not in line for line in lines), lines
        assert lines[0].startswith(b'Content-Disposition: form-data; name="')
        assert lines[0].count(b'"') == 2 + 2 * (part.filename is not None)
        value = file if isinstance(part, FilePart) else reveal(part.value).encode("utf-8", "replace")
        assert content == value + b"\r\n"


def settings_file(data: bytes) -> None:
    """A config file is read, each key of it at a place that is there, or it is told what is wrong, and where."""
    try:
        document = Document("c.toml", decoded("c.toml", data))
    except ConfigError as error:
        for row in error.problems or [error.message]:
            assert re.match(r"c\.toml(:\d+:\d+)?: ", row), row
            assert not _UNSHOWN.search(row + error.hint), row
        return
    lines = data.decode().split("\n")
    for line, column in dict(places(data.removeprefix(b"\xef\xbb\xbf").decode())).values():
        assert 1 <= line <= len(lines)
        assert 1 <= column <= len(lines[line - 1])
    assert set(document.data) <= {"profile", "profiles", "providers", *KEYS}


TARGETS: dict[str, Callable[[bytes], None]] = {
    "loader": loader,
    "template": template,
    "reply": reply,
    "wire": wire,
    "multipart": multipart,
    "settings": settings_file,
}


def seeds(name: str) -> list[bytes]:
    """What a fuzzer of a target begins with: real specs, their templates, replies as hosts send them."""
    made = {"loader": _specs, "template": _templates, "reply": _replies, "wire": _answers, "multipart": _forms}
    return {**made, "settings": _settings}[name]()


def findings(name: str) -> list[Path]:
    """What fuzzers of a target found: each broke a promise once."""
    return sorted((HERE / "findings" / name).glob("*"))


def _specs() -> list[bytes]:
    paths = [*ROOT.glob("providers.d/*.yaml"), *ROOT.glob("tests/specs/*/*.yaml")]
    return [path.read_bytes() for path in sorted(paths)]


def _templates() -> list[bytes]:
    found = {text for content in _specs() for text in re.findall(rb"\{\{.*?\}\}", content)}
    known = {"{{ [saved.text, options.n] | join('-') }}", "{{ 'a' if options.b else credentials.KEY | base64 }}"}
    return sorted(found | {text.encode() for text in known})


def _replies() -> list[bytes]:
    bodies = [
        b"https://h.example/a",
        b'{"data": {"url": "https://h.example/a"}, "a": [1, "\\ud800"]}',
        b'{"id": 5, "error": "no\\u0007", "no": true}',
        b"<html><title>Sorry</title>",
        b"location: /a\nretry-after: 5\nx-page: https://h.example/p\n\n{}",
    ]
    return [bytes([kind, status]) + body for kind in range(len(_KINDS)) for status in (0, 102, 114) for body in bodies]


def _answers() -> list[bytes]:
    return [
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Made\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::1\r\nSet-Cookie: a=b; Domain=.h\r\n\r\n",
        b"HTTP/1.0 503 No\r\nRetry-After: -5\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00",
        b"HTTP/1.1 999 \xff\r\n\r\n",
    ]


def _forms() -> list[bytes]:
    return [
        b"",
        b'na"me\x00value\x00file.txt',
        b"a\r\nX: y\x00b\x00c\r\n\x00\xff\x00d\x00--boundary",
        "é\0ü\0文".encode(),
    ]


def _settings() -> list[bytes]:
    page = (ROOT / "docs" / "settings.md").read_bytes()
    return [
        *re.findall(rb"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL),
        b"\xef\xbb\xbfjobs = 1\r\nprofiles.a = { check = 'hash', providers.local.dir = \"\\u001b\" }\r\n",
        b'provider = [ # one\n  "local",\n]\n\n  [providers."local"] # x\n  dir = """\na\n"""\n',
        b'"\\u001b[31m" = 1\njbos = 2\n[[profiles]]\n[profiles.a.providers.b]\nKEY = 1\n',
    ]
