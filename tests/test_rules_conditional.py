"""Conditional means from simulated years: against plain least squares, exact conditional means and repetition."""

import math
from itertools import product

import numpy as np
import pytest
from scipy.interpolate import BSpline

from benchmarks import conditional_mean as benchmark
from solidair.models.exact import LatticeLaw, Portfolio, share_by_conditional_mean, share_independent
from solidair.models.exact.closed import two_gammas
from solidair.pool.rules import ConditionalMean, Law, LawError, RuleError, ShareSpline, SmallSampleError, fewest_years
from solidair.pool.rules.bsplines import knots_between, splines
from solidair.pool.rules.spline import BLOCKS, weighted_fit
from tests.test_rules_properties import conditional_means, independent_pool


def gammas(years, seed, shapes=(0.7, 1.5, 3.0), scales=(9e4, 3e4, 1e4), idle=0.0):
    """Return yearly costs, shape (year, member), of which a share costs nothing at all."""
    rng = np.random.Generator(np.random.PCG64(seed))
    return rng.gamma(shapes, scales, (years, len(shapes))) * (rng.random((years, 1)) >= idle)


# --- splines


def test_splines_against_scipy():
    knots = knots_between(1.0, 9.0, np.array([2.0, 2.5, 7.0]))
    x = np.concatenate([np.linspace(1.0, 9.0, 801), knots])
    found = splines(knots, x)
    np.testing.assert_allclose(found, BSpline.design_matrix(x, knots, 3).toarray().T, rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.sum(axis=0), 1.0, rtol=1e-14)
    np.testing.assert_array_equal(splines(knots, np.array([-4.0, 12.0])), splines(knots, np.array([1.0, 9.0])))
    np.testing.assert_array_equal(splines(knots, np.array([9.0]))[:, 0], np.eye(7)[-1])


def test_least_squares_with_any_columns_keeps_full_allocation_and_means():
    # Eight years, a parabola in the total: numbers of numpy.polyfit, checked by the covariance formula.
    sample = np.array([[12, 3, 7], [5, 9, 1], [20, 2, 30], [0, 0, 4], [7, 15, 6], [3, 1, 0], [9, 9, 9], [1, 30, 2.0]])
    columns = np.vander(sample.sum(axis=1), 3)
    start = np.zeros((3, 3))
    start[1] = 1 / 3  # everybody a third of the total
    found = weighted_fit(columns.T @ columns, columns.T @ sample, start)
    expected = [
        [0.00502676007254, -0.0218898375364, 0.0168630774639],
        [0.0451864747399, 1.3517384605, -0.396924935243],
        [2.28046050181, -6.0879709513, 3.80751044949],
    ]
    # The products have a condition of 8e6, times the rounding of 1e-16 and a margin of ten.
    assert np.linalg.cond(columns.T @ columns) < 1e7
    np.testing.assert_allclose(found, expected, rtol=1e-8)
    np.testing.assert_allclose((columns @ found).mean(axis=0), [7.125, 8.625, 7.375], rtol=1e-8)
    np.testing.assert_allclose((columns @ found).sum(axis=1), sample.sum(axis=1), rtol=1e-12)
    # One year says nothing about a parabola: what it leaves open stays a third each, and adds up.
    one = weighted_fit(columns[:1].T @ columns[:1], columns[:1].T @ sample[:1], start)
    np.testing.assert_allclose(columns[:1] @ one, sample[:1], rtol=1e-9)
    np.testing.assert_allclose((columns @ one).sum(axis=1), sample.sum(axis=1), rtol=1e-12)


# --- the fit against a naive twin


def naive_design(curve, totals):
    """Columns and fixed part of the fit, from its definition, with the splines of scipy."""
    low = np.minimum(totals, curve.join)
    at = np.clip(np.log(low), curve.knots[0], curve.knots[-1])
    columns = BSpline.design_matrix(at, curve.knots, 3).toarray() * low[:, None]
    over = totals - low
    if curve.tail is not None:
        return columns, np.outer(over, curve.tail)
    slope = over / (curve.join - curve.means.sum())
    last = BSpline.design_matrix([curve.knots[-1]], curve.knots, 3).toarray()[0] * curve.join
    return columns + np.outer(slope, last), -np.outer(slope, curve.means)


