"""Switches that several commands have, and what a shell completes after them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

CONTEXT: dict[str, Any] = {
    "token_normalize_func": lambda token: token.replace("_", "-"),
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
}


def completed(what: str) -> Any:
    """A completion that is loaded when a shell asks for it."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
        from twat_fs.cli import completing

        return getattr(completing, what)(context, parameter, incomplete)

    return complete


class _Seconds(click.types.FloatParamType):
    """A time, of a dozen days at most; "nan", which is below and above nothing, is none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        found = super().convert(value, param, ctx)
        if not 0 < found <= 1e6:
            self.fail(f"{value} is no number of seconds above 0 and up to 1000000.", param, ctx)
        return found


SECONDS = _Seconds()

provider_option = click.option(
    "-o",
    "--option",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the provider; may be repeated.",
    shell_complete=completed("options"),
)
ca_file = click.option(
    "--ca-file",
    metavar="PATH",
    type=click.Path(readable=False),
    help="Trust these certificate authorities instead of the usual ones.",
)


def _configure(context: click.Context, _parameter: click.Parameter, profile: str | None) -> Any:
    from twat_fs.cli.chosen import configure

    return configure(context, profile)


def common(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command has."""
    for decorate in (
        click.option(
            "--profile",
            "config",
            metavar="NAME",
            is_eager=True,  # the other switches have what the config file says where they are not given
            callback=_configure,
            help="Use this profile of the config file.",
            shell_complete=completed("profiles"),
        ),
        click.option(
            "--providers-d",
            multiple=True,
            metavar="DIR",
            type=click.Path(readable=False),
            help="A further folder of specs; may be repeated.",
        ),
        click.option("-v", "--verbose", count=True, help="Say more; twice for everything."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors."),
    ):
        function = decorate(function)
    return function


def needs(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say what a provider must be able to do, whichever it is."""
    for decorate in (
        click.option("--direct", is_flag=True, help="Only hosts whose URL gives the file itself, not a page about it."),
        click.option("--deletable", is_flag=True, help="Only hosts where the file can be deleted again."),
        click.option("--password", is_flag=True, help="Only hosts that ask for a password before they give a file."),
        click.option("--private", is_flag=True, help="Only hosts that can give it a URL that is not to be guessed."),
        click.option(
            "--expires",
            metavar="DURATION",
            help="Only hosts that can be told to keep a file so long, such as 12h or 7d, or never to delete it.",
        ),
    ):
        function = decorate(function)
    return function


def tries(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every command that tries several hosts side by side."""
    for decorate in (
        click.option(
            "-j",
            "--jobs",
            type=click.IntRange(1, 64),
            default=8,
            show_default=True,
            metavar="N",
            help="How many hosts are tried at once.",
        ),
        click.option(
            "--max-time",
            type=SECONDS,
            default=60,
            show_default=True,
            metavar="SECONDS",
            help="How long each host that is tried may take.",
        ),
    ):
        function = decorate(function)
    return function
