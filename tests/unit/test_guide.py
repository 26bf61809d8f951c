"""Every block of the provider guide runs; the API reference is what the docstrings say."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import ROOT
from twat_fs.errors import RetryableError
from twat_fs.spec.load import load
from twat_fs.testing.contract import KeyedHost, ProviderContract, SpecContract, Traits
from twat_fs.testing.fake_host import FakeHost, Play, Seen
from twat_fs.testing.hosts import FormHost, as_json

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = (ROOT / "docs" / "provider-guide.md").read_text(encoding="utf-8")
_SECTIONS: dict[str, str] = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL))
KEY = {"KEYEDFILES_API_KEY": "a-good-key"}


def blocks(kind: str) -> list[tuple[str, str]]:
    """The section and the text of each block of a kind."""
    found = rf"^```{kind}\n(.*?)^```$"
    return [
        (title, text)
        for title, section in _SECTIONS.items()
        for text in re.findall(found, section, re.MULTILINE | re.DOTALL)
    ]


PYTHON = dict(blocks("python"))


def run(section: str, **names: Any) -> dict[str, Any]:
    """The names that a section's block defines."""
    space: dict[str, Any] = {"__name__": "block", **names}
    exec(compile(PYTHON[section], f"provider-guide.md: {section}", "exec", dont_inherit=True), space)
    return space


def at(provider: Any, host: FakeHost) -> Any:
    """The provider, sending to a host on loopback: the one thing that is changed."""
    provider.base_url = host.url
    return provider


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a.txt"
    file.write_bytes(b"hello" * 1000)
    return file


def test_the_decision_stands_first() -> None:
    assert next(iter(_SECTIONS)) == "YAML or Python?"


class TestTheSimpleOne(ProviderContract):
    def make(self, url: str) -> Any:
        provider = run("A simple provider")["get_provider"]()
        provider.base_url = url
        return provider

    def host(self) -> FormHost:
        return FormHost(key="url")


class TestTheOneWithAKey(ProviderContract):
    traits = Traits(credentials=KEY)

    def make(self, url: str) -> Any:
        provider = run("A provider with a key")["get_provider"]()
        if provider is not None:
            provider.base_url = url
        return provider

    def host(self) -> KeyedHost:
        return KeyedHost(token="a-good-key")


class TestTheSameAsASpec(SpecContract):
    traits = Traits(credentials=KEY, trims=True)
    name = "keyedfiles"

    def host(self) -> KeyedHost:
        return KeyedHost(token="a-good-key")

    def spec(self, url: str) -> str:
        (text,) = [text for title, text in blocks("yaml") if title == "YAML or Python?"]
        named = text.replace("https://api.files.example", url)
        return named.replace("allow_hosts: [api.files.example]", "retry: {initial: 0s}")


class TestTheAsyncOne(ProviderContract):
    def make(self, url: str) -> Any:
        provider = run("An async provider")["AsyncFiles"]()
        provider.base_url = url
        return provider

    def host(self) -> FormHost:
        return FormHost(key="url")


def test_the_async_one_works_awaited(path: Path) -> None:
    with FakeHost(FormHost(key="url")) as host:
        provider = at(run("An async provider")["AsyncFiles"](), host)
        assert asyncio.run(provider.async_upload_file(path)) == f"{host.url}/files/1"


def test_a_file_goes_in_pieces(path: Path) -> None:
    got: list[bytes] = []

    def script(seen: Seen) -> Play:
        if seen.method == "PUT":
            got.append(seen.body)
            return Play(200, headers=[("ETag", f"tag-{len(got)}")])
        return as_json({"id": "upload-1", "url": f"{seen.origin}/files/1"})

    with FakeHost(script) as host:
        provider = at(run("In pieces")["PieceFiles"](), host)
        provider.piece_size = 2000
        result = provider.upload_file(path)
    assert (b"".join(got), result.metadata["pieces"]) == (path.read_bytes(), 3)
    assert json.loads(host.requests[-1].body) == {"parts": ["tag-1", "tag-2", "tag-3"]}
    assert provider.get_capabilities()["features"]["chunked"] is True


def test_progress_is_told_by_the_provider_alone(path: Path) -> None:
    told: list[tuple[int, int]] = []
    with FakeHost() as host:
        provider = at(run("Progress")["CountingFiles"](), host)
        provider.upload_file(path, progress_callback=lambda *now: told.append(now))
        assert provider.upload_file(path)
    assert told == [(1024, 5000), (2048, 5000), (3072, 5000), (4096, 5000), (5000, 5000)]


def test_capabilities_are_told() -> None:
    told = run("Capabilities")["ImageFiles"].get_capabilities()
    assert (told["supported_types"], told["auth_required"], told["max_file_size"]) == (["image/*"], True, 5_000_000_000)
    assert (told["features"]["resumable"], told["features"]["chunked"]) == (True, False)


def test_options_reach_the_transfer(path: Path) -> None:
    with FakeHost() as host:
        at(run("Options")["OptionFiles"](), host).upload_file(path, storage_class="COLD")
    seen = host.requests[0]
    assert (seen.header("X-Storage-Class"), seen.header("X-Acl"), seen.body) == ("COLD", "private", path.read_bytes())


def pytest_in(folder: Path, *words: str) -> str:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "-rs"]
    done = subprocess.run(
        [*command, "--strict-markers", f"--rootdir={folder}", *words, str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_of_the_guide_pass(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "plainfiles.py").write_text(PYTHON["A simple provider"])
    (folder / "providers.d").mkdir()
    shutil.copy(ROOT / "providers.d" / "catbox.yaml", folder / "providers.d")
    texts = [text for title, text in blocks("python") if title in ("Testing your provider", "The mock")]
    for number, text in enumerate(texts):
        (folder / f"test_{number}.py").write_text(text)
    (folder / "test_plugin.py").write_text(
        "def test_the_fixtures(fake_host, mock_provider):\n    assert fake_host.url and mock_provider().upload_file\n"
    )
    printed = pytest_in(folder)
    assert re.search(r"\d\d passed, 1 skipped", printed), printed
    assert "KEYEDFILES_API_KEY is not set" in printed


def test_the_card_of_the_guide_uploads(run_cli: Any, tmp_path: Path) -> None:
    (card,) = [text for title, text in blocks("yaml") if title == "Publishing"]
    assert load(card.encode()).data["module"] == "plainfiles"
    with FakeHost(FormHost(key="url")) as host:
        (run_cli.specs / "plainfiles.yaml").write_text(card)
        module = PYTHON["A simple provider"].replace("https://files.example", host.url)
        (run_cli.specs / "plainfiles.py").write_text(module)
        assert run_cli.upload(run_cli.file(), "--check", "hash", provider="plainfiles").url == f"{host.url}/files/1"


def test_every_block_of_the_guide_has_a_test() -> None:
    run_here = {"A simple provider", "A provider with a key", "An async provider", "In pieces", "Progress"}
    run_here |= {"Capabilities", "Options", "Testing your provider", "The mock"}
    assert {title for title, _ in blocks("python")} == run_here


def test_the_mock_fails_as_it_is_told(path: Path) -> None:
    mock = run("The mock")["MockProvider"]
    with pytest.raises(RetryableError):
        mock(should_fail=True, error_type="retryable").upload_file(path)


def test_the_entry_point_group_is_the_one_that_is_asked() -> None:
    from twat_fs.entry_points import GROUP

    (text,) = [text for _, text in blocks("toml")]
    assert f'"{GROUP}"' in text


def test_the_api_reference_is_up_to_date() -> None:
    command = [sys.executable, str(ROOT / "docs" / "api_reference.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
