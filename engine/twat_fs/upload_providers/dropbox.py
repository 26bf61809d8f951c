"""Uploads into a Dropbox, gives a link to the file, and deletes it again."""

from __future__ import annotations

import datetime as dt
import importlib.util
import logging
from typing import TYPE_CHECKING, Any, ClassVar

from twat_fs.environment import current
from twat_fs.errors import NonRetryableError, NotConfigured, UsageError, VerifyError
from twat_fs.results import UploadResult
from twat_fs.source import sendable_name
from twat_fs.upload_providers.dropbox_api.answers import LOG_IN, NAME
from twat_fs.upload_providers.dropbox_api.content import BLOCK, Commit, Content, Stored
from twat_fs.upload_providers.simple import BaseProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call, ProviderHelp

#: What a module of a Python provider says of itself.
PROVIDER_HELP: ProviderHelp = {
    "setup": "Make an app at https://www.dropbox.com/developers/apps with the permissions files.content.write, "
    "files.metadata.read, sharing.write and sharing.read; then set DROPBOX_ACCESS_TOKEN, or, for a log-in that lasts, "
    "DROPBOX_REFRESH_TOKEN with DROPBOX_APP_KEY (and DROPBOX_APP_SECRET, unless it was made with PKCE).",
    "deps": "twat-fs[dropbox]",
}

_VARIABLES = ("DROPBOX_ACCESS_TOKEN", "DROPBOX_REFRESH_TOKEN", "DROPBOX_APP_KEY", "DROPBOX_APP_SECRET")
#: Bytes of one request, unless the option says another number.
_CHUNK_MIB = 16

# The SDK tells each request, and its wish to renew tokens, to whoever listens; what there is to say we say ourselves.
logging.getLogger("dropbox").addHandler(logging.NullHandler())


class DropboxProvider(BaseProvider):
    """Puts files into a Dropbox.

    Args:
        credentials: By the names of their variables; from the environment where not given.
    """

    provider_name = NAME
    features: ClassVar[Mapping[str, bool]] = {"chunked": True, "progress": True, "folders": True, "expiration": True}

    def __init__(self, credentials: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._credentials = _checked(_from_environment() if credentials is None else credentials)

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Upload the file and make a link to it.

        Raises:
            Conflict: Another file is at that path, and neither `force` nor `autorename` was asked for.
            UploadError: Dropbox did not take it.
            SourceError: It cannot be read, or changed meanwhile.
        """
        # The SDK takes most of a second to import: whoever has no token does not wait for it.
        from twat_fs.upload_providers.dropbox_api.client import Client
        from twat_fs.upload_providers.dropbox_api.links import direct, link_to
        from twat_fs.upload_providers.dropbox_api.transfer import Transfer

        options = call.options
        chunk = _chunk(options.get("chunk_mib", _CHUNK_MIB))
        commit = Commit(_path(options.get("folder") or "", call.remote_path), call.force, _true(options, "autorename"))
        content = Content(source, chunk)
        told = _Told(call.progress, source.size)
        with Client(self._credentials, current()) as client:
            transfer = Transfer(client, content, commit, told)
            stored = transfer.whole() if source.size <= chunk else transfer.by_session()
            _compare(stored, content)
            told(source.size)
            wanted = _link_settings(options)
            url = link_to(client, stored.path or commit.path, wanted)
        result = UploadResult(
            url if options.get("link") == "page" else direct(url), _metadata(stored, url, wanted.get("expires"))
        )
        result.recipe = {"path": stored.id or stored.path or commit.path, "rev": stored.rev}
        return result

    def delete(self, recipe: Mapping[str, Any]) -> bool:
        """Remove the file, and its link with it; see `twat_fs.upload_providers.protocols.Deleting`.

        Raises:
            Conflict: It holds something else than was uploaded.
        """
        from twat_fs.upload_providers.dropbox_api.client import Client

        if "path" not in recipe:
            raise NonRetryableError("the upload left nothing to delete it with", NAME)
        with Client(self._credentials, current()) as client:
            return client.delete(str(recipe["path"]), recipe.get("rev"))

    @classmethod
    def get_capabilities(cls) -> dict[str, Any]:
        """What the provider can do; the log-in that it needs is one of two, so that neither is required by itself."""
        return {**super().get_capabilities(), "auth_required": True}


class _Told:
    """Passes progress on, which never goes back: a session that is begun again says nothing until it is further."""

    def __init__(self, progress: Callable[[int, int], None] | None, size: int) -> None:
        self._progress = progress
        self._size = size
        self._most = 0

    def __call__(self, count: int) -> None:
        if self._progress is not None and count > self._most:
            self._most = count
            self._progress(count, self._size)


def _path(folder: str, remote_path: str) -> str:
    """The path at Dropbox; empty parts are left out."""
    parts = [sendable_name(part) for part in f"{folder}/{remote_path}".split("/") if part]
    if any(part in (".", "..") for part in parts):
        raise UsageError(f"option folder: `{folder}` has a part that is . or ..")
    return "/" + "/".join(parts)


def _chunk(mib: Any) -> int:
    """Bytes of one request, from what the option says."""
    try:
        size = int(mib) * 1024 * 1024
    except ValueError:
        size = 0
    if not 0 < size <= 128 * 1024 * 1024 or size % BLOCK:
        raise UsageError(f"option chunk_mib: `{mib}` is not a multiple of 4 between 4 and 128")
    return size


def _true(options: Mapping[str, Any], name: str) -> bool:
    return options.get(name) in (True, "true")


def _link_settings(options: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked of the link, as Dropbox calls it."""
    asked: dict[str, Any] = {}
    if options.get("expires"):
        now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None, microsecond=0)
        asked["expires"] = now + dt.timedelta(seconds=int(options["expires"]))
    if options.get("password"):
        asked["link_password"] = str(options["password"])
    if options.get("audience"):
        asked["audience"] = str(options["audience"])
    return asked


