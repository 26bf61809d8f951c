"""Colours, where a person looks: not in a pipe unless they are asked for there, and never where NO_COLOR says so.

What the variables mean: https://no-color.org, https://force-color.org, https://bixense.com/clicolors.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

import click

from twat_fs.cli.terminal import is_terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    Paint = Callable[[str, str], str]


def painter(stream: TextIO | None) -> Paint:
    """What gives a text a colour: a name such as `green`, `bold` or `dim`.

    Args:
        stream: Where the text goes.
    """
    return _paint if wants_colour(stream) else _plain


def wants_colour(stream: TextIO | None) -> bool:
    """Whether colours are to go there."""
    environ = os.environ
    if environ.get("NO_COLOR"):
        return False
    if any(environ.get(name, "0") not in ("", "0") for name in ("FORCE_COLOR", "CLICOLOR_FORCE")):
        return stream is not None
    return is_terminal(stream) and environ.get("CLICOLOR") != "0"


def _paint(text: str, colour: str) -> str:
    if not text:
        return text
    return click.style(text, bold=True) if colour == "bold" else _coloured(text, colour)


def _coloured(text: str, colour: str) -> str:
    return click.style(text, dim=True) if colour == "dim" else click.style(text, fg=colour)


def _plain(text: str, _colour: str) -> str:
    return text
