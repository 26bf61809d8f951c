"""`twat-fs new-spec`: from what people have to a file that works."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.cli.test_spec_add import at_a_terminal
from tests.support import PLANTED
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

CURL = 'curl -F "file=@x" -F key=$KEY https://host.example/api'


def test_the_spec_goes_to_standard_output_and_remarks_to_standard_error(run_cli: Cli) -> None:
    answer = run_cli("new-spec", "--from-curl", CURL)
    assert answer.code == 0
    assert answer.out.startswith("# yaml-language-server: $schema=https://")
    assert yaml.safe_load(answer.out)["name"] == "host"
    assert "--reply" in answer.err
    assert "KEY is read from the environment" in answer.err


@pytest.mark.parametrize("link", ["https://h.example/\u00fc.txt", "https://h.example/{a|b}", "https://me@h.example/a"])
def test_a_link_of_any_characters_makes_a_valid_spec(run_cli: Cli, link: str) -> None:
    answer = run_cli("new-spec", "--from-curl", CURL, "--reply", json.dumps({"link": link}, ensure_ascii=False))
    assert (answer.code, yaml.safe_load(answer.out)["result"]["url"]) == (0, "link"), answer


def test_a_curl_line_comes_from_standard_input_too(run_cli: Cli) -> None:
    assert run_cli("new-spec", "--from-curl", "-", input=CURL.encode()).code == 0


def test_a_reply_tells_where_the_link_is(run_cli: Cli) -> None:
    reply = '{"ok": true, "data": {"link": "https://host.example/1", "delete_url": "https://host.example/d"}}'
    found = yaml.safe_load(run_cli("new-spec", "--from-curl", CURL, "--reply", reply).out)
    assert found["result"] == {"url": "data.link", "delete_url": "data.delete_url"}
    assert found["examples"][0]["url"] == "https://host.example/1"


def test_out_writes_a_file_that_validates_and_uploads(run_cli: Cli) -> None:
    with FakeHost(Store()) as host:
        line = f"curl -F file=@x {host.url}/up"
        answer = run_cli("new-spec", "--from-curl", line, "--name", "mine", "--out", run_cli.specs)
        path = run_cli.specs / "mine.yaml"
        assert (answer.code, answer.out) == (0, f"{path}\n")
        assert run_cli("validate-spec", "mine").code == 0
        assert run_cli.upload(run_cli.file(), provider="mine").url.startswith(host.url)
        assert run_cli("new-spec", "--from-curl", line, "--name", "mine", "--out", run_cli.specs).code == 2
        assert run_cli("new-spec", "--from-curl", line, "--name", "mine", "--out", run_cli.specs, "--force").code == 0


# ShareX


def sxcu(run_cli: Cli, name: str, **given: object) -> Path:
    usual = {"RequestURL": "https://h.example/up", "Body": "MultipartFormData", "FileFormName": "f", "URL": "{json:u}"}
    path = run_cli.home / name
    path.write_text(json.dumps({**usual, **given}))
    return path


def test_several_uploaders_become_several_files(run_cli: Cli) -> None:
    one, two = sxcu(run_cli, "one.sxcu"), sxcu(run_cli, "two.sxcu", FileFormName="g")
    bad = sxcu(run_cli, "bad.sxcu", DestinationType="URLShortener")
    answer = run_cli("new-spec", "--from-sxcu", one, two, bad, "--out", run_cli.specs)
    assert answer.code == 1
    assert "bad.sxcu: not converted" in answer.err
    assert {path.name for path in run_cli.specs.iterdir()} == {"h.yaml", "two.yaml"}
    assert run_cli("validate-spec", run_cli.specs).code == 0


def test_several_do_not_fit_on_standard_output(run_cli: Cli) -> None:
    answer = run_cli("new-spec", "--from-sxcu", sxcu(run_cli, "one.sxcu"), sxcu(run_cli, "two.sxcu"))
    assert (answer.code, answer.out) == (2, "")
    assert "--out" in answer.err


# A browser's recording


def har(run_cli: Cli, **more: object) -> Path:
    boundary = "----WebKitFormBoundaryx"
    parts = [
        'Content-Disposition: form-data; name="token"\r\n\r\n' + PLANTED,
        'Content-Disposition: form-data; name="note"\r\n\r\ncat.png',
        'Content-Disposition: form-data; name="pic"; filename="cat.png"\r\nContent-Type: image/png\r\n\r\n',
    ]
    text = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
    upload = {
        "request": {
            "method": "POST",
            "url": "https://h.example/api?x=1",
            "headers": [
                {"name": ":authority", "value": "h.example"},
                {"name": "User-Agent", "value": "Mozilla"},
                {"name": "X-Requested-With", "value": "XMLHttpRequest"},
                {"name": "Cookie", "value": f"sid={PLANTED}"},
                {"name": "Content-Type", "value": f"multipart/form-data; boundary={boundary}"},
            ],
            "postData": {"mimeType": f"multipart/form-data; boundary={boundary}", "text": text},
            "bodySize": 1000,
        },
        "response": {
            "status": 200,
            "headers": [],
            "content": {"text": '{"image": {"url": "https://i.h.example/cat.png"}}'},
        },
    }
    other = {"request": {"method": "GET", "url": "https://h.example/", "headers": []}, "response": {}}
    path = run_cli.home / "session.har"
    path.write_text(json.dumps({"log": {"entries": [other, upload, other], **more}}))
    return path


def test_the_upload_is_picked_out_of_a_recording(run_cli: Cli) -> None:
    answer = run_cli("new-spec", "--from-har", har(run_cli))
    assert answer.code == 0, answer
    found = yaml.safe_load(answer.out)
    assert found["request"]["multipart"] == {
        "token": "{{ credentials.H_TOKEN }}",
        "note": "{{ file.name }}",
        "pic": "{{ file }}",
    }
    assert found["request"]["headers"] == {"X-Requested-With": "XMLHttpRequest", "Cookie": "{{ credentials.H_COOKIE }}"}
    assert found["request"]["query"] == {"x": "1"}
    assert found["result"]["url"] == "image.url"


@pytest.mark.parametrize("text", ["", "{}", '{"log": {"entries": []}}', '{"log": {"entries": [1]}}', '{"log": 5}'])
def test_a_recording_without_an_upload_is_refused(run_cli: Cli, text: str) -> None:
    path = run_cli.home / "x.har"
    path.write_text(text)
    assert run_cli("new-spec", "--from-har", path).code == 2


# Learning


def test_the_link_that_serves_the_bytes_is_found_among_others(run_cli: Cli) -> None:
    store = Store()

    def script(seen: object) -> Play:
        method = getattr(seen, "method", "")
        reply = store(seen)  # type: ignore[arg-type]
        if method != "POST":
            return reply
        assert isinstance(reply.body, bytes)
        page = {"page": f"{host.url}/page", "thumb": f"{host.url}/t", "files": [{"deep": reply.body.decode()}]}
        return Play(200, json.dumps(page).encode())

    with FakeHost(script) as host:
        line = f"curl -F file=@x -F key=$KEY {host.url}/up"
        words = ("new-spec", "--from-curl", line, "--learn", run_cli.file(content=b"some bytes"), "--name", "mine")
        answer = run_cli(*words, "--out", run_cli.specs, env={"KEY": PLANTED})
        assert answer.code == 0, answer
        text = (run_cli.specs / "mine.yaml").read_text()
        assert yaml.safe_load(text)["result"] == {"url": "files[0].deep"}
        assert "served the very bytes" in text
        assert run_cli("validate-spec", "mine").code == 0
        assert run_cli.upload(run_cli.file(), provider="mine", env={"KEY": PLANTED}).code == 0


def test_a_host_that_says_no_is_reported(run_cli: Cli) -> None:
    with FakeHost([Play(403, b"no")]) as host:
        answer = run_cli("new-spec", "--from-curl", f"curl -F file=@x {host.url}/up", "--learn", run_cli.file())
    assert (answer.code, answer.out) == (4, "")
    assert "403" in answer.err


def test_a_secret_that_is_not_set_is_named(run_cli: Cli) -> None:
    answer = run_cli("new-spec", "--from-curl", CURL, "--learn", run_cli.file())
    assert answer.code == 3
    assert "KEY" in answer.err


# Asking


def test_without_anything_and_without_a_terminal_nothing_is_asked(run_cli: Cli) -> None:
    answer = run_cli("new-spec")
    assert answer.code == 2
    assert "--from-curl" in answer.err


def test_at_a_terminal_a_few_answers_make_a_spec(run_cli: Cli) -> None:
    answers = [
        "",
        "https://h.example/up",
        "form",
        "pic",
        "kind=image",
        "",
        "X-Key",
        "",
        '{"data": "https://h.example/1"}',
    ]
    code, shown = at_a_terminal(run_cli, "\n".join(answers), "new-spec", "--out", str(run_cli.specs))
    assert code == 0, shown
    found = yaml.safe_load((run_cli.specs / "h.yaml").read_text())
    assert found["request"] == {
        "url": "https://h.example/up",
        "headers": {"X-Key": "{{ credentials.H_KEY }}"},
        "multipart": {"pic": "{{ file }}", "kind": "image"},
    }
    assert found["result"] == {"url": "data"}


@pytest.mark.parametrize(
    "words",
    [
        ("--from-curl", CURL, "--from-har", "x"),
        ("a.sxcu",),
        ("--from-sxcu", "missing.sxcu"),
        ("--from-curl", CURL, "--reply", "nothing here"),
        ("--from-curl", CURL, "--name", "Not A Name"),
        ("--from-curl", "wget https://h.example"),
    ],
)
def test_a_wrong_call_is_wrong_usage(run_cli: Cli, words: tuple[str, ...]) -> None:
    assert run_cli("new-spec", *words).code == 2


@pytest.mark.parametrize("words", [("--reply", "https://h.example/\udcff"), ("--title", "a"), ("--name", "h")])
def test_words_that_are_not_utf_8_are_read_as_far_as_they_can_be(run_cli: Cli, words: tuple[str, ...]) -> None:
    answer = run_cli("new-spec", "--from-curl", f"{CURL} -F 'a=\udcff'", *words)
    assert (answer.code, "name: h" in answer.out) == (0, True), answer


def test_what_is_empty_in_a_recording_is_no_mistake(run_cli: Cli) -> None:
    form = '--X\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\n\r\n--X--'
    data = {"mimeType": "multipart/form-data; boundary=X", "text": form}
    request = {"method": "POST", "url": "https://h.example/up", "headers": None, "bodySize": None, "postData": data}
    entry = {"request": request, "response": {"headers": None, "status": None, "content": None}}
    path = run_cli.home / "a.har"
    path.write_text(json.dumps({"log": {"entries": [entry]}}))
    answer = run_cli("new-spec", "--from-har", path)
    assert answer.code == 0
    assert "multipart: {f: '{{ file }}'}" in answer.out
