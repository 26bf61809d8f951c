"""The provider s3: keys, addresses, options, the meaning of errors, and what a part is to boto3."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import urllib3
from botocore import exceptions as boto  # type: ignore[import-untyped]

from twat_fs import errors
from twat_fs.source import Source
from twat_fs.upload_providers import s3
from twat_fs.upload_providers.s3.address import key_of, url_of
from twat_fs.upload_providers.s3.body import Part, Stopped, Tally, check_whole, composite
from twat_fs.upload_providers.s3.client import client_for
from twat_fs.upload_providers.s3.errors import translated
from twat_fs.upload_providers.s3.options import Options, Target, part_size_for, read_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MIB = 1 << 20


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret key")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def options(**given: Any) -> Options:
    return read_options({"bucket": "bucket", **given}, {})


def url(key: str = "k", **given: Any) -> str:
    chosen = options(**given)
    return url_of(client_for(chosen.target, os.environ), chosen, key)


def answered(code: str, status: int, message: str = "", **headers: str) -> errors.UploadError:
    about = {"HTTPStatusCode": status, "HTTPHeaders": headers, "RetryAttempts": 0}
    error = boto.ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": about}, "PutObject")
    return translated(error, host="s3.example.com", bucket="bucket", key="a key")


# Keys and addresses


@pytest.mark.parametrize(
    ("path", "prefix", "key"),
    [
        ("a.txt", "", "a.txt"),
        ("a.txt", "in/a folder/", "in/a folder/a.txt"),
        ("/a//b/./c", "", "a/b/c"),
        ("line\nbreak\x7f", "", "line_break_"),
        ("\ud83d lone", "", "_ lone"),
        ("ż ó+%.txt", "", "ż ó+%.txt"),
        ("...", "", "..."),
    ],
)
def test_a_key_has_no_empty_parts_and_no_control_characters(path: str, prefix: str, key: str) -> None:
    assert key_of(path, prefix) == key


@pytest.mark.parametrize(("path", "prefix"), [("../a", ""), ("a/../b", ""), ("a", ".."), ("", ""), ("/", "")])
def test_a_key_does_not_climb_and_is_not_empty(path: str, prefix: str) -> None:
    with pytest.raises(errors.UsageError):
        key_of(path, prefix)


def test_a_key_has_1024_bytes_at_most() -> None:
    assert len(key_of("é" * 512)) == 512
    with pytest.raises(errors.UsageError, match="1026 bytes"):
        key_of("é" * 513)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"region": "eu-west-1"}, "https://bucket.s3.eu-west-1.amazonaws.com/a%20b/%2B%25.txt"),
        ({"region": "eu-west-1", "path_style": True}, "https://s3.eu-west-1.amazonaws.com/bucket/a%20b/%2B%25.txt"),
        (
            {"region": "eu-west-1", "bucket": "a.dot"},
            "https://s3.eu-west-1.amazonaws.com/a.dot/a%20b/%2B%25.txt",
        ),
        ({"region": "cn-north-1"}, "https://bucket.s3.cn-north-1.amazonaws.com.cn/a%20b/%2B%25.txt"),
        ({"endpoint": "http://127.0.0.1:9000"}, "http://127.0.0.1:9000/bucket/a%20b/%2B%25.txt"),
        ({"endpoint": "https://s3.example.com"}, "https://s3.example.com/bucket/a%20b/%2B%25.txt"),
        (
            {"endpoint": "https://s3.example.com", "path_style": False},
            "https://bucket.s3.example.com/a%20b/%2B%25.txt",
        ),
        ({"public_base_url": "https://cdn.example.com/x/"}, "https://cdn.example.com/x/a%20b/%2B%25.txt"),
    ],
)
def test_a_public_url_is_where_the_object_is(given: dict[str, Any], expected: str) -> None:
    assert url("a b/+%.txt", **given) == expected


def test_a_presigned_url_has_its_end_and_no_secret() -> None:
    signed = url(url="presigned", expires=600, region="eu-west-1", public_base_url="https://cdn.example.com")
    assert signed.startswith("https://bucket.s3.eu-west-1.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "X-Amz-Expires=600" in signed
    assert "secret" not in signed


# Options


def test_the_environment_names_what_is_not_given() -> None:
    environ = {"AWS_S3_BUCKET": "theirs", "AWS_S3_PATH_STYLE": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    chosen = read_options({"endpoint": "http://127.0.0.1:2"}, environ)
    assert (chosen.bucket, chosen.target.path_style, chosen.target.endpoint) == ("theirs", True, "http://127.0.0.1:2")


def test_no_bucket_is_not_configured() -> None:
    with pytest.raises(errors.NotConfigured) as caught:
        read_options({}, {})
    assert "AWS_S3_BUCKET" in caught.value.hint


def test_what_is_stored_with_the_object_goes_into_the_first_request() -> None:
    chosen = options(metadata="a=1, b=x=y", tags="team=a b", storage_class="STANDARD_IA", acl="private", sse="AES256")
    assert chosen.parameters == {
        "Metadata": {"a": "1", "b": "x=y"},
        "Tagging": "team=a+b",
        "StorageClass": "STANDARD_IA",
        "ACL": "private",
        "ServerSideEncryption": "AES256",
    }


@pytest.mark.parametrize(
    "given",
    [
        {"metadata": "a"},
        {"metadata": "=b"},
        {"metadata": "a=ż"},
        {"tags": "a=b,"},
        {"part_size": "1 MiB"},
        {"part_size": "6 GiB"},
        {"part_size": "much"},
    ],
)
def test_a_value_that_s3_does_not_take_is_refused_before_anything_is_sent(given: dict[str, str]) -> None:
    with pytest.raises(errors.UsageError, match=f"option {next(iter(given))}"):
        options(**given)


@pytest.mark.parametrize(
    ("given", "signed"),
    [({}, False), ({"checksum": "when_required"}, None), ({"sign_payload": True}, True)],
)
def test_the_content_is_signed_where_no_checksum_stands_for_it(given: dict[str, Any], signed: bool | None) -> None:
    assert options(**given).target.sign_payload is signed


@pytest.mark.parametrize(("size", "part"), [(10, 64 * MIB), (640_000 * MIB, 64 * MIB), (640_001 * MIB, 65 * MIB)])
def test_parts_grow_before_there_are_too_many(size: int, part: int) -> None:
    assert part_size_for(size, 64 * MIB) == part
    assert size <= 10_000 * part


# Errors


@pytest.mark.parametrize(
    ("code", "status", "kind", "hint"),
    [
        ("NoSuchBucket", 404, "not_found", "AWS_S3_BUCKET"),
        ("AccessDenied", 403, "forbidden", "s3:PutObject"),
        ("InvalidAccessKeyId", 403, "auth", "AWS_ACCESS_KEY_ID"),
        ("SignatureDoesNotMatch", 403, "auth", "AWS_SECRET_ACCESS_KEY"),
        ("ExpiredToken", 400, "auth", "AWS_SESSION_TOKEN"),
        ("RequestTimeTooSkewed", 403, "auth", "clock"),
        ("AccessControlListNotSupported", 400, "bad_request", "-o acl"),
        ("PreconditionFailed", 412, "conflict", "--force"),
        ("NotImplemented", 501, "bad_request", "when_required"),
        ("EntityTooLarge", 400, "too_large", "part_size"),
        ("QuotaExceeded", 403, "quota", ""),
        ("SlowDown", 503, "rate_limited", "parallel"),
        ("InternalError", 500, "unavailable", ""),
        ("RequestTimeout", 400, "timeout", ""),
        ("BadDigest", 400, "network", ""),
        ("SomethingNew", 400, "bad_request", ""),
        ("", 503, "unavailable", ""),
        ("404", 404, "not_found", ""),
    ],
)
def test_an_answer_has_a_kind_and_says_what_to_do(code: str, status: int, kind: str, hint: str) -> None:
    error = answered(code, status)
    assert (error.kind, error.status, error.provider) == (kind, status, "s3")
    assert hint in error.hint


def test_a_wrong_region_is_named() -> None:
    error = answered("PermanentRedirect", 301, **{"x-amz-bucket-region": "eu-west-3"})
    assert error.kind == "redirected"
    assert error.hint == "Set AWS_DEFAULT_REGION to the bucket's region, eu-west-3."


def test_the_hosts_own_words_are_shown_without_what_moves_a_cursor() -> None:
    error = answered("Odd{}Code", 400, "line\n\x1b[31mred {bucket}")
    assert "(s3.example.com says Odd{}Code: line [31mred {bucket})" in error.message


@pytest.mark.parametrize(("code", "status"), [("PreconditionFailed", 412), ("NoSuchUpload", 404)])
def test_what_is_there_already_on_a_second_try_may_be_our_own(code: str, status: int) -> None:
    about = {"HTTPStatusCode": status, "RetryAttempts": 1}
    error = boto.ClientError({"Error": {"Code": code}, "ResponseMetadata": about}, "PutObject")
    assert translated(error, host="h", bucket="b", key="k").ambiguous


def _of_proxy(reason: Exception) -> boto.ProxyConnectionError:
    """As boto3 raises it, with urllib3's error inside, which has the reason inside."""
    return boto.ProxyConnectionError(proxy_url="http://h", error=urllib3.exceptions.ProxyError("no", reason))


