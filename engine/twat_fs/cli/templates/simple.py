"""A provider without credentials: one form, one JSON reply."""

from __future__ import annotations

from twat_fs.cli.templates import Template

_MODULE = '''\
"""Uploads to @NAME@: one form, and a JSON reply that holds the URL."""

from __future__ import annotations

import json
import os
from typing import Any, BinaryIO

from twat_fs.upload_providers.core import (
    SimpleProvider,
    UploadResult,
    convert_to_upload_result,
)
from twat_fs.upload_providers.protocols import ProviderHelp

PROVIDER_HELP: ProviderHelp = {"setup": "No setup required.", "deps": ""}


class @CLASS@(SimpleProvider):
    """What the host's API page says."""

    provider_name = "@NAME@"
    base_url = "https://@NAME@.example"
    max_file_size = 100 * 1000 * 1000

    def __init__(self, base_url: str = "") -> None:
        super().__init__()
        self.base_url = base_url or self.base_url

    def upload_file_impl(self, file: BinaryIO) -> UploadResult:
        """Send the form."""
        reply = self.send("POST", f"{self.base_url}/upload", multipart={"file": file})
        return convert_to_upload_result(json.loads(reply.body), provider=self.provider_name)


def get_credentials() -> dict[str, Any]:
    """None are needed."""
    return {}


def get_provider() -> @CLASS@:
    """The provider; @ENV@_URL names another host."""
    return @CLASS@(os.getenv("@ENV@_URL", ""))
'''

_CARD = """\
spec: 1
name: @NAME@
title: @NAME@
kind: python
module: @MODULE@
setup: No setup required.
capabilities:
  max_file_size: 100 MB
  check: get
"""

_TEST = '''\
"""@NAME@ keeps the contract of every provider, against a host on loopback."""

from __future__ import annotations

from pathlib import Path

from twat_fs.testing.contract import FormHost, ProviderContract
from twat_fs.validation import validate

import @MODULE@


class Test@CLASS@(ProviderContract):
    """Each test of the contract is one sentence; `pytest -v` prints them."""

    def make(self, url: str) -> @MODULE@.@CLASS@:
        return @MODULE@.@CLASS@(url)

    def host(self) -> FormHost:
        return FormHost(key="url")


def test_it_needs_no_credentials() -> None:
    assert @MODULE@.get_credentials() == {}


def test_the_card_is_valid() -> None:
    card = Path(__file__).with_name("@NAME@.yaml")
    assert list(validate(card.read_bytes(), card.name, card.stem).problems) == []
'''

TEMPLATE = Template(_MODULE, _CARD, _TEST)
