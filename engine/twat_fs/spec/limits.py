"""Limits that are needed before a spec is read, and so without what reads it."""

from __future__ import annotations

#: Bytes of a spec: the cap of `docs/spec-language.md`.
SIZE_LIMIT = 256 * 1024

#: Characters of all templates and queries of a spec, which take most of the time; the largest bundled one has 2,000.
EXPRESSIONS_LIMIT = 32 * 1024
