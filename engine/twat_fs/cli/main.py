"""How the process ends: statuses, signals, and what is said of a bug."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING

import click

from twat_fs.cli.commands import cli, upload
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
    if sys.stdout is None:
        _say("standard output is closed, so nothing could be printed; nothing was done")
        return 2
    try:
        with watched():
            _prepare_completion()
            command = upload if name == "file2url" else cli
            code = command.main(list(arguments), prog_name=name, standalone_mode=False)
    except Interrupted as end:
        return _interrupted(end)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except click.Abort as error:  # the end of the input, where an answer was to come
        if isinstance(error.__cause__, EOFError):
            return _bug(error.__cause__)  # click takes any for one
        _say("no answer was given, so nothing was done")
        return 2
    except TwatFsError as error:
        return _fail(error)
    except (OSError, MemoryError) as error:
        return _lacking(error)
    except Exception as error:  # a bug of ours: no traceback, but all that a report of it needs
        return _bug(error)
    return code if isinstance(code, int) else 0


def _prepare_completion() -> None:
    """Have our own script's rules where a bash asks."""
    if any(os.environ.get(f"_{name}_COMPLETE", "").startswith("bash") for name in ("TWAT_FS", "FILE2URL")):
        from twat_fs.cli.completing import use_own_bash

        use_own_bash()


def _interrupted(end: Interrupted) -> int:
    from twat_fs.cli.report import Report

    if sys.stderr is not None and sys.stderr.isatty():
        Report().say("")  # ^C, a question or a bar stand there, in a line that has not ended
    Report().say(f"twat-fs: {end}")
    return int(end.code or 0)


def _fail(error: TwatFsError) -> int:
    from twat_fs.cli.report import Report
    from twat_fs.registry import Registry

    Report(Registry.redactor).error(error)
    return error.exit_code


def _lacking(error: OSError | MemoryError) -> int:
    """What is said where the machine, or a limit that it sets, is at its end."""
    if isinstance(error, BrokenPipeError):
        return _unheard()
    if isinstance(error, MemoryError):
        _say("there is not enough memory")
        return 1
    if error.errno in (errno.EMFILE, errno.ENFILE):
        _say(f"too few files may be open at once: {error.strerror}; `ulimit -n 64` allows more")
        return 1
    if error.errno not in (errno.ENOSPC, errno.EBADF, errno.EIO):
        return _bug(error)
    _say(f"standard output cannot be written: {error.strerror}")
    return _unheard()


def _unheard() -> int:
    from twat_fs.cli.report import silence

    silence(sys.stdout)
    return 1


def _bug(error: Exception) -> int:
    import traceback

    from twat_fs._version import __version__

    if os.environ.get("TWAT_FS_DEBUG"):
        _say_trace(error)
    at = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(at.filename)}:{at.lineno}"
    _say(f"this is a bug in twat-fs {__version__}: {type(error).__name__} at {where}")
    _say("  Please report it; TWAT_FS_DEBUG=1 prints the whole trace, which names your files and hosts.")
    return 1


def _say_trace(error: Exception) -> None:
    import traceback

    from twat_fs.cli.report import Report
    from twat_fs.text import REDACTOR

    told = REDACTOR("".join(traceback.format_exception(type(error), error, error.__traceback__)))
    for line in told.splitlines():
        Report().say(line)


def _say(text: str) -> None:
    from twat_fs.cli.report import Report

    Report().say(f"twat-fs: {text}")
