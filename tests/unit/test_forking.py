"""Commands that tests fork are given what a test gives them, and nothing that was there when their process began."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support import FOR_PYTHON, ROOT

if TYPE_CHECKING:
    from tests.support import Cli

#: Tells where a module, or a class of one, that was loaded for all commands knows what stood in a variable.
_KNOWN = """\
import sys
from tests import forking
forking._load()
for name, module in list(sys.modules.items()):
    for owner in (module, *(each for each in vars(module).values() if isinstance(each, type))):
        for attribute, value in list(vars(owner).items()):
            told = repr(value) if isinstance(value, (str, bytes, tuple, list)) else ""
            if name not in ("os", "site", "sys") and "SURROUNDINGS" in told:
                print(name, getattr(owner, "__name__", ""), attribute)
"""


def test_what_is_loaded_for_all_commands_remembers_nothing_of_its_surroundings() -> None:
    names = ["HOME", *(f"XDG_{kind}_HOME" for kind in ("CONFIG", "CACHE", "DATA", "STATE")), "DROPBOX_API_HOST"]
    env = {**FOR_PYTHON, **{name: f"/SURROUNDINGS/{name}" for name in names}}
    done = subprocess.run(
        [sys.executable, "-c", _KNOWN], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


#: Where boto3 looks in the home for what it was not told.
_OF_BOTO3 = """\
from botocore import credentials, loaders, tokens, utils
print(loaders.Loader.CUSTOMER_DATA_PATH, utils.JSONFileCache.CACHE_DIR, utils.JSONFileCache.__init__.__defaults__)
print(credentials.SSOProvider._SSO_TOKEN_CACHE_DIR, tokens.SSOTokenProvider._SSO_TOKEN_CACHE_DIR)
"""
_MOVED = "import sys; from tests import forking; forking._move(forking._load(), sys.argv[1]); "


def test_what_boto3_keeps_of_the_home_is_that_of_the_command() -> None:
    def said(code: str, home: str) -> str:
        words = [sys.executable, "-c", f"{code}\n{_OF_BOTO3}", "/home/of-the-command"]
        env = {**FOR_PYTHON, "HOME": home}
        return subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout

    usual = said("", "/home/of-the-command")
    assert usual.count("/home/of-the-command") == 5
    assert said(_MOVED, "/home/of-another") == usual


def test_a_forked_command_has_its_own_folder_input_and_status(run_cli: Cli) -> None:
    for _ in range(2):  # the first has an interpreter of its own
        answer = run_cli("upload", "--from-file", "-", "--provider", "local", input=b"a.txt\n")
        assert (answer.code, answer.out) == (2, "")
        assert "a.txt" in answer.err
    run_cli.file("a.txt")
    answer = run_cli("upload", "--from-file", "-", "--provider", "local", "--unique", input=b"a.txt\n")
    assert answer.url.startswith(f"file://{run_cli.home}/")
