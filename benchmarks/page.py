"""The rows as a table for the terminal, and as a page with a chart."""

from __future__ import annotations

from html import escape
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.interruptions import End
    from benchmarks.measure import Pair

ROW = "{:15} {:>13} {:>12} {:>9} {:>9} {:>7} {:>11} {:>9} {:>10}"
# The chart: pixels.
_LEFT, _WIDE, _HIGH, _RIGHT = 250, 420, 22, 150


def row(pair: Pair) -> str:
    """One line of the table."""
    return ROW.format(pair.title, *pair.names, *_figures(pair)) + _more(pair)


def page(folder: Path, about: str, pairs: Sequence[Pair], ends: Sequence[End]) -> None:
    """Write `benchmarks.md` and `benchmarks.svg`."""
    (folder / "benchmarks.svg").write_text("\n".join(_chart(pairs)) + "\n", encoding="utf-8")
    (folder / "benchmarks.md").write_text("\n".join(_page(about, pairs, ends)) + "\n", encoding="utf-8")


def transfers(pairs: Sequence[Pair]) -> Iterator[tuple[str, str, float]]:
    """Throughput, ours over theirs: of a large file, less the time of a small one, which is what starting takes."""
    for small, large in product(pairs, pairs):
        if (small.names, small.host) == (large.names, large.host) and 0 < small.size < large.size:
            ours = large.ours.seconds - small.ours.seconds
            theirs = large.theirs.seconds - small.theirs.seconds
            yield large.title, large.names[1], theirs / ours


def _figures(pair: Pair) -> tuple[str, ...]:
    ours, theirs = pair.ours, pair.theirs
    low, high = pair.spread
    return (
        f"{ours.seconds * 1000:.0f}",
        f"{theirs.seconds * 1000:.0f}",
        f"{pair.ratio:.2f}",
        f"{low:.2f}-{high:.2f}",
        f"{ours.peak:.0f}",
        f"{theirs.peak:.0f}",
    )


def _more(pair: Pair) -> str:
    """What only some rows tell: the speed of a large file, the time of each of many specs."""
    if pair.items:
        return f"   {pair.ours.seconds * 1000 / pair.items:.1f} ms each"
    return f"   {pair.size / 2**20 / pair.ours.seconds:.0f} MiB/s" if pair.size >= 1 << 20 else ""


def _page(about: str, pairs: Sequence[Pair], ends: Sequence[End]) -> Iterator[str]:
    yield "# How fast it is\n"
    yield "Written by `python -m benchmarks --write docs`, which says what is measured and how. Trust the ratios.\n"
    yield from (f"    {line}" for line in about.strip().splitlines())
    yield "\n![Ours over theirs, in time](benchmarks.svg)\n"
    yield "| What | Ours | Beside | Ours, ms | Theirs, ms | Time, ours over theirs | Spread | Ours, MiB | Theirs, MiB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for pair in pairs:
        yield f"| {' | '.join((pair.title, *pair.names, *_figures(pair)))} |"
    yield "\nThe transfer alone, without what a process takes to start: the large file's time less the small one's.\n"
    yield "| What | Beside | Throughput, ours over theirs |"
    yield "| --- | --- | --- |"
    yield from (f"| {title} | {name} | {ratio:.2f} |" for title, name, ratio in transfers(pairs))
    yield "\nFrom a signal to the end of the command, in each phase of an upload.\n"
    yield "| A signal while | Signal | Median, ms | Longest, ms |"
    yield "| --- | --- | --- | --- |"
    yield from (f"| {' | '.join(end.cells)} |" for end in ends)


def _chart(pairs: Sequence[Pair]) -> Iterator[str]:
    """Bars of the ratios, with a line where both take as long."""
    most = max(2.0, *(pair.ratio for pair in pairs))
    scale = _WIDE / most
    height = _HIGH * len(pairs) + 40
    size = f'width="{_LEFT + _WIDE + _RIGHT}" height="{height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">'
    yield "<title>Time of twat-fs over the time of what stands beside it; shorter is faster</title>"
    yield '<rect width="100%" height="100%" fill="#ffffff"/>'
    for place, pair in enumerate(pairs):
        y = _HIGH * place + 8
        colour = "#2e7d32" if pair.ratio <= 1 else "#b26a00"
        label = escape(f"{pair.title}: {pair.names[0]} / {pair.names[1]}")
        yield f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end">{label}</text>'
        yield f'<rect x="{_LEFT}" y="{y}" width="{pair.ratio * scale:.1f}" height="{_HIGH - 6}" fill="{colour}"/>'
        yield f'<text x="{_LEFT + pair.ratio * scale + 6:.1f}" y="{y + 13}">{pair.ratio:.2f} x</text>'
    line = _LEFT + scale
    yield f'<line x1="{line:.1f}" x2="{line:.1f}" y1="2" y2="{height - 26}" stroke="#555555" stroke-dasharray="4 3"/>'
    yield f'<text x="{line:.1f}" y="{height - 10}" text-anchor="middle">as long as theirs</text>'
    yield "</svg>"
