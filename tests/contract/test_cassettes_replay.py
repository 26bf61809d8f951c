"""Every cassette says where it comes from, and an upload that it answers sends and gives what stands in it."""

from __future__ import annotations

import json
import os
import re
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

import pytest

from tests.contract.bundled import NAMES, specs
from tests.support import ROOT, registry
from twat_fs import registry as registry_module
from twat_fs.errors import SPEC_ERRORS, UploadError
from twat_fs.http.transport import Transport
from twat_fs.source import Source
from twat_fs.testing.cassettes import replay
from twat_fs.testing.seen import Seen
from twat_fs.upload import UploadOptions, call_for
from twat_fs.upload_providers.declarative import remove, run
from twat_fs.upload_providers.protocols import Call
from twat_fs.wire.deleting import begin, recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from twat_fs.messages import Reply, Request
    from twat_fs.registry import Provider

FOLDER = ROOT / "cassettes"
ALL = sorted(FOLDER.glob("*/*.yaml"))
#: What the engine sends with every request, which a cassette leaves out.
STANDING = {"user-agent", "accept", "accept-encoding", "host", "connection", "content-length", "expect"}
#: When a file that goes up was last changed: the first second of 2026, as in a spec's examples.
CHANGED = 1767225600
_FACT = re.compile(r"# ([a-z]+): (.+)")


@dataclass
class Facts:
    """The first lines of a cassette."""

    lines: list[tuple[str, str]]

    def one(self, name: str) -> str:
        """The value of the one line of that name."""
        (value,) = self.all(name)
        return value

    def all(self, name: str) -> list[str]:
        """The values of the lines of that name."""
        return [value for key, value in self.lines if key == name]

    def pairs(self, name: str) -> dict[str, str]:
        """The names and values of the lines of that name."""
        return dict(value.split("=", 1) for value in self.all(name))


def facts_of(path: Path) -> Facts:
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            break
        found = _FACT.fullmatch(line)
        assert found, line
        lines.append((found[1], found[2]))
    return Facts(lines)


#: Those of specs; a Python provider's own tests replay its cassettes, by the library that it sends with.
OF_SPECS = [path for path in ALL if path.parent.name in NAMES]

each = pytest.mark.parametrize("path", ALL, ids=lambda path: f"{path.parent.name}-{path.stem}")


@pytest.mark.parametrize("name", NAMES)
def test_a_provider_has_a_cassette_of_a_success_and_one_of_a_failure(name: str) -> None:
    found = {path.stem: facts_of(path).one("expect") for path in ALL if path.parent.name == name}
    assert found.get("success", "").startswith("url https://")
    assert any(expected.startswith("error ") for expected in found.values())


def test_a_cassette_belongs_to_a_provider() -> None:
    assert {path.parent.name for path in ALL} <= {path.stem for path in (ROOT / "providers.d").glob("*.yaml")}


def test_a_cassette_says_where_it_comes_from() -> None:
    known = {"provenance", "source", "date", "file", "option", "env", "random", "expect", "delete"}
    for path in ALL:
        found = facts_of(path)
        assert re.fullmatch(r"written from documentation|recorded from .+", found.one("provenance")), path
        assert len(found.one("source")) > 10, path
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", found.one("date")), path
        assert {key for key, _ in found.lines} <= known, path
        kind, _, value = found.one("expect").partition(" ")
        assert kind == "url" or value in SPEC_ERRORS, path
        for ends in found.all("delete"):
            assert kind == "url", path
            assert ends in ("deleted", "gone") or ends.removeprefix("error ") in SPEC_ERRORS, path


@pytest.mark.parametrize("name", [name for name in NAMES if specs()[name].delete])
def test_a_provider_that_deletes_has_a_cassette_of_it(name: str) -> None:
    found = [ends for path in ALL if path.parent.name == name for ends in facts_of(path).all("delete")]
    assert "deleted" in found


