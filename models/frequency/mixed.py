"""Numbers of cases whose rate is shocked, and numbers with another probability of none."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.frequency.base import Complexes, Frequency, floor_number, whole_number
from solidair.models.frequency.counts import NegativeBinomial, Poisson
from solidair.models.severity.numeric import Floats, as_floats, check_above
from solidair.models.shocks import GammaShock, NoShock, Shock


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
        k, good = whole_number(k)
        return np.where(good, self._average(k, "pmf"), 0.0)

    def cdf(self, k: ArrayLike) -> Floats:
        """P(N <= k)."""
        if self._exact is not None:
            return self._exact.cdf(k)
        k, good = floor_number(k)
        return np.where(good, np.minimum(self._average(k, "cdf"), 1.0), 0.0)

    def sf(self, k: ArrayLike) -> Floats:
        """P(N > k)."""
        if self._exact is not None:
            return self._exact.sf(k)
        k, good = floor_number(k)
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
