"""The command's way in; a version is answered before anything is imported."""

from __future__ import annotations

import sys

from twat_fs._version import __version__


def run() -> None:
    """The `twat-fs` command."""
    if sys.argv[1:] in (["--version"], ["version"], ["-V"]) and sys.stdout is not None:
        sys.stdout.write(f"twat-fs {__version__}\n")
        return
    from twat_fs.cli.main import main

    sys.exit(main(sys.argv[1:]))


def run_file2url() -> None:
    """The `file2url` command: `twat-fs upload`, for short."""
    from twat_fs.cli.main import main

    sys.exit(main(["upload", *sys.argv[1:]], "file2url"))


if __name__ == "__main__":
    run()
