"""Trying again: back-off as data, and the only sleep."""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING

from twat_fs.errors import RetryableError, TwatFsError, UploadError
from twat_fs.events import Exchanged, GivenUp, Pausing, Tell, untold
from twat_fs.logs import logger
from twat_fs.wire.classify import described

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
    tell: Tell = untold,
) -> Exchange:
    """A way to send that repeats what failed retryably.

    Args:
        send: Sends a request once.
        policy: How often, and how long between.
        sleep: Waits some seconds.
        left: Seconds that are left for everything.
        tell: Told what happens.
    """
    once = single(send, tell)

    def exchange(request: Request, judge: Callable[[Reply], None]) -> Reply:
        def attempt() -> Reply:
            return once(request, judge)

        return run(attempt, policy, idempotent=request.idempotent, sleep=sleep, left=left, tell=tell)

    return exchange


def single(send: Callable[[Request], Reply], tell: Tell = untold) -> Exchange:
    """A way to send that repeats nothing.

    Args:
        send: Sends a request once.
        tell: Told what came of it.
    """

    def exchange(request: Request, judge: Callable[[Reply], None]) -> Reply:
        def attempt() -> Reply:
            reply = send(request)
            judge(reply)
            return reply

        about = (request.provider, request.step, described(request))
        return told(attempt, tell, about, lambda reply: reply.status)

    return exchange


def told(
    attempt: Callable[[], T],
    tell: Tell,
    about: tuple[str, str, str],
    status_of: Callable[[T], int | None] = lambda _: None,
) -> T:
    """Try once, and tell what came of it, and how long it took.

    Args:
        attempt: The try.
        tell: Told of it.
        about: The provider, the step and the request.
        status_of: Gives the status of an answer.
    """
    begun = time.monotonic()
    try:
        found = attempt()
    except TwatFsError as error:
        status = error.status if isinstance(error, UploadError) else None
        tell(Exchanged(*about, time.monotonic() - begun, status, error))
        raise
    tell(Exchanged(*about, time.monotonic() - begun, status_of(found), None))
    return found


def run(
    attempt: Callable[[], T],
    policy: Retry,
    *,
    idempotent: bool = False,
    sleep: Callable[[float], object] = sleep,
    left: Callable[[], float] = lambda: math.inf,
    tell: Tell = untold,
) -> T:
    """Try until it works, or until trying again is of no use.

    Args:
        attempt: One try.
        policy: How often, and how long between.
        idempotent: Whether doing it twice does no harm.
        left: Seconds that are left for everything; a wait that would take them all is not begun.
        sleep: Waits some seconds.
        tell: Told of each pause, and why there is none.

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
                tell(GivenUp(error.provider, error, why_not(policy, count, error, idempotent=idempotent)))
                raise
            count += 1
            tell(Pausing(error.provider, error, wait, count, policy.attempts))
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


def why_not(policy: Retry, attempt: int, error: RetryableError, *, idempotent: bool) -> str:
    """Why there is no next attempt, for people; see `pause`."""
    if error.ambiguous and not idempotent:
        return "the host may have the file, and its spec does not say that sending it twice does no harm"
    if attempt >= policy.attempts:
        return "it was tried once" if attempt == 1 else f"it was tried {attempt} times"
    if error.retry_after is not None and error.retry_after > RETRY_AFTER_LIMIT:
        return f"the host asks for a pause of {error.retry_after:.0f} s"
    return "no time is left for a pause"
