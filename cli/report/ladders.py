"""Plots of chances and levels: lines over a few steps, and bands over years; static SVG, drawn by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from solidair.cli.numbers import points
from solidair.cli.report.fans import STEPS, TICKS
from solidair.cli.report.plots import BLUE, FONT, GREY, INK, LINE, MUTED, PALE_BLUE, PALE_GREY

LEFT, WIDTH, TOP, HEIGHT, BOTTOM = 44, 346, 8, 116, 24
"""Left end of the plot area, width of a panel, margin above, height of the plot area, room for labels; pixels."""

LABELS = 7


@dataclass(frozen=True)
class Line:
    """One agreement in a panel.

    Parameters
    ----------
    own
        Whether it is the one that the others are compared with, in grey.
    values
        At each step, shares.
    ring
        Step that is marked; None for none.
    band
        Low and high at each step; empty for none.
    """

    own: bool
    values: Sequence[float]
    ring: int | None = None
    band: Sequence[tuple[float, float]] = ()


def ends_of(panels: Sequence[Sequence[Line]], always: Sequence[float] = (0.0,)) -> tuple[float, float]:
    """Return the ends of an axis that holds all lines and bands."""
    values = [v for panel in panels for line in panel for v in line.values]
    values += [v for panel in panels for line in panel for pair in line.band for v in pair]
    low, high = min([*values, *always]), max([*values, *always])
    room = 0.05 * (high - low) or 0.05
    return low - room, high + room


def lines(panel: Sequence[Line], labels: Sequence[str], axis: tuple[float, float], language: str) -> str:
    """Return the SVG of one member.

    Parameters
    ----------
    panel
        Back to front.
    labels
        Of every step.
    axis
        From `ends_of`, the same for all members.
    """
    low, high = axis
    count, height = len(labels), TOP + HEIGHT + BOTTOM
    xs = [LEFT + 16 + (WIDTH - LEFT - 36) * (n / (count - 1) if count > 1 else 0.5) for n in range(count)]

    def y(value: float) -> str:
        return f"{TOP + HEIGHT * (high - value) / (high - low):.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f'<g font-family="{FONT}" font-size="12px" fill="{MUTED}">',
    ]
    step = next((s for s in STEPS if (high - low) / s <= TICKS), (high - low) / TICKS)
    for n in range(math.ceil(low / step), math.floor(high / step) + 1):
        at = float(y(step * n))
        parts.append(f'<path d="M{LEFT - 4} {at}H{LEFT}" stroke="{LINE}"/>')
        parts.append(f'<text x="{LEFT - 7}" y="{at + 4:.1f}" text-anchor="end">{points(step * n, language)}</text>')
    for x, label in list(zip(xs, labels, strict=True))[:: math.ceil(count / LABELS)]:
        parts.append(f'<text x="{x:.1f}" y="{height - 7}" text-anchor="middle">{label}</text>')
    parts.append(f'</g><path d="M{LEFT} {TOP}V{TOP + HEIGHT}H{WIDTH}" fill="none" stroke="{LINE}"/>')
    if low < 0.0 < high:
        parts.append(f'<path d="M{LEFT} {y(0.0)}H{WIDTH}" stroke="{INK}" stroke-dasharray="4 3"/>')
    for line in panel:
        if line.band:
            above = " ".join(f"{x:.1f},{y(top)}" for x, (_, top) in zip(xs, line.band, strict=True))
            pairs = list(zip(xs, line.band, strict=True))
            below = " ".join(f"{x:.1f},{y(bottom)}" for x, (bottom, _) in reversed(pairs))
            pale = PALE_GREY if line.own else PALE_BLUE
            parts.append(f'<polygon points="{above} {below}" fill="{pale}" fill-opacity="0.65"/>')
    for line in panel:
        dark = GREY if line.own else BLUE
        path = " ".join(f"{x:.1f},{y(value)}" for x, value in zip(xs, line.values, strict=True))
        parts.append(f'<polyline points="{path}" fill="none" stroke="{dark}" stroke-width="2.5"/>')
        dots = [(n, "2.6", dark, dark) for n in range(count)]
        dots += [] if line.ring is None else [(line.ring, "5", "#fff", dark)]
        for n, radius, fill, stroke in dots:
            place = f'cx="{xs[n]:.1f}" cy="{y(line.values[n])}" r="{radius}"'
            parts.append(f'<circle {place} fill="{fill}" stroke="{stroke}" stroke-width="2"/>')
    return "".join([*parts, "</svg>"])
