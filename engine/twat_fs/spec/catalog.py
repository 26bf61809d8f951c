"""Every spec that can be found, by name; compiled ones are kept, by the hash of what they were compiled from.

A spec that is named is found without reading any other, so that a folder of a thousand costs what a folder of ten does.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from twat_fs import bundled
from twat_fs.errors import SpecError
from twat_fs.source import Source
from twat_fs.spec.card_cache import CardCache
from twat_fs.spec.limits import SIZE_LIMIT
from twat_fs.spec.model import Spec, from_card
from twat_fs.tuples import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME = r"[a-z0-9][a-z0-9_-]{0,31}"
_SUFFIXES = (".yaml", ".yml")
_BUNDLED = "bundled"
#: Specs that this process has compiled, by where they are and what their files were then; no more than so many.
_specs: dict[Any, Spec] = {}
_KEPT = 200


class Entry(NamedTuple):
    """A spec's place.

    Attributes:
        name: The provider's name: the file's stem.
        path: The file; for a bundled spec inside a wheel its name there.
        origin: `bundled`, or the folder.
    """

    name: str
    path: str
    origin: str

    @property
    def bundled(self) -> bool:
        """Whether it comes with the package."""
        return self.origin == _BUNDLED


class Catalog:
    """Finds and compiles specs.

    Args:
        folders: The folders to look in beside the bundled specs; a later one wins.
        cache: The folder for compiled specs; None keeps none.
    """

    def __init__(self, folders: Sequence[str], cache: str | None) -> None:
        self.folders = tuple(folders)
        self._checkout = bundled.checkout_folder()
        self._cards = CardCache(cache, self._checkout)
        self._index: dict[str, dict[str, Any]] | None = None
        self._compiled: dict[Entry, Spec] = {}

    def entry(self, name: str) -> Entry | None:
        """Where a name's spec is, or None."""
        if not re.fullmatch(_NAME, name):
            return None
        for folder in reversed(self.folders):
            found = _in_folder(folder, name)
            if found:
                return Entry(name, found, folder)
        return self.bundled_entry(name)

    def bundled_entry(self, name: str) -> Entry | None:
        """The bundled spec of a name, even where another one takes the name."""
        if self._checkout:
            found = _in_folder(self._checkout, name)
            return Entry(name, found, _BUNDLED) if found else None
        return Entry(name, f"providers.d/{name}.yaml", _BUNDLED) if name in self.index() else None

    def entries(self) -> list[Entry]:
        """Every spec, by name; of two with one name the one that wins."""
        found = {name: Entry(name, f"providers.d/{name}.yaml", _BUNDLED) for name in self._bundled_names()}
        if self._checkout:
            found |= {name: Entry(name, path, _BUNDLED) for name, path in _listed(self._checkout)}
        for folder in self.folders:
            found |= {name: Entry(name, path, folder) for name, path in _listed(folder)}
        return [found[name] for name in sorted(found)]

    def content(self, entry: Entry) -> bytes:
        """The bytes of a spec.

        Raises:
            SourceError: The file cannot be read.
        """
        content = bundled.read(entry.path) if entry.bundled and not self._checkout else None
        if content is not None:
            return content
        with Source(entry.path) as source:
            return source.start(SIZE_LIMIT + 1)

    def spec(self, entry: Entry) -> Spec:
        """The compiled spec as this catalog read it first; what did not change is compiled once in a process.

        Raises:
            SpecError: It is not valid.
        """
        if entry not in self._compiled:
            stamp = (entry, _identity(entry.path))
            self._compiled[entry] = _specs.get(stamp) or self._spec(entry)
            if stamp[1] is not None:
                _specs[stamp] = self._compiled[entry]
                while len(_specs) > _KEPT:
                    _specs.pop(next(iter(_specs)), None)
        return self._compiled[entry]

    def _spec(self, entry: Entry) -> Spec:
        try:
            return from_card(self.card(entry))
        except (KeyError, TypeError, AttributeError, ValueError):  # something else stands in the cache
            return from_card(self.card(entry, kept=False))

    def index(self) -> dict[str, dict[str, Any]]:
        """Of each bundled spec what the choice of a provider needs: `rank`, and as `credentials` what holds secrets."""
        if self._index is None:
            ready = bundled.read("compiled/index.json")
            self._index = json.loads(ready) if ready and not self._checkout else self._built_index()
        return self._index

    def default_order(self) -> list[str]:
        """The names of the bundled providers that have a rank, in its order; a name that was taken is left out."""
        ranked = [(facts["rank"], name) for name, facts in self.index().items() if facts["rank"] is not None]
        return [name for _, name in sorted(ranked) if not any(_in_folder(folder, name) for folder in self.folders)]

    def owner(self, credential: str) -> str | None:
        """The bundled provider that the variable of a credential, or of a secret option, belongs to, or None."""
        return next((name for name, facts in self.index().items() if credential in facts["credentials"]), None)

    def _bundled_names(self) -> list[str]:
        return [] if self._checkout else list(self.index())

    def _built_index(self) -> dict[str, dict[str, Any]]:
        folder = self._checkout
        if folder is None:
            return {}
        key = self._cards.key("".join(_stamp(path) for _, path in _listed(folder)).encode(), "index")
        kept = self._cards.read(key)
        if kept is not None:
            return kept
        specs = [self.spec(Entry(name, path, _BUNDLED)) for name, path in _listed(folder)]
        index = index_of(specs)
        self._cards.write(key, index)
        return index

    def card(self, entry: Entry, *, kept: bool = True) -> dict[str, Any]:
        """The compiled spec as plain data.

        Args:
            entry: The spec's place.
            kept: Whether one that was compiled before will do.

        Raises:
            SpecError: It is not valid.
        """
        ready = bundled.read(f"compiled/{entry.name}.json") if entry.bundled and not self._checkout else None
        if ready is not None:
            shipped: dict[str, Any] = json.loads(ready)
            return shipped
        content = self.content(entry)
        key = self._cards.key(content, entry.name)
        card = self._cards.read(key) if kept else None
        if card is None:
            card = compile_card(content, entry.name, entry.path)
            self._cards.write(key, card)
        return card


