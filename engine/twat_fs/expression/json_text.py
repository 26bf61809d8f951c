"""Plain data as JSON text, with secrets in it kept as secrets."""

from __future__ import annotations

import json
from typing import Any

from twat_fs.expression import secrets
from twat_fs.messages import Held


def json_text(value: Any) -> str | Held:
    """JSON in ASCII, without spaces; a `Held` where a secret is inside.

    ASCII, since such a text may go into a header (`Dropbox-API-Arg` and its like).
    """
    parts: list[Any] = []
    _write(value, parts)
    if any(isinstance(part, Held) for part in parts):
        return secrets.join("", parts)
    return "".join(parts)


def _write(value: Any, parts: list[Any]) -> None:
    if isinstance(value, Held):
        parts.extend(_held(value))
    elif isinstance(value, dict):
        _write_all("{", list(value.items()), "}", parts)
    elif isinstance(value, list):
        _write_all("[", [(None, item) for item in value], "]", parts)
    else:
        parts.append(json.dumps(value))


def _write_all(opening: str, items: list[tuple[Any, Any]], closing: str, parts: list[Any]) -> None:
    parts.append(opening)
    for index, (key, item) in enumerate(items):
        if index:
            parts.append(",")
        if key is not None:
            _write(key if isinstance(key, Held) else str(key), parts)
            parts.append(":")
        _write(item, parts)
    parts.append(closing)


def _held(held: Held) -> list[Any]:
    if not isinstance(held.value, str):
        return [Held(json.dumps(held.value), held.origins, held.pieces)]
    # The quotes are outside the secret, so that "$KEY" stands in the JSON that a shell is shown.
    return ['"', Held(json.dumps(held.value)[1:-1], held.origins, held.pieces), '"']