def _compare(stored: Stored, content: Content) -> None:
    """Whether Dropbox has what was sent.

    Raises:
        VerifyError: It has not.
    """
    wrong = stored.content_hash is not None and stored.content_hash != content.hash
    if wrong or stored.size != content.size:
        theirs = f"{stored.size} bytes with the hash {stored.content_hash}"
        raise VerifyError(
            f"Dropbox holds other content at {stored.path} than was sent: {theirs}; "
            f"sent were {content.size} bytes with the hash {content.hash}",
            NAME,
            hint="Upload it again with --force.",
        )


def _metadata(stored: Stored, url: str, expires: dt.datetime | None) -> dict[str, Any]:
    known = {
        "provider": NAME,
        "page_url": url,
        "path": stored.path,
        "id": stored.id,
        "rev": stored.rev,
        "content_hash": stored.content_hash,
    }
    return known | ({"expires_at": f"{expires.isoformat()}Z"} if expires else {})


def _from_environment() -> dict[str, str]:
    environ = current().environ
    # One line break at the end is what `$(cat file)` and editors leave.
    values = {name: environ.get(name, "").removesuffix("\n").removesuffix("\r").strip(" \t") for name in _VARIABLES}
    return {name: value for name, value in values.items() if value}


def _checked(credentials: Mapping[str, str]) -> Mapping[str, str]:
    """The credentials, if they suffice for a log-in.

    Raises:
        NotConfigured: They do not; names the variables, never a value.
    """
    for name, value in credentials.items():
        if not (value.isascii() and value.isprintable()):
            raise NotConfigured(f"{name} holds a character that no token has", NAME, hint=LOG_IN)
    if "DROPBOX_ACCESS_TOKEN" in credentials:
        return credentials
    setup = PROVIDER_HELP["setup"]
    if "DROPBOX_REFRESH_TOKEN" not in credentials:
        raise NotConfigured("neither DROPBOX_ACCESS_TOKEN nor DROPBOX_REFRESH_TOKEN is set", NAME, hint=setup)
    if "DROPBOX_APP_KEY" not in credentials:
        raise NotConfigured("DROPBOX_REFRESH_TOKEN is set, but DROPBOX_APP_KEY is not", NAME, hint=setup)
    return credentials


def get_credentials() -> dict[str, str] | None:
    """What the environment has, or None where it does not suffice."""
    try:
        return dict(_checked(_from_environment()))
    except NotConfigured:
        return None


def get_provider() -> DropboxProvider:
    """The provider.

    Raises:
        NotConfigured: There is neither a token, nor a refresh token with an app's key.
        ImportError: The SDK is not installed.
    """
    provider = DropboxProvider()
    if importlib.util.find_spec("dropbox") is None:
        raise ModuleNotFoundError("No module named 'dropbox'", name="dropbox")
    return provider
