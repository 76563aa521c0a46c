"""Who causes the tail: co-TVaR, the Euler allocation of a pool's tail value at risk, exact and from samples."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.exact.law import HIT
from solidair.models.exact.sharing import Sharing
from solidair.models.severity.numeric import Floats, as_floats


class TailAllocation(NamedTuple):
    """A tail value at risk and its parts; EUR."""

    var: float
    tvar: float
    shares: Floats
    """Shape (member,); the sum is tvar."""


def exact_co_tvar(sharing: Sharing, level: float) -> TailAllocation:
    r"""Return the allocation of the pool's TVaR from conditional means.

    .. math:: a_i = \frac{E[X_i; S > v] + (F(v) - p) E[X_i | S = v]}{1 - p}, \qquad v = VaR_p(S)

    in which the atom at v counts for F(v) - p (Tasche 1999, Risk contributions and performance measurement). The first
    term is the mean of X_i less E[X_i; S <= v], so nothing beyond the grid is lost.

    Parameters
    ----------
    sharing
        Conditional means of the pool.
    level
        p in [0, 1).

    Raises
    ------
    ValueError
        If level is not as above.
    BeyondGridError
        If the quantile lies beyond the grid.
    """
    if not 0.0 <= level < 1.0:
        raise ValueError(f"level = {level}: must lie in [0, 1)")
    v = round(float(sharing.law.quantile(level)) / sharing.step)
    below = sharing.parts.mix @ sharing.parts.parts[:, : v + 1].sum(axis=1)
    # A level that is reached within rounding leaves nothing of the atom.
    atom = float(sharing.law.cdf[v]) - level
    split = atom * sharing.at(v * sharing.step) if atom > HIT else np.zeros(len(below))
    shares = (sharing.means - below + split) / (1.0 - level)
    return TailAllocation(v * sharing.step, float(shares.sum()), as_floats(shares))


def empirical_co_tvar(costs: ArrayLike, level: float) -> TailAllocation:
    r"""Return the allocation of the TVaR of the total over equally likely years.

    .. math:: a_i = \frac{\sum_k X_{ki} 1\{S_k > v\} + (N (1 - p) - \#\{S_k > v\}) \bar X_i(S = v)}{N (1 - p)}

    Years that tie at v share what is left of the tail. The result lies in the core of the game of empirical TVaRs: no
    group of members would be better off with a pool of its own (Acerbi & Tasche 2002 for the sample TVaR).

    Parameters
    ----------
    costs
        Shape (year, member), EUR.
    level
        p in [0, 1), taken as the decimal fraction that is written: N (1 - p) in floats is off by one for usual levels.

    Raises
    ------
    ValueError
        If costs are no table with at least one row, or level is not as above.
    """
    x = as_floats(costs)
    if x.ndim != 2 or len(x) == 0:
        raise ValueError(f"costs have shape {x.shape}: a table (year, member) with at least one year is needed")
    if not 0.0 <= level < 1.0:
        raise ValueError(f"level = {level}: must lie in [0, 1)")
    total = x.sum(axis=1)
    exact = Fraction(str(level)) * len(x)
    rank = max(math.ceil(exact), 1)
    v = float(np.partition(total, rank - 1)[rank - 1])
    size = float(len(x) - exact)
    over, tied = total > v, total == v
    left = size - float(over.sum())
    shares = (x[over].sum(axis=0) + left * x[tied].mean(axis=0)) / size
    return TailAllocation(v, float(shares.sum()), as_floats(shares))
