"""How the process ends: statuses, signals, and what is said of a bug."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import click

from twat_fs.cli.commands import cli
from twat_fs.errors import TwatFsError

if TYPE_CHECKING:
    from collections.abc import Sequence

#: 128 and the signal's number, as shells count.
_INTERRUPTED = 130
_TERMINATED = 143
_TEMPORARY = 5


class _Ended(BaseException):
    """A signal came that ends the process; has what is said of it, and the status."""

    def __init__(self, words: str, status: int) -> None:
        super().__init__(words)
        self.words = words
        self.status = status


def main(arguments: Sequence[str], name: str = "twat-fs") -> int:
    """Run the command line.

    Args:
        arguments: What stands after the command's name.
        name: The command's name, for messages.

    Returns:
        The exit status; see `docs/cli.md`.
    """
    signal.signal(signal.SIGTERM, _on_sigterm)
    signal.signal(signal.SIGALRM, _on_alarm)
    _prepare_completion()
    try:
        code = cli.main(list(arguments), prog_name=name, standalone_mode=False)
    except click.exceptions.Exit as end:
        return end.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        _say("interrupted; what was being sent may have been stored")
        return _INTERRUPTED
    except _Ended as end:
        _say(f"{end.words}; what was being sent may have been stored")
        return end.status
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


def _on_alarm(_number: int, _frame: Any) -> None:
    raise _Ended("the time of --max-time is over", _TEMPORARY)


def _on_sigterm(_number: int, _frame: Any) -> None:
    raise _Ended("terminated", _TERMINATED)
