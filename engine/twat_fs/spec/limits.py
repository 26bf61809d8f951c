"""Limits that are needed before a spec is read, and so without what reads it."""

from __future__ import annotations

#: Bytes of a spec: the cap of `docs/spec-language.md`.
SIZE_LIMIT = 256 * 1024
