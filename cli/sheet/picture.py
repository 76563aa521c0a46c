"""The picture of a fact sheet: what each year costs in euros, beside its budget; static SVG, drawn by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from solidair.cli.numbers import number
from solidair.cli.report.fans import round_ticks
from solidair.cli.report.plots import BLUE, FONT, INK, LINE, MUTED, PALE_BLUE

LEFT, RIGHT, TOP, HEIGHT, BOTTOM = 36, 336, 6, 104, 17
"""Plot area, pixels: ends of the years, margin above, height, room for the years."""

BAR = 13
"""Half the width of the mark of a budget, and of the bar of a year that stands alone."""

YEAR_LABELS, TICKS = 8, 5


@dataclass(frozen=True)
class YearRange:
    """One year: its label, and budget and quantiles in the unit of the axis."""

    label: str
    budget: float
    low: float
    middle: float
    high: float


def money_fan(years: Sequence[YearRange], language: str) -> str:
    """Return the SVG of the years of one member; one year alone is a bar."""
    values = [v for y in years for v in (y.budget, y.low, y.middle, y.high)]
    low, high = min(values), max(values)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 1.0
    low, high = low - room, high + room
    width, height, count = RIGHT + 6, TOP + HEIGHT + BOTTOM, len(years)
    inner = LEFT + BAR + 6, RIGHT - BAR - 2
    xs = [inner[0] + (inner[1] - inner[0]) * (t / (count - 1) if count > 1 else 0.5) for t in range(count)]

    def y(value: float) -> str:
        return f"{TOP + HEIGHT * (high - value) / (high - low):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<g font-family="{FONT}" font-size="9px" fill="{MUTED}">',
    ]
    ticks, decimals = round_ticks(low, high, TICKS)
    for tick in ticks:
        at = float(y(tick))
        parts.append(f'<path d="M{LEFT} {at}H{width}" stroke="{LINE}" stroke-opacity="0.35"/>')
        shown = number(tick, language, decimals)
        parts.append(f'<text x="{LEFT - 6}" y="{at + 3:.1f}" text-anchor="end">{shown}</text>')
    every = -(-count // YEAR_LABELS)
    for x, year in list(zip(xs, years, strict=True))[::every]:
        parts.append(f'<text x="{x:.1f}" y="{height - 5}" text-anchor="middle">{year.label}</text>')
    parts.append(f'</g><path d="M{LEFT} {TOP}V{TOP + HEIGHT}H{width}" fill="none" stroke="{LINE}"/>')
    # A year that stands alone is as wide as its mark.
    ends = list(zip(xs, years, strict=True)) if count > 1 else [(xs[0] + side * BAR, years[0]) for side in (-1, 1)]
    above = " ".join(f"{x:.1f},{y(year.high)}" for x, year in ends)
    below = " ".join(f"{x:.1f},{y(year.low)}" for x, year in reversed(ends))
    line = " ".join(f"{x:.1f},{y(year.middle)}" for x, year in ends)
    parts.append(f'<polygon points="{above} {below}" fill="{PALE_BLUE}" fill-opacity="0.6"/>')
    parts.append(f'<polyline points="{line}" fill="none" stroke="{BLUE}" stroke-width="2.5"/>')
    wide = BAR if count <= YEAR_LABELS else BAR / 2
    for x, year in zip(xs, years, strict=True):
        parts.append(f'<path d="M{x - wide:.1f} {y(year.budget)}H{x + wide:.1f}" stroke="{INK}" stroke-width="2"/>')
    return "".join([*parts, "</svg>"])
