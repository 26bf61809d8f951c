"""Programs of the desktop that are asked to do something: quietly, and not for long."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from twat_fs.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds that one may take: a display that does not answer holds nobody up.
_PATIENCE = 5.0


def run(words: Sequence[str], given: bytes = b"") -> str:
    """Run a program.

    Args:
        words: Its name and its arguments; no shell sees them.
        given: Its standard input.

    Returns:
        What went wrong; nothing if nothing did.
    """
    path = shutil.which(words[0])
    if path is None:
        return f"there is no {words[0]}"
    # A file, since a program that stays behind, as xclip does, keeps open what it was given; a pipe would never end.
    with tempfile.TemporaryFile() as said:
        try:
            done = subprocess.run(  # noqa: S603  no shell; what is said stands in arguments
                [path, *words[1:]],
                input=given,
                stdout=subprocess.DEVNULL,
                stderr=said,
                timeout=_PATIENCE,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"{words[0]} did not end in {_PATIENCE:.0f} s"
        except OSError as error:
            return f"{words[0]}: {error.strerror}"
        if done.returncode == 0:
            return ""
        said.seek(0)
        told = printable(said.read(4096).decode("utf-8", "replace"))
        return f"{words[0]} ended with status {done.returncode}" + (f": {told}" if told else "")
