"""File names that need care, on every server: the URL that is printed serves the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers.command import User
    from tests.servers.hosts import Host

pytestmark = pytest.mark.servers

NAMES = [
    "two words & more.txt",
    "it's.txt",
    'a "quoted" name.txt',
    "ünï ☃ 日本.txt",
    "100% sure %41 %22.txt",
    "-dash.txt",
    "semi;colon=1,+#?.txt",
    "back\\slash.txt",
    ".hidden",
    "<a>|{b}^`~[c]@!$*().txt",
    "{{ file.size }}.txt",
]

MULTIPART = """
request:
  url: BASE/pub/?j
  multipart: {f: "{{ file }}"}
result: {url: fileurl}
"""

PUT_ANSWERED = """
request:
  method: PUT
  url: "BASE/pub/put-{{ file.name }}"
  headers: {Accept: url}
  raw: "{{ file }}"
result: {url: {text: true}}
"""

PUT_OPEN = """
request:
  method: PUT
  url: "BASE/open/{{ file.name }}"
  raw: "{{ file }}"
result: {url: "BASE/open/{{ file.name }}"}
"""

PUT_GUARDED = """
capabilities: {check: none}
credentials: {DAV_PASSWORD: {help: The password.}}
request:
  method: PUT
  url: "BASE/{{ file.name }}"
  basic_auth: {username: u, password: "{{ credentials.DAV_PASSWORD }}"}
  raw: "{{ file }}"
result: {url: "BASE/{{ file.name }}"}
"""

# A browser sends a quote in a name as %22, and so do we; this server keeps these three characters.
MULTIPART_WITHOUT_A_REPLY = """
credentials: {DAV_PASSWORD: {help: The password.}}
request:
  url: BASE/upload
  basic_auth: {username: up, password: "{{ credentials.DAV_PASSWORD }}"}
  multipart: {files: "{{ file }}"}
result:
  url: BASE/{{ file.name | replace('"', '%22') }}
"""


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("server", "spec"),
    [
        pytest.param("copyparty", MULTIPART, id="copyparty-multipart"),
        pytest.param("copyparty", PUT_ANSWERED, id="copyparty-put"),
        pytest.param("wsgidav", PUT_OPEN, id="wsgidav"),
        pytest.param("rclone", PUT_GUARDED, id="rclone"),
        pytest.param("uploadserver", MULTIPART_WITHOUT_A_REPLY, id="uploadserver"),
    ],
)
def test_the_url_serves_the_file(request: pytest.FixtureRequest, user: User, server: str, spec: str, name: str) -> None:
    host: Host = request.getfixturevalue(server)
    file = user.file(name)
    user.spec("odd", spec.replace("BASE", host.url))
    assert host.fetch(user.upload(file, provider="odd", DAV_PASSWORD=host.password).url) == file.read_bytes()


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
