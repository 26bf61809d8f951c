"""What is gathered of a curl command, and its words as templates."""

from __future__ import annotations

import re

from twat_fs.authoring import keys
from twat_fs.authoring.draft import Draft
from twat_fs.authoring.words import Variable, Word
from twat_fs.errors import UsageError


class Gathered:
    """What was gathered of a command line.

    Attributes:
        found: The draft.
        given: Every option with its word.
        file: The word for the file, as text.
        data: The options that give data, with their words.
    """

    def __init__(self) -> None:
        self.found = Draft()
        self.given: list[tuple[str, Word]] = []
        self.file = ""
        self.data: list[tuple[str, Word]] = []

    @property
    def base(self) -> str:
        """The file's own name, as far as the line says it."""
        base = re.split(r"[/\\]", self.file)[-1]
        return "" if base.startswith("$") or base in ("-", "") else base

    def has(self, *names: str) -> bool:
        """Whether one of these options is given."""
        return any(name in names for name, _ in self.given)

    def one_file(self, path: str) -> None:
        """Note that a file is sent.

        Raises:
            UsageError: It is another than the file.
        """
        if self.file and path != self.file:
            raise UsageError(f"the curl line sends two files, {self.file} and {path}; a spec sends one")

    def template(self, name: str, word: Word) -> str:
        """A word as a template: variables are credentials, and a literal that looks like a key is one too."""
        if all(isinstance(piece, str) for piece in word):
            return self.found.secret_or(name, "".join(map(str, word)))
        return "".join(
            self.credential(piece) if isinstance(piece, Variable) else self.found.without_keys(name, piece)
            for piece in word
        )

    def credential(self, piece: Variable) -> str:
        """A variable as a template: it is a secret, as far as anybody knows; or something of the file."""
        if piece.of:
            self.one_file(piece.name)
            return f"{{{{ file.{piece.of} }}}}"
        if f"${piece.name}" == self.file:
            return "{{ file.name }}"
        name = piece.name if piece.name.isupper() else keys.variable_name(piece.name)
        return self.found.credential(name if not name[0].isdigit() else f"ARGUMENT_{name}")
