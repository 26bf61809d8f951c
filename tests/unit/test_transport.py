from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import pytest

from twat_fs.errors import BadRequest, NotConfigured, SourceError, UploadError
from twat_fs.http.transport import Transport
from twat_fs.messages import Content, FilePart, Held, Multipart, RawFile, Request, TextPart, Timeout
from twat_fs.source import Source
from twat_fs.testing.fake_host import FakeHost, Play, Store, forever

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def transport() -> Iterator[Transport]:
    with Transport(user_agent="twat-fs/1") as transport:
        yield transport


def req(method: str, url: str, **more: Any) -> Request:
    return Request("prov", "step", method, url, **more)


def test_a_form_with_a_file_arrives_byte_for_byte(transport: Transport, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(os.urandom(700_001))
    body = Multipart((TextPart("k", "v"), FilePart("file", "ä.bin", "x/y")))
    with FakeHost() as host, Source(path) as source:
        reply = transport.send(req("POST", host.url + "/up", body=body), source)
    seen = host.requests[0]
    assert (reply.status, seen.complete) == (200, True)
    assert seen.part("file").body == path.read_bytes()
    assert (seen.part("file").filename, seen.part("file").content_type) == ("ä.bin", "x/y")
    assert [part.name for part in seen.parts] == ["k", "file"]


def test_a_raw_file_arrives_with_its_length_and_type(transport: Transport, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"x" * 1000)
    with FakeHost() as host, Source(path) as source:
        transport.send(req("PUT", host.url + "/a", body=RawFile()), source)
    seen = host.requests[0]
    assert (seen.header("content-length"), seen.header("content-type")) == ("1000", "image/png")
    assert seen.header("transfer-encoding") is None
    assert seen.sha256 == hashlib.sha256(b"x" * 1000).hexdigest()


def test_an_empty_file_has_a_length(transport: Transport, tmp_path: Path) -> None:
    path = tmp_path / "empty"
    path.touch()
    with FakeHost() as host, Source(path) as source:
        transport.send(req("PUT", host.url, body=RawFile()), source)
    assert host.requests[0].header("content-length") == "0"
    assert host.requests[0].header("transfer-encoding") is None


@pytest.mark.parametrize(("method", "length"), [("POST", "0"), ("PUT", "0"), ("PATCH", "0"), ("GET", None)])
def test_methods_that_expect_a_body_say_that_there_is_none(
    transport: Transport, method: str, length: str | None
) -> None:
    with FakeHost() as host:
        transport.send(req(method, host.url))
    assert host.requests[0].header("content-length") == length


@pytest.mark.parametrize("target", ["/a/../b", "/./x", "/%2f%7e?q=%2f|'", "/a//b?", "/?a=b&&c", "/a;b=c/d", "/x{y}"])
def test_the_target_goes_out_as_it_was_planned(transport: Transport, target: str) -> None:
    with FakeHost() as host:
        transport.send(req("GET", host.url + target))
    assert host.requests[0].target == target


@pytest.mark.parametrize(("tail", "target"), [("", "/"), ("?q=1", "/?q=1"), ("/a#part", "/a")])
def test_a_target_has_a_path_and_no_fragment(transport: Transport, tail: str, target: str) -> None:
    with FakeHost() as host:
        transport.send(req("GET", host.url + tail))
    assert host.requests[0].target == target


def test_standing_headers_are_sent(transport: Transport) -> None:
    with FakeHost() as host:
        transport.send(req("GET", host.url))
    seen = host.requests[0]
    assert [(name, seen.header(name)) for name in ("Host", "User-Agent", "Accept", "Accept-Encoding")] == [
        ("Host", host.authority),
        ("User-Agent", "twat-fs/1"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "identity"),
    ]


def test_a_requests_own_headers_come_first(transport: Transport) -> None:
    headers = (("user-agent", "own/1"), ("accept", "application/json"), ("X-A", "1"), ("X-A", "2"))
    with FakeHost() as host:
        transport.send(req("GET", host.url, headers=headers))
    names = [
        (name, value) for name, value in host.requests[0].headers if name.lower() not in ("host", "accept-encoding")
    ]
    assert names == [("user-agent", "own/1"), ("accept", "application/json"), ("X-A", "1"), ("X-A", "2")]


def test_the_content_type_of_a_request_counts_but_for_forms(transport: Transport) -> None:
    headers = (("Content-Type", "application/json"),)
    with FakeHost() as host:
        transport.send(req("POST", host.url, headers=headers, body=Content("{}")))
        transport.send(req("POST", host.url, headers=headers, body=Multipart((TextPart("a", "b"),))))
    first, second = host.requests
    assert first.header("content-type") == "application/json"
    assert (second.header("content-type") or "").startswith("multipart/form-data; boundary=")
    assert second.part("a").body == b"b"


def test_secrets_are_revealed_on_the_wire_only(transport: Transport) -> None:
    key = Held("s3cret", frozenset({"credentials.KEY"}), ("$KEY",))
    with FakeHost() as host:
        transport.send(req("POST", host.url, headers=(("X-Key", key),), body=Content(key)))
    assert (host.requests[0].header("x-key"), host.requests[0].body) == ("s3cret", b"s3cret")


@pytest.mark.parametrize("value", ["s3cret\r\nX: y", "s3cret\n", "s3cret\0", "s3crét"])
def test_a_bad_header_value_names_the_header_and_never_the_value(transport: Transport, value: str) -> None:
    held = Held(value, frozenset({"credentials.KEY"}), ("$KEY",))
    with FakeHost() as host, pytest.raises(NotConfigured, match="X-Key") as caught:
        transport.send(req("GET", host.url, headers=(("X-Key", held),)))
    assert "s3cr" not in str(caught.value)
    assert not host.connections
    assert (caught.value.provider, caught.value.step, caught.value.ambiguous) == ("prov", "step", False)


@pytest.mark.parametrize("name", ["", "X Y", "X\r\nY", "X:", "Ä", "Host", "content-length", "Transfer-Encoding"])
def test_a_bad_header_name_is_refused(transport: Transport, name: str) -> None:
    with FakeHost() as host, pytest.raises(BadRequest):
        transport.send(req("GET", host.url, headers=((name, "v"),)))
    assert not host.connections


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host.example/",
        "//host.example/",
        "http://",
        "http://user:pw@host.example/",
        "http://host.example:99999/",
        "http://host.example/ä",
        "http://host.example/a b",
        "http://host.example/a\r\nX: y",
        "http://[::1/",
        "mailto:a",
    ],
)
def test_a_url_that_makes_no_sense_is_refused(transport: Transport, url: str) -> None:
    with pytest.raises(BadRequest, match="URL") as caught:
        transport.send(req("GET", url))
    assert "pw" not in str(caught.value)


