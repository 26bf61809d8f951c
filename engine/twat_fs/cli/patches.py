"""An edit of a spec's file: as a difference that `git apply` and `patch` take, or written."""

from __future__ import annotations

import difflib
import hashlib
import os
from typing import TYPE_CHECKING

from twat_fs import bundled
from twat_fs.errors import SourceError
from twat_fs.private import write_whole
from twat_fs.source import Source
from twat_fs.trust import Acceptances
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twat_fs.environment import Settings
    from twat_fs.registry import Provider


class Patch(NamedTuple):
    """An edit.

    Attributes:
        provider: Whose spec it is.
        path: The spec's file.
        name: What a difference calls it.
        old: What it held when its host was tried.
        new: What it is to hold.
        refusal: Why it may not be written; empty where it may.
    """

    provider: str
    path: str
    name: bytes
    old: bytes
    new: bytes
    refusal: str

    @property
    def diff(self) -> bytes:
        """The edit as a unified difference; its paths begin at the top of the checkout, else at the root."""
        old, new = (content.splitlines(keepends=True) for content in (self.old, self.new))
        lines = difflib.diff_bytes(difflib.unified_diff, old, new, b"a/" + self.name, b"b/" + self.name)
        return b"".join(_ended(lines))

    def write(self, settings: Settings) -> None:
        """Put it into the file; a spec that the user accepted stays accepted, since they ask for this.

        Raises:
            SourceError: The file has changed meanwhile, or cannot be written.
        """
        path = os.path.realpath(self.path)
        with Source(path) as source:
            if source.content() != self.old:
                raise SourceError(f"{self.path} changed while its host was tried; nothing was written to it")
        try:
            write_whole(path, self.new, os.stat(path).st_mode & 0o7777)
            self._accept(settings)
        except OSError as error:
            raise SourceError(f"{self.path} cannot be written: {error.strerror}") from error

    def _accept(self, settings: Settings) -> None:
        if os.path.dirname(os.path.realpath(self.path)) != os.path.realpath(settings.own_folder):
            return
        acceptances = Acceptances(settings.accepted)
        accepted = acceptances.of(self.provider)
        if accepted is not None and accepted.sha256 == hashlib.sha256(self.old).hexdigest():
            acceptances.keep(self.provider, accepted._replace(sha256=hashlib.sha256(self.new).hexdigest()))


def check_unchanged(provider: Provider, content: bytes) -> None:
    """Make sure that what was tried is what a spec holds now.

    Raises:
        SourceError: It is not.
    """
    if hashlib.sha256(content).hexdigest() != provider.spec.sha256:
        raise SourceError(f"{provider.entry.path} changed while its host was tried, so nothing is said of it")


def patch_of(provider: Provider, old: bytes, new: bytes) -> Patch | None:
    """The edit of a provider's spec; None where there is no file that could be edited.

    Args:
        provider: Whose spec it is.
        old: What the spec holds.
        new: What it is to hold.
    """
    entry = provider.entry
    if entry.bundled and not bundled.checkout_folder():
        return Patch(entry.name, entry.path, os.fsencode(entry.path), old, new, "its spec comes with the program")
    if not os.path.isfile(entry.path):  # an installed module that has no card
        return None
    own = entry.bundled or entry.origin in provider.registry.settings.folders
    refusal = "" if own else "its spec belongs to an installed package"
    return Patch(entry.name, entry.path, _name(entry.path), old, new, refusal)


def _name(path: str) -> bytes:
    """What a file is called in a difference: as in its checkout, else from the root; what has a space ends in a tab."""
    real = os.path.realpath(path)
    top = next((folder for folder in _above(real) if os.path.lexists(os.path.join(folder, ".git"))), "/")
    name = os.fsencode(os.path.relpath(real, top))
    return name + b"\t" if b" " in name else name


def _above(path: str) -> Iterator[str]:
    while (parent := os.path.dirname(path)) != path:
        yield parent
        path = parent


def _ended(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of a difference, the last of a file without a line feed as `diff` shows it."""
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n\\ No newline at end of file\n"
