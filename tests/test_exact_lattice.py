"""Lattice laws, discretisation, tilts, compound laws by FFT and tails of one big jump."""

import math

import numpy as np
import pytest

from solidair.models.exact import (
    BeyondGridError,
    LatticeLaw,
    Portfolio,
    compound,
    compound_pmf,
    discretise,
    lattices_for,
    single_big_jump,
    step_for,
    tilt_for,
)
from solidair.models.frequency import NegativeBinomial, Poisson
from solidair.models.severity import Capped, Fixed, Lognormal, Lomax, Mixture

LAWS = [Lognormal(2.0, 1.1), Lomax(2.5, 10.0), Fixed(7.3), Capped(Lomax(1.5, 8.0), 60.0)]


# --- a law on a lattice


def test_tail_of_a_law_splits_the_atom():
    # 0, 10, 20 with chances 0.5, 0.4, 0.1. At p = 0.8 VaR = 10 and the worst 20 % are 0.1 at 20 and 0.1 at 10.
    law = LatticeLaw(10.0, [0.5, 0.4, 0.1])
    assert law.quantile([0.0, 0.5, 0.51, 0.9, 0.91, 1.0]).tolist() == [0, 0, 10, 10, 20, 20]
    assert float(law.tvar(0.8)) == pytest.approx(15.0, rel=1e-14)
    assert law.tvar([0.0, 0.5, 0.9]) == pytest.approx([6.0, 12.0, 20.0], rel=1e-14)
    assert (law.mean, law.variance) == pytest.approx((6.0, 44.0), rel=1e-14)  # 0.4 x 100 + 0.1 x 400 - 36
    assert law.excess([0.0, 5.0, 12.0, 20.0]) == pytest.approx([6.0, 3.5, 0.8, 0.0], abs=1e-14)


def test_a_level_that_rounding_misses_is_reached():
    # Ten times 0.1 in floats: cdf[2] = 0.30000000000000004 and cdf[7] = 0.7999999999999999.
    law = LatticeLaw(1.0, [0.1] * 10)
    assert law.quantile([k / 10 for k in range(1, 11)]).tolist() == list(range(10))


def test_tvar_is_the_mean_of_the_quantiles():
    rng = np.random.Generator(np.random.PCG64(3))
    law = LatticeLaw(2.0, rng.dirichlet(np.ones(40)))
    for p in (0.05, 0.5, 0.93):
        # Twin: sum of point x (what the atom has of the interval from p to 1).
        cdf = np.concatenate(([0.0], np.cumsum(law.pmf)))
        kept = np.maximum(cdf[1:] - np.maximum(cdf[:-1], p), 0.0)
        assert float(law.tvar(p)) == pytest.approx(kept @ law.points / (1 - p), rel=1e-12)


def test_what_lies_beyond_the_grid_is_refused_or_known():
    short = LatticeLaw(1.0, [0.5, 0.4])
    assert short.missing == pytest.approx(0.1)
    for ask in (lambda: short.mean, lambda: short.variance, lambda: short.tvar(0.5), lambda: short.quantile(0.95)):
        with pytest.raises(BeyondGridError, match="longer grid"):
            ask()
    # The rest lies at 9: with the mean 0.4 + 0.9 the tail above 0.5 is right all the same: (0.4 x 1 + 0.1 x 9) / 0.5.
    known = LatticeLaw(1.0, [0.5, 0.4], 1.3)
    assert float(known.tvar(0.5)) == pytest.approx(2.6, rel=1e-14)


@pytest.mark.parametrize("pmf", [[], [[0.5]], [0.5, -0.1], [0.8, 0.8], [math.nan]])
def test_what_is_no_law_is_refused(pmf):
    with pytest.raises(ValueError, match="pmf"):
        LatticeLaw(1.0, pmf)
    with pytest.raises(ValueError, match="step"):
        LatticeLaw(0.0, [1.0])


