"""What `solidair settle` and `solidair backtest` print in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from solidair.cli.settle_html import cell_text
from solidair.cli.settle_pages import Document, Grid, Statement, shared_document


def show_settlement(statement: Statement, target: Path, notes: Sequence[str]) -> None:
    """Print what all members may see: balances, who pays whom, and where the statement is."""
    document = shared_document(statement)
    show_grids(document, document.pages[0].grids, statement.language)
    console = _console()
    for line in document.lead:
        console.print(Text(line))
    for note in notes:
        click.echo(note, err=True)
    console.print(Text(statement.text["shown_at"].format(path=target / "statement.html")), soft_wrap=True)


def show_grids(document: Document, grids: Sequence[Grid], language: str) -> None:
    """Print tables of a document."""
    console = _console()
    console.print(Text(document.title, style="bold"))
    console.print(Text(document.kicker))
    for grid in grids:
        table = Table(title=grid.title, box=SIMPLE_HEAD, title_justify="left", title_style="bold", pad_edge=False)
        for place, column in enumerate(grid.columns):
            texts = any(isinstance(row[place], str) and row[place] not in ("", "•") for row in grid.rows)
            table.add_column(column, justify="left" if texts else "right")
        for row in grid.rows:
            table.add_row(*(cell_text(cell, language) for cell in row))
        console.print(table)


def _console() -> Console:
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=100)
