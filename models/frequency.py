"""Laws of the number of cases in a year.

Every function takes a number or an array and returns a float64 array of the same shape; counts are whole
numbers stored as floats. No unit.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_above
from solidair.models.shocks import GammaShock, NoShock, Shock

Complexes = NDArray[np.complex128]


class Frequency(ABC):
    """The law of a whole number N >= 0."""

    # Not a property: a law may have its mean as a parameter, and a dataclass field can override this.
    @cached_property
    def mean(self) -> float:
        """E[N]: the sum of sf, for a law that knows nothing better."""
        total, start, size = 0.0, 0.0, 1024
        while float(self.sf(start)) > 1e-18:
            total += float(np.sum(self.sf(start + np.arange(size))))
            start, size = start + size, 2 * size
        return total

    @property
    @abstractmethod
    def variance(self) -> float:
        """Var N."""

    @abstractmethod
    def pmf(self, k: ArrayLike) -> Floats:
        """P(N = k); zero where k is negative or not whole."""

    @abstractmethod
    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""

    @abstractmethod
    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k), accurate in the upper tail."""

    @abstractmethod
    def pgf(self, z: ArrayLike) -> Complexes:
        """E[z^N] for complex z with |z| <= 1; always complex."""

    def quantile(self, p: ArrayLike) -> Floats:
        """Smallest k with cdf(k) >= p, by doubling and bisection; ValueError unless p lies in [0, 1].

        Above the median it compares sf(k) with 1 - p, which keeps the upper tail accurate.
        """
        p = as_probabilities(p)
        flat = p.ravel()
        low, high = np.full(flat.shape, -1.0), np.full(flat.shape, math.ceil(self.mean) + 1.0)
        open_ = flat < 1.0

        def reached(k: Floats) -> NDArray[np.bool_]:
            return np.where(flat > 0.5, self.sf(k) <= 1.0 - flat, self.cdf(k) >= flat) | ~open_

        ok = reached(high)
        while not bool(ok.all()):
            low, high = np.where(ok, low, high), np.where(ok, high, 2.0 * high)
            ok = reached(high)
        while bool(np.any(high - low > 1.0)):
            middle = np.floor((low + high) / 2.0)
            ok = reached(middle) & (middle > low)
            low, high = np.where(ok, low, np.maximum(middle, low)), np.where(ok, middle, high)
        top = self.highest
        return np.where(open_, high, top).reshape(p.shape)

    @property
    def highest(self) -> float:
        """Highest possible number."""
        return math.inf


