"""A code in the terminal: what was drawn is read back by a decoder, as a telephone would."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
import zxingcpp

from twat_fs.cli.qr import NoCode, qr_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

URL = "https://files.example/f/3xAmPl3/report%20of%20may.pdf?x=1"
#: Pixels of a module.
_SCALE = 4


class Terminal(io.StringIO):
    """A terminal of some encoding."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


def read(lines: Sequence[str], ground: int, ink: int, *, inverted: bool = False) -> str:
    """What a decoder finds in the picture of a terminal with such a background and such letters.

    Args:
        lines: What was drawn.
        ground: The shade of the background, from 0 (black) to 255.
        ink: That of letters.
        inverted: Whether the decoder may look for codes whose colours are the wrong way round.
    """
    rows = [half for line in lines for half in _halves(line, ground, ink)]
    width = len(rows[0]) + 8
    rows = [[ground] * width] * 4 + [[ground] * 4 + row + [ground] * 4 for row in rows] + [[ground] * width] * 4
    pixels = bytes(shade for row in rows for _ in range(_SCALE) for shade in row for _ in range(_SCALE))
    picture = memoryview(pixels).cast("B", (len(rows) * _SCALE, width * _SCALE))
    found = zxingcpp.read_barcodes(picture, try_invert=inverted)
    return found[0].text if found else ""


def _halves(line: str, ground: int, ink: int) -> list[list[int]]:
    """The two rows of pixels of a line; the colours are those that the drawing sets."""
    behind, front = ground, ink
    upper: list[int] = []
    lower: list[int] = []
    for codes, letter in re.findall(r"\x1b\[([\d;]*)m|(.)", line):
        if codes == "0":
            behind, front = ground, ink
        elif codes:
            front = 0 if "38;5;16" in codes else front
            behind = 255 if "48;5;231" in codes else 0 if codes == "48;5;16" else behind
        if letter:
            upper.append(front if letter in "▀█" else behind)
            lower.append(front if letter in "▄█" else behind)
    return [upper, lower]


DARK = (0, 255)
LIGHT = (255, 0)


@pytest.mark.parametrize("theme", [DARK, LIGHT, (40, 140)], ids=["dark", "light", "grey"])
def test_a_code_with_colours_is_read_on_any_background(theme: tuple[int, int]) -> None:
    assert read(qr_lines(URL, Terminal()), *theme) == URL


@pytest.mark.parametrize(
    ("theme", "told"),
    [(DARK, None), (DARK, "15;0"), (LIGHT, "0;15"), (LIGHT, "0;default;15")],
    ids=["unknown", "dark", "light", "rxvt"],
)
def test_a_code_without_colours_is_the_right_way_round(
    theme: tuple[int, int], told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    if told:
        monkeypatch.setenv("COLORFGBG", told)
    lines = qr_lines(URL, Terminal())
    assert "\x1b" not in "".join(lines)
    assert read(lines, *theme) == URL


def test_a_code_the_wrong_way_round_is_known_to_newer_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = qr_lines(URL, Terminal())
    assert read(lines, *LIGHT) == ""
    assert read(lines, *LIGHT, inverted=True) == URL


def test_without_blocks_colours_alone_draw_it() -> None:
    lines = qr_lines(URL, Terminal("ascii"))
    assert "".join(lines).isascii()
    squeezed = [re.sub(r"  ", " ", line) for line in lines]  # a module is two characters wide, a line is one high
    rows = [row for line in squeezed for row in [_halves(line, 0, 255)[0]]]
    pixels = bytes(shade for row in rows for _ in range(_SCALE) for shade in row for _ in range(_SCALE))
    picture = memoryview(pixels).cast("B", (len(rows) * _SCALE, len(rows[0]) * _SCALE))
    assert zxingcpp.read_barcodes(picture)[0].text == URL


def test_with_neither_blocks_nor_colours_there_is_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    with pytest.raises(NoCode, match="neither blocks nor colours"):
        qr_lines(URL, Terminal("latin-1"))


def test_what_no_code_holds_is_refused() -> None:
    with pytest.raises(NoCode, match="more than a code can hold"):
        qr_lines("https://h.example/" + "é" * 3000, Terminal())


def test_a_code_is_not_broken_by_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("twat_fs.cli.qr.columns_of", lambda _: 20)
    with pytest.raises(NoCode, match="takes 41 columns, and the terminal has 20"):
        qr_lines(URL, Terminal())


@pytest.mark.parametrize("size", [1, 17, 100, 900])
def test_urls_of_any_length_are_read(size: int) -> None:
    url = f"http://h/{'a' * size}"
    assert read(qr_lines(url, Terminal()), *DARK) == url
