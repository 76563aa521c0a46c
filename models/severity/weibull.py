"""Weibull cost."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.severity.base import Severity, register
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


def _log_second_over_first(shape: float) -> float:
    """ln(E[X^2] / E[X]^2), which depends on the shape alone and falls as it grows."""
    return float(special.gammaln(1.0 + 2.0 / shape) - 2.0 * special.gammaln(1.0 + 1.0 / shape))


@register("weibull")
@dataclass(frozen=True)
class Weibull(Severity):
    """Weibull law with sf(x) = exp(-(x / scale)^shape).

    Parameters
    ----------
    shape
        Above 0; below 1 the tail is heavier than exponential.
    scale
        Above 0, euro.

    Notes
    -----
    With t = (x / scale)^shape, the integral of k x^(k-1) sf(x) below d is E[X^k] P(k / shape, t) and above
    d it is E[X^k] Q(k / shape, t): no cancellation (Klugman, Panjer & Willmot, Loss Models, 4th ed.,
    appendix A, by parts).
    """

    shape: float
    scale: float

    def __post_init__(self) -> None:
        check_above("Weibull", "shape", self.shape)
        check_above("Weibull", "scale", self.scale)

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> Self:
        """Return the law with this mean (euro) and coefficient of variation, 0.01 to 1000."""
        check_above("Weibull", "mean", mean)
        if not 0.01 <= cv <= 1000.0:
            raise ValueError(f"Weibull: cv = {cv}: must lie between 0.01 and 1000")
        from scipy import optimize  # here, so that nobody waits for it who has no Weibull law

        goal = math.log1p(cv * cv)
        log_shape = optimize.brentq(
            lambda s: _log_second_over_first(math.exp(s)) - goal, math.log(0.05), math.log(200.0), xtol=1e-15
        )
        shape = math.exp(log_shape)
        return cls(shape, mean / math.gamma(1.0 + 1.0 / shape))

    @property
    def support(self) -> tuple[float, float]:
        """Zero to infinity."""
        return 0.0, math.inf

    def _t(self, x: ArrayLike) -> Floats:
        return as_floats((np.maximum(as_floats(x), 0.0) / self.scale) ** self.shape)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density; infinite at 0 for a shape below 1."""
        x = as_floats(x)
        y = np.maximum(x, 0.0) / self.scale
        log_density = special.xlogy(self.shape - 1.0, y) - y**self.shape
        return np.where(x >= 0.0, self.shape / self.scale * np.exp(log_density), 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        return as_floats(-np.expm1(-self._t(x)))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        return as_floats(np.exp(-self._t(x)))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        with np.errstate(divide="ignore"):
            return as_floats(self.scale * (-np.log1p(-as_probabilities(p))) ** (1.0 / self.shape))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        with np.errstate(divide="ignore"):
            # The maximum turns the -0 of log 1 into 0.
            return as_floats(self.scale * np.maximum(-np.log(as_probabilities(q, "q")), 0.0) ** (1.0 / self.shape))

    def moment(self, k: int) -> float:
        """E[X^k] = scale^k Gamma(1 + k / shape)."""
        return float(self.scale ** check_order(k) * special.gamma(1.0 + k / self.shape))

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]."""
        k, t = check_order(k), self._t(d)
        return np.ones_like(t) if k == 0 else as_floats(self.moment(k) * special.gammainc(k / self.shape, t))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]."""
        k, t = check_order(k), self._t(a)
        return np.zeros_like(t) if k == 0 else as_floats(self.moment(k) * special.gammaincc(k / self.shape, t))
