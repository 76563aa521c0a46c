"""Gamma cost: sums of independent gamma costs of one scale are gamma again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.severity.base import Severity, register
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


@register("gamma")
@dataclass(frozen=True)
class Gamma(Severity):
    """Gamma law with mean shape * scale.

    Parameters
    ----------
    shape
        Above 0, no unit.
    scale
        Above 0, euro.

    Notes
    -----
    E[X^k; X <= d] = E[X^k] P(shape + k, d / scale), P the regularised incomplete gamma function (Klugman,
    Panjer & Willmot, Loss Models, 4th ed., appendix A).
    """

    shape: float
    scale: float

    def __post_init__(self) -> None:
        check_above("Gamma", "shape", self.shape)
        check_above("Gamma", "scale", self.scale)

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> Self:
        """Return the law with this mean (euro) and coefficient of variation."""
        check_above("Gamma", "mean", mean)
        check_above("Gamma", "cv", cv)
        return cls(1.0 / (cv * cv), mean * cv * cv)

    @property
    def support(self) -> tuple[float, float]:
        """Zero to infinity."""
        return 0.0, math.inf

    def _t(self, x: ArrayLike) -> Floats:
        return np.maximum(as_floats(x), 0.0) / self.scale

    def pdf(self, x: ArrayLike) -> Floats:
        """Density."""
        x = as_floats(x)
        t = self._t(x)
        log_density = special.xlogy(self.shape - 1.0, t) - t - special.gammaln(self.shape)
        return np.where(x >= 0.0, np.exp(log_density) / self.scale, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        return as_floats(special.gammainc(self.shape, self._t(x)))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        return as_floats(special.gammaincc(self.shape, self._t(x)))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        return as_floats(self.scale * special.gammaincinv(self.shape, as_probabilities(p)))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        return as_floats(self.scale * special.gammainccinv(self.shape, as_probabilities(q, "q")))

    def moment(self, k: int) -> float:
        """E[X^k] = scale^k shape (shape + 1) ... (shape + k - 1)."""
        return self.scale ** check_order(k) * math.prod(self.shape + j for j in range(k))

    @property
    def variance(self) -> float:
        """Shape * scale^2."""
        return self.shape * self.scale**2

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]."""
        k, t = check_order(k), self._t(d)
        ceiling = (np.where(np.isfinite(t), t, 0.0) * self.scale) ** k
        below = self.moment(k) * special.gammainc(self.shape + k, t)
        return as_floats(below + ceiling * special.gammaincc(self.shape, t))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]."""
        k, t = check_order(k), self._t(a)
        floor = (np.where(np.isfinite(t), t, 0.0) * self.scale) ** k
        above = self.moment(k) * special.gammaincc(self.shape + k, t)
        return np.maximum(above - floor * special.gammaincc(self.shape, t), 0.0)
