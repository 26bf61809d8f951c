"""The virtual environment that the real upload servers live in, made once and kept under `.cache/`.

`python -m tests.servers.environment`, from the checkout's root, makes it by hand and prints its folder of programs.
It is built beside its place and renamed into it, so a half-made one is never used; for that reason the scripts in it
name a folder that is gone: start a server with `bin/python -m MODULE`, and rclone, which is no script, by its path.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import venv
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
PACKAGE = Path(__file__).with_name("node")
CACHE = Path(__file__).resolve().parents[2] / ".cache"


class CannotPrepare(Exception):
    """The servers cannot be installed; holds what pip said."""


def prepared(requirements: Path = REQUIREMENTS, cache: Path = CACHE) -> Path:
    """The `bin` folder of an environment that holds these requirements, made now if there is none."""
    place = cache / f"{requirements.stem}-{_digest(requirements)}"
    if not place.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_suffix(".lock")):
            if not place.is_dir():
                _build(place, requirements)
    return place / "bin"


def prepared_node(package: Path = PACKAGE, cache: Path = CACHE) -> Path:
    """A copy of a folder with a `package.json`, with what that names, installed now if there is none."""
    content = b"".join(path.read_bytes() for path in sorted(package.iterdir()))
    place = cache / f"node-{hashlib.sha256(content).hexdigest()[:16]}"
    if not place.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_suffix(".lock")):
            if not place.is_dir():
                _build_node(place, package)
    return place


def need_npm() -> None:
    """Skip where there is no npm; where `CI` is set there must be one, so that no server is skipped everywhere."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        assert not os.environ.get("CI"), "the servers from npm cannot be installed: there is no npm"
        pytest.skip("there is no npm, so the servers from npm are not tested")


def _build_node(place: Path, package: Path) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        shutil.copytree(package, temporary, dirs_exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund"]
        done = subprocess.run(
            command, cwd=temporary, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            raise CannotPrepare(f"npm could not install {package.name}:\n{done.stdout}{done.stderr}")
        temporary.rename(place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _digest(requirements: Path) -> str:
    made_with = f"{sys.version} {platform.machine()} {sys.base_prefix}".encode()
    return hashlib.sha256(requirements.read_bytes() + made_with).hexdigest()[:16]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _build(place: Path, requirements: Path) -> None:
    temporary = Path(tempfile.mkdtemp(prefix=f"{place.name}.", dir=place.parent))
    try:
        venv.EnvBuilder(symlinks=True, with_pip=True).create(temporary)
        _install(temporary / "bin" / "python", requirements)
        temporary.rename(place)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _install(python: Path, requirements: Path) -> None:
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", str(requirements)]
    alone = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    done = subprocess.run(command, env=alone, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise CannotPrepare(f"pip could not install {requirements.name}:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.stdout.write(f"{prepared()}\n")
