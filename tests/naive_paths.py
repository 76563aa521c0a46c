"""Slow, obvious twin of the pass over all cases: shocks that persist, cases of a year, stays over years.

Plain Python, nested lists, one case at a time. Written from the documentation of `solidair.pool.kernels`; imports
nothing of it. Sums are taken in the same order, batches of 128 cases first, so that equal means equal bits.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from statistics import NormalDist
from typing import Any, TypeVar

from tests.naive import TAIL_PROBABILITIES, look_up, poisson_quantile, sum_of, threefry2x64, uniform

BATCH = 128
BEFORE = 0xFFFF
VOLUME, PRICE, STAY = range(3)
COUNT, COST, OPEN, RESIDUAL, OPEN_TARIFF, ENTRIES, ENTRY, LENGTH, TARIFF, MOVE, OPEN_MOVE = range(11)
KNOWN_RESIDUAL, KNOWN_TARIFF, KNOWN_MOVE, LARGE_COUNT, LARGE_COST, SUM = range(11, 17)


T = TypeVar("T")


def batched(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the items in batches."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def row(flat: Sequence[float], number: int) -> Sequence[float]:
    """Return table `number` of tables that lie one after the other."""
    size = 2 * len(TAIL_PROBABILITIES)
    return flat[number * size : (number + 1) * size]


def word(seed: int, key: int, moment: int, case: int = 0) -> int:
    """Return the word of a case: of counter 64 (m // 128) + m % 64 the first or, for (m // 64) odd, the second."""
    return threefry2x64((seed, key), (moment, 64 * (case // 128) + case % 64))[case // 64 % 2]


def look_up_tail(table: Sequence[float], tail: float, upper: bool) -> float:
    """Return the quantile that a tail of this probability, at most 1/2, lies beyond."""
    first = len(TAIL_PROBABILITIES) if upper else 0
    p = min(max(tail, TAIL_PROBABILITIES[0]), 0.5 - 2.0**-54)
    cell = bisect_right(TAIL_PROBABILITIES, p) - 1
    left, right = TAIL_PROBABILITIES[cell], TAIL_PROBABILITIES[cell + 1]
    low, high = table[first + cell], table[first + cell + 1]
    return low + (p - left) / (right - left) * (high - low)


def student_tail(t: float, degrees: int) -> float:
    """Return P(T > t), t >= 0: the finite sums of Abramowitz & Stegun (1964), 26.7.3 and 26.7.4, term by term."""
    theta = math.atan(t / math.sqrt(degrees))
    terms = [
        math.cos(theta) ** power * math.prod((k - 1) / k for k in range(power, 1, -2))
        for power in range(degrees % 2, degrees - 1, 2)
    ]
    inside = math.sin(theta) * sum(terms)
    return 0.5 - (theta + inside) / math.pi if degrees % 2 else 0.5 - inside / 2


# --- the shocks of a path


def normal(seed: int, key: int, moment: int) -> float:
    """Return a standard normal number."""
    return NormalDist().inv_cdf(uniform(word(seed, key, moment)))


def scores(shocks: Any, site: int, key: int, i: int, seed: int, moments: Sequence[int]) -> list[float]:
    """Return the normal scores of a site, the year before the first budget year first."""

    def fresh(moment: int) -> float:
        own = normal(seed, key, moment)
        if not shocks.scored[site]:
            return own
        type_, member, rest = shocks.weights
        return (
            type_ * normal(seed, shocks.type_keys[shocks.care_type[site]], moment)
            + member * normal(seed, shocks.member_keys[i], moment)
            + rest * own
        )

    rho = shocks.persistence[site]
    path = [fresh(moments[0])]
    for moment in moments[1:]:
        path.append(rho * path[-1] + (math.sqrt(1 - rho * rho) * fresh(moment) if rho < 1 else 0.0))
    return path


def shock_path(shocks: Any, site: int, key: int, i: int, seed: int, path: int, years: int) -> list[float]:
    """Return the factors of a site, the year before the first budget year first."""
    table = row(shocks.tables, shocks.table[site])
    moments = [path + BEFORE, *(path + t for t in range(years))]
    rho, linked = shocks.persistence[site], shocks.scored[site]
    if not linked and rho == 1:
        return [look_up(table, word(seed, key, moments[0]))] * len(moments)
    if not linked and rho == 0:
        return [look_up(table, word(seed, key, moment)) for moment in moments]
    factors = []
    for score, moment in zip(scores(shocks, site, key, i, seed, moments), moments, strict=True):
        if linked and shocks.degrees:
            mix = look_up(row(shocks.tables, shocks.mix_table), word(seed, shocks.mix_key, moment))
            seen = score / math.sqrt(mix)
            tail = student_tail(abs(seen), shocks.degrees)
        else:
            seen = score
            tail = math.erfc(abs(seen) * math.sqrt(0.5)) / 2
        factors.append(look_up_tail(table, tail, seen > 0))
    return factors


def path_factors(shocks: Any, i: int, types: int, years: int, seed: int, path: int) -> list[list[list[float]]]:
    """Return factors[target][care type][year] of a member; year 0 is the one before the first budget year."""
    region = shocks.region[i]
    keys = [(site, shocks.shared_keys[region][site]) for site in shocks.shared]
    keys += [(site, shocks.local_keys[i][site]) for site in shocks.local]
    struck = [[[1.0] * (years + 1) for _ in range(types)] for _ in range(3)]
    for site, key in keys:
        drawn = shock_path(shocks, site, key, i, seed, path, years)
        for c in range(types):
            if shocks.care_type[site] in (-1, c):
                row_ = struck[shocks.target[site]][c]
                for y, factor in enumerate(drawn):
                    row_[y] *= factor
    return struck


# --- stays


@dataclass
class Stay:
    """A child in care: from and until which day, EUR a day, and the first year that another member pays."""

    start: float
    stop: float
    tariff: float
    moved: float
    move_word: int


def stays_of(
    i: int, c: int, need: float, factors: Any, seed: int, path: int, care: Any, known: Any, moves: Any, years: Any
) -> Iterator[tuple[int, list[Stay]]]:
    """Yield the stays of a member and care type in groups: the year in which they began, and the stays."""
    lengths, residuals = row(care.lengths, care.stays[c]), row(care.residuals, care.stays[c])
    tariffs = row(care.tables, c)
    stretch = factors[STAY][c][0]
    mean = care.mean_length[c] * stretch
    rate = care.expected[i][c] / (mean / 365 + 1) * need

    def draw(what: int, moment: int, m: int = 0) -> int:
        return word(seed, care.keys[what][i][c], moment, m)

    def stay(start: float, stop: float, tariff: float, moment: int, first: int, what: int, m: int) -> Stay:
        """Return a stay; a share q moves every year, so that k years pass without with probability (1 - q)^k."""
        share, moved, drawn = moves.share[c], math.inf, draw(what, moment, m)
        if share > 0:
            passed = math.log(uniform(drawn)) / math.log1p(-share) if share < 1 else 0.0
            moved = first + 1 + math.floor(passed)
        return Stay(start, stop, tariff, moved, drawn)

    def entered(moment: int, first: int, begin: float, end: float, volume: float) -> list[Stay]:
        group = []
        for m in range(poisson_quantile(uniform(draw(ENTRIES, moment)), rate * (end - begin) / 365 * volume)):
            entry = begin + uniform(draw(ENTRY, moment, m)) * (end - begin)
            length = stretch * look_up(lengths, draw(LENGTH, moment, m))
            tariff = look_up(tariffs, draw(TARIFF, moment, m))
            group.append(stay(entry, length + entry, tariff, moment, first, MOVE, m))
        return group

    if known.listed[i][c]:
        if known.seen_on < 0:  # who entered since the open stays were seen
            yield -1, entered(path + BEFORE, 0, known.seen_on, 0.0, factors[VOLUME][c][0])
        at = known.first[i * len(care.stays) + c]
        group = []
        for m, k in enumerate(range(at, known.first[i * len(care.stays) + c + 1])):
            tariff = known.tariff[k]
            if math.isnan(tariff):
                tariff = look_up(tariffs, draw(KNOWN_TARIFF, path, m))
            survival = known.alive[k] * uniform(draw(KNOWN_RESIDUAL, path, m))
            table = row(care.lengths, known.row[k])
            length = look_up_tail(table, min(survival, 1 - survival), survival <= 0.5)
            left = min(max(length - known.elapsed[k], 0.0), known.most[k])
            group.append(stay(known.seen_on, known.seen_on + left, tariff, path, 0, KNOWN_MOVE, m))
        yield -1, group
    else:
        volume = factors[VOLUME][c][0]
        count = poisson_quantile(uniform(draw(OPEN, path)), rate * mean / 365 * volume)
        yield -1, [
            stay(
                0.0, stretch * look_up(residuals, draw(RESIDUAL, path, m)),
                look_up(tariffs, draw(OPEN_TARIFF, path, m)), path, 0, OPEN_MOVE, m,
            )
            for m in range(count)
        ]  # fmt: skip
    for t, (begin, end) in enumerate(pairwise(years.starts)):
        yield t, entered(path + t, t, begin, end, years.volume[c][t] * factors[VOLUME][c][t + 1])


def new_payer(seed: int, drawn: int, moves: Any, i: int) -> int:
    """Return the member whose exponential time, of rate `weights`, ends first; `i` itself does not run."""
    times = {
        k: -math.log(uniform(threefry2x64((seed, key), (drawn, 0))[0])) / weight
        for k, (key, weight) in enumerate(zip(moves.keys, moves.weights, strict=True))
        if k != i and weight > 0
    }
    return min(times, key=lambda k: times[k]) if times else i


# --- the pass over all cases


def draw_block(
    seed: int, first_sim: int, sims: int, shocks: Any, care: Any, bulk: Any, known: Any, moves: Any, years: Any,
    looks: Any, measures: int,
) -> list[Any]:  # fmt: skip
    """Return claims[measure][sim][year][member]; arguments hold nested lists of numbers."""
    members, types, n_years = len(care.need), len(care.stays), len(years.index[0])
    out = [[[[0.0] * members for _ in range(n_years)] for _ in range(sims)] for _ in range(measures)]

    def look(cost: float, c: int, s: int, t: int, i: int) -> None:
        """Add what a case costs above every attachment but the first, which is 0."""
        for a in range(looks.first[c] + 1, looks.first[c + 1]):
            if cost > looks.attachments[t][a]:
                out[looks.measure[a]][s][t][i] += cost - looks.attachments[t][a]

    def add(total: float, clients: int, c: int, s: int, t: int, i: int) -> None:
        out[looks.measure[looks.first[c]]][s][t][i] += total
        if looks.count[c] >= 0:
            out[looks.count[c]][s][t][i] += clients

    def look_back(cost: float, cohort: int, c: int, s: int, t: int, i: int, *, whole: bool = False) -> None:
        """Add what a case that began in year `cohort` costs to the measures of cases that began before a later year."""
        for k in range(looks.begun_first[c], looks.begun_first[c + 1]):
            line = looks.begun_attachments[t][k]
            if cohort < looks.begun_years[k] and (line == 0 or not whole):
                out[looks.begun_measure[k]][s][t][i] += max(cost - line, 0.0)

    def look_by_month(days: float, rate: float, cohort: int, c: int, s: int, t: int, i: int) -> None:
        """Add what the days of a stay cost above each line per month; lines are EUR a day here."""
        for k in range(looks.month_first[c], looks.month_first[c + 1]):
            if cohort < looks.month_before[k]:
                above = max(rate - looks.month_attachments[t][k], 0.0)
                out[looks.month_measure[k]][s][t][i] += days * above

    def one_by_one(
        table: Sequence[float], key: int, moment: int, count: int, price: float, c: int, s: int, t: int, i: int
    ) -> float:
        total = 0.0
        for batch in batched(range(count)):
            subtotal = 0.0
            for m in batch:
                cost = price * look_up(table, word(seed, key, moment, m))
                subtotal += cost
                look(cost, c, s, t, i)
                look_back(cost, t, c, s, t, i)
            total += subtotal
        return total

    def in_bulk(rate: float, price: float, c: int, s: int, t: int, i: int, moment: int) -> None:
        """Add the small cases as one sum, and the large ones one by one."""
        counts = []
        for draw, share in ((COUNT, 1 - bulk.beyond[c]), (LARGE_COUNT, bulk.beyond[c])):
            counts.append(poisson_quantile(uniform(word(seed, care.keys[draw][i][c], moment)), rate * share))
        small, large = counts
        rows = [row(bulk.sums, n) for n in range(*(bulk.size // len(tables[0]) * (bulk.row[c] + k) for k in (0, 1)))]
        drawn = word(seed, care.keys[SUM][i][c], moment)
        total = price * sum_of(rows, small, bulk.mean[c], bulk.sd[c], drawn)
        look_back(total, t, c, s, t, i, whole=True)  # no small case reaches a line
        beyond = row(bulk.large, bulk.row[c])
        total += one_by_one(beyond, care.keys[LARGE_COST][i][c], moment, large, price, c, s, t, i)
        add(total, small + large, c, s, t, i)

    tables = [row(care.tables, c) for c in range(types)]
    for s in range(sims):
        path = (first_sim + s) * 2**16
        factors = [path_factors(shocks, i, types, n_years, seed, path) for i in range(members)]
        for i, c in product(range(members), range(types)):
            need = care.need[i]
            if math.isnan(need):
                need = look_up(care.need_table, word(seed, care.need_keys[i], path))
            if care.stays[c] < 0:
                for t in range(n_years):
                    moment = path + t
                    rate = care.expected[i][c] * need * years.volume[c][t] * factors[i][VOLUME][c][t + 1]
                    price = factors[i][PRICE][c][t + 1] * years.index[c][t]
                    if bulk.row[c] >= 0:
                        in_bulk(rate, price, c, s, t, i, moment)
                        continue
                    count = poisson_quantile(uniform(word(seed, care.keys[COUNT][i][c], moment)), rate)
                    total = one_by_one(tables[c], care.keys[COST][i][c], moment, count, price, c, s, t, i)
                    add(total, count, c, s, t, i)
                continue
            for cohort, group in stays_of(i, c, need, factors[i], seed, path, care, known, moves, years):
                first = max(cohort, 0)
                for some in batched(group):
                    subtotals, present = [0.0] * n_years, [0] * n_years
                    for stay in some:
                        payer = i
                        for t in range(first, n_years):
                            begin, end = years.starts[t], years.starts[t + 1]
                            if t == stay.moved:
                                payer = new_payer(seed, stay.move_word, moves, i)
                            days = min(stay.stop, end) - max(stay.start, begin)
                            if days <= 0:
                                continue
                            if payer == i:
                                cost = days * stay.tariff * (factors[i][PRICE][c][t + 1] * years.index[c][t])
                                subtotals[t] += cost
                                present[t] += 1
                            else:
                                cost = days * stay.tariff * factors[payer][PRICE][c][t + 1] * years.index[c][t]
                                add(cost, 1, c, s, t, payer)
                            look(cost, c, s, t, payer)
                            look_back(cost, cohort, c, s, t, payer)
                            price = factors[payer][PRICE][c][t + 1] * years.index[c][t]
                            look_by_month(days, stay.tariff * price, cohort, c, s, t, payer)
                    for t in range(first, n_years):
                        add(subtotals[t], present[t], c, s, t, i)
    return out
