"""Pictures of a terminal, made by running what a page shows.

A page's `sh` blocks are run as they stand, and its `console` blocks too, whose lines after `$` become a picture with
all that the terminal shows then. All of a page runs in one home that is empty at its start, with a real server on
loopback at the port that the page names; a command that fails stops the build, unless the block says `console fails`.
"""

from __future__ import annotations

import io
import os
import pty
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from fcntl import ioctl
from termios import TIOCSWINSZ
from typing import TYPE_CHECKING, NamedTuple

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = 96
#: Where the page's server is, which is `uploadserver` of the package index; here it takes any port that is free.
_PORT = ":8101"
_BLOCK = re.compile(r"^```(sh|console)( fails)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: Seconds that a server may take until it listens.
_PATIENCE = 20
_SVG = """\
<svg class="terminal" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, Menlo, "DejaVu Sans Mono", monospace; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">{matrix}</g>
</g>
</svg>
"""


class BrokenPage(Exception):
    """A command of a page did not end as the page says."""


class Block(NamedTuple):
    """A block of a page that is run.

    Attributes:
        kind: `sh`, which is only run, or `console`, which becomes a picture.
        fails: Whether its last command is to fail.
        text: What stands in it.
        span: Where it stands in the page.
    """

    kind: str
    fails: bool
    text: str
    span: tuple[int, int]

    @property
    def commands(self) -> list[str]:
        """The commands of a `console` block, each a line after `$`."""
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]


def blocks(markdown: str) -> list[Block]:
    """The blocks of a page that are run, in order."""
    found = _BLOCK.finditer(markdown)
    return [Block(match[1], bool(match[2]), match[3], match.span()) for match in found]


def taken(markdown: str, programs: str) -> list[str]:
    """Run a page; gives a picture, as SVG, for each of its `console` blocks.

    Args:
        markdown: The page.
        programs: The folder of the `twat-fs` that is run.

    Raises:
        BrokenPage: A command failed, or did not although the page says so.
    """
    with tempfile.TemporaryDirectory() as home, _server(home) as port:
        terminal = _Terminal(home, port, programs)
        return [svg for block in blocks(markdown) for svg in terminal.run(block)]


class _Terminal:
    """A person at a clean machine, who sees `/home/you` and the port of the page."""

    def __init__(self, home: str, port: int, programs: str) -> None:
        self._home = home
        self._port = str(port)
        path = os.pathsep.join((programs, os.environ.get("PATH", os.defpath)))
        self._environ = {
            "HOME": home,
            "PATH": path,
            "TERM": "xterm-256color",
            "COLUMNS": str(COLUMNS),
            "LANG": "C.UTF-8",
        }

    def run(self, block: Block) -> Iterator[str]:
        """Run it; yields the picture of a `console` block."""
        if block.kind == "sh":
            self._run(block.text)
            return
        console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="truecolor")
        for command in block.commands:
            shown = self._run(command, fails=block.fails and command == block.commands[-1])
            console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
            console.print(Text.from_ansi(shown))
        yield console.export_svg(title=block.commands[0].split()[0], code_format=_SVG)

    def _run(self, script: str, *, fails: bool = False) -> str:
        """All that a terminal is sent by a script; as the page's reader would see it."""
        ours, theirs = pty.openpty()
        ioctl(theirs, TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        process = subprocess.Popen(
            ["bash", "-euc", script.replace(_PORT, f":{self._port}")],
            cwd=self._home,
            env=self._environ,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # a terminal that nobody writes to any more ends with EIO on Linux
            while piece := os.read(ours, 65536):
                shown += piece
        os.close(ours)
        status = process.wait()
        text = shown.decode(errors="replace").replace("\r\n", "\n").rstrip("\n")
        text = text.replace(self._home, "/home/you").replace(f":{self._port}", _PORT)
        if bool(status) is not fails:
            raise BrokenPage(f"{script}\nended with {status}:\n{text}")
        return text


@contextmanager
def _server(home: str) -> Iterator[int]:
    """The real server, with its files in a folder of the home; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    files = os.path.join(home, "served")
    os.mkdir(files)
    words = [sys.executable, "-m", "uploadserver", str(port), "--bind", "127.0.0.1", "--directory", files]
    process = subprocess.Popen(words, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _await(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(files, ignore_errors=True)


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        select.select([], [], [], 0.05)
    raise BrokenPage(f"uploadserver did not start at port {port}: pip install uploadserver")
