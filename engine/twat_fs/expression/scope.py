"""What a template sees: the facts of the file, the values of names, and chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class FileFacts(Mapping[str, Any]):
    """What a template may know of the file; `{{ file }}` alone is this object and stands for the bytes.

    Args:
        facts: For each member a value, or a function that finds it when it is first asked for.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = dict(facts)

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
