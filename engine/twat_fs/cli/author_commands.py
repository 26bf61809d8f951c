"""The commands for people who write specs, or use those of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from twat_fs.cli.switches import CONTEXT, ca_file, common, completed, provider_option, tries

if TYPE_CHECKING:
    from collections.abc import Callable


@click.command("validate-spec", short_help="Say what is wrong with specs, and what they may do.")
@click.argument("specs", nargs=-1, metavar="[PATH|NAME|-]...", shell_complete=completed("specs"))
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How to print what is found.",
)
@common
def validate_spec(**given: Any) -> int:
    """Say what is wrong with provider specs, and what each may do.

    Without an argument, every spec that would be found is checked.
    """
    from twat_fs.cli import validating

    return validating.run(given)


@click.command("test-spec", short_help="Play the examples of specs over real sockets.")
@click.argument("specs", nargs=-1, metavar="[PATH|NAME|-]...", shell_complete=completed("specs"))
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print it."
)
@click.option("--serve", is_flag=True, help="Stay there as a fake of the host, for one spec.")
@click.option("--example", metavar="TITLE", help="With --serve: answer as this example says, not as the first success.")
@click.option("--port", type=click.IntRange(1, 65535), metavar="PORT", help="With --serve: listen at this port.")
@common
def test_spec_command(**given: Any) -> int:
    """Play the examples of specs over real sockets on this machine.

    Without an argument, the examples of every spec that would be found are played.
    """
    from twat_fs.cli import testing_specs

    return testing_specs.run(given)


@click.command("record", short_help="Upload FILE, and keep the exchange for tests.")
@click.argument("name", shell_complete=completed("providers"))
@click.argument("file", type=click.Path(readable=False))
@click.option("--out", metavar="PATH", type=click.Path(readable=False), help="The cassette; NAME.yaml unless said.")
@click.option("--force", is_flag=True, help="Overwrite it.")
@click.option("--software", metavar="TEXT", help="The server's name and version, where it is one of your own.")
@provider_option
@ca_file
@common
def record_command(**given: Any) -> int:
    """Upload FILE for real, and write down what was exchanged, without secrets, for tests to replay."""
    from twat_fs.cli import recording

    return recording.run(given)


@click.command("new-spec", short_help="Write a spec from what you have of a host.")
@click.argument("files", nargs=-1, metavar="[SXCU]...", type=click.Path(readable=False))
@click.option("--from-curl", "curl", metavar="TEXT", help="Make it of a curl line; - reads that from standard input.")
@click.option(
    "--from-sxcu",
    "sxcu",
    multiple=True,
    metavar="FILE...",
    type=click.Path(readable=False),
    help="Make it of a custom uploader of ShareX, or each of several.",
)
@click.option(
    "--from-har", "har", metavar="FILE", type=click.Path(readable=False), help="Make it of a browser's recording."
)
@click.option("--reply", metavar="TEXT|FILE", help="What the host answers: the link in it is the result.")
@click.option(
    "--learn", metavar="FILE", type=click.Path(readable=False), help="Upload this once, and find the link in the reply."
)
@click.option("--name", metavar="NAME", help="The provider's name, instead of one made of the host's.")
@click.option("--title", metavar="TEXT", help="The provider's title.")
@click.option("--out", metavar="FOLDER", type=click.Path(readable=False), help="Write NAME.yaml there.")
@click.option("--force", is_flag=True, help="Overwrite it.")
@ca_file
@common
def new_spec_command(files: tuple[str, ...], sxcu: tuple[str, ...], **given: Any) -> int:
    """Write a spec from what you have of a host; without anything, ask for it."""
    from twat_fs.cli import new_spec

    if files and not sxcu:
        raise click.UsageError("name files after --from-sxcu")
    return new_spec.run({**given, "sxcu": (*sxcu, *files)})


@click.command("new-provider", short_help="Write a provider in Python.")
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


@click.command("check-hosts", short_help="Try hosts, and say what changed in their specs.")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completed("providers"))
@click.option("--all", "every", is_flag=True, help="Also those that are known to be closed.")
@click.option("--write", is_flag=True, help="Change the specs instead of printing what is to be changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@tries
@ca_file
@common
def check_hosts_command(**given: Any) -> int:
    """Try hosts, and print what their specs are to say of them now, as a patch.

    Without a name, every host that is set up is tried.
    """
    from twat_fs.cli import check_hosts

    return check_hosts.run(given)


@click.group("spec", context_settings=CONTEXT, short_help="Add specs of others, and look after them.")
def spec_group() -> None:
    """Add specs of others, see what changed in them, take them away."""


def _asks(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option of every command that asks."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(function)


@spec_group.command("add")
@click.argument("paths", nargs=-1, required=True, metavar="FILE|FOLDER|-...", type=click.Path(readable=False))
@_asks
@common
def add_command(**given: Any) -> int:
    """Show what specs may do, ask, and copy them into your folder."""
    from twat_fs.cli import adding

    return adding.add(given)


@spec_group.command("review")
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=completed("own_specs"))
@_asks
@common
def review_command(**given: Any) -> int:
    """Show what is different in specs that changed since you added them, and ask whether they may run.

    Without a name, every spec that was added is looked at.
    """
    from twat_fs.cli import adding

    return adding.review(given)


@spec_group.command("remove")
@click.argument("names", nargs=-1, required=True, metavar="NAME...", shell_complete=completed("own_specs"))
@common
def remove_command(**given: Any) -> int:
    """Take specs out of your folder."""
    from twat_fs.cli import adding

    return adding.remove(given)


@spec_group.command("export")
@click.argument("name", shell_complete=completed("providers"))
@click.option(
    "--to",
    "form",
    required=True,
    type=click.Choice(["curl", "httpie", "sxcu", "hurl"]),
    help="The program: curl, HTTPie, ShareX or Hurl.",
)
@click.option("--with", "wanted", multiple=True, metavar="SECRET", help="Put an optional secret in, by its name.")
@provider_option
@common
def export_command(**given: Any) -> int:
    """Write what a spec sends in the words of another program; secrets stand as variables."""
    from twat_fs.cli import exporting

    return exporting.run(given)


@click.command("schema")
def schema_command() -> int:
    """Print the JSON Schema of specs, for editors."""
    from twat_fs.cli import validating

    return validating.schema()
