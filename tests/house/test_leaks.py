"""The search for planted secrets finds what is planted: in output, in files, in packed ones, on workers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from tests import leaks
from tests.support import PLANTED, ROOT

if TYPE_CHECKING:
    from pathlib import Path

_CONFTEST = "from tests.leaks import leaks, pytest_configure\n"


_LEAKS = {
    "Captured stdout call": "print(KEY)",
    "Captured log call": "import logging; logging.getLogger('x').warning('key %s', KEY.lower())",
    "/file": "(tmp_path / 'file').write_text('Bearer ' + KEY)",
    "the name ": "(tmp_path / KEY).touch()",
    "/pair": "import base64; (tmp_path / 'pair').write_bytes(base64.b64encode(b'user:' + KEY.encode()))",
    "/packed.gz": "import gzip; (tmp_path / 'packed.gz').write_bytes(gzip.compress(KEY.encode()))",
    "a command printed it": "leaks.append('a command printed it')",
}


def session(tmp_path: Path, *words: str, leaking: bool = True) -> tuple[int, str]:
    """A session of tests that pass, with the search after it; gives its status and what it told."""
    folder, kept = tmp_path / "suite", tmp_path / "kept"
    folder.mkdir()
    (folder / "conftest.py").write_text(_CONFTEST)
    bodies = _LEAKS.values() if leaking else ["(tmp_path / 'file').write_text('Bearer <hidden>')"]
    tests = [f"def test_{number}(tmp_path, leaks):\n    {body}\n" for number, body in enumerate(bodies)]
    (folder / "test_all.py").write_text("\n".join(["KEY = 'PLAN' + 'TED-s3c' + 'r3t-Zm9v'", *tests]))
    command = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider", *words]
    where = ["--rootdir", str(folder), "--basetemp", str(kept), str(folder)]
    ended = subprocess.run([*command, *where], cwd=ROOT, capture_output=True, text=True, check=False)
    shutil.rmtree(kept)
    assert f"{len(tests)} passed" in ended.stdout, ended.stdout
    return ended.returncode, ended.stdout


@pytest.mark.parametrize("words", [[], ["-n", "1"]], ids=["alone", "on a worker"])
def test_a_session_fails_by_every_secret_that_it_left(tmp_path: Path, words: list[str]) -> None:
    status, told = session(tmp_path, *words)
    assert status == 1, told
    assert "a planted secret was found in the open" in told
    assert [place for place in _LEAKS if place not in told] == []


def test_a_session_that_leaves_none_passes(tmp_path: Path) -> None:
    status, told = session(tmp_path, leaking=False)
    assert status == 0, told


def test_a_secret_in_a_wheel_is_found(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("twat_fs/a.py", f"KEY = '{PLANTED}'")
    found = list(leaks.searched(tmp_path))
    (tmp_path / "a.whl").unlink()
    assert {line.partition(": ")[0] for line in found} == {f"{tmp_path}/a.whl!twat_fs/a.py"}


@pytest.mark.parametrize("before", range(4))
def test_a_secret_in_a_longer_base64_is_found(before: int) -> None:
    assert leaks.traces_in(b64encode(b"a" * before + PLANTED.encode() + b"and more"))


@pytest.mark.parametrize("text", [PLANTED[:16], PLANTED[6:], PLANTED.upper(), PLANTED.encode().hex()])
def test_most_of_a_secret_is_found(text: str) -> None:
    assert leaks.traces_in(text.encode())


def test_a_secret_behind_a_hole_of_a_file_is_found(tmp_path: Path) -> None:
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.seek(1 << 32)
        file.write(PLANTED.encode())
    found = list(leaks.searched(path))
    path.unlink()
    assert found


def test_links_that_lead_nowhere_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "gone").symlink_to("nothing")
    assert list(leaks.searched(tmp_path)) == []


def test_a_file_that_a_test_filled_on_purpose_is_passed_over(tmp_path: Path) -> None:
    path = leaks.planted_in(tmp_path / "config")
    path.write_text(PLANTED)
    assert list(leaks.searched(tmp_path)) == []


def test_what_is_published_holds_no_planted_secret() -> None:
    assert [line for name in leaks.PUBLISHED for line in leaks.searched(ROOT / name)] == []
    assert all((ROOT / name).exists() for name in leaks.PUBLISHED)
