"""The virtual environment that the real upload servers live in, made once and kept under `.cache/`.

`python -m tests.servers.environment`, from the checkout's root, makes it by hand and prints its folder of programs.
It is built beside its place and renamed into it, so a half-made one is never used; for that reason the scripts in it
name a folder that is gone: start a server with `bin/python -m MODULE`, and rclone, which is no script, by its path.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
#: Packages that a command can be given beside its own.
SOURCES = Path(__file__).with_name("sources.txt")
PACKAGE = Path(__file__).with_name("node")
#: The name in `missing` of all that comes from npm.
NODE = "node"
#: In an environment: what could not be installed, and why.
MISSING = "missing.json"
CACHE = Path(__file__).resolve().parents[2] / ".cache"


class CannotPrepare(Exception):
    """The servers cannot be installed; holds what uv or npm said."""


def missing(requirements: Path = REQUIREMENTS, package: Path = PACKAGE, cache: Path = CACHE) -> dict[str, str]:
    """Have all servers that can be installed here; gives the names of the packages that cannot, and why.

    What could not be installed is not tried again: that is known to the environment.

    Raises:
        CannotPrepare: Nothing can be installed.
    """
    place = prepared(requirements, cache, partly=True).parent
    found: dict[str, str] = json.loads((place / MISSING).read_text()) if (place / MISSING).exists() else {}
    try:
        prepared_node(package, cache)
    except CannotPrepare as error:
        found[NODE] = str(error)
    return found


def tolerated(found: dict[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """What is missing, where that may be.

    Raises:
        CannotPrepare: Something is missing where `CI` is set, so that no server is passed over everywhere.
    """
    if found and environ.get("CI"):
        raise CannotPrepare("\n".join(found.values()))
    return found


def prepared(requirements: Path = REQUIREMENTS, cache: Path = CACHE, *, partly: bool = False) -> Path:
    """The `bin` folder of an environment that holds these requirements, made now if there is none.

    Args:
        requirements: The file.
        cache: Where environments are kept.
        partly: Whether one will do that lacks what cannot be installed.

    Raises:
        CannotPrepare: It cannot be made.
    """
    place = cache / f"{requirements.stem}-{named_by(requirements)}"
    return made_once(place, lambda folder: _build(folder, requirements, partly=partly)) / "bin"


def packages(requirements: Path = SOURCES, cache: Path = CACHE) -> Path:
    """The folder of packages of such an environment, for `PYTHONPATH`.

    Raises:
        CannotPrepare: It cannot be made.
    """
    return next(prepared(requirements, cache).parent.glob("lib/python*/site-packages"))


def prepared_node(package: Path = PACKAGE, cache: Path = CACHE) -> Path:
    """A copy of a folder with a `package.json`, with what that names, installed now if there is none.

    Raises:
        CannotPrepare: There is no npm, or it cannot install that.
    """
    content = b"".join(path.read_bytes() for path in sorted(package.iterdir()))
    place = cache / f"node-{hashlib.sha256(content).hexdigest()[:16]}"
    return made_once(place, lambda folder: _build_node(folder, package))


def made_once(place: Path, build: Callable[[Path], object]) -> Path:
    """A folder that is made when it is first asked for, whoever asks at the same time; one that is there is whole.

    Args:
        place: The folder.
        build: Fills an empty folder, which is then renamed.
    """
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_suffix(".lock")):
            if not place.is_dir():
                temporary = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
                try:
                    build(temporary)
                    temporary.rename(place)
                finally:
                    shutil.rmtree(temporary, ignore_errors=True)
    return place


def _build_node(folder: Path, package: Path) -> None:
    if shutil.which("npm") is None or shutil.which("node") is None:
        raise CannotPrepare("there is no npm")
    shutil.copytree(package, folder, dirs_exist_ok=True)
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise CannotPrepare(f"npm could not install {package.name}:\n{done.stdout}{done.stderr}")


def named_by(requirements: Path) -> str:
    """A name for what is made of a file on this machine."""
    made_with = f"{sys.version} {platform.machine()} {sys.base_prefix}".encode()
    return hashlib.sha256(requirements.read_bytes() + made_with).hexdigest()[:16]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(folder: Path, requirements: Path, *, partly: bool) -> None:
    venv.EnvBuilder(symlinks=True).create(folder)
    python = folder / "bin" / "python"
    try:
        _install(python, "-r", str(requirements))
    except CannotPrepare:
        wanted = [line.partition("#")[0].strip() for line in requirements.read_text().splitlines()]
        names = {words: re.split(r"[=\[]", words)[0] for words in wanted if words}
        reasons = {}
        for words, name in names.items() if partly else ():
            try:
                _install(python, words)
            except CannotPrepare as error:
                reasons[name] = str(error)
        if len(reasons) == len(names) or not partly:
            raise
        (folder / MISSING).write_text(json.dumps(reasons))


def _install(python: Path, *what: str) -> None:
    # uv, since pip takes two minutes of a run of eight for what is installed here.
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), *what]
    alone = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise CannotPrepare(f"uv could not install {what[-1]}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    for name, reason in missing().items():
        sys.stdout.write(f"{name} is missing: {reason}\n")
    sys.stdout.write(f"{prepared()}\n")
