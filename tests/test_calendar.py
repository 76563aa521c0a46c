"""Budget years as days, and the days of a real stay per year."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidair.models.calendar import Calendar, birthday, days_in_years

DATES = st.dates(date(1990, 1, 1), date(2060, 12, 31))


def test_years_start_where_the_calendar_says():
    calendar = Calendar(2027, 3)
    # 2028 is a leap year: 365, 366, 365.
    assert calendar.lengths.tolist() == [365.0, 366.0, 365.0]
    assert calendar.starts.tolist() == [0.0, 365.0, 731.0, 1096.0]
    assert calendar.day_of(date(2028, 3, 1)) == 365 + 31 + 29
    assert calendar.day_of(date(2026, 12, 31)) == -1


def test_years_without_leap_days_are_equal():
    assert Calendar(2028, 2, leap_days=False).starts.tolist() == [0.0, 365.0, 730.0]


@pytest.mark.parametrize(("first", "years"), [(2025, 0), (0, 1), (9999, 1), (9000, 1000)])
def test_a_calendar_that_does_not_exist_is_refused(first, years):
    with pytest.raises(ValueError, match="Calendar: "):
        Calendar(first, years)


def test_one_stay_over_budget_years():
    # 913 days from 17 October 2025 at EUR 312.50 a day, prices up 3.1 percent each 1 January. October has 15 days left,
    # then 30 + 31 = 76 in 2025; 913 - 76 - 365 - 365 = 107 are left for 2028, of which 29 February is one.
    start = date(2025, 10, 17)
    days = days_in_years(start, start + timedelta(days=913))
    assert days == {2025: 76, 2026: 365, 2027: 365, 2028: 107}
    cost = {year: round(n * 312.50 * 1.031 ** (year - 2025), 2) for year, n in days.items()}
    assert cost == {2025: 23750.00, 2026: 117598.44, 2027: 121243.99, 2028: 36644.58}


@given(DATES, st.integers(0, 3000))
def test_days_in_years_against_a_count_day_by_day(start, length):
    counted = {}
    for n in range(length):
        year = (start + timedelta(days=n)).year
        counted[year] = counted.get(year, 0) + 1
    assert days_in_years(start, start + timedelta(days=length)) == counted
    if length:
        assert days_in_years(start, start + timedelta(days=length - 1), end_inclusive=True) == counted


def test_days_in_years_at_its_ends():
    day = date(2024, 12, 31)
    assert days_in_years(day, day) == {}
    assert days_in_years(day, day, end_inclusive=True) == {2024: 1}
    assert days_in_years(date(9999, 12, 31), date(9999, 12, 31), end_inclusive=True) == {9999: 1}
    with pytest.raises(ValueError, match="must not lie before the start"):
        days_in_years(day, date(2024, 12, 30))


def test_birthdays():
    assert birthday(date(2010, 5, 17), 18.0) == date(2028, 5, 17)
    assert birthday(date(2008, 2, 29), 18.0) == date(2026, 3, 1)
    assert birthday(date(2008, 2, 29), 16.0) == date(2024, 2, 29)
    # Half a year is 182.5 days, rounded to the even 182: 1 January and 181 days more is 30 June, then one more.
    assert birthday(date(2007, 1, 1), 18.5) == date(2025, 1, 1) + timedelta(days=182)
    with pytest.raises(ValueError, match="beyond the calendar"):
        birthday(date(9990, 1, 1), 18.0)


@given(DATES, st.integers(1, 6))
def test_a_calendar_agrees_with_the_days_of_a_stay(start, years):
    calendar = Calendar(start.year, years)
    first = calendar.day_of(start)
    days = days_in_years(start, date(start.year + years, 1, 1))
    inside = np.clip(calendar.starts[1:] - np.maximum(calendar.starts[:-1], first), 0, None)
    assert list(days.values()) == inside.tolist()
