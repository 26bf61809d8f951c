"""The commands that list, show and try providers."""

from __future__ import annotations

from typing import Any

import click

from twat_fs.cli.switches import CONTEXT, common, completed, needs, tries


@click.group("upload-provider", context_settings=CONTEXT)
def upload_provider() -> None:
    """List, show and test providers."""


@upload_provider.command("list")
@click.option("--no-auth", is_flag=True, help="Only those that need no secret.")
@click.option("--min-size", metavar="SIZE", help="Only those that take a file of this size, such as 2GB.")
@needs
@click.option("--online", is_flag=True, help="Try each of them that is ready with a small file, as `status` does.")
@tries
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@common
def list_command(**given: Any) -> int:
    """List all providers."""
    from twat_fs.cli import providers

    return providers.run_list(given)


@upload_provider.command("status")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completed("providers"))
@click.option("--online", is_flag=True, help="Upload a small file, fetch it back, compare, report the times.")
@tries
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@common
def status_command(**given: Any) -> int:
    """Say whether providers are ready to be used; all of them where none is named."""
    from twat_fs.cli import status

    return status.run(given)


@upload_provider.command("show")
@click.argument("name", shell_complete=completed("providers"))
@click.option("--normalised", is_flag=True, help="Print the spec in its long form.")
@common
def show_command(**given: Any) -> int:
    """Show what a provider is, needs and does."""
    from twat_fs.cli import providers

    return providers.show(given)