@pytest.mark.parametrize(
    ("raised", "kind", "code"),
    [
        (boto.NoCredentialsError(), "config", 3),
        (boto.PartialCredentialsError(provider="env", cred_var="aws_secret_access_key"), "config", 3),
        (boto.ProfileNotFound(profile="mine"), "config", 3),
        (boto.UnauthorizedSSOTokenError(), "auth", 4),
        (boto.CredentialRetrievalError(provider="p", error_msg="m"), "config", 3),
        (boto.SSLError(endpoint_url="u", error="e"), "tls", 4),
        (boto.ProxyConnectionError(proxy_url="http://u:p@h", error="e"), "network", 5),
        (_of_proxy(OSError("Tunnel connection failed: 407 Proxy Authentication Required")), "proxy", 4),
        (_of_proxy(OSError("Tunnel connection failed: 502 Bad Gateway")), "network", 5),
        (_of_proxy(ConnectionRefusedError()), "network", 5),
        (boto.ReadTimeoutError(endpoint_url="u"), "timeout", 5),
        (boto.ConnectTimeoutError(endpoint_url="u"), "network", 5),
        (boto.EndpointConnectionError(endpoint_url="u"), "network", 5),
        (boto.ConnectionClosedError(endpoint_url="u"), "network", 5),
        (boto.HTTPClientError(error="e"), "network", 5),
        (boto.ParamValidationError(report="r"), "bad_request", 4),
        (boto.BotoCoreError(), "rejected", 4),
    ],
)
def test_what_botocore_raises_has_a_kind(raised: Exception, kind: str, code: int) -> None:
    error = translated(raised, host="s3.example.com", bucket="bucket", key="k")
    assert (error.kind, error.exit_code, error.provider) == (kind, code, "s3")
    assert "u:p@" not in error.message


