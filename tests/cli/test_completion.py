"""Shell completion: by a real bash, zsh and fish, and by what their scripts ask."""

from __future__ import annotations

import re
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
#: What a shell does when the tabulator is pressed, without a terminal: it calls the function of the script, which fills
#: COMPREPLY in a bash, and calls a builtin of the line editor in a zsh; a fish tells it when it is asked.
TAB = {
    "bash": """
compopt() { :; }
eval "$("$PYTHON" -m twat_fs completion bash)"
COMP_LINE="$LINE" COMP_POINT=${#LINE}
command=${LINE%% *}
"_${command//-/_}_completion" "$command"
printf '%s\\n' "${COMPREPLY[@]}"
""",
    "zsh": """
compdef() { :; }
compadd() { print -rl -- "${(@P)@[-1]}"; }
_describe() { print -rl -- "${(@)${(@P)3}%%:*}"; }
eval "$("$PYTHON" -m twat_fs completion zsh)"
words=("${(@z)LINE}")
[[ "$LINE" == *" " ]] && words+=("")
CURRENT=$#words
command=${LINE%% *}
"_${command//-/_}_completion"
""",
    "fish": """
"$PYTHON" -m twat_fs completion fish | source
complete -C "$LINE" | string split -f 1 \\t; or true
""",
}


@pytest.fixture
def tabbed(run_cli: Cli) -> Tabbed:
    run_cli.spec("mine", form("https://h.example", more=OPTIONS))
    folder = run_cli.home / "bin"
    folder.mkdir()
    for name, run in (("twat-fs", "run"), ("file2url", "run_file2url")):
        script = f'#!/bin/sh\nexec "$PYTHON" -c "from twat_fs.__main__ import {run}; {run}()" "$@"\n'
        (folder / name).write_text(script)
        (folder / name).chmod(0o755)
    return Tabbed(run_cli)


class Tabbed:
    def __init__(self, run_cli: Cli) -> None:
        self._run = run_cli

    def __call__(self, shell: str, line: str) -> list[str]:
        """What a shell offers at the end of a line."""
        path = f"{self._run.home / 'bin'}:/usr/bin:/bin"
        words = [shell, *(["-f"] if shell == "zsh" else ["--no-config"] if shell == "fish" else []), "-c", TAB[shell]]
        answer = self._run.run(words, env={"LINE": line, "PATH": path})
        assert (answer.code, answer.err) == (0, ""), answer
        return answer.out.split()


SHELLS = [
    pytest.param(shell, marks=pytest.mark.skipif(not shutil.which(shell), reason=f"there is no {shell}"))
    for shell in TAB
]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("twat-fs upl", ["upload", "upload-provider"]),
        ("twat-fs upload -p catbox,min", ["catbox,mine"]),
        ("twat-fs upload a.txt -p mine -o ", ["size=", "keep="]),
        ("twat-fs upload -p nosuch -o ", []),
        ("file2url a.txt -p mine -o ", ["size=", "keep="]),
        ("file2url --not", ["--notify"]),
    ],
)
def test_a_shell_completes(tabbed: Tabbed, shell: str, line: str, offered: list[str]) -> None:
    assert sorted(tabbed(shell, line)) == sorted(offered)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_value_is_completed_as_the_shell_sees_words(tabbed: Tabbed, shell: str) -> None:
    # To a bash, what follows the `=` is a word of its own.
    offered = ["small", "large"] if shell == "bash" else ["size=small", "size=large"]
    assert sorted(tabbed(shell, "twat-fs upload a.txt -p mine -o size=")) == sorted(offered)


@pytest.mark.parametrize("shell", SHELLS[:1])
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("twat-fs upload a.txt -p mine -o size=l", ["large"]),
        ("twat-fs upload a.txt -p mine -o keep=", ["true", "false"]),
        ("twat-fs upload-provider show lit", ["litterbox"]),
        ("twat-fs upload --check ", ["size", "hash", "none"]),
        ("twat-fs upload --format m", ["markdown"]),
    ],
)
def test_what_the_specs_and_the_command_know_is_completed(
    tabbed: Tabbed, shell: str, line: str, offered: list[str]
) -> None:
    assert tabbed(shell, line) == offered


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
def test_the_scripts_are_put_where_the_shell_looks(run_cli: Cli, shell: str) -> None:
    *paths, left = run_cli("completion", shell, "--install").out.splitlines()
    assert all(path.startswith(str(run_cli.home)) for path in paths)
    assert [re.sub("^_|[.]fish$", "", Path(path).name) for path in paths] == ["twat-fs", "file2url"]
    assert "".join(Path(path).read_text() + "\n" for path in paths) == run_cli("completion", shell).out
    assert ("fpath+=" in left) is (shell == "zsh")


def test_a_shell_that_is_not_named_is_that_of_the_login(run_cli: Cli) -> None:
    assert run_cli("completion", env={"SHELL": "/usr/bin/fish"}).out == run_cli("completion", "fish").out
    answer = run_cli("completion", "--install", env={"SHELL": "/bin/tcsh"})
    assert (answer.code, answer.err) == (
        2,
        "twat-fs: no shell is named, and SHELL is `tcsh`\n  Name one of bash, zsh, fish.\n",
    )


def test_an_unknown_shell_is_wrong_usage(run_cli: Cli) -> None:
    assert run_cli("completion", "tcsh").code == 2
