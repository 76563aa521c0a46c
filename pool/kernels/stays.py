"""Stays over years: open at the start, entered, known, moved; their days in each year."""

from __future__ import annotations

import math

import numpy as np

from solidair.pool.kernels.arrays import (
    ENTRIES,
    ENTRY,
    KNOWN_MOVE,
    KNOWN_RESIDUAL,
    KNOWN_TARIFF,
    LENGTH,
    MOVE,
    OPEN,
    OPEN_MOVE,
    OPEN_TARIFF,
    PRICE,
    RESIDUAL,
    STAY,
    TARIFF,
    VOLUME,
)
from solidair.pool.kernels.cases import add_begun, add_costs, add_sums
from solidair.pool.kernels.counts import poisson_quantile
from solidair.pool.kernels.jit import jit, within
from solidair.pool.kernels.random import BATCH, ZERO, fill, threefry2x64, uniform
from solidair.pool.kernels.shocks import moment_of
from solidair.pool.kernels.tables import TABLE, fill_costs, look_up_tail


@jit
def _draw_moves(seed, key, moment, start, n, first, share, scratch):
    """Draw for each of `n` stays the first year that another member pays: after 1, 2, ... times 1 January."""
    fill(scratch.words, seed, key, moment, start >> 1, min((n + 7) & -8, BATCH))
    stay = math.log1p(-share)
    for j in range(n):
        # The years before a move are geometric: of a share q a year, k years are passed with (1 - q)^k.
        passed = math.log(uniform(scratch.words[j])) / stay if share < 1.0 else 0.0
        scratch.moved[j] = first + 1 + np.int64(min(passed, 1e6))


@jit
def _new_payer(seed, word, moves, i):
    """Return who pays after a move: the winner of a race of exponential times with rates `weights`.

    So a member that is added draws a few children to itself and changes nobody else's.
    """
    winner = i
    best = math.inf
    for k in range(len(moves.weights)):
        if k != i and moves.weights[k] > 0.0:
            u = uniform(threefry2x64(seed, moves.keys[k], word, ZERO)[0])
            time = -math.log(u) / moves.weights[k]
            if time < best:
                best, winner = time, k
    return winner


@within
def _add_monthly(rate, begin, end, cohort, first, n, looks, c, t, scratch, out, s, i):
    """Add what `n` stays from `first` on cost above lines per month: days in the year x what a day costs above."""
    for k in range(looks.month_first[c], looks.month_first[c + 1]):
        if cohort < looks.month_before[k]:
            line = looks.month_attachments[t, k]
            for j in range(first, first + n):
                days = max(min(scratch.stops[j], end) - max(scratch.starts[j], begin), 0.0)
                out[looks.month_measure[k], s, t, i] += days * max(scratch.tariffs[j] * rate - line, 0.0)


@jit
def _add_moved(seed, moves, years, factors, looks, cohort, n, c, scratch, out, s, i):
    """Add the years after a move to the new payer, and end the stay for the old one."""
    last = len(years.starts) - 1
    for j in range(n):
        t = scratch.moved[j]
        if t < last and scratch.stops[j] > years.starts[t]:
            payer = _new_payer(seed, scratch.words[j], moves, i)
            while payer != i and t < last and scratch.stops[j] > years.starts[t]:
                days = min(scratch.stops[j], years.stops[t]) - max(scratch.starts[j], years.starts[t])
                scratch.costs[0] = days * scratch.tariffs[j] * factors[payer, PRICE, c, t + 1] * years.index[c, t]
                total = add_costs(scratch.costs, scratch.high, 1, looks, c, t, out, s, payer)
                add_sums(total, 1, looks, c, t, out, s, payer)
                add_begun(scratch.costs, 1, total, cohort, looks, c, t, out, s, payer)
                rate = factors[payer, PRICE, c, t + 1] * years.index[c, t]
                begin, end = years.starts[t], years.stops[t]
                _add_monthly(rate, begin, end, cohort, j, 1, looks, c, t, scratch, out, s, payer)
                t += 1
            if payer != i:
                scratch.stops[j] = min(scratch.stops[j], years.starts[scratch.moved[j]])


@within
def _add_stays(years, factors, looks, cohort, n, c, scratch, out, s, i):
    """Add `n` stays that began in year `cohort` to the years that they touch: days in the year x tariff x price."""
    for t in range(max(cohort, 0), len(years.starts) - 1):
        begin, end = years.starts[t], years.stops[t]
        price = factors[i, PRICE, c, t + 1] * years.index[c, t]
        present = 0
        for j in range(n):
            days = min(scratch.stops[j], end) - max(scratch.starts[j], begin)
            days = max(days, 0.0)
            present += days > 0.0
            scratch.costs[j] = days * scratch.tariffs[j] * price
        if present == 0:  # and so none in any later year
            return
        total = add_costs(scratch.costs, scratch.high, n, looks, c, t, out, s, i)
        add_sums(total, present, looks, c, t, out, s, i)
        add_begun(scratch.costs, n, total, cohort, looks, c, t, out, s, i)
        _add_monthly(price, begin, end, cohort, 0, n, looks, c, t, scratch, out, s, i)


