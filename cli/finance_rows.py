"""The rows of a run's tables by agreement, member and period, read once for all fact sheets and sections."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from solidair.cli.numbers import number
from solidair.cli.report.cells import with_error
from solidair.pool.finance.classes import CLASSES, class_of
from solidair.pool.results import Results

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[Any, Any]

USED = ("stability", "transfers", "years", "certainty", "capacity", "outlook", "reserve")


class Finance:
    """What the tables of a run say on reserve capacity, the years ahead and the reserve.

    Parameters
    ----------
    results, tables
        What to show.
    """

    def __init__(self, results: Results, tables: Mapping[str, pd.DataFrame]) -> None:
        study = results.study
        self.results, self.study = results, study
        self.shared = [a.name for a in study.agreements if a.spec.clauses]
        alone = [a.name for a in study.agreements if not a.spec.clauses]
        self.base = (alone or [study.agreements[0].name])[0]
        self._rows: dict[str, dict[tuple[str, str], list[Row]]] = {}
        for name in USED:
            found = self._rows[name] = {}
            for row in tables[name].to_dict("records"):
                found.setdefault((row["agreement"], row["code"]), []).append(row)
        first, years = study.settings.first_year, study.settings.years
        self.first = str(first)
        self.span = self.first if years == 1 else f"{first}-{first + years - 1}"
        self.periods = list(dict.fromkeys((self.first, self.span)))

    def all(self, table: str, agreement: str, code: str) -> list[Row]:
        """Return all rows of a member under an agreement, in the order of the table."""
        return self._rows[table][agreement, code]

    def one(self, table: str, agreement: str, code: str, period: str | None = None) -> Row:
        """Return the row of a period; without one the only row there is."""
        rows = self.all(table, agreement, code)
        return rows[0] if period is None else next(row for row in rows if row["period"] == period)

    def certainty_origin(self, code: str) -> str:
        """Return who chose the certainty: 'council', 'study', or 'assumed' if nobody did."""
        member = self.study.region.members[self.study.region.index(code)]
        if member.certainty is not None:
            return "council"
        return "study" if "certainty" in self.study.finance.model_fields_set else "assumed"


def ratio_words(value: float, error: float, language: str, *, full: bool = False) -> str:
    """Return a ratio with its error and its class, such as 1,46 ± 0,05 · B.

    The ratio is cut off rather than rounded, so that it never seems to be in another class than it is.
    """
    found = class_of(value)
    if found is None:
        return "–"
    name = f"{found.letter} ({found.words[language]})" if full else found.letter
    if math.isinf(value):
        return f"∞ · {name}"
    cut = math.ceil if found is CLASSES[0] else math.floor
    shown = number(cut(round(100.0 * value, 6)) / 100.0, language, 2)
    doubt = f" ± {number(max(error, 0.01), language, 2)}" if error > 0.0 else ""
    return f"{shown}{doubt} · {name}"


def chance(row: Row, name: str, language: str) -> str:
    """Return a chance with its error, such as 47% ± 1."""
    value, error = 100.0 * float(row[name]), 100.0 * float(row[f"{name}_se"])
    return with_error(value, error, language, unit="%", most=1).replace(" ", "\u00a0")
