"""A promise of the program, and how it is broken."""

from __future__ import annotations

from typing import NamedTuple

from tests.support import ROOT

PACKAGE = ROOT / "engine" / "twat_fs"


class Unfit(Exception):
    """An entry does not fit the code; the message says how."""


class Defence(NamedTuple):
    """One entry of the tables.

    Attributes:
        promise: What holds, as a sentence.
        module: The module's path, seen from the package.
        old: What stands there, exactly once.
        new: What takes its place.
        tests: The tests that must then fail, seen from `tests`, with spaces between.
    """

    promise: str
    module: str
    old: str
    new: str
    tests: str

    def broken(self) -> str:
        """The module's text without the defence.

        Raises:
            Unfit: What is to be replaced is not there exactly once, or what comes of it is not Python.
        """
        text = (PACKAGE / self.module).read_text(encoding="utf-8")
        if text.count(self.old) != 1 or self.old == self.new:
            raise Unfit(f"{self.promise}: {self.module} has {text.count(self.old)} places to change, not one")
        changed = text.replace(self.old, self.new)
        try:
            compile(changed, self.module, "exec")
        except SyntaxError as error:
            raise Unfit(f"{self.promise}: what is left of {self.module} is not Python: {error}") from None
        return changed
