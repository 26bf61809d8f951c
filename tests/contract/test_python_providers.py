"""The contract, run over Python providers of each kind and over specs; one flow with a key as both."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, BinaryIO

import aiohttp

from twat_fs.factory import ProviderFactory
from twat_fs.results import UploadResult
from twat_fs.testing.contract import FormHost, KeyedHost, ProviderContract, PutHost, SpecContract, Traits
from twat_fs.upload_providers.core import AsyncBaseProvider, BaseProvider, SimpleProvider, convert_to_upload_result
from twat_fs.upload_providers.opened import watched

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from twat_fs.upload_providers.protocols import Progress

KEY = {"EXAMPLE_API_KEY": KeyedHost().token}


class Simple(SimpleProvider):
    provider_name = "simple"

    def __init__(self, base_url: str = "https://simple.example") -> None:
        super().__init__()
        self.base_url = base_url

    def upload_file_impl(self, file: BinaryIO) -> UploadResult:
        reply = self.send("POST", f"{self.base_url}/upload", multipart={"kind": "file", "file": file})
        return convert_to_upload_result(reply.body.decode())


class Keyed(BaseProvider):
    provider_name = "keyed"

    def __init__(self, api_key: str, base_url: str = "https://keyed.example") -> None:
        super().__init__()
        self.base_url = base_url
        self.headers = {"Authorization": f"Bearer {api_key}"}

    def upload_file_impl(self, file: BinaryIO) -> UploadResult:
        begun = self.send_json("POST", f"{self.base_url}/upload/init", json={"filename": file.name})
        done = self.send_json("PUT", begun["upload_url"], raw=file)
        return UploadResult(f"{self.base_url}/files/{done['file_id']}", {"file_id": done["file_id"]})

    def send_json(self, method: str, url: str, **request: Any) -> Any:
        import json

        return json.loads(self.send(method, url, headers=self.headers, **request).body)


def keyed_from_environment(url: str) -> Keyed | None:
    key = os.getenv("EXAMPLE_API_KEY")
    return Keyed(key, url) if key else None


class Asynchronous(AsyncBaseProvider):
    provider_name = "asynchronous"

    def __init__(self, base_url: str = "https://asynchronous.example") -> None:
        super().__init__()
        self.base_url = base_url

    async def async_upload_file(
        self,
        file_path: str | os.PathLike[str],
        remote_path: str | os.PathLike[str] | None = None,  # noqa: ARG002
        *,
        progress_callback: Progress | None = None,
        **_: Any,
    ) -> UploadResult:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=self.timeout)
        with watched(file_path, progress_callback) as file:
            form = aiohttp.FormData()
            form.add_field("file", file, filename=os.path.basename(file_path))
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(f"{self.base_url}/upload", data=form, allow_redirects=False) as reply,
            ):
                self.judge("POST", self.base_url, reply.status, reply.headers, await reply.read())
                return convert_to_upload_result((await reply.json())["url"])


class TestASimpleProvider(ProviderContract):
    def make(self, url: str) -> Simple:
        return Simple(url)


class TestAProviderWithAKey(ProviderContract):
    traits = Traits(credentials=KEY)

    def make(self, url: str) -> Keyed:
        return Keyed(KeyedHost().token, url)

    def host(self) -> KeyedHost:
        return KeyedHost()

    def from_environment(self, url: str) -> Keyed | None:
        return keyed_from_environment(url)


class TestTheSameFlowAsASpec(SpecContract):
    traits = Traits(credentials=KEY, trims=True)
    name = "authexample"

    def host(self) -> KeyedHost:
        return KeyedHost()

    def spec(self, url: str) -> str:
        return f"""\
spec: 1
name: authexample
title: Example with a key
retry: {{initial: 0s}}
credentials:
  EXAMPLE_API_KEY: {{help: The key from the dashboard.}}
defaults:
  headers: {{Authorization: "Bearer {{{{ credentials.EXAMPLE_API_KEY }}}}"}}
steps:
  - name: init
    url: {url}/upload/init
    json: {{filename: "{{{{ file.name }}}}"}}
    save: {{upload_url: upload_url}}
  - name: put
    method: PUT
    url: "{{{{ saved.upload_url }}}}"
    raw: "{{{{ file }}}}"
    save: {{file_id: file_id}}
result:
  url: "{url}/files/{{{{ saved.file_id }}}}"
  metadata: {{file_id: "{{{{ saved.file_id }}}}"}}
"""


class TestAnAsyncProvider(ProviderContract):
    def make(self, url: str) -> Asynchronous:
        return Asynchronous(url)

    def host(self) -> FormHost:
        return FormHost(key="url")


class TestASpecOfOneForm(SpecContract):
    def host(self) -> FormHost:
        return FormHost(key="link")

    def spec(self, url: str) -> str:
        return f"""\
spec: 1
name: tested
title: One form
retry: {{initial: 0s}}
request: {{url: {url}/upload, multipart: {{file: "{{{{ file }}}}"}}}}
result: {{url: link}}
"""


class TestASpecThatPutsToAnAddressOfItsOwn(SpecContract):
    traits = Traits(reads_reply=False, folders=True, idempotent=True)

    def host(self) -> PutHost:
        return PutHost()

    def spec(self, url: str) -> str:
        return f"""\
spec: 1
name: tested
title: A folder of the web
retry: {{initial: 0s}}
request:
  method: PUT
  url: "{url}/{{{{ remote_path | urlencode }}}}"
  raw: "{{{{ file }}}}"
  idempotent: true
result: {{url: "{url}/{{{{ remote_path | urlencode }}}}"}}
"""


class TestTheLocalFolder(ProviderContract):
    traits = Traits(network=False, reads_reply=False, folders=True)

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TWAT_FS_LOCAL_DIR", str(folder / "shown"))

    def make(self, _url: str) -> Any:
        return ProviderFactory.create_provider("local")
