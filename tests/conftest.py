"""Every test in a clean place: an empty home, no variables of ours, and no network but loopback."""

from __future__ import annotations

import gc
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests import laws
from tests.forking import Forks
from tests.guard import sitecustomize
from tests.leaks import leaks, pytest_configure
from tests.support import FOR_PYTHON, Cli
from twat_fs.text import REDACTOR

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

__all__ = ["leaks", "pytest_configure"]

sitecustomize.install()
laws.take_profile()

# All that a test may know of the person and the machine that run it.
_KEPT = ("PATH", "LANG", "TERM", "TMPDIR", "TZ", "VIRTUAL_ENV")
_KEPT_FAMILIES = ("COVERAGE", "COV_", "HYPOTHESIS", "LC_", "PYTEST", "PYTHON")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end; to search it for garbage again and again takes a fifth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home without anything in it, one for all tests, since to make and remove ten thousand takes its time."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def clean_place(empty_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No variable of the real environment but the harmless ones, a home without anything in it, and no secret known.

    What a test makes up as a secret would be hidden in all that comes after it in the same process.
    """
    for name in ("_known", "_waiting", "_patterns"):
        monkeypatch.setattr(REDACTOR, name, type(getattr(REDACTOR, name))())
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(_KEPT_FAMILIES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(empty_home))
    for kind in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(empty_home / kind.lower()))
    yield
    with os.scandir(empty_home) as left:
        for each in left:
            shutil.rmtree(each) if each.is_dir(follow_symlinks=False) else os.unlink(each)


@pytest.fixture(scope="session")
def compiled_specs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for compiled specs, which are named by their content, so that tests may share it."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Runs commands."""
    forks = Forks(FOR_PYTHON)
    yield forks
    forks.close()


@pytest.fixture
def run_cli(tmp_path: Path, compiled_specs: Path, leaks: list[str], forks: Forks) -> Cli:
    """The command, run by a person at a clean machine."""
    return Cli(tmp_path / "person", compiled_specs, leaks, forks)
