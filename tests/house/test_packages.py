"""The package works as it is installed by others: from a wheel, and from a zip of the wheel's contents."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "XDG", "TWAT"))}
#: uv, since pip takes many times as long over the same.
_INSTALL = (sys.executable, "-m", "uv", "pip", "install", "--quiet")


def _run(*command: object, **more: str) -> str:
    done = subprocess.run(
        [str(word) for word in command], env={**_ENVIRONMENT, **more}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "build", "--wheel", "--installer", "uv", "--outdir", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Path:
    """A new environment with the wheel in it; that pip installs as well is what `test_readme.py` and the zip show."""
    folder = tmp_path_factory.mktemp("environment")
    venv.EnvBuilder(symlinks=True).create(folder)
    python = folder / "bin" / "python"
    _run(*_INSTALL, "--python", python, wheel)
    return python


def _try(home: Path, command: list[object], **more: str) -> None:
    """What a user does first; where an upload needs nothing compiled, nothing is kept."""
    home.mkdir()
    file = home / "a.txt"
    file.write_text("hello")
    settings = {"HOME": str(home), **more}
    url = _run(*command, "upload", file, "--provider", "local", **settings).strip()
    assert Path(url.removeprefix("file://")).read_text() == "hello"
    assert "https://x0.at/" in _run(*command, "upload", file, "--provider", "x0at", "--dry-run", **settings)
    assert not (home / ".cache").exists()
    assert "all valid" in _run(*command, "validate-spec", **settings)
    assert "x0.at" in _run(*command, "upload_provider", "list", **settings)


def test_the_wheel_works(python: Path, tmp_path: Path) -> None:
    _try(tmp_path / "user", [python.with_name("twat-fs")])


#: What the plugin host `twat` does for `twat.fs`, which a program of its users then calls.
_AS_HOST = """
import sys
from importlib.metadata import entry_points
(found,) = [each for each in entry_points(group="twat.plugins") if each.name == "fs"]
fs = found.load()
print(fs.upload_file(sys.argv[1], "local", fs.UploadOptions(unique=True)))
"""


def test_the_plugin_is_found_by_its_entry_point_and_uploads(python: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("hello")
    url = _run(python, "-c", _AS_HOST, file, HOME=str(tmp_path)).strip()
    assert Path(url.removeprefix("file://")).read_text() == "hello"


def test_the_real_host_runs_the_command_line_as_its_plugin(python: Path, tmp_path: Path) -> None:
    # Its other requirements are those of other plugins.
    _run(*_INSTALL, "--no-deps", "--python", python, "--target", tmp_path / "host", "twat==2.7.18")
    host = [python, "-c", "import twat; twat.main()"]
    surroundings = {"HOME": str(tmp_path), "PYTHONPATH": str(tmp_path / "host")}
    assert _run(*host, "fs", "--version", **surroundings) == _run(python.with_name("twat-fs"), "--version")
    file = tmp_path / "a.txt"
    file.write_text("hello")
    url = _run(*host, "fs", "upload", file, "--provider", "local", **surroundings).strip()
    assert Path(url.removeprefix("file://")).read_text() == "hello"
    wrong = [str(word) for word in (*host, "fs", "nonsense")]
    done = subprocess.run(wrong, env={**_ENVIRONMENT, **surroundings}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: twat fs ")


def test_the_wheel_has_the_manual_page(python: Path) -> None:
    pages = python.parent.parent / "share" / "man" / "man1"
    assert ".TH TWAT" in (pages / "twat-fs.1").read_text()
    assert (pages / "file2url.1").read_text() == ".so man1/twat-fs.1\n"


def test_a_zip_of_the_wheel_works(python: Path, wheel: Path, tmp_path: Path) -> None:
    site = _run(python, "-c", "import twat_fs; print(twat_fs.__file__)")
    zipped = "import sys; sys.path[:0] = [sys.argv.pop(1)]; from twat_fs.__main__ import run; run()"
    _try(tmp_path / "user", [python, "-c", zipped, wheel])
    found = "import sys; sys.path[:0] = [sys.argv.pop(1)]; import twat_fs; print(twat_fs.__file__)"
    assert _run(python, "-c", found, wheel) != site


def test_one_file_with_all_that_it_needs_works(python: Path, wheel: Path, tmp_path: Path) -> None:
    """As docs/surroundings.md makes it, but of this wheel."""
    made = tmp_path / "twat-fs.pyz"
    words = ["--console-script", "twat-fs", "--output-file", made, wheel]
    _run(sys.executable, "-m", "shiv", *words, PIP_DISABLE_PIP_VERSION_CHECK="1")
    bare = tmp_path / "bare"
    venv.EnvBuilder(symlinks=True).create(bare)
    _try(tmp_path / "user", [bare / "bin" / "python", made], SHIV_ROOT=str(tmp_path / "shiv"))


def test_the_wheel_holds_nothing_but_the_package(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert all(name.startswith(("twat_fs/", "twat_fs-")) for name in names)
    assert {name.rsplit("/", 1)[-1][:-5] for name in names if name.startswith("twat_fs/providers.d/")} == {
        path.stem for path in (ROOT / "providers.d").glob("*.yaml")
    }
