from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support import PLANTED, compiled, job
from twat_fs.errors import BadReply, TrustError
from twat_fs.expression import secrets
from twat_fs.messages import Request, reveal
from twat_fs.validation import validate
from twat_fs.wire.plan import plan

if TYPE_CHECKING:
    from twat_fs.wire.job import Job

TWO_STEPS = """\
credentials: {{KEY: {{required: false}}}}
options: {{server: {{type: url, default: "https://own.example:8443"}}, region: {{type: string, default: eu}}}}
{more}
steps:
  - name: init
    url: {init}
    headers: {{Authorization: "{{{{ credentials.KEY }}}}"}}
    save: {{target: target, token: {{jmespath: token, secret: true, default: t}}}}
  - name: put
    method: PUT
    url: "{put}"
{headers}
    raw: "{body}"
{last}
result: {{url: url}}
"""


def upload(
    target: str,
    *,
    more: str = "",
    put: str = "{{ saved.target }}",
    headers: str = "",
    body: str = "{{ file }}",
    init: str = "https://api.example/init",
    options: dict[str, Any] | None = None,
) -> Job:
    last = "" if "{{ file" in body else '  - {name: last, url: "https://api.example/x", raw: "{{ file }}"}'
    text = TWO_STEPS.format(more=more, init=init, put=put, headers=headers, body=body, last=last)
    begun = job(compiled(text), options, KEY=PLANTED)
    begun.saved["target"] = target
    return begun


def second(*args: Any, **more: Any) -> Request:
    begun = upload(*args, **more)
    return plan(begun, begun.spec.steps[1])


SECRET = '    headers: {A: "{{ credentials.KEY }}"}'


# Hosts that the spec names


@pytest.mark.parametrize("target", ["https://api.example/u/1", "https://API.example:443/u/1"])
def test_the_file_goes_to_a_saved_url_at_a_named_host(target: str) -> None:
    request = second(target)
    assert request.url == target
    assert request.private


@pytest.mark.parametrize(
    ("allowed", "target"),
    [
        ("up.example", "https://up.example/u"),
        ("up.example:8443", "https://up.example:8443/u"),
        ('"*.store.example"', "https://eu-1.store.example/u"),
        ('"*.store.example"', "https://a.b.store.example/u"),
        ('"*.store.example:9000"', "https://a.store.example:9000/u"),
        ("UP.example", "https://up.example/u"),
    ],
)
def test_the_file_and_a_secret_go_to_an_allowed_host(allowed: str, target: str) -> None:
    request = second(target, more=f"allow_hosts: [{allowed}]", headers=SECRET)
    assert reveal(request.headers[0][1]) == PLANTED


@pytest.mark.parametrize(
    ("allowed", "target"),
    [
        ("up.example", "https://evil.example/u"),
        ("up.example", "https://up.example:8443/u"),
        ("up.example", "http://up.example/u"),
        ("up.example", "https://a.up.example/u"),
        ("up.example", "https://up.example.evil.example/u"),
        ("up.example", "https://evil-up.example/u"),
        ("up.example:8443", "https://up.example/u"),
        ('"*.store.example"', "https://store.example/u"),
        ('"*.store.example"', "https://evilstore.example/u"),
        ('"*.store.example"', "https://a.store.example:8443/u"),
        ('"*.store.example"', "https://a.store.example.evil.example/u"),
        ("up.example", "https://127.0.0.1/u"),
        ("up.example", "http://169.254.169.254/latest"),
    ],
)
def test_the_file_goes_to_no_other_host(allowed: str, target: str) -> None:
    with pytest.raises(TrustError, match="the file would go to") as caught:
        second(target, more=f"allow_hosts: [{allowed}]")
    assert (caught.value.provider, caught.value.step) == ("test", "put")
    assert "allow_hosts" in caught.value.hint
    with pytest.raises(TrustError, match=r"credentials\.KEY would go to") as caught:
        second(target, more=f"allow_hosts: [{allowed}]", headers=SECRET)
    assert PLANTED not in str(caught.value)


@pytest.mark.parametrize("target", ["http://up.example:443/u", "http://api.example:443/u"])
def test_a_named_host_is_not_reached_in_clear_text_because_a_reply_says_so(target: str) -> None:
    with pytest.raises(TrustError):
        second(target, more="allow_hosts: [up.example]", headers=SECRET)


@pytest.mark.parametrize(
    "put",
    [
        "https://{{ saved.target }}/u",
        "https://{{ saved.target }}.example/u",
    ],
)
def test_an_insert_that_ends_the_host_changes_nothing(put: str) -> None:
    for target in ("evil.example/", "evil.example?", "evil.example#", "u:p@evil.example", "evil.example\\"):
        with pytest.raises((TrustError, BadReply)):
            second(target, put=put, more="allow_hosts: [up.example]")


