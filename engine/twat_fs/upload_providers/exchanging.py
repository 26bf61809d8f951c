"""A way to send the requests of one upload, or of what is done with it later: logged, and timed as the user says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.logs import logger
from twat_fs.wire.classify import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.http.transport import Transport
    from twat_fs.messages import Extent, Reply, Request
    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Progress

_log = logger()


def sender(
    transport: Transport,
    seconds: float | None,
    source: Source | None = None,
    told: Callable[[Extent | None], Progress] | None = None,
) -> Callable[[Request], Reply]:
    """What sends a request once.

    Args:
        transport: The connections.
        seconds: The time without progress that the user asks for, or None.
        source: The file, for requests that carry it.
        told: Gives what is told how far the whole file, or a piece of it, is.
    """

    def send(request: Request) -> Reply:
        _log.debug("%s: %s: %s", request.provider, request.step, described(request))
        if seconds is not None:
            request = request._replace(timeout=request.timeout._replace(read=seconds))
        carries = request.carries_file
        progress = told(request.piece) if carries and told else None
        reply = transport.send(request, source if carries else None, progress)
        _log.debug("%s: %s: answered %d, %d bytes", request.provider, request.step, reply.status, len(reply.body))
        return reply

    return send
