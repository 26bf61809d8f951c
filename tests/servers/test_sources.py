"""Files that lie in S3 and on a web server with TLS are uploaded from there: by real servers, and by the real s3fs."""

from __future__ import annotations

import os
import random
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from tests.servers import environment
from tests.support import FOR_PYTHON, PLANTED, form
from twat_fs.testing.fake_host import FakeHost, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.servers.hosts import Host
    from tests.support import Cli

pytestmark = pytest.mark.servers

#: In an address; the server writes it into its own log, so it is none that is planted.
SIGNATURE = "sixteen-or-more-signs"
#: More than is asked for at a time.
LARGE = random.Random(1).randbytes(9 << 20)
FROM_PYTHON = """
import sys
from twat_fs import UploadOptions, upload_files
for done in upload_files(sys.argv[1:], "mine", UploadOptions(check="none"), jobs=2):
    print(done.url if done.result else f"{type(done.error).__name__}: {done.error} | {done.error.hint}")
"""


@pytest.fixture(scope="session")
def s3fs() -> Path:
    """The folder that it is in; asked for before any test hides the settings that installing it may take."""
    return environment.packages()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def mine(run_cli: Cli, store: Store) -> Iterator[Cli]:
    with FakeHost(store) as host:
        run_cli.spec("mine", form(host, more="capabilities: {check: none}"))
        yield run_cli


@pytest.fixture(scope="session")
def bucket(moto_host: Host) -> Host:
    """A bucket of the real moto with files in it."""
    for key, content in (("a%20b%231.bin", LARGE), ("empty", b""), ("in/c.txt", b"in a folder")):
        kind = {"Content-Type": "application/octet-stream"}  # else moto reads it as a form
        request = urllib.request.Request(f"{moto_host.url}/twat/{key}", content, kind, method="PUT")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10).close()
    return moto_host


def for_s3(host: Host, s3fs: Path, **more: str) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{s3fs}{os.pathsep}{FOR_PYTHON['PYTHONPATH']}",
        "AWS_ENDPOINT_URL": host.url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }


KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": PLANTED}


def test_a_file_in_a_bucket_is_uploaded_under_its_name(mine: Cli, store: Store, bucket: Host, s3fs: Path) -> None:
    answer = mine("upload", "s3://twat/a b#1.bin", "-p", "mine", env=for_s3(bucket, s3fs, **KEYS))
    assert answer.url.endswith("/a%20b%231.bin")
    assert list(store.files.values()) == [LARGE]


def test_programs_upload_from_buckets_and_are_told_what_is_wrong(
    mine: Cli, store: Store, bucket: Host, s3fs: Path
) -> None:
    sources = ["s3://twat/in/c.txt", "s3://twat/empty", "s3://twat/gone", "s3://nobucket/x", "s3://twat/in"]
    answer = mine.run([sys.executable, "-c", FROM_PYTHON, *sources], env=for_s3(bucket, s3fs, **KEYS))
    assert answer.code == 0, answer
    first, second, *wrong = answer.out.splitlines()
    assert (first.rpartition("/")[2], second.rpartition("/")[2]) == ("c.txt", "empty")
    assert wrong == [
        "SourceNotFound: s3://twat/gone: there is no such file | Check the address.",
        "SourceNotFound: s3://nobucket/x: there is no such file | Check the address.",
        "SourceNotFound: s3://twat/in: this is a folder, not a file | Name the files in it.",
    ]
    assert sorted(store.files.values()) == [b"", b"in a folder"]


def test_missing_keys_are_said_with_where_they_are_looked_for(mine: Cli, bucket: Host, s3fs: Path) -> None:
    answer = mine("upload", "s3://twat/empty", "-p", "mine", env=for_s3(bucket, s3fs))
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.splitlines() == [
        "twat-fs: s3://twat/empty: cannot read it: Unable to locate credentials",
        "  Its library looks for them where it always does, such as AWS_ACCESS_KEY_ID or ~/.aws/credentials for s3://.",
    ]


def test_without_s3fs_it_is_said_what_to_install(mine: Cli) -> None:
    answer = mine("upload", "s3://twat/empty", "-p", "mine")
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("twat-fs: s3://twat/empty: Install s3fs")


def test_a_web_server_with_an_authority_of_its_own_is_read_from(mine: Cli, store: Store, tls_host: Host) -> None:
    # This server knows no pieces, and does not say so.
    (tls_host.folder / "a b.bin").write_bytes(LARGE)
    address = f"{tls_host.url}/a%20b.bin?X-Signature={SIGNATURE}"
    refused = mine("upload", address, "-p", "mine")
    assert (refused.code, refused.out) == (1, "")
    assert "the certificate of its host is not valid" in refused.err
    assert SIGNATURE not in refused.err
    assert mine("upload", address, "-p", "mine", "--ca-file", str(tls_host.ca_file)).url.endswith("/a%20b.bin")
    assert list(store.files.values()) == [LARGE]
    trusting = {"SSL_CERT_FILE": str(tls_host.ca_file)}
    gone = mine("upload", f"{tls_host.url}/gone.txt?X-Signature={SIGNATURE}", "-p", "mine", env=trusting)
    assert (gone.code, gone.out) == (2, "")
    assert gone.err == f"twat-fs: {tls_host.url}/gone.txt: there is no such file\n  Check the address.\n"


def test_programs_upload_from_the_web(mine: Cli, store: Store, tls_host: Host) -> None:
    (tls_host.folder / "c.txt").write_bytes(b"over TLS")
    sources = [f"{tls_host.url}/c.txt", f"{tls_host.url}/"]
    trusting = {"SSL_CERT_FILE": str(tls_host.ca_file)}
    answer = mine.run([sys.executable, "-c", FROM_PYTHON, *sources], env=trusting)
    first, second = answer.out.splitlines()
    assert first.endswith("/c.txt")
    assert second.startswith(f"UsageError: {tls_host.url}/ has no name | Give it one")
    assert list(store.files.values()) == [b"over TLS"]
