"""`twat-fs upload_provider list`: what there is, all of it or what does what is needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from twat_fs.cli.colour import painter
from twat_fs.errors import TwatFsError, UsageError
from twat_fs.fitting import Needs, abilities, check_needs, takes, unmet
from twat_fs.units import parse_size, shown_size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from twat_fs.registry import Registry
    from twat_fs.spec.catalog import Entry
    from twat_fs.spec.model import Spec

    Row = tuple[dict[str, Any], str]


def rows(registry: Registry, given: dict[str, Any]) -> Iterator[Row]:
    """A row for each provider, as data and as a line.

    Args:
        registry: Where they come from.
        given: The command's options.

    Raises:
        UsageError: A size or a duration is none.
    """
    suits = _filter(given)
    asked = suits is not _all
    paint = painter(sys.stdout)
    order = registry.catalog.default_order()
    for entry in registry.catalog.entries():
        facts = _whose(registry, entry)
        try:
            spec = registry.provider(entry.name).spec
        except TwatFsError as error:
            if not asked:
                line = f"{paint(f'{entry.name:<14}', 'bold')} {paint(f'not valid: {error.message}', 'red')}"
                yield {**facts, "error": error.message}, line
            continue
        if suits(spec):
            rank = order.index(entry.name) + 1 if entry.name in order else None
            facts |= {"title": spec.title, "default_order": rank, **_facts(spec)}
            yield facts, _line(entry, spec, facts)


def names(registry: Registry, given: dict[str, Any]) -> list[str]:
    """The names of the providers that `rows` is about.

    Raises:
        UsageError: A size or a duration is none.
    """
    return [facts["name"] for facts, _ in rows(registry, given)]


def _whose(registry: Registry, entry: Entry) -> dict[str, Any]:
    taken = not entry.bundled and registry.catalog.bundled_entry(entry.name) is not None
    return {"name": entry.name, "origin": entry.origin, "replaces_bundled": taken}


def _facts(spec: Spec) -> dict[str, Any]:
    return {
        "status": spec.status,
        "max_file_size": spec.max_file_size,
        "retention": spec.capabilities.get("retention"),
        "abilities": abilities(spec),
        "credentials": [credential.name for credential in spec.credentials],
    }


def _line(entry: Entry, spec: Spec, facts: dict[str, Any]) -> str:
    paint = painter(sys.stdout)
    needed = [credential.name for credential in spec.credentials if credential.required]
    place = ", in place of the bundled one" if facts["replaces_bundled"] else ""
    words = [
        spec.title,
        paint("closed", "red") if facts["status"] == "closed" else "",
        f"up to {shown_size(spec.max_file_size)}" if spec.max_file_size else "",
        str(facts["retention"] or ""),
        paint(", ".join(facts["abilities"]), "green"),
        paint(f"needs {', '.join(needed)}", "yellow") if needed else "",
        "" if entry.bundled else paint(f"from {entry.path}{place}", "dim"),
    ]
    rank = f"#{facts['default_order']}" if facts["default_order"] else "-"
    name, place = paint(f"{entry.name:<14}", "bold"), paint(f"{rank:>4}", "cyan")
    return f"{name} {place}  {'; '.join(word for word in words if word)}"


def _all(_spec: Spec) -> bool:
    return True


def _filter(given: dict[str, Any]) -> Callable[[Spec], bool]:
    # Whether a host takes a certain password is not asked here.
    password = "*" if given["password"] else None
    needs = Needs(given["expires"], given["private"], password, given["deletable"], given["direct"])
    size = _size(given["min_size"])
    if needs == Needs() and size is None and not given["no_auth"]:
        return _all
    check_needs(needs)

    def suits(spec: Spec) -> bool:
        if given["no_auth"] and spec.needs_login:
            return False
        return spec.status != "closed" and (size is None or takes(spec, size)) and unmet(spec, needs) is None

    return suits


def _size(text: str | None) -> int | None:
    try:
        return None if text is None else parse_size(text)
    except ValueError as error:
        raise UsageError(f"--min-size: {error}") from error
