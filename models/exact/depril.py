"""The law of the sum of independent claims that each occur or not: the individual model of risk theory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from solidair.models.severity.numeric import Floats


class Cell(NamedTuple):
    """So many children who each cost a fixed amount with the same probability."""

    number: int
    probability: float
    amount: int
    """In steps of the lattice, at least 1."""


def individual_pmf(cells: Sequence[Cell], n: int) -> Floats:
    r"""Return the law of the sum over all children, by the recursion of De Pril.

    .. math:: s f(s) = \sum_c n_c v_c(s), \qquad
              v_c(s) = \frac{q_c}{1 - q_c} (a_c f(s - a_c) - v_c(s - a_c)), \qquad f(0) = \prod_c (1 - q_c)^{n_c}

    (De Pril 1986, ASTIN Bulletin 16, 109, in the form of Dhaene & Vandebroek 1995, Insurance: Mathematics and
    Economics 16, 31). Signs alternate, so far in the tail, where probabilities are below about 1e-13 of the largest,
    rounding is all that is left.

    Parameters
    ----------
    cells
        Number, probability in [0, 1/2] and whole amount of each kind.
    n
        Number of points 0, 1, ..., n - 1 of the result, at least 1.

    Returns
    -------
    Floats
        Shape (n,). Sums beyond the grid are left out.

    Raises
    ------
    ValueError
        If a cell is not as above: above 1/2 the recursion blows rounding up. Nor may the chance of no claim at all
        underflow; take `compound_pmf` then.
    """
    if n < 1:
        raise ValueError(f"n = {n}: must be at least 1")
    for cell in cells:
        if cell.number < 0 or not 0.0 <= cell.probability <= 0.5 or cell.amount < 1 or int(cell.amount) != cell.amount:
            raise ValueError(f"{cell}: number must be at least 0, probability in [0, 1/2], amount a whole number >= 1")
    number = np.array([cell.number for cell in cells], dtype=np.float64)
    q = np.array([cell.probability for cell in cells], dtype=np.float64)
    amount = np.array([cell.amount for cell in cells], dtype=np.intp)
    odds = q / (1.0 - q)
    log_none = float(number @ np.log1p(-q))
    if log_none < -700.0:
        raise ValueError(f"the chance of no claim at all is exp({log_none:.0f}), too small for this recursion")
    pmf = np.zeros(n)
    pmf[0] = np.exp(log_none)
    v = np.zeros((len(cells), n))
    rows = np.arange(len(cells))
    for s in range(1, n):
        back = s - amount
        old = np.maximum(back, 0)
        v[:, s] = np.where(back >= 0, odds * (amount * pmf[old] - v[rows, old]), 0.0)
        pmf[s] = number @ v[:, s] / s
    return pmf
