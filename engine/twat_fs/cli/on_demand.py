"""A group of commands that loads the one that is asked for: the options of all others take a while to make."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Mapping


class OnDemand(click.Group):
    """A group whose commands are loaded when they are wanted.

    Args:
        places: Where each command stands, as `module:object`, by its name; a second name for one is not listed.
        *args: As for any group.
        **kwargs: The same.
    """

    def __init__(self, *args: Any, places: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all, sorted."""
        first = {place: name for name, place in reversed(list(self._places.items()))}
        return sorted({*super().list_commands(ctx)} - {*self._places} | {*first.values()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, or None where there is none."""
        if cmd_name in self._places and cmd_name not in self.commands:
            module, _, name = self._places[cmd_name].partition(":")
            self.add_command(getattr(import_module(module), name), cmd_name)
        return super().get_command(ctx, cmd_name)
