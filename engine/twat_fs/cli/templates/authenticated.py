"""A provider with a key: ask for an address, PUT the file there, make the URL from an id."""

from __future__ import annotations

from twat_fs.cli.templates import Template

_MODULE = '''\
"""Uploads to @NAME@ with a key: an address is asked for, the file is PUT there."""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO

from twat_fs.environment import current
from twat_fs.upload_providers.core import BaseProvider, UploadResult
from twat_fs.upload_providers.protocols import ProviderHelp

PROVIDER_HELP: ProviderHelp = {
    "setup": 'Make a key in the dashboard, then: export @ENV@_API_KEY="the key"',
    "deps": "",
}


class @CLASS@(BaseProvider):
    """What the host's API page says."""

    provider_name = "@NAME@"
    base_url = "https://@NAME@.example/v1"
    # Further hosts that the second request may go to: `name:port`, `*.name:port`.
    allow_hosts = ()

    def __init__(self, api_key: str, base_url: str = "") -> None:
        super().__init__()
        self.base_url = base_url or self.base_url
        self.headers = {"Authorization": f"Bearer {api_key}"}

    def upload_file_impl(self, file: BinaryIO) -> UploadResult:
        """Ask, PUT, and make the URL."""
        begun = self._asked("POST", f"{self.base_url}/upload/init", json={"filename": file.name})
        done = self._asked("PUT", begun["upload_url"], raw=file)
        file_id = str(done["file_id"])
        return UploadResult(f"{self.base_url}/files/{file_id}", {"file_id": file_id})

    def _asked(self, method: str, url: str, **request: Any) -> Any:
        return json.loads(self.send(method, url, headers=self.headers, **request).body)


def get_credentials() -> dict[str, str] | None:
    """The key, from the environment or from `twat-fs login`, or None where there is none."""
    key = current().environ.get("@ENV@_API_KEY", "").removesuffix("\\n")
    return {"api_key": key} if key else None


def get_provider() -> @CLASS@ | None:
    """The provider, or None without a key; @ENV@_URL names another host."""
    credentials = get_credentials()
    if credentials is None:
        return None
    return @CLASS@(**credentials, base_url=os.getenv("@ENV@_URL", ""))
'''

_CARD = """\
spec: 1
name: @NAME@
title: @NAME@
kind: python
module: @MODULE@
setup: |
  1. Make a key in the dashboard
  2. export @ENV@_API_KEY="the key"
capabilities:
  check: get
credentials:
  @ENV@_API_KEY: {help: The key from the dashboard.}
"""

_TEST = '''\
"""@NAME@ keeps the contract of every provider, against a host on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest
from twat_fs.testing.contract import KeyedHost, ProviderContract, Traits
from twat_fs.validation import validate

import @MODULE@


class Test@CLASS@(ProviderContract):
    """Each test of the contract is one sentence; `pytest -v` prints them."""

    traits = Traits(credentials={"@ENV@_API_KEY": "a-good-key"}, trims=True)

    def make(self, url: str) -> @MODULE@.@CLASS@:
        return @MODULE@.@CLASS@("a-good-key", url)

    def host(self) -> KeyedHost:
        return KeyedHost(token="a-good-key")

    def from_environment(self, url: str) -> @MODULE@.@CLASS@ | None:
        with pytest.MonkeyPatch.context() as changed:
            changed.setenv("@ENV@_URL", url)
            return @MODULE@.get_provider()


def test_the_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("@ENV@_API_KEY", raising=False)
    assert @MODULE@.get_credentials() is None
    monkeypatch.setenv("@ENV@_API_KEY", "a-good-key")
    assert @MODULE@.get_credentials() == {"api_key": "a-good-key"}


def test_the_card_is_valid() -> None:
    card = Path(__file__).with_name("@NAME@.yaml")
    assert list(validate(card.read_bytes(), card.name, card.stem).problems) == []
'''

TEMPLATE = Template(_MODULE, _CARD, _TEST)
