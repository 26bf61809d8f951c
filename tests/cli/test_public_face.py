"""What people's scripts rely on: commands, spellings, variables, exit codes, and names to import."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import form
from twat_fs import __version__
from twat_fs.errors import (
    AuthError,
    NetworkError,
    NotConfigured,
    SourceNotFound,
    UploadError,
    UploadFailed,
    UsageError,
)
from twat_fs.testing.fake_host import FakeHost, Play, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Cli


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with FakeHost(Store()) as found:
        yield found


@pytest.fixture
def cli(run_cli: Cli, host: FakeHost) -> Cli:
    run_cli.spec("one_host", form(host))
    run_cli.file()
    return run_cli


# Commands and spellings


@pytest.mark.parametrize("words", [["--version"], ["version"], ["-V"]])
def test_the_version_is_told(run_cli: Cli, words: list[str]) -> None:
    answer = run_cli(*words)
    assert (answer.code, answer.out, answer.err) == (0, f"twat-fs {__version__}\n", "")


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--help"],
        ["-h"],
        ["upload", "--help"],
        ["upload_provider", "list", "-h"],
        ["validate_spec", "--help"],
    ],
)
def test_help_is_given(run_cli: Cli, words: list[str]) -> None:
    answer = run_cli(*words)
    assert answer.code in (0, 2)
    assert "Usage: twat-fs" in answer.out + answer.err


@pytest.mark.parametrize(
    "words",
    [
        ["--remote_path", "b.txt"],
        ["--remote-path", "b.txt"],
        ["--no_check"],
        ["--no-check"],
        ["--unique"],
        ["--force"],
        ["--fragile"],
        ["--verbose"],
        ["-v"],
        ["--check", "size"],
        ["--check=hash"],
        ["--provider=one_host"],
    ],
)
def test_every_spelling_of_upload_works(cli: Cli, words: list[str]) -> None:
    assert cli("upload", *words, "--provider", "one_host", "a.txt").url


@pytest.mark.parametrize(
    "name", ["one_host", "[one_host]", "[one_host,catbox]", '["one_host", "catbox"]', "one_host,catbox"]
)
def test_a_list_of_providers_is_read(cli: Cli, name: str) -> None:
    assert cli("upload", "a.txt", "--provider", name).url


@pytest.mark.parametrize(
    "words",
    [
        ["upload_provider", "list"],
        ["upload-provider", "status"],
        ["provider", "status", "one_host"],
        ["upload_provider", "show", "one_host"],
    ],
)
def test_every_spelling_of_upload_provider_works(cli: Cli, words: list[str]) -> None:
    assert cli(*words).code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["upload"],
        ["upload", "a.txt", "--nonsense"],
        ["upload", "a.txt", "--check", "most"],
        ["upload", "a.txt", "--timeout", "0"],
        ["upload", "a.txt", "--providers-d", "nowhere"],
        ["upload_provider", "nonsense"],
        ["upload_provider", "show"],
    ],
)
def test_wrong_usage_ends_with_2(cli: Cli, host: FakeHost, words: list[str]) -> None:
    answer = cli(*words)
    assert (answer.code, answer.out, host.requests) == (2, "", [])
    assert answer.err


def test_file2url_is_a_short_way_to_upload(cli: Cli) -> None:
    answer = cli.run(
        [sys.executable, "-c", "from twat_fs.__main__ import run_file2url as r; r()", "a.txt", "-p", "one_host"]
    )
    assert answer.url.endswith("/a.txt")
    helped = cli.run([sys.executable, "-c", "from twat_fs.__main__ import run_file2url as r; r()", "--help"])
    assert "Usage: file2url" in helped.out


# Variables


def test_a_default_provider_stands_in_for_a_name(cli: Cli) -> None:
    assert cli("upload", "a.txt", env={"TWAT_FS_DEFAULT_PROVIDER": "one_host"}).url


def test_a_private_default_provider_does_not_fall_back_to_public_hosts(cli: Cli) -> None:
    with FakeHost([Play(500)]) as bad:
        cli.spec("home", form(bad))
        answer = cli("upload", "a.txt", env={"TWAT_FS_DEFAULT_PROVIDER": "home"})
    assert (answer.code, answer.out) == (5, "")
    assert len([line for line in answer.err.splitlines() if "trying again" not in line]) == 1


def test_a_name_comes_before_the_default(cli: Cli) -> None:
    assert cli("upload", "a.txt", "-p", "one_host", env={"TWAT_FS_DEFAULT_PROVIDER": "nobody"}).url


def test_the_default_order_begins_with_the_default_provider(run_cli: Cli) -> None:
    run_cli.file()
    answer = run_cli("upload", "a.txt", "--dry-run", env={"TWAT_FS_DEFAULT_PROVIDER": "uguu"})
    assert "https://uguu.se/upload" in answer.out


def test_without_a_name_the_default_order_is_tried(run_cli: Cli) -> None:
    run_cli.file()
    (first,) = [
        record for record in run_cli("upload_provider", "list", "--json").records if record["default_order"] == 1
    ]
    host = re.search(r"talks to +([^:]+):443", run_cli("upload_provider", "show", first["name"]).out)
    assert host is not None
    assert f"https://{host[1]}" in run_cli("upload", "a.txt", "--dry-run").out


@pytest.mark.parametrize("value", ["soon", "-1", "0"])
def test_a_timeout_that_is_none_is_wrong_usage(cli: Cli, value: str) -> None:
    answer = cli("upload", "a.txt", "-p", "one_host", env={"TWAT_FS_TIMEOUT": value})
    assert (answer.code, answer.out) == (2, "")


def test_a_provider_can_be_named_nothing_by_mistake_without_going_public(cli: Cli) -> None:
    for name in ("", "[]", ",", " "):
        answer = cli("upload", "a.txt", "--dry-run", "-p", name)
        assert (answer.code, answer.out) == (2, ""), name


# From Python


def test_upload_file_gives_a_url(tmp_path: Path, host: FakeHost, monkeypatch: pytest.MonkeyPatch) -> None:
    from twat_fs import UploadOptions, upload_file

    (tmp_path / "mine.yaml").write_text(f"spec: 1\nname: mine\ntitle: T\n{form(host)}")
    (tmp_path / "a.txt").write_bytes(b"hello")
    monkeypatch.setenv("TWAT_FS_PROVIDERS_D", str(tmp_path))
    progress: list[tuple[int, int]] = []
    url = upload_file(
        tmp_path / "a.txt", "mine", UploadOptions(progress=lambda sent, total: progress.append((sent, total)))
    )
    assert url == f"{host.url}/stored/0/a.txt"
    assert url.metadata["provider"] == "mine"
    assert progress[-1] == (5, 5)
    assert upload_file(str(tmp_path / "a.txt"), ["mine"]).endswith("/a.txt")


def test_upload_file_raises_what_happened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from twat_fs import upload_file

    with FakeHost([Play(401)]) as one, FakeHost([Play(mute=True, close=True)]) as two:
        for name, host in (("one", one), ("two", two)):
            (tmp_path / f"{name}.yaml").write_text(f"spec: 1\nname: {name}\ntitle: T\n{form(host)}")
        (tmp_path / "a.txt").write_bytes(b"hello")
        monkeypatch.setenv("TWAT_FS_PROVIDERS_D", str(tmp_path))
        with pytest.raises(UploadFailed) as caught:
            upload_file(tmp_path / "a.txt", "one,two")
    first, second = caught.value.attempts
    assert (type(first), first.provider, first.status, first.kind) == (AuthError, "one", 401, "auth")
    assert (type(second), second.ambiguous) == (NetworkError, True)
    with pytest.raises(SourceNotFound):
        upload_file(tmp_path / "missing", "one")
    with pytest.raises(UsageError):
        upload_file(tmp_path / "a.txt", "nobody")


def test_errors_tell_whether_trying_again_helps() -> None:
    from twat_fs.upload_providers.core import NonRetryableError, RetryableError

    error = RetryableError("busy", "mine")
    assert (str(error), error.provider) == ("busy", "mine")
    assert issubclass(NetworkError, RetryableError)
    assert issubclass(NotConfigured, NonRetryableError)
    assert issubclass(RetryableError, UploadError)


@pytest.mark.parametrize(
    "statement",
    [
        "from twat_fs import upload_file, setup_provider, setup_providers, PROVIDERS_PREFERENCE, async_upload_file",
        "from twat_fs.upload import UploadOptions, ProviderInfo, upload_file",
        "from twat_fs import ProviderFactory, UploadResult, UploadOptions",
        "from twat_fs.upload_providers.core import BaseProvider, NonRetryableError, RetryableError",
        "from twat_fs.upload_providers.core import convert_to_upload_result, with_retry, RetryStrategy, with_timing",
        "from twat_fs.upload_providers.core import with_url_validation",
        "from twat_fs.upload_providers.async_utils import run_async, to_sync, to_async",
        "from twat_fs.upload_providers.simple import SimpleProvider, AsyncBaseProvider, BaseProvider",
        "from twat_fs.upload_providers.protocols import ProviderHelp, ProviderClient, Provider",
        "from twat_fs.upload_providers.provider_types import UploadResult",
        "from twat_fs.upload_providers.local import PROVIDER_HELP, get_provider, get_credentials",
    ],
)
def test_the_old_names_can_be_imported(statement: str) -> None:
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
