"""Uploads to Amazon S3 and to servers with the same interface, and deletes there what was uploaded."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from twat_fs.environment import current
from twat_fs.results import UploadResult
from twat_fs.upload_providers.s3.address import key_of, url_of
from twat_fs.upload_providers.s3.client import credentials_found, ways_to
from twat_fs.upload_providers.s3.errors import translated, unanswered
from twat_fs.upload_providers.s3.options import read_options
from twat_fs.upload_providers.s3.removal import recipe_of, remove
from twat_fs.upload_providers.s3.transfer import Transfer
from twat_fs.upload_providers.simple import SyncBaseProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call, ProviderHelp
    from twat_fs.upload_providers.s3.options import Options

_NAME = "s3"

#: What a module of a Python provider says of itself.
PROVIDER_HELP: ProviderHelp = {
    "setup": "Set AWS_S3_BUCKET and AWS_DEFAULT_REGION, for a server that is not Amazon's AWS_ENDPOINT_URL too, and "
    "give credentials as for every AWS tool: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role.",
    "deps": "twat-fs[s3]",
}


class S3Provider(SyncBaseProvider):
    """Puts files into a bucket; the card has the options."""

    provider_name = _NAME
    #: What `rclone serve s3` answers to a request without a signature.
    closed_statuses = (400,)

    @classmethod
    def get_capabilities(cls) -> dict[str, Any]:
        """What the provider can do; the chain has many ways to log in, of which one must do."""
        return {**super().get_capabilities(), "auth_required": True}

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Upload an open file; see `twat_fs.upload_providers.protocols.Transfer`."""
        environ = current().environ
        options = read_options(call.options, environ)
        key = key_of(call.remote_path, options.prefix)
        host = options.target.endpoint or "https://s3.amazonaws.com"
        transfer: Transfer | None = None
        try:
            ways = ways_to(options.target, environ)
            host = ways.client.meta.endpoint_url
            transfer = Transfer(ways, options, key, source, call)
            answer = transfer.run()
            url = url_of(ways.client, options, key)
        except (BotoCoreError, ClientError, Boto3Error) as error:
            where = urlsplit(host).netloc or host
            failure = translated(error, host=where, bucket=options.bucket, key=key)
            failure.ambiguous |= unanswered(error) and transfer is not None and transfer.may_be_there
            raise failure from error
        result = UploadResult(url, _metadata(options, key, answer))
        result.recipe = recipe_of(options, key, source.size, answer)
        return result

    def delete(self, recipe: Mapping[str, Any]) -> bool:
        """Remove the object; see `twat_fs.upload_providers.protocols.Deleting`."""
        return remove(recipe)


def _metadata(options: Options, key: str, answer: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {"provider": _NAME, "bucket": options.bucket, "key": key}
    if options.presigned:
        end = time.gmtime(time.time() + options.expires)
        facts["expires_at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", end)
    known = {"etag": str(answer.get("ETag", "")).strip('"'), "version_id": answer.get("VersionId")}
    return {**facts, **{name: value for name, value in known.items() if value}}


def get_credentials() -> dict[str, Any] | None:
    """The keys that boto3's chain finds, under the names of their variables; None where it finds none."""
    found = credentials_found()
    if found is None:
        return None
    keys = found.get_frozen_credentials()
    pairs = {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
    }
    return {name: value for name, value in pairs.items() if value}


def get_provider() -> S3Provider:
    """The provider; what is not configured is said when it is used, since options can name the bucket too."""
    return S3Provider()
