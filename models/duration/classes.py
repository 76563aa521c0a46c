"""Lengths of stays that only durations have: exponential under its own name, and published duration classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solidair.models.severity import Severity, Weibull
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


def exponential(mean: float) -> Weibull:
    """Return the law without memory: however long a stay has lasted, as much is left on average as at its start."""
    check_above("Exponential", "mean", mean)
    return Weibull(1.0, mean)


@dataclass(frozen=True)
class DurationClasses(Severity):
    """A published table of lengths: uniform within each class, exponential beyond the last edge.

    Parameters
    ----------
    edges
        Upper ends of all classes but the last, years, ascending from above 0; the first class starts at 0.
    shares
        Share of the stays that end in each class, one more than there are edges; sum 1.
    mean_of_open_class
        Mean length of the stays longer than the last edge, years, above that edge.

    Raises
    ------
    ValueError
        If these do not form a law.
    """

    edges: tuple[float, ...]
    shares: tuple[float, ...]
    mean_of_open_class: float

    def __post_init__(self) -> None:
        edges, shares = self.edges, self.shares
        if not edges or not all(
            math.isfinite(x) and x > before for x, before in zip(edges, (0.0, *edges), strict=False)
        ):
            raise ValueError(f"DurationClasses: edges = {list(edges)}: must ascend from above 0")
        if len(shares) != len(edges) + 1:
            raise ValueError(
                f"DurationClasses: shares = {list(shares)}: must be one more than the edges, which are {len(edges)}"
            )
        if not all(0.0 <= share <= 1.0 for share in shares) or abs(math.fsum(shares) - 1.0) > 1e-9:
            raise ValueError(f"DurationClasses: shares = {list(shares)}: must be 0 or more with sum 1")
        check_above("DurationClasses", "mean_of_open_class", self.mean_of_open_class, edges[-1])

    @classmethod
    def from_days(cls, edges: tuple[float, ...], shares: tuple[float, ...], mean_of_open_class: float) -> Self:
        """Return the law of a table in days; a year has 365."""
        return cls(tuple(x / 365.0 for x in edges), shares, mean_of_open_class / 365.0)

    @cached_property
    def _corners(self) -> tuple[Floats, Floats, Floats]:
        """Class edges from 0, and cdf and sf there, each summed from its own side."""
        shares = as_floats(self.shares)
        upper = np.cumsum(shares[::-1])[::-1]
        return as_floats([0.0, *self.edges]), np.concatenate(([0.0], np.cumsum(shares[:-1]))), upper

    @property
    def _spread(self) -> float:
        """Mean of what the open class has beyond the last edge."""
        return self.mean_of_open_class - self.edges[-1]

    @property
    def support(self) -> tuple[float, float]:
        """From the first class that has a share to the end of the last one."""
        taken = [n for n, share in enumerate(self.shares) if share > 0.0]
        return float(self._corners[0][taken[0]]), math.inf if self.shares[-1] > 0.0 else self.edges[taken[-1]]

    @property
    def kinks(self) -> Floats:
        """The edges."""
        return as_floats(self.edges)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density per year."""
        x = as_floats(x)
        height = np.append(as_floats(self.shares[:-1]) / np.diff(self._corners[0]), 0.0)
        inner = height[np.clip(np.searchsorted(self.edges, x, side="right"), 0, len(self.edges))]
        over = np.maximum(x - self.edges[-1], 0.0)
        open_class = self.shares[-1] * np.exp(-over / self._spread) / self._spread
        return np.where(x < 0.0, 0.0, np.where(x < self.edges[-1], inner, open_class))

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        x = as_floats(x)
        points, lower, _ = self._corners
        return np.where(x < points[-1], np.interp(x, points, lower), 1.0 - self.sf(x))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        x = as_floats(x)
        points, _, upper = self._corners
        over = np.maximum(x - points[-1], 0.0)
        return np.where(x < points[-1], np.interp(x, points, upper), upper[-1] * np.exp(-over / self._spread))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        p = as_probabilities(p)
        lower = self._corners[1]
        inner = self._within(np.searchsorted(lower, p, side="left"), p, lower)
        return np.where(p <= lower[-1], np.where(p > 0.0, inner, self.support[0]), self._open(1.0 - p))

    def isf(self, q: ArrayLike) -> Floats:
        """inf{x: sf(x) <= q}."""
        q = as_probabilities(q, "q")
        upper = self._corners[2]
        inner = self._within(np.searchsorted(-upper, -q, side="left"), -q, -upper)
        return np.where(q >= upper[-1], np.where(q < 1.0, inner, self.support[0]), self._open(q))

    def _within(self, corner: NDArray[np.intp], level: Floats, levels: Floats) -> Floats:
        """Return the point at a level in the class that ends at a corner; `levels` are those of all corners."""
        points = self._corners[0]
        high = np.clip(corner, 1, points.size - 1)
        low = high - 1
        with np.errstate(divide="ignore", invalid="ignore"):
            part = (level - levels[low]) / (levels[high] - levels[low])
        return as_floats(points[low] + (points[high] - points[low]) * np.clip(np.nan_to_num(part), 0.0, 1.0))

    def _open(self, q: Floats) -> Floats:
        """Return the length that a share q of all stays exceeds, within the open class."""
        with np.errstate(divide="ignore", invalid="ignore"):
            over = np.log(self.shares[-1] / q) * self._spread
        return as_floats(self.edges[-1] + np.maximum(np.nan_to_num(over, nan=0.0, posinf=math.inf), 0.0))

    def moment(self, k: int) -> float:
        """E[X^k]: uniform classes, and the binomial expansion of the edge plus an exponential."""
        k = check_order(k)
        points, last = self._corners[0], self.edges[-1]
        inner = np.diff(points ** (k + 1)) / ((k + 1) * np.diff(points))
        beyond = sum(math.perm(k, j) * last ** (k - j) * self._spread**j for j in range(k + 1))
        return float(np.dot(self.shares[:-1], inner) + self.shares[-1] * beyond)
