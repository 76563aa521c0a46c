"""Numbers as readers of a language write them."""

from __future__ import annotations

import math

from solidair.pool.parts.words import money, number, percent

__all__ = ["euro_error", "euro_short", "money", "number", "percent", "points", "signed"]


def signed(value: float, language: str, decimals: int = 0) -> str:
    """Return a number with its sign: +12 or −12; zero has none."""
    text = number(abs(value), language, decimals)
    if not any(digit in text for digit in "123456789"):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def points(share: float, language: str, decimals: int = 0) -> str:
    """Return a share as a percentage, or a dash where there is none."""
    return "–" if math.isnan(share) else f"{number(100 * share, language, decimals)}%"


def euro_short(value: float, language: str) -> str:
    """Return an amount in the unit that keeps about three digits: € 4,2 mln, € 380 dzd."""
    size = abs(value)
    sign = "−" if value < 0 else ""
    symbol = "€ " if language == "nl" else "EUR "
    million, thousand = {"nl": (" mln", " dzd"), "en": (" m", " k")}[language]
    if size >= 999_500:
        decimals = 1 if size < 99_950_000 else 0
        return f"{sign}{symbol}{number(size / 1e6, language, decimals)}{million}"
    if size >= 999.5:
        return f"{sign}{symbol}{number(size / 1e3, language)}{thousand}"
    return f"{sign}{symbol}{number(size, language)}"


def euro_error(value: float, error: float, language: str) -> str:
    """Return an amount with its standard error, in the same unit: € 39,4 mln ±0,1; no error below its last digit."""
    size = abs(value)
    unit, decimals = (1e6, 1) if size >= 999_500 else (1e3, 0) if size >= 999.5 else (1.0, 0)
    step = 10.0**-decimals
    shown = number(max(error / unit, step / 2 if error > 0 else 0.0), language, decimals)
    shown = number(step, language, decimals) if error > 0 and not any(d in shown for d in "123456789") else shown
    return f"{euro_short(value, language)} ±{shown}"
