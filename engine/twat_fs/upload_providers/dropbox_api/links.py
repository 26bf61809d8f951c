"""A link to a file: a new one, or the one that it has; and the form of it that gives the file itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from twat_fs.errors import BadReply, Conflict, UploadError
from twat_fs.upload_providers.dropbox_api.answers import NAME, LinkExists

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.upload_providers.dropbox_api.client import Client


def link_to(client: Client, path: str, settings: Mapping[str, Any]) -> str:
    """The link to a file, as Dropbox writes it.

    Args:
        client: Sends requests.
        path: The file's.
        settings: What the link is to be like; nothing for Dropbox's usual one.

    Raises:
        UploadError: There is none. The file is at its path all the same.
    """
    try:
        return _link(client, path, settings)
    except UploadError as error:
        error.ambiguous = True
        raise


def _link(client: Client, path: str, settings: Mapping[str, Any]) -> str:
    try:
        return str(client.repeated(lambda: client.make_link(path, settings), idempotent=True).url)
    except LinkExists as exists:
        if settings:
            raise Conflict(
                f"{path} was uploaded, but it has a link already, and that one keeps the settings it has",
                NAME,
                hint="Remove the old link at dropbox.com, or upload under another name with --unique.",
            ) from None
        url = exists.url
    if not url:
        links = client.repeated(lambda: client.links(path), idempotent=True)
        url = str(links[0].url) if links else ""
    if not url:
        raise BadReply(f"{path} was uploaded; Dropbox says that it has a link, and does not tell it", NAME)
    return url


def direct(url: str) -> str:
    """The form of a link that gives the file and not a page: `dl=1`, and everything else as it is."""
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in ("dl", "raw")]
    return urlunsplit(parts._replace(query="&".join([*kept, "dl=1"])))
