"""From a `curl` line to a spec: what was found in it, and that nothing secret or odd goes into the spec."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.authoring.__main__ import HERE, curl_problem
from twat_fs.authoring.curl_line import from_curl
from twat_fs.authoring.write import as_yaml
from twat_fs.errors import TwatFsError, UsageError
from twat_fs.validation import validate

LINES = [line for line in (HERE / "curl_lines.txt").read_text().splitlines() if line.startswith("curl")]


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


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl to compare with")
@pytest.mark.parametrize("line", LINES)
def test_the_spec_sends_what_curl_sends(line: str) -> None:
    assert curl_problem(line) == ""


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
        'curl --json \'{"a": {"password": "s3cr3t"}, "f": "@x"}\' -F file=@x https://h.example/',
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
        ("curl -F a=@x", "no addresses"),
        ("curl -F a=@x https://a.example https://b.example", "2 addresses"),
        ("curl -F a=@x --no-such https://a.example", "--no-such is not known"),
        ("curl -F a=@x https://$HOST/up", "host's name"),
        ("curl -F a=@x --aws-sigv4 aws:amz https://a.example", "--aws-sigv4"),
        ("curl -F a=@x -H", "wants a word"),
        ("curl -F a=@x -b cookies.txt https://a.example", "file of cookies"),
        ("", "begins with nothing"),
    ],
)
def test_what_no_spec_can_say_is_refused(line: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        from_curl(line)


_PIECES = st.sampled_from(
    ["-F", "a=@x", "-d", "a=b", "-H", "X: y", "-u", "a:b", "-T", "x", "-G", "-X", "PUT", "https://h.example/a?b=c",
     "$V", "--json", '{"a":1}', "-b", "c=d", "--data-urlencode", "a@x", "-L",
     "--data-binary", "@x", "'{{'", "| jq .a", "\\\n"]
)  # fmt: skip


@settings(max_examples=1000, deadline=None)
@given(st.lists(_PIECES, max_size=10))
def test_every_line_is_converted_or_refused(pieces: list[str]) -> None:
    line = " ".join(["curl", *pieces])
    try:
        draft = from_curl(line)
    except TwatFsError:
        return
    draft.data.setdefault("result", {"url": {"text": True}})
    yaml.safe_load(as_yaml(draft))
