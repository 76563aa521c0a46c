"""The pass over all cases of `draw_block`: equal to its slow twin, and cases of a year follow their laws."""

import math

import numpy as np
import pytest
from scipy import stats

from solidair.models.severity import Lognormal, Weibull
from solidair.models.shocks import GammaShock, LognormalShock
from solidair.models.sums import SumTables, split_point
from tests import naive_paths
from tests.naive_worlds import Site, world

ALPHA = 1e-6  # probability of a fault of chance, for each test of a law
LEAP = [0.0, 365.0, 731.0, 1096.0, 1461.0]


def _twin(w, sims, *, seed=5, first=0):
    return np.array(naive_paths.draw_block(seed, first, sims, *w.plain(), w.measures))


# --- against the twin

ARITHMETIC = [  # persistence 0 and 1: a look-up of a word, without logarithms
    Site("volume", LognormalShock(0.05)),
    Site("volume", GammaShock(4.0), care_type=1, shared=False),
    Site("price", LognormalShock(0.02), 1.0),
    Site("price", LognormalShock(0.1), care_type=2, shared=False),
    Site("stay", LognormalShock(0.1), 1.0, care_type=1),
]
SCORED = [
    Site("volume", LognormalShock(0.1), 0.6),
    Site("price", GammaShock(30.0), 0.95, shared=False),
    Site("volume", GammaShock(2.0), 0.5, care_type=0, shared=False, scored=True),
    Site("volume", GammaShock(3.0), 0.0, care_type=1, shared=False, scored=True),
    Site("volume", GammaShock(3.0), 1.0, care_type=2, shared=False, scored=True),
    Site("stay", LognormalShock(0.1), 1.0, care_type=1),
]
POINTS = ((0.0, 5_000.0, 20_000.0), (0.0,), (0.0, 9_000.0, 30_000.0))
# Rates above 300 take several batches of 128 cases; nan is a need that is drawn.
EXPECTED = [[0.4, 340.0, 3.0], [12.0, 0.0, 150.0], [0.02, 7.0, 31.0]]
STAY = (Weibull(0.8, 500.0), Weibull(0.7, 900.0), 566.0)
OPEN = [(100.0, 0.8, 1e9, math.nan), (900.0, 0.2, 400.0, 310.0), (0.0, 1.0, 90.0, math.nan, 1)] * 60


def _annual(sites, **options):
    return world(EXPECTED, years=4, need=[1.0, math.nan, 0.7], points=POINTS, sites=sites, **options)


@pytest.mark.parametrize("joint", [False, True], ids=["own measures", "joint measures"])
@pytest.mark.parametrize("first", [0, 2**33 + 7])
def test_cases_of_a_year_equal_the_twin_bit_for_bit(joint, first):
    w = _annual(ARITHMETIC, joint=joint, growth=[1.0, 1.1, 1.2, 1.3], index=[[1.0, 1.03, 1.06, 1.09]] * 3)
    ours = w.draw(2, first=first)
    np.testing.assert_array_equal(ours, _twin(w, 2, first=first))
    assert ours[:, :, :, 0].max() > 300 and np.all(ours.sum(axis=(1, 2, 3)) > 0)


@pytest.mark.parametrize("degrees", [0, 3, 4], ids=["Gauss", "t3", "t4"])
def test_shocks_that_persist_equal_the_twin(degrees):
    w = _annual(SCORED, weights=np.sqrt([0.2, 0.3, 0.5]), degrees=degrees)
    # Scores pass a logarithm, a sine or an error function, whose last bit is the library's: 4 roundings of a score g
    # move its tail by 4 g^2 of them, 1e-14 for |g| < 6; a sum of 1000 cases rounds by 1000 x 1e-16.
    np.testing.assert_allclose(w.draw(3), _twin(w, 3), rtol=2e-13)


