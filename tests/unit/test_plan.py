from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support import PLANTED, compiled, facts, inputs, job
from twat_fs.errors import NotConfigured
from twat_fs.messages import Content, FilePart, Held, Multipart, RawFile, Request, TextPart, masked, reveal
from twat_fs.wire.job import Job, start
from twat_fs.wire.plan import plan, wanted

KEY = "credentials: {KEY: {required: false}}\n"


def upload(request: str, *, more: str = "", options: dict[str, Any] | None = None, **credentials: str) -> Job:
    """An upload by a spec of one request, given in YAML and indented by two."""
    text = f"{more}\nrequest:\n  url: https://h.example/up\n{request}\nresult: {{url: url}}\n"
    if "\n  url:" in f"\n{request}":
        text = text.replace("  url: https://h.example/up\n", "", 1)
    return job(compiled(text), options, **credentials)


def planned(request: str, **more: Any) -> Request:
    begun = upload(request, **more)
    return plan(begun, begun.spec.steps[0])


FILE = '  raw: "{{ file }}"\n'


# The address


@pytest.mark.parametrize(
    ("url", "query", "sent"),
    [
        ("https://h.example/up", "", "https://h.example/up"),
        ("https://h.example/{{ file.name }}", "", "https://h.example/a%20b.txt"),
        ("https://h.example/{{ file.name | raw | replace(' ', '+') }}", "", "https://h.example/a%2Bb.txt"),
        ("https://h.example/up", "{a: 1, b: x y, c: true}", "https://h.example/up?a=1&b=x%20y&c=true"),
        ("https://h.example/up?z=1", "{a: 1}", "https://h.example/up?z=1&a=1"),
        ("https://h.example/up#f", "{a: 1}", "https://h.example/up?a=1"),
        ("https://h.example/up", "{a: '{{ options.o }}', 'b c': 1}", "https://h.example/up?b%20c=1"),
        ("https://h.example/ä", "", "https://h.example/%C3%A4"),
        ("https://{{ options.region }}.h.example/up", "", "https://eu.h.example/up"),
    ],
)
def test_an_address_is_complete(url: str, query: str, sent: str) -> None:
    more = "options: {o: {type: string}, region: {type: string, default: eu}}"
    line = f"  query: {query}\n" if query else ""
    assert planned(f'  url: "{url}"\n{line}{FILE}', more=more).url == sent


def test_an_address_that_is_null_is_an_error() -> None:
    with pytest.raises(NotConfigured, match="the address is null"):
        planned('  url: "https://h.example/{{ options.o }}"\n' + FILE, more="options: {o: {type: string}}")


def test_the_fields_of_a_request_are_the_steps() -> None:
    request = planned(
        "  method: PUT\n  expect: [201]\n  idempotent: true\n  timeout: {read: none, connect: 1s}\n" + FILE
    )
    assert (request.provider, request.step, request.method) == ("test", "request", "PUT")
    assert (request.expect, request.idempotent, request.private) == ((201,), True, True)
    assert (request.timeout.connect, request.timeout.read) == (1.0, None)


@pytest.mark.parametrize(("body", "seconds"), [(FILE, 300.0), ("  raw: '{{ file.text }}'\n", 300.0)])
def test_a_request_with_the_file_has_more_time(body: str, seconds: float) -> None:
    assert planned(body).timeout.read == seconds


# Headers


def test_what_is_null_is_not_sent() -> None:
    more = KEY + "options: {o: {type: string}}"
    headers = '  headers: {A: "{{ options.o }}", B: "x {{ options.o }}", C: "{{ credentials.KEY }}", D: "d"}\n'
    login = '  basic_auth: {username: u, password: "{{ credentials.KEY }}"}\n'
    request = planned(headers + login + FILE, more=more)
    assert request.headers == (("D", "d"), ("Content-Type", "text/plain"))


@pytest.mark.parametrize(("username", "pair"), [("u", "dTpwdw=="), ('""', "OnB3"), ('"{{ options.o }}"', "OnB3")])
def test_basic_auth_is_a_header(username: str, pair: str) -> None:
    more = KEY + "options: {o: {type: string}}"
    line = f'  basic_auth: {{username: {username}, password: "{{{{ credentials.KEY }}}}"}}\n'
    name, value = planned(line + FILE, more=more, KEY="pw").headers[0]
    assert (name, reveal(value)) == ("Authorization", f"Basic {pair}")
    assert isinstance(value, Held)


def test_defaults_go_into_every_step_and_null_takes_one_away() -> None:
    more = 'defaults: {headers: {X-A: "1", X-B: "2"}, query: {q: "3"}}'
    request = planned("  headers: {x-a: null, X-C: c}\n" + FILE, more=more)
    assert dict(request.headers) == {"X-B": "2", "X-C": "c", "Content-Type": "text/plain"}
    assert request.url == "https://h.example/up?q=3"


@pytest.mark.parametrize("header", ["content-type", "Content-Type"])
def test_a_header_of_the_spec_says_the_type(header: str) -> None:
    assert planned(f"  headers: {{{header}: a/b}}\n" + FILE).headers == ((header, "a/b"),)


# Bodies


def test_a_form_with_the_file_keeps_its_order() -> None:
    parts = """\
  multipart:
    b: "{{ options.n }}"
    gone: "{{ options.o }}"
    file: "{{ file }}"
    a: true
    typed: {value: "x", filename: n.json, content_type: application/json}
"""
    body = planned(parts, more="options: {o: {type: string}, n: {type: integer, default: 5}}").body
    assert body == Multipart((
        TextPart("b", "5"),
        FilePart("file", "a b.txt", "text/plain"),
        TextPart("a", "true"),
        TextPart("typed", "x", "n.json", "application/json"),
    ))  # fmt: skip


