"""Read a region: one CSV row per municipality."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath

from solidair.models.regions import Municipality, Region
from solidair.models.sources.cells import CellError, is_missing, parse_number, refuse_excel_error
from solidair.models.sources.csvfile import Column, Row, Table, read_table

BUDGET_PER_YOUTH_EUR = 2432.0
"""National spend on youth care per youth, EUR, 2024: EUR 8.1 billion / 3.33 million youths."""

COLUMNS = (
    Column("code", ("gemeentecode", "gm_code", "cbs_code", "regiocode"), required=True),
    Column("name", ("gemeente", "naam", "gemeentenaam", "municipality"), required=True),
    Column("inhabitants", ("inwoners", "aantal_inwoners", "population"), required=True),
    Column("youth", ("jeugdigen", "jeugd", "jeugd_0_17", "youth_0_17", "aantal_jeugdigen"), required=True),
    Column("youth_budget_eur", ("youth_budget", "jeugdbudget", "jeugdbudget_eur", "begroting", "budget")),
    Column("need_index", ("behoefte_index", "behoefteindex")),
    Column("buffer_eur", ("buffer", "reserve", "reserve_eur", "weerstandscapaciteit")),
    Column("region", ("regio", "jeugdregio", "jeugdhulpregio", "youth_region")),
    Column("capacity", ("draagkracht", "belastingcapaciteit", "fiscal_capacity", "tax_capacity")),
    Column("youth_under_21", ("jeugdigen_tot_21", "jeugd_0_20", "youth_0_20")),
    Column("capacity_incidental_eur", ("incidentele_weerstandscapaciteit", "weerstandscapaciteit_incidenteel")),
    Column("capacity_structural_eur", ("structurele_weerstandscapaciteit", "weerstandscapaciteit_structureel")),
    Column("certainty", ("zekerheid", "zekerheidspercentage")),
)

MOST_PEOPLE = 20_000_000
MOST_EUR = 1e11
MOST_NEED = 5.0
_COMMENTS = {
    "title": "title",
    "titel": "title",
    "source": "source",
    "bron": "source",
    "year": "year",
    "jaar": "year",
    "note": "note",
    "opmerking": "note",
}


def read_region(
    path: str | Path | Traversable,
    *,
    name: str | None = None,
    budget_per_youth_eur: float = BUDGET_PER_YOUTH_EUR,
) -> Region:
    """Read a region from a CSV file.

    Parameters
    ----------
    path
        The file; its columns are `COLUMNS`, of which only those with `required` must be there. Comment lines
        above the header may give `# title: ...`, `# source: ...`, `# year: 2021` and `# note: ...`.
    name
        Short name of the region; by default the name of the file without its ending.
    budget_per_youth_eur
        EUR per youth per year, for members without a budget in the file; they are marked `budget_derived`.

    Returns
    -------
    Region
        Members in the order of the file.

    Raises
    ------
    InputError
        With every problem of the file, in its order.
    ValueError
        If `budget_per_youth_eur` is not a positive, finite number.
    """
    if not 0 < budget_per_youth_eur < math.inf:
        raise ValueError(f"budget_per_youth_eur must be positive and finite, not {budget_per_youth_eur}")
    table = read_table(path, COLUMNS)
    name = name or PurePath(str(path)).stem
    facts = _facts(table)
    year = _year(table)
    codes: dict[str, int] = {}
    names: dict[str, int] = {}
    members = [_member(table, row, codes, names, budget_per_youth_eur) for row in table.rows]
    _all_or_none(table, "need_index")
    _all_or_none(table, "region")
    table.raise_problems()
    return Region(
        name=name,
        title=next(iter(facts["title"]), name),
        members=tuple(member for member in members if member is not None),
        source="; ".join(facts["source"]),
        file=table.file,
        year=year,
        notes=(*facts["note"], *table.notes),
    )


def _facts(table: Table) -> dict[str, list[str]]:
    """Return the texts of the comment lines by their kind."""
    facts: dict[str, list[str]] = {kind: [] for kind in _COMMENTS.values()}
    for comment in table.comments:
        key, _, text = comment.text.partition(":")
        kind = _COMMENTS.get(key.strip().casefold())
        if kind is not None and text.strip():
            facts[kind].append(text.strip())
    return facts


def _year(table: Table) -> int | None:
    """Return the year of the figures, or None after reporting a line that gives no year."""
    year = None
    for comment in table.comments:
        key, _, text = comment.text.partition(":")
        if _COMMENTS.get(key.strip().casefold()) != "year":
            continue
        if re.fullmatch("(?:19|20)[0-9]{2}", text.strip()):
            year = year or int(text)
        else:
            hint = "Write it like '# year: 2021'."
            table.report(comment.line, "comment year", text.strip(), "must be a year", hint)
    return year


def _member(
    table: Table, row: Row, codes: dict[str, int], names: dict[str, int], budget_per_youth_eur: float
) -> Municipality | None:
    """Return the municipality of a row, or None after reporting what is wrong with it."""
    before = len(table.found)
    code = table.read(row, "code", lambda text: _once(_code(text), row.line, codes))
    name = table.read(row, "name", lambda text: _once(_name(text), row.line, names))
    inhabitants = table.read(row, "inhabitants", lambda text: _people(text, table.decimal))
    youth = table.read(row, "youth", lambda text: _youth(text, table.decimal, inhabitants))
    budget = table.read(row, "youth_budget_eur", _euro(table.decimal, allow_zero=False))
    need = table.read(row, "need_index", lambda text: _need(text, table.decimal))
    buffer = table.read(row, "buffer_eur", _euro(table.decimal, allow_zero=True))
    region = table.read(row, "region", lambda text: "" if is_missing(text) else _name(text))
    capacity = table.read(row, "capacity", _euro(table.decimal, allow_zero=True))
    under_21 = table.read(row, "youth_under_21", lambda text: _under_21(text, table.decimal, youth, inhabitants))
    incidental = table.read(row, "capacity_incidental_eur", _euro(table.decimal, allow_zero=True))
    structural = table.read(row, "capacity_structural_eur", _euro(table.decimal, allow_zero=True))
    certainty = table.read(row, "certainty", lambda text: _certainty(text, table.decimal))
    if code is None or name is None or inhabitants is None or youth is None or len(table.found) > before:
        return None
    derived = budget is None
    return Municipality(
        code=code,
        name=name,
        inhabitants=inhabitants,
        youth=youth,
        youth_budget_eur=youth * budget_per_youth_eur if budget is None else budget,
        need_index=need,
        buffer_eur=buffer,
        budget_derived=derived,
        region=region or "",
        capacity=capacity,
        youth_under_21=under_21,
        capacity_incidental_eur=incidental,
        capacity_structural_eur=structural,
        certainty=certainty,
    )


def _code(text: str) -> str:
    refuse_excel_error(text)
    code = text.upper()
    if re.fullmatch("GM[0-9]{4}", code):
        return code
    if is_missing(text):
        raise CellError("the CBS code must be there", "Write it like GM0518.")
    digits = re.fullmatch("(?:GM)?[ _-]?([0-9]{1,4})(?:[.,]0)?", code)
    hint = f"Write GM{int(digits[1]):04d}." if digits else "Write it like GM0518."
    raise CellError("the CBS code must be GM and four digits", hint)


def _name(text: str) -> str:
    refuse_excel_error(text)
    if is_missing(text):
        raise CellError("the name must be there", "Write the name of the municipality.")
    if not text.isprintable() or len(text) > 100:
        raise CellError("the name must be plain text of at most 100 signs", "Type it again.")
    if not any(sign.isalpha() for sign in text):
        raise CellError("the name must have letters", "Write the name of the municipality.")
    return text


def _once(text: str, line: int, seen: dict[str, int]) -> str:
    """Return the text, unless a row above has it."""
    first = seen.setdefault(text.casefold(), line)
    if first != line:
        raise CellError(f"must be there once, but rows {first} and {line} both have it", "Remove one of them.")
    return text


def _people(text: str, decimal: str) -> int:
    value = parse_number(text, decimal)
    if value is None:
        raise CellError("the number must be there", "Write the number of persons; it cannot be derived.")
    if not value.is_integer():
        digits = re.sub("[^0-9]", "", text)
        hint = f"Write whole persons in digits only, for example {digits} without comma or dot."
        raise CellError("must be a whole number", hint)
    if not 1 <= value <= MOST_PEOPLE:
        raise CellError("must be from 1 to 20 million", "Write the number of persons.")
    return int(value)


def _youth(text: str, decimal: str, inhabitants: int | None) -> int:
    youth = _people(text, decimal)
    if inhabitants is not None and youth > inhabitants:
        rule = f"must not be more than the inhabitants ({inhabitants})"
        raise CellError(rule, "Write the number of persons of 0 to 17 years; look whether two columns are swapped.")
    return youth


def _under_21(text: str, decimal: str, youth: int | None, inhabitants: int | None) -> int | None:
    if is_missing(text):
        return None
    under_21 = _people(text, decimal)
    if youth is not None and under_21 < youth:
        rule = f"must not be fewer than the youths of 0 to 17 years ({youth})"
        raise CellError(rule, "Write the number of persons of 0 to 20 years; those of 0 to 17 count too.")
    if inhabitants is not None and under_21 > inhabitants:
        rule = f"must not be more than the inhabitants ({inhabitants})"
        raise CellError(rule, "Write the number of persons of 0 to 20 years; look whether two columns are swapped.")
    return under_21


def _need(text: str, decimal: str) -> float | None:
    value = parse_number(text, decimal)
    if value is not None and not 0 < value <= MOST_NEED:
        example = "1,05" if decimal == "," else "1.05"
        hint = f"1 is the average; in this file 5 % more is written {example}."
        raise CellError("must be more than 0 and at most 5", hint)
    return value


def _certainty(text: str, decimal: str) -> float | None:
    """Return a certainty as a share, whether it is written 0.9, 90 or 90%."""
    digits = text.strip().removesuffix("%").rstrip()
    percent = digits != text.strip()
    value = parse_number(digits, decimal)
    if value is None and not percent:
        return None
    if value is None or not 0 < value < 100:
        raise CellError("must lie between 0% and 100%, both ends excluded", "Write 90%, for example.")
    if value <= 1 if percent else 1 <= value < 10:
        raise CellError("must be a certainty that can be read in one way only", "Write 90% or 90 for ninety percent.")
    # Through the digits, since 99.9 / 100 is 0.9990000000000001, which asks for one path more.
    return float(Fraction(str(value)) / 100) if percent or value > 1 else value


def _euro(decimal: str, *, allow_zero: bool) -> Callable[[str], float | None]:
    def parse(text: str) -> float | None:
        value = parse_number(text, decimal)
        if value is None:
            return None
        # Three decimals of a euro do not exist: 123.456 is far more likely EUR 123,456 in the other notation.
        if re.search(rf"(?<![0-9.,])[0-9]{{1,3}}[{decimal}][0-9]{{3}}$", text):
            rule = "must be an amount that can be read in one way only"
            digits = re.sub("[^0-9]", "", text)
            raise CellError(rule, f"Write {digits} for thousands, or two decimals for cents.")
        if value < 0 or (value == 0 and not allow_zero):
            rule = "must be 0 or more" if allow_zero else "must be more than 0"
            hint = "Write EUR." if allow_zero else "Write EUR per year; leave it empty to derive it from youth."
            raise CellError(rule, hint)
        if value > MOST_EUR:
            raise CellError("must be at most EUR 100 billion", "Write EUR, not cents.")
        return value

    return parse


def _all_or_none(table: Table, column: str) -> None:
    """Report a column that some members have and others do not."""
    empty = [row.line for row in table.rows if column in row.cells and is_missing(row.cells[column])]
    if empty and len(empty) < len(table.rows):
        lines = ", ".join(map(str, empty))
        rule = "must be given for all members or for none"
        hint = f"Fill row {lines}, or empty the whole column."
        place = f"column {table.headers[column]}"
        table.report(empty[0], place, "", rule, hint)
