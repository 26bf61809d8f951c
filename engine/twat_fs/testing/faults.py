"""How hosts misbehave, as data: what each does in place of an answer, and what must come of it.

Example:
    fault = FAULTS["a redirect: 307"]
    with FakeHost(fault.script(right=Play(200, b"https://host.example/a"))) as host:
        ...  # upload with three attempts and half a second of patience
    assert len(host.requests) == fault.tries
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Union

from twat_fs.testing.play import Again, Play, forever, gzip_bomb
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Stands in redirects for a host that nobody named; `Fault.script` puts another in its place.
ELSEWHERE = "http://elsewhere.example"

#: Bytes of a file that is still being sent while the host already answers: more than systems hold back.
LARGE = 12 * 1024 * 1024


class Fault(NamedTuple):
    """What a host does wrong.

    Attributes:
        what: A reply, or what is changed about the right one.
        kind: The kind of error that it means; empty where the upload works all the same.
        tries: How often the host is sent the request by a provider that tries three times.
        ambiguous: Whether the host may hold the file, and is told so.
        large: Whether it takes a file of `LARGE` bytes to see it.
        once: Whether the host answers rightly from the second request on.
        whole: How many of the tries carry the whole body.
    """

    what: Union[Play, Mapping[str, Any]]
    kind: str = ""
    tries: int = 1
    ambiguous: bool = False
    large: bool = False
    once: bool = False
    whole: int = -1

    def script(self, right: Play, elsewhere: str = ELSEWHERE) -> list[Play]:
        """The replies of a host with this fault, for `FakeHost`.

        Args:
            right: What it answers when nothing is wrong.
            elsewhere: The origin that redirects lead to.
        """
        wrong = self.what if isinstance(self.what, Play) else replace(right, **self.what)
        headers = [(name, value.replace(ELSEWHERE, elsewhere)) for name, value in wrong.headers]
        return [replace(wrong, headers=headers), *([right] if self.once else [])]

    @property
    def wholes(self) -> int:
        """How many of the requests came with their whole body."""
        return self.tries if self.whole < 0 else self.whole


def _ok(head: bytes = b"", body: bytes = b"") -> Play:
    return Play(raw=b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)


def _packed(coding: str, body: bytes | Again) -> Play:
    return Play(200, body, headers=[("Content-Encoding", coding)])


def _to(location: str, status: int = 302, **more: Any) -> Play:
    return Play(status, headers=[("Location", location)], **more)


_GZIPPED = gzip.compress(b"https://host.example/a", mtime=0)
_BOMB = Again(lambda: [gzip_bomb(16 * 1024 * 1024)])
_ENDLESS = Again(forever)
#: Tells a client that asks to go on, so that what follows happens while it sends.
_GO_ON: Mapping[str, Any] = {"interim": [100], "interim_after": 0}
_SENDING: Mapping[str, Any] = {**_GO_ON, "after": 65536}

REDIRECTS = {
    **{f"a redirect: {each}": Fault(_to(f"{ELSEWHERE}/a", each), "redirected") for each in (301, 302, 303, 307, 308)},
    "a redirect to itself": Fault(_to("/upload"), "redirected"),
    "a redirect without a target": Fault(Play(302), "redirected"),
    "a redirect to an empty target": Fault(_to(""), "redirected"),
    "a redirect to a file": Fault(_to("file:///etc/passwd"), "redirected"),
    "a redirect to ftp": Fault(_to("ftp://elsewhere.example/a"), "redirected"),
    "a redirect to half an address": Fault(_to("http://["), "redirected"),
    "a redirect with a user name": Fault(_to("http://me:pass@elsewhere.example/"), "redirected"),
    "a redirect to control characters": Fault(_to("http://\x1b[31melsewhere.example/\x07"), "redirected"),
    "a bomb inside a redirect": Fault(
        Play(302, _BOMB, headers=[("Location", f"{ELSEWHERE}/a"), ("Content-Encoding", "gzip")]), "redirected"
    ),
    "a redirect without end": Fault(Play(302, _ENDLESS, headers=[("Location", f"{ELSEWHERE}/a")]), "redirected"),
    "a redirect while the file is sent": Fault(
        _to(f"{ELSEWHERE}/a", 307, **_SENDING), "redirected", large=True, whole=0
    ),
    "300": Fault(Play(300), "redirected"),
    "304": Fault(Play(304), "redirected"),
}

_MEANINGS = {
    "bad_request": (400, 405, 406, 411, 418, 422, 451, 501, 505),
    "auth": (401,),
    "quota": (402, 507),
    "forbidden": (403,),
    "not_found": (404, 410),
    "conflict": (409,),
    "too_large": (413,),
    "unsupported_type": (415,),
    "unavailable": (408, 425, 500, 502, 503, 504, 520, 599),
    "rate_limited": (429,),
}
_PASSING = ("unavailable", "rate_limited")

STATUSES = {
    f"{status}": Fault(Play(status, b"no"), kind, tries=3 if kind in _PASSING else 1)
    for kind, statuses in _MEANINGS.items()
    for status in statuses
}

NOT_HTTP = {
    name: Fault(play, "bad_reply", ambiguous=True)
    for name, play in {
        "garbage": Play(raw=b"\x00\x01\x02 garbage\r\n\r\n"),
        "HTTP/0.9": Play(raw=b"https://host.example/a"),
        "another protocol": Play(raw=b"SSH-2.0-OpenSSH_9.0\r\n"),
        "HTTP/2 without asking": Play(raw=b"HTTP/2 200 OK\r\n\r\n"),
        "101": Play(raw=b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
        "status 99": Play(raw=b"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n"),
        "status 999": Play(raw=b"HTTP/1.1 999 High\r\nContent-Length: 0\r\n\r\n"),
        "no status": Play(raw=b"HTTP/1.1 OK\r\n\r\n"),
        "a header that is none": _ok(b"nothing\r\nContent-Length: 0\r\n"),
        "endless headers": Play(raw=Again(lambda: forever(b"HTTP/1.1 200 OK\r\n" + b"X-More: yes\r\n" * 1000))),
        "an endless header": Play(raw=Again(lambda: forever(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 65536))),
        "a flood of interim replies": Play(raw=Again(lambda: forever(b"HTTP/1.1 102 Wait\r\n\r\n" * 100))),
        "eleven interim replies": Play(200, b"https://host.example/a", interim=[103] * 11),
        "a length that is text": Play(200, b"https://host.example/a", length="many"),
        "a negative length": Play(200, b"https://host.example/a", length="-1"),
        "two lengths": _ok(b"Content-Length: 5\r\nContent-Length: 22\r\n", b"https://host.example/a"),
        "less than it sends": Play(200, b"https://host.example/a", length="20"),
        "an unknown transfer encoding": _ok(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
        "no end of its text": Play(200, b"https://host.example/a", length=""),
        "an endless answer": Play(200, _ENDLESS),
        "a huge answer": Play(200, bytes(1024 * 1024 + 1)),
        "a huge length": Play(200, _ENDLESS, headers=[("Content-Length", "99999999999")]),
        "a bomb": _packed("gzip", _BOMB),
        "two layers of gzip": _packed("gzip, gzip", gzip.compress(_GZIPPED, mtime=0)),
        "sixty layers": _packed(", ".join(["gzip"] * 60), _GZIPPED),
        "brotli": _packed("br", b"\x0b\x02\x80abc\x03"),
        "gzip that is none": _packed("gzip", b"https://host.example/a"),
        "gzip without its end": _packed("gzip", _GZIPPED[:-8]),
        "gzip with more after it": _packed("gzip", _GZIPPED + b"more"),
        "no content": Play(204),
        "an empty answer": Play(200),
        "a page": Play(200, b"<!doctype html><title>Welcome</title>", headers=[("Content-Type", "text/html")]),
        "OK": Play(200, b"OK"),
        "no UTF-8": Play(200, b"https://host.example/\xff"),
        "a byte order mark": Play(200, b"\xef\xbb\xbfhttps://host.example/a"),
        "a URL with an escape": Play(200, b"https://host.example/\x1b[31m"),
        "a URL of a script": Play(200, b"javascript:alert(1)"),
        "two URLs": Play(200, b"https://host.example/a\nhttps://host.example/b"),
        "a URL with a user": Play(200, b"https://host.example@elsewhere.example/"),
        "a URL of anybody": Play(200, b"//elsewhere.example/a"),
    }.items()
}

BROKEN = {
    "closed without an answer": Fault(Play(mute=True, close=True), "network", ambiguous=True),
    "reset without an answer": Fault(Play(mute=True, reset=True), "network", ambiguous=True),
    "closed in the status line": Fault(Play(200, cut=7), "bad_reply", ambiguous=True),
    "closed in the headers": Fault(Play(200, b"https://host.example/a", cut=30), "network", ambiguous=True),
    "closed in the body": Fault(Play(200, b"https://host.example/a", length="30"), "network", ambiguous=True),
    "closed in a chunk": Fault(
        _ok(b"Transfer-Encoding: chunked\r\n", b"30\r\nhttps://host.example/a"), "network", ambiguous=True
    ),
    "a chunk without a length": Fault(
        _ok(b"Transfer-Encoding: chunked\r\n", b"zz\r\nhttps://host.example/a\r\n0\r\n\r\n"), "network", ambiguous=True
    ),
    "closed before the last chunk": Fault(
        _ok(b"Transfer-Encoding: chunked\r\n", b"16\r\nhttps://host.example/a\r\n"), "network", ambiguous=True
    ),
    "closed while the file is sent": Fault(
        Play(mute=True, close=True, **_SENDING), "network", tries=3, large=True, whole=0
    ),
    "reset while the file is sent": Fault(
        Play(mute=True, reset=True, **_SENDING), "network", tries=3, large=True, whole=0
    ),
}

SLOW = {
    "silence": Fault(Play(mute=True), "timeout", ambiguous=True),
    "half an answer": Fault(Play(200, b"https://", length="22", hold=30), "timeout", ambiguous=True),
    "an answer in drops": Fault(Play(200, b"x" * 900, drip=0.1), "timeout", ambiguous=True),
    "headers in drops": Fault(Play(200, headers=[("X-Slow", "x" * 900)], drip=0.1), "timeout", ambiguous=True),
    "interim replies in drops": Fault(Play(interim=[102] * 9, drip=0.1), "timeout", ambiguous=True),
    "413 without end": Fault(Play(413, b"no", length="9", hold=30, **_SENDING), "too_large", large=True, whole=0),
    "nothing taken": Fault({"mute": True, **_GO_ON, "after": 0}, tries=2, large=True, once=True, whole=1),
}

EARLY = {
    "401 while the file is sent": Fault(Play(401, b"no", close=True, **_SENDING), "auth", large=True, whole=0),
    "413 and silence": Fault(Play(413, b"no", hold=5, **_SENDING), "too_large", large=True, whole=0),
    "413 and a reset": Fault(Play(413, b"no", reset=True, **_SENDING), "too_large", large=True, whole=0),
    "413 instead of 100": Fault(Play(413, b"no", after=0), "too_large", large=True, whole=0),
    "503 while the file is sent": Fault(
        Play(503, b"no", close=True, **_SENDING), tries=2, large=True, once=True, whole=1
    ),
    "200 for half a file": Fault({"close": True, **_SENDING}, "bad_reply", large=True, whole=0),
    "200 for no file": Fault({"after": 0, "close": True}, "bad_reply", large=True, whole=0),
    "417": Fault(Play(417, after=0), tries=2, large=True, once=True, whole=1),
}

HARMLESS = {
    "early hints": Fault({"interim": [100, 102, 103]}),
    "ten interim replies": Fault({"interim": [102] * 10}),
    "interim replies while the file is sent": Fault({"interim": [100, 103], "interim_after": 0}, large=True),
    "chunks": Fault(Play(200, (b"https://host", b".example/a"), chunked=True)),
    "gzip that nobody asked for": Fault(_packed("gzip", _GZIPPED)),
    "headers that mean nothing to us": Fault(
        {"headers": [("Refresh", "0"), ("Alt-Svc", 'h2="elsewhere.example:443"'), ("Link", f"<{ELSEWHERE}>")]}
    ),
    "500 and then not": Fault(Play(500), tries=2, once=True),
    "503 with a cookie, and then not": Fault(Play(503, headers=[("Set-Cookie", "a=1")]), tries=2, once=True),
    "429 with a date that is past": Fault(
        Play(
            429, headers=[("Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"), ("Date", "Sat, 01 Jan 2000 00:00:00 GMT")]
        ),
        tries=2,
        once=True,
    ),
    "429 with a pause that is none": Fault(Play(429, headers=[("Retry-After", "-5, soon")]), tries=2, once=True),
    "reset while the file is sent, and then not": Fault(
        Play(mute=True, reset=True, **_SENDING), tries=2, large=True, once=True, whole=1
    ),
}

GIVEN_UP = {
    "429 for an hour": Fault(Play(429, headers=[("Retry-After", "3600")]), "rate_limited"),
    "503 for ever": Fault(Play(503, headers=[("Retry-After", "9" * 30)]), "unavailable"),
    "503 for longer than one of two": Fault(
        Play(503, headers=[("Retry-After", "0"), ("Retry-After", "86400")]), "unavailable"
    ),
}

#: All of them by name.
FAULTS: dict[str, Fault] = {
    **REDIRECTS,
    **STATUSES,
    **NOT_HTTP,
    **BROKEN,
    **SLOW,
    **EARLY,
    **HARMLESS,
    **GIVEN_UP,
}
