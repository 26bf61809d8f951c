"""Shell completion: by a real bash, and for zsh and fish by what their scripts ask."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import form

if TYPE_CHECKING:
    from tests.support import Cli

OPTIONS = """\
options:
  size: {choices: [small, large], help: How large.}
  keep: {type: boolean}
"""
#: What a bash does when the tabulator is pressed, without a terminal: it calls the function, and shows COMPREPLY.
TAB = """
compopt() { :; }
eval "$("$PYTHON" -m twat_fs completion bash)"
COMP_LINE="$LINE" COMP_POINT=${#LINE}
_twat_fs_completion twat-fs
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def tabbed(run_cli: Cli) -> Tabbed:
    run_cli.spec("mine", form("https://h.example", more=OPTIONS))
    command = run_cli.home / "bin" / "twat-fs"
    command.parent.mkdir()
    command.write_text('#!/bin/sh\nexec "$PYTHON" -m twat_fs "$@"\n')
    command.chmod(0o755)
    return Tabbed(run_cli)


class Tabbed:
    def __init__(self, run_cli: Cli) -> None:
        self._run = run_cli

    def __call__(self, line: str) -> list[str]:
        """What a bash offers at the end of a line."""
        path = f"{self._run.home / 'bin'}:/usr/bin:/bin"
        answer = self._run.run(["bash", "-c", TAB], env={"LINE": line, "PATH": path})
        assert (answer.code, answer.err) == (0, "")
        return answer.out.split()


bash = pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")


@bash
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("twat-fs upl", ["upload", "upload-provider"]),
        ("twat-fs upload --provider min", ["mine"]),
        ("twat-fs upload -p catbox,min", ["catbox,mine"]),
        ("twat-fs upload a.txt -p mine -o ", ["size=", "keep="]),
        ("twat-fs upload a.txt -p mine -o size=", ["small", "large"]),
        ("twat-fs upload a.txt -p mine -o size=l", ["large"]),
        ("twat-fs upload a.txt -p mine -o keep=", ["true", "false"]),
        ("twat-fs upload-provider show lit", ["litterbox"]),
        ("twat-fs upload --check ", ["size", "hash", "none"]),
        ("twat-fs upload -p nosuch -o ", []),
    ],
)
def test_a_bash_completes(tabbed: Tabbed, line: str, offered: list[str]) -> None:
    assert tabbed(line) == offered


def test_a_spec_that_is_not_valid_keeps_nothing_from_being_completed(run_cli: Cli, tabbed: Tabbed) -> None:
    run_cli.spec("broken", "nope: 1\n")
    answer = run_cli(
        env={"_TWAT_FS_COMPLETE": "bash_complete", "COMP_WORDS": "twat-fs upload -o size=", "COMP_CWORD": "0"}
    )
    assert answer.out.splitlines() == ["plain,size=small", "plain,size=large"]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_ask_and_are_told(run_cli: Cli, tabbed: Tabbed, shell: str) -> None:
    words = {"COMP_WORDS": "twat-fs upload -p mine -o size=", "COMP_CWORD": "5" if shell == "zsh" else "size="}
    answer = run_cli(env={"_TWAT_FS_COMPLETE": f"{shell}_complete", **words})
    assert "size=small" in answer.out
    assert "size=large" in answer.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_put_where_the_shell_looks(run_cli: Cli, shell: str) -> None:
    answer = run_cli("completion", shell, "--install")
    path = answer.out.partition(":")[0]
    assert path.startswith(str(run_cli.home))
    assert Path(path).read_text() + "\n" == run_cli("completion", shell).out


def test_an_unknown_shell_is_wrong_usage(run_cli: Cli) -> None:
    assert run_cli("completion", "tcsh").code == 2
