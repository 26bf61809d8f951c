from __future__ import annotations

import gzip
import resource
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from twat_fs.errors import BadReply, NetworkError, Redirected, UploadError, UploadTimeout
from twat_fs.http.exchange import Exchange
from twat_fs.http.transport import Transport
from twat_fs.messages import Content, RawFile, Reply, Request, Timeout
from twat_fs.source import Source
from twat_fs.testing.fake_host import FakeHost, Play, forever, gzip_bomb
from twat_fs.testing.play import Again

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BIG = 24 * 1024 * 1024
QUICK = Timeout(1.0, 0.5)
GZIPPED = gzip.compress(b"abc", mtime=0)


@pytest.fixture
def transport() -> Iterator[Transport]:
    with Transport(user_agent="twat-fs/1") as transport:
        yield transport


@pytest.fixture
def big(tmp_path: Path) -> Iterator[Source]:
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(BIG)
    with Source(path) as source:
        yield source


def req(method: str, url: str, **more: Any) -> Request:
    return Request("prov", "step", method, url, **more)


def ask(transport: Transport, play: Play, **more: Any) -> Reply:
    with FakeHost([play]) as host:
        return transport.send(req("GET", host.url + "/?token=s3cret", **more))


def put(transport: Transport, play: Play, source: Source, **more: Any) -> Reply:
    with FakeHost([play]) as host:
        return transport.send(req("PUT", host.url, body=RawFile(), **more), source)


# Size


def test_an_answer_of_exactly_1_mib_is_read(transport: Transport) -> None:
    assert len(ask(transport, Play(200, bytes(1024 * 1024))).body) == 1024 * 1024


def test_a_larger_answer_is_refused(transport: Transport) -> None:
    with pytest.raises(BadReply, match="larger than 1048576 bytes"):
        ask(transport, Play(200, bytes(1024 * 1024 + 1)))


def test_an_endless_answer_is_refused_at_once_and_takes_no_memory(transport: Transport) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadReply, match="larger"):
        ask(transport, Play(200, forever()))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 200 * 1024 * 1024])
def test_a_bomb_is_refused_and_takes_no_memory(transport: Transport, size: int) -> None:
    bomb = gzip_bomb(size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadReply, match="larger"):
        ask(transport, Play(200, bomb, headers=[("Content-Encoding", "gzip")]))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000


def test_more_than_100_header_lines_are_refused(transport: Transport) -> None:
    with pytest.raises(BadReply, match="too many headers"):
        ask(transport, Play(200, headers=[(f"X-{n}", "v") for n in range(101)]))


def test_a_header_line_over_64_kib_is_refused(transport: Transport) -> None:
    with pytest.raises(BadReply, match="not HTTP"):
        ask(transport, Play(200, headers=[("X", "v" * 65537)]))


def test_chunks_that_say_little_in_much_are_refused(transport: Transport) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    with pytest.raises(BadReply, match="larger"):
        ask(transport, Play(raw=head + (b"1;" + b"x" * 60_000 + b"\r\na\r\n") * 200))


# Framing


@pytest.mark.parametrize("length", ["10", "6", "1000000"])
def test_a_short_answer_is_an_error_and_never_a_cut_body(transport: Transport, length: str) -> None:
    with pytest.raises(NetworkError, match="ended before its end"):
        ask(transport, Play(200, b"12345", length=length))


def test_an_answer_that_is_longer_than_it_says_is_an_error_and_never_a_cut_body(transport: Transport) -> None:
    with pytest.raises(BadReply, match="more came than the length"):
        ask(transport, Play(200, b"12345", length="3"))


def test_a_line_break_after_the_length_is_nothing(transport: Transport) -> None:
    assert ask(transport, Play(200, b"123\r\n", length="3")).body == b"123"


@pytest.mark.parametrize("length", ["text", "-1", "3, 4", "0x3", "1" * 30])
def test_a_malformed_length_is_refused(transport: Transport, length: str) -> None:
    with pytest.raises(BadReply, match="length"):
        ask(transport, Play(200, b"123", length=length))


