"""Trying again: back-off as data, and the only sleep."""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING

from twat_fs.errors import RetryableError
from twat_fs.logs import logger

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from twat_fs.messages import Reply, Request
    from twat_fs.spec.model import Retry

    T = TypeVar("T")
    #: Sends a request, lets the judge raise what the reply means, and repeats where that helps.
    Exchange = Callable[[Request, Callable[[Reply], None]], Reply]

#: Seconds that a host may ask us to wait; one that asks for more is given up.
RETRY_AFTER_LIMIT = 60.0

#: Waits some seconds.
sleep = time.sleep

_log = logger()


def retrying(
    send: Callable[[Request], Reply],
    policy: Retry,
    sleep: Callable[[float], object] = sleep,
    *,
    left: Callable[[], float] = lambda: math.inf,
) -> Exchange:
    """A way to send that repeats what failed retryably.

    Args:
        send: Sends a request once.
        policy: How often, and how long between.
        sleep: Waits some seconds.
        left: Seconds that are left for everything.
    """

    def exchange(request: Request, judge: Callable[[Reply], None]) -> Reply:
        def attempt() -> Reply:
            reply = send(request)
            judge(reply)
            return reply

        return run(attempt, policy, idempotent=request.idempotent, sleep=sleep, left=left)

    return exchange


def run(
    attempt: Callable[[], T],
    policy: Retry,
    *,
    idempotent: bool = False,
    sleep: Callable[[float], object] = sleep,
    left: Callable[[], float] = lambda: math.inf,
) -> T:
    """Try until it works, or until trying again is of no use.

    Args:
        attempt: One try.
        policy: How often, and how long between.
        idempotent: Whether doing it twice does no harm.
        left: Seconds that are left for everything; a wait that would take them all is not begun.
        sleep: Waits some seconds.

    Raises:
        UploadError: What the last try raised.
    """
    count = 1
    while True:
        try:
            return attempt()
        except RetryableError as error:
            wait = pause(policy, count, error, idempotent=idempotent)
            if wait is None or wait >= left():
                raise
            count += 1
            words = "%s: %s; trying again in %.1f s (%d of %d)"
            _log.warning(words, error.provider, error, wait, count, policy.attempts)
            sleep(wait)


def pause(policy: Retry, attempt: int, error: RetryableError, *, idempotent: bool) -> float | None:
    """Seconds to wait before the next attempt, or None where there is to be none.

    The wait doubles each time and is cut at random between its half and its whole, so that clients that failed
    together do not come back together.

    Args:
        policy: How often, and how long between.
        attempt: The attempt that failed, from 1.
        error: How it failed.
        idempotent: Whether sending twice does no harm.
    """
    if attempt >= policy.attempts or (error.ambiguous and not idempotent):
        return None
    wait: float = min(policy.max, policy.initial * 2 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311
    if error.retry_after is None:
        return wait
    return max(wait, error.retry_after) if error.retry_after <= RETRY_AFTER_LIMIT else None
