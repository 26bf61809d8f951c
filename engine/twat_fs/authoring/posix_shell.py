"""The words of a command line for sh, bash or zsh."""

from __future__ import annotations

import re

from twat_fs.authoring.words import Reader, Variable
from twat_fs.errors import UsageError

_POSIX_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*|\d|@|\*)|\{([A-Za-z_]\w*|\d)(?::?[-=?+][^}]*)?\})")
_FILE = r"""(?:"([^"`|<>]+)"|'([^']+)'|([^\s"'()|<>`]+))"""
#: Commands and expansions of which it is known what they make of a file.
_POSIX_OF_FILE = {
    "name": re.compile(rf"basename\s+(?:--\s+|-a\s+)?{_FILE}|(\$\{{(?:\w+)##\*/\}})"),
    "text": re.compile(rf"(?:cat\s+|<\s*){_FILE}"),
    "base64": re.compile(
        rf"(?:base64(?:\s+-+[\w=-]+(?:\s+0)?)*\s+(?:<\s*)?{_FILE}"
        rf"|cat\s+{_FILE}\s*\|\s*base64(?:\s+-+[\w=-]+(?:\s+0)?)*)(?:\s*\|\s*tr -d ['\"]?\\?n['\"]?)?"
    ),
}
#: What a backslash means between `$'` and `'`: bash's manual, 3.1.2.4.
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b", "0": "\0"}


class Posix(Reader):
    """sh, bash, zsh."""

    def _variable(self) -> bool:
        if self._of_file():
            return True
        if self.text.startswith(("$(", "`"), self.at):
            raise UsageError(
                "the command line has a command inside it, and what that gives is not known",
                hint="Put a variable in its place, such as $NAME.",
            )
        if self.text.startswith("$'", self.at):
            self.at += 2
            self._ansi()
            return True
        if self._named(_POSIX_VARIABLE):
            return True
        if self.text.startswith("${", self.at):
            raise UsageError("the command line works with a variable (${...}), and what that gives is not known")
        return False

    def _of_file(self) -> bool:
        """Take a command, or an expansion, that makes something of a file."""
        command = re.compile(r"\$\(\s*([^()]*?)\s*\)|`\s*([^`]*?)\s*`|(\$\{\w+##\*/\})").match(self.text, self.at)
        if not command:
            return False
        inner = next(group for group in command.groups() if group is not None)
        for of, pattern in _POSIX_OF_FILE.items():
            found = pattern.fullmatch(inner)
            if found:
                named = next(group for group in found.groups() if group)
                self.pieces.append(Variable(re.sub(r"^\$\{(\w+)(?:##\*/)?\}$", r"$\1", named), of))
                self.at = command.end()
                return True
        return False

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
