r"""The law of the effective length of a stay, in days.

.. math:: D = \min(365\, Y,\; 365\,(a_{leave} - A)), \qquad A \sim U(a_{low}, a_{high})

with Y the length in years if nobody grew up, and A the age at entry. The two are independent, so the survival
function is a product.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.duration.panels import Panels
from solidair.models.severity import Severity, require_finite_mean
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_finite, check_order, invert

if TYPE_CHECKING:
    from solidair.models.duration.remaining import Remaining, Residual

YEAR = 365.0  # days in a year of a length

LEVELS = np.exp(-2.0 * np.arange(1, 116))  # tail probabilities of panel edges, down to 1e-100
BODY = 20  # as many of them are used in the lower tail
FINEST = 1e-30, 1e-17  # parts of the mean between which the first panel ends: there lies the 1e-17 quantile, or nothing
HALVINGS = 0.5 ** np.arange(1, 45)  # panels ever closer to an end where the survival function drops to zero


@dataclass(frozen=True)
class Ages:
    """Ageing out: the age at entry is uniform, and a stay ends at an age.

    Parameters
    ----------
    low, high
        Lowest and highest age at entry, years, 0 <= low <= high; equal if all enter at one age.
    leaves_at
        Age at which care ends, years, at least `high` and above `low`.

    Raises
    ------
    ValueError
        If the ages are not in this order.
    """

    low: float
    high: float
    leaves_at: float = 18.0

    def __post_init__(self) -> None:
        for name in ("low", "high", "leaves_at"):
            check_finite("Ages", name, getattr(self, name))
        if self.low < 0.0:
            raise ValueError(f"Ages: low = {self.low}: must be 0 or more")
        if self.high < self.low:
            raise ValueError(f"Ages: high = {self.high}: must be at least low, which is {self.low:g}")
        if self.leaves_at < self.high or self.leaves_at <= self.low:
            raise ValueError(f"Ages: leaves_at = {self.leaves_at}: must be above the ages at entry")

    @property
    def first(self) -> float:
        """Days from entry until the oldest at entry leave."""
        return YEAR * (self.leaves_at - self.high)

    @property
    def last(self) -> float:
        """Days from entry until the youngest at entry leave."""
        return YEAR * (self.leaves_at - self.low)

    def sf(self, x: Floats) -> Floats:
        """P(days until the age of leaving > x)."""
        if self.first == self.last:
            return np.where(x < self.last, 1.0, 0.0)
        return as_floats(np.clip((self.last - x) / (self.last - self.first), 0.0, 1.0))

    def cdf(self, x: Floats) -> Floats:
        """P(days until the age of leaving <= x)."""
        if self.first == self.last:
            return np.where(x < self.last, 0.0, 1.0)
        return as_floats(np.clip((x - self.first) / (self.last - self.first), 0.0, 1.0))


@dataclass(frozen=True)
class Duration:
    """The effective length D of a stay in days: what its law says, or until the child grows up.

    Parameters
    ----------
    law
        Law of the length without ageing out, in YEARS of 365 days; its mean must be finite.
    ages
        Ages at entry and of leaving, or None if nobody ages out.

    Raises
    ------
    ValueError
        If the mean of the law is infinite.

    Notes
    -----
    Every function of x takes days, any shape, and returns the same shape. Integrals are those of `Panels`; measured
    against closed forms and adaptive quadrature they agree to 1e-13, relative, in both tails.
    """

    law: Severity
    ages: Ages | None = None

    def __post_init__(self) -> None:
        require_finite_mean(self.law, "Duration: law")

    def sf(self, x: ArrayLike) -> Floats:
        """P(D > x)."""
        x = as_floats(x)
        chance = np.where(x < 0.0, 1.0, self.law.sf(np.maximum(x, 0.0) / YEAR))
        return chance if self.ages is None else as_floats(chance * self.ages.sf(x))

    def cdf(self, x: ArrayLike) -> Floats:
        """P(D <= x), accurate near zero."""
        x = as_floats(x)
        years = np.maximum(x, 0.0) / YEAR
        chance = np.where(x < 0.0, 0.0, self.law.cdf(years))
        return chance if self.ages is None else as_floats(chance + self.law.sf(years) * self.ages.cdf(x))

    @property
    def end(self) -> float:
        """Longest possible stay, days; may be math.inf."""
        top = self.law.support[1] * YEAR
        return top if self.ages is None else min(top, self.ages.last)

    @cached_property
    def panels(self) -> Panels:
        """The survival function on panels from 0 to the end, or to where 1e-100 is left."""
        law, mean = self.law, self.law.mean
        body = [law.quantile(LEVELS[:BODY]), law.isf(LEVELS), law.quantile([0.5]), law.kinks, law.atoms[0]]
        points = np.concatenate(body) * YEAR
        if self.ages is not None:
            points = np.append(points, [self.ages.first, self.ages.last])
        top = min(self.end, float(points[np.isfinite(points)].max()))
        low = float(np.clip(law.quantile(1e-17), FINEST[0] * mean, FINEST[1] * mean)) * YEAR
        doubled = low * 2.0 ** np.arange(max(math.ceil(math.log2(top / low)), 1)) if low < top else np.empty(0)
        points = np.concatenate((points, doubled, top * (1.0 - HALVINGS) if top == self.end else np.empty(0)))
        inside = points[(points > 0.0) & (points < top)]
        return Panels(self.sf, np.unique(np.concatenate(([0.0], inside, [top]))))

    @cached_property
    def mean(self) -> float:
        """E[D], days."""
        return self.panels.total

    def moment(self, k: int) -> float:
        """E[D^k], days to the power k; math.inf when infinite."""
        k = check_order(k)
        if k == 0:
            return 1.0
        if math.isinf(self.end) and math.isinf(self.law.moment(k)):
            return math.inf
        panels = self.panels
        return float((k * panels.nodes ** (k - 1) * panels.values * panels.weights).sum())

    def integrated_sf(self, x: ArrayLike) -> Floats:
        """E[min(D, x)], the integral of the survival function from 0 to x, days."""
        return self.panels.below(np.maximum(as_floats(x), 0.0))

    def excess(self, x: ArrayLike) -> Floats:
        """E[(D - x)+] for x >= 0, the integral of the survival function from x on, days; accurate in the tail."""
        return self.panels.above(as_floats(x))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: P(D <= x) >= p}, days."""
        p = as_probabilities(p)
        longest = self.law.quantile(p) * YEAR
        return longest if self.ages is None else self._before(longest, self.cdf, p, 1.0)

    def isf(self, q: ArrayLike) -> Floats:
        """inf{x: P(D > x) <= q}, days, without forming 1 - q."""
        q = as_probabilities(q, "q")
        longest = self.law.isf(q) * YEAR
        return longest if self.ages is None else self._before(longest, self.sf, q, -1.0)

    def _before(self, longest: Floats, chance: Callable[[Floats], Floats], level: Floats, sign: float) -> Floats:
        """Solve chance(x) = level for a stay that may end by ageing out before `longest`; sign 1 if chance grows."""
        assert self.ages is not None
        goal, top = level.ravel(), np.minimum(longest.ravel(), self.end)

        def gap(x: Floats) -> Floats:
            with np.errstate(divide="ignore"):
                return as_floats(sign * (np.log(chance(x)) - np.log(goal)))

        # Nobody ages out before the oldest at entry do: up to there the law alone decides.
        first = self.ages.first
        at_start = goal <= 0.0 if sign > 0.0 else goal >= 1.0
        at_end = goal >= 1.0 if sign > 0.0 else goal <= 0.0
        result = np.where(at_start, np.minimum(top, first), top)
        open_ = (top > first) & ~at_start & ~at_end
        if bool(open_.any()):
            goal, high = goal[open_], top[open_]
            result[open_] = np.minimum(invert(gap, np.full_like(high, first), high), high)
        return as_floats(result.reshape(level.shape))

    @cached_property
    def ageless(self) -> Duration:
        """The same law for a child that never reaches the age of leaving."""
        return self if self.ages is None else Duration(self.law)

    @cached_property
    def residual(self) -> Residual:
        """Law of what is left of a stay that is open on a day of a population in steady state."""
        from solidair.models.duration.remaining import Residual

        return Residual(self)

    def given(self, elapsed_days: float, leaves_in: float | None = None) -> Remaining:
        """Return the law of what is left of a stay that has lasted `elapsed_days`.

        Parameters
        ----------
        elapsed_days
            Days since entry, 0 or more.
        leaves_in
            Days until this child reaches the age of leaving, above 0 (math.inf if it never does); None if its birth
            date is not known, which leaves the ages of the law.

        Raises
        ------
        ValueError
            If either is out of range, or no stay lasts that long under this law.
        """
        from solidair.models.duration.remaining import Remaining

        return Remaining(self, elapsed_days, leaves_in)

    def scaled(self, factor: float) -> Duration:
        """Return the law of lengths that are all `factor` times as long.

        Ages do not stretch: a child still leaves at the same age, so the effective mean grows by less than the factor.
        """
        return Duration(self.law.scaled(factor), self.ages)
