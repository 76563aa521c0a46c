"""What is left of stays that are open: of an unknown one in steady state, and of one whose elapsed time is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.duration.lengths import Duration
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities


@dataclass(frozen=True)
class Residual:
    """The equilibrium law: sf(x) = E[(D - x)+] / E[D] (Cox 1962, Renewal Theory, section 5.2), days.

    Longer stays are more likely to be found open, so its mean is E[D^2] / (2 E[D]).
    """

    duration: Duration

    @property
    def mean(self) -> float:
        """Mean of what is left, days."""
        return self.duration.moment(2) / (2.0 * self.duration.mean)

    def sf(self, x: ArrayLike) -> Floats:
        """P(more than x days are left)."""
        x = as_floats(x)
        return np.where(x < 0.0, 1.0, self.duration.excess(np.maximum(x, 0.0)) / self.duration.mean)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(at most x days are left)."""
        return as_floats(self.duration.integrated_sf(x) / self.duration.mean)

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}, days."""
        p = as_probabilities(p)
        panels = self.duration.panels
        value = np.where(p <= 0.5, panels.solve_below(p * panels.total), panels.solve_above((1.0 - p) * panels.total))
        return np.where(p == 1.0, self.duration.end, value)

    def isf(self, q: ArrayLike) -> Floats:
        """Days left that are exceeded with probability q."""
        q = as_probabilities(q, "q")
        panels = self.duration.panels
        value = np.where(q <= 0.5, panels.solve_above(q * panels.total), panels.solve_below((1.0 - q) * panels.total))
        return np.where(q == 0.0, self.duration.end, value)


@dataclass(frozen=True)
class Remaining:
    """Law of what is left, days, of a stay that has lasted a known time: sf(a + x) / sf(a).

    Parameters
    ----------
    duration
        Law of the whole length.
    elapsed_days
        Days a since entry, 0 or more.
    leaves_in
        Days until the child reaches the age of leaving, above 0, which replaces the ages of the law; math.inf if it
        never leaves, None if that is not known.

    Raises
    ------
    ValueError
        If either is out of range, or no stay lasts that long under the law.
    """

    duration: Duration
    elapsed_days: float
    leaves_in: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.elapsed_days) and self.elapsed_days >= 0.0):
            raise ValueError(f"Remaining: elapsed_days = {self.elapsed_days}: must be a finite number of 0 or more")
        if self.leaves_in is not None and not self.leaves_in > 0.0:
            raise ValueError(f"Remaining: leaves_in = {self.leaves_in}: must be above 0")
        if not self._lasted > 0.0:
            raise ValueError(f"Remaining: elapsed_days = {self.elapsed_days}: must be less than the longest stay")

    @property
    def whole(self) -> Duration:
        """Law of the whole length; without its ages if the age of this child is known."""
        return self.duration if self.leaves_in is None else self.duration.ageless

    @cached_property
    def _lasted(self) -> float:
        """P(D > a)."""
        return float(self.whole.sf(self.elapsed_days))

    @property
    def end(self) -> float:
        """Most days that can be left; may be math.inf."""
        rest = self.whole.end - self.elapsed_days
        return rest if self.leaves_in is None else min(rest, self.leaves_in)

    @property
    def kinks(self) -> Floats:
        """Points between which the survival function is smooth, days, ascending."""
        points = self.whole.panels.edges - self.elapsed_days
        return np.unique(np.append(points[(points > 0.0) & (points < self.end)], self.end))

    def sf(self, x: ArrayLike) -> Floats:
        """P(more than x days are left)."""
        x = as_floats(x)
        chance = self.whole.sf(self.elapsed_days + np.maximum(x, 0.0)) / self._lasted
        return np.where(x < self.end, chance, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(at most x days are left)."""
        return 1.0 - self.sf(x)

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}, days; accurate to the rounding of the elapsed time."""
        return self.isf(1.0 - as_probabilities(p))

    def isf(self, q: ArrayLike) -> Floats:
        """Days left that are exceeded with probability q."""
        rest = self.whole.isf(as_probabilities(q, "q") * self._lasted) - self.elapsed_days
        return np.clip(rest, 0.0, self.end)
