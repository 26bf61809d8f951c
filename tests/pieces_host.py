"""Hosts that take files in pieces and are strict about it, as scripts for `FakeHost`; what they take is in memory."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING

from twat_fs.testing.fake_host import Play

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.testing.fake_host import Seen


class PiecesHost:
    """What they have in common: files by path, and something that may happen instead of the next answer.

    Attributes:
        files: What was taken so far, by path.
        sizes: What each is to become.
        mishaps: Called with the request and the answer, one for each request that carries a body; gives what is sent.
            None stands for the answer itself.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}
        self.sizes: dict[str, int] = {}
        self.mishaps: list[Callable[[Seen, Play], Play] | None] = []

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        path = seen.target.partition("?")[0]
        if seen.method == "GET":
            return Play(200, bytes(self.files[path])) if path in self.files else Play(404)
        mishap = self.mishaps.pop(0) if self.mishaps and seen.expected else None
        if mishap in _INSTEAD:
            return _INSTEAD[mishap]
        answer = self.answer(seen, path)
        return mishap(seen, answer) if mishap else answer

    def answer(self, seen: Seen, path: str) -> Play:
        """The reply to a request that is no GET."""
        raise NotImplementedError

    def complete(self, path: str) -> bool:
        """Whether all of a file came."""
        return len(self.files[path]) == self.sizes[path]


def refused(seen: Seen, answer: Play) -> Play:
    """The host takes nothing, and says so."""
    raise AssertionError


def denied(seen: Seen, answer: Play) -> Play:
    """The host takes nothing, since it does not accept the key."""
    raise AssertionError


def stalled(seen: Seen, answer: Play) -> Play:
    """The host takes nothing, and says nothing."""
    raise AssertionError


_INSTEAD = {refused: Play(503), denied: Play(401), stalled: Play(mute=True)}


def lost(seen: Seen, answer: Play) -> Play:
    """The host takes it, and its answer is lost."""
    return Play(mute=True, reset=True)


class Tus(PiecesHost):
    """tus 1.0, the core protocol and creation; what came of a piece that broke off is kept."""

    def answer(self, seen: Seen, path: str) -> Play:
        if seen.header("Tus-Resumable") != "1.0.0":
            return Play(412)
        if seen.method == "POST":
            path = f"/files/{len(self.files)}"
            self.files[path], self.sizes[path] = bytearray(), int(seen.header("Upload-Length") or "")
            return Play(201, headers=[("Location", seen.origin + path)])
        if path not in self.files:
            return Play(404)
        if seen.method == "PATCH":
            if seen.header("Content-Type") != "application/offset+octet-stream":
                return Play(415)
            if int(seen.header("Upload-Offset") or "") != len(self.files[path]):
                return Play(409)
            self.files[path] += seen.body
        return Play(204 if seen.method == "PATCH" else 200, headers=[("Upload-Offset", str(len(self.files[path])))])


class Ranges(PiecesHost):
    """A transaction whose number is in a header, pieces with Content-Range, and a token that is good for one piece."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: dict[str, str] = {}

    def answer(self, seen: Seen, path: str) -> Play:
        if seen.method == "POST":
            number = str(len(self.files) + 1)
            path = f"/kept/{number}"
            self.files[path], self.sizes[path] = bytearray(), int(seen.header("X-Length") or "")
            self.tokens[path] = "first"
            return Play(200, headers=[("X-Transaction", number), ("X-Token", "first")])
        path = f"/kept/{seen.header('X-Transaction')}"
        found = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)", seen.header("Content-Range") or "")
        if path not in self.files or not found or int(found[3]) != self.sizes[path]:
            return Play(400)
        taken = self.files[path]
        if found[1]:
            if not seen.complete or int(found[1]) != len(taken) or int(found[2]) - int(found[1]) + 1 != seen.length:
                return Play(416)
            if seen.header("X-Token") != self.tokens[path]:
                return Play(403)
            taken += seen.body
            self.tokens[path] = hashlib.sha1(bytes(taken), usedforsecurity=False).hexdigest()
        token = ("X-Token", self.tokens[path])
        if not self.complete(path):
            return Play(308, headers=[token, *([("Range", f"bytes=0-{len(taken) - 1}")] if taken else [])])
        return Play(201, json.dumps({"url": seen.origin + path}).encode(), [token])


class Parts(PiecesHost):
    """Parts in any order, each with a tag; a list of them in JSON, in order, makes the file."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: dict[str, dict[int, bytes]] = {}

    def answer(self, seen: Seen, path: str) -> Play:
        words = dict(re.findall(r"(\w+)=(\w+)", seen.target))
        if path == "/begin":
            self.parts["u1"] = {}
            return Play(200, b'{"id": "u1"}')
        if path == "/part":
            if not seen.complete or seen.header("X-Sha1") != hashlib.sha1(seen.body, usedforsecurity=False).hexdigest():
                return Play(400)
            self.parts[words["id"]][int(words["n"])] = seen.body
            return Play(200, headers=[("ETag", f'"{words["n"]}-{seen.length}"')])
        told = json.loads(seen.body)
        parts = self.parts[told["id"]]
        if told["parts"] != [{"n": number, "tag": f'"{number}-{len(parts[number])}"'} for number in sorted(parts)]:
            return Play(400, b"the parts are not those that came")
        self.files["/made/u1"] = bytearray(b"".join(parts[number] for number in sorted(parts)))
        return Play(200, json.dumps({"url": f"{seen.origin}/made/u1"}).encode())


