"""A host that speaks just enough S3 and keeps nothing; `python -m benchmarks.s3_sink [CERTIFICATE]` prints its port.

It reads whatever is sent as fast as a socket gives it, and answers with the checksum that the request named. It
compares nothing: what is measured is the sender.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
from threading import Thread

BLOCK = 1 << 20
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_BEGUN = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
_DONE = b'<CompleteMultipartUploadResult><ETag>"x-1"</ETag></CompleteMultipartUploadResult>'


def serve(certificate: str | None) -> None:
    """Answer every connection in a thread of its own until standard input ends, so that nobody is left behind."""
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        sys.stdout.write(f"{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        Thread(target=_accept, args=(listener, context), daemon=True).start()
        sys.stdin.read()
        os._exit(0)


def _accept(listener: socket.socket, context: ssl.SSLContext | None) -> None:
    while True:
        connection, _ = listener.accept()
        Thread(target=_converse, args=(connection, context), daemon=True).start()


def _converse(connection: socket.socket, context: ssl.SSLContext | None) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(BLOCK)
    try:
        with context.wrap_socket(connection, server_side=True) if context else connection as stream:
            while answer := _request(stream, buffer):
                stream.sendall(answer)
    except OSError:
        return


def _request(connection: socket.socket, buffer: bytearray) -> bytes:
    """Read one request to its end; gives the answer, or nothing where the other side has closed."""
    head = b""
    while b"\r\n\r\n" not in head:
        got = connection.recv(BLOCK)
        if not got:
            return b""
        head += got
    head, _, begun = head.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = dict(_field(line) for line in lines)
    if fields.get(b"expect") == b"100-continue":
        connection.sendall(CONTINUE)
    read = _read_chunks if fields.get(b"transfer-encoding") == b"chunked" else _read_length
    return _answer(first, fields) if read(connection, buffer, begun, int(fields.get(b"content-length", 0))) else b""


def _read_length(connection: socket.socket, buffer: bytearray, begun: bytes, length: int) -> bool:
    missing = length - len(begun)
    while missing > 0:
        count = connection.recv_into(buffer, min(missing, BLOCK))
        if not count:
            return False
        missing -= count
    return True


def _read_chunks(connection: socket.socket, buffer: bytearray, begun: bytes, _: int) -> bool:
    """What boto3 sends where the checksum comes after the content: chunks of S3's inside chunks of HTTP's."""
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


def _answer(first: bytes, fields: dict[bytes, bytes]) -> bytes:
    method, target, _ = first.split(b" ", 2)
    status, body, more = b"200 OK", b"", b""
    if method == b"HEAD":
        status = b"404 Not Found"
    elif method == b"DELETE":
        status = b"204 No Content"
    elif method == b"POST":
        body = _BEGUN if target.endswith(b"?uploads") else _DONE
    else:
        more = b'ETag: "x"\r\n'
        if fields.get(b"x-amz-checksum-crc32"):
            more += b"x-amz-checksum-crc32: " + fields[b"x-amz-checksum-crc32"] + b"\r\n"
    head = b"HTTP/1.1 " + status + b"\r\n" + more + f"Content-Length: {len(body)}\r\n\r\n".encode()
    return head + body


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name.strip().lower(), value.strip()


if __name__ == "__main__":
    serve(sys.argv[1] if len(sys.argv) > 1 else None)
