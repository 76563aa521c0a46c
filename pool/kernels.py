"""The compiled core: counter-based random numbers, table look-ups, counts, and the pass over all cases.

Everything that a cached kernel calls lives in this one file, because numba's cache watches only the file of the cached
function. The kernel knows no distribution: chance comes in as quantile tables (`solidair.models.tables`), identity
as key words (`solidair.pool.streams`). `fastmath` stays off and each (sim, member) is summed in case order by one
thread, so results are the same bits for any number of threads and any block size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba as nb
import numpy as np

_F = TypeVar("_F", bound=Callable[..., Any])


def _jit(function: _F) -> _F:
    """Compile with the one set of options that this project uses."""
    return cast(_F, nb.njit(cache=True, nogil=True, fastmath=False)(function))


# --- random numbers ------------------------------------------------------------------------------------------------

_PARITY = np.uint64(0x1BD11BDAA9FC1A22)
_SHIFT_12 = np.uint64(12)


@_jit
def _rotated(x, r):
    return (x << np.uint64(r)) | (x >> np.uint64(64 - r))


@_jit
def _four_rounds(x0, x1, r0, r1, r2, r3):
    x0 += x1
    x1 = _rotated(x1, r0) ^ x0
    x0 += x1
    x1 = _rotated(x1, r1) ^ x0
    x0 += x1
    x1 = _rotated(x1, r2) ^ x0
    x0 += x1
    x1 = _rotated(x1, r3) ^ x0
    return x0, x1


@_jit
def threefry2x64(key0, key1, counter0, counter1):
    """Return the two 64-bit words of Threefry-2x64 with 20 rounds (Salmon et al. 2011)."""
    key2 = _PARITY ^ key0 ^ key1
    # No loop: over an array of rotations it would keep LLVM from drawing several words side by side.
    x0, x1 = _four_rounds(counter0 + key0, counter1 + key1, 16, 42, 12, 31)
    x0, x1 = _four_rounds(x0 + key1, x1 + key2 + np.uint64(1), 16, 32, 24, 21)
    x0, x1 = _four_rounds(x0 + key2, x1 + key0 + np.uint64(2), 16, 42, 12, 31)
    x0, x1 = _four_rounds(x0 + key0, x1 + key1 + np.uint64(3), 16, 32, 24, 21)
    x0, x1 = _four_rounds(x0 + key1, x1 + key2 + np.uint64(4), 16, 42, 12, 31)
    return x0 + key2, x1 + key0 + np.uint64(5)


@_jit
def uniform(word):
    """Return the uniform in (0, 1), both ends open, of a 64-bit word: ((x >> 12) + 1/2) / 2^52, exact in float64."""
    return (np.float64(word >> _SHIFT_12) + 0.5) * 2.0**-52


_BATCH = 64
"""Counters per batch. Case m of a cell has word (m // 64) % 2 of counter 64 (m // 128) + m % 64."""


@_jit
def _fill(words, seed, key, moment, counter, n):
    """Fill the words of `n` counters: first words from 0 on, second words from _BATCH on.

    In a loop of its own, so that LLVM runs eight generators side by side: 0.6 ns a word instead of 5.
    """
    for p in range(n):
        words[p], words[_BATCH + p] = threefry2x64(seed, key, moment, np.uint64(counter + p))


# --- quantile tables -------------------------------------------------------------------------------------------------

# The layout of `solidair.models.tables`, repeated here, since numba's cache would not see it change there. A test
# holds the two together.
_CELL_BITS = 7
_SIDE = 52 * (1 << _CELL_BITS) + 1
_CELL_SHIFT = np.int64(52 - _CELL_BITS)
_FIRST_CELL = np.int64((1023 - 1) << _CELL_BITS)
_FRACTION_MASK = np.int64((1 << (52 - _CELL_BITS)) - 1)
_FRACTION_UNIT = 2.0 ** -(52 - _CELL_BITS)
_UPPER_SIDE = np.int64(_SIDE)
_UPPER = np.uint64(_SIDE)
_SIGN = np.int64(63)
_ZERO = np.uint64(0)
_NEXT = np.uint64(1)
_TABLE = np.uint64(2 * _SIDE)


@_jit
def _cell(word):
    """Return the cell of the uniform of `word` and the place in it, from 0 to 1."""
    side = np.int64(word) >> _SIGN  # 0 for the lower tail, -1, so all bits, for the upper one
    k = (word ^ np.uint64(side)) >> _SHIFT_12
    bits = np.float64(np.float64(np.int64(k)) + 0.5).view(np.int64)
    cell = np.uint64((bits >> _CELL_SHIFT) - _FIRST_CELL + (side & _UPPER_SIDE))
    return cell, np.float64(bits & _FRACTION_MASK) * _FRACTION_UNIT


@_jit
def _look_up_at(tables, first, word):
    cell, place = _cell(word)
    low = tables[first + cell]
    return low + place * (tables[first + cell + _NEXT] - low)


@_jit
def look_up(table, word):
    """Return the quantile at the uniform of `word`, by linear interpolation in a table.

    The tables are those of `solidair.models.tables`. The upper tail mirrors the lower one, so the bits of a word are
    flipped where its top bit is set. Of the tail probability (in units of 2^-52) the exponent and the leading
    mantissa bits are the cell, the other bits the place in it. No branch and no logarithm: 0.9 ns a case. An unsigned
    index matters: to a signed one numba adds a test for counting from the end, and a case takes 1.9 ns.
    """
    return _look_up_at(table, _ZERO, word)


@_jit
def _fill_costs(costs, cells, tables, first, words, price, n):
    """Look up the first `n` words, times `price`; `cells` is scratch.

    Two loops: the first is arithmetic only, which LLVM does on whole vectors. 0.65 ns a case instead of 0.95.
    """
    for j in range(n):
        cell, costs[j] = _cell(words[j])
        cells[j] = first + cell
    for j in range(n):
        low = tables[cells[j]]
        costs[j] = price * (low + costs[j] * (tables[cells[j] + _NEXT] - low))


# --- counts ---------------------------------------------------------------------------------------------------------


@_jit
def normal_quantile(p):
    """Return the standard normal quantile (Wichura 1988, algorithm AS 241, PPND16: relative error about 1e-16)."""
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        num = (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r
            + 4.5921953931549871457e4) * r + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r
            + 1.3314166789178437745e2) * r + 3.3871328727963666080e0)  # fmt: skip
        den = (((((((5.2264952788528545610e3 * r + 2.8729085735721942674e4) * r + 3.9307895800092710610e4) * r
            + 2.1213794301586595867e4) * r + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r
            + 4.2313330701600911252e1) * r + 1.0)  # fmt: skip
        return q * num / den
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        num = (((((((7.74545014278341407640e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r
            + 1.27045825245236838258e0) * r + 3.64784832476320460504e0) * r + 5.76949722146069140550e0) * r
            + 4.63033784615654529590e0) * r + 1.42343711074968357734e0)  # fmt: skip
        den = (((((((1.05075007164441684324e-9 * r + 5.47593808499534494600e-4) * r + 1.51986665636164571966e-2) * r
            + 1.48103976427480074590e-1) * r + 6.89767334985100004550e-1) * r + 1.67638483018380384940e0) * r
            + 2.05319162663775882187e0) * r + 1.0)  # fmt: skip
    else:
        r -= 5.0
        num = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r
            + 2.65321895265761230930e-2) * r + 2.96560571828504891230e-1) * r + 1.78482653991729133580e0) * r
            + 5.46378491116411436990e0) * r + 6.65790464350110377720e0)  # fmt: skip
        den = (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r
            + 7.86869131145613259100e-4) * r + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r
            + 5.99832206555887937690e-1) * r + 1.0)  # fmt: skip
    return -num / den if q < 0.0 else num / den


