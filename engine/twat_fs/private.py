"""Files that only the user may read."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from twat_fs.errors import SourceError
from twat_fs.interruption import whole

if TYPE_CHECKING:
    from collections.abc import Iterator


def make_folders(path: str) -> None:
    """Make a folder, and those above it, where they are not there: for the user alone, whatever the umask is.

    The mode is what the XDG Base Directory Specification asks for; who may write to a folder above could put another
    in the place of this one.

    Raises:
        OSError: One cannot be made.
    """
    if os.path.isdir(path or "."):
        return
    make_folders(os.path.dirname(path))
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        if not os.path.isdir(path):  # another process may have made it meanwhile
            raise


def private_folder(path: str) -> None:
    """Make a folder that only the user may look into, where it is not there or not yet so.

    Raises:
        OSError: It cannot be made, or is not the user's.
    """
    make_folders(path)
    if os.stat(path).st_mode & 0o777 != 0o700:
        os.chmod(path, 0o700)


@contextmanager
def temporary_folder() -> Iterator[str]:
    """A folder that only the user may look into, which is gone afterwards, whatever ends the command.

    Raises:
        SourceError: It cannot be made.
    """
    import tempfile

    made = None
    try:
        try:
            with whole():  # between the folder's making and the noting of it nothing would take it away
                made = tempfile.TemporaryDirectory(prefix="twat-fs-")
        except OSError as error:  # a full disk is one where nobody finds a folder to write into
            raise SourceError(
                f"there is no place for temporary files: {error.strerror}", hint="TMPDIR names another one."
            ) from error
        yield made.name
    finally:
        if made is not None:
            made.cleanup()


def write_private(path: str, content: bytes, *, sync: bool = True) -> None:
    """Write a file that only the user may read, whole or not at all; makes its folder.

    Args:
        path: Where.
        content: Its bytes.
        sync: Wait until a power cut cannot take it any more.

    Raises:
        OSError: It cannot be written.
    """
    make_folders(os.path.dirname(path))
    write_whole(path, content, 0o600, sync=sync)


def write_whole(path: str, content: bytes, mode: int, *, sync: bool = True) -> None:
    """Write a file, whole or not at all.

    Args:
        path: The file; its folder is there.
        content: What it is to hold.
        mode: Who may read and write it.
        sync: Wait until a power cut cannot take it any more.

    Raises:
        OSError: It cannot be written.
    """
    part = f"{path}.{os.getpid()}.part"
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask is
            file.write(content)
            if sync:
                file.flush()
                os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        os.unlink(part)
        raise
