"""A URL as a code that a telephone reads off the terminal: QR (ISO/IEC 18004), two modules in each character."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from twat_fs.cli.colour import wants_colour
from twat_fs.cli.terminal import columns_of, encodes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import TextIO

    Matrix = Sequence[Sequence[int]]

#: Light modules around the code that readers need (ISO/IEC 18004, 6.3.8).
_BORDER = 4
#: For the upper and the lower module of a character, whether it is to be drawn.
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
#: Black on white, of the fixed colours of 256: the first sixteen are what the user's theme makes of them.
_BLACK_ON_WHITE = "\x1b[38;5;16;48;5;231m"
_WHITE = "\x1b[48;5;231m"
_BLACK = "\x1b[48;5;16m"
_PLAIN = "\x1b[0m"


class NoCode(Exception):
    """It cannot be drawn; the message says why."""


def qr_lines(text: str, stream: TextIO) -> list[str]:
    """The lines of the code.

    Without colours it is drawn in the light ones of the terminal, which is taken for dark unless `COLORFGBG` says
    that it is light: some readers do not know a code whose colours are the wrong way round.

    Args:
        text: What it says.
        stream: Where it goes: says which characters and colours there are, and how wide it is.

    Raises:
        NoCode: It does not fit, or there is nothing to draw it with.
    """
    matrix = _matrix(text)
    colours = wants_colour(stream)
    blocks = encodes(stream, "".join(_HALVES.values()))
    if not blocks and not colours:
        raise NoCode("there are neither blocks nor colours here to draw a code with")
    width = len(matrix[0]) * (1 if blocks else 2)
    room = columns_of(stream)
    if room is not None and room < width:
        raise NoCode(f"the code takes {width} columns, and the terminal has {room}")
    if not blocks:
        return _in_spaces(matrix)
    lines = _in_halves(matrix, drawn=1 if colours or _is_light() else 0)
    return [f"{_BLACK_ON_WHITE}{line}{_PLAIN}" for line in lines] if colours else lines


def _matrix(text: str) -> Matrix:
    """The modules with what is around them: 1 is dark."""
    import segno

    try:
        code = segno.make_qr(text, error="l")  # at once raised to what fits into the same size
    except segno.DataOverflowError:
        raise NoCode(f"{len(text)} characters are more than a code can hold") from None
    return [list(row) for row in code.matrix_iter(border=_BORDER)]


def _in_halves(matrix: Matrix, drawn: int) -> list[str]:
    rows = [*matrix, *([[1 - drawn] * len(matrix[0])] if len(matrix) % 2 else [])]
    return [
        "".join(_HALVES[upper == drawn, lower == drawn] for upper, lower in zip(rows[at], rows[at + 1], strict=True))
        for at in range(0, len(rows), 2)
    ]


def _in_spaces(matrix: Matrix) -> list[str]:
    return ["".join(f"{_BLACK if module else _WHITE}  " for module in row) + _PLAIN for row in matrix]


def _is_light() -> bool:
    """Whether the terminal says that its background is light: 7 and 9 to 15 of the sixteen colours."""
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return background.isdigit() and (int(background) == 7 or int(background) > 8)
