"""`--max-time`: everything is over by then, and what was tried is told."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from twat_fs.errors import UploadFailed, UsageError
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.upload import UploadOptions, upload_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

SPEC = 'request: {{url: "{url}/up", raw: "{{{{ file }}}}"}}\nresult: {{url: {{text: true}}}}\n'


#: Longer than a test waits for a command: no other end of patience than `--max-time` lets it pass.
PATIENT = {"TWAT_FS_TIMEOUT": "600"}


def ended(run_cli: Cli, *words: str, providers: str) -> tuple[int, str]:
    answer = run_cli.upload(run_cli.file(), *words, "--no-check", provider=providers, env=PATIENT)
    return answer.code, answer.err


@pytest.mark.parametrize(
    "play",
    [Play(mute=True), Play(200, b"https://h.example/" + b"a" * 4000, drip=0.05), Play(200, b"ok", delay=30)],
    ids=["silence", "drip", "late"],
)
def test_a_host_that_takes_too_long_is_given_up(run_cli: Cli, play: Play) -> None:
    with FakeHost([play]) as host:
        run_cli.spec("slow", SPEC.format(url=host.url))
        code, said = ended(run_cli, "--max-time", "1.5", providers="slow")
    assert code == 5
    assert "time" in said
    assert not host.outlasted


def test_a_host_that_takes_the_file_slowly_is_given_up(run_cli: Cli) -> None:
    with FakeHost([Play(200, b"ok", pace=0.3)], keep=1) as host:
        run_cli.spec("slow", SPEC.format(url=host.url))
        path = run_cli.home / "big"
        path.write_bytes(bytes(30_000_000))
        answer = run_cli.upload(path, "--max-time", "1.5", "--no-check", provider="slow")
    assert answer.code == 5
    assert not host.requests or not host.requests[0].complete


def test_a_pause_that_would_take_all_that_is_left_is_not_begun(run_cli: Cli) -> None:
    with FakeHost([Play(503, headers=[("Retry-After", "30")])]) as host:
        run_cli.spec("busy", SPEC.format(url=host.url))
        code, said = ended(run_cli, "--max-time", "20", providers="busy")
    assert (code, len(host.requests)) == (5, 1)
    assert "trying again" not in said


def test_what_is_left_goes_to_the_next_provider_and_no_further(run_cli: Cli) -> None:
    with FakeHost([Play(mute=True)]) as slow, FakeHost([Play(200, b"ok")]) as other:
        run_cli.spec("slow", SPEC.format(url=slow.url))
        run_cli.spec("other", SPEC.format(url=other.url))
        code, said = ended(run_cli, "--max-time", "1.2", providers="slow,other")
    assert code == 5
    assert "other: it was not tried: the time for the whole upload was over" in said
    assert other.requests == []


def test_an_upload_in_time_is_an_upload(run_cli: Cli) -> None:
    with FakeHost([Play(200, b"https://h.example/a")]) as host:
        run_cli.spec("good", SPEC.format(url=host.url))
        assert run_cli.upload(run_cli.file(), "--max-time", "30", "--no-check", provider="good").code == 0


@pytest.mark.parametrize("switch", ["--max-time", "--timeout"])
@pytest.mark.parametrize("value", ["nan", "inf", "0", "-1", "1e400"])
def test_what_is_no_time_is_wrong_usage(run_cli: Cli, switch: str, value: str) -> None:
    run_cli.file()
    answer = run_cli("upload", "a.txt", "-p", "local", switch, value)
    assert (answer.code, answer.out) == (2, "")
    said = f"Error: Invalid value for '{switch}': {value} is no number of seconds above 0 and up to 1000000."
    assert answer.err.splitlines()[-1] == said


@pytest.mark.parametrize("given", [{"max_time": math.nan}, {"timeout": math.nan}, {"timeout": 0.0}, {"max_time": -1.0}])
def test_nor_is_it_taken_from_a_program(given: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="not a number of seconds"):
        upload_file("a.txt", "local", UploadOptions(**given))  # type: ignore[arg-type]


def test_programs_have_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a.txt").write_text("hello")
    with FakeHost([Play(mute=True)]) as host:
        text = f"spec: 1\nname: slow\ntitle: Slow\n{SPEC.format(url=host.url)}"
        (tmp_path / "slow.yaml").write_text(text)
        options = UploadOptions(providers_d=[str(tmp_path)], max_time=0.5)
        with pytest.raises(UploadFailed) as caught:
            upload_file(tmp_path / "a.txt", "slow", options)
    assert caught.value.attempts[0].kind == "timeout"
