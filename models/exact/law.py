"""A law on the lattice 0, h, 2h, ...: mean, variance, quantile and TVaR, with the atom at the quantile split."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.numeric import Floats, as_floats, as_probabilities

HIT = 1e-12
"""Slack with which a level counts as reached: sums of probabilities carry a rounding error of this size."""
MISSING = 1e-9
"""Probability beyond the grid from which on a figure that depends on it is refused."""


class BeyondGridError(ValueError):
    """A figure depends on probability beyond the end of the lattice. Take a longer grid."""


@dataclass(frozen=True, eq=False)
class LatticeLaw:
    """A law on 0, step, ..., (n - 1) step, of which some mass may lie beyond the grid.

    Parameters
    ----------
    step
        Distance of two points, above 0, EUR.
    pmf
        Probabilities, shape (n,), n >= 1. A sum below 1 means that the rest lies beyond the grid.
    whole_mean
        Mean of the whole law, the part beyond the grid included, EUR; None if all of it lies on the grid.

    Raises
    ------
    ValueError
        If step, shape or probabilities are not as above. Rounding may leave probabilities of -1e-9.
    """

    step: float
    pmf: Floats
    whole_mean: float | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.step) and self.step > 0.0):
            raise ValueError(f"step = {self.step}: must be a finite number above 0")
        pmf = as_floats(self.pmf)
        if pmf.ndim != 1 or len(pmf) == 0:
            raise ValueError(f"pmf has shape {pmf.shape}: it must be a row of at least one probability")
        if not (np.all(np.isfinite(pmf)) and pmf.min() >= -1e-9 and pmf.sum() <= 1.0 + 1e-9):
            raise ValueError(f"pmf: lowest {pmf.min()}, sum {pmf.sum()}: must be at least 0 and sum to at most 1")
        object.__setattr__(self, "pmf", pmf)

    @property
    def n(self) -> int:
        """Number of points."""
        return len(self.pmf)

    @cached_property
    def points(self) -> Floats:
        """The lattice, shape (n,), EUR."""
        return self.step * np.arange(self.n, dtype=np.float64)

    @cached_property
    def cdf(self) -> Floats:
        """P(X <= point), shape (n,), non-decreasing: what rounding makes fall is held level."""
        return np.maximum.accumulate(np.cumsum(self.pmf))

    @property
    def missing(self) -> float:
        """Probability beyond the grid, at least 0."""
        return max(1.0 - float(np.sum(self.pmf)), 0.0)

    @property
    def mean(self) -> float:
        """Mean, EUR; BeyondGridError if mass is missing and no mean of the whole law was given."""
        if self.whole_mean is not None:
            return self.whole_mean
        self._require_all("the mean")
        return float(self.pmf @ self.points)

    @property
    def variance(self) -> float:
        """Variance, EUR squared; BeyondGridError if mass is missing."""
        self._require_all("the variance")
        centre = float(self.pmf @ self.points)
        return float(self.pmf @ (self.points - centre) ** 2)

    def quantile(self, p: ArrayLike) -> Floats:
        """Smallest point x with cdf(x) >= p, in the shape of p, EUR.

        A level that is missed by less than 1e-12 counts as reached.

        Raises
        ------
        ValueError
            If p lies outside [0, 1].
        BeyondGridError
            If the quantile lies beyond the grid.
        """
        return as_floats(self.step * self._rank(p))

    def _rank(self, p: ArrayLike) -> Floats:
        level = as_probabilities(p) - HIT
        rank = np.searchsorted(self.cdf, level)
        if np.any(rank >= self.n):
            raise BeyondGridError(
                f"quantile at p = {np.max(as_probabilities(p))}: the grid ends at {self.points[-1]:g} with "
                f"{self.missing:.3g} of the probability beyond it. Take a longer grid"
            )
        return as_floats(rank)

    def limited_mean(self, d: ArrayLike) -> Floats:
        """E[min(X, d)] for d on or between points of the grid, EUR: the integral of 1 - cdf from 0 to d."""
        at = as_floats(d) / self.step
        if np.any(at > self.n) or np.any(at < 0.0):
            raise BeyondGridError(f"d must lie between 0 and the end of the grid, {self.n * self.step:g}")
        below = np.concatenate(([0.0], np.cumsum(1.0 - self.cdf)))
        return as_floats(self.step * np.interp(at, np.arange(self.n + 1.0), below))

    def excess(self, d: ArrayLike) -> Floats:
        """Stop-loss premium E[(X - d)+], EUR, as mean - E[min(X, d)]: nothing beyond the grid is lost."""
        return as_floats(np.maximum(self.mean - self.limited_mean(d), 0.0))

    def tvar(self, p: ArrayLike) -> Floats:
        """Tail value at risk, the mean of the quantiles above p, in the shape of p, EUR.

        VaR_p + E[(X - VaR_p)+] / (1 - p), in which the atom at VaR_p counts for cdf(VaR_p) - p only (Acerbi & Tasche
        2002, Journal of Banking & Finance 26, 1487). The mean of X given X > VaR_p or X >= VaR_p is another number.

        Raises
        ------
        ValueError
            If p lies outside [0, 1).
        BeyondGridError
            If the quantile lies beyond the grid, or mass does and no mean of the whole law was given.
        """
        level = as_probabilities(p)
        if np.any(level >= 1.0):
            raise ValueError("p must lie below 1 for a tail value at risk")
        value = self.quantile(level)
        return as_floats(value + self.excess(value) / (1.0 - level))

    def _require_all(self, what: str) -> None:
        if self.missing > MISSING:
            raise BeyondGridError(
                f"{what} needs the whole law, but {self.missing:.3g} of the probability lies beyond the end of the "
                f"grid, {self.n * self.step:g}. Take a longer grid"
            )
