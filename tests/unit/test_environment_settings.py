"""What the environment and the switches say: times, folders, proxies, certificates."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs.environment import settings
from twat_fs.errors import UsageError
from twat_fs.registry import Registry

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(("value", "seconds"), [("", None), ("5", 5.0), ("0.5", 0.5)])
def test_a_timeout_is_read(value: str, seconds: float | None) -> None:
    assert settings({"TWAT_FS_TIMEOUT": value}).timeout == seconds


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "inf", "1e9", "5s"])
def test_a_timeout_that_is_none_is_wrong_usage(value: str) -> None:
    with pytest.raises(UsageError, match="TWAT_FS_TIMEOUT="):
        settings({"TWAT_FS_TIMEOUT": value})


def test_a_switch_comes_before_the_variable() -> None:
    assert settings({"TWAT_FS_TIMEOUT": "5"}, timeout=7.0).timeout == 7.0


def test_folders_come_in_their_order(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": "/c", "TWAT_FS_PROVIDERS_D": "/one::/two"}
    found = settings(environ, providers_d=[str(tmp_path)])
    assert found.folders == ("/c/twat-fs/providers.d", "/one", "/two", str(tmp_path))


def test_the_current_folder_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "providers.d").mkdir()
    for folder in (tmp_path, tmp_path / "providers.d"):
        (folder / "lying-about.yaml").write_text(f"spec: 1\nname: lying-about\ntitle: T\n{form('https://h.example')}")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="there is no provider `lying-about`"):
        Registry(settings({"HOME": str(tmp_path / "none")})).provider("lying-about")


@pytest.mark.parametrize("home", ["", ".", "~"])
def test_a_relative_path_is_no_base_folder(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "home")  # which `~` stands for
    found = settings({"HOME": home, **{f"XDG_{kind}_HOME": "here" for kind in ("CONFIG", "CACHE", "DATA")}})
    places = [*found.folders, found.cache, found.data, found.config_file]
    assert all(str(place).startswith(f"{os.devnull}/") for place in places), places


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        settings({}, providers_d=[str(tmp_path / "none")])


@pytest.mark.parametrize(
    ("environ", "proxies"),
    [
        ({}, {}),
        ({"HTTPS_PROXY": "http://p:1"}, {"https": "http://p:1"}),
        ({"https_proxy": "http://q:1", "HTTPS_PROXY": "http://p:1"}, {"https": "http://q:1"}),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "a"}, {"all": "http://p:1", "no_proxy": "a"}),
        ({"HTTP_PROXY": "http://p:1"}, {"http": "http://p:1"}),
        ({"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, {}),
    ],
)
def test_proxies_come_from_the_usual_variables(environ: dict[str, str], proxies: dict[str, str]) -> None:
    assert settings(environ).proxies == proxies


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_authorities_come_from_the_usual_variables(variable: str) -> None:
    assert settings({variable: "/ca"}).ca_file == "/ca"
    assert settings({variable: "/ca"}, ca_file="/own").ca_file == "/own"
