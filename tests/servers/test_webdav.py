"""WebDAV, by rclone and by wsgidav: a raw PUT to a name that we choose, the URL from a template, folders first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.servers.command import Refusal

if TYPE_CHECKING:
    from tests.servers.command import User
    from tests.servers.hosts import Host

pytestmark = pytest.mark.servers

LOGIN = """
capabilities: {check: none}
credentials:
  DAV_USER: {help: The user.}
  DAV_PASSWORD: {help: The password.}
defaults:
  basic_auth: {username: "{{ credentials.DAV_USER }}", password: "{{ credentials.DAV_PASSWORD }}"}
"""

PUT = """
request:
  method: PUT
  url: "BASE/{{ file.name }}"
  raw: "{{ file }}"
  idempotent: true
result:
  url: "BASE/{{ file.name }}"
retry: {attempts: 1}
"""

FOLDER_FIRST = """
steps:
  - name: folder
    method: MKCOL
    url: BASE/FOLDER/
    expect: [201, 405]
  - name: put
    method: PUT
    url: "BASE/FOLDER/{{ file.name }}"
    raw: "{{ file }}"
result:
  url: "BASE/FOLDER/{{ file.name }}"
retry: {attempts: 1}
"""


@dataclass(frozen=True)
class Dav:
    """A WebDAV server, the address of a folder in it, and whether that folder wants the password."""

    host: Host
    base: str
    guarded: bool

    @property
    def netloc(self) -> str:
        return self.host.url.partition("//")[2]

    @property
    def login(self) -> dict[str, str]:
        return {"DAV_USER": self.host.user, "DAV_PASSWORD": self.host.password} if self.guarded else {}

    def spec(self, text: str, *, folder: str = "") -> str:
        return (LOGIN if self.guarded else "") + text.replace("BASE", self.base).replace("FOLDER", folder)


@pytest.fixture(params=["rclone", "wsgidav-guarded", "wsgidav-open"])
def dav(request: pytest.FixtureRequest) -> Dav:
    server, _, share = str(request.param).partition("-")
    host: Host = request.getfixturevalue(server)
    return Dav(host, f"{host.url}/{share}".rstrip("/"), guarded=share != "open")


@pytest.fixture(params=["rclone", "wsgidav"])
def guarded(request: pytest.FixtureRequest) -> Dav:
    host: Host = request.getfixturevalue(str(request.param))
    return Dav(host, f"{host.url}/guarded" if request.param == "wsgidav" else host.url, guarded=True)


@pytest.mark.parametrize("size", [0, 300_000, 5_000_000])
def test_a_put_comes_back_byte_for_byte(dav: Dav, user: User, size: int) -> None:
    file = user.file(f"put-{size}.bin", size)
    user.spec("dav", dav.spec(PUT))
    url = user.upload(file, provider="dav", **dav.login).url
    assert url == f"{dav.base}/{file.name}"
    assert dav.host.fetch(url) == file.read_bytes()


def test_a_second_put_replaces_the_first(dav: Dav, user: User) -> None:
    user.spec("dav", dav.spec(PUT))
    user.upload(user.file("again.bin", 10), provider="dav", **dav.login)
    url = user.upload(user.file("again.bin", 20), provider="dav", **dav.login).url
    assert len(dav.host.fetch(url)) == 20


def test_a_wrong_password_is_an_auth_error(guarded: Dav, user: User) -> None:
    user.spec("dav", guarded.spec(PUT))
    login = {"DAV_USER": guarded.host.user, "DAV_PASSWORD": "not-it-4711"}
    user.refused(Refusal("auth", 401, 4), user.file("wrong.bin", 5_000_000), provider="dav", by=guarded.netloc, **login)


def test_a_missing_password_is_named(guarded: Dav, user: User) -> None:
    user.spec("dav", guarded.spec(PUT))
    user.refused(Refusal("config", None, 3), user.file("unset.bin"), provider="dav", by="DAV_PASSWORD", DAV_USER="dav")


def test_a_missing_parent_folder_is_a_conflict(dav: Dav, user: User) -> None:
    user.spec("dav", dav.spec(PUT.replace("BASE/", "BASE/nowhere/")))
    user.refused(Refusal("conflict", 409, 4), user.file("orphan.bin"), provider="dav", by=dav.netloc, **dav.login)


def test_a_hint_of_the_spec_reaches_the_user(dav: Dav, user: User) -> None:
    hint = "Make the folder nowhere first."
    rule = f"errors:\n  409: {{error: conflict, hint: {hint}}}\n"
    user.spec("dav", dav.spec(PUT.replace("BASE/", "BASE/nowhere/") + rule))
    assert hint in user.upload(user.file("hinted.bin"), provider="dav", **dav.login).err


def test_a_first_step_makes_the_folder(dav: Dav, user: User) -> None:
    file = user.file("first.bin", 300_000)
    user.spec("dav", dav.spec(FOLDER_FIRST, folder="fresh"))
    url = user.upload(file, provider="dav", **dav.login).url
    assert dav.host.fetch(url) == file.read_bytes()


def test_a_folder_that_is_there_already_is_success_too(dav: Dav, user: User) -> None:
    user.spec("dav", dav.spec(FOLDER_FIRST, folder="kept"))
    user.upload(user.file("one.bin"), provider="dav", **dav.login)
    file = user.file("two.bin")
    url = user.upload(file, provider="dav", **dav.login).url
    assert dav.host.fetch(url) == file.read_bytes()


def test_a_first_step_that_fails_is_named_and_the_file_stays_here(wsgidav: Host, user: User) -> None:
    dav = Dav(wsgidav, f"{wsgidav.url}/open/no/where", guarded=False)
    user.spec("dav", dav.spec(FOLDER_FIRST, folder="inner"))
    message = user.refused(Refusal("conflict", 409, 4), user.file("unsent.bin"), provider="dav", by=dav.netloc)
    assert f"MKCOL {dav.base}/inner/" in message
    assert not list(wsgidav.folder.rglob("unsent.bin"))


def test_a_wanted_path_is_kept_with_its_folders(wsgidav: Host, user: User) -> None:
    (wsgidav.folder / "open" / "in a folder").mkdir()
    dav = Dav(wsgidav, f"{wsgidav.url}/open", guarded=False)
    file = user.file("here.bin")
    user.spec("dav", dav.spec(PUT.replace("{{ file.name }}", "{{ remote_path | urlencode }}")))
    url = user.upload(file, "--remote-path", "in a folder/there.bin", provider="dav").url
    assert url == f"{dav.base}/in%20a%20folder/there.bin"
    assert dav.host.fetch(url) == file.read_bytes()


def test_a_link_that_wants_a_password_is_printed_and_said_to_be_unchecked(rclone: Host, user: User) -> None:
    dav = Dav(rclone, rclone.url, guarded=True)
    user.spec("dav", dav.spec(PUT).replace("capabilities: {check: none}", ""))
    answer = user.upload(user.file("unread.bin"), provider="dav", **dav.login)
    assert answer.url == f"{rclone.url}/unread.bin"
    assert "401" in answer.err
