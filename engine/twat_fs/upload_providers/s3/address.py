"""The key of an object and its address."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from twat_fs.errors import UsageError

if TYPE_CHECKING:
    from twat_fs.upload_providers.s3.options import Options

#: Bytes of a key in UTF-8 (S3 user guide, object keys).
_KEY_LIMIT = 1024
#: Controls, what separates lines, and surrogates: XML cannot carry some, and terminals not the others.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


def key_of(path: str, prefix: str = "") -> str:
    """The key for a path: no empty parts, no parts that climb, no control characters.

    Args:
        path: The wanted path.
        prefix: A folder in front of it.

    Raises:
        UsageError: A part is `..`, or the key is longer than S3 takes.
    """
    whole = _CONTROLS.sub("_", f"{prefix}/{path}")
    parts = [part for part in whole.split("/") if part not in ("", ".")]
    if ".." in parts or not parts:
        raise UsageError(f"`{whole.lstrip('/')}` is no key: it has a part `..` or no part at all")
    key = "/".join(parts)
    length = len(key.encode())
    if length > _KEY_LIMIT:
        raise UsageError(
            f"the key has {length} bytes; S3 takes {_KEY_LIMIT} at most", hint="Give a shorter --remote-path."
        )
    return key


def url_of(client: Any, options: Options, key: str) -> str:
    """The address that the options ask for.

    Args:
        client: Of boto3; it knows where the bucket is.
        options: Of the upload.
        key: The object's.
    """
    if options.public_base_url and not options.presigned:
        return f"{options.public_base_url}/{quote(key, safe='/~')}"
    if options.presigned:
        return _signed(client, options.bucket, key, options.expires)
    return _base(client, options.bucket) + quote(key, safe="/~")


def _signed(client: Any, bucket: str, key: str, expires: int) -> str:
    return str(client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=expires))


@lru_cache(maxsize=16)
def _base(client: Any, bucket: str) -> str:
    """Where a bucket is, which boto3's rules say: the signed address of a key, without its query and the key."""
    return _signed(client, bucket, "k", 1).partition("?")[0].removesuffix("k")
