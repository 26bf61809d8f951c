from __future__ import annotations

import errno
import http.client
import inspect
import os
import socket
import ssl
import warnings
from typing import Any

import pytest
import requests.exceptions
import urllib3.exceptions

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
from twat_fs.http.errors import FOREIGN, TABLE, translate


def foreign_classes(module: Any) -> list[type[BaseException]]:
    found = [item for _, item in inspect.getmembers(module, inspect.isclass) if issubclass(item, Exception)]
    return [item for item in found if not issubclass(item, Warning) and not item.__name__.startswith("_")]


EVERY = sorted(
    {
        *foreign_classes(requests.exceptions),
        *foreign_classes(urllib3.exceptions),
        *foreign_classes(http.client),
        *foreign_classes(ssl),
        *foreign_classes(socket),
    },
    key=lambda kind: (kind.__module__, kind.__name__),
)


@pytest.mark.parametrize("kind", EVERY)
def test_every_foreign_error_has_a_row(kind: type[BaseException]) -> None:
    assert issubclass(kind, FOREIGN)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        error = translate(kind.__new__(kind), "host.example:443")
    assert isinstance(error, UploadError)
    assert type(error) in {row.ours for row in TABLE}
    assert str(error).startswith("host.example:443: ")


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (requests.exceptions.ReadTimeout(), UploadTimeout),
        (requests.exceptions.ConnectTimeout(), UploadTimeout),
        (requests.exceptions.SSLError(), TlsError),
        (requests.exceptions.InvalidProxyURL(), ProxyError),
        (requests.exceptions.InvalidURL(), BadRequest),
        (requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("x", TimeoutError())), UploadTimeout),
        (requests.exceptions.ConnectionError(), NetworkError),
        (requests.exceptions.ContentDecodingError(), BadReply),
        (http.client.RemoteDisconnected("x"), NetworkError),
        (http.client.BadStatusLine("x"), BadReply),
        (http.client.IncompleteRead(b""), NetworkError),
        (ssl.SSLCertVerificationError(), TlsError),
        (ssl.SSLEOFError(), NetworkError),
        (socket.gaierror(-2, "Name or service not known"), NetworkError),
        (ConnectionResetError(), NetworkError),
        (ValueError(), BadReply),
    ],
)
def test_a_foreign_error_becomes_what_it_means(foreign: BaseException, ours: type[UploadError]) -> None:
    assert type(translate(foreign, "host.example:443")) is ours


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS])
def test_what_this_machine_lacks_is_no_fault_of_a_host(number: int) -> None:
    inner = urllib3.exceptions.ProtocolError("Connection aborted.", OSError(number, os.strerror(number)))
    with pytest.raises(ResourceError, match=os.strerror(number).lower()) as caught:
        translate(requests.exceptions.ConnectionError(inner), "host.example:443")
    assert (caught.value.exit_code, bool(caught.value.hint)) == (1, True)


def test_the_reason_comes_from_the_innermost_error() -> None:
    root = ConnectionRefusedError(111, "Connection refused")
    outer = requests.exceptions.ConnectionError(urllib3.exceptions.ProtocolError("Connection aborted.", root))
    assert str(translate(outer, "host.example:443")) == "host.example:443: cannot connect: connection refused"


def test_nothing_is_quoted_from_a_foreign_message() -> None:
    pool: Any = None
    inner = urllib3.exceptions.MaxRetryError(pool, "/?key=s3cret", OSError("s3cret"))
    error = translate(requests.exceptions.ConnectionError(inner), "host.example:443")
    assert "s3cret" not in str(error)


def test_an_error_that_was_made_from_itself_is_no_endless_loop() -> None:
    error = OSError()
    error.__cause__ = error
    assert isinstance(translate(error, "host.example:443"), NetworkError)
