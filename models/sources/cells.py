"""What stands in one cell of a CSV file: numbers in Dutch or English notation, missing values, Excel errors."""

from __future__ import annotations

import math
import re

EXCEL_ERROR = r"#(?:REF|VERW|N/A|N/B|VALUE|WAARDE|DIV/0|DEEL/0|NAME|NAAM|NUM|GETAL|NULL|LEEG|SPILL|CALC)[!?]?"
_ERROR_CELL = re.compile(rf"{EXCEL_ERROR}|#+", re.IGNORECASE)
_MONTH = r"(?:jan|feb|m(?:aa)?rt|mar|apr|mei|may|jun|jul|aug|sep|o[kc]t|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    rf"(?:[0-9]{{1,4}}([-/])[0-9]{{1,2}}(?:\1[0-9]{{1,4}})?|[0-9]{{1,2}}\.[0-9]{{1,2}}\.[0-9]{{4}}"
    rf"|[0-9]{{1,4}}[-/ ]{_MONTH}(?:[-/ ][0-9]{{1,4}})?|{_MONTH}[-/ ][0-9]{{1,4}})(?:[ T][0-9:.]+)?",
    re.IGNORECASE,
)
_AMOUNT = re.compile(
    r"(?P<sign>[+-]?) ?(?:€|euro?)? ?(?P<inner>[+-]?) ?(?P<body>[0-9.,][0-9., ]*?)(?P<dash>[.,]-{1,2})?"
    r" ?(?:€|euro?)?",
    re.IGNORECASE,
)
_SPACED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?")


class CellError(ValueError):
    """A cell breaks a rule; the table adds the file and the place.

    Parameters
    ----------
    rule
        What must hold.
    hint
        What the user can do about it.
    """

    def __init__(self, rule: str, hint: str) -> None:
        self.rule = rule
        self.hint = hint
        super().__init__(f"{rule}. {hint}")


def shown(text: str, limit: int = 60) -> str:
    """Return text that is safe to print: no control characters, not too long."""
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean(text: str) -> str:
    """Return a cell without padding; every run of white space, non-breaking included, becomes one space."""
    return " ".join(text.replace("\ufeff", "").replace("\u200b", "").split())


def is_missing(text: str) -> bool:
    """Return whether a cell says that there is no value: empty, `.` (CBS) or a dash."""
    return clean(text) in {"", ".", "-", "–", "—"}


def refuse_excel_error(text: str) -> None:
    """Raise a CellError if the cell is an error value of Excel, such as `#REF!` or `#N/B`."""
    if _ERROR_CELL.fullmatch(clean(text)):
        raise CellError(
            "must be a value, not an error of Excel",
            "Repair the formula or widen the column, and save again.",
        )


def parse_number(text: str, decimal: str) -> float | None:
    """Return the number in a cell, or None if the cell says that there is none.

    Parameters
    ----------
    text
        The cell. A euro sign, `EUR`, spaces between thousands and the Dutch `,-` are allowed.
    decimal
        What separates decimals in this file: `,` (Dutch notation, thousands with dots) or `.`. The other
        notation is accepted where it can mean one thing only.

    Raises
    ------
    CellError
        If the cell is not one plain, finite number. Among decimal points, `1,234` could be either: refused.
    """
    cell = clean(text)
    if is_missing(cell):
        return None
    refuse_excel_error(cell)
    example = "1234567,5 or 1.234.567,5" if decimal == "," else "1234567.5"
    write = f"Write it in digits, for example {example}."
    if _DATE.fullmatch(cell):
        raise CellError(
            "must be a number, but looks like a date",
            "Excel has probably made a date of a number: format the column as Number and type it again.",
        )
    if re.fullmatch(r"[+-]?[0-9.,]+e[+-]?[0-9]+", cell, re.IGNORECASE):
        raise CellError(
            "must be a number with all its digits",
            f"Excel has shortened it: format the column as Number and save again. {write}",
        )
    match = _AMOUNT.fullmatch(cell.replace("−", "-"))
    if match is None or (match["sign"] and match["inner"]):
        raise CellError("must be a number", write)
    body = match["body"].strip() + (match["dash"][0] + "00" if match["dash"] else "")
    if _SPACED.fullmatch(body):
        body = body.replace(" ", "")
    value = _digits(body, decimal)
    if value is None:
        raise CellError("must be a number", write)
    if not math.isfinite(value):
        raise CellError("must be a finite number", write)
    return -value if "-" in (match["sign"], match["inner"]) else value


def _digits(body: str, decimal: str) -> float | None:
    """Return the value of digits with separators, or None if they are not one number."""
    for mark in (decimal, "." if decimal == "," else ","):
        group = "." if mark == "," else ","
        plain = re.fullmatch(rf"[0-9]+(?:[{mark}][0-9]+)?|[{mark}][0-9]+", body)
        grouped = re.fullmatch(rf"[1-9][0-9]{{0,2}}(?:[{group}][0-9]{{3}})+(?:[{mark}][0-9]+)?", body)
        if grouped and mark == decimal == "." and body.count(",") == 1 and "." not in body:
            raise CellError(
                "must be a number that can be read in one way only",
                f"Write {body.replace(',', '')} if the comma stands between thousands, "
                f"or {body.replace(',', '.')} if it starts the decimals.",
            )
        if plain or grouped:
            return float(body.replace(group, "").replace(mark, "."))
    return None
