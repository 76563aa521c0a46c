"""What the first months cost on a path: against closed forms, and against a slow simulation with explicit dates."""

import math
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from solidair.pool.draw import DrawPlan
from solidair.pool.forecast.to_date import CostToDate, days_until, squares_over_sums
from solidair.pool.measures import MeasureSet
from solidair.pool.run import simulate
from solidair.pool.study import Study
from tests.forecasting import COST, COST_CV, LIGHT, STAYS, TARIFF, TARIFF_CV, THETA, mixed_costs, mixed_study
from tests.naive_worlds import world
from tests.small import small_study

SIMS, SEED, MONTH = 20_000, 11, 7
Z = 5.0
"""Standard errors: chance passes them once in 1.7 million figures."""

DAYS = 212.0
"""31 + 28 + 31 + 30 + 31 + 30 + 31."""

SHOCKS = {"volume": (0.06, 0.0, 0.08), "price": (0.05, 0.0, 0.04), "need": 0.15}


def covariance(x, y):
    """Return a sample covariance and its standard error."""
    products = (x - x.mean()) * (y - y.mean())
    return products.mean(), products.std() / math.sqrt(len(x))


def test_days_of_months():
    assert [days_until(2027, m) for m in (1, 2, 7, 12)] == [31, 59, 212, 365]
    assert [days_until(2028, m) for m in (1, 2, 12)] == [31, 60, 366]


@pytest.fixture(scope="module")
def plain():
    study = mixed_study(mixed_costs(), members=1)
    own = simulate(study, SIMS, SEED, threads=1).own
    return study, own, CostToDate(study, SEED, MONTH).draw(own[:, 0], threads=1)


def test_moments_without_shocks_are_those_of_the_formulas(plain):
    """Stays are an M/G/infinity queue: Cov(N(s), N(s + h)) = e / 365 E[(D - h)+] = e / 365 theta exp(-h / theta)."""
    study, own, drawn = plain
    youth = float(study.region.youth[0])
    entries = STAYS * youth / 1000 / (THETA / 365.0 + 1.0)
    rate, square = entries / 365.0 * THETA, (TARIFF * TARIFF * (1 + TARIFF_CV**2))

    def overlap(a, b):
        """Return the integral of exp(-|s - t| / theta) over [0, a] x [0, b], a <= b."""
        first, last = 1 - math.exp(-a / THETA), math.exp(-(b - a) / THETA) - math.exp(-b / THETA)
        return THETA * (2 * a - THETA * first - THETA * last)

    apart = THETA**2 * (math.exp(DAYS / THETA) - 1) * (math.exp(-365 / THETA) - math.exp(-730 / THETA))
    share, cases = DAYS / 365.0, LIGHT * youth / 1000
    # Light care: cases of the first months are a thinned Poisson measure, so Var = Cov = f x number x E X^2.
    light = share * cases * COST**2 * (1 + COST_CV**2)
    assert abs(drawn.mean() - (rate * DAYS * TARIFF + share * cases * COST)) < Z * drawn.std() / math.sqrt(SIMS)
    expected = {
        "with itself": (drawn[:, 0], rate * square * overlap(DAYS, DAYS) + light),
        "with the year": (own[:, 0, 0], rate * square * overlap(DAYS, 365.0) + light),
        "with the next": (own[:, 1, 0], rate * square * apart),
    }
    for name, (other, exact) in expected.items():
        found, error = covariance(drawn[:, 0], other)
        assert abs(found - exact) < Z * error, name
    # A scaled year would have been wrong: it is Cov(A, A) = f^2 Var C that is left far behind.
    assert abs(covariance(drawn[:, 0], drawn[:, 0])[0] - share**2 * own[:, 0, 0].var()) > Z * error


def slow(sims, members, rng):
    """Return A and C, (sim, member), of a simulation that knows every date."""
    found = np.zeros((2, sims, members))
    spread = {key: np.sqrt(np.log1p(np.square(sd))) for key, sd in SHOCKS.items()}

    def shock(sigma):
        return math.exp(sigma * rng.standard_normal() - sigma**2 / 2)

    def lognormal(mean, cv, count):
        sigma = math.sqrt(math.log1p(cv**2))
        return mean * np.exp(sigma * rng.standard_normal(count) - sigma**2 / 2)

    for k in range(sims):
        national = [shock(spread["volume"][0]) for _ in range(2)]
        price = shock(spread["price"][0])
        for i in range(members):
            need = shock(spread["need"])
            before, now = (v * shock(spread["volume"][2]) for v in national)
            level = price * shock(spread["price"][2])
            youth = 10_000 * (i + 1) / 1000 * need
            entries = STAYS * youth / (THETA / 365.0 + 1.0)
            open_, new, cases = rng.poisson([entries * THETA / 365.0 * before, entries * now, LIGHT * youth * now])
            start = np.concatenate([np.zeros(open_), rng.uniform(0.0, 365.0, new)])
            stop = start + rng.exponential(THETA, open_ + new)  # without memory: what is left has the same law
            tariff = lognormal(TARIFF, TARIFF_CV, open_ + new) * level
            cost, moment = lognormal(COST, COST_CV, cases) * level, rng.uniform(0.0, 365.0, cases)
            for n, end in enumerate((DAYS, 365.0)):
                days = np.clip(np.minimum(stop, end) - start, 0.0, None)
                found[n, k, i] = days @ tariff + cost[moment < end].sum()
    return found


