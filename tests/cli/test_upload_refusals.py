"""Uploads that are refused or do not get through: what each says, and ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

GOOD = "https://h.example/a"
UNCHECKED = "capabilities: {check: none}"


def answering(status: int, body: bytes = b"", **more: object) -> FakeHost:
    return FakeHost([Play(status, body, **more)])  # type: ignore[arg-type]


@pytest.fixture
def good() -> Iterator[FakeHost]:
    """A host that stores what it is sent, and serves it."""
    with FakeHost(Store()) as host:
        yield host


def test_an_unknown_provider_is_wrong_usage(run_cli: Cli) -> None:
    answer = run_cli.upload(run_cli.file(), provider="catbax")
    assert (answer.code, answer.out) == (2, "")
    assert "there is no provider `catbax`" in answer.err
    assert "Did you mean `catbox`?" in answer.err


def test_one_unknown_provider_of_several_is_wrong_usage_before_anything_is_sent(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("good", form(good))
    answer = run_cli.upload(run_cli.file(), provider="good,nobody")
    assert (answer.code, answer.out) == (2, "")
    assert good.requests == []


KEYED = "credentials: {TEST_KEY: {help: From the dashboard.}}\n"


def keyed(host: FakeHost | str) -> str:
    return KEYED + form(host, request='  headers: {Authorization: "Bearer {{ credentials.TEST_KEY }}"}')


@pytest.mark.parametrize("value", [None, "", " ", "a\nb"])
def test_a_provider_without_its_key_is_not_configured(run_cli: Cli, good: FakeHost, value: str | None) -> None:
    run_cli.spec("keyed", keyed(good))
    answer = run_cli.upload(run_cli.file(), provider="keyed", env={"TEST_KEY": value})
    assert (answer.code, answer.out) == (3, "")
    assert "TEST_KEY" in answer.err
    assert "From the dashboard." in answer.err
    assert good.requests == []


def test_a_provider_with_its_key_sends_it(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("keyed", keyed(good))
    answer = run_cli.upload(run_cli.file(), "-vv", provider="keyed", env={"TEST_KEY": f"{PLANTED}\n"})
    assert answer.url
    assert good.requests[0].header("Authorization") == f"Bearer {PLANTED}"


def test_one_of_several_that_is_not_configured_is_passed_over(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("keyed", keyed("https://h.example"))
    run_cli.spec("good", form(good))
    answer = run_cli.upload(run_cli.file(), provider="keyed,good")
    assert answer.url
    assert "keyed: TEST_KEY is not set" in answer.err


def test_a_default_that_is_not_configured_is_passed_over_without_a_word(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("keyed", keyed("https://h.example"))
    run_cli.spec("good", form(good, more="capabilities: {check: none}"))
    answer = run_cli("upload", run_cli.file(), env={"TWAT_FS_DEFAULT_PROVIDER": "keyed,good"})
    assert (bool(answer.url), answer.err) == (True, "")


LEAKY = """
steps:
  - name: init
    url: {url}/init
    save: {{target: {{header: X-Target}}}}
  - name: put
    url: "{{{{ saved.target }}}}"
    headers: {{Authorization: "{{{{ credentials.TEST_KEY }}}}"}}
    raw: "{{{{ file }}}}"
result: {{url: {{text: true}}}}
"""


def test_a_secret_that_would_go_elsewhere_stops_everything(run_cli: Cli, good: FakeHost) -> None:
    with answering(200) as elsewhere:
        with answering(200, headers=[("X-Target", f"{elsewhere.url}/put")]) as leader:
            run_cli.spec("leaky", KEYED + LEAKY.format(url=leader.url))
            run_cli.spec("good", form(good))
            answer = run_cli.upload(run_cli.file(), provider="leaky,good", env={"TEST_KEY": PLANTED})
        assert elsewhere.requests == []
    assert (answer.code, answer.out, good.requests) == (4, "", [])
    assert elsewhere.authority in answer.err
    assert "credentials.TEST_KEY" in answer.err
    assert "allow_hosts" in answer.err


def test_a_spec_from_elsewhere_does_not_get_a_bundled_secret(run_cli: Cli, good: FakeHost) -> None:
    run_cli.spec("mine", keyed(good).replace("TEST_KEY", "FAL_KEY"))
    path = run_cli.file()
    answer = run_cli.upload(path, provider="mine", env={"FAL_KEY": PLANTED})
    assert (answer.code, answer.out, good.requests) == (4, "", [])
    assert "TWAT_FS_TRUST=mine" in answer.err
    assert run_cli.upload(path, provider="mine", env={"FAL_KEY": PLANTED, "TWAT_FS_TRUST": "mine"}).url


def test_a_host_that_cannot_be_reached_is_a_network_error(run_cli: Cli) -> None:
    with FakeHost() as gone:
        pass
    run_cli.spec("gone", form(gone))
    answer = run_cli.upload(run_cli.file(), provider="gone")
    assert (answer.code, answer.out) == (5, "")
    assert "connection refused" in answer.err
    assert "(network)" in answer.err


def test_a_host_that_hangs_is_a_timeout(run_cli: Cli) -> None:
    with FakeHost([Play(mute=True)]) as silent:
        run_cli.spec("silent", form(silent))
        path = run_cli.file()
        by_switch = run_cli.upload(path, "--timeout", "0.2", provider="silent")
        by_variable = run_cli.upload(path, provider="silent", env={"TWAT_FS_TIMEOUT": "0.2"})
    for answer in (by_switch, by_variable):
        assert (answer.code, answer.out) == (5, "")
        assert "(timeout)" in answer.err


def test_what_may_have_been_stored_is_said(run_cli: Cli, good: FakeHost) -> None:
    with FakeHost([Play(mute=True, close=True)]) as lost:
        run_cli.spec("lost", form(lost))
        run_cli.spec("good", form(good))
        answer = run_cli.upload(run_cli.file(), "--json", provider="lost,good")
        assert len(lost.requests) == 1
    assert answer.code == 0
    assert answer.record["ambiguous"] == ["lost"]
    assert "lost: " in answer.err
    assert "may hold the file" in answer.err


def test_a_host_that_asks_for_patience_gets_it(run_cli: Cli) -> None:
    plays = [Play(429, headers=[("Retry-After", "1")]), Play(200, GOOD.encode())]
    with FakeHost(plays) as busy:
        run_cli.spec("busy", form(busy, more=UNCHECKED))
        answer = run_cli.upload(run_cli.file(), provider="busy")
        assert [seen.part("file").body for seen in busy.requests] == [b"hello"] * 2
    assert answer.url == GOOD
    assert "trying again in 1.0 s (2 of 3)" in answer.err


def test_a_host_that_asks_for_an_hour_is_given_up_at_once(run_cli: Cli) -> None:
    with answering(503, headers=[("Retry-After", "3600")]) as busy:
        run_cli.spec("busy", form(busy))
        answer = run_cli.upload(run_cli.file(), provider="busy")
        assert len(busy.requests) == 1
    assert answer.code == 5


@pytest.mark.parametrize(
    "body", [b"", b"OK", b"<html>", b"javascript:alert(1)", b"https://h.example/\x1b[31m", f"{GOOD}\n{GOOD}".encode()]
)
def test_what_is_no_url_is_not_printed(run_cli: Cli, body: bytes) -> None:
    with answering(200, body) as odd:
        run_cli.spec("odd", form(odd))
        answer = run_cli.upload(run_cli.file(), provider="odd")
    assert (answer.code, answer.out) == (4, "")
    assert "(bad_reply)" in answer.err
    assert "\x1b" not in answer.err
