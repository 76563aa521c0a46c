"""What the page on outputs shows: the sheets of the workbook."""

from __future__ import annotations

from generated import generated, table

from solidair.cli.texts.workbook import SHEETS


@generated
def workbook_sheets() -> str:
    """Return the sheets of a workbook, with their names in both languages."""
    rows = [(f"*{name.nl}*", name.en, told.en) for name, told in SHEETS.values()]
    return table(("sheet (Dutch)", "sheet (English)", "what is in it"), rows)