def test_a_host_with_an_insert_in_front_is_a_wildcard() -> None:
    put = "https://{{ saved.target }}.store.example/u"
    assert second("eu", put=put).url == "https://eu.store.example/u"
    for target in ("evil.example/", "x@evil.example", "evil.example#", "", "a b"):
        with pytest.raises((TrustError, BadReply)):
            second(target, put=put)


def test_a_clear_text_host_is_named_with_its_port() -> None:
    assert second("http://api.example/u", init="http://api.example/init").url == "http://api.example/u"
    with pytest.raises(TrustError):
        second("https://api.example/u", init="http://api.example/init")


@pytest.mark.parametrize("target", ["nonsense", "", "/u/1", "//up.example/u", "ftp://api.example/", "https://a b/"])
def test_a_saved_url_that_is_none_is_a_bad_reply(target: str) -> None:
    with pytest.raises(BadReply):
        second(target)


# Requests that carry neither


def test_a_request_without_file_and_secret_goes_anywhere_but_not_to_private_addresses() -> None:
    request = second("https://other.example/x", body="nothing dear")
    assert (request.url, request.private) == ("https://other.example/x", False)


def test_a_request_with_the_files_text_is_one_with_the_file() -> None:
    with pytest.raises(TrustError, match="the file"):
        second("https://other.example/x", body="{{ file.text }}")


@pytest.mark.parametrize(
    "headers",
    [
        '    query: {k: "{{ credentials.KEY }}"}',
        '    headers: {A: "b {{ credentials.KEY | base64 }}"}',
        '    basic_auth: {username: u, password: "{{ credentials.KEY }}"}',
        '    basic_auth: {username: "{{ credentials.KEY }}", password: p}',
    ],
)
def test_a_secret_anywhere_in_a_request_is_seen(headers: str) -> None:
    with pytest.raises(TrustError, match=r"credentials\.KEY"):
        second("https://other.example/x", headers=headers, body="nothing dear")


@pytest.mark.parametrize("body", ['form: {k: "{{ credentials.KEY }}"}', 'json: {a: [{k: "{{ credentials.KEY }}"}]}'])
def test_a_secret_in_a_body_is_seen(body: str) -> None:
    text = TWO_STEPS.format(
        more="", init="https://api.example/", put="{{ saved.target }}", headers="", body="x", last=""
    ).replace('raw: "x"', body)
    text = text.replace("result:", '  - {name: last, url: "https://api.example/x", raw: "{{ file }}"}\nresult:')
    begun = job(compiled(text), KEY=PLANTED)
    begun.saved["target"] = "https://other.example/"
    with pytest.raises(TrustError, match=r"credentials\.KEY"):
        plan(begun, begun.spec.steps[1])


# Addresses that the user set, and secrets that a reply gave


def test_an_address_that_the_user_set_may_have_everything() -> None:
    put = "{{ options.server }}/u"
    request = second("", put=put, headers=SECRET, options={"server": "http://192.168.1.5:8080/base/"})
    assert request.url == "http://192.168.1.5:8080/base/u"
    assert request.private
    assert second("", put=put, headers=SECRET).url == "https://own.example:8443/u"


def test_an_address_that_the_user_set_is_one_host_more() -> None:
    with pytest.raises(TrustError):
        second("https://own.example/u", headers=SECRET, options={"server": "https://own.example:8443"})


def test_a_secret_of_a_reply_goes_back_to_where_it_came_from_only() -> None:
    headers = '    headers: {A: "{{ saved.token }}"}'
    begun = upload("https://other.example:8443/x", headers=headers, body="nothing dear")
    begun.saved["token"] = secrets.held_reply("token", PLANTED)
    begun.came_from["saved.token"] = "other.example:8443"
    assert reveal(plan(begun, begun.spec.steps[1]).headers[0][1]) == PLANTED
    begun.saved["target"] = "https://other.example/x"
    with pytest.raises(TrustError, match=r"saved\.token"):
        plan(begun, begun.spec.steps[1])


# What is told of it before anything runs

ONE_HOST_MORE = """\
spec: 1
name: own
title: A server of one's own
options: {{server: {{type: url, default: "https://own.example"}}}}
steps:
  - {{name: init, url: "{init}", save: {{target: target}}}}
  - {{name: put, method: PUT, url: "{{{{ saved.target }}}}", raw: "{{{{ file }}}}"}}
result: {{url: url}}
"""


def told(init: str) -> list[str]:
    return [
        problem.message for problem in validate(ONE_HOST_MORE.format(init=init).encode(), "own.yaml", "own").problems
    ]


def test_a_server_that_the_user_names_may_say_where_on_it_the_file_goes() -> None:
    assert not [message for message in told("{{ options.server }}/new") if "saved.target" in message]


def test_any_other_server_is_warned_of_when_it_says_where_the_file_goes() -> None:
    assert [message for message in told("https://api.example/new") if "`saved.target`" in message]
