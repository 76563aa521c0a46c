"""Numbers as readers of a language write them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from solidair.pool.parts.words import money, number, percent

__all__ = ["Unit", "euro_short", "in_unit", "money", "number", "percent", "points", "signed", "unit_for"]


def signed(value: float, language: str, decimals: int = 0) -> str:
    """Return a number with its sign: +12 or −12; zero has none."""
    text = number(abs(value), language, decimals)
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def points(share: float, language: str, decimals: int = 0) -> str:
    """Return a share as a percentage, or a dash where there is none."""
    if math.isnan(share):
        return "–"
    shown = number(100 * share, language, decimals)
    return f"{shown.replace('-', '−', 1)}%"


def euro_short(value: float, language: str) -> str:
    """Return an amount in the unit that keeps about three digits: € 4,2 mln, € 380 dzd."""
    size = abs(value)
    sign = "−" if value < 0 else ""
    symbol = "€\u00a0" if language == "nl" else "EUR\u00a0"
    million, thousand = {"nl": ("\u00a0mln", "\u00a0dzd"), "en": ("\u00a0m", "\u00a0k")}[language]
    if size >= 999_500:
        decimals = 1 if size < 99_950_000 else 0
        return f"{sign}{symbol}{number(size / 1e6, language, decimals)}{million}"
    if size >= 999.5:
        return f"{sign}{symbol}{number(size / 1e3, language)}{thousand}"
    return f"{sign}{symbol}{number(size, language)}"


@dataclass(frozen=True)
class Unit:
    """A unit of money for a whole table."""

    name: str
    divisor: float
    decimals: int


def unit_for(largest: float) -> Unit:
    """Return the unit in which the largest amount of a table has one to four digits: euro, thousand or million."""
    if largest >= 999_500:
        return Unit("million", 1e6, 1)
    return Unit("thousand", 1e3, 0) if largest >= 9_999.5 else Unit("euro", 1.0, 0)


def in_unit(value: float, error: float, unit: Unit, language: str) -> str:
    """Return an amount with its standard error, such as 39,4 ±0,1.

    An error is never shown as nothing, and a figure that is exact has none: 39,4.
    """
    amount = number(value / unit.divisor, language, unit.decimals)
    if not error > 0:
        return amount
    shown = max(error / unit.divisor, 10.0**-unit.decimals)
    return f"{amount} ±{number(shown, language, unit.decimals)}"
