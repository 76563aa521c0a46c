"""Generalised Pareto cost, the limit law of excesses over a high threshold."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

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
    legendre,
)


class ParetoForm(Severity):
    """The generalised Pareto formulas, for any parameterisation that can name xi and beta.

    With l(x) = ln(1 + xi x / beta) / xi, which tends to x / beta as xi -> 0, the survival function is
    exp(-l) and every integral of it is an exponential in l: one formula serves xi < 0, xi = 0, xi = 1 and
    the rest without division by zero.
    """

    @property
    @abstractmethod
    def _tail(self) -> tuple[float, float]:
        """The pair (xi, beta)."""

    @property
    def support(self) -> tuple[float, float]:
        """Zero to infinity, or to -beta / xi for xi < 0."""
        xi, beta = self._tail
        return 0.0, (-beta / xi if xi < 0.0 else math.inf)

    def _l(self, x: ArrayLike) -> Floats:
        xi, beta = self._tail
        t = np.clip(as_floats(x), 0.0, self.support[1]) / beta
        if xi == 0.0:
            return as_floats(t)
        with np.errstate(divide="ignore"):
            return as_floats(np.log1p(np.maximum(xi * t, -1.0)) / xi)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density exp(-(1 + xi) l) / beta."""
        x = as_floats(x)
        xi, beta = self._tail
        inside = (x >= 0.0) & (x < self.support[1])
        return np.where(inside, np.exp(-(1.0 + xi) * self._l(np.where(inside, x, 0.0))) / beta, 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""
        return as_floats(-np.expm1(-self._l(x)))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        return as_floats(np.exp(-self._l(x)))

    def _at(self, level: Floats) -> Floats:
        xi, beta = self._tail
        if xi == 0.0:
            return as_floats(beta * level)
        with np.errstate(over="ignore"):
            return as_floats(beta * np.expm1(xi * level) / xi)

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        with np.errstate(divide="ignore"):
            return self._at(-np.log1p(-as_probabilities(p)))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        with np.errstate(divide="ignore"):
            return self._at(-np.log(as_probabilities(q, "q")))

    def moment(self, k: int) -> float:
        """E[X^k] = k! beta^k / ((1 - xi) (1 - 2 xi) ... (1 - k xi)) if k xi < 1, else infinite."""
        k = check_order(k)
        xi, beta = self._tail
        if k * xi >= 1.0:
            return math.inf
        return math.prod(j * beta / (1.0 - j * xi) for j in range(1, k + 1))

    @property
    def variance(self) -> float:
        """beta^2 / ((1 - xi)^2 (1 - 2 xi)) if xi < 1/2, else infinite."""
        xi, beta = self._tail
        return math.inf if xi >= 0.5 else beta**2 / ((1.0 - xi) ** 2 * (1.0 - 2.0 * xi))

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]; closed for k <= 2."""
        k, d = check_order(k), as_floats(d)
        if k == 0:
            return np.ones_like(d)
        if k > 2:
            return super().limited_moment(k, d)
        xi, beta = self._tail
        level = self._l(d)
        top = np.isinf(level)
        level = np.where(top, 0.0, level)
        if k == 1:
            inside = beta * _ramp(1.0 - xi, level)
        elif abs(xi) < 0.01:
            # Series in xi: the difference below would cancel. Each term is 100 times smaller than the one
            # before.
            c = 1.0 - xi
            terms = (xi**j / c ** (j + 2) * special.gammainc(j + 2, c * level) for j in range(9))
            inside = 2.0 * beta**2 * sum(terms, np.zeros_like(level))
        else:
            inside = 2.0 * beta**2 / xi * (_ramp(1.0 - 2.0 * xi, level) - _ramp(1.0 - xi, level))
            # Near zero that difference cancels as well, but the integrand is as good as a polynomial.
            u, w = legendre(16)
            short = np.minimum(level, 0.5)[..., None]
            x = beta * np.expm1(xi * short * u) / xi
            rule = 2.0 * beta * short[..., 0] * ((x * np.exp((xi - 1.0) * short * u)) @ w)
            inside = np.where(level < 0.5 / max(1.0, abs(xi)), rule, inside)
        return np.where(top, self.moment(k), inside)

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]: the excess over a is generalised Pareto again, with scale beta + xi a."""
        k, a = check_order(k), np.maximum(as_floats(a), 0.0)
        if k == 0:
            return np.zeros_like(a)
        if math.isinf(self.moment(k)):
            return np.full(a.shape, math.inf)
        xi, beta = self._tail
        inside = a < self.support[1]
        safe = np.where(inside, a, 0.0)
        b = beta + xi * safe
        total = np.zeros_like(safe)
        piece = np.ones_like(safe)
        for j in range(1, k + 1):
            piece = piece * j * b / (1.0 - j * xi)
            total = total + math.comb(k, j) * safe ** (k - j) * piece
        return np.where(inside, total * self.sf(safe), 0.0)


def _ramp(c: float, level: Floats) -> Floats:
    """Integral of exp(-c l) from 0 to `level`."""
    with np.errstate(over="ignore"):
        return as_floats(level if c == 0.0 else -np.expm1(-c * level) / c)


@register("gpd")
@dataclass(frozen=True)
class GPD(ParetoForm):
    """Generalised Pareto law with sf(x) = (1 + xi x / beta)^(-1/xi).

    Parameters
    ----------
    xi
        Tail parameter; the mean is finite for xi < 1, the variance for xi < 1/2. Zero gives the exponential
        law.
    beta
        Scale, above 0, euro.

    Notes
    -----
    McNeil, Frey & Embrechts, Quantitative Risk Management (2015), section 5.2.
    """

    xi: float
    beta: float

    def __post_init__(self) -> None:
        check_finite("GPD", "xi", self.xi)
        check_above("GPD", "beta", self.beta)

    @property
    def _tail(self) -> tuple[float, float]:
        return self.xi, self.beta
