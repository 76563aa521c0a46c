r"""Light care in bulk: the sum of N small costs from one uniform.

Cases above a split point u are few and are drawn one by one; those up to u are many, bounded, and needed only as a
sum. Given the shocks, cases are Poisson, so the two kinds are independent (Poisson thinning), and the sum of N small
ones is drawn through its own quantile function

.. math:: S_N = N m + \sqrt N s z_N(p)

with m and s the mean and standard deviation of X given X <= u, and z_N the standardised quantile function of the
N-fold sum (`solidair.models.foldings`). It rises with the uniform, and changes smoothly with N, so luck stays aligned
between runs. Between the N of a grid z_N is interpolated linearly in t = 1 / sqrt(N), in which it is nearly a line:
Cornish and Fisher's expansion begins z_N = w + t k3 (w^2 - 1) / 6 + O(t^2). The last row is t = 0, the normal law, so
N has no upper limit.

The grid has `FINENESS` nodes from t = 0 to t = 1, as far as whole N allow: it holds every N up to 8, so those are not
interpolated, and no case needs to be drawn alone.

What interpolation costs, measured against exact compound Poisson laws by Fourier for 1 to 100,000 expected cases, as
a part of the Monte Carlo error of 100,000 years (the mean has no error; the tests repeat it for rows marked *):

=========================================  =====  =====  ======
cost of a case, 0.2 % above the split         SD  VaR99  TVaR99
=========================================  =====  =====  ======
lognormal, cv 0.7 *                        0.003  0.001   0.001
lognormal, cv 1.1 *                        0.011  0.004   0.003
lognormal, cv 2.0 *                        0.041  0.014   0.012
lognormal, cv 1.1, capped at 90,000 *      0.013  0.005   0.008
lognormal 9, 1.3, split at 100,000 *       0.009  0.006   0.007
gamma, shape 0.8 *                         0.006  0.003   0.003
gamma, shape 0.2 *                         0.032  0.016   0.019
stay of a year, tariff cv 0.4, capped      0.002  0.001   0.001
Lomax 1.5 (declined by `suits_bulk`)       0.130  0.079   0.036
97 % small, 3 % twenty times (declined)    0.328  0.315   0.119
=========================================  =====  =====  ======
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.foldings import Foldings, tail_chances
from solidair.models.severity.base import Severity
from solidair.models.severity.limits import Truncated
from solidair.models.tables import SIDE, HasQuantiles, constant_table, quantile_table

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FINENESS = 32
"""Nodes of the grid per unit of 1 / sqrt(N)."""
MOST = FINENESS**2
"""Largest finite N of the grid."""
RARE = 0.002
"""Share of the cases that may lie above the split point, unless an attachment point asks for more."""
MOST_ERROR = 2e-4
"""Largest relative error of the standard deviation of a sum: a tenth of its Monte Carlo error at 100,000 years,
which is 1 / sqrt(200,000) for a normal total."""
CONSTANT = 1e-9
"""Standard deviation over mean below which costs count as all the same."""


def sum_grid() -> IntArray:
    """Return the finite N of the grid, ascending from 1 to `MOST`; row i of the tables belongs to N = grid[i]."""
    node = np.arange(1, FINENESS + 1)
    return np.unique(np.rint((FINENESS / node) ** 2).astype(np.int64))


def sum_chords() -> tuple[IntArray, FloatArray]:
    """Return, for each N from 0 to `MOST`, where its z_N lies: between a row and the next one.

    Beyond, the row is the last finite one and the weight 1 - FINENESS / sqrt(N).

    Returns
    -------
    rows
        Number of the row at or before N, shape (MOST + 1,); 0 for N = 0, whose sum is 0 whatever the row.
    weights
        Weight of the row after it, in [0, 1).
    """
    grid = sum_grid()
    n = np.arange(MOST + 1)
    rows = np.maximum(np.searchsorted(grid, n, side="right") - 1, 0)
    t = np.append(1.0 / np.sqrt(grid), 0.0)
    weights = (t[rows] - 1.0 / np.sqrt(np.maximum(n, 1))) / (t[rows] - t[rows + 1])
    return rows.astype(np.int64), np.where(n == grid[rows], 0.0, np.maximum(weights, 0.0))


def split_point(severity: Severity, lowest_attachment: float, most_price: float) -> float:
    """Return the cost up to which cases are small, EUR before price shocks.

    No small case reaches an attachment point at the highest price, and few cases are large.

    Parameters
    ----------
    severity
        Law of the cost of a case.
    lowest_attachment
        EUR after price shocks, above 0; math.inf if no clause looks into single cases.
    most_price
        Highest product of the price shocks, above 0.

    Raises
    ------
    ValueError
        If the attachment point or the price is not above 0.
    """
    if not lowest_attachment > 0.0 or not (most_price > 0.0 and math.isfinite(most_price)):
        raise ValueError(
            f"lowest_attachment = {lowest_attachment}, most_price = {most_price}: both must be above 0, "
            "and the price finite"
        )
    return min(lowest_attachment / most_price, float(severity.isf(RARE)))


class Tabled:
    """The law of a quantile table, for laws whose own quantiles are costly.

    A second interpolation doubles the error of the first, 6e-6 relative for a tail like p^(-1/2.2). Made for stay
    times tariff: two conditional tables take 0.4 ms instead of 140 (9 ms for the table they are read from).
    """

    def __init__(self, table: FloatArray) -> None:
        self._sides = table[:SIDE], table[SIDE:]

    def quantile(self, p: FloatArray) -> FloatArray:
        """Return the quantile of the interpolated law; that of 2^-53 further out."""
        return self._at(p, 1.0 - p, p < 0.5)

    def isf(self, q: FloatArray) -> FloatArray:
        """Return the value exceeded with probability q; that of 2^-53 further out."""
        return self._at(1.0 - q, q, q > 0.5)

    def _at(self, p: FloatArray, q: FloatArray, low: npt.NDArray[np.bool_]) -> FloatArray:
        tail = tail_chances()
        return np.where(low, np.interp(p, tail, self._sides[0]), np.interp(q, tail, self._sides[1]))


@dataclass(frozen=True)
class Small:
    """Quantiles of X given X <= u, for tail probabilities up to 1/2; `below` and `above` are P(X <= u) and P(X > u)."""

    base: HasQuantiles
    u: float
    below: float
    above: float

    def quantile(self, p: FloatArray) -> FloatArray:
        """Return inf{x: P(X <= x | X <= u) >= p}."""
        return np.minimum(self.base.quantile(p * self.below), self.u)

    def isf(self, q: FloatArray) -> FloatArray:
        """Return inf{x: P(X > x | X <= u) <= q}."""
        return np.minimum(self.base.isf(np.minimum(self.above + q * self.below, 1.0)), self.u)


@dataclass(frozen=True)
class Large:
    """Quantiles of X given X > u, for tail probabilities up to 1/2. An atom at u is small, not large."""

    base: HasQuantiles
    u: float
    above: float

    def quantile(self, p: FloatArray) -> FloatArray:
        """Return inf{x: P(X <= x | X > u) >= p}."""
        return np.maximum(self.base.isf((1.0 - p) * self.above), self.u)

    def isf(self, q: FloatArray) -> FloatArray:
        """Return inf{x: P(X > x | X > u) <= q}."""
        return np.maximum(self.base.isf(q * self.above), self.u)


def table_moments(table: FloatArray) -> tuple[float, float]:
    """Return mean and standard deviation of the law that the kernel draws from a table, exactly."""
    tail = tail_chances()
    weight = np.diff(tail)
    sides = (table[:SIDE], table[SIDE:])
    mean = sum(float(weight @ (0.5 * (x[1:] + x[:-1])) + tail[0] * x[0]) for x in sides)
    square = 0.0
    for x in (side - mean for side in sides):
        square += float(weight @ ((x[1:] ** 2 + x[1:] * x[:-1] + x[:-1] ** 2) / 3.0) + tail[0] * x[0] ** 2)
    return mean, math.sqrt(square)


def _standardised(table: FloatArray) -> FloatArray:
    mean, sd = table_moments(table)
    return (table - mean) / sd


def normal_table() -> FloatArray:
    """Return the quantile table of the standard normal law, shape (2 * SIDE,)."""
    score = special.ndtri(tail_chances())
    return _standardised(np.concatenate([score, -score]))


@dataclass(frozen=True)
class SumTables:
    """A severity, split at u, ready for the kernel.

    Parameters
    ----------
    u
        Split point, EUR.
    beyond
        P(X > u): the share of the cases that is drawn one by one.
    mean, sd
        Of X given X <= u, EUR.
    tables
        Quantile tables of z_N, shape (rows, 2 * SIDE): a row per N of `sum_grid`, then the normal law. Each has mean
        0 and variance 1 to the last digits, so the mean of a sum has no error at any N, save that the kernel draws no
        sum below 0 (at most 5e-6 of the mean, measured for two cases of gamma 0.2). All 0 if sd is 0.
    small, large
        Quantile tables of X given X <= u and given X > u, EUR, shape (2 * SIDE,); `large` is u if `beyond` is 0.
    error
        Largest shortfall of the standard deviation of an interpolated sum, relative. It measures how far shapes
        differ between rows: about 1e-5 for a smooth law, and large for a few fixed amounts.
    """

    u: float
    beyond: float
    mean: float
    sd: float
    tables: FloatArray
    small: FloatArray
    large: FloatArray
    error: float

    @classmethod
    def make(cls, severity: Severity, u: float) -> SumTables:
        """Return the tables of a severity that is split at `u` EUR.

        Raises
        ------
        ValueError
            If no case can cost `u` or less, or quantiles are not finite.
        """
        if not (math.isfinite(u) and float(severity.cdf(u)) > 0.0):
            raise ValueError(f"u = {u}: {severity!r} must be at or below it with a chance above 0")
        below, beyond = float(severity.cdf(u)), float(severity.sf(u))
        part = Truncated(severity, u)
        mean, sd = part.mean, part.sd
        base: HasQuantiles = Tabled(quantile_table(severity)) if severity.costly else severity
        small = quantile_table(Small(base, u, below, beyond))
        large = quantile_table(Large(base, u, beyond)) if beyond > 0.0 else constant_table(u)
        rows = len(sum_grid()) + 1
        tables, error = np.zeros((rows, 2 * SIDE)), 0.0
        if sd > CONSTANT * mean and table_moments(small)[1] > 0.0:
            tables, error = _tables(small, mean, sd)
        return cls(u, beyond, mean, sd if tables.any() else 0.0, tables, small, large, error)

    @property
    def faithful(self) -> bool:
        """Whether interpolation between rows keeps within `MOST_ERROR`; if not, draw the cases one by one."""
        return self.error <= MOST_ERROR

    def table_of(self, n: int) -> FloatArray:
        """Return the quantile table of the sum of `n` small costs as the kernel draws it, EUR, shape (2 * SIDE,)."""
        if n <= MOST:
            rows, weights = sum_chords()
            row, weight = int(rows[n]), float(weights[n])
        else:
            row, weight = len(self.tables) - 2, 1.0 - FINENESS / math.sqrt(n)
        low, high = self.tables[row], self.tables[row + 1]
        return np.asarray(n * self.mean + math.sqrt(n) * self.sd * (low + weight * (high - low)), dtype=np.float64)


def suits_bulk(severity: Severity, u: float) -> bool:
    """Return whether sums of costs up to `u` EUR may come from `SumTables`.

    No, if no case costs so little, or if sums change shape too fast from N to N: a few fixed amounts, or small costs
    of two very different sizes. Yes for costs that are all the same. Where the tables are wanted anyway,
    `SumTables.faithful` says the same and saves making them twice.
    """
    if not (math.isfinite(u) and float(severity.cdf(u)) > 0.0):
        return False
    return SumTables.make(severity, u).faithful


def _tables(small: FloatArray, mean: float, sd: float) -> tuple[FloatArray, float]:
    """Return the standardised tables of all rows, and `SumTables.error`."""
    grid = sum_grid()
    sums = Foldings.make(small, mean, sd, MOST)
    rows = [_standardised(small)] + [_standardised(sums.quantiles(int(n))) for n in grid[1:]]
    tables = np.array([*rows, normal_table()])
    skipped = np.append(np.diff(grid) > 1, True)
    # Half way between two rows of variance 1 that differ by d the variance is 1 - Var(d) / 4.
    variances = [table_moments(d)[1] ** 2 for d in np.diff(tables, axis=0)[skipped]]
    return tables, 1.0 - math.sqrt(max(1.0 - max(variances) / 4.0, 0.0))
