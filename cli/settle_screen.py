"""What `solidair settle` and `solidair backtest` print in a terminal: amounts are never cut off."""

from __future__ import annotations

import os
import re
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from solidair.cli.numbers import number
from solidair.cli.settle_grid import Cell, Document, Grid, Money, Page
from solidair.cli.settle_html import cell_text
from solidair.cli.settle_pages import Statement, shared_document
from solidair.cli.texts.settle import TEXTS

_WIDE = 100
"""Width where the output is no terminal and COLUMNS does not say: a file or a pipe."""


def show_settlement(statement: Statement, target: Path) -> None:
    """Print what all members may see: balances, who pays whom, and where the statement is."""
    document = shared_document(statement)
    # Notes go to the other stream, in full: who runs the command has the file.
    show_pages(document, [replace(document.pages[0], after=())], statement.language)
    console = _console()
    for line in document.lead:
        console.print(Text(line))
    for note in statement.reader_notes(exact=True):
        click.echo(note, err=True)
    console.print(Text(statement.text["shown_at"].format(path=target / "statement.html")), soft_wrap=True)


def show_pages(document: Document, pages: Sequence[Page], language: str) -> None:
    """Print the title of a document, and pages of it."""
    console = _console()
    text = TEXTS[language]
    console.print(Text(document.title, style="bold"))
    console.print(Text(document.kicker))
    for page in pages:
        for line in page.texts:
            console.print(Text(line))
        for grid in page.grids:
            console.print()
            console.print(Text(grid.title, style="bold"))
            if grid.rows and _show(console, grid, language):
                console.print(Text(text["whole_euros"]))
        for line in page.after:
            console.print(Text(line))
    console.print()


def _show(console: Console, grid: Grid, language: str) -> bool:
    """Print a table as wide as the console allows, and return whether cents were left out.

    First the column of codes goes, and that of advances if there is none; then cents; where that is not enough, a row
    becomes a few lines.
    """
    code, advance = TEXTS[language]["code"], TEXTS[language]["advance"]
    keep = [
        place
        for place, name in enumerate(grid.columns)
        if name != code and not (name == advance and all(row[place] == Money(0) for row in grid.rows))
    ]
    short = Grid(
        grid.title, tuple(grid.columns[n] for n in keep), tuple(tuple(row[n] for n in keep) for row in grid.rows)
    )
    tries = ((grid, False, 14), (short, False, 14), (short, False, 11), (short, True, 14), (short, True, 10))
    for made, whole, word in tries:
        cells = [[_shown(cell, language, whole=whole) for cell in row] for row in made.rows]
        texts = made.text_columns
        columns = list(zip(made.columns, *cells, strict=True))
        widths = [
            min(max(map(_longest, column)), word) if text else max(_longest(column[0]), *map(len, column[1:]))
            for column, text in zip(columns, texts, strict=True)
        ]
        # Besides its cells, a table of this box has two blanks in each column, one between and one at either end.
        spare = console.width - sum(widths) - 3 * len(widths) - 1
        if spare < 0:
            continue
        table = Table(box=SIMPLE_HEAD)
        for place in sorted(range(len(texts)), key=lambda place: not texts[place]):
            more = max(0, min(spare, max(map(len, columns[place])) - widths[place]))
            widths[place], spare = widths[place] + more, spare - more
        for place, (name, text) in enumerate(zip(made.columns, texts, strict=True)):
            table.add_column(name, justify="left" if text else "right", width=widths[place], overflow="fold")
        for row in cells:
            whole_row = zip(row, widths, texts, strict=True)
            lines = (textwrap.wrap(cell, width) if text else [cell] for cell, width, text in whole_row)
            table.add_row(*(Text("\n".join(part)) for part in lines))
        console.print(table)
        return whole
    _stacked(console, short, language)
    return False


def _stacked(console: Console, grid: Grid, language: str) -> None:
    """Print a row as its name and one line for each further cell."""
    for row in grid.rows:
        console.print(Text(cell_text(row[0], language), style="bold"))
        for name, cell in zip(grid.columns[1:], row[1:], strict=True):
            amount = cell_text(cell, language)
            if not amount:
                continue
            *above, last = textwrap.wrap(name, max(8, console.width - len(amount) - 4)) or [""]
            for line in above:
                console.print(Text(f"  {line}"))
            gap = max(2, min(console.width, 60) - 2 - len(last) - len(amount))
            console.print(Text(f"  {last}{' ' * gap}{amount}"), soft_wrap=True)


def _shown(cell: Cell, language: str, *, whole: bool) -> str:
    if whole and isinstance(cell, Money):
        euros = (abs(cell.cents) + 50) // 100
        return f"{'−' if cell.cents < 0 and euros else ''}{number(euros, language)}"
    return cell_text(cell, language)


def _longest(words: str) -> int:
    """Return the length of the longest word; a hyphen ends one, as for `textwrap`."""
    return max(map(len, re.split(r"\s+|(?<=-)", words)), default=0)


def _console() -> Console:
    console = Console(highlight=False)
    told = console.is_terminal or os.environ.get("COLUMNS", "").isdecimal()
    return console if told else Console(highlight=False, width=_WIDE)
