"""The decorators, and the ways from async to sync and back."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
from typing import Any

import pytest

from twat_fs import retry
from twat_fs.errors import BadReply, NonRetryableError, RateLimited, RetryableError
from twat_fs.upload_providers.core import (
    RetryStrategy,
    run_async,
    to_async,
    to_sync,
    with_retry,
    with_timing,
    with_url_validation,
)

URL = "https://host.example/a"


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited, in no time."""
    waited: list[float] = []

    async def soon(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(retry, "sleep", waited.append)
    monkeypatch.setattr(asyncio, "sleep", soon)
    return waited


class Flaky:
    """Fails so often, then gives a URL."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return URL

    async def awaited(self) -> str:
        return self()


def call(flaky: Flaky, colour: str, **policy: Any) -> Any:
    """A call of a function, or of a coroutine, that is retried."""
    if colour == "sync":
        return with_retry(**policy)(flaky.__call__)()

    @with_retry(**policy)
    async def again() -> str:
        return await flaky.awaited()

    return asyncio.run(again())


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_what_fails_retryably_is_tried_again(waits: list[float], colour: str) -> None:
    flaky = Flaky(RetryableError("a"), RetryableError("b"))
    assert call(flaky, colour) == URL
    assert (flaky.calls, waits) == (3, [1.0, 2.0])


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_the_last_failure_is_raised(waits: list[float], colour: str) -> None:
    flaky = Flaky(*(RetryableError(str(count)) for count in range(9)))
    with pytest.raises(RetryableError, match="1"):
        call(flaky, colour, max_attempts=2)
    assert waits == [1.0]


@pytest.mark.parametrize("colour", ["sync", "async"])
def test_what_will_not_work_is_tried_once(waits: list[float], colour: str) -> None:
    with pytest.raises(NonRetryableError):
        call(Flaky(NonRetryableError("no")), colour)
    assert waits == []


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (RetryStrategy.EXPONENTIAL, [1.0, 2.0, 4.0, 5.0]),
        (RetryStrategy.LINEAR, [1.0, 2.0, 3.0, 4.0]),
        (RetryStrategy.CONSTANT, [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_the_wait_grows_as_the_strategy_says(
    waits: list[float], strategy: RetryStrategy, expected: list[float]
) -> None:
    flaky = Flaky(*(RetryableError("x") for _ in range(4)))
    call(flaky, "sync", max_attempts=5, max_delay=5.0, strategy=strategy)
    assert waits == expected


def test_other_errors_may_be_named(waits: list[float]) -> None:
    assert call(Flaky(KeyError("x")), "sync", exceptions=(KeyError,)) == URL
    assert waits == [1.0]


def test_a_host_that_asks_for_patience_gets_it_within_a_limit(waits: list[float]) -> None:
    assert call(Flaky(RateLimited("slow", retry_after=9)), "sync") == URL
    assert waits == [9]
    with pytest.raises(RateLimited):
        call(Flaky(RateLimited("slow", retry_after=3600)), "sync")


def test_what_may_have_worked_is_not_done_twice(waits: list[float]) -> None:
    flaky = Flaky(RetryableError("lost", ambiguous=True))
    with pytest.raises(RetryableError):
        call(flaky, "sync")
    assert (flaky.calls, waits) == (1, [])


def test_a_wrapped_function_keeps_its_name() -> None:
    @with_retry()
    @with_timing
    @with_url_validation
    def upload() -> str:
        """Uploads."""
        return URL

    assert (upload.__name__, upload.__doc__, upload()) == ("upload", "Uploads.", URL)


def test_timing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def upload() -> str:
        return URL

    with caplog.at_level(logging.INFO, "twat_fs"):
        assert asyncio.run(with_timing(upload)()) == with_timing(lambda: URL)() == URL
    assert [record.getMessage().endswith(" s") for record in caplog.records] == [True, True]


@pytest.mark.parametrize("result", ["", "OK", "javascript:alert(1)", "https://a b.example", None])
def test_a_result_that_is_no_url_is_refused(result: Any) -> None:
    async def upload() -> Any:
        return result

    with pytest.raises(BadReply):
        asyncio.run(with_url_validation(upload)())
    with pytest.raises(BadReply):
        with_url_validation(lambda: result)()


async def thread_of() -> str:
    return threading.current_thread().name


def test_a_coroutine_runs_from_sync_code_and_inside_a_loop() -> None:
    async def inside() -> str:
        return run_async(thread_of())

    assert run_async(thread_of()) == threading.current_thread().name
    assert asyncio.run(inside()) != threading.current_thread().name


def test_an_error_comes_out_of_it() -> None:
    async def fails() -> None:
        raise RetryableError("x")

    async def inside() -> None:
        run_async(fails())

    with pytest.raises(RetryableError):
        run_async(fails())
    with pytest.raises(RetryableError):
        asyncio.run(inside())


def test_a_context_variable_is_seen_inside() -> None:
    variable = contextvars.ContextVar("variable", default="")

    async def seen() -> str:
        return variable.get()

    async def inside() -> str:
        variable.set("set")
        return run_async(seen())

    assert asyncio.run(inside()) == "set"


def test_functions_change_their_colour() -> None:
    assert to_sync(thread_of)() == threading.current_thread().name
    assert asyncio.run(to_async(lambda: threading.current_thread().name)()) != threading.current_thread().name
