"""Lognormal body with a generalised Pareto tail."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.base import Severity, register
from solidair.models.severity.gpd import GPD
from solidair.models.severity.lognormal import Lognormal
from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


@register("spliced")
@dataclass(frozen=True)
class SplicedLognormalGPD(Severity):
    """Lognormal, cut off at u, with weight phi; beyond u a generalised Pareto excess with weight 1 - phi.

    Parameters
    ----------
    mu, sigma
        Parameters of the lognormal body.
    u
        Splice point, above 0, euro.
    xi, beta
        Parameters of the excess over u; beta in euro.
    phi
        Weight of the body, in (0, 1). None chooses the weight that makes the density continuous at u (C0):
        phi = (1 / beta) / (f(u) / F(u) + 1 / beta) with f, F of the lognormal. A weight from data keeps the
        proportion of cases above u, and then the density jumps at u.

    Notes
    -----
    Scollnik (2007), Scandinavian Actuarial Journal 2007, 20; Cooray & Ananda (2005), ibid. 2005, 321.
    """

    mu: float
    sigma: float
    u: float
    xi: float
    beta: float
    phi: float | None = None

    def __post_init__(self) -> None:
        check_above("SplicedLognormalGPD", "u", self.u)
        if not float(self.body.cdf(self.u)) > 0.0:
            raise ValueError(f"SplicedLognormalGPD: u = {self.u}: the lognormal has no probability below it")
        self.tail  # noqa: B018  validates xi and beta
        if self.phi is not None and not 0.0 < self.phi < 1.0:
            raise ValueError(f"SplicedLognormalGPD: phi = {self.phi}: must lie between 0 and 1")

    @classmethod
    def smooth(cls, mu: float, sigma: float, u: float, xi: float) -> Self:
        """Return the law whose density is continuous and differentiable at u (C1).

        beta = (1 + xi) u / (1 + (ln u - mu) / sigma^2); ValueError if that is not positive.
        """
        check_above("SplicedLognormalGPD", "u", u)
        check_above("SplicedLognormalGPD", "sigma", sigma)
        check_above("SplicedLognormalGPD", "xi", xi, -1.0)
        slope = 1.0 + (math.log(u) - mu) / sigma**2
        if slope <= 0.0:
            raise ValueError(
                f"SplicedLognormalGPD: u = {u}: a smooth splice needs a falling density, so u above the mode "
                f"{math.exp(mu - sigma**2):g}"
            )
        return cls(mu, sigma, u, xi, (1.0 + xi) * u / slope)

    @cached_property
    def body(self) -> Lognormal:
        """The lognormal, not cut off."""
        return Lognormal(self.mu, self.sigma)

    @cached_property
    def tail(self) -> GPD:
        """The law of the excess over u."""
        return GPD(self.xi, self.beta)

    @cached_property
    def body_weight(self) -> float:
        """Probability of at most u."""
        if self.phi is not None:
            return self.phi
        return 1.0 / (1.0 + self.beta * float(self.body.pdf(self.u) / self.body.cdf(self.u)))

    @cached_property
    def tail_weight(self) -> float:
        """Probability of more than u, without cancellation if phi was not given."""
        if self.phi is not None:
            return 1.0 - self.phi
        hazard = self.beta * float(self.body.pdf(self.u) / self.body.cdf(self.u))
        return hazard / (1.0 + hazard)

    @cached_property
    def _stretch(self) -> float:
        return self.body_weight / float(self.body.cdf(self.u))

    @property
    def support(self) -> tuple[float, float]:
        """Zero to the end of the tail."""
        return 0.0, self.u + self.tail.support[1]

    @property
    def kinks(self) -> Floats:
        """The splice point, and the end of the support if finite."""
        return as_floats([x for x in (self.u, self.support[1]) if math.isfinite(x)])

    def pdf(self, x: ArrayLike) -> Floats:
        """Density; at u that of the body."""
        x = as_floats(x)
        above = self.tail_weight * self.tail.pdf(x - self.u)
        return np.where(x <= self.u, self._stretch * self.body.pdf(x), above)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        x = as_floats(x)
        return np.where(x <= self.u, self._stretch * self.body.cdf(np.minimum(x, self.u)), 1.0 - self.sf_above(x))

    def sf_above(self, x: Floats) -> Floats:
        """P(X > max(x, u))."""
        return self.tail_weight * self.tail.sf(x - self.u)

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        x = as_floats(x)
        # Counted down from u, so that sf is continuous there to the last digit.
        slice_ = self._stretch * (self.body.sf(x) - self.body.sf(self.u))
        below = np.minimum(self.tail_weight + np.maximum(slice_, 0.0), 1.0)
        return np.where(x <= 0.0, 1.0, np.where(x < self.u, below, self.sf_above(x)))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        p = as_probabilities(p)
        below = self.body.quantile(np.clip(p / self._stretch, 0.0, 1.0))
        above = self.u + self.tail.isf(np.clip((1.0 - p) / self.tail_weight, 0.0, 1.0))
        return np.where(p <= self.body_weight, np.minimum(below, self.u), above)

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        q = as_probabilities(q, "q")
        above = self.u + self.tail.isf(np.clip(q / self.tail_weight, 0.0, 1.0))
        upper = self.body.sf(self.u) + np.maximum(q - self.tail_weight, 0.0) / self._stretch
        below = np.where(
            q < 0.5,
            self.body.isf(np.clip(upper, 0.0, 1.0)),
            self.body.quantile(np.clip((1.0 - q) / self._stretch, 0.0, 1.0)),
        )
        return np.where(q <= self.tail_weight, above, np.minimum(below, self.u))

    def moment(self, k: int) -> float:
        """E[X^k]; infinite for k xi >= 1."""
        return float(self.upper_moment(k, 0.0)) if check_order(k) else 1.0

    def _binomial(self, k: int, j: int) -> float:
        """Coefficient of Y^j in (u + Y)^k."""
        return math.comb(k, j) * float(self.u ** (k - j))

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]."""
        k, d = check_order(k), np.maximum(as_floats(d), 0.0)
        if k == 0:
            return np.ones_like(d)
        c, low = self._stretch, np.minimum(d, self.u)
        inside = (1.0 - c) * low**k + c * self.body.limited_moment(k, low)
        over = np.maximum(d - self.u, 0.0)
        pieces = (self._binomial(k, j) * self.tail.limited_moment(j, over) for j in range(1, k + 1))
        return inside + self.tail_weight * sum(pieces, np.zeros_like(d))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]."""
        k, a = check_order(k), np.maximum(as_floats(a), 0.0)
        if k == 0 or math.isinf(self.tail.moment(k)):
            return np.full(a.shape, math.inf if k else 0.0)
        c, low = self._stretch, np.minimum(a, self.u)
        over = np.maximum(a - self.u, 0.0)
        pieces = (self._binomial(k, j) * self.tail.upper_moment(j, over) for j in range(1, k + 1))
        body = (1.0 - c) * (self.u**k - low**k) + c * self.body.band_moment(k, low, self.u)
        return np.maximum(body, 0.0) + self.tail_weight * sum(pieces, np.zeros_like(a))
