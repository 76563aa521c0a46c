"""What documents are made of: cells, tables, pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Money:
    """Whole cents, shown as euros."""

    cents: int


@dataclass(frozen=True)
class Share:
    """A share, shown as a percentage."""

    value: float


Cell = str | int | Money | Share


@dataclass(frozen=True)
class Grid:
    """A table: the first columns that hold text are its row headers; `total` says whether the last row is one."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = False

    @property
    def text_columns(self) -> tuple[bool, ...]:
        """Return which columns hold text, so that their header stands left like their cells."""
        return tuple(
            any(isinstance(row[place], str) and row[place] not in ("", "•") for row in self.rows)
            for place in range(len(self.columns))
        )


@dataclass(frozen=True)
class Page:
    """A sheet of a workbook and a section of an HTML page."""

    name: str
    title: str
    texts: tuple[str, ...] = ()
    grids: tuple[Grid, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A statement for one kind of reader."""

    title: str
    kicker: str
    lead: tuple[str, ...]
    pages: tuple[Page, ...]