@_jit
def _poisson_search(u, rate, start):
    """Return the smallest k with F(k) >= u, from `start`, by summing the smaller tail term by term."""
    k = max(start, 0)
    mass = math.exp(k * math.log(rate) - rate - math.lgamma(k + 1.0))
    if u < 0.5:
        below = 0.0  # F(k - 1)
        term = mass
        j = k
        while j > 0:
            term *= j / rate
            j -= 1
            below += term
            if term < below * 1e-17:
                break
        while k > 0 and below >= u:
            mass *= k / rate
            k -= 1
            below -= mass
        while below + mass < u:
            below += mass
            k += 1
            mass *= rate / k
        return k
    target = 1.0 - u
    above = 0.0  # 1 - F(k)
    term = mass
    j = k
    while True:
        j += 1
        term *= rate / j
        above += term
        if term < above * 1e-17 or term < 1e-300:
            break
    while k > 0 and above + mass <= target:
        above += mass
        mass *= k / rate
        k -= 1
    while above > target and mass > 0.0:
        k += 1
        mass *= rate / k
        above -= mass
    return k


@_jit
def poisson_quantile(u, rate):
    """Return the Poisson quantile inf{k : F(k) >= u}, exactly.

    One uniform and monotone in `u` and in `rate`, so that luck stays aligned when a parameter changes. Small rates sum
    from zero. From 10 on the expansion of Giles (2016, ACM TOMS 42, eq. 6) gives the answer unless it lies within its
    error bound of an integer (about 0.3 % of the draws at rate 10, fewer above) or far in a tail; then the sum decides.
    """
    if rate <= 0.0:
        return 0
    if rate < 10.0:
        if u > 0.999:
            # Far up the sum from zero rounds at 1e-16, as large as the tail itself; from above it does not.
            return _poisson_search(u, rate, 16 + int(3.0 * rate))
        k = 0
        mass = math.exp(-rate)
        total = mass
        while u > total:
            k += 1
            mass *= rate / k
            total += mass
        return k
    w = normal_quantile(u)
    root = math.sqrt(rate)
    w2 = w * w
    x = rate + root * w + (1.0 / 3.0 + w2 / 6.0) - w * (1.0 / 36.0 + w2 / 72.0) / root
    if abs(w) < 3.0:
        bound = (1.0 / 40.0 + w2 * (1.0 / 80.0 + w2 / 160.0)) / rate
        if math.floor(x + bound) == math.floor(x - bound):
            return math.floor(x)
    return _poisson_search(u, rate, math.floor(x))


