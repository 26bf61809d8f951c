"""Modules of Python providers: beside their card, installed, behind an entry point, missing, broken."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import registry
from twat_fs.errors import BadReply, NotConfigured, UsageError
from twat_fs.source import Source
from twat_fs.upload import UploadOptions, async_upload_file, upload_file
from twat_fs.upload_providers.loading import sent_by
from twat_fs.upload_providers.protocols import Call

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli

CARD = "spec: 1\nname: mine\ntitle: Mine\nkind: python\nmodule: {module}\ncapabilities: {{check: none}}\n"
MODULE = """\
from twat_fs.upload_providers.core import SimpleProvider, UploadResult

PROVIDER_HELP = {"setup": "Set MINE.", "deps": "minelib"}

class Mine(SimpleProvider):
    provider_name = "mine"
    def upload_file_impl(self, file, tag=""):
        return UploadResult(f"https://host.example/{file.name}", {"content": file.read().decode(), "tag": tag})

def get_credentials():
    return {}

def get_provider():
    return Mine()
"""


@pytest.fixture(autouse=True)
def forget() -> Any:
    """What a test has put on the path is not seen by the next."""
    before, path = set(sys.modules), list(sys.path)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - before:
        if name.startswith(("mine", "twat_fs_providers_d")):
            del sys.modules[name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a card."""
    found = tmp_path / "specs"
    found.mkdir()
    (found / "mine.yaml").write_text(CARD.format(module="mine_provider"))
    (tmp_path / "a.txt").write_text("hello")
    return found


def upload(folder: Path, name: str = "mine", **options: Any) -> Any:
    return upload_file(folder.parent / "a.txt", name, UploadOptions(providers_d=[str(folder)], check="none", **options))


def reason(folder: Path, module: str) -> NotConfigured:
    (folder / "mine_provider.py").write_text(module)
    found = registry(folder).provider("mine").not_ready()
    assert isinstance(found, NotConfigured)
    assert found.provider == "mine"
    return found


def installed(tmp_path: Path, module: str = "mine_pack.host") -> Path:
    """A package with an entry point, on the path; returns its folder."""
    site = tmp_path / "site"
    (site / "mine_pack").mkdir(parents=True)
    (site / "mine_pack" / "__init__.py").write_text("raise RuntimeError('imported')\n")
    info = site / "mine_pack-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine-pack\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[twat_fs.providers]\nmine = {module}\nx0at = {module}\nBad Name = x\n")
    sys.path.insert(0, str(site))
    return site


def test_a_module_beside_its_card_uploads(folder: Path) -> None:
    (folder / "mine_provider.py").write_text(MODULE)
    result = upload(folder)
    assert (result.url, result.metadata["content"]) == ("https://host.example/a.txt", "hello")


def test_it_works_awaited_too(folder: Path) -> None:
    import asyncio

    (folder / "mine_provider.py").write_text(MODULE)
    options = UploadOptions(providers_d=[str(folder)], remote_path="b.txt")
    assert asyncio.run(async_upload_file(folder.parent / "a.txt", "mine", options)) == "https://host.example/b.txt"


def test_the_options_of_the_card_reach_it(folder: Path) -> None:
    (folder / "mine_provider.py").write_text(MODULE)
    with (folder / "mine.yaml").open("a") as card:
        card.write("options: {tag: {type: string, default: none, help: A tag.}}\n")
    assert upload(folder).metadata["tag"] == "none"
    assert upload(folder, options={"tag": "red"}).metadata["tag"] == "red"


def test_it_is_not_imported_until_it_is_chosen(folder: Path) -> None:
    (folder / "mine_provider.py").write_text("raise RuntimeError('imported')\n")
    assert "mine" in [entry.name for entry in registry(folder).catalog.entries()]
    assert registry(folder).provider("mine").spec.kind == "python"


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("import not_there_at_all\n", "not_there_at_all"),
        ("def broken(:\n", "SyntaxError"),
        ("raise RuntimeError('odd')\n", "RuntimeError: odd"),
        ("x = 1\n", "does not define get_provider"),
        ("def get_provider(): return None\nPROVIDER_HELP = {'setup': 'Set it up.'}\n", "is not configured"),
        ("def get_provider(): raise ValueError('no key')\n", "no key"),
        ("def get_provider(): import not_there_at_all\n", "not_there_at_all"),
    ],
)
def test_a_module_that_is_not_right_is_not_configured(folder: Path, module: str, words: str) -> None:
    assert words in reason(folder, module).message