TUS = """
options: {{endpoint: {{type: url, default: "{url}/files"}}}}
steps:
  - name: create
    url: "{{{{ options.endpoint }}}}"
    headers: {{Tus-Resumable: 1.0.0, Upload-Length: "{{{{ file.size }}}}"}}
    expect: [201]
    save: {{location: {{header: Location}}}}
  - name: send
    method: PATCH
    url: "{{{{ saved.location }}}}"
    headers:
      Tus-Resumable: 1.0.0
      Upload-Offset: "{{{{ chunk.offset }}}}"
      Content-Type: application/offset+octet-stream
    raw: "{{{{ chunk }}}}"
    chunks: {{size: 1 KiB}}
    resume:
      method: HEAD
      url: "{{{{ saved.location }}}}"
      headers: {{Tus-Resumable: 1.0.0}}
      offset: {{header: Upload-Offset}}
result: {{url: "{{{{ saved.location }}}}"}}
capabilities: {{check: none}}
retry: {{initial: 0s}}
"""

RANGES = """
steps:
  - name: begin
    url: {url}/begin
    headers: {{X-Length: "{{{{ file.size }}}}"}}
    save: {{transaction: {{header: X-Transaction}}, first: {{header: X-Token}}}}
  - name: send
    method: PUT
    url: {url}/send
    headers:
      X-Transaction: "{{{{ saved.transaction }}}}"
      X-Token: "{{{{ previous.token or saved.first }}}}"
      Content-Range: "bytes {{{{ chunk.offset }}}}-{{{{ chunk.end }}}}/{{{{ file.size }}}}"
    raw: "{{{{ chunk }}}}"
    chunks: {{size: 1 KiB}}
    expect: [201, 308]
    save: {{token: {{header: X-Token}}}}
    resume:
      method: PUT
      url: {url}/send
      headers: {{X-Transaction: "{{{{ saved.transaction }}}}", Content-Range: "bytes */{{{{ file.size }}}}"}}
      expect: [201, 308]
      offset:
        template: >-
          {{{{ file.size if reply.status == 201
          else (reply.headers.range | regex_replace('^bytes=0-', '') | int) + 1 }}}}
        default: 0
result: {{url: url}}
capabilities: {{check: none}}
retry: {{initial: 0s}}
"""

PARTS = """
steps:
  - {{name: begin, url: "{url}/begin", save: {{id: id}}}}
  - name: send
    method: PUT
    url: {url}/part
    query: {{id: "{{{{ saved.id }}}}", n: "{{{{ chunk.number }}}}"}}
    headers: {{X-Sha1: "{{{{ chunk.sha1 }}}}"}}
    raw: "{{{{ chunk }}}}"
    chunks: {{size: 1 KiB, parallel: 4}}
    idempotent: true
    save: {{parts: "{{{{ {{'n': chunk.number, 'tag': reply.headers.etag}} }}}}"}}
  - name: finish
    url: {url}/finish
    json: {{id: "{{{{ saved.id }}}}", parts: "{{{{ saved.parts }}}}"}}
result: {{url: url}}
capabilities: {{check: none}}
retry: {{initial: 0s}}
"""
