"""The one table of foreign errors: what requests, urllib3, http.client, ssl and the system raise, in our own terms."""

from __future__ import annotations

import errno
import http.client
import re
import socket
import ssl
from traceback import walk_tb
from typing import TYPE_CHECKING

import requests
import urllib3.exceptions as u3

from twat_fs.errors import (
    BadReply,
    BadRequest,
    NetworkError,
    ProxyError,
    ResourceError,
    TlsError,
    UploadError,
    UploadTimeout,
)
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Whatever the libraries below us may raise; ValueError is theirs for hosts, ports and chunks that make no sense.
FOREIGN = (requests.RequestException, u3.HTTPError, http.client.HTTPException, OSError, ValueError)

#: What the system says where this machine, or a limit on the process, is at its end.
_LACKING = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS})


#: What to do about a proxy that answers 407.
WHO_ASKS = "Put the proxy's user name and password into its address."
#: How http.client says that a proxy opens no way to a host.
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")


class Row(NamedTuple):
    """Foreign classes, what they become, and what is said after the host's name."""

    foreign: tuple[type[BaseException], ...]
    ours: type[UploadError]
    words: str


#: Read from the top; an error matches where it or anything it was made from is of one of the classes.
TABLE = (
    Row((ssl.SSLEOFError, ssl.SSLZeroReturnError), NetworkError, "the TLS connection broke"),
    Row((ssl.SSLCertVerificationError,), TlsError, "the TLS certificate is not valid"),
    Row((ssl.SSLError, u3.SSLError, requests.exceptions.SSLError), TlsError, "there is no TLS connection"),
    Row((u3.ProxyError, requests.exceptions.ProxyError), NetworkError, "cannot connect to the proxy"),
    Row((socket.gaierror, u3.NameResolutionError, UnicodeError), NetworkError, "cannot find the host"),
    Row((ConnectionRefusedError, u3.NewConnectionError), NetworkError, "cannot connect"),
    Row(
        (u3.ConnectTimeoutError, u3.ReadTimeoutError, u3.TimeoutError, TimeoutError, requests.Timeout),
        UploadTimeout,
        "no answer in time",
    ),
    Row(
        (u3.ProxySchemeUnknown, u3.ProxySchemeUnsupported, requests.exceptions.InvalidProxyURL),
        ProxyError,
        "the proxy's address is not usable",
    ),
    Row(
        (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError),
        NetworkError,
        "the host closed the connection without an answer",
    ),
    Row((u3.InvalidChunkLength, u3.ResponseNotChunked), BadReply, "the answer's chunks are malformed"),
    Row(
        (http.client.IncompleteRead, requests.exceptions.ChunkedEncodingError),
        NetworkError,
        "the answer ended before its end",
    ),
    Row((u3.DecodeError, requests.exceptions.ContentDecodingError), BadReply, "the answer cannot be decoded"),
    Row(
        (
            u3.LocationValueError,
            requests.exceptions.InvalidURL,
            requests.exceptions.InvalidSchema,
            http.client.InvalidURL,
        ),
        BadRequest,
        "the address is not valid",
    ),
    Row(
        (requests.exceptions.MissingSchema, requests.exceptions.URLRequired, requests.exceptions.InvalidHeader),
        BadRequest,
        "the request is not valid",
    ),
    Row(
        (
            http.client.HTTPException,
            u3.InvalidHeader,
            u3.HeaderParsingError,
            u3.ResponseError,
            u3.BodyNotHttplibCompatible,
            requests.exceptions.InvalidJSONError,
            requests.TooManyRedirects,
            requests.HTTPError,
        ),
        BadReply,
        "the answer is not HTTP as we know it",
    ),
    Row((u3.ProtocolError, requests.ConnectionError), NetworkError, "the connection broke"),
    Row((requests.RequestException, u3.HTTPError, OSError), NetworkError, "the connection failed"),
    Row((ValueError,), BadReply, "the answer is not HTTP as we know it"),
)


def translate(error: BaseException, host: str) -> UploadError:
    """The error of ours that a foreign one stands for.

    Args:
        error: One of `FOREIGN`.
        host: Host and port.

    Raises:
        ResourceError: It is the fault of this machine, not of the host.
    """
    check_resources(error, host)
    chain = tuple(_chain(error))
    refused = next((found for link in chain if (found := of_tunnel(link, "the proxy", host)) is not None), None)
    if refused is not None:
        return refused
    for row in TABLE:
        for link in chain:
            if isinstance(link, row.foreign):
                reason = _reason(link)
                return row.ours(f"{host}: {row.words}{': ' if reason else ''}{reason}")
    raise error


def of_tunnel(error: BaseException, proxy: str, host: str) -> ProxyError | NetworkError | None:
    """What a proxy means that opens no way to a host; None where an error says something else.

    Args:
        error: What was raised.
        proxy: How messages call the proxy.
        host: Host and port.
    """
    found = _TUNNEL.match(str(error)) if isinstance(error, OSError) else None
    if found is None:
        return None
    status = int(found[1])
    if status in (502, 503, 504):
        return NetworkError(f"{proxy} cannot reach {host} (status {status})")
    said = f"{proxy} did not pass the request on: status {status}"
    return ProxyError(said, status=status, hint=WHO_ASKS if status == 407 else "")


def check_resources(error: BaseException, host: str) -> None:
    """See whether an error means that this machine lacks something.

    Args:
        error: What was raised.
        host: Host and port.

    Raises:
        ResourceError: It does.
    """
    for link in _chain(error):
        if isinstance(link, OSError) and link.errno in _LACKING:
            more = link.errno in (errno.EMFILE, errno.ENFILE)
            hint = "`ulimit -n 64` allows more." if more else "Other programs may hold what is missing."
            raise ResourceError(f"{host} cannot be talked to: {system_words(link)}", hint=hint) from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it says it was made from, each once."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [*link.args, getattr(link, "reason", None), getattr(link, "original_error", None), link.__cause__]


def _reason(error: BaseException) -> str:
    # Only words that are the system's own: the libraries put URLs, and with them secrets, into their messages.
    if isinstance(error, ssl.SSLCertVerificationError):
        return str(getattr(error, "verify_message", "") or "")
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "reason", "") or "").replace("_", " ").lower()
    if type(error) is http.client.HTTPException and error.args:
        return str(error.args[0])[:100] if not str(error.args[0]).startswith("got more") else "too many headers"
    if isinstance(error, OSError) and error.errno and not isinstance(error, requests.RequestException):
        return system_words(error)
    return ""


def system_words(error: OSError) -> str:
    """What the system says of an error, such as `connection refused`."""
    return (error.strerror or type(error).__name__).lower()


def in_tunnel(error: BaseException) -> bool:
    """Whether a client of urllib3 failed while it asked a proxy for a way: nothing of the request had been sent."""
    link: BaseException | None = error
    while link is not None:  # what was being handled counts too: botocore does not say from what it raises
        if any(frame.f_code.co_name == "_prepare_proxy" for frame, _ in walk_tb(link.__traceback__)):
            return True
        link = link.__cause__ or link.__context__
    return False
