"""The pass over all cases of a block of paths."""

from __future__ import annotations

import math

import numpy as np

from solidair.pool.kernels.arrays import COST, COUNT, PRICE, VOLUME
from solidair.pool.kernels.cases import add_sums, draw_bulk, draw_cases
from solidair.pool.kernels.counts import poisson_quantile
from solidair.pool.kernels.jit import jit
from solidair.pool.kernels.random import ZERO, threefry2x64, uniform
from solidair.pool.kernels.shocks import multiply, shock
from solidair.pool.kernels.stays import draw_stays


@jit
def draw_block(seed, first_sim, shocks, care, bulk, known, moves, years, looks, scratch, out):
    """Draw one block of paths and add every case to the measures that look at it.

    Parameters
    ----------
    seed : uint64
        The run's seed, first key word of every draw.
    first_sim : int
        Number of the block's first sim; a sim keeps its number whatever the blocks.
    shocks, care, bulk, known, moves, years, looks
        The run as arrays; see the classes.
    scratch
        From `scratch`, for this thread alone.
    out : (measure, sim, year, member) float64
        Zeros on entry. Receives sums of max(cost - attachment, 0) in EUR, and numbers of clients.
    """
    n_years = len(years.starts) - 1
    n_members, n_types = care.expected.shape
    shared, factors = scratch.shared, scratch.factors
    first = 1  # the year before matters only to stays
    for c in range(n_types):
        if care.stays[c] >= 0:
            first = 0
    for s in range(out.shape[1]):
        path = np.uint64(first_sim + s) << np.uint64(16)
        for g in range(shared.shape[0]):
            for target in range(3):
                for c in range(n_types):
                    for y in range(n_years + 1):
                        shared[g, target, c, y] = 1.0
            multiply(shocks, shocks.shared, shocks.shared_keys, g, seed, path, first, shared[g], scratch.path)
        for i in range(n_members):
            for target in range(3):
                for c in range(n_types):
                    for y in range(n_years + 1):
                        factors[i, target, c, y] = shared[shocks.region[i], target, c, y]
            multiply(shocks, shocks.local, shocks.local_keys, i, seed, path, first, factors[i], scratch.path)
        for i in range(n_members):
            need = care.need[i]
            if math.isnan(need):
                need = shock(care.need_table, 0, seed, care.need_keys[i], path)
            for c in range(n_types):
                if care.stays[c] >= 0:
                    draw_stays(
                        seed, path, care, known, moves, years, factors, need, looks, c, i, scratch, out, s
                    )  # fmt: skip
                    continue
                for t in range(n_years):
                    moment = path | np.uint64(t)
                    rate = care.expected[i, c] * need * years.volume[c, t] * factors[i, VOLUME, c, t + 1]
                    if bulk.row[c] >= 0:
                        price = factors[i, PRICE, c, t + 1] * years.index[c, t]
                        draw_bulk(seed, moment, rate, price, care, bulk, looks, c, t, scratch, out, s, i)
                        continue
                    u = uniform(threefry2x64(seed, care.keys[COUNT, i, c], moment, ZERO)[0])
                    n_cases = poisson_quantile(u, rate)
                    price = factors[i, PRICE, c, t + 1] * years.index[c, t]
                    key = care.keys[COST, i, c]
                    total = draw_cases(
                        seed, key, moment, n_cases, care.tables, c, c, price, looks, t, scratch, out, s, i
                    )  # fmt: skip
                    add_sums(total, n_cases, looks, c, t, out, s, i)