# Parts


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    path = tmp_path / "f.bin"
    path.write_bytes(bytes(range(256)) * 12_000)
    with Source(path) as opened:
        yield opened


def content(source: Source, offset: int, size: int) -> bytes:
    with open(source.path, "rb") as file:
        return file.read()[offset : offset + size]


def test_a_part_is_its_bytes_and_no_others(source: Source) -> None:
    part = Part(source, 1_000, 2 * MIB, Tally(source.size, None))
    blocks = [bytes(block) for block in iter(part.read, b"")]
    assert [len(block) for block in blocks] == [MIB, MIB]
    assert b"".join(blocks) == content(source, 1_000, 2 * MIB)
    assert (part.seek(0), len(part)) == (0, 2 * MIB)


def test_progress_counts_what_is_sent_once_whatever_is_read_before_and_again(source: Source) -> None:
    seen: list[tuple[int, int]] = []
    part = Part(source, 0, source.size, Tally(source.size, lambda sent, total: seen.append((sent, total))))
    part.crc32()
    assert not seen
    for _ in range(2):
        part.seek(0)
        part.begin()
        while part.read():
            pass
    assert seen == [(MIB, source.size), (2 * MIB, source.size), (source.size, source.size)]


def test_a_part_ends_at_once_when_the_upload_does(source: Source) -> None:
    tally = Tally(source.size, None)
    part = Part(source, 0, source.size, tally)
    part.read()
    tally.stopped = True
    with pytest.raises(Stopped):
        part.read()


