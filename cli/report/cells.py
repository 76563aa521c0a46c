"""Numbers of the report: a value beside its error, with no more digits than the error supports."""

from __future__ import annotations

import math
from collections.abc import Iterable

from solidair.cli.numbers import number

__all__ = ["Scale", "exact", "figure", "money_scale", "rounded", "with_error"]


class Scale:
    """The unit that a row of figures is printed in.

    Parameters
    ----------
    divisor
        What a value is divided by.
    unit
        How the unit is written, in the language of the report.
    """

    def __init__(self, divisor: float, unit: str) -> None:
        self.divisor = divisor
        self.unit = unit


def money_scale(values: Iterable[float], language: str) -> Scale:
    """Return the unit in which amounts of this size, EUR, read best."""
    largest = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    if largest >= 1e6:
        return Scale(1e6, {"nl": "€\u00a0mln", "en": "EUR\u00a0m"}[language])
    if largest >= 1e4:
        return Scale(1e3, {"nl": "€\u00a0×\u00a01.000", "en": "EUR\u00a0×\u00a01,000"}[language])
    return Scale(1.0, {"nl": "€", "en": "EUR"}[language])


NOTHING = 1e-9
"""What rounding leaves of a zero: an amount or index smaller than this is none."""


def rounded(
    value: float, error: float, language: str, *, sign: bool = False, most: int | None = None
) -> tuple[str, str]:
    """Return a value and its standard error as text, both at the decimal place of the error's first digit.

    Parameters
    ----------
    value, error
        In the unit that is printed. An error of 0 means that the value is exact; its text is then empty.
    sign
        Whether a value above 0 gets a plus.
    most
        Decimals that are enough for the reader; an error that then vanishes is given as less than the last of them.
    """
    if math.isnan(value):
        return "–", ""
    value, error = (0.0 if abs(x) < NOTHING else x for x in (value, error))
    if not error > 0.0 or not math.isfinite(error):
        if most is None and abs(value) >= 1.0:
            most = 2  # 4,692 would read as thousands
        size = abs(value) if most is None else round(abs(value), most)
        return _signed(exact(size, language), value if size else 0.0, sign), ""
    # round() first: an error of 0.096 is printed as 0.1, so one decimal is enough for the value.
    place = -math.floor(math.log10(float(f"{error:.0e}")))
    place = place if most is None else min(place, most)
    decimals = max(place, 0)
    size, doubt = round(abs(value), place), round(error, place)
    shown = number(doubt, language, decimals) if doubt else f"< {number(10.0**-place, language, decimals)}"
    return _signed(number(size, language, decimals), value if size else 0.0, sign), shown


def with_error(
    value: float, error: float, language: str, *, sign: bool = False, unit: str = "", most: int | None = None
) -> str:
    """Return 'value ± error' as plain text; the unit stands behind the value, as in 26,3% ± 0,2."""
    text, doubt = rounded(value, error, language, sign=sign, most=most)
    return f"{text}{unit} ± {doubt}" if doubt else f"{text}{unit}"


def exact(value: float, language: str, digits: int = 4) -> str:
    """Return a value without error, with at most so many digits and no zeros at its end: 0,025 or −3.330.000."""
    if value < 0.0:
        return _signed(exact(-value, language, digits), value, sign=False)
    if value == 0.0 or value >= 10 ** (digits - 1):
        return number(value, language)
    decimals = digits - 1 - math.floor(math.log10(value))
    text = f"{value:.{decimals}f}".rstrip("0").rstrip(".")
    shown = len(text.partition(".")[2])
    return number(value, language, shown)


def figure(value: float, size: float, language: str) -> str:
    """Return a published or modelled figure with as many digits as the size of its kind deserves."""
    if size >= 1e8:
        return f"{number(value / 1e9, language, 2)} {'mld' if language == 'nl' else 'bn'}"
    return number(value, language, 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3)


def _signed(text: str, value: float, sign: bool) -> str:
    if value < 0.0:
        return f"−{text}"
    return f"+{text}" if sign and value > 0.0 else text
