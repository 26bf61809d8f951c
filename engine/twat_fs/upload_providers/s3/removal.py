"""Removes an object that an upload put there, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from twat_fs.environment import current
from twat_fs.errors import Conflict, NonRetryableError
from twat_fs.upload_providers.s3.client import client_for
from twat_fs.upload_providers.s3.errors import translated
from twat_fs.upload_providers.s3.options import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.upload_providers.s3.options import Options

_NOT_FOUND = 404
_TARGET = ("region", "endpoint", "path_style", "role_arn")


def recipe_of(options: Options, key: str, size: int, answer: Mapping[str, Any]) -> dict[str, Any]:
    """What names an object, and how to reach it; the credentials are those of whoever deletes it.

    Args:
        options: Of the upload.
        key: The object's.
        size: Its bytes.
        answer: The host's last one.
    """
    etag = answer.get("ETag")
    # What is made of several parts has an ETag of its own kind, and some servers tell another one later.
    known = {"version": answer.get("VersionId"), "size": size, "etag": None if "-" in str(etag) else etag}
    known |= {name: getattr(options.target, name) for name in _TARGET}
    return {"bucket": options.bucket, "key": key, **{name: value for name, value in known.items() if value is not None}}


def remove(recipe: Mapping[str, Any]) -> bool:
    """Remove what a recipe names; see `twat_fs.upload_providers.protocols.Deleting`.

    DeleteObject says the same of an object that was never there, so that it is looked at first, as far as that is
    allowed (S3 API reference, DeleteObject, HeadObject).

    Raises:
        Conflict: Something else has taken its place since.
    """
    try:
        bucket, key = str(recipe["bucket"]), str(recipe["key"])
    except KeyError:
        raise NonRetryableError("the upload left nothing to delete it with", "s3") from None
    host = recipe.get("endpoint") or "https://s3.amazonaws.com"
    try:
        client = client_for(Target(**{name: recipe.get(name) for name in _TARGET}), current().environ)
        host = client.meta.endpoint_url
        return _removed(client, recipe, {"Bucket": bucket, "Key": key})
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise translated(error, host=urlsplit(host).netloc or host, bucket=bucket, key=key, deletes=True) from error


def _removed(client: Any, recipe: Mapping[str, Any], where: dict[str, str]) -> bool:
    version = {"VersionId": recipe["version"]} if "version" in recipe else {}
    try:
        found = client.head_object(**where, **version)
    except ClientError as error:
        if _status(error) == _NOT_FOUND and not _lacks_bucket(client, where):
            return False
        found = {}  # who may not look may delete all the same, and everything else is said again
    told = {"etag": found.get("ETag"), "size": found.get("ContentLength")}
    if not version and any(told[name] not in (None, recipe.get(name, told[name])) for name in told):
        raise Conflict(
            f"`{where['Key']}` in `{where['Bucket']}` is not what was uploaded: something else has taken its place",
            "s3",
            hint="It was left alone; delete it by hand if it is to go.",
        )
    client.delete_object(**where, **version)
    return True


def _status(error: ClientError) -> Any:
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")


def _lacks_bucket(client: Any, where: Mapping[str, str]) -> bool:
    """Whether it is the bucket that is not there: HEAD has no body that could say so."""
    try:
        client.head_bucket(Bucket=where["Bucket"])
    except ClientError as error:
        return bool(_status(error) == _NOT_FOUND)
    return False
