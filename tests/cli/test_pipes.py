"""Uploads from standard input and from pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest

from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Cli

CONTENT = os.urandom(3_000_000)


@pytest.fixture
def store(run_cli: Cli) -> Iterator[Store]:
    script = Store()
    with FakeHost(script) as host:
        form = 'multipart: {file: "{{ file }}"}'
        run_cli.spec("mine", f'request: {{url: "{host.url}/up", {form}}}\nresult: {{url: {{text: true}}}}\n')
        yield script


@pytest.fixture
def temporary(run_cli: Cli) -> Path:
    folder = run_cli.home / "tmp"
    folder.mkdir()
    return folder


def piped(run_cli: Cli, *words: str, content: bytes = CONTENT, **env: str) -> subprocess.CompletedProcess[bytes]:
    process = run_cli.start("upload", *words, "-p", "mine", stdin=subprocess.PIPE, env=env)
    out, err = process.communicate(content, timeout=60)
    return subprocess.CompletedProcess([], process.returncode, out, err)


def test_what_comes_from_standard_input_is_uploaded_whole_under_its_name(
    run_cli: Cli, store: Store, temporary: Path
) -> None:
    done = piped(run_cli, "-", "--name", "data.bin", "--check", "hash", TMPDIR=str(temporary))
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().rstrip().endswith("/data.bin")
    assert list(store.files.values()) == [CONTENT]
    assert list(temporary.iterdir()) == []


def test_a_pipe_with_a_path_is_read_too(run_cli: Cli, store: Store) -> None:
    path = run_cli.home / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(CONTENT,))
    writer.start()
    answer = run_cli("upload", str(path), "--name", "data.bin", "-p", "mine")
    writer.join()
    assert answer.code == 0, answer
    assert list(store.files.values()) == [CONTENT]


def test_nothing_from_standard_input_is_an_empty_file(run_cli: Cli, store: Store) -> None:
    assert piped(run_cli, "-", "--name", "empty", content=b"").returncode == 0
    assert list(store.files.values()) == [b""]


def test_a_pipe_without_a_name_is_wrong_usage_before_it_is_read(run_cli: Cli, store: Store) -> None:
    done = piped(run_cli, "-", content=b"hello")
    assert (done.returncode, b"--name" in done.stderr) == (2, True)
    assert store.files == {}


def test_more_than_the_limit_is_refused_and_leaves_nothing(run_cli: Cli, store: Store, temporary: Path) -> None:
    done = piped(run_cli, "-", "--name", "a", TMPDIR=str(temporary), TWAT_FS_STDIN_LIMIT="1MB")
    assert (done.returncode, b"more than 1 MB came" in done.stderr) == (1, True), done.stderr
    assert store.files == {}
    assert list(temporary.iterdir()) == []


def test_a_limit_that_is_none_is_wrong_usage(run_cli: Cli, store: Store) -> None:
    del store
    done = piped(run_cli, "-", "--name", "a", content=b"a", TWAT_FS_STDIN_LIMIT="much")
    assert (done.returncode, b"TWAT_FS_STDIN_LIMIT=much" in done.stderr) == (2, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_behind(run_cli: Cli, temporary: Path, number: signal.Signals) -> None:
    with FakeHost([Play(mute=True)]) as host:
        run_cli.spec(
            "mine", f'request: {{url: "{host.url}/", raw: "{{{{ file }}}}"}}\nresult: {{url: {{text: true}}}}\n'
        )
        process = run_cli.start(
            "upload", "-", "--name", "a", "-p", "mine", stdin=subprocess.PIPE, env={"TMPDIR": str(temporary)}
        )
        assert process.stdin
        process.stdin.write(b"hello")
        process.stdin.close()
        host.wait_for(1, 20)
        process.send_signal(number)
        assert process.wait(20) == 128 + number
    assert list(temporary.iterdir()) == []


def test_a_file_can_be_sent_under_another_name(run_cli: Cli, store: Store) -> None:
    answer = run_cli.upload(run_cli.file("own.txt"), "--name", "other.txt", provider="mine")
    assert answer.url.endswith("/other.txt")
    assert len(store.files) == 1
