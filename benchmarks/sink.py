"""A host that takes whatever is sent as fast as a socket gives it; `python -m benchmarks.sink` prints its port."""

from __future__ import annotations

import os
import socket
import sys
from threading import Thread

BLOCK = 1 << 20
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def serve() -> None:
    """Answer every connection in a thread of its own until standard input ends, so that nobody is left behind."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        port = listener.getsockname()[1]
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        Thread(target=_accept, args=(listener, _reply(port)), daemon=True).start()
        sys.stdin.read()
        os._exit(0)


def _accept(listener: socket.socket, reply: bytes) -> None:
    while True:
        connection, _ = listener.accept()
        Thread(target=_converse, args=(connection, reply), daemon=True).start()


def _reply(port: int) -> bytes:
    body = f'{{"url": "http://127.0.0.1:{port}/f"}}'.encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _converse(connection: socket.socket, reply: bytes) -> None:
    buffer = bytearray(BLOCK)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        try:
            while _request(connection, buffer):
                connection.sendall(reply)
        except ConnectionError:
            return


def _request(connection: socket.socket, buffer: bytearray) -> bool:
    """Read one request to its end; false where the other side has closed."""
    head = b""
    while b"\r\n\r\n" not in head:
        got = connection.recv(BLOCK)
        if not got:
            return False
        head += got
    head, _, begun = head.partition(b"\r\n\r\n")
    fields = dict(_field(line) for line in head.split(b"\r\n")[1:])
    if fields.get(b"expect") == b"100-continue":
        connection.sendall(CONTINUE)
    missing = int(fields.get(b"content-length", 0)) - len(begun)
    while missing > 0:
        got_now = connection.recv_into(buffer, min(missing, BLOCK))
        if not got_now:
            return False
        missing -= got_now
    return True


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip().lower()


if __name__ == "__main__":
    serve()
