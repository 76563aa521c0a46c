"""What every law of the cost of a case can do.

Unit of every amount: euro (days for the law of days in care). Every function takes a number or an array and
returns a float64 array of the same shape (0-d for a number).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.severity.numeric import Floats, as_floats, as_probabilities, check_order

if TYPE_CHECKING:
    from solidair.models.severity.limits import Capped, Truncated

FAMILIES: dict[str, type[Severity]] = {}
S = TypeVar("S", bound="type[Severity]")


def register(name: str) -> Callable[[S], S]:
    """Return a class decorator that files a family in `FAMILIES` under `name`."""

    def keep(family: S) -> S:
        if name in FAMILIES:
            raise ValueError(f"{name}: a severity family of this name exists already")
        FAMILIES[name] = family
        return family

    return keep


class Severity(ABC):
    """The law of a cost X >= 0.

    Two primitives carry the rest: `limited_moment(k, d)` = E[min(X, d)^k] and `upper_moment(k, a)` =
    E[(X^k - a^k)+]. Both are integrals of k x^(k-1) sf(x), the one below d, the other above a; keeping both
    avoids the cancellation of mean - lev(a) far in the tail (Klugman, Panjer & Willmot, Loss Models, 4th
    ed., chapters 3 and 8).
    """

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Lowest and highest possible value; the highest may be math.inf."""

    @abstractmethod
    def pdf(self, x: ArrayLike) -> Floats:
        """Density of the continuous part, per euro; atoms are listed in `atoms`."""

    @abstractmethod
    def cdf(self, x: ArrayLike) -> Floats:
        """P(X <= x)."""

    @abstractmethod
    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x), accurate in the upper tail."""

    @abstractmethod
    def quantile(self, p: ArrayLike) -> Floats:
        """inf{x: cdf(x) >= p}; ValueError unless p lies in [0, 1]."""

    @abstractmethod
    def isf(self, q: ArrayLike) -> Floats:
        """inf{x: sf(x) <= q}, without forming 1 - q; ValueError unless q lies in [0, 1]."""

    @abstractmethod
    def moment(self, k: int) -> float:
        """E[X^k]; math.inf when infinite, ValueError unless k is a whole number >= 0."""

    @property
    def costly(self) -> bool:
        """Whether sf and cdf are integrals, so that root finding on them should start from a table."""
        return False

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """Points of positive probability and their weights, two arrays of equal length, ascending."""
        return np.empty(0), np.empty(0)

    @property
    def kinks(self) -> Floats:
        """Points where the continuous part is not smooth (ends of its support, splices), ascending."""
        return as_floats([end for end in self.support if 0.0 < end < math.inf])

    def limited_moment(self, k: int, d: ArrayLike) -> Floats:
        """E[min(X, d)^k]; by adaptive quadrature where a family has no closed form."""
        k, top = check_order(k), as_floats(d)

        def one(y: float) -> float:
            return self.moment(k) if y == math.inf else self._integral(k, 0.0, y)

        return as_floats(np.vectorize(one, otypes=[np.float64])(top))

    def upper_moment(self, k: int, a: ArrayLike) -> Floats:
        """E[(X^k - a^k)+]; by adaptive quadrature where a family has no closed form."""
        k, low = check_order(k), as_floats(a)
        if math.isinf(self.moment(k)):
            return np.full(low.shape, math.inf)
        return as_floats(np.vectorize(lambda y: self._integral(k, y, math.inf), otypes=[np.float64])(low))

    def _integral(self, k: int, low: float, high: float) -> float:
        """Integral of k x^(k-1) sf(x) from `low` to `high`, by quadrature between the kinks."""
        if k == 0 or not low < high:
            return 1.0 if k == 0 and low <= 0.0 else 0.0
        from scipy import integrate  # here: it takes 0.2 s to load, and most families have closed forms

        def linear(x: float) -> float:
            return float(k * x ** (k - 1) * self.sf(x))

        def in_log(y: float) -> float:
            # Overflow is far beyond where sf has underflowed, for every law with a finite moment.
            return float(k * math.exp(k * y) * self.sf(math.exp(y))) if k * y < 700.0 else 0.0

        middle = float(self.quantile(0.5))
        inner = [x for x in (*self.kinks.tolist(), *self.atoms[0].tolist(), middle) if low < x < high]
        edges = [low, *sorted(set(inner)), high]
        total = 0.0
        for left, right in pairwise(edges):
            if left >= middle > 0.0:  # the tail: powers become exponentials in log x
                piece = integrate.quad(in_log, math.log(left), math.log(right), epsabs=0.0, epsrel=1e-11, limit=200)
            else:
                piece = integrate.quad(linear, left, right, epsabs=0.0, epsrel=1e-11, limit=200)
            total += float(piece[0])
        return total

    def band_moment(self, k: int, a: ArrayLike, b: ArrayLike) -> Floats:
        """E[min(X, b)^k - min(X, a)^k] for a <= b, from whichever primitive cancels least."""
        low, high = np.broadcast_arrays(as_floats(a), as_floats(b))
        k, open_top = check_order(k), np.isinf(high)
        finite = math.isfinite(self.moment(k))
        if bool(np.all(open_top)):
            return self.upper_moment(k, low)
        if not finite and bool(np.any(open_top)):
            return np.where(open_top, math.inf, self.band_moment(k, low, np.where(open_top, low, high)))
        from_top = (open_top | (self.sf(low) < 0.5)) & finite
        result = np.zeros(low.shape)
        if bool(np.any(from_top)):
            top = np.where(open_top, 0.0, self.upper_moment(k, np.where(open_top, low, high)))
            result = self.upper_moment(k, low) - top
        if not bool(np.all(from_top)):
            capped = np.where(open_top, low, high)
            result = np.where(from_top, result, self.limited_moment(k, capped) - self.limited_moment(k, low))
        return np.maximum(result, 0.0)

    # Not a property: a law may have its mean as a parameter, and a dataclass field can override this.
    @cached_property
    def mean(self) -> float:
        """E[X]; math.inf when infinite."""
        return self.moment(1)

    @property
    def variance(self) -> float:
        """Var X; math.inf when infinite."""
        second = self.moment(2)
        return second if math.isinf(second) else max(second - self.mean**2, 0.0)

    @property
    def sd(self) -> float:
        """Standard deviation."""
        return math.sqrt(self.variance)

    @property
    def cv(self) -> float:
        """Standard deviation over mean."""
        variance = self.variance
        return math.inf if math.isinf(variance) else math.sqrt(variance) / self.mean

    def lev(self, d: ArrayLike) -> Floats:
        """Limited expected value E[min(X, d)]."""
        return self.limited_moment(1, d)

    def excess(self, a: ArrayLike) -> Floats:
        """Stop-loss premium E[(X - a)+]."""
        return self.upper_moment(1, a)

    def layer_mean(self, attachment: ArrayLike, width: ArrayLike = math.inf) -> Floats:
        """E[min((X - attachment)+, width)]."""
        a = as_floats(attachment)
        return self.band_moment(1, a, a + as_floats(width))

    def layer_second_moment(self, attachment: ArrayLike, width: ArrayLike = math.inf) -> Floats:
        """E[min((X - attachment)+, width)^2], the integral of 2 (x - attachment) sf(x) over the layer.

        Two bands are subtracted, which costs about (attachment / width)^2 units in the last place.
        """
        a = as_floats(attachment)
        b = a + as_floats(width)
        second = self.band_moment(2, a, b)
        first = self.band_moment(1, a, b)
        with np.errstate(invalid="ignore"):
            return np.where(np.isinf(second), math.inf, np.maximum(second - 2.0 * a * first, 0.0))

    def var(self, p: ArrayLike) -> Floats:
        """Value at risk inf{x: cdf(x) >= p}: the quantile, not the variance."""
        return self.quantile(p)

    def tvar(self, p: ArrayLike) -> Floats:
        """Tail value at risk: the mean of the quantiles above level p, right with atoms too.

        VaR_p + E[(X - VaR_p)+] / (1 - p) (Acerbi & Tasche 2002, Journal of Banking & Finance 26, 1487).
        """
        level = as_probabilities(p)
        value = self.quantile(level)
        top = self.support[1]
        at_one = (level >= 1.0) | ~np.isfinite(value)
        safe = np.where(at_one, self.quantile(0.5), value)
        tail = self.excess(safe) / np.where(at_one, 1.0, 1.0 - level)
        return np.where(at_one, top, safe + tail)

    def implied_index(self, u: ArrayLike) -> Floats:
        """Index of the Pareto law with the mean excess that X has at u: (u + e) / e, e = E[X - u | X > u]."""
        level = as_floats(u)
        with np.errstate(divide="ignore", invalid="ignore"):
            e = self.excess(level) / self.sf(level)
            return np.where(e > 0.0, 1.0 + level / e, math.inf)

    def discretise(self, step: float, n: int) -> Floats:
        """Probabilities on the lattice 0, step, ..., (n - 1) step that keep the mean.

        f_0 = 1 - L(h)/h and f_k = (2 L(kh) - L((k-1)h) - L((k+1)h)) / h with L = lev and h = step (Gerber
        1982, Insurance: Mathematics and Economics 1, 13). The mass beyond the grid stays in the last cell,
        so the lattice law has exactly the mean of min(X, (n - 1) step).

        Returns
        -------
        Floats
            Shape (n,), non-negative, sum 1.
        """
        if not (math.isfinite(step) and step > 0.0) or int(n) != n or n < 2:
            raise ValueError(f"step = {step}, n = {n}: step must be above 0 and n a whole number of at least 2")
        grid = step * np.arange(int(n), dtype=np.float64)
        cells = self.band_moment(1, grid[:-1], grid[1:]) / step
        pmf = np.concatenate(([1.0 - cells[0]], cells[:-1] - cells[1:], [cells[-1]]))
        return np.maximum(pmf, 0.0)

    def capped(self, limit: float) -> Capped:
        """Law of min(X, limit): censoring, with an atom at the limit."""
        from solidair.models.severity.limits import Capped

        return Capped(self, limit)

    def truncated(self, limit: float) -> Truncated:
        """Law of X given X <= limit."""
        from solidair.models.severity.limits import Truncated

        return Truncated(self, limit)

    def scaled(self, factor: float) -> Severity:
        """Law of factor * X."""
        from solidair.models.severity.scaled import Scaled

        return Scaled(self, factor)


def require_finite_mean(severity: Severity, what: str) -> None:
    """Raise ValueError if the mean is infinite, saying why that is refused and what helps.

    Chen, Embrechts & Wang (2022), arXiv:2208.08471: for Pareto laws with index at most 1 the average of
    independent losses exceeds any level more often than a single loss does.
    """
    if not math.isfinite(severity.mean):
        raise ValueError(
            f"{what}: {severity} has an infinite mean. Pooling such costs makes large exceedances MORE "
            "likely (Chen, Embrechts & Wang 2022), and no premium covers them. "
            "Put a cap on the cost of a case: use .capped(limit)"
        )
