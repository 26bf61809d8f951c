from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PLANTED, compiled, job
from twat_fs.errors import BadReply
from twat_fs.messages import Held, Reply, Request
from twat_fs.wire.extract import result, save

if TYPE_CHECKING:
    from twat_fs.results import UploadResult

URL = "https://h.example/up/load?x=1"
GOOD = "https://h.example/a"
SENT = Request("test", "request", "POST", URL)


def extracted(
    url: str, body: bytes | str | Any = b"", *, more: str = "", headers: Any = None, status: int = 200
) -> UploadResult:
    spec = compiled(f"""
request:
  url: https://h.example/upload
  multipart: {{file: "{{{{ file }}}}"}}
result:
  url: {url}
{more}""")
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return result(job(spec), SENT, Reply(status, URL, headers or {}, data))


@pytest.mark.parametrize(
    ("url", "body", "headers", "expected"),
    [
        ("{text: true}", f" {GOOD}\r\n", {}, GOOD),
        ("data.url", {"data": {"url": GOOD}}, {}, GOOD),
        ("{regex: 'https://h[.]example/\\S+'}", f"see {GOOD} now", {}, GOOD),
        ("{header: Location}", "", {"location": "/f/1"}, "https://h.example/f/1"),
        ("{header: Location}", "", {"location": "f/1"}, "https://h.example/up/f/1"),
        ("url", {"url": "/f/ä"}, {}, "https://h.example/f/%C3%A4"),
        ('"https://h.example/{{ reply.json.id }}"', {"id": "a/b c?d"}, {}, "https://h.example/a%2Fb%20c%3Fd"),
        ('"https://h.example/{{ reply.json.id | urlencode }}"', {"id": "a/b c"}, {}, "https://h.example/a/b%20c"),
        ('"{{ reply.json.url }}"', {"url": "https://h.example/a%20b"}, {}, "https://h.example/a%20b"),
        ("\"{{ reply.text | replace('/a', '/b') }}\"", GOOD, {}, "https://h.example/b"),
    ],
)
def test_the_url_is_found(url: str, body: Any, headers: Any, expected: str) -> None:
    assert extracted(url, body, headers=headers) == expected


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("{text: true}", ""),
        ("{text: true}", "OK"),
        ("{text: true}", "<html>https://h.example/a</html>"),
        ("{text: true}", f"{GOOD}\n{GOOD}"),
        ("{text: true}", f"Error: {GOOD}"),
        ("{text: true}", b"\xff\xfe"),
        ("{text: true}", "javascript:alert(1)"),
        ("url", {"url": None}),
        ("url", {"url": ""}),
        ("url", {"url": 5}),
        ("url", {"url": True}),
        ("url", {"url": [GOOD]}),
        ("url", {"url": {"a": GOOD}}),
        ("url", {"url": "//evil.example/a"}),
        ("url", {"url": "https://user@h.example/a"}),
        ("url", {"url": "https://h.example/a\u202eb"}),
        ("url", {"url": "https://h.example/\x1b[31m"}),
        ("url", {"url": "https://h.example/{{ credentials.KEY }}"}),
        ("url", {}),
        ("url", []),
        ("url", "null"),
        ("url", ""),
        ("url", "<html>"),
        ("url", f'{{"url": "{GOOD}", "url": "https://evil.example/"}}'),
        ('"https://h.example/{{ reply.json.id }}"', {}),
        ('"https://h.example/{{ reply.json.id }}"', {"id": None}),
        ('"https://h.example/{{ reply.json.id }}"', {"id": ["a"]}),
        ("{header: Location}", GOOD),
    ],
)
def test_a_reply_without_a_good_url_is_a_bad_reply(url: str, body: Any) -> None:
    with pytest.raises(BadReply) as caught:
        extracted(url, body)
    error = caught.value
    assert (error.provider, error.step, error.status) == ("test", "request", 200)
    assert error.hint
    assert error.message.isprintable()


def test_a_bad_reply_shows_its_start() -> None:
    with pytest.raises(BadReply, match="the reply begins: Sorry, no luck"):
        extracted("url", "Sorry,\x1b no luck")


def test_a_result_knows_its_provider() -> None:
    assert extracted("{text: true}", GOOD).metadata == {"provider": "test"}


