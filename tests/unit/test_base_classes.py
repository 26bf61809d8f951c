"""The base classes: what a provider writes, and what is put around it."""

from __future__ import annotations

import asyncio
import errno
import http.client
import importlib
import json
import os
import socket
import sys
from typing import TYPE_CHECKING, Any, BinaryIO

import aiohttp
import pytest
import requests

from twat_fs.errors import (
    BadReply,
    NetworkError,
    NonRetryableError,
    RateLimited,
    RetryableError,
    SourceError,
    TooLarge,
    TrustError,
    UploadError,
    UploadTimeout,
    UsageError,
)
from twat_fs.results import UploadResult
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.hosts import FormHost
from twat_fs.testing.mock_provider import MockProvider
from twat_fs.upload_providers.core import AsyncBaseProvider, BaseProvider, SimpleProvider, convert_to_upload_result
from twat_fs.upload_providers.opened import watched

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://host.example/a"

NAMES = {
    "twat_fs": "upload_file async_upload_file setup_provider setup_providers PROVIDERS_PREFERENCE UploadOptions "
    "ProviderInfo ProviderFactory UploadResult",
    "twat_fs.upload": "upload_file UploadOptions ProviderInfo",
    "twat_fs.upload_providers.core": "BaseProvider NonRetryableError RetryableError convert_to_upload_result "
    "with_retry RetryStrategy with_timing with_url_validation run_async to_sync to_async AsyncBaseProvider "
    "SyncBaseProvider SimpleProvider UploadResult",
    "twat_fs.upload_providers.simple": "SimpleProvider AsyncBaseProvider BaseProvider SyncBaseProvider",
    "twat_fs.upload_providers.protocols": "ProviderHelp ProviderClient Provider",
    "twat_fs.upload_providers.provider_types": "UploadResult",
    "twat_fs.factory": "ProviderFactory",
}


class Raising(BaseProvider):
    provider_name = "raising"

    def __init__(self, *errors: BaseException) -> None:
        super().__init__()
        self.errors = errors

    def upload_file_impl(self, _file: BinaryIO) -> UploadResult:
        cause: BaseException | None = None
        for error in self.errors:
            error.__cause__ = cause
            cause = error
        raise self.errors[-1]


class Giving(BaseProvider):
    provider_name = "giving"

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result

    def upload_file_impl(self, _file: BinaryIO) -> UploadResult:
        return self.result  # type: ignore[no-any-return]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "a.txt"
    file.write_bytes(b"hello")
    return file


def raised(path: Path, *errors: BaseException) -> Any:
    with pytest.raises((UploadError, SourceError)) as caught:
        Raising(*errors).upload_file(path)
    return caught.value


@pytest.mark.parametrize(("module", "names"), NAMES.items())
def test_the_names_of_the_public_face_are_where_people_import_them_from(module: str, names: str) -> None:
    found = importlib.import_module(module)
    assert [name for name in names.split() if not hasattr(found, name)] == []


def test_there_is_one_definition_of_each() -> None:
    core = importlib.import_module("twat_fs.upload_providers.core")
    simple = importlib.import_module("twat_fs.upload_providers.simple")
    types = importlib.import_module("twat_fs.upload_providers.provider_types")
    assert core.BaseProvider is simple.BaseProvider
    assert core.UploadResult is types.UploadResult is UploadResult
    assert core.RetryableError is RetryableError


@pytest.mark.parametrize("kind", [RetryableError, NonRetryableError])
def test_an_error_takes_a_message_and_a_provider(kind: type[UploadError]) -> None:
    error = kind("what happened", "name")
    assert (str(error), error.provider) == ("what happened", "name")


# Results


@pytest.mark.parametrize("given", [URL, UploadResult(URL, {"a": 1}), {"url": URL, "metadata": {"a": 1}}])
def test_a_result_is_made_of_what_a_provider_has(path: Path, given: Any) -> None:
    result = Giving(given).upload_file(path)
    assert (result.url, result.metadata["provider"]) == (URL, "giving")


@pytest.mark.parametrize("given", [None, "", {}, {"url": None}, [], 5, "javascript:alert(1)", "a b", "ftp://a.example"])
def test_what_is_no_url_is_a_bad_reply(path: Path, given: Any) -> None:
    with pytest.raises(BadReply) as caught:
        Giving(given).upload_file(path)
    assert caught.value.provider == "giving"


