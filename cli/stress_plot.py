"""The plot of a stress test: a bar per world, a panel per agreement; static SVG, drawn by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from solidair.cli.report.plots import BLUE, FONT, INK, LINE, PALE_GREY

WIDTH, ROW, LETTERS = 346, 34, 46
"""Pixels of a panel and of a row, and letters that fit on a label beside its figure."""


@dataclass(frozen=True)
class Bar:
    """One world: its label, change and standard error in one unit, the figure as text, and whether it is clear."""

    label: str
    value: float
    error: float
    shown: str
    clear: bool


def ends(panels: Sequence[Sequence[Bar]]) -> tuple[float, float]:
    """Return the ends of an axis that holds all bars and zero."""
    low = min([bar.value - bar.error for bars in panels for bar in bars] + [0.0])
    high = max([bar.value + bar.error for bars in panels for bar in bars] + [0.0])
    room = 0.03 * (high - low) or 1.0
    return (low - room if low < 0.0 else 0.0, high + room)


def bars(rows: Sequence[Bar], axis: tuple[float, float], alt: str) -> str:
    """Return the SVG of one panel: label and figure on a line, the bar below it."""
    low, high = axis
    height = len(rows) * ROW + 4

    def x(value: float) -> float:
        return 2 + (WIDTH - 4) * (value - low) / (high - low)

    parts = [
        f'<svg role="img" aria-label="{escape(alt, quote=True)}" xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">',
        f'<g font-family="{FONT}" font-size="12px" fill="{INK}">',
    ]
    for place, bar in enumerate(rows):
        top = place * ROW
        label = bar.label if len(bar.label) <= LETTERS else f"{bar.label[: LETTERS - 1]}…"
        left, right = sorted((x(0.0), x(bar.value)))
        colour = BLUE if bar.clear else PALE_GREY
        parts += [
            f'<text x="2" y="{top + 13}">{escape(label)}</text>',
            f'<text x="{WIDTH - 2}" y="{top + 13}" text-anchor="end">{escape(bar.shown)}</text>',
            f'<rect x="{left:.1f}" y="{top + 18}" width="{max(right - left, 0.5):.1f}" height="9" fill="{colour}"/>',
            f'<path d="M{x(bar.value - bar.error):.1f} {top + 22.5}H{x(bar.value + bar.error):.1f}" stroke="{INK}"/>',
            f'<path d="M{x(0.0):.1f} {top + 16}V{top + 29}" stroke="{LINE}"/>',
        ]
    return "".join([*parts, "</g></svg>"])
