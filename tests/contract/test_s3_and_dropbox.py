"""The contract, over the bundled Python providers that send to hosts: S3, in clear text too, and Dropbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from tests import dropbox_host
from tests.contract import authority
from tests.contract.s3_host import S3Host
from tests.support import PLANTED
from twat_fs import retry
from twat_fs.factory import ProviderFactory
from twat_fs.testing.contract import ProviderContract, Traits

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from twat_fs.testing.contract import Play, Seen

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": f"{PLANTED}/of/s3"}


class TestS3(ProviderContract):
    traits = Traits(folders=True, credentials=KEYS, trims=True, idempotent=True)

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._environment = monkeypatch
        alone = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "AWS_CONFIG_FILE": str(folder / "none")}
        bucket = {"AWS_S3_BUCKET": "bucket", "AWS_DEFAULT_REGION": "eu-west-1"}
        for name, value in {**alone, **bucket}.items():
            monkeypatch.setenv(name, value)

    def make(self, url: str) -> Any:
        self._environment.setenv("AWS_ENDPOINT_URL", url)
        return ProviderFactory.create_provider("s3")

    def host(self) -> Callable[[Seen], Play]:
        return S3Host(KEYS["AWS_ACCESS_KEY_ID"], KEYS["AWS_SECRET_ACCESS_KEY"])


class TestS3OverTls(TestS3):
    def tls(self) -> ssl.SSLContext:
        return authority.CONTEXT

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().prepare(folder, monkeypatch)
        monkeypatch.setenv("SSL_CERT_FILE", authority.FILE)


class TestDropbox(ProviderContract):
    traits = Traits(
        folders=True, credentials={"DROPBOX_ACCESS_TOKEN": PLANTED}, trims=True, idempotent=True, repeats=True
    )

    def tls(self) -> ssl.SSLContext:
        return authority.CONTEXT

    def prepare(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().prepare(folder, monkeypatch)
        self._environment = monkeypatch
        monkeypatch.setitem(cast("dict[str, Any]", retry.run.__kwdefaults__), "sleep", lambda _: None)
        self._places: list[dropbox_host.Dropbox] = []
        monkeypatch.setenv("SSL_CERT_FILE", authority.FILE)

    def make(self, url: str) -> Any:
        for name in ("API_HOST", "API_CONTENT_HOST", "API_NOTIFICATION_HOST"):  # the SDK reads its variables only once
            self._environment.setattr(f"dropbox.dropbox_client.{name}", url.partition("//")[2])
        return ProviderFactory.create_provider("dropbox")

    def host(self) -> Callable[[Seen], Play]:
        self._places.append(dropbox_host.Dropbox())
        return self._places[-1]

    def fetch(self, url: str) -> bytes:
        """What the link leads to."""
        place = self._places[-1]
        assert not place.wrong
        (path,) = [path for path, link in place.links.items() if link.replace("dl=0", "dl=1") == url]
        return place.files[path]
