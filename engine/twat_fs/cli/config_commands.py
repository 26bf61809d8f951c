"""The commands for what is kept of the user's: settings, and secrets."""

from __future__ import annotations

from typing import Any

import click

from twat_fs.cli.switches import CONTEXT, common, completed

_in_profile = click.option(
    "--profile", metavar="NAME", help="In this profile; set makes it.", shell_complete=completed("profiles")
)


@click.group("config", context_settings=CONTEXT)
def config_group() -> None:
    """Show and change settings."""


@config_group.command("show")
@click.option("--origin", is_flag=True, help="Say of each where it comes from.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@common
def show_command(**given: Any) -> int:
    """Print what holds, as TOML; of secrets, which are set."""
    from twat_fs.cli import configuring

    return configuring.show(given)


@config_group.command("path")
def path_command() -> int:
    """Print where the config file is, or would be."""
    from twat_fs.cli import configuring

    return configuring.path()


@config_group.command("set")
@click.argument("key", shell_complete=completed("keys"))
@click.argument("values", nargs=-1, required=True, metavar="VALUE...", shell_complete=completed("key_values"))
@_in_profile
def set_command(**given: Any) -> int:
    """Set KEY in the config file: one of its keys, or providers.NAME.OPTION."""
    from twat_fs.cli import configuring

    return configuring.put(given)


@config_group.command("unset")
@click.argument("key", shell_complete=completed("keys"))
@_in_profile
def unset_command(**given: Any) -> int:
    """Take KEY out of the config file."""
    from twat_fs.cli import configuring

    return configuring.drop(given)


@click.command("login", short_help="Put the secrets of PROVIDER into your keyring.")
@click.argument("name", metavar="PROVIDER", shell_complete=completed("providers"))
@click.option("--secret", multiple=True, metavar="VARIABLE", help="Only this one; may be repeated.")
@click.option("--stdin", is_flag=True, help="Read it from standard input, for scripts.")
@common
def login_command(**given: Any) -> int:
    """Ask for the secrets of PROVIDER and put them into your keyring."""
    from twat_fs.cli import logging_in

    return logging_in.login(given)


@click.command("logout")
@click.argument("name", metavar="PROVIDER", shell_complete=completed("providers"))
@common
def logout_command(**given: Any) -> int:
    """Take the secrets of PROVIDER out of your keyring."""
    from twat_fs.cli import logging_in

    return logging_in.logout(given)
