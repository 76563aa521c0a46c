"""Inverse Gaussian cost: the sum of n independent ones is inverse Gaussian (n mean, n^2 shape)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
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
    check_order,
    invert,
    mills,
)


@register("invgauss")
@dataclass(frozen=True)
class InverseGaussian(Severity):
    """Inverse Gaussian law, the time that a Brownian motion with drift takes to reach a level.

    Parameters
    ----------
    mean
        Mean mu, above 0, euro.
    shape
        Shape lambda, above 0, euro; the variance is mu^3 / lambda.

    Notes
    -----
    With a = sqrt(lambda / x) (x / mu - 1), b = sqrt(lambda / x) (x / mu + 1) and the Mills ratio M, the
    textbook form Phi(a) + exp(2 lambda / mu) Phi(-b) (Chhikara & Folks 1989, The Inverse Gaussian
    Distribution) becomes phi(a) (M(-a) + M(b)), and sf = phi(a) (M(a) - M(b)): nothing overflows. Partial
    moments E_k = E[X^k; X <= d] obey

        E_k = (2 mu^2 / lambda) ((k - 3/2) E_{k-1} + lambda E_{k-2} / 2 - d^k f(d)),

    which follows by integrating the derivative of x^k f(x); above d the last sign turns.
    """

    # field() without a default keeps dataclass from taking the inherited descriptor `mean` for one.
    mean: float = field()
    shape: float

    def __post_init__(self) -> None:
        check_above("InverseGaussian", "mean", self.mean)
        check_above("InverseGaussian", "shape", self.shape)

    @classmethod
    def from_mean_cv(cls, mean: float, cv: float) -> Self:
        """Return the law with this mean (euro) and coefficient of variation."""
        check_above("InverseGaussian", "mean", mean)
        check_above("InverseGaussian", "cv", cv)
        return cls(mean, mean / (cv * cv))

    @property
    def support(self) -> tuple[float, float]:
        """Zero to infinity."""
        return 0.0, math.inf

    def _ab(self, x: Floats) -> tuple[Floats, Floats]:
        root = np.sqrt(self.shape / x)
        return as_floats(root * (x / self.mean - 1.0)), as_floats(root * (x / self.mean + 1.0))

    def _below(self, x: Floats, sign: float) -> Floats:
        """Phi(a) - sign exp(2 lambda / mu) Phi(-b): the cdf for sign -1, E[X; X <= x] / mu for sign 1."""
        a, b = self._ab(x)
        phi = np.exp(-a * a / 2.0) / math.sqrt(2.0 * math.pi)
        # On the far side of zero M(-a) overflows, and Phi(a) is the accurate form.
        left = np.where(a < 0.0, phi * mills(np.maximum(-a, 0.0)), special.ndtr(a))
        return np.clip(left - sign * phi * mills(b), 0.0, 1.0)

    def _above(self, x: Floats, sign: float) -> Floats:
        """Phi(-a) - sign exp(2 lambda / mu) Phi(-b): the sf for sign 1, E[X; X > x] / mu for sign -1."""
        a, b = self._ab(x)
        phi = np.exp(-a * a / 2.0) / math.sqrt(2.0 * math.pi)
        left = np.where(a > 0.0, phi * mills(np.maximum(a, 0.0)), special.ndtr(-a))
        return np.clip(left - sign * phi * mills(b), 0.0, 1.0)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density."""
        x = as_floats(x)
        safe = np.where((x > 0.0) & np.isfinite(x), x, self.mean)
        a, _ = self._ab(safe)
        # (x / mu)^2 * x / lambda would overflow for large x: take the logarithm.
        log_density = 0.5 * (math.log(self.shape / (2.0 * math.pi)) - 3.0 * np.log(safe)) - a * a / 2.0
        return np.where((x > 0.0) & np.isfinite(x), np.exp(log_density), 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        x = as_floats(x)
        inside = (x > 0.0) & np.isfinite(x)
        return np.where(inside, self._below(np.where(inside, x, 1.0), -1.0), np.where(x > 0.0, 1.0, 0.0))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        x = as_floats(x)
        inside = (x > 0.0) & np.isfinite(x)
        return np.where(inside, self._above(np.where(inside, x, 1.0), 1.0), np.where(x > 0.0, 0.0, 1.0))

    def _solve(self, chance: Floats, upper: bool) -> Floats:
        flat = chance.ravel()
        inner = (flat > 0.0) & (flat < 1.0)
        goal = np.where(inner, flat, 0.5)
        sign, law = (-1.0, self.sf) if upper else (1.0, self.cdf)

        def gap(x: Floats) -> Floats:
            with np.errstate(divide="ignore"):
                return as_floats(sign * (np.log(law(x)) - np.log(goal)))

        low, high = np.full_like(goal, self.mean), np.full_like(goal, self.mean)
        for _ in range(1000):  # the bracket doubles: a tail exp(-lambda x / (2 mu^2)) is reached soon
            ok = gap(high) >= 0.0
            if bool(ok.all()):
                break
            high = np.where(ok, high, 2.0 * high)
        for _ in range(1000):
            ok = gap(low) < 0.0
            if bool(ok.all()):
                break
            low = np.where(ok, low, 0.5 * low)
        one = 0.0 if upper else math.inf
        edge = np.where(flat <= 0.0, math.inf - one if upper else 0.0, one)
        return np.where(inner, invert(gap, low, high), edge).reshape(chance.shape)

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}, by root finding."""
        p = as_probabilities(p)
        high = self._solve(np.where(p > 0.5, 1.0 - p, 0.5), True)
        return np.where(p > 0.5, high, self._solve(np.where(p > 0.5, 0.5, p), False))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile, by root finding."""
        q = as_probabilities(q, "q")
        low = self._solve(np.where(q > 0.5, 1.0 - q, 0.5), False)
        return np.where(q > 0.5, low, self._solve(np.where(q > 0.5, 0.5, q), True))

    def moment(self, k: int) -> float:
        """E[X^k], by the recursion over the whole line."""
        before, now = 1.0 / self.mean + 1.0 / self.shape, 1.0  # E[1/X], E[1]
        for j in range(1, check_order(k) + 1):
            c = 2.0 * self.mean**2 / self.shape
            before, now = now, c * ((j - 1.5) * now + self.shape / 2.0 * before)
        return now

    @property
    def variance(self) -> float:
        """mu^3 / lambda."""
        return self.mean**3 / self.shape

    def _partial(self, k: int, x: Floats, upper: bool) -> Floats:
        """E[X^k; X <= x], or with `upper` E[X^k; X > x], for 0 < x < inf."""
        if upper:
            before, now, sign = self._above(x, 1.0), self.mean * self._above(x, -1.0), 1.0
        else:
            before, now, sign = self._below(x, -1.0), self.mean * self._below(x, 1.0), -1.0
        if k == 0:
            return before
        f = self.pdf(x)
        for j in range(2, k + 1):
            c = 2.0 * self.mean**2 / self.shape
            before, now = now, c * ((j - 1.5) * now + self.shape / 2.0 * before + sign * x**j * f)
        return now

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]."""
        k, d = check_order(k), np.maximum(as_floats(d), 0.0)
        inside = (d > 0.0) & np.isfinite(d)
        safe = np.where(inside, d, 1.0)
        value = np.maximum(self._partial(k, safe, False), 0.0) + safe**k * self.sf(safe)
        return np.where(inside, value, np.where(d > 0.0, self.moment(k), 0.0 if k else 1.0))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]."""
        k, a = check_order(k), np.maximum(as_floats(a), 0.0)
        inside = (a > 0.0) & np.isfinite(a)
        safe = np.where(inside, a, 1.0)
        value = np.maximum(self._partial(k, safe, True) - safe**k * self.sf(safe), 0.0)
        return np.where(inside, value, np.where(a > 0.0, 0.0, self.moment(k) if k else 0.0))