def test_two_lengths_that_differ_are_refused(transport: Transport) -> None:
    with pytest.raises(BadReply, match="length"):
        ask(transport, Play(200, b"123", headers=[("Content-Length", "2")]))


def test_one_length_said_twice_is_accepted(transport: Transport) -> None:
    assert ask(transport, Play(200, b"123", headers=[("Content-Length", "3")])).body == b"123"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.0  200  Fine\nContent-Length: 3\n\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n02;a=b\r\nab\r\n1 \r\nc\r\n0\r\nX: y\r\n\r\n",
    ],
)
def test_what_is_odd_and_clear_is_read(transport: Transport, raw: bytes) -> None:
    assert ask(transport, Play(raw=raw)).body == b"abc"


def test_chunks_are_joined(transport: Transport) -> None:
    assert ask(transport, Play(200, [b"ab", b"c"], chunked=True)).body == b"abc"


def test_an_answer_that_ends_with_its_connection_is_read(transport: Transport) -> None:
    assert ask(transport, Play(200, b"abc", length="", close=True)).body == b"abc"


@pytest.mark.parametrize(
    "chunk",
    [
        b"zz\r\n",
        b"-5\r\nab",
        b"5\r\nab",
        b"\r\n",
        b"FFFFFFFFFFFFFFFFFFFF\r\nab",
        b"0x2\r\nab\r\n0\r\n\r\n",
        b"+2\r\nab\r\n0\r\n\r\n",
        b"0_2\r\nab\r\n0\r\n\r\n",
        b" 2\r\nab\r\n0\r\n\r\n",
        b"2\r\nabXX0\r\n\r\n",
        b"2\r\nab0\r\n\r\n",
    ],
)
def test_bad_chunks_are_an_error(transport: Transport, chunk: bytes) -> None:
    with pytest.raises(UploadError):
        ask(transport, Play(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk))


