"""What a command runs with: its switches, else the environment, else the config file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.config.keys import KEYS
from twat_fs.config.resolve import Config
from twat_fs.environment import settings
from twat_fs.errors import TwatFsError

if TYPE_CHECKING:
    import click

    from twat_fs.environment import Settings

#: The keys that are a matter of one command, by its switches of the same names.
_HOW = ("jobs", "check", "unique", "fragile", "max_time", "skip_existing")
_SWITCHES = {"upload": (*_HOW, "copy", "open", "qr", "notify", "explain", "progress")}


def configure(context: click.Context, profile: str | None) -> Config | None:
    """Read the config file, and have its keys as what holds where no switch says otherwise.

    Args:
        context: The command's; its other switches are not read yet.
        profile: What `--profile` says.

    Raises:
        UsageError: The file is not valid, or a variable's value is not; a shell that completes is not told.
        TrustError: Others can write the file.
    """
    try:
        config = Config(settings(), profile)
        found = [config.setting(KEYS[name]) for name in _SWITCHES.get(context.command.name or "", ())]
        context.default_map = {item.key: item.value for item in found if item.origin != "default"}
    except TwatFsError:
        if context.resilient_parsing:
            return None
        raise
    return config


def settings_of(given: dict[str, Any], **more: Any) -> Settings:
    """The settings of a command.

    Args:
        given: Its switches.
        **more: What else `environment.settings` takes.

    Raises:
        UsageError: A folder is not there, or a variable's value is none.
    """
    config: Config | None = given.get("config")
    return settings(
        providers_d=given.get("providers_d", ()),
        ca_file=given.get("ca_file"),
        configured=config.configured() if config else None,
        **more,
    )
