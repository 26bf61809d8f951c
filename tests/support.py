"""What several tests need: a person at a clean machine, specs for hosts on loopback, secrets that must not be seen."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import twat_fs
from tests import leaks
from twat_fs.environment import settings
from twat_fs.expression.evaluate import FileFacts, Scope
from twat_fs.registry import Registry
from twat_fs.spec.check import check
from twat_fs.spec.model import from_card
from twat_fs.wire.job import Inputs, start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.forking import Forks
    from twat_fs.spec.model import Spec
    from twat_fs.testing.fake_host import FakeHost
    from twat_fs.wire.job import Job

#: Stands in every credential of the tests; `tests/leaks.py` searches for it.
PLANTED = leaks.PLANTED

ROOT = Path(__file__).resolve().parents[1]
#: Compiled specs are named by their content, so every test of this process may share them.
_CACHE = tempfile.TemporaryDirectory(prefix="twat-fs-tests-")
_GUARD = Path(__file__).with_name("guard")
#: Where the package is that the tests import, so that commands in other processes run the same one.
PACKAGES = Path(str(twat_fs.__file__)).parents[1]
#: Function calls that whatever is done "at once" may take: a second's, where nothing is large; see `steps_of`.
AT_ONCE = 1_000_000
#: The variables with which the Python of a command starts.
FOR_PYTHON = {
    "PATH": os.environ.get("PATH", os.defpath),
    "LC_ALL": "C.UTF-8",
    "PYTHON": sys.executable,
    "PYTHONPATH": f"{_GUARD}{os.pathsep}{PACKAGES}",
    **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
}
_SHELL = 'twat_fs() { "$PYTHON" -m twat_fs "$@"; }\n'


@dataclass(frozen=True)
class Answer:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def url(self) -> str:
        """Standard output, which must be one URL and a newline, of a command that worked."""
        assert self.code == 0, self
        url, newline, rest = self.out.partition("\n")
        assert (newline, rest) == ("\n", ""), self
        return url

    @property
    def record(self) -> dict[str, Any]:
        """Standard output, which must be one JSON object on one line."""
        assert self.out.count("\n") == 1, self
        record: dict[str, Any] = json.loads(self.out)
        return record

    @property
    def records(self) -> list[dict[str, Any]]:
        """Standard output, one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Cli:
    """Runs the real command in a process of its own.

    Attributes:
        home: An empty home.
        cache: The cache folder, which commands share: what is in it is named by its content.
        specs: A folder that the command looks for specs in.
        temporary: Its folder for temporary files, which are searched for secrets as all files are.
        leaks: What the commands of the session printed though they may not.
        forks: Runs commands.
    """

    home: Path
    cache: Path
    leaks: list[str]
    forks: Forks
    specs: Path = field(init=False)
    temporary: Path = field(init=False)

    def __post_init__(self) -> None:
        self.specs = self.home / "specs"
        self.specs.mkdir(parents=True)
        self.temporary = self.home.with_name("temporary")
        self.temporary.mkdir()

    def environment(self, more: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """The variables of a command; None takes one away."""
        usual = {
            **FOR_PYTHON,
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "TWAT_FS_PROVIDERS_D": str(self.specs),
            "XDG_CACHE_HOME": str(self.cache),
            **{f"XDG_{kind}_HOME": str(self.home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE")},
        }
        return {name: value for name, value in {**usual, **(more or {})}.items() if value is not None}

    def before(self, code: str) -> dict[str, str | None]:
        """The variable by which a command runs some code of a test first."""
        folder = self.home / "python"
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(code)
        return {"PYTHONPATH": f"{folder}{os.pathsep}{PACKAGES}"}

    def __call__(
        self,
        *words: str | Path,
        env: Mapping[str, str | None] | None = None,
        input: bytes = b"",  # noqa: A002
    ) -> Answer:
        """`twat-fs WORDS`; what it prints is searched for secrets and for traces of bugs."""
        told = self.environment(env)
        return self.examined(*self.forks.run([*map(str, words)], cwd=str(self.home), env=told, stdin=input))

    def upload(
        self, path: str | Path, *words: str, provider: str, env: Mapping[str, str | None] | None = None
    ) -> Answer:
        """`twat-fs upload PATH --provider PROVIDER WORDS`."""
        return self("upload", path, "--provider", provider, *words, env=env)

    def shell(self, script: str, *, env: Mapping[str, str | None] | None = None) -> Answer:
        """A shell script in the home, in which `twat_fs` is the command."""
        return self.run(["sh", "-c", _SHELL + script], env=env)

    def run(
        self,
        words: list[str],
        *,
        env: Mapping[str, str | None] | None = None,
        input: bytes = b"",  # noqa: A002
    ) -> Answer:
        """Any command, in the home; what it prints is searched for secrets and for traces of bugs."""
        done = subprocess.run(
            words, cwd=self.home, env=self.environment(env), input=input, capture_output=True, timeout=60, check=False
        )
        return self.examined(done.returncode, done.stdout, done.stderr)

    def start(
        self,
        *words: str | Path,
        env: Mapping[str, str | None] | None = None,
        stdin: int = subprocess.DEVNULL,
        program: Sequence[str] = ("-m", "twat_fs"),
    ) -> subprocess.Popen[bytes]:
        """`twat-fs WORDS`, left running; as what Python is told to run."""
        return subprocess.Popen(
            [sys.executable, *program, *map(str, words)],
            cwd=self.home,
            env=self.environment(env),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def at_terminal(self, *words: str | Path, typed: str = "", env: Mapping[str, str | None] | None = None) -> Answer:
        """`twat-fs WORDS` at a terminal of its own; what stands on that in the end counts as standard output.

        Each line of `typed` is typed once a question stands there: asking for a password throws away what was typed
        before.
        """
        ours, its = pty.openpty()
        command = [sys.executable, "-m", "twat_fs", *map(str, words)]
        process = subprocess.Popen(
            command, cwd=self.home, env=self.environment(env), stdin=its, stdout=its, stderr=its, start_new_session=True
        )
        os.close(its)
        lines, shown = typed.splitlines(keepends=True), b""
        with suppress(OSError):  # how Linux says that the other side is closed
            while block := os.read(ours, 4096):
                shown += block
                if shown.endswith(b": ") and lines:
                    os.write(ours, lines.pop(0).encode())
        os.close(ours)
        return self.examined(process.wait(timeout=60), shown, b"")

    def examined(self, code: int, out: bytes, err: bytes) -> Answer:
        """What a command printed, if nothing in it is out of place."""
        printed = out + b"\n" + err
        shown = leaks.traces_in(printed, "a command")
        self.leaks += shown
        assert not shown, shown
        assert b"Traceback" not in err, err.decode(errors="replace")
        assert b"this is a bug in twat-fs" not in err, err.decode(errors="replace")
        return Answer(code, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape"))

    def spec(self, name: str, text: str) -> Path:
        """Drop a spec into the folder."""
        path = self.specs / f"{name}.yaml"
        path.write_text(f"spec: 1\nname: {name}\ntitle: {name.title()}\n{text}", encoding="utf-8")
        return path

    def file(self, name: str = "a.txt", content: bytes = b"hello") -> Path:
        """A file in the home."""
        path = self.home / name
        path.write_bytes(content)
        return path


def steps_of(work: Callable[[], object]) -> int:
    """How many functions a piece of work calls: what it costs, whatever else the machine does meanwhile."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def form(host: FakeHost | str, *, more: str = "", request: str = "", path: str = "/upload") -> str:
    """A spec of one form with a file; the reply's text is the URL.

    Args:
        host: Where to send it.
        more: Further keys of the spec.
        request: Further keys of the request, indented by two.
        path: The address at the host.
    """
    url = host if isinstance(host, str) else host.url
    return f"""\
retry: {{initial: 0s}}
request:
  url: {url}{path}
  multipart: {{file: "{{{{ file }}}}"}}
{request}
result: {{url: {{text: true}}}}
{more}
"""


def compiled(text: str, name: str = "test") -> Spec:
    """A spec from the part of its text after the title; it must be valid."""
    checked = check(f"spec: 1\nname: {name}\ntitle: Test\n{text}".encode(), name)
    assert checked.card is not None, checked.errors
    return from_card(checked.card)


def facts(**more: Any) -> FileFacts:
    """What templates know of a file."""
    usual = {"name": "a b.txt", "stem": "a b", "suffix": ".txt", "size": 5, "type": "text/plain", "mtime": 7}
    usual |= {"text": "hello", "base64": "aGVsbG8=", "sha256": "5a", "sha1": "51", "md5": "5d"}
    return FileFacts({**usual, **more})


def inputs(options: Mapping[str, Any] | None = None, **credentials: str) -> Inputs:
    """What a caller gives: `random(n)` is n letters `r`, `choice` gives the first item."""
    return Inputs(options or {}, credentials, "", 1_767_225_600, lambda count: "r" * count, lambda _: 0)


def job(spec: Spec, options: Mapping[str, Any] | None = None, **credentials: str) -> Job:
    """An upload that is about to begin."""
    return start(spec, inputs(options, **credentials), facts())


def scope(**names: Any) -> Scope:
    """What a template sees, beside the file."""
    given = inputs()
    return Scope({"file": facts(), "now": given.now, "remote_path": "a b.txt", **names}, given.random, given.choose)


def registry(folder: Path, **environ: str) -> Registry:
    """A registry that finds the specs of one folder beside the bundled ones."""
    known = {"XDG_CACHE_HOME": _CACHE.name, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "none")}
    return Registry(settings({**known, **environ}, providers_d=[str(folder)]))
