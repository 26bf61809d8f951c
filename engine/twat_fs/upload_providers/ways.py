"""How the requests of one upload are sent: one after the other, several at once, and what is kept of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from twat_fs.events import Tell, untold
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.retry import Exchange
    from twat_fs.upload_providers.resumption import Resumption
    from twat_fs.upload_providers.stepping import Trail


class Worker(NamedTuple):
    """A way to send beside others, with connections of its own.

    Attributes:
        exchange: Sends a request, and repeats what may pass.
        stop: From another thread: breaks off what is under way, and lets nothing more begin.
        close: Closes its connections.
    """

    exchange: Exchange
    stop: Callable[[], None]
    close: Callable[[], None]


class Ways(NamedTuple):
    """How the requests of an upload are sent.

    Attributes:
        exchange: Sends one, and repeats what may pass.
        once: Sends one, and repeats nothing; `exchange` itself where that repeats nothing either.
        trail: Noted there is what the host did.
        sleep: Waits some seconds.
        left: Gives the seconds that are left for everything.
        worker: Makes a way to send beside others, or None where requests can only go one after the other.
        begun: Told, where an earlier upload is gone on with, how many bytes of the file the host has.
        resumption: Where it is kept how far the upload came, or None.
        tell: Told what happens.
    """

    exchange: Exchange
    once: Exchange
    trail: Trail
    sleep: Callable[[float], object] = lambda _: None
    left: Callable[[], float] = lambda: math.inf
    worker: Callable[[], Worker] | None = None
    begun: Callable[[int], None] = lambda _: None
    resumption: Resumption | None = None
    tell: Tell = untold
