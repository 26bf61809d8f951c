"""The commands for what was uploaded before."""

from __future__ import annotations

from typing import Any

import click

from twat_fs.cli.switches import ca_file, common, completed


@click.command("history")
@click.option("-p", "--provider", metavar="NAME", help="Only this provider's.", shell_complete=completed("providers"))
@click.option("--name", metavar="PATTERN", help="Only files named so: '*.png'.")
@click.option("--since", metavar="WHEN", help="Only from then on: 7d for seven days ago, or 2026-01-31.")
@click.option("--until", metavar="WHEN", help="Only before then.")
@click.option("--live", is_flag=True, help="Only what should be there.")
@click.option("--expired", is_flag=True, help="Only what its host has let go of by now.")
@click.option("--deleted", is_flag=True, help="Only what was deleted.")
@click.option("--pending", is_flag=True, help="Only what was sent and never answered for; it may exist.")
@click.option(
    "--limit",
    type=click.IntRange(0, 10**9),
    default=50,
    show_default=True,
    metavar="N",
    help="The newest N of them; 0 for all.",
)
@click.option("--forget", is_flag=True, help="Drop the receipts that are listed; what they are about stays.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@common
def history_command(**given: Any) -> int:
    """List what was uploaded, the newest first."""
    from twat_fs.cli import history

    return history.run(given)


@click.command("delete", short_help="Have hosts remove what was uploaded.")
@click.argument("which", nargs=-1, required=True, metavar="URL|ID...")
@click.option("--dry-run", is_flag=True, help="Print the requests as curl commands; send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@ca_file
@common
def delete_command(**given: Any) -> int:
    """Have hosts remove what was uploaded: by its URL, or by the number that `history` shows."""
    from twat_fs.cli import deleting

    return deleting.run(given)


@click.command("verify", short_help="Compare what is there with what was uploaded.")
@click.argument("which", nargs=-1, metavar="[URL|ID]...")
@click.option("--all", "every", is_flag=True, help="All that should be there, by the history.")
@click.option(
    "--check",
    type=click.Choice(["hash", "size"]),
    default="hash",
    show_default=True,
    help="What to compare: all bytes, or how many they are.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 64),
    default=4,
    show_default=True,
    metavar="N",
    help="Look at so many at the same time.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@ca_file
@common
def verify_command(**given: Any) -> int:
    """Fetch back what was uploaded, and compare it with what was sent."""
    from twat_fs.cli import verifying

    return verifying.run(given)
