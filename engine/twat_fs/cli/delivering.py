"""What is done with a URL beside printing it: drawn as a code, opened, copied; and a word when all has ended."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from twat_fs.cli.terminal import is_terminal
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twat_fs.cli.report import Report
    from twat_fs.results import UploadResult

#: Addresses that are opened: more would be an avalanche of windows.
_OPENED = 10


class Wishes(NamedTuple):
    """What is to be done with URLs.

    Attributes:
        qr: Draw each as a code.
        open: Show each in the browser.
        copy: Put them into the clipboard.
        notify: Say when long work has ended.
    """

    qr: bool = False
    open: bool = False
    copy: bool = False
    notify: bool = False


class Delivery:
    """Does it; whatever goes wrong with it is a warning, since the file is there.

    Args:
        wishes: What is to be done.
        report: Prints, and reaches the terminal.
    """

    def __init__(self, wishes: Wishes, report: Report) -> None:
        self._wishes = wishes
        self._report = report
        self._lines: list[str] = []
        self._opened = 0
        self._begun = time.monotonic()

    def one(self, line: str, result: UploadResult) -> None:
        """Do what is to be done with each.

        Args:
            line: What was printed.
            result: The URL.
        """
        if self._wishes.copy:
            self._lines.append(line)
        if self._wishes.qr:
            self._draw(str(result))
        if self._wishes.open:
            self._open(str(result.metadata.get("page_url") or result))

    def end(self, codes: Sequence[int], name: str) -> None:
        """Do what is to be done in the end.

        Args:
            codes: The status of each file.
            name: The file, where there was only one.
        """
        if self._lines:
            self._copy("\n".join(self._lines))
        if self._wishes.notify and is_terminal(sys.stderr):
            from twat_fs.cli.notifying import LONG, notify

            if time.monotonic() - self._begun >= LONG:
                notify(summary(codes, name), self._report)

    def _draw(self, url: str) -> None:
        from twat_fs.cli.qr import NoCode, qr_lines

        try:
            self._report.draw(qr_lines(url, sys.stderr))
        except NoCode as error:
            self._report.warn(f"--qr: {error}")

    def _open(self, url: str) -> None:
        from twat_fs.cli.browser import show

        self._opened += 1
        if self._opened > _OPENED:
            if self._opened == _OPENED + 1:
                self._report.warn(f"--open: {_OPENED} were opened; the others are not")
            return
        problem = show(url)
        if problem:
            self._report.warn(f"--open: {problem}")

    def _copy(self, text: str) -> None:
        from twat_fs.cli.clipboard import copy

        problem = copy(text, self._report)
        if problem:
            self._report.warn(f"--copy: {problem}")


def summary(codes: Sequence[int], name: str) -> str:
    """How all of it ended, in a few words."""
    failed = sum(code != 0 for code in codes)
    if len(codes) == 1:
        return f"{name} {'failed' if failed else 'is uploaded'}"
    return f"{len(codes) - failed} of {len(codes)} files are uploaded" + (f", {failed} failed" if failed else "")
