"""What of every bundled spec the contract for authors does not ask: each step, each secret, each sign of a name."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.contract.bundled import (
    NAMES,
    Stage,
    file_of,
    from_reply,
    holds_secret,
    hosted,
    played,
    reads_first_reply,
    secrets,
    specs,
    success,
)
from tests.support import PLANTED
from twat_fs import retry
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.upload_providers import sender

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twat_fs.spec.model import Spec
    from twat_fs.testing.seen import Seen

each = pytest.mark.parametrize("name", NAMES)
#: A text, which is all that some hosts take.
CONTENT = os.urandom(150_000).hex().encode() + b"\n"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "a.bin"
    found.write_bytes(CONTENT)
    return found


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses, which nobody waits for."""
    pauses: list[float] = []
    monkeypatch.setattr(retry.retrying, "__defaults__", (pauses.append,))
    monkeypatch.setattr(sender, "sleep", pauses.append)
    return pauses


@pytest.fixture
def elsewhere() -> Iterator[FakeHost]:
    """A host that nobody named."""
    with FakeHost() as host:
        yield host
        assert host.requests == []


def meaning(spec: Spec, status: int, usual: str) -> str:
    """What a status with an empty body means: the spec's word, or the usual one."""
    step = next(step for step in spec.steps if step.sends_file)
    for rules in (step.errors.rules, spec.errors.rules):
        for match in (str(status), f"{status // 100}xx", "any"):
            for rule in rules:
                if rule.match == match and rule.when is None:
                    return rule.error
    return usual


@each
def test_a_file_goes_up_whole(name: str, tmp_path: Path) -> None:
    stage, example = Stage(name), success(name)
    path = tmp_path / str(example.get("file", {}).get("name", "example.txt"))
    path.write_bytes(CONTENT)
    with hosted(stage) as host:
        ended = played(stage, host, path, tmp_path / "specs")
    assert ended.outcome.result == stage.url(host), ended.message
    assert [file_of(seen) for seen in stage.tries] == [DIGEST]
    assert all(seen.complete for _, seen in stage.seen)
    assert [step for step, _ in stage.seen] == stage.order


#: Names of files, and how each is sent.
_ODD_NAMES = {
    'it\'s "quoted".txt': "it's %22quoted%22.txt",
    "two\nlines\r.txt": "two%0Alines%0D.txt",
    "a;b=c,d&e?f#g%41.txt": "a;b=c,d&e?f#g%41.txt",
    "😀 ünïcode.txt": "😀 ünïcode.txt",
    "{{ credentials.KEY }}.txt": "{{ credentials.KEY }}.txt",
    "n" * 251 + ".txt": "n" * 251 + ".txt",
    "-rf .txt": "-rf .txt",
    ".hidden": ".hidden",
    os.fsdecode(b"broken\xff.txt"): "broken\ufffd.txt",
}


@each
def test_a_file_of_any_name_goes_up(name: str, tmp_path: Path) -> None:
    for file_name, sent in _ODD_NAMES.items():
        path = os.path.join(tmp_path, file_name)
        with open(path, "wb") as file:
            file.write(b"hello")
        stage = Stage(name)
        with hosted(stage) as host:
            ended = played(stage, host, path, tmp_path / "specs")
        assert ended.outcome.result, ended.message
        (seen,) = stage.tries
        assert file_of(seen) == hashlib.sha256(b"hello").hexdigest()
        assert seen.target.isascii()
        if seen.parts:
            (part,) = [part for part in seen.parts if part.filename is not None]
            assert part.filename == sent
            assert len(part.head.split(b"\r\n")) == 2
        elif "'file', ['name']" in str(specs()[name].steps[stage.file_step].url):
            *_, last = seen.target.split("/")
            assert last == quote(sent.replace("%22", '"').replace("%0A", "\n").replace("%0D", "\r"), safe="")


@pytest.mark.parametrize("name", [name for name in NAMES if len(specs()[name].steps) == 1])
def test_a_refusal_while_the_file_is_sent_is_told(name: str, path: Path, tmp_path: Path) -> None:
    path.write_bytes(CONTENT * 30)
    with hosted([Play(413, interim=[100], interim_after=0, after=1000)]) as host:
        ended = played(Stage(name), host, path, tmp_path / "specs")
    assert ended.kind == meaning(specs()[name], 413, "too_large"), ended.message
    assert len(host.wait_for(1)) == 1


@each
def test_a_host_that_stays_out_of_order_is_given_up(name: str, path: Path, tmp_path: Path, slept: list[float]) -> None:
    stage = Stage(name, *[Play(502)] * 20)
    with hosted(stage) as host:
        ended = played(stage, host, path, tmp_path / "specs")
    assert ended.kind == "unavailable"
    policy = specs()[name].retry
    rounds = 1 if policy.begin is None else 2
    assert len(stage.tries) == policy.attempts * rounds == len(slept) + rounds


@pytest.mark.parametrize("name", [name for name in NAMES if reads_first_reply(name)])
def test_a_reply_that_is_no_answer_is_a_bad_reply(name: str, path: Path, tmp_path: Path) -> None:
    first = Stage(name).order[0]
    status = next(iter(specs()[name].steps[first].expect), 200)
    for body in (b"<html><title>Welcome</title>", b"", b"null", b"\xff\xfe"):
        stage = Stage(name, Play(status, body), step=first)
        with hosted(stage) as host:
            ended = played(stage, host, path, tmp_path / "specs")
        assert ended.outcome.result is None, body
        assert ended.kind in ("bad_reply", "rejected"), (body, ended.message)
        assert len(stage.seen) == 1, body


@each
def test_secrets_go_into_the_steps_that_name_them_and_no_other(name: str, path: Path, tmp_path: Path) -> None:
    stage = Stage(name)
    with hosted(stage) as host:
        played(stage, host, path, tmp_path / "specs")
    for index, seen in stage.seen:
        step = specs()[name].steps[index]
        for variable, secret in secrets(name).items():
            named = f"'credentials', ['{variable}']" in str(step)
            assert holds_secret(seen, secret) <= named, (step.name, variable)
    required = [item.name for item in specs()[name].credentials if item.required]
    for variable in required:
        assert any(holds_secret(seen, secrets(name)[variable]) for _, seen in stage.seen)


@each
def test_a_host_that_echoes_what_it_was_sent_betrays_no_secret(name: str, path: Path, tmp_path: Path) -> None:
    stage = Stage(name)

    def echo(seen: Seen) -> Play:
        status = stage(seen).status
        head = " ".join(f"{key}={value}" for key, value in seen.headers if key != "User-Agent")
        fields = " ".join(part.body.decode() for part in seen.parts if not part.filename)
        return Play(400, f"{status} {seen.target} {head} {fields}"[:280].encode())

    with hosted(echo) as host:
        ended = played(stage, host, path, tmp_path / "specs")
    assert ended.kind == meaning(specs()[name], 400, "bad_request")
    assert PLANTED not in ended.message


@pytest.mark.parametrize("name", [name for name in NAMES if from_reply(name)])
def test_an_address_from_a_reply_leads_nowhere_else(name: str, path: Path, tmp_path: Path, elsewhere: FakeHost) -> None:
    stage = Stage(name, leads_to=elsewhere.url)
    with hosted(stage) as host:
        ended = played(stage, host, path, tmp_path / "specs")
    assert ended.kind == "trust", ended.message
    assert elsewhere.authority in ended.message
    assert stage.tries == []
