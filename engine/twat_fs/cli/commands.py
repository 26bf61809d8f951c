"""The commands and their options; what each does is imported when it runs."""

from __future__ import annotations

from typing import Any

import click

from twat_fs.cli.helping import Sections
from twat_fs.cli.on_demand import OnDemand
from twat_fs.cli.switches import CONTEXT, SECONDS, ca_file, common, completed, needs, provider_option

_OTHERS = {
    "upload-provider": "twat_fs.cli.provider_commands:upload_provider",
    "provider": "twat_fs.cli.provider_commands:upload_provider",
    "history": "twat_fs.cli.receipt_commands:history_command",
    "delete": "twat_fs.cli.receipt_commands:delete_command",
    "verify": "twat_fs.cli.receipt_commands:verify_command",
    "config": "twat_fs.cli.config_commands:config_group",
    "login": "twat_fs.cli.config_commands:login_command",
    "logout": "twat_fs.cli.config_commands:logout_command",
    "validate-spec": "twat_fs.cli.author_commands:validate_spec",
    "test-spec": "twat_fs.cli.author_commands:test_spec_command",
    "record": "twat_fs.cli.author_commands:record_command",
    "new-spec": "twat_fs.cli.author_commands:new_spec_command",
    "new-provider": "twat_fs.cli.author_commands:new_provider_command",
    "check-hosts": "twat_fs.cli.author_commands:check_hosts_command",
    "spec": "twat_fs.cli.author_commands:spec_group",
    "schema": "twat_fs.cli.author_commands:schema_command",
}


@click.group(cls=OnDemand, places=_OTHERS, context_settings=CONTEXT, invoke_without_command=True)
@click.option("--version", is_flag=True, help="Print the version and stop.")
@click.pass_context
def cli(context: click.Context, version: bool) -> None:
    """Take a file, put it on a host, print its URL."""
    if version:
        print_version()
    elif context.invoked_subcommand is None:
        click.echo(context.get_help())


@cli.command("version")
def version_command() -> None:
    """Print the version."""
    print_version()


def print_version() -> None:
    """Print the version on standard output."""
    from twat_fs._version import __version__

    click.echo(f"twat-fs {__version__}")


_SECTIONS = {
    "What is uploaded": ("recursive", "archive", "from_file", "null", "name", "raw_name"),
    "Where to": ("provider", "option", "remote_path", "unique", "force", "fragile"),
    "What the host must be able to do": ("expires", "private", "password", "deletable", "direct"),
    "How": ("jobs", "check", "no_check", "dry_run", "skip_existing", "history", "timeout", "max_time", "ca_file"),
    "What is printed": ("line", "as_json", "explain", "progress", "quiet", "verbose"),
    "What is done with the URL": ("qr", "copy", "open", "notify"),
}


@cli.command(cls=Sections, sections=_SECTIONS, context_settings=CONTEXT)
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(readable=False))
@click.option("-r", "--recursive", is_flag=True, help="Upload the files in folders, and in the folders below.")
@click.option("--zip", "archive", flag_value="zip", help="Upload each folder as one archive, NAME.zip.")
@click.option("--tar", "archive", flag_value="tar", help="Upload each folder as one archive, NAME.tar.gz.")
@click.option(
    "--from-file",
    metavar="LIST",
    type=click.Path(readable=False),
    help="Upload what LIST names too, a path a line; - is standard input.",
)
@click.option("-0", "--null", is_flag=True, help="In LIST a NUL stands after each path, as `find -print0` writes it.")
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="Upload so many files at the same time.",
)
@click.option(
    "-p",
    "--provider",
    multiple=True,
    metavar="NAME",
    help="Use this provider; a,b,c or several are tried in turn.",
    shell_complete=completed("providers"),
)
@provider_option
@click.option("--name", metavar="NAME", help="The file's name, instead of its own; what comes from a pipe needs one.")
@click.option("--raw-name", is_flag=True, help="Send the name as the system has it, not in Unicode's form NFC.")
@click.option("--remote-path", metavar="PATH", help="The wanted path at the host; a trailing / means a folder.")
@click.option("--unique/--no-unique", default=False, help="Put a random part into the name.")
@click.option("--force", is_flag=True, help="Overwrite, where the provider can.")
@click.option("--fragile/--no-fragile", default=False, help="Stop at the first provider that fails.")
@click.option(
    "--check",
    type=click.Choice(["size", "hash", "none"]),
    default="size",
    show_default=True,
    help="How to compare the URL with the file afterwards.",
)
@click.option("--no-check", is_flag=True, help="The same as --check none.")
@click.option("--dry-run", is_flag=True, help="Print the requests as curl commands; send nothing.")
@click.option(
    "--skip-existing/--no-skip-existing",
    default=False,
    help="Where the history has the same bytes, and they are still there, give that URL.",
)
@click.option("--history/--no-history", default=None, help="Keep a receipt of it, or none.")
@click.option(
    "--format",
    "line",
    metavar="FORMAT",
    help="Print each upload as url, markdown, html, bbcode or json, or as a template such as '{{ name }}: {{ url }}'.",
    shell_complete=completed("formats"),
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json: one JSON object instead of the URL.")
@click.option("--qr/--no-qr", default=False, help="Draw each URL as a code that a telephone reads off the terminal.")
@click.option("--copy/--no-copy", default=False, help="Put what is printed into the clipboard.")
@click.option("--open/--no-open", default=False, help="Show each upload in the browser.")
@click.option("--notify/--no-notify", default=False, help="Ring, and show a notification, when long work has ended.")
@click.option("--progress/--no-progress", default=True, help="Show at a terminal how far it is, or not.")
@click.option("--explain/--no-explain", default=False, help="Say what was tried, in order, and the next step for each.")
@click.option(
    "--timeout",
    type=SECONDS,
    metavar="SECONDS",
    help="Fail after so long without progress.",
)
@click.option(
    "--max-time",
    type=SECONDS,
    metavar="SECONDS",
    help="Fail after so long in all, whatever was tried.",
)
@needs
@ca_file
@common
def upload(**given: Any) -> int:
    """Upload each FILE and print its URL.

    - is standard input; an address, such as https://host/file or s3://bucket/key, is read from there.
    """
    from twat_fs.cli import uploading

    return uploading.run(given)


@cli.command("completion", short_help="Have your shell complete names, options and values.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), required=False)
@click.option("--install", is_flag=True, help="Write it to where the shell looks for it.")
def completion_command(shell: str | None, install: bool) -> None:
    """Print what a shell needs to complete names of providers, of options and of their values.

    It is for twat-fs and for file2url. Without SHELL it is for the one that you log in with.
    """
    from twat_fs.cli import completing

    shell = shell or completing.own_shell()
    if install:
        paths, left = completing.install(shell)
        click.echo("\n".join([*paths, left]))
    else:
        click.echo("\n".join(completing.script(shell, name) for name in completing.COMMANDS))
