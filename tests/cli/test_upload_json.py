"""`twat-fs upload --json`: one record for each file, and no secret in it."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED, form
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli
    from twat_fs.testing.seen import Seen


@pytest.fixture
def good() -> Iterator[FakeHost]:
    with FakeHost(Store()) as host:
        yield host


def test_the_record_of_a_success(run_cli: Cli, good: FakeHost) -> None:
    with FakeHost([Play(404, b"nope")]) as bad:
        run_cli.spec("bad", form(bad))
        more = "{text: true}, page_url: {template: /p}, metadata: {n: '{{ 5 }}'}"
        run_cli.spec("good", form(good).replace("{text: true}", more))
        record = run_cli.upload(run_cli.file(), "--json", provider="bad,good").record
    assert "error" not in record, record
    (attempt,) = record.pop("attempts")
    assert {key: attempt[key] for key in ("provider", "kind", "status")} == {
        "provider": "bad",
        "kind": "not_found",
        "status": 404,
    }
    assert "nope" in attempt["message"]
    assert record == {
        "file": str(run_cli.home / "a.txt"),
        "url": f"{good.url}/stored/0/a.txt",
        "provider": "good",
        "size": 5,
        "sha256": hashlib.sha256(b"hello").hexdigest(),
        "ambiguous": [],
        "metadata": {"page_url": f"{good.url}/p", "n": 5},
    }


def test_the_record_of_a_failure(run_cli: Cli) -> None:
    with FakeHost([Play(413, b"too fat")]) as one, FakeHost([Play(mute=True, close=True)]) as two:
        run_cli.spec("one", form(one))
        run_cli.spec("two", form(two))
        answer = run_cli.upload(run_cli.file(), "--json", provider="one,two")
    record = answer.record
    assert answer.code == 5
    assert "url" not in record
    assert "too fat" in record["error"]
    assert [attempt["provider"] for attempt in record["attempts"]] == ["one", "two"]
    assert [attempt["kind"] for attempt in record["attempts"]] == ["too_large", "network"]
    assert [attempt["status"] for attempt in record["attempts"]] == [413, None]
    assert (record["ambiguous"], record["size"]) == (["two"], 5)


@pytest.mark.parametrize(
    ("words", "code"), [(["missing.txt"], 2), (["a.txt", "-p", "nobody"], 2), (["a.txt", "-p", "keyed"], 3)]
)
def test_a_failure_before_anything_is_sent_is_a_record_too(run_cli: Cli, words: list[str], code: int) -> None:
    run_cli.file()
    text = form("https://h.example", request='  headers: {A: "{{ credentials.K }}"}')
    run_cli.spec("keyed", f"credentials: {{K: {{}}}}\n{text}")
    answer = run_cli("upload", "--json", *words)
    assert answer.code == code
    assert answer.record["error"]
    assert answer.record["file"] == words[0]


def test_a_secret_that_a_host_echoes_is_in_no_record(run_cli: Cli) -> None:
    def echo(seen: Seen) -> Play:
        return Play(400, f"you sent {seen.header('Authorization')}".encode())

    login = '  basic_auth: {username: "user", password: "{{ credentials.K }}"}'
    with FakeHost(echo) as host:
        run_cli.spec("pair", "credentials: {K: {}}\n" + form(host, request=login))
        run_cli.spec(
            "bearer",
            "credentials: {K: {}}\n" + form(host, request='  headers: {Authorization: "B {{ credentials.K }}"}'),
        )
        for name in ("pair", "bearer"):
            for words in (["--json"], ["-vv"]):
                answer = run_cli.upload(run_cli.file(), *words, provider=name, env={"K": PLANTED})
                assert answer.code == 4
                assert "you sent" in answer.out + answer.err


def test_a_basic_pair_that_a_host_echoes_is_hidden(run_cli: Cli) -> None:
    login = '  basic_auth: {username: "user", password: "{{ credentials.K }}"}'
    with FakeHost(lambda seen: Play(400, (seen.header("Authorization") or "").encode())) as host:
        run_cli.spec("pair", "credentials: {K: {}}\n" + form(host, request=login))
        answer = run_cli.upload(run_cli.file(), provider="pair", env={"K": PLANTED})
    assert b64encode(f"user:{PLANTED}".encode()).decode() not in answer.err


def test_the_record_has_what_was_tried_where_that_was_asked_for(run_cli: Cli, good: FakeHost) -> None:
    with FakeHost([Play(404, b"nope")]) as bad:
        run_cli.spec("bad", form(bad))
        run_cli.spec("good", form(good))
        path = run_cli.file()
        told = run_cli.upload(path, "--json", "--explain", provider="bad,good").record["tried"]
        assert [(each["provider"], each["outcome"]) for each in told] == [("bad", "failed"), ("good", "took")]
        answer = run_cli("upload", path, "none.txt", "-p", "good", "--explain")
    assert answer.out == f"{good.url}/stored/1/a.txt\n"
    assert (
        f"{path}: this was tried, in order:\n  1. good: took the file\n     POST {good.url}/upload: 201, " in answer.err
    )
    assert "none.txt: nothing was tried\n" in answer.err
