"""Measure what pieces cost, and what a killed upload loses: `python -m benchmarks.pieces`.

    python -m benchmarks.pieces            # 1 GiB, five times each, some minutes
    python -m benchmarks.pieces --quick    # 64 MiB, twice: does it run at all

The whole command is timed, and all ways take turns at the same sink on 127.0.0.1; a host on a network is slower than
that, so that the overhead there is smaller. What a spec with `resume` adds is the digest of what was sent, by which a
moved file is known again. An upload that leaves a receipt, as every one does unless told otherwise, takes that digest
anyway: so each way is measured with a receipt and without. Processor time is that of all threads of the command; on a
machine that does other things it says more than the clock. A kill loses what was under way, the start of another
command, and one question to the host.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MIB = 1 << 20

ONE = """
request: {{method: PUT, url: "http://127.0.0.1:{port}/f", raw: "{{{{ file }}}}"}}
result: {{url: {{text: true}}}}
"""
PIECES = """
steps:
  - name: create
    url: http://127.0.0.1:{port}/
    headers: {{Upload-Length: "{{{{ file.size }}}}"}}
    save: {{location: {{header: Location}}}}
  - name: send
    method: PATCH
    url: "{{{{ saved.location }}}}"
    headers: {{Upload-Offset: "{{{{ chunk.offset }}}}"}}
    raw: "{{{{ chunk }}}}"
    chunks: {{size: {size}}}
    {resume}
result: {{url: "{{{{ saved.location }}}}"}}
"""
RESUME = 'resume: {method: HEAD, url: "{{ saved.location }}", offset: {header: Upload-Offset}}'


def main() -> int:
    """Measure, print; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small and few: does it run at all")
    quick = parser.parse_args().quick
    size, rounds = (64 * MIB, 2) if quick else (1024 * MIB, 5)
    with tempfile.TemporaryDirectory(prefix="twat-fs-") as folder, _sink() as port:
        bench = Bench(Path(folder), port, size)
        ways = [(name, receipt) for receipt in (True, False) for name in bench.specs]
        runs: dict[tuple[str, bool], list[Run]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way in ways:
                runs[way].append(bench.upload(*way))
        sys.stdout.write(f"{size // MIB} MiB; in brackets: over one request\n")
        for name, receipt in ways:
            title = f"{bench.specs[name]}, {'with' if receipt else 'without'} a receipt"
            sys.stdout.write(f"{title}: {_compared(runs[name, receipt], runs['one', receipt])}\n")
        whole = median(run.seconds for run in runs["pieces-8", True])
        killed = median(bench.killed(0.5) for _ in range(rounds))
        sys.stdout.write(f"killed at 50 % and gone on: {killed:.2f} s, {killed - whole:.2f} s lost\n")
    return 0


class Run(NamedTuple):
    """Seconds that an upload took, by the clock and of the processor."""

    seconds: float
    processor: float


def _compared(runs: Sequence[Run], others: Sequence[Run]) -> str:
    told = []
    for field, unit in (("seconds", "s"), ("processor", "s of the processor")):
        mine, theirs = (median(getattr(run, field) for run in each) for each in (runs, others))
        told.append(f"{mine:.2f} {unit} ({100 * (mine / theirs - 1):+.0f} %)")
    return ", ".join(told)


class Bench:
    """Uploads one file in several ways.

    Attributes:
        specs: What each spec does, by its name.
    """

    def __init__(self, folder: Path, port: int, size: int) -> None:
        self._folder = folder
        self._port = port
        self._size = size
        self._file = folder / "file.bin"
        with self._file.open("wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        self.specs = {"one": "one request"}
        self._write("one", ONE.format(port=port))
        for name, piece, resume in (
            ("pieces-8", "8 MiB", RESUME),
            ("pieces-64", "64 MiB", RESUME),
            ("plain", "8 MiB", ""),
        ):
            self._write(name, PIECES.format(port=port, size=piece, resume=resume))
            self.specs[name] = f"pieces of {piece}" + ("" if resume else " without `resume`")

    def _write(self, name: str, text: str) -> None:
        words = f"spec: 1\nname: {name}\ntitle: {name}\ncapabilities: {{check: none}}\n"
        (self._folder / f"{name}.yaml").write_text(words + text)

    def _started(self, name: str, *, receipt: bool = True) -> subprocess.Popen[bytes]:
        home = {f"XDG_{kind}_HOME": str(self._folder / kind) for kind in ("CONFIG", "DATA", "CACHE")}
        words = ["upload", str(self._file), "--provider", name, "--providers-d", str(self._folder)]
        return subprocess.Popen(
            [sys.executable, "-m", "twat_fs", *words, *([] if receipt else ["--no-history"])],
            env={**os.environ, **home},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def upload(self, name: str, receipt: bool = True) -> Run:
        """One upload."""
        begun = time.perf_counter()
        process = self._started(name, receipt=receipt)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"the upload by {name} failed")
        return Run(time.perf_counter() - begun, usage.ru_utime + usage.ru_stime)

    def killed(self, share: float) -> float:
        """Seconds of an upload that is killed when the host has a share of the file, and of the one that goes on."""
        begun = time.perf_counter()
        before = self._taken()
        process = self._started("pieces-8")
        while self._taken() in (before, 0) or self._taken() < share * self._size:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        taken = time.perf_counter() - begun
        return taken + self.upload("pieces-8").seconds

    def _taken(self) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self._port}/") as reply:
            return int(reply.read())


@contextmanager
def _sink() -> Iterator[int]:
    command = [sys.executable, "-m", "benchmarks.pieces_sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdin
        yield int(process.stdout.readline())
        process.stdin.close()


if __name__ == "__main__":
    sys.exit(main())
