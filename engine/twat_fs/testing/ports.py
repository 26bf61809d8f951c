"""A port that hosts of tests take one after another, so that what is made for their address is made once."""

from __future__ import annotations

import socket
import threading


class ReservedPort:
    """A free port of 127.0.0.1 that nobody else is given while no host listens at it.

    A socket that is bound and does not listen keeps it; hosts bind beside it. Where the system cannot share a port
    (`SO_REUSEPORT`), and while another host is at it, a host takes any free one.
    """

    def __init__(self) -> None:
        self._keeper = socket.socket()
        self._shared = hasattr(socket, "SO_REUSEPORT")
        self._lock = threading.Lock()
        self._taken = False
        self.share(self._keeper)
        self._keeper.bind(("127.0.0.1", 0))

    def share(self, sock: socket.socket) -> None:
        """Let a socket bind to the port although the keeper has it."""
        if self._shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)

    def take(self) -> int:
        """The port, or 0 while it is taken."""
        with self._lock:
            if self._taken or not self._shared:
                return 0
            self._taken = True
        port: int = self._keeper.getsockname()[1]
        return port

    def leave(self, port: int) -> None:
        """The host at a port, which `take` may have given, is gone."""
        with self._lock:
            self._taken &= port != self._keeper.getsockname()[1]
