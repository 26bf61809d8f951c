"""What a signal raises: the end of the process, which on its way up is told what may be left at a host."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Interrupted(SystemExit):
    """A signal ends the process.

    Not an `Exception`, so that nothing takes it for a failure that another try may mend; event loops and thread pools
    let a `SystemExit` pass.

    Args:
        words: What happened.
        status: The status to end with.

    Attributes:
        left: What is known of the file at the host, in words for people.
        made: What steps before have made there, in such words.
        recipe: What deleting takes what they made, or None; may hold secrets.
    """

    def __init__(self, words: str, status: int) -> None:
        super().__init__(status)
        self.words = words
        self.left = self.made = ""
        self.recipe: dict[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.words}; {self.left}" if self.left else self.words


class _Held:
    """Whether the main thread is in the middle of something, and what came meanwhile."""

    depth = 0
    waiting: Interrupted | None = None


def interrupt(words: str, status: int) -> None:
    """End the process, where the main thread is not in the middle of something; else as soon as it is not.

    Raises:
        Interrupted: At once.
    """
    end = Interrupted(words, status)
    if _Held.depth:
        _Held.waiting = end
    else:
        raise end


@contextmanager
def whole() -> Iterator[None]:
    """What the main thread does in here is done whole: a signal waits for its end. Other threads get none anyway.

    Raises:
        Interrupted: A signal came meanwhile.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _Held.depth += 1
    try:
        yield
    finally:
        _Held.depth -= 1
        end, _Held.waiting = _Held.waiting, None
    if end is not None:
        raise end
