"""Scripts of hosts that do what they should: they keep what they are sent, and serve it again."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from twat_fs.testing.play import Play

if TYPE_CHECKING:
    from twat_fs.testing.seen import Seen

_JSON = (("Content-Type", "application/json"),)


def as_json(data: Any, status: int = 200) -> Play:
    """A reply in JSON."""
    return Play(status, json.dumps(data).encode(), _JSON)


def file_in(seen: Seen) -> bytes:
    """The file that a request carries: the part of a form that has a file name, else the body."""
    parts = [part.body for part in seen.parts if part.filename is not None]
    return parts[0] if parts else seen.body


@dataclass
class FormHost:
    """Takes a form or a bare body, and answers with the address of what it kept.

    Attributes:
        key: The key of the JSON object in which the address stands; without it the address is the whole reply.
        files: What was kept, by path.
    """

    key: str = ""
    files: dict[str, bytes] = field(default_factory=dict)

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        path = seen.target.partition("?")[0]
        if seen.method in ("GET", "HEAD"):
            return Play(200, self.files[path]) if path in self.files else Play(404)
        url = f"{seen.origin}{self.keep(file_in(seen))}"
        return as_json({self.key: url}) if self.key else Play(200, url.encode(), (("Content-Type", "text/plain"),))

    def keep(self, content: bytes) -> str:
        """Keep a file; returns its path."""
        path = f"/files/{len(self.files) + 1}"
        self.files[path] = content
        return path


@dataclass
class PutHost(FormHost):
    """Keeps what is PUT at a path of the client's choice, and answers nothing."""

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        if seen.method != "PUT":
            return super().__call__(seen)
        self.files[seen.target] = seen.body
        return Play(201)


@dataclass
class KeyedHost(FormHost):
    """Wants a key, gives an address for the upload (`POST /upload/init`), and for the file an id (`PUT`).

    Attributes:
        token: The key, as `Authorization: Bearer` carries it.
    """

    token: str = "good-key"  # noqa: S105

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        if seen.method in ("GET", "HEAD"):
            return super().__call__(seen)
        if seen.header("Authorization") != f"Bearer {self.token}":
            return as_json({"error": "unknown key"}, 401)
        if seen.method == "POST" and seen.target.endswith("/upload/init"):
            return as_json({"upload_url": f"{seen.origin}/incoming/{len(self.files)}"})
        if seen.method == "PUT" and seen.target.startswith("/incoming/"):
            return as_json({"file_id": self.keep(seen.body).rpartition("/")[2]})
        return as_json({"error": "unknown address"}, 404)
