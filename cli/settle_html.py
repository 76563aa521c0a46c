"""A statement as one HTML page that needs no network and no script; the same input gives the same bytes."""

from __future__ import annotations

from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from solidair.cli.numbers import number
from solidair.cli.settle_grid import Cell, Document, Grid, Money, Share


class _Shown(NamedTuple):
    text: str
    style: str


class _Part(NamedTuple):
    tag: str
    rows: tuple[tuple[Cell, ...], ...]


def euros(cents: int, language: str) -> str:
    """Return cents as an amount with two decimals, as readers of the language write it."""
    sign = "−" if cents < 0 else ""
    whole, rest = divmod(abs(cents), 100)
    return f"{sign}{number(whole, language)}{',' if language == 'nl' else '.'}{rest:02d}"


def cell_text(cell: Cell, language: str) -> str:
    """Return a cell as text."""
    if isinstance(cell, Money):
        return euros(cell.cents, language)
    if isinstance(cell, Share):
        return f"{number(100 * cell.value, language, 2)}%"
    return number(cell, language) if isinstance(cell, int) else cell


def html_page(document: Document, language: str) -> str:
    """Return a document as a whole HTML page."""

    def shown(cell: Cell) -> _Shown:
        style = "minus" if isinstance(cell, Money) and cell.cents < 0 else ""
        if isinstance(cell, str) and cell not in ("", "•"):
            style = "text"
        return _Shown(cell_text(cell, language), style)

    def parts(grid: Grid) -> list[_Part]:
        if not grid.total:
            return [_Part("tbody", grid.rows)]
        return [_Part("tbody", grid.rows[:-1]), _Part("tfoot", grid.rows[-1:])]

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=False)
    template = environment.from_string((files("solidair.cli") / "settle.html.j2").read_text(encoding="utf-8"))
    css = Markup((files("solidair.cli.report") / "style.css").read_text(encoding="utf-8"))
    return template.render(language=language, document=document, css=css, shown=shown, parts=parts) + "\n"
