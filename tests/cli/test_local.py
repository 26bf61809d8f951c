"""The provider that copies into a folder: whole or not at all, nothing overwritten unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support import Cli


@pytest.fixture
def cli(run_cli: Cli) -> Cli:
    run_cli.file()
    return run_cli


def test_the_local_provider_copies_the_file(cli: Cli) -> None:
    store = cli.home / "store"
    answer = cli("upload", "a.txt", "-p", "local", env={"TWAT_FS_LOCAL_DIR": str(store)})
    assert answer.url == (store / "a.txt").as_uri()
    assert [path.name for path in store.iterdir()] == ["a.txt"]
    assert (store / "a.txt").read_bytes() == b"hello"


def test_the_local_provider_uses_the_data_folder_without_one(cli: Cli) -> None:
    answer = cli("upload", "a.txt", "-p", "local")
    assert answer.url == (cli.home / "data" / "twat-fs" / "uploads" / "a.txt").as_uri()


def test_the_local_provider_does_not_overwrite_but_by_force(cli: Cli) -> None:
    store = cli.home / "store"
    env = {"TWAT_FS_LOCAL_DIR": str(store)}
    cli("upload", "a.txt", "-p", "local", env=env)
    cli.file(content=b"other")
    answer = cli("upload", "a.txt", "-p", "local", env=env)
    assert (answer.code, answer.out) == (4, "")
    assert "(conflict)" in answer.err
    assert "--force" in answer.err
    assert (store / "a.txt").read_bytes() == b"hello"
    assert cli("upload", "a.txt", "-p", "local", "--force", env=env).url
    assert (store / "a.txt").read_bytes() == b"other"
    assert cli("upload", "a.txt", "-p", "local", "--unique", env=env).url
    assert len(list(store.iterdir())) == 2


def test_the_local_provider_makes_folders_and_urls(cli: Cli) -> None:
    env = {"TWAT_FS_LOCAL_DIR": str(cli.home / "store"), "TWAT_FS_LOCAL_BASE_URL": "https://files.example/x/"}
    answer = cli("upload", "a.txt", "-p", "local", "--remote-path", "b c/ä.txt", env=env)
    assert answer.url == "https://files.example/x/b%20c/%C3%A4.txt"
    assert (cli.home / "store" / "b c" / "ä.txt").read_bytes() == b"hello"


def test_the_local_provider_says_where_it_cannot_write(cli: Cli) -> None:
    cli.file("in-the-way")
    answer = cli("upload", "a.txt", "-p", "local", env={"TWAT_FS_LOCAL_DIR": str(cli.home / "in-the-way")})
    assert (answer.code, answer.out) != (0, "")
    assert answer.code in (3, 4)
    answer = cli("upload", "a.txt", "-p", "local", env={"TWAT_FS_LOCAL_DIR": "/proc/nowhere"})
    assert answer.code == 3
    assert "TWAT_FS_LOCAL_DIR" in answer.err
