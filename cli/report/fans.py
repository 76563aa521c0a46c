"""Plots of the years: what a member pays from year to year, as bands between P10 and P90; static SVG, drawn by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from solidair.cli.numbers import points
from solidair.cli.report.plots import BLUE, FONT, GREY, INK, LINE, MUTED, PALE_BLUE, PALE_GREY

LEFT, RIGHT, TOP, HEIGHT, BOTTOM = 44, 290, 8, 116, 24
"""Plot area of a panel, pixels: ends of the years, margin above, height, room for the years."""

LAST = 325
"""Where all years together stand."""

STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0)
TICKS = 4
YEAR_LABELS = 6


@dataclass(frozen=True)
class Band:
    """One agreement: low, middle and high of every year, and of all years together; shares of the budget.

    Parameters
    ----------
    own
        Whether this is own use.
    years, horizon
        Triples (P10, P50, P90).
    """

    own: bool
    years: Sequence[tuple[float, float, float]]
    horizon: tuple[float, float, float]


def axis_of(panels: Sequence[Sequence[Band]]) -> tuple[float, float]:
    """Return the ends of an axis that holds all bands and the budget."""
    values = [v for bands in panels for band in bands for entry in (*band.years, band.horizon) for v in entry]
    low, high = min([*values, 1.0]), max([*values, 1.0])
    room = 0.04 * (high - low) or 0.05
    return low - room, high + room


def fan(bands: Sequence[Band], labels: Sequence[str], together: str, axis: tuple[float, float], language: str) -> str:
    """Return the SVG of one member.

    Parameters
    ----------
    bands
        Back to front.
    labels
        Of every year.
    together
        Label of all years together.
    axis
        From `axis_of`, the same for all members.
    """
    low, high = axis
    count = len(labels)
    xs = [LEFT + 8 + (RIGHT - LEFT - 16) * t / max(count - 1, 1) for t in range(count)]
    width, height = LAST + 21, TOP + HEIGHT + BOTTOM

    def y(value: float) -> str:
        return f"{TOP + HEIGHT * (high - value) / (high - low):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<g font-family="{FONT}" font-size="12px" fill="{MUTED}">',
    ]
    for tick in _ticks(low, high):
        parts.append(f'<path d="M{LEFT - 4} {y(tick)}H{LEFT}" stroke="{LINE}"/>')
        at = float(y(tick)) + 4
        parts.append(f'<text x="{LEFT - 7}" y="{at:.1f}" text-anchor="end">{points(tick, language)}</text>')
    every = math.ceil(count / YEAR_LABELS)
    for x, label in list(zip(xs, labels, strict=True))[::every]:
        parts.append(f'<text x="{x:.1f}" y="{height - 7}" text-anchor="middle">{label}</text>')
    parts.append(f'<text x="{LAST}" y="{height - 7}" text-anchor="middle">{together}</text></g>')
    parts.append(f'<path d="M{LEFT} {TOP}V{TOP + HEIGHT}H{width}" fill="none" stroke="{LINE}"/>')
    for band in bands:
        pale, dark = (PALE_GREY, GREY) if band.own else (PALE_BLUE, BLUE)
        ends = list(zip(xs, band.years, strict=True))
        above = " ".join(f"{x:.1f},{y(top)}" for x, (_, _, top) in ends)
        below = " ".join(f"{x:.1f},{y(bottom)}" for x, (bottom, _, _) in reversed(ends))
        parts.append(f'<polygon points="{above} {below}" fill="{pale}" fill-opacity="0.65"/>')
        at = LAST - 7 if band.own else LAST + 5
        bottom, middle, top = band.horizon
        parts.append(f'<path d="M{at} {y(bottom)}V{y(top)}" stroke="{pale}" stroke-width="7"/>')
        parts.append(f'<path d="M{at - 5} {y(middle)}H{at + 5}" stroke="{dark}" stroke-width="2.5"/>')
    for band in bands:
        line = " ".join(f"{x:.1f},{y(middle)}" for x, (_, middle, _) in zip(xs, band.years, strict=True))
        dark = GREY if band.own else BLUE
        parts.append(f'<polyline points="{line}" fill="none" stroke="{dark}" stroke-width="2.5"/>')
    parts.append(f'<path d="M{LEFT} {y(1.0)}H{width}" stroke="{INK}" stroke-dasharray="4 3"/></svg>')
    return "".join(parts)


def round_ticks(low: float, high: float, most: int = TICKS) -> tuple[list[float], int]:
    """Return round amounts between two ends, a few of them, and the decimals that they need."""
    size = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(size * n for n in (1.0, 2.0, 5.0, 10.0) if (high - low) / (size * n) <= most)
    ticks = [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return ticks, max(-math.floor(math.log10(step * 1.0000001)), 0)


def _ticks(low: float, high: float) -> list[float]:
    """Return round values between the ends, a few of them."""
    step = next((s for s in STEPS if (high - low) / s <= TICKS), (high - low) / TICKS)
    return [step * n for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
