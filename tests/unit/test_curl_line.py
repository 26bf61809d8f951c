"""From a `curl` line to a spec: what was found in it, and that nothing secret or odd goes into the spec."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.authoring.__main__ import LINES, SENT, curl_problem, lines_of
from tests.laws import cases
from twat_fs.authoring.curl_line import from_curl
from twat_fs.authoring.write import as_yaml
from twat_fs.errors import TwatFsError, UsageError
from twat_fs.validation import validate

SENDS = json.loads(SENT.read_text())


def spec(line: str) -> dict[str, Any]:
    """The spec of a line, valid and read back."""
    draft = from_curl(line)
    draft.data.setdefault("result", {"url": {"text": True}})
    text = as_yaml(draft)
    verdict = validate(text.encode(), "new", None)
    assert verdict.valid, (text, verdict.problems)
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def request(line: str) -> dict[str, Any]:
    found: dict[str, Any] = spec(line)["request"]
    return found


@pytest.mark.parametrize("line", SENDS)
def test_the_spec_sends_what_curl_sent(line: str) -> None:
    assert curl_problem(line, SENDS[line]) == ""


def test_what_curl_sends_is_known_of_every_line_of_the_benchmark() -> None:
    assert list(SENDS) == sorted({line for path in LINES for line in lines_of(path)})


def test_a_variable_becomes_a_credential() -> None:
    found = spec("curl -F file=@x -F key=$KEY https://h.example/api")
    assert found["credentials"] == {"KEY": {}}
    assert found["request"]["multipart"] == {"file": "{{ file }}", "key": "{{ credentials.KEY }}"}


@pytest.mark.parametrize(
    "line",
    [
        "curl -F file=@x -H 'Authorization: Bearer sk-live-0123456789abcdef' https://h.example/",
        "curl -F file=@x -F api_key=s3cr3t https://h.example/",
        "curl -F file=@x 'https://h.example/up?token=s3cr3t&n=1'",
        "curl -T x -u ann:s3cr3t https://h.example/",
        "curl -F file=@x -b 'session=s3cr3t' https://h.example/",
        "curl -F file=@x https://ann:s3cr3t@h.example/",
        "curl -F file=@x -F x=Zk3JqP0vB7nT2wXy9LmR https://h.example/",
        "curl -F file=@x https://h.example/Zk3JqP0vB7nT2wXy9LmR/up",
        "curl -F file=@x 'https://h.example/up?token=s3cr3t&a=1&a=2'",
        'curl -F file=@x "https://h.example/up?token=s3cr3t&user=$U"',
        "curl -F file=@x 'https://h.example/up?x=sk-live%5F0123456789abcdef'",
        "curl -F file=@x -H 'X: id=Zk3JqP0vB7nT2wXy9LmR;v=1' https://h.example/",
        'curl -F file=@x -F \'payload={"token": "s3cr3t"}\' https://h.example/',
        'curl -F file=@x -F "a=$A,Zk3JqP0vB7nT2wXy9LmR" https://h.example/',
        "curl -T x -u sk-live-0123456789abcdef: https://h.example/",
        "curl -d 'token=s3cr3t&a=1&a=2' --data-urlencode f@x https://h.example/",
        """curl --json '{"a": {"password": "s3cr3t"}, "f": "'$(base64 x)'"}' https://h.example/""",
    ],
)
def test_a_literal_key_never_goes_into_the_spec(line: str) -> None:
    text = as_yaml(from_curl(line))
    for secret in ("s3cr3t", "sk-live", "Zk3JqP0v"):
        assert secret not in text
    assert "credentials." in text


def test_the_word_before_a_key_stays() -> None:
    headers = request("curl -T x -H 'Authorization: Client-ID abc123' https://h.example/")["headers"]
    assert headers["Authorization"] == "Client-ID {{ credentials.H_TOKEN }}"


def test_a_template_sign_in_a_literal_is_no_template() -> None:
    assert request("curl -F file=@x -F 'a=b{{c' https://h.example/")["multipart"]["a"] == "b{{ '{{' }}c"


def test_the_files_own_name_is_found_where_it_stands() -> None:
    found = request("curl --data-binary @dir/a.png -H 'Content-Type: image/png' 'https://h.example/a.png?name=a.png'")
    assert found["url"] == "https://h.example/{{ file.name }}"
    assert found["query"] == {"name": "{{ file.name }}"}


@pytest.mark.parametrize("word", ["$1", '"$FILE"', "${f}"])
def test_a_variable_for_the_file_is_the_file(word: str) -> None:
    found = spec(f"curl -T {word} https://h.example/up/")
    assert "credentials" not in found
    assert found["request"]["raw"] == "{{ file }}"


def test_an_address_that_begins_with_a_variable_is_the_users_server() -> None:
    found = spec("curl -T x $SERVER/up/")
    assert found["options"]["server"]["type"] == "url"
    assert found["request"]["url"] == "{{ options.server }}/up/{{ file.name }}"


def test_a_pipe_to_jq_tells_where_the_link_is() -> None:
    assert spec("curl -F f=@x https://h.example/ | jq -r '.data.files[0].url'")["result"] == {
        "url": "data.files[0].url"
    }


