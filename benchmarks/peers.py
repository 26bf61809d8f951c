"""The programs that ours is measured beside, and how each sends a file."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Command
from tests.servers.environment import CannotPrepare, prepared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REQUESTS = (
    "import requests,sys; url,f=sys.argv[1:]; print(requests.post(url, files={'file': open(f,'rb')}).json()['url'])"
)
HTTPX = (
    "import httpx,sys; url,f=sys.argv[1:]; "
    "print(httpx.post(url, files={'file': open(f,'rb')}, timeout=600).json()['url'])"
)
#: The command as it is, but for the address of the one host; its own check of the URL is turned off as ours is.
EARLIER = """
import sys
from twat_fs.upload_providers.uguu import UguuProvider
from twat_fs.cli import main
UguuProvider.upload_url, path = sys.argv[1:]
sys.argv = ["twat-fs", "upload", path, "--provider", "uguu", "--no_check"]
main()
"""
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """Another program.

    Attributes:
        name: How the table calls it.
        words: The command for an address and a file.
        copies: How many times the file stands in its memory.
    """

    name: str
    words: Callable[[str, str], tuple[str, ...]]
    copies: int = 0


def script(name: str, code: str, program: str = sys.executable, copies: int = 0) -> Peer:
    """A Python program that takes an address and a file."""
    return Peer(name, lambda url, file: (program, "-c", code, url, file), copies)


def curl() -> Peer | None:
    """`curl -F`, where there is one."""
    program = shutil.which("curl")
    return Peer("curl -F", lambda url, file: (program, "-sS", "-F", f"file=@{file}", url)) if program else None


def curl_parallel() -> Peer | None:
    """`curl --parallel`, which is given the files of a folder, each as a form of its own."""
    program = shutil.which("curl")
    if program is None:
        return None
    start = (program, "-sS", "--parallel", "--parallel-max", "8")

    def words(url: str, folder: str) -> tuple[str, ...]:
        forms = [("-F", f"file=@{path}", "-o", "/dev/null", url) for path in sorted(Path(folder).iterdir())]
        return (*start, *forms[0], *(word for form in forms[1:] for word in ("--next", "-sS", *form)))

    return Peer("curl --parallel", words)


def clients(*, installs: bool) -> Iterator[Peer]:
    """What people would write instead: requests holds the file three times while it makes the body, httpx never.

    Args:
        installs: Whether an environment is made for them; else requests is the one that we use.
    """
    folder = _environment("clients.txt") if installs else None
    python = str(folder / "python") if folder else sys.executable
    yield script("requests", REQUESTS, python, copies=3)
    if folder:
        yield script("httpx", HTTPX, python)


def rclone(authority: str | None) -> Peer | None:
    """`rclone copyto` to a WebDAV server, the plainest upload that it knows: one PUT of the file."""
    folder = _environment("clients.txt")
    trust = ("--ca-cert", authority) if authority else ()
    if folder is None:
        return None
    program = str(folder / "rclone")
    return Peer(
        "rclone",
        # What is there already, of the same size, it would leave alone.
        lambda url, file: (
            *(program, "copyto", file, f":webdav,url='{url}':large.bin"),
            *(*trust, "--retries", "1", "--ignore-times"),
        ),
    )


def rclone_copy(authority: str | None) -> Peer | None:
    """`rclone copy` of a folder to a WebDAV server, without the pauses that it makes by itself."""
    one = rclone(authority)
    if one is None:
        return None
    more = ("--transfers", "8", "--checkers", "8", "--no-traverse")

    def words(url: str, folder: str) -> tuple[str, ...]:
        program, _, _, _, *trust = one.words(url, folder)
        return (program, "copy", folder, f":webdav,pacer_min_sleep=0,url='{url}':", *trust, *more)

    return Peer("rclone", words)


def earlier() -> tuple[Peer, Command] | None:
    """The earlier tool: an upload, and its version."""
    folder = _environment("earlier.txt")
    if folder is None:
        return None
    python = str(folder / "python")
    version = Command("2.7.17", (python, "-m", "twat_fs", "version"), prints_url=False)
    return script("2.7.17", EARLIER, python, copies=4), version


def _environment(requirements: str) -> Path | None:
    """An environment of its own, made once; None, and a line that says so, where it cannot be."""
    try:
        return prepared(HERE / requirements)
    except CannotPrepare as failure:
        print(f"without what {requirements} names: {failure}", file=sys.stderr)
        return None
