"""Plots of the report as static SVG: no script, no network, the same bytes for the same figures.

Sizes and margins are fixed instead of measured, so a plot does not depend on the fonts of the machine that made
it. Labels stand on a line of their own above each mark: no name is cut to make room, on a telephone neither. A
panel is compiled once and its numbers replaced; labels are written straight into the SVG, because Vega measures
every text that it sets (9 ms a panel instead of 31).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Literal

import altair as alt
import vl_convert

__all__ = ["Axis", "Row", "labelled", "scatter", "strips"]

# Metrically the same letters on Windows, Apple and Linux; colours keep apart for the colour-blind and in grey.
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
INK, MUTED, LINE = "#16212b", "#56646f", "#8c979f"
BLUE, PALE_BLUE, PALE_ORANGE, GREY, PALE_GREY = "#1f5f8b", "#8fbcd9", "#f0c48a", "#56646f", "#bcc5cc"

WIDTH, SIDE, TOP, BOTTOM, ROW = 318, 14, 2, 26, 33
"""Panel: plot width, margin left and right, margin above, room for the axis, height of a row; pixels."""

LETTERS = 52
"""Letters of 12 pixels that fit on a line of a panel, label and figure together."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Axis:
    """The axis that all panels of a figure share.

    Parameters
    ----------
    low, high
        Ends.
    format
        d3 format of the ticks.
    reference
        Where the reference line stands, if there is one.
    """

    low: float
    high: float
    format: str
    reference: float | None = None


def labelled(svg: str, alt_text: str) -> str:
    """Return an SVG that a screen reader takes for one image with this description."""
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt_text, quote=True)}" ', 1)


def strips(kind: str, panels: Sequence[Sequence[Row]], axis: Axis, language: str) -> list[str]:
    """Return one SVG per panel, each with one row per agreement or member.

    Parameters
    ----------
    kind
        'spread' (fields p5, p25, p50, p75, p95), 'transfer' (mean, error, chance, need), 'reserve' (a, b, c) or
        'tornado' (down, up, and of each the ends of its error, such as down_low and down_high).
    panels
        Rows of each panel, all equally many, with the fields of its kind, `label` at the left, `note` at the right
        and `own`, whether this is own use.
    axis
        Shared by all panels.
    """
    layers = {"spread": _spread, "transfer": _transfer, "reserve": _reserve, "tornado": _tornado}[kind](axis)
    rows = len(panels[0])
    scale_y = alt.Scale(domain=[rows, 0], nice=False, zero=False)
    chart = (
        alt.layer(*layers, data=_data(_placed(panels[0])))
        .properties(
            width=WIDTH,
            height=rows * ROW,
            padding={"left": SIDE, "right": SIDE, "top": TOP, "bottom": BOTTOM},
            autosize=alt.AutoSizeParams(type="none"),
            background="transparent",
        )
        .configure(**_CONFIG)
    )
    spec = chart.to_dict(validate=False)
    _set_y_scale(spec, scale_y.to_dict())
    vega = vl_convert.vegalite_to_vega(spec)
    place = next(i for i, data in enumerate(vega["data"]) if data["name"] == "rows")
    found = []
    for panel in panels:
        vega["data"][place]["values"] = _placed(panel)
        found.append(_svg(vega, language).replace("</svg>", f"{_texts(panel)}</svg>"))
    return found


