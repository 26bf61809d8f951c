"""The contract, over every bundled http spec: a new one is under it as soon as its file is there. Over TLS."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import trustme

from tests.contract.bundled import CATALOG, NAMES
from twat_fs.testing.example_contract import ExampleContract

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_AUTHORITY = trustme.CA()
_CONTEXT = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
_AUTHORITY.issue_cert("127.0.0.1").configure_cert(_CONTEXT)


class OverTls(ExampleContract):
    """The bundled specs speak to https hosts."""

    def tls(self) -> ssl.SSLContext:
        return _CONTEXT

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().prepare(folder, monkeypatch)
        authority = folder / "authority.pem"
        _AUTHORITY.cert_pem.write_to_path(str(authority))
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))


def _path(name: str) -> str:
    entry = CATALOG.entry(name)
    assert entry is not None
    return entry.path


for _name in NAMES:
    globals()[f"Test_{_name}"] = type(f"Test_{_name}", (OverTls,), {"path": _path(_name)})
