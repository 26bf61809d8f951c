"""From ShareX's custom uploaders, in both syntaxes, to specs."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.laws import cases
from twat_fs.authoring.sxcu import from_sxcu
from twat_fs.authoring.sxcu_syntax import Call, parse
from twat_fs.authoring.write import as_yaml
from twat_fs.errors import TwatFsError, UsageError
from twat_fs.spec.catalog import compile_card
from twat_fs.spec.model import from_card
from twat_fs.testing.spec_play import play
from twat_fs.validation import validate


def uploader(**given: Any) -> bytes:
    usual = {
        "Version": "14.1.0",
        "DestinationType": "ImageUploader, FileUploader",
        "RequestMethod": "POST",
        "RequestURL": "https://h.example/up",
        "Body": "MultipartFormData",
        "FileFormName": "file",
    }
    return json.dumps({key: value for key, value in {**usual, **given}.items() if value is not None}).encode()


def spec(**given: Any) -> dict[str, Any]:
    """The spec of an uploader, valid and read back."""
    text = as_yaml(from_sxcu(uploader(**given), "a host"))
    verdict = validate(text.encode(), "new", None)
    assert verdict.valid, (text, verdict.problems)
    data: dict[str, Any] = yaml.safe_load(text)
    return data


def gives(reply: dict[str, Any], **given: Any) -> str:
    """What the spec makes of a reply, by the whole engine."""
    text = as_yaml(from_sxcu(uploader(**given), "a host"))
    compiled = from_card(compile_card(text.encode(), None, "new"))
    played = play(compiled, {"file": {"name": "a.png", "text": "x"}, "reply": {"status": 200, **reply}, "url": ""})
    return played.upload.outcome


@pytest.mark.parametrize(
    ("said", "reply", "url"),
    [
        ("{json:data.link}", {"json": {"data": {"link": "https://i.example/1"}}}, "https://i.example/1"),
        ("$json:data.link$", {"json": {"data": {"link": "https://i.example/1"}}}, "https://i.example/1"),
        ("{json:files[0].url}", {"json": {"files": [{"url": "https://i.example/1"}]}}, "https://i.example/1"),
        ("{json:$.a['b-c']}", {"json": {"a": {"b-c": "https://i.example/1"}}}, "https://i.example/1"),
        ("https://i.example/{json:id}.{json:ext}", {"json": {"id": "a/b", "ext": "png"}}, "https://i.example/a/b.png"),
        ("https://i.example/$json:x-y$", {"json": {"x-y": "1"}}, "https://i.example/1"),
        ("https:{json:u}", {"json": {"u": "//i.example/1"}}, "https://i.example/1"),
        ("{response}", {"text": "https://i.example/1\n"}, "https://i.example/1"),
        (None, {"text": "https://i.example/1\n"}, "https://i.example/1"),
        ("https://i.example/{response}", {"text": "1"}, "https://i.example/1"),
        ("{header:X-Link}", {"text": "", "headers": {"X-Link": "https://i.example/1"}}, "https://i.example/1"),
        ("https://i.example/{header:X-Id}", {"text": "", "headers": {"X-Id": "1"}}, "https://i.example/1"),
        ("https://i.example/{filename}", {"text": ""}, "https://i.example/a.png"),
        ("{xml:/rsp/links/original}", {"text": "<rsp><links><original>https://i.example/1</original></links></rsp>"}, "https://i.example/1"),
    ],
)  # fmt: skip
def test_a_link_is_found_where_the_uploader_says(said: str | None, reply: dict[str, Any], url: str) -> None:
    assert gives(reply, URL=said) == url


@pytest.mark.parametrize(
    ("pattern", "said", "url"),
    [
        ('href="(.+?)"', "{regex:1|1}", "https://i.example/1"),
        ('href="(.+?)"', "$regex:1,1$", "https://i.example/1"),
        ('(?<=href=")[^"]+', "{regex:1}", "https://i.example/1"),
        ('(?<=href=")(.+?)(?=")', "$regex:1$", "https://i.example/1"),
        ("(https)(://i.example)/(\\d)", "https://j.example/{regex:1|3}", "https://j.example/1"),
        ("(https)(://i.example)/(\\d)", "$regex:1$", "https://i.example/1"),
        ('href="(?<link>[^"]+)', "{regex:1|link}", "https://i.example/1"),
    ],
)
def test_a_regular_expression_finds_the_group_that_is_named(pattern: str, said: str, url: str) -> None:
    assert gives({"text": '<a href="https://i.example/1">'}, URL=said, RegexList=[pattern]) == url


def test_deletion_and_error_message_are_carried_over() -> None:
    found = spec(URL="{json:u}", DeletionURL="https://h.example/d/{json:k}", ErrorMessage="{json:error.message}")
    assert found["result"]["delete_url"] == "https://h.example/d/{{ reply.json.k | raw }}"
    assert found["errors"] == {"message": "error.message"}


@pytest.mark.parametrize("value", ["", "YOUR API KEY", "<token>", "put_key_here", "xxxx", "0a1b2c3d4e"])
def test_what_a_person_was_meant_to_fill_in_is_a_credential(value: str) -> None:
    found = spec(Headers={"X-Api-Key": value}, Arguments={"kind": "image"})
    assert found["request"]["headers"] == {"X-Api-Key": "{{ credentials.H_X_API_KEY }}"}
    assert found["request"]["multipart"]["kind"] == "image"


def test_what_is_asked_at_each_upload_is_an_option() -> None:
    found = spec(Arguments={"time": "{select:1h|1d}", "note": "{prompt:A note|none}"})
    assert found["options"]["time"] == {"choices": ["1h", "1d"], "default": "1h"}
    assert found["options"]["note"]["help"] == "A note"
    assert found["request"]["multipart"]["time"] == "{{ options.time }}"


def test_an_address_to_be_filled_in_is_the_option_server_everywhere() -> None:
    found = spec(RequestURL="https://your_domain/up?x=1", URL="https://your_domain/f/{json:id}")
    assert found["options"]["server"]["type"] == "url"
    assert found["request"]["url"] == "{{ options.server }}/up?x=1"
    assert found["result"]["url"] == "{{ options.server }}/f/{{ reply.json.id | raw }}"


def test_json_is_read_around_its_functions() -> None:
    data = '\\{"name": "{filename}", "text": "{input}", "n": 1\\}'
    found = spec(Body="JSON", FileFormName=None, DestinationType="TextUploader", Data=data)
    assert found["request"]["json"] == {"name": "{{ file.name }}", "text": "{{ file.text }}", "n": 1}


def test_a_basic_login_is_one() -> None:
    found = spec(Headers={"Authorization": "Basic {base64:user:password}"})
    assert found["request"]["basic_auth"] == {
        "username": "{{ credentials.H_USER }}",
        "password": "{{ credentials.H_PASSWORD }}",
    }


def test_chance_in_the_address_is_a_var_so_that_the_hosts_are_known() -> None:
    found = spec(RequestURL="https://{random:a|b}.h.example/up")
    assert found["request"]["url"] == "https://{{ vars.chance1 }}.h.example/up"


def test_a_binary_body_is_the_file() -> None:
    assert spec(Body="Binary", RequestMethod="PUT", FileFormName=None)["request"]["raw"] == "{{ file }}"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"DestinationType": "URLShortener"}, "shortens or shares links"),
        ({"DestinationType": None, "FileFormName": None, "Arguments": {"url": "{input}"}}, "sends a link"),
        ({"FileFormName": None, "Arguments": {"a": "b"}}, "sends no file"),
        ({"Body": "Protobuf"}, "is not known here"),
        ({"Body": "JSON", "Data": "nope"}, "not JSON"),
        ({"Arguments": {"a": "{json:b}"}}, "no reply is there yet"),
        ({"RequestURL": ""}, "has no RequestURL"),
    ],
)
def test_what_no_spec_can_say_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        from_sxcu(uploader(**given), "a host")


def test_what_is_not_carried_over_is_said() -> None:
    draft = from_sxcu(uploader(URL="{json:a..b}", RegexList=[]), "a host")
    assert any("URL is not carried over" in remark for remark in draft.remarks)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b"{}", b'{"RequestURL": 5}', b'{"RequestURL": "https://h", "Arguments": 5}']
)
def test_a_file_that_is_no_uploader_is_refused(content: bytes) -> None:
    with pytest.raises(UsageError):
        from_sxcu(content, "a")


def test_functions_nest_and_backslashes_escape() -> None:
    assert parse("a\\{{base64:u:{filename}}b") == ("a{", Call("base64", (("u:", Call("filename", ())),)), "b")


_TEXTS = st.text(alphabet="{}$|:\\json.regx1[]'\"ab/", max_size=25)


@settings(max_examples=cases(600))
@given(_TEXTS, _TEXTS, _TEXTS)
def test_every_uploader_is_converted_or_refused(url: str, argument: str, pattern: str) -> None:
    content = uploader(URL=url, Arguments={"a": argument}, RegexList=[pattern], DeletionURL="{regex:1|1}")
    try:
        text = as_yaml(from_sxcu(content, "a"))
    except TwatFsError:
        return
    yaml.safe_load(text)


@pytest.mark.parametrize(
    "given",
    [
        {"RequestURL": "https://ann:s3cr3t@h.example/up"},
        {"DeletionURL": "https://h.example/d?key=s3cr3t&id={json:id}"},
        {"DeletionURL": "https://h.example/Zk3JqP0vB7nT2wXy9LmRs3cr3t/{json:id}"},
        {"URL": "https://h.example/{json:id}?token=s3cr3t"},
        {"RequestURL": "https://h.example/up?token=s3cr3t&a=1&a=2"},
        {"Headers": {"Authorization": "Basic {base64:ann:s3cr3t}"}},
        {"Arguments": {"payload": '{"password": "s3cr3t"}'}},
    ],
)
def test_a_key_in_an_uploader_never_goes_into_the_spec(given: dict[str, Any]) -> None:
    assert "s3cr3t" not in as_yaml(from_sxcu(uploader(**given), "a host"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Arguments": {"a": "{file:C:\\secret.txt}"}}, "nothing is read from your machine"),
        ({"Arguments": {"a": "%un"}}, "names you or your machine"),
        ({"RequestURL": "https://h.example/%un/up"}, "names you or your machine"),
        ({"Arguments": {"a": "%y-%mo"}}, "codes of the time"),
        ({"DeletionURL": "https://h.example/d?key=abc&id={json:id}"}, "it has a key in it"),
        ({"URL": "{foo:bar}"}, "`{foo:bar}` is not known here"),
        ({"URL": "{regex:{header:Location}|1|1}", "RegexList": ["a(.*)"]}, "reads from `header`"),
        ({"Body": "JSON", "FileFormName": None, "Data": '{"n": 1.5, "t": "{input}"}'}, "a fraction"),
    ],
)
def test_every_loss_is_told(given: dict[str, Any], words: str) -> None:
    assert any(words in remark for remark in from_sxcu(uploader(**given), "a host").remarks)
    spec(**given)


@pytest.mark.parametrize(
    ("kind", "url"), [("RedirectionURL", "{{ reply.url }}"), ("LocationHeader", {"header": "Location"})]
)
def test_the_older_kinds_of_response_are_known(kind: str, url: Any) -> None:
    assert spec(URL=None, ResponseType=kind)["result"]["url"] == url


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://h.example/up"])
def test_an_address_that_is_not_one_of_http_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="for HTTP"):
        from_sxcu(uploader(RequestURL=address), "a host")


def test_what_sharex_reads_is_read_whatever_its_encoding() -> None:
    plain = uploader().decode()
    for content in (plain.encode("utf-16"), b"\xef\xbb\xbf" + plain.encode(), f"{plain[:-1]},}}".encode()):
        assert from_sxcu(content, "a host").request["url"] == "https://h.example/up"


def test_a_title_has_nothing_in_it_that_hides_or_reorders() -> None:
    assert spec(Name="a\u202eb\nc")["title"] == "a b c"
