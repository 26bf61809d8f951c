"""An interruption that comes in the middle of something waits for its end."""

from __future__ import annotations

import os
import threading

import pytest

from twat_fs.interruption import Interrupted, interrupt, whole
from twat_fs.private import temporary_folder


def test_it_is_raised_at_once() -> None:
    with pytest.raises(Interrupted, match="interrupted"):
        interrupt("interrupted", 130)


def test_what_is_done_whole_is_done_before_it_is_raised() -> None:
    done = []

    def work() -> None:
        with whole(), whole():
            interrupt("interrupted", 130)
            done.append(True)

    with pytest.raises(Interrupted) as raised:
        work()
    assert (done, raised.value.code) == ([True], 130)
    with whole():
        done.append(True)


def test_another_thread_is_not_waited_for() -> None:
    inside, over = threading.Event(), threading.Event()

    def work() -> None:
        with whole():
            inside.set()
            over.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    inside.wait(60)
    try:
        with pytest.raises(Interrupted):
            interrupt("interrupted", 130)
    finally:
        over.set()
        thread.join()


def test_a_temporary_folder_is_private_and_goes() -> None:
    with temporary_folder() as path:
        assert os.stat(path).st_mode & 0o777 == 0o700
    assert not os.path.exists(path)
