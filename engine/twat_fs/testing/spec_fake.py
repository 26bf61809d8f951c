"""A fake of a spec's host that keeps running: it answers as the spec's example says, and serves what it was sent."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twat_fs.testing.hosts import file_in
from twat_fs.testing.play import Play
from twat_fs.testing.spec_play import play

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.spec.model import Spec
    from twat_fs.testing.seen import Seen
    from twat_fs.testing.spec_play import Exchange

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?")


class SpecFake:
    """Answers requests to a spec's host from one of the spec's examples; a script for `FakeHost`.

    A request is known by its method and path, as the example sends them; where names in a path differ, by its method.
    Addresses in answers lead here. Any other GET or HEAD gets the file that came last.

    Args:
        spec: The provider.
        example: The entry of `examples` to answer from.
    """

    def __init__(self, spec: Spec, example: Mapping[str, Any]) -> None:
        self._exchanges = play(spec, example).exchanges
        self._file: bytes | None = None

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        exchange = self._meant(seen)
        if exchange is None:
            return self._fetched(seen)
        if seen.length:
            self._file = file_in(seen) if _carries_file(exchange) else self._file
        headers = [(name, led(value, seen.origin)) for name, value in exchange.reply.headers.items()]
        kept = [(name, value) for name, value in headers if name not in ("content-length", "connection")]
        return Play(
            exchange.reply.status, led(exchange.reply.body.decode("utf-8", "replace"), seen.origin).encode(), kept
        )

    def _meant(self, seen: Seen) -> Exchange | None:
        path = seen.target.partition("?")[0]
        same = [each for each in self._exchanges if each.sent["method"] == seen.method]
        exact = [each for each in same if urlsplit(each.sent["url"]).path == path]
        if exact or seen.method in ("GET", "HEAD"):
            return exact[0] if exact else None
        return same[0] if same else None

    def _fetched(self, seen: Seen) -> Play:
        if seen.method in ("GET", "HEAD"):
            return Play(404) if self._file is None else Play(200, self._file)
        return Play(405, b"the spec's example sends no such request")


def led(text: str, origin: str) -> str:
    """A text in which every address leads to another origin."""
    return _ORIGIN.sub(origin, text)


def copied(content: bytes, origin: str) -> str:
    """A spec's text with every address leading to another origin, so that the spec can be used with a fake host.

    Args:
        content: The spec's bytes.
        origin: Such as `http://127.0.0.1:8080`.
    """
    import yaml

    from twat_fs.spec.load import load

    data = json.loads(led(json.dumps(load(content).data), origin))
    data.pop("examples", None)
    if "allow_hosts" in data:
        data["allow_hosts"] = [origin.partition("//")[2]]
    return str(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def write_copy(folder: str, name: str, content: bytes, origin: str) -> str:
    """Write such a copy into a folder; returns its path.

    Raises:
        OSError: It cannot be written.
    """
    path = os.path.join(folder, f"{name}.yaml")
    with open(path, "w", encoding="utf-8") as file:
        file.write(copied(content, origin))
    return path


def _carries_file(exchange: Exchange) -> bool:
    return "{{ file }}" in json.dumps(exchange.sent)
