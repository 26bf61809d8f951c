"""Run a command, take its time and its peak memory; run two in turns and compare them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: What `ru_maxrss` counts in.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A command that is measured did not do its work."""


@dataclass(frozen=True)
class Command:
    """Something to run, and how the table calls it."""

    name: str
    words: tuple[str, ...]
    prints_url: bool = True


@dataclass(frozen=True)
class Run:
    """One run: seconds from start to end, and the most memory it held, in MiB."""

    seconds: float
    peak: float


@dataclass(frozen=True)
class Pair:
    """Two commands that did the same work in turns: the medians of both, and the ratio of each pair.

    Attributes:
        size: Bytes that were sent, where that counts.
        host: Which host they were sent to.
        items: How many things ours had to do, where the time of one is told.
    """

    title: str
    ours: Run
    theirs: Run
    names: tuple[str, str]
    ratios: tuple[float, ...]
    size: int = 0
    host: str = ""
    items: int = 0

    @property
    def ratio(self) -> float:
        """How many times as long ours takes."""
        return self.ours.seconds / self.theirs.seconds

    @property
    def spread(self) -> tuple[float, float]:
        """Between which ratios the middle half of the pairs lies."""
        quarter = len(self.ratios) // 4
        middle = sorted(self.ratios)[quarter : len(self.ratios) - quarter]
        return middle[0], middle[-1]


def compare(
    title: str, ours: Command, theirs: Command, *, pairs: int, surroundings: Surroundings, **facts: Any
) -> Pair:
    """One run of each that does not count, then so many pairs; who goes first changes from pair to pair."""
    commands = (ours, theirs)
    runs: dict[Command, list[Run]] = {ours: [], theirs: []}
    for command in commands:
        surroundings.run(command)
    for number in range(pairs):
        for command in commands if number % 2 == 0 else commands[::-1]:
            runs[command].append(surroundings.run(command))
    ratios = tuple(one.seconds / other.seconds for one, other in zip(runs[ours], runs[theirs], strict=True))
    return Pair(title, _median(runs[ours]), _median(runs[theirs]), (ours.name, theirs.name), ratios, **facts)


def _median(runs: Sequence[Run]) -> Run:
    return Run(median(run.seconds for run in runs), median(run.peak for run in runs))


@dataclass(frozen=True)
class Surroundings:
    """Where commands run: the same clean environment for both sides."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, command: Command) -> Run:
        """Run it once; it must end well, and print a URL if it is one that uploads."""
        began = time.perf_counter()
        # Into a file: a pipe that nobody reads until the end holds up a command that prints more than fits into it.
        with TemporaryFile() as out:
            process = subprocess.Popen(
                command.words,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - began
            process.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            said = out.read()
        if process.returncode or (command.prints_url and b"://127.0.0.1" not in said):
            raise Failed(f"{command.name} ended with {process.returncode}: {said.decode(errors='replace')}")
        return Run(seconds, usage.ru_maxrss * RSS_UNIT / 2**20)
