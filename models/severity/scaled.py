"""The same law at another price."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from solidair.models.severity.base import Severity
from solidair.models.severity.numeric import Floats, as_floats, check_above


@dataclass(frozen=True)
class Scaled(Severity):
    """Law of factor * X, for prices that move. Laws with atoms scale themselves, so that atoms stay exact.

    Parameters
    ----------
    base
        Law of X.
    factor
        Above 0, no unit.
    """

    base: Severity
    factor: float

    def __post_init__(self) -> None:
        check_above("Scaled", "factor", self.factor)

    def _x(self, x: ArrayLike) -> Floats:
        return as_floats(x) / self.factor

    @property
    def costly(self) -> bool:
        """As the base."""
        return self.base.costly

    @property
    def support(self) -> tuple[float, float]:
        """Support of the base times the factor."""
        low, high = self.base.support
        return low * self.factor, high * self.factor

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """Atoms of the base, moved."""
        points, weights = self.base.atoms
        return as_floats(points * self.factor), weights

    @property
    def kinks(self) -> Floats:
        """Kinks of the base, moved."""
        return self.base.kinks * self.factor

    def pdf(self, x: ArrayLike) -> Floats:
        """Density."""
        return self.base.pdf(self._x(x)) / self.factor

    def cdf(self, x: ArrayLike) -> Floats:
        """P(factor X <= x)."""
        return self.base.cdf(self._x(x))

    def sf(self, x: ArrayLike) -> Floats:
        """P(factor X > x)."""
        return self.base.sf(self._x(x))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        return self.base.quantile(p) * self.factor

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        return self.base.isf(q) * self.factor

    def moment(self, k: int) -> float:
        """factor^k E[X^k]."""
        return self.factor**k * self.base.moment(k)

    @property
    def variance(self) -> float:
        """factor^2 Var X."""
        return self.factor**2 * self.base.variance

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """factor^k E[min(X, d / factor)^k]."""
        return self.factor**k * self.base.limited_moment(k, self._x(d))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """factor^k E[(X^k - (a / factor)^k)+]."""
        return self.factor**k * self.base.upper_moment(k, self._x(a))

    def scaled(self, factor: float) -> Severity:
        """Law of the product of both factors, in one wrapper."""
        return Scaled(self.base, self.factor * factor)
