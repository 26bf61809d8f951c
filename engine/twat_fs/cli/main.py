"""How the process ends: statuses, signals, and what is said of a bug."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import click

from twat_fs.cli.commands import cli
from twat_fs.cli.signals import watched
from twat_fs.errors import TwatFsError
from twat_fs.interruption import Interrupted

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str], name: str = "twat-fs") -> int:
    """Run the command line.

    Args:
        arguments: What stands after the command's name.
        name: The command's name, for messages.

    Returns:
        The exit status; see `docs/cli.md`.
    """
    try:
        with watched():
            _prepare_completion()
            return _run(arguments, name)
    except Interrupted as end:
        return _interrupted(end)


def _run(arguments: Sequence[str], name: str) -> int:
    try:
        code = cli.main(list(arguments), prog_name=name, standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort:  # the end of the input, where an answer was to come
        _say("no answer was given, so nothing was done")
        return 2
    except TwatFsError as error:
        return _fail(error)
    except BrokenPipeError:
        return _unheard()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EBADF, errno.EIO):
            return _bug(error)
        _say(f"standard output cannot be written: {error.strerror}")
        return _unheard()
    except Exception as error:  # a bug of ours: no traceback, but all that a report of it needs
        return _bug(error)
    return code if isinstance(code, int) else 0


def _prepare_completion() -> None:
    """Have our own script's rules where a bash asks."""
    if os.environ.get("_TWAT_FS_COMPLETE", "").startswith("bash"):
        from twat_fs.cli.completing import use_own_bash

        use_own_bash()


def _interrupted(end: Interrupted) -> int:
    from twat_fs.cli.report import Report

    if sys.stderr is not None and sys.stderr.isatty():
        click.echo(err=True)  # ^C, a question or a bar stand there, in a line that has not ended
    Report().say(f"twat-fs: {end}")
    return int(end.code or 0)


def _fail(error: TwatFsError) -> int:
    from twat_fs.cli.report import Report
    from twat_fs.registry import Registry

    Report(Registry.redactor).error(error)
    return error.exit_code


def _unheard() -> int:
    from twat_fs.cli.report import silence

    silence(sys.stdout)
    return 1


def _bug(error: Exception) -> int:
    import traceback

    from twat_fs._version import __version__

    if os.environ.get("TWAT_FS_DEBUG"):
        raise error
    at = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(at.filename)}:{at.lineno}"
    _say(f"this is a bug in twat-fs {__version__}: {type(error).__name__} at {where}")
    _say("  Please report it; TWAT_FS_DEBUG=1 prints the whole trace, which may hold private data.")
    return 1


def _say(text: str) -> None:
    if sys.stderr is not None:
        click.echo(f"twat-fs: {text}", err=True)
