"""Stays over years in `draw_block`: exact moments, days, moves, and stays that are known to be open."""

import math
from itertools import pairwise

import numba as nb
import numpy as np
import pytest
from scipy import stats

from solidair.models.severity import Lognormal, Weibull
from solidair.pool.kernels import stays as kernel_stays
from tests.naive_worlds import world

ALPHA = 1e-6  # probability of a fault of chance, for each law tested
Z = 5.0  # standard errors; a normal number passes 5 with probability 6e-7
YEAR = 365.0
LEAP = [0.0, 366.0, 731.0, 1096.0, 1461.0, 1827.0]  # 2028 to 2032
AGES = 1e5  # days: a stay that lasts longer than any run


def _exponential(years):
    law = Weibull(1.0, years * YEAR)
    return law, law, years * YEAR  # without memory: what is left has the law of the whole


def _forever(count, tariff=1.0):
    """Return stays that are open at the start and never end."""
    return [(0.0, 1.0, AGES, tariff)] * count


def _always(expected=((0.0,),), **options):
    """Return a world of one care type whose stays last longer than the run."""
    return world(expected, stays={0: (AGES, AGES, 0.0)}, costs=[1.0], **options)


# --- moments


def test_moments_are_those_of_the_stationary_queue():
    """Vector P53: exponential stays of 2.5 years on average, 12 entries a year, EUR 45,000 a year."""
    n = 60_000
    clients_a_year = 12 * (2.5 + 1)
    w = world([[clients_a_year]], years=4, stays={0: _exponential(2.5)}, costs=[45_000 / YEAR])
    cost, clients = w.draw(n)[:, :, :, 0]
    mean, sd = 1_350_000.0, 231_082.853017
    covariances = [sd**2, 41_267_806_104.9, 27_662_637_688.1, 18_542_820_568.5]
    # Of the mean the standard error is sd / sqrt(n), of a covariance that of the mean of products.
    assert np.abs(cost.mean(axis=0) - mean).max() < Z * sd / math.sqrt(n)
    for one in range(4):
        for other in range(one, 4):
            products = (cost[:, one] - mean) * (cost[:, other] - mean)
            error = products.std() / math.sqrt(n)
            assert abs(products.mean() - covariances[other - one]) < Z * error, (one, other)
    # Whoever is in care at any time in a year: a Poisson number with mean 42, in the first year too.
    for year in range(4):
        assert abs(clients[:, year].mean() - 42) < Z * math.sqrt(42 / n)
        products = (clients[:, year] - 42) ** 2
        assert abs(products.mean() - 42) < Z * products.std() / math.sqrt(n)


def test_a_year_of_366_days_brings_as_many_more_entries_and_days():
    n = 40_000
    w = world([[3.0]], years=5, stays={0: _exponential(2.0)}, costs=[1.0], starts=LEAP)
    days = w.draw(n)[0, :, :, 0]
    rate = 3.0 / (2.0 + 1.0)
    # In a steady state as many are in care on any day: rate x mean length, times the days of the year.
    expected = rate * 2.0 * np.diff(LEAP)
    z = (days.mean(axis=0) - expected) / (days.std(axis=0) / math.sqrt(n))
    assert np.abs(z).max() < Z


def test_days_of_a_stay_add_up_across_leap_years():
    # Known stays of 700 days from 1 January 2028: 366 + 334.
    known = {(0, 0): [(0.0, 1.0, 700.0, 2.5)] * 200}
    days, clients = _always(known=known, years=5, starts=LEAP).draw(1)[:, 0, :, 0]
    assert days.tolist() == [200 * 366 * 2.5, 200 * 334 * 2.5, 0.0, 0.0, 0.0]
    assert clients.tolist() == [200, 200, 0, 0, 0]
    # Entries in 2028 only, of 900 days each: all of them lie within the run.
    w = world(
        [[50.0]], years=5, stays={0: (900.0, 900.0, 0.0)}, costs=[1.0], starts=LEAP, growth=[1.0, 0.0, 0.0, 0.0, 0.0]
    )
    days, clients = w.draw(200)[:, :, :, 0]
    # Every one of about 50 stays rounds twice in days of up to 1461.
    np.testing.assert_allclose(days.sum(axis=1), 900 * clients[:, 0], rtol=1e-12)
    assert np.all(clients[:, 0] == clients[:, 1]) and np.all(clients[:, 2] == clients[:, 0])
    assert np.all(clients[:, 4] == 0)


def test_entries_are_uniform_over_the_year():
    n = 20_000
    w = _always([[1.0]], starts=[0.0, 366.0])
    days, clients = w.draw(n)[:, :, 0, 0]
    single = days[clients == 1]
    far = math.sqrt(math.log(2 / ALPHA) / (2 * len(single)))  # Massart (1990)
    assert len(single) > 7_000 and stats.kstest(single / 366.0, "uniform").statistic < far


