"""What went to a real server is gone after `twat-fs delete`, and is the same before by `twat-fs verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

if TYPE_CHECKING:
    from tests.servers.command import User
    from tests.servers.hosts import Host
    from tests.support import Answer

pytestmark = pytest.mark.servers

DAV = """
credentials: {DAV_USER: {required: false}, DAV_PASSWORD: {required: false}}
defaults:
  basic_auth: {username: "{{ credentials.DAV_USER }}", password: "{{ credentials.DAV_PASSWORD }}"}
capabilities: {check: CHECK}
vars: {id: "{{ random(8) }}"}
request:
  method: PUT
  url: "BASE/{{ vars.id }}-{{ file.name }}"
  raw: "{{ file }}"
result: {url: "BASE/{{ vars.id }}-{{ file.name }}"}
delete: {method: DELETE, url: "BASE/{{ vars.id }}-{{ file.name }}"}
"""

PARTY = """
credentials: {PARTY_PASSWORD: {}}
capabilities: {check: get}
request:
  method: PUT
  url: "BASE/priv/{{ file.name }}"
  headers: {Accept: url, PW: "{{ credentials.PARTY_PASSWORD }}"}
  raw: "{{ file }}"
result: {url: {text: true}}
delete:
  method: DELETE
  url: "{{ result.url }}"
  headers: {PW: "{{ credentials.PARTY_PASSWORD }}"}
"""


def later(user: User, *words: str, **environment: str) -> Answer:
    return user.run(*words, "--providers-d", str(user.providers), **environment)


def gone(host: Host, url: str) -> bool:
    try:
        host.fetch(url)
    except HTTPError as error:
        return error.code == 404
    return False


def dav(host: Host, base: str, *, check: str = "none") -> str:
    return DAV.replace("BASE", base).replace("CHECK", check)


@pytest.mark.parametrize("server", ["rclone", "wsgidav/guarded", "wsgidav/open"])
def test_webdav_deletes(request: pytest.FixtureRequest, user: User, server: str) -> None:
    name, _, share = server.partition("/")
    host: Host = request.getfixturevalue(name)
    free = share == "open"
    user.spec("dav", dav(host, f"{host.url}/{share}".rstrip("/"), check="get" if free else "none"))
    login = {} if free else {"DAV_USER": host.user, "DAV_PASSWORD": host.password}
    file = user.file("a b.bin", 70_000)
    url = user.upload(file, provider="dav", **login).url
    assert host.fetch(url) == file.read_bytes()
    if free:
        assert later(user, "verify", url).out == f"the same: {url}\n"
    assert later(user, "delete", url, **login).out == f"deleted: {url}\n"
    assert gone(host, url)
    assert later(user, "delete", url, **login).out == f"gone already: {url}\n"


def test_webdav_says_that_it_was_gone_before(wsgidav: Host, user: User) -> None:
    user.spec("dav", dav(wsgidav, f"{wsgidav.url}/open"))
    url = user.upload(user.file("gone.bin", 10), provider="dav").url
    next((wsgidav.folder / "open").glob("*gone.bin")).unlink()
    assert later(user, "delete", url).out == f"gone already: {url}\n"


def test_webdav_refuses_a_wrong_password(wsgidav: Host, user: User) -> None:
    user.spec("dav", dav(wsgidav, f"{wsgidav.url}/guarded"))
    login = {"DAV_USER": wsgidav.user, "DAV_PASSWORD": wsgidav.password}
    url = user.upload(user.file("kept.bin", 10), provider="dav", **login).url
    answer = later(user, "delete", url, DAV_USER=wsgidav.user, DAV_PASSWORD="wrong")
    assert (answer.code, answer.out) == (4, "")
    assert len(wsgidav.fetch(url)) == 10


def test_copyparty_deletes_at_the_url_with_its_key(copyparty: Host, user: User) -> None:
    user.spec("party", PARTY.replace("BASE", copyparty.url))
    url = user.upload(user.file("party.bin", 5000), provider="party", PARTY_PASSWORD=copyparty.password).url
    assert later(user, "verify", url).out == f"the same: {url}\n"
    assert later(user, "delete", url, PARTY_PASSWORD=copyparty.password).out == f"deleted: {url}\n"
    assert not list((copyparty.folder / "priv").glob("party*"))
    assert later(user, "verify", "1").code == 4