def test_a_part_ends_when_the_time_for_all_is_over(source: Source) -> None:
    left = iter([1.0, 0.0])
    tally = Tally(source.size, None, lambda: next(left))
    part = Part(source, 0, source.size, tally)
    assert part.read()
    with pytest.raises(Stopped):
        part.read()
    assert (tally.stopped, getattr(tally.broken, "kind", "")) == (True, "timeout")


def test_a_file_that_shrank_stops_the_upload_and_says_so(source: Source) -> None:
    tally = Tally(source.size, None)
    part = Part(source, 0, source.size, tally)
    with open(source.path, "r+b") as file:
        file.truncate(5)
    with pytest.raises(Stopped):
        part.crc32()
    assert tally.stopped
    assert "shrank" in str(tally.broken)


@pytest.mark.parametrize("offset", [0, 1 << 20])
def test_a_file_that_changed_never_gives_its_last_bytes_away(source: Source, offset: int) -> None:
    tally = Tally(source.size, None)
    part = Part(source, offset, source.size - offset, tally)
    given = len(part.read())
    with open(source.path, "ab") as file:
        file.write(b"more")
    with pytest.raises(Stopped):
        given += sum(len(block) for block in iter(part.read, b""))
    assert given < source.size - offset
    assert "changed" in str(tally.broken)


def test_the_hosts_checksum_must_be_ours(source: Source) -> None:
    part = Part(source, 0, 5_000, Tally(source.size, None))
    crc = base64.b64encode(zlib.crc32(content(source, 0, 5_000)).to_bytes(4, "big")).decode()
    assert part.crc32() == crc
    assert part.check({"ChecksumCRC32": crc, "ETag": '"0"'}, None)
    with pytest.raises(errors.VerifyError, match="other bytes"):
        part.check({"ChecksumCRC32": "AAAAAA=="}, crc)


def test_an_etag_that_is_an_md5_must_be_ours_unless_the_object_is_encrypted(source: Source) -> None:
    part = Part(source, 0, 5_000, Tally(source.size, None))
    assert part.check({"ETag": f'"{hashlib.md5(content(source, 0, 5_000)).hexdigest()}"'}, None)
    wrong = f'"{"0" * 32}"'
    with pytest.raises(errors.VerifyError, match="MD5"):
        part.check({"ETag": wrong}, None)
    assert not part.check({"ETag": wrong, "ServerSideEncryption": "aws:kms"}, None)
    assert not part.check({"ETag": '"opaque"'}, None)


def test_the_checksum_of_the_whole_is_that_of_the_checksums() -> None:
    sums = [zlib.crc32(text).to_bytes(4, "big") for text in (b"one", b"two")]
    parts = [{"ChecksumCRC32": base64.b64encode(value).decode()} for value in sums]
    told = base64.b64encode(zlib.crc32(sums[0] + sums[1]).to_bytes(4, "big")).decode() + "-2"
    assert composite(parts) == told
    assert check_whole({"ChecksumCRC32": told}, parts)
    assert not check_whole({}, parts)
    with pytest.raises(errors.VerifyError):
        check_whole({"ChecksumCRC32": "AAAAAA==-2"}, parts)


# The module


def test_credentials_are_those_of_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    assert s3.get_credentials() == {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "a secret key"}
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert s3.get_credentials() is None


def test_a_client_is_kept_until_the_environment_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    first = client_for(Target(), os.environ)
    assert client_for(Target(), os.environ) is first
    assert client_for(Target(path_style=True), os.environ) is not first
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another key")
    assert client_for(Target(), os.environ) is not first


def test_importing_the_package_loads_no_sdk() -> None:
    code = "import sys, twat_fs, twat_fs.upload, twat_fs.registry, twat_fs.upload_providers.core\n"
    code += "assert not {'boto3', 'botocore', 's3transfer'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
