"""Addresses that fsspec opens, such as `s3://bucket/key`, `https://host/file` and `zip://a.txt::archive.zip`."""

from __future__ import annotations

import os
import re
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import unquote, urlsplit

from twat_fs.errors import SourceNotFound, UsageError
from twat_fs.streams import explained, unsaid
from twat_fs.text import REDACTOR
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from twat_fs.environment import Settings

#: What looks like an address: a scheme, or several with `::` between them.
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:(?://|:)", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=//)[^/@]*@")
_OF_HTTP = re.compile(r"([a-z0-9.-]+\+)?https?://", re.IGNORECASE)
#: By what systems of files tell that a file was written to; whatever of it one of them knows.
_VERSIONS = ("ETag", "etag", "md5Hash", "generation", "version_id", "CRC", "LastModified", "last_modified", "mtime")
#: Bytes that are asked for at a time; the files of some systems keep ten times as many in memory, unless told.
_BLOCK = 8 << 20
#: Seconds for a connection, and those of silence unless the user says otherwise. Left alone, aiohttp ends after 300 s
#: whatever still comes.
_CONNECTING, _SILENT = 30, 60


class Opened(NamedTuple):
    """What an address leads to, open.

    Attributes:
        file: The file; closed by whoever asked for it.
        version: Gives a number that changes when the file does; None where the file can be read but once, in order.
    """

    file: BinaryIO
    version: Callable[[], int] | None


def is_address(text: str) -> bool:
    """Whether a text is an address, and no path."""
    return bool(_ADDRESS.match(text)) and not os.path.lexists(text)


def shown_address(address: str) -> str:
    """An address as messages show it: without log-in and query, where secrets live."""
    return "::".join(_LOGIN.sub("", _without_query(part).partition("?")[0]) for part in address.split("::"))


def name_in(address: str) -> str:
    """The name of what an address leads to."""
    first = address.split("::", maxsplit=1)[0]
    path = _without_query(first)
    if _OF_HTTP.match(first):
        path = unquote(path.partition("://")[2].partition("/")[2])
    return path.rstrip("/").rpartition("/")[2]


def _without_query(part: str) -> str:
    """On the web a query and a fragment follow a path; elsewhere `?` and `#` may stand in a name."""
    if _OF_HTTP.match(part):
        return part.partition("#")[0].partition("?")[0]
    return part.partition("?versionId=")[0]


def opened_address(address: str, settings: Settings) -> Opened:
    """Open what an address leads to.

    Args:
        address: The address.
        settings: Say which proxies and certificates there are, and how long a host may be silent.

    Raises:
        UsageError: fsspec is not installed, or not what it needs for such addresses.
        SourceNotFound: There is nothing, or a folder.
        SourceError: It cannot be opened.
    """
    for login in _LOGIN.findall(address):
        REDACTOR.add(unquote(login[:-1].partition(":")[2] or login[:-1]))
    label = shown_address(address)
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise UsageError(f"{label}: addresses are read by fsspec", hint="pip install 'twat-fs[fsspec]'") from error
    with explained(label):
        try:
            files, path = url_to_fs(address, **_for_web(address, settings))
        except ImportError as error:
            raise UsageError(f"{label}: {unsaid(str(error))}", hint="pip install what it names.") from error
        except ValueError as error:
            raise UsageError(f"{label}: {unsaid(str(error))}", hint="Check the address.") from error
        if not _OF_HTTP.match(path) and files.info(path).get("type") == "directory":
            raise SourceNotFound(f"{label}: this is a folder, not a file", hint="Name the files in it.")
        return _opened(files, path)


def _opened(files: Any, path: str) -> Opened:
    file: Any = files.open(path, "rb", block_size=_BLOCK)
    if not file.seekable() or getattr(file, "size", 0) is None:
        return Opened(file, None)
    if _OF_HTTP.match(path) and file.size > _BLOCK and not _gives_pieces(file):
        file.close()
        return Opened(files.open(path, "rb", block_size=0), None)
    return Opened(file, lambda: _version(files, path))


def _gives_pieces(file: Any) -> bool:
    """Whether a host gives any piece of a file, which it need not, nor say; this asks for the last byte."""
    try:
        file.seek(file.size - 1)
        file.read(1)
    except ValueError:
        return False
    file.seek(0)
    return True


def _for_web(address: str, settings: Settings) -> dict[str, Any]:
    """How addresses of the web are read: with the proxies and the certificates of all that is sent."""
    link = next((part for part in address.split("::") if re.match("https?://", part, re.IGNORECASE)), None)
    if link is None:
        return {}
    try:
        import aiohttp
    except ImportError:  # where it is needed fsspec says so
        return {}
    from twat_fs.http.proxies import proxy_for
    from twat_fs.http.session import tls_context

    silence = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECTING, sock_read=settings.timeout or _SILENT)
    given = {"ssl": tls_context(settings.ca_file), "timeout": silence}
    proxy = proxy_for(link, settings.proxies)
    return {urlsplit(link).scheme: {**given, "proxy": proxy} if proxy else given}


def _version(files: Any, path: str) -> int:
    files.invalidate_cache()
    facts = files.info(path)
    known = repr([(key, str(facts[key])) for key in _VERSIONS if key in facts])
    return zlib.crc32(known.encode("utf-8", "surrogatepass"))
