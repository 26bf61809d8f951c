from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twat_fs.units import in_unit, parse_duration, parse_size, shown_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        (0, 0),
        ("0", 0),
        ("12", 12),
        (104857600, 104857600),
        (10**18, 10**18),  # the largest that a spec may name
        ("200 MB", 200_000_000),
        ("200MB", 200_000_000),
        ("1 GiB", 1 << 30),
        ("1.5 KiB", 1536),
        ("0.001 kB", 1),
        ("5 b", 5),
        (" 4 TB ", 4 * 10**12),
        ("2 tib", 2 << 40),
    ],
)
def test_a_size_is_bytes(text: str | int, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "1 PB", "1e3", "1,5 MB", "0x10", "1 MB MB", "1.2345 MB", "١"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write 200 MB, 1 GiB"):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("5m", 300), ("1h", 3600), ("7d", 604_800), ("0s", 0), (" 2 h ", 7200)]
)
def test_a_duration_is_seconds(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", 5, "1w", "-1h", "1.5h", "h", "1h30m", "never", "1 H"])
def test_what_is_no_duration_is_refused(text: str | int) -> None:
    with pytest.raises(ValueError, match="write 30s, 5m, 1h or 7d"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "unit", "number"),
    [(0, "h", 0), (1, "h", 1), (3600, "h", 1), (3601, "h", 2), (59, "s", 59), (1, "d", 1)],
)
def test_a_duration_is_rounded_up(seconds: int, unit: str, number: int) -> None:
    assert in_unit(seconds, unit) == number


@given(st.integers(0, 10**9), st.sampled_from("smhd"))
def test_a_rounded_duration_is_the_least_that_is_long_enough(seconds: int, unit: str) -> None:
    length = parse_duration(f"1{unit}")
    number = in_unit(seconds, unit)
    assert (number - 1) * length < seconds <= number * length


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1500, "1.5 kB"),
        (200_000_000, "200 MB"),
        (1 << 30, "1.1 GB"),
        (10**15, "1000.0 TB"),
    ],
)
def test_a_size_is_shown_for_people(size: int, shown: str) -> None:
    assert shown_size(size) == shown


@given(st.integers(0, 10**18))
def test_any_size_is_shown(size: int) -> None:
    number, unit = shown_size(size).split(" ")
    assert float(number) >= 0
    assert unit in ("B", "kB", "MB", "GB", "TB")