def test_a_method_must_be_a_word(transport: Transport) -> None:
    with pytest.raises(BadRequest, match="method"):
        transport.send(req("GET /x", "http://127.0.0.1/"))


def test_a_reply_has_lower_case_headers_joined_by_name(transport: Transport) -> None:
    with FakeHost([Play(201, b"x", headers=[("X-A", "1"), ("x-a", "2"), ("Location", "/b")])]) as host:
        reply = transport.send(req("GET", host.url + "/a"))
    assert (reply.status, reply.url, reply.body) == (201, host.url + "/a", b"x")
    assert (reply.headers["x-a"], reply.headers["location"]) == ("1, 2", "/b")


def test_the_body_of_an_error_is_read_too(transport: Transport) -> None:
    with FakeHost([Play(404, b"gone")]) as host:
        reply = transport.send(req("GET", host.url))
    assert (reply.status, reply.body) == (404, b"gone")


def test_the_reply_to_head_has_no_body(transport: Transport) -> None:
    with FakeHost([Play(200, b"12345")]) as host:
        reply = transport.send(req("HEAD", host.url))
        transport.send(req("HEAD", host.url))
    assert (reply.headers["content-length"], reply.body, host.connections) == ("5", b"", 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_reply_and_is_not_followed(transport: Transport, status: int) -> None:
    with FakeHost([Play(status, b"moved", headers=[("Location", "/next")])]) as host:
        reply = transport.send(req("POST", host.url, body=Content("x")))
    assert (reply.status, reply.headers["location"], reply.body) == (status, "/next", b"")
    assert len(host.requests) == 1


@pytest.mark.parametrize("location", ["", "http://[", "file:///etc/passwd", "\x1b[31m", "//", "http://a:b:c/"])
def test_a_bad_location_breaks_nothing(transport: Transport, location: str) -> None:
    with FakeHost([Play(302, headers=[("Location", location)])]) as host:
        assert transport.send(req("GET", host.url)).status == 302


def test_the_body_of_a_redirect_is_not_read(transport: Transport) -> None:
    with FakeHost([Play(302, forever(), headers=[("Location", "/")])]) as host:
        assert transport.send(req("GET", host.url)).body == b""


def test_steps_share_one_connection(transport: Transport) -> None:
    with FakeHost() as host:
        for _ in range(3):
            transport.send(req("POST", host.url, body=Content("x")))
    assert host.connections == 1


def test_cookies_live_as_long_as_the_transport() -> None:
    with FakeHost([Play(200, headers=[("Set-Cookie", "session=1; Path=/")]), Play()]) as host:
        with Transport(user_agent="t") as first:
            first.send(req("GET", host.url))
            first.send(req("GET", host.url, timeout=Timeout(5.0, 5.0)))
            first.send(req("GET", host.url, headers=(("Cookie", "own=1"),)))
        with Transport(user_agent="t") as second:
            second.send(req("GET", host.url))
    assert [seen.header("cookie") for seen in host.requests] == [None, "session=1", "own=1", None]


def test_a_request_that_is_sent_again_has_no_cookie_of_its_failed_try() -> None:
    plays = [
        Play(200, headers=[("Set-Cookie", "step=1")]),
        Play(503, headers=[("Set-Cookie", "try=1")]),
        Play(503, headers=[("Set-Cookie", "try=2")]),
        Play(200, headers=[("Set-Cookie", "try=3")]),
        Play(),
    ]
    with FakeHost(plays) as host, Transport(user_agent="t") as transport:
        again = req("POST", f"{host.url}/put", body=Content("x"))
        for request in (req("POST", f"{host.url}/init"), again, again, again, req("POST", f"{host.url}/end")):
            transport.send(request)
    assert [seen.header("cookie") for seen in host.requests] == [None, *["step=1"] * 3, "step=1; try=3"]


def test_nothing_is_taken_from_a_netrc_file(
    transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("default login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with FakeHost() as host:
        transport.send(req("GET", host.url))
    assert host.requests[0].header("authorization") is None


def test_nothing_is_taken_from_the_proxy_variables(transport: Transport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    with FakeHost() as host:
        assert transport.send(req("GET", host.url)).status == 200


def test_progress_ends_at_the_size_of_the_file(transport: Transport, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(1_000_000))
    calls: list[tuple[int, int]] = []
    with FakeHost() as host, Source(path) as source:
        transport.send(req("PUT", host.url, body=RawFile()), source, lambda *call: calls.append(call))
    assert calls == sorted(calls)
    assert calls[-1] == (1_000_000, 1_000_000)


def test_a_file_that_changes_while_it_is_sent_never_arrives_whole(transport: Transport, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(1_000_000))

    def change(sent: int, total: int) -> None:
        os.utime(path, ns=(1, 1))

    with FakeHost() as host, Source(path) as source:
        with pytest.raises(SourceError, match="changed"):
            transport.send(req("PUT", host.url, body=RawFile()), source, change)
        assert not host.wait_for(1)[0].complete


def test_a_file_that_shrinks_while_it_is_sent_is_not_padded(transport: Transport, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(1_000_000))

    def shrink(sent: int, total: int) -> None:
        os.truncate(path, 500_000)

    with FakeHost() as host, Source(path) as source:
        with pytest.raises(SourceError, match="shrank"):
            transport.send(req("PUT", host.url, body=RawFile()), source, shrink)
        assert host.wait_for(1)[0].length <= 500_000


def test_what_was_stored_can_be_fetched_back_in_blocks(transport: Transport, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(os.urandom(3_000_000))
    blocks: list[bytes] = []
    with FakeHost(Store()) as host, Source(path) as source:
        body = Multipart((FilePart("file", source.name, "x/y"),))
        url = transport.send(req("POST", host.url, body=body), source).body.decode()
        reply = transport.fetch(req("GET", url), lambda block: blocks.append(bytes(block)))
    assert b"".join(blocks) == path.read_bytes()
    assert (reply.status, reply.body, len(blocks) > 1) == (200, b"", True)


def test_an_error_is_not_poured_into_the_sink(transport: Transport) -> None:
    blocks: list[Any] = []
    with FakeHost([Play(404, b"gone")]) as host:
        assert transport.fetch(req("GET", host.url), blocks.append).status == 404
    assert not blocks


def test_more_than_the_limit_is_not_fetched(transport: Transport) -> None:
    count = 0

    def sink(block: Any) -> None:
        nonlocal count
        count += len(block)

    with FakeHost([Play(200, forever())]) as host, pytest.raises(UploadError, match="more than 1000000 bytes"):
        transport.fetch(req("GET", host.url), sink, limit=1_000_000)
    assert count <= 1_000_000
