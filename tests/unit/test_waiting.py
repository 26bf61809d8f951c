"""Asking until a host is done, and beginning again at an earlier step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import compiled, job
from twat_fs.errors import Forbidden, Unavailable, UploadTimeout
from twat_fs.messages import Reply, reveal
from twat_fs.upload_providers.declarative import run
from twat_fs.upload_providers.stepping import Trail
from twat_fs.upload_providers.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.messages import Request

POLL = """
steps:
  - {name: put, url: "https://host.example/in", raw: "{{ file }}", save: {id: id}}
  - name: done
    method: GET
    url: https://host.example/jobs/{{ saved.id }}
    poll: {until: "state == 'ready'", every: 2s, for: 10s}
    save: {link: link}
    errors: {200: [{when: "state == 'bad'", error: rejected}]}
result: {url: "{{ saved.link }}"}
"""
AGAIN = """
steps:
  - {name: address, url: "https://host.example/new", save: {to: to}}
  - {name: put, method: PUT, url: "https://host.example/{{ saved.to }}", raw: "{{ file }}"}
  - {name: publish, url: "https://host.example/publish/{{ saved.to }}"}
result: {url: "https://host.example/f/{{ saved.to }}"}
retry: {from: address}
"""


class Host:
    """Answers each step with what is planned for it, in order, the last again and again."""

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.slept: list[float] = []
        self.left = float("inf")

    def exchange(self, request: Request, judge: Callable[[Reply], None]) -> Reply:
        self.asked.append(f"{request.step} {reveal(request.url).rpartition('/')[2]}")
        waiting = self.answers[request.step]
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        reply = Reply(status, reveal(request.url), {}, json.dumps(body).encode())
        judge(reply)
        return reply

    def run(self, text: str) -> str:
        ways = Ways(self.exchange, self.exchange, Trail(), self.slept.append, lambda: self.left)
        return str(run(job(compiled(text)), self.exchange, ways))


READY = {"state": "ready", "link": "https://host.example/f/1"}


def test_a_host_is_asked_until_it_is_done() -> None:
    host = Host(put=[{"id": "7"}], done=[{"state": "new"}, {}, READY])
    assert host.run(POLL) == "https://host.example/f/1"
    assert host.asked == ["put in", "done 7", "done 7", "done 7"]
    assert host.slept == [2, 2]


def test_what_is_saved_need_not_be_there_before() -> None:
    assert Host(put=[{"id": 1}], done=[{"state": "new", "link": None}, READY]).run(POLL) == "https://host.example/f/1"


def test_running_out_is_a_timeout_of_that_step() -> None:
    host = Host(put=[{"id": "7"}], done=[{"state": "new"}])
    with pytest.raises(UploadTimeout, match="6 requests") as failed:
        host.run(POLL)
    assert failed.value.step == "done"
    assert sum(host.slept) == 10


def test_the_time_for_the_whole_upload_ends_it_before_a_pause_that_would_take_it_all() -> None:
    host = Host(put=[{"id": "7"}], done=[{"state": "new"}])
    host.left = 2
    with pytest.raises(UploadTimeout, match="1 request"):
        host.run(POLL)
    assert host.slept == []


def test_a_host_that_says_no_is_not_asked_again() -> None:
    host = Host(put=[{"id": "7"}], done=[{"state": "new"}, {"state": "bad"}])
    with pytest.raises(Exception, match="says no"):
        host.run(POLL)
    assert len(host.asked) == 3


def test_a_later_step_that_fails_for_good_begins_again_at_the_step_that_is_named_for_it() -> None:
    host = Host(address=[{"to": "a"}, {"to": "b"}], put=[Unavailable("out of order"), {}], publish=[{}])
    assert host.run(AGAIN) == "https://host.example/f/b"
    assert host.asked == ["address new", "put a", "address new", "put b", "publish b"]


def test_it_does_so_once() -> None:
    host = Host(address=[{"to": "a"}], put=[{}], publish=[Unavailable("out of order")])
    with pytest.raises(Unavailable):
        host.run(AGAIN)
    assert host.asked == ["address new", "put a", "publish a"] * 2


@pytest.mark.parametrize("failure", [Forbidden("no"), Unavailable("no answer", ambiguous=True)])
def test_it_does_not_where_that_cannot_help_or_may_do_harm(failure: Exception) -> None:
    host = Host(address=[{"to": "a"}], put=[{}], publish=[failure])
    with pytest.raises(type(failure)):
        host.run(AGAIN)
    assert len(host.asked) == 3


def test_a_failure_of_the_step_itself_is_no_later_one() -> None:
    host = Host(address=[Unavailable("out of order")])
    with pytest.raises(Unavailable):
        host.run(AGAIN)
    assert host.asked == ["address new"]
