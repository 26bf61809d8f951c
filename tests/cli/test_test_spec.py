"""`twat-fs test-spec`: examples over real sockets, and the fake host that stays."""

from __future__ import annotations

import json
import os
import signal
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Cli

AUTH = "the host does not accept the credentials: POST https://api.example.com/begin answered 401: no"
SPEC = """\
credentials: {{KEY: {{help: A key.}}}}
steps:
  - name: begin
    url: https://api.example.com/begin
    headers: {{Authorization: "Bearer {{{{ credentials.KEY }}}}"}}
    json: {{name: "{{{{ file.name }}}}"}}
    save: {{id: id}}
  - name: send
    method: PUT
    url: "https://api.example.com/files/{{{{ saved.id }}}}"
    raw: "{{{{ file }}}}"
result: {{url: link}}
examples:
  - title: it goes up
    file: {{name: a.txt, text: hello}}
    replies:
      begin: {{status: 200, json: {{id: 7}}}}
      send: {{status: 200, json: {{link: "https://api.example.com/view/7"}}}}
    sent: {{begin: {{json: {{name: {name}}}}}, send: {{headers: {{Content-Type: {type}}}, raw: "{{{{ file }}}}"}}}}
    url: https://api.example.com/view/7
  - title: a wrong key
    replies: {{begin: {{status: 401, text: no}}}}
    error: auth
"""


def spec(run_cli: Cli, *, name: str = "a.txt", content_type: str = "text/plain") -> Path:
    return run_cli.spec("mine", SPEC.format(name=name, type=content_type))


def only(run_cli: Cli, *words: str) -> dict[str, Any]:
    """The record of the one spec, and that its status says the same."""
    answer = run_cli("test-spec", "mine", "--format", "json", *words)
    assert answer.code == (0 if answer.record["passed"] else 1), answer
    return answer.record


def test_what_went_over_the_wire_is_shown_beside_what_is_expected(run_cli: Cli) -> None:
    spec(run_cli)
    answer = run_cli("test-spec", "mine")
    assert answer.code == 0
    path = run_cli.specs / "mine.yaml"
    assert answer.out.splitlines() == [
        f"{path.relative_to(run_cli.home)}: it goes up: pass",
        "  POST https://api.example.com/begin",
        "    headers.authorization = Bearer <hidden>",
        "    headers.content-type = application/json",
        "    json.name = a.txt  (expected a.txt)",
        "    answered 200",
        "  PUT https://api.example.com/files/7",
        "    headers.content-type = text/plain  (expected text/plain)",
        "    raw = {{ file }}  (expected {{ file }})",
        "    answered 200",
        "  gives https://api.example.com/view/7",
        f"{path.relative_to(run_cli.home)}: a wrong key: pass",
        "  POST https://api.example.com/begin",
        "    headers.authorization = Bearer <hidden>",
        "    headers.content-type = application/json",
        "    json.name = example.txt",
        "    answered 401",
        f"  gives the error auth: {AUTH}",
    ]


PIECES = """\
steps:
  - name: send
    method: PATCH
    url: https://api.example.com/up
    headers: {At: "{{ chunk.offset }}"}
    raw: "{{ chunk }}"
    chunks: {size: 1 KiB}
    resume: {method: HEAD, url: "https://api.example.com/up", offset: {header: At}}
retry: {attempts: 2, initial: 0s}
result: {url: {text: true}}
examples:
  - file: {name: a.txt, size: 1030}
    replies:
      send: [{status: 204}, {status: 503}, {status: 200, text: "https://api.example.com/view/7"}]
      send-resume: {status: 204, headers: {At: 1028}}
    sent:
      send: [{headers: {At: 0}, raw: "{{ chunk }}"}, {}, {headers: {At: 1028}}]
      send-resume: {method: HEAD}
    url: https://api.example.com/view/7
"""
DELETING = """\
request: {url: "https://api.example.com/up", raw: "{{ file }}", save: {id: id}}
result: {url: link}
delete: {method: DELETE, url: "https://api.example.com/files/{{ saved.id }}"}
examples:
  - title: it is deleted
    reply: {status: 200, json: {id: 7, link: "https://api.example.com/view/7"}}
    url: https://api.example.com/view/7
    delete: {reply: {status: 204}, sent: {method: DELETE, headers: {X-Key: null}}}
  - title: it was gone
    reply: {status: 200, json: {id: 7, link: "https://api.example.com/view/7"}}
    url: https://api.example.com/view/7
    delete: {reply: {status: 404}, gone: true}
  - title: it stays
    reply: {status: 200, json: {id: 7, link: "https://api.example.com/view/7"}}
    url: https://api.example.com/view/7
    delete: {reply: {status: 403, text: no}, error: ENDS}
"""


def test_a_deletion_is_shown_with_what_is_expected_of_it_and_how_it_ends(run_cli: Cli) -> None:
    run_cli.spec("mine", DELETING.replace("ENDS", "forbidden"))
    answer = run_cli("test-spec", "mine")
    assert answer.code == 0, answer
    assert answer.out.split(": it is deleted: pass\n")[1].splitlines()[:10] == [
        "  POST https://api.example.com/up",
        "    headers.content-type = text/plain",
        "    raw = {{ file }}",
        "    answered 200",
        "  gives https://api.example.com/view/7",
        "  DELETE https://api.example.com/files/7",
        "    method = DELETE  (expected DELETE)",
        "    headers.x-key is not sent  (expected nothing)",
        "    answered 204",
        "  deletion gives deleted",
    ]
    assert "    answered 404\n  deletion gives gone already\n" in answer.out
    assert "    answered 403\n  deletion gives the error forbidden: " in answer.out


