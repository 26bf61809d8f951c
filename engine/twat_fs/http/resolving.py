"""Names to addresses, against the clock."""

from __future__ import annotations

import socket
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from twat_fs.http.address import literal

#: What the system's resolver gives for each address: family, type, protocol, canonical name, address.
Found = tuple[Any, Any, int, str, Any]


def resolve(host: str, port: int, seconds: float | None) -> list[Found]:
    """The addresses of a host.

    The system's resolver waits as long as the system's settings say, half a minute as a rule, and lets no signal
    through meanwhile. So it is asked in a thread of its own, which is left alone where it takes too long.

    Args:
        host: A name or an address.
        port: The port.
        seconds: How long to wait; None waits as long as the system does.

    Raises:
        OSError: There is none, as a `socket.gaierror`, or a `TimeoutError`.
        UnicodeError: The name is not valid.
    """
    if literal(host) is not None:
        return _ask(host, port)
    answers: SimpleQueue[list[Found] | OSError | UnicodeError] = SimpleQueue()

    def ask() -> None:
        answer: list[Found] | OSError | UnicodeError = []
        try:
            answer = _ask(host, port)
        except (OSError, UnicodeError) as error:
            answer = error
        finally:
            answers.put(answer)

    try:
        Thread(target=ask, name="resolver", daemon=True).start()
    except RuntimeError:  # no room for a thread
        return _ask(host, port)
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, (OSError, UnicodeError)):
        raise answer
    return answer


def _ask(host: str, port: int) -> list[Found]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
