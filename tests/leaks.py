"""The search for planted secrets after every session: in what was printed, in the files that are left, in the package.

Tests plant one secret wherever a credential goes. At the end of a session, on every worker of one, all that commands
and tests printed and all files that they left behind are searched for it, packed ones too; so are the files that are
shipped. A trace of it fails the session, whatever the tests themselves looked at.
"""

from __future__ import annotations

import gzip
import os
import re
import stat
import zipfile
import zlib
from base64 import b64encode
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
#: Stands in every credential of the tests. No command may print it, in any of the forms that text takes on its way.
PLANTED = "PLANTED-s3cr3t-Zm9v"
#: What is shipped or published.
PUBLISHED = ("benchmarks", "cassettes", "docs", "engine", "providers.d", "schemas", "README.md", "CHANGELOG.md")
#: Files into which tests themselves put the secret, since a user would: the ends of their paths.
_BY_TESTS: set[str] = set()
# What tests write as a user or an author would, with the secret in it: recordings of browsers, modules of providers,
# and a clone of the tests themselves.
_WRITTEN = re.compile(r"/person/[^/]+\.har$|_module\.py$|\.pyc$|/clone/tests/")
_NAME = "planted-secrets"
_BLOCK = 8 * 1024 * 1024
#: More than a zip has behind the beginning of its end: 22 bytes, and a comment of 65,535 at most.
_OVERLAP = 128 * 1024
_END_OF_ZIP = b"PK\5\6"
#: From the signs of base64 to those of its form for URLs (RFC 4648, 5).
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


class Traces:
    """A search for most of a secret, in any case, and for it in base64 of any alignment and in hex.

    Args:
        secret: What must not be seen.
    """

    def __init__(self, secret: str) -> None:
        raw = secret.encode()
        half = len(raw) // 2
        hexed = [raw.hex().encode(), "".join(f"%{byte:02x}" for byte in raw).encode()]
        self._folded = [each.lower() for each in (raw[:-4], raw[-half - 2 :], *hexed)]
        cores = [b64encode(b"\0" * before + raw)[4 : 4 * ((before + len(raw)) // 3)] for before in range(3)]
        self._exact = sorted({core for whole in cores for core in (whole, whole.translate(_FOR_URLS))})

    def places(self, content: bytes) -> list[int]:
        """Where one begins."""
        # Gigabytes are searched: looking for one text after the other is many times as fast as a regular expression.
        folded = content.lower()
        pairs = [*((folded, each) for each in self._folded), *((content, each) for each in self._exact)]
        return [at for text, each in pairs for at in _all(text, each)]


def _all(text: bytes, wanted: bytes) -> Iterator[int]:
    at = text.find(wanted)
    while at >= 0:
        yield at
        at = text.find(wanted, at + 1)


_TRACES = Traces(PLANTED)


def traces_in(content: bytes, where: str = "") -> list[str]:
    """Each trace of the planted secret in some bytes, with a little around it."""
    return [f"{where}: ...{content[max(0, at - 60) : at + 40]!r}..." for at in _TRACES.places(content)]


def planted_in(path: Path) -> Path:
    """Say that a test puts the secret into a file on purpose; gives the path."""
    _BY_TESTS.add(str(path.resolve()))
    return path


def searched(folder: Path) -> Iterator[str]:
    """Each trace in the files under a folder, or in one file; what is packed is looked into."""
    for path in _files(os.path.realpath(folder)):
        if path not in _BY_TESTS and not _WRITTEN.search(path):
            yield from traces_in(os.fsencode(os.path.basename(path)), f"the name {path}")
            for part, content in _contents(path):
                yield from traces_in(content, f"{path}{part}")


def _files(top: str) -> Iterator[str]:
    """The files under a folder, but no links, or a file itself."""
    if os.path.isfile(top):
        yield top
    for folder, folders, names in os.walk(top):
        folders.sort()
        for path in (os.path.join(folder, name) for name in sorted(names)):
            with suppress(OSError):  # it is gone
                if stat.S_ISREG(os.lstat(path).st_mode):
                    yield path


def _contents(path: str) -> Iterator[tuple[str, bytes]]:
    try:
        block = b""
        for block in _blocks(path):
            yield "", block
        if path.endswith((".gz", ".tgz")):
            with gzip.open(path) as unpacked:
                yield "", unpacked.read()
        elif _END_OF_ZIP in block and zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                yield from ((f"!{name}", archive.read(name)) for name in archive.namelist())
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile):  # one that a test made unreadable, or that is none
        return


def _blocks(path: str) -> Iterator[bytes]:
    """The bytes of a file but for its holes, in blocks that overlap; the last one has all that a zip ends with."""
    with open(path, "rb") as file:
        at = 0
        while True:
            try:
                at = os.lseek(file.fileno(), at, os.SEEK_DATA)
            except OSError:  # nothing but a hole up to the end
                return
            block = os.pread(file.fileno(), _BLOCK, at)
            yield block
            if len(block) < _BLOCK:
                return
            at += _BLOCK - _OVERLAP


class Leaks:
    """The plugin: collects traces while tests run, searches when they are done."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.folders: list[Path] = []
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """What a test, or a library of it, printed or logged."""
        for name, content in report.sections:
            self.found += traces_in(content.encode("utf-8", "replace"), f"{report.nodeid}, {name}")

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """What a worker of a parallel run found."""
        self.found += getattr(node, "workeroutput", {}).get("leaks", [])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Search, and fail the session by what is found."""
        for folder in self.folders:
            self.found += searched(folder)
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output["leaks"] = self.found
            return
        for name in PUBLISHED:
            self.found += searched(ROOT / name)
        if self.found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Tell what was found."""
        if self.found:
            terminalreporter.section("a planted secret was found in the open", red=True)
            for line in dict.fromkeys(self.found):
                terminalreporter.write_line(line)


@pytest.fixture(scope="session", autouse=True)
def leaks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Where whoever sees a secret in the open says so; the session fails by it even where a test looked away."""
    plugin = request.config.pluginmanager.get_plugin(_NAME)
    assert isinstance(plugin, Leaks)
    plugin.folders.append(tmp_path_factory.getbasetemp())
    return plugin.found


def pytest_configure(config: pytest.Config) -> None:
    """Search after every session."""
    if not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(Leaks(config), _NAME)
