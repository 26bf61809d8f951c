"""Many uploads in one process: from threads, and from an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs import retry
from twat_fs.testing.fake_host import FakeHost, Play, Store
from twat_fs.text import Redactor
from twat_fs.upload import UploadOptions, async_upload_file, upload_file

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 24


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    specs = tmp_path / "specs"
    specs.mkdir()
    for number in range(COUNT):
        (tmp_path / f"{number}.txt").write_bytes(f"file {number} ".encode() * 30_000)
    return tmp_path


def spec(folder: Path, name: str, host: FakeHost, more: str = "") -> None:
    text = f"spec: 1\nname: {name}\ntitle: {name}\n{form(host, more=more)}"
    (folder / "specs" / f"{name}.yaml").write_text(text, encoding="utf-8")


def options(folder: Path) -> UploadOptions:
    return UploadOptions(providers_d=[str(folder / "specs")])


def expected(folder: Path) -> list[bytes]:
    return sorted((folder / f"{number}.txt").read_bytes() for number in range(COUNT))


def test_uploads_in_threads_do_not_meet(folder: Path) -> None:
    store = Store()
    with FakeHost(store) as host, ThreadPoolExecutor(8) as pool:
        spec(folder, "mine", host)
        paths = [folder / f"{number}.txt" for number in range(COUNT)]
        urls = list(pool.map(lambda path: upload_file(path, "mine", options(folder)), paths))
    assert len(set(urls)) == COUNT
    assert all(url.endswith(f"/{number}.txt") for number, url in enumerate(urls))
    assert sorted(store.files.values()) == expected(folder)


def test_uploads_in_an_event_loop_do_not_meet(folder: Path) -> None:
    store = Store()

    async def all_of_them() -> list[str]:
        paths = [folder / f"{number}.txt" for number in range(COUNT)]
        return list(await asyncio.gather(*(async_upload_file(path, "mine", options(folder)) for path in paths)))

    with FakeHost(store) as host:
        spec(folder, "mine", host)
        urls = asyncio.run(all_of_them())
    assert len(set(urls)) == COUNT
    assert sorted(store.files.values()) == expected(folder)


def test_a_host_that_wants_patience_keeps_no_other_waiting(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, over = Store(), threading.Event()
    monkeypatch.setattr(retry.retrying, "__defaults__", (lambda _seconds: over.wait(60),))
    answers = [Play(429, headers=[("Retry-After", "50")]), Play(400)]
    with FakeHost(answers) as busy, FakeHost(store) as host, ThreadPoolExecutor(1) as pool:
        spec(folder, "busy", busy)
        spec(folder, "mine", host)
        waiting = pool.submit(upload_file, folder / "0.txt", "busy,mine", options(folder))
        busy.wait_for(1, 60)
        assert upload_file(folder / "1.txt", "mine", options(folder)).endswith("/1.txt")
        assert not waiting.done()
        over.set()
        assert waiting.result(60).endswith("/0.txt")


def test_many_files_leave_no_descriptor_open(folder: Path) -> None:
    with FakeHost(Store()) as host:
        spec(folder, "mine", host)
        upload_file(folder / "0.txt", "mine", options(folder))
        before = own_files()
        for number in range(COUNT):
            upload_file(folder / f"{number}.txt", "mine", options(folder))
    assert own_files() <= before


def own_files() -> int:
    """Regular files that this process has open; the sockets of the host on the other side come and go."""
    paths = (f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd"))
    return sum(os.path.isfile(path) for path in paths)


def test_a_redactor_forgets_nothing_that_threads_tell_it_at_once() -> None:
    redactor = Redactor()
    secrets = [f"secret-{number}-{number * 7}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(redactor.add, secrets))
    text = redactor(" ".join(secrets))
    assert "secret" not in text
