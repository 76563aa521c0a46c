r"""Children who stay: one entry, then days in care in this budget year and in the next ones.

Stays start by a Poisson process of e entries per 365 days. The children of a run form cohorts:

- cohort 0, open on day 0: Poisson(e E[D] / 365) children, each with a residual length R of the equilibrium law;
- cohort s = 1 .. T, entered in budget year s - 1 of L days: Poisson(e L / 365) children, who enter at a uniform
  moment of that year and stay D.

The cost of a child in a year is its days in care in that year, times a day tariff Z, times a price factor p; Z does
not depend on the length. With b the start of the year in question and U the moment of entry, P(days > d) is

.. math:: P(R > b + d), \qquad \left(1 - \frac{d}{L}\right) P(D > d) \text{ in the year of entry}, \qquad
          \frac1L \int_{b_s}^{b_s + L} P(D > b + d - u)\, du \text{ later.}

This is the M/G/infinity queue seen through windows (Cox & Isham 1980, Point Processes).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.calendar import Calendar
from solidair.models.duration import YEAR, DaysInYear, Duration
from solidair.models.duration.panels import Panels
from solidair.models.severity import Fixed, Severity, require_finite_mean
from solidair.models.severity.numeric import Floats, as_floats, check_above


@dataclass(frozen=True)
class OpenStay:
    """A real stay that is known to be open.

    Parameters
    ----------
    elapsed_days
        Days since entry on the day on which it was seen, 0 or more.
    leaves_in
        Days from then until the child reaches the age of leaving, above 0; math.inf if it never does; None if its
        birth date is not known.
    seen_on
        That day, counted from day 0 of the calendar; 0 or less.
    """

    elapsed_days: float
    leaves_in: float | None = None
    seen_on: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.seen_on) and self.seen_on <= 0.0):
            raise ValueError(f"OpenStay: seen_on = {self.seen_on}: must be a finite number of 0 or less")


Cohort = int | OpenStay
"""The number of a cohort, 0 .. T, or one real stay."""


@dataclass(frozen=True)
class Episode:
    """The length of a stay and its price per day.

    Parameters
    ----------
    duration
        Law of the effective length.
    tariff
        Law of the day tariff, or one fixed tariff; EUR per day, above 0, with a finite mean.

    Raises
    ------
    ValueError
        If the tariff breaks this.

    Notes
    -----
    Methods that take a cohort and a year raise ValueError if the calendar does not have them. Years count from 0.
    """

    duration: Duration
    tariff: Severity | float

    def __post_init__(self) -> None:
        if not isinstance(self.tariff, Severity):
            check_above("Episode", "tariff", self.tariff)
        require_finite_mean(self.law, "Episode: tariff")
        low = self.law.atoms[0]
        if self.law.support[0] < 0.0 or (low.size and low[0] <= 0.0):
            raise ValueError(f"Episode: tariff = {self.tariff}: a day tariff must be above 0")

    @cached_property
    def law(self) -> Severity:
        """The law of the day tariff, also if it was given as a number."""
        return self.tariff if isinstance(self.tariff, Severity) else Fixed(float(self.tariff))

    # --- how many children

    @cached_property
    def clients_per_entry_year(self) -> float:
        """Distinct children seen in a year of 365 days per yearly entry in steady state: E[D] / 365 + 1."""
        return self.duration.mean / YEAR + 1.0

    @property
    def entries_per_client(self) -> float:
        """Entries a year per distinct child seen in a year, in steady state."""
        return 1.0 / self.clients_per_entry_year

    def cohort_size(self, calendar: Calendar, cohort: int) -> float:
        """Return the expected children of a cohort per yearly entry: E[D] / 365 for cohort 0, else L / 365."""
        if not 0 <= cohort <= calendar.years:
            raise ValueError(f"Episode: cohort = {cohort}: must lie between 0 and {calendar.years}")
        return (self.duration.mean if cohort == 0 else float(calendar.lengths[cohort - 1])) / YEAR

    # --- one child of a cohort in one year

    def days(self, calendar: Calendar, cohort: Cohort, year: int) -> DaysInYear:
        """Return the law of the days in care in a year of one child."""
        if not 0 <= year < calendar.years:
            raise ValueError(f"Episode: year = {year}: must lie between 0 and {calendar.years - 1}")
        begin, length, duration = float(calendar.starts[year]), float(calendar.lengths[year]), self.duration
        if isinstance(cohort, OpenStay):
            left, ahead = duration.given(cohort.elapsed_days, cohort.leaves_in), begin - cohort.seen_on
            return DaysInYear(length, lambda d: left.sf(ahead + d), left.kinks - ahead)
        self.cohort_size(calendar, cohort)
        edges = duration.panels.edges
        if cohort == 0:
            return DaysInYear(length, lambda d: duration.residual.sf(begin + d), edges - begin)
        if year < cohort - 1:
            return DaysInYear(length, np.zeros_like, np.empty(0))
        if year == cohort - 1:
            return DaysInYear(length, lambda d: (1.0 - d / length) * duration.sf(d), edges)
        opens, closes = begin - float(calendar.starts[cohort]), begin - float(calendar.starts[cohort - 1])

        def later(d: Floats) -> Floats:
            return as_floats((duration.excess(opens + d) - duration.excess(closes + d)) / (closes - opens))

        return DaysInYear(length, later, np.concatenate((edges - opens, edges - closes)))

    def days_sf(self, calendar: Calendar, cohort: Cohort, year: int, d: ArrayLike) -> Floats:
        """Return P(days in the year > d) of one child, any shape of d."""
        return self.days(calendar, cohort, year).sf(as_floats(d))

    def present(self, calendar: Calendar, cohort: Cohort, year: int) -> float:
        """Return P(days in the year > 0) of one child."""
        return float(self.days_sf(calendar, cohort, year, 0.0))

    def excess(
        self, calendar: Calendar, cohort: Cohort, year: int, attachment: ArrayLike, prices: ArrayLike = 1.0
    ) -> tuple[Floats, Floats]:
        """Return E[(p Z days - a)+] and E[((p Z days - a)+)^2] of one child in a year.

        Parameters
        ----------
        attachment
            Lines a, EUR, 0 or more; 0 gives the moments of the cost itself.
        prices
            Price factors p, above 0; broadcast with the lines.

        Returns
        -------
        tuple[Floats, Floats]
            EUR and EUR squared, in the shape of the broadcast. Relative accuracy, measured: 3e-14 against rules of 48
            nodes on narrower panels; nested adaptive quadrature that was asked for 1e-9 agrees to 2e-10.

        Raises
        ------
        ValueError
            If a line is below 0 or a price is not above 0.
        """
        line, price = np.broadcast_arrays(as_floats(attachment), as_floats(prices))
        if not bool(np.all(np.isfinite(line) & (line >= 0.0))):
            raise ValueError("Episode: attachment: must be finite numbers of 0 or more")
        if not bool(np.all(np.isfinite(price) & (price > 0.0))):
            raise ValueError("Episode: prices: must be finite numbers above 0")
        unit, where = np.unique((line / price).ravel(), return_inverse=True)
        first, second = self.days(calendar, cohort, year).excess(self.law, unit)
        return first[where].reshape(price.shape) * price, second[where].reshape(price.shape) * price**2

    def days_product(self, calendar: Calendar, cohort: Cohort, first: int, second: int) -> float:
        """Return E[days in year `first` x days in year `second`] of one child.

        A child that is in care in a later year was there until the end of each year since its entry, so only the year
        of entry needs an integral.
        """
        first, second = min(first, second), max(first, second)
        if first == second:
            return self.days(calendar, cohort, first).moment(2)
        late = self.days(calendar, cohort, second)
        if isinstance(cohort, int) and first < cohort - 1:
            return 0.0
        if not isinstance(cohort, int) or cohort != first + 1:
            self.days(calendar, cohort, first)
            return float(calendar.lengths[first]) * late.moment(1)
        length, duration = float(calendar.lengths[first]), self.duration
        gap = float(calendar.starts[second] - calendar.starts[first + 1])
        stop, edges = gap + late.length, duration.panels.edges
        # v is the number of days from entry to the end of the year of entry.
        panels = _over(length, np.concatenate((edges - gap, edges - stop)))
        v = panels.nodes
        days = duration.excess(v + gap) - duration.excess(v + stop)
        return float((panels.weights * v * days).sum()) / length

    # --- a population in steady state, years of 365 days

    def stationary_mean(self, entries_per_year: float = 1.0) -> float:
        """Return the expected cost of a year in steady state, EUR."""
        return entries_per_year * self.duration.mean * self.law.mean

    def stationary_variance(self, entries_per_year: float = 1.0) -> float:
        """Return the variance of the cost of a year in steady state, EUR squared, without price or volume shocks."""
        return self.stationary_autocovariance(0, entries_per_year)

    def stationary_autocovariance(self, lag: int, entries_per_year: float = 1.0) -> float:
        r"""Return the covariance of the costs of two years, `lag` years apart, in steady state, EUR squared.

        .. math:: e\, E[Z^2] \int_{-L}^{L} (L - |x|)\, r(jL + x)\, dx, \qquad r(h) = \frac{1}{365} E[(D - |h|)_+]

        with L = 365 and lag j; r is the covariance of the numbers in care h days apart per yearly entry (Cox & Isham
        1980, Point Processes, section 5.6).
        """
        if int(lag) != lag or lag < 0:
            raise ValueError(f"Episode: lag = {lag}: must be a whole number of 0 or more")
        edges = self.duration.panels.edges
        middle, total = lag * YEAR, 0.0
        for sign in (1.0, -1.0):
            panels = _over(YEAR, sign * (np.concatenate((edges, -edges)) - middle))
            height = (YEAR - panels.nodes) * self.duration.excess(np.abs(middle + sign * panels.nodes))
            total += float((panels.weights * height).sum())
        return entries_per_year * self.law.moment(2) * total / YEAR


def _over(length: float, points: Floats) -> Panels:
    """Return panels on [0, length] with edges at those points that lie inside; only nodes and weights matter."""
    inside = points[(points > 0.0) & (points < length)]
    return Panels(np.ones_like, np.unique(np.concatenate(([0.0], inside, [length]))))
