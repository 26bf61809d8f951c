"""Whether a provider can take a file at all, and do what the caller needs, from what its spec says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twat_fs.errors import BadRequest, NonRetryableError, NotOffered, TooLarge, UnsupportedType, UsageError
from twat_fs.spec.options import wire_value
from twat_fs.tuples import NamedTuple
from twat_fs.units import parse_duration, shown_size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twat_fs.source import Source
    from twat_fs.spec.model import Spec


class Needs(NamedTuple):
    """What a caller needs of a provider, whichever it is.

    Attributes:
        expires: How long the file is to be kept, such as `1d`, or `never`; a host that does not offer just this takes
            the next longer time that it does.
        private: The file is to be listed nowhere, or hard to guess: what the host calls private.
        password: A password that whoever fetches the file is asked for.
        deletable: The file can be deleted again.
        direct: The URL gives the file itself, not a page about it.
    """

    expires: str | None = None
    private: bool = False
    password: str | None = None
    deletable: bool = False
    direct: bool = False

    @property
    def options(self) -> dict[str, Any]:
        """Those that are said to a provider by its options, which are named alike everywhere."""
        said = {"expires": self.expires, "private": self.private or None, "password": self.password}
        return {name: value for name, value in said.items() if value is not None}


# What is missing where a spec has no such option.
_UNSAID = {
    "expires": "it does not let anybody say how long a file is kept",
    "private": "it has no private uploads",
    "password": "it has no passwords for files",
}


def check_needs(needs: Needs) -> None:
    """Refuse what no provider could meet, since it is no wish at all.

    Raises:
        UsageError: `expires` is not a duration.
    """
    try:
        if needs.expires not in (None, "never"):
            parse_duration(str(needs.expires))
    except ValueError as error:
        raise UsageError(f"expires: {error}", hint="Or `never`.") from error


def abilities(spec: Spec) -> list[str]:
    """Which needs a provider can meet at all, by the names of the switches that ask for them."""
    found = [name for name in _UNSAID if _has(spec, name)]
    found += ["deletable"] if deletes(spec) else []
    return found + (["direct"] if _direct(spec) else [])


def unmet(spec: Spec, needs: Needs) -> NotOffered | None:
    """Why a provider cannot do what is needed of it, all that is missing in one; None where it can."""
    missing = list(_missing(spec, needs))
    return NotOffered("; ".join(missing), spec.name) if missing else None


def _missing(spec: Spec, needs: Needs) -> Iterator[str]:
    for name, value in needs.options.items():
        if not _has(spec, name):
            yield _UNSAID[name]
        elif name != "password":  # whether a host takes this very one is seen when it is given to it
            yield from _refused(name, spec, value)
    if needs.deletable and not deletes(spec):
        yield "what was uploaded cannot be deleted"
    if needs.direct and not _direct(spec):
        yield "its links open a page, not the file itself"


def _has(spec: Spec, option: str) -> bool:
    # A Python provider's card may have the option for another thing: that of s3 is how long a signed URL works.
    other = option == "expires" and spec.capabilities.get("expiration") is False
    return option in spec.options and not other


def deletes(spec: Spec) -> bool:
    """Whether what was uploaded can be deleted."""
    return bool(spec.delete or spec.capabilities.get("delete"))


def _direct(spec: Spec) -> bool:
    return spec.capabilities.get("direct_link") is not False


def _refused(name: str, spec: Spec, value: Any) -> Iterator[str]:
    try:
        wire_value(name, spec.options[name], value)
    except UsageError as error:
        yield f"{error.message}. {error.hint}".rstrip(". ")


def unfit(spec: Spec, source: Source) -> NonRetryableError | None:
    """Why a provider cannot take a file, from what its spec says; None where it can."""
    if not takes(spec, source.size):
        limit = spec.max_file_size or 0
        return TooLarge(
            f"the file has {shown_size(source.size)} ({source.size} bytes); "
            f"this host takes {shown_size(limit)} ({limit} bytes) at most",
            spec.name,
        )
    if source.size < spec.min_file_size:
        return BadRequest(f"the file has {source.size} bytes; this host takes {spec.min_file_size} at least", spec.name)
    refused = spec.capabilities.get("refused_types") or []
    supported = spec.capabilities.get("supported_types") or ["*"]
    if _matches(refused, source) or not _matches(supported, source):
        return UnsupportedType(f"this host does not take files such as `{source.name}` ({source.type})", spec.name)
    return None


def takes(spec: Spec, size: int) -> bool:
    """Whether a provider takes a file of so many bytes, as far as its spec says."""
    limit = spec.max_file_size
    return limit is None or size <= limit


def _matches(patterns: Sequence[str], source: Source) -> bool:
    """Whether a file is of one of some types: `*`, `image/*`, `image/png` or `.png`."""
    name = source.name.lower()
    for pattern in patterns:
        if pattern in ("*", "*/*") or (pattern.startswith(".") and name.endswith(pattern.lower())):
            return True
        if source.type == pattern or (pattern.endswith("/*") and source.type.startswith(pattern[:-1])):
            return True
    return False
