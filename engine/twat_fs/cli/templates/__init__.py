"""What `twat-fs new-provider` writes: for each kind a module, its card and its test, with marks such as `@NAME@`."""

from __future__ import annotations

from twat_fs.tuples import NamedTuple


class Template(NamedTuple):
    """The three files of a kind."""

    module: str
    card: str
    test: str