def naive_fit(curve, sample):
    sample = sample[sample.sum(axis=1) > 0]
    columns, fixed = naive_design(curve, sample.sum(axis=1))
    root = 1.0 / np.sqrt(columns.sum(axis=1, keepdims=True))
    return np.linalg.lstsq(columns * root, (sample - fixed) * root, rcond=None)[0]


def naive_share(curve, coefficients, sample):
    borne = np.zeros_like(sample)
    some = sample.sum(axis=1) > 0
    columns, fixed = naive_design(curve, sample[some].sum(axis=1))
    borne[some] = columns @ coefficients + fixed
    return borne


@pytest.mark.parametrize("tail", [None, (0.7, 0.2, 0.1)])
@pytest.mark.parametrize("terms", [4, 6, 9])
def test_fit_against_plain_least_squares(tail, terms):
    sample = gammas(5_003, 1, idle=0.1)
    curve = ShareSpline.fit(Law.of_sample(sample), tail, terms)
    assert curve.fits.shape == (1 + BLOCKS, terms, 3)
    # The normal equations square a condition of a few hundred: ten digits are left.
    np.testing.assert_allclose(curve.fits[0], naive_fit(curve, sample), rtol=1e-8, atol=1e-9)
    blocks = np.array_split(np.arange(5_003), np.linspace(0, 5_003, BLOCKS + 1).astype(int)[1:-1])
    held_out, spreads = np.empty_like(sample), []
    for b, block in enumerate(blocks):
        others = np.delete(sample, block, axis=0)
        without = naive_fit(curve, others)
        np.testing.assert_allclose(curve.fits[1 + b], without, rtol=1e-8, atol=1e-9)
        held_out[block] = naive_share(curve, without, sample[block])
        spreads.append(naive_share(curve, without, others).var(axis=0))
    np.testing.assert_allclose(curve.variance, held_out.var(axis=0), rtol=1e-8)
    deviations = np.array(spreads) - np.mean(spreads, axis=0)
    error = np.sqrt((BLOCKS - 1) / BLOCKS * (deviations**2).sum(axis=0))
    np.testing.assert_allclose(curve.variance_error, error, rtol=1e-6)


@pytest.mark.parametrize("tail", [None, (0.7, 0.2, 0.1)])
def test_what_a_fit_keeps(tail):
    sample = gammas(6_000, 2, idle=0.05)
    rule = ConditionalMean.fit(Law.of_sample(sample), tail=tail)
    curve = rule.curve
    borne = rule.share(sample)
    # Weights of one over the sum of the columns make every member's residuals sum to zero, the tail included.
    np.testing.assert_allclose(borne.mean(axis=0), sample.mean(axis=0), rtol=1e-10)
    assert not borne[sample.sum(axis=1) == 0].any()
    totals = np.array([0.0, 1.0, curve.grid[0], curve.join, 2 * curve.join, 1e12])
    np.testing.assert_allclose(curve.at(totals).sum(axis=0), totals, rtol=1e-13)
    # No jump at the join, a straight line beyond it.
    at, mean = curve.at(curve.join * np.array([1 - 1e-12, 1.0, 2.0, 3.0])).T, curve.means
    np.testing.assert_allclose(at[0], at[1], rtol=1e-9)
    slope = (at[2] - at[1]) / curve.join
    np.testing.assert_allclose(at[3], at[1] + 2 * curve.join * slope, rtol=1e-12)
    if tail is None:
        np.testing.assert_allclose(at[2], mean + slope * (2 * curve.join - mean.sum()), rtol=1e-10)
    else:
        np.testing.assert_allclose(slope, tail, rtol=1e-9)
    assert curve.error(totals.reshape(2, 3)).shape == curve.at(totals.reshape(2, 3)).shape == (3, 2, 3)


