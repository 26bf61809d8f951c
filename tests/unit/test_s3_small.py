"""Small files to S3 after the first, which go by the pattern of what boto3 sent: same requests, same outcomes."""

from __future__ import annotations

import os
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from botocore.awsrequest import AWSResponse  # type: ignore[import-untyped]
from botocore.retries.standard import ExponentialBackoff  # type: ignore[import-untyped]

from tests.contract.s3_host import S3Host
from twat_fs import errors
from twat_fs.many import upload_files
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.hosts import as_json
from twat_fs.text import REDACTOR
from twat_fs.upload import UploadOptions
from twat_fs.upload_providers.s3.body import crc32
from twat_fs.upload_providers.s3.client import client_for
from twat_fs.upload_providers.s3.options import Target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from twat_fs.file_results import FileResult
    from twat_fs.testing.seen import Seen

KEY_ID, SECRET = "AKIDEXAMPLE", "a secret key"
OPTIONS = UploadOptions(check="none")
#: What botocore says of its own tries, and nobody else does.
FROM_BOTO = "amz-sdk-invocation-id"


#: In store for an answer: the object is kept, and the connection ends without a word.
LOST = Play(mute=True, close=True)


class Script:
    """S3 that checks signatures, but for the answers that are in store for the PUTs of the second file."""

    def __init__(self) -> None:
        self.s3 = S3Host(KEY_ID, SECRET)
        self.answers: list[Play] = []

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        if seen.method == "HEAD" and seen.target in self.s3.objects:
            content = self.s3.objects[seen.target]
            return Play(200, content, [("x-amz-checksum-crc32", crc32([content]))])
        if not (self.answers and seen.method == "PUT" and "second" in seen.target):
            return self.s3(seen)
        answer = self.answers.pop(0)
        if answer is LOST:
            assert self.s3(seen).status == 200
        return answer


def refusal(status: int, code: str, **headers: str) -> Play:
    body = f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()
    return Play(status, body, [(name.replace("_", "-"), value) for name, value in headers.items()])


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def host(script: Script, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHost]:
    monkeypatch.setattr(ExponentialBackoff, "delay_amount", lambda *_: 0)
    with FakeHost(script) as found:
        said = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_ENDPOINT_URL": found.url}
        said |= {"AWS_S3_BUCKET": "bucket", "AWS_DEFAULT_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true"}
        for name, value in said.items():
            monkeypatch.setenv(name, value)
        yield found


def files(folder: Path, *names: str) -> list[Path]:
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(path.name.encode() * 100)
    return paths


def sent(folder: Path, *names: str, jobs: int = 1, **options: Any) -> list[FileResult]:
    return list(upload_files(files(folder, *names), "s3", OPTIONS, jobs=jobs, **options))


def tries(host: FakeHost, name: str = "second") -> list[Seen]:
    return [seen for seen in host.requests if seen.method == "PUT" and name in seen.target]


def failure(result: FileResult) -> errors.UploadError:
    assert isinstance(result.error, errors.UploadFailed)
    (attempt,) = result.error.attempts
    return attempt


MANY = {
    "tags": "team=a b",
    "metadata": "by=me",
    "cache_control": "max-age=60",
    "content_disposition": "inline; filename=ż.txt",
    "storage_class": "STANDARD_IA",
    "acl": "private",
    "sse": "AES256",
}


