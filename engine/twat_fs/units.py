"""Sizes and durations as people write them: `200 MB`, `1 GiB`, `30s`, `7d`."""

from __future__ import annotations

import re

_SIZES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_SIZES |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def parse_size(text: str | int) -> int:
    """Bytes from `200 MB` (decimal), `1 GiB` (binary) or a plain number.

    Raises:
        ValueError: It is none of them.
    """
    found = re.fullmatch(r"([0-9]{1,19})(\.[0-9]{1,3})?\s*([KMGT]?i?B|)", str(text).strip(), re.IGNORECASE)
    if found is None:
        raise ValueError(f"`{text}` is not a size; write 200 MB, 1 GiB or a number of bytes")
    factor = _SIZES[found[3].upper()]
    return int(found[1]) * factor + round(float(found[2] or 0) * factor)


def parse_duration(text: str | int) -> int:
    """Seconds from `30s`, `5m`, `1h` or `7d`.

    Raises:
        ValueError: It is none of them.
    """
    found = re.fullmatch(r"([0-9]{1,9})\s*([smhd])", str(text).strip())
    if found is None:
        raise ValueError(f"`{text}` is not a duration; write 30s, 5m, 1h or 7d")
    return int(found[1]) * _SECONDS[found[2]]


def parse_moment(text: str | float) -> int:
    """Unix seconds from Unix seconds, or from a date of ISO 8601; without a zone it is that of this machine.

    Raises:
        ValueError: It is neither.
    """
    from datetime import datetime

    written = str(text).strip()
    if re.fullmatch(r"[0-9]{1,11}(\.[0-9]+)?", written):
        return int(float(written))
    # Python 3.10 reads neither Z nor any number of digits of a second.
    plain = re.sub(r"[.,][0-9]+", "", re.sub(r"[zZ]$", "+00:00", written))
    try:
        return int(datetime.fromisoformat(plain).timestamp())
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"`{text}` is not a date; write 2026-01-31, 2026-01-31T12:00 or Unix seconds") from error


def in_unit(seconds: int, unit: str) -> int:
    """A duration as a whole number of `s`, `m`, `h` or `d`, rounded up."""
    return -(-seconds // _SECONDS[unit])


def shown_size(size: int) -> str:
    """Bytes for people, in decimal units."""
    value = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value == int(value) else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
