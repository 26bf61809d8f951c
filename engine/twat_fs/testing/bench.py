"""What the contract's tests stand on: a provider, a host for it, and files."""

from __future__ import annotations

import os
import ssl
import urllib.request
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

import pytest

from twat_fs.retry import run
from twat_fs.source import Source
from twat_fs.spec.model import Retry
from twat_fs.testing.carried import carries, plain_words
from twat_fs.testing.fake_host import FakeHost
from twat_fs.testing.hosts import FormHost
from twat_fs.testing.ports import ReservedPort
from twat_fs.tuples import NamedTuple
from twat_fs.upload_providers.loading import sent_by
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from twat_fs.errors import UploadError
    from twat_fs.results import UploadResult
    from twat_fs.testing.play import Play
    from twat_fs.testing.seen import Seen

#: Found in no other place, so that a request that holds it carries the file.
CONTENT = b"The content of the contract's file.\n" * 400
#: All hosts have one address, so that a spec that is made for it is compiled once.
_PORT = ReservedPort()


class Traits(NamedTuple):
    """What a provider declares of itself, where it is not as most are; the contract tests that it is so.

    Attributes:
        network: It sends to the host of `make`; one that does not must never connect to it.
        reads_reply: The URL comes from the reply to the request that carries the file; where not, any 2xx will do.
        sends_name: The host is told the file's name.
        folders: The host is told the whole of `remote_path`.
        credentials: Environment variables with values that the host takes; empty where it needs none.
        idempotent: Sending twice does no harm, so that it is done where no answer came.
        trims: A line break at a credential's end is taken away, rather than refused.
        repeats: It sends a single request again itself where the host is out of order.
        texts: It takes nothing but UTF-8 text; any other file is refused before it is sent.
        takes: The statuses that mean success, if not any 2xx.
        meanings: Statuses that this host uses in a way of its own, and the class of error that each means.
    """

    network: bool = True
    reads_reply: bool = True
    sends_name: bool = True
    folders: bool = False
    credentials: Mapping[str, str] = {}
    idempotent: bool = False
    trims: bool = False
    repeats: bool = False
    texts: bool = False
    takes: Sequence[int] = ()
    meanings: Mapping[int, type[UploadError]] = {}


class Faulty:
    """A script that answers requests which carry the file with faults, in order; None stands for the right answer.

    Args:
        right: The script of a host that does what it should.
        faults: The last one stands for all that follow.
        marker: What tells that a request carries the file.
    """

    def __init__(self, right: Callable[[Seen], Play], faults: Sequence[Play | None], marker: bytes) -> None:
        self._right = right
        self._faults = list(faults)
        self._marker = marker
        self.bodies: list[bytes] = []  # each with the whole of the marker in it

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        if not carries(seen, self._marker):
            return self._right(seen)
        self.bodies.append(seen.body)
        fault = self._faults.pop(0) if len(self._faults) > 1 else self._faults[0]
        return self._right(seen) if fault is None else fault


class Bench:
    """What an author says of a provider, and what the tests do with it."""

    traits: ClassVar[Traits] = Traits()

    def make(self, url: str) -> Any:
        """The provider, made so that it sends to a host on loopback: what an author must write.

        Args:
            url: The host's URL, without a path.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define make()")

    def host(self) -> Callable[[Seen], Play]:
        """The script of a host that this provider understands; see `twat_fs.testing.hosts`."""
        return FormHost()

    def tls(self) -> ssl.SSLContext | None:
        """A server's TLS context, for a provider that speaks to https hosts only; its authority must be trusted."""
        return None

    def serve(self, script: Callable[[Seen], Play]) -> FakeHost:
        """A host on loopback with a script, over TLS where the provider wants it."""
        return FakeHost(script, tls=self.tls(), reserved=_PORT)

    def from_environment(self, url: str) -> Any:
        """The provider as `get_provider()` makes it, for one that needs credentials.

        Args:
            url: The host's URL, without a path.
        """
        return self.make(url)

    @pytest.fixture(autouse=True)
    def _own_place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A home and a folder of the test's own, and no setting from outside."""
        for name in [*os.environ]:
            if name.startswith("TWAT_FS") or name.lower().endswith("_proxy"):
                monkeypatch.delenv(name)
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            monkeypatch.setenv(name, str(tmp_path / "home"))
        for name, value in self.traits.credentials.items():
            monkeypatch.setenv(name, value)
        self.folder = tmp_path / "files"
        self.folder.mkdir()
        self.prepare(tmp_path, monkeypatch)

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What else a test of this provider needs; called before each.

        Args:
            folder: The test's own, empty but for `files` and `home`.
            monkeypatch: Undone after the test.
        """

    def file(self, name: str | bytes = "a file.bin", content: bytes = CONTENT) -> str:
        """A file to upload; returns its path."""
        path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
        with open(path, "wb") as file:
            file.write(content)
        return os.fsdecode(path)

    def send(self, url: str, source: Source, *, attempts: int = 1, client: Any = None) -> UploadResult:
        """Upload as the engine does, without waiting between attempts."""
        client = client or self.make(url)
        call = Call(source.name, source.name)
        policy = Retry(attempts, 0.0, 0.0)
        with source:
            return run(lambda: sent_by(client, source, call), policy, sleep=lambda _: None)

    def answered(self, *faults: Play | None, attempts: int = 1) -> UploadResult:
        """Upload to a host that answers so; see `Faulty`.

        What the host saw is then `self.bodies`; `self.outlasted` is true where it was mute and hung up first.
        """
        script = Faulty(self.host(), faults, CONTENT)
        self.bodies, self.outlasted = script.bodies, False
        with self.serve(script) as host:
            try:
                return self.send(host.url, Source(self.file()), attempts=attempts)
            finally:
                self.outlasted = host.outlasted

    def right(self, **changed: Any) -> Callable[[Seen], Play]:
        """The right answers, those to requests that carry the file changed, such as in their `status`."""
        host = self.host()

        def script(seen: Seen) -> Play:
            play = host(seen)
            return replace(play, **changed) if carries(seen, CONTENT) else play

        return script

    def fetch(self, url: str) -> bytes:
        """What an URL serves; `file:` too."""
        if url.startswith("file://"):
            with open(unquote(url.removeprefix("file://"), errors="surrogateescape"), "rb") as file:
                return file.read()
        with _opener(url.startswith("https:"), os.environ.get("SSL_CERT_FILE")).open(url, timeout=10) as reply:
            content: bytes = reply.read()
            return content

    def told(self, host: FakeHost, result: UploadResult) -> str:
        """All that the host was told, and the URL, as text with nothing percent-encoded or, in a header, in base64."""
        seen = [
            "\n".join([unquote(request.target), *(plain_words(unquote(value)) for _, value in request.headers)])
            + request.body.decode("utf-8", "replace")
            for request in host.requests
        ]
        return "\n".join([*seen, unquote(result)])


@lru_cache(maxsize=8)
def _opener(tls: bool, authorities: str | None) -> urllib.request.OpenerDirector:
    """Opens URLs without a proxy; reading the authorities is the slow part, so it is done where they are asked."""
    trusted = [urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=authorities))] if tls else []
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), *trusted)
