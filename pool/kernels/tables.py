"""Look-ups: quantiles of any law from a table, and of sums of small costs."""

from __future__ import annotations

import math

import numpy as np

from solidair.pool.kernels.jit import jit, within
from solidair.pool.kernels.random import ZERO

_SHIFT_12 = np.uint64(12)
# The layout of `solidair.models.tables`, repeated here, since the stamp of the core would not see it change there. A
# test holds the two together.
CELL_BITS = 7
SIDE = 52 * (1 << CELL_BITS) + 1
_CELL_SHIFT = np.int64(52 - CELL_BITS)
_FIRST_CELL = np.int64((1023 - 1) << CELL_BITS)
_FRACTION_MASK = np.int64((1 << (52 - CELL_BITS)) - 1)
_FRACTION_UNIT = 2.0 ** -(52 - CELL_BITS)
_UPPER_SIDE = np.int64(SIDE)
UPPER = np.uint64(SIDE)
_SIGN = np.int64(63)
NEXT = np.uint64(1)
TABLE = np.uint64(2 * SIDE)


@jit
def cell_of(word):
    """Return the cell of the uniform of `word` and the place in it, from 0 to 1."""
    side = np.int64(word) >> _SIGN  # 0 for the lower tail, -1, so all bits, for the upper one
    k = (word ^ np.uint64(side)) >> _SHIFT_12
    bits = np.float64(np.float64(np.int64(k)) + 0.5).view(np.int64)
    cell = np.uint64((bits >> _CELL_SHIFT) - _FIRST_CELL + (side & _UPPER_SIDE))
    return cell, np.float64(bits & _FRACTION_MASK) * _FRACTION_UNIT


@jit
def look_up_at(tables, first, word):
    """Return the quantile at the uniform of `word`, in the table that starts at `first`."""
    cell, place = cell_of(word)
    low = tables[first + cell]
    return low + place * (tables[first + cell + NEXT] - low)


@jit
def look_up(table, word):
    """Return the quantile at the uniform of `word`, by linear interpolation in a table.

    The tables are those of `solidair.models.tables`. The upper tail mirrors the lower one, so the bits of a word are
    flipped where its top bit is set. Of the tail probability (in units of 2^-52) the exponent and the leading
    mantissa bits are the cell, the other bits the place in it. No branch and no logarithm: 0.9 ns a case. An unsigned
    index matters: to a signed one numba adds a test for counting from the end, and a case takes 1.9 ns.
    """
    return look_up_at(table, ZERO, word)


@jit
def fill_costs(costs, cells, tables, first, words, price, n):
    """Look up the first `n` words, times `price`; `cells` is scratch.

    Two loops: the first is arithmetic only, which LLVM does on whole vectors. 0.65 ns a case instead of 0.95.
    """
    for j in range(n):
        cell, costs[j] = cell_of(words[j])
        cells[j] = first + cell
    for j in range(n):
        low = tables[cells[j]]
        costs[j] = price * (low + costs[j] * (tables[cells[j] + NEXT] - low))


@jit
def look_up_tail(tables, first, tail, upper):
    """Return the quantile at a tail probability of at most 1/2, of the upper or the lower tail."""
    units = max(tail * 2.0**52, 0.5)
    bits = np.float64(min(units, 2.0**51 * (1.0 - 2.0**-53))).view(np.int64)
    cell = first + np.uint64((bits >> _CELL_SHIFT) - _FIRST_CELL + (_UPPER_SIDE if upper else np.int64(0)))
    place = np.float64(bits & _FRACTION_MASK) * _FRACTION_UNIT
    low = tables[cell]
    return low + place * (tables[cell + NEXT] - low)


# The layout of `solidair.models.sums`, repeated here like that of the tables above.
_SUM_MOST = 1024
_SUM_FINENESS = 32.0


@within
def sum_of(tables, first, places, weights, n, mean, sd, word):
    """Return the sum of `n` small costs at the uniform of `word`: n m + sqrt(n) s z_n, never below 0.

    One uniform for the whole sum, so that it rises with the uniform and moves smoothly with n; 5 ns, whatever n.
    """
    cell, place = cell_of(word)
    root = math.sqrt(n)
    k = np.uint64(min(n, _SUM_MOST))
    weight = weights[k]
    if n > _SUM_MOST:
        weight = 1.0 - _SUM_FINENESS / root
    low = first + places[k] + cell
    high = low + TABLE
    a = tables[low] + place * (tables[low + NEXT] - tables[low])
    b = tables[high] + place * (tables[high + NEXT] - tables[high])
    return max(n * mean + root * sd * (a + weight * (b - a)), 0.0)