def test_what_has_to_be_installed_is_named(folder: Path) -> None:
    assert reason(folder, "import not_there_at_all\n").hint == "pip install not_there_at_all"


def test_what_the_module_says_of_its_setup_is_the_hint(folder: Path) -> None:
    assert reason(folder, "def get_provider(): pass\nPROVIDER_HELP = {'setup': 'Set it.'}\n").hint == "Set it."


def test_a_module_that_was_mended_is_imported_again(folder: Path) -> None:
    reason(folder, "raise RuntimeError('odd')\n")
    (folder / "mine_provider.py").write_text(MODULE)
    assert upload(folder)


def test_any_object_with_upload_file_will_do(tmp_path: Path) -> None:
    class Foreign:
        provider_name = "foreign"
        url: Any = "https://host.example/a"

        def upload_file(self, path: str, remote_path: str, **_: Any) -> Any:
            return {"url": self.url, "metadata": {"seen": (path, remote_path)}}

    path = tmp_path / "a.txt"
    path.write_text("hello")
    with Source(path) as source:
        assert sent_by(Foreign(), source, Call("a.txt", "b.txt")).metadata["seen"] == (str(path), "b.txt")
        Foreign.url = None
        with pytest.raises(BadReply):
            sent_by(Foreign(), source, Call("a.txt", "b.txt"))


def test_an_entry_point_is_a_provider(folder: Path, tmp_path: Path) -> None:
    site = installed(tmp_path, "mine_pack_host")
    (site / "mine_pack_host.py").write_text(MODULE)
    (folder / "mine.yaml").unlink()
    assert upload(folder) == "https://host.example/a.txt"


def test_a_spec_wins_over_an_entry_point(folder: Path, tmp_path: Path) -> None:
    installed(tmp_path)
    (folder / "mine_provider.py").write_text(MODULE)
    assert upload(folder)
    assert registry(folder).provider("x0at").spec.kind == "http"


def test_an_entry_point_is_listed_without_being_imported(folder: Path, tmp_path: Path) -> None:
    installed(tmp_path)
    (folder / "mine.yaml").unlink()
    found = registry(folder)
    (entry,) = [entry for entry in found.catalog.entries() if entry.name == "mine"]
    assert entry.origin == "package mine-pack"
    assert found.provider("mine").spec.module == "mine_pack.host"
    assert "Bad Name" not in [entry.name for entry in found.catalog.entries()]


def test_a_card_beside_the_module_of_an_entry_point_is_read(folder: Path, tmp_path: Path) -> None:
    site = installed(tmp_path)
    (folder / "mine.yaml").unlink()
    (site / "mine_pack" / "mine.yaml").write_text(CARD.format(module="mine_pack.host"))
    assert registry(folder).provider("mine").spec.title == "Mine"


def test_an_entry_point_does_not_search_the_current_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(tmp_path, "mine_nowhere")
    (folder / "mine.yaml").unlink()
    (tmp_path / "mine_nowhere.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [item for item in sys.path if item not in ("", str(tmp_path))])
    assert registry(folder).provider("mine").not_ready() is not None


def test_an_unknown_name_is_compared_with_entry_points_too(folder: Path, tmp_path: Path) -> None:
    installed(tmp_path)
    (folder / "mine.yaml").unlink()
    with pytest.raises(UsageError) as caught:
        registry(folder).provider("minee")
    assert "`mine`" in caught.value.hint


def test_the_command_lists_and_uses_it(run_cli: Cli, tmp_path: Path) -> None:
    site = installed(tmp_path, "mine_pack_host")
    (site / "mine_pack_host.py").write_text(MODULE)
    path = {"PYTHONPATH": f"{run_cli.environment()['PYTHONPATH']}:{site}"}
    listed = run_cli("upload_provider", "list", env=path)
    assert "mine-pack 1.2" in next(line for line in listed.out.splitlines() if line.startswith("mine "))
    assert run_cli.upload(run_cli.file(), "--no-check", provider="mine", env=path).url == "https://host.example/a.txt"


def test_a_name_that_a_spec_has_does_not_ask_for_entry_points(run_cli: Cli) -> None:
    code = "import sys; from twat_fs.registry import Registry; Registry().provider('x0at'); "
    code += "print('importlib.metadata' in sys.modules)"
    assert run_cli.run([sys.executable, "-c", code]).out == "False\n"
