"""Measure `twat-fs` beside what a user would run instead, and print a table.

    python -m benchmarks            # a 1 GiB file, some minutes
    python -m benchmarks --quick    # 16 MiB and two pairs: does it run at all

Everything goes to a sink on 127.0.0.1 that reads and forgets. The two sides of a row take turns, pair by pair, and
the row shows their medians: trust the ratios, not the milliseconds, and compare nothing across two runs. `twat-fs`
runs with `--no-check`, since the other two check nothing. A peak is never shown below what this program itself holds,
because the kernel counts what a process had before it became the command.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cases import Bench, Plan
from benchmarks.measure import Failed, Surroundings
from twat_fs._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Pair

ROOT = Path(__file__).resolve().parents[1]
FULL = Plan(large=1 << 30, small_pairs=15, large_pairs=5)
QUICK = Plan(large=16 << 20, small_pairs=2, large_pairs=2)
PACKAGES = ("click", "requests", "urllib3")
ROW = "{:10} {:>10} {:>10} {:>9} {:>9} {:>7} {:>9} {:>9}"


def main() -> int:
    """Run it; 1 where a command that is measured fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="16 MiB and two pairs, to see that it runs")
    plan = QUICK if parser.parse_args().quick else FULL
    print(ran_on(plan))
    print(ROW.format("what", "ours", "theirs", "ours ms", "theirs ms", "ratio", "ours MiB", "theirs MiB"))
    with tempfile.TemporaryDirectory() as folder, sink() as url:
        try:
            for pair in Bench(Path(folder), url, clean(Path(folder)), plan).pairs():
                print(row(pair), flush=True)
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
    return 0


def ran_on(plan: Plan) -> str:
    """The machine, the versions, and how often: no names of hosts, no paths."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"twat-fs {__version__}; {machine}; {python}; {packages}; {curl_version()}\n"
        f"medians of {plan.small_pairs} pairs, of {plan.large_pairs} for the large file, to a sink on 127.0.0.1\n"
    )


def curl_version() -> str:
    """`curl 8.1`, or that there is none."""
    try:
        words = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()
    except OSError:
        return "no curl"
    return " ".join(words[:2])


def row(pair: Pair) -> str:
    """One line of the table; a large file shows its speed too."""
    ours, theirs = pair.ours, pair.theirs
    milliseconds = (f"{ours.seconds * 1000:.0f}", f"{theirs.seconds * 1000:.0f}")
    cells = (*pair.names, *milliseconds, f"{pair.ratio:.2f}", f"{ours.peak:.0f}", f"{theirs.peak:.0f}")
    speed = f"   {pair.size / 2**20 / ours.seconds:.0f} MiB/s" if pair.size >= 1 << 20 else ""
    return ROW.format(pair.title, *cells) + speed


def clean(home: Path) -> Surroundings:
    """An environment without the user's settings, secrets and proxies."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    xdg = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "CACHE", "DATA", "STATE")}
    return Surroundings(home, {**kept, **xdg, "HOME": str(home), "LC_ALL": "C.UTF-8"})


@contextmanager
def sink() -> Iterator[str]:
    """Run the host in a process of its own; gives the address that files are sent to."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:  # its end closes the sink's standard input, which ends the sink
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/up"


if __name__ == "__main__":
    sys.exit(main())
