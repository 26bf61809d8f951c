"""Where a request holds not what an example names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    #: The keys that lead to what is different, and what is to be said of it.
    Difference = tuple[tuple[str | int, ...], str]


def differences(expected: Mapping[str, Any] | None, actual: Mapping[str, Any]) -> list[Difference]:
    """Where a request holds not what an example names."""
    if expected is None:
        return [((), "the example expects that this is not sent")]
    if not isinstance(expected, dict):
        return []  # the schema has told of it
    found: list[Difference] = []
    for key, value in expected.items():
        given = actual.get(key, {} if isinstance(value, dict) else None)
        if key == "url" and value in (given, str(given).partition("?")[0]):
            continue
        wanted = (
            {str(name).lower(): item for name, item in value.items()}
            if key == "headers" and isinstance(value, dict)
            else value
        )
        found += _unequal(wanted, given, (key,))
    return found


def _unequal(expected: Any, actual: Any, path: tuple[str | int, ...]) -> list[Difference]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        return [
            item for key, value in expected.items() for item in _unequal(value, actual.get(str(key)), (*path, str(key)))
        ]
    if isinstance(actual, dict) and "value" in actual and not isinstance(expected, dict) and expected is not None:
        actual = actual["value"]
    same = expected == actual or (not isinstance(expected, (dict, list)) and _text(expected) == _text(actual))
    return [] if same else [(path, f"the example expects {_shown(expected)}, but the request has {_shown(actual)}")]


def _text(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else value


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
