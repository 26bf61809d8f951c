"""The house keeps its rules: lint, format, types, layers, sizes."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "engine" / "twat_fs"
_ENVIRONMENT = dict(os.environ)
_CHECKS = {
    "ruff": ["-m", "ruff", "check", "."],
    "format": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy"],
    "layers": ["-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"],
    "docs": ["docs/generate.py", "--check"],
}


@pytest.mark.parametrize("name", _CHECKS)
def test_a_check_finds_nothing(name: str) -> None:
    done = subprocess.run(
        [sys.executable, *_CHECKS[name]], cwd=ROOT, env=_ENVIRONMENT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@cache
def _nodes() -> list[tuple[str, ast.AST]]:
    """Every node of the package's syntax, with its module's file name."""
    return [
        (path.name, node)
        for path in ENGINE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    ]


def test_a_module_is_small_and_so_are_its_functions() -> None:
    assert [path for path in ENGINE.rglob("*.py") if path.read_text(encoding="utf-8").count("\n") > 300] == []
    long = [
        (name, node.name)
        for name, node in _nodes()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (node.end_lineno or 0) - node.lineno >= 50
    ]
    assert long == []


def test_only_the_command_line_catches_everything() -> None:
    broad = [
        name
        for name, node in _nodes()
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    ]
    assert broad == ["main.py"]


def test_named_tuples_are_those_that_cost_little_to_define() -> None:
    costly = [
        name
        for name, node in _nodes()
        if isinstance(node, ast.ImportFrom)
        and node.module == "typing"
        and "NamedTuple" in {imported.name for imported in node.names}
    ]
    assert costly == ["tuples.py"]