@pytest.mark.parametrize("known", [None, {(0, 1): OPEN, (2, 1): ()}], ids=["drawn", "known"])
@pytest.mark.parametrize(("move", "seen_on"), [(0.0, 0.0), (0.0, -200.0), (0.25, 0.0), (0.25, -40.0), (1.0, 0.0)])
def test_stays_equal_the_twin(known, move, seen_on):
    w = _annual(
        ARITHMETIC,
        stays={1: STAY},
        costs=[Lognormal(9.0, 1.1), Lognormal(5.5, 0.3), Lognormal(8.0, 1.0)],
        known=known,
        seen_on=seen_on,
        other_lengths=[Weibull(1.5, 700.0)],
        move={1: move},
        where=[3.0, 1.0, 2.0],
        starts=LEAP,
        growth=[1.0, 1.1, 1.2, 1.3],
        index=[[1.0, 1.03, 1.06, 1.09]] * 3,
    )
    ours, twin = w.draw(3), _twin(w, 3)
    if move == 0.0:
        np.testing.assert_array_equal(ours, twin)
    else:  # the year and the goal of a move hang on logarithms, but only by way of whole numbers
        np.testing.assert_allclose(ours, twin, rtol=2e-13)
    assert ours[-2].sum() > 2_000  # clients of the type with stays


LIGHT = Lognormal(8.5, 0.9)


@pytest.fixture(scope="module")
def light():
    return SumTables.make(LIGHT, split_point(LIGHT, 25_000.0, 1.0))


@pytest.mark.parametrize("guided", [False, True])
def test_cases_in_bulk_equal_the_twin(light, guided):
    sites = [s for s in ARITHMETIC if s.target == "price"] if guided else ARITHMETIC
    w = world(
        [[0.4, 340.0, 3.0], [1_500.0, 0.0, 150.0]], years=2, points=((0.0, 30_000.0), (0.0,)), sites=sites,
        costs=[LIGHT, Lognormal(9.0, 1.0), LIGHT], bulk={0: light, 2: light}, guided=guided,
    )  # fmt: skip
    ours, twin = w.draw(4), _twin(w, 4)
    # The twin weighs two rows of sums in another order: 1e-14 of the sum, as tests/test_sums.py derives.
    np.testing.assert_allclose(ours, twin, rtol=2e-13)
    np.testing.assert_array_equal(ours[-3:], twin[-3:])  # clients
    assert ours[1, :, :, 1].min() > 0  # large cases


def test_guides_change_no_bit(light):
    options = {"years": 2, "costs": [LIGHT], "bulk": {0: light}, "sites": [Site("price", LognormalShock(0.1))]}
    searched, guided = (world([[900.0], [2.5]], guided=guided, **options).draw(300) for guided in (False, True))
    np.testing.assert_array_equal(searched, guided)


def test_everything_at_once_equals_the_twin(light):
    w = _annual(
        SCORED,
        weights=np.sqrt([0.1, 0.6, 0.3]),
        degrees=5,
        bulk={0: light},
        stays={1: STAY, 2: (Weibull(1.0, 90.0), Weibull(1.0, 90.0), 90.0)},
        costs=[Lognormal(9.0, 1.1), Lognormal(5.5, 0.3), 200.0],
        known={(1, 2): OPEN[:5]},
        seen_on=-30.0,
        move={1: 0.1, 2: 0.3},
        starts=LEAP,
    )
    np.testing.assert_allclose(w.draw(3, first=2**40), _twin(w, 3, first=2**40), rtol=2e-13)


def test_a_sim_does_not_depend_on_its_block():
    w = _annual(SCORED, stays={1: STAY}, move={1: 0.25}, degrees=4, weights=np.sqrt([0.2, 0.3, 0.5]))
    np.testing.assert_array_equal(w.draw(8)[:, 5:7], w.draw(2, first=5))


def test_stays_move_nobody_elses_luck():
    """With stays in a model the year before the first is drawn too; the other care types must not notice."""
    with_stays, without = _annual(SCORED, stays={1: STAY}), _annual([s for s in SCORED if s.target != "stay"])
    ours, others = with_stays.draw(4), without.draw(4)
    same = [0, 1, 2, 4, 5, 6, 7, 9]  # measures of types 0 and 2
    np.testing.assert_array_equal(ours[same], others[same])
    assert (ours[3] != others[3]).any()


def test_clients_need_not_be_counted():
    w = world([[30.0]])
    uncounted = world([[30.0]])
    uncounted.looks.count[0] = -1
    np.testing.assert_array_equal(uncounted.draw(5)[0], w.draw(5)[0])
    assert not uncounted.draw(5)[1].any() and w.draw(5)[1].all()


