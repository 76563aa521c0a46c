"""Days in care within one calendar year, for a population in steady state."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.severity.base import Severity
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order

DAYS = 365.0  # days in a year of the model


@dataclass(frozen=True)
class StationaryDays(Severity):
    """Days in care in (0, 365] of a client seen in the year; the one law here whose unit is days, not euro.

    Parameters
    ----------
    mean_stay
        Mean m of the exponential length of a stay, years, above 0.

    Notes
    -----
    Entries form a Poisson process of rate lambda, so Poisson(lambda m) stays are open on 1 January, each
    with an exponential residual, and lambda more open during the year: lambda (m + 1) clients. The fraction
    D of the year in care exceeds d with probability

        [m exp(-d/m) + (1 - d) exp(-d/m)] / (m + 1) = (1 - d / (m + 1)) exp(-d/m),   0 <= d < 1,

    and equals 1 for those open on 1 January who stay the year out: weight m exp(-1/m) / (m + 1). The mean is
    m / (m + 1). This is the M/G/infinity queue seen through a window of one year (Cox & Isham 1980, Point
    Processes).
    """

    mean_stay: float

    def __post_init__(self) -> None:
        check_above("StationaryDays", "mean_stay", self.mean_stay)

    @property
    def support(self) -> tuple[float, float]:
        """Zero to 365 days."""
        return 0.0, DAYS

    @property
    def whole_year(self) -> float:
        """Probability of being in care all year."""
        m = self.mean_stay
        return m / (m + 1.0) * math.exp(-1.0 / m)

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """The whole year."""
        return as_floats([DAYS]), as_floats([self.whole_year])

    def _fraction(self, x: ArrayLike) -> Floats:
        return np.clip(as_floats(x) / DAYS, 0.0, 1.0)

    def _log_sf(self, d: Floats) -> Floats:
        return as_floats(np.log1p(-d / (self.mean_stay + 1.0)) - d / self.mean_stay)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density per day of the part below 365 days."""
        x, m = as_floats(x), self.mean_stay
        d = self._fraction(x)
        inside = (x >= 0.0) & (x < DAYS)
        return np.where(inside, np.exp(-d / m) * (2.0 * m + 1.0 - d) / (m * (m + 1.0)) / DAYS, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(days <= x)."""
        x = as_floats(x)
        return np.where(x >= DAYS, 1.0, -np.expm1(self._log_sf(self._fraction(x))))

    def sf(self, x: ArrayLike) -> Floats:
        """P(days > x)."""
        x = as_floats(x)
        return np.where(x >= DAYS, 0.0, np.exp(self._log_sf(self._fraction(x))))

    def _invert(self, log_sf: Floats) -> Floats:
        m = self.mean_stay
        end = float(self._log_sf(as_floats(1.0)))
        y = np.maximum(log_sf, end)
        # (m + 1 - d) / m = W(exp(..)); the Wright omega function is W(exp(.)) without overflow.
        d = m + 1.0 - m * special.wrightomega(y + math.log1p(1.0 / m) + (m + 1.0) / m)
        # The difference above loses digits for small d. log sf is nearly linear: two Newton steps restore
        # them.
        for _ in range(2):
            d = np.clip(d, 0.0, 1.0)
            d = d + (self._log_sf(d) - y) / (1.0 / (m + 1.0 - d) + 1.0 / m)
        return np.where(log_sf <= end, DAYS, DAYS * np.clip(d, 0.0, 1.0))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}, days."""
        with np.errstate(divide="ignore"):
            return self._invert(as_floats(np.log1p(-as_probabilities(p))))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile, days."""
        with np.errstate(divide="ignore"):
            return self._invert(as_floats(np.log(as_probabilities(q, "q"))))

    def moment(self, k: int) -> float:
        """E[days^k]."""
        return float(self.limited_moment(k, DAYS))

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(days, d)^k] = 365^k times the integral of k f^(k-1) sf over fractions f of the year."""
        k, m, f = check_order(k), self.mean_stay, self._fraction(d)
        if k == 0:
            return np.ones_like(f)
        first = special.gammainc(k, f / m)
        second = k * m / (m + 1.0) * special.gammainc(k + 1, f / m)
        return as_floats((DAYS * m) ** k * math.factorial(k) * (first - second))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(days^k - a^k)+]."""
        return np.maximum(self.moment(k) - self.limited_moment(k, a), 0.0)

    def below(self, k: int, d: Floats) -> Floats:
        """E[D^k; D <= d, D < 1] for the fraction D of the year, by lower incomplete gamma functions."""
        m = self.mean_stay
        first = (2.0 * m + 1.0) * special.gammainc(k + 1, d / m)
        second = m * (k + 1.0) * special.gammainc(k + 2, d / m)
        return as_floats(m**k * math.factorial(k) * (first - second) / (m + 1.0))

    def above(self, k: int, d: Floats) -> Floats:
        """E[D^k; d < D < 1] for the fraction D of the year, with no loss of digits for small m."""
        m = self.mean_stay
        if k == 0:
            rest = np.maximum(np.exp(self._log_sf(d)) - self.whole_year, 0.0)
            return np.where(d < 1.0, rest, 0.0)
        if m > 1.0:
            return as_floats(np.maximum(self.below(k, as_floats(1.0)) - self.below(k, d), 0.0))
        # A short stay has nearly all its weight below: subtract the small complements instead.
        first = (2.0 * m + 1.0) * (special.gammaincc(k + 1, d / m) - special.gammaincc(k + 1, 1.0 / m))
        second = m * (k + 1.0) * (special.gammaincc(k + 2, d / m) - special.gammaincc(k + 2, 1.0 / m))
        return as_floats(np.maximum(m**k * math.factorial(k) * (first - second) / (m + 1.0), 0.0))
