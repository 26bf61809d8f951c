"""From one provider to the next, over real sockets: whose secrets go where, how long is waited, what is told."""

from __future__ import annotations

import logging
import ssl
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from twat_fs import retry
from twat_fs.environment import settings
from twat_fs.errors import SourceError, UploadFailed
from twat_fs.registry import Registry
from twat_fs.source import Source
from twat_fs.testing.evil import EVIL
from twat_fs.testing.fake_host import FakeHost, Play, forever
from twat_fs.upload import Outcome, UploadOptions, upload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

GOOD = Play(200, b"https://h.example/a")
SILENT = Play(mute=True, close=True)


class Reads(dict[str, str]):
    """Environment variables that know which of them were read."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables)
        self.read: list[str] = []

    def __getitem__(self, name: str) -> str:
        self.read.append(name)
        return super().__getitem__(name)


class Bench:
    """Providers `a`, `b`, ... whose hosts are on loopback, each with a key of its own."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.stack = stack
        self.hosts: dict[str, FakeHost] = {}
        self.environ: dict[str, str] = {"HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
        (folder / "a.txt").write_text("hello")

    def host(self, script: Any, **more: Any) -> FakeHost:
        name = "abcdef"[len(self.hosts)]
        self.hosts[name] = host = self.stack.enter_context(FakeHost(script, **more))
        self.environ[f"{name.upper()}_KEY"] = f"key-of-{name}"
        (self.folder / f"{name}.yaml").write_text(
            f"spec: 1\nname: {name}\ntitle: {name}\nretry: {{initial: 0s}}\n"
            f"credentials: {{{name.upper()}_KEY: {{help: A key.}}}}\n"
            f'request: {{url: "{host.url}/", raw: "{{{{ file }}}}",\n'
            f'  headers: {{Authorization: "{{{{ credentials.{name.upper()}_KEY }}}}"}}}}\n'
            "result: {url: {text: true}}\n"
        )
        return host

    def upload(self, *, check: str = "none", kind: Callable[[str], Source] = Source, **chosen: Any) -> Outcome:
        known = settings(self.environ, providers_d=[str(self.folder)], **chosen)
        if isinstance(self.environ, Reads):
            known = known._replace(environ=self.environ)
        with kind(str(self.folder / "a.txt")) as source:
            return upload(source, Registry(known), list(self.hosts), UploadOptions(check=check))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with ExitStack() as stack:
        yield Bench(tmp_path, stack)


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses, which nobody waits for."""
    pauses: list[float] = []
    monkeypatch.setattr(retry.retrying, "__defaults__", (pauses.append,))
    return pauses


# Whose secrets go where


def test_each_provider_gets_its_own_secret_and_the_whole_file(bench: Bench) -> None:
    bench.host([Play(503)])
    bench.host([Play(403)])
    bench.host([GOOD])
    assert bench.upload().result == "https://h.example/a"
    for name, host in bench.hosts.items():
        assert {seen.header("Authorization") for seen in host.requests} == {f"key-of-{name}"}
        assert {seen.body for seen in host.requests} == {b"hello"}
    assert [len(host.requests) for host in bench.hosts.values()] == [3, 1, 1]


def test_secrets_are_read_when_their_provider_is_tried(bench: Bench) -> None:
    bench.host([GOOD])
    bench.host([GOOD])
    bench.environ = reads = Reads(bench.environ)
    assert bench.upload().result
    assert "A_KEY" in reads.read
    assert "B_KEY" not in reads.read


def test_a_file_that_changes_is_nobodys_fault_but_its_own(bench: Bench) -> None:
    bench.host([GOOD])
    other = bench.host([GOOD])
    with pytest.raises(SourceError):
        bench.upload(kind=EVIL["grows"])
    assert other.connections == 0


# How long is waited

DATE = "Fri, 01 Jan 1999 00:00:00 GMT"


@pytest.mark.parametrize(
    ("values", "pauses"),
    [
        (["7"], [7.0]),
        (["1.5"], [2.0]),
        (["0"], [0.0]),
        (["Fri, 01 Jan 1999 00:00:10 GMT"], [10.0]),
        (["Thu, 31 Dec 1998 23:00:00 GMT"], [0.0]),
        (["-5"], [0.0]),
        (["soon"], [0.0]),
        (["3", "9"], [9.0]),
        (["9, 3"], [9.0]),
        (["60"], [60.0]),
        (["61"], []),
        (["86400"], []),
        (["9" * 40], []),
        (["Fri, 01 Jan 1999 10:00:00 GMT"], []),
        (["0", "86400"], []),
    ],
)
def test_the_pause_that_a_host_asks_for_is_kept_or_the_host_is_given_up(
    bench: Bench, slept: list[float], values: list[str], pauses: list[float]
) -> None:
    busy = Play(429, headers=[("Date", DATE), *(("Retry-After", value) for value in values)])
    host = bench.host([busy, GOOD])
    outcome = bench.upload()
    assert slept == pauses
    assert (outcome.result is not None, len(host.requests)) == (bool(pauses), len(pauses) + 1)


def test_a_pause_that_would_take_all_the_time_is_not_begun(bench: Bench, slept: list[float]) -> None:
    host = bench.host([Play(503, headers=[("Retry-After", "50")]), GOOD])
    outcome = bench.upload(max_time=40.0)
    assert (outcome.result, slept, len(host.requests)) == (None, [], 1)


# What is told


def test_who_may_hold_the_file_is_told(bench: Bench) -> None:
    bench.host([SILENT])
    bench.host([Play(200, b"no URL")])
    bench.host([Play(403)])
    bench.host([GOOD])
    outcome = bench.upload()
    assert (outcome.result, outcome.ambiguous) == ("https://h.example/a", ["a", "b"])


def test_a_url_that_serves_something_else_may_have_been_stored(bench: Bench) -> None:
    bench.host([Play(200, b"/f"), Play(200, b"other bytes")])
    outcome = bench.upload(check="size")
    assert [(each.kind, each.ambiguous) for each in outcome.attempts] == [("verify", True)]


def test_when_all_fail_each_reason_is_kept_in_order_and_the_first_is_the_headline(bench: Bench) -> None:
    bench.host([Play(403)])
    bench.host([Play(503)])
    bench.host([Play(200, b"nothing")])
    failed = UploadFailed(bench.upload().attempts)
    assert [(each.provider, each.kind) for each in failed.attempts] == [
        ("a", "forbidden"),
        ("b", "unavailable"),
        ("c", "bad_reply"),
    ]
    assert failed.headline.provider == "a"
    assert failed.exit_code == 5


# The check of a URL is guarded as the upload is


def test_the_check_of_an_endless_link_ends(bench: Bench) -> None:
    host = bench.host([Play(200, b"/f"), Play(200, forever(b"x" * 1000))])
    outcome = bench.upload(check="size", timeout=10.0)
    assert [each.kind for each in outcome.attempts] == ["verify"]
    assert "more than the 5 bytes" in outcome.attempts[0].message
    assert len(host.requests) == 2


def test_the_check_does_not_leave_https(bench: Bench) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(bench.folder / "ca.pem"))
    with FakeHost([Play(200, b"hello")]) as clear:
        bench.host([Play(200, b"/f"), Play(302, headers=[("Location", f"{clear.url}/f")])], tls=context)
        outcome = bench.upload(check="size", ca_file=str(bench.folder / "ca.pem"))
    assert [each.kind for each in outcome.attempts] == ["verify"]
    assert clear.connections == 0


# Logs


def test_the_logs_of_every_level_and_library_hold_no_secret(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    host = bench.host([GOOD])
    spec = bench.folder / "a.yaml"
    spec.write_text(spec.read_text().replace(f'"{host.url}/"', f'"{host.url}/?key={{{{ credentials.A_KEY }}}}"'))
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "urllib3.connectionpool"):
        assert bench.upload().result
    assert host.requests[0].target == "/?key=key-of-a"
    assert any(record.name.startswith("urllib3") for record in caplog.records)
    assert "key-of-a" not in caplog.text
