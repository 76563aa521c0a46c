"""Past cases as they were, with a generalised Pareto tail for what has not happened yet."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.base import Severity, register
from solidair.models.severity.gpd import GPD
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


@register("empirical")
@dataclass(frozen=True)
class EmpiricalGPD(Severity):
    """Past costs up to the threshold keep their weight 1/n; those above give way to a Pareto tail.

    Parameters
    ----------
    values
        Past costs, each above 0, euro; any sequence, stored as an ascending tuple.
    threshold
        Above 0, euro; at least one value must lie above it.
    xi, beta
        Parameters of the excess over the threshold; beta in euro.

    Notes
    -----
    The tail weight is the share of values above the threshold, so the only thing smoothed is the tail
    (McNeil 1997, ASTIN Bulletin 27, 117).
    """

    values: tuple[float, ...]
    threshold: float
    xi: float
    beta: float

    def __post_init__(self) -> None:
        values = np.sort(as_floats(self.values).ravel())
        if not values.size or not bool(np.all(np.isfinite(values) & (values > 0.0))):
            raise ValueError("EmpiricalGPD: values: there must be at least one, all finite and above 0")
        object.__setattr__(self, "values", tuple(values.tolist()))
        check_above("EmpiricalGPD", "threshold", self.threshold)
        if not values[-1] > self.threshold:
            raise ValueError(
                f"EmpiricalGPD: threshold = {self.threshold}: at least one value must lie above it, "
                f"but the highest is {values[-1]}"
            )
        self.tail  # noqa: B018  validates xi and beta

    @cached_property
    def tail(self) -> GPD:
        """The law of the excess over the threshold."""
        return GPD(self.xi, self.beta)

    @cached_property
    def tail_weight(self) -> float:
        """Share of the values above the threshold."""
        return float(np.mean(as_floats(self.values) > self.threshold))

    @cached_property
    def _body(self) -> tuple[Floats, Floats, Floats]:
        """Distinct values up to the threshold, P(X <= value), and P(X > value)."""
        values = as_floats(self.values)
        points, counts = np.unique(values[values <= self.threshold], return_counts=True)
        below = np.cumsum(counts)
        return points, as_floats(below / values.size), as_floats((values.size - below) / values.size)

    @property
    def support(self) -> tuple[float, float]:
        """Lowest value to the end of the tail."""
        points = self._body[0]
        return (float(points[0]) if points.size else self.threshold), self.threshold + self.tail.support[1]

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """Distinct values up to the threshold and their shares."""
        points, below, _ = self._body
        return points, np.diff(below, prepend=0.0)

    @property
    def kinks(self) -> Floats:
        """The threshold, and the end of the support if finite."""
        return as_floats([x for x in (self.threshold, self.support[1]) if math.isfinite(x)])

    def _look(self, steps: Floats, first: float, x: Floats) -> Floats:
        """Value of a right-continuous step function that starts at `first`."""
        rank = np.searchsorted(self._body[0], np.minimum(x, self.threshold), side="right")
        return as_floats(np.append(first, steps)[rank])

    def pdf(self, x: ArrayLike) -> Floats:
        """Density of the tail; the values below the threshold are atoms."""
        x = as_floats(x)
        return np.where(x > self.threshold, self.tail_weight * self.tail.pdf(x - self.threshold), 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        x = as_floats(x)
        above = 1.0 - self.tail_weight * self.tail.sf(x - self.threshold)
        return np.where(x > self.threshold, above, self._look(self._body[1], 0.0, x))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        x = as_floats(x)
        above = self.tail_weight * self.tail.sf(x - self.threshold)
        return np.where(x > self.threshold, above, self._look(self._body[2], 1.0, x))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        p = as_probabilities(p)
        points, below, _ = self._body
        rank = np.searchsorted(below, p, side="left")
        excess = self.tail.isf(np.clip((1.0 - p) / self.tail_weight, 0.0, 1.0))
        return np.where(rank < points.size, np.append(points, 0.0)[rank], self.threshold + excess)

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        q = as_probabilities(q, "q")
        points, _, above = self._body
        rank = np.searchsorted(-above, -q, side="left")
        excess = self.tail.isf(np.clip(q / self.tail_weight, 0.0, 1.0))
        return np.where(rank < points.size, np.append(points, 0.0)[rank], self.threshold + excess)

    def _powers(self, k: int) -> tuple[Floats, Floats]:
        """Return the sums of value^k / n over the values before, and from, each rank of the body."""
        points, weights = self.atoms
        terms = weights * points**k
        return np.append(0.0, np.cumsum(terms)), np.append(np.cumsum(terms[::-1])[::-1], 0.0)

    def moment(self, k: int) -> float:
        """E[X^k]; infinite for k xi >= 1."""
        return float(self.upper_moment(k, 0.0)) if check_order(k) else 1.0

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]."""
        k, d = check_order(k), np.maximum(as_floats(d), 0.0)
        if k == 0:
            return np.ones_like(d)
        u, low = self.threshold, np.minimum(d, self.threshold)
        rank = np.searchsorted(self._body[0], low, side="right")
        inside = self._powers(k)[0][rank] + low**k * self._look(self._body[2], 1.0, low)
        over = np.maximum(d - u, 0.0)
        pieces = (math.comb(k, j) * u ** (k - j) * self.tail.limited_moment(j, over) for j in range(1, k + 1))
        return as_floats(inside + self.tail_weight * sum(pieces, np.zeros_like(d)))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]."""
        k, a = check_order(k), np.maximum(as_floats(a), 0.0)
        if k == 0 or math.isinf(self.tail.moment(k)):
            return np.full(a.shape, math.inf if k else 0.0)
        u, low = self.threshold, np.minimum(a, self.threshold)
        rank = np.searchsorted(self._body[0], low, side="right")
        # Counted from the threshold down, so that nothing cancels above it.
        left = self._look(self._body[2], 1.0, low) - self.tail_weight
        body = self._powers(k)[1][rank] - low**k * np.maximum(left, 0.0) + self.tail_weight * (u**k - low**k)
        over = np.maximum(a - u, 0.0)
        pieces = (math.comb(k, j) * u ** (k - j) * self.tail.upper_moment(j, over) for j in range(1, k + 1))
        return as_floats(np.maximum(body, 0.0) + self.tail_weight * sum(pieces, np.zeros_like(a)))

    def scaled(self, factor: float) -> Severity:
        """Law of factor * X: values, threshold and tail scaled."""
        check_above("EmpiricalGPD", "factor", factor)
        values = tuple(factor * value for value in self.values)
        return EmpiricalGPD(values, factor * self.threshold, self.xi, factor * self.beta)
