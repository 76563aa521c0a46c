"""Yearly cost of a client in stay: days in care times the day tariff."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.base import Severity, register, require_finite_mean
from solidair.models.severity.days import DAYS, StationaryDays
from solidair.models.severity.fixed import Fixed
from solidair.models.severity.inverse import InverseTable
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order
from solidair.models.severity.product import TariffMixer


@register("stay")
@dataclass(frozen=True)
class StayTimesTariff(Severity):
    """Days in care within a calendar year times a day tariff, the two independent.

    Parameters
    ----------
    mean_stay
        Mean length of a stay, years; the days follow `StationaryDays`.
    tariff
        Law of the day tariff, or one fixed tariff; euro per day, above 0, with a finite mean.

    Notes
    -----
    The tariff's atoms give sums of the closed forms of `StationaryDays`; its continuous part is integrated
    by composite Gauss-Legendre rules between its kinks (`TariffMixer`).
    Relative accuracy: measured against rules of 60 nodes, sf, cdf, pdf and the moments agree to about 1e-14
    from the 1e-12 quantile to an upper tail of 1e-25, for stays of a week to twenty years. Quantiles invert
    them to about 1e-12, and to the last digit at an atom. Beyond an upper tail of 1e-30 they extrapolate a
    power.
    """

    mean_stay: float
    tariff: Severity | float

    def __post_init__(self) -> None:
        check_above("StayTimesTariff", "mean_stay", self.mean_stay)
        if not isinstance(self.tariff, Severity):
            check_above("StayTimesTariff", "tariff", self.tariff)
        require_finite_mean(self.law, "StayTimesTariff: tariff")
        low = self.law.atoms[0]
        if self.law.support[0] < 0.0 or (low.size and low[0] <= 0.0):
            raise ValueError(f"StayTimesTariff: tariff = {self.tariff}: a day tariff must be above 0")

    @cached_property
    def law(self) -> Severity:
        """The law of the day tariff, also if it was given as a number."""
        return self.tariff if isinstance(self.tariff, Severity) else Fixed(float(self.tariff))

    @cached_property
    def days(self) -> StationaryDays:
        """The law of the days in care."""
        return StationaryDays(self.mean_stay)

    @cached_property
    def _mixer(self) -> TariffMixer:
        return TariffMixer(self.days, self.law)

    @cached_property
    def _inverse(self) -> InverseTable:
        lowest, highest = self._mixer.range
        # Ever closer to a kink from below: there the density may drop to zero.
        approach = 1.0 - 2.0 ** -np.arange(1.0, 40.0)
        corners = DAYS * np.union1d(self.law.kinks, [])
        start, stop = DAYS * lowest * 1e-6 * min(self.mean_stay, 1.0), DAYS * highest
        n = max(400, math.ceil(math.log(stop / start) / 0.02))
        grid = np.geomspace(start, stop, n)
        extra = np.concatenate((corners, (corners[:, None] * approach).ravel(), self.atoms[0]))
        grid = np.union1d(grid, extra[extra > start])
        if math.isfinite(self.support[1]):
            grid = np.append(grid[grid < self.support[1]], self.support[1])
        return InverseTable(self, grid)

    @property
    def costly(self) -> bool:
        """True unless the tariff consists of atoms."""
        return not math.isclose(float(self.law.atoms[1].sum()), 1.0)

    @property
    def support(self) -> tuple[float, float]:
        """Zero to 365 times the highest tariff."""
        return 0.0, DAYS * self.law.support[1]

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """A whole year at each atom of the tariff."""
        points, weights = self.law.atoms
        return as_floats(DAYS * points), as_floats(self.days.whole_year * weights)

    @property
    def kinks(self) -> Floats:
        """A whole year at each kink or atom of the tariff."""
        return as_floats(DAYS * np.union1d(self.law.kinks, self.law.atoms[0]))

    def pdf(self, x: ArrayLike) -> Floats:
        """Density of the continuous part; zero for x <= 0."""
        return self._mixer.pdf(as_floats(x))

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x), accurate near zero."""
        return self._mixer.cdf(as_floats(x))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x), accurate in the upper tail."""
        return self._mixer.sf(as_floats(x))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        p = as_probabilities(p)
        # For p > 1/2 the difference 1 - p is exact.
        return self._inverse.solve(np.where(p > 0.5, 1.0 - p, p), p > 0.5)

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        q = as_probabilities(q, "q")
        return self._inverse.solve(np.where(q > 0.5, 1.0 - q, q), q <= 0.5)

    def moment(self, k: int) -> float:
        """E[days^k] E[tariff^k]."""
        return self.days.moment(check_order(k)) * self.law.moment(k)

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]."""
        k, d = check_order(k), as_floats(d)
        return np.ones_like(d) if k == 0 else self._mixer.limited(k, d)

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]."""
        k, a = check_order(k), as_floats(a)
        if k == 0:
            return np.zeros_like(a)
        if math.isinf(self.moment(k)):
            return np.full(a.shape, math.inf)
        return self._mixer.upper(k, a)

    def scaled(self, factor: float) -> Severity:
        """Law of the same stay at factor times the tariff."""
        return StayTimesTariff(self.mean_stay, self.law.scaled(factor))