def test_the_split_is_that_of_explicit_dates():
    study = mixed_study(mixed_costs(**SHOCKS), members=2, years=1)
    own = simulate(study, SIMS, SEED, threads=1).own[:, 0]
    drawn = CostToDate(study, SEED, MONTH).draw(own, threads=1)
    ours = np.stack([drawn, own])
    theirs = slow(5_000, 2, np.random.default_rng(3))
    for n, i in product(range(2), range(2)):
        errors = [x[n, :, i].std() / math.sqrt(x.shape[1]) for x in (ours, theirs)]
        assert abs(ours[n, :, i].mean() - theirs[n, :, i].mean()) < Z * math.hypot(*errors), (n, i)
    for n, i, m, j in product(range(2), repeat=4):
        (one, error), (other, other_error) = (covariance(x[n, :, i], x[m, :, j]) for x in (ours, theirs))
        assert abs(one - other) < Z * math.hypot(error, other_error), (n, i, m, j)


def test_the_noise_of_light_care_has_the_exact_variance():
    """Without stays, A - f C has the variance f (1 - f) x number x E[P^2 X^2], prices included."""
    study = small_study(sims=SIMS, years=1)
    own = simulate(study, SIMS, SEED, threads=1).own[:, 0]
    made = CostToDate(study, SEED, MONTH)
    noise = made.draw(own, threads=1) - made.share * own
    costs = study.costs
    prices = np.prod([1 + sd**2 for sd in (0.014, 0.01, 0.02)])
    each = sum(r * s.moment(2) for r, s in zip(costs.clients_per_youth, costs.severities, strict=True)) * prices
    mean = sum(r * s.mean for r, s in zip(costs.clients_per_youth, costs.severities, strict=True))
    assert squares_over_sums(study) == pytest.approx(each / mean, rel=1e-12)
    for i, youth in enumerate(study.region.youth):
        found, error = covariance(noise[:, i], noise[:, i])
        assert abs(found - made.share * (1 - made.share) * youth * each) < Z * error
        found, error = covariance(noise[:, i], own[:, i])
        assert abs(found) < Z * error


def test_paths_cost_no_more_so_far_than_in_the_end(plain):
    study, own, _ = plain
    made = [CostToDate(study, SEED, month).draw(own[:2000, 0], threads=1) for month in (1, 6, 12)]
    np.testing.assert_array_equal(made[-1], own[:2000, 0])
    assert np.all(made[0] < made[1]) and np.all(made[1] < made[2])


def test_threads_and_other_members_move_no_bit(plain):
    study, own, drawn = plain
    assert np.array_equal(CostToDate(study, SEED, MONTH).draw(own[:, 0], threads=2), drawn)
    larger = mixed_study(mixed_costs(), members=2)
    more = simulate(larger, 2000, SEED, threads=1).own[:, 0]
    assert np.array_equal(more[:, :1], own[:2000, 0])
    assert np.array_equal(CostToDate(larger, SEED, MONTH).draw(more, threads=1)[:, :1], drawn[:2000])


def test_days_are_counted_until_the_day_that_is_asked_for():
    """Three children who stay for ever cost EUR 2, 3 and 5 a day; one leaves on day 40: 100 x 10 and 40 x 7."""
    children = [(0.0, 1.0, 1e5, 2.0), (0.0, 1.0, 1e5, 3.0), (0.0, 1.0, 1e5, 5.0), (0.0, 1.0, 40.0, 7.0)]
    made = world([[0.0]], stays={0: (1e5, 1e5, 0.0)}, costs=[1.0], known={(0, 0): children})
    cut = replace(made, years=made.years._replace(stops=np.array([100.0])))
    assert (made.draw(1)[0, 0, 0, 0], cut.draw(1)[0, 0, 0, 0]) == (365 * 10 + 280, 1000 + 280)


def test_the_stays_that_are_drawn_again_are_those_of_the_run():
    """With moves, doubt and a copula too: what a year costs is its stays and its cases of a single year."""
    more = (
        "agreements=own-use",
        "costs.verblijf.moves=0.1",
        "costs.verblijf.clients_per_1000.standard_error=0.3",
        "costs.dependence.between_members=0.3",
        "costs.dependence.between_care_types=0.2",
    )
    study = Study.load("haaglanden", more)
    own = simulate(study, 200, SEED, threads=1).own[:, 0]
    pairs = list(zip(study.costs.ids, study.costs.episodes, strict=True))
    stays, single = (tuple(id_ for id_, e in pairs if (e is None) == kind) for kind in (False, True))
    measures = MeasureSet((stays, single), ((0.0,), (0.0,)))
    claims = DrawPlan.make(study, measures).draw(SEED, 0, 200)
    whole = CostToDate(study, SEED, 6)._stays(12, 200, 1)
    np.testing.assert_array_equal(whole, claims[measures.index(stays, 0.0), :, 0])
    np.testing.assert_allclose(own - whole, claims[measures.index(single, 0.0), :, 0], atol=1e-4)