# --- the pass over all cases ----------------------------------------------------------------------------------------


@_jit
def _shock(tables, row, seed, key, moment):
    """Return a shock from table number `row` of tables that lie one after the other.

    One long array and a place in it: slicing a row off costs two atomic counts of references, 10 ns each time.
    """
    first = np.uint64(row) * _TABLE
    if tables[first] == tables[first + _UPPER]:  # the lowest and the highest value: a shock that is switched off
        return tables[first]
    return _look_up_at(tables, first, threefry2x64(seed, key, moment, _ZERO)[0])


@_jit
def draw_needs(seed, first_sim, need, need_table, need_keys, out):
    """Write the need index of every sim and member into `out`, (sim, member): as `draw_block` uses it."""
    for s in range(out.shape[0]):
        path = np.uint64(first_sim + s) << np.uint64(16)
        for i in range(out.shape[1]):
            known = need[i]
            out[s, i] = _shock(need_table, 0, seed, need_keys[i], path) if math.isnan(known) else known


@_jit
def draw_block(
    seed, first_sim, years, expected, need, need_table, need_keys, volume_tables, volume_keys, price_tables, price_keys,
    dispersion_tables, dispersion_keys, count_keys, severity_tables, severity_keys,
    attachment_from, attachments, attachment_measure, count_measure, out,
):  # fmt: skip
    """Draw one block of simulated years, case by case, and add every case to the measures that look at it.

    Parameters
    ----------
    seed : uint64
        The run's seed, first key word of every draw.
    first_sim : int
        Number of the block's first sim; a sim keeps its number whatever the blocks.
    years : int
        Budget years per sim.
    expected : (member, care_type) float64
        Expected clients a year at need 1 and shocks 1.
    need : (member,) float64
        Need index where known; NaN where it is drawn, once per sim.
    need_table, volume_tables, price_tables, dispersion_tables, severity_tables : float64
        Quantile tables: one, (3, cells) national, regional, local, (care_type, cells).
    need_keys, volume_keys, price_keys, dispersion_keys, count_keys, severity_keys : uint64
        Key words: (member,), (3, member), (3, member), and (member, care_type) for the last three.
    attachment_from : (care_type + 1,) int64
        Care type c looks at ``attachments[attachment_from[c]:attachment_from[c + 1]]``, ascending, the first one 0.
    attachments : float64
        EUR per case, after the price shocks.
    attachment_measure, count_measure : int64
        The measure that each attachment adds to; the measure that counts the clients of each care type, or -1.
    out : (measure, sim, year, member) float64
        Zeros on entry. Receives sums of max(cost - attachment, 0) in EUR, and numbers of clients.
    """
    n_sims = out.shape[1]
    n_members, n_types = expected.shape
    volumes, prices = volume_tables.ravel(), price_tables.ravel()
    dispersions, severities = dispersion_tables.ravel(), severity_tables.ravel()
    words = np.empty(2 * _BATCH, np.uint64)
    cells = np.empty(2 * _BATCH, np.uint64)
    costs = np.empty(2 * _BATCH, np.float64)
    high = np.empty(2 * _BATCH, np.int64)
    for s in range(n_sims):
        sim = np.uint64(first_sim + s)
        path = sim << np.uint64(16)
        for t in range(years):
            moment = path | np.uint64(t)
            for i in range(n_members):
                volume = need[i]
                if math.isnan(volume):
                    volume = _shock(need_table, 0, seed, need_keys[i], path)
                price = 1.0
                for level in range(3):
                    volume *= _shock(volumes, level, seed, volume_keys[level, i], moment)
                    price *= _shock(prices, level, seed, price_keys[level, i], moment)
                for c in range(n_types):
                    rate = expected[i, c] * volume * _shock(dispersions, c, seed, dispersion_keys[i, c], moment)
                    u = uniform(threefry2x64(seed, count_keys[i, c], moment, _ZERO)[0])
                    n_cases = poisson_quantile(u, rate)
                    table = np.uint64(c) * _TABLE
                    key = severity_keys[i, c]
                    first = attachment_from[c]
                    last = attachment_from[c + 1]
                    lowest = attachments[first + 1] if last - first > 1 else np.inf
                    total = 0.0
                    for start in range(0, n_cases, 2 * _BATCH):
                        n_batch = min(n_cases - start, 2 * _BATCH)
                        # Whole vectors of eight: drawing a few words too many is cheaper than a scalar rest.
                        _fill(words, seed, key, moment, start >> 1, min((n_batch + 7) & -8, _BATCH))
                        _fill_costs(costs, cells, severities, table, words, price, n_batch)
                        n_high = 0
                        for j in range(n_batch):
                            total += costs[j]
                            high[n_high] = j  # kept by the next line, or overwritten: no branch to mispredict
                            n_high += costs[j] > lowest
                        for h in range(n_high):
                            cost = costs[high[h]]
                            for a in range(first + 1, last):
                                if cost > attachments[a]:
                                    out[attachment_measure[a], s, t, i] += cost - attachments[a]
                    out[attachment_measure[first], s, t, i] += total
                    if count_measure[c] >= 0:
                        out[count_measure[c], s, t, i] += n_cases