def compile_card(content: bytes, stem: str | None, path: str) -> dict[str, Any]:
    """Check and compile a spec.

    Raises:
        SpecError: It is not valid; names each problem as `path:line:column`.
    """
    import hashlib

    from twat_fs.spec.check import check

    checked = check(content, stem)
    if checked.card is None:
        rows = [f"{path}:{item.place.line}:{item.place.column}: {item.message}" for item in checked.errors]
        raise SpecError(
            f"{path}: the spec is not valid: {len(rows)} problem{'s' if len(rows) > 1 else ''}",
            problems=rows,
            hint=f"`twat-fs validate-spec {path}` says more about each.",
        )
    return {**checked.card, "sha256": hashlib.sha256(content).hexdigest()}


def index_of(specs: Sequence[Spec]) -> dict[str, dict[str, Any]]:
    """What `Catalog.index` gives, for some specs."""
    return {
        spec.name: {
            "rank": None if spec.status == "closed" else spec.rank,
            "credentials": [
                *(name for item in spec.credentials for name in (item.name, *item.aliases)),
                *(item["env"] for item in spec.options.values() if item.get("secret") and item.get("env")),
            ],
        }
        for spec in specs
    }


def _identity(path: str) -> tuple[int, ...] | None:
    """What tells a file from what it was before; None where there is no file, as inside a zip."""
    try:
        facts = os.stat(path)
    except OSError:
        return None
    return facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns


def _stamp(path: str) -> str:
    facts = os.stat(path)
    return f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0"


def _in_folder(folder: str, name: str) -> str | None:
    for suffix in _SUFFIXES:
        path = os.path.join(folder, name + suffix)
        if os.path.isfile(path):
            return path
    return None


def _listed(folder: str) -> Iterator[tuple[str, str]]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        stem, suffix = os.path.splitext(name)
        path = os.path.join(folder, name)
        if suffix in _SUFFIXES and re.fullmatch(_NAME, stem) and _in_folder(folder, stem) == path:
            yield stem, path
