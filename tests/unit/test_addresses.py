"""Addresses are uploaded as files are, whatever their hosts can do, and their secrets are seen by nobody else."""

from __future__ import annotations

import logging
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.contract import authority
from tests.support import PLANTED, form
from twat_fs import addresses
from twat_fs.addresses import is_address, name_in, shown_address
from twat_fs.environment import settings
from twat_fs.errors import SourceError, SourceNotFound, UsageError
from twat_fs.logs import logger
from twat_fs.opening import opened
from twat_fs.streams import unsaid
from twat_fs.testing.fake_host import FakeHost, Play, Store
from twat_fs.upload import UploadOptions, upload_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support import Cli
    from twat_fs.testing.fake_host import Seen

#: Nobody listens there.
CLOSED = "http://127.0.0.1:9/a.bin"


class Ranged:
    """A host that gives a file, or the piece of it that is asked for; counts what it gave."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.given = 0
        self.tag = '"1"'

    def __call__(self, seen: Seen) -> Play:
        headers = [("Accept-Ranges", "bytes"), ("ETag", self.tag)]
        asked = seen.header("range")
        if seen.method == "HEAD":
            return Play(200, self.content, headers=headers)
        if asked is None:
            return Play(200, self.content, headers=headers)
        first, _, last = asked.removeprefix("bytes=").partition("-")
        piece = self.content[int(first) : int(last) + 1]
        self.given += len(piece)
        return Play(206, piece, headers=[*headers, ("Content-Range", f"bytes {first}-{last}/{len(self.content)}")])


def test_an_address_on_the_web_is_streamed(given: UploadOptions, store: Store) -> None:
    content = bytes(range(256)) * 40_000
    with FakeHost(Ranged(content)) as web:
        url = upload_file(f"{web.url}/a%20b.bin?key=secret", "mine", given)
    assert url.endswith("/a%20b.bin")
    assert list(store.files.values()) == [content]


def test_a_file_that_changes_at_its_host_is_not_sent_whole(given: UploadOptions, store: Store) -> None:
    ranged = Ranged(b"x" * 20_000_000)

    def other(sent: int, total: int) -> None:
        ranged.tag = '"2"'

    with FakeHost(ranged) as web, pytest.raises(SourceError, match="changed while it was being sent"):
        upload_file(f"{web.url}/a.bin", "mine", given._replace(progress=other))
    assert store.files == {}


def test_a_file_in_an_archive_is_uploaded(tmp_path: Path, given: UploadOptions, store: Store) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("in/a.txt", b"hello " * 100_000)
    assert upload_file(f"zip://in/a.txt::{tmp_path}/b.zip", "mine", given).endswith("/a.txt")
    assert list(store.files.values()) == [b"hello " * 100_000]


def test_the_command_line_takes_addresses(run_cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_bytes(b"hello")
    url = run_cli("upload", f"file://{tmp_path}/a b.txt", "-p", "local").url
    assert url.endswith("/a%20b.txt")


@pytest.mark.parametrize(
    ("address", "error", "words"),
    [
        ("file:///nowhere/a.txt", SourceNotFound, "file:///nowhere/a.txt: there is no such file"),
        ("file:///etc", SourceNotFound, "this is a folder"),
        ("nosuch://a/b", UsageError, "Protocol not known: nosuch"),
        ("zip://a.txt::/nowhere.zip", SourceNotFound, "no such file"),
    ],
)
def test_an_address_that_leads_nowhere_is_explained(
    given: UploadOptions, address: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        upload_file(address, "mine", given)


def test_a_message_has_neither_the_login_nor_the_query_of_an_address(given: UploadOptions) -> None:
    with FakeHost(lambda _: Play(404)) as web:
        address = f"http://user:{PLANTED}@{web.authority}/a.txt?key={PLANTED}"
        with pytest.raises(SourceError) as caught:
            upload_file(address, "mine", given)
    assert str(caught.value).startswith(f"http://{web.authority}/a.txt: ")
    assert PLANTED not in str(caught.value) + caught.value.hint


def test_a_host_that_says_no_is_explained(given: UploadOptions) -> None:
    with (
        FakeHost(lambda _: Play(500)) as web,
        pytest.raises(SourceError, match=r"a\.txt: cannot read it: its host answers 500"),
    ):
        upload_file(f"{web.url}/a.txt", "mine", given)


@pytest.mark.parametrize(
    ("address", "shown", "name"),
    [
        ("s3://key:secret@bucket/a/b.txt", "s3://bucket/a/b.txt", "b.txt"),
        ("zip://a.txt::s3://k:s@b/c.zip?x=1", "zip://a.txt::s3://b/c.zip", "a.txt"),
        ("https://h.example/a%20b.txt?k=1#f", "https://h.example/a%20b.txt", "a b.txt"),
        ("https://h.example/?k=1", "https://h.example/", ""),
        ("s3://bucket/a%20#1.txt?versionId=7", "s3://bucket/a%20#1.txt", "a%20#1.txt"),
    ],
)
def test_an_address_has_a_name_and_a_form_that_may_be_shown(address: str, shown: str, name: str) -> None:
    assert is_address(address)
    assert (shown_address(address), name_in(address)) == (shown, name)


def test_a_path_that_looks_like_an_address_is_a_path_where_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a::b").write_bytes(b"x")
    assert not is_address("a::b")
    with opened("a::b", None, settings({})) as source:
        assert source.name == "a::b"


# Hosts that are not as one would like


def test_a_host_that_gives_no_pieces_is_read_in_order(
    given: UploadOptions, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(addresses, "_BLOCK", 1000)
    content = bytes(range(256)) * 40
    with FakeHost(Store({"/a.bin": content})) as web:
        assert upload_file(f"{web.url}/a.bin", "mine", given).endswith("/a.bin")
    assert list(store.files.values()) == [content]


@pytest.mark.parametrize("content", [b"", b"x" * 300_000])
def test_a_file_of_which_no_size_is_told_is_read_to_its_end(given: UploadOptions, store: Store, content: bytes) -> None:
    with FakeHost(lambda _: Play(200, content, chunked=True)) as web:
        upload_file(f"{web.url}/a.bin", "mine", given)
    assert list(store.files.values()) == [content]


def test_how_much_is_taken_of_which_no_size_is_told_is_bounded(
    given: UploadOptions, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWAT_FS_STDIN_LIMIT", "1kB")
    endless = Play(200, (b"x" * 1000 for _ in iter(int, 1)), chunked=True)
    with (
        FakeHost(lambda seen: Play(405) if seen.method == "HEAD" else endless) as web,
        pytest.raises(SourceError, match="more than 1 kB came"),
    ):
        upload_file(f"{web.url}/a.bin", "mine", given)
    assert store.files == {}


def test_a_signature_for_reading_alone_is_enough(given: UploadOptions, store: Store) -> None:
    def signed(seen: Seen) -> Play:
        return Play(200, b"hello") if seen.method == "GET" and seen.target == "/a.txt?sig=ok" else Play(403)

    with FakeHost(signed) as web:
        assert upload_file(f"{web.url}/a.txt?sig=ok", "mine", given).endswith("/a.txt")
    assert list(store.files.values()) == [b"hello"]


def test_a_login_in_an_address_is_used(given: UploadOptions, store: Store) -> None:
    def guarded(seen: Seen) -> Play:
        return Play(200, b"hello") if seen.header("authorization") == "Basic dTpwIHc=" else Play(401)

    with FakeHost(guarded) as web:
        upload_file(f"http://u:p%20w@{web.authority}/a.txt", "mine", given)
        with pytest.raises(SourceError, match="its host answers 401"):
            upload_file(f"{web.url}/a.txt", "mine", given)
    assert list(store.files.values()) == [b"hello"]


def test_an_answer_that_ends_early_is_no_file(given: UploadOptions, store: Store) -> None:
    with (
        FakeHost(lambda seen: Play(200, b"x" * 5000, cut=None if seen.method == "HEAD" else 500)) as web,
        pytest.raises(SourceError, match=r"a\.bin: cannot read it: Response payload is not completed"),
    ):
        upload_file(f"{web.url}/a.bin", "mine", given)
    assert store.files == {}


def test_a_host_that_cannot_be_reached_is_not_called_a_missing_file(given: UploadOptions) -> None:
    with pytest.raises(SourceError, match="cannot read it: Connection refused") as caught:
        upload_file(CLOSED, "mine", given)
    assert not isinstance(caught.value, SourceNotFound)


def test_a_proxy_is_asked_where_the_usual_variables_name_one(
    given: UploadOptions, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeHost(lambda _: Play(200, b"by proxy")) as proxy:
        with opened("http://nowhere.invalid/a.txt", None, settings({"http_proxy": proxy.url})) as source:
            assert source.content() == b"by proxy"
        assert proxy.requests[0].target == "http://nowhere.invalid/a.txt"


def test_certificates_are_those_of_all_that_is_sent(given: UploadOptions, store: Store) -> None:
    with FakeHost(lambda _: Play(200, b"over TLS"), tls=authority.CONTEXT) as web:
        with pytest.raises(SourceError, match="the certificate of its host is not valid") as caught:
            upload_file(f"{web.url}/a.txt", "mine", given)
        assert "--ca-file" in caught.value.hint
        upload_file(f"{web.url}/a.txt", "mine", given._replace(ca_file=authority.FILE))
    assert list(store.files.values()) == [b"over TLS"]


# Secrets


def test_nothing_that_the_command_line_shows_has_the_secrets_of_an_address(run_cli: Cli) -> None:
    # What it prints, and all that it leaves behind, is searched for what is planted.
    def there(seen: Seen) -> Play:
        return Play(200, b"hello") if "/a.txt?" in seen.target else Play(404)

    with FakeHost(there) as web, FakeHost(Store()) as host:
        run_cli.spec("mine", form(host))
        login = f"http://me:{PLANTED}@{web.authority}"
        addresses = [f"{login}/{name}?X-Signature={PLANTED}&v=1" for name in ("a.txt", "gone.txt")]
        wordy = ("-p", "mine", "-vv", "--explain", "--format", "{{ path }} {{ url }}")
        answer = run_cli("upload", *addresses, *wordy)
        assert answer.code == 6
        assert answer.out.startswith(f"{web.url}/a.txt {host.url}/stored/0/a.txt\n")
        assert f"twat-fs: {web.url}/gone.txt: there is no such file" in answer.err
        assert f"{web.url}/a.txt: this was tried, in order:" in answer.err
        records = run_cli("upload", *addresses, "-p", "mine", "--json").records
        assert [record["file"] for record in records] == [f"{web.url}/a.txt", f"{web.url}/gone.txt"]
        assert 'file=@"a.txt"' in run_cli("upload", addresses[0], "-p", "mine", "--dry-run").out
        assert [row["name"] for row in run_cli("history", "--json").records] == ["a.txt", "a.txt"]
    down = run_cli("upload", addresses[0], "-p", "mine")
    assert down.err == f"twat-fs: {web.url}/a.txt: cannot read it: Connection refused\n"


def test_a_line_of_a_library_that_reads_addresses_has_no_query(caplog: pytest.LogCaptureFixture) -> None:
    logger()
    logging.getLogger("fsspec.http").warning("Fetch %s now", f"https://h.example/a?X-Signature={PLANTED}")
    assert caplog.messages == ["Fetch https://h.example/a?<hidden> now"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"cannot open 'https://me:{PLANTED}@h.example/a?k={PLANTED}' now", "cannot open 'https://h.example/a' now"),
        ("Is it there? Perhaps: #1 of 2", "Is it there? Perhaps: #1 of 2"),
    ],
)
def test_what_a_library_says_has_no_secret_of_an_address(said: str, shown: str) -> None:
    assert unsaid(said) == shown
