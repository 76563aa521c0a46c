"""Light care in bulk: sums from one uniform against exact laws, without simulation, and a seeded draw."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import special, stats

from solidair.models.exact import compound_pmf
from solidair.models.foldings import Foldings
from solidair.models.severity import EmpiricalGPD, Fixed, Gamma, Lognormal, Lomax, Mixture, StayTimesTariff
from solidair.models.sums import (
    FINENESS,
    MOST,
    MOST_ERROR,
    RARE,
    SumTables,
    split_point,
    suits_bulk,
    sum_chords,
    sum_grid,
    table_moments,
)
from solidair.models.tables import CELLS, SIDE, quantile_table, table_expectation, table_mean, tail_probabilities
from tests import naive

YEARS = 100_000
LAWS = {
    "cv 0.7": Lognormal.from_mean_cv(12_000.0, 0.7),
    "cv 1.1": Lognormal.from_mean_cv(12_000.0, 1.1),
    "cv 2": Lognormal.from_mean_cv(12_000.0, 2.0),
    "capped": Lognormal.from_mean_cv(12_000.0, 1.1).capped(90_000.0),
    "reference": Lognormal(9.0, 1.3),
    "gamma 0.8": Gamma(0.8, 9_000.0),
    "gamma 0.2": Gamma(0.2, 9_000.0),
}
TAIL = tail_probabilities()


def split_of(name):
    return 100_000.0 if name == "reference" else split_point(LAWS[name], math.inf, 1.0)


@pytest.fixture(scope="module")
def made():
    return {name: SumTables.make(law, split_of(name)) for name, law in LAWS.items()}


def ascending(table):
    """Return the nodes of a table from the lowest to the highest value."""
    return np.concatenate([table[:SIDE], table[-2 : SIDE - 1 : -1]])


CHANCE = np.concatenate([TAIL, 1.0 - TAIL[-2::-1]])


# --- layout


def test_grid_and_chords():
    grid = sum_grid()
    assert grid.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 16, 21, 28, 41, 64, 114, 256, 1024]
    assert grid[-1] == MOST == FINENESS**2
    rows, weights = sum_chords()
    assert rows[0] == 0 and len(rows) == len(weights) == MOST + 1
    assert np.all(weights[np.append(0, grid)] == 0.0) and np.all((weights >= 0.0) & (weights < 1.0))
    # By hand: 11 lies between 10 and 13. (0.3162278 - 0.3015113) / (0.3162278 - 0.2773501) = 0.0147165 / 0.0388777
    assert rows[11] == 8 and weights[11] == pytest.approx(0.378533, rel=1e-5)


def test_table_of_is_what_the_twin_draws(made):
    one = made["cv 1.1"]
    rng = np.random.Generator(np.random.PCG64(2))
    rows = [row.tolist() for row in one.tables]
    for n in (0, 1, 2, 8, 9, 10, 11, 100, 1_023, 1_024, 1_025, 70_000):
        table = one.table_of(n).tolist()
        for word in rng.integers(0, 2**64, 20, dtype=np.uint64).tolist():
            ours = naive.look_up(table, word)
            # Ten roundings of terms no larger than the sum and its spread.
            scale = n * one.mean + 10 * math.sqrt(n) * one.sd
            assert naive.sum_of(rows, n, one.mean, one.sd, word) == pytest.approx(ours, rel=0, abs=1e-14 * scale)


# --- the law of N cases


@pytest.mark.parametrize("n", [2, 3, 8, 50, 400, 1024])
def test_gamma_sums_are_gamma(n):
    law = Gamma(2.0, 5_000.0)
    sums = Foldings.make(quantile_table(law), law.mean, law.sd, MOST)
    exact = Gamma(2.0 * n, 5_000.0)
    ours = sums.quantiles(n) / exact.sd
    theirs = (np.concatenate([exact.quantile(TAIL), exact.isf(TAIL)]) - exact.mean) / exact.sd
    tail = np.concatenate([TAIL, TAIL])
    # One step of the lattice is s / 128, and a law put on a lattice moves by at most one step either way. The mean of
    # the table, which sums do not use, is up to 6e-6 m too high.
    step = law.sd / 128 / exact.sd + n * 6e-6 * law.mean / exact.sd
    assert np.abs(ours - theirs)[tail > 1e-9].max() < step
    # Beyond, a parabola: its third-order term, 0.01 (8.2 - 6)(8.2 - 5.2)(8.2 - 5.6) = 0.17 with the third divided
    # difference of a standardised gamma quantile in normal scores, below 0.01.
    assert np.abs(ours - theirs)[tail <= 1e-9].max() < 0.17


@pytest.mark.parametrize("name", LAWS)
def test_tables_are_standardised_monotone_and_possible(made, name):
    one, law = made[name], LAWS[name]
    for row in one.tables:
        assert table_moments(row) == pytest.approx((0.0, 1.0), abs=1e-12)
        assert np.all(np.diff(ascending(row)) >= -1e-9)
    for n in (1, 2, 5, 9, 12, 50, 5_000):
        table = one.table_of(n)
        # The mean of a sum has no error but rounding.
        assert table_mean(table) == pytest.approx(n * one.mean, rel=1e-12)
        # Tables are bounded by what n cases can cost, then shifted to mean 0 by a step of the lattice at most.
        assert table[SIDE] <= n * min(one.u, law.support[1]) + one.sd / 128
        # Below 0 the kernel draws 0. Of the tenth of the Monte Carlo error that is promised this may take a tenth;
        # the most is 0.0011 of that error, for two cases of gamma 0.2, which often cost next to nothing.
        added = table_expectation(table, lambda x: np.maximum(-x, 0.0))
        assert added < 1e-2 * math.sqrt(n) * one.sd / math.sqrt(YEARS)
    assert one.faithful and suits_bulk(law, one.u)


def test_last_row_is_the_normal_law(made):
    score = special.ndtri(TAIL)
    # Standardised as drawn: linear interpolation adds (1 / CELLS)^2 / 12 or less to the variance.
    np.testing.assert_allclose(made["cv 2"].tables[-1], np.concatenate([score, -score]), rtol=CELLS**-2)


# --- the compound Poisson law


@dataclass
class Tail:
    sd: float
    var99: float
    tvar99: float


def tail_of(x, up_to, sd):
    """Return the metrics of a distribution function at ascending points."""
    var = float(np.interp(0.99, up_to, x))
    begin = np.searchsorted(x, var)
    beyond = np.trapezoid(np.append(0.01, 1.0 - up_to[begin:]), np.append(var, x[begin:]))
    return Tail(sd, var, var + float(beyond) / 0.01)


def exact_tail(law, one, rate):
    """Return the metrics of the compound Poisson law by Fourier, and their Monte Carlo errors."""
    sd = math.sqrt(rate * (one.mean**2 + one.sd**2))
    step = max(one.sd / 64, sd / 15_000)
    part = law.truncated(one.u)
    severity = part.discretise(step, int(one.u / step) + 3)
    cells = 1 << math.ceil(math.log2((24 * sd + 3 * one.u) / step))
    padded = np.zeros(max(cells, len(severity)))
    padded[: len(severity)] = severity
    pmf = compound_pmf(padded, lambda z: np.exp(rate * (z - 1)))
    begin = max(int((rate * one.mean - 12 * sd) / step), 0)
    pmf = np.roll(pmf, -(begin % len(pmf)))
    # The lattice keeps the mean, and adds about step^2 / 6 per case to the variance: taken out by scaling.
    x = (begin + np.arange(len(pmf))) * step
    mean = float(pmf @ x)
    x = mean + (x - mean) * sd / math.sqrt(float(pmf @ (x - mean) ** 2) + step**2 / 12)
    exact = tail_of(x + 0.5 * step, np.cumsum(pmf), sd)
    density = np.interp(exact.var99, x, pmf / step)
    high = x > exact.var99
    weight = pmf[high] / pmf[high].sum()
    spread = weight @ (x[high] - weight @ x[high]) ** 2
    kurtosis = float(pmf @ ((x - mean) / sd) ** 4)
    error = Tail(
        sd * math.sqrt((kurtosis - 1) / (4 * YEARS)),
        math.sqrt(0.01 * 0.99 / YEARS) / density,
        math.sqrt((spread + 0.99 * (exact.tvar99 - exact.var99) ** 2) / (0.01 * YEARS)),
    )
    return exact, error


def drawn_tail(one, rate, exact):
    """Return the metrics of what the kernel draws: the laws of the interpolated tables, mixed over N."""
    counts = np.arange(int(stats.poisson.ppf(1e-12, rate)), int(stats.poisson.isf(1e-12, rate)) + 1)
    sd = math.sqrt(rate * (one.mean**2 + one.sd**2))
    x = np.linspace(max(exact.var99 - 3 * sd, 0.0), exact.var99 + 9 * sd + 2 * one.u, 2_000)
    up_to, square = np.zeros(len(x)), rate * one.mean**2
    for n, weight in zip(counts.tolist(), stats.poisson.pmf(counts, rate).tolist(), strict=True):
        table = one.table_of(n)
        up_to += weight * (np.interp(x, ascending(table), CHANCE, left=0.0, right=1.0) if n else 1.0)
        square += weight * table_moments(table)[1] ** 2 if n else 0.0
    return tail_of(x, up_to, math.sqrt(square))


SMALL_RATES = (1.0, 9.0, 45.0, 1_000.0, 4_000.0)
CASES = [(name, rate) for name in LAWS for rate in SMALL_RATES] + [("reference", 100_000.0), ("cv 2", 100_000.0)]


@pytest.mark.parametrize(("name", "rate"), CASES)
def test_error_is_within_a_tenth_of_the_monte_carlo_error(made, name, rate):
    exact, error = exact_tail(LAWS[name], made[name], rate)
    drawn = drawn_tail(made[name], rate, exact)
    assert abs(drawn.sd - exact.sd) < 0.1 * error.sd
    assert abs(drawn.var99 - exact.var99) < 0.1 * error.var99
    assert abs(drawn.tvar99 - exact.tvar99) < 0.1 * error.tvar99


# --- a seeded draw


@pytest.mark.parametrize("n", [1, 6, 12, 90])
def test_drawn_sums_have_the_law_of_summed_cases(made, n):
    one = made["cv 1.1"]
    rng = np.random.Generator(np.random.PCG64(n))
    rows = [row.tolist() for row in one.tables]
    words = rng.integers(0, 2**64, 3_000, dtype=np.uint64).tolist()
    ours = [naive.sum_of(rows, n, one.mean, one.sd, word) for word in words]
    below = float(LAWS["cv 1.1"].cdf(one.u))
    theirs = LAWS["cv 1.1"].quantile(rng.random((60_000, n)) * below).sum(axis=1)
    assert stats.ks_2samp(ours, theirs).pvalue > 1e-4
    # Monotone in the uniform.
    in_order = [naive.sum_of(rows, n, one.mean, one.sd, word) for word in sorted(words)]
    assert in_order == sorted(ours)


# --- the split


def test_split_point():
    law = Lognormal(9.0, 1.3)
    assert split_point(law, math.inf, 1.3) == float(law.isf(RARE))
    assert split_point(law, 100_000.0, 1.25) == 80_000.0  # 80,000 at 1.25 times the price reaches 100,000, no further
    assert split_point(Lognormal(9.0, 1.0).capped(60_000.0), math.inf, 1.0) == 60_000.0
    for attachment, price in ((0.0, 1.0), (-1.0, 1.0), (1.0, 0.0), (1.0, math.inf), (math.nan, 1.0)):
        with pytest.raises(ValueError, match="both must be above 0"):
            split_point(law, attachment, price)


STAY = StayTimesTariff(1.0, Lognormal.from_mean_cv(320.0, 0.4).capped(1_100.0))


@pytest.mark.parametrize(
    ("law", "u"),
    [(LAWS["cv 2"], 50_000.0), (LAWS["capped"], 40_000.0), (LAWS["capped"], 90_000.0), (STAY, 200_000.0)],
    ids=["lognormal", "atom among the large", "atom at the split", "costly quantiles"],
)
def test_small_and_large_make_up_the_whole(law, u):
    one = SumTables.make(law, u)
    assert one.beyond == float(law.sf(u))
    assert one.small.max() <= u <= one.large.min()
    large = u + float(law.excess(u)) / one.beyond if one.beyond else u
    assert (1 - one.beyond) * one.mean + one.beyond * large == pytest.approx(law.mean, rel=1e-9)
    # (1 / CELLS)^2 / 8 x s (s + 1) bounds an interpolation, here with steepness s at most 3; costly laws have two.
    tolerance = 2 * 12 / (8 * CELLS**2)
    assert table_mean(one.small) == pytest.approx(one.mean, rel=tolerance)
    assert table_mean(one.large) == pytest.approx(large, rel=tolerance)
    if law is LAWS["capped"]:
        assert (one.beyond == 0.0) == (u == 90_000.0)
        assert one.large.max() == 90_000.0  # the cap, either way


def test_costs_that_are_all_the_same():
    one = SumTables.make(Fixed(25_000.0), 30_000.0)
    assert (one.sd, one.error, one.faithful) == (0.0, 0.0, True)
    assert set(one.table_of(7)) == {175_000.0}
    assert suits_bulk(Fixed(25_000.0), 25_000.0)


def test_laws_that_are_declined():
    assert not suits_bulk(Fixed(25_000.0), 24_999.0)  # no case is small
    assert not suits_bulk(Lognormal(9.0, 1.0), math.inf)
    for u in (24_999.0, math.inf):
        with pytest.raises(ValueError, match="with a chance above 0"):
            SumTables.make(Fixed(25_000.0), u)
    few = Mixture((Fixed(1_000.0), Fixed(2_000.0)), (0.5, 0.5))
    unlike = Mixture((Lognormal(8.0, 0.5), Lognormal(11.0, 0.3)), (0.97, 0.03))
    for law in (few, unlike, Lomax(1.5, 30_000.0)):
        u = split_point(law, math.inf, 1.0)
        assert SumTables.make(law, u).error > MOST_ERROR and not suits_bulk(law, u)


def test_past_cases_are_fine():
    past = tuple(np.random.default_rng(4).lognormal(9.0, 1.1, 60).tolist())
    assert suits_bulk(EmpiricalGPD(past, 20_000.0, 0.25, 9_000.0), 60_000.0)