EXTRAS = """\
  page_url: page
  delete_url: "https://h.example/delete/{{ reply.json.id }}"
  delete_token: token
  expires_at: until
  metadata: {id: id, note: note, size: "{{ reply.json.list | length }}"}
"""


def test_what_else_the_host_says_is_kept() -> None:
    body = {"u": GOOD, "page": "/p", "id": "a b", "token": "t", "until": 1790000000, "note": "", "list": [1]}
    assert extracted("u", body, more=EXTRAS).metadata == {
        "provider": "test",
        "page_url": "https://h.example/p",
        "delete_url": "https://h.example/delete/a%20b",
        "delete_token": "t",
        "expires_at": 1790000000,
        "id": "a b",
        "size": 1,
    }


@pytest.mark.parametrize(
    "body",
    [
        {"u": GOOD},
        {"u": GOOD, "page": "", "token": "", "until": None, "id": ""},
        {"u": GOOD, "page": "javascript:alert(1)"},
        {"u": GOOD, "page": ["x"]},
    ],
)
def test_what_else_the_host_says_may_be_absent_or_odd(body: Any) -> None:
    found = extracted("u", body, more=EXTRAS)
    assert found == GOOD
    assert not {"page_url", "delete_token", "expires_at", "id", "note"} & set(found.metadata)


# Saving


def saved(query: str, reply: Reply) -> Any:
    spec = compiled(f"""
steps:
  - name: first
    url: https://h.example/first
    save: {{value: {query}}}
  - name: put
    url: https://h.example/put
    headers: {{X-Value: "{{{{ saved.value }}}}"}}
    raw: "{{{{ file }}}}"
result: {{url: url}}
""")
    upload = job(spec)
    save(upload, spec.steps[0], SENT._replace(step="first"), reply)
    return upload


def test_what_is_saved_keeps_its_type() -> None:
    assert saved("a.id", Reply(200, URL, {}, b'{"a": {"id": 478}}')).saved == {"value": 478}
    assert saved("a.id", Reply(200, URL, {}, b'{"a": {"id": "478"}}')).saved == {"value": "478"}
    assert saved("a", Reply(200, URL, {}, b'{"a": [1, {"b": false}]}')).saved == {"value": [1, {"b": False}]}


@pytest.mark.parametrize("body", [b"{}", b"", b'{"id": null}', b"<html>"])
def test_what_is_to_be_saved_must_be_found(body: bytes) -> None:
    with pytest.raises(BadReply, match="value: ") as caught:
        saved("id", Reply(200, URL, {}, body))
    assert caught.value.step == "first"


def test_a_default_stands_in_for_what_is_not_found() -> None:
    assert saved("{jmespath: id, default: none}", Reply(200, URL, {}, b"{}")).saved == {"value": "none"}


def test_a_saved_secret_is_held_and_knows_its_host() -> None:
    reply = Reply(200, "https://h.example:8443/a", {}, json.dumps({"id": PLANTED}).encode())
    upload = saved("{jmespath: id, secret: true}", reply)
    assert isinstance(upload.saved["value"], Held)
    assert upload.came_from == {"saved.value": "h.example:8443"}
    assert PLANTED not in repr(upload.saved)


@pytest.mark.parametrize(
    "url", ["{text: true}", "{regex: 'https://h[.]example/.+'}", "\"{{ reply.text | replace('/a', '/b') }}\""]
)
def test_text_that_may_have_been_cut_is_no_url(url: str) -> None:
    spec = compiled(f'request: {{url: "https://h.example/", raw: "{{{{ file }}}}"}}\nresult: {{url: {url}}}\n')
    with pytest.raises(BadReply, match="found nothing" if "replace" in url else "where its answer ends"):
        result(job(spec), SENT, Reply(200, URL, {}, GOOD.encode(), framed=False))


@pytest.mark.parametrize(("url", "headers"), [("url", {}), ("{header: Location}", {"location": GOOD})])
def test_json_that_is_whole_and_headers_are_read_whatever_ends_the_answer(url: str, headers: dict[str, str]) -> None:
    spec = compiled(f'request: {{url: "https://h.example/", raw: "{{{{ file }}}}"}}\nresult: {{url: {url}}}\n')
    reply = Reply(200, URL, headers, json.dumps({"url": GOOD}).encode(), framed=False)
    assert result(job(spec), SENT, reply) == GOOD
