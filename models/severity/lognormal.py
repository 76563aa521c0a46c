"""Lognormal cost: exp(mu + sigma W) with W standard normal."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.severity.base import Severity, register
from solidair.models.severity.numeric import (
    Floats,
    as_floats,
    as_probabilities,
    check_above,
    check_finite,
    check_order,
    mills,
)


@register("lognormal")
@dataclass(frozen=True)
class Lognormal(Severity):
    """Lognormal law.

    Parameters
    ----------
    mu
        Mean of the logarithm of the cost in euro.
    sigma
        Standard deviation of the logarithm, above 0.

    Notes
    -----
    E[X^k] = exp(k mu + k^2 sigma^2 / 2) and E[X^k; X <= d] = E[X^k] Phi(z - k sigma), z = (ln d - mu) / sigma
    (Klugman, Panjer & Willmot, Loss Models, 4th ed., appendix A).
    """

    mu: float
    sigma: float

    def __post_init__(self) -> None:
        check_finite("Lognormal", "mu", self.mu)
        check_above("Lognormal", "sigma", self.sigma)

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> Self:
        """Return the law with this mean (euro) and coefficient of variation."""
        check_above("Lognormal", "mean", mean)
        check_above("Lognormal", "cv", cv)
        variance = math.log1p(cv * cv)
        return cls(math.log(mean) - variance / 2.0, math.sqrt(variance))

    @property
    def support(self) -> tuple[float, float]:
        """Zero to infinity."""
        return 0.0, math.inf

    def _z(self, x: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return as_floats((np.log(np.maximum(x, 0.0)) - self.mu) / self.sigma)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density."""
        x = as_floats(x)
        safe = np.where(x > 0.0, x, 1.0)
        z = self._z(safe)
        return np.where(x > 0.0, np.exp(-z * z / 2.0) / (safe * self.sigma * math.sqrt(2.0 * math.pi)), 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        return as_floats(special.ndtr(self._z(as_floats(x))))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        return as_floats(special.ndtr(-self._z(as_floats(x))))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        return as_floats(np.exp(self.mu + self.sigma * special.ndtri(as_probabilities(p))))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        return as_floats(np.exp(self.mu - self.sigma * special.ndtri(as_probabilities(q, "q"))))

    def moment(self, k: int) -> float:
        """E[X^k]."""
        k = check_order(k)
        return math.exp(k * self.mu + (k * self.sigma) ** 2 / 2.0)

    @property
    def variance(self) -> float:
        """mean^2 (exp(sigma^2) - 1)."""
        return self.mean**2 * math.expm1(self.sigma**2)

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]."""
        k, d = check_order(k), np.maximum(as_floats(d), 0.0)
        z = self._z(d)
        ceiling = np.where(np.isfinite(d), d, 0.0) ** k
        return as_floats(self.moment(k) * special.ndtr(z - k * self.sigma) + ceiling * special.ndtr(-z))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]; in the tail a^k phi(z) [M(z - k sigma) - M(z)] with Mills ratio M."""
        k, a = check_order(k), np.maximum(as_floats(a), 0.0)
        z = self._z(a)
        finite = np.isfinite(a)
        floor = np.where(finite, a, 0.0) ** k
        plain = self.moment(k) * special.ndtr(k * self.sigma - z) - floor * special.ndtr(-z)
        t = np.where(finite & (z > 1.0), z, 1.0)
        tail = floor * np.exp(-t * t / 2.0) / math.sqrt(2.0 * math.pi) * (mills(t - k * self.sigma) - mills(t))
        # erfcx overflows far left of zero; there the plain form does not cancel.
        return np.maximum(np.where(finite & (z > 1.0) & (t - k * self.sigma > -30.0), tail, plain), 0.0)
