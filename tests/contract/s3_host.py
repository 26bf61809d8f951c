"""S3 on loopback, as a script: keeps objects, checks each signature, and answers in S3's shapes."""

from __future__ import annotations

import hashlib
import hmac
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote

from twat_fs.testing.fake_host import Play

if TYPE_CHECKING:
    from twat_fs.testing.seen import Seen


@dataclass
class S3Host:
    """PUT, GET and HEAD of objects by path.

    Attributes:
        key_id: The access key that is known.
        secret: Its secret.
        objects: Content by path.
    """

    key_id: str
    secret: str
    objects: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        path = seen.target.partition("?")[0]
        if seen.header("Authorization") and not self._signed(seen):
            return _refusal("SignatureDoesNotMatch", 403)
        with self._lock:
            if seen.method == "PUT":
                return self._put(seen, path)
            found = self.objects.get(path)
        return _refusal("NoSuchKey", 404) if found is None else Play(200, found)

    def _put(self, seen: Seen, path: str) -> Play:
        if not seen.header("Authorization"):
            return _refusal("AccessDenied", 403)
        if seen.header("If-None-Match") == "*" and path in self.objects:
            return _refusal("PreconditionFailed", 412)
        self.objects[path] = seen.body
        headers = [("ETag", f'"{hashlib.md5(seen.body).hexdigest()}"')]
        checksum = seen.header("x-amz-checksum-crc32")
        return Play(200, headers=[*headers, ("x-amz-checksum-crc32", checksum)] if checksum else headers)

    def _signed(self, seen: Seen) -> bool:
        """Whether the signature is right: AWS Signature Version 4, as its documentation spells it out."""
        algorithm, _, rest = (seen.header("Authorization") or "").partition(" ")
        named = dict(item.strip().split("=", 1) for item in rest.split(","))
        key_id, day, region, service, end = named["Credential"].split("/")
        if algorithm != "AWS4-HMAC-SHA256" or key_id != self.key_id:
            return False
        headers = [(name, " ".join((seen.header(name) or "").split())) for name in named["SignedHeaders"].split(";")]
        path, _, query = seen.target.partition("?")
        pairs = sorted((quote(a, safe="-_.~"), quote(b, safe="-_.~")) for a, b in parse_qsl(query, True))
        canonical = "\n".join(
            [
                seen.method,
                path,
                "&".join(f"{name}={value}" for name, value in pairs),
                *(f"{name}:{value}" for name, value in headers),
                "",
                named["SignedHeaders"],
                seen.header("x-amz-content-sha256") or "",
            ]
        )
        scope = f"{day}/{region}/{service}/{end}"
        digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()  # as the bytes of headers are read
        text = f"{algorithm}\n{seen.header('x-amz-date')}\n{scope}\n{digest}"
        key = f"AWS4{self.secret}".encode()
        for part in (day, region, service, end):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.compare_digest(hmac.new(key, text.encode(), "sha256").hexdigest(), named["Signature"])


def _refusal(code: str, status: int) -> Play:
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    return Play(status, body, [("Content-Type", "application/xml")])
