"""A cost that is the same for every case."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.base import Severity, register
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


@register("fixed")
@dataclass(frozen=True)
class Fixed(Severity):
    """A single atom.

    Parameters
    ----------
    value
        The cost, above 0, euro.
    """

    value: float

    def __post_init__(self) -> None:
        check_above("Fixed", "value", self.value)

    @property
    def support(self) -> tuple[float, float]:
        """The value, twice."""
        return self.value, self.value

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """The value, with weight 1."""
        return as_floats([self.value]), np.ones(1)

    @property
    def kinks(self) -> Floats:
        """None: there is no continuous part."""
        return np.empty(0)

    def pdf(self, x: ArrayLike) -> Floats:
        """Zero: there is no continuous part."""
        return np.zeros_like(as_floats(x))

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        return np.where(as_floats(x) >= self.value, 1.0, 0.0)

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        return np.where(as_floats(x) >= self.value, 0.0, 1.0)

    def quantile(self, p: ArrayLike) -> Floats:
        """Return the value."""
        return np.full_like(as_probabilities(p), self.value)

    def isf(self, q: ArrayLike) -> Floats:
        """Return the value."""
        return np.full_like(as_probabilities(q, "q"), self.value)

    def moment(self, k: int) -> float:
        """value^k."""
        return float(self.value ** check_order(k))

    @property
    def variance(self) -> float:
        """Zero."""
        return 0.0

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """min(value, d)^k."""
        return as_floats(np.clip(as_floats(d), 0.0, self.value) ** check_order(k))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """(value^k - a^k)+."""
        return as_floats(self.moment(k) - np.clip(as_floats(a), 0.0, self.value) ** check_order(k))

    def scaled(self, factor: float) -> Severity:
        """Law of factor * value."""
        return Fixed(self.value * factor)
