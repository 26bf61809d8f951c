"""A tus host that keeps nothing but how far each upload came: `python -m benchmarks.pieces_sink` prints its port.

PUT takes a file in one request; GET says how many bytes of the last upload came.
"""

from __future__ import annotations

from benchmarks.sink import replied, serve

_OFFSETS: list[int] = []


def _answer(first: bytes, fields: dict[bytes, bytes], port: int) -> bytes:
    method, target, _ = first.split(b" ")
    if method == b"POST":
        _OFFSETS.append(0)
        return replied(b"", b"201 Created", f"Location: http://127.0.0.1:{port}/{len(_OFFSETS) - 1}\r\n".encode())
    if method == b"PUT":
        return replied(f"http://127.0.0.1:{port}/f".encode())
    if method == b"GET":
        return replied(str(_OFFSETS[-1] if _OFFSETS else 0).encode())
    at = int(target[1:])
    if method == b"PATCH":
        if int(fields[b"upload-offset"]) != _OFFSETS[at]:
            return replied(b"", b"409 Conflict")
        _OFFSETS[at] += int(fields[b"content-length"])
    told = f"Upload-Offset: {_OFFSETS[at]}\r\n".encode()
    if method == b"HEAD":
        return b"HTTP/1.1 200 OK\r\n" + told + b"\r\n"
    return b"HTTP/1.1 204 No Content\r\n" + told + b"\r\n"


if __name__ == "__main__":
    serve(_answer, None)
