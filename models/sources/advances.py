"""Read what members have paid in advance: one CSV row per member."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources.abc import Traversable
from pathlib import Path

from solidair.models.sources.cells import CellError
from solidair.models.sources.csvfile import Column, read_table
from solidair.models.sources.discreet import parse_amount, parse_payer

COLUMNS = (
    Column("code", ("gemeentecode", "gm_code", "cbs_code", "regiocode", "betaler", "payer"), required=True),
    Column("advance_eur", ("voorschot", "voorschot_eur", "voorschotten", "advance", "bedrag"), required=True),
)
MOST_EUR = 4e9


def read_advances(path: str | Path | Traversable, *, codes: Collection[str]) -> dict[str, int]:
    """Return the cents that members have paid into the joint account, by CBS code; negative if they received.

    Members that the file leaves out have paid nothing.

    Raises
    ------
    InputError
        With every problem of the file, in its order.
    """
    table = read_table(path, COLUMNS)
    found: dict[str, int] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        code = table.read(row, "code", lambda text: parse_payer(text, codes))
        cents = table.read(row, "advance_eur", lambda text: _cents(text, table.decimal))
        if code is not None and lines.setdefault(code, row.line) != row.line:
            # One rule and one hint for all rows, so that many of them are told as one fault.
            rule, found_too = "a member must be there once", f"{code}, as in row {lines[code]}"
            table.report(row.line, f"column {table.headers['code']}", found_too, rule, "Add the rows of a member up.")
        elif code is not None and cents is not None:
            found[code] = cents
    table.raise_problems()
    return found


def _cents(text: str, decimal: str) -> int:
    value = parse_amount(text, decimal, MOST_EUR, "the advance")
    if value is None:
        raise CellError("the advance must be there", "Write EUR; write 0 if there was none.")
    cents = round(100 * value)
    if abs(100 * value - cents) > 1e-4:
        raise CellError("an advance must be in whole cents", f"Write two decimals, like 1234{decimal}50.")
    return cents
