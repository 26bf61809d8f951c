"""What a dry run prints of steps that are several requests."""

from __future__ import annotations

from tests.support import compiled, facts, inputs, job
from twat_fs.wire.job import start
from twat_fs.wire.rehearsal import as_curl, rehearse

PIECES = """
request:
  method: PUT
  url: https://host.example/in
  headers: {X-From: "{{ chunk.offset }}", X-Token: "{{ previous.token }}"}
  raw: "{{ chunk }}"
  chunks: {size: 1 KiB}
  save: {token: {header: X-Token}}
result: {url: url}
"""


def test_pieces_are_cut_out_of_the_file_and_use_what_the_one_before_gave() -> None:
    requests = rehearse(start(compiled(PIECES), inputs(), facts(size=2000)))
    first, second = [as_curl(request, "a.bin", aside) for request, aside in requests]
    assert "tail -c +1 a.bin | head -c 1024 | curl" in first
    assert "X-Token" not in first
    assert "tail -c +1025 a.bin | head -c 976 | curl" in second
    assert '-H "X-Token: ${saved_token}"' in second


def test_of_many_pieces_it_is_said_how_many_are_left_out() -> None:
    requests = rehearse(start(compiled(PIECES), inputs(), facts(size=100 * 1024)))
    assert [request.piece.offset // 1024 for request, _ in requests if request.piece] == [0, 1, 99]
    assert requests[-1][1].notes == ["97 pieces of 1024 bytes before this one are left out here"]


def test_a_request_that_is_repeated_says_until_when() -> None:
    spec = """
steps:
  - {name: put, url: "https://host.example/in", raw: "{{ file }}"}
  - {name: done, method: GET, url: "https://host.example/done", poll: {until: ok}}
result: {url: url}
"""
    requests = rehearse(job(compiled(spec)))
    assert requests[-1][1].notes == ["Repeat this every 2 s until its reply has jmespath: ok"]
