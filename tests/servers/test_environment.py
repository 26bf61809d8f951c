"""The environment of the servers is made once, however many ask, and says why where it cannot be made."""

from __future__ import annotations

import subprocess
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.servers import debian, environment

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.servers


def test_all_who_ask_at_once_get_the_same_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    def build(place: Path, requirements: Path, *, partly: bool) -> None:
        built.append(requirements)
        (place / "bin").mkdir(parents=True)

    monkeypatch.setattr(environment, "_build", build)
    requirements = tmp_path / "requirements.txt"
    requirements.touch()
    with ThreadPoolExecutor(8) as pool:
        folders = set(pool.map(lambda _: environment.prepared(requirements, tmp_path / "cache"), range(8)))
    assert len(folders) == 1
    assert built == [requirements]


def test_what_cannot_be_installed_is_told_in_the_words_of_pip_and_leaves_nothing(tmp_path: Path) -> None:
    requirements, cache = tmp_path / "requirements.txt", tmp_path / "cache"
    requirements.write_text("./no-such-server\n")
    with pytest.raises(environment.CannotPrepare, match="no-such-server"):
        environment.prepared(requirements, cache)
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_what_npm_cannot_install_is_told_in_its_words_and_leaves_nothing(tmp_path: Path) -> None:
    package, cache = tmp_path / "node", tmp_path / "cache"
    package.mkdir()
    (package / "package.json").write_text('{"dependencies": {"no-such-server": "file:./no-such-server.tgz"}}')
    with pytest.raises(environment.CannotPrepare, match=r"npm could not install|no npm"):
        environment.prepared_node(package, cache)
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_packages_that_cannot_be_fetched_are_missing_and_leave_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages, cache, programs = tmp_path / "packages.txt", tmp_path / "cache", tmp_path / "programs"
    packages.write_text("# a comment\nno-such-server  # a package\n")
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    assert debian.missing(packages, cache) == {"no-such-server": "there is no apt-get"}
    for name in ("apt-get", "dpkg-deb"):
        (programs / name).write_text("#!/bin/sh\necho E: Unable to locate package no-such-server >&2\nexit 100\n")
        (programs / name).chmod(0o755)
    assert "Unable to locate package" in debian.missing(packages, cache)["no-such-server"]
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


def test_what_can_be_installed_is_there_where_something_else_cannot(tmp_path: Path) -> None:
    here, requirements, package = tmp_path / "here-1-py3-none-any.whl", tmp_path / "requirements.txt", tmp_path / "node"
    with zipfile.ZipFile(here, "w") as wheel:
        wheel.writestr("here.py", "")
        wheel.writestr("here-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: here\nVersion: 1\n")
        wheel.writestr("here-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("here-1.dist-info/RECORD", "")
    requirements.write_text(f"{here}  # it is there\n./not-there\n")
    package.mkdir()
    (package / "package.json").write_text("{}")
    found = environment.missing(requirements, package, tmp_path / "cache")
    assert found.keys() - {environment.NODE} == {"./not-there"}
    assert found == environment.missing(requirements, package, tmp_path / "cache")
    python = environment.prepared(requirements, tmp_path / "cache") / "python"
    subprocess.run([str(python), "-c", "import here"], check=True)


def test_a_server_that_is_missing_is_tolerated_but_where_all_must_be_there() -> None:
    found = {"bepasty": "it could not be installed"}
    assert environment.tolerated(found, {}) == found
    assert environment.tolerated({}, {"CI": "true"}) == {}
    with pytest.raises(environment.CannotPrepare, match="it could not be installed"):
        environment.tolerated(found, {"CI": "true"})
