"""Read what single children have really cost: one CSV row per child and care type, or per invoice.

Such a file is about children in care. So a message about it names the row, the column and the kind of what was found,
never what stands in a cell (years excepted), and the table that comes out holds small numbers instead of pseudonyms.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solidair.models.care import CareType
from solidair.models.severity.numeric import Floats, as_floats
from solidair.models.sources.case_rows import Child, Entry, Key, Sum, add_up, rows_in_words
from solidair.models.sources.cells import CellError, parse_number
from solidair.models.sources.csvfile import Column, Row, Table
from solidair.models.sources.discreet import (
    CareNames,
    parse_amount,
    parse_date,
    parse_label,
    parse_payer,
    parse_year,
    read_cell,
    read_private_table,
)
from solidair.models.sources.spells import Spells, refuse_mixed_marks, spells_of

Ints = NDArray[np.int64]
Dates = NDArray[np.datetime64]

COLUMNS = (
    Column("code", ("gemeentecode", "gm_code", "cbs_code", "regiocode", "betaler", "payer"), required=True),
    Column(
        "care_type",
        ("zorgvorm", "zorgtype", "zorgsoort", "care", "taakveld", "iv3", "productcategorie", "product_category"),
        required=True,
    ),
    Column("cost_eur", ("kosten", "kosten_eur", "bedrag", "bedrag_eur", "cost", "amount", "amount_eur"), required=True),
    Column("child", ("kind", "pseudoniem", "pseudonym", "jeugdige", "client", "cliënt")),
    Column("household", ("huishouden", "gezin", "family")),
    Column("spell", ("traject", "trajectnummer", "toewijzing", "toewijzingsnummer", "care_spell")),
    Column("months", ("maanden", "maanden_verblijf", "months_of_stay")),
    Column("year", ("jaar", "boekjaar", "kalenderjaar", "calendar_year")),
    Column("start", ("startdatum", "begindatum", "ingangsdatum", "start_date", "start_datum")),
    Column("invoice", ("factuur", "factuurnummer", "declaratie", "declaratienummer", "invoice_number")),
)

MOST_EUR = 1e7
"""Largest cost of a child in a year, and size of a row, EUR: far above any product."""


@dataclass(frozen=True, eq=False)
class Cases:
    """Cost of children in one year, a case being a child in a care type for a payer.

    Cases are sorted by payer, care type and child, so that the order of rows in the file does not matter.

    Parameters
    ----------
    file
        The file as the user named it.
    year
        The calendar year; None if neither the caller nor the file says.
    codes, care_types
        CBS code of the payer and identifier of the care type of each case.
    costs
        EUR in the year, at least 0, shape (n,).
    children, households
        Numbers from 0 that tell children and households apart, in this file only, shape (n,). A child whose household
        is not given has one of its own.
    months
        Months of stay in the year, 0 to 12; NaN if not known, shape (n,).
    starts
        First day of the care as far as the file says; NaT if not known, shape (n,).
    spells
        The care spells that each case is made of.
    skipped
        Rows of other years, which were not used.
    notes
        What a user should know about the reading.
    """

    file: str
    year: int | None
    codes: tuple[str, ...] = field(repr=False)
    care_types: tuple[str, ...] = field(repr=False)
    costs: Floats = field(repr=False)
    children: Ints = field(repr=False)
    households: Ints = field(repr=False)
    months: Floats = field(repr=False)
    starts: Dates = field(repr=False)
    spells: Spells = field(repr=False)
    skipped: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return the number of cases."""
        return len(self.codes)

    def members(self, codes: Sequence[str]) -> Ints:
        """Return the position of each payer among the members, shape (n,); KeyError if one is none."""
        place = {code: i for i, code in enumerate(codes)}
        return np.array([place[code] for code in self.codes], dtype=np.int64)

    def as_history(self, codes: Sequence[str], care_types: Sequence[str]) -> tuple[Floats, Floats]:
        """Return what `History` holds of a year.

        Parameters
        ----------
        codes, care_types
            Members, and identifiers of care types, in the order of the axes.

        Returns
        -------
        clients, cost
            Number of children and EUR, each of shape (member, care_type); 0 where there is no case.

        Raises
        ------
        KeyError
            If a case has a payer or care type that is not among them: its cost would vanish.
        """
        place = {id_: i for i, id_ in enumerate(care_types)}
        cells = self.members(codes), np.array([place[id_] for id_ in self.care_types], dtype=np.int64)
        clients, cost = (np.zeros((len(codes), len(care_types))) for _ in range(2))
        np.add.at(clients, cells, 1.0)
        np.add.at(cost, cells, self.costs)
        return clients, cost


