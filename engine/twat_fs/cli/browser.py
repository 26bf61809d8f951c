"""Shows an address in the user's browser."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def show(url: str) -> str:
    """Open an address.

    Args:
        url: The address; only http and https are opened.

    Returns:
        What went wrong; nothing if nothing did.
    """
    import webbrowser

    if not url.startswith(("http://", "https://")):
        return "it is no http or https address"
    try:
        with _own_output():
            opened = webbrowser.open(url)
    except (OSError, webbrowser.Error) as error:
        return str(error)
    return "" if opened else "no browser was found; BROWSER can name one"


@contextmanager
def _own_output() -> Iterator[None]:
    """Have no browser inherit standard output: `url=$(...)` would wait until it is closed.

    One that runs in the terminal has that, if standard error is one.
    """
    kept = [os.dup(number) for number in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(2 if os.isatty(2) else nowhere, 1)
        os.dup2(1, 2)
        yield
    finally:
        for number, descriptor in zip((1, 2), kept, strict=True):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.close(nowhere)
