"""The sink as a host that speaks just enough S3; `python -m benchmarks.s3_sink [CERTIFICATE]` prints its port.

It answers with the checksum that the request named, and compares nothing: what is measured is the sender.
"""

from __future__ import annotations

import sys

from benchmarks.sink import replied, serve

_BEGUN = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
_DONE = b'<CompleteMultipartUploadResult><ETag>"x-1"</ETag></CompleteMultipartUploadResult>'
_TAG = b'ETag: "x"\r\n'


def _answer(first: bytes, fields: dict[bytes, bytes], _: int) -> bytes:
    method, target, _version = first.split(b" ", 2)
    if method == b"HEAD":
        return replied(b"", b"404 Not Found")
    if method == b"DELETE":
        return replied(b"", b"204 No Content")
    if method == b"POST":
        return replied(_BEGUN if b"?uploads" in target else _DONE)
    checksum = fields.get(b"x-amz-checksum-crc32")
    return replied(b"", more=_TAG + (b"x-amz-checksum-crc32: " + checksum + b"\r\n" if checksum else b""))


if __name__ == "__main__":
    serve(_answer, sys.argv[1] if len(sys.argv) > 1 else None)
