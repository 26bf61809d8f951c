"""From a planned request to the one that requests sends: revealed, checked, and not changed by a byte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from requests import PreparedRequest
from urllib3 import HTTPHeaderDict

from twat_fs.errors import BadRequest, NotConfigured
from twat_fs.messages import Multipart, reveal
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from twat_fs.http.body import StreamingBody
    from twat_fs.messages import Request

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")
_TARGET = re.compile(r"[\x21-\x7e]*")

_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_EXPECT_BODY = frozenset({"POST", "PUT", "PATCH"})


class Place(NamedTuple):
    """Where a request goes.

    Attributes:
        host: The host alone.
        label: Host and port, for messages.
        origin: Scheme, host and port as the URL has them.
        target: The path and query.
    """

    host: str
    label: str
    origin: str
    target: str


def place_of(url: str) -> Place:
    """Where a URL leads.

    Args:
        url: An absolute URL.

    Raises:
        BadRequest: It is no http or https URL in ASCII with a host and without credentials.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        parts, host, port = SplitResult("", "", "", "", ""), "", 0
    if not host or not port or "@" in parts.netloc or not _TARGET.fullmatch(url):
        raise BadRequest("the URL is not an http or https URL in ASCII with a host and without a user name")
    bare = url.partition("#")[0]
    after = bare[bare.index("//") + 2 + len(parts.netloc) :]
    target = after if after.startswith("/") else f"/{after}"
    label = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return Place(host, label, f"{parts.scheme}://{parts.netloc}", target)


def prepare(
    request: Request, body: StreamingBody, user_agent: str, cookies: str | None, *, asks: bool = False
) -> PreparedRequest:
    """Put the request into the form that requests sends.

    Args:
        request: The plan; its secrets are revealed here.
        body: Its body.
        user_agent: Sent unless the request has one.
        cookies: Sent unless the request has a Cookie header.
        asks: Whether the host is asked first if it takes the body.

    Raises:
        BadRequest: The method or a header is not one that HTTP knows.
        NotConfigured: The value of a header, which a credential may be part of, holds what no header may hold.
    """
    if not _TOKEN.fullmatch(request.method):
        raise BadRequest("the method is not a word that HTTP knows")
    prepared = PreparedRequest()
    prepared.method = request.method
    prepared.url = reveal(request.url)
    prepared.headers = _headers(request, body, user_agent, cookies, asks=asks)  # type: ignore[assignment]
    prepared.body = None if request.body is None else body  # type: ignore[assignment]
    return prepared


def _headers(
    request: Request, body: StreamingBody, user_agent: str, cookies: str | None, *, asks: bool
) -> HTTPHeaderDict:
    headers, typed = HTTPHeaderDict(), True
    for name, value in request.headers:
        _check_name(name)
        if name.lower() == "content-type" and isinstance(request.body, Multipart):
            continue  # only the body knows its boundary
        if name.lower() == "content-type" and not reveal(value):
            typed = False
            continue
        headers.add(name, _checked(name, reveal(value)))
    headers.setdefault("User-Agent", _checked("User-Agent", user_agent))
    headers.setdefault("Accept", "*/*")
    headers.setdefault("Accept-Encoding", "identity")
    if cookies and _VALUE.fullmatch(cookies):
        headers.setdefault("Cookie", cookies)
    if asks:
        headers["Expect"] = "100-continue"
    if body.content_type and typed:
        headers.setdefault("Content-Type", _checked("Content-Type", body.content_type))
    if request.body is not None or request.method in _EXPECT_BODY:
        headers["Content-Length"] = str(body.length)
    return headers


def _check_name(name: str) -> None:
    if not _TOKEN.fullmatch(name):
        raise BadRequest(f"the header name {name[:100]!a} is not valid")
    if name.lower() in _OURS:
        raise BadRequest(f"the header {name} is not one that a request may set")


def _checked(name: str, value: str) -> str:
    if not _VALUE.fullmatch(value):
        raise NotConfigured(
            f"the value of the header {name} holds a line break, a control character or a character that is not ASCII",
            hint="Check the credential or the option that it was made from.",
        )
    return value.strip(" \t")
