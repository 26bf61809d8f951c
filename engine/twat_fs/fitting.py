"""Whether a provider can take a file at all, from what its spec says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twat_fs.errors import NonRetryableError, TooLarge, UnsupportedType
from twat_fs.units import shown_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twat_fs.source import Source
    from twat_fs.spec.model import Spec


def unfit(spec: Spec, source: Source) -> NonRetryableError | None:
    """Why a provider cannot take a file, from what its spec says; None where it can."""
    limit = spec.max_file_size
    if limit is not None and source.size > limit:
        return TooLarge(
            f"the file has {shown_size(source.size)} ({source.size} bytes); "
            f"this host takes {shown_size(limit)} ({limit} bytes) at most",
            spec.name,
        )
    refused = spec.capabilities.get("refused_types") or []
    supported = spec.capabilities.get("supported_types") or ["*"]
    if _matches(refused, source) or not _matches(supported, source):
        return UnsupportedType(f"this host does not take files such as `{source.name}` ({source.type})", spec.name)
    return None


def _matches(patterns: Sequence[str], source: Source) -> bool:
    """Whether a file is of one of some types: `*`, `image/*`, `image/png` or `.png`."""
    name = source.name.lower()
    for pattern in patterns:
        if pattern in ("*", "*/*") or (pattern.startswith(".") and name.endswith(pattern.lower())):
            return True
        if source.type == pattern or (pattern.endswith("/*") and source.type.startswith(pattern[:-1])):
            return True
    return False
