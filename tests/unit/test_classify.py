from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PLANTED, compiled, form, job
from twat_fs.errors import SPEC_ERRORS, NonRetryableError, RetryableError, UploadError
from twat_fs.expression import secrets
from twat_fs.messages import Reply, Request
from twat_fs.wire.classify import classify

if TYPE_CHECKING:
    from twat_fs.spec.model import Spec

URL = "https://h.example/upload?key=1"
MESSAGE = "errors:\n  message: error.text\n"


@cache
def spec_with(errors: str, request: str) -> Spec:
    return compiled(form("https://h.example", more=errors, request=request))


def verdict(
    status: int, body: bytes | str | Any = b"", *, errors: str = "", request: str = "", headers: Any = None
) -> UploadError | None:
    spec = spec_with(errors, request)
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    sent = Request("test", "request", "POST", URL)
    return classify(job(spec), spec.steps[0], sent, Reply(status, URL, headers or {}, data))


def kind(*args: Any, **more: Any) -> str | None:
    error = verdict(*args, **more)
    return error.kind if error else None


# The built-in map


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, None),
        (201, None),
        (204, None),
        (299, None),
        (300, "redirected"),
        (302, "redirected"),
        (304, "redirected"),
        (307, "redirected"),
        (400, "bad_request"),
        (401, "auth"),
        (402, "quota"),
        (403, "forbidden"),
        (404, "not_found"),
        (405, "bad_request"),
        (408, "unavailable"),
        (409, "conflict"),
        (410, "not_found"),
        (411, "bad_request"),
        (413, "too_large"),
        (415, "unsupported_type"),
        (418, "bad_request"),
        (422, "bad_request"),
        (425, "unavailable"),
        (429, "rate_limited"),
        (451, "bad_request"),
        (500, "unavailable"),
        (501, "bad_request"),
        (502, "unavailable"),
        (503, "unavailable"),
        (505, "bad_request"),
        (507, "quota"),
        (520, "unavailable"),
    ],
)
def test_a_status_means_by_itself(status: int, expected: str | None) -> None:
    assert kind(status) == expected


def test_every_status_means_success_or_an_error_of_the_tree() -> None:
    for status in range(200, 600):
        error = verdict(status)
        assert (error is None) == (status < 300), status
        if error is not None:
            assert isinstance(error, (RetryableError, NonRetryableError)), status
            assert isinstance(error, SPEC_ERRORS[error.kind]), status
            assert (error.provider, error.status, error.step) == ("test", status, "request")


@pytest.mark.parametrize(
    ("expect", "status", "expected"),
    [
        ("[201]", 201, None),
        ("[201]", 200, "bad_reply"),
        ("[201]", 404, "not_found"),
        ("[200, 302]", 302, None),
        ("[200, 302]", 303, "redirected"),
    ],
)
def test_expect_says_what_success_is(expect: str, status: int, expected: str | None) -> None:
    assert kind(status, request=f"  expect: {expect}") == expected


# Rules


@pytest.mark.parametrize(
    ("errors", "status", "body", "expected"),
    [
        ("413: quota", 413, "", "quota"),
        ("4xx: rejected", 418, "", "rejected"),
        ("any: rejected", 418, "", "rejected"),
        ("{5xx: rejected, 500: quota, any: auth}", 500, "", "quota"),
        ("{5xx: rejected, any: auth}", 500, "", "rejected"),
        ("{200: {when: 'ok == `false`', error: rejected}}", 200, {"ok": False}, "rejected"),
        ("{200: {when: 'ok == `false`', error: rejected}}", 200, {"ok": True}, None),
        ("{200: {when: 'ok == `false`', error: rejected}}", 200, "no json", None),
        (
            "{any: {when: \"code == 'quota'\", error: quota}}",
            200,
            {"code": "quota", "url": "https://h.example"},
            "quota",
        ),
        ("{any: [{when: a, error: auth}, {when: b, error: quota}]}", 400, {"b": 1}, "quota"),
        ("{any: [{when: a, error: auth}, {when: b, error: quota}]}", 400, {"a": 1, "b": 1}, "auth"),
        ("{any: [{when: a, error: auth}, {when: b, error: quota}]}", 400, {}, "bad_request"),
        ("{400: {when: {regex: '(?i)try AGAIN'}, error: unavailable}}", 400, "please Try again", "unavailable"),
        ("{400: {when: {header: X-Busy}, error: unavailable}}", 400, "", "bad_request"),
        ("{any: {when: '{{ reply.status > 403 }}', error: auth}}", 404, "", "auth"),
        ("{any: {when: 'length(a) > `1`', error: auth}}", 200, {"a": 5}, None),
        ("{429: bad_request}", 429, "", "bad_request"),
        ("{302: unavailable}", 302, "", "unavailable"),
    ],
)
def test_a_rule_of_the_spec_comes_first(errors: str, status: int, body: Any, expected: str | None) -> None:
    block = f"errors: {errors}" if errors.startswith("{") else f"errors: {{{errors}}}"
    assert kind(status, body, errors=block) == expected


