"""Read what a year has cost so far: one CSV row per member."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np

from solidair.models.severity.numeric import Floats
from solidair.models.sources.cells import CellError, clean, is_missing, parse_number
from solidair.models.sources.csvfile import Column, Row, Table, read_table
from solidair.models.sources.discreet import parse_amount, parse_payer

COLUMNS = (
    Column("code", ("gemeentecode", "gm_code", "cbs_code", "regiocode", "betaler", "payer"), required=True),
    Column("cost_eur", ("kosten", "kosten_eur", "realisatie", "lasten", "bedrag", "cost", "amount"), required=True),
    Column("completeness", ("volledigheid", "gedeclareerd", "aandeel_gedeclareerd", "declared")),
    Column("doubt", ("onzekerheid", "foutmarge", "marge")),
    Column("advance_eur", ("voorschot", "voorschot_eur", "voorschotten", "advance")),
)
MOST_EUR = 1e11
LEAST_DECLARED = 0.1
"""Of less than this share nothing can be said about the rest."""


@dataclass(frozen=True, eq=False)
class CostsToDate:
    """What the first months of a year have cost; NaN where nothing is known of a member.

    Parameters
    ----------
    file
        The file as the user named it.
    codes
        CBS codes of all members of the region, (member,).
    cost
        EUR that have been declared over these months, (member,).
    completeness
        Share of the care delivered in these months that has been declared, (member,).
    doubt
        Standard error of what the care delivered is estimated to cost, as a share of it, (member,); NaN if not given.
    advance
        What a member pays in advance for the whole year, EUR, (member,); NaN for its budget.
    notes
        What a user should know about the reading.
    """

    file: str
    codes: tuple[str, ...]
    cost: Floats = field(repr=False)
    completeness: Floats = field(repr=False)
    doubt: Floats = field(repr=False)
    advance: Floats = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def delivered(self) -> Floats:
        """Best estimate of what the care delivered so far costs, EUR, (member,)."""
        return np.asarray(self.cost / self.completeness)


def read_costs_to_date(path: str | Path | Traversable, *, codes: Sequence[str] | None) -> CostsToDate:
    """Read a file of costs to date.

    Parameters
    ----------
    path
        The file; its columns are `COLUMNS`. Of a member without a row, or with an empty cost, nothing is known.
    codes
        CBS codes of the members of the region, in the order of the axis; None of a region that could not be read.

    Raises
    ------
    InputError
        With every problem of the file, in its order.
    """
    table = read_table(path, COLUMNS)
    found: dict[str, tuple[float, ...]] = {}
    lines: dict[str, int] = {}
    for row in table.rows:
        code, figures = _row(table, row, codes)
        if code is not None and lines.setdefault(code, row.line) != row.line:
            rule, twice = "a member must be there once", f"{code}, as in row {lines[code]}"
            table.report(row.line, f"column {table.headers['code']}", twice, rule, "Add the rows of a member up.")
        elif code is not None:
            found[code] = figures
    if not table.found and all(math.isnan(figures[0]) for figures in found.values()):
        rule, hint = "at least one member must have a cost", "Fill in the column cost_eur."
        table.report(table.rows[-1].line if table.rows else 1, "column cost_eur", "", rule, hint)
    table.raise_problems()
    members = tuple(found) if codes is None else tuple(codes)
    nothing = (math.nan, 1.0, math.nan, math.nan)
    columns = np.array([found.get(code, nothing) for code in members], dtype=np.float64).reshape(-1, 4)
    cost, completeness, doubt, advance = columns.T
    return CostsToDate(table.file, members, cost, completeness, doubt, advance, table.notes)


def _row(table: Table, row: Row, codes: Collection[str] | None) -> tuple[str | None, tuple[float, ...]]:
    """Return the code of a row, or None, and its figures."""
    code = table.read(row, "code", lambda text: parse_payer(text, codes))
    cost = table.read(row, "cost_eur", lambda text: _euro(text, table.decimal, "the cost to date"))
    declared = table.read(row, "completeness", lambda text: _share(text, table.decimal, LEAST_DECLARED, 1.0))
    doubt = table.read(row, "doubt", lambda text: _share(text, table.decimal, 0.0, 0.5))
    advance = table.read(row, "advance_eur", lambda text: _euro(text, table.decimal, "the advance"))
    return code, (
        math.nan if cost is None else cost,
        1.0 if declared is None else declared,
        math.nan if doubt is None else doubt,
        math.nan if advance is None else advance,
    )


def _euro(text: str, decimal: str, what: str) -> float | None:
    value = parse_amount(text, decimal, MOST_EUR, what)
    if value is not None and value < 0.0:
        raise CellError(f"{what} must be 0 or more", "Leave the cell empty if it is not known.")
    return value


def _share(text: str, decimal: str, least: float, most: float) -> float | None:
    """Return a share, written as one or with a percent sign; None if the cell is empty."""
    if is_missing(text):
        return None
    bare, percent = re.subn(r"\s*%$", "", clean(text))
    value = parse_number(bare, decimal)
    value = None if value is None else value / 100.0 if percent else value
    if value is None or not least <= value <= most:
        rule = f"must be a share from {100 * least:g}% to {100 * most:g}%"
        hint = f"Write it like 85% or 0{decimal}85."
        raise CellError(rule, f"{hint} If less has been declared, leave the member out." if least else hint)
    return value
