"""Read what past years have brought: one CSV row per member, year and care type, or per member and year.

Sums over few children are still about children. So here too a message names the row, the column and the kind of what
was found, never what stands in a cell (years excepted).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources.abc import Traversable
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solidair.models.care import CareType
from solidair.models.severity.numeric import Floats, as_floats
from solidair.models.sources.cells import CellError, parse_number
from solidair.models.sources.csvfile import Column, Row, Table
from solidair.models.sources.discreet import (
    CareNames,
    parse_amount,
    parse_payer,
    parse_year,
    read_cell,
    read_private_table,
    report_cell,
)

COLUMNS = (
    Column("code", ("gemeentecode", "gm_code", "cbs_code", "regiocode", "betaler", "payer"), required=True),
    Column("year", ("jaar", "boekjaar", "kalenderjaar", "calendar_year"), required=True),
    Column("care_type", ("zorgvorm", "zorgtype", "zorgsoort", "care", "taakveld", "iv3", "productcategorie")),
    Column("clients", ("cliënten", "clienten", "jeugdigen", "kinderen", "aantal", "children"), required=True),
    Column("cost_eur", ("kosten", "kosten_eur", "bedrag", "bedrag_eur", "lasten", "cost", "amount"), required=True),
    Column("budget_eur", ("budget", "begroting", "begroting_eur", "jeugdbudget")),
)

TOTAL = "total"
"""Stands among the care types for all of them together; in Dutch `totaal` or `alle`."""
_TOTALS = ("total", "totaal", "alle", "all")
MOST_CLIENTS = 5e6
MOST_EUR = 1e11
FIGURES = ("clients", "cost")


class MissingHistoryError(KeyError):
    """Figures of the past are needed that the file does not give.

    Parameters
    ----------
    years
        Calendar years.
    members
        CBS codes of members.
    care_types
        Identifiers of care types.
    """

    def __init__(self, years: Collection[int], members: Collection[str], care_types: Collection[str]) -> None:
        self.years = tuple(years)
        self.members = tuple(members)
        self.care_types = tuple(care_types)
        super().__init__(self.years, self.members, self.care_types)

    def __str__(self) -> str:
        parts = (("years", map(str, self.years)), ("members", self.members), ("care types", self.care_types))
        said = "; ".join(f"{name} {', '.join(values)}" for name, values in parts if values)
        return f"the history lacks figures of {said}"


@dataclass(frozen=True, eq=False)
class History:
    """Clients and cost of past years, consecutive and ascending.

    Parameters
    ----------
    file
        The file as the user named it.
    years
        Calendar years, (year,).
    codes
        CBS codes of all members of the region, (member,).
    care_types
        Identifiers of all care types of the cost model, and at the end `TOTAL` if the file has such rows.
    clients
        Children with care in the year, shape (year, member, care_type); NaN where there is no figure. In `TOTAL` a
        child may count once though it had care of two types.
    cost
        EUR at prices of the year, shape (year, member, care_type); NaN where there is no figure.
    budget
        Budget for all care, EUR, shape (year, member); NaN where there is none.
    notes
        What a user should know about the reading.
    """

    file: str
    years: tuple[int, ...]
    codes: tuple[str, ...]
    care_types: tuple[str, ...]
    clients: Floats = field(repr=False)
    cost: Floats = field(repr=False)
    budget: Floats = field(repr=False)
    notes: tuple[str, ...] = ()

    def window(
        self, last_year: int, years: int, scope: Collection[str] | None = None, need: Collection[str] = FIGURES
    ) -> tuple[Floats, Floats]:
        """Return clients and cost of a scope in some years that end with `last_year`.

        If the scope is all care types, the `TOTAL` of a year and member counts where there is one, else the sum.

        Parameters
        ----------
        last_year
            The last calendar year of the window.
        years
            Number of years, at least 1.
        scope
            Identifiers of care types; None for all.
        need
            Which of 'clients' and 'cost' must be known; the other one is NaN where it is not.

        Returns
        -------
        clients, cost
            Shape (years, member), ascending years; a child with care of two types in the scope may count twice.

        Raises
        ------
        MissingHistoryError
            A KeyError that names the years, members and care types without figures.
        ValueError
            If `years` is below 1 or the scope is empty.
        """
        single = tuple(id_ for id_ in self.care_types if id_ != TOTAL)
        wanted = single if scope is None or set(scope) == {TOTAL} else tuple(dict.fromkeys(scope))
        if years < 1 or not wanted:
            raise ValueError(f"window: years = {years}, scope = {scope}: needs at least one year and one care type")
        calendar = range(last_year - years + 1, last_year + 1)
        absent = [year for year in calendar if year not in self.years]
        unknown = [id_ for id_ in wanted if id_ not in single]
        if absent or unknown:
            raise MissingHistoryError(absent, (), unknown)
        first = self.years.index(calendar[0])
        places = [self.care_types.index(id_) for id_ in wanted]
        found: list[Floats] = []
        lacking = np.zeros((years, len(self.codes), len(wanted)), dtype=np.bool_)
        for name, whole in zip(FIGURES, (self.clients, self.cost), strict=True):
            inside = whole[first : first + years]
            parts = inside[:, :, places]
            total = np.full(parts.shape[:2], math.nan)
            if TOTAL in self.care_types and set(wanted) == set(single):
                total = inside[:, :, self.care_types.index(TOTAL)]
            value = np.where(np.isnan(total), parts.sum(axis=2), total)
            if name in need:
                lacking |= np.isnan(parts) & np.isnan(value)[:, :, None]
            found.append(as_floats(value))
        if lacking.any():
            raise MissingHistoryError(*self._named(lacking, calendar, wanted))
        return found[0], found[1]

    def _named(
        self, lacking: NDArray[np.bool_], calendar: Sequence[int], scope: Sequence[str]
    ) -> tuple[list[int], list[str], list[str]]:
        """Return the names of what is lacking on each axis."""
        year, member, kind = (sorted(set(axis.tolist())) for axis in np.nonzero(lacking))
        return [calendar[i] for i in year], [self.codes[i] for i in member], [scope[i] for i in kind]


def read_history(path: str | Path | Traversable, *, codes: Sequence[str], care_types: Sequence[CareType]) -> History:
    """Read a file of past years.

    Parameters
    ----------
    path
        The file; its columns are `COLUMNS`. Without a column `care_type` every row is a total. An empty figure is not
        known; 0 is none.
    codes
        CBS codes of the members of the region, in the order of the axis.
    care_types
        Care types of the cost model. A cell may hold the identifier, the label, an Iv3 taakveld or an iJw product
        category that belong to one of them only, or `total`.

    Returns
    -------
    History
        At least one year.

    Raises
    ------
    InputError
        With every problem of the file, in its order; no message shows what stands in a cell.
    """
    table = read_private_table(path, COLUMNS)
    names = CareNames(care_types, _TOTALS)
    rows = [_row(table, row, codes, names) for row in table.rows]
    good = [row for row in rows if row is not None]
    _once(table, good)
    years = _years(table)
    table.raise_problems()
    types = (*names.ids, *([TOTAL] if any(row.care_type == TOTAL for row in good) else []))
    clients, cost = (np.full((len(years), len(codes), len(types)), math.nan) for _ in range(2))
    budget = np.full((len(years), len(codes)), math.nan)
    place = {code: i for i, code in enumerate(codes)}
    for row in good:
        year, member = years.index(row.year), place[row.code]
        clients[year, member, types.index(row.care_type)] = row.clients
        cost[year, member, types.index(row.care_type)] = row.cost
        if not math.isnan(row.budget):
            budget[year, member] = row.budget
    history = History(table.file, years, tuple(codes), types, clients, cost, budget, table.notes)
    return replace(history, notes=(*table.notes, *_notes(history)))


@dataclass(frozen=True)
class _Row:
    line: int
    code: str
    year: int
    care_type: str
    clients: float
    cost: float
    budget: float


def _row(table: Table, row: Row, codes: Collection[str], names: CareNames) -> _Row | None:
    """Return what a row says, or None after reporting what is wrong with it."""
    before = len(table.found)
    code = read_cell(table, row, "code", lambda text: parse_payer(text, codes))
    year = read_cell(table, row, "year", parse_year)
    care_type = TOTAL if "care_type" not in table.headers else read_cell(table, row, "care_type", names.parse)
    clients = read_cell(table, row, "clients", lambda text: _clients(text, table.decimal))
    cost = read_cell(table, row, "cost_eur", lambda text: _euro(text, table.decimal, "the cost"))
    budget = read_cell(table, row, "budget_eur", lambda text: _euro(text, table.decimal, "the budget"))
    if code is None or year is None or care_type is None or len(table.found) > before:
        return None
    care_type = TOTAL if care_type in _TOTALS else care_type
    figures = (math.nan if value is None else value for value in (clients, cost, budget))
    return _Row(row.line, code, year, care_type, *figures)


def _clients(text: str, decimal: str) -> float | None:
    try:
        value = parse_number(text, decimal)
    except CellError as error:
        raise CellError(error.rule, "Write the number of children in digits.") from None
    if value is not None and not 0.0 <= value <= MOST_CLIENTS:
        raise CellError(f"the number of children must be from 0 to {MOST_CLIENTS:,.0f}", "Look for swapped columns.")
    return value


def _euro(text: str, decimal: str, what: str) -> float | None:
    value = parse_amount(text, decimal, MOST_EUR, what)
    if value is not None and value < 0.0:
        raise CellError(f"{what} of a year must be 0 or more", "Add corrections to the year that they are of.")
    return value


def _once(table: Table, rows: Sequence[_Row]) -> None:
    """Report rows of one member, year and care type, and budgets of one member and year that differ."""
    lines = {row.line: row for row in table.rows}
    seen: dict[tuple[str, int, str], int] = {}
    budgets: dict[tuple[str, int], tuple[float, int]] = {}
    for row in rows:
        first = seen.setdefault((row.code, row.year, row.care_type), row.line)
        if first != row.line:
            rule = f"rows {first} and {row.line} are of the same member, year and care type"
            table.report(row.line, "", "", rule, "Remove one of them, or add them up.")
        if math.isnan(row.budget):
            continue
        budget, line = budgets.setdefault((row.code, row.year), (row.budget, row.line))
        if budget != row.budget:
            rule = f"a budget is of a member and year, for all care, but rows {line} and {row.line} give two"
            report_cell(table, lines[row.line], "budget_eur", rule, "Write it once, on any row of that year.")


def _years(table: Table) -> tuple[int, ...]:
    """Return the calendar years, also of rows with other faults, and report each gap at the year after it."""
    first_rows: dict[int, int] = {}
    for row in table.rows:
        try:
            first_rows.setdefault(parse_year(row.cells.get("year", "")), row.line)
        except CellError:
            continue  # reported with its row
    years = tuple(sorted(first_rows))
    for before, after in pairwise(years):
        if after > before + 1:
            gap = f"{before + 1}" if after == before + 2 else f"{before + 1} to {after - 1}"
            rule = f"years must follow each other, but {gap} is missing between {before} and {after}"
            hint = "Add these years, or leave out the older ones."
            table.report(first_rows[after], f"column {table.headers['year']}", "", rule, hint)
    return years


def _notes(history: History) -> list[str]:
    """Return a note if totals are less than the care types that they are made of."""
    if history.care_types[-1:] != (TOTAL,):
        return []
    # Amounts that are rounded to thousands differ by half of one for every figure.
    parts = np.nansum(history.cost[:, :, :-1], axis=2)
    less = int((history.cost[:, :, -1] < parts - 500.0 * len(history.care_types)).sum())
    return [f"{history.file}: totals below the sum of their care types: {less}. The totals are used."] if less else []
