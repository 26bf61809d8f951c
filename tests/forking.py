"""Commands in processes that are forked from one that has loaded the program: Python's start is most of a command.

`python tests/forking.py SOCKET` is that process. It loads what commands load, looks at nothing of its surroundings, and
has one thread. For each connection it forks a command, which gets the arguments, the variables, the folder and the
three streams that a test gives, and then runs `python -m twat_fs` as Python would. The first command of each kind, and
whatever has to do with how Python starts, its variables and terminals among it, has an interpreter of its own.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from types import FunctionType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: What commands do not load.
_LEFT_OUT = ("twat_fs.testing", "twat_fs.__main__")
#: What they load when they come to it, and which takes long.
_LOADED_LATE = ("boto3.s3.transfer", "jsonschema", "re2", "sqlite3", "tomlkit", "twat_fs.testing.spec_play")
#: What reads variables as it is loaded, and what has a hold of that: commands load it anew.
_READERS = re.compile(r"dropbox(\.(session|oauth|dropbox_client))?|twat_fs\.upload_providers\.dropbox.*")
#: The home while all is loaded. boto3, which takes as long to load as the rest, makes paths of it then, and keeps them.
_NO_HOME = "/home-of-nobody"
_STARTING = 60.0
#: Commands of commands.
_GROUPS = ("spec", "upload_provider")
#: How the names of variables begin that Python, or the C library, reads as it starts.
_AS_IT_STARTS = ("PYTHON", "LC_", "LANG", "TZ")
#: One that begins so, and that a library reads when it is used.
_OF_KEYRING = "PYTHON_KEYRING_BACKEND"


class Ended(NamedTuple):
    """How a command ended, and what it wrote."""

    code: int
    out: bytes
    err: bytes


class Forks:
    """Runs `python -m twat_fs`; holds the process that commands are forked from.

    Args:
        environment: Its variables, with which Python starts.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._begun: set[tuple[str, ...]] = set()
        self._folder = tempfile.TemporaryDirectory(prefix="twat-fs-forks-")
        self._path = os.path.join(self._folder.name, "socket")
        command = [sys.executable, os.path.abspath(__file__), self._path]
        self._process = subprocess.Popen(command, env=self._environment, cwd="/", stdin=subprocess.PIPE)
        end = time.monotonic() + _STARTING
        while not os.path.exists(self._path):
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the process that commands are forked from did not start")
            time.sleep(0.01)

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def run(
        self, words: Sequence[str], *, cwd: str, env: Mapping[str, str], stdin: bytes = b"", timeout: float = 60.0
    ) -> Ended:
        """`python -m twat_fs WORDS`: forked, or in an interpreter of its own if it is the first of its kind.

        Raises:
            subprocess.TimeoutExpired: It does not end in so many seconds; it is killed.
        """
        kind = tuple(words[: 1 + any(word in _GROUPS for word in words[:1])])
        if kind in self._begun and not self._is_about_python(env):
            return self._forked(words, cwd, env, stdin, timeout)
        self._begun.add(kind)
        command = [sys.executable, "-m", "twat_fs", *words]
        done = subprocess.run(command, cwd=cwd, env=env, input=stdin, capture_output=True, timeout=timeout, check=False)
        return Ended(done.returncode, done.stdout, done.stderr)

    def _is_about_python(self, env: Mapping[str, str]) -> bool:
        """Whether there is a variable that counts when Python starts, and that is not as it was then."""
        own = {name: value for name, value in env.items() if name.startswith(_AS_IT_STARTS) and name != _OF_KEYRING}
        return "LC_ALL" not in own or any(self._environment.get(name) != value for name, value in own.items())

    def _forked(self, words: Sequence[str], cwd: str, env: Mapping[str, str], stdin: bytes, timeout: float) -> Ended:
        (its_in, our_in), (our_out, its_out), (our_err, its_err) = (os.pipe() for _ in range(3))
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout)
            connection.connect(self._path)
            told = json.dumps({"words": list(words), "cwd": cwd, "env": dict(env)}).encode()
            socket.send_fds(connection, [len(told).to_bytes(4, "big")], [its_in, its_out, its_err])
            connection.sendall(told)
            for each in (its_in, its_out, its_err):
                os.close(each)
            out, err = _Reader(our_out), _Reader(our_err)
            threading.Thread(target=_write, args=(our_in, stdin), daemon=True).start()
            with connection.makefile("rb") as answer:
                pid = int(answer.readline())
                try:
                    return Ended(int(answer.readline()), out.content(), err.content())
                except TimeoutError:
                    os.kill(pid, signal.SIGKILL)
                    raise subprocess.TimeoutExpired(list(words), timeout) from None


