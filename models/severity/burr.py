"""Burr XII (Singh-Maddala) cost: a Lomax law of a power, so body and tail have a shape each."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.severity.base import Severity, register
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


@register("burr")
@dataclass(frozen=True)
class BurrXII(Severity):
    """Burr XII law with sf(x) = (1 + (x / theta)^gamma)^(-alpha).

    Parameters
    ----------
    alpha, gamma
        Shapes, above 0; the tail index is alpha * gamma, and the k-th moment is finite for k < alpha * gamma.
    theta
        Scale, above 0, euro.

    Notes
    -----
    E[X^k] = theta^k Gamma(1 + k/gamma) Gamma(alpha - k/gamma) / Gamma(alpha); with t = (x / theta)^gamma
    the integral of k x^(k-1) sf(x) is an incomplete beta function of t / (1 + t) (Klugman, Panjer &
    Willmot, Loss Models, 4th ed., appendix A). The law is scipy.stats.burr12(c=gamma, d=alpha, scale=theta).
    """

    alpha: float
    gamma: float
    theta: float

    def __post_init__(self) -> None:
        check_above("BurrXII", "alpha", self.alpha)
        check_above("BurrXII", "gamma", self.gamma)
        check_above("BurrXII", "theta", self.theta)

    @property
    def support(self) -> tuple[float, float]:
        """Zero to infinity."""
        return 0.0, math.inf

    def _t(self, x: ArrayLike) -> Floats:
        with np.errstate(over="ignore"):
            return as_floats((np.maximum(as_floats(x), 0.0) / self.theta) ** self.gamma)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density; infinite at 0 for gamma below 1."""
        x = as_floats(x)
        y = np.where(np.isfinite(x), np.maximum(x, 0.0), 0.0) / self.theta
        power = np.log1p(self._t(y * self.theta))
        log_density = special.xlogy(self.gamma - 1.0, y) - (self.alpha + 1.0) * power
        density = self.alpha * self.gamma / self.theta * np.exp(log_density)
        return np.where((x >= 0.0) & np.isfinite(x), density, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        return as_floats(-np.expm1(-self.alpha * np.log1p(self._t(x))))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        return as_floats(np.exp(-self.alpha * np.log1p(self._t(x))))

    def _at(self, level: Floats) -> Floats:
        """Value at which -ln sf is `level`."""
        with np.errstate(over="ignore"):
            return as_floats(self.theta * np.expm1(level / self.alpha) ** (1.0 / self.gamma))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        with np.errstate(divide="ignore"):
            return self._at(-np.log1p(-as_probabilities(p)))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        with np.errstate(divide="ignore"):
            return self._at(np.maximum(-np.log(as_probabilities(q, "q")), 0.0))

    def moment(self, k: int) -> float:
        """E[X^k]; infinite for k >= alpha * gamma."""
        c = check_order(k) / self.gamma
        if c >= self.alpha:
            return math.inf
        logs = math.lgamma(1.0 + c) + math.lgamma(self.alpha - c) - math.lgamma(self.alpha)
        return self.theta**k * math.exp(logs)

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k], also where E[X^k] is infinite."""
        k, t = check_order(k), self._t(d)
        if k == 0:
            return np.ones_like(t)
        c, finite = k / self.gamma, np.isfinite(t)
        if c < self.alpha:
            # t / (1 + t) rounds to 1 early: take the complement from 1 / (1 + t).
            small = np.where(t < 1.0, t, 0.0)
            low = special.betainc(c, self.alpha - c, small / (1.0 + small))
            high = special.betaincc(self.alpha - c, c, 1.0 / (1.0 + t))
            return as_floats(self.moment(k) * np.where(t < 1.0, low, high))
        safe = np.where(finite, t, 0.0)
        value = self.theta**k * safe**c * special.hyp2f1(self.alpha, c, c + 1.0, -safe)
        return np.where(finite, value, math.inf)

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]."""
        k, t = check_order(k), self._t(a)
        if k == 0:
            return np.zeros_like(t)
        c = k / self.gamma
        if c >= self.alpha:
            return np.full(t.shape, math.inf)
        return as_floats(self.moment(k) * special.betainc(self.alpha - c, c, 1.0 / (1.0 + t)))
