"""What goes wrong with S3, as errors of ours: what happened, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore import exceptions as boto  # type: ignore[import-untyped]

from twat_fs import errors
from twat_fs.http.errors import FOREIGN, in_tunnel, translate
from twat_fs.messages import Reply
from twat_fs.text import printable
from twat_fs.tuples import NamedTuple
from twat_fs.wire.classify import retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = "s3"


class _Meaning(NamedTuple):
    kind: type[errors.UploadError]
    message: str
    hint: str = ""


_PROXY = "Check HTTPS_PROXY and NO_PROXY."
_KEYS = "Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile in AWS_PROFILE."
_LOGIN = "Log in again (aws sso login, or new temporary keys in AWS_SESSION_TOKEN), then repeat."
_REGION = "Set AWS_DEFAULT_REGION to the bucket's region{region}."
_LATER = "Try again later, or with -o parallel=1."
_CLOCK = "Set this machine's clock."
_TAKEN = "Name another with --remote-path, or use --unique, or --force to overwrite it."
_RIGHTS = (
    "Uploading needs the permission s3:PutObject (with tags s3:PutObjectTagging, with an ACL s3:PutObjectAcl, with a "
    "KMS key kms:GenerateDataKey)."
)
_MAY_NOT_DELETE = _Meaning(
    errors.Forbidden,
    "these credentials may not delete from `{bucket}`",
    "Deleting needs the permission s3:DeleteObject, and s3:DeleteObjectVersion where the bucket keeps versions.",
)

#: What the service's error codes mean (S3 API reference, error responses).
_CODES: dict[str, _Meaning] = {
    "NoSuchBucket": _Meaning(errors.NotFound, "there is no bucket `{bucket}`", "Check AWS_S3_BUCKET, and the region."),
    "InvalidBucketName": _Meaning(errors.NotFound, "`{bucket}` is no name of a bucket", "Check AWS_S3_BUCKET."),
    "NoSuchUpload": _Meaning(errors.Unavailable, "the host has forgotten the upload", "Upload it again."),
    "PermanentRedirect": _Meaning(errors.Redirected, "the bucket `{bucket}` is in another region", _REGION),
    "TemporaryRedirect": _Meaning(errors.Redirected, "the bucket `{bucket}` is moving", _REGION),
    "IllegalLocationConstraintException": _Meaning(
        errors.Redirected, "the bucket `{bucket}` is in another region", _REGION
    ),
    "AuthorizationHeaderMalformed": _Meaning(errors.Redirected, "the request was signed for another region", _REGION),
    "AccessDenied": _Meaning(errors.Forbidden, "these credentials may not write to `{bucket}`", _RIGHTS),
    "AllAccessDisabled": _Meaning(errors.Forbidden, "the bucket `{bucket}` is locked"),
    "AccountProblem": _Meaning(errors.QuotaExceeded, "the account has a problem", "See the account's billing page."),
    "NotSignedUp": _Meaning(errors.QuotaExceeded, "the account is not signed up for S3"),
    "QuotaExceeded": _Meaning(errors.QuotaExceeded, "the bucket `{bucket}` is full"),
    "XMinioStorageFull": _Meaning(errors.QuotaExceeded, "the host's disks are full"),
    "InvalidAccessKeyId": _Meaning(errors.AuthError, "the host does not know this access key", _KEYS),
    "SignatureDoesNotMatch": _Meaning(errors.AuthError, "the secret access key is wrong", _KEYS),
    "InvalidToken": _Meaning(errors.AuthError, "the session token is wrong", _LOGIN),
    "InvalidClientTokenId": _Meaning(errors.AuthError, "the host does not know this access key", _KEYS),
    "ExpiredToken": _Meaning(errors.AuthError, "the credentials have expired", _LOGIN),
    "ExpiredTokenException": _Meaning(errors.AuthError, "the credentials have expired", _LOGIN),
    "TokenRefreshRequired": _Meaning(errors.AuthError, "the credentials have expired", _LOGIN),
    "RequestTimeTooSkewed": _Meaning(errors.AuthError, "this machine's clock is wrong", _CLOCK),
    "RequestExpired": _Meaning(errors.AuthError, "this machine's clock is wrong", _CLOCK),
    "AccessControlListNotSupported": _Meaning(
        errors.BadRequest,
        "the bucket `{bucket}` takes no ACLs",
        "Leave out -o acl and let a bucket policy say who may read.",
    ),
    "InvalidStorageClass": _Meaning(errors.BadRequest, "the host has no such storage class", "See -o storage_class."),
    "EntityTooLarge": _Meaning(errors.TooLarge, "the host does not take so much in one request", "Lower -o part_size."),
    "EntityTooSmall": _Meaning(errors.BadRequest, "a part is smaller than the host takes", "Raise -o part_size."),
    "PreconditionFailed": _Meaning(errors.Conflict, "`{key}` is there already", _TAKEN),
    "ConditionalRequestConflict": _Meaning(errors.Unavailable, "somebody else is writing `{key}`", "Try again."),
    "NotImplemented": _Meaning(
        errors.BadRequest,
        "the host does not know something that was asked of it",
        "If it does not know If-None-Match, use --force, which overwrites; if it knows no checksums, use "
        "-o checksum=when_required.",
    ),
    "BadDigest": _Meaning(errors.NetworkError, "the content was damaged on the way", "Upload it again."),
    "XAmzContentChecksumMismatch": _Meaning(errors.NetworkError, "the content was damaged on the way", "Try again."),
    "RequestTimeout": _Meaning(errors.UploadTimeout, "the host waited too long for the content", _LATER),
    "SlowDown": _Meaning(errors.RateLimited, "the host takes no more requests for now", _LATER),
    "Throttling": _Meaning(errors.RateLimited, "the host takes no more requests for now", _LATER),
    "TooManyRequests": _Meaning(errors.RateLimited, "the host takes no more requests for now", _LATER),
    "InternalError": _Meaning(errors.Unavailable, "the host has a fault", _LATER),
    "ServiceUnavailable": _Meaning(errors.Unavailable, "the host is out of order for now", _LATER),
}

#: What a status means where the code says nothing.
_STATUSES: dict[int, type[errors.UploadError]] = {
    401: errors.AuthError,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    412: errors.Conflict,
    413: errors.TooLarge,
    429: errors.RateLimited,
    507: errors.QuotaExceeded,
}

#: What the last request is answered where the file is there: the name is taken, or the upload was completed.
_DONE_BEFORE = ("PreconditionFailed", "NoSuchUpload")

#: What botocore raises itself; the first that fits counts.
_RAISED: tuple[tuple[tuple[type[Exception], ...], _Meaning], ...] = (
    (
        (boto.PartialCredentialsError,),
        _Meaning(errors.NotConfigured, "only a part of the credentials is set", _KEYS),
    ),
    (
        (boto.NoCredentialsError, boto.NoAuthTokenError),
        _Meaning(
            errors.NotConfigured,
            "no AWS credentials were found",
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.",
        ),
    ),
    (
        (boto.UnauthorizedSSOTokenError, boto.SSOTokenLoadError, boto.TokenRetrievalError),
        _Meaning(errors.AuthError, "the single sign-on has ended", _LOGIN),
    ),
    (
        (boto.CredentialRetrievalError, boto.RefreshWithMFAUnsupportedError),
        _Meaning(errors.NotConfigured, "the AWS credentials cannot be had: {words}", _LOGIN),
    ),
    (
        (boto.ProfileNotFound, boto.ConfigParseError, boto.ConfigNotFound, boto.InvalidConfigError),
        _Meaning(errors.NotConfigured, "the AWS configuration cannot be used: {words}", "Check AWS_PROFILE."),
    ),
    (
        (boto.InvalidRegionError, boto.NoRegionError),
        _Meaning(errors.NotConfigured, "the region cannot be used: {words}", "Set AWS_DEFAULT_REGION."),
    ),
    (
        (boto.SSLError,),
        _Meaning(
            errors.TlsError,
            "the host could not prove who it is: {words}",
            "If it has a certificate of your own authority, name that in AWS_CA_BUNDLE.",
        ),
    ),
    (
        (boto.InvalidProxiesConfigError,),
        _Meaning(errors.ProxyError, "the proxy cannot be used", _PROXY),
    ),
    (
        (boto.ReadTimeoutError,),
        _Meaning(errors.UploadTimeout, "no answer came in time from {host}", "Try again, or raise TWAT_FS_TIMEOUT."),
    ),
    (
        (boto.EndpointConnectionError, boto.ConnectTimeoutError),
        _Meaning(errors.NetworkError, "no connection to {host}", "Check AWS_ENDPOINT_URL, the region and the network."),
    ),
    (
        (boto.ConnectionError, boto.HTTPClientError),
        _Meaning(errors.NetworkError, "the connection to {host} broke", "Try again."),
    ),
    (
        (boto.ParamValidationError,),
        _Meaning(errors.BadRequest, "S3 takes no such value: {words}", "Check the bucket and the options."),
    ),
)


def translated(error: Exception, *, host: str, bucket: str, key: str, deletes: bool = False) -> errors.UploadError:
    """An error of boto3's as one of ours.

    Args:
        error: What was raised.
        host: Where the request went.
        bucket: The bucket's name.
        key: The object's.
        deletes: Whether it was to be deleted.
    """
    facts = {"host": host, "bucket": bucket, "key": key, "region": "", "words": printable(str(error))}
    if isinstance(error, boto.ClientError):
        return _answered(error.response, facts, _CODES | {"AccessDenied": _MAY_NOT_DELETE} if deletes else _CODES)
    if isinstance(error, boto.ProxyConnectionError):
        return _of_proxy(error, host)
    for kinds, meaning in _RAISED:
        if isinstance(error, kinds):
            return _made(meaning, facts)
    return _made(_Meaning(errors.NonRetryableError, "{words}"), facts)


def _of_proxy(error: boto.ProxyConnectionError, host: str) -> errors.UploadError:
    """What kept a proxy from passing a request on, which boto3 has inside."""
    cause = error.kwargs.get("error")
    ours = translate(cause if isinstance(cause, FOREIGN) else OSError(), host)
    ours.provider, ours.hint = _NAME, ours.hint or _PROXY
    return ours


def unanswered(error: Exception) -> bool:
    """Whether a request was sent, as far as one can know, and no answer to it came."""
    return isinstance(error, boto.HTTPClientError) and not in_tunnel(error)


def met_itself(response: Mapping[str, Any]) -> bool:
    """Whether a repeated request may have met what its own first try did, whose answer was lost.

    Args:
        response: What boto3 read of the answer.
    """
    about = response.get("ResponseMetadata", {})
    return bool(about.get("RetryAttempts")) and response.get("Error", {}).get("Code") in _DONE_BEFORE


def _answered(response: Mapping[str, Any], facts: dict[str, str], codes: Mapping[str, _Meaning]) -> errors.UploadError:
    told, about = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, status = str(told.get("Code", "")), about.get("HTTPStatusCode")
    region = about.get("HTTPHeaders", {}).get("x-amz-bucket-region") or told.get("Region")
    if region:
        facts["region"] = f", {printable(str(region), 40)}"
    kind = str(about.get("HTTPHeaders", {}).get("content-type", ""))
    if code == "500" and kind and "xml" not in kind:  # boto3 says so too of a success that has no XML in it
        meaning = _Meaning(errors.BadReply, "what answered is no S3", "Check AWS_ENDPOINT_URL and the network.")
    else:
        meaning = codes.get(code) or _Meaning(_kind_of(status), "the host refused it")
    words = printable(str(told.get("Message") or ""))
    said = ": ".join(part for part in (printable(code, 60), words) if part)
    error = _made(meaning, facts, said=f" ({facts['host']} says {said})" if said else "")
    error.status = status
    if isinstance(error, errors.RateLimited):
        error.retry_after = retry_after(Reply(status or 0, headers=about.get("HTTPHeaders", {})))
    error.ambiguous = met_itself(response)
    return error


def _kind_of(status: int | None) -> type[errors.UploadError]:
    if status in _STATUSES:
        return _STATUSES[status]
    if status is not None and 300 <= status < 400:
        return errors.Redirected
    return errors.Unavailable if status is not None and status >= 500 else errors.BadRequest


def _made(meaning: _Meaning, facts: Mapping[str, str], said: str = "") -> errors.UploadError:
    return meaning.kind(meaning.message.format(**facts) + said, _NAME, hint=meaning.hint.format(**facts))