def _whole(k: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Return k, with 0 where it is not a whole number >= 0, and whether it is."""
    k = as_floats(k)
    good = (k >= 0.0) & (k == np.floor(k)) & np.isfinite(k)
    return np.where(good, k, 0.0), good


def _floor(k: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Return floor(k), with 0 where k < 0, and whether k >= 0."""
    k = np.floor(as_floats(k))
    good = k >= 0.0
    return np.where(good, k, 0.0), good


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
        k, good = _whole(k)
        return np.where(good, stats.poisson.pmf(k, self.rate), 0.0)

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        k, good = _floor(k)
        return np.where(good, special.gammaincc(k + 1.0, self.rate), 0.0)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        k, good = _floor(k)
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
        k, good = _whole(k)
        return np.where(good, stats.nbinom.pmf(k, self.size, self.p), 0.0)

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        k, good = _floor(k)
        return np.where(good, special.betainc(self.size, k + 1.0, self.p), 0.0)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        k, good = _floor(k)
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
        k, good = _whole(k)
        return np.where(good, stats.binom.pmf(k, self.n, self.p), 0.0)

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        k, good = _floor(k)
        inside = k < self.n
        k = np.where(inside, k, 0.0)
        value = special.betaincc(k + 1.0, np.maximum(self.n - k, 0.5), self.p)
        return np.where(good, np.where(inside, value, 1.0), 0.0)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        k, good = _floor(k)
        inside = k < self.n
        k = np.where(inside, k, 0.0)
        value = special.betainc(k + 1.0, np.maximum(self.n - k, 0.5), self.p)
        return np.where(good, np.where(inside, value, 0.0), 1.0)

    def pgf(self, z: ArrayLike) -> Complexes:
        """(1 - p + p z)^n."""
        return np.asarray((1.0 + self.p * (np.asarray(z, dtype=np.complex128) - 1.0)) ** self.n)


@dataclass(frozen=True)
class MixedPoisson(Frequency):
    """Poisson number whose rate is mean * Z for a mean-one shock Z.

    A gamma shock gives the negative binomial law, no shock the Poisson law. Any other shock is integrated
    by the trapezium rule over w with Z = quantile(Phi(w)): for a lognormal shock the integrand is analytic
    in w, and the error falls faster than any power of the step.

    Parameters
    ----------
    mean
        Above 0.
    shock
        Law of Z.
    """

    mean: float = field()  # no default: keeps dataclass from taking the inherited one
    shock: Shock

    def __post_init__(self) -> None:
        check_above("MixedPoisson", "mean", self.mean)

    @cached_property
    def _exact(self) -> Frequency | None:
        if isinstance(self.shock, GammaShock):
            return NegativeBinomial(self.mean, self.shock.size)
        return Poisson(self.mean) if isinstance(self.shock, NoShock) else None

    @property
    def variance(self) -> float:
        """Mean + mean^2 Var Z."""
        return self.mean + self.mean**2 * self.shock.variance

    def _grid(self, most: float) -> tuple[Floats, Floats]:
        """Rates and weights; `most` is the highest number of cases asked for."""
        # As a function of w the Poisson probability of k has a width of 1 / (sigma sqrt(k)).
        spread = math.sqrt(math.log1p(self.shock.variance))
        step = 0.4 / math.sqrt(1.0 + spread**2 * max(most, self.mean))
        half = math.ceil(37.0 / step)
        w = step * np.arange(-half, half + 1.0)
        rates = np.where(w < 0.0, self.shock.quantile(special.ndtr(w)), self.shock.isf(special.ndtr(-w)))
        weights = step * np.exp(-w * w / 2.0) / math.sqrt(2.0 * math.pi)
        return self.mean * rates, as_floats(weights)

    def _average(self, k: Floats, which: str) -> Floats:
        flat = k.ravel()
        rates, weights = self._grid(float(flat.max(initial=0.0)))
        result = np.empty_like(flat)
        rows = max(1, (1 << 19) // rates.size)
        for i in range(0, flat.size, rows):
            n = flat[i : i + rows, None]
            if which == "pmf":
                table = np.exp(special.xlogy(n, rates) - rates - special.gammaln(n + 1.0))
            else:
                table = (special.gammainc if which == "sf" else special.gammaincc)(n + 1.0, rates)
            result[i : i + rows] = table @ weights
        return result.reshape(k.shape)

    def pmf(self, k: ArrayLike) -> Floats:
        """P(N = k)."""
        if self._exact is not None:
            return self._exact.pmf(k)
        k, good = _whole(k)
        return np.where(good, self._average(k, "pmf"), 0.0)

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        if self._exact is not None:
            return self._exact.cdf(k)
        k, good = _floor(k)
        return np.where(good, np.minimum(self._average(k, "cdf"), 1.0), 0.0)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        if self._exact is not None:
            return self._exact.sf(k)
        k, good = _floor(k)
        return np.where(good, np.minimum(self._average(k, "sf"), 1.0), 1.0)

    def pgf(self, z: ArrayLike) -> Complexes:
        """E[exp(mean Z (z - 1))], to about 1e-12 on the unit circle."""
        if self._exact is not None:
            return self._exact.pgf(z)
        z = np.asarray(z, dtype=np.complex128)
        flat = z.ravel()
        rates, weights = self._grid(4.0 * self.mean)
        kept = weights > 1e-20
        rates, weights = rates[kept], weights[kept]
        result = np.empty_like(flat)
        rows = max(1, (1 << 18) // rates.size)
        for i in range(0, flat.size, rows):
            result[i : i + rows] = np.exp((flat[i : i + rows, None] - 1.0) * rates) @ weights
        return result.reshape(z.shape)


@dataclass(frozen=True)
class ZeroModified(Frequency):
    """Law with the probability of zero replaced and the rest kept in proportion.

    P(N = k) = (1 - p0) / (1 - P(base = 0)) * P(base = k) for k >= 1 (Klugman, Panjer & Willmot, Loss
    Models, 4th ed., chapter 6).

    Parameters
    ----------
    base
        The law to modify, with P(base = 0) < 1.
    p0
        Probability of zero, in [0, 1); 0 gives the zero-truncated law.
    """

    base: Frequency
    p0: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.p0 < 1.0:
            raise ValueError(f"ZeroModified: p0 = {self.p0}: must lie in [0, 1)")
        if not float(self.base.sf(0)) > 0.0:
            raise ValueError(f"ZeroModified: base = {self.base}: is zero always, so nothing can be kept in proportion")

    @cached_property
    def _factor(self) -> float:
        return (1.0 - self.p0) / float(self.base.sf(0))

    @property
    def highest(self) -> float:
        """Highest possible number of the base."""
        return self.base.highest

    @property
    def mean(self) -> float:
        """Mean of the base times the factor."""
        return self._factor * self.base.mean

    @property
    def variance(self) -> float:
        """Second moment of the base times the factor, minus the squared mean."""
        return self._factor * (self.base.variance + self.base.mean**2) - self.mean**2

    def pmf(self, k: ArrayLike) -> Floats:
        """P(N = k)."""
        k = as_floats(k)
        return np.where(k == 0.0, self.p0, self._factor * self.base.pmf(k))

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        k = as_floats(k)
        value = np.where(k < 1.0, self.p0, np.maximum(1.0 - self.sf(k), self.p0))
        return np.where(k < 0.0, 0.0, value)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        k = as_floats(k)
        return np.where(k < 0.0, 1.0, np.minimum(self._factor * self.base.sf(np.maximum(k, 0.0)), 1.0 - self.p0))

    def pgf(self, z: ArrayLike) -> Complexes:
        """p0 + factor (P(z) - P(0))."""
        z = np.asarray(z, dtype=np.complex128)
        return np.asarray(self.p0 + self._factor * (self.base.pgf(z) - self.base.pmf(0)))
