"""The contract, over every bundled http spec: a new one is under it as soon as its file is there. Over TLS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.contract import authority
from tests.contract.bundled import CATALOG, NAMES
from twat_fs.testing.example_contract import ExampleContract

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

    import pytest


class OverTls(ExampleContract):
    """The bundled specs speak to https hosts."""

    def tls(self) -> ssl.SSLContext:
        return authority.CONTEXT

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().prepare(folder, monkeypatch)
        monkeypatch.setenv("SSL_CERT_FILE", authority.FILE)


def _path(name: str) -> str:
    entry = CATALOG.entry(name)
    assert entry is not None
    return entry.path


def test_every_bundled_provider_is_under_the_contract() -> None:
    python = {"local", "s3", "dropbox"}  # in the modules beside this one
    assert {entry.name for entry in CATALOG.entries()} == python | set(NAMES)


for _name in NAMES:
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (OverTls,), {"path": _path(_name)})
