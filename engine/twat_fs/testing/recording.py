"""Records a real upload as a cassette, in which nothing is left that is worth stealing."""

from __future__ import annotations

import ipaddress
import json
import re
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twat_fs._version import USER_AGENT
from twat_fs.errors import TrustError, UploadError, UsageError
from twat_fs.http.body import StreamingBody
from twat_fs.http.transport import Transport
from twat_fs.interruption import Interrupted
from twat_fs.messages import Held, Multipart, Reply, Request, Shell, TextPart, reveal
from twat_fs.retry import retrying
from twat_fs.text import REDACTOR
from twat_fs.tuples import NamedTuple
from twat_fs.upload_providers.declarative import run
from twat_fs.wire.job import file_facts, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.registry import Provider
    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call
    from twat_fs.wire.job import Inputs

#: Bytes of a file that a cassette takes: it stands in its first lines as text.
FILE_LIMIT = 4096
_HIDDEN = "<hidden>"
# What a replay, the engine or a spec's error rules may read; other headers tell of the host's machinery, or of us.
_KEPT = ("content-type", "location", "content-location", "retry-after", "etag")
#: Names of members and of parameters whose values are keys to something.
_KEY = re.compile(
    r"(?i)(token|secret|signature|sig$|password|passwd|api_?key|access_?key|credential|auth|session|policy)"
)
_PARAMETER = re.compile(r"[?&;]([A-Za-z0-9_.-]+)=([^&;\s\"'<>\\]+)")
_ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w.:])")
#: Addresses that belong to nobody: RFC 5737 and RFC 3849.
_NOBODY = {4: "192.0.2.1", 6: "2001:db8::1"}
_LEAST = 6


class Recorded(NamedTuple):
    """A cassette.

    Attributes:
        text: The file's content.
        outcome: The URL, or `error KIND`.
    """

    text: str
    outcome: str


def record(provider: Provider, source: Source, call: Call, *, software: str = "") -> Recorded:
    """Upload a file and write down what was exchanged, whether it was taken or not.

    Args:
        provider: An http provider that is ready.
        source: The file: a small text.
        call: What the caller wants.
        software: The name and version of the server where it is not the host itself.

    Raises:
        UsageError: The provider or the file cannot be recorded, or nobody said what the server is.
        TrustError: A secret would remain in the cassette.
        UploadError: No reply came at all.
    """
    if provider.spec.kind == "python":
        raise UsageError(f"{provider.name} is a Python provider: its requests are its library's")
    content = _content(source)
    tape = Tape(provider, source)
    outcome = tape.run(call)
    if not tape.exchanges:
        raise outcome if isinstance(outcome, UploadError) else UsageError("no request was sent")
    if not software and tape.is_local:
        raise UsageError(
            "a server on this machine was recorded, and nobody said what it is",
            hint='Say its name and version: --software "copyparty 1.19.20".',
        )
    return tape.cassette(content, call, outcome, software)


