"""What a stream can show: whether it is a terminal, how wide that is, and which characters it has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def is_terminal(stream: TextIO | None) -> bool:
    """Whether it is a terminal on which a cursor can be moved."""
    try:
        return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
    except ValueError:  # it is closed
        return False


def columns_of(stream: TextIO | None) -> int | None:
    """The columns that it has now, since they may change; None where it is no terminal or does not say."""
    try:
        return (stream is not None and os.get_terminal_size(stream.fileno()).columns) or None
    except (OSError, ValueError):
        return None


def encodes(stream: TextIO, text: str) -> bool:
    """Whether it has all these characters."""
    try:
        text.encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
