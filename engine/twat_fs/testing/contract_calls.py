"""The contract about calls: results, names and paths, progress, credentials, sync and async, capabilities."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from twat_fs.errors import NotConfigured, TwatFsError, UsageError
from twat_fs.results import UploadResult
from twat_fs.testing.bench import CONTENT, Bench


class CallContract(Bench):
    """What holds for every call of `upload_file`."""

    def test_the_result_is_a_text_with_a_url_and_metadata(self) -> None:
        with self.serve(self.host()) as host:
            result = self.make(host.url).upload_file(self.file())
        assert isinstance(result, UploadResult)
        assert result.url == str(result) == f"{result}"
        assert result.metadata["provider"]

    def test_progress_only_grows_and_ends_at_the_whole(self) -> None:
        told: list[tuple[int, int]] = []
        content = CONTENT * 60
        with self.serve(self.host()) as host:
            client = self.make(host.url)
            client.upload_file(self.file(content=content), progress_callback=lambda *now: told.append(now))
        assert told == sorted(told)
        assert {total for _, total in told} <= {len(content)}
        tells = client.get_capabilities()["features"]["progress"]
        assert told[-1:] == ([(len(content), len(content))] if tells else [])

    def test_unique_makes_a_name_that_is_nobodys(self) -> None:
        path = self.file("name.txt")
        with self.serve(self.host()) as host:
            first, second = (self.make(host.url).upload_file(path, unique=True) for _ in range(2))
            assert self.fetch(first) == self.fetch(second) == CONTENT
            names = set(re.findall(r"name-[a-z0-9]{8}\.txt", self.told(host, first) + self.told(host, second)))
        assert first != second
        assert len(names) == (2 if self.traits.sends_name else 0)

    def test_the_name_is_the_last_part_of_remote_path(self) -> None:
        with self.serve(self.host()) as host:
            result = self.make(host.url).upload_file(self.file(), remote_path="some/folder/other.txt")
            assert self.fetch(result) == CONTENT
            told = self.told(host, result)
        assert ("other.txt" in told) is self.traits.sends_name
        assert ("some/folder/other.txt" in told) is self.traits.folders

    def test_a_remote_path_that_is_a_folder_keeps_the_name(self) -> None:
        with self.serve(self.host()) as host:
            result = self.make(host.url).upload_file(self.file("own.txt"), remote_path="folder/")
            assert ("own.txt" in self.told(host, result)) is self.traits.sends_name

    @pytest.mark.parametrize("path", ["../other.txt", "a/../../b", "a\nb"])
    def test_a_remote_path_that_leads_elsewhere_is_refused_before_anything_is_sent(self, path: str) -> None:
        with self.serve(self.host()) as host, pytest.raises(UsageError):
            self.make(host.url).upload_file(self.file(), remote_path=path)
        assert host.connections == 0

    def test_async_gives_what_sync_gives(self) -> None:
        with self.serve(self.host()) as host:
            client = self.make(host.url)
            sync = client.upload_file(self.file("sync.txt"))
            waited = asyncio.run(client.async_upload_file(self.file("async.txt")))
            assert type(sync) is type(waited)
            assert sync.metadata.keys() == waited.metadata.keys()
            assert self.fetch(sync) == self.fetch(waited) == CONTENT

    def test_both_work_inside_a_running_event_loop(self) -> None:
        async def both(client: Any) -> list[UploadResult]:
            return [
                client.upload_file(self.file("sync.txt")),
                *await asyncio.gather(*(client.async_upload_file(self.file(f"{count}.txt")) for count in range(2))),
            ]

        with self.serve(self.host()) as host:
            results = asyncio.run(both(self.make(host.url)))
            assert [self.fetch(result) for result in results] == [CONTENT] * 3

    def test_async_keeps_the_limit_too(self) -> None:
        with self.serve(self.host()) as host:
            client = self.make(host.url)
            client.max_file_size = 1
            with pytest.raises(TwatFsError):
                asyncio.run(client.async_upload_file(self.file()))
        assert host.connections == 0

    def test_uploads_at_the_same_time_do_not_mix(self) -> None:
        files = {f"{count}.txt": b"%d" % count * 5000 for count in range(6)}
        with self.serve(self.host()) as host, ThreadPoolExecutor(6) as pool:
            client = self.make(host.url)
            results = list(pool.map(client.upload_file, [self.file(*item) for item in files.items()]))
            assert [self.fetch(result) for result in results] == list(files.values())

    def test_the_capabilities_are_the_truth(self) -> None:
        with self.serve(self.host()) as host:
            client = self.make(host.url)
        told = client.get_capabilities()
        assert set(told) >= {"max_file_size", "supported_types", "features", "auth_required"}
        assert told["max_file_size"] == client.max_file_size
        assert all(isinstance(value, bool) for value in told["features"].values())
        assert set(told["features"]) >= {"resumable", "chunked", "progress", "folders", "expiration"}
        assert told["auth_required"] is bool(self.traits.credentials)

    def test_good_credentials_are_taken_from_the_environment(self) -> None:
        with self.serve(self.host()) as host:
            assert self.fetch(self.from_environment(host.url).upload_file(self.file())) == CONTENT

    def test_without_a_credential_it_is_not_configured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in self.traits.credentials:
            with monkeypatch.context() as changed:
                changed.delenv(name)
                self.unconfigured("")

    def test_with_an_empty_credential_it_is_not_configured(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in self.traits.credentials:
            with monkeypatch.context() as changed:
                changed.setenv(name, "")
                self.unconfigured("")

    def test_a_line_break_in_a_credential_sends_nothing_and_shows_nothing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in self.traits.credentials:
            with monkeypatch.context() as changed:
                changed.setenv(name, "half-of-it\r\nX-Evil: other-half")
                self.unconfigured("half-of-it")

    def test_a_line_break_at_the_end_of_a_credential_is_no_part_of_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, value in self.traits.credentials.items():
            with monkeypatch.context() as changed:
                changed.setenv(name, f"{value}\n")
                if self.traits.trims:
                    self.test_good_credentials_are_taken_from_the_environment()
                else:
                    self.unconfigured(value)

    def unconfigured(self, secret: str) -> None:
        """The provider is not there, or says that it is not configured before anything is sent, and not the secret."""
        with self.serve(self.host()) as host:
            try:
                client = self.from_environment(host.url)
                if client is not None:
                    client.upload_file(self.file())
                    raise AssertionError("it was uploaded")
            except NotConfigured as error:
                assert not secret or secret not in f"{error} {error.hint}"  # noqa: PT017
        assert host.requests == []
