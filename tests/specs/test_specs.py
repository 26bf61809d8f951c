"""Every file of `good` is valid; every file of `bad` has, as its first error, the one that it says it has."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from twat_fs.spec.problems import DOCUMENTED
from twat_fs.validation import Verdict, validate

HERE = Path(__file__).parent
GOOD = sorted(HERE.glob("good/*.y*ml"))
BAD = sorted(HERE.glob("bad/*.y*ml"))


def verdict(path: Path) -> Verdict:
    return validate(path.read_bytes(), path.name, path.stem)


def expected(path: Path) -> tuple[int, int, str, str]:
    """What a bad spec, or the file beside it that ends in `.expect`, says in its first line."""
    beside = path.with_suffix(".expect")
    text = (beside if beside.exists() else path).read_bytes().split(b"\n")[0].decode()
    found = re.fullmatch(r"# problem: (\d+):(\d+) ([a-z-]+): (.+)", text)
    assert found, f"{path.name} does not say what is wrong with it"
    return int(found[1]), int(found[2]), found[3], found[4]


def test_there_are_good_and_bad_specs() -> None:
    assert len(GOOD) >= 5
    assert len(BAD) >= 120


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_good_spec_is_valid(path: Path) -> None:
    found = verdict(path)
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    assert found.label is not None


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_bad_spec_has_the_error_that_it_says(path: Path) -> None:
    found = verdict(path)
    first = next((problem for problem in found.problems if problem.severity == "error"), None)
    assert first is not None, "it is valid"
    assert (first.place.line, first.place.column, first.rule, first.message) == expected(path), first
    for problem in found.problems:
        assert problem.message
        assert problem.message == problem.message.strip()
        assert problem.message.isprintable()
        assert problem.rule in DOCUMENTED or problem.rule == "unused"
    assert found.label is None


def test_every_rule_has_a_bad_spec() -> None:
    warnings_only = {"clear-text", "unused"}
    assert set(DOCUMENTED) - {expected(path)[2] for path in BAD} <= warnings_only