@pytest.mark.parametrize(
    "options", [{}, MANY, {"sign_payload": True}, {"checksum": "when_required"}], ids=["none", "many", "signed", "bare"]
)
def test_the_second_request_says_what_boto3_would_say(host: FakeHost, tmp_path: Path, options: dict[str, Any]) -> None:
    sent(tmp_path, "first.txt", "second.txt", **options)
    first, second = [dict(seen.headers) for seen in host.requests]
    assert first.pop(FROM_BOTO)
    assert first.pop("amz-sdk-request")
    assert first.keys() == second.keys()
    own = {"Authorization", "X-Amz-Date", "Content-Length", "x-amz-checksum-crc32"}
    own |= set() if second["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD" else {"X-Amz-Content-SHA256"}
    assert {name for name in first if first[name] != second[name]} <= own


@pytest.mark.parametrize(
    "name", ["second", "ż ó+%.txt", "~(a)'!*&=:,@.txt", "\N{SNOWMAN}.png", 'quo"te.tar.gz', "#?;.html"]
)
def test_a_later_file_is_stored_under_its_name(host: FakeHost, script: Script, tmp_path: Path, name: str) -> None:
    results = sent(tmp_path, "first.txt", name)
    path = f"/bucket/{quote(name, safe='~')}"
    assert script.s3.objects[path] == name.encode() * 100
    assert results[1].result == f"{host.url}{path}"
    assert host.requests[1].header(FROM_BOTO) is None


def test_each_file_has_its_own_media_type(host: FakeHost, tmp_path: Path) -> None:
    sent(tmp_path, "first.txt", "second.png", "third")
    types = [seen.header("Content-Type") for seen in host.requests]
    assert types == ["text/plain", "image/png", "application/octet-stream"]


def test_an_empty_file_goes_the_same_way(host: FakeHost, script: Script, tmp_path: Path) -> None:
    (tmp_path / "second").touch()
    paths = [*files(tmp_path, "first"), tmp_path / "second"]
    results = list(upload_files(paths, "s3", OPTIONS, jobs=1))
    assert results[1].error is None
    assert script.s3.objects["/bucket/second"] == b""
    assert tries(host)[0].header(FROM_BOTO) is None


def test_other_options_are_another_pattern(host: FakeHost, tmp_path: Path) -> None:
    for number, tag in enumerate("abab"):
        sent(tmp_path, str(number), tags=f"team={tag}")
    assert [seen.header("x-amz-tagging") for seen in host.requests] == ["team=a", "team=b"] * 2
    assert [seen.header(FROM_BOTO) is None for seen in host.requests] == [False, False, True, True]


def test_force_is_not_learnt_from_a_file_without_it(host: FakeHost, tmp_path: Path) -> None:
    paths = files(tmp_path, "first", "second")
    for force in (False, True, True):
        list(upload_files(paths, "s3", OPTIONS._replace(force=force), jobs=1))
    assert [seen.header("If-None-Match") for seen in host.requests] == ["*"] * 2 + [None] * 4


def test_files_at_the_same_time_do_not_meet(host: FakeHost, script: Script, tmp_path: Path) -> None:
    names = [f"{number}.bin" for number in range(60)]
    results = sent(tmp_path, *names, jobs=8)
    assert [result.error for result in results] == [None] * 60
    assert script.s3.objects == {f"/bucket/{name}": name.encode() * 100 for name in names}


# What is no plain success


@pytest.mark.parametrize(
    "answer",
    [
        refusal(503, "SlowDown"),
        refusal(500, "InternalError"),
        refusal(200, "InternalError"),
        Play(mute=True, close=True),
    ],
    ids=["slow-down", "fault", "fault-inside-200", "no-answer"],
)
def test_a_fault_that_passes_is_met_by_another_try(
    host: FakeHost, script: Script, tmp_path: Path, answer: Play
) -> None:
    script.answers = [answer, answer]
    results = sent(tmp_path, "first", "second")
    assert results[1].error is None
    assert [seen.body for seen in tries(host)] == [b"second" * 100] * 3
    assert [seen.header("amz-sdk-request") for seen in tries(host)] == [None, "attempt=2; max=3", "attempt=3; max=3"]


def test_three_tries_are_all(host: FakeHost, script: Script, tmp_path: Path) -> None:
    script.answers = [refusal(503, "SlowDown")] * 9
    results = sent(tmp_path, "first", "second", "third")
    assert [result.error is None for result in results] == [True, False, True]
    assert failure(results[1]).kind == "rate_limited"
    assert len(tries(host)) == 3


def test_no_more_tries_than_are_wanted(
    host: FakeHost, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    script.answers = [refusal(500, "InternalError")] * 9
    results = sent(tmp_path, "first", "second")
    assert failure(results[1]).kind == "unavailable"
    assert len(tries(host)) == 1


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refusal(403, "AccessDenied"), "forbidden", "may not write"),
        (refusal(400, "ExpiredToken"), "auth", "have expired"),
        (refusal(412, "PreconditionFailed"), "conflict", "is there already"),
        (refusal(301, "PermanentRedirect", x_amz_bucket_region="eu-west-3"), "redirected", "another region"),
        (Play(200, b"<html>", [("Content-Type", "text/html")]), "bad_reply", "no S3"),
    ],
    ids=["denied", "expired", "taken", "region", "no-s3"],
)
def test_what_is_refused_is_an_error_of_its_kind(
    host: FakeHost, script: Script, tmp_path: Path, answer: Play, kind: str, words: str
) -> None:
    script.answers = [answer] * 9
    results = sent(tmp_path, "first", "second", "third")
    assert (failure(results[1]).kind, words in str(failure(results[1]))) == (kind, True), failure(results[1])
    assert results[2].error is None


