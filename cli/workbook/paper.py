"""Writing sheets: formats, headers, cells. Numbers are numbers, text is never a formula, the same bytes every time."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from solidair.cli.settle_xlsx import MADE, sheet_name

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

FORMATS = {
    "eur": "#,##0;[Red]-#,##0",
    "eur2": "#,##0.00;[Red]-#,##0.00",
    "share": "0.0%;[Red]-0.0%",
    "level": "0.0#%",
    "ratio": "0.00",
    "count": "#,##0",
    "year": "0",
    "plain": "General",
}
"""Number format per kind. Excel shows its marks as the country of the reader writes them: 1.234.567 in Dutch."""

HEADER = 3
"""Row of the headers of a sheet; above it stand its title and what is in it."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDEST = 60
_NUMBER = 13


@dataclass(frozen=True)
class Column:
    """A column of a sheet.

    Parameters
    ----------
    key
        Name in the rows.
    kind
        'text', 'yes' or one of `FORMATS`.
    header
        What stands above it, unit included.
    note
        Comment of the header; empty for none.
    """

    key: str
    kind: str
    header: str
    note: str = ""


class Paper:
    """A workbook in the making.

    Parameters
    ----------
    title
        Title in the properties of the file.
    words
        `yes`, `no` and `endless` in the language of the workbook.
    """

    def __init__(self, title: str, words: Mapping[str, str]) -> None:
        from xlsxwriter import Workbook

        self.words, self._file = words, io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False}
        self.book: Workbook = Workbook(self._file, options | {"strings_to_urls": False})
        self.book.set_properties({"title": title, "created": MADE, "author": "solidair"})
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}
        self._kinds: dict[str, Any] = {}

    def bytes(self) -> bytes:
        """Return the whole file; nothing can be written after it."""
        self.book.close()
        return self._file.getvalue()

    def format(self, **properties: Any) -> Any:
        """Return a cell format, made once."""
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.book.add_format(properties)
        return self._formats[key]

    def number(self, kind: str, **properties: Any) -> Any:
        """Return the format of numbers of a kind."""
        return self.format(num_format=FORMATS[kind], **properties)

    def sheet(self, name: str, title: str, text: str) -> Worksheet:
        """Begin a sheet with its title and what is in it."""
        sheet = self.book.add_worksheet(sheet_name(name))
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        self.write_text(sheet, 0, 0, title, bold=True, font_size=14)
        self.write_text(sheet, 1, 0, text, italic=True)
        return sheet

    def write_text(self, sheet: Worksheet, row: int, column: int, text: str, **properties: Any) -> None:
        """Write text; what looks like the start of a formula gets the mark that makes it text, also when edited."""
        if text.startswith(_FORMULA):
            properties["quote_prefix"] = True
        sheet.write_string(row, column, text, self.format(**properties) if properties else None)

    def write(self, sheet: Worksheet, row: int, column: int, kind: str, value: Any) -> int:
        """Write a cell and return how wide it is, in letters; a value that is not there leaves the cell empty."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return 0
        if kind == "yes":
            value, kind = self.words["yes" if value else "no"], "text"
        if kind == "text" or isinstance(value, str):
            text = str(value)
            if text:
                self.write_text(
                    sheet, row, column, text, **({"text_wrap": True, "valign": "top"} if len(text) > _WIDEST else {})
                )
            return min(len(text), _WIDEST)
        if math.isinf(value):
            self.write_text(sheet, row, column, self.words["endless"], align="right")
            return len(self.words["endless"])
        sheet.write_number(row, column, float(value), self._kinds.get(kind) or self._kind(kind))
        return _NUMBER

    def _kind(self, kind: str) -> Any:
        """Return the plain format of a kind, kept by its name: there may be a million of such cells."""
        return self._kinds.setdefault(kind, self.number(kind))

    def table(
        self, sheet: Worksheet, columns: Sequence[Column], rows: Sequence[Mapping[Any, Any]], *, fixed: int = 0
    ) -> None:
        """Write a table with a filter and a header that stays in sight.

        Parameters
        ----------
        rows
            Values by key; `kind` says what the columns of kind 'plain' hold in this row, if they differ between rows.
        fixed
            Columns at the left that stay in sight too.
        """
        from xlsxwriter.utility import xl_col_to_name

        for place, column in enumerate(columns):
            side = {} if column.kind in ("text", "yes") else {"align": "right"}
            self.write_text(
                sheet, HEADER, place, column.header, bold=True, bottom=1, text_wrap=True, valign="bottom", **side
            )
            if column.note:
                sheet.write_comment(HEADER, place, column.note, {"x_scale": 2.2, "author": "solidair"})
            width = max(len(word) for word in column.header.split()) + 2
            for number, row in enumerate(rows, HEADER + 1):
                kind = row.get("kind", "plain") if column.kind == "plain" else column.kind
                width = max(width, self.write(sheet, number, place, kind, row[column.key]))
            sheet.set_column(place, place, min(width + 1, _WIDEST))
        sheet.freeze_panes(HEADER + 1, fixed)
        sheet.repeat_rows(HEADER)
        if rows:
            # A period such as 2027 is text, like 2027-2030; Excel would put a warning in every such cell.
            whole = f"A{HEADER + 2}:{xl_col_to_name(len(columns) - 1)}{HEADER + 1 + len(rows)}"
            sheet.ignore_errors({"number_stored_as_text": whole})
            sheet.autofilter(HEADER, 0, HEADER + len(rows), len(columns) - 1)


Rows = Sequence[Mapping[Any, Any]]
Made = Callable[[], tuple[Sequence[Column], Rows]]
