"""The only place that prints: results to standard output, all else to standard error."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from twat_fs.cli.colour import painter
from twat_fs.cli.terminal import is_terminal
from twat_fs.errors import ConfigError, SpecError, UploadFailed, UsageError
from twat_fs.logs import logger
from twat_fs.text import printable
from twat_fs.upload import line_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twat_fs.errors import TwatFsError
    from twat_fs.text import Redactor

#: Characters of one line of a message: room for a path and a sentence.
_LINE = 2000


class Report:
    """Prints, with secrets taken out and no character that moves a cursor.

    Args:
        redactor: Knows the secrets, once a registry has read some.
        quiet: Print nothing but results and errors.
    """

    def __init__(self, redactor: Redactor | None = None, *, quiet: bool = False) -> None:
        self.redactor = redactor
        self.quiet = quiet
        self._lock = threading.RLock()
        self._shown = ""

    def status(self, text: str) -> None:
        """Show a line at the terminal that goes away when something is printed; an empty one takes it away."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            if text or self._shown:
                self._shown = text
                _write(sys.stderr, f"\r{text}\x1b[K")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._lock:
            self.status("")
            yield

    def control(self, sequence: str) -> bool:
        """Send the terminal a control sequence; says whether there is a terminal."""
        stream = next((each for each in (sys.stderr, sys.stdout) if is_terminal(each)), None)
        if stream is None:
            return False
        with self._alone(), contextlib.suppress(OSError, ValueError):
            _write(stream, sequence)
        return True

    def draw(self, lines: Sequence[str]) -> None:
        """Draw something on standard error, as it is; nothing goes wrong if it cannot be."""
        with self._alone(), contextlib.suppress(OSError, ValueError):
            _write(sys.stderr, "".join(f"{line}\n" for line in lines))

    def result(self, text: str, *, dear: bool = False) -> None:
        """Print a result on standard output, whole and now.

        Args:
            text: One line or more.
            dear: Whether it cannot be had again, as a URL: then it goes to standard error if it must.

        Raises:
            OutputLost: It could not be written.
        """
        try:
            with self._alone():
                _write(sys.stdout, text + "\n")
        except (OSError, ValueError) as error:
            if dear or not isinstance(error, BrokenPipeError):
                self.say(f"twat-fs: standard output cannot be written: {error}")
            if dear:
                self.say(text)
            silence(sys.stdout)
            raise OutputLost from None

    def verbatim(self, content: bytes) -> None:
        """Print bytes of a file on standard output, whatever its encoding is, and now.

        Raises:
            OutputLost: They could not be written.
        """
        try:
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            if not isinstance(error, BrokenPipeError):
                self.say(f"twat-fs: standard output cannot be written: {error}")
            silence(sys.stdout)
            raise OutputLost from None

    def record(self, data: dict[str, Any], *, dear: bool = False) -> None:
        """Print a JSON object as one line, in ASCII; secrets are taken out of every text but the URL itself."""
        clean = {key: value if key == "url" else self._clean(value) for key, value in data.items()}
        self.result(json.dumps(clean, ensure_ascii=True), dear=dear)

    def say(self, text: str, colour: str = "") -> None:
        """Print a line on standard error; nothing goes wrong if it cannot be.

        Args:
            text: The line.
            colour: That of what stands before its first colon, at a terminal.
        """
        clean = self.redactor(text) if self.redactor else text
        try:
            indent = clean[: len(clean) - len(clean.lstrip(" "))]
            head, colon, rest = printable(clean, _LINE).partition(": ")
            if colour and colon:
                head = painter(sys.stderr)(head, colour)
            with self._alone():
                _write(sys.stderr, f"{indent}{head}{colon}{rest}\n")
        except (OSError, ValueError):
            silence(sys.stderr)

    def warn(self, text: str) -> None:
        """Say what did not work, though the command did."""
        if not self.quiet:
            self.say(f"twat-fs: {text}", "yellow")

    def error(self, error: TwatFsError, file: str = "") -> None:
        """Print what went wrong and what to do next.

        Args:
            error: The failure.
            file: The file that it is about, where it is one of several.
        """
        about = f"{file}: " if file else ""
        if isinstance(error, UploadFailed) and len(error.attempts) > 1:
            self.say(f"twat-fs: {about}no provider took the file:", "red")
            for attempt in error.attempts:
                self.say(f"  {line_of(attempt)}")
        elif isinstance(error, UploadFailed):
            self.say(f"twat-fs: {about}{line_of(error.attempts[0])}", "red")
        else:
            self.say(f"twat-fs: {about}{error.message}", "red")
        if isinstance(error, (ConfigError, SpecError)):
            for row in error.problems:
                self.say(f"  {row}")
        if error.hint:
            self.say(f"  {error.hint}")

    def _clean(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.redactor(value) if self.redactor else value
        if isinstance(value, dict):
            return {key: self._clean(item) for key, item in value.items()}
        return [self._clean(item) for item in value] if isinstance(value, (list, tuple)) else value


def last_words(text: str) -> None:
    """Print a line on standard error past Python's own stream, which the main thread may hold as it hangs."""
    with contextlib.suppress(OSError):
        begun = "\n" if os.isatty(2) else ""  # a question stands there, or a bar, in a line that has not ended
        os.write(2, f"{begun}{text}\n".encode("ascii", "backslashreplace"))


class OutputLost(Exception):
    """A result could not be written to standard output."""


def require_output() -> None:
    """Stop before anything is sent where its URL could not be printed.

    Raises:
        UsageError: Standard output is closed.
    """
    try:
        closed = sys.stdout is None or sys.stdout.closed or os.fstat(sys.stdout.fileno()) is None
    except (OSError, ValueError):
        closed = not hasattr(sys.stdout, "getvalue")  # a test's buffer has no descriptor
    if closed:
        raise UsageError("standard output is closed, so the URL could not be printed; nothing was sent")


def log_to_stderr(report: Report, verbosity: int) -> None:
    """Show the package's log lines.

    Args:
        report: Prints them.
        verbosity: -1 errors only, 0 warnings, 1 progress of the upload, 2 everything.
    """
    ours = logger()
    for handler in list(ours.handlers):
        ours.removeHandler(handler)
    ours.addHandler(_Handler(report))
    ours.propagate = False
    # Libraries warn too, and may quote a host; Python would print that as it is.
    logging.lastResort = _Handler(report, logging.WARNING)
    ours.setLevel({-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO}.get(verbosity, logging.DEBUG))


class _Handler(logging.Handler):
    def __init__(self, report: Report, level: int = logging.NOTSET) -> None:
        super().__init__(level)
        self._report = report

    def emit(self, record: logging.LogRecord) -> None:
        self._report.say(record.getMessage(), "yellow" if record.levelno >= logging.WARNING else "")


def _write(stream: Any, text: str) -> None:
    if stream is None:
        raise OSError("it is closed")
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    stream.flush()


def silence(stream: Any) -> None:
    """Keep the interpreter from failing a second time when it flushes the stream at exit."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    except (OSError, ValueError, AttributeError):
        return
