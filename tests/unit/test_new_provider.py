"""What `twat-fs new-provider` writes passes as it is written, and uploads."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED
from twat_fs.cli.new_provider import KINDS, files
from twat_fs.errors import UsageError
from twat_fs.testing.fake_host import FakeHost
from twat_fs.testing.hosts import FormHost, KeyedHost

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli


def written(run_cli: Cli, kind: str) -> Path:
    folder = run_cli.home / "new"
    answer = run_cli("new-provider", "my-host", "--kind", kind, "--out", folder)
    assert answer.code == 0, answer
    assert [os.path.basename(line) for line in answer.out.splitlines()] == [
        "my_host_provider.py",
        "my-host.yaml",
        "test_my_host_provider.py",
    ]
    return folder


@pytest.mark.parametrize("kind", KINDS)
def test_the_card_is_valid(run_cli: Cli, kind: str) -> None:
    assert "all valid" in run_cli("validate-spec", written(run_cli, kind)).out


@pytest.mark.parametrize("kind", KINDS)
def test_the_test_passes(run_cli: Cli, kind: str) -> None:
    folder = written(run_cli, kind)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--rootdir",
        str(folder),
    ]
    done = subprocess.run([*command, str(folder)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_it_uploads(run_cli: Cli, kind: str) -> None:
    folder = written(run_cli, kind)
    with FakeHost(KeyedHost(token=PLANTED) if kind == "authenticated" else FormHost(key="url")) as host:
        env = {"MY_HOST_URL": host.url, "MY_HOST_API_KEY": PLANTED}
        answer = run_cli.upload(
            run_cli.file(), "--providers-d", str(folder), "--check", "hash", provider="my-host", env=env
        )
    assert answer.url == f"{host.url}/files/1"


def test_without_its_key_it_is_not_configured(run_cli: Cli) -> None:
    folder = written(run_cli, "authenticated")
    answer = run_cli.upload(run_cli.file(), "--providers-d", str(folder), provider="my-host")
    assert (answer.code, "MY_HOST_API_KEY" in answer.err) == (3, True)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_clean(run_cli: Cli, kind: str) -> None:
    folder = written(run_cli, kind)
    for words in (["check", "--select", "E,F,I,B,UP", "--line-length", "120"], ["format", "--check"]):
        command = [sys.executable, "-m", "ruff", *words, "--isolated", "--no-cache", str(folder)]
        if words[0] == "format":
            command += ["--line-length", "120"]
        # In the folder, so that the module beside the test counts as its own.
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_overwritten(run_cli: Cli) -> None:
    folder = written(run_cli, "simple")
    (folder / "my-host.yaml").unlink()
    answer = run_cli("new-provider", "my-host", "--out", folder)
    assert (answer.code, "there already" in answer.err, (folder / "my-host.yaml").exists()) == (2, True, False)


@pytest.mark.parametrize("name", ["", "My", "../x", "a b", "-x", "a" * 33])
def test_a_name_that_no_provider_may_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        files(name, "simple")


@pytest.mark.parametrize(
    ("name", "module"), [("json", "json_provider"), ("0x0", "p0x0_provider"), ("a-b", "a_b_provider")]
)
def test_a_module_can_be_imported_and_hides_none(name: str, module: str) -> None:
    assert f"{module}.py" in files(name, "simple")
