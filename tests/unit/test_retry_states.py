"""Each edge of the state machine in `docs/design.md`: who is asked how often, and what comes of it."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support import ROOT
from twat_fs import retry
from twat_fs.errors import TwatFsError, UploadFailed
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.upload import UploadOptions, upload_file

if TYPE_CHECKING:
    from pathlib import Path

GOOD = Play(200, b"https://h.example/a")
BUSY = Play(503)
SILENT = Play(mute=True, close=True)


class Edge(NamedTuple):
    """A walk: what each host answers, and how often each is asked for the file."""

    number: int
    hosts: dict[str, list[Play]]
    asked: list[int]
    ends: str
    status: int = 0
    more: str = ""
    options: UploadOptions = UploadOptions(check="none")


WALKS = {
    "passed over: too large": Edge(
        1, {"a": [GOOD], "b": [GOOD]}, [0, 1], "b", more="capabilities: {max_file_size: 1 B}\n"
    ),
    "passed over: not configured": Edge(
        1, {"a": [GOOD], "b": [GOOD]}, [0, 1], "b", more="credentials: {A_KEY: {help: A key.}}\n"
    ),
    "nobody is left, and waiting may help": Edge(2, {"a": [Play(400)], "b": [BUSY]}, [1, 3], "failed", 5),
    "nobody is left, and waiting does not help": Edge(2, {"a": [Play(400)], "b": [Play(413)]}, [1, 1], "failed", 4),
    "nobody was configured": Edge(2, {"a": [GOOD]}, [0], "failed", 3, "credentials: {A_KEY: {help: A key.}}\n"),
    "failed retryably, then not": Edge(3, {"a": [BUSY, BUSY, GOOD]}, [3], "a"),
    "ambiguous, and idempotent": Edge(3, {"a": [SILENT, GOOD]}, [2], "a", more="idempotent"),
    "given up: refused": Edge(4, {"a": [Play(403)], "b": [GOOD]}, [1, 1], "b"),
    "given up: no attempts are left": Edge(4, {"a": [BUSY], "b": [GOOD]}, [3, 1], "b"),
    "given up: ambiguous": Edge(4, {"a": [SILENT], "b": [GOOD]}, [1, 1], "b"),
    "given up: too long a pause": Edge(
        4, {"a": [Play(429, headers=[("Retry-After", "61")])], "b": [GOOD]}, [1, 1], "b"
    ),
    "given up: nobody else with --fragile": Edge(
        4, {"a": [Play(403)], "b": [GOOD]}, [1, 0], "failed", 4, options=UploadOptions(check="none", fragile=True)
    ),
    "may not go on: the call is wrong": Edge(
        5, {"a": [GOOD], "b": [GOOD]}, [0, 0], "stopped", 2, options=UploadOptions(check="nonsense")
    ),
    "may not go on: a secret would go elsewhere": Edge(
        5, {"a": [GOOD], "b": [GOOD]}, [0, 0], "failed", 4, "credentials: {FAL_KEY: {help: Another's.}}\n"
    ),
    "the URL serves other bytes": Edge(
        6,
        {"a": [Play(200, b"/f"), Play(200, b"HELLO")], "b": [Play(200, b"/f"), Play(200, b"hello")]},
        [1, 1],
        "b",
        options=UploadOptions(check="hash"),
    ),
    "the URL is dead": Edge(
        6,
        {"a": [Play(200, b"/f"), Play(410)], "b": [Play(200, b"/f"), Play(200, b"hello")]},
        [1, 1],
        "b",
        options=UploadOptions(),
    ),
    "the URL serves something else": Edge(
        6,
        {"a": [Play(200, b"/f"), Play(200, b"less")], "b": [Play(200, b"/f"), Play(200, b"hello")]},
        [1, 1],
        "b",
        options=UploadOptions(),
    ),
}


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry.retrying, "__defaults__", (lambda _: None,))
    monkeypatch.setattr(retry, "sleep", lambda _: None)
    monkeypatch.setenv("FAL_KEY", "a bundled provider's")


@pytest.mark.parametrize("edge", WALKS.values(), ids=WALKS)
def test_a_walk_goes_where_it_is_drawn(edge: Edge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "a.txt").write_text("hello")
    with ExitStack() as stack:
        hosts = {name: stack.enter_context(FakeHost(plays)) for name, plays in edge.hosts.items()}
        for name, host in hosts.items():
            (tmp_path / f"{name}.yaml").write_text(_spec(name, host.url, edge.more if name == "a" else ""))
        ended, status = _ended(tmp_path, list(hosts), edge.options._replace(providers_d=[str(tmp_path)]))
        asked = [sum(seen.method == "POST" for seen in host.requests) for host in hosts.values()]
        whole = [seen.body for host in hosts.values() for seen in host.requests if seen.method == "POST"]
    assert (ended, status, asked) == (edge.ends, edge.status, edge.asked)
    assert set(whole) <= {b"hello"}


def _spec(name: str, url: str, more: str) -> str:
    step = "idempotent: true, " if more == "idempotent" else ""
    declared = "" if more == "idempotent" else more
    return (
        f"spec: 1\nname: {name}\ntitle: {name}\n{declared}"
        f'request: {{url: "{url}/", {step}raw: "{{{{ file }}}}"}}\nresult: {{url: {{text: true}}}}\n'
    )


def _ended(folder: Path, names: list[str], options: UploadOptions) -> tuple[str, int]:
    try:
        return str(upload_file(folder / "a.txt", names, options).metadata["provider"]), 0
    except UploadFailed as error:
        return "failed", error.exit_code
    except TwatFsError as error:
        return "stopped", error.exit_code


def test_every_edge_that_is_numbered_is_walked() -> None:
    drawn = (ROOT / "docs" / "states.svg").read_text()
    assert {int(number) for number in re.findall(r"\((\d)\)", drawn)} == {edge.number for edge in WALKS.values()}
