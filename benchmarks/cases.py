"""What is measured beside what."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.measure import Command, Pair, Surroundings, compare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ONE_LINER = (
    "import requests,sys; url,f=sys.argv[1:]; print(requests.post(url, files={'file': open(f,'rb')}).json()['url'])"
)

SPEC = """\
spec: 1
name: {name}
title: Sink
request:
  url: {url}
  multipart:
    file: "{{{{ file }}}}"
result:
  url: url
"""

#: requests holds the file three times while it makes a multipart body.
REQUESTS_COPIES = 3


@dataclass(frozen=True)
class Plan:
    """How much of it to do."""

    large: int
    small_pairs: int
    large_pairs: int
    folders: tuple[int, ...] = (10, 100, 1_000)


class Bench:
    """The commands, over one folder of files and one host."""

    def __init__(self, home: Path, url: str, surroundings: Surroundings, plan: Plan) -> None:
        self.home = home
        self.url = url
        self.surroundings = surroundings
        self.plan = plan
        self.curl_program = shutil.which("curl")
        self.small = _file(home / "small.bin", 1024)
        self.large = _file(home / "large.bin", plan.large)
        self.providers = self._providers(1)

    def pairs(self) -> Iterator[Pair]:
        """Measure, one row of the table after another."""
        yield self._start()
        yield from self._one(self.small, "1 KiB", self.plan.small_pairs)
        yield from self._one(self.large, f"{self.plan.large >> 20} MiB", self.plan.large_pairs)
        yield from (self._folder(count) for count in self.plan.folders)

    def _start(self) -> Pair:
        ours = Command("--version", (sys.executable, "-m", "twat_fs", "--version"), prints_url=False)
        theirs = Command("import click", (sys.executable, "-c", "import click"), prints_url=False)
        return self._compare("start", ours, theirs, self.plan.small_pairs)

    def _one(self, file: Path, title: str, pairs: int) -> Iterator[Pair]:
        size = file.stat().st_size
        ours = self._ours(file, self.providers)
        if size * REQUESTS_COPIES < _memory():
            theirs = Command("requests", (sys.executable, "-c", ONE_LINER, self.url, str(file)))
            yield self._compare(title, ours, theirs, pairs, size)
        if self.curl_program:
            theirs = Command("curl -F", (self.curl_program, "-sS", "-F", f"file=@{file}", self.url))
            yield self._compare(title, ours, theirs, pairs, size)

    def _folder(self, count: int) -> Pair:
        ours = self._ours(self.small, self._providers(count), f"{count} specs")
        return self._compare("1 KiB", ours, self._ours(self.small, self.providers, "1 spec"), self.plan.small_pairs)

    def _ours(self, file: Path, providers: Path, name: str = "twat-fs") -> Command:
        options = ("--provider", "sink0", "--providers-d", str(providers), "--no-check")
        return Command(name, (sys.executable, "-m", "twat_fs", "upload", str(file), *options))

    def _providers(self, count: int) -> Path:
        folder = self.home / f"providers-{count}"
        folder.mkdir()
        for number in range(count):
            spec = SPEC.format(name=f"sink{number}", url=self.url)
            (folder / f"sink{number}.yaml").write_text(spec)
        return folder

    def _compare(self, title: str, ours: Command, theirs: Command, pairs: int, size: int = 0) -> Pair:
        return compare(title, ours, theirs, pairs=pairs, surroundings=self.surroundings, size=size)


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _file(path: Path, size: int) -> Path:
    """A file without blocks on the disk: everybody reads it from memory."""
    with path.open("wb") as file:
        file.truncate(size)
    return path
