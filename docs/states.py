"""Draws `docs/states.svg`: what an upload goes through. `generate.py` writes it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

WIDTH, HEIGHT = 1000, 420
#: Half of a state's box, and the height of a line of text.
_HALF_WIDTH, _HALF_HEIGHT, _LINE = 50, 19, 15


class Way(NamedTuple):
    """How one state becomes another.

    Attributes:
        start: The state that is left; empty for the beginning.
        end: The one that is entered; empty for the end.
        path: Where the line goes, as SVG says it.
        words: When that is, a line each.
        at: Where the words stand.
        anchor: What of the words stands there: their `start`, `middle` or `end`.
    """

    start: str
    end: str
    path: str
    words: tuple[str, ...] = ()
    at: tuple[int, int] = (0, 0)
    anchor: str = "middle"


#: The middle of each state.
STATES = {
    "Choosing": (200, 190),
    "Sending": (500, 190),
    "Looking": (800, 190),
    "Waiting": (500, 80),
    "Failed": (200, 320),
    "Stopped": (500, 320),
    "Done": (800, 320),
}
WAYS = (
    Way("", "Choosing", "M160 80V171"),
    Way("Choosing", "Choosing", "M150 182C95 165 95 215 150 198", ("passed over (1)",), (100, 194), "end"),
    Way("Choosing", "Sending", "M250 198H450", ("ready, and takes such a file",), (350, 215)),
    Way("Choosing", "Failed", "M200 209V301", ("nobody is left (2)",), (208, 260), "start"),
    Way("Sending", "Choosing", "M450 182H250", ("given up (4)",), (350, 174)),
    Way("Sending", "Waiting", "M488 171V99", ("failed retryably (3)",), (480, 140), "end"),
    Way("Waiting", "Sending", "M512 99V171", ("the pause is over",), (520, 140), "start"),
    Way("Sending", "Looking", "M550 190H750", ("answered with a URL",), (650, 182)),
    Way("Sending", "Stopped", "M500 209V301", ("may not go on (5)",), (508, 260), "start"),
    Way("Looking", "Choosing", "M800 171C800 -20 210 -20 210 171", ("the URL serves something else (6)",), (500, 20)),
    Way("Looking", "Done", "M800 209V301", ("it is the file,", "or may not be looked at"), (808, 253), "start"),
    Way("Failed", "", "M200 339V379"),
    Way("Stopped", "", "M500 339V379"),
    Way("Done", "", "M800 339V379"),
)
_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" \
role="img">
<title>What an upload goes through</title>
<style>
svg {{ color: #24292f; background: #ffffff }}
@media (prefers-color-scheme: dark) {{ svg {{ color: #e6edf3; background: #1f2229 }} }}
rect, path {{ fill: none; stroke: currentColor }}
text, circle, marker path {{ fill: currentColor; stroke: none }}
.ring {{ fill: none; stroke: currentColor }}
</style>
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">\
<path d="M0 0L8 4L0 8z"/></marker></defs>"""


def drawn() -> str:
    """The picture."""
    lines = [
        _HEAD.format(width=WIDTH, height=HEIGHT),
        *_states(),
        *(line for way in WAYS for line in _way(way)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _states() -> Iterator[str]:
    for name, (x, y) in STATES.items():
        size = f'width="{2 * _HALF_WIDTH}" height="{2 * _HALF_HEIGHT}"'
        yield f'<rect x="{x - _HALF_WIDTH}" y="{y - _HALF_HEIGHT}" {size} rx="8"/>'
        yield f'<text x="{x}" y="{y + 4}" text-anchor="middle" font-weight="bold">{name}</text>'


def _way(way: Way) -> Iterator[str]:
    yield f'<path d="{way.path}" marker-end="url(#head)"/>'
    if not way.start:
        x, y = way.path[1:].partition("V")[0].split()
        yield f'<circle cx="{x}" cy="{y}" r="7"/>'
    if not way.end:
        x, y = STATES[way.start][0], int(way.path.rpartition("V")[2]) + 8
        yield f'<circle cx="{x}" cy="{y}" r="4"/><circle class="ring" cx="{x}" cy="{y}" r="8"/>'
    for number, words in enumerate(way.words):
        x, y = way.at[0], way.at[1] + number * _LINE
        yield f'<text x="{x}" y="{y}" text-anchor="{way.anchor}">{escape(words)}</text>'
