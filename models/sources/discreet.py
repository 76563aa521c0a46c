"""Read tables about children in care: a message names the row, the column and the kind of what was found there.

It never shows what stands in a cell. Here are also the cells that such tables have in common: payer, form of care,
amount, year and date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from solidair.models.care import CareType
from solidair.models.problems import InputError, Problem, nearest
from solidair.models.sources.cells import CellError, is_missing, parse_number, refuse_excel_error
from solidair.models.sources.csvfile import Column, Row, Table, read_table

T = TypeVar("T")

WRITE_DATE = "Write it like 31-12-2024 or 2024-12-31."
MOST_YEARS_AGO = 25
"""No care for a child has started longer ago."""


def read_private_table(path: str | Path | Traversable, columns: Sequence[Column], *, without_rows: str = "") -> Table:
    """Read a table whose problems show no cell.

    Parameters
    ----------
    path
        The file.
    columns
        The columns that the caller knows.
    without_rows
        What to say, after the hint, of a file without rows.

    Raises
    ------
    InputError
        If there is no table to read.
    """

    def told(problem: Problem, header_is_one: bool) -> Problem:
        said = without_rows if problem.value in ("an empty file", "only a header") else ""
        return _discreet(replace(problem, hint=problem.hint + said), columns, header_is_one)

    try:
        table = read_table(path, columns)
    except InputError as error:
        raise InputError(told(problem, header_is_one=False) for problem in error.problems) from None
    # Two names that are known: then the first row is a header, and no row of data whose cells must not be shown.
    header_is_one = len(table.headers) > 1
    table.found[:] = [(line, told(problem, header_is_one)) for line, problem in table.found]
    return table


def read_cell(table: Table, row: Row, column: str, parse: Callable[[str], T]) -> T | None:
    """Return the parsed cell, or None after noting a problem that says of the cell no more than its kind.

    Also None if the file lacks the column. `parse` must raise its CellError with a rule and a hint that do not repeat
    the cell.
    """
    if column not in row.cells:
        return None
    text = row.cells[column]
    try:
        return parse(text)
    except CellError as error:
        report_cell(table, row, column, error.rule, error.hint)
        return None


def report_cell(table: Table, row: Row, column: str, rule: str, hint: str) -> None:
    """Note a problem of a cell with its kind."""
    table.report(row.line, f"column {table.headers[column]}", kind(row.cells[column]), rule, hint)


def kind(text: str) -> str:
    """Return what sort of thing a cell holds, and nothing of its content."""
    if is_missing(text):
        return "an empty cell"
    if text.startswith("#"):
        return "an error of Excel"
    if re.fullmatch(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}(?:[ T][0-9:.]+)?", text):
        return "a date"
    return "a number" if re.fullmatch(r"[-+−€ ]*[0-9][0-9., ]*(?:,-)?[ €]*", text) else "a text"


def _discreet(problem: Problem, columns: Sequence[Column], header_is_one: bool) -> Problem:
    """Return a problem of the file as a whole without the cells that it shows."""
    if not problem.where.startswith("row"):
        return problem  # about the file, not about what stands in it
    row, _, column = problem.where.partition(", ")
    known = {name for entry in columns for name in (entry.name, *entry.aliases)}
    header = column.removeprefix("column ")
    plain = re.sub(r"\W+", "_", header.casefold()).strip("_")
    if column and not header_is_one and plain not in known and not re.fullmatch("[0-9]{1,3}", header):
        column = "a column that is not known"
    hint = problem.hint
    if problem.rule == "the column must be a known one":
        dutch = ", ".join(entry.aliases[0] for entry in columns if entry.aliases)
        english = ", ".join(entry.name for entry in columns)
        hint = f"Remove this column: it is not needed, and this file is about children. In Dutch: {dutch}; in English: "
        hint += f"{english}."
    if hint.startswith("Is it '") and not header_is_one:
        hint = f"Add a column '{header}'."
    return replace(problem, where=", ".join(filter(None, (row, column))), value="", hint=hint)


def parse_payer(text: str, codes: Collection[str] | None) -> str:
    """Return the code of a member of the region; the hint names the member with the nearest code.

    Without `codes`, of a region that could not be read, every code will do.
    """
    refuse_excel_error(text)
    if is_missing(text):
        raise CellError("the CBS code of the payer must be there", "Write it like GM0518.")
    code = text.upper()
    if codes is None:
        codes = (code,) if re.fullmatch("GM[0-9]{4}", code) else ()
    if code in codes:
        return code
    digits = re.fullmatch("(?:GM)?[ _-]?([0-9]{1,4})(?:[.,]0)?", code)
    meant = f"GM{int(digits[1]):04d}" if digits else code
    near = meant if meant in codes else nearest(meant, codes)
    guess = f"Did you mean {near}?" if near else ""
    if not re.fullmatch("GM[0-9]{4}", code):
        raise CellError("the CBS code of the payer must be GM and four digits", guess or "Write it like GM0518.")
    rule = "the payer must be a member of the region"
    raise CellError(rule, f"{guess} Else remove the row, or add the municipality to the region.".removeprefix(" Else "))


@dataclass(frozen=True)
class CareNames:
    """What a cell may call a form of care: identifier, label, Iv3 taakveld or iJw product category.

    Parameters
    ----------
    care_types
        The care types of the cost model.
    others
        Further words that are returned as they are, such as 'total'.
    """

    care_types: Sequence[CareType]
    others: tuple[str, ...] = ()

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Identifiers in the order of the cost model."""
        return tuple(care.id for care in self.care_types)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Names of one care type only."""
        labels: dict[str, set[str]] = {}
        for care in self.care_types:
            for label in (care.label.nl, care.label.en):
                labels.setdefault(label.casefold(), set()).add(care.id)
        names = {label: next(iter(ids)) for label, ids in labels.items() if len(ids) == 1}
        return names | {name.casefold(): name for name in (*self.others, *self.ids)}

    @cached_property
    def _codes(self) -> dict[str, tuple[str, ...]]:
        """Care types that are booked under each code; 6.73 stands for all of 6.73a, 6.73b, ..."""
        found: dict[str, dict[str, None]] = {}
        for care in self.care_types:
            for code in (*care.iv3, *(code[:-1] for code in care.iv3 if code[-1:].isalpha()), *care.ijw):
                found.setdefault(code.casefold(), {})[care.id] = None
        return {code: tuple(ids) for code, ids in found.items()}

    def parse(self, text: str) -> str:
        """Return the identifier of the care type in a cell.

        Raises
        ------
        CellError
            If the cell names no care type, or a code under which several are booked; the hint names these.
        """
        refuse_excel_error(text)
        if is_missing(text):
            raise CellError("the care type must be there", f"Known: {', '.join((*self.ids, *self.others))}.")
        key = text.casefold()
        for option in (key, key.replace(" ", "-"), key.replace("_", "-")):
            if option in self._names:
                return self._names[option]
        code = re.sub(r"^([0-9]+)[.,]0+$", r"\1", key.removeprefix("iv3 ").removeprefix("taakveld "))
        candidates = self._codes.get(code.replace(",", ".").replace(" ", ""), ())
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            either = f"{', '.join(candidates[:-1])} or {candidates[-1]}"
            raise CellError("the code must belong to one care type only", f"Write which one it is: {either}.")
        near = nearest(text, self._names)
        known = f"Known: {', '.join((*self.ids, *self.others))}, and their Iv3 and iJw codes."
        hint = f"Did you mean '{self._names[near]}'?" if near else known
        raise CellError("the care type must be one of the cost model", hint)


def parse_amount(text: str, decimal: str, most: float, what: str) -> float | None:
    """Return an amount of EUR, or None if the cell says that there is none.

    Parameters
    ----------
    text
        The cell.
    decimal
        What separates decimals in this file.
    most
        Largest size, EUR; a larger one was probably written in cents.
    what
        The amount in words, for messages.
    """
    example = f"Write EUR in digits, like 1234{decimal}50; a minus stands in front."
    try:
        value = parse_number(text, decimal)
    except CellError as error:
        raise CellError(error.rule, example) from None  # hints of numbers repeat the digits
    # Three decimals of a euro do not exist: 123.456 is far more likely EUR 123,456 in the other notation.
    if value is not None and re.search(rf"(?<![0-9.,])[0-9]{{1,3}}[{decimal}][0-9]{{3}}[ €a-z]*$", text, re.IGNORECASE):
        rule = "must be an amount that can be read in one way only"
        raise CellError(rule, "Write thousands without a mark between them, and cents with two decimals.")
    if value is not None and abs(value) > most:
        raise CellError(f"{what} must be at most EUR {most:,.0f}", "Write EUR, not cents.")
    return value


def parse_year(text: str) -> int:
    """Return a calendar year of four digits, 1990 to 2099."""
    refuse_excel_error(text)
    match = re.fullmatch("(199[0-9]|20[0-9]{2})(?:[.,]0+)?", text)
    if match is None:
        raise CellError("must be a calendar year", "Write it in four digits, like 2024.")
    return int(match[1])


def parse_label(text: str, what: str) -> str:
    """Return a mark that is compared only, such as a pseudonym; '' if the cell is empty."""
    refuse_excel_error(text)
    if is_missing(text):
        return ""
    if re.fullmatch(r"[0-9]+(?:[.,][0-9]+)?E\+[0-9]+", text, re.IGNORECASE):
        rule = f"{what} must be there with all its signs, but Excel has shortened it as a number"
        raise CellError(rule, "Format the column as Text, export again, and do not save with Excel in between.")
    return text


def parse_date(text: str, latest: date | None) -> date | None:
    """Return the date in a cell, or None if it is empty; `latest` is the last day allowed."""
    refuse_excel_error(text)
    if is_missing(text):
        return None
    found = day_of(text)
    if latest is not None and found > latest:
        raise CellError(f"must be {latest:%d-%m-%Y} or before", "Check the year.")
    if latest is not None and found.year < latest.year - MOST_YEARS_AGO:
        raise CellError(f"must be at most {MOST_YEARS_AGO} years ago", "Check the year.")
    return found


def day_of(text: str) -> date:
    """Return the date in a cell, dd-mm-yyyy or ISO, with or without a midnight that Excel has added."""
    refuse_excel_error(text)
    bare = re.sub(r"[ T]0{1,2}:00(?::00(?:\.0+)?)?$", "", text)
    if re.fullmatch("[0-9]{5}(?:[.,]0+)?", bare):
        rule = "must be a date, but is the number that Excel keeps for one"
        raise CellError(rule, f"Format the column as Date and save again. {WRITE_DATE}")
    local = re.fullmatch("(?P<day>[0-9]{1,2})-(?P<month>[0-9]{1,2})-(?P<year>[0-9]{4})", bare)
    match = local or re.fullmatch("(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})", bare)
    if match is None:
        rule = "must be a date that can be read in one way only"
        raise CellError(rule, f"{WRITE_DATE} With slashes, day and month cannot be told apart.")
    year, month, day = (int(match[part]) for part in ("year", "month", "day"))
    if year == 1900 or (year, month, day) in ((1899, 12, 30), (1899, 12, 31)):
        rule = "must be a real date: in Excel a date in 1900 is an empty cell"
        raise CellError(rule, f"Clear the cell or fill it in. {WRITE_DATE}")
    try:
        return date(year, month, day)
    except ValueError:
        raise CellError("must be a day of the calendar", f"{WRITE_DATE} The day comes first.") from None
