"""Shocks with mean one: what a whole year, region or care type has in common."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special

from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above, check_order


class Shock(ABC):
    """A positive random factor Z with mean exactly 1, no unit; arrays in, arrays of the same shape out."""

    @abstractmethod
    def moment(self, k: int) -> float:
        """E[Z^k]; ValueError unless k is a whole number >= 0."""

    @property
    @abstractmethod
    def variance(self) -> float:
        """Var Z."""

    @abstractmethod
    def pdf(self, x: ArrayLike) -> Floats:
        """Density."""

    @abstractmethod
    def cdf(self, x: ArrayLike) -> Floats:
        """P(Z <= x)."""

    @abstractmethod
    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}; ValueError unless p lies in [0, 1]."""

    @abstractmethod
    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile, without forming 1 - q."""

    @abstractmethod
    def nodes(self, n: int) -> tuple[Floats, Floats]:
        """Gauss rule for E[f(Z)]: values and weights, each of shape (n,), weights sum to 1."""


def _check_nodes(n: int) -> int:
    if int(n) != n or n < 1:
        raise ValueError(f"n = {n}: the number of nodes must be a whole number of at least 1")
    return int(n)


@dataclass(frozen=True)
class NoShock(Shock):
    """Z = 1 always."""

    def moment(self, k: int) -> float:
        """One."""
        check_order(k)
        return 1.0

    @property
    def variance(self) -> float:
        """Zero."""
        return 0.0

    def pdf(self, x: ArrayLike) -> Floats:
        """Zero: all probability is an atom at 1."""
        return np.zeros_like(as_floats(x))

    def cdf(self, x: ArrayLike) -> Floats:
        """P(Z <= x)."""
        return np.where(as_floats(x) >= 1.0, 1.0, 0.0)

    def quantile(self, p: ArrayLike) -> Floats:
        """One."""
        return np.ones_like(as_probabilities(p))

    def isf(self, q: ArrayLike) -> Floats:
        """One."""
        return np.ones_like(as_probabilities(q, "q"))

    def nodes(self, n: int) -> tuple[Floats, Floats]:
        """One node, whatever n."""
        _check_nodes(n)
        return np.ones(1), np.ones(1)


@dataclass(frozen=True)
class GammaShock(Shock):
    """Z ~ Gamma(size) / size: mean 1, variance 1 / size.

    Parameters
    ----------
    size
        Above 0. A Poisson number with this shock is negative binomial of the same size.
    """

    size: float

    def __post_init__(self) -> None:
        check_above("GammaShock", "size", self.size)

    def moment(self, k: int) -> float:
        """E[Z^k] = (1 + 0/size) (1 + 1/size) ... (1 + (k - 1)/size)."""
        return math.prod(1.0 + j / self.size for j in range(check_order(k)))

    @property
    def variance(self) -> float:
        """1 / size."""
        return 1.0 / self.size

    def pdf(self, x: ArrayLike) -> Floats:
        """Density."""
        x, r = as_floats(x), self.size
        t = r * np.maximum(x, 0.0)
        log_density = special.xlogy(r - 1.0, t) - t - special.gammaln(r)
        return np.where(x >= 0.0, r * np.exp(log_density), 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(Z <= x)."""
        return as_floats(special.gammainc(self.size, self.size * np.maximum(as_floats(x), 0.0)))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        return as_floats(special.gammaincinv(self.size, as_probabilities(p)) / self.size)

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        return as_floats(special.gammainccinv(self.size, as_probabilities(q, "q")) / self.size)

    def nodes(self, n: int) -> tuple[Floats, Floats]:
        """Generalised Gauss-Laguerre rule, exact for polynomials in Z of degree up to 2n - 1.

        Golub & Welsch (1969), Mathematics of Computation 23, 221, on recurrence coefficients divided by the
        size, so that nothing overflows for a size of 1e4, where scipy's roots_genlaguerre does.
        """
        n, r = _check_nodes(n), self.size
        k = np.arange(n, dtype=np.float64)
        diagonal = (2.0 * k + r) / r
        off = np.sqrt(k[1:] * (k[1:] + r - 1.0)) / r
        values, vectors = linalg.eigh_tridiagonal(diagonal, off)
        weights = vectors[0] ** 2
        return as_floats(np.maximum(values, 0.0)), as_floats(weights / weights.sum())


@dataclass(frozen=True)
class LognormalShock(Shock):
    """Z = exp(sigma W - sigma^2 / 2), W standard normal. Without the last term the mean would not be 1.

    Parameters
    ----------
    sigma
        Above 0; the variance is exp(sigma^2) - 1.
    """

    sigma: float

    def __post_init__(self) -> None:
        check_above("LognormalShock", "sigma", self.sigma)

    def moment(self, k: int) -> float:
        """E[Z^k] = exp(k (k - 1) sigma^2 / 2)."""
        k = check_order(k)
        return math.exp(k * (k - 1) * self.sigma**2 / 2.0)

    @property
    def variance(self) -> float:
        """exp(sigma^2) - 1."""
        return math.expm1(self.sigma**2)

    def _w(self, x: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return as_floats(np.log(np.maximum(x, 0.0)) / self.sigma + self.sigma / 2.0)

    def pdf(self, x: ArrayLike) -> Floats:
        """Density."""
        x = as_floats(x)
        safe = np.where(x > 0.0, x, 1.0)
        bell = np.exp(-(self._w(safe) ** 2) / 2.0) / math.sqrt(2.0 * math.pi)
        return np.where(x > 0.0, bell / (safe * self.sigma), 0.0)

    def cdf(self, x: ArrayLike) -> Floats:
        """P(Z <= x)."""
        return as_floats(special.ndtr(self._w(as_floats(x))))

    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}."""
        return as_floats(np.exp(self.sigma * special.ndtri(as_probabilities(p)) - self.sigma**2 / 2.0))

    def isf(self, q: ArrayLike) -> Floats:
        """Upper-tail quantile."""
        return as_floats(np.exp(-self.sigma * special.ndtri(as_probabilities(q, "q")) - self.sigma**2 / 2.0))

    def nodes(self, n: int) -> tuple[Floats, Floats]:
        """Gauss-Hermite rule: exact for polynomials in W of degree up to 2n - 1, nearly so in Z."""
        w, weights = special.roots_hermitenorm(_check_nodes(n))
        return as_floats(np.exp(self.sigma * w - self.sigma**2 / 2.0)), as_floats(weights / weights.sum())
