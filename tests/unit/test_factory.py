"""Providers as modules and as clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs import PROVIDERS_PREFERENCE, ProviderFactory, setup_provider, setup_providers
from twat_fs.errors import NotConfigured, TooLarge, UsageError
from twat_fs.testing.fake_host import FakeHost, Store
from twat_fs.upload_providers import local
from twat_fs.upload_providers.protocols import ProviderClient, Transfer

if TYPE_CHECKING:
    from pathlib import Path

KEYED = """\
spec: 1
name: keyed
title: Keyed
setup: Set KEY.
deps: nothing
capabilities: {max_file_size: 4}
credentials: {KEY: {}}
options: {expires: {type: duration, default: 1h}}
request: {url: "https://host.example/", raw: "{{ file }}", headers: {X-Key: "{{ credentials.KEY }}"}}
result: {url: {text: true}}
"""


@pytest.fixture(autouse=True)
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "keyed.yaml").write_text(KEYED)
    monkeypatch.setenv("TWAT_FS_PROVIDERS_D", str(folder))
    return folder


def test_a_python_provider_gives_its_own_module() -> None:
    assert ProviderFactory.get_provider_module("local") is local


def test_a_spec_has_the_shape_of_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ProviderFactory.get_provider_module("keyed")
    assert module.PROVIDER_HELP == {"setup": "Set KEY.", "deps": "nothing"}
    assert (module.get_credentials(), module.get_provider()) == (None, None)
    monkeypatch.setenv("KEY", "secret")
    assert module.get_credentials() == {"KEY": "secret"}
    again = ProviderFactory.get_provider_module("keyed")
    assert isinstance(again.get_provider(), ProviderClient)
    assert isinstance(again.get_provider(), Transfer)


def test_a_name_that_nobody_has_is_wrong_usage() -> None:
    for make in (ProviderFactory.get_provider_module, ProviderFactory.create_provider, setup_provider):
        with pytest.raises(UsageError, match="nobody"):
            make("nobody")


def test_a_provider_that_is_not_configured_says_what_is_missing() -> None:
    with pytest.raises(NotConfigured, match="KEY is not set"):
        ProviderFactory.create_provider("keyed")


def test_a_spec_uploads_as_a_client_does(specs: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with FakeHost(Store()) as host:
        (specs / "plain.yaml").write_text(f"spec: 1\nname: plain\ntitle: Plain\n{form(host)}")
        result = ProviderFactory.create_provider("plain").upload_file(tmp_path / "a.txt")
    assert result == f"{host.url}/stored/0/a.txt"
    assert result.metadata["provider"] == "plain"


def test_capabilities_and_limit_come_from_the_spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "secret")
    client = ProviderFactory.create_provider("keyed")
    told = client.get_capabilities()
    assert (told["max_file_size"], told["auth_required"], told["supported_types"]) == (4, True, ["*"])
    assert (told["features"]["expiration"], told["features"]["folders"]) == (True, False)
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(TooLarge):
        client.upload_file(tmp_path / "a.txt")


def test_a_python_provider_is_made_with_what_its_card_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWAT_FS_LOCAL_DIR", str(tmp_path / "shown"))
    monkeypatch.setenv("TWAT_FS_LOCAL_BASE_URL", "https://files.example/")
    (tmp_path / "a.txt").write_text("hello")
    client = ProviderFactory.create_provider("local")
    assert client.upload_file(tmp_path / "a.txt") == "https://files.example/a.txt"
    assert (tmp_path / "shown" / "a.txt").read_text() == "hello"
    assert client.get_capabilities()["features"]["folders"] is True


def test_readiness_is_told_without_raising() -> None:
    info = setup_provider("keyed")
    assert (info.success, info.help_info["setup"]) == (False, "Set KEY.")
    assert "KEY" in info.reason
    assert setup_provider("local").success


def test_several_are_told_at_once() -> None:
    assert {name: info.success for name, info in setup_providers("[local, keyed]").items()} == {
        "local": True,
        "keyed": False,
    }
    assert list(setup_providers()) == PROVIDERS_PREFERENCE


def test_a_broken_python_provider_is_not_ready(specs: Path) -> None:
    (specs / "broken.yaml").write_text("spec: 1\nname: broken\ntitle: Broken\nkind: python\nmodule: not_there\n")
    info = setup_provider("broken")
    assert (info.success, "not_there" in info.reason) == (False, True)
