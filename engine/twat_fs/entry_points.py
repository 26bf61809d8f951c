"""Providers in installed packages: entry points of the group `twat_fs.providers`, each a name and a module.

Asking Python for entry points takes longer than finding a spec, so it is asked only for a name that no spec has, and
when all are listed. A module is imported when its provider is chosen; a card beside it, `NAME.yaml`, is read before.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from twat_fs.spec.catalog import Catalog, Entry
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "twat_fs.providers"
_ORIGIN = "package "
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")


class _Installed(NamedTuple):
    module: str
    package: str
    version: str


class InstalledCatalog(Catalog):
    """A catalog that knows the providers of installed packages too; a spec of the same name wins."""

    _known: dict[str, _Installed] | None = None

    def entry(self, name: str) -> Entry | None:
        """Where a name's spec, or its entry point, is, or None."""
        return super().entry(name) or self._entry(name)

    def entries(self) -> list[Entry]:
        """Every spec and every entry point, by name."""
        found = {entry.name: entry for entry in super().entries()}
        for name in self._installed():
            entry = self._entry(name)
            if entry is not None:
                found.setdefault(name, entry)
        return [found[name] for name in sorted(found)]

    def nearest(self, name: str) -> str:
        """What to do where a name is not known, as a sentence."""
        import difflib

        close = difflib.get_close_matches(name, [entry.name for entry in self.entries()], 1)
        return f"Did you mean `{close[0]}`?" if close else "`twat-fs upload_provider list` names them all."

    def content(self, entry: Entry) -> bytes:
        """The bytes of a spec; for an entry point without a card, of one that says no more than it does."""
        if card_path(entry) or os.path.isfile(entry.path):
            return super().content(entry)
        found = self._installed()[entry.name]
        lines = [
            "spec: 1",
            f"name: {entry.name}",
            f"title: {entry.name} of the package {found.package}",
            "kind: python",
            f"module: {found.module}",
        ]
        return "\n".join([*lines, ""]).encode()

    def _entry(self, name: str) -> Entry | None:
        found = self._installed().get(name)
        if found is None:
            return None
        told = f"{found.package} {found.version} (entry point {name} = {found.module})"
        return Entry(name, _card(name, found.module) or told, _ORIGIN + found.package)

    def _installed(self) -> dict[str, _Installed]:
        if self._known is None:
            from importlib.metadata import entry_points

            points = sorted(entry_points(group=GROUP), key=_owner)
            self._known = {point.name: _described(point) for point in points if _NAME.fullmatch(point.name)}
        return self._known


def card_path(entry: Entry) -> str:
    """The card beside which a module may be; empty for an entry point, whose module is an installed one."""
    return "" if entry.origin.startswith(_ORIGIN) else entry.path


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else ""


def _described(point: EntryPoint) -> _Installed:
    return _Installed(point.module, _owner(point) or "unknown", point.dist.version if point.dist else "")


def _card(name: str, module: str) -> str | None:
    """The card beside a module, found without importing anything."""
    from importlib.util import find_spec

    top, *rest = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    folders = spec.submodule_search_locations or [os.path.dirname(spec.origin or "")]
    paths = [os.path.join(folder, *rest[:-1], f"{name}.yaml") for folder in folders if folder]
    return next((path for path in paths if os.path.isfile(path)), None)
