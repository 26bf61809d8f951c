"""The words of a command line for cmd.exe or PowerShell."""

from __future__ import annotations

import re

from twat_fs.authoring.words import Reader
from twat_fs.errors import UsageError

_CMD_VARIABLE = re.compile(r"%([A-Za-z_]\w*|~?\d)%?")
_POWERSHELL_VARIABLE = re.compile(r"\$(?:\{)?(?:env:|global:|script:)?([A-Za-z_]\w*)(?:\})?", re.IGNORECASE)


class Cmd(Reader):
    r"""cmd.exe: double quotes only, in which `\"` and `""` are a quote; `^` escapes."""

    escape = "^"
    quotes = '"'
    comment = ""

    def _take(self, character: str) -> None:
        if self.text.startswith('^"', self.at):
            self._copied()
        else:
            super()._take(character)

    def _copied(self) -> None:
        """A word as browsers copy a request: each character that means something has a caret, the quotes too."""
        end = re.compile(r'(?<!\\)\^"').search(self.text, self.at + 2)
        if not end:
            raise UsageError('a ^" is not closed in the command line')
        inner = self.text[self.at + 2 : end.start()]
        inner = re.sub(r"\^\r?\n\r?\n?", "\n", inner).replace('\\^"', '"')
        self._put(re.sub(r"\^(.)", r"\1", inner))
        self.at = end.end()

    def _variable(self) -> bool:
        if self.text.startswith('\\"', self.at):
            self._put('"')
            self.at += 2
            return True
        return self._named(_CMD_VARIABLE)

    def _quoted(self, quote: str) -> None:
        while self.at < len(self.text):
            if self.text.startswith(('\\"', '""'), self.at):
                self._put('"')
                self.at += 2
            elif self.text[self.at] == quote:
                self.at += 1
                return
            elif not self._named(_CMD_VARIABLE):
                self._put(self.text[self.at])
                self.at += 1
        raise UsageError('a " is not closed in the command line')


class PowerShell(Reader):
    """PowerShell: a doubled quote is a quote, the backtick escapes."""

    escape = "`"

    def _variable(self) -> bool:
        if self.text.startswith("$(", self.at):
            raise UsageError("the command line has a command inside it, and what that gives is not known")
        return self._named(_POWERSHELL_VARIABLE)

    def _quoted(self, quote: str) -> None:
        while self.at < len(self.text):
            character = self.text[self.at]
            if self.text.startswith((quote * 2, '\\"'), self.at):
                # A backslash before a quote is for the program, whose own quoting PowerShell does not do.
                self._put(self.text[self.at + 1])
                self.at += 2
            elif character == quote:
                self.at += 1
                return
            elif quote == '"' and character == "`":
                self._put(self.text[self.at + 1 : self.at + 2])
                self.at += 2
            elif quote == "'" or not self._variable():
                self._put(character)
                self.at += 1
        raise UsageError(f"a {quote} is not closed in the command line")
