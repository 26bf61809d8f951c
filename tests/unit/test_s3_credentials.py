"""Where the keys for S3 come from, by the real command: each request's signature is checked by the host."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from tests.contract.s3_host import S3Host
from tests.support import PLANTED
from twat_fs.testing.fake_host import FakeHost, Play
from twat_fs.testing.hosts import as_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Answer, Cli
    from twat_fs.testing.seen import Seen

KEY_ID, SECRET, TOKEN = "ASIATEMPORARY", f"{PLANTED}-secret", f"{PLANTED}-token"
END = "2099-01-01T00:00:00Z"
_ROLE = f"""\
<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>{KEY_ID}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>
<Expiration>{END}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"""


class Cloud:
    """S3 that knows temporary keys alone, and all the services that give them out."""

    def __init__(self) -> None:
        self.s3 = S3Host(KEY_ID, SECRET)
        self.asked: list[str] = []

    def __call__(self, seen: Seen) -> Play:
        """The reply to a request."""
        if seen.target.startswith("/bucket/"):
            if seen.method == "PUT":
                assert seen.header("x-amz-security-token") == TOKEN
            return self.s3(seen)
        self.asked.append(f"{seen.method} {seen.target}")
        if seen.target == "/container":
            good = seen.header("Authorization") == "of the container"
            keys = {"AccessKeyId": KEY_ID, "SecretAccessKey": SECRET, "Token": TOKEN, "Expiration": END}
            return as_json(keys) if good else Play(403)
        if seen.target.startswith("/federation/credentials"):
            assert seen.header("x-amz-sso_bearer_token") == "of the log-in"
            keys = {"accessKeyId": KEY_ID, "secretAccessKey": SECRET, "sessionToken": TOKEN}
            return as_json({"roleCredentials": {**keys, "expiration": 4070908800000}})
        form = seen.body.decode()
        assert "Action=AssumeRole" in form
        return Play(200, _ROLE.encode(), [("Content-Type", "text/xml")])


@pytest.fixture
def cloud() -> Iterator[tuple[Cloud, FakeHost]]:
    script = Cloud()
    with FakeHost(script) as host:
        yield script, host


def sent(run_cli: Cli, host: FakeHost, **env: str) -> Answer:
    usual = {"AWS_ENDPOINT_URL": host.url, "AWS_S3_BUCKET": "bucket", "AWS_DEFAULT_REGION": "eu-west-1"}
    alone = {"AWS_EC2_METADATA_DISABLED": "true"}
    return run_cli.upload(run_cli.file("a.txt", b"hello"), provider="s3", env={**usual, **alone, **env})


def test_a_container_gives_them(run_cli: Cli, cloud: tuple[Cloud, FakeHost]) -> None:
    script, host = cloud
    where = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{host.url}/container"}
    answer = sent(run_cli, host, **where, AWS_CONTAINER_AUTHORIZATION_TOKEN="of the container")
    assert answer.url == f"{host.url}/bucket/a.txt"
    assert script.asked == ["GET /container"]
    assert script.s3.objects == {"/bucket/a.txt": b"hello"}


def test_a_role_gives_them_for_the_keys_that_were_found(run_cli: Cli, cloud: tuple[Cloud, FakeHost]) -> None:
    script, host = cloud
    keys = {"AWS_ACCESS_KEY_ID": "AKIDOWN", "AWS_SECRET_ACCESS_KEY": f"{PLANTED}-own"}
    answer = sent(run_cli, host, **keys, AWS_ROLE_ARN="arn:aws:iam::123456789012:role/uploads")
    assert answer.url == f"{host.url}/bucket/a.txt"
    assert script.asked == ["POST /"]


def test_a_log_in_by_single_sign_on_gives_them(run_cli: Cli, cloud: tuple[Cloud, FakeHost]) -> None:
    script, host = cloud
    folder = run_cli.home / ".aws"
    start = "https://example.awsapps.com/start"
    (folder / "sso" / "cache").mkdir(parents=True)
    (folder / "config").write_text(
        f"[profile work]\nsso_session = ours\nsso_account_id = 123456789012\nsso_role_name = uploads\n"
        f"[sso-session ours]\nsso_start_url = {start}\nsso_region = eu-west-1\n"
    )
    token = {"startUrl": start, "region": "eu-west-1", "accessToken": "of the log-in", "expiresAt": END}
    cached = folder / "sso" / "cache" / f"{hashlib.sha1(b'ours').hexdigest()}.json"
    cached.write_text(json.dumps(token))
    assert sent(run_cli, host, AWS_PROFILE="work").url == f"{host.url}/bucket/a.txt"
    assert [line.partition("?")[0] for line in script.asked] == ["GET /federation/credentials"]


def test_a_log_in_that_has_ended_says_how_to_begin_anew(run_cli: Cli, cloud: tuple[Cloud, FakeHost]) -> None:
    _, host = cloud
    folder = run_cli.home / ".aws"
    folder.mkdir()
    (folder / "config").write_text(
        "[profile work]\nsso_session = ours\nsso_account_id = 123456789012\nsso_role_name = uploads\n"
        "[sso-session ours]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n"
    )
    answer = sent(run_cli, host, AWS_PROFILE="work")
    assert answer.code == 4
    assert "aws sso login" in answer.err
