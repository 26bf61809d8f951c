"""The lines of docs/surroundings.md do what it says, with a stand-in for what needs a screen or a network."""

from __future__ import annotations

import re
import shlex
import stat
import sys
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest
import yaml

from tests.support import ROOT, form
from twat_fs.testing.fake_host import FakeHost, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Answer, Cli

PAGE = (ROOT / "docs" / "surroundings.md").read_text(encoding="utf-8")
PICTURE = b"\x89PNG\r\n\x1a\n and so on"
#: What stands in for a program: one that writes a picture to standard output, or into the file that it is told last.
_WRITES = "printf '" + "".join(f"\\{byte:03o}" for byte in PICTURE) + "'"
_STAND_INS = {
    "flameshot": _WRITES,
    "maim": _WRITES,
    "grim": _WRITES,
    "slurp": "echo '0,0 10x10'",
    "spectacle": f'for file; do :; done; {_WRITES} > "$file"',
    "gnome-screenshot": f'for file; do :; done; {_WRITES} > "$file"',
    "screencapture": f'for file; do :; done; {_WRITES} > "$file"',
    "pipx": ":",
    "xclip": 'cat > "$HOME/clipboard"',
}


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def lines_for_screenshots() -> list[str]:
    rows = re.findall(r"^\|[^|]*\| `((?:[^`\\]|\\.)+)` \|$", PAGE, re.MULTILINE)
    return [row.replace("\\|", "|") for row in rows]


@pytest.fixture
def desktop(run_cli: Cli) -> Iterator[Desktop]:
    with FakeHost(Store()) as host:
        run_cli.spec("one_host", form(host))
        yield Desktop(run_cli)


class Desktop:
    """A machine with programs that only write what they are told, and a clipboard."""

    def __init__(self, cli: Cli) -> None:
        self.cli = cli
        self.programs = cli.home / "programs"
        self.programs.mkdir()
        for name, script in _STAND_INS.items():
            self.program(name, script)
        self.program("twat-fs", f'exec "{sys.executable}" -m twat_fs "$@"')
        self.program(
            "file2url", f'exec "{sys.executable}" -c "from twat_fs.__main__ import run_file2url as r; r()" "$@"'
        )

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, script: str, *words: str, **variables: str) -> Answer:
        path = f"{self.programs}:{self.cli.environment()['PATH']}"
        usual = {"PATH": path, "TWAT_FS_DEFAULT_PROVIDER": "one_host", "DISPLAY": ":99"}
        return self.cli.run(["bash", "-euc", script, "bash", *words], env={**usual, **variables})

    @property
    def clipboard(self) -> str:
        return (self.cli.home / "clipboard").read_text().strip()


def uploaded(url: str) -> bytes:
    with urlopen(url) as answer:
        content: bytes = answer.read()
        return content


def test_the_page_has_a_line_for_each_kind_of_desktop() -> None:
    assert len(lines_for_screenshots()) == 6


@pytest.mark.parametrize("line", lines_for_screenshots(), ids=lambda line: shlex.split(line.rpartition(";")[2])[0])
def test_a_screenshot_is_uploaded_and_its_url_on_the_clipboard(desktop: Desktop, line: str) -> None:
    answer = desktop.run(line)
    assert uploaded(answer.url) == PICTURE
    assert answer.url.endswith(".png")
    assert desktop.clipboard == answer.url


def test_a_menu_of_nautilus_uploads_all_that_is_selected(desktop: Desktop) -> None:
    script, _ = blocks("sh")
    assert desktop.run(script).code == 0
    (menu,) = (desktop.cli.home / ".local/share/nautilus/scripts").iterdir()
    files = [desktop.cli.home / name for name in ("a b.txt", "c.txt")]
    for file in files:
        file.write_text(file.name)
    selected = "".join(f"{file}\n" for file in files)
    answer = desktop.run(shlex.quote(str(menu)), NAUTILUS_SCRIPT_SELECTED_FILE_PATHS=selected)
    assert [uploaded(url).decode() for url in answer.out.split()] == ["a b.txt", "c.txt"]
    assert desktop.clipboard == answer.out.strip()


def test_a_menu_of_dolphin_runs_a_command_that_is_right(desktop: Desktop) -> None:
    _, script = blocks("sh")
    assert desktop.run(script).code == 0
    (menu,) = (desktop.cli.home / ".local/share/kio/servicemenus").iterdir()
    assert menu.stat().st_mode & stat.S_IXUSR
    (command,) = re.findall(r"^Exec=(.*)$", menu.read_text(), re.MULTILINE)
    (desktop.cli.home / "a.txt").write_text("a")
    assert uploaded(desktop.run(command.replace("%F", "a.txt")).url) == b"a"


def test_an_action_of_finder_runs_a_command_that_is_right(desktop: Desktop) -> None:
    script = blocks("bash")[0].replace('"$HOME/.local/bin/twat-fs"', "twat-fs")
    (desktop.cli.home / "a b.txt").write_text("a")
    assert uploaded(desktop.run(script, "a b.txt").url) == b"a"


def test_the_lines_for_scripts_run_as_they_stand(desktop: Desktop) -> None:
    (desktop.cli.home / "logs").mkdir()
    for name in ("report.txt", "a.log", "logs/b.log"):
        (desktop.cli.home / name).write_text(name)
    answer = desktop.run(f"{blocks('bash')[1]}\necho $url")
    assert answer.code == 0, answer
    assert answer.out.split()[-1].startswith("http://127.0.0.1")


def test_a_step_of_github_actions_hands_the_url_on(desktop: Desktop) -> None:
    (step,), _ = (yaml.safe_load(text) for text in blocks("yml")[:2])
    home = desktop.cli.home
    (home / "report.txt").write_text("fine")
    variables = {**step["env"], "TWAT_FS_DEFAULT_PROVIDER": "one_host"}
    outputs = {"GITHUB_OUTPUT": str(home / "output"), "GITHUB_STEP_SUMMARY": str(home / "summary")}
    assert desktop.run(step["run"], **variables, **outputs).code == 0
    url = (home / "output").read_text().strip().removeprefix("url=")
    assert uploaded(url) == b"fine"
    assert (home / "summary").read_text() == f"[The report]({url})\n"


def test_a_step_of_github_actions_checks_specs(desktop: Desktop) -> None:
    (step,) = yaml.safe_load(blocks("yml")[1])
    folder = desktop.cli.home / "providers.d"
    folder.mkdir()
    (folder / "bad.yaml").write_text("spec: 2\n")
    answer = desktop.run(step["run"])
    assert answer.code != 0
    assert answer.out.startswith("::error file=providers.d/bad.yaml,line=1")


def test_the_hook_of_pre_commit_is_the_one_that_the_repository_offers() -> None:
    (here,) = yaml.safe_load(blocks("yml")[2])["repos"][0]["hooks"]
    offered: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    (same,) = [hook for hook in offered if hook["id"] == here["id"]]
    assert here.pop("additional_dependencies") == ["twat-fs"]
    assert here == {name: value for name, value in same.items() if name != "description"}
