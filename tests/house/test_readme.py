"""The README's first command does what it says, in a copy of the checkout that has nothing but what git tracks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XDG", "TWAT"))}
_BLOCKS = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def _copy(folder: Path) -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)


def test_the_first_command_uploads_the_readme_and_prints_its_url_last(tmp_path: Path) -> None:
    clone, home = tmp_path / "clone", tmp_path / "user"
    clone.mkdir()
    home.mkdir()
    _copy(clone)
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", _BLOCKS[0]],
        cwd=clone,
        env={**_ENVIRONMENT, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    url = done.stdout.splitlines()[-1]
    assert Path(url.removeprefix("file://")).read_bytes() == (clone / "README.md").read_bytes()


def test_the_second_command_is_what_ci_runs() -> None:
    assert "python -m pytest" in _BLOCKS[1]
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
