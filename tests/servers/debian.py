"""Servers that Debian and Ubuntu have as packages: fetched and unpacked under `.cache/`, by nobody in particular.

`apt-get` keeps what it knows of its archives in a folder of ours, so that neither root nor a fresh `apt-get update` of
the machine's is needed, and fetches what a package needs and the machine lacks along with it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.servers.environment import CACHE, CannotPrepare, made_once, named_by

if TYPE_CHECKING:
    from collections.abc import Sequence

PACKAGES = Path(__file__).with_name("packages.txt")


def unpacked(packages: Path = PACKAGES, cache: Path = CACHE) -> Path:
    """A folder with the files of these packages where they would stand below `/`, fetched now if there is none.

    Args:
        packages: A file with a name a line.
        cache: Where such folders are kept.

    Raises:
        CannotPrepare: They cannot be fetched.
    """
    return made_once(cache / f"packages-{named_by(packages)}", lambda folder: _unpack(folder, _names(packages)))


def missing(packages: Path = PACKAGES, cache: Path = CACHE) -> dict[str, str]:
    """Have them; gives the names of all, and why, where they cannot be had."""
    try:
        unpacked(packages, cache)
    except CannotPrepare as error:
        return dict.fromkeys(_names(packages), str(error))
    return {}


def program(name: str) -> list[str]:
    """The command of an unpacked program: `env` with where its libraries are, and its path."""
    place = unpacked()
    libraries = os.pathsep.join(str(path) for path in (place / "usr/lib").glob("*-linux-*"))
    return ["env", f"LD_LIBRARY_PATH={libraries}", str(place / "usr/sbin" / name)]


def _names(packages: Path) -> list[str]:
    return [line.split()[0] for line in packages.read_text().splitlines() if not line.startswith("#")]


def _unpack(folder: Path, names: Sequence[str]) -> None:
    for tool in ("apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise CannotPrepare(f"there is no {tool}")
    with tempfile.TemporaryDirectory() as own:
        archives, lists = Path(own, "archives"), Path(own, "lists")
        for each in (archives, lists):
            (each / "partial").mkdir(parents=True)
        settings = {
            "Dir::State::lists": lists,
            "Dir::Cache::archives": archives,
            "Dir::Cache": own,
            "Debug::NoLocking": "1",
            "APT::Sandbox::User": "",
            "Acquire::Retries": "3",
        }
        options = [word for key, value in settings.items() for word in ("-o", f"{key}={value}")]
        _run("apt-get", *options, "--quiet", "update")
        wanted = ("--yes", "--reinstall", "--download-only", "--no-install-recommends", "install", *names)
        _run("apt-get", *options, "--quiet", *wanted)
        for archive in sorted(archives.glob("*.deb")):
            _run("dpkg-deb", "--extract", str(archive), str(folder))


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise CannotPrepare(f"{command[0]} could not fetch servers:\n{done.stdout}{done.stderr}")
