"""What a template sees: the facts of the file, the values of names, and chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class FileFacts(Mapping[str, Any]):
    """What a template may know of the file, or of a piece of it; alone, as `{{ file }}`, it stands for the bytes.

    Args:
        facts: For each member a value, or a function that finds it when it is first asked for.
        piece: The offset and the size of the piece that this is, in bytes; None for the whole.
        sha1_of: Gives the SHA-1 of the bytes at an offset, so many.
    """

    def __init__(
        self,
        facts: Mapping[str, Any],
        piece: tuple[int, int] | None = None,
        sha1_of: Callable[[int, int], str] | None = None,
    ) -> None:
        self._facts = dict(facts)
        self._sha1_of = sha1_of
        self.piece = piece

    def part(self, offset: int, size: int, index: int) -> FileFacts:
        """What a template may know of a piece.

        Args:
            offset: Where it begins, in bytes.
            size: Its bytes.
            index: Its place among the pieces, from 0.
        """
        facts = {
            "index": index,
            "number": index + 1,
            "offset": offset,
            "end": offset + size - 1,
            "size": size,
            "last": offset + size == self["size"],
            "sha1": lambda: self._sha1_of(offset, size) if self._sha1_of else None,
            "type": lambda: self["type"],
        }
        return FileFacts(facts, (offset, size))

    def __getitem__(self, name: str) -> Any:
        value = self._facts[name]
        if callable(value):
            value = self._facts[name] = value()
        return value

    def __iter__(self) -> Any:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)


class Scope:
    """What a template sees.

    Args:
        names: The value of each name in `names.ROOTS` that has one here.
        random: Gives n lower-case letters and digits.
        choose: Gives an index below n.
    """

    def __init__(self, names: Mapping[str, Any], random: Callable[[int], str], choose: Callable[[int], int]) -> None:
        self.names = names
        self.random = random
        self.choose = choose

    def extended(self, **names: Any) -> Scope:
        """The same scope with further names."""
        return Scope({**self.names, **names}, self.random, self.choose)
