"""What is not needed is not imported: seen in a fresh interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import form
from twat_fs.testing.fake_host import FakeHost, Play, Store

_RUN = """
import json, os, sys
os._exit = sys.exit  # the command leaves at once, and we want to look around first
sys.argv = {words}
from twat_fs.__main__ import run
try:
    run()
except SystemExit as end:
    code = end.code or 0
else:
    code = 0
print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""
HEAVY = {
    "jsonschema",
    "jinja2",
    "yaml",
    "boto3",
    "botocore",
    "dropbox",
    "aiohttp",
    "vcr",
    "pytest",
    "keyring",
    "tomlkit",
}


def modules(*words: str, code: int = 0) -> set[str]:
    """What a command has loaded at its end: top-level modules, and all of ours."""
    script = _RUN.format(words=repr(["twat-fs", *words]))
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"]}
    done = subprocess.run([sys.executable, "-c", script], env=environ, capture_output=True, text=True, check=False)
    ended, loaded = json.loads(done.stderr.splitlines()[-1])
    assert ended == code, done
    return {name if name.startswith("twat_fs.") else name.partition(".")[0] for name in loaded}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_bytes(b"hello")
    return tmp_path


def upload(place: Path, host: FakeHost, code: int = 0) -> set[str]:
    """A second upload by a spec: it is compiled by then."""
    (place / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: T\n{form(host, more='capabilities: {check: get}')}")
    command = ["upload", str(place / "a.txt"), "-p", "mine", "--providers-d", str(place)]
    modules(*command, code=code)
    return modules(*command, code=code)


def test_a_plain_upload_loads_no_compiler_and_no_sdk(place: Path) -> None:
    with FakeHost(Store()) as host:
        loaded = upload(place, host)
        assert len([seen for seen in host.requests if seen.method == "POST"]) == 2
    assert not HEAVY & loaded
    assert sorted({"re2", "asyncio", "tomllib", "tomli"} & loaded) == []


def test_a_plain_upload_loads_no_other_command_and_no_query_language(place: Path) -> None:
    with FakeHost([Play(200, b'{"a": {"b": "https://h.example/x"}}')] * 2) as host:
        spec = form(host).replace("{text: true}", "a.b")
        assert "a.b" in spec
        (place / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: T\n{spec}")
        command = ["upload", str(place / "a.txt"), "-p", "mine", "--providers-d", str(place), "--no-check"]
        modules(*command)
        loaded = modules(*command)
    others = {name for name in loaded if name.startswith("twat_fs.cli.") and name.endswith("_commands")}
    assert not others | {"jmespath", "concurrent"} & loaded


def test_an_upload_with_a_config_file_loads_what_reads_it_and_no_more(
    place: Path,
) -> None:
    folder = Path(os.environ["HOME"]) / ".config" / "twat-fs"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text("jobs = 2\n[providers.mine]\n")
    with FakeHost(Store()) as host:
        loaded = upload(place, host)
    assert {"tomllib", "tomli"} & loaded
    assert not HEAVY & loaded


def test_a_first_upload_loads_the_compiler(place: Path) -> None:
    with FakeHost(Store()) as host:
        (place / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: T\n{form(host)}")
        command = ["upload", str(place / "a.txt"), "-p", "mine", "--providers-d", str(place)]
        assert {"yaml", "jinja2", "jsonschema"} <= modules(*command)


def test_a_failing_upload_loads_no_compiler(place: Path) -> None:
    with FakeHost([Play(404)]) as host:
        assert not HEAVY & upload(place, host, code=4)


def test_a_plain_upload_reads_no_json_that_it_need_not(place: Path) -> None:
    with FakeHost(Store()) as host:
        assert "jmespath" not in upload(place, host)


@pytest.mark.parametrize("words", [["--version"], ["version"]])
def test_the_version_loads_next_to_nothing(words: list[str]) -> None:
    loaded = modules(*words)
    assert not {"click", "requests", "urllib3", "logging", *HEAVY} & loaded


def test_help_loads_neither_client_nor_compiler() -> None:
    assert not {"requests", "urllib3", *HEAVY} & modules("--help")


def test_validating_a_spec_loads_no_client(place: Path) -> None:
    (place / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: T\n{form('https://h.example')}")
    loaded = modules("validate-spec", str(place / "mine.yaml"))
    assert {"yaml", "jsonschema"} <= loaded
    assert not {"requests", "urllib3", "http"} & loaded


@pytest.mark.parametrize("words", [["upload_provider", "list"], ["upload_provider", "show", "catbox"]])
def test_asking_what_is_there_loads_no_client(words: list[str]) -> None:
    modules(*words)
    assert not {"requests", "urllib3", "boto3", "dropbox"} & modules(*words)


def test_a_dry_run_loads_no_client(place: Path) -> None:
    modules("upload", "--dry-run", str(place / "a.txt"), "-p", "catbox")
    loaded = modules("upload", "--dry-run", str(place / "a.txt"), "-p", "catbox")
    assert not {"requests", "urllib3", *HEAVY} & loaded


def test_importing_the_package_loads_next_to_nothing() -> None:
    script = "import sys, twat_fs; print(*sorted(name for name in sys.modules if name.startswith('twat_fs')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["twat_fs", "twat_fs._version"]