# --- severities


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_discretising_keeps_the_mean(law):
    step, n = 0.5, 400
    capped = discretise(law, step, n, beyond="last")
    assert capped.pmf.sum() == pytest.approx(1.0, abs=1e-12)
    assert capped.pmf @ capped.points == pytest.approx(float(law.lev((n - 1) * step)), rel=1e-11)
    dropped = discretise(law, step, n)
    # Below the last two cells nothing knows where the grid ends.
    np.testing.assert_allclose(dropped.pmf[:-1], capped.pmf[:-1], rtol=0, atol=1e-15)
    longer = discretise(law, step, 2 * n)
    np.testing.assert_allclose(dropped.pmf, longer.pmf[:n], rtol=0, atol=1e-15)
    # Each cell shares out a mass between its two ends, so the mass beyond is that above the grid within one cell.
    assert float(law.sf(n * step)) - 1e-12 <= dropped.missing <= float(law.sf((n - 1) * step)) + 1e-12
    assert dropped.mean == pytest.approx(law.mean, rel=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_rounding_gives_each_point_what_rounds_to_it(law):
    step, n = 0.5, 400
    dropped = discretise(law, step, n, method="rounding")
    edges = step * (np.arange(n) + 0.5)
    np.testing.assert_allclose(np.cumsum(dropped.pmf), law.cdf(edges), rtol=1e-12, atol=1e-14)
    assert dropped.missing == pytest.approx(float(law.sf(edges[-1])), abs=1e-13)
    last = discretise(law, step, n, method="rounding", beyond="last")
    assert last.pmf.sum() == pytest.approx(1.0, abs=1e-13)
    assert last.mean == pytest.approx(last.pmf @ last.points, rel=1e-13)
    assert abs(dropped.mean - law.mean) <= step / 2  # no cost moves by more than half a step


def test_a_grid_must_be_one():
    for step, n in ((0.0, 8), (1.0, 1), (1.0, 2.5), (math.inf, 8)):
        for method in ("mean", "rounding"):
            with pytest.raises(ValueError, match="step"):
                discretise(LAWS[0], step, n, method=method)


def test_steps():
    assert step_for([1_000.0, 40_000.0]) == 50.0
    assert step_for([999.0]) == 20.0
    assert step_for([0.0, 40.0], cells=10) == pytest.approx(2.0)
    assert step_for([0.3]) == pytest.approx(0.01)
    for means in ([], [0.0], [math.inf, 1.0]):
        with pytest.raises(ValueError, match="finite means"):
            step_for(means)


def test_tilts():
    assert tilt_for(0.9e-9, 1024) == 0.0
    # Balance of tail x exp(-t) and 1e-16 x exp(t): for 1e-6 both are 1e-11.
    t = 1024 * tilt_for(1e-6, 1024)
    assert 1e-6 * math.exp(-t) == pytest.approx(1e-16 * math.exp(t), rel=1e-12)
    assert t == pytest.approx(11.5, abs=0.1)


# --- compound laws


def test_the_tilt_is_found():
    # vector P19, Grübel & Hermesmeier (1999): compound Poisson(3)-lognormal(2, 1.1) on 1,024 points of 1.
    severity = discretise(Lognormal(2.0, 1.1), 1.0, 1024, method="rounding")
    law = compound(Poisson(3.0), severity)
    expected = {0: 0.0508705494209, 10: 0.017436577472, 100: 0.00188032329514, 1000: 6.64375474205e-08}
    for k, chance in expected.items():
        assert law.pmf[k] == pytest.approx(chance, rel=3e-5)  # the vector's own two routes differ by 3e-6 at 1,000
    assert law.cdf[100] == pytest.approx(0.923867327358, rel=1e-9)
    assert law.quantile([0.9, 0.99, 0.995]).tolist() == [89, 198, 240]
    long = discretise(Lognormal(2.0, 1.1), 1.0, 8 * 1024, method="rounding")
    whole = compound_pmf(np.where(np.arange(len(long.pmf)) < 1024, long.pmf, 0.0), Poisson(3.0).pgf)
    assert np.abs(law.pmf - whole[:1024]).sum() < 1e-9


@pytest.mark.parametrize("frequency", [Poisson(4.0), NegativeBinomial(4.0, 1.5)], ids=repr)
def test_compound_moments(frequency):
    # Var S = E N Var X + Var N (E X)^2 holds on the lattice; n is such that nothing lies beyond it.
    severity = LatticeLaw(5.0, np.concatenate([[0.1, 0.3, 0.25, 0.15, 0.1, 0.1], np.zeros(1018)]))
    law = compound(frequency, severity)
    assert law.missing < 1e-12
    assert law.pmf @ law.points == pytest.approx(frequency.mean * severity.mean, rel=1e-11)
    variance = frequency.mean * severity.variance + frequency.variance * severity.mean**2
    assert law.variance == pytest.approx(variance, rel=1e-10)


def test_tvar_of_a_heavy_tail_that_leaves_the_grid():
    # Half of the points: the tail beyond the grid is 1e-5, and yet TVaR is that of a grid eight times as long.
    laws = [compound(Poisson(5.0), discretise(Lomax(2.5, 10.0), 0.5, n)) for n in (2**12, 2**15)]
    assert laws[0].missing > 1e-6
    np.testing.assert_allclose(laws[0].tvar([0.5, 0.9, 0.99]), laws[1].tvar([0.5, 0.9, 0.99]), rtol=1e-8)


def test_one_big_jump():
    # vector P20: compound Poisson(5) of Lomax(2.5, 10) at 600
    tail = single_big_jump(Poisson(5.0), Lomax(2.5, 10.0), 600.0)
    assert float(tail.first) == pytest.approx(0.000172046331541, rel=1e-10)
    assert float(tail.second) == pytest.approx(0.000195549928746, rel=1e-10)
    assert float(tail.shifted) == pytest.approx(0.000197996668704, rel=1e-10)
    law = compound(Poisson(5.0), discretise(Lomax(2.5, 10.0), 0.1, 2**17))
    k = 6_000
    exact = 1 - 0.5 * (law.cdf[k - 1] + law.cdf[k])
    assert exact == pytest.approx(0.000201008004936, rel=1e-6)  # error of order step^2, as in test_exact
    ratios = [float(value) / exact for value in tail]
    assert ratios == pytest.approx([0.855917810813, 0.972846473493, 0.985018824332], rel=2e-6)


# --- a lattice for a portfolio


def test_a_lattice_for_a_portfolio():
    laws = [Lognormal(8.5, 1.0), Mixture((Lomax(2.2, 40_000.0), Fixed(30_000.0)), (0.5, 0.5))]
    portfolio = Portfolio.shared_gamma([[20.0, 1.0], [300.0, 4.0]], 25.0)
    lattices = lattices_for(portfolio, laws)
    step, n = lattices[0].step, lattices[0].n
    assert min(law.mean for law in laws) / step >= 20
    total = portfolio.total(lattices)
    assert total.cdf[-1] >= 0.9999 and n & (n - 1) == 0
    means = np.array([[20.0, 1.0], [300.0, 4.0]]) @ [law.mean for law in laws]
    assert total.mean == pytest.approx(means.sum(), rel=1e-12)
    # Half the points would not do.
    half = portfolio.total([discretise(law, step, n // 2) for law in laws])
    assert half.cdf[-1] < 0.9999
    with pytest.raises(ValueError, match="larger step"):
        lattices_for(portfolio, laws, step=1.0)
    with pytest.raises(ValueError, match="infinite mean"):
        lattices_for(Portfolio.poisson([[1.0]]), [Lomax(0.9, 1.0)])
    with pytest.raises(ValueError, match="level"):
        lattices_for(portfolio, laws, level=1.0)
