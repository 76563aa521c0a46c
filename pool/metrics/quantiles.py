"""Quantiles and tails of a simulated sample, with their sampling errors.

Every function takes the sample in ascending order along axis 0, shape (sim,) or (sim, member), and works on
all columns at once. The value at risk at level a is the order statistic x_(m), m = ceil(N a), so that it is
one of the simulated years; ties and atoms need no special care.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import special

FloatArray = npt.NDArray[np.float64]

# The normal quantile at 97.5 %: the bandwidth is optimal for a 95 % interval.
Z95 = 1.959963984540054


def exact_level(level: float) -> Fraction:
    """Return a level as the decimal fraction that was written.

    In floating point 10000 * 0.07 is 700.0000000000001, whose ceiling is one too high.

    Raises
    ------
    ValueError
        Unless 0 < level < 1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level = {level}: must lie between 0 and 1")
    return Fraction(str(float(level)))


def quantile_rank(n: int, level: float) -> int:
    """Return ceil(n * level) in exact arithmetic: the rank (from 1) of the value at risk among n years."""
    return math.ceil(n * exact_level(level))


def value_at_risk(ordered: FloatArray, level: float) -> FloatArray:
    """Return the lowest amount that a share `level` of the years does not exceed, shape (member,) or (), EUR.

    inf{x : F_N(x) >= level} = x_(ceil(N level)).
    """
    return np.asarray(ordered[quantile_rank(ordered.shape[0], level) - 1])


def tail_value_at_risk(ordered: FloatArray, level: float) -> FloatArray:
    """Return the mean of the worst share 1 - `level` of the years, shape (member,) or (), EUR.

    [(m - N a) x_(m) + sum_{k > m} x_(k)] / (N (1 - a)) with m = ceil(N a) (Acerbi & Tasche 2002, Journal of
    Banking & Finance 26, 1487): of a year or an atom on the border only the part beyond the level counts.
    Written as VaR plus mean excess, which is the minimum of Rockafellar & Uryasev (2002, ibid. 26, 1443) and
    exact for a constant.
    """
    rank, size = quantile_rank(ordered.shape[0], level), tail_size(ordered.shape[0], level)
    value = ordered[rank - 1]
    return np.asarray(value + (ordered[rank:] - value).sum(axis=0) / size)


def tail_size(n: int, level: float) -> float:
    """Return n * (1 - level), the number of years in the tail, which need not be whole."""
    return float(n * (1 - exact_level(level)))


def tail_error(ordered: FloatArray, level: float) -> FloatArray:
    """Return the standard error of the tail value at risk, shape (member,) or (), EUR.

    [Var(X | X > VaR) + a (TVaR - VaR)^2] / (N (1 - a)) (Manistre & Hancock 2005, North American Actuarial
    Journal 9(2), 129), where Var is the unbiased variance of the years in the tail. With the plain variance
    this equals the error by the influence function; the difference, a factor 1 / (1 - 1 / (N (1 - a))),
    matters when few years are in the tail. With at most one year there the formula knows nothing and the
    error of the value at risk, a lower estimate, stands in. Valid for a finite variance, which a cap on the
    cost of a case ensures.
    """
    n = ordered.shape[0]
    rank, size = quantile_rank(n, level), tail_size(n, level)
    if size <= 1.0:
        return maritz_jarrett_error(ordered, level)
    excess = ordered[rank:] - ordered[rank - 1]
    mean = excess.sum(axis=0) / size
    # Deviations from the mean cancel less than a difference of squares; the border year has excess 0.
    squares = ((excess - mean) ** 2).sum(axis=0) + (size - excess.shape[0]) * mean**2
    variance = squares / (size - 1.0) + float(exact_level(level)) * mean**2
    return np.asarray(np.sqrt(variance / size))


