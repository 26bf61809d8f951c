"""What is known of the request under way: how far it is, how much came, how much time is left."""

from __future__ import annotations

import math
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from urllib3.util import wait_for_read

from twat_fs.errors import BadReply, UploadTimeout
from twat_fs.http.waiting import would_block
from twat_fs.messages import Timeout

if TYPE_CHECKING:
    import socket

#: Replies with a 1xx status that are skipped before the one that counts.
MAX_INTERIM = 10

#: Bytes of an answer as they come from the socket: 1 MiB of body and the headers http.client allows.
MAX_RECEIVED = 8 * 1024 * 1024

#: Bytes that are asked of a socket at a time.
READ_SIZE = 64 * 1024

# Compiled where they are first needed: few answers come early.
_INTERIM = rb"(?s)HTTP/1\.[0-9] (1[0-9][02-9])\b.*?\r?\n\r?\n"
_MAYBE_INTERIM = rb"HTTP/1\.[0-9] 1[0-9][02-9]\b"
_INTERIM_START = b"HTTP/1.1 1"


class Exchange:
    """The state of one request, shared by a transport and its connections.

    Attributes:
        host: Host and port, for messages.
        target: The request target, byte for byte as it was planned.
        private: True where the peer's address may be private.
        timeout: The request's own.
        body_length: Bytes of the body.
        answer_timeout: Seconds for the whole answer, or None.
        left: Bytes of the body that were not yet sent, once its sending began.
        fresh: True where the connection was opened for this request.
        whole: True once the request was sent to its last byte.
        ended: True once the host ended its side of the connection.
        deadline: The moment by which the answer must be complete, on the monotonic clock.
        limit: Bytes that may be received, or None.
        received: Bytes of the answer so far.
        interim: Replies with a 1xx status so far.
        asks: Whether the host is asked, with the head, if it takes the body; False once it said that it knows no such
            question.
        continued: Whether it said so.
        early: Bytes of an answer that came before they were asked for.
        over: True once the whole answer was read.
        sock: The connection, or None before there was one.
    """

    def __init__(self, ends: float | None = None) -> None:
        self._ends = ends
        self.sock: socket.socket | None = None
        self.begin(host="", target="", private=False, timeout=Timeout())

    def begin(self, *, host: str, target: str, private: bool, timeout: Timeout) -> None:
        """Forget the last request."""
        self.host = host
        self.target = target
        self.private = private
        self.timeout = timeout if self._ends is None else Timeout(*(self._within(each) for each in timeout))
        self.body_length = self.left = self.received = self.interim = 0
        self.answer_timeout: float | None = None
        self.limit: int | None = MAX_RECEIVED
        self.fresh = self.whole = self.ended = self.asks = self.continued = self.over = False
        self.deadline: float | None = None
        self.early = bytearray()

    def stop(self) -> None:
        """From another thread: end what is under way, and let nothing more begin."""
        import socket

        self._ends = -math.inf
        if self.sock is not None:
            with suppress(OSError):
                # The plain method also for TLS, whose own would change the object under the thread that reads from it.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def _within(self, seconds: float | None) -> float:
        left = self.check_time()
        return left if seconds is None else min(seconds, left)

    def check_time(self) -> float:
        """Seconds that are left for everything.

        Raises:
            UploadTimeout: None are left.
        """
        left = math.inf if self._ends is None else self._ends - time.monotonic()
        if left <= 0:
            raise UploadTimeout(f"{self.host}: the time for the whole upload is over")
        return left

    def await_answer(self, seconds: float | None) -> None:
        """Start the clock."""
        self.deadline = None if seconds is None else time.monotonic() + seconds

    def hurry(self, seconds: float) -> None:
        """Bring the end of the time forward."""
        soon = time.monotonic() + seconds
        self.deadline = soon if self.deadline is None else min(self.deadline, soon)

    def patience(self) -> float | None:
        """Seconds that the next read may take.

        Raises:
            UploadTimeout: The time for the answer is over.
        """
        self.check_time()
        if self.deadline is None:
            return self.timeout.read
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise self.late()
        return left if self.timeout.read is None else min(left, self.timeout.read)

    def late(self) -> UploadTimeout:
        """The error for an answer that does not come, or does not end."""
        what = "its answer did not end" if self.received else "it gave no answer"
        return UploadTimeout(f"{self.host}: {what} in time")

    def count(self, received: int) -> None:
        """Note bytes of the answer.

        Raises:
            BadReply: They are too many.
        """
        self.received += received
        if self.limit is not None and self.received > self.limit:
            raise BadReply(f"{self.host}: the answer is larger than {self.limit} bytes")

    def skip_interim(self) -> None:
        """Note a 1xx reply.

        Raises:
            BadReply: They are too many.
        """
        self.interim += 1
        if self.interim > MAX_INTERIM:
            raise BadReply(f"{self.host}: more than {MAX_INTERIM} interim replies came before an answer")

    def answer_came(self, sock: socket.socket) -> bool:
        """True where there is no use in sending more: a final answer began, or the host closed the connection."""
        pending = getattr(sock, "pending", None)
        if not (wait_for_read(sock, timeout=0.0) or (pending and pending())):
            return False
        # Readable is not yet an answer: over TLS it may be a session ticket, over HTTP a 1xx.
        waiting = sock.gettimeout()
        sock.settimeout(0)
        try:
            data = sock.recv(READ_SIZE)
        except OSError as error:
            return not would_block(error)
        finally:
            sock.settimeout(waiting)
        self.count(len(data))
        self.early += data
        return not data or self._is_final()

    def _is_final(self) -> bool:
        while found := re.match(_INTERIM, self.early):
            if self.asks and not self.continued and found[1] == b"100":
                self.continued = True
            else:
                self.skip_interim()
            del self.early[: found.end()]
        if re.match(_MAYBE_INTERIM, self.early):
            return False
        return not _INTERIM_START.startswith(self.early[: len(_INTERIM_START)])