def test_an_address_beside_the_url_is_judged_as_the_url_is(path: Path) -> None:
    metadata = {"page_url": "javascript:alert(1)", "delete_url": "https://host.example/d/ä", "id": 7}
    known = Giving(UploadResult(URL, metadata)).upload_file(path).metadata
    assert known == {"provider": "giving", "delete_url": "https://host.example/d/%C3%A4", "id": 7}


def test_a_result_cannot_be_empty() -> None:
    with pytest.raises(ValueError, match="needs a URL"):
        convert_to_upload_result("")


# Errors


def test_an_upload_error_that_a_broad_except_has_wrapped_is_put_back(path: Path) -> None:
    first = RetryableError("rate limited", "raising")
    assert raised(path, first, NonRetryableError("unexpected: rate limited", "raising")) is first


def test_it_is_put_back_from_below_a_foreign_one_too(path: Path) -> None:
    first = NonRetryableError("first")
    assert raised(path, first, RuntimeError("between"), RetryableError("last")) is first


def test_an_error_without_a_provider_gets_its_name(path: Path) -> None:
    assert raised(path, RetryableError("later")).provider == "raising"


def test_a_file_that_cannot_be_read_is_put_back_too(path: Path) -> None:
    first = SourceError("disk")
    assert raised(path, first, RetryableError("network error: disk")) is first


def test_a_reply_that_cannot_be_read_is_never_worth_another_try(path: Path) -> None:
    cause = requests.exceptions.JSONDecodeError("Expecting value", "<html>", 0)
    assert isinstance(raised(path, cause, RetryableError("network error")), BadReply)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("\x1b[31mno\n\u202e"),
        RetryableError("\x1b[31mno\n\u202e", hint="\x1b[2Jwait"),
        NonRetryableError("\x1b[31mno\n\u202e"),
    ],
)
def test_what_a_provider_says_moves_no_cursor(path: Path, error: Exception) -> None:
    found = raised(path, error)
    assert "[31mno" in str(found)
    assert f"{found}{found.hint}".isprintable()


def test_json_of_any_depth_is_a_bad_reply(path: Path) -> None:
    with pytest.raises(RecursionError) as met:
        json.loads("[" * 200_000)
    assert isinstance(raised(path, met.value), BadReply)


def answer(status: int, **headers: str) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    return response


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (requests.HTTPError(response=answer(401)), NonRetryableError),
        (requests.HTTPError(response=answer(429)), RateLimited),
        (requests.HTTPError(response=answer(503)), RetryableError),
        (requests.ConnectionError("gone"), NetworkError),
        (requests.Timeout(), UploadTimeout),
        (requests.exceptions.JSONDecodeError("no", "", 0), BadReply),
        (aiohttp.ClientError(), NetworkError),
        (aiohttp.ServerDisconnectedError(), NetworkError),
        (asyncio.TimeoutError(), UploadTimeout),
        (http.client.BadStatusLine("x"), BadReply),
        (TimeoutError(), UploadTimeout),
        (ConnectionResetError(errno.ECONNRESET, "reset"), NetworkError),
        (socket.gaierror(-2, "unknown"), NetworkError),
        (FileNotFoundError(errno.ENOENT, "no such file", "/nowhere"), SourceError),
        (KeyError("url"), BadReply),
        (TypeError("None"), BadReply),
        (json.JSONDecodeError("no", "", 0), BadReply),
    ],
    ids=lambda item: item.__name__ if isinstance(item, type) else type(item).__name__,
)
def test_a_foreign_error_becomes_one_of_ours(path: Path, error: BaseException, kind: type[Exception]) -> None:
    assert isinstance(raised(path, error), kind)


def test_what_retry_after_says_is_kept(path: Path) -> None:
    assert raised(path, requests.HTTPError(response=answer(429, **{"Retry-After": "7"}))).retry_after == 7