class Tape:
    """One upload, and what goes over the wire.

    Args:
        provider: An http provider that is ready.
        source: The file.

    Attributes:
        exchanges: Each request with its reply.
    """

    def __init__(self, provider: Provider, source: Source) -> None:
        self._provider = provider
        self._source = source
        self._secrets = provider.credentials()
        self._random: list[str] = []
        self._begun = False
        self.exchanges: list[tuple[Request, Reply]] = []

    @property
    def is_local(self) -> bool:
        """Whether all was sent to this machine."""
        return all(_is_loopback(urlsplit(reveal(request.url)).hostname or "") for request, _ in self.exchanges)

    def run(self, call: Call) -> str | UploadError:
        """Upload; gives the URL, or what was raised."""
        settings = self._provider.registry.settings
        inputs = self._provider.inputs(call)
        inputs = inputs._replace(random=self._remembered(inputs))
        job = start(self._provider.spec, inputs, file_facts(self._source, name=call.name))
        with Transport(user_agent=USER_AGENT, **settings.network) as transport:

            def send(request: Request) -> Reply:
                self._begun = True
                reply = transport.send(request, self._source if request.carries_file else None)
                self.exchanges.append((request, reply))
                return reply

            try:
                return str(run(job, retrying(send, self._provider.spec.retry)))
            except UploadError as error:
                return error
            except Interrupted as end:
                end.left = f"{self._provider.name} may have stored the file" if self._begun else ""
                raise

    def _remembered(self, inputs: Inputs) -> Any:
        def random(count: int) -> str:
            self._random.append(inputs.random(count))
            return self._random[-1]

        return random

    def cassette(self, content: str, call: Call, outcome: str | UploadError, software: str) -> Recorded:
        """The exchange as a cassette."""
        import yaml

        expect = f"error {outcome.kind}" if isinstance(outcome, UploadError) else f"url {outcome}"
        facts = list(self._facts(content, call, expect, software))
        data = {"version": 1, "interactions": [_interaction(*pair, self._source) for pair in self.exchanges]}
        clean = self._scrubbed("\n".join(f"# {name}: {value}" for name, value in facts))
        body = self._scrubbed_data(data)
        text = f"{clean}\n{yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=4096)}"
        _refuse_secrets(text, self._provider.name)
        return Recorded(text, self._scrubbed(expect).removeprefix("url "))

    def _facts(self, content: str, call: Call, expect: str, software: str) -> Iterator[tuple[str, str]]:
        hosts = dict.fromkeys(urlsplit(reveal(request.url)).netloc for request, _ in self.exchanges)
        yield "provenance", f"recorded from {_line(software)}" if software else "recorded from the host"
        yield "source", f"an upload to {', '.join(hosts)} by {USER_AGENT.partition(' ')[0]}"
        yield "date", time.strftime("%Y-%m-%d", time.gmtime())
        yield "file", f"{call.name} {json.dumps(content, ensure_ascii=False)}"
        yield from (("option", f"{name}={_line(value)}") for name, value in call.options.items())
        yield from (("env", f"{name}={_made_up(name)}") for name in self._secrets)
        if self._random:
            yield "random", "a" * max(map(len, self._random))
        yield "expect", expect

    def _scrubbed_data(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._scrubbed_data(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._scrubbed_data(item) for item in value]
        return self._scrubbed(value) if isinstance(value, str) else value

    def _scrubbed(self, text: str) -> str:
        for secret, instead in self._replacements():
            text = text.replace(secret, instead)
        return _ADDRESS.sub(self._nobody, text)

    def _replacements(self) -> list[tuple[str, str]]:
        """Each text that may not remain, the longest first, with what stands in its place everywhere."""
        found = {value: _made_up(name) for name, value in self._secrets.items()}
        found |= {text: "a" * len(text) for text in self._random}
        for request, reply in self.exchanges:
            texts = [*_keys_in(reply), *_saved_in(request)]
            found |= {text: f"made-up-{len(found)}" for text in texts if len(text) >= _LEAST and text not in found}
        return sorted(found.items(), key=lambda pair: len(pair[0]), reverse=True)

    def _nobody(self, match: re.Match[str]) -> str:
        """An address of nobody in the place of a person's; the hosts that were asked keep theirs."""
        try:
            address = ipaddress.ip_address(match[0])
        except ValueError:
            return match[0]
        hosts = {urlsplit(reveal(request.url)).hostname for request, _ in self.exchanges}
        return match[0] if address.is_loopback or str(address) in hosts else _NOBODY[address.version]


def _interaction(request: Request, reply: Reply, source: Source) -> dict[str, Any]:
    stream = StreamingBody(_bare(request.body), source, boundary="boundary")
    body = b"".join(bytes(block) for block in stream)
    headers = {name: [_HIDDEN if isinstance(value, Held) else value] for name, value in request.headers}
    if stream.content_type and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = [stream.content_type]
    asked: dict[str, Any] = {"method": request.method, "uri": reveal(request.url), "headers": headers}
    asked["body"] = body.decode("utf-8")
    kept = {name.title(): [value] for name, value in reply.headers.items() if name in _KEPT}
    content = reply.body.decode("utf-8", "replace")
    try:
        words = HTTPStatus(reply.status).phrase
    except ValueError:
        words = ""
    response = {"status": {"code": reply.status, "message": words}, "headers": kept, "body": {"string": content}}
    return {"request": asked, "response": response}


def _bare(body: Any) -> Any:
    """A body whose secret fields are hidden whole."""
    if not isinstance(body, Multipart):
        return body
    return Multipart(tuple(_hidden(part) if isinstance(part, TextPart) else part for part in body.parts))


def _hidden(part: TextPart) -> TextPart:
    return part._replace(value=_HIDDEN) if isinstance(part.value, Held) else part


def _keys_in(reply: Reply) -> Iterator[str]:
    """Values in a reply that open something: members and parameters that are called so, and cookies."""
    text = reply.body.decode("utf-8", "replace") + "\n" + "\n".join(reply.headers.get(name, "") for name in _KEPT)
    yield from (value for name, value in _PARAMETER.findall(text) if _KEY.search(name))
    try:
        waiting = [json.loads(reply.body)]
    except (ValueError, RecursionError):
        return
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield from (each for name, each in item.items() if isinstance(each, str) and _KEY.search(str(name)))
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _saved_in(request: Request) -> Iterator[str]:
    """What of a request's secrets came from replies."""
    texts = [request.url, *(value for _, value in request.headers)]
    for text in texts:
        if isinstance(text, Held) and any(origin.startswith("saved.") for origin in text.origins):
            yield from (piece.value for piece in text.pieces if isinstance(piece, Shell))


def _made_up(name: str) -> str:
    return f"made-up-{name.lower().replace('_', '-')}"


def _content(source: Source) -> str:
    """The file as text.

    Raises:
        UsageError: It cannot stand in a cassette's first lines.
    """
    if source.size > FILE_LIMIT:
        raise UsageError(f"{source.path}: a cassette is recorded with a file of at most {FILE_LIMIT} bytes")
    try:
        text = source.content().decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{source.path}: a cassette is recorded with a text file (byte {error.start})") from error
    return text


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _refuse_secrets(text: str, provider: str) -> None:
    for number, line in enumerate(text.splitlines(), 1):
        if REDACTOR(line) != line:
            raise TrustError(
                f"a secret would remain in line {number} of the cassette, so it was not written",
                provider,
                hint="The host sends it back in a form that is not known; write that cassette by hand.",
            )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