def maritz_jarrett_error(ordered: FloatArray, level: float) -> FloatArray:
    """Return the standard error of the value at risk, shape (member,) or (), EUR.

    The sample quantile is a mean of order statistics with beta weights; its variance is estimated by sum W
    x^2 - (sum W x)^2 with W_j = I_{j/N}(m, N - m + 1) - I_{(j-1)/N}(m, N - m + 1) and m = floor(N a + 1/2)
    (Maritz & Jarrett 1978, Journal of the American Statistical Association 73, 194). scipy.stats.mstats.mjci
    uses other parameters.
    """
    start, weights = _beta_weights(ordered.shape[0], exact_level(level))
    window = ordered[start : start + weights.size]
    window = window - window[weights.size // 2]
    scale = weights.reshape((-1,) + (1,) * (ordered.ndim - 1))
    centred = window - (scale * window).sum(axis=0)
    return np.asarray(np.sqrt((scale * centred * centred).sum(axis=0)))


@lru_cache(maxsize=64)
def _beta_weights(n: int, level: Fraction) -> tuple[int, FloatArray]:
    """Return the first index (from 0) and the weights of the order statistics that matter; they sum to 1."""
    m = min(max(math.floor(n * level + Fraction(1, 2)), 1), n)
    a, b = float(m), float(n - m + 1)
    # Beyond these points lies a chance of 1e-18 on either side; of 20,000 years some hundreds remain.
    low = math.floor(n * float(special.betaincinv(a, b, 1e-18)))
    high = min(math.ceil(n * float(special.betainccinv(a, b, 1e-18))), n)
    weights = np.diff(special.betainc(a, b, np.arange(low, high + 1) / n))
    weights /= weights.sum()
    weights.flags.writeable = False
    return low, weights


@dataclass(frozen=True)
class QuantileInterval:
    """A confidence interval of a quantile between two order statistics.

    Parameters
    ----------
    low, high
        Shape (member,) or (), EUR; minus or plus infinity where the sample holds no bound.
    ranks
        Ranks (from 1) of the two order statistics; 0 or N + 1 where there is none.
    coverage
        Exact chance that the interval covers the quantile, whatever the (continuous) distribution.
    """

    low: FloatArray
    high: FloatArray
    ranks: tuple[int, int]
    coverage: float


def quantile_interval(ordered: FloatArray, level: float, confidence: float = 0.95) -> QuantileInterval:
    """Return the distribution-free confidence interval [x_(l), x_(u)] of the quantile at `level`.

    l is the largest rank with P(Bin(N, a) <= l - 1) <= (1 - confidence) / 2, u the smallest with P(Bin(N, a)
    <= u - 1) >= (1 + confidence) / 2 (David & Nagaraja 2003, Order Statistics, section 7.1).

    Raises
    ------
    ValueError
        Unless level and confidence lie between 0 and 1.
    """
    n, p, half = ordered.shape[0], float(exact_level(level)), float(1 - exact_level(confidence)) / 2.0
    cdf = np.asarray(special.bdtr(np.arange(n), n, p), dtype=np.float64)  # of 0 .. n - 1; at n it is 1
    low = int(np.searchsorted(cdf, half, side="right"))
    high = int(np.searchsorted(cdf, 1.0 - half, side="left")) + 1
    shape = ordered.shape[1:]
    below = cdf[low - 1] if low >= 1 else 0.0
    above = cdf[high - 1] if high <= n else 1.0
    return QuantileInterval(
        np.asarray(ordered[low - 1]) if low >= 1 else np.full(shape, -np.inf),
        np.asarray(ordered[high - 1]) if high <= n else np.full(shape, np.inf),
        (low, high),
        float(above - below),
    )


def bandwidth(n: int, level: float) -> float:
    """Return how far on either side of `level` the density at a quantile is measured.

    n^(-1/3) z^(2/3) [1.5 phi(x)^2 / (2 x^2 + 1)]^(1/3) with x the normal quantile at `level` and z that of a
    95 % interval (Hall & Sheather 1988, Journal of the Royal Statistical Society B 50, 381), and at most half
    the distance to 0 or 1, so that the single most extreme years do not decide.
    """
    x = float(special.ndtri(level))
    phi = math.exp(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
    h = (Z95**2 * 1.5 * phi**2 / (2.0 * x * x + 1.0) / n) ** (1.0 / 3.0)
    return float(min(h, level / 2.0, (1.0 - level) / 2.0))


def sparsity(ordered: FloatArray, level: float) -> FloatArray:
    """Return one over the density at the quantile, shape (member,) or (), EUR per unit of probability.

    N (x_(m+k) - x_(m-k)) / 2k with k = N * `bandwidth`, at least 1 and cut off at the ends of the sample
    (Siddiqui 1960, Journal of Research of the NBS 64B, 145). Never a division by zero: where all these years
    are equal, in an atom, it is 0, and so is the influence of a year on the quantile: a few years more or
    less do not move it.
    """
    n = ordered.shape[0]
    rank, k = quantile_rank(n, level), max(1, round(n * bandwidth(n, level)))
    low, high = max(rank - k, 1), min(rank + k, n)
    return np.asarray((ordered[high - 1] - ordered[low - 1]) * (n / (high - low)))