def read_cases(
    path: str | Path | Traversable,
    *,
    codes: Collection[str],
    care_types: Sequence[CareType],
    year: int | None = None,
) -> Cases:
    """Read a file of cases, or of invoices.

    Rows of the same payer, care type and child are added up and are one case. A negative row is a correction.

    Parameters
    ----------
    path
        The file; its columns are `COLUMNS`, of which only the first three must be there. Without a column `child`
        every row is a child.
    codes
        CBS codes of the members of the region.
    care_types
        Care types of the cost model. A cell may hold the identifier, the label, an Iv3 taakveld or an iJw product
        category; codes must belong to one of them only.
    year
        The calendar year that is wanted. Rows of another year are skipped and counted; without a column `year` all
        rows are taken to be of it.

    Returns
    -------
    Cases
        At least one case.

    Raises
    ------
    InputError
        With every problem of the file, in its order; no message shows what stands in a cell.
    """
    table = read_private_table(path, COLUMNS)
    names = CareNames(care_types)
    years = {row.line: read_cell(table, row, "year", parse_year) for row in table.rows}
    found = {found for found in years.values() if found is not None}
    if year is None:
        _one_year(table, years)
        year = next(iter(found), None)
    rows = [row for row in table.rows if years[row.line] in (None, year)]
    if table.rows and not rows:
        hint = f"The file has {', '.join(map(str, sorted(found)))}."
        table.report(table.rows[0].line, f"column {table.headers['year']}", "", f"rows must be of {year}", hint)
    latest = None if year is None else date(year, 12, 31)
    entries: list[Entry] = []
    doubtful: set[Key | None] = set()
    for row in rows:
        entry = _entry(table, row, codes, names, latest, doubtful)
        entries += [] if entry is None else [entry]
        if years[row.line] is None and "year" in table.headers:
            doubtful.add(None)  # a row of another year, perhaps
    equal = _equal_rows(table, entries)
    groups: dict[Key, list[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.order):
        groups.setdefault(entry.key, []).append(entry)
    # Of a child with a row that cannot be read, or if the child of such a row is unknown, sums say nothing.
    judged = [group for key, group in groups.items() if not {None, key} & doubtful]
    sums = {group[0].key: _sum(table, group) for group in judged}
    homes = _homes(table, entries)
    refuse_mixed_marks(table, entries)
    table.raise_problems()
    return _cases(table, year, sums, homes, spells_of(groups.values()), len(table.rows) - len(rows), equal)


def _entry(
    table: Table, row: Row, codes: Collection[str], names: CareNames, latest: date | None, doubtful: set[Key | None]
) -> Entry | None:
    """Return what a row says, or None after reporting what is wrong with it and marking the case that it is of."""
    before = len(table.found)
    code = read_cell(table, row, "code", lambda text: parse_payer(text, codes))
    care_type = read_cell(table, row, "care_type", names.parse)
    cost = read_cell(table, row, "cost_eur", lambda text: _cost(text, table.decimal))
    child = ("", row.line) if "child" not in table.headers else read_cell(table, row, "child", _child)
    household = read_cell(table, row, "household", lambda text: parse_label(text, "the household")) or ""
    spell = read_cell(table, row, "spell", lambda text: parse_label(text, "the care spell")) or ""
    months = read_cell(table, row, "months", lambda text: _months(text, table.decimal, (cost or 0.0) < 0.0))
    start = read_cell(table, row, "start", lambda text: parse_date(text, latest))
    invoice = read_cell(table, row, "invoice", lambda text: parse_label(text, "the invoice number")) or ""
    key = None if code is None or care_type is None or child is None else (code, care_type, child)
    if len(table.found) > before or key is None or cost is None:
        doubtful.add(key)
        return None
    stay = math.nan if months is None else months
    return Entry(row.line, key, cost, household, spell, stay, start, invoice)


def _one_year(table: Table, years: dict[int, int | None]) -> None:
    """Report the first row of a second year, if the caller named none."""
    first = next(filter(None, years.values()), None)
    other = next((line for line, found in years.items() if found not in (None, first)), None)
    if other is not None:
        rule, hint = "rows must be of one year, unless a year is asked for", "Say which year, or split the file."
        table.report(other, f"column {table.headers['year']}", "a year", rule, hint)


def _cost(text: str, decimal: str) -> float:
    value = parse_amount(text, decimal, MOST_EUR, "the cost")
    if value is None:
        raise CellError("the cost must be there", "Write EUR; write 0 if there was none.")
    return value


def _child(text: str) -> Child:
    label = parse_label(text, "the pseudonym")
    if not label:
        raise CellError("the pseudonym of the child must be there", "Fill it in; without the column, a row is a child.")
    return label, 0


def _months(text: str, decimal: str, correction: bool) -> float | None:
    try:
        value = parse_number(text, decimal)
    except CellError as error:
        raise CellError(error.rule, f"Write months in digits, like 4{decimal}5.") from None
    if value is None or value == 0.0:
        return value
    if correction and not -12.0 <= value < 0.0:
        rule = "months of a correction must be empty, 0 or negative"
        raise CellError(rule, "Write the months that it takes back with a minus.")
    if not correction and not 0.0 < value <= 12.0:
        raise CellError("months must be from 0 to 12", "Write the months of stay in this year.")
    return value


def _equal_rows(table: Table, entries: Iterable[Entry]) -> int:
    """Return how many rows say the same as one above; report these instead if they have the same invoice number."""
    seen: dict[tuple[object, ...], int] = {}
    equal = 0
    for entry in entries:
        first = seen.setdefault(entry.facts, entry.line)
        if first != entry.line and entry.invoice:
            rule = f"must be there once, but rows {first} and {entry.line} are the same, with one invoice number"
            table.report(entry.line, "", "", rule, "Remove one of them.")
        equal += first != entry.line
    return equal


def _sum(table: Table, group: Sequence[Entry]) -> Sum:
    """Add the rows of a case, and report a sum that cannot be."""
    found = add_up(group)
    cost, months = found.cost, found.months
    lines = sorted(entry.line for entry in group)
    rows = rows_in_words(lines)
    if cost < 0.0:
        last = max((entry for entry in group if entry.cost < 0.0), key=lambda entry: entry.line)
        rule = f"the cost of a child in a care type must not be less than 0 in a year, but that of {rows} is"
        hint = "Look for an invoice that is missing, or of another year."
        if "child" not in table.headers:
            hint = "Add a column 'child' with a pseudonym, so that corrections find their child."
        table.report(last.line, f"column {table.headers['cost_eur']}", "", rule, hint)
    if cost > MOST_EUR:
        rule = f"the cost of a child in a year must be at most EUR {MOST_EUR:,.0f}, but that of {rows} is more"
        table.report(lines[-1], f"column {table.headers['cost_eur']}", "", rule, "Write EUR, not cents.")
    if months < 0.0 or months > 12.0:
        rule = f"the months of {rows}, one child in a care type, must add up to 0 to 12"
        hint = "Write on every row the months that it pays for, not those of the whole stay."
        table.report(lines[-1], f"column {table.headers['months']}", "", rule, hint)
    return found


def _homes(table: Table, entries: Iterable[Entry]) -> dict[Child, str]:
    """Return the household of each child that has one; report a child that has two."""
    homes: dict[Child, tuple[str, int]] = {}
    for entry in entries:
        if entry.household:
            home, line = homes.setdefault(entry.key[2], (entry.household, entry.line))
            if home != entry.household:
                rule = f"a child must be of one household, but rows {line} and {entry.line} give two"
                hint = "Choose one of them. Two children must not have one pseudonym."
                table.report(entry.line, f"column {table.headers['household']}", "", rule, hint)
    return {child: home for child, (home, _) in homes.items()}


def _cases(
    table: Table, year: int | None, sums: dict[Key, Sum], homes: dict[Child, str], spells: Spells, skipped: int,
    equal: int,
) -> Cases:  # fmt: skip
    """Return the table of cases, with numbers instead of pseudonyms and notes on what was done."""
    # Ranks of pseudonyms, or in a file without them of the sorted rows: they do not depend on the order of rows.
    named = "child" in table.headers
    places = {key: (key[2] if named else ("", place)) for place, key in enumerate(sums)}
    child_rank = {child: rank for rank, child in enumerate(sorted(set(places.values())))}
    home = {key: (0, homes[key[2]], 0) if key[2] in homes else (1, *child) for key, child in places.items()}
    home_rank = {label: rank for rank, label in enumerate(sorted(set(home.values())))}
    zero = sum(case.cost == 0.0 for case in sums.values())
    partly = sum(case.partly for case in sums.values())
    payers: dict[Child, set[str]] = {}
    for code, _, child in sums:
        payers.setdefault(child, set()).add(code)
    moved = sum(len(codes) > 1 for codes in payers.values())
    file = table.file
    told = (
        (skipped, f"{file}: rows of another year than {year}, which are not used: {skipped}."),
        (equal, f"{file}: rows that say the same as a row above: {equal}. All count: was none exported twice?"),
        (zero, f"{file}: cases that cost 0 after corrections: {zero}. Each still counts as a client."),
        (partly, f"{file}: cases with months on some rows only: {partly}. Their months count as not known."),
        (moved, f"{file}: pseudonyms with more than one payer: {moved}. Each is a case of every payer. If payers "
         "number their own children, put the code of the payer in front."),
    )  # fmt: skip
    return Cases(
        file=file,
        year=year,
        codes=tuple(key[0] for key in sums),
        care_types=tuple(key[1] for key in sums),
        costs=as_floats([case.cost for case in sums.values()]),
        children=np.array([child_rank[child] for child in places.values()], dtype=np.int64),
        households=np.array([home_rank[label] for label in home.values()], dtype=np.int64),
        months=as_floats([case.months for case in sums.values()]),
        starts=np.array([case.start for case in sums.values()], dtype="datetime64[D]"),
        spells=spells,
        skipped=skipped,
        notes=(*table.notes, *(note for count, note in told if count)),
    )
