from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twat_fs.errors import BadReply, NetworkError, RateLimited, RetryableError, SourceError, UploadError
from twat_fs.messages import Reply, Request
from twat_fs.retry import RETRY_AFTER_LIMIT, pause, retrying
from twat_fs.spec.model import Retry
from twat_fs.wire.classify import retry_after

REQUEST = Request("p", "s", "POST", "https://h.example/")
POLICY = Retry(attempts=4, initial=1.0, max=3.0)


class Host:
    """Fails with each error in turn, then answers; remembers what was slept."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.sends = 0
        self.slept: list[float] = []

    def __call__(self, _: Request) -> Reply:
        self.sends += 1
        if self.errors:
            raise self.errors.pop(0)
        return Reply(200)

    def upload(self, policy: Retry = POLICY, request: Request = REQUEST) -> Reply:
        return retrying(self, policy, self.slept.append)(request, lambda _: None)


def test_what_failed_retryably_is_sent_again() -> None:
    host = Host(NetworkError("a"), RateLimited("b"))
    assert host.upload().status == 200
    assert host.sends == 3


def test_a_verdict_on_the_reply_counts_as_a_failure() -> None:
    verdicts = [RateLimited("a"), None]
    host = Host()

    def judge(_: Reply) -> None:
        verdict = verdicts.pop(0)
        if verdict:
            raise verdict

    retrying(host, POLICY, host.slept.append)(REQUEST, judge)
    assert (host.sends, len(host.slept)) == (2, 1)


def test_the_last_error_is_raised_when_all_attempts_failed() -> None:
    errors = [NetworkError(str(number)) for number in range(9)]
    host = Host(*errors)
    with pytest.raises(NetworkError, match="3"):
        host.upload()
    assert (host.sends, len(host.slept)) == (4, 3)


@pytest.mark.parametrize("error", [BadReply("a"), SourceError("a"), KeyError("a")])
def test_any_other_failure_is_not_repeated(error: Exception) -> None:
    host = Host(error)
    with pytest.raises(type(error)):
        host.upload()
    assert (host.sends, host.slept) == (1, [])


def test_one_attempt_is_one_attempt() -> None:
    host = Host(NetworkError("a"))
    with pytest.raises(NetworkError):
        host.upload(Retry(attempts=1))
    assert host.sends == 1


def test_an_ambiguous_failure_is_not_repeated() -> None:
    host = Host(NetworkError("a", ambiguous=True))
    with pytest.raises(NetworkError):
        host.upload()
    assert host.sends == 1


def test_an_ambiguous_failure_of_an_idempotent_request_is_repeated() -> None:
    host = Host(NetworkError("a", ambiguous=True))
    host.upload(request=Request("p", "s", "PUT", "https://h.example/", idempotent=True))
    assert host.sends == 2


# Pauses


@given(st.integers(1, 9), st.integers(0, 600), st.integers(0, 600))
def test_a_pause_doubles_up_to_its_limit_and_is_cut_by_at_most_half(attempt: int, initial: int, longest: int) -> None:
    policy = Retry(10, initial, longest)
    wait = pause(policy, attempt, NetworkError("a"), idempotent=False)
    whole = min(longest, initial * 2 ** (attempt - 1))
    assert wait is not None
    assert whole / 2 <= wait <= whole


def test_two_clients_do_not_wait_the_same_time() -> None:
    waits = {pause(POLICY, 1, NetworkError("a"), idempotent=False) for _ in range(20)}
    assert len(waits) > 1


@pytest.mark.parametrize(("asked", "least"), [(0.0, 0.5), (2.0, 2.0), (RETRY_AFTER_LIMIT, RETRY_AFTER_LIMIT)])
def test_the_host_can_ask_for_a_longer_pause(asked: float, least: float) -> None:
    wait = pause(POLICY, 1, RateLimited("a", retry_after=asked), idempotent=False)
    assert wait is not None
    assert least <= wait <= max(least, 1.0)


@pytest.mark.parametrize("asked", [RETRY_AFTER_LIMIT + 1, 86_400.0, 1e12])
def test_a_host_that_asks_for_too_long_a_pause_is_given_up(asked: float) -> None:
    host = Host(RateLimited("a", retry_after=asked))
    with pytest.raises(RateLimited):
        host.upload()
    assert (host.sends, host.slept) == (1, [])


def test_every_class_of_retryable_errors_is_retried() -> None:
    classes: list[type[UploadError]] = list(RetryableError.__subclasses__())
    for kind in classes:
        host = Host(kind("a"))
        host.upload()
        assert host.sends == 2


# Retry-After

DATE = "Wed, 21 Oct 2026 07:28:00 GMT"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("", None),
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("007", 7.0),
        ("3, 9", 9.0),
        ("9, soon", 9.0),
        ("1.5", 2.0),
        ("-5", None),
        ("soon", None),
        ("7s", None),
        ("1e3", None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:27:00 GMT", 0.0),
        ("Wednesday, 21-Oct-26 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:28:10 GMT, Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wed, 21 Oct 2026 07:28:30 GMT, 5", 30.0),
        ("45, Wed, 21 Oct 2026 07:28:30 GMT", 45.0),
        ("Wed, 99 Oct 2026 07:28:30 GMT", None),
        ("Wed, 21 Oct 99999999 07:28:30 GMT", None),
        ("Wed, 21 Oct 2026 07:28:30 -0000", None),
    ],
)
def test_retry_after_is_read(value: str, seconds: float | None) -> None:
    assert retry_after(Reply(429, headers={"retry-after": value, "date": DATE})) == seconds


@pytest.mark.parametrize("value", ["9999999999", "9" * 30, "9" * 5000])
def test_a_retry_after_without_end_is_too_long(value: str) -> None:
    found = retry_after(Reply(429, headers={"retry-after": value, "date": DATE}))
    assert found is not None
    assert found > RETRY_AFTER_LIMIT


def test_a_date_counts_from_the_replys_own() -> None:
    headers = {"retry-after": "Fri, 01 Jan 1999 00:00:10 GMT", "date": "Fri, 01 Jan 1999 00:00:00 GMT"}
    assert retry_after(Reply(503, headers=headers)) == 10.0


@given(st.text(max_size=40))
def test_any_retry_after_is_read_or_not_there(value: str) -> None:
    found = retry_after(Reply(429, headers={"retry-after": value, "date": DATE}))
    assert found is None or found >= 0
