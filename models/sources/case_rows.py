"""Rows of a file of cases, and what some of them come to together."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

Child = tuple[str, int]
"""A pseudonym and 0; in a file without, nothing and the number of the row."""
Key = tuple[str, str, Child]
"""Payer, care type and child: what a case is of."""

DIGITS = 6
"""Decimals kept of a sum, EUR or months: binary rounding of cents disappears, and no amount that is written does."""

_MOST_ROWS = 8


@dataclass(frozen=True)
class Entry:
    """One row; `facts` is all that it says."""

    line: int
    key: Key
    cost: float
    household: str
    spell: str
    months: float
    start: date | None
    invoice: str

    @property
    def facts(self) -> tuple[object, ...]:
        """All that it says, to be compared with another row."""
        child = self.key[2][0]
        months = None if math.isnan(self.months) else self.months
        return (*self.key[:2], child, self.cost, self.household, self.spell, months, self.start, self.invoice)

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key that does not look at the order of rows, as long as the rows differ."""
        months = -1.0 if math.isnan(self.months) else self.months
        start = self.start or date.min
        return (*self.key[:2], self.key[2][0], self.cost, self.household, self.spell, months, start)


@dataclass(frozen=True)
class Sum:
    """What rows come to; `partly` is whether some of them give months, and others do not."""

    cost: float
    months: float
    start: date | None
    partly: bool


def add_up(group: Sequence[Entry]) -> Sum:
    """Add rows; months are NaN if they are not known of all."""
    # A correction of the price alone has no months.
    given = [entry.months for entry in group if not (math.isnan(entry.months) and entry.cost <= 0.0)]
    known = [months for months in given if not math.isnan(months)]
    months = _total(known) if known and len(known) == len(given) else math.nan
    starts = [entry.start for entry in group if entry.start is not None]
    cost = _total(entry.cost for entry in group)
    return Sum(cost, months, min(starts, default=None), 0 < len(known) < len(given))


def rows_in_words(lines: Iterable[int]) -> str:
    """Return the numbers of rows: 'row 2', or 'rows 2, 5', with dots after the eighth."""
    found = sorted(lines)
    if len(found) == 1:
        return f"row {found[0]}"
    return f"rows {', '.join(map(str, found[:_MOST_ROWS]))}{', ...' * (len(found) > _MOST_ROWS)}"


def _total(values: Iterable[float]) -> float:
    """Return a sum that does not depend on the order, without -0.0."""
    return round(math.fsum(values), DIGITS) + 0.0
