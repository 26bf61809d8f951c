"""Copies the file into a folder: for a folder that a web server serves, and for trying things without a network."""

from __future__ import annotations

import atexit
import errno
import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from twat_fs.environment import current
from twat_fs.errors import Conflict, Forbidden, NotConfigured, QuotaExceeded
from twat_fs.results import UploadResult
from twat_fs.source import NO_ROOM
from twat_fs.upload_providers.simple import SimpleProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call, ProviderHelp

_NAME = "local"


#: What a module of a Python provider says of itself.
PROVIDER_HELP: ProviderHelp = {
    "setup": "Set TWAT_FS_LOCAL_DIR to the folder to copy into, and, where a web server shows that folder, "
    "TWAT_FS_LOCAL_BASE_URL to its address.",
    "deps": "",
}


class LocalProvider(SimpleProvider):
    """Puts files under a folder: the option `dir`, and `base_url` for what serves it."""

    provider_name = _NAME

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Copy the file; it appears under its name whole or not at all.

        Raises:
            Conflict: Something of that name is there, and `force` was not asked for.
            NotConfigured: The folder cannot be written.
            QuotaExceeded: The disk is full.
        """
        folder = os.path.abspath(os.path.expanduser(call.options.get("dir") or default_folder()))
        target = os.path.join(folder, *call.remote_path.split("/"))
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            self._copy(source, target, call)
        except OSError as error:
            raise _refused(folder, target, error) from error
        url = _url(folder, target, call.options.get("base_url"))
        result = UploadResult(url, {"provider": _NAME, "path": target})
        result.recipe = {"path": target}
        return result

    def delete(self, recipe: Mapping[str, Any]) -> bool:
        """Remove the file; see `twat_fs.upload_providers.protocols.Deleting`."""
        try:
            os.unlink(recipe["path"])
        except FileNotFoundError:
            return False
        except OSError as error:
            raise Forbidden(f"cannot delete {recipe['path']}: {error.strerror}", _NAME) from error
        return True

    def _copy(self, source: Source, target: str, call: Call) -> None:
        part = os.path.join(os.path.dirname(target), f".{os.getpid()}-{os.urandom(4).hex()}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        clear = partial(_remove, part)
        atexit.register(clear)  # where the process ends while this thread waits for the disk
        try:
            with open(descriptor, "wb") as file:
                _write(source, file, call)
            if call.force:
                os.replace(part, target)
            else:
                os.link(part, target)  # fails, as one step, where the name is taken
        finally:
            clear()
            atexit.unregister(clear)


def _remove(path: str) -> None:
    with suppress(FileNotFoundError):
        os.unlink(path)


def default_folder() -> str:
    """Where files go when no folder is set."""
    return os.path.join(current().data, "uploads")


def _url(folder: str, target: str, base_url: str | None) -> str:
    if base_url is None:
        return "file://" + quote(os.fsencode(target))
    return f"{base_url}/{quote(os.fsencode(os.path.relpath(target, folder)))}"


def _refused(folder: str, target: str, error: OSError) -> Exception:
    if error.errno in (errno.EEXIST, errno.EISDIR, errno.ENOTDIR):
        return Conflict(
            f"{target} is there already",
            _NAME,
            hint="Name another with --remote-path, or use --unique, or --force to overwrite it.",
        )
    if error.errno in NO_ROOM:
        return QuotaExceeded(f"no space is left in {folder}", _NAME)
    return NotConfigured(
        f"cannot write to {folder}: {error.strerror}", _NAME, hint="Set TWAT_FS_LOCAL_DIR to another folder."
    )


def _write(source: Source, file: Any, call: Call) -> None:
    done = 0
    for block in source.blocks():
        file.write(block)
        done += len(block)
        if call.progress:
            call.progress(done, source.size)
    file.flush()
    os.fsync(file.fileno())


def get_credentials() -> dict[str, Any]:
    """None are needed."""
    return {}


def get_provider() -> LocalProvider:
    """The provider."""
    return LocalProvider()