def test_small_samples_are_refused():
    assert (fewest_years(3), fewest_years(342)) == (2_000, 20_520)
    with pytest.raises(SmallSampleError, match=r"2000 simulated years.*1999.*linear rule"):
        ConditionalMean.fit(Law.of_sample(gammas(1_999, 1)))
    # Years without any cost say nothing about who bears it.
    with pytest.raises(SmallSampleError):
        ConditionalMean.fit(Law.of_sample(gammas(2_100, 1, idle=0.2)))
    ConditionalMean.fit(Law.of_sample(gammas(2_000, 1)))


def test_samples_that_are_of_no_use():
    sample = gammas(3_000, 1)
    with pytest.raises(LawError, match="at least 0"):
        ShareSpline.fit(Law.of_sample(np.vstack([sample, [[-1.0, 1e5, 1e5]]])))
    with pytest.raises(LawError, match="too few different"):
        ShareSpline.fit(Law.of_sample(np.tile([[1.0, 2.0], [2.0, 2.0]], (2_000, 1))))
    with pytest.raises(RuleError, match="at least 4"):
        ShareSpline.fit(Law.of_sample(sample), terms=3)
    for tail in ([1.0], [0.5, 0.6, 0.1], [1.5, -0.5, 0.0]):
        with pytest.raises(RuleError, match="sum 1"):
            ShareSpline.fit(Law.of_sample(sample), tail)


# --- error bars


def test_error_bars_are_of_the_right_size():
    # Two gammas, 100 samples: the mean squared error bar against what really varies. A variance of 100 values is good
    # to sqrt(2 / 99) = 14 %, a mean of 100 jackknives with 9 degrees of freedom to sqrt(2 / 900) = 5 %; together 15 %,
    # and 4.5 times that is 68 %.
    shapes, scales, totals = (1.0, 2.0), (5e4, 2e4), np.array([3e4, 9e4, 2e5])
    found, error, spread, spread_error = [], [], [], []
    for seed in range(100):
        curve = ShareSpline.fit(Law.of_sample(gammas(2_000, 1_000 + seed, shapes, scales)))
        found.append(curve.at(totals)[0])
        error.append(curve.error(totals)[0])
        spread.append(curve.variance)
        spread_error.append(curve.variance_error)
    for values, errors in ((found, error), (spread, spread_error)):
        ratio = np.mean(np.square(errors), axis=0) / np.var(values, axis=0, ddof=1)
        assert np.all((ratio > 1 / 1.68) & (ratio < 1.68)), ratio
    exact = two_gammas(totals, shapes, scales)
    # A spline of six terms cannot follow the curve exactly: 0.2 % of the total is left beside 4.5 standard errors.
    off = np.abs(np.mean(found, axis=0) - exact)
    assert np.all(off < 4.5 * np.std(found, axis=0, ddof=1) / 10 + 0.002 * totals)


# --- falling curves


def test_falling_contributions_are_reported_and_left_alone():
    # The first seldom has a cost of about 50,000, the second many around 20,000: a total of 55,000 is probably the
    # first's, one of 90,000 more often is not.
    rng = np.random.Generator(np.random.PCG64(3))
    first = np.where(rng.random(40_000) < 0.3, rng.normal(50e3, 1e3, 40_000), 0.0)
    rule = ConditionalMean.fit(Law.of_sample(np.stack([first, rng.gamma(1.0, 12e3, 40_000)], axis=1)), terms=12)
    falls = [stretch for stretch in rule.falls(sure=3.0) if stretch.member == 0 and stretch.fall > 1e3]
    assert falls
    for fall in falls:
        at = rule.of_total([fall.low, fall.high])[:, 0]
        assert at[0] - at[1] == pytest.approx(fall.fall, rel=1e-9)
        assert fall.steepest <= -fall.fall / (fall.high - fall.low) < 0.0
    assert set(rule.falls(sure=3.0)) <= set(rule.falls())
    # Independent members with one scale: shares are fixed and every curve rises (Efron 1965).
    assert ConditionalMean.fit(Law.of_sample(gammas(20_000, 4, scales=(1e4, 1e4, 1e4)))).falls(sure=3.0) == []


