"""Recorded exchanges in place of a host."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import vcr
from vcr.stubs import urllib3_stubs

from twat_fs.http.connection import GuardedHTTPPool, GuardedHTTPSPool

if TYPE_CHECKING:
    from contextlib import AbstractContextManager


def replay(path: str | os.PathLike[str]) -> AbstractContextManager[Any]:
    """Answer every request from a cassette, and none from the network.

    A request is found by its method and URL, and each recording answers once. What a request carries is not compared:
    a form's boundary differs every time.

    Args:
        path: A cassette in vcrpy's YAML format.

    Returns:
        vcrpy's cassette as a context manager; its `all_played` tells whether every recording was used, and its
        `requests` hold what was recorded.
    """
    recorder = vcr.VCR(record_mode=vcr.mode.NONE, match_on=("method", "uri"), custom_patches=PATCHES)
    cassette: AbstractContextManager[Any] = recorder.use_cassette(os.fspath(path))
    return cassette


class _WholeBody:
    """Gives vcrpy a body as bytes: it copies requests, and a stream with one buffer cannot be copied."""

    def request(self, method: str, url: str, body: Any = None, *args: Any, **kwargs: Any) -> None:
        if body is not None and not isinstance(body, (bytes, str)):
            body = b"".join(bytes(block) for block in body)
        super().request(method, url, body, *args, **kwargs)  # type: ignore[misc]


class _HTTPStub(_WholeBody, urllib3_stubs.VCRRequestsHTTPConnection):  # type: ignore[misc]
    pass


class _HTTPSStub(_WholeBody, urllib3_stubs.VCRRequestsHTTPSConnection):  # type: ignore[misc]
    pass


#: What vcrpy has to replace in the transport: the value of its option `custom_patches`.
PATCHES = ((GuardedHTTPPool, "ConnectionCls", _HTTPStub), (GuardedHTTPSPool, "ConnectionCls", _HTTPSStub))
