"""What a template may come to, and the one error of one that comes to more, or meets a value it cannot work on."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from twat_fs.messages import Held

if TYPE_CHECKING:
    from collections.abc import Callable

    Work = TypeVar("Work", bound=Callable[..., Any])

#: Characters that a URL, a header, a field of it or a var may come to: the cap of `docs/spec-language.md`.
OUTPUT_LIMIT = 64 * 1024

#: Characters that any one text may come to: 64 MiB of a file's content as base64, and room around it.
TEXT_LIMIT = 96 * 1024 * 1024

#: Items of a list that a filter makes, and places that one replaces at.
ITEM_LIMIT = 1_000_000

# What grows is made from pieces of this size, so that it is counted while it grows.
_PIECE = 64 * 1024


class EvaluationError(Exception):
    """A template met a value that it cannot work on."""


def bounded(work: Work) -> Work:
    """Work on values that a host or a file may have made: whatever Python says of them becomes an `EvaluationError`.

    What Python says is not repeated, since it may quote a secret.
    """

    @wraps(work)
    def run(*arguments: Any, **named: Any) -> Any:
        try:
            return work(*arguments, **named)
        except RecursionError:
            raise EvaluationError("a value is nested too deeply") from None
        except UnicodeError:
            raise EvaluationError("a text holds characters that are none") from None
        except ArithmeticError:
            raise EvaluationError("a number is too large") from None
        except (TypeError, ValueError) as error:
            raise EvaluationError(f"a value does not fit ({type(error).__name__})") from None

    return run  # type: ignore[return-value]


def capped(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text, if it is not longer than the limit in characters."""
    check_length(len(text), limit)
    return text


def check_length(length: int, limit: int = TEXT_LIMIT) -> None:
    """Raise an `EvaluationError` where a text would be longer than the limit."""
    if length > limit:
        raise EvaluationError(f"a template made {length} characters; the limit is {limit}")


def in_pieces(text: str, change: Callable[[str], str]) -> str:
    """What a change makes of a text, character by character; refused as soon as it is too long."""
    made, length = [], 0
    for start in range(0, len(text), _PIECE):
        made.append(change(text[start : start + _PIECE]))
        length += len(made[-1])
        check_length(length)
    return made[0] if len(made) == 1 else "".join(made)


def size(value: Any, limit: int) -> int:
    """How many values are in a value, and characters in its texts; counting ends above the limit."""
    total, waiting = 0, [value]
    while waiting and total <= limit:
        item = waiting.pop()
        total += 1
        if isinstance(item, Held):
            waiting.append(item.value)
        elif isinstance(item, str):
            total += len(item) - 1
        elif isinstance(item, list):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
    return total
