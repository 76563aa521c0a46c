"""The shocks of a path: mean-one factors that last from year to year."""

from __future__ import annotations

import math

import numpy as np

from solidair.pool.kernels.arrays import BEFORE
from solidair.pool.kernels.counts import normal_quantile, student_tail
from solidair.pool.kernels.jit import jit, within
from solidair.pool.kernels.random import ZERO, threefry2x64, uniform
from solidair.pool.kernels.tables import TABLE, UPPER, look_up_at, look_up_tail


@jit
def shock(tables, row, seed, key, moment):
    """Return a shock from table number `row` of tables that lie one after the other."""
    first = np.uint64(row) * TABLE
    if tables[first] == tables[first + UPPER]:  # the lowest and the highest value: a shock that is switched off
        return tables[first]
    return look_up_at(tables, first, threefry2x64(seed, key, moment, ZERO)[0])


@jit
def normal_score(seed, key, moment):
    """Return the standard normal number of a draw."""
    return normal_quantile(uniform(threefry2x64(seed, key, moment, ZERO)[0]))


@jit
def at_score(tables, row, score, degrees):
    """Return the quantile of a shock at the probability of a normal, or t distributed, score."""
    size = abs(score)
    tail = student_tail(size, degrees) if degrees > 0 else 0.5 * math.erfc(size * math.sqrt(0.5))
    return look_up_tail(tables, np.uint64(row) * TABLE, tail, score > 0.0)


@jit
def moment_of(path, y):
    """Return the counter of a path's year: 0 is the year before the first budget year, 1 the first."""
    return path | (BEFORE if y == 0 else np.uint64(y - 1))


@within
def innovation(shocks, site, key, i, seed, moment):
    """Return the fresh part of a site's normal score, from factors where care types or members go together."""
    own = normal_score(seed, key, moment)
    if not shocks.scored[site]:
        return own
    w = shocks.weights
    common = w[0] * normal_score(seed, shocks.type_keys[shocks.care_type[site]], moment)
    return common + w[1] * normal_score(seed, shocks.member_keys[i], moment) + w[2] * own


@within
def shock_path(shocks, site, key, i, seed, path, first, out):
    """Write the factors of one site into out[first:], one per year; out[0] is the year before the first.

    Normal scores follow an autoregression of order one that starts in its stationary law, so every single year has
    the site's law exactly, and a year's own draw is the same whatever the persistence.
    """
    row = shocks.table[site]
    rho = shocks.persistence[site]
    scored = shocks.scored[site]
    degrees = shocks.degrees if scored else 0
    if not scored and (rho == 0.0 or rho == 1.0):
        for y in range(first, len(out)):
            out[y] = shock(shocks.tables, row, seed, key, moment_of(path, y if rho == 0.0 else 0))
        return
    root = math.sqrt(1.0 - rho * rho)
    score = 0.0
    for y in range(len(out)):
        if y == 0 or rho < 1.0:
            fresh = innovation(shocks, site, key, i, seed, moment_of(path, y))
            score = fresh if y == 0 else rho * score + root * fresh
        seen = score
        if degrees > 0:
            seen /= math.sqrt(shock(shocks.tables, shocks.mix_table, seed, shocks.mix_key, moment_of(path, y)))
        out[y] = at_score(shocks.tables, row, seen, degrees)


@within
def multiply(shocks, sites, keys, i, seed, path, first, factors, work):
    """Multiply the factors (target, care_type, year) by all shocks of some sites."""
    for n in range(len(sites)):
        site = sites[n]
        shock_path(shocks, site, keys[i, site], i, seed, path, first, work)
        target = shocks.target[site]
        c = shocks.care_type[site]
        for d in range(factors.shape[1]) if c < 0 else range(c, c + 1):
            for y in range(first, len(work)):
                factors[target, d, y] *= work[y]


@jit
def draw_needs(seed, first_sim, need, need_table, need_keys, out):
    """Write the need index of every sim and member into `out`, (sim, member): as `draw_block` uses it."""
    for s in range(out.shape[0]):
        path = np.uint64(first_sim + s) << np.uint64(16)
        for i in range(out.shape[1]):
            known = need[i]
            out[s, i] = shock(need_table, 0, seed, need_keys[i], path) if math.isnan(known) else known


@jit
def draw_normals(seed, first_sim, keys, out):
    """Write a standard normal number of every sim and key into `out`, (sim, key)."""
    for s in range(out.shape[0]):
        path = np.uint64(first_sim + s) << np.uint64(16)
        for i in range(out.shape[1]):
            out[s, i] = normal_score(seed, keys[i], path)
