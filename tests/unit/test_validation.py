"""What a spec from anywhere may cost whoever validates it: its examples and its expressions have limits together."""

from __future__ import annotations

import pytest

from twat_fs import retry
from twat_fs.spec.limits import EXPRESSIONS_LIMIT
from twat_fs.validation import Verdict, validate
from twat_fs.wire.examples import REQUESTS

HEAD = "spec: 1\nname: mine\ntitle: Mine\n"
DONE = '{status: 200, json: {x: "https://h.example/"}}'
PIECES = """\
request:
  method: PUT
  url: https://h.example/{url}
  raw: "{{{{ chunk }}}}"
  chunks: {{size: {size}, parallel: {parallel}}}
result: {{url: x}}
examples:
  - {{file: {{size: {file}}}, reply: {done}, url: "https://h.example/"}}
  - {{file: {{size: {file}}}, reply: {done}, url: "https://h.example/"}}
"""
POLL = """\
steps:
  - {{name: send, url: "https://h.example/", raw: "{{{{ file }}}}"}}
  - {{name: look, method: GET, url: "https://h.example/", poll: {{until: "no", every: 1s, for: 1h}}}}
result: {{url: x}}
examples: [{{replies: {{send: {done}, look: {done}}}, error: timeout}}]
"""


def judged(text: str) -> Verdict:
    return validate(f"{HEAD}{text}".encode(), "mine.yaml", "mine")


@pytest.mark.parametrize(
    "text",
    [
        POLL.format(done=DONE),
        PIECES.format(url="", size="1 KiB", parallel=1, file="2 MB", done=DONE),
        PIECES.format(url="", size="1 KiB", parallel=4, file="2 MB", done=DONE),
        PIECES.format(url="{{ chunk.sha1 }}", size="2 GiB", parallel=1, file="2 GiB", done=DONE),
    ],
    ids=["waiting", "pieces", "pieces at the same time", "hashes"],
)
def test_examples_that_would_take_long_are_broken_off(text: str) -> None:
    (problem,) = judged(text).problems
    assert f"may take {REQUESTS} requests together" in problem.message


def test_what_waits_in_an_example_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "sleep", lambda _: pytest.fail("it waits"))
    delete = '{method: DELETE, url: "https://h.example/", poll: {until: done, every: 60s, for: 1h}}'
    replies = "{reply: [{status: 200, json: {}}, {status: 200, json: {done: true}}]}"
    assert judged(
        f'request: {{url: "https://h.example/", raw: "{{{{ file }}}}"}}\nresult: {{url: x}}\ndelete: {delete}\n'
        f'examples: [{{reply: {DONE}, url: "https://h.example/", delete: {replies}}}]\n'
    ).valid


def test_all_expressions_of_a_spec_have_a_limit_together() -> None:
    insert = "{{ file.name | replace('a', 'b') | upper | lower }}"
    steps = "".join(
        f'  - {{name: s{number}, url: "https://h.example/", headers: {{'
        + ", ".join(f'H{at}: "{insert}"' for at in range(40))
        + "}}\n"
        for number in range(EXPRESSIONS_LIMIT // len(insert) // 40 + 2)
    )
    text = f'steps:\n{steps}  - {{name: send, url: "https://h.example/", raw: "{{{{ file }}}}"}}\nresult: {{url: x}}\n'
    (problem,) = judged(text).problems
    assert f"have at most {EXPRESSIONS_LIMIT} characters together" in problem.message
