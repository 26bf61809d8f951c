"""File names that need care before anything is sent; `test_judges.py` has those that need it on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers.command import User
    from tests.servers.hosts import Host

pytestmark = pytest.mark.servers

MULTIPART = """
request:
  url: BASE/pub/?j
  multipart: {f: "{{ file }}"}
result: {url: fileurl}
"""


def test_a_name_that_begins_with_a_dash_is_taken_after_two_dashes(copyparty: Host, user: User) -> None:
    file = user.file("-rf.txt")
    user.spec("odd", MULTIPART.replace("BASE", copyparty.url))
    answer = user.run("upload", "--provider", "odd", "--providers-d", str(user.providers), "--", file.name)
    assert copyparty.fetch(answer.url) == file.read_bytes()


def test_a_link_goes_up_under_its_own_name(copyparty: Host, user: User) -> None:
    link = user.file("target.bin").with_name("link.bin")
    link.symlink_to("target.bin")
    user.spec("odd", MULTIPART.replace("BASE", copyparty.url))
    assert user.upload(link, provider="odd").url == f"{copyparty.url}/pub/link.bin"


def test_a_name_in_bytes_that_are_no_text_goes_up(copyparty: Host, user: User) -> None:
    import os

    path = os.fsdecode(os.fsencode(user.home / "files") + b"/caf\xe9.txt")
    with open(path, "wb") as file:
        file.write(b"bytes")
    user.spec("odd", MULTIPART.replace("BASE", copyparty.url))
    answer = user.run("upload", path, "--provider", "odd", "--providers-d", str(user.providers))
    assert copyparty.fetch(answer.url) == b"bytes"
