"""Mixture of laws, for a care type that is really several."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.base import Severity, register
from solidair.models.severity.inverse import InverseTable
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_order, invert


@register("mixture")
@dataclass(frozen=True)
class Mixture(Severity):
    """A case follows component i with probability weights[i].

    Parameters
    ----------
    components
        At least one law.
    weights
        As many numbers above 0; their sum must be 1 to 1e-9 and is then made exact.

    Notes
    -----
    Probabilities and moments are weighted sums. Quantiles are found by root finding between the lowest and
    the highest quantile of the components, and fall exactly on atoms.
    """

    components: tuple[Severity, ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "components", tuple(self.components))
        weights = tuple(float(w) for w in self.weights)
        if not self.components or len(weights) != len(self.components):
            raise ValueError(
                f"Mixture: weights = {weights}: there must be one for each of the {len(self.components)} components"
            )
        if not all(math.isfinite(w) and w > 0.0 for w in weights):
            raise ValueError(f"Mixture: weights = {weights}: must be finite numbers above 0")
        total = math.fsum(weights)
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"Mixture: weights = {weights}: must sum to 1, but sum to {total}")
        object.__setattr__(self, "weights", tuple(w / total for w in weights))

    @property
    def costly(self) -> bool:
        """Whether any component is."""
        return any(part.costly for part in self.components)

    @property
    def support(self) -> tuple[float, float]:
        """Lowest and highest of the components."""
        ends = [part.support for part in self.components]
        return min(low for low, _ in ends), max(high for _, high in ends)

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """Atoms of all components; those at the same point are added."""
        pairs = [part.atoms for part in self.components]
        points, place = np.unique(np.concatenate([x for x, _ in pairs]), return_inverse=True)
        mass = np.zeros_like(points)
        np.add.at(mass, place, np.concatenate([v * w for v, (_, w) in zip(self.weights, pairs, strict=True)]))
        return points, mass

    @property
    def kinks(self) -> Floats:
        """Kinks of all components."""
        return as_floats(np.unique(np.concatenate([part.kinks for part in self.components])))

    def _sum(self, of: Callable[[Severity], Floats]) -> Floats:
        parts = [w * of(part) for w, part in zip(self.weights, self.components, strict=True)]
        return as_floats(sum(parts[1:], parts[0]))

    def pdf(self, x: ArrayLike) -> Floats:
        """Density of the continuous part."""
        return self._sum(lambda part: part.pdf(x))

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        return np.minimum(self._sum(lambda part: part.cdf(x)), 1.0)

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        return np.minimum(self._sum(lambda part: part.sf(x)), 1.0)

    def _solve(self, chance: Floats, upper: bool) -> Floats:
        flat = chance.ravel()
        ends = [part.isf(flat) if upper else part.quantile(flat) for part in self.components]
        low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
        points, mass = self.atoms
        if points.size:
            # A probability inside a jump belongs to its atom; any other lies between two atoms.
            at = self.sf(points) if upper else self.cdf(points)
            rank = np.searchsorted(-at, -flat) if upper else np.searchsorted(at, flat)
            j = np.minimum(rank, points.size - 1)
            hit = (flat < at[j] + mass[j]) if upper else (flat > at[j] - mass[j])
            hit &= rank < points.size
            low = np.where(hit, points[j], np.where(rank > 0, np.maximum(low, points[rank - 1]), low))
            high = np.where(hit, points[j], np.where(rank < points.size, np.minimum(high, points[j]), high))
            low = np.minimum(low, high)
        result = high.copy()
        open_ = (low < high) & np.isfinite(high) & (flat > 0.0) & (flat < 1.0)
        if not bool(open_.any()):
            return self._edges(result, low, flat, upper).reshape(chance.shape)
        goal = np.log(flat[open_])

        def gap(x: Floats) -> Floats:
            with np.errstate(divide="ignore"):
                return as_floats(goal - np.log(self.sf(x)) if upper else np.log(self.cdf(x)) - goal)

        result[open_] = np.clip(invert(gap, low[open_], high[open_]), low[open_], high[open_])
        return self._edges(result, low, flat, upper).reshape(chance.shape)

    @cached_property
    def _table(self) -> InverseTable:
        """Inverse on the quantiles of the components, which lie close together wherever anything happens."""
        levels = np.concatenate((np.geomspace(1e-18, 0.01, 200, endpoint=False), np.linspace(0.01, 0.5, 250)))
        far = np.concatenate(([0.0], np.geomspace(1e-30, 1e-18, 60, endpoint=False), levels))
        points = [part.quantile(levels) for part in self.components]
        points += [part.isf(far) for part in self.components]
        grid = np.unique(np.concatenate((*points, self.atoms[0], self.kinks)))
        return InverseTable(self, grid[(grid > 0.0) & np.isfinite(grid)])

    def _edges(self, result: Floats, low: Floats, flat: Floats, upper: bool) -> Floats:
        """Both ends of the support, for probabilities 0 and 1."""
        bottom, top = self.support
        result = np.where(flat <= 0.0, top if upper else bottom, result)
        return np.where((flat >= 1.0) & upper, low, result)

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        p = as_probabilities(p)
        if self.costly:  # a table of the inverse is quicker
            return self._table.solve(np.where(p > 0.5, 1.0 - p, p), p > 0.5)
        high = self._solve(np.where(p > 0.5, 1.0 - p, 0.5), True)
        return np.where(p > 0.5, high, self._solve(np.where(p > 0.5, 0.5, p), False))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        q = as_probabilities(q, "q")
        if self.costly:
            return self._table.solve(np.where(q > 0.5, 1.0 - q, q), q <= 0.5)
        low = self._solve(np.where(q > 0.5, 1.0 - q, 0.5), False)
        return np.where(q > 0.5, low, self._solve(np.where(q > 0.5, 0.5, q), True))

    def moment(self, k: int) -> float:
        """E[X^k]."""
        check_order(k)
        return math.fsum(w * part.moment(k) for w, part in zip(self.weights, self.components, strict=True))

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]."""
        return self._sum(lambda part: part.limited_moment(k, d))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]."""
        return self._sum(lambda part: part.upper_moment(k, a))

    def scaled(self, factor: float) -> Severity:
        """Law of factor * X: every component scaled."""
        return Mixture(tuple(part.scaled(factor) for part in self.components), self.weights)