def test_a_file_part_can_have_another_name_and_type() -> None:
    parts = '  multipart: {f: {value: "{{ file }}", filename: "{{ file.stem }}.bin", content_type: a/b}}\n'
    assert planned(parts).body == Multipart((FilePart("f", "a b.bin", "a/b"),))


def test_the_file_goes_raw() -> None:
    request = planned(FILE)
    assert isinstance(request.body, RawFile)
    assert request.headers == (("Content-Type", "text/plain"),)
    assert request.carries_file


def test_json_keeps_types_and_leaves_nulls_out() -> None:
    text = """\
  json:
    name: "{{ file.name }}"
    size: "{{ file.size }}"
    gone: "{{ options.o }}"
    kept: null
    "{{ options.key }}": [1, "{{ options.o }}", {deep: "{{ file.text }}"}]
"""
    request = planned(text, more="options: {o: {type: string}, key: {type: string, default: k}}")
    assert isinstance(request.body, Content)
    expected = {"name": "a b.txt", "size": 5, "kept": None, "k": [1, {"deep": "hello"}]}
    assert json.loads(reveal(request.body.text)) == expected
    assert dict(request.headers)["Content-Type"] == "application/json"


def test_a_form_is_url_encoded() -> None:
    text = '  form: {a: "x &=ü", "b c": "{{ file.text }}", gone: "{{ options.o }}", n: 5}\n'
    request = planned(text, more="options: {o: {type: string}}")
    assert request.body == Content("a=x%20%26%3D%C3%BC&b%20c=hello&n=5")
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("raw", "body"), [('"{{ file.base64 }}"', Content("aGVsbG8=")), ('"<{{ file.text }}>"', Content("<hello>"))]
)
def test_a_text_goes_raw(raw: str, body: Content) -> None:
    request = planned(f"  raw: {raw}\n")
    assert (request.body, request.carries_file) == (body, False)
    assert dict(request.headers)["Content-Type"] == "text/plain; charset=utf-8"


# Secrets


def test_a_secret_is_masked_wherever_it_went() -> None:
    text = """\
  url: "https://h.example/{{ credentials.KEY }}"
  query: {k: "{{ credentials.KEY }}"}
  headers: {A: "Bearer {{ credentials.KEY }}"}
  multipart: {k: "{{ credentials.KEY }}", f: {value: "{{ file }}", filename: "{{ credentials.KEY }}"}}
"""
    request = planned(text, more=KEY, KEY=PLANTED)
    assert PLANTED not in repr(request)
    assert PLANTED in reveal(request.url)
    assert "${KEY}" in masked(request.url)


def test_a_secret_in_json_stays_one() -> None:
    request = planned('  json: {k: "{{ credentials.KEY }}", f: "{{ file.text }}"}\n', more=KEY, KEY=PLANTED)
    assert isinstance(request.body, Content)
    assert masked(request.body.text) == '{"k":"${KEY}","f":"hello"}'
    assert PLANTED not in repr(request)


def test_a_secret_through_a_var_stays_one() -> None:
    request = planned(
        '  headers: {A: "{{ vars.t }}"}\n' + FILE, more=KEY + 'vars: {t: "K {{ credentials.KEY }}"}', KEY=PLANTED
    )
    assert isinstance(request.headers[0][1], Held)


def test_a_secret_option_is_held() -> None:
    more = "options: {pw: {type: string, secret: true}}"
    request = planned('  headers: {A: "{{ options.pw }}"}\n' + FILE, more=more, options={"pw": PLANTED})
    assert PLANTED not in repr(request)


# Values that do not fit


@pytest.mark.parametrize(
    ("request_text", "part"),
    [
        ('  headers: {A: "{{ file.size + file.name }}"}\n' + FILE, "headers"),
        ('  url: "https://h.example/{{ [file.name] }}"\n' + FILE, "url"),
        ('  multipart: {a: "{{ file.name // 2 }}", f: "{{ file }}"}\n', "multipart"),
        ('  when: "{{ file.name > 5 }}"\n' + FILE, "when"),
    ],
)
def test_a_template_that_cannot_be_evaluated_says_where(request_text: str, part: str) -> None:
    begun = upload(request_text)
    with pytest.raises(NotConfigured, match=f"{part} cannot be made") as caught:
        (wanted if part == "when" else plan)(begun, begun.spec.steps[0])
    assert (caught.value.provider, caught.value.step) == ("test", "request")


def test_a_var_that_cannot_be_computed_says_which() -> None:
    text = "vars: {v: '{{ file.name // 2 }}'}\nrequest:\n  url: 'https://h.example/{{ vars.v }}'\n" + FILE
    with pytest.raises(NotConfigured, match=r"vars\.v: "):
        start(compiled(text + "result: {url: url}"), inputs(), facts())


def test_a_var_is_computed_once() -> None:
    counts: list[int] = []

    def random(count: int) -> str:
        counts.append(count)
        return str(len(counts))

    given = inputs()._replace(random=random)
    text = "vars: {v: '{{ random(5) }}'}\nrequest:\n  url: 'https://h.example/{{ vars.v }}/{{ vars.v }}'\n" + FILE
    begun = start(compiled(text + "result: {url: url}"), given, facts())
    assert plan(begun, begun.spec.steps[0]).url == "https://h.example/1/1"
    assert counts == [5]


@pytest.mark.parametrize(
    ("when", "runs"),
    [("{{ file.size > 4 }}", True), ("{{ options.o }}", False), ("{{ options.o == 'x' }}", False)],
)
def test_a_step_runs_when_its_condition_holds(when: str, runs: bool) -> None:
    begun = upload(f'  when: "{when}"\n' + FILE, more="options: {o: {type: string}}")
    assert wanted(begun, begun.spec.steps[0]) is runs