# --- exact laws


def test_exact_rule_is_the_average_over_ties():
    rng = np.random.Generator(np.random.PCG64(5))
    for _ in range(20):
        pool = independent_pool(rng)
        values = [np.unique(column, return_counts=True) for column in pool.years.T]
        laws = []
        for amounts, counts in values:
            pmf = np.zeros(128)
            pmf[amounts.astype(int)] = counts / counts.sum()
            laws.append(LatticeLaw(1.0, pmf))
        rule = ConditionalMean.fit(Law.of_exact(share_independent(laws)))
        np.testing.assert_allclose(rule.share(pool.years), conditional_means(pool), rtol=0, atol=1e-9)


def test_conditional_on_shocks_is_exact():
    # Cases cost 1, 2 and 3; a shock of 1/2 or 4/3. Every combination of counts with a total of at most 12, one by one.
    rates, weights, shocks = np.array([0.8, 0.5, 0.3]), [0.4, 0.6], [0.5, 4 / 3]
    joint, chance = np.zeros((3, 13)), np.zeros(13)
    for counts in product(range(13), range(7), range(5)):
        costs = np.array(counts) * [1, 2, 3]
        if costs.sum() < 13:
            for weight, shock in zip(weights, shocks, strict=True):
                mean = rates * shock
                p = weight * np.prod(np.exp(-mean) * mean**counts / [math.factorial(k) for k in counts])
                chance[costs.sum()] += p
                joint[:, costs.sum()] += p * costs
    lattices = [LatticeLaw(1.0, np.eye(1, 64, size)[0]) for size in (1, 2, 3)]
    sharing = share_by_conditional_mean(Portfolio.shocked(np.diag(rates), weights, shocks), lattices)
    rule = ConditionalMean.fit(Law.of_exact(sharing))
    np.testing.assert_allclose(rule.of_total(np.arange(1, 13)), (joint[:, 1:] / chance[1:]).T, rtol=1e-10, atol=1e-14)


# --- the measured comparison


@pytest.fixture(scope="module")
def pools():
    return {shock: benchmark.Pool.make(shock) for shock in (None, benchmark.SHOCK)}


@pytest.mark.parametrize("shock", [None, benchmark.SHOCK])
def test_the_share_spline_beats_the_other_estimates_in_the_body(pools, shock):
    errors = benchmark.measure(pools[shock], 100_000, 1)
    assert benchmark.in_order(errors)
    # The sizes of the comparison: a fixed key is off by a tenth to a third of what contributions vary, a thousand bins
    # by more, the spline by a twentieth or so.
    assert errors["share spline"][0] < 0.5 * errors["mean-proportional"][0] < errors["1000 bins"][0]
    assert errors["50 bins"][0] < errors["200 bins"][0] < errors["1000 bins"][0]


def test_variance_of_contributions_against_the_exact_one(pools):
    pool = pools[None]
    sample = pool.draw(50_000, 7)
    curve = ShareSpline.fit(Law.of_sample(sample))
    cells = pool.exact.reliable
    chance, true = pool.exact.parts.total[cells], pool.exact.on_lattice(cells)
    exact = (true - (true @ chance)[:, None]) ** 2 @ chance
    # Noise of the fit adds p / N E Var(X_i | S), which is less than p / N Var X_i.
    noise = 6 / 50_000 * sample.var(axis=0)
    assert np.all(np.abs(curve.variance - exact) < 4.5 * curve.variance_error + noise)


def test_the_benchmark_prints_its_promise(capsys):
    code = benchmark.main(["--years", "3000", "--samples", "1"])
    printed = capsys.readouterr().out
    assert code == ("NOT KEPT" in printed) and printed.count("share spline, tail known") == 2
    assert "Fourier, 400 shocks" in printed
