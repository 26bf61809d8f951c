"""Colours, where a person looks: never in a pipe, and not where NO_COLOR says so (https://no-color.org)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Paint = Callable[[str, str], str]


def painter(stream: TextIO | None) -> Paint:
    """What gives a text a colour: a name such as `green`, `bold` or `dim`.

    Args:
        stream: Where the text goes.
    """
    wanted = stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"
    return _paint if wanted and not os.environ.get("NO_COLOR") else _plain


def _paint(text: str, colour: str) -> str:
    if not text:
        return text
    return click.style(text, bold=True) if colour == "bold" else _coloured(text, colour)


def _coloured(text: str, colour: str) -> str:
    return click.style(text, dim=True) if colour == "dim" else click.style(text, fg=colour)


def _plain(text: str, _colour: str) -> str:
    return text
