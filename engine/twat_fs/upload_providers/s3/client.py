"""Clients of boto3: made once for a target and kept, since making one takes a tenth of a second."""

from __future__ import annotations

import io
import logging
import os
import threading
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import boto3  # type: ignore[import-untyped]
import botocore.session  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials  # type: ignore[import-untyped]
from botocore.exceptions import NoCredentialsError  # type: ignore[import-untyped]
from botocore.loaders import create_loader  # type: ignore[import-untyped]

from twat_fs._version import USER_AGENT
from twat_fs.environment import settings
from twat_fs.text import REDACTOR
from twat_fs.tuples import NamedTuple
from twat_fs.upload_providers.s3.body import Part
from twat_fs.upload_providers.s3.small import SmallFiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.upload_providers.s3.options import Target

#: Tries of one request: a part that fails is sent again, the whole file never is.
_ATTEMPTS = 3
_CONNECT_TIMEOUT = 10
_READ_TIMEOUT = 60.0
#: Connections that are kept: as many as `parallel` can ask for.
_CONNECTIONS = 32
#: Clients that are kept.
_KEPT = 16


class Ways(NamedTuple):
    """The ways to a target: a client of boto3's, and what puts small files by it."""

    client: Any
    small: SmallFiles


_ways: dict[Any, Ways] = {}
_lock = threading.Lock()


def client_for(target: Target, environ: Mapping[str, str]) -> Any:
    """The client of `ways_to`."""
    return ways_to(target, environ).client


def ways_to(target: Target, environ: Mapping[str, str]) -> Ways:
    """The ways to a target; the same ones while the environment stays the same.

    Args:
        target: Where they lead.
        environ: The environment variables.

    Raises:
        NoCredentialsError: There are no credentials anywhere in the chain.
    """
    mine = frozenset((name, value) for name, value in environ.items() if _matters(name))
    with _lock:
        ways = _ways.get((target, mine))
        if ways is None:
            while len(_ways) >= _KEPT:
                _ways.pop(next(iter(_ways)))
            client = _client(target, environ)
            ways = _ways[target, mine] = Ways(client, SmallFiles(client))
    return ways


def credentials_found() -> Any:
    """The credentials that boto3's chain finds, or None; some ways ask the network for them."""
    _hush()
    return _session().get_credentials()


@lru_cache(maxsize=512)
def _matters(name: str) -> bool:
    return (
        name.startswith("AWS_")
        or name.lower().endswith("_proxy")
        or name.endswith(("_CA_BUNDLE", "_CERT_FILE"))
        or name == "HOME"
    )


def _client(target: Target, environ: Mapping[str, str]) -> Any:
    _hush()
    session = _session(region_name=target.region, **_keys(environ))
    # A web identity (AWS_WEB_IDENTITY_TOKEN_FILE) takes the role of AWS_ROLE_ARN on itself, inside boto3's chain.
    if target.role_arn and not environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
        session = _in_role(session, target.role_arn, environ)
    if session.get_credentials() is None:
        raise NoCredentialsError
    client = session.client(
        "s3",
        region_name=session.region_name or "us-east-1",
        endpoint_url=target.endpoint,
        verify=_authorities(environ),
        config=_config(target, environ),
    )
    client.meta.events.register_first("before-sign.s3", _hiding(session.get_credentials()))
    client.meta.events.register("before-send.s3", _begin)
    client.meta.events.register_last("before-call.s3.PutObject", _at_once)
    return client


def _session(**chosen: str | None) -> boto3.Session:
    """A session of boto3's, with the descriptions of services that were read for the first one.

    Reading them anew is four fifths of what a client takes to make, and half of what asking for credentials takes.
    """
    session = botocore.session.get_session()
    loader = _loader(session.get_config_variable("data_path"))
    session.register_component("data_loader", loader)
    made = boto3.Session(botocore_session=session, **chosen)
    loader.search_paths[:] = dict.fromkeys(loader.search_paths)  # boto3 adds its folder each time
    return made


@lru_cache(maxsize=4)
def _loader(folders: str | None) -> Any:
    return create_loader(folders)