# --- laws


def test_single_cases_follow_the_severity():
    cost, clients = world([[1.0]]).draw(200_000).reshape(2, -1)
    single = cost[clients == 1]
    assert len(single) > 60_000
    # Massart (1990); linear interpolation in cells of width p / 128 moves a probability by less than 1e-4.
    far = math.sqrt(math.log(2 / ALPHA) / (2 * len(single)))
    assert stats.kstest(single, Lognormal(9.0, 1.1).cdf).statistic < far + 1e-4


@pytest.mark.parametrize("rate", [0.7, 9.0, 60.0])
@pytest.mark.parametrize("persistence", [None, 0.0, 0.7, 1.0])
def test_counts_of_every_year_follow_their_law(rate, persistence):
    n = 40_000
    sites = () if persistence is None else [Site("volume", GammaShock(3.0), persistence, 0, False)]
    law = stats.poisson(rate) if persistence is None else stats.nbinom(3.0, 3.0 / (3.0 + rate))
    drawn = world([[rate]], years=3, sites=sites).draw(n)[1, :, :, 0].astype(int)
    # Bins of at least 25 expected years, so that the statistic is chi-square.
    edges = np.unique(law.ppf(np.linspace(0, 1, 60)[1:-1])).astype(int)
    edges = edges[(law.sf(edges) * n > 25) & (law.cdf(edges) * n > 25)]
    bins = np.diff(np.concatenate([[0.0], law.cdf(edges), [1.0]])) * n
    assert bins.min() > 25
    for clients in drawn.T:
        seen = np.bincount(np.searchsorted(edges, clients), minlength=len(bins))
        assert np.sum((seen - bins) ** 2 / bins) < stats.chi2(len(bins) - 1).isf(ALPHA)


def test_cases_in_bulk_have_the_moments_of_the_whole_and_of_its_layer(light):
    n, rate, line = 60_000, 30.0, 30_000.0
    w = world([[rate]], points=((0.0, line),), costs=[LIGHT], bulk={0: light}, guided=True)
    cost, above, clients = w.draw(n)[:, :, 0, 0]
    excess = LIGHT.mean - float(LIGHT.lev(line))
    # Compound Poisson: mean and variance are rate x first and second moment, as is the covariance with the clients.
    for seen, exact in ((cost, rate * LIGHT.mean), (above, rate * excess), (clients, rate)):
        assert abs(seen.mean() - exact) < 5 * seen.std() / math.sqrt(n)
    products = (
        ((cost - rate * LIGHT.mean) ** 2, rate * LIGHT.moment(2)),
        ((cost - rate * LIGHT.mean) * (clients - rate), rate * LIGHT.mean),
        ((above - rate * excess) * (clients - rate), rate * excess),
    )
    for seen, exact in products:
        assert abs(seen.mean() - exact) < 5 * seen.std() / math.sqrt(n)


def test_neighbours_are_independent():
    n = 40_000
    w = world([[4.0, 9.0], [4.0, 9.0]], years=2)
    cost_0, cost_1, clients_0, clients_1 = w.draw(n).reshape(4, n, 4)
    clients = np.hstack([clients_0, clients_1])
    mean_cost = np.hstack([cost_0, cost_1]) / np.maximum(clients, 1)
    # Ranks, since cost is heavy-tailed. Beside each sim stands the next; each has 2 years, members, types.
    columns = stats.rankdata(np.hstack([clients, mean_cost]), axis=0)
    correlation = np.corrcoef(np.hstack([columns[:-1], columns[1:]]), rowvar=False)
    # The number of clients and the mean cost of the same cell may go together: without clients it is 0.
    cell = np.concatenate([np.arange(8), np.arange(8), 8 + np.arange(8), 8 + np.arange(8)])
    others = cell[:, np.newaxis] != cell
    assert others.sum() == 32 * 30
    # The correlation of two independent columns has SD 1 / sqrt(n - 1).
    assert np.abs(correlation[others]).max() < 5 / math.sqrt(n - 2)
    assert np.abs(np.diag(correlation) - 1).max() < 1e-9
