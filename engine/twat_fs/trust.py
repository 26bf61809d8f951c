"""Whether a spec of the user's may run: who can write to it, and whether it is still what the user accepted.

A file that somebody dropped into a folder by hand is the user's own word, and runs. One that `twat-fs spec add` put
there was shown first; what was shown is kept beside the folder, with a hash of the bytes, and other bytes do not run.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from twat_fs.entry_points import card_path
from twat_fs.errors import NotAccepted, TrustError
from twat_fs.ownership import exposed
from twat_fs.private import write_private
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twat_fs.environment import Settings
    from twat_fs.spec.catalog import Entry
    from twat_fs.spec.model import Spec


class Accepted(NamedTuple):
    """What the user saw of a spec, and accepted.

    Attributes:
        sha256: Of the spec's bytes, in hexadecimal.
        module: The same of the Python module beside it, or an empty string.
        facts: What the spec may do, as plain data.
        date: The day, as in ISO 8601.
    """

    sha256: str
    module: str
    facts: dict[str, Any]
    date: str

    @property
    def claims(self) -> list[str]:
        """The variables of bundled providers that the spec may read."""
        return [str(name) for name in self.facts.get("claims", [])]


def check_owner(path: str, provider: str, variable: str, owner: str, settings: Settings) -> None:
    """Refuse a spec a secret of a bundled provider, unless the user trusts it.

    Raises:
        TrustError: The user does not.
    """
    if not settings.trusts(provider):
        raise TrustError(
            f"{path} wants {variable}, which belongs to the bundled provider {owner}",
            provider,
            hint=f"If you trust that file with it, set TWAT_FS_TRUST={provider}.",
        )


def claims(entry: Entry, spec: Spec, settings: Settings) -> Sequence[str]:
    """The variables of bundled providers that the user lets a spec have.

    Args:
        entry: Where the spec is.
        spec: The spec, compiled.
        settings: The user's.

    Raises:
        TrustError: The spec may not run.
    """
    if entry.bundled or not os.path.isfile(card_path(entry)) or settings.trusts(spec.name):
        return ()
    check_writers(entry.path, spec.name)
    if spec.module:
        _check_module(spec.module, entry.path, spec.name)
    if os.path.realpath(entry.origin) != os.path.realpath(settings.own_folder):
        return ()
    accepted = Acceptances(settings.accepted).of(spec.name)
    if accepted is None:
        return ()
    check_accepted(accepted, spec.name, spec.sha256, module_digest(spec.module, entry.path))
    return accepted.claims


def _check_module(module: str, card: str, name: str) -> None:
    """Refuse a Python module beside a card that others than its user can write."""
    from twat_fs.upload_providers.loading import module_file

    path = module_file(module, card)
    if path:
        check_writers(path, name)


class Acceptances:
    """What was accepted, one file for each spec.

    Args:
        folder: Where they are kept.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def of(self, name: str) -> Accepted | None:
        """What was accepted of a spec; None where it was never added.

        Raises:
            NotAccepted: What is kept cannot be read, so that it cannot be known.
        """
        path = self._path(name)
        try:
            with open(path, "rb") as file:
                kept = json.loads(file.read())
            return Accepted(str(kept["sha256"]), str(kept["module"]), dict(kept["facts"]), str(kept["date"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise NotAccepted(f"{path} cannot be read: {type(error).__name__}", name, hint=_review(name)) from error

    def names(self) -> Iterator[str]:
        """The specs of which something was accepted."""
        try:
            found = sorted(os.listdir(self._folder))
        except OSError:
            return
        yield from (name.removesuffix(".json") for name in found if name.endswith(".json"))

    def keep(self, name: str, accepted: Accepted) -> None:
        """Remember that the user accepted this.

        Raises:
            OSError: It cannot be written.
        """
        write_private(self._path(name), json.dumps(accepted._asdict(), indent=1).encode("ascii"))

    def forget(self, name: str) -> None:
        """Forget it, if anything is kept."""
        try:
            os.remove(self._path(name))
        except FileNotFoundError:
            return

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, f"{name}.json")


def module_digest(module: str, card: str) -> str:
    """The SHA-256 of the Python module beside a card, in hexadecimal; empty where there is none.

    Args:
        module: The module that the card names, or an empty string.
        card: The card's path.

    Raises:
        SourceError: It cannot be read.
    """
    if not module:
        return ""
    from twat_fs.source import Source
    from twat_fs.upload_providers.loading import module_file

    path = module_file(module, card)
    if not path:
        return ""
    with Source(path) as source:
        return source.digest("sha256")


def check_accepted(accepted: Accepted, name: str, sha256: str, module: str) -> None:
    """Refuse a spec that has other bytes than the user accepted.

    Args:
        accepted: What was accepted.
        name: The provider.
        sha256: Of the spec that is to run.
        module: Of the Python module that is to run, or an empty string.

    Raises:
        NotAccepted: The bytes are others.
    """
    if (sha256, module) != (accepted.sha256, accepted.module):
        what = "the spec" if sha256 != accepted.sha256 else "the module of the spec"
        raise NotAccepted(f"{what} has changed since you accepted it on {accepted.date}", name, hint=_review(name))


def check_writers(path: str, name: str) -> None:
    """Refuse a spec that others than its user can write, since they could have it send anything anywhere.

    Args:
        path: The spec.
        name: The provider.

    Raises:
        TrustError: Somebody else owns it or a folder around it, or may write to one; names the owner and the mode.
    """
    found = exposed(path)
    if found is not None:
        raise TrustError(
            f"{found.place} {found.why}, so what the spec does is not yours to say",
            name,
            hint=f"`{found.cure} {found.place}`, or if it is as you want it, set TWAT_FS_TRUST={name}.",
        )


def _review(name: str) -> str:
    return f"`twat-fs spec review {name}` shows what it may do now, and asks."
