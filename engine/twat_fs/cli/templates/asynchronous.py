"""A provider that is a coroutine, on aiohttp."""

from __future__ import annotations

from twat_fs.cli.templates import Template
from twat_fs.cli.templates.simple import TEMPLATE as _SIMPLE

_MODULE = '''\
"""Uploads to @NAME@ on aiohttp: one form, and a JSON reply that holds the URL."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import aiohttp
from twat_fs.upload_providers.core import (
    AsyncBaseProvider,
    UploadResult,
    convert_to_upload_result,
)
from twat_fs.upload_providers.opened import watched
from twat_fs.upload_providers.protocols import ProviderHelp

if TYPE_CHECKING:
    from twat_fs.upload_providers.protocols import Progress

PROVIDER_HELP: ProviderHelp = {"setup": "No setup required.", "deps": "pip install aiohttp"}


class @CLASS@(AsyncBaseProvider):
    """What the host's API page says."""

    provider_name = "@NAME@"
    base_url = "https://@NAME@.example"
    max_file_size = 100 * 1000 * 1000

    def __init__(self, base_url: str = "") -> None:
        super().__init__()
        self.base_url = base_url or self.base_url

    async def async_upload_file(
        self,
        file_path: str | os.PathLike[str],
        remote_path: str | os.PathLike[str] | None = None,
        *,
        progress_callback: Progress | None = None,
        **options: Any,
    ) -> UploadResult:
        """Send the form; the path ends in the wanted name."""
        url = f"{self.base_url}/upload"
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=self.timeout)
        with watched(file_path, progress_callback) as file:
            form = aiohttp.FormData()
            form.add_field("file", file, filename=os.path.basename(file_path))
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(url, data=form, allow_redirects=False) as reply,
            ):
                self.judge("POST", url, reply.status, reply.headers, await reply.read())
                return convert_to_upload_result(await reply.json(), provider=self.provider_name)


def get_credentials() -> dict[str, Any]:
    """None are needed."""
    return {}


def get_provider() -> @CLASS@:
    """The provider; @ENV@_URL names another host."""
    return @CLASS@(os.getenv("@ENV@_URL", ""))
'''

TEMPLATE = Template(
    _MODULE, _SIMPLE.card.replace("capabilities:", "deps: pip install aiohttp\ncapabilities:"), _SIMPLE.test
)
