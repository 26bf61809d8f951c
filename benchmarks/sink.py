"""A host that takes whatever is sent as fast as a socket gives it, and keeps nothing.

`python -m benchmarks.sink [CERTIFICATE]` prints its port; with a certificate it speaks TLS.
"""

from __future__ import annotations

import json
import os
import socket
import ssl
import sys
from collections.abc import Callable
from threading import Thread

BLOCK = 1 << 20
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: What a host answers to a request: made of its first line, its header fields with names in lower case, and the port.
Answer = Callable[[bytes, dict[bytes, bytes], int], bytes]


def serve(answer: Answer, certificate: str | None) -> None:
    """Answer every connection in a thread of its own until standard input ends, so that nobody is left behind."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        Thread(target=_accept, args=(listener, context, answer), daemon=True).start()
        sys.stdin.read()
        os._exit(0)


def replied(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    """A whole answer."""
    return b"HTTP/1.1 " + status + b"\r\n" + more + f"Content-Length: {len(body)}\r\n\r\n".encode() + body


def _accept(listener: socket.socket, context: ssl.SSLContext | None, answer: Answer) -> None:
    while True:
        connection, _ = listener.accept()
        Thread(target=_converse, args=(connection, context, answer), daemon=True).start()


def _converse(connection: socket.socket, context: ssl.SSLContext | None, answer: Answer) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(BLOCK)
    port = connection.getsockname()[1]
    try:
        with context.wrap_socket(connection, server_side=True) if context else connection as stream:
            while request := _request(stream, buffer):
                stream.sendall(answer(*request, port))
    except OSError:
        return


def _request(connection: socket.socket, buffer: bytearray) -> tuple[bytes, dict[bytes, bytes]] | None:
    """Read one request to its end; gives its first line and its fields, None where the other side has closed."""
    head = b""
    while b"\r\n\r\n" not in head:
        got = connection.recv(BLOCK)
        if not got:
            return None
        head += got
    head, _, begun = head.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = dict(_field(line) for line in lines)
    if fields.get(b"expect", b"").lower() == b"100-continue":
        connection.sendall(CONTINUE)
    read = _read_chunks if fields.get(b"transfer-encoding") == b"chunked" else _read_length
    return (first, fields) if read(connection, buffer, begun, int(fields.get(b"content-length", 0))) else None


def _read_length(connection: socket.socket, buffer: bytearray, begun: bytes, length: int) -> bool:
    missing = length - len(begun)
    while missing > 0:
        count = connection.recv_into(buffer, min(missing, BLOCK))
        if not count:
            return False
        missing -= count
    return True


def _read_chunks(connection: socket.socket, buffer: bytearray, begun: bytes, _: int) -> bool:
    pending = begun
    while True:
        while b"\r\n" not in pending:
            got = connection.recv(BLOCK)
            if not got:
                return False
            pending += got
        line, _sep, pending = pending.partition(b"\r\n")
        size = int(line.split(b";")[0], 16)
        missing = size + 2 - len(pending)
        pending = pending[size + 2 :]
        if missing > 0 and not _read_length(connection, buffer, b"", missing):
            return False
        if not size:
            return True


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()


class _Sink:
    """Answers with the address where the file would be; also as a WebDAV server that knows only sizes."""

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self._sizes: dict[bytes, int] = {}

    def __call__(self, first: bytes, fields: dict[bytes, bytes], port: int) -> bytes:
        method, target, _version = first.split(b" ", 2)
        if method == b"PROPFIND":
            return self._told(target)
        if method == b"PUT":
            self._sizes[target] = int(fields.get(b"content-length", 0))
            return replied(b"", b"201 Created")
        url = f"{self._scheme}://127.0.0.1:{port}/f"
        # What ours and the others read, and what the earlier tool reads of the host that it takes this for.
        body = json.dumps({"url": url, "files": [{"url": url}]}).encode()
        return replied(body, more=b"Content-Type: application/json\r\n")

    def _told(self, target: bytes) -> bytes:
        size = self._sizes.get(target)
        if size is None and not target.endswith(b"/"):
            return replied(b"", b"404 Not Found")
        kind = "<d:collection/>" if size is None else ""
        body = _FOUND.format(target.decode(), kind, size or 0).encode()
        return replied(body, b"207 Multi-Status", b"Content-Type: application/xml\r\n")


#: One entry of a folder (RFC 4918, 9.1).
_FOUND = (
    '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:"><d:response><d:href>{}</d:href><d:propstat><d:prop>'
    "<d:resourcetype>{}</d:resourcetype><d:getcontentlength>{}</d:getcontentlength></d:prop>"
    "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"
)


if __name__ == "__main__":
    certificate = sys.argv[1] if len(sys.argv) > 1 else None
    serve(_Sink("https" if certificate else "http"), certificate)