class _Reader:
    """Reads a pipe to its end, beside everything else."""

    def __init__(self, descriptor: int) -> None:
        self._blocks: list[bytes] = []
        self._thread = threading.Thread(target=self._read, args=(descriptor,), daemon=True)
        self._thread.start()

    def _read(self, descriptor: int) -> None:
        with open(descriptor, "rb") as file:
            self._blocks.append(file.read())

    def content(self) -> bytes:
        """All of it, once there is an end."""
        self._thread.join()
        return b"".join(self._blocks)


def _write(descriptor: int, content: bytes) -> None:
    try:
        with open(descriptor, "wb", buffering=0) as file:
            view = memoryview(content)
            while view:
                view = view[file.write(view) :]
    except BrokenPipeError:  # the command reads no more
        return


def _serve(path: str) -> dict[str, Any]:
    """Take connections; comes back, with what it was told, in each process that is to be a command."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{path}.new")
    listener.listen(64)
    os.rename(f"{path}.new", path)
    ended, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([listener, ended, sys.stdin], [], [])
        if sys.stdin in ready:  # the test session is over, or was killed
            os._exit(0)
        if ended in ready:
            os.read(ended, 4096)
            _tell_ended(running)
        if listener in ready:
            connection, _ = listener.accept()
            told, streams = _told(connection)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for number, stream in enumerate(streams):
                    os.dup2(stream, number)
                os.closerange(3, 256)
                return told
            for stream in streams:
                os.close(stream)
            running[pid] = connection
            with suppress(OSError):  # whoever asked is gone
                connection.sendall(b"%d\n" % pid)


def _told(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    head, streams, _, _ = socket.recv_fds(connection, 4, 3)
    with connection.makefile("rb") as file:
        return dict(json.loads(file.read(int.from_bytes(head, "big")))), list(streams)


def _tell_ended(running: dict[int, socket.socket]) -> None:
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        with running.pop(pid) as connection, suppress(OSError):
            connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _load() -> list[tuple[Any, str]]:
    """Load what commands load; gives what of it keeps paths in the home: whose attributes, and which."""
    os.environ["HOME"] = _NO_HOME
    import twat_fs

    waiting = [twat_fs]
    while waiting:
        package = waiting.pop()
        for _, name, is_package in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            if not name.startswith(_LEFT_OUT):
                module = importlib.import_module(name)
                waiting += [module] if is_package else []
    for name in _LOADED_LATE:
        importlib.import_module(name)
    from twat_fs.validation import validate

    validate(b"spec: 1", "-", None)  # the schema is read, and what checks it is made, once
    for name in filter(_READERS.fullmatch, list(sys.modules)):
        del sys.modules[name]
    return list(_keepers())


def _keepers() -> Iterator[tuple[Any, str]]:
    for module in list(sys.modules.values()):
        for kind in {each for each in vars(module).values() if isinstance(each, type)}:
            for name, value in list(vars(kind).items()):
                if isinstance(value, str) and _NO_HOME in value:
                    yield kind, name
                if isinstance(value, FunctionType) and _NO_HOME in str(value.__defaults__):
                    yield value, "__defaults__"


def _move(keepers: Iterable[tuple[Any, str]], home: str) -> None:
    """Have what keeps paths in the home keep them in this one."""

    def moved(value: Any) -> Any:
        return value.replace(_NO_HOME, home) if isinstance(value, str) else value

    for owner, name in keepers:
        kept = getattr(owner, name)
        setattr(owner, name, tuple(map(moved, kept)) if isinstance(kept, tuple) else moved(kept))


def main() -> None:
    """Be the process that commands are forked from, and then each of them."""
    import runpy

    keepers = _load()
    sys.path[0] = ""
    gc.collect()
    gc.freeze()
    told = _serve(sys.argv[1])
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["env"])
    _move(keepers, os.path.expanduser("~"))
    sys.path[0] = told["cwd"]
    sys.argv = ["-m", *told["words"]]
    runpy.run_module("twat_fs", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