@pytest.mark.parametrize("path", OF_SPECS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_upload_that_a_cassette_answers_is_as_it_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = facts_of(path)
    monkeypatch.setattr(registry_module, "random_text", lambda count: "a" * count)
    played = _play(path, found, tmp_path)
    kind, _, value = found.one("expect").partition(" ")
    assert played.outcome == (value if kind == "url" else SPEC_ERRORS[value].kind)
    assert [played.deletion] == (found.all("delete") or [""])
    assert len(played.sent) == len(played.recorded)
    for number, (actual, recorded) in enumerate(zip(played.sent, played.recorded, strict=True)):
        told = "".join(str(answer) for answer in played.replies[:number])
        _compare(actual, recorded, Secrets(played.secrets, told))


class Secrets(NamedTuple):
    """What a request may hide: secrets, and what the replies before it told."""

    known: list[str]
    told: str


@dataclass
class Played:
    """What was sent, and what the cassette holds; the URL or the error that came of it, and how the deletion ended."""

    secrets: list[str]
    sent: list[Any] = field(default_factory=list)
    recorded: list[Any] = field(default_factory=list)
    replies: list[Any] = field(default_factory=list)
    outcome: str = ""
    deletion: str = ""


def _play(path: Path, found: Facts, folder: Path) -> Played:
    name, content = re.fullmatch(r'(\S+) "(.*)"', found.one("file")).groups()  # type: ignore[union-attr]
    (folder / name).write_text(json.loads(f'"{content}"'), newline="")
    os.utime(folder / name, (CHANGED, CHANGED))
    provider = registry(folder, **found.pairs("env")).provider(path.parent.name)
    options = UploadOptions(options=found.pairs("option"))
    played = Played(list(found.pairs("env").values()))
    with Source(folder / name) as source, replay(path) as tape, Transport(user_agent="t/1") as transport:
        play = tape.play_response

        def remembered(request: Any) -> Any:
            played.sent.append(request)
            return play(request)

        tape.play_response = remembered
        played.recorded, played.replies = list(tape.requests), list(tape.responses)
        exchange = _once(transport, source)
        job = provider.job(source, call_for(source, options))
        try:
            result = run(job, exchange)
            played.outcome = str(result)
        except UploadError as error:
            played.outcome = error.kind
        if found.all("delete"):
            _delete(provider, recipe(job, result), exchange, played)
        assert tape.all_played
    return played


def _delete(provider: Provider, kept: dict[str, Any] | None, exchange: Any, played: Played) -> None:
    """Delete what was uploaded, from what a receipt keeps."""
    kept = json.loads(json.dumps(kept or {}))
    for dotted in kept.get("secret", {}):
        root, _, name = dotted.partition(".")
        played.secrets.append(kept[root][name])
    try:
        was_there = remove(begin(provider.spec, kept, provider.inputs(Call("", ""))), exchange)
        played.deletion = "deleted" if was_there else "gone"
    except UploadError as error:
        played.deletion = f"error {error.kind}"


def _once(transport: Transport, source: Source) -> Callable[[Request, Callable[[Reply], None]], Reply]:
    """Sends without trying again: each recording answers once."""

    def exchange(request: Request, judge: Callable[[Reply], None]) -> Reply:
        reply = transport.send(request, source if request.carries_file else None)
        judge(reply)
        return reply

    return exchange


def _compare(actual: Any, recorded: Any, secrets: Secrets) -> None:
    assert (actual.method, actual.uri) == (recorded.method, recorded.uri)
    ours, theirs = _as_seen(actual), _as_seen(recorded)
    assert ours.header("Content-Length") in (None, str(len(ours.body)))
    names = [{name.lower() for name, _ in seen.headers} - STANDING for seen in (ours, theirs)]
    assert names[0] == names[1]
    for name, value in theirs.headers:
        if name.lower() not in STANDING and "multipart/" not in value:
            assert _same(ours.header(name) or "", value, secrets), name
    if not theirs.parts:
        assert _same_fields(ours.body.decode(), theirs.body.decode(), secrets)
        return
    assert [part.head for part in ours.parts] == [part.head for part in theirs.parts]
    for mine, other in zip(ours.parts, theirs.parts):  # noqa: B905  as many as heads
        assert _same(mine.body.decode(), other.body.decode(), secrets)


def _same(actual: str, recorded: str, secrets: Secrets) -> bool:
    """Whether two values are the same, or the recorded one hides one that is made from a secret."""
    if recorded != "<hidden>":
        return actual == recorded
    scheme, _, login = actual.partition(" ")
    open_text = b64decode(login).decode() if scheme == "Basic" else actual
    return any(secret in open_text for secret in secrets.known) or actual in secrets.told


def _same_fields(actual: str, recorded: str, secrets: Secrets) -> bool:
    """Whether two bodies are the same but for the fields that the recorded one, a form, hides."""
    if "=<hidden>" not in recorded:
        return actual == recorded
    pairs = [body.split("&") for body in (actual, recorded)]
    assert len(pairs[0]) == len(pairs[1])
    fields = [(mine.split("="), other.split("=")) for mine, other in zip(*pairs)]  # noqa: B905  as many
    return all(mine[0] == other[0] and _same(unquote(mine[1]), unquote(other[1]), secrets) for mine, other in fields)


def _as_seen(request: Any) -> Seen:
    headers = list(request.headers.items())
    body = request.body or b""
    seen = Seen(request.method, request.uri, headers, 1, "", 0, 1 << 20)
    seen.take(body if isinstance(body, bytes) else body.encode())
    return seen


def test_nothing_in_a_cassette_is_worth_stealing() -> None:
    for path in ALL:
        text = path.read_text(encoding="utf-8")
        made_up = facts_of(path).pairs("env").values()
        assert not re.search(r"(?i)(authorization|x-api-key|x-auth-token|cookie): \[\"(?!<hidden>)", text), path
        # An address cannot be hidden: what stands in one says of itself that it is made up.
        assert all(text.count(value) == 1 or "made-up" in value for value in made_up), path
