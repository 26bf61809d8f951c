from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from vcr.errors import CannotOverwriteExistingCassetteException

from twat_fs.http.transport import Transport
from twat_fs.messages import FilePart, Multipart, Reply, Request
from twat_fs.source import Source
from twat_fs.testing.cassettes import replay

if TYPE_CHECKING:
    from pathlib import Path

CASSETTE = """
version: 1
interactions:
- request: {method: GET, uri: "https://host.example/server", body: null, headers: {}}
  response:
    status: {code: 200, message: OK}
    headers: {Content-Type: [application/json], Set-Cookie: [a=b; Path=/]}
    body: {string: '{"server": "s1"}'}
- request: {method: POST, uri: "https://host.example/upload?x=1", body: "", headers: {}}
  response:
    status: {code: 201, message: Created}
    headers: {Content-Type: [text/plain], Transfer-Encoding: [chunked]}
    body: {string: "https://host.example/f/1\\n"}
- request: {method: POST, uri: "http://host.example/old", body: "", headers: {}}
  response:
    status: {code: 302, message: Found}
    headers: {Location: ["https://host.example/new"]}
    body: {string: "moved"}
"""


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    path = tmp_path / "c.yaml"
    path.write_text(CASSETTE)
    return path


def post(transport: Transport, url: str, path: Path) -> Reply:
    with Source(path) as source:
        body = Multipart((FilePart("file", "a.txt", "text/plain"),))
        return transport.send(Request("p", "upload", "POST", url, body=body), source)


def test_a_cassette_answers_every_step_of_an_upload(cassette: Path) -> None:
    with replay(cassette) as tape, Transport(user_agent="t/1") as transport:
        first = transport.send(Request("p", "server", "GET", "https://host.example/server"))
        second = post(transport, "https://host.example/upload?x=1", cassette)
        third = post(transport, "http://host.example/old", cassette)
        assert tape.all_played
    assert first.body == b'{"server": "s1"}'
    assert (second.status, second.body) == (201, b"https://host.example/f/1\n")
    assert (third.status, third.body, third.headers["location"]) == (302, b"", "https://host.example/new")


def test_a_request_that_is_not_on_the_cassette_reaches_no_host(cassette: Path) -> None:
    with (
        replay(cassette),
        Transport(user_agent="t/1") as transport,
        pytest.raises(CannotOverwriteExistingCassetteException),
    ):
        transport.send(Request("p", "s", "GET", "https://host.example/other"))
