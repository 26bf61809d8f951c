"""uploadserver: HTTP/1.0, 204 without a body, basic auth, a new name for a second file without a word about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.servers import hosts
from tests.servers.command import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.servers.command import User
    from tests.servers.hosts import Host

pytestmark = pytest.mark.servers

SPEC = """
options:
  base: {type: url, default: "http://127.0.0.1:9", help: Where it runs.}
credentials:
  BOX_USER: {help: The name before the colon.}
  BOX_PASSWORD: {help: The password after it.}
request:
  url: "{{ options.base }}/upload"
  basic_auth: {username: "{{ credentials.BOX_USER }}", password: "{{ credentials.BOX_PASSWORD }}"}
  multipart:
    files: "{{ file }}"
  expect: [204]
result:
  url: "{{ options.base }}/{{ file.name }}"
retry: {attempts: 1}
"""


def netloc(host: Host) -> str:
    return host.url.partition("//")[2]


def login(host: Host) -> dict[str, str]:
    return {"BOX_USER": host.user, "BOX_PASSWORD": host.password}


def base(host: Host) -> tuple[str, str]:
    return "-o", f"base={host.url}"


@pytest.mark.parametrize("size", [0, 300_000, 5_000_000])
def test_an_upload_comes_back_byte_for_byte(uploadserver: Host, user: User, size: int) -> None:
    file = user.file(f"whole-{size}.bin", size)
    user.spec("box", SPEC)
    url = user.upload(file, *base(uploadserver), provider="box", **login(uploadserver)).url
    assert uploadserver.fetch(url) == file.read_bytes()


def test_a_slash_after_the_base_is_lost(uploadserver: Host, user: User) -> None:
    user.spec("box", SPEC)
    file = user.file("slash.bin")
    answer = user.upload(file, "-o", f"base={uploadserver.url}/", provider="box", **login(uploadserver))
    assert answer.url == f"{uploadserver.url}/slash.bin"


def test_a_name_without_percent_signs_stays_readable_in_the_url(uploadserver: Host, user: User) -> None:
    user.spec("box", SPEC)
    answer = user.upload(user.file("a~b_c-d.1.bin"), *base(uploadserver), provider="box", **login(uploadserver))
    assert answer.url == f"{uploadserver.url}/a~b_c-d.1.bin"


def test_a_wrong_password_is_an_auth_error(uploadserver: Host, user: User) -> None:
    user.spec("box", SPEC)
    user.refused(
        Refusal("auth", 401, 4),
        user.file("wrong.bin"),
        *base(uploadserver),
        provider="box",
        by=netloc(uploadserver),
        BOX_USER="up",
        BOX_PASSWORD="not-the-password",
    )
    assert not (uploadserver.folder / "wrong.bin").exists()


def test_a_wrong_field_name_is_a_bad_request(uploadserver: Host, user: User) -> None:
    user.spec("box", SPEC.replace("    files:", "    file:"))
    user.refused(
        Refusal("bad_request", 400, 4),
        user.file("field.bin"),
        *base(uploadserver),
        provider="box",
        by=netloc(uploadserver),
        **login(uploadserver),
    )


def test_a_wrong_path_is_not_found(uploadserver: Host, user: User) -> None:
    user.spec("box", SPEC.replace("/upload", "/up"))
    user.refused(
        Refusal("not_found", 404, 4),
        user.file("path.bin"),
        *base(uploadserver),
        provider="box",
        by=netloc(uploadserver),
        **login(uploadserver),
    )


def test_a_url_that_shows_an_older_file_of_another_size_fails_the_check(uploadserver: Host, user: User) -> None:
    user.spec("box", SPEC)
    (uploadserver.folder / "older.bin").write_bytes(b"an older file")
    user.refused(
        Refusal("verify", None, 4),
        user.file("older.bin"),
        *base(uploadserver),
        provider="box",
        by=netloc(uploadserver),
        **login(uploadserver),
    )


def test_a_url_that_shows_an_older_file_of_the_same_size_fails_the_check_by_hash(
    uploadserver: Host, user: User
) -> None:
    user.spec("box", SPEC)
    (uploadserver.folder / "same.bin").write_bytes(b"x" * 2_000)
    user.refused(
        Refusal("verify", None, 4),
        user.file("same.bin", 2_000),
        *base(uploadserver),
        "--check",
        "hash",
        provider="box",
        by=netloc(uploadserver),
        **login(uploadserver),
    )


@pytest.mark.parametrize("unchecked", [("--no-check",), ("--check", "none")])
def test_who_asks_for_no_check_gets_the_url_unseen(uploadserver: Host, user: User, unchecked: tuple[str, ...]) -> None:
    user.spec("box", SPEC)
    (uploadserver.folder / "unseen.bin").write_bytes(b"an older file")
    answer = user.upload(
        user.file("unseen.bin"), *base(uploadserver), *unchecked, provider="box", **login(uploadserver)
    )
    assert answer.url == f"{uploadserver.url}/unseen.bin"


def test_a_dry_run_sends_nothing(uploadserver: Host, user: User) -> None:
    user.spec("box", SPEC)
    file = user.file("dry.bin")
    answer = user.upload(file, *base(uploadserver), "--dry-run", provider="box", **login(uploadserver))
    assert answer.code == 0, answer
    assert f"{uploadserver.url}/upload" in answer.out
    assert not (uploadserver.folder / "dry.bin").exists()


def test_a_record_holds_size_and_hash(uploadserver: Host, user: User) -> None:
    import hashlib

    user.spec("box", SPEC)
    file = user.file("record.bin")
    record = user.upload(file, *base(uploadserver), "--json", provider="box", **login(uploadserver)).record
    assert record["url"] == f"{uploadserver.url}/record.bin"
    assert record["provider"] == "box"
    assert (record["size"], record["sha256"]) == (2_000, hashlib.sha256(file.read_bytes()).hexdigest())
    assert "error" not in record


def test_a_server_that_is_gone_is_a_network_error(tmp_path: Path, user: User) -> None:
    home = tmp_path / "gone"
    home.mkdir()
    with hosts.uploadserver(home) as host:
        gone = host
    user.spec("box", SPEC)
    user.refused(
        Refusal("network", None, 5), user.file("gone.bin"), *base(gone), provider="box", by=netloc(gone), **login(gone)
    )
