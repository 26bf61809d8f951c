"""A thousand files over the processes of a Dask cluster, one of which is killed: each exactly once, or reported."""

from __future__ import annotations

import logging
import os
import re
import signal
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from examples.dask_upload import uploaded

from distributed import Client, LocalCluster
from tests.support import PACKAGES, ROOT, form
from twat_fs import UploadOptions
from twat_fs.file_results import WorkerLost
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from twat_fs.testing.fake_host import Seen

COUNT = 1000
EXAMPLE = ROOT / "examples" / "dask_upload.py"
#: A cluster that does not watch itself, which takes more of a small machine than the uploads.
_QUIET = {
    "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "0",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "1h",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1h",
    "DASK_DISTRIBUTED__WORKER__MEMORY__MONITOR_INTERVAL": "1h",
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_LOGGING__DISTRIBUTED": "critical",
}


class Killing(Store):
    """A host that keeps what it is sent, and at one upload kills the process that sends it before it is answered."""

    def __init__(self) -> None:
        super().__init__()
        self.victim = threading.Event()
        self.killed = 0
        self.contents: list[bytes] = []

    def __call__(self, seen: Seen) -> Play:
        """Store it; the worker says who it is in a header."""
        if seen.method != "POST":
            return super().__call__(seen)
        self.contents.append(seen.parts[0].body)
        if len(self.contents) > COUNT // 3 and not self.victim.is_set():
            self.victim.set()
            self.killed = int(seen.header("x-process") or "no process")
            os.kill(self.killed, signal.SIGKILL)
        return super().__call__(seen)


@pytest.fixture
def killing() -> Iterator[tuple[FakeHost, Killing]]:
    script = Killing()
    with FakeHost(script) as host:
        yield host, script


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that all processes see, as storage that is mounted on all machines."""
    for folder in ("files", "specs", "shared"):
        (tmp_path / folder).mkdir()
    for number in range(COUNT):
        (tmp_path / "files" / f"{number}.txt").write_bytes(b"file %d" % number)
    return tmp_path


def describe(place: Path, host: FakeHost) -> None:
    """A provider whose uploads say which process sends them."""
    header = '  headers: {X-Process: "{{ credentials.THE_PROCESS }}"}'
    secret = "credentials: {THE_PROCESS: {}}"
    text = f"spec: 1\nname: mine\ntitle: Mine\n{form(host, request=header, more=secret)}"
    (place / "specs" / "mine.yaml").write_text(text, encoding="utf-8")
    # What every process of the cluster says of itself.
    (place / "shared" / "sitecustomize.py").write_text("import os; os.environ['THE_PROCESS'] = str(os.getpid())")


def run(
    place: Path, cache: Path, host: FakeHost, *addresses: str, more: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    describe(place, host)
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(place / "shared"),
        "PYTHONPATH": f"{place / 'shared'}{os.pathsep}{PACKAGES}",
        "XDG_CACHE_HOME": str(cache),
        **_QUIET,
    }
    words = [
        sys.executable,
        str(EXAMPLE),
        "--provider",
        "mine",
        "--providers-d",
        str(place / "specs"),
        *more,
        *addresses,
    ]
    return subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, timeout=240, check=False)


def test_a_thousand_files_are_there_once_or_reported_though_a_worker_is_killed(
    place: Path, compiled_specs: Path, killing: tuple[FakeHost, Killing]
) -> None:
    host, script = killing
    history = ("--history",)
    first = run(place, compiled_specs, host, f"file://{place}/files/*.txt", more=history)
    assert script.killed, first.stderr
    stored = Counter(script.contents)
    reported = set(re.findall(r"/files/(\d+)\.txt: what was to upload it ended", first.stderr))
    assert first.returncode == 5, first.stderr
    assert set(stored.values()) == {1}
    assert len(first.stdout.split()) + len(reported) == COUNT
    assert {b"file %d" % number for number in range(COUNT) if str(number) not in reported} <= set(stored)
    # Again, it sends what is not known to be there; what was killed may be there twice, and nothing else.
    some = {*reported, *map(str, range(0, COUNT, 20))}
    again = run(place, compiled_specs, host, *(f"file://{place}/files/{number}.txt" for number in some), more=history)
    assert again.returncode == 0, again.stderr
    twice = {content for content, times in Counter(script.contents).items() if times > 1}
    assert set(script.contents) == {b"file %d" % number for number in range(COUNT)}
    assert twice <= {f"file {number}".encode() for number in reported}
    assert len(again.stdout.split()) == len(some)


class Losing(Store):
    """A host that answers the first upload, then kills its sender, while the answer cannot be fetched from there."""

    def __init__(self) -> None:
        super().__init__()
        self.contents: list[bytes] = []
        self.hold: Callable[[Callable[[], object]], object] = lambda _: None

    def __call__(self, seen: Seen) -> Play:
        """Store it."""
        if seen.method == "POST":
            self.contents.append(seen.parts[0].body)
            if len(self.contents) == 1:
                gate = threading.Event()
                self.hold(gate.wait)
                threading.Thread(target=self._kill, args=(int(seen.header("x-process") or ""), gate)).start()
        return super().__call__(seen)

    def _kill(self, process: int, gate: threading.Event) -> None:
        gate.wait(1)  # so that the worker is done with it, and has told the scheduler
        os.kill(process, signal.SIGKILL)
        gate.set()


def test_a_file_is_not_sent_again_where_its_answer_is_lost_with_the_worker(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Losing()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(place / "shared"), str(PACKAGES), str(ROOT))))
    addresses = [f"file://{place}/files/{number}.txt" for number in range(12)]
    cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "silence_logs": logging.CRITICAL}
    with FakeHost(script) as host:
        describe(place, host)
        with LocalCluster(**cluster) as workers, Client(workers) as client:
            script.hold = client.loop.add_callback
            given = UploadOptions(providers_d=[str(place / "specs")])
            results = list(uploaded(addresses, client, "mine", given))
    assert [result.source for result in results] == addresses
    assert set(Counter(script.contents).values()) == {1}
    lost = [result for result in results if result.result is None]
    assert any("before its answer was fetched" in str(result.error) for result in lost)
    assert all(isinstance(result.error, WorkerLost) and result.ambiguous for result in lost)


def test_workers_read_from_archives_and_from_the_web(place: Path, compiled_specs: Path) -> None:
    with zipfile.ZipFile(place / "some.zip", "w") as archive:
        archive.writestr("in/a.txt", b"in an archive")
    store = Store({"/b.txt": b"on the web"})
    with FakeHost(store) as host:
        done = run(place, compiled_specs, host, f"zip://in/*.txt::{place}/some.zip", f"{host.url}/b.txt")
    assert (done.returncode, len(done.stdout.split())) == (0, 2), done.stderr
    assert {b"in an archive", b"on the web"} <= set(store.files.values())
