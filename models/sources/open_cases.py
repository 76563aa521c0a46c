"""Read the stays that are open on a reference date: one CSV row per stay.

Such a file is about children in care. So a message about it names the row, the column and the kind of what was found,
never what stands in a cell, and the table that comes out holds numbers of days instead of dates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources.abc import Traversable
from pathlib import Path

from solidair.models.calendar import birthday
from solidair.models.problems import nearest
from solidair.models.severity.numeric import Floats, as_floats
from solidair.models.sources.cells import CellError, is_missing, parse_number, refuse_excel_error
from solidair.models.sources.csvfile import Column, Row, Table
from solidair.models.sources.discreet import (
    WRITE_DATE,
    day_of,
    parse_payer,
    read_cell,
    read_private_table,
    report_cell,
)

COLUMNS = (
    Column("code", ("gemeentecode", "gm_code", "cbs_code", "regiocode", "betaler", "payer"), required=True),
    Column("care_type", ("zorgvorm", "zorgtype", "zorgsoort", "care"), required=True),
    Column("start", ("startdatum", "begindatum", "ingangsdatum", "start_date", "start_datum"), required=True),
    Column("birth_date", ("geboortedatum", "date_of_birth", "birthdate", "geboren")),
    Column("tariff_eur", ("tarief", "tarief_eur", "dagtarief", "tarief_per_dag", "tariff", "day_tariff")),
    Column("case", ("casus", "zaak", "zaaknummer", "casenummer", "case_number", "volgnummer")),
)

LEAVES_AT = 18.0
MOST_YEARS = 25.0
"""No stay and no child is older than this."""
MOST_TARIFF = 10_000.0
"""Highest day tariff, EUR: far above any product."""

_NO_ROWS = " Without open stays the start is in steady state: then remove [open_cases] from the study."


@dataclass(frozen=True)
class OpenCases:
    """Stays that are open on a reference date, in the order of the file.

    Parameters
    ----------
    file
        The file as the user named it.
    reference
        The date on which the stays are open.
    codes, care_types
        CBS code of the payer and care type of each stay.
    elapsed_days
        Days since the start, 0 or more, shape (n,).
    days_to_leaving
        Days until the child reaches the age of leaving, above 0; NaN if its birth date is not known or nobody leaves
        this care type by age, shape (n,).
    tariffs
        EUR per day, above 0; NaN if not given, shape (n,).
    notes
        What a user should know about the reading.
    withheld
        Payers and care types of which the file has too few stays to use, with how many: these are not among the
        others, see `solidair.models.sources.groups`.
    """

    file: str
    reference: date
    codes: tuple[str, ...] = field(repr=False)
    care_types: tuple[str, ...] = field(repr=False)
    elapsed_days: Floats = field(repr=False)
    days_to_leaving: Floats = field(repr=False)
    tariffs: Floats = field(repr=False)
    notes: tuple[str, ...] = ()
    withheld: Mapping[tuple[str, str], int] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return the number of stays."""
        return len(self.codes)


@dataclass(frozen=True)
class _Rules:
    """What the rows are checked against."""

    reference: date
    care_types: Collection[str]
    codes: Collection[str] | None
    leaves_at: Mapping[str, float] | float
    longest: Mapping[str, tuple[float, float]]
    not_stays: Collection[str]

    def leaving_age(self, care_type: str) -> float | None:
        """Return the age at which a care type ends, or None if it does not end by age."""
        return self.leaves_at.get(care_type) if isinstance(self.leaves_at, Mapping) else self.leaves_at

    def most_days(self, care_type: str, age_known: bool) -> float:
        """Return the days that a stay can have lasted."""
        return self.longest.get(care_type, (math.inf, math.inf))[age_known]


def read_open_cases(
    path: str | Path | Traversable,
    *,
    reference: date,
    care_types: Collection[str],
    codes: Collection[str] | None = None,
    leaves_at: Mapping[str, float] | float = LEAVES_AT,
    longest: Mapping[str, tuple[float, float]] | None = None,
    not_stays: Collection[str] = (),
) -> OpenCases:
    """Read a file of open stays.

    Parameters
    ----------
    path
        The file; its columns are `COLUMNS`, of which the last three may be absent and their cells empty. Dates are
        dd-mm-yyyy or ISO. A `case` is any mark that tells two children apart whose rows are alike otherwise; it is
        compared, and not kept.
    reference
        The date on which the stays are open, as a rule 1 January of the first budget year.
    care_types
        Identifiers of the care types of the cost model.
    codes
        CBS codes of the members of the region; None allows every code.
    leaves_at
        Age in years at which care ends, for all care types or per care type; those that a mapping lacks have none.
    longest
        Days that a stay can have lasted, per care type: if the birth date is not given, and if it is; those that are
        left out have no limit.
    not_stays
        Identifiers of care types of the cost model that are no stays, so that a row of one is told so.

    Returns
    -------
    OpenCases
        At least one stay.

    Raises
    ------
    InputError
        With every problem of the file, in its order; no message shows what stands in a cell.
    """
    table = read_private_table(path, COLUMNS, without_rows=_NO_ROWS)
    rules = _Rules(reference, care_types, codes, leaves_at, longest or {}, not_stays)
    seen: dict[tuple[str, ...], int] = {}
    stays = [_stay(table, row, rules, seen) for row in table.rows]
    table.raise_problems()
    found = [stay for stay in stays if stay is not None]
    return OpenCases(
        file=table.file,
        reference=reference,
        codes=tuple(stay.code for stay in found),
        care_types=tuple(stay.care_type for stay in found),
        elapsed_days=as_floats([stay.elapsed for stay in found]),
        days_to_leaving=as_floats([stay.leaving for stay in found]),
        tariffs=as_floats([stay.tariff for stay in found]),
        notes=table.notes,
    )


