"""The same simulation as a good analyst writes it in plain numpy, to measure the compiled kernel against.

Whole arrays at a time: Poisson counts, one flat array with the cost of every case, sums by `np.add.reduceat`. Chunks
of 100 years keep that flat array in the processor's cache, which is 1.4 times as fast as chunks of 1,000 years and
twice as fast as chunks of 5,000; only the few cases above the line are handled again. Normal draws and `np.exp` are
1.3 times as fast as `Generator.lognormal`, which calls a scalar exp.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def simulate(
    rates: FloatArray, mu: float, sigma: float, line: float, years: int, seed: int, chunk: int = 100
) -> tuple[FloatArray, FloatArray, int]:
    """Simulate cost per member and the excess of cases above a line, shared by expected number of cases.

    Parameters
    ----------
    rates
        Expected cases a year, shape (member,).
    mu, sigma
        Parameters of the lognormal cost of a case, EUR.
    line
        EUR per case above which cost is shared.
    years, seed, chunk
        Years to simulate, seed, years at a time.

    Returns
    -------
    own, contribution
        Shape (year, member), EUR.
    cases
        Number of cases drawn.
    """
    rng = np.random.default_rng(seed)
    members = len(rates)
    share = rates / rates.sum()
    own, contribution = np.empty((years, members)), np.empty((years, members))
    cases = 0
    for first in range(0, years, chunk):
        size = (min(chunk, years - first), members)
        counts = rng.poisson(rates, size).ravel()
        ends = np.cumsum(counts)
        n = int(ends[-1])
        cases += n
        cost = rng.standard_normal(n)
        cost *= sigma
        cost += mu
        np.exp(cost, out=cost)
        total = np.zeros(counts.size)
        # reduceat gives an element instead of 0 for an empty stretch, so those are left out.
        filled = np.flatnonzero(counts)
        if n:
            total[filled] = np.add.reduceat(cost, (ends - counts)[filled])
        high = np.flatnonzero(cost > line)
        cell = np.searchsorted(ends, high, side="right")
        excess = np.bincount(cell, weights=cost[high] - line, minlength=counts.size).reshape(size)
        rows = slice(first, first + size[0])
        own[rows] = total.reshape(size)
        contribution[rows] = own[rows] - excess + excess.sum(axis=1, keepdims=True) * share
    return own, contribution, cases