# --- moves


def _chi_square(seen, expected):
    assert np.min(expected) > 25
    return np.sum((seen - expected) ** 2 / expected) < stats.chi2(len(seen) - 1).isf(ALPHA)


def test_moves_change_who_pays_and_nothing_else():
    def drawn(share):
        w = world(
            [[40.0], [80.0], [10.0]], years=5, stays={0: _exponential(1.5)}, costs=[Lognormal(5.0, 0.4)],
            move={0: share}, starts=LEAP, known={(1, 0): [(400.0, 0.5, 1e9, math.nan)] * 30},
        )  # fmt: skip
        return w.draw(40)

    still, moving = drawn(0.0), drawn(0.3)
    # About 100 stays a year, each added up in another order: 100 roundings.
    np.testing.assert_allclose(moving[0].sum(axis=-1), still[0].sum(axis=-1), rtol=100 * 2.0**-52)
    np.testing.assert_array_equal(moving[1].sum(axis=-1), still[1].sum(axis=-1))
    np.testing.assert_array_equal(moving[:, :, 0], still[:, :, 0])  # nobody moves before the first 1 January
    assert (moving[:, :, 1:] != still[:, :, 1:]).mean() > 0.9


@pytest.mark.parametrize("share", [0.05, 0.4])
def test_years_before_a_move_are_geometric(share):
    count, years = 20_000, 6
    w = _always([[0.0], [0.0]], known={(0, 0): _forever(count)}, move={0: share}, years=years)
    clients = w.draw(1)[1, 0]
    np.testing.assert_array_equal(clients.sum(axis=1), count)
    movers = np.append(-np.diff(clients[:, 0]), clients[-1, 0])
    expected = count * np.append(share * (1 - share) ** np.arange(years - 1), (1 - share) ** (years - 1))
    assert _chi_square(movers, expected)


def test_everybody_moves_at_the_first_january_if_the_share_is_one():
    w = _always([[0.0], [0.0]], known={(0, 0): _forever(50)}, move={0: 1.0}, years=3)
    assert w.draw(1)[1, 0].tolist() == [[50, 0], [0, 50], [0, 50]]


def test_children_move_to_others_by_weight():
    where = np.array([7.0, 1.0, 3.0, 6.0, 0.0])
    w = _always([[0.0]] * 5, known={(0, 0): _forever(20_000)}, move={0: 0.5}, where=where, years=3)
    last = w.draw(1)[1, 0, -1]
    assert last[4] == 0
    assert _chi_square(last[1:4], where[1:4] / 10 * last[1:].sum())


def test_without_another_member_nobody_moves():
    for where in ([2.0], [2.0, 0.0]):
        members = len(where)
        options = {"known": {(0, 0): _forever(9)}, "years": 3, "where": where}
        still, moving = (_always([[0.0]] * members, move={0: q}, **options).draw(1) for q in (0.0, 0.9))
        np.testing.assert_array_equal(still, moving)


def test_a_new_member_takes_some_children_and_moves_no_other():
    sims, years = 3_000, 4
    where = [5.0, 2.0, 1.0, 4.0]

    def payers(names):
        weights = [where["abcd".index(name)] for name in names]
        w = _always(
            [[0.0]] * len(names), names=names, where=weights, known={(names.index("a"), 0): _forever(1)},
            move={0: 0.3}, years=years,
        )  # fmt: skip
        return np.array(list(names))[w.draw(sims)[1].argmax(axis=-1)]

    before, after = payers("abc"), payers("dbca")
    changed = before != after
    assert np.all(after[changed] == "d") and np.all(before[changed] != "a")
    moved = before[:, -1] != "a"
    taken = np.mean(after[moved, -1] == "d")
    assert abs(taken - 4 / 7) < Z * math.sqrt(12 / 49 / moved.sum())


@nb.njit
def _winners(words, moves, i):
    out = np.empty(len(words), np.int64)
    for n in range(len(words)):
        out[n] = kernel_stays._new_payer(np.uint64(3), words[n], moves, i)
    return out


def test_the_race_of_exponential_times_is_won_by_weight():
    n, where = 100_000, np.array([3.0, 9.0, 1.0, 2.0])
    w = _always([[0.0]] * 4, where=where)
    won = np.bincount(_winners(np.arange(n, dtype=np.uint64), w.moves, 1), minlength=4)
    assert won[1] == 0
    assert _chi_square(won[[0, 2, 3]], n * where[[0, 2, 3]] / 6)


# --- stays that are known to be open