@dataclass(frozen=True)
class _Stay:
    code: str
    care_type: str
    elapsed: float
    leaving: float
    tariff: float


def _stay(table: Table, row: Row, rules: _Rules, seen: dict[tuple[str, ...], int]) -> _Stay | None:
    """Return the stay of a row, or None after reporting what is wrong with it."""
    before = len(table.found)
    code = read_cell(table, row, "code", lambda text: parse_payer(text, rules.codes))
    care_type = read_cell(table, row, "care_type", lambda text: _care_type(text, rules.care_types, rules.not_stays))
    start = read_cell(table, row, "start", lambda text: _start(text, rules.reference))
    age = rules.leaving_age(care_type) if care_type is not None else None
    birth = read_cell(table, row, "birth_date", lambda text: _birth(text, start, rules.reference, age))
    tariff = read_cell(table, row, "tariff_eur", lambda text: _tariff(text, table.decimal))
    case = row.cells.get("case", "").casefold()
    if code is None or care_type is None or start is None or len(table.found) > before:
        return None
    elapsed = float((rules.reference - start).days)
    most = rules.most_days(care_type, age_known=birth is not None and age is not None)
    if elapsed > most:
        rule = f"under the cost model a stay of this care type lasts at most {most / 365.0:.3g} years"
        other = "" if birth is not None or age is None else "give the birth date, or "
        hint = f"Check the year; else {other}give the care type a longer duration or other ages in the cost model."
        report_cell(table, row, "start", rule, hint)
        return None
    key = (code, care_type, start.isoformat(), str(birth), str(tariff), case)
    first = seen.setdefault(key, row.line)
    if first != row.line:
        rule = f"must be there once, but rows {first} and {row.line} are the same"
        hint = "Remove one of them. If they are two children, tell them apart in a column 'case'."
        table.report(row.line, "", "", rule, hint)
        return None
    leaving = math.nan
    if birth is not None and age is not None:
        leaving = float((birthday(birth, age) - rules.reference).days)
    return _Stay(code, care_type, elapsed, leaving, math.nan if tariff is None else tariff)


def _care_type(text: str, known: Collection[str], not_stays: Collection[str]) -> str:
    refuse_excel_error(text)
    names = {name.casefold(): name for name in (*known, *not_stays)}
    key = text.casefold()
    for option in (key, key.replace(" ", "-"), key.replace("_", "-")):
        name = names.get(option)
        if name in not_stays:
            rule = "the care type must be one of children who stay over years"
            raise CellError(rule, f"Remove the row: its cost is drawn anew every year. Stays: {', '.join(known)}.")
        if name is not None:
            return name
    if is_missing(text):
        raise CellError("the care type must be there", f"Known: {', '.join(known)}.")
    near = nearest(text, known)
    hint = f"Did you mean '{near}'?" if near else f"Known: {', '.join(known)}."
    raise CellError("the care type must be one of the cost model", hint)


def _start(text: str, reference: date) -> date:
    if is_missing(text):
        raise CellError("the start of the stay must be there", WRITE_DATE)
    start = day_of(text)
    if start > reference:
        rule = f"the stay must be open on the reference date, so start on {reference:%d-%m-%Y} or before"
        raise CellError(rule, "Remove the row, or choose a later reference date.")
    if (reference - start).days > MOST_YEARS * 366:
        raise CellError(f"the stay must have started at most {MOST_YEARS:g} years ago", "Check the year.")
    return start


def _birth(text: str, start: date | None, reference: date, age: float | None) -> date | None:
    if is_missing(text):
        return None
    born = day_of(text)
    if born > reference or (start is not None and born > start):
        raise CellError("a child must be born before the stay starts", "Look whether two columns are swapped.")
    if (reference - born).days > MOST_YEARS * 366:
        raise CellError(f"a child must be at most {MOST_YEARS:g} years old", "Check the year.")
    if age is not None and birthday(born, age) <= reference:
        rule = f"a child must leave this care type at the age of {age:g}, which it has reached"
        hint = "Remove the row if the stay has ended; if it goes on, raise leaves_at of the care type."
        raise CellError(rule, hint)
    return born


def _tariff(text: str, decimal: str) -> float | None:
    try:
        value = parse_number(text, decimal)
    except CellError as error:
        # The hints of numbers repeat the digits.
        raise CellError(error.rule, f"Write EUR per day, like 287{decimal}50.") from None
    if value is None:
        return None
    if re.search(rf"(?<![0-9.,])[0-9]{{1,3}}[{decimal}][0-9]{{3}}$", text):
        rule = "must be an amount that can be read in one way only"
        raise CellError(rule, "Write thousands without a mark between them, and cents with two decimals.")
    if not 0.0 < value <= MOST_TARIFF:
        rule = f"a day tariff must be above 0 and at most {MOST_TARIFF:g}"
        raise CellError(rule, "Write EUR per day, not per week, month or year.")
    return value