def test_line_ends_that_curl_takes_out_are_said() -> None:
    assert any("line ends" in remark for remark in from_curl("curl -d @x https://h.example/").remarks)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("wget https://h.example/", "this is no curl command"),
        ("curl https://h.example/", "sends no file"),
        ("curl -F a=@x -F b=@y https://h.example/", "two files"),
        ("curl -F a=1 -F a=2 -F f=@x https://h.example/", "the form has two fields `a`; a spec has each once"),
        (
            "curl -F 't[]=1' -F 't[]=2' -F f=@x https://h.example/",
            r"two fields `t\[\]`",
        ),
        ("curl -F a=@x", "no addresses"),
        ("curl -F a=@x https://a.example https://b.example", "2 addresses"),
        ("curl -F a=@x --no-such https://a.example", "--no-such is not known"),
        ("curl -F a=@x https://$A$B/up", "put together"),
        ("curl -F a=@x --aws-sigv4 aws:amz https://a.example", "--aws-sigv4"),
        ("curl -F a=@x --digest -u a:b https://a.example", "--digest"),
        ("curl -F a=@x https://a.example --next -F b=@y https://b.example", "several requests"),
        ("curl -F a=@x --proxy-header a:b https://a.example", "https_proxy"),
        ("curl -F a=@x -d b=c https://a.example", "two bodies"),
        ("curl -F a=@x,y https://a.example", "two files"),
        ("curl -F 'a=@x;encoder=base64' https://a.example", "encoder"),
        ("curl -F a=@x -F 'b=<y' https://a.example", "two files, x and y"),
        ("curl -F a=@x -F b=1 -F b=2 https://a.example", "two fields `b`"),
        ("curl -F a=@x -H 'Authorization: a' -H 'authorization: b' https://a.example", "stands twice"),
        ("curl -F a=@x ftp://a.example", "not one of HTTP"),
        ("curl -F a=@x --connect-timeout soon https://a.example", "wants a number"),
        ("curl -F a=@x -H", "wants a word"),
        ("curl -F a=@x -b cookies.txt https://a.example", "file of cookies"),
        ("", "begins with nothing"),
    ],
)
def test_what_no_spec_can_say_is_refused(line: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        from_curl(line)


def test_an_option_may_have_its_word_after_an_equals_sign() -> None:
    assert request("curl --request=PUT --form=a=@x --url=https://h.example/") == {
        "url": "https://h.example/",
        "method": "PUT",
        "multipart": {"a": "{{ file }}"},
    }


@pytest.mark.parametrize("option", ["--interface eth0", "--tlsv1.2", "--no-keepalive", "--rate 3/s", "--no-clobber"])
def test_what_changes_nothing_in_the_request_is_silent(option: str) -> None:
    assert from_curl(f"curl {option} -F a=@x https://h.example/").remarks == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("curl -k -F a=@x https://h.example/", "--insecure: it is left out"),
        ("curl -x http://p:1 -F a=@x https://h.example/", "set https_proxy"),
        ("curl --unix-socket /s -F a=@x https://h.example/", "--unix-socket"),
        ("curl -F 'a=@x;headers=X: y' https://h.example/", "the headers of the part `a`"),
        ("curl -F a=@x -F 'b=c;d' https://h.example/", "curl itself leaves out `;d`"),
        ("curl -F a=@x -H 'X: 1' -H 'X: 2' https://h.example/", "stands twice"),
        ("curl -F a=@x -H 'Host: b' https://h.example/", "the header Host is left out"),
        ("curl -F a=@x https://h.example/ && echo done", "after the curl command"),
    ],
)
def test_what_is_left_out_is_said(line: str, words: str) -> None:
    assert any(words in remark for remark in from_curl(line).remarks)


def test_a_number_with_a_fraction_stays_a_number() -> None:
    found = request("""curl --json '{"n": 1.5, "f": "'"$(cat a.txt)"'"}' https://h.example/""")
    assert found["raw"] == '{"n": 1.5, "f": {{ file.text | tojson }}}'
    assert found["headers"]["Content-Type"] == "application/json"


_PIECES = st.sampled_from(
    ["-F", "a=@x", "-d", "a=b", "-H", "X: y", "-u", "a:b", "-T", "x", "-G", "-X", "PUT", "https://h.example/a?b=c",
     "$V", "--json", '{"a":1}', "-b", "c=d", "--data-urlencode", "a@x", "-L",
     "--data-binary", "@x", "'{{'", "| jq .a", "\\\n", "-F", "'a=<x;type=a/b'", "https://[", "$(cat x)", "<a b>",
     "https://$H/<id>?a=$B", "{\"a\":1.5}", "--url-query", "a=;", "'=\\\"'", "-u", ":", "-H", ":", "@", "&&", "`"]
)  # fmt: skip


@settings(max_examples=cases(1000))
@given(st.lists(_PIECES, max_size=10))
def test_every_line_is_converted_or_refused(pieces: list[str]) -> None:
    line = " ".join(["curl", *pieces])
    try:
        draft = from_curl(line)
    except TwatFsError:
        return
    draft.data.setdefault("result", {"url": {"text": True}})
    yaml.safe_load(as_yaml(draft))
