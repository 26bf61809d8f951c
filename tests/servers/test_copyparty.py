"""copyparty: multipart with a JSON reply, raw PUT with a text reply or a Location, passwords, keys in URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import HTTPError

import pytest

from tests.servers.command import Refusal

if TYPE_CHECKING:
    from tests.servers.command import User
    from tests.servers.hosts import Host

pytestmark = pytest.mark.servers


def netloc(host: Host) -> str:
    return host.url.partition("//")[2]


def multipart(host: Host, volume: str, *, url: str = "fileurl", more: str = "") -> str:
    return f"""
request:
  url: {host.url}/{volume}/?j
  multipart:
    f: "{{{{ file }}}}"
result:
  url: {url}
retry: {{attempts: 1}}
{more}"""


def put(host: Host, volume: str, *, url: str, more: str = "") -> str:
    return f"""
request:
  method: PUT
  url: "{host.url}/{volume}/{{{{ file.name }}}}"
  headers:
    Accept: url
    {more}
  raw: "{{{{ file }}}}"
result:
  url: {url}
retry: {{attempts: 1}}
"""


def with_password(host: Host, *, url: str = "{text: true}") -> str:
    credential = "credentials:\n  PARTY_PASSWORD: {help: The password of the account.}\n"
    return credential + put(host, "priv", url=url, more='PW: "{{ credentials.PARTY_PASSWORD }}"')


@pytest.mark.parametrize("size", [0, 300_000, 5_000_000])
def test_a_multipart_upload_comes_back_byte_for_byte(copyparty: Host, user: User, size: int) -> None:
    file = user.file(f"multipart-{size}.bin", size)
    user.spec("party", multipart(copyparty, "pub"))
    assert copyparty.fetch(user.upload(file, provider="party").url) == file.read_bytes()


@pytest.mark.parametrize("size", [0, 300_000, 5_000_000])
def test_a_raw_put_answered_with_text_comes_back_byte_for_byte(copyparty: Host, user: User, size: int) -> None:
    file = user.file(f"put-{size}.bin", size)
    user.spec("party", put(copyparty, "pub", url="{text: true}"))
    assert copyparty.fetch(user.upload(file, provider="party").url) == file.read_bytes()


def test_the_location_header_is_the_url(copyparty: Host, user: User) -> None:
    file = user.file("located.bin")
    user.spec("party", put(copyparty, "pub", url="{header: Location}"))
    assert user.upload(file, provider="party").url == f"{copyparty.url}/pub/located.bin"


def test_the_second_file_of_a_name_gets_the_url_of_its_own(copyparty: Host, user: User) -> None:
    user.spec("party", multipart(copyparty, "pub"))
    first = user.upload(user.file("twice.bin", 10), provider="party").url
    second = user.upload(user.file("twice.bin", 20), "--check", "hash", provider="party").url
    assert first != second
    assert len(copyparty.fetch(second)) == 20


def test_the_key_in_the_url_is_kept(copyparty: Host, user: User) -> None:
    file = user.file("keyed.bin")
    user.spec("party", with_password(copyparty))
    url = user.upload(file, provider="party", PARTY_PASSWORD=copyparty.password).url
    assert copyparty.fetch(url) == file.read_bytes()
    with pytest.raises(HTTPError, match=r"40[13]"):
        copyparty.fetch(url.partition("?")[0])


def test_the_key_in_a_location_is_kept(copyparty: Host, user: User) -> None:
    file = user.file("keyed-location.bin")
    user.spec("party", with_password(copyparty, url="{header: Location}"))
    url = user.upload(file, "--check", "hash", provider="party", PARTY_PASSWORD=copyparty.password).url
    assert copyparty.fetch(url) == file.read_bytes()


def test_a_password_from_a_file_loses_its_newline(copyparty: Host, user: User) -> None:
    user.spec("party", with_password(copyparty))
    answer = user.upload(user.file("newline.bin"), provider="party", PARTY_PASSWORD=f"{copyparty.password}\n")
    assert answer.url.startswith(f"{copyparty.url}/priv/newline.bin?k=")


def test_a_wrong_password_is_forbidden(copyparty: Host, user: User) -> None:
    user.spec("party", with_password(copyparty))
    refusal = Refusal("forbidden", 403, 4)
    user.refused(
        refusal, user.file("wrong.bin"), provider="party", by=netloc(copyparty), PARTY_PASSWORD="wrong-password-7731"
    )


@pytest.mark.parametrize("asked", ["-v", "-vv", "--dry-run"])
def test_a_password_is_not_shown_to_who_asks_for_everything(copyparty: Host, user: User, asked: str) -> None:
    user.spec("party", with_password(copyparty))
    answer = user.upload(user.file("told.bin"), asked, provider="party", PARTY_PASSWORD=copyparty.password)
    assert (answer.code, bool(answer.out)) == (0, True), answer


def test_a_missing_password_is_named_before_anything_is_sent(copyparty: Host, user: User) -> None:
    user.spec("party", with_password(copyparty))
    message = user.refused(Refusal("config", None, 3), user.file("unset.bin"), provider="party", by="PARTY_PASSWORD")
    assert "PARTY_PASSWORD" in message
    assert not list(copyparty.folder.rglob("unset.bin"))


def test_a_file_that_the_spec_calls_too_large_is_too_large(copyparty: Host, user: User) -> None:
    rule = """
errors:
  message: error
  400:
    - {when: "error == 'file too big'", error: too_large}
"""
    user.spec("party", multipart(copyparty, "lim", more=rule))
    message = user.refused(
        Refusal("too_large", 400, 4), user.file("large.bin", 300_000), provider="party", by=netloc(copyparty)
    )
    assert "file too big" in message


def test_a_file_over_the_limit_of_the_spec_is_not_sent(copyparty: Host, user: User) -> None:
    user.spec("party", multipart(copyparty, "pub", more="capabilities: {max_file_size: 100 KiB}"))
    file = user.file("over.bin", 100 * 1024 + 1)
    user.refused(Refusal("too_large", None, 4), file, provider="party", by="party")
    assert not list(copyparty.folder.rglob("over*"))


def test_a_refusal_without_a_rule_is_a_bad_request_in_the_words_of_the_host(copyparty: Host, user: User) -> None:
    user.spec("party", multipart(copyparty, "lim", more="errors: {message: error}"))
    message = user.refused(
        Refusal("bad_request", 400, 4), user.file("big.bin", 300_000), provider="party", by=netloc(copyparty)
    )
    assert "file too big" in message


@pytest.mark.parametrize("volume", ["shut", "nowhere"])
def test_a_folder_where_nobody_may_write_is_forbidden(copyparty: Host, user: User, volume: str) -> None:
    user.spec("party", multipart(copyparty, volume))
    user.refused(Refusal("forbidden", 403, 4), user.file("shut.bin"), provider="party", by=netloc(copyparty))


def test_a_success_without_the_url_is_a_bad_reply_that_is_not_repeated(copyparty: Host, user: User) -> None:
    spec = multipart(copyparty, "pub", url="files[0].link").replace("attempts: 1", "attempts: 3")
    user.spec("party", spec)
    answer = user.upload(user.file("unread.bin"), provider="party")
    assert (answer.code, answer.out) == (4, ""), answer
    assert len(list((copyparty.folder / "pub").glob("unread*"))) == 1
    user.refused(Refusal("bad_reply", 201, 4), user.file("unread.bin"), provider="party", by="files[0].link")
