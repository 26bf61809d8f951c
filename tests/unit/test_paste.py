"""The curl command is found in what people paste, whatever stands around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twat_fs.authoring.curl_line import from_curl
from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from twat_fs.authoring.draft import Draft

PLAIN = 'curl -F "file=@photo.png" https://h.example/up'


def sends(text: str) -> Draft:
    draft = from_curl(text)
    assert draft.request["multipart"] == {"file": "{{ file }}"}
    assert draft.request["url"] == "https://h.example/up"
    return draft


@pytest.mark.parametrize(
    "text",
    [
        f"$ {PLAIN}",
        f"$  {PLAIN}",
        f"% {PLAIN}",
        f"# {PLAIN}",
        f"ann@box:~/dir$ {PLAIN}",
        f"(venv) $ {PLAIN}",
        f"sudo {PLAIN}",
        f"KEY=abc time {PLAIN}",
        f"PS C:\\Users\\ann> {PLAIN}",
        f"PS> {PLAIN}",
        f"& {PLAIN}",
        f"C:\\Users\\ann>{PLAIN}",
        f"/usr/bin/{PLAIN}",
        f'"C:\\Windows\\System32\\curl.exe" {PLAIN[5:]}',
        f"```sh\n{PLAIN}\n```",
        f"# Upload a file with curl:\n{PLAIN}",
        f"url=$({PLAIN})",
        f"url=`{PLAIN}`",
        f"`{PLAIN}`",
        "$ curl \\\n> -F file=@photo.png \\\n> https://h.example/up",
        "curl \\\r\n  -F file=@photo.png \\ \r\n  https://h.example/up\r\n",
        "curl ^\r\n  -F file=@photo.png ^\r\n  https://h.example/up\r\n",
        "curl.exe `\r\n  -F 'file=@photo.png' `\r\n  https://h.example/up\r\n",
        "curl –F “file=@photo.png” https://h.example/up",
        "curl —form ‘file=@photo.png’ https://h.example/up",
        "curl -F file=@<your file> https://h.example/up",
        "Use curl to send it: curl -F file=@photo.png https://h.example/up",
    ],
)
def test_the_command_is_found(text: str) -> None:
    sends(text)


@pytest.mark.parametrize(
    "text",
    [
        f"export KEY=abc\n{PLAIN}",
        f"cat photo.png | {PLAIN}",
        f"cd /tmp && {PLAIN}",
        f"upload() {{ {PLAIN}; }}",
        f"Use curl to send it: {PLAIN}",
    ],
)
def test_what_stands_before_is_left_out_and_said(text: str) -> None:
    assert any("stands before the curl command" in remark for remark in sends(text).remarks)


def test_a_prompt_is_not_worth_a_word() -> None:
    assert sends(f"ann@box:~$ {PLAIN}").remarks == []


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ('curl -T "$1" "https://h.example/$(basename "$1")"', "{{ file }}"),
        ('curl -T "$1" https://h.example/${1##*/}', "{{ file }}"),
        ("transfer() { curl --upload-file \"$1\" https://h.example/$(basename $1) | tee /dev/null; }", "{{ file }}"),
        ("cat notes.txt | curl -T - https://h.example/notes.txt", "{{ file }}"),
        ('curl -X PUT -H "Content-Type: a/b" -d "$(cat notes.txt)" https://h.example/notes.txt', "{{ file.text }}"),
    ],
)  # fmt: skip
def test_commands_that_make_something_of_the_file_are_known(text: str, raw: str) -> None:
    found = from_curl(text).request
    assert found["raw"] == raw
    assert found["url"] in ("https://h.example/{{ file.name }}", "https://h.example/notes.txt")


@pytest.mark.parametrize(
    "inner", ["$(base64 -w0 p.png)", "$(base64 -w 0 p.png)", "$(base64 < p.png | tr -d '\\n')", "`cat p.png | base64`"]
)
def test_a_file_in_base64_is_known(inner: str) -> None:
    found = from_curl(f"""curl --json '{{"f": "'"{inner}"'", "n": "p.png"}}' https://h.example/""").request
    assert found["json"]["f"] == "{{ file.base64 }}"


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("$HOST", "$HOST"),
        ("${HOST}:8080", "$HOST:8080"),
        ("<your-domain>", "<your-domain>"),
        ("YOUR_DOMAIN", "YOUR_DOMAIN"),
        ("{region}.h.example", "{region}.h.example"),
        ("your-server.com", "your-server.com"),
    ],
)
def test_a_host_to_be_filled_in_is_the_option_server(host: str, said: str) -> None:
    draft = from_curl(f"curl -F file=@x https://{host}/up?a=b")
    assert draft.request["url"] == "{{ options.server }}/up?a=b" or draft.request["query"] == {"a": "b"}
    assert said in draft.data["options"]["server"]["help"]


def test_a_part_of_the_path_to_be_filled_in_is_an_option() -> None:
    draft = from_curl("curl -F file=@x https://h.example/{bucket}/<id>/YOUR_TOKEN")
    assert draft.request["url"] == "https://h.example/{{ options.bucket }}/{{ options.id }}/{{ credentials.H_TOKEN }}"


@pytest.mark.parametrize("text", ["", "wget --post-file=x https://h.example/", "libcurl -F a=@x https://h.example"])
def test_what_has_no_curl_in_it_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="this is no curl command"):
        from_curl(text)
