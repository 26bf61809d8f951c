"""Words of a command line, in which variables are marked, and what all shells have in common in reading them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Union

from twat_fs.errors import UsageError
from twat_fs.tuples import NamedTuple


class Variable(NamedTuple):
    """A variable of the shell, or what a command would make of a file.

    Attributes:
        name: The variable; of a command, the file as it is named there, such as `photo.png` or `$1`.
        of: What is taken of that file: `name`, `text` or `base64`; empty for the variable itself.
    """

    name: str
    of: str = ""


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


_ENDS = "|;&<>\n"


def text_of(word: Word) -> str:
    """A word as text, each variable as `$NAME`."""
    return "".join(piece if isinstance(piece, str) else piece.name if piece.of else f"${piece.name}" for piece in word)


class Reader(ABC):
    """Reads words; each shell says what its quotes and its escape are.

    Args:
        text: One command.
        closer: The character that ends it where it stands inside another, or an empty string.
    """

    escape = "\\"
    quotes = "'\""
    comment = "#"

    def __init__(self, text: str, closer: str) -> None:
        self.text = text
        self.closer = closer
        self.at = 0
        self.pieces: list[str | Variable] = []
        self.begun = False

    def line(self) -> Line:
        """Read the first command.

        Raises:
            UsageError: A quote is not closed, or a command inside the line would have to be run.
        """
        words: list[Word] = []
        while self.at < len(self.text):
            character = self.text[self.at]
            if character.isspace() and character != "\n":
                self.at += 1
                self._end(words)
            elif character in _ENDS:
                if self._placeholder():
                    continue
                if self._is_descriptor():
                    self.pieces.clear()
                    self.begun = False
                break
            elif character == self.closer or (character == self.comment and not self.begun):
                break
            else:
                self.begun = True
                self._take(character)
        self._end(words)
        return Line(tuple(words), self.text[self.at :].strip())

    def _placeholder(self) -> bool:
        """Take `<your key>`, which a page has where people put their own; a redirection has no such end."""
        found = re.compile(r"<[A-Za-z][\w .-]*>").match(self.text, self.at)
        if found:
            self.begun = True
            self._put(found[0])
            self.at = found.end()
        return bool(found)

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

    @abstractmethod
    def _quoted(self, quote: str) -> None:
        """Take what stands between quotes; the first was taken."""

    @abstractmethod
    def _variable(self) -> bool:
        """Take a variable, if one stands here; gives whether."""

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