@within
def _draw_known(seed, path, care, known, c, i, start, n, at, scratch):
    """Draw how long `n` known open stays still last, and their tariffs where these are not known.

    Doubt about the mean length stretches drawn stays only: what is known of a real stay does not stretch with it.
    """
    fill(scratch.words, seed, care.keys[KNOWN_TARIFF, i, c], path, start >> 1, min((n + 7) & -8, BATCH))
    fill_costs(scratch.tariffs, scratch.cells, care.tables, np.uint64(c) * TABLE, scratch.words, 1.0, n)
    fill(scratch.words, seed, care.keys[KNOWN_RESIDUAL, i, c], path, start >> 1, min((n + 7) & -8, BATCH))
    for j in range(n):
        k = at + start + j
        if not math.isnan(known.tariff[k]):
            scratch.tariffs[j] = known.tariff[k]
        # A stay lasts longer than elapsed + r with probability u x alive; u is the survival, so longer for small u.
        survival = known.alive[k] * uniform(scratch.words[j])
        upper = survival <= 0.5
        row = np.uint64(known.row[k]) * TABLE
        length = look_up_tail(care.lengths, row, survival if upper else 1.0 - survival, upper)
        scratch.starts[j] = known.seen_on
        scratch.stops[j] = known.seen_on + min(max(length - known.elapsed[k], 0.0), known.most[k])


@within
def draw_stays(seed, path, care, known, moves, years, factors, need, looks, c, i, scratch, out, s):
    """Draw all stays of one member and care type: those open at the start, then those that enter, year by year."""
    row = np.uint64(care.stays[c]) * TABLE
    tariff_row = np.uint64(c) * TABLE
    stretch = factors[i, STAY, c, 0]
    mean = care.mean_length[c] * stretch
    # Clients of a year are those open at its start and those who enter: E = rate x (mean length + 1 year).
    rate = care.expected[i, c] / (mean / 365.0 + 1.0) * need
    moving = moves.share[c] > 0.0
    seen_on = known.seen_on if known.listed[i, c] else 0.0
    for t in range(-2 if seen_on < 0.0 else -1, len(years.starts) - 1):
        first = max(t, 0)
        # Known stays were seen some time ago: who entered since comes as if in the year before (t = -2).
        moment = moment_of(path, t + 1) if t >= 0 else (moment_of(path, 0) if t == -2 else path)
        listed = t == -1 and known.listed[i, c]
        begin = years.starts[t] if t >= 0 else seen_on
        length = years.starts[t + 1] - begin if t >= 0 else -seen_on
        if listed:
            at = known.first[i * care.expected.shape[1] + c]
            n_cases = known.first[i * care.expected.shape[1] + c + 1] - at
        elif t == -1:
            u = uniform(threefry2x64(seed, care.keys[OPEN, i, c], path, ZERO)[0])
            n_cases = poisson_quantile(u, rate * mean / 365.0 * factors[i, VOLUME, c, 0])
        else:
            u = uniform(threefry2x64(seed, care.keys[ENTRIES, i, c], moment, ZERO)[0])
            volume = years.volume[c, t] * factors[i, VOLUME, c, t + 1] if t >= 0 else factors[i, VOLUME, c, 0]
            n_cases = poisson_quantile(u, rate * length / 365.0 * volume)
        for start in range(0, n_cases, 2 * BATCH):
            n = min(n_cases - start, 2 * BATCH)
            words = min((n + 7) & -8, BATCH)
            if listed:
                _draw_known(seed, path, care, known, c, i, start, n, at, scratch)
            elif t == -1:
                fill(scratch.words, seed, care.keys[RESIDUAL, i, c], path, start >> 1, words)
                fill_costs(scratch.stops, scratch.cells, care.residuals, row, scratch.words, stretch, n)
                for j in range(n):
                    scratch.starts[j] = 0.0
                fill(scratch.words, seed, care.keys[OPEN_TARIFF, i, c], path, start >> 1, words)
                fill_costs(scratch.tariffs, scratch.cells, care.tables, tariff_row, scratch.words, 1.0, n)
            else:
                fill(scratch.words, seed, care.keys[LENGTH, i, c], moment, start >> 1, words)
                fill_costs(scratch.stops, scratch.cells, care.lengths, row, scratch.words, stretch, n)
                fill(scratch.words, seed, care.keys[ENTRY, i, c], moment, start >> 1, words)
                for j in range(n):
                    scratch.starts[j] = begin + uniform(scratch.words[j]) * length
                    scratch.stops[j] += scratch.starts[j]
                fill(scratch.words, seed, care.keys[TARIFF, i, c], moment, start >> 1, words)
                fill_costs(scratch.tariffs, scratch.cells, care.tables, tariff_row, scratch.words, 1.0, n)
            if moving:
                draw = KNOWN_MOVE if listed else (OPEN_MOVE if t == -1 else MOVE)
                _draw_moves(seed, care.keys[draw, i, c], moment, start, n, first, moves.share[c], scratch)
                _add_moved(seed, moves, years, factors, looks, t, n, c, scratch, out, s, i)
            _add_stays(years, factors, looks, t, n, c, scratch, out, s, i)
