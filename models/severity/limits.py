"""Caps and truncation: laws made from another law."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.base import Severity
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


@dataclass(frozen=True)
class Capped(Severity):
    """Law of min(X, limit): censoring. What would exceed the limit becomes an atom at the limit.

    Parameters
    ----------
    base
        Law of X.
    limit
        Highest cost, above the lowest value of X, euro.
    """

    base: Severity
    limit: float

    def __post_init__(self) -> None:
        check_above("Capped", "limit", self.limit, self.base.support[0])

    @property
    def costly(self) -> bool:
        """As the base."""
        return self.base.costly

    @property
    def support(self) -> tuple[float, float]:
        """Support of the base, ending at the limit."""
        low, high = self.base.support
        return low, min(high, self.limit)

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """Atoms of the base below the limit, and the limit itself."""
        points, weights = self.base.atoms
        below = points < self.limit
        left = float(self.base.sf(self.limit)) + float(weights[points == self.limit].sum())
        if left <= 0.0:
            return points[below], weights[below]
        return np.append(points[below], self.limit), np.append(weights[below], left)

    @property
    def kinks(self) -> Floats:
        """Kinks of the base below the limit, and the end."""
        points = self.base.kinks
        return np.append(points[points < self.support[1]], self.support[1])

    def pdf(self, x: ArrayLike) -> Floats:
        """Density of the part below the limit."""
        x = as_floats(x)
        return np.where(x < self.limit, self.base.pdf(x), 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(min(X, limit) <= x)."""
        x = as_floats(x)
        return np.where(x < self.limit, self.base.cdf(x), 1.0)

    def sf(self, x: ArrayLike) -> Floats:
        """P(min(X, limit) > x)."""
        x = as_floats(x)
        return np.where(x < self.limit, self.base.sf(x), 0.0)

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        return np.minimum(self.base.quantile(p), self.limit)

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        return np.minimum(self.base.isf(q), self.limit)

    def moment(self, k: int) -> float:
        """E[min(X, limit)^k]: finite always."""
        return float(self.base.limited_moment(k, self.limit))

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, limit, d)^k]."""
        return self.base.limited_moment(k, np.minimum(as_floats(d), self.limit))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(min(X, limit)^k - a^k)+]."""
        return self.base.band_moment(k, np.minimum(as_floats(a), self.limit), self.limit)

    def scaled(self, factor: float) -> Severity:
        """Law of factor * min(X, limit), whose atom stays exactly at factor * limit."""
        return Capped(self.base.scaled(factor), self.limit * factor)


@dataclass(frozen=True)
class Truncated(Severity):
    """Law of X given X <= limit: higher costs do not exist. Not the same as a cap: there is no atom.

    Parameters
    ----------
    base
        Law of X.
    limit
        Highest cost, with P(X <= limit) > 0, euro.
    """

    base: Severity
    limit: float

    def __post_init__(self) -> None:
        check_above("Truncated", "limit", self.limit)
        if not self._weight > 0.0:
            raise ValueError(f"Truncated: limit = {self.limit}: no probability lies at or below it")

    @property
    def _weight(self) -> float:
        return float(self.base.cdf(self.limit))

    @property
    def _lost(self) -> float:
        return float(self.base.sf(self.limit))

    @property
    def costly(self) -> bool:
        """As the base."""
        return self.base.costly

    @property
    def support(self) -> tuple[float, float]:
        """Support of the base, ending at the limit."""
        low, high = self.base.support
        return low, min(high, self.limit)

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """Atoms of the base up to the limit, made heavier."""
        points, weights = self.base.atoms
        kept = points <= self.limit
        return points[kept], weights[kept] / self._weight

    @property
    def kinks(self) -> Floats:
        """Kinks of the base below the limit, and the end."""
        points = self.base.kinks
        return np.append(points[points < self.support[1]], self.support[1])

    def pdf(self, x: ArrayLike) -> Floats:
        """Density."""
        x = as_floats(x)
        return np.where(x <= self.limit, self.base.pdf(x) / self._weight, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x | X <= limit)."""
        x = as_floats(x)
        return np.where(x < self.limit, np.minimum(self.base.cdf(x) / self._weight, 1.0), 1.0)

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x | X <= limit)."""
        x = as_floats(x)
        inside = np.clip((self.base.sf(x) - self._lost) / self._weight, 0.0, 1.0)
        return np.where(x < self.limit, inside, 0.0)

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        p = as_probabilities(p)
        low = self.base.quantile(np.minimum(p * self._weight, 1.0))
        # Above the median the survival side is the accurate one, also for a limit deep in the tail.
        high = self.base.isf(np.clip(self._lost + (1.0 - p) * self._weight, 0.0, 1.0))
        return np.minimum(np.where(p < 0.5, low, high), self.support[1])

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        q = as_probabilities(q, "q")
        high = self.base.isf(np.clip(self._lost + q * self._weight, 0.0, 1.0))
        low = self.base.quantile(np.clip((1.0 - q) * self._weight, 0.0, 1.0))
        return np.minimum(np.where(q < 0.5, high, low), self.support[1])

    def moment(self, k: int) -> float:
        """E[X^k | X <= limit]: finite always."""
        return float(self.limited_moment(k, self.limit))

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k | X <= limit]."""
        k, d = check_order(k), np.clip(as_floats(d), 0.0, self.limit)
        return (self.base.limited_moment(k, d) - self._lost * d**k) / self._weight

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+ | X <= limit]."""
        k, a = check_order(k), np.clip(as_floats(a), 0.0, self.limit)
        band = self.base.band_moment(k, a, self.limit)
        return np.maximum(band - self._lost * (self.limit**k - a**k), 0.0) / self._weight

    def scaled(self, factor: float) -> Severity:
        """Law of factor * X given X <= limit."""
        return Truncated(self.base.scaled(factor), self.limit * factor)
