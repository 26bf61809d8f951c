"""Copies the file into a folder: for a folder that a web server serves, and for trying things without a network."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from twat_fs.errors import Conflict, NotConfigured, QuotaExceeded
from twat_fs.results import UploadResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twat_fs.source import Source
    from twat_fs.upload_providers.protocols import Call

_NAME = "local"


class LocalProvider:
    """Puts files under one folder.

    Args:
        folder: Where files go; made when it is not there.
        base_url: What serves the folder, without a trailing slash, or None for `file://` URLs.
    """

    def __init__(self, folder: str, base_url: str | None = None) -> None:
        self._folder = os.path.abspath(os.path.expanduser(folder))
        self._base_url = base_url

    def upload(self, source: Source, call: Call) -> UploadResult:
        """Copy the file; it appears under its name whole or not at all.

        Raises:
            Conflict: Something of that name is there, and `force` was not asked for.
            NotConfigured: The folder cannot be written.
            QuotaExceeded: The disk is full.
        """
        target = os.path.join(self._folder, *call.remote_path.split("/"))
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            self._copy(source, target, call)
        except OSError as error:
            raise self._refused(target, error) from error
        return UploadResult(self._url(target), {"provider": _NAME, "path": target})

    def _copy(self, source: Source, target: str, call: Call) -> None:
        part = os.path.join(os.path.dirname(target), f".{os.getpid()}-{os.urandom(4).hex()}.part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
        try:
            with open(descriptor, "wb") as file:
                _write(source, file, call)
            if call.force:
                os.replace(part, target)
            else:
                os.link(part, target)  # fails, as one step, where the name is taken
        finally:
            if os.path.lexists(part):
                os.unlink(part)

    def _url(self, target: str) -> str:
        if self._base_url is None:
            return "file://" + quote(os.fsencode(target))
        return f"{self._base_url}/{quote(os.fsencode(os.path.relpath(target, self._folder)))}"

    def _refused(self, target: str, error: OSError) -> Exception:
        import errno

        if error.errno in (errno.EEXIST, errno.EISDIR, errno.ENOTDIR):
            return Conflict(
                f"{target} is there already",
                _NAME,
                hint="Name another with --remote-path, or use --unique, or --force to overwrite it.",
            )
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return QuotaExceeded(f"no space is left in {self._folder}", _NAME)
        return NotConfigured(
            f"cannot write to {self._folder}: {error.strerror}", _NAME, hint="Set TWAT_FS_LOCAL_DIR to another folder."
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


def get_provider(options: Mapping[str, Any], data_folder: str) -> LocalProvider:
    """The provider for some options.

    Args:
        options: `dir` and `base_url`, each maybe None.
        data_folder: The folder for the user's data, used where `dir` says nothing.
    """
    return LocalProvider(options.get("dir") or os.path.join(data_folder, "uploads"), options.get("base_url"))
