"""What is measured beside what."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import peers
from benchmarks.measure import Command, Pair, compare

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.measure import Surroundings
    from benchmarks.peers import Peer

SPEC = """\
spec: 1
name: {name}
title: Sink
{request}result: {{url: {result}}}
"""
FORM = 'request: {{url: "{url}up", multipart: {{file: "{{{{ file }}}}"}}}}\n'
PUT = 'request: {{method: PUT, url: "{url}{{{{ file.name }}}}", raw: "{{{{ file }}}}"}}\n'
_KINDS = {FORM: "form", PUT: "put"}


@dataclass(frozen=True)
class Plan:
    """How much of it to do, and whether other programs are installed for it."""

    large: int
    small_pairs: int
    large_pairs: int
    folders: tuple[int, ...] = (10, 70, 1_000)
    installs: bool = True
    receipts: int = 100_000
    many: tuple[int, int] = (500, 10_000)


@dataclass(frozen=True)
class Host:
    """A sink: how it is called, its address, and the environment in which all trust it."""

    scheme: str
    url: str
    surroundings: Surroundings
    authority: str | None = None


class Bench:
    """The commands, over one folder of files and two hosts."""

    def __init__(self, home: Path, plain: Host, tls: Host, plan: Plan) -> None:
        self.home = home
        self.plain = plain
        self.tls = tls
        self.plan = plan
        self.small = _file(home / "small.bin", 1024)
        self.large = _file(home / "large.bin", plan.large)
        self.earlier = peers.earlier() if plan.installs else None

    def pairs(self) -> Iterator[Pair]:
        """Measure, one row of the table after another."""
        yield from self._start()
        for host in (self.plain, self.tls):
            for file in (self.small, self.large):
                yield from self._one(host, file)
            yield from self._put(host)
            yield from self._many(host)
        yield self._more()
        yield self._receipt()
        yield from self._history(self.plan.receipts)
        yield from (self._folder(count) for count in self.plan.folders)
        for count in self.plan.folders[-2:]:
            yield self._catalogue(count)
            yield self._listed(count)

    def _start(self) -> Iterator[Pair]:
        ours = Command("--version", (sys.executable, "-m", "twat_fs", "--version"), prints_url=False)
        click = Command("import click", (sys.executable, "-c", "import click"), prints_url=False)
        for theirs in (click, *([self.earlier[1]] if self.earlier else [])):
            yield self._compare("start", ours, theirs, self.plain)

    def _one(self, host: Host, file: Path) -> Iterator[Pair]:
        size = file.stat().st_size
        for peer in self._clients():
            if size * peer.copies < _memory():
                theirs = Command(peer.name, peer.words(f"{host.url}up", str(file)))
                title = f"{shown(size)} {host.scheme}"
                yield self._compare(title, self._ours(host, file), theirs, host, size=size)

    def _clients(self) -> Iterator[Peer]:
        curl = peers.curl()
        if curl:
            yield curl
        yield from peers.clients(installs=self.plan.installs)
        if self.earlier:
            yield self.earlier[0]

    def _put(self, host: Host) -> Iterator[Pair]:
        peer = peers.rclone(host.authority) if self.plan.installs else None
        if peer is not None:
            size = self.large.stat().st_size
            theirs = Command(peer.name, peer.words(host.url, str(self.large)), prints_url=False)
            ours = self._ours(host, self.large, self._putting(host))
            yield self._compare(f"{shown(size)} PUT {host.scheme}", ours, theirs, host, size=size)

    def _many(self, host: Host) -> Iterator[Pair]:
        """Files of 10 KiB, eight at a time, each over a connection that is kept."""
        count = self.plan.many[0]
        folder = self._small_files(count)
        for peer in (peers.curl_parallel(), peers.rclone_copy(host.authority) if self.plan.installs else None):
            if peer is not None:
                theirs = Command(peer.name, peer.words(host.url, str(folder)), prints_url=False)
                providers = self._putting(host) if peer.name == "rclone" else None
                ours = self._ours(host, folder, providers, more=("--recursive", "--jobs", "8", "--no-progress"))
                yield self._compare(f"{count} x 10 KiB {host.scheme}", ours, theirs, host, items=count)

    def _putting(self, host: Host) -> Path:
        """A provider that sends as rclone does to a WebDAV server."""
        return self._providers(host, 1, PUT, f"'{host.url}{{{{ file.name }}}}'")

    def _more(self) -> Pair:
        """Many more files: what each takes, and what is held in memory for all."""
        few, many = (
            self._ours(self.plain, self._small_files(count), None, f"{count} files", ("-r", "-j", "8", "--no-progress"))
            for count in self.plan.many
        )
        facts = {"host": self.plain.scheme, "items": self.plan.many[1]}
        return compare("10 KiB HTTP", many, few, pairs=1, surroundings=self.plain.surroundings, **facts)

    def _small_files(self, count: int) -> Path:
        folder = self.home / f"files-{count}"
        if not folder.is_dir():
            folder.mkdir()
            for number in range(count):
                (folder / f"{number}.bin").write_bytes(bytes(10 << 10))
        return folder

    def _receipt(self) -> Pair:
        theirs = self._ours(self.plain, self.small, name="no receipt")
        ours = Command("receipt", tuple(word for word in theirs.words if word != "--no-history"))
        return self._compare("1 KiB HTTP", ours, theirs, self.plain)

    def _history(self, count: int) -> Iterator[Pair]:
        """An upload, and the list of the newest, where there are many receipts, beside where there are few."""
        start = (sys.executable, "-m", "twat_fs")
        upload = [word for word in self._ours(self.plain, self.small).words if word != "--no-history"]
        many, few = (("env", f"XDG_DATA_HOME={self.home / name}") for name in ("many", "few"))
        filling = (sys.executable, "-m", "benchmarks.history", str(self.home / "many"), str(count))
        subprocess.run(filling, cwd=peers.HERE.parent, check=True)
        for title, words in (("1 KiB HTTP", tuple(upload)), ("history", (*start, "history"))):
            uploads = title != "history"
            ours = Command(f"{count} before", (*many, *words), prints_url=uploads)
            yield self._compare(title, ours, Command("few before", (*few, *words), prints_url=uploads), self.plain)

    def _folder(self, count: int) -> Pair:
        ours = self._ours(self.plain, self.small, self._providers(self.plain, count), f"{count} specs")
        return self._compare("1 KiB HTTP", ours, self._ours(self.plain, self.small, name="1 spec"), self.plain)

    def _catalogue(self, count: int) -> Pair:
        """Everything about each of many specs, beside their list."""
        folder = str(self._providers(self.plain, count))
        start = (sys.executable, "-m", "twat_fs")
        ours = Command(f"validate {count}", (*start, "validate-spec", "-q", folder), prints_url=False)
        listed = (*start, "upload_provider", "list", "--providers-d", folder)
        theirs = Command(f"list {count}", listed, prints_url=False)
        return self._compare("catalogue", ours, theirs, self.plain, items=count)

    def _listed(self, count: int) -> Pair:
        """The list of the bundled specs and of many more, beside that of the bundled ones alone."""
        words = (sys.executable, "-m", "twat_fs", "upload_provider", "list")
        folder = str(self._providers(self.plain, count))
        ours = Command(f"list +{count}", (*words, "--providers-d", folder), prints_url=False)
        return self._compare("catalogue", ours, Command("list", words, prints_url=False), self.plain, items=count)

    def _ours(
        self,
        host: Host,
        file: Path,
        providers: Path | None = None,
        name: str = "twat-fs",
        more: tuple[str, ...] = (),
    ) -> Command:
        folder = str(providers or self._providers(host, 1))
        options = ("--provider", "sink0", "--providers-d", folder, "--no-check", "--no-history")
        return Command(name, (sys.executable, "-m", "twat_fs", "upload", str(file), *options, *more))

    def _providers(self, host: Host, count: int, request: str = FORM, result: str = "url") -> Path:
        folder = (
            self.home
            / f"providers-{host.scheme}-{count}-{'form' if request is FORM else 'puts' if request is PUT else 'put'}"
        )
        if not folder.is_dir():
            folder.mkdir()
            for number in range(count):
                text = SPEC.format(name=f"sink{number}", request=request.format(url=host.url), result=result)
                (folder / f"sink{number}.yaml").write_text(text)
        return folder

    def _compare(
        self, title: str, ours: Command, theirs: Command, host: Host, *, size: int = 0, items: int = 0
    ) -> Pair:
        long = size > 1 << 20 or items
        facts = {"size": size, "host": host.scheme, "items": items}
        pairs = self.plan.large_pairs if long else self.plan.small_pairs
        return compare(title, ours, theirs, pairs=pairs, surroundings=host.surroundings, **facts)


def shown(size: int) -> str:
    """`1 KiB`, `16 MiB` or `1 GiB`."""
    unit, name = next((1 << power, name) for power, name in ((30, "GiB"), (20, "MiB"), (10, "KiB")) if size >> power)
    return f"{size // unit} {name}"


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _file(path: Path, size: int) -> Path:
    """A file without blocks on the disk: everybody reads it from memory."""
    with path.open("wb") as file:
        file.truncate(size)
    return path
