"""A host is asked whether it takes a large body before one byte of it is sent (RFC 9110, 10.1.1)."""

from __future__ import annotations

import hashlib
import ssl
import time
from typing import TYPE_CHECKING

import pytest
import trustme

from twat_fs.errors import BadReply
from twat_fs.http.transport import ASKED_ABOVE, Transport
from twat_fs.messages import FilePart, Multipart, RawFile, Reply, Request, Timeout
from twat_fs.source import Source
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twat_fs.messages import Body

SIZE = 5 * 1024 * 1024
FORM = Multipart((FilePart("file", "a.bin", "application/octet-stream"),))


@pytest.fixture(params=["http", "https"])
def tls(request: pytest.FixtureRequest, tmp_path: Path) -> ssl.SSLContext | None:
    if request.param == "http":
        return None
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return context


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    (tmp_path / "big").write_bytes(b"12345" * (SIZE // 5))
    with Source(tmp_path / "big") as source:
        yield source


def put(host: FakeHost, source: Source, body: Body = RawFile(), ends: float | None = None) -> Reply:  # noqa: B008
    authority = f"{source.path[: -len('big')]}ca.pem" if host.url.startswith("https") else None
    with Transport(user_agent="twat-fs/1", ca_file=authority, ends=ends) as transport:
        request = Request("prov", "step", "PUT", f"{host.url}/?token=x", body=body, timeout=Timeout(5.0, 5.0))
        return transport.send(request, source)


@pytest.mark.parametrize("body", [RawFile(), FORM], ids=["raw", "form"])
def test_a_host_that_agrees_gets_the_whole_body(source: Source, tls: ssl.SSLContext | None, body: Body) -> None:
    with FakeHost([Play(200, b"ok")], tls=tls) as host:
        assert put(host, source, body).status == 200
    (seen,) = host.requests
    assert seen.header("Expect") == "100-continue"
    assert seen.complete
    if isinstance(body, RawFile):
        assert seen.sha256 == hashlib.sha256(b"12345" * (SIZE // 5)).hexdigest()


@pytest.mark.parametrize("status", [401, 413, 503])
def test_of_a_body_that_is_refused_no_byte_is_sent(source: Source, tls: ssl.SSLContext | None, status: int) -> None:
    with FakeHost([Play(status, b"no", after=0)], tls=tls) as host:
        assert put(host, source).status == status
    assert host.requests[0].length == 0


def test_a_host_that_says_nothing_to_it_gets_the_body_after_a_moment(
    source: Source, tls: ssl.SSLContext | None
) -> None:
    with FakeHost([Play(200, b"ok", after=SIZE)], tls=tls) as host:
        assert put(host, source, ends=time.monotonic() + 4.5).status == 200
    assert host.requests[0].complete


def test_a_host_that_knows_no_such_question_is_not_asked_again(source: Source, tls: ssl.SSLContext | None) -> None:
    with FakeHost([Play(417, after=0), Play(200, b"ok")], tls=tls) as host:
        assert put(host, source).status == 200
    assert [seen.header("Expect") for seen in host.requests] == ["100-continue", None]
    assert (host.requests[0].length, host.requests[1].complete) == (0, True)


def test_a_success_instead_of_leave_is_none(source: Source) -> None:
    with FakeHost([Play(200, b"ok", after=0)]) as host, pytest.raises(BadReply, match="before it had the whole file"):
        put(host, source)


def test_leave_may_come_among_other_interim_replies(source: Source) -> None:
    with FakeHost([Play(200, b"ok", interim=[103], interim_after=0)]) as host:
        assert put(host, source).status == 200
    assert host.requests[0].complete


@pytest.mark.parametrize(("size", "asked"), [(ASKED_ABOVE, None), (ASKED_ABOVE + 1, "100-continue")])
def test_a_small_body_is_sent_without_asking(tmp_path: Path, size: int, asked: str | None) -> None:
    (tmp_path / "file").write_bytes(bytes(size))
    with Source(tmp_path / "file") as source, FakeHost([Play(200, b"ok")]) as host:
        put(host, source)
    assert host.requests[0].header("Expect") == asked
