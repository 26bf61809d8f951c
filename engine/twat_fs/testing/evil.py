"""Files that do not keep still: every provider meets them, and none may give a URL for what it did not send."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from twat_fs.errors import SourceError
from twat_fs.source import Marks, Source

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes that a liar promises and does not have.
_EXTRA = 100


class Shrinks(Source):
    """Is cut to its half as soon as it is opened."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path)
        os.truncate(self.path, self.size // 2)


class ShrinksWhileRead(Source):
    """Is cut to nothing once its first block was read."""

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read, then cut."""
        count = super().read_into(buffer[: max(1, len(buffer) // 2)], offset)
        os.truncate(self.path, 0)
        return count


class Grows(Source):
    """Gets another line as soon as it is opened."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(path)
        with open(self.path, "ab") as file:
            file.write(b"one more line\n")


class LiesAboutItsLength(Source):
    """Says that it holds more than it does, as files of `/proc` do."""

    _asked = False

    def marks(self) -> Marks:
        """What the system says; the first time with more bytes than there are."""
        found = super().marks()
        more = 0 if self._asked else _EXTRA
        self._asked = True
        return found._replace(size=found.size + more)


class FailsHalfWay(Source):
    """Cannot be read beyond its middle, as on a disk that dies."""

    def read_into(self, buffer: memoryview, offset: int) -> int:
        """Read, or fail.

        Raises:
            SourceError: The middle is reached.
        """
        half = self.size // 2
        if offset >= half:
            raise SourceError(f"{self.path}: cannot read the file: Input/output error")
        return super().read_into(buffer[: half - offset], offset)


#: Each with what it does, as the end of a sentence.
EVIL: dict[str, Callable[[str], Source]] = {
    "shrinks": Shrinks,
    "shrinks while it is read": ShrinksWhileRead,
    "grows": Grows,
    "lies about its length": LiesAboutItsLength,
    "fails half way": FailsHalfWay,
}
