"""Plain data as JSON text, with secrets in it kept as secrets."""

from __future__ import annotations

import json
from typing import Any

from twat_fs.expression import secrets
from twat_fs.expression.limits import bounded, check_length, in_pieces
from twat_fs.messages import Held


@bounded
def json_text(value: Any) -> str | Held:
    """JSON in ASCII, without spaces; a `Held` where a secret is inside.

    ASCII, since such a text may go into a header (`Dropbox-API-Arg` and its like).

    Raises:
        EvaluationError: It is nested too deeply, comes to too much, or is not data.
    """
    writer = _Writer()
    writer.write(value)
    if writer.held:
        return secrets.join("", writer.parts)
    return "".join(writer.parts)


class _Writer:
    """Collects the pieces of a text, and counts while it does."""

    def __init__(self) -> None:
        self.parts: list[Any] = []
        self.held = False
        self.length = 0

    def write(self, value: Any) -> None:
        if isinstance(value, Held):
            self._write_held(value)
        elif isinstance(value, dict):
            self._write_all("{", list(value.items()), "}")
        elif isinstance(value, list):
            self._write_all("[", [(None, item) for item in value], "]")
        else:
            self._add(_scalar(value))

    def _add(self, text: str) -> None:
        self.length += len(text)
        check_length(self.length)
        self.parts.append(text)

    def _write_all(self, opening: str, items: list[tuple[Any, Any]], closing: str) -> None:
        self._add(opening)
        for index, (key, item) in enumerate(items):
            if index:
                self._add(",")
            if key is not None:
                self.write(key if isinstance(key, Held) else str(key))
                self._add(":")
            self.write(item)
        self._add(closing)

    def _write_held(self, held: Held) -> None:
        text = str(json_text(held.value))
        self.held = True
        self.length += len(text)
        check_length(self.length)
        if isinstance(held.value, str):
            # The quotes are outside the secret, so that "$KEY" stands in the JSON that a shell is shown.
            self.parts += ['"', Held(text[1:-1], held.origins, held.pieces), '"']
        else:
            self.parts.append(Held(text, held.origins, held.pieces))


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return f'"{in_pieces(value, lambda piece: json.dumps(piece)[1:-1])}"'
    return json.dumps(value, allow_nan=False)