@pytest.mark.parametrize("law", [Weibull(0.7, 500.0), Lognormal(6.0, 1.0), Weibull(2.5, 900.0)])
@pytest.mark.parametrize("elapsed", [0.0, 60.0, 700.0])
def test_what_is_left_of_a_known_stay_follows_the_conditional_law(law, elapsed):
    n = 40_000
    alive = float(law.sf(elapsed))
    assert alive > 0.05
    w = world(
        [[0.0]], years=200, stays={0: (law, law, 500.0)}, costs=[1.0], known={(0, 0): [(elapsed, alive, AGES, 1.0)]}
    )
    left = w.draw(n)[0, :, :, 0].sum(axis=1)
    assert left.max() < 200 * YEAR
    # Massart (1990); interpolation in cells of width p / 128 moves a probability by less than 1e-4 of it.
    far = math.sqrt(math.log(2 / ALPHA) / (2 * n)) + 1e-4
    assert stats.kstest(left, lambda r: 1 - law.sf(elapsed + r) / alive).statistic < far


def test_a_known_stay_ends_at_its_last_day():
    n, law, elapsed, most = 40_000, Weibull(0.7, 500.0), 300.0, 200.0
    alive = float(law.sf(elapsed))
    known = {(0, 0): [(elapsed, alive, most, 1.0)]}
    days = world([[0.0]], stays={0: (law, law, 500.0)}, costs=[1.0], known=known).draw(n)[0, :, 0, 0]
    assert days.max() == most
    p = float(law.sf(elapsed + most)) / alive
    assert abs(np.mean(days == most) - p) < Z * math.sqrt(p * (1 - p) / n)


def test_known_stays_replace_the_drawn_ones_of_their_member_only():
    def drawn(known):
        return world([[40.0], [40.0]], years=3, stays={0: _exponential(2.0)}, costs=[100.0], known=known).draw(2_000)

    free, none = drawn({}), drawn({(0, 0): ()})
    np.testing.assert_array_equal(free[..., 1], none[..., 1])
    assert np.all(free[..., 0] >= none[..., 0])
    # Only entries are left: rate 40 / (2 + 1) a year.
    entries = none[1, :, 0, 0]
    assert abs(entries.mean() - 40 / 3) < Z * math.sqrt(40 / 3 / len(entries))


def test_stays_that_were_seen_before_the_start_run_on_and_others_enter():
    """Seen 200 days before the start: what is left then, and entries of those days that are still there."""
    n, mean, seen_on = 30_000, 1.2 * YEAR, -200.0
    law = Weibull(1.0, mean)
    known = {(0, 0): [(50.0, float(law.sf(50.0)), AGES, 1.0)] * 3}
    w = world([[6.0]], stays={0: (law, law, mean)}, costs=[1.0], known=known, seen_on=seen_on)
    days, clients = w.draw(n)[:, :, 0, 0]
    rate = 6.0 / (1.2 + 1.0) / YEAR
    # Without memory each of the 3 is there at day 0 with exp(-200 / mean), as is who entered in those days.
    there = 3 * math.exp(seen_on / mean) + rate * mean * -math.expm1(seen_on / mean)
    in_year = mean * -math.expm1(-YEAR / mean)  # days that somebody who is there at day 0 stays on average
    entered = rate * mean * (YEAR - in_year)  # days of those who enter in the year
    assert abs(clients.mean() - there - rate * YEAR) < Z * clients.std() / math.sqrt(n)
    assert abs(days.mean() - there * in_year - entered) < Z * days.std() / math.sqrt(n)


def test_a_known_stay_may_have_a_law_of_its_own():
    known = {(0, 0): [(0.0, 1.0, AGES, 1.0), (0.0, 1.0, AGES, 1.0, 1), (10.0, 1.0, AGES, 1.0, 1)]}
    w = world([[0.0]], stays={0: (100.0, 100.0, 0.0)}, costs=[1.0], known=known, other_lengths=[30.0])
    assert w.draw(1)[0, 0, 0, 0] == 100 + 30 + 20


def test_a_tariff_that_is_not_known_is_drawn():
    n, law = 30_000, Lognormal(5.5, 0.3)
    known = {(0, 0): [(0.0, 1.0, YEAR, math.nan)]}
    cost = world([[0.0]], stays={0: (AGES, AGES, 0.0)}, costs=[law], known=known).draw(n)[0, :, 0, 0]
    far = math.sqrt(math.log(2 / ALPHA) / (2 * n)) + 1e-4
    assert stats.kstest(cost / YEAR, law.cdf).statistic < far


def test_the_layer_of_a_stay_is_taken_every_year_anew():
    known = {(0, 0): [(0.0, 1.0, 400.0, 100.0)] * 3}
    points = ((0.0, 20_000.0),)
    w = _always(known=known, points=points, years=2, starts=LEAP[:3])
    whole, above, _ = w.draw(1)[:, 0, :, 0]
    assert whole.tolist() == [3 * 36_600.0, 3 * 3_400.0]
    assert above.tolist() == [3 * 16_600.0, 0.0]
    assert [b - a for a, b in pairwise(LEAP[:3])] == [366.0, 365.0]
