"""Mutants at work: a copy of the package without one of its defences, and what the tests say of it."""

from __future__ import annotations

import importlib
import os
import pkgutil
import resource
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tests.mutation import defences
from tests.mutation.defence import PACKAGE
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.mutation.defence import Defence

#: Seconds after which a mutant that hangs has been noticed: a test that waits for ever fails too.
PATIENCE = 90
#: Bytes of memory that a mutant may have, so that one without a limit does no harm here.
MEMORY = 4 * 1024**3
#: What pytest says with its status: tests ran, and all passed, or some failed; anything else says nothing of them.
PASSED, FAILED = 0, 1


class Verdict(NamedTuple):
    """What became of a mutant: whether a test noticed it, and what pytest said."""

    defence: Defence
    noticed: bool
    said: str


def every_defence() -> list[Defence]:
    """The entries of all tables."""
    names = [found.name for found in pkgutil.iter_modules(defences.__path__)]
    tables = [importlib.import_module(f"{defences.__name__}.{name}").DEFENCES for name in sorted(names)]
    return [defence for table in tables for defence in table]


def judged(chosen: Sequence[Defence], jobs: int) -> Iterator[Verdict]:
    """Run the tests of each defence without it; first those of all of them, with everything in place.

    Args:
        chosen: The defences.
        jobs: How many mutants at a time.

    Raises:
        RuntimeError: A test fails already with every defence in place, so that its failing says nothing.
    """
    tests = sorted({test for defence in chosen for test in defence.tests.split()})
    status, said = _tested(None, tests)
    if status != PASSED:
        raise RuntimeError(f"these tests do not pass as things are:\n{said}")
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(_judge, chosen)


def _judge(defence: Defence) -> Verdict:
    status, said = _tested(defence, defence.tests.split())
    if status not in (PASSED, FAILED):
        return Verdict(defence, noticed=False, said=f"pytest ended with status {status}:\n{said}")
    return Verdict(defence, noticed=status == FAILED, said=said)


def _tested(defence: Defence | None, tests: Sequence[str]) -> tuple[int, str]:
    """Run tests against a copy of the package; gives pytest's status, and the end of what it printed."""
    with tempfile.TemporaryDirectory(prefix="twat-fs-mutant-") as place:
        copied(Path(place), defence)
        words = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=line"]
        try:
            done = subprocess.run(
                [*words, *(f"tests/{test}" for test in tests)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": f"{place}/engine", "HYPOTHESIS_STORAGE_DIRECTORY": f"{place}/found"},
                capture_output=True,
                text=True,
                timeout=None if defence is None else PATIENCE,
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
                check=False,
            )
        except subprocess.TimeoutExpired:
            return FAILED, f"no end in {PATIENCE} seconds"
        return done.returncode, "\n".join((done.stdout + done.stderr).splitlines()[-15:])


def copied(place: Path, defence: Defence | None) -> None:
    """Copy the package, with what it reads of the checkout, and take the defence out of the copy."""
    # With the compiled modules, which stay valid because times are kept.
    shutil.copytree(PACKAGE, place / "engine" / "twat_fs")
    for name in ("providers.d", "schemas", "pyproject.toml"):
        (place / name).symlink_to(ROOT / name)
    if defence is not None:
        (place / "engine" / "twat_fs" / defence.module).write_text(defence.broken(), encoding="utf-8")
