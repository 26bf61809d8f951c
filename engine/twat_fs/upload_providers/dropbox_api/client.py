"""Dropbox's own client, with each request sent once and each answer judged by us.

Left to itself it waits for ever where it is told to wait, asks the environment for certificates and passwords,
repeats what may have been done already, and stumbles over answers that are not JSON.
"""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import dropbox as sdk  # type: ignore[import-untyped]
from dropbox import files, session, sharing
from dropbox.stone_validators import ValidationError  # type: ignore[import-untyped]

from twat_fs._version import __version__
from twat_fs.errors import BadReply, NetworkError, NotFound, RetryableError, UploadError, UploadTimeout
from twat_fs.http.errors import FOREIGN, in_tunnel, translate
from twat_fs.http.proxies import proxy_for
from twat_fs.http.session import PlainSession, tls_context
from twat_fs.retry import run
from twat_fs.spec.model import Retry
from twat_fs.text import REDACTOR
from twat_fs.upload_providers.dropbox_api.answers import NAME, Answer, TokenExpired, problem_of
from twat_fs.upload_providers.dropbox_api.content import Commit, Stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeVar

    from twat_fs.environment import Settings

    T = TypeVar("T")

#: For each request by itself: a session is not begun again because one piece was unlucky.
POLICY = Retry(attempts=4, initial=1.0, max=30.0)
#: Seconds to wait for a connection, and for an answer where the user says nothing else.
_CONNECT = 30.0
_READ = 100.0
#: What the client raises when an answer has not the shape that it expects.
_MISSHAPEN = (AssertionError, KeyError, TypeError, AttributeError, ValidationError)


class Unreached(NetworkError):
    """There was no connection, so that nothing was sent."""


class _Sdk(sdk.Dropbox):  # type: ignore[misc]
    """The client, which raises our errors."""

    def raise_dropbox_error_for_resp(self, res: Any) -> None:
        token_call = urlsplit(res.url).path.endswith("/oauth2/token")
        answer = Answer(res.status_code, res.headers, res.text, token_call)
        problem = problem_of(answer)
        if problem is not None:
            raise problem
        if token_call:
            REDACTOR.add(str(answer.data.get("access_token", "")))


