"""The benchmarks run, and their page is whole; what they measure here is of no interest."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

from benchmarks.measure import Pair, Run
from benchmarks.page import transfers

ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = dict(os.environ)


def test_the_benchmarks_run_and_write_their_page(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "benchmarks", "--quick", "--write", str(tmp_path)]
    done = subprocess.run(words, cwd=ROOT, env=_ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    titles = {line[:15].strip() for line in done.stdout.splitlines()}
    assert {"start", "1 KiB HTTP", "1 KiB TLS", "16 MiB HTTP", "16 MiB TLS", "history", "catalogue"} <= titles
    page = (tmp_path / "benchmarks.md").read_text()
    assert "\n| 16 MiB TLS | twat-fs | requests |" in page
    assert "\n| waiting for the answer | SIGTERM |" in page
    chart = ET.parse(tmp_path / "benchmarks.svg")
    bars = [text.text for text in chart.iter("{http://www.w3.org/2000/svg}text") if str(text.text).endswith(" x")]
    assert len(bars) == sum(line[:15].strip() in titles - {"what", ""} for line in done.stdout.splitlines()[3:])


def test_a_transfer_is_compared_without_what_a_process_takes_to_start() -> None:
    def pair(size: int, ours: float, theirs: float, host: str = "HTTP") -> Pair:
        return Pair("t", Run(ours, 0), Run(theirs, 0), ("twat-fs", "curl"), (1.0,), size, host)

    pairs = [pair(1024, 0.2, 0.1), pair(1 << 30, 0.7, 0.5), pair(1 << 30, 9.0, 9.0, "TLS")]
    ((title, name, ratio),) = transfers(pairs)
    assert (title, name) == ("t", "curl")
    assert math.isclose(ratio, 0.4 / 0.5)
