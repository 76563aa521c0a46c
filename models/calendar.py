"""Budget years as days: when each year of a run starts, and how many days of a stay fall in each."""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from functools import cached_property

import numpy as np

from solidair.models.severity.numeric import Floats, as_floats

MONTH = 365.25 / 12
"""Days of a month of stay, where an amount is per month: 30.4375."""


@dataclass(frozen=True)
class Calendar:
    """Consecutive budget years, each a calendar year.

    Parameters
    ----------
    first_year
        The calendar year of budget year 0; day 0 is its 1 January.
    years
        Number of budget years T, at least 1.
    leap_days
        False gives every year 365 days, for comparison with formulas of a population in steady state.

    Raises
    ------
    ValueError
        If there is no budget year, or a year that the calendar does not know.
    """

    first_year: int
    years: int
    leap_days: bool = True

    def __post_init__(self) -> None:
        if self.years < 1:
            raise ValueError(f"Calendar: years = {self.years}: must be at least 1")
        if not MINYEAR <= self.first_year <= MAXYEAR - self.years:
            last = MAXYEAR - self.years
            raise ValueError(f"Calendar: first_year = {self.first_year}: must lie between {MINYEAR} and {last}")

    @cached_property
    def starts(self) -> Floats:
        """Day on which each year starts, shape (T + 1,), whole days from day 0; the last entry ends the last year."""
        if not self.leap_days:
            return as_floats(365.0 * np.arange(self.years + 1))
        first = date(self.first_year, 1, 1)
        return as_floats([(date(self.first_year + t, 1, 1) - first).days for t in range(self.years + 1)])

    @cached_property
    def lengths(self) -> Floats:
        """Days in each year, shape (T,): 365 or 366."""
        return np.diff(self.starts)

    def day_of(self, day: date) -> int:
        """Return the number of days from day 0 to a date; negative before the first year."""
        return (day - date(self.first_year, 1, 1)).days


def days_in_years(start: date, end: date, end_inclusive: bool = False) -> dict[int, int]:
    """Return how many days of one real stay fall in each calendar year.

    Parameters
    ----------
    start
        First day in care.
    end
        First day that is not paid or, with `end_inclusive`, the last day that is paid.
    end_inclusive
        Whether the end date itself is a day in care.

    Returns
    -------
    dict[int, int]
        Days per calendar year, in order; years without a day are absent. The days add up to the length of the stay.

    Raises
    ------
    ValueError
        If the stay ends before it starts.
    """
    first, stop = start.toordinal(), end.toordinal() + end_inclusive
    if stop < first:
        raise ValueError("days_in_years: the end must not lie before the start")
    days: dict[int, int] = {}
    for year in range(start.year, end.year + 1):
        inside = min(stop, date(year, 12, 31).toordinal() + 1) - max(first, date(year, 1, 1).toordinal())
        if inside > 0:
            days[year] = inside
    return days


def birthday(born: date, age: float) -> date:
    """Return the day on which somebody reaches an age in years; born on 29 February counts as 1 March elsewhere.

    A fraction of a year counts as that part of 365 days, rounded to whole days.

    Raises
    ------
    ValueError
        If that day lies beyond the last year of the calendar.
    """
    whole = int(age)
    year = born.year + whole
    if year > MAXYEAR:
        raise ValueError(f"birthday: age = {age}: lies beyond the calendar")
    leapling = (born.month, born.day) == (2, 29) and not isleap(year)
    day = date(year, 3, 1) if leapling else date(year, born.month, born.day)
    return day + timedelta(days=round((age - whole) * 365.0))