def test_a_deletion_that_ends_otherwise_than_expected_fails(run_cli: Cli) -> None:
    run_cli.spec("mine", DELETING.replace("ENDS", "auth"))
    gone, stays = only(run_cli)["examples"][1:]
    assert (gone["passed"], gone["deletion"]["outcome"]) == (True, "gone already")
    assert not stays["passed"]
    assert [mismatch["at"] for mismatch in stays["mismatches"]] == [["delete"]]
    assert [each["status"] for each in stays["deletion"]["exchanges"]] == [403]


def test_pieces_and_what_is_asked_when_one_is_lost_are_shown_with_what_is_expected_of_them(run_cli: Cli) -> None:
    run_cli.spec("mine", PIECES)
    answer = run_cli("test-spec", "mine")
    assert answer.code == 0, answer
    assert answer.out.splitlines()[1:] == [
        "  PATCH https://api.example.com/up",
        "    headers.at = 0  (expected 0)",
        "    headers.content-type = text/plain",
        "    raw = {{ chunk }}  (expected {{ chunk }})",
        "    answered 204",
        "  PATCH https://api.example.com/up",
        "    headers.at = 1024",
        "    headers.content-type = text/plain",
        "    raw = {{ chunk }}",
        "    answered 503",
        "  HEAD https://api.example.com/up",
        "    method = HEAD  (expected HEAD)",
        "    answered 204",
        "  PATCH https://api.example.com/up",
        "    headers.at = 1028  (expected 1028)",
        "    headers.content-type = text/plain",
        "    raw = {{ chunk }}",
        "    answered 200",
        "  gives https://api.example.com/view/7",
    ]


def test_what_is_sent_otherwise_than_expected_fails(run_cli: Cli) -> None:
    spec(run_cli, content_type="image/png")
    record = only(run_cli)
    assert not record["passed"]
    (mismatch,) = record["examples"][0]["mismatches"]
    assert mismatch["at"] == ["sent", "send", "headers", "content-type"]
    assert record["examples"][1]["passed"]


def test_a_file_of_which_only_the_size_is_said_is_sent_whole(run_cli: Cli) -> None:
    run_cli.spec(
        "mine",
        'request: {url: "https://h.example/up", multipart: {f: "{{ file }}", size: "{{ file.size }}"}}\n'
        "result: {url: {text: true}}\n"
        "examples: [{file: {name: big.bin, size: 20 MB}, reply: {status: 200, text: 'https://h.example/1'}, "
        "sent: {multipart: {f: '{{ file }}', size: 20000000}}, url: 'https://h.example/1'}]\n",
    )
    assert only(run_cli)["passed"]


def test_a_spec_that_is_not_valid_fails_with_its_places(run_cli: Cli) -> None:
    run_cli.spec("mine", "request: {}\n")
    record = only(run_cli)
    assert any("mine.yaml:4:" in row for row in record["problems"])


def test_quiet_says_nothing_of_what_passes(run_cli: Cli) -> None:
    spec(run_cli)
    assert run_cli("test-spec", "--quiet", "mine").out == ""


def test_every_bundled_example_passes_over_sockets(run_cli: Cli) -> None:
    answer = run_cli("test-spec", "--format", "json")
    assert answer.code == 0
    played = {record["path"].rpartition("/")[2]: len(record["examples"]) for record in answer.records}
    assert played.keys() == {path.name for path in (ROOT / "providers.d").glob("*.yaml")}
    assert sum(played.values()) > 50


# Serving


@contextmanager
def serving(run_cli: Cli, *words: str) -> Iterator[dict[str, str]]:
    """The variables that lead to the fake, while it runs."""
    process = run_cli.start("test-spec", "mine", "--serve", *words)
    assert process.stdout
    line = process.stdout.readline().decode()
    assert line.startswith("export "), line
    try:
        yield dict(pair.split("=", 1) for pair in line.split()[1:])
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130


def test_the_fake_takes_an_upload_and_serves_it_again(run_cli: Cli) -> None:
    spec(run_cli)
    with serving(run_cli) as env:
        url = run_cli.upload(
            run_cli.file(content=b"some bytes"), "--check", "hash", provider="mine", env={**env, "KEY": "k"}
        ).url
        assert url.endswith("/view/7")
        with urllib.request.urlopen(url) as reply:
            assert reply.read() == b"some bytes"
        folder = env["TWAT_FS_PROVIDERS_D"]
        assert "api.example.com" not in Path(folder, "mine.yaml").read_text()
    assert not os.path.exists(folder)


def test_the_fake_answers_as_the_example_that_was_asked_for(run_cli: Cli) -> None:
    spec(run_cli)
    with serving(run_cli, "--example", "a wrong key") as env:
        answer = run_cli.upload(run_cli.file(), provider="mine", env={**env, "KEY": "k"})
    assert answer.code == 4
    assert "does not accept the credentials" in answer.err


@pytest.mark.parametrize("words", [["--example", "nope"], ["fal"]])
def test_what_cannot_be_served_is_wrong_usage(run_cli: Cli, words: list[str]) -> None:
    spec(run_cli)
    assert run_cli("test-spec", "mine", "--serve", *words).code == 2


def test_the_json_of_a_spec_without_examples_is_empty(run_cli: Cli) -> None:
    run_cli.spec("mine", 'request: {url: "https://h.example/", raw: "{{ file }}"}\nresult: {url: url}\n')
    assert json.loads(run_cli("test-spec", "mine", "--format", "json").out)["examples"] == []
