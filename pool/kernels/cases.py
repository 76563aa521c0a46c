"""Cases of a single year: one by one, or the small ones in bulk."""

from __future__ import annotations

import numpy as np

from solidair.pool.kernels.arrays import COUNT, LARGE_COST, LARGE_COUNT, SUM
from solidair.pool.kernels.counts import guided_poisson, poisson_quantile
from solidair.pool.kernels.jit import within
from solidair.pool.kernels.random import BATCH, ZERO, fill, threefry2x64, uniform
from solidair.pool.kernels.tables import TABLE, fill_costs, sum_of


@within
def add_costs(costs, high, n, looks, c, t, out, s, i):
    """Add what `n` cases cost above each attachment to the measures; return what they cost together."""
    lowest = looks.lowest[t, c]
    total = 0.0
    n_high = 0
    for j in range(n):
        total += costs[j]
        high[n_high] = j  # kept by the next line, or overwritten: no branch to mispredict
        n_high += costs[j] > lowest
    for h in range(n_high):
        cost = costs[high[h]]
        for a in range(looks.first[c] + 1, looks.first[c + 1]):
            attachment = looks.attachments[t, a]
            if cost > attachment:
                out[looks.measure[a], s, t, i] += cost - attachment
    return total


@within
def add_sums(total, clients, looks, c, t, out, s, i):
    """Add what some clients cost together, and how many they are."""
    out[looks.measure[looks.first[c]], s, t, i] += total
    if looks.count[c] >= 0:
        out[looks.count[c], s, t, i] += clients


@within
def add_begun(costs, n, total, cohort, looks, c, t, out, s, i):
    """Add `n` cases that began in year `cohort`, and cost `total` together, to measures of cases that began earlier."""
    for k in range(looks.begun_first[c], looks.begun_first[c + 1]):
        if cohort < looks.begun_years[k]:
            attachment = looks.begun_attachments[t, k]
            if attachment == 0.0:
                out[looks.begun_measure[k], s, t, i] += total
            else:
                for j in range(n):
                    out[looks.begun_measure[k], s, t, i] += max(costs[j] - attachment, 0.0)


@within
def draw_cases(seed, key, moment, n_cases, tables, row, c, price, looks, t, scratch, out, s, i):
    """Draw the cases of one member, care type and year one by one; return what they cost together."""
    table = np.uint64(row) * TABLE
    total = 0.0
    for start in range(0, n_cases, 2 * BATCH):
        n = min(n_cases - start, 2 * BATCH)
        # Whole vectors of eight: drawing a few words too many is cheaper than a scalar rest.
        fill(scratch.words, seed, key, moment, start >> 1, min((n + 7) & -8, BATCH))
        fill_costs(scratch.costs, scratch.cells, tables, table, scratch.words, price, n)
        batch = add_costs(scratch.costs, scratch.high, n, looks, c, t, out, s, i)
        add_begun(scratch.costs, n, batch, t, looks, c, t, out, s, i)
        total += batch
    return total


@within
def draw_bulk(seed, moment, rate, price, care, bulk, looks, c, t, scratch, out, s, i):
    """Draw the small cases of one member, care type and year as one sum and the large ones one by one.

    Thinned, the two counts are independent Poisson numbers, given the factors.
    """
    word = threefry2x64(seed, care.keys[COUNT, i, c], moment, ZERO)[0]
    other = threefry2x64(seed, care.keys[LARGE_COUNT, i, c], moment, ZERO)[0]
    guide = bulk.guide[i, c]
    if guide >= 0:
        small = guided_poisson(
            bulk.limits, bulk.guides, bulk.starts, bulk.shifts, bulk.offsets, np.uint64(guide), word
        )  # fmt: skip
        large = guided_poisson(
            bulk.limits, bulk.guides, bulk.starts, bulk.shifts, bulk.offsets, np.uint64(guide + 1), other
        )  # fmt: skip
    else:
        small = poisson_quantile(uniform(word), rate * (1.0 - bulk.beyond[c]))
        large = poisson_quantile(uniform(other), rate * bulk.beyond[c])
    row = bulk.row[c]
    total = 0.0
    if small > 0:
        word = threefry2x64(seed, care.keys[SUM, i, c], moment, ZERO)[0]
        first = np.uint64(row * bulk.size)
        total = price * sum_of(bulk.sums, first, bulk.places, bulk.weights, small, bulk.mean[c], bulk.sd[c], word)
        add_begun(scratch.costs, 0, total, t, looks, c, t, out, s, i)
    if large > 0:
        key = care.keys[LARGE_COST, i, c]
        total += draw_cases(seed, key, moment, large, bulk.large, row, c, price, looks, t, scratch, out, s, i)
    add_sums(total, small + large, looks, c, t, out, s, i)
