"""Measure `twat-fs` beside what a user would run instead, and print a table.

    python -m benchmarks            # a 1 GiB file, some ten minutes
    python -m benchmarks --quick    # 16 MiB, one pair, nobody who is not there already: does it run at all
    python -m benchmarks --write docs    # and write docs/benchmarks.md and its chart

Everything goes to a sink on 127.0.0.1 that reads and forgets, over HTTP and over TLS. The two sides of a row take
turns, pair by pair, and the row shows their medians and the ratio with its spread: trust the ratios, not the
milliseconds, and compare nothing across two runs. `twat-fs` runs with `--no-check` and, but for the row about them,
without receipts, since the others check and keep nothing. A peak is never shown below what this program itself holds,
because the kernel counts what a process had before it became the command. Those beside are installed under `.cache/`
the first time. The page has beside that how soon an upload ends after a signal.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import interruptions
from benchmarks.cases import Bench, Host, Plan
from benchmarks.measure import Failed, Surroundings
from benchmarks.page import ROW, page, row
from twat_fs._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.measure import Pair

ROOT = Path(__file__).resolve().parents[1]
FULL = Plan(large=1 << 30, small_pairs=15, large_pairs=5)
QUICK = Plan(large=16 << 20, small_pairs=1, large_pairs=1, folders=(2,), installs=False, receipts=1_000, many=(4, 8))
PACKAGES = ("click", "requests", "urllib3")


def main() -> int:
    """Run it; 1 where a command that is measured fails."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="16 MiB and one pair, to see that it runs")
    parser.add_argument("--write", metavar="FOLDER", type=Path, help="write a page, benchmarks.md, and its chart there")
    given = parser.parse_args()
    plan = QUICK if given.quick else FULL
    about = ran_on(plan)
    print(about)
    print(ROW.format("what", "ours", "theirs", "ours ms", "theirs ms", "ratio", "spread", "ours MiB", "theirs MiB"))
    pairs: list[Pair] = []
    try:
        for pair in measured(plan):
            pairs.append(pair)
            print(row(pair), flush=True)
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    if given.write:
        page(given.write, about, pairs, list(ends(runs=1 if given.quick else 5)))
    return 0


def ends(runs: int) -> Iterator[interruptions.End]:
    """How soon an upload ends after a signal."""
    with tempfile.TemporaryDirectory() as folder:
        yield from interruptions.measured(Path(folder), clean(Path(folder)).environment, runs)


def measured(plan: Plan) -> Iterator[Pair]:
    """Every row, over two hosts that stand as long as they are needed."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        usual = clean(home)
        plain = Host("HTTP", f"http://127.0.0.1:{stack.enter_context(sink())}/", usual)
        authority, certificate = certify(home)
        trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"), str(authority))
        trusting = Surroundings(home, {**usual.environment, **trust})
        url = f"https://127.0.0.1:{stack.enter_context(sink(str(certificate)))}/"
        yield from Bench(home, plain, Host("TLS", url, trusting, str(authority)), plan).pairs()


def ran_on(plan: Plan) -> str:
    """The machine, the versions, and how often: no names of hosts, no paths."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"twat-fs {__version__}; {machine}; {python}; {packages}; {curl_version()}\n"
        f"medians of {plan.small_pairs} pairs, of {plan.large_pairs} for the large file, to a sink on 127.0.0.1\n"
        f"{lengths()}\n"
    )


def lengths() -> str:
    """How long the bundled specs are, in the median: of http, whole and without their examples."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "providers.d").glob("*.yaml")]
    specs = [text for text in texts if "\nexamples:" in text]
    whole = median(spec.count("\n") for spec in specs)
    bare = median(spec.partition("\nexamples:")[0].count("\n") + 1 for spec in specs)
    return f"{len(specs)} bundled specs of {whole:.0f} lines in the median, {bare:.0f} without their examples"


def curl_version() -> str:
    """`curl 8.1`, or that there is none."""
    try:
        words = subprocess.run(["curl", "--version"], capture_output=True, text=True, check=True).stdout.split()
    except OSError:
        return "no curl"
    return " ".join(words[:2])


def clean(home: Path) -> Surroundings:
    """An environment without the user's settings, secrets and proxies."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    xdg = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "CACHE", "DATA", "STATE")}
    return Surroundings(home, {**kept, **xdg, "HOME": str(home), "LC_ALL": "C.UTF-8"})


def certify(folder: Path) -> tuple[Path, Path]:
    """Whom to trust, among all the usual authorities, whose loading takes time; and a certificate for 127.0.0.1."""
    import certifi

    # In a process of its own: what this one holds counts for all that it runs.
    made = [sys.executable, "-m", "trustme", "--quiet", "--dir", str(folder), "--identities", "127.0.0.1"]
    subprocess.run(made, check=True)
    authority, certificate = folder / "authorities.pem", folder / "certificate.pem"
    authority.write_bytes(Path(certifi.where()).read_bytes() + (folder / "client.pem").read_bytes())
    certificate.write_bytes((folder / "server.key").read_bytes() + (folder / "server.pem").read_bytes())
    return authority, certificate


@contextmanager
def sink(*certificate: str, module: str = "benchmarks.sink") -> Iterator[int]:
    """Run a host in a process of its own; gives its port."""
    words = [sys.executable, "-m", module, *certificate]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:  # its end closes the sink's standard input, which ends the sink
        assert process.stdout
        yield int(process.stdout.readline())


if __name__ == "__main__":
    sys.exit(main())
