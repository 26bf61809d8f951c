"""A command line as people paste it, from a POSIX shell, cmd.exe or PowerShell, as words in which variables are marked.

Only quoting is understood, and nothing is run: what a command inside the line would give is not known here.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Union

from twat_fs.errors import UsageError


class Variable(NamedTuple):
    """A variable of the shell: its name."""

    name: str


#: A word: texts and variables in turn.
Word = tuple[Union[str, Variable], ...]


class Line(NamedTuple):
    """A command line.

    Attributes:
        words: Of the first command.
        rest: What stands after it: a pipe, a redirection, another command.
    """

    words: tuple[Word, ...]
    rest: str


_POSIX_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*|\d|@|\*)|\{([A-Za-z_]\w*|\d)(?::?[-=?+][^}]*)?\})")
_CMD_VARIABLE = re.compile(r"%([A-Za-z_]\w*|~?\d)%?")
_POWERSHELL_VARIABLE = re.compile(r"\$(?:\{)?(?:env:|global:|script:)?([A-Za-z_]\w*)(?:\})?", re.IGNORECASE)
#: What a backslash means between `$'` and `'`: bash's manual, 3.1.2.4.
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "0": "\0"}
_ENDS = "|;&<>\n"


def read(text: str) -> Line:
    """The words of a command line, whichever of the three shells it is written for.

    Args:
        text: One command, over as many lines as it likes.

    Raises:
        UsageError: A quote is not closed, or a command inside the line would have to be run.
    """
    reader = _dialect(text)(text.strip())
    return reader.line()


def _dialect(text: str) -> type[_Reader]:
    if re.search(r"\^\s*$", text, re.MULTILINE) or re.search(r"%[A-Za-z_]\w*%", text):
        return _Cmd
    if re.search(r"`\s*$", text, re.MULTILINE) or re.search(r"\$env:\w", text, re.IGNORECASE):
        return _PowerShell
    return _Posix


class _Reader:
    """Reads words; each shell says what its quotes and its escape are."""

    escape = "\\"
    quotes = "'\""
    comment = "#"

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.pieces: list[str | Variable] = []
        self.begun = False

    def line(self) -> Line:
        words: list[Word] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if character.isspace() and character != "\n":
                self.at += 1
                self._end(words)
            elif character in _ENDS:
                if self._is_descriptor():
                    self.pieces.clear()
                    self.begun = False
                break
            elif character == self.comment and not self.begun:
                break
            else:
                self.begun = True
                self._take(character)
        self._end(words)
        return Line(tuple(words), self.text[self.at :].strip())

    def _is_descriptor(self) -> bool:
        """Whether what stands before a redirection is its number, as in `2>`."""
        return self.text[self.at] in "<>" and "".join(map(str, self.pieces)) in ("1", "2")

    def _end(self, words: list[Word]) -> None:
        if self.begun:
            words.append(tuple(self.pieces))
        self.pieces, self.begun = [], False

    def _put(self, text: str) -> None:
        if self.pieces and isinstance(self.pieces[-1], str):
            self.pieces[-1] += text
        elif text:
            self.pieces.append(text)

    def _take(self, character: str) -> None:
        if character == self.escape:
            self._escaped()
        elif character in self.quotes:
            self.at += 1
            self._quoted(character)
        elif not self._variable():
            self._put(character)
            self.at += 1

    def _escaped(self) -> None:
        after = self.text[self.at + 1 : self.at + 2]
        joined = re.compile(r"[ \t]*\r?\n").match(self.text, self.at + 1)
        if joined:  # the line goes on; a blank after the escape is a slip that copying makes
            self.at = joined.end()
            self.begun = bool(self.pieces)
            return
        self._put(after or self.escape)
        self.at += 2

    def _quoted(self, quote: str) -> None:
        raise NotImplementedError

    def _variable(self) -> bool:
        raise NotImplementedError

    def _until(self, quote: str) -> str:
        end = self.text.find(quote, self.at)
        if end < 0:
            raise UsageError(f"a {quote} is not closed in the command line")
        found = self.text[self.at : end]
        self.at = end + 1
        return found

    def _named(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.at)
        if not match:
            return False
        self.pieces.append(Variable(next(group for group in match.groups() if group)))
        self.at = match.end()
        return True


class _Posix(_Reader):
    """sh, bash, zsh."""

    def _variable(self) -> bool:
        if self.text.startswith(("$(", "`"), self.at):
            raise UsageError(
                "the command line has a command inside it, and what that gives is not known",
                hint="Put a variable in its place, such as $NAME.",
            )
        if self.text.startswith("$'", self.at):
            self.at += 2
            self._ansi()
            return True
        return self._named(_POSIX_VARIABLE)

    def _quoted(self, quote: str) -> None:
        if quote == "'":
            self._put(self._until("'"))
            return
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == '"':
                self.at += 1
                return
            if character == "\\" and self.text[self.at + 1 : self.at + 2] in ('"', "\\", "$", "`"):
                self._put(self.text[self.at + 1])
                self.at += 2
            elif character == "\\" and self.text.startswith("\n", self.at + 1):
                self.at += 2
            elif not self._variable():
                self._put(character)
                self.at += 1
        raise UsageError('a " is not closed in the command line')

    def _ansi(self) -> None:
        while self.at < len(self.text) and self.text[self.at] != "'":
            if self.text[self.at] == "\\":
                coded = re.compile(r"\\(?:x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4}))").match(self.text, self.at)
                if coded:
                    self._put(chr(int(coded[1] or coded[2], 16)))
                    self.at = coded.end()
                    continue
                self.at += 1
                after = self.text[self.at : self.at + 1]
                self._put(_ANSI.get(after, after))
            else:
                self._put(self.text[self.at])
            self.at += 1
        if self.at >= len(self.text):
            raise UsageError("a $' is not closed in the command line")
        self.at += 1


class _Cmd(_Reader):
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


class _PowerShell(_Reader):
    """PowerShell: a doubled quote is a quote, the backtick escapes."""

    escape = "`"

    def _variable(self) -> bool:
        if self.text.startswith("$(", self.at):
            raise UsageError("the command line has a command inside it, and what that gives is not known")
        return self._named(_POWERSHELL_VARIABLE)

    def _quoted(self, quote: str) -> None:
        while self.at < len(self.text):
            character = self.text[self.at]
            if self.text.startswith(quote * 2, self.at) or (quote == '"' and self.text.startswith('\\"', self.at)):
                self._put(quote)
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


def text_of(word: Word) -> str:
    """A word as text, each variable as `$NAME`."""
    return "".join(f"${piece.name}" if isinstance(piece, Variable) else piece for piece in word)
