"""Requests for Python providers, over the engine's own transport: streamed, of known length, judged by their status."""

from __future__ import annotations

import json as json_module
from io import SEEK_END
from typing import TYPE_CHECKING, Any, BinaryIO

from twat_fs._version import USER_AGENT
from twat_fs.errors import BadReply, TrustError
from twat_fs.messages import Content, FilePart, Multipart, RawFile, Request, TextPart, Timeout
from twat_fs.source import media_type
from twat_fs.upload_providers.judging import refusal
from twat_fs.upload_providers.opened import Piece, behind
from twat_fs.urls import BadUrl, authority, names_host

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twat_fs.messages import Body, Reply

    Field = str | BinaryIO

#: Seconds without progress: a file may be looked at for long before the host answers.
WITH_FILE = 300.0
WITHOUT_FILE = 30.0
_SECRET_HEADERS = ("authorization", "cookie", "x-")


def send(
    provider: str,
    method: str,
    url: str,
    *,
    hosts: Sequence[str],
    headers: Mapping[str, str] | None = None,
    json: Any = None,
    multipart: Mapping[str, Field] | None = None,
    raw: BinaryIO | str | bytes | None = None,
    timeout: float | None = None,
) -> Reply:
    """Send one request and judge its reply by its status.

    Args:
        provider: The provider's name.
        method: The HTTP method.
        url: The address.
        hosts: Hosts, `name:port` or `*.name:port`, that the file and secrets may go to; they may be private.
        headers: Names and values; one whose name begins with `X-` counts as a secret, as `Authorization` does.
        json: A body of plain data, sent as JSON.
        multipart: A form; the file that a transfer was given may be one of its values.
        raw: The file that a transfer was given, or a piece of it, or a text, as the whole body.
        timeout: Seconds without progress.

    Raises:
        UploadError: The status means no, or there is no usable reply, such as a text that may have been cut.
        TrustError: The file or a secret would go to a host that is not named.
    """
    from twat_fs.environment import current

    body, file = _body(json, multipart, raw)
    known = _is_known(url, hosts)
    fields = tuple((headers or {}).items())
    if not known and (file is not None or _hold_a_secret(fields)):
        raise TrustError("the file or a secret would go to a host that the provider does not name", provider)
    if json is not None and not any(name.lower() == "content-type" for name, _ in fields):
        fields += (("Content-Type", "application/json"),)
    chosen = current()
    wait = timeout or chosen.timeout or (WITHOUT_FILE if file is None else WITH_FILE)
    request = Request(provider, "", method, url, fields, body, Timeout(read=wait), private=known)
    reply = _reply_to(request, file, chosen.network)
    refused = refusal(provider, method, url, reply.status, reply.headers, reply.body)
    if refused is not None:
        raise refused
    _check_end(provider, reply, ambiguous=file is not None)
    return reply


def _reply_to(request: Request, file: Any, network: Mapping[str, Any]) -> Reply:
    from twat_fs.http.transport import Transport

    held = behind(file)
    source: Any = held.source if held else file
    with Transport(user_agent=USER_AGENT, **network) as transport:
        reply = transport.send(request, source, held.progress if held else None)
    if held:
        file.seek(0, SEEK_END)  # as a client that reads the file would leave it
    return reply


def _check_end(provider: str, reply: Reply, *, ambiguous: bool) -> None:
    """Refuse text that may have been cut: nothing told where it ends, and unlike JSON it does not tell by itself."""
    if reply.framed:
        return
    try:
        if isinstance(json_module.loads(reply.body), (dict, list)):
            return
    except (ValueError, RecursionError):
        pass
    words = "the host does not say where its answer ends, so that a part may be missing"
    raise BadReply(words, provider, status=reply.status, ambiguous=ambiguous)


def _hold_a_secret(fields: tuple[tuple[str, str], ...]) -> bool:
    return any(name.lower().startswith(_SECRET_HEADERS) for name, _ in fields)


def _is_known(url: str, hosts: Sequence[str]) -> bool:
    try:
        host = authority(url)
    except BadUrl:
        return False
    return any(names_host(pattern, host) for pattern in hosts)


def _body(json: Any, multipart: Mapping[str, Field] | None, raw: Any) -> tuple[Body, Any]:
    """The body, and the open file in it."""
    if multipart is not None:
        parts = tuple(_part(name, value) for name, value in multipart.items())
        return Multipart(parts), next((value for value in multipart.values() if behind(value)), None)
    if behind(raw) or isinstance(raw, bytes):
        return RawFile(), Piece(raw) if isinstance(raw, bytes) else raw
    if json is not None:
        return Content(json_module.dumps(json)), None
    if raw is None:
        return None, None
    return Content(raw), None


def _part(name: str, value: Field) -> TextPart | FilePart:
    held = behind(value)
    if held is None:
        return TextPart(name, str(value))
    return FilePart(name, held.name, media_type(held.name))
