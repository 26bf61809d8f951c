"""From asynchronous to synchronous and back, inside a running event loop too."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")


def run_async(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and return what it gives.

    Works where an event loop runs already: the coroutine then runs in a loop of its own, in a thread of its own,
    and the caller waits.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    import contextvars
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(contextvars.copy_context().run, asyncio.run, coroutine).result()


def to_sync(function: Callable[..., Coroutine[Any, Any, T]]) -> Callable[..., T]:
    """A function that runs an asynchronous one and waits for it."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> T:
        return run_async(function(*args, **kwargs))

    return wrapper


def to_async(function: Callable[..., T]) -> Callable[..., Coroutine[Any, Any, T]]:
    """A function to be awaited, which runs a synchronous one in a thread."""

    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> T:
        return await asyncio.to_thread(function, *args, **kwargs)

    return wrapper