def _hiding(credentials: Any) -> Any:
    """Keeps the keys out of every message before a request is signed with them; those of a role are new every hour."""

    def hide(**_: Any) -> None:
        keys = credentials.get_frozen_credentials()
        REDACTOR.add(keys.secret_key)
        REDACTOR.add(keys.token or "")

    return hide


def _at_once(params: dict[str, Any], **_: Any) -> None:
    """Send a small file with its head, in one go: no question first whether it may be sent, which is a journey more.

    boto3 makes a file of the bytes that it is given, and asks first for whatever is a file.
    """
    if isinstance(params["body"], io.BytesIO):
        params["body"] = params["body"].getvalue()
        params["headers"].pop("Expect", None)


def _keys(environ: Mapping[str, str]) -> dict[str, str]:
    """The keys of the environment, which come first in the chain, without the line break that `$(cat file)` leaves."""
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    found = {name: environ.get(name.upper(), "").removesuffix("\n").removesuffix("\r") for name in names}
    return {name: value for name, value in found.items() if value} if all(found[name] for name in names[:2]) else {}


def _begin(request: Any, **_: Any) -> None:
    """What was read of a body until now was read to be signed."""
    if isinstance(request.body, Part):
        request.body.begin()


def _in_role(session: Any, role_arn: str, environ: Mapping[str, str]) -> Any:
    """A session that acts in a role, and takes it on anew before it ends."""
    source = session.get_credentials()
    if source is None:
        raise NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(
        client_creator=_sts_maker(session, environ),
        source_credentials=source,
        role_arn=role_arn,
        extra_args={"RoleSessionName": environ.get("AWS_ROLE_SESSION_NAME") or "twat-fs"},
    )
    acting = _session(region_name=session.region_name)
    # botocore has no other door for credentials that renew themselves.
    acting._session._credentials = DeferredRefreshableCredentials(
        method="assume-role", refresh_using=fetcher.fetch_credentials
    )
    return acting


def _sts_maker(session: Any, environ: Mapping[str, str]) -> Any:
    def make(service: str, **given: Any) -> Any:
        region = session.region_name or "us-east-1"
        return session.client(service, region_name=region, verify=_authorities(environ), **given)

    return make


def _config(target: Target, environ: Mapping[str, str]) -> Config:
    s3: dict[str, Any] = {}
    if target.sign_payload is not None:
        s3["payload_signing_enabled"] = target.sign_payload
    if target.path_style is not None:
        s3["addressing_style"] = "path" if target.path_style else "virtual"
    own = "AWS_MAX_ATTEMPTS" in environ or "AWS_RETRY_MODE" in environ
    return Config(
        signature_version="s3v4",
        s3=s3,
        retries=None if own else {"mode": "standard", "total_max_attempts": _ATTEMPTS},
        connect_timeout=_CONNECT_TIMEOUT,
        read_timeout=settings(environ).timeout or _READ_TIMEOUT,
        max_pool_connections=_CONNECTIONS,
        # It looks at the types of parameters, which are texts and numbers of ours; what they say the host judges.
        parameter_validation=False,
        # Our requests carry their checksums in headers; boto3's own way puts them into trailers, which not all know.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        # Whole: what boto3 puts together by itself for each request takes it a twelfth of a small upload.
        user_agent=f"{USER_AGENT} Boto3/{boto3.__version__}",
    )


def _authorities(environ: Mapping[str, str]) -> str | None:
    """The certificates to trust; None where boto3 finds them itself. A folder of them it cannot use."""
    file = None if environ.get("AWS_CA_BUNDLE") else settings(environ).ca_file
    return file if file and os.path.isfile(file) else None


#: Loggers whose finest lines are whole requests and answers of the services that hand out keys.
_TALKATIVE = ("botocore.endpoint", "botocore.parsers")


def _hush() -> None:
    """No request in the log: at a finer level botocore's has signatures and whole headers."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.getLogger(name).level, logging.INFO))
    for name in ("boto3", "botocore", "urllib3.connectionpool"):
        logger = logging.getLogger(name)
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.WARNING)
