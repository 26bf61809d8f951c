"""What fal.ai is sent by the bundled spec, with its two hosts on loopback: one knows the key, one takes the bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.leaks import traces_in
from tests.support import PLANTED, ROOT
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Answer, Cli

URL = "https://v3.fal.media/files/rabbit/AbC123_a.png"
SIGNED = "/bucket/a.png?X-Goog-Signature=0a1b&X-Goog-Expires=900"
CONTENT = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 5000


class Fal:
    """The two hosts.

    Attributes:
        rest: Knows accounts; gives a signed address.
        store: Takes the bytes at the signed address, and must never see the key.
    """

    def __init__(self, rest: FakeHost, store: FakeHost) -> None:
        self.rest = rest
        self.store = store

    def spec(self) -> str:
        """The bundled spec, led here; nothing else in it is changed."""
        text = (ROOT / "providers.d" / "fal.yaml").read_text(encoding="utf-8").partition("\nexamples:")[0] + "\n"
        for there, here in (("https://rest.fal.ai", self.rest.url), ("storage.googleapis.com", self.store.authority)):
            assert text.count(there) == 1
            text = text.replace(there, here.replace("https://", ""))
        return text


@pytest.fixture
def fal() -> Iterator[Fal]:
    def begin(_seen: object) -> Play:
        addresses = {"upload_url": f"{store.url}{SIGNED}", "file_url": URL}
        return Play(200, json.dumps(addresses).encode(), headers=[("Content-Type", "application/json")])

    with FakeHost([Play(200)]) as store, FakeHost(begin) as rest:
        yield Fal(rest, store)


@pytest.fixture
def answer(fal: Fal, run_cli: Cli) -> Answer:
    (run_cli.specs / "fal.yaml").write_text(fal.spec(), encoding="utf-8")
    env = {"FAL_KEY": PLANTED, "TWAT_FS_TRUST": "fal"}
    return run_cli.upload(run_cli.file("a.png", CONTENT), "--no-check", provider="fal", env=env)


def test_the_url_is_the_one_of_the_first_answer(answer: Answer) -> None:
    assert answer.url == URL


def test_the_first_request_names_the_file_and_shows_the_key(answer: Answer, fal: Fal) -> None:
    assert answer.code == 0
    (asked,) = fal.rest.requests
    assert (asked.method, asked.target) == ("POST", "/storage/upload/initiate?storage_type=fal-cdn-v3")
    assert asked.header("Authorization") == f"Key {PLANTED}"
    assert asked.header("Content-Type") == "application/json"
    assert json.loads(asked.body) == {"file_name": "a.png", "content_type": "image/png"}


def test_the_second_request_puts_the_bytes_and_nothing_else(answer: Answer, fal: Fal) -> None:
    assert answer.code == 0
    (put,) = fal.store.requests
    assert (put.method, put.target) == ("PUT", SIGNED)
    assert put.body == CONTENT
    assert put.header("Content-Length") == str(len(CONTENT))
    assert put.header("Transfer-Encoding") is None


def test_the_bytes_are_sent_with_the_media_type_that_was_announced(answer: Answer, fal: Fal) -> None:
    assert answer.code == 0
    announced = json.loads(fal.rest.requests[0].body)["content_type"]
    assert [value for name, value in fal.store.requests[0].headers if name.lower() == "content-type"] == [announced]


def test_the_signed_host_never_sees_the_key(answer: Answer, fal: Fal) -> None:
    assert answer.code == 0
    for seen in fal.store.requests:
        assert seen.header("Authorization") is None
        assert seen.header("Cookie") is None
        whole = f"{seen.target}\n{seen.headers}".encode() + seen.body
        assert not traces_in(whole)


def test_the_signed_host_gets_nothing_where_the_key_is_refused(fal: Fal, run_cli: Cli) -> None:
    with FakeHost([Play(401, b'{"detail": "bad key"}')]) as rest:
        (run_cli.specs / "fal.yaml").write_text(Fal(rest, fal.store).spec(), encoding="utf-8")
        env = {"FAL_KEY": PLANTED, "TWAT_FS_TRUST": "fal"}
        answer = run_cli.upload(run_cli.file("a.png", CONTENT), provider="fal", env=env)
    assert answer.code == 4
    assert "Check FAL_KEY" in answer.err
    assert fal.store.connections == 0


def test_a_signed_address_at_another_host_gets_nothing(fal: Fal, run_cli: Cli) -> None:
    with FakeHost([Play(200)]) as named:  # by the spec; the answer leads to another
        (run_cli.specs / "fal.yaml").write_text(Fal(fal.rest, named).spec(), encoding="utf-8")
        env = {"FAL_KEY": PLANTED, "TWAT_FS_TRUST": "fal"}
        answer = run_cli.upload(run_cli.file("a.png", CONTENT), provider="fal", env=env)
        assert answer.code == 4
        assert named.connections == 0
    assert len(fal.rest.requests) == 1
    assert fal.store.connections == 0


def test_without_a_key_nothing_is_asked(fal: Fal, run_cli: Cli) -> None:
    (run_cli.specs / "fal.yaml").write_text(fal.spec(), encoding="utf-8")
    answer = run_cli.upload(run_cli.file("a.png", CONTENT), provider="fal", env={"TWAT_FS_TRUST": "fal"})
    assert answer.code == 3
    assert fal.rest.connections == 0
