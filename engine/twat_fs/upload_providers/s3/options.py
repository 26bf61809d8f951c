"""What a caller may choose of an upload to S3, from the options to the parameters of the requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from twat_fs.errors import NotConfigured, UsageError
from twat_fs.tuples import NamedTuple
from twat_fs.units import parse_size

if TYPE_CHECKING:
    from collections.abc import Mapping

_MIB = 1 << 20
#: The least size of a part that is not the last, the greatest of any, and how many there may be (S3 user guide).
LEAST_PART = 5 * _MIB
LARGEST_PART = 5 << 30
MOST_PARTS = 10_000

#: The variables of the options, for programs that use the provider without the registry.
_VARIABLES = {
    "bucket": "AWS_S3_BUCKET",
    "prefix": "AWS_S3_PREFIX",
    "region": "AWS_DEFAULT_REGION",
    "endpoint": "AWS_ENDPOINT_URL",
    "path_style": "AWS_S3_PATH_STYLE",
    "role_arn": "AWS_ROLE_ARN",
    "public_base_url": "AWS_S3_PUBLIC_BASE_URL",
}

#: Options that are parameters of the requests as they stand.
_PARAMETERS = {
    "cache_control": "CacheControl",
    "content_disposition": "ContentDisposition",
    "storage_class": "StorageClass",
    "acl": "ACL",
    "sse": "ServerSideEncryption",
    "sse_kms_key_id": "SSEKMSKeyId",
}


class Target(NamedTuple):
    """What one client is made for.

    Attributes:
        region: The bucket's region, or None for boto3's own.
        endpoint: The server's address, or None for Amazon's.
        path_style: Whether the bucket stands in the path; None leaves it to boto3.
        role_arn: The role to take on, or None.
        sign_payload: Whether the content is signed; None leaves it to boto3.
    """

    region: str | None = None
    endpoint: str | None = None
    path_style: bool | None = None
    role_arn: str | None = None
    sign_payload: bool | None = False


class Options(NamedTuple):
    """The options of one upload.

    Attributes:
        bucket: The bucket.
        prefix: A folder for all keys, or nothing.
        target: What the client is made for.
        parameters: What the first request says of the object.
        presigned: Whether the URL is signed.
        expires: Seconds that a signed URL works.
        public_base_url: The address that shows the bucket, or None.
        checksum: Whether a CRC-32 is sent with every part.
        look_first: Whether to ask if the key is taken.
        part_size: Bytes in a part.
        parallel: Parts at once.
    """

    bucket: str
    prefix: str
    target: Target
    parameters: dict[str, Any]
    presigned: bool
    expires: int
    public_base_url: str | None
    checksum: bool
    look_first: bool
    part_size: int
    parallel: int


def read_options(given: Mapping[str, Any], environ: Mapping[str, str]) -> Options:
    """Options as they are used.

    Args:
        given: The options by name, as the registry or a program gives them.
        environ: The environment, for what is not given.

    Raises:
        NotConfigured: No bucket is named.
        UsageError: A value is not one that its option takes.
    """
    known = {name: environ[variable] for name, variable in _VARIABLES.items() if environ.get(variable)}
    known |= {name: value for name, value in given.items() if value is not None}
    bucket = str(known.get("bucket", "")).strip()
    if not bucket:
        raise NotConfigured("no bucket is named", "s3", hint="Set AWS_S3_BUCKET, or give -o bucket=NAME.")
    checksum = known.get("checksum", "always") == "always"
    base = known.get("public_base_url")
    return Options(
        bucket=bucket,
        prefix=str(known.get("prefix", "")),
        target=_target(known, checksum=checksum),
        parameters=_parameters(known),
        presigned=known.get("url", "public") == "presigned",
        expires=int(known.get("expires", 86_400)),
        public_base_url=str(base).rstrip("/") if base else None,
        checksum=checksum,
        look_first=_flag(known, "look_first") or False,
        part_size=_part_size(known.get("part_size", "64 MiB")),
        parallel=int(known.get("parallel", 4)),
    )


def part_size_for(size: int, wanted: int) -> int:
    """Bytes in a part, so that the parts of a file are not too many.

    Args:
        size: The file's bytes.
        wanted: Bytes in a part, as chosen.
    """
    least = -(-size // MOST_PARTS)
    return wanted if least <= wanted else -(-least // _MIB) * _MIB


def _target(known: Mapping[str, Any], *, checksum: bool) -> Target:
    # Without a checksum of ours boto3 decides: it signs the content where nothing else protects it.
    signed = True if _flag(known, "sign_payload") else False if checksum else None
    endpoint, path_style = known.get("endpoint"), _flag(known, "path_style")
    if endpoint is None and path_style is None:
        # Amazon's certificates do not cover names with a dot. Undecided, boto3 presigns for no region at all.
        path_style = "." in str(known["bucket"])
    return Target(known.get("region"), endpoint, path_style, known.get("role_arn"), signed)


def _flag(known: Mapping[str, Any], name: str) -> bool | None:
    if name not in known:
        return None
    return known[name] if isinstance(known[name], bool) else str(known[name]).lower() in ("true", "yes", "1", "on")


def _part_size(text: Any) -> int:
    try:
        size = parse_size(text)
    except ValueError as error:
        raise UsageError(f"option part_size: {error}") from None
    if not LEAST_PART <= size <= LARGEST_PART:
        raise UsageError(f"option part_size: `{text}` is not between 5 MiB and 5 GiB, which is what S3 takes")
    return size


def _parameters(known: Mapping[str, Any]) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for option, parameter in _PARAMETERS.items():
        if known.get(option):
            parameters[parameter] = str(known[option])
    if known.get("content_type"):
        parameters["ContentType"] = str(known["content_type"])
    if known.get("metadata"):
        parameters["Metadata"] = _pairs("metadata", str(known["metadata"]))
    if known.get("tags"):
        parameters["Tagging"] = urlencode(_pairs("tags", str(known["tags"])))
    return parameters


def _pairs(option: str, text: str) -> dict[str, str]:
    pairs = {}
    for item in text.split(","):
        key, equals, value = item.partition("=")
        if not key.strip() or not equals:
            raise UsageError(f"option {option}: `{item}` is not KEY=VALUE", hint="Write key=value,key=value.")
        pairs[key.strip()] = value.strip()
    if option == "metadata" and not all((key + value).isascii() for key, value in pairs.items()):
        raise UsageError("option metadata: S3 takes only ASCII characters in metadata")
    return pairs
