"""A statement as an Excel workbook: one sheet per page, numbers as numbers, the same bytes every time."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from solidair.cli.settle_grid import Document, Grid, Money, Page, Share

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

MADE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Date of creation in every workbook: with that of the day, the same statement would have other bytes tomorrow."""

_WIDEST = 60


def write_workbook(path: Path, document: Document) -> None:
    """Write a document as a workbook."""
    from xlsxwriter import Workbook

    # Text that begins with an equals sign is text, also where it comes from a region file.
    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with Workbook(str(path), options) as book:
        book.set_properties({"title": document.title, "created": MADE, "author": "solidair"})
        formats = {
            "title": book.add_format({"bold": True, "font_size": 14}),
            "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom"}),
            "head_right": book.add_format(
                {"bold": True, "bottom": 1, "text_wrap": True, "valign": "bottom", "align": "right"}
            ),
            "grid": book.add_format({"bold": True}),
            "text": book.add_format({"text_wrap": False}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "money": book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"}),
            "share": book.add_format({"num_format": "0.0000%"}),
            "count": book.add_format({"num_format": "0"}),
            "right": book.add_format({"align": "right"}),
            "money_total": book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00", "bold": True, "top": 1}),
            "text_total": book.add_format({"bold": True, "top": 1}),
        }
        for number, page in enumerate(document.pages):
            _write_page(book.add_worksheet(sheet_name(page.name)), document, page, formats, first=number == 0)


def sheet_name(name: str) -> str:
    """Return a name that Excel allows for a sheet."""
    return "".join(sign for sign in name if sign not in "[]:*?/\\")[:31]


def _write_page(sheet: Worksheet, document: Document, page: Page, formats: dict[str, Any], *, first: bool) -> None:
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    row = 0
    for line in (document.title, document.kicker, *document.lead) if first else (page.title,):
        sheet.write_string(row, 0, line, formats["title"] if row == 0 else formats["text"])
        row += 1
    for line in page.texts:
        sheet.write_string(row, 0, line, formats["text"])
        row += 1
    widths: dict[int, int] = {}
    for grid in page.grids:
        row = _write_grid(sheet, grid, row + 1, formats, widths)
    for line in page.after:
        sheet.write_string(row + 1, 0, line, formats["text"])
        row += 1
    for column, width in widths.items():
        sheet.set_column(column, column, min(width + 2, _WIDEST))


def _write_grid(sheet: Worksheet, grid: Grid, row: int, formats: dict[str, Any], widths: dict[int, int]) -> int:
    """Write a table from a row on, and return the row after it."""
    sheet.write_string(row, 0, grid.title, formats["grid"])
    row += 1
    if not grid.rows:
        return row
    texts = grid.text_columns
    for column, name in enumerate(grid.columns):
        sheet.write_string(row, column, name, formats["head" if texts[column] else "head_right"])
        widths[column] = max(widths.get(column, 0), *(len(word) for word in name.split()), 8)
    for number, cells in enumerate(grid.rows, 1):
        total = grid.total and number == len(grid.rows)
        for column, cell in enumerate(cells):
            if isinstance(cell, Money):
                # As a decimal: the writer keeps 16 digits, and 85399.93 as a double becomes 85399.92999999999.
                euros: Any = Decimal(cell.cents).scaleb(-2)
                sheet.write_number(row + number, column, euros, formats["money_total" if total else "money"])
                width = len(f"{cell.cents / 100:,.2f}") + 1
            elif isinstance(cell, Share):
                sheet.write_number(row + number, column, cell.value, formats["share"])
                width = 9
            elif isinstance(cell, int):
                sheet.write_number(row + number, column, cell, formats["count"])
                width = 6
            else:
                long = len(cell) > _WIDEST
                style = "wrap" if long else "text_total" if total else "right" if cell == "•" else "text"
                sheet.write_string(row + number, column, cell, formats[style])
                width = len(cell)
            widths[column] = max(widths.get(column, 0), min(width, _WIDEST))
    return row + len(grid.rows) + 1