class Client:
    """Requests of one upload, each sent once; an access token that has expired is renewed once.

    Args:
        credentials: By the names of their variables.
        chosen: Certificates, proxies, time-out.
    """

    def __init__(self, credentials: Mapping[str, str], chosen: Settings) -> None:
        token = credentials.get("DROPBOX_ACCESS_TOKEN")
        refresh = credentials.get("DROPBOX_REFRESH_TOKEN")
        key = credentials.get("DROPBOX_APP_KEY")
        for secret in credentials.values():
            REDACTOR.add(secret)
        self._renewable = bool(refresh and key)
        self._left = chosen.left
        self._session = _session(chosen)
        self._sdk = _Sdk(
            oauth2_access_token=token,
            oauth2_refresh_token=refresh if key else None,
            # A token that is there is used until Dropbox says that it has expired.
            oauth2_access_token_expiration=dt.datetime.max if token else None,
            app_key=key,
            app_secret=credentials.get("DROPBOX_APP_SECRET"),
            max_retries_on_error=0,
            max_retries_on_rate_limit=0,
            user_agent=f"twat-fs/{__version__}",
            session=self._session,
            timeout=(_CONNECT, chosen.timeout or _READ),
        )

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_error: object) -> None:
        self._session.close()

    def repeated(self, attempt: Callable[[], T], *, idempotent: bool = False) -> T:
        """Do it until it works, while trying again is of use and there is time; see `twat_fs.retry.run`."""
        if self._left() <= 0:
            raise UploadTimeout("the time for the whole upload was over", NAME)
        return run(attempt, POLICY, idempotent=idempotent, left=self._left)

    def upload(self, data: bytes, content_hash: str, commit: Commit) -> Stored:
        """A whole file in one request."""
        return self._content(
            lambda: _stored(
                self._sdk.files_upload(
                    data,
                    commit.path,
                    mode=_mode(commit),
                    autorename=commit.autorename,
                    mute=True,
                    content_hash=content_hash,
                )
            )
        )

    def start(self, data: bytes, content_hash: str) -> str:
        """Begin a session with its first piece; returns its name."""
        begun = self._content(lambda: self._sdk.files_upload_session_start(data, content_hash=content_hash))
        return str(begun.session_id)

    def append(self, name: str, offset: int, data: bytes, content_hash: str) -> None:
        """A further piece of a session."""
        cursor = files.UploadSessionCursor(name, offset)
        self._content(lambda: self._sdk.files_upload_session_append_v2(data, cursor, content_hash=content_hash))

    def finish(self, name: str, offset: int, data: bytes, content_hash: str, commit: Commit) -> Stored:
        """The last piece of a session, which makes a file of it."""
        cursor = files.UploadSessionCursor(name, offset)
        info = files.CommitInfo(commit.path, mode=_mode(commit), autorename=commit.autorename, mute=True)
        return self._content(
            lambda: _stored(self._sdk.files_upload_session_finish(data, cursor, info, content_hash=content_hash))
        )

    def stored(self, path: str) -> Stored | None:
        """The file at a path, or None where there is none."""
        try:
            found = self._api(lambda: self._sdk.files_get_metadata(path))
        except NotFound:
            return None
        return _stored(found) if isinstance(found, files.FileMetadata) else None

    def delete(self, path: str, rev: str | None) -> bool:
        """Remove the file at a path, or with an id; whether it was there.

        Args:
            path: The path or the id.
            rev: Its revision: another one is not removed (Dropbox HTTP API, files/delete_v2). None for any.

        Raises:
            Conflict: It has another revision.
        """
        again = 0

        def attempt() -> bool:
            nonlocal again
            again += 1
            try:
                self._api(lambda: self._sdk.files_delete_v2(path, rev))
            except NotFound:
                return again > 1  # an answer that was lost may have been that of the deletion
            return True

        return self.repeated(attempt, idempotent=True)

    def make_link(self, path: str, settings: Mapping[str, Any]) -> Any:
        """A new link to a file, with the settings that are given: `link_password`, `expires`, `audience`."""
        wanted = sharing.SharedLinkSettings(**_link_settings(settings)) if settings else None
        return self._api(lambda: self._sdk.sharing_create_shared_link_with_settings(path, wanted))

    def links(self, path: str) -> list[Any]:
        """The links that a file has."""
        return list(self._api(lambda: self._sdk.sharing_list_shared_links(path=path, direct_only=True)).links)

    def _content(self, request: Callable[[], T]) -> T:
        return self._once(request, session.API_CONTENT_HOST)

    def _api(self, request: Callable[[], T]) -> T:
        return self._once(request, session.API_HOST)

    def _once(self, request: Callable[[], T], host: str) -> T:
        with self._judged(host):
            try:
                return request()
            except TokenExpired:
                if not self._renewable:
                    raise
                self._renewable = False
                self._sdk.refresh_access_token()
                return request()

    @contextmanager
    def _judged(self, host: str) -> Iterator[None]:
        """Errors of ours, without a secret that an answer may repeat."""
        try:
            yield
        except UploadError as error:
            error.message = REDACTOR(error.message)
            error.args = (error.message,)
            raise
        except _MISSHAPEN as error:
            reason = type(error).__name__
            raise BadReply(f"{host}: the answer is not what Dropbox documents ({reason})", NAME) from None
        except FOREIGN as error:
            ours = translate(error, host)
            ours = Unreached(ours.message) if _unreached(error) and isinstance(ours, RetryableError) else ours
            ours.provider = NAME
            raise ours from None


def _unreached(error: BaseException) -> bool:
    """Whether a request failed before it began."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    early = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ProxyError")
    return type(reason).__name__ in early or in_tunnel(error)


def _session(chosen: Settings) -> PlainSession:
    """A session that trusts what the settings say, and nothing that it finds in the environment by itself."""
    plain = PlainSession()
    if chosen.ca_file:
        tls_context(chosen.ca_file)  # says at once, and in our words, where it cannot be read
        plain.verify = chosen.ca_file
    for host in (session.API_HOST, session.API_CONTENT_HOST):
        proxy = proxy_for(f"https://{host}/", chosen.proxies)
        if proxy:
            plain.proxies[f"https://{urlsplit(f'//{host}').hostname}"] = proxy
    return plain


def _mode(commit: Commit) -> Any:
    return files.WriteMode.overwrite if commit.overwrite else files.WriteMode.add


def _stored(found: Any) -> Stored:
    return Stored(found.path_display or found.path_lower or "", found.size, found.content_hash, found.id, found.rev)


def _link_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    known = dict(settings)
    if "audience" in known:
        known["audience"] = getattr(sharing.LinkAudience, known["audience"])
    if "link_password" in known:
        known["require_password"] = True
    return known
