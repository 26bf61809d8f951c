"""Redirects that are followed: as a GET without a body, without a secret that may not go there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, compiled, job
from twat_fs.errors import BadReply, Redirected, TrustError
from twat_fs.messages import Reply
from twat_fs.upload_providers.declarative import run
from twat_fs.wire.plan import follow, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.messages import Request

FOLLOWED = """\
credentials: {KEY: {}}
allow_hosts: [cdn.example, "*.files.example"]
request:
  url: https://h.example/up
  redirects: see_other
  expect: [200]
  headers: {Authorization: "Bearer {{ credentials.KEY }}", X-Plain: a}
  raw: "{{ file }}"
result: {url: "{{ reply.url }}"}
"""


def followed(location: str) -> Request:
    begun = job(compiled(FOLLOWED), KEY=PLANTED)
    return follow(begun, plan(begun, begun.spec.steps[0]), location)


def test_a_redirect_is_followed_as_a_get_without_a_body() -> None:
    request = followed("https://h.example/f/1?a=b")
    assert (request.method, request.body, request.url) == ("GET", None, "https://h.example/f/1?a=b")
    assert [name for name, _ in request.headers] == ["Authorization", "X-Plain"]
    assert (request.expect, request.idempotent) == ((200,), True)


@pytest.mark.parametrize("location", ["https://cdn.example/f", "https://a.files.example/f"])
def test_a_redirect_to_another_host_takes_no_secret_along(location: str) -> None:
    assert followed(location).headers == (("X-Plain", "a"),)


@pytest.mark.parametrize(
    ("location", "error"),
    [
        ("https://evil.example/f", TrustError),
        ("https://h.example:8443/f", TrustError),
        ("https://files.example/f", TrustError),
        ("http://h.example/f", TrustError),
        ("http://h.example:443/f", TrustError),
        ("http://127.0.0.1/f", TrustError),
        ("https://u:p@h.example/f", BadReply),
        ("ftp://h.example/f", BadReply),
        ("file:///etc/passwd", BadReply),
        ("javascript:alert(1)", BadReply),
        ("https://h.example/a\nb", BadReply),
        ("", BadReply),
    ],
)
def test_a_redirect_that_may_not_be_followed_is_an_error(location: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        followed(location)


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_would_send_the_file_on_is_followed_by_nobody(status: int) -> None:
    asked: list[str] = []

    def exchange(request: Request, judge: Callable[[Reply], None]) -> Reply:
        asked.append(request.method)
        reply = Reply(status, "https://h.example/up", {"location": "https://h.example/f"})
        judge(reply)
        return reply

    with pytest.raises(Redirected):
        run(job(compiled(FOLLOWED), KEY=PLANTED), exchange)
    assert asked == ["POST"]
