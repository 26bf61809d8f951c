"""The command's way in; a version is answered before anything is imported."""

from __future__ import annotations

import sys

from twat_fs._version import __version__

TYPE_CHECKING = False  # `typing` itself is not needed to tell a version
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> None:
    """The `twat-fs` command."""
    _run("twat-fs", ["--version"], ["-V"], ["version"])


def run_file2url() -> None:
    """The `file2url` command: `twat-fs upload`, for short."""
    _run("file2url", ["--version"], ["-V"])


def run_plugin() -> None:
    """The `twat fs` command, of the plugin host `twat`."""
    _run("twat fs", ["--version"], ["-V"], ["version"])


def _run(name: str, *for_version: list[str]) -> None:
    if sys.argv[1:] not in for_version or sys.stdout is None:
        _start(sys.argv[1:], name)
    try:
        sys.stdout.write(f"twat-fs {__version__}\n")
        sys.stdout.flush()
    except OSError as error:
        import os

        if not isinstance(error, BrokenPipeError) and sys.stderr is not None:
            os.write(2, f"twat-fs: standard output cannot be written: {error.strerror}\n".encode())
        os._exit(1)  # not even the interpreter's own flush is to say more


def _start(arguments: list[str], name: str) -> NoReturn:
    import gc
    import os
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # Until `main` watches for signals: there is nothing to clean up, and a traceback would tell nobody anything.
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    # Loading modules makes many objects and no garbage: looking for some takes 6 % of a small upload.
    gc.set_threshold(100_000, 50, 50)
    from twat_fs.cli.main import main

    _end(main(arguments, name))


def _end(code: int) -> NoReturn:
    """Leave at once: all is written and closed, and taking the interpreter apart takes a fifth of a small upload."""
    import os

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):  # closed, or nobody reads it: said before, where it mattered
            continue
    os._exit(code)


if __name__ == "__main__":
    run()
