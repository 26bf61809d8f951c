"""The commands and their options; what each does is imported when it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

_CONTEXT: dict[str, Any] = {
    "token_normalize_func": lambda token: token.replace("_", "-"),
    "help_option_names": ["-h", "--help"],
    "max_content_width": 100,
}


@click.group(context_settings=_CONTEXT, invoke_without_command=True)
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


def _completed(what: str) -> Any:
    """A completion that is loaded when a shell asks for it."""

    def complete(context: click.Context, parameter: click.Parameter, incomplete: str) -> Any:
        from twat_fs.cli import completing

        return getattr(completing, what)(context, parameter, incomplete)

    return complete


def _common(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that every command has."""
    for decorate in (
        click.option(
            "--providers-d",
            multiple=True,
            metavar="DIR",
            type=click.Path(file_okay=False),
            help="A further folder of specs; may be repeated.",
        ),
        click.option("-v", "--verbose", count=True, help="Say more; twice for everything."),
        click.option("-q", "--quiet", is_flag=True, help="Say nothing but results and errors."),
    ):
        function = decorate(function)
    return function


@cli.command()
@click.argument("file", type=click.Path())
@click.option(
    "-p",
    "--provider",
    multiple=True,
    metavar="NAME",
    help="Use this provider; a,b,c or several are tried in turn.",
    shell_complete=_completed("providers"),
)
@click.option(
    "-o",
    "--option",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the provider; may be repeated.",
    shell_complete=_completed("options"),
)
@click.option("--remote-path", metavar="PATH", help="The wanted path at the host; a trailing / means a folder.")
@click.option("--unique", is_flag=True, help="Put a random part into the name.")
@click.option("--force", is_flag=True, help="Overwrite, where the provider can.")
@click.option("--fragile", is_flag=True, help="Stop at the first provider that fails.")
@click.option(
    "--check",
    type=click.Choice(["size", "hash", "none"]),
    default="size",
    show_default=True,
    help="How to compare the URL with the file afterwards.",
)
@click.option("--no-check", is_flag=True, help="The same as --check none.")
@click.option("--dry-run", is_flag=True, help="Print the requests as curl commands; send nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the URL.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, 1e6, min_open=True),
    metavar="SECONDS",
    help="Fail after so long without progress.",
)
@click.option(
    "--ca-file",
    metavar="PATH",
    type=click.Path(),
    help="Trust these certificate authorities instead of the usual ones.",
)
@_common
def upload(**given: Any) -> int:
    """Upload FILE and print its URL."""
    from twat_fs.cli import uploading

    return uploading.run(given)


@cli.command("validate-spec")
@click.argument("specs", nargs=-1, metavar="[PATH|NAME|-]...", shell_complete=_completed("specs"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How to print what is found.",
)
@_common
def validate_spec(**given: Any) -> int:
    """Say what is wrong with provider specs, and what each may do.

    Without an argument, every spec that would be found is checked.
    """
    from twat_fs.cli import validating

    return validating.run(given)


@cli.command("test-spec")
@click.argument("specs", nargs=-1, metavar="[PATH|NAME|-]...", shell_complete=_completed("specs"))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print it."
)
@click.option("--serve", is_flag=True, help="Stay there as a fake of the host, for one spec.")
@click.option("--example", metavar="TITLE", help="With --serve: answer as this example says, not as the first success.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="With --serve: listen at this port.")
@_common
def test_spec_command(**given: Any) -> int:
    """Play the examples of specs over real sockets on this machine.

    Without an argument, the examples of every spec that would be found are played.
    """
    from twat_fs.cli import testing_specs

    return testing_specs.run(given)


@cli.command("new-provider")
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["simple", "authenticated", "async"]),
    default="simple",
    show_default=True,
    help="What to begin with: without a key, with one, or on aiohttp.",
)
@click.option("--out", metavar="FOLDER", default=".", show_default=True, help="The folder to write into.")
def new_provider_command(**given: Any) -> int:
    """Write a provider in Python: a module, its card and a test, which pass as they are."""
    from twat_fs.cli import new_provider

    return new_provider.run(given)


@cli.group("spec", context_settings=_CONTEXT)
def spec_group() -> None:
    """Add specs of others, see what changed in them, take them away."""


def _asks(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option of every command that asks."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)


@spec_group.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER|-...", type=click.Path())
@_asks
@_common
def add_command(**given: Any) -> int:
    """Show what specs may do, ask, and copy them into your folder."""
    from twat_fs.cli import adding

    return adding.add(given)


@spec_group.command("review")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=_completed("own_specs"))
@_asks
@_common
def review_command(**given: Any) -> int:
    """Show what is different in specs that changed since you added them, and ask whether they may run.

    Without a name, every spec that was added is looked at.
    """
    from twat_fs.cli import adding

    return adding.review(given)


@spec_group.command("remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=_completed("own_specs"))
@_common
def remove_command(**given: Any) -> int:
    """Take specs out of your folder."""
    from twat_fs.cli import adding

    return adding.remove(given)


@cli.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.option("--install", is_flag=True, help="Write it where the shell looks for it.")
def completion_command(shell: str, install: bool) -> None:
    """Print what a shell needs to complete names of providers, of options and of their values."""
    from twat_fs.cli import completing

    if install:
        path, left = completing.install(shell, cli)
        click.echo(f"{path}: {left}")
    else:
        click.echo(completing.script(shell, cli))


@cli.command("schema")
def schema_command() -> int:
    """Print the JSON Schema of specs, for editors."""
    from twat_fs.cli import validating

    return validating.schema()


@cli.group("upload-provider", context_settings=_CONTEXT)
def upload_provider() -> None:
    """List, show and test providers."""


cli.add_command(upload_provider, "provider")


@upload_provider.command("list")
@click.option("--online", is_flag=True, help="Try each configured provider with a small file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@_common
def list_command(**given: Any) -> int:
    """List all providers."""
    from twat_fs.cli import providers

    return providers.listing(given)


@upload_provider.command("status")
@click.argument("name", required=False, shell_complete=_completed("providers"))
@click.option("--online", is_flag=True, help="Upload a small file, fetch it back, compare, report the times.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@_common
def status_command(**given: Any) -> int:
    """Say whether a provider, or each, is ready to be used."""
    from twat_fs.cli import providers

    return providers.status(given)


@upload_provider.command("show")
@click.argument("name", shell_complete=_completed("providers"))
@click.option("--normalised", is_flag=True, help="Print the spec in its long form.")
@_common
def show_command(**given: Any) -> int:
    """Show what a provider is, needs and does."""
    from twat_fs.cli import providers

    return providers.show(given)
