"""The blocks of docs/python.md run as they stand."""

from __future__ import annotations

import re
import sys

import pytest

from tests.support import ROOT, Cli

BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "python.md").read_text(), re.MULTILINE | re.DOTALL)
PRINTED = {
    "One file": r"file://\S+ local\n",
    "attempts": r"pixeldrain config .*PIXELDRAIN",
    "What can be": r"(file://\S+\n){3}",
    "gone.txt": r"report.txt file://\S+ [\d.e-]+\ngone.txt gone.txt: No such file",
    "Sent": r"report.txt \d+ of 4\n",
    "asyncio": r"(file://\S+\n){2}",
    "cancel": r"file://\S+\nit was not begun: the uploads were cancelled\n",
    "executor": r"file://\S+\n",
}


@pytest.mark.parametrize(("block", "printed"), list(zip(BLOCKS, PRINTED.values(), strict=True)), ids=PRINTED)
def test_a_block_does_what_the_page_says(run_cli: Cli, block: str, printed: str) -> None:
    run_cli.file("report.txt", b"text")
    answer = run_cli.run([sys.executable, "-c", block])
    assert answer.code == 0, answer
    assert re.match(printed, answer.out), answer