def test_a_bug_of_a_provider_is_not_hidden(path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        Raising(ZeroDivisionError()).upload_file(path)


@pytest.mark.parametrize("kind", [BaseProvider, AsyncBaseProvider])
def test_a_provider_without_a_transfer_says_so(path: Path, kind: type[BaseProvider]) -> None:
    with pytest.raises(NotImplementedError, match="does not define"):
        kind().upload_file(path)


def test_an_answer_that_was_lost_after_the_whole_file_may_hide_a_success(path: Path) -> None:
    class Reads(BaseProvider):
        def upload_file_impl(self, file: BinaryIO, count: int = 0) -> UploadResult:
            file.read(count)
            raise ConnectionResetError

    for count, ambiguous in ((5, True), (0, False)):
        with pytest.raises(NetworkError) as caught:
            Reads().upload_file(path, count=count)
        assert caught.value.ambiguous is ambiguous


def test_a_file_that_changed_gives_its_last_bytes_to_nobody(path: Path) -> None:
    class Reads(BaseProvider):
        def upload_file_impl(self, file: BinaryIO) -> UploadResult:
            path.write_bytes(b"other")
            os.utime(path, (1, 1))
            file.read()
            pytest.fail("it was given")

    with pytest.raises(SourceError, match="changed") as caught:
        Reads().upload_file(path)
    assert not caught.value.ambiguous


@pytest.mark.parametrize("kind", [BaseProvider, AsyncBaseProvider])
def test_a_file_that_changes_after_all_of_it_was_read_may_be_stored(path: Path, kind: type[BaseProvider]) -> None:
    def change() -> UploadResult:
        os.utime(path, (1, 1))
        return UploadResult(URL)

    class Reads(BaseProvider):
        def upload_file_impl(self, file: BinaryIO) -> UploadResult:
            file.read()
            return change()

    class Opens(AsyncBaseProvider):
        async def async_upload_file(self, *_: Any, **__: Any) -> UploadResult:
            return change()

    with pytest.raises(SourceError, match="the host may hold it as it was") as caught:
        (Reads() if kind is BaseProvider else Opens()).upload_file(path)
    assert caught.value.ambiguous


# What a transfer is given


def test_a_file_over_the_limit_is_refused_before_the_transfer(path: Path) -> None:
    provider = MockProvider()
    provider.max_file_size = 4
    with pytest.raises(TooLarge, match=r"5 bytes.*4 bytes"):
        provider.upload_file(path)
    assert provider.uploads == []


def test_the_file_has_the_wanted_name(path: Path) -> None:
    provider = MockProvider()
    provider.upload_file(path, "folder/other.txt")
    provider.upload_file(path, upload_path="third.txt")
    assert [name for name, _ in provider.uploads] == ["other.txt", "third.txt"]
    with pytest.raises(UsageError):
        provider.upload_file(path, "../x")


def test_a_transfer_gets_the_options_that_it_takes(path: Path) -> None:
    got: list[Any] = []

    class Takes(SimpleProvider):
        def upload_file_impl(
            self, _file: BinaryIO, acl: str = "private", remote_path: str = "", force: bool = False
        ) -> UploadResult:
            got.append((acl, remote_path, force))
            return UploadResult(URL)

    Takes().upload_file(path, "b/c.txt", force=True, acl="public", unknown=1)
    assert got == [("public", "b/c.txt", True)]


def test_a_transfer_that_tells_progress_is_the_only_one_that_does(path: Path) -> None:
    told: list[tuple[int, int]] = []

    class Tells(SimpleProvider):
        def upload_file_impl(self, file: BinaryIO, progress_callback: Any = None) -> UploadResult:
            file.read()
            progress_callback(1, 5)
            return UploadResult(URL)

    Tells().upload_file(path, progress_callback=lambda *now: told.append(now))
    assert told == [(1, 5)]


def test_a_file_is_read_in_pieces_of_a_size(path: Path) -> None:
    class Pieces(SimpleProvider):
        def upload_file_impl(self, file: BinaryIO) -> UploadResult:
            assert self._get_file_size(file) == 5
            return UploadResult(URL, {"parts": self.chunked_upload(file, lambda *part: part, 2)})

    assert Pieces().upload_file(path).metadata["parts"] == [(1, b"he"), (2, b"ll"), (3, b"o")]


def test_capabilities_follow_from_the_class() -> None:
    class Keyed(BaseProvider):
        max_file_size = 5
        features = {"resumable": True}  # noqa: RUF012

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    told = Keyed.get_capabilities()
    assert (told["max_file_size"], told["auth_required"], told["features"]["resumable"]) == (5, True, True)
    assert SimpleProvider.get_capabilities()["auth_required"] is False


# Sending


class Sends(SimpleProvider):
    provider_name = "sends"

    def __init__(self, base_url: str, url: str = "") -> None:
        super().__init__()
        self.base_url = base_url
        self.url = url or f"{base_url}/upload"

    def upload_file_impl(self, file: BinaryIO, way: str = "raw") -> UploadResult:
        if way == "pieces":
            parts = self.chunked_upload(file, lambda _, piece: self.send("POST", self.url, raw=piece).status, 2)
            return UploadResult(URL, {"parts": parts})
        if way == "secret":
            self.send("GET", self.url, headers={"Authorization": "Bearer x"})
        if way == "text":
            return UploadResult(self.send("POST", self.url, raw="text").body.decode())
        return UploadResult(self.send("PUT" if way == "raw" else "POST", self.url, **{way: file}).body.decode())


def test_a_piece_is_sent_as_its_bytes(path: Path) -> None:
    path.write_bytes(b"\xff\x00\xfe")
    with FakeHost() as host:
        Sends(host.url).upload_file(path, way="pieces")
    assert [seen.body for seen in host.requests] == [b"\xff\x00", b"\xfe"]


def test_a_text_may_be_a_body(path: Path) -> None:
    with FakeHost(FormHost()) as host:
        assert Sends(host.url).upload_file(path, way="text")
    assert host.requests[0].body == b"text"


@pytest.mark.parametrize("way", ["raw", "secret"])
def test_neither_file_nor_secret_goes_to_a_host_that_is_not_named(path: Path, way: str) -> None:
    with FakeHost() as host, FakeHost() as other:
        with pytest.raises(TrustError):
            Sends(host.url, other.url).upload_file(path, way=way)
        named = Sends(host.url, other.url)
        named.allow_hosts = (other.authority,)
        with pytest.raises(BadReply):
            named.upload_file(path, way=way)
    assert len(other.requests) in (1, 2)


def test_a_status_is_judged_as_it_is_for_specs(path: Path) -> None:
    with FakeHost([Play(413, b"too much")]) as host, pytest.raises(TooLarge, match="too much") as caught:
        Sends(host.url).upload_file(path)
    assert (caught.value.status, caught.value.provider) == (413, "sends")


# Async


class Waits(AsyncBaseProvider):
    provider_name = "waits"

    async def async_upload_file(
        self,
        file_path: str | os.PathLike[str],
        remote_path: str | os.PathLike[str] | None = None,
        *,
        progress_callback: Any = None,
        **_: Any,
    ) -> UploadResult:
        await asyncio.sleep(0)
        with watched(file_path, progress_callback) as file:
            return UploadResult(
                URL, {"name": os.path.basename(file_path), "content": file.read(), "remote_path": remote_path}
            )


def test_an_async_provider_works_from_sync_code_and_inside_a_loop(path: Path) -> None:
    async def inside() -> list[UploadResult]:
        return [Waits().upload_file(path), await Waits().async_upload_file(path)]

    for result in (Waits().upload_file(path), *asyncio.run(inside())):
        assert (result.metadata["content"], result.metadata["provider"]) == (b"hello", "waits")


def test_an_async_provider_sees_the_wanted_name(path: Path) -> None:
    result = Waits().upload_file(path, "folder/other.txt")
    assert (result.metadata["name"], result.metadata["remote_path"]) == ("other.txt", "folder/other.txt")


def test_a_name_that_no_file_system_takes_is_cut_before_its_suffix(path: Path) -> None:
    name = Waits().upload_file(path, "\u00fc" * 200 + ".txt").metadata["name"]
    assert len(name.encode()) <= 255
    assert name.endswith("\u00fc.txt")


def test_the_checks_stand_around_the_coroutine_too(path: Path) -> None:
    provider = Waits()
    provider.max_file_size = 4
    with pytest.raises(TooLarge):
        asyncio.run(provider.async_upload_file(path))


def test_progress_is_told_of_a_path_that_is_watched(path: Path) -> None:
    told: list[tuple[int, int]] = []
    Waits().upload_file(path, progress_callback=lambda *now: told.append(now))
    assert told == [(5, 5)]
    assert Waits.get_capabilities()["features"]["progress"] is True


# The mock


def test_the_mock_takes_a_file_or_fails_as_it_is_told(path: Path) -> None:
    assert MockProvider().upload_file(path).metadata["mock"] is True
    for kind, error in (("retryable", RetryableError), ("non_retryable", NonRetryableError)):
        with pytest.raises(error):
            MockProvider(should_fail=True, error_type=kind).upload_file(path)
    with pytest.raises(ValueError, match="error_type"):
        MockProvider(error_type="odd")


def test_importing_the_base_classes_loads_no_client() -> None:
    import subprocess

    code = (
        "import sys, twat_fs.upload_providers.core; print(sorted({'requests', 'aiohttp', 'yaml'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
