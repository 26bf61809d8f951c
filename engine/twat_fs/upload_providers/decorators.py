"""Decorators for transfers: again where it failed, how long it took, whether what came back is a URL."""

from __future__ import annotations

import functools
import inspect
import time
from enum import Enum
from typing import TYPE_CHECKING, Any

from twat_fs import retry
from twat_fs.errors import BadReply, RetryableError
from twat_fs.logs import logger
from twat_fs.urls import BadUrl, result_url

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logger()


def with_timing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Log how long a function, or a coroutine, took."""

    def noted(begun: float, result: Any) -> Any:
        _log.info("%s took %.3f s", function.__qualname__, time.monotonic() - begun)
        return result

    return _around(function, time.monotonic, noted)


def with_url_validation(function: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a result that is not a URL that may be printed.

    Raises:
        BadReply: From the wrapped function, where its result is not one.
    """

    def judged(_: Any, result: Any) -> Any:
        try:
            result_url(str(result))
        except BadUrl as error:
            raise BadReply(f"the result is not a URL: {error}") from error
        return result

    return _around(function, lambda: None, judged)


def _around(
    function: Callable[..., Any], before: Callable[[], Any], after: Callable[[Any, Any], Any]
) -> Callable[..., Any]:
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            state = before()
            return after(state, await function(*args, **kwargs))

        return awaited

    @functools.wraps(function)
    def called(*args: Any, **kwargs: Any) -> Any:
        state = before()
        return after(state, function(*args, **kwargs))

    return called


class RetryStrategy(str, Enum):
    """How the wait between two tries grows."""

    EXPONENTIAL = "exponential"
    LINEAR = "linear"
    CONSTANT = "constant"


def with_retry(
    max_attempts: int = 3,
    initial_delay: float = 1.0,
    max_delay: float = 30.0,
    strategy: RetryStrategy = RetryStrategy.EXPONENTIAL,
    exceptions: tuple[type[BaseException], ...] = (RetryableError,),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that repeats a function, or a coroutine, that fails.

    Args:
        max_attempts: Tries in all.
        initial_delay: Seconds before the second.
        max_delay: Seconds at most.
        strategy: How the wait grows.
        exceptions: What is worth another try; not an upload that may have worked, nor a host that asks for more
            patience than we have.
    """

    def wait_after(count: int, error: BaseException) -> float:
        factor = {"exponential": 2.0 ** (count - 1), "linear": float(count)}.get(strategy.value, 1.0)
        return _patience(min(max_delay, initial_delay * factor), error)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(function):
            import asyncio

            @functools.wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                for count in range(1, max_attempts):
                    try:
                        return await function(*args, **kwargs)
                    except exceptions as error:
                        await asyncio.sleep(wait_after(count, error))
                return await function(*args, **kwargs)

            return awaited

        @functools.wraps(function)
        def called(*args: Any, **kwargs: Any) -> Any:
            for count in range(1, max_attempts):
                try:
                    return function(*args, **kwargs)
                except exceptions as error:
                    retry.sleep(wait_after(count, error))
            return function(*args, **kwargs)

        return called

    return decorate


def _patience(wait: float, error: BaseException) -> float:
    """Seconds to wait; raises the error again where trying again is of no use."""
    asked = getattr(error, "retry_after", None) or 0.0
    # Where the answer was lost the host may hold the file already.
    if getattr(error, "ambiguous", False) or asked > retry.RETRY_AFTER_LIMIT:
        raise error
    return max(wait, asked)
