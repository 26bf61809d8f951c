"""Pieces on the command line: an interruption ends all that are under way, and the next run goes on."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.pieces_host import PARTS, RANGES, Parts, Ranges, stalled
from twat_fs.testing.fake_host import FakeHost

if TYPE_CHECKING:
    from tests.support import Cli


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_ends_pieces_that_go_at_the_same_time(run_cli: Cli, number: signal.Signals) -> None:
    parts = Parts()
    parts.mishaps = [None, *[stalled] * 20]
    with FakeHost(parts) as host:
        run_cli.spec("parts", PARTS.format(url=host.url))
        process = run_cli.start("upload", run_cli.file("a.bin", b"x" * 20_000), "--provider", "parts")
        host.wait_for(5, 30)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    answer = run_cli.examined(process.returncode, out, err)
    assert (answer.code, answer.out) == (128 + number, ""), answer
    assert len(host.requests) <= 6


def test_the_next_run_goes_on_and_says_from_where(run_cli: Cli) -> None:
    ranges = Ranges()
    ranges.mishaps = [None, None, stalled]
    with FakeHost(ranges) as host:
        run_cli.spec("ranges", RANGES.format(url=host.url))
        file = run_cli.file("a.bin", b"y" * 5000)
        process = run_cli.start("upload", file, "--provider", "ranges")
        host.wait_for(4, 30)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=20)
        answer = run_cli.upload(file, provider="ranges")
    assert bytes(ranges.files["/kept/1"]) == file.read_bytes()
    assert answer.url == f"{host.url}/kept/1"
    assert "going on at byte 2048 of 5000" in answer.err
