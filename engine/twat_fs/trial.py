"""A trial of a provider: a small file goes up and is fetched back."""

from __future__ import annotations

import os
import tempfile
import time
from typing import TYPE_CHECKING, Any

from twat_fs.source import Source
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from twat_fs.registry import Provider

#: Bytes that a trial uploads.
_SIZE = 1024


def tried(provider: Provider) -> dict[str, Any]:
    """Upload a small file and fetch it back, as the spec lets it be checked.

    Returns:
        `url`, `upload_seconds`, `checked` (whether it could be fetched back), and if so `fetch_seconds`.

    Raises:
        UploadError: It was not taken, or came back otherwise.
    """
    descriptor, path = tempfile.mkstemp(prefix="twat-fs-", suffix=".txt")
    try:
        with open(descriptor, "wb") as file:
            file.write((b"twat-fs status " + os.urandom(16).hex().encode() + b"\n").ljust(_SIZE, b"."))
        with Source(path) as source:
            begun = time.monotonic()
            url = provider.upload(source, Call(source.name, source.name), "none")
            sent = time.monotonic()
            checked = provider.check(url, source, "hash")
            done = time.monotonic()
    finally:
        os.unlink(path)
    facts: dict[str, Any] = {"url": str(url), "upload_seconds": round(sent - begun, 3), "checked": checked}
    return {**facts, "fetch_seconds": round(done - sent, 3)} if checked else facts