@pytest.mark.parametrize(
    "raw",
    [
        b"\x00\x01\x02 garbage\r\n\r\n",
        b"<html>hello</html>",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 999 High\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.x 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 +200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 2_0 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX: a\0b\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_what_is_not_http_is_a_bad_reply(transport: Transport, raw: bytes) -> None:
    with pytest.raises(BadReply):
        ask(transport, Play(raw=raw))


def test_an_http_1_0_answer_is_read(transport: Transport) -> None:
    assert ask(transport, Play(raw=b"HTTP/1.0 200 OK\r\n\r\nabc")).body == b"abc"


@pytest.mark.parametrize("play", [Play(200, b"abc", cut=20), Play(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n")])
def test_an_answer_that_is_cut_in_its_headers_is_an_error(transport: Transport, play: Play) -> None:
    with pytest.raises(UploadError):
        ask(transport, play)


# Interim replies


@pytest.mark.parametrize("interim", [[100], [102], [103, 103], [100, 102, 103, 199]])
def test_interim_replies_are_skipped(transport: Transport, interim: list[int]) -> None:
    assert ask(transport, Play(201, b"x", interim=interim)).status == 201


def test_ten_interim_replies_are_enough(transport: Transport) -> None:
    assert ask(transport, Play(200, b"x", interim=[102] * 10)).body == b"x"
    with pytest.raises(BadReply, match="more than 10 interim"):
        ask(transport, Play(200, b"x", interim=[102] * 11))


def test_interim_replies_while_the_body_is_sent_do_not_stop_it(transport: Transport, big: Source) -> None:
    with FakeHost([Play(200, b"x", interim=[100, 103], interim_after=1)]) as host:
        reply = transport.send(req("PUT", host.url, body=RawFile()), big)
    assert (reply.status, host.requests[0].complete) == (200, True)


# Codings


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", GZIPPED),
        ("X-GZIP", GZIPPED),
        ("deflate", zlib.compress(b"abc")),
        ("deflate", zlib.compress(b"abc")[2:-4]),
        ("identity", b"abc"),
        ("", b"abc"),
    ],
)
def test_one_coding_is_undone(transport: Transport, coding: str, body: bytes) -> None:
    assert ask(transport, Play(200, body, headers=[("Content-Encoding", coding)])).body == b"abc"


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", GZIPPED[:-1]),
        ("gzip", GZIPPED[:-8]),
        ("gzip", GZIPPED + b"junk"),
        ("gzip", b"abc"),
        ("gzip, gzip", gzip.compress(GZIPPED, mtime=0)),
        ("br", b"abc"),
        ("zstd", b"abc"),
        ("deflate", b"abc"),
        ("deflate", zlib.compress(b"abc")[:-1]),
        ("deflate", zlib.compress(b"abc") + b"junk"),
        ("deflate", zlib.compress(b"abc" * 99)[2:-9]),
        ("gzip, deflate", zlib.compress(GZIPPED)),
        ("deflate, identity, br", zlib.compress(b"abc")),
    ],
)
def test_a_coding_that_is_damaged_or_unknown_is_a_bad_reply(transport: Transport, coding: str, body: bytes) -> None:
    with pytest.raises(BadReply, match="encoded"):
        ask(transport, Play(200, body, headers=[("Content-Encoding", coding)]))


def test_no_body_needs_no_decoding(transport: Transport) -> None:
    assert ask(transport, Play(200, headers=[("Content-Encoding", "gzip")])).body == b""


# Time


def test_silence_ends_after_the_time_without_progress() -> None:
    with (
        Transport(user_agent="t", answer_timeout=60) as transport,
        pytest.raises(UploadTimeout, match="no answer in time"),
    ):
        ask(transport, Play(200, b"too late", delay=4), timeout=QUICK)


@pytest.mark.parametrize("play", [Play(200, b"x" * 1000, drip=0.1), Play(interim=[102] * 3, drip=0.1)])
def test_a_dripping_host_is_given_up_at_the_deadline(play: Play) -> None:
    with Transport(user_agent="t", answer_timeout=1.0) as transport, pytest.raises(UploadTimeout):
        ask(transport, play, timeout=QUICK)


def test_the_deadline_is_twice_the_time_without_progress_unless_said(
    transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[float | None] = []
    monkeypatch.setattr(Exchange, "await_answer", lambda _, seconds: given.append(seconds))
    assert ask(transport, Play(200, b"x"), timeout=QUICK).body == b"x"
    assert given == [2 * 0.5]


def test_a_slow_answer_within_the_time_is_read(transport: Transport) -> None:
    assert ask(transport, Play(200, b"x", delay=0.4), timeout=QUICK).body == b"x"


def test_a_fetch_that_drips_is_given_up(transport: Transport) -> None:
    with FakeHost([Play(200, b"x" * 1000, drip=0.1)]) as host, pytest.raises(UploadTimeout):
        transport.fetch(req("GET", host.url, timeout=QUICK), lambda _: None)


def test_a_host_that_takes_no_data_is_given_up(transport: Transport, big: Source) -> None:
    with pytest.raises(UploadTimeout, match=r"took no data for 0\.5 seconds") as caught:
        put(transport, Play(after=0, delay=5, mute=True), big, timeout=QUICK)
    assert not caught.value.ambiguous


def test_a_slow_host_that_goes_on_taking_data_is_waited_for(transport: Transport, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(6 * 1024 * 1024))
    with Source(path) as source, FakeHost([Play(pace=0.02)]) as host:
        assert transport.send(req("PUT", host.url, body=RawFile(), timeout=QUICK), source).status == 200
        assert host.requests[0].complete


def test_the_time_for_the_answer_begins_when_the_body_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(5 * 1024 * 1024))
    with (
        FakeHost([Play(pace=0.04)]) as host,
        Transport(user_agent="t", answer_timeout=1.0) as transport,
        Source(path) as source,
    ):
        assert transport.send(req("PUT", host.url, body=RawFile(), timeout=Timeout(1.0, 1.0)), source).status == 200


# Answers before the body was sent


@pytest.mark.parametrize("status", [401, 413, 429, 500])
def test_an_early_error_is_reported_and_stops_the_sending(transport: Transport, big: Source, status: int) -> None:
    with FakeHost([Play(status, b"no", after=65536, close=True)]) as host:
        reply = transport.send(req("PUT", host.url, body=RawFile()), big)
    assert (reply.status, reply.body) == (status, b"no")
    assert host.requests[0].length < BIG


def test_an_early_error_before_a_reset_is_reported(transport: Transport, big: Source) -> None:
    assert put(transport, Play(413, b"no", after=65536, reset=True), big).status == 413


def test_an_early_error_from_a_host_that_stalls_is_reported_soon(transport: Transport, big: Source) -> None:
    with FakeHost([Play(413, b"no", after=65536)]) as host:
        assert transport.send(req("PUT", host.url, body=RawFile()), big).status == 413
    assert host.requests[0].length < BIG


def test_an_early_error_from_a_host_that_takes_nothing_more_is_reported(big: Source) -> None:
    with Transport(user_agent="t", ends=time.monotonic() + 5) as transport:
        assert put(transport, Play(413, b"no", after=65536, hold=8), big, timeout=QUICK).status == 413


def test_an_early_error_is_noticed_while_the_host_takes_no_data(transport: Transport, big: Source) -> None:
    assert put(transport, Play(413, b"no", after=65536, delay=0.5, close=True), big).status == 413


def test_an_error_whose_body_never_ends_is_reported(transport: Transport, big: Source) -> None:
    reply = put(transport, Play(413, b"no", length="100", drip=0.01, after=65536), big, timeout=QUICK)
    assert (reply.status, reply.body) == (413, b"")


@pytest.mark.parametrize("expect", [(), (200, 302)])
def test_an_early_redirect_is_an_error_that_names_its_host(
    transport: Transport, big: Source, expect: tuple[int, ...]
) -> None:
    play = Play(302, after=65536, headers=[("Location", "https://other.example/x?key=1")])
    with pytest.raises(Redirected, match=r"before it had the whole file, with a redirect to other\.example$") as caught:
        put(transport, play, big, expect=expect)
    assert (caught.value.status, caught.value.ambiguous) == (302, False)


def test_an_early_success_is_no_success(transport: Transport, big: Source) -> None:
    with pytest.raises(BadReply, match="before it had the whole file") as caught:
        put(transport, Play(200, b"https://host.example/a", after=65536), big)
    assert (caught.value.ambiguous, caught.value.status) == (False, 200)


def test_an_early_success_before_a_close_is_no_success(transport: Transport, big: Source) -> None:
    with pytest.raises(BadReply, match="before it had the whole file"):
        put(transport, Play(200, b"https://host.example/a", after=65536, close=True), big)


def test_a_connection_with_half_a_body_is_not_used_again(transport: Transport, big: Source) -> None:
    with FakeHost([Play(413, b"no", after=65536, hold=30), Play(200, b"yes")]) as host:
        assert transport.send(req("PUT", host.url, body=RawFile(), timeout=Timeout(5.0, 5.0)), big).status == 413
        assert transport.send(req("GET", host.url, timeout=Timeout(5.0, 5.0))).body == b"yes"
        assert host.connections == 2


@pytest.mark.parametrize("play", [Play(after=65536, mute=True, close=True), Play(after=65536, mute=True, reset=True)])
def test_a_close_in_the_middle_of_the_body_is_a_network_error(transport: Transport, big: Source, play: Play) -> None:
    with pytest.raises(NetworkError, match="closed the connection") as caught:
        put(transport, play, big)
    assert not caught.value.ambiguous


# Answers that leave open whether the file was stored


@pytest.mark.parametrize(
    "play",
    [
        Play(mute=True, close=True),
        Play(mute=True, reset=True),
        Play(mute=True),
        Play(raw=b"garbage\r\n\r\n"),
        Play(200, b"abc", length="10"),
        Play(200, b"abc", headers=[("Content-Encoding", "gzip")]),
        Play(200, b"x" * 1000, cut=10),
        Play(200, forever()),
    ],
)
def test_no_usable_answer_to_a_whole_body_is_ambiguous(transport: Transport, big: Source, play: Play) -> None:
    with pytest.raises(UploadError) as caught:
        put(transport, play, big, timeout=QUICK)
    assert caught.value.ambiguous
    assert (caught.value.provider, caught.value.step) == ("prov", "step")


def test_no_answer_to_a_post_without_body_is_ambiguous(transport: Transport) -> None:
    with FakeHost([Play(mute=True, close=True)]) as host, pytest.raises(NetworkError) as caught:
        transport.send(req("POST", host.url))
    assert caught.value.ambiguous


def test_no_answer_to_a_get_is_not_ambiguous(transport: Transport) -> None:
    with pytest.raises(NetworkError) as caught:
        ask(transport, Play(mute=True, close=True))
    assert not caught.value.ambiguous


def test_messages_name_the_host_and_hide_the_query(transport: Transport) -> None:
    with FakeHost([Play(mute=True, close=True)]) as host, pytest.raises(NetworkError) as caught:
        transport.send(req("GET", host.url + "/path?token=s3cret"))
    assert host.authority in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert "path" not in str(caught.value)


# Kept connections that are dead


def test_a_kept_connection_that_died_is_replaced(transport: Transport) -> None:
    with FakeHost([Play(200, b"1"), Play(mute=True, close=True), Play(200, b"3")]) as host:
        transport.send(req("GET", host.url))
        assert transport.send(req("POST", host.url, body=Content("x"))).body == b"3"
        assert host.connections == 2


def test_a_fresh_connection_that_dies_is_not_tried_again(transport: Transport) -> None:
    with FakeHost([Play(mute=True, close=True), Play()]) as host:
        with pytest.raises(NetworkError):
            transport.send(req("GET", host.url))
        assert len(host.requests) == 1


def test_a_kept_connection_that_dies_in_its_answer_is_not_tried_again(transport: Transport) -> None:
    with FakeHost([Play(), Play(200, b"abc", cut=10), Play()]) as host:
        transport.send(req("GET", host.url))
        with pytest.raises(UploadError):
            transport.send(req("GET", host.url))
        assert len(host.requests) == 2


def test_a_whole_file_is_not_sent_twice_over_a_kept_connection(transport: Transport, big: Source) -> None:
    with FakeHost([Play(), Play(mute=True, close=True), Play()]) as host:
        transport.send(req("GET", host.url))
        with pytest.raises(NetworkError) as caught:
            transport.send(req("PUT", host.url, body=RawFile()), big)
        assert caught.value.ambiguous
        assert len(host.requests) == 2


def test_half_a_file_over_a_dead_connection_is_sent_whole_over_a_new_one(transport: Transport, big: Source) -> None:
    with FakeHost([Play(), Play(after=0, mute=True, reset=True), Play()]) as host:
        transport.send(req("GET", host.url))
        assert transport.send(req("PUT", host.url, body=RawFile()), big).status == 200
        assert (host.requests[2].complete, host.requests[2].length) == (True, BIG)


def test_an_answer_nobody_asked_for_is_not_taken_for_the_next_one(transport: Transport) -> None:
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    with FakeHost([Play(raw=forged), Play(200, b"true")]) as host:
        with pytest.raises(BadReply, match="more came"):
            transport.send(req("GET", host.url))
        assert transport.send(req("GET", host.url)).body == b"true"


def test_an_answer_that_comes_late_and_unasked_is_not_taken_for_the_next_one(transport: Transport) -> None:
    def late() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
        time.sleep(0.1)
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"

    with FakeHost([Play(raw=Again(late), hold=5), Play(200, b"true")]) as host:
        assert transport.send(req("GET", host.url)).body == b"a"
        time.sleep(0.3)
        assert transport.send(req("GET", host.url)).body == b"true"


# Framing


def test_an_answer_that_says_where_it_ends_is_known_to_be_whole(transport: Transport) -> None:
    assert ask(transport, Play(200, b"https://h.example/a")).framed
    assert ask(transport, Play(200, b"https://h.example/a", chunked=True)).framed
    assert ask(transport, Play(200, GZIPPED, headers=[("Content-Encoding", "gzip")], length="")).framed


def test_an_answer_that_ends_with_the_connection_may_have_been_cut(transport: Transport) -> None:
    assert not ask(transport, Play(200, b"https://h.example/a", length="")).framed
