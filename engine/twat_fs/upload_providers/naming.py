"""The name and the path that a file gets at a host."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from twat_fs.errors import UsageError
from twat_fs.logs import logger
from twat_fs.source import sendable_name

if TYPE_CHECKING:
    from twat_fs.upload_providers.protocols import Call

_log = logger()

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
#: Characters of the part that makes a name nobody's: 41 bits.
_UNIQUE = 8


def wanted_name(own: str, remote_path: str | os.PathLike[str] | None, *, unique: bool = False) -> tuple[str, str]:
    """The name and the path to give a file.

    Args:
        own: The file's own name.
        remote_path: The wanted path; one that ends in `/` is a folder for the file's own name.
        unique: Put a random part into the name.

    Returns:
        The name, and the path without a leading `/`.

    Raises:
        UsageError: The path has a part `.` or `..`, or a control character.
    """
    path = os.fspath(remote_path or "").replace(os.sep, "/").lstrip("/")
    if any(part in (".", "..") for part in path.split("/")) or any(character < " " for character in path):
        raise UsageError(f"the remote path `{remote_path}` has a part that is . or .. or holds a line break")
    path = "/".join(part and sendable_name(part) for part in path.split("/"))
    folder, _, name = path.rpartition("/")
    name = name or own
    if unique:
        stem, dot, suffix = name.rpartition(".")
        part = random_text(_UNIQUE)
        name = f"{stem}-{part}.{suffix}" if stem and dot else f"{name}-{part}"
    return name, f"{folder}/{name}" if folder else name


def fitted(call: Call, provider: str, limit: int | None) -> Call:
    """The call with a name that a host takes; tells of one that was cut.

    Args:
        call: What the caller wants.
        provider: The host's name, for the message.
        limit: Bytes that a name may have there, or None.
    """
    if limit is None or len(call.name.encode()) <= limit:
        return call
    name = cut(call.name, limit)
    _log.warning("%s: the file's name is too long for the host; it is sent as %s", provider, name)
    return call._replace(name=name, remote_path=call.remote_path.removesuffix(call.name) + name)


def cut(name: str, limit: int) -> str:
    """A name of at most so many bytes, cut before its extension and inside no character."""
    stem, suffix = os.path.splitext(name)
    room = limit - len(suffix.encode())
    if room <= 0:
        stem, suffix, room = name, "", limit
    return name if len(name.encode()) <= limit else stem.encode()[:room].decode("utf-8", "ignore") + suffix


def random_text(count: int) -> str:
    """Lower-case letters and digits that nobody can guess."""
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
