"""A host on loopback that plays replies, misbehaves when told to, and remembers what it was sent.

Example:
    with FakeHost([Play(200, b'{"url": "https://host.example/a"}')]) as host:
        upload_to(host.url + "/upload")
    assert host.requests[0].part("file").body == b"hello"
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Union
from urllib.parse import quote

from twat_fs.testing.play import Play, forever, gzip_bomb
from twat_fs.testing.seen import Seen, read_head, read_rest

__all__ = ["FakeHost", "Play", "Seen", "Store", "forever", "gzip_bomb"]

_ALWAYS_200 = (Play(),)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from twat_fs.testing.ports import ReservedPort

    Script = Union[Sequence["Play"], Callable[[Seen], "Play"]]


@dataclass
class Store:
    """A script that keeps what is stored: POST and PUT store, GET and HEAD fetch, DELETE removes.

    A PUT is stored at its own path, a POST at `/stored/<number>/<file name>`. The reply's body is the URL, which is
    also its `Location`. Of a form, the first part that has a file name is stored.

    Attributes:
        files: Content by path; a test may change it, to serve something else than was sent.
    """

    files: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        path = seen.target.partition("?")[0]
        if seen.method in ("GET", "HEAD"):
            found = self.files.get(path)
            return Play(404) if found is None else Play(200, found)
        if seen.method == "DELETE":
            return Play(404 if self.files.pop(path, None) is None else 204)
        if not seen.complete:
            return Play(400, close=True)
        named = next((part for part in seen.parts if part.filename), None)
        if seen.method == "POST":
            name = (named and named.filename) or "file"
            path = f"/stored/{len(self.files)}/{quote(name, safe='', errors='replace')}"
        self.files[path] = named.body if named else seen.body
        url = f"{seen.origin}{path}"
        return Play(201, url.encode(), headers=[("Location", url)])


class FakeHost:
    """An HTTP server on a free port of 127.0.0.1, from `with` to its end.

    Args:
        script: The replies in order, the last one again and again; or a function from what was seen to a reply.
            A function is called when the body was read, so `after` means nothing in its replies.
        tls: A server's TLS context, which makes it an https host.
        keep: Bytes of a body that are kept; of a larger one only length and SHA-256 are.
        name: The host name in `url`.
        port: The port to listen at; 0 takes a free one.
        reserved: A port that hosts take one after another, instead.
        drop: How many connections are closed at once, before the first byte; then they are served.

    Attributes:
        requests: What was asked. Of a request that is answered early, the body may still grow.
        connections: How many connections were opened.
        outlasted: Whether a client still waited for a reply that never comes when the host hung up, after a minute.
    """

    def __init__(
        self,
        script: Script = _ALWAYS_200,
        *,
        tls: ssl.SSLContext | None = None,
        keep: int = 16 * 1024 * 1024,
        name: str = "127.0.0.1",
        port: int = 0,
        reserved: ReservedPort | None = None,
        drop: int = 0,
    ) -> None:
        self._script = script
        self._tls = tls
        self._keep = keep
        self._name = name
        self._wanted = port
        self._reserved = reserved
        self._drop = drop
        self._lock = threading.Lock()
        self._played = 0
        self._open: set[socket.socket] = set()
        self._over = threading.Event()
        self._listener = socket.socket()
        self.requests: list[Seen] = []
        self.connections = 0
        self.outlasted = False

    def __enter__(self) -> FakeHost:
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        wanted = self._wanted
        if self._reserved:
            self._reserved.share(self._listener)
            wanted = self._reserved.take()
        self._listener.bind(("127.0.0.1", wanted))
        self._listener.listen(64)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        if self._reserved:
            self._reserved.leave(self.port)
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    @property
    def authority(self) -> str:
        """Host and port."""
        return f"{self._name}:{self.port}"

    @property
    def url(self) -> str:
        """The URL without a path."""
        return f"{'https' if self._tls else 'http'}://{self.authority}"

    def wait_for(self, count: int, seconds: float = 5.0) -> list[Seen]:
        """The requests, once there are so many: one that was broken off is noticed a moment later.

        Raises:
            TimeoutError: They do not come.
        """
        end = time.monotonic() + seconds
        while len(self.requests) < count:
            if time.monotonic() > end:
                raise TimeoutError(f"{len(self.requests)} requests came, {count} were expected")
            time.sleep(0.01)
        return self.requests

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            if self.connections <= self._drop:
                sock.close()
                continue
            threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, connection: int) -> None:
        with contextlib.suppress(OSError, ValueError):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            with self._lock:
                self._open.add(sock)
            while self._one(sock, connection):
                pass
        with self._lock:
            self._open.discard(sock)
        sock.close()

    def _one(self, sock: socket.socket, connection: int) -> bool:
        """Serve one request; False where the connection ends."""
        seen = read_head(sock, connection, self._keep, self.url)
        if seen is None:
            return False
        play = None if callable(self._script) else self._next_play()
        if (seen.header("Expect") or "").lower() == "100-continue" and not seen.length and (not play or play.waits):
            sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            self._read_body(sock, seen, play)
        finally:
            # Before the reply, so that a client that has it finds its request here.
            with self._lock:
                self.requests.append(seen)
        if callable(self._script):
            play = self._script(seen)
        assert play is not None
        self._perform(sock, seen, play)
        return seen.complete and not play.ends

    def _next_play(self) -> Play:
        assert not callable(self._script)
        with self._lock:
            play = self._script[min(self._played, len(self._script) - 1)]
            self._played += 1
        return play

    def _read_body(self, sock: socket.socket, seen: Seen, play: Play | None) -> None:
        if play and play.interim_after is not None:
            read_rest(sock, seen, play.interim_after)
            sock.sendall(play.early_blocks())
        if play and play.pace:
            # With the system's own buffer the client would be done before the first read.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        read_rest(sock, seen, None if play is None else play.after, play.pace if play else 0.0)

    def _perform(self, sock: socket.socket, seen: Seen, play: Play) -> None:
        self._over.wait(play.delay)
        if play.mute and not (play.close or play.reset):
            self.outlasted |= not self._over.wait(60)
        with contextlib.suppress(OSError):
            if not play.mute:
                self._send(sock, play, seen.method)
                self._over.wait(play.hold)
            if play.reset:
                # A linger of 0 seconds makes the system send RST instead of FIN.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            elif not seen.complete and not play.close and not play.mute and not play.hold:
                # Closing now would be a reset, which can overtake the reply; a polite host reads on for a while.
                sock.settimeout(2)
                read_rest(sock, seen, None)

    def _send(self, sock: socket.socket, play: Play, method: str) -> None:
        left = play.cut
        for block in play.blocks(method):
            data = block if left is None else block[:left]
            left = None if left is None else left - len(data)
            if not play.drip:
                sock.sendall(data)
                continue
            for place in range(len(data)):
                sock.sendall(data[place : place + 1])
                if self._over.wait(play.drip):
                    return