def scatter(points: Sequence[Row], titles: tuple[str, str], language: str) -> str:
    """Return the plot of swing reduction against money moved.

    Parameters
    ----------
    points
        Fields x, y, x_error, y_error, and `lines`, the label as a list of lines.
    titles
        Of the horizontal and of the vertical axis.
    """
    width, height = 420, 300
    top_x = 1.08 * max([p["x"] + p["x_error"] for p in points] + [1e-9])
    low_y = min([p["y"] - p["y_error"] for p in points] + [0.0])
    top_y = 1.12 * max([p["y"] + p["y_error"] for p in points] + [1e-9])
    x_scale = alt.Scale(domain=[0, top_x], nice=False)
    y_scale = alt.Scale(domain=[1.1 * low_y, top_y], nice=False)
    placed = _labels(points, width / top_x, height / (top_y - 1.1 * low_y), top_y)
    x = alt.X("x:Q", scale=x_scale, axis=alt.Axis(title=titles[0], tickCount=6, format=",~f"))
    y = alt.Y("y:Q", scale=y_scale, axis=alt.Axis(title=titles[1], tickCount=5, format=",.0%"))
    base = alt.Chart(_data(placed))
    layers = [
        base.mark_rule(color=LINE, strokeWidth=1).encode(x=x, y=y, x2="label_x:Q", y2="label_y:Q"),
        base.mark_rule(color=BLUE).encode(x=alt.X("x_low:Q", scale=x_scale), x2="x_high:Q", y=y),
        base.mark_rule(color=BLUE).encode(x=x, y=alt.Y("y_low:Q", scale=y_scale), y2="y_high:Q"),
        base.mark_point(filled=True, size=85, color=BLUE, opacity=1).encode(x=x, y=y),
    ]
    sides: tuple[tuple[Literal["left", "right"], int], ...] = (("left", 9), ("right", -9))
    for side, dx in sides:
        some = alt.Chart(_data([p for p in placed if p["side"] == side], side))
        layers.append(
            some.mark_text(align=side, baseline="middle", dx=dx, fontSize=13, lineHeight=16, color=INK).encode(
                x=alt.X("label_x:Q", scale=x_scale), y=alt.Y("label_y:Q", scale=y_scale), text="lines:N"
            )
        )
    chart = (
        alt.layer(*layers)
        .properties(
            width=width,
            height=height,
            padding={"left": 62, "right": 12, "top": 8, "bottom": 48},
            autosize=alt.AutoSizeParams(type="none"),
            background="transparent",
        )
        .configure(**_CONFIG)
    )
    return _svg(vl_convert.vegalite_to_vega(chart.to_dict(validate=False)), language)


_CONFIG: dict[str, Any] = {
    "aria": False,
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "grid": False,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelColor": MUTED,
        "labelFontSize": 12,
        "titleColor": INK,
        "titleFontSize": 12.5,
        "titleFontWeight": "normal",
        "titlePadding": 10,
        "labelFlush": False,
    },
}


def _data(rows: Sequence[Row], name: str = "rows") -> Any:
    return alt.Data(values=list(rows), name=name)  # type: ignore[no-untyped-call]


def _svg(vega: dict[str, Any], language: str) -> str:
    locale: Any = {"nl": "nl-NL", "en": "en-US"}[language]
    return str(vl_convert.vega_to_svg(vega, format_locale=locale)).strip()


def _placed(rows: Sequence[Row]) -> list[Row]:
    """Return rows with the heights of their marks; row i lies between i and i + 1."""
    return [{**row, "at": i + 0.7, "over": i + 0.5, "under": i + 0.92, "zero": 0.0} for i, row in enumerate(rows)]


def _set_y_scale(spec: dict[str, Any], scale: dict[str, Any]) -> None:
    for layer in spec["layer"]:
        layer["encoding"]["y"] |= {"scale": scale, "axis": None}


def _texts(rows: Sequence[Row]) -> str:
    """Return what is written above the marks: label at the left, figure at the right."""
    parts = [f'<g font-family="{FONT}" font-size="12px" fill="{INK}">']
    for i, row in enumerate(rows):
        y = TOP + round((i + 0.36) * ROW)
        parts.append(f'<text x="{SIDE}" y="{y}">{escape(_shortened(row["label"], row["note"]))}</text>')
        right = f'text-anchor="end" fill="{MUTED}"'
        parts.append(f'<text x="{SIDE + WIDTH}" y="{y}" {right}>{escape(row["note"])}</text>')
    return "".join([*parts, "</g>"])


def _shortened(label: str, note: str) -> str:
    room = LETTERS - len(note)
    return label if len(label) <= room else label[: room - 1].rstrip() + "…"


def _reference(axis: Axis) -> list[Any]:
    """Return the reference line, broken where the labels stand."""
    if axis.reference is None:
        return []
    line = alt.Chart().mark_rule(color=INK, strokeWidth=1.2, strokeDash=[3, 2])
    return [line.encode(x=_x(axis, datum=axis.reference), y="over:Q", y2="under:Q")]