@pytest.mark.parametrize("answer", [LOST, refusal(500, "InternalError")], ids=["lost", "fault"])
def test_a_second_try_that_meets_the_first_is_success_if_it_is_ours(
    host: FakeHost, script: Script, tmp_path: Path, answer: Play
) -> None:
    script.answers = [answer] if answer is LOST else [answer, LOST]
    results = sent(tmp_path, "first", "second")
    assert results[1].result == f"{host.url}/bucket/second"
    assert [seen.method for seen in host.requests if "second" in seen.target][-2:] == ["PUT", "HEAD"]


def test_an_object_with_another_checksum_is_no_success(host: FakeHost, script: Script, tmp_path: Path) -> None:
    script.answers = [Play(200, headers=[("ETag", '"e"'), ("x-amz-checksum-crc32", "AAAAAA==")])]
    assert failure(sent(tmp_path, "first", "second")[1]).kind == "verify"


def test_what_the_host_says_of_an_object_is_known(host: FakeHost, script: Script, tmp_path: Path) -> None:
    sums = ("x-amz-checksum-crc32", crc32([b"second" * 100]))
    script.answers = [Play(200, headers=[("ETag", '"e"'), ("x-amz-version-id", "v2"), sums])]
    result = sent(tmp_path, "first", "second")[1].result
    assert result is not None
    assert (result.metadata["etag"], result.metadata["version_id"]) == ("e", "v2")


# What boto3 does for every request anew


def test_keys_that_are_renewed_sign_the_next_file(
    host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def renewing(_: Seen) -> Play:
        # So near an end that botocore asks anew each time; another token for each file.
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
        token = f"session token {len(host.requests)}"
        return as_json({"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "Token": token, "Expiration": soon})

    with FakeHost(renewing) as services:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{services.url}/container")
        results = sent(tmp_path, "first", "second", "third")
    assert [result.error for result in results] == [None] * 3
    tokens = [str(seen.header("x-amz-security-token")) for seen in host.requests]
    assert tokens == [f"session token {number}" for number in range(3)]
    assert not any(token in REDACTOR(f"the token is {token}") for token in tokens)


def test_in_a_chain_of_functions_each_request_names_its_own_call(
    host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "uploads")
    for name in ("first", "second"):
        monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={name}")
        sent(tmp_path, name)
    assert [seen.header("X-Amzn-Trace-Id") for seen in host.requests] == ["Root=first", "Root=second"]


def test_the_mode_that_keeps_a_pace_has_every_request(
    host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "adaptive")
    sent(tmp_path, "first", "second")
    assert [seen.header(FROM_BOTO) is None for seen in host.requests] == [False, False]


def test_whoever_answers_in_the_place_of_the_host_is_asked_each_time(host: FakeHost, tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.url)
        told = {"x-amz-checksum-crc32": request.headers["x-amz-checksum-crc32"].decode()}
        return AWSResponse(request.url, 200, told, SimpleNamespace(stream=lambda: [b""]))

    client = client_for(Target("eu-west-1", host.url), os.environ)
    client.meta.events.register("before-send.s3", answer)
    results = sent(tmp_path, "first", "second")
    assert [result.error for result in results] == [None, None]
    assert asked == [f"{host.url}/bucket/first", f"{host.url}/bucket/second"]
