"""Poisson, negative binomial and binomial numbers of cases."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.frequency.base import Complexes, Frequency, floor_number, whole_number
from solidair.models.severity.numeric import Floats, check_above


@dataclass(frozen=True)
class Poisson(Frequency):
    """Poisson law.

    Parameters
    ----------
    rate
        Mean and variance, at least 0.
    """

    rate: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.rate) and self.rate >= 0.0):
            raise ValueError(f"Poisson: rate = {self.rate}: must be a finite number of at least 0")

    @property
    def highest(self) -> float:
        """Zero for a rate of zero, else infinite."""
        return math.inf if self.rate > 0.0 else 0.0

    @property
    def mean(self) -> float:
        """The rate."""
        return self.rate

    @property
    def variance(self) -> float:
        """The rate."""
        return self.rate

    def pmf(self, k: ArrayLike) -> Floats:
        """P(N = k)."""
        k, good = whole_number(k)
        from scipy import stats  # here: half a second that no simulation has to wait for

        return np.where(good, stats.poisson.pmf(k, self.rate), 0.0)

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        k, good = floor_number(k)
        return np.where(good, special.gammaincc(k + 1.0, self.rate), 0.0)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        k, good = floor_number(k)
        return np.where(good, special.gammainc(k + 1.0, self.rate), 1.0)

    def pgf(self, z: ArrayLike) -> Complexes:
        """exp(rate (z - 1))."""
        return np.asarray(np.exp(self.rate * (np.asarray(z, dtype=np.complex128) - 1.0)))


@dataclass(frozen=True)
class NegativeBinomial(Frequency):
    """Negative binomial law: Poisson with a gamma shock of the same size.

    Parameters
    ----------
    mean
        Above 0.
    size
        Above 0; the variance is mean + mean^2 / size. This is scipy.stats.nbinom(n=size, p=size / (size +
        mean)).
    """

    mean: float = field()  # no default: keeps dataclass from taking the inherited one
    size: float

    def __post_init__(self) -> None:
        check_above("NegativeBinomial", "mean", self.mean)
        check_above("NegativeBinomial", "size", self.size)

    @property
    def p(self) -> float:
        """Success probability of scipy's parameterisation."""
        return self.size / (self.size + self.mean)

    @property
    def variance(self) -> float:
        """Mean + mean^2 / size."""
        return self.mean + self.mean**2 / self.size

    def pmf(self, k: ArrayLike) -> Floats:
        """P(N = k)."""
        k, good = whole_number(k)
        from scipy import stats  # here: half a second that no simulation has to wait for

        return np.where(good, stats.nbinom.pmf(k, self.size, self.p), 0.0)

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        k, good = floor_number(k)
        return np.where(good, special.betainc(self.size, k + 1.0, self.p), 0.0)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        k, good = floor_number(k)
        return np.where(good, special.betaincc(self.size, k + 1.0, self.p), 1.0)

    def pgf(self, z: ArrayLike) -> Complexes:
        """(1 + mean (1 - z) / size)^(-size)."""
        z = np.asarray(z, dtype=np.complex128)
        # The real part of the base is at least 1, so the principal branch is the right one.
        return np.asarray(np.exp(-self.size * np.log1p(self.mean * (1.0 - z) / self.size)))


@dataclass(frozen=True)
class Binomial(Frequency):
    """Binomial law.

    Parameters
    ----------
    n
        Number of trials, a whole number of at least 0.
    p
        Probability of each, in [0, 1].
    """

    n: int
    p: float

    def __post_init__(self) -> None:
        if int(self.n) != self.n or self.n < 0:
            raise ValueError(f"Binomial: n = {self.n}: must be a whole number of at least 0")
        if not 0.0 <= self.p <= 1.0:
            raise ValueError(f"Binomial: p = {self.p}: a probability must lie in [0, 1]")

    @property
    def highest(self) -> float:
        """Number of trials."""
        return float(self.n)

    @property
    def mean(self) -> float:
        """The product n p."""
        return self.n * self.p

    @property
    def variance(self) -> float:
        """The product n p (1 - p)."""
        return self.n * self.p * (1.0 - self.p)

    def pmf(self, k: ArrayLike) -> Floats:
        """P(N = k)."""
        k, good = whole_number(k)
        from scipy import stats  # here: half a second that no simulation has to wait for

        return np.where(good, stats.binom.pmf(k, self.n, self.p), 0.0)

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        k, good = floor_number(k)
        inside = k < self.n
        k = np.where(inside, k, 0.0)
        value = special.betaincc(k + 1.0, np.maximum(self.n - k, 0.5), self.p)
        return np.where(good, np.where(inside, value, 1.0), 0.0)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        k, good = floor_number(k)
        inside = k < self.n
        k = np.where(inside, k, 0.0)
        value = special.betainc(k + 1.0, np.maximum(self.n - k, 0.5), self.p)
        return np.where(good, np.where(inside, value, 0.0), 1.0)

    def pgf(self, z: ArrayLike) -> Complexes:
        """(1 - p + p z)^n."""
        return np.asarray((1.0 + self.p * (np.asarray(z, dtype=np.complex128) - 1.0)) ** self.n)