def test_a_rule_of_the_step_comes_before_the_specs() -> None:
    assert kind(400, errors="errors: {400: auth}", request="  errors: {4xx: quota}") == "quota"


def test_a_rule_without_a_condition_passes_over_what_expect_names() -> None:
    request = "  expect: [200, 302]"
    assert kind(302, errors="errors: {any: rejected}", request=request) is None
    assert kind(200, errors="errors: {any: rejected}", request=request) is None
    assert kind(303, errors="errors: {any: rejected}", request=request) == "rejected"


def test_a_rule_without_a_condition_is_not_for_a_success() -> None:
    assert kind(200, errors="errors: {2xx: rejected}", request="  expect: [201]") == "rejected"
    assert kind(201, errors="errors: {2xx: rejected}", request="  expect: [201]") is None


def test_a_hint_of_the_spec_is_given() -> None:
    error = verdict(401, errors="errors: {401: {error: auth, hint: Make a new key.}}")
    assert error is not None
    assert error.hint == "Make a new key."


# Words


@pytest.mark.parametrize(
    ("body", "errors", "words"),
    [
        ({"error": {"text": "too bad"}}, MESSAGE, ": too bad"),
        ({"error": {"text": 5}}, MESSAGE, ": 5"),
        ({"error": {"text": "a\n\x1b[31mb\u202ec"}}, MESSAGE, ": a [31mb c"),
        ({"error": {"text": "x" * 400}}, MESSAGE, ": " + "x" * 297 + "..."),
        ("plain words", MESSAGE, ": plain words"),
        ("plain words", "", ": plain words"),
        ("<html><head><title> Sorry </title></head>much more", "", ": Sorry"),
        ("<html><b>much</b>", "", ": much"),
        (b"\xff\xfe", "", ""),
        ("", "", ""),
        ({"error": {"text": " "}}, MESSAGE, ': {"error": {"text": " "}}'),
    ],
)
def test_the_hosts_own_words_are_told(body: Any, errors: str, words: str) -> None:
    error = verdict(400, body, errors=errors)
    assert error is not None
    said = error.message.partition("answered 400")[2]
    assert said == words
    assert len(said) <= 302


def test_the_steps_words_come_before_the_specs() -> None:
    error = verdict(400, {"a": "one", "b": "two"}, errors="errors: {message: a}", request="  errors: {message: b}")
    assert error is not None
    assert error.message.endswith(": two")


def test_a_message_says_what_was_asked_where_and_what_came() -> None:
    error = verdict(413)
    assert error is not None
    assert error.message == "the file is larger than the host takes: POST https://h.example/upload answered 413"


def test_a_secret_in_the_address_is_not_told() -> None:
    spec = compiled(form("https://h.example"))
    address = secrets.join("", ["https://h.example/", secrets.credential("KEY", PLANTED), "?a=", "b"])
    error = classify(job(spec), spec.steps[0], Request("test", "request", "PUT", address), Reply(500, "", {}, b""))
    assert error is not None
    assert PLANTED not in error.message
    assert "https://h.example/${KEY}" in error.message


def test_a_wrong_key_names_the_variables() -> None:
    text = "credentials: {KEY: {}, OTHER: {}}\n" + form("https://h.example")
    spec = compiled(
        text.replace("multipart:", 'headers: {A: "{{ credentials.KEY + credentials.OTHER }}"}\n  multipart:')
    )
    sent = Request("test", "request", "POST", URL)
    error = classify(job(spec, KEY="a", OTHER="b"), spec.steps[0], sent, Reply(401))
    assert error is not None
    assert error.hint == "Check KEY, OTHER; `twat-fs upload_provider show test` says where they come from."


def test_retry_after_is_passed_on() -> None:
    error = verdict(503, headers={"retry-after": "7"})
    assert error is not None
    assert error.retry_after == 7.0


def test_a_retry_after_with_a_control_character_is_no_reason_to_stop() -> None:
    error = verdict(503, headers={"retry-after": "7\x1f"})
    assert error is not None
    assert error.retry_after == 7.0


# Redirects


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://other.example:8443/a?b=c", "other.example:8443"),
        ("/a", "h.example:443"),
        ("//evil.example/a", "evil.example:443"),
        ("", "no address"),
        ("file:///etc/passwd", "no address"),
        ("https://u:p@other.example/", "no address"),
        ("http://[zz/", "no address"),
        ("javascript:alert(1)", "no address"),
        ("\x1b[31m", ""),
    ],
)
def test_a_redirect_is_told_with_its_target(location: str, target: str) -> None:
    error = verdict(302, headers={"location": location})
    assert error is not None
    assert error.kind == "redirected"
    assert f"to {target}" in error.message
    assert "\x1b" not in error.message
    assert "redirects: see_other" in error.hint
