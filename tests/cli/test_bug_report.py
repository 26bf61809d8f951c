"""A bug is told in a line, or with its whole trace, and in neither stands a secret."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import PLANTED

if TYPE_CHECKING:
    from tests.support import Cli

_BROKEN = """\
import sys
from twat_fs.cli import main
from twat_fs.text import REDACTOR

def broken(*_, **__):
    REDACTOR.add(sys.argv[1])
    raise KeyError(f"Basic \\x1b[31m {sys.argv[1]}")

main.cli.main = broken
sys.exit(main.main([]))
"""


@pytest.mark.parametrize("debug", ["", "1"])
def test_what_is_said_of_a_bug_holds_no_secret(run_cli: Cli, debug: str) -> None:
    command = [sys.executable, "-c", _BROKEN, PLANTED]
    surroundings = run_cli.environment({"TWAT_FS_DEBUG": debug})
    done = subprocess.run(command, env=surroundings, capture_output=True, check=False)
    err = done.stderr
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"this is a bug in twat-fs" in err
    assert PLANTED.encode() not in err
    assert b"\x1b" not in err
    assert (b"KeyError: 'Basic \\x1b[31m <hidden>'" in err) == bool(debug)
    assert (b"Traceback" in err) == bool(debug)


_WARNING = """\
import logging
from twat_fs.upload_providers.core import SimpleProvider

class Mine(SimpleProvider):
    def upload_file_impl(self, file):
        logging.getLogger("library").warning("the host says \\x1b[31mno\\n%s", "\\u202eon")
        return "https://host.example/a"

def get_provider():
    return Mine()
"""


def test_what_a_library_warns_of_moves_no_cursor(run_cli: Cli) -> None:
    path = run_cli.spec("warning", "kind: python\nmodule: warning_module\n")
    (path.parent / "warning_module.py").write_text(_WARNING)
    answer = run_cli.upload(run_cli.file(), "--no-check", provider="warning")
    assert answer.url == "https://host.example/a"
    assert answer.err == "the host says [31mno on\n"
