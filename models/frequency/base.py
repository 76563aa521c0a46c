"""What every law of the number of cases can do."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from solidair.models.severity.numeric import Floats, as_floats, as_probabilities

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


def whole_number(k: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Return k, with 0 where it is not a whole number >= 0, and whether it is."""
    k = as_floats(k)
    good = (k >= 0.0) & (k == np.floor(k)) & np.isfinite(k)
    return np.where(good, k, 0.0), good


def floor_number(k: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Return floor(k), with 0 where k < 0, and whether k >= 0."""
    k = np.floor(as_floats(k))
    good = k >= 0.0
    return np.where(good, k, 0.0), good
