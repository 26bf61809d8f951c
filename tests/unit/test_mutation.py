"""The mutation run itself: its tables fit the code, a mutant is noticed, and one that nobody notices is reported."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from tests.mutation.defence import Defence, Unfit
from tests.mutation.running import every_defence, judged
from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

DEFENCES = every_defence()
FOLLOWS = "unit/test_urls.py::test_a_pattern_names_a_host"


def test_an_entry_fits_the_code_and_its_tests_are_there() -> None:
    text = cache(lambda path: (ROOT / "tests" / path).read_text(encoding="utf-8"))
    for defence in DEFENCES:
        defence.broken()
        for test in defence.tests.split():
            path, *names = test.partition("[")[0].split("::")
            assert names, test
            assert all(re.search(rf"^ *(def|class) {name}\b", text(path), re.MULTILINE) for name in names), test


def test_every_promise_stands_once() -> None:
    assert len({defence.promise for defence in DEFENCES}) == len(DEFENCES)


def test_mutants_use_no_name_that_is_not_there(tmp_path: Path) -> None:
    # A mutant that breaks down is noticed by any test, and proves nothing.
    for number, defence in enumerate(DEFENCES):
        (tmp_path / f"m{number}_{defence.module.replace('/', '_')}").write_text(defence.broken(), encoding="utf-8")
    words = ["-m", "ruff", "check", "--isolated", "--quiet", "--select", "F821,F823", str(tmp_path)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_an_entry_that_fits_nowhere_is_refused() -> None:
    with pytest.raises(Unfit, match="0 places"):
        Defence("a", "urls.py", "nobody wrote this", "", FOLLOWS).broken()
    with pytest.raises(Unfit, match="not Python"):
        Defence("a", "urls.py", "def authority(url: str) -> str:", "def (", FOLLOWS).broken()


def test_what_a_test_sees_is_noticed_and_what_none_sees_is_not() -> None:
    seen = Defence("seen", "urls.py", 'if pattern.startswith("*."):', "if False:", FOLLOWS)
    unseen = Defence("unseen", "urls.py", "RESULT_LIMIT = 2048", "RESULT_LIMIT = 2049", FOLLOWS)
    assert [(verdict.defence.promise, verdict.noticed) for verdict in judged([seen, unseen], 2)] == [
        ("seen", True),
        ("unseen", False),
    ]


def test_tests_that_fail_anyway_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--deselect tests/unit/test_urls.py")
    with pytest.raises(RuntimeError, match="do not pass as things are"):
        list(judged([Defence("a", "urls.py", "RESULT_LIMIT = 2048", "RESULT_LIMIT = 1", FOLLOWS)], 1))
