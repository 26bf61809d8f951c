"""Signals that end the command: the first one politely, a second one at once."""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from twat_fs.cli.report import last_words
from twat_fs.interruption import interrupt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

#: What is said of each signal, and the status: 128 and its number, as shells count. The time of `--max-time` is over
#: like that of any other upload, which may be tried again.
_ENDS: dict[int, tuple[str, int]] = {
    signal.SIGINT: ("interrupted", 130),
    signal.SIGTERM: ("terminated", 143),
    signal.SIGHUP: ("the terminal is gone", 129),
    signal.SIGALRM: ("the time of --max-time is over", 5),
}

#: Seconds from a signal until the process ends even where something in it is deaf, as a resolver is.
_GRACE = 0.85

#: Seconds that no upload takes, and that `select` takes.
_EVER = 1e8

#: Seconds for temporary files to go then.
_TIDYING = 0.1


#: What is written into the pipe beside numbers of signals: the watching ends; what the handler raises would be lost.
_OVER, _LOST = 0, 255

#: Seconds until a signal that came at such a moment is sent anew: the moment is a few instructions long.
_MOMENT = 0.005


@contextmanager
def watched() -> Iterator[None]:
    """Have signals raise `Interrupted` in the main thread, and see to it that the process ends.

    Who started the command may have had it ignore Ctrl-C (a shell does, of what runs behind it) or the end of the
    terminal (`nohup`); then it does.
    """
    ending = _Ending()
    before = {
        number: signal.getsignal(number)
        for number in _ENDS
        if signal.getsignal(number) is not signal.SIG_IGN or number not in (signal.SIGINT, signal.SIGHUP)
    }
    for number in before:
        signal.signal(number, ending.begin)
    ending.start()
    try:
        yield
    finally:
        ending.stop()
        for number, handler in before.items():
            signal.signal(number, handler)


class _Ending:
    """Raises for the first signal, and watches from a thread of its own what becomes of it.

    Python runs a handler only when the main thread comes back to it, and what a handler raises may be lost in code
    that nobody calls, such as a destructor. The system's part of it writes the signal's number into a pipe at once.
    """

    def __init__(self) -> None:
        self._begun = False
        self._lost = 0
        self._main = threading.get_ident()
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)

    def start(self) -> None:
        """Begin to watch."""
        self._before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        try:
            threading.Thread(target=self._watch, name="signals", daemon=True).start()
        except RuntimeError:  # no room for a thread: handlers alone have to do
            os.close(self._read)

    def stop(self) -> None:
        """End the watching."""
        signal.set_wakeup_fd(self._before)
        os.close(self._write)

    def begin(self, number: int, frame: FrameType | None) -> None:
        """The handler.

        Raises:
            Interrupted: It is the first signal.
        """
        if self._begun:
            return
        if _is_lost(frame):
            signal.set_wakeup_fd(-1)  # so that the same signal, sent anew, is not taken for a second one
            self._lost = number
            with suppress(BrokenPipeError):  # nobody watches
                os.write(self._write, bytes([_LOST]))
            return
        self._begun = True
        interrupt(*_ENDS[number])

    def _watch(self) -> None:
        first = again = self._next(None)
        if first:
            again = self._next(_GRACE)
            if again is None:
                last_words(f"twat-fs: {_ENDS[first][0]}; what was being sent may have been stored")
                _tidy()
            if again != _OVER:
                os._exit(_ENDS[again or first][1])
        os.close(self._read)

    def _next(self, seconds: float | None) -> int | None:
        """The next signal that ends the process, `_OVER` where the watching ends, or None after so many seconds."""
        end = time.monotonic() + (_EVER if seconds is None else seconds)
        while (left := end - time.monotonic()) > 0 and select.select([self._read], [], [], left)[0]:
            number = (os.read(self._read, 1) or b"\0")[0]
            if number == _LOST:
                time.sleep(_MOMENT)
                signal.pthread_kill(self._main, self._lost)
            elif number == _OVER or (number in _ENDS and not (number == signal.SIGALRM and seconds is not None)):
                return number
        return None


def _is_lost(frame: FrameType | None) -> bool:
    """Whether what is raised here is printed and forgotten: in what Python calls when an object goes."""
    while frame is not None:
        code = frame.f_code
        if code.co_name == "__del__" or (
            # As the lock of an import goes, and what a weak reference is of.
            code.co_name in ("cb", "remove", "_remove")
            and code.co_filename.endswith(("importlib._bootstrap>", "weakref.py", "_weakrefset.py"))
        ):
            return True
        frame = frame.f_back
    return False


def _tidy() -> None:
    """Take temporary files away, as long as that does not hang too."""
    import atexit

    # The only way to what `tempfile` has registered; the interpreter calls it at its own end, which may not come.
    worker = threading.Thread(target=atexit._run_exitfuncs, daemon=True)
    worker.start()
    worker.join(_TIDYING)