def _x(axis: Axis, field: str | None = None, datum: float | None = None) -> Any:
    scale = alt.Scale(domain=[axis.low, axis.high], nice=False, zero=False)
    look = alt.Axis(title=None, tickCount=5, format=axis.format)
    if field is None:
        return alt.XDatum(datum, scale=scale, axis=look, type="quantitative")
    return alt.X(f"{field}:Q", scale=scale, axis=look)


def _shade(own: str, shared: str) -> Any:
    return alt.condition("datum.own", alt.value(own), alt.value(shared))


def _spread(axis: Axis) -> list[Any]:
    base = alt.Chart()
    return [
        base.mark_rule(strokeWidth=2).encode(
            x=_x(axis, "p5"), x2="p95:Q", y="at:Q", color=_shade(PALE_GREY, PALE_BLUE)
        ),
        base.mark_rule(strokeWidth=9).encode(
            x=_x(axis, "p25"), x2="p75:Q", y="at:Q", color=_shade(PALE_GREY, PALE_BLUE)
        ),
        *_reference(axis),
        base.mark_tick(thickness=2.5, size=13, orient="vertical").encode(
            x=_x(axis, "p50"), y="at:Q", color=_shade(INK, BLUE)
        ),
    ]


def _transfer(axis: Axis) -> list[Any]:
    base = alt.Chart()
    bars = [
        base.mark_rule(strokeWidth=width, color=color).encode(x=_x(axis, f"{name}_low"), x2=f"{name}_high:Q", y="at:Q")
        for name, width, color in (("need", 11, PALE_ORANGE), ("chance", 4, BLUE))
    ]
    return [
        *bars,
        *_reference(axis),
        base.mark_rule(strokeWidth=1.5, color=INK).encode(x=_x(axis, "error_low"), x2="error_high:Q", y="at:Q"),
        base.mark_point(filled=True, fill="white", stroke=INK, strokeWidth=1.5, size=42, opacity=1).encode(
            x=_x(axis, "mean"), y="at:Q"
        ),
    ]


def _reserve(axis: Axis) -> list[Any]:
    base = alt.Chart()
    marks = [
        base.mark_point(filled=True, shape=shape, size=size, opacity=1).encode(
            x=_x(axis, name), y="at:Q", color=_shade(GREY, BLUE)
        )
        for name, shape, size in (("a", "circle", 55), ("b", "square", 60), ("c", "triangle-up", 60))
    ]
    line = base.mark_rule(strokeWidth=1.5).encode(
        x=_x(axis, "a"), x2="c:Q", y="at:Q", color=_shade(PALE_GREY, PALE_BLUE)
    )
    return [line, *_reference(axis), *marks]


def _tornado(axis: Axis) -> list[Any]:
    base = alt.Chart()
    marks: list[Any] = []
    for name, color, shift in (("down", PALE_BLUE, -3), ("up", PALE_ORANGE, 3)):
        bar = base.mark_rule(strokeWidth=6, color=color, yOffset=shift)
        error = base.mark_rule(strokeWidth=1.5, color=INK, yOffset=shift)
        marks.append(bar.encode(x=_x(axis, "zero"), x2=f"{name}:Q", y="at:Q"))
        marks.append(error.encode(x=_x(axis, f"{name}_low"), x2=f"{name}_high:Q", y="at:Q"))
    return [*marks, *_reference(axis)]


def _labels(points: Sequence[Row], x_pixels: float, y_pixels: float, top: float) -> list[Row]:
    """Return points with a place for each label, pushed down where labels would run into one another."""
    middle = 0.5 * max(p["x"] for p in points)
    placed: list[Row] = []
    for point in sorted(points, key=lambda p: (-p["y"], p["x"])):
        side = "left" if point["x"] <= middle else "right"
        half = 8.0 * len(point["lines"]) + 1
        pixel = max((top - point["y"]) * y_pixels, half)
        for other in placed:
            if other["side"] == side and pixel - half < other["pixel"] + other["half"]:
                pixel = other["pixel"] + other["half"] + half
        placed.append(
            {
                **point,
                "side": side,
                "pixel": pixel,
                "half": half,
                "label_x": point["x"] + (6 if side == "left" else -6) / x_pixels,
                "label_y": top - pixel / y_pixels,
                "x_low": point["x"] - point["x_error"],
                "x_high": point["x"] + point["x_error"],
                "y_low": point["y"] - point["y_error"],
                "y_high": point["y"] + point["y_error"],
            }
        )
    return placed
