"""Allocation of the tail value at risk of a pool: exact, and from samples with ties."""

import math
from itertools import combinations

import numpy as np
import pytest

from solidair.models.exact import (
    BeyondGridError,
    LatticeLaw,
    Portfolio,
    discretise,
    empirical_co_tvar,
    exact_co_tvar,
    share_by_conditional_mean,
)
from solidair.models.severity import Lomax

ROWS = [[5, 0, 20], [10, 40, 0], [0, 0, 0], [60, 10, 10], [3, 2, 1], [20, 30, 30], [0, 80, 0], [1, 1, 1], [15, 5, 50],
        [100, 20, 40]]  # fmt: skip


def test_samples_with_a_tie():
    # vector P35: three of ten totals are 80 = VaR; 2.5 years make the tail, so 1.5 years are shared by the three.
    found = empirical_co_tvar(ROWS, 0.75)
    assert (found.var, found.tvar) == (80.0, pytest.approx(112.0, rel=1e-14))
    np.testing.assert_allclose(found.shares, [56.0, 32.0, 24.0], rtol=1e-14)
    alone = [empirical_co_tvar(np.array(ROWS)[:, [i]], 0.75).tvar for i in range(3)]
    assert alone == pytest.approx([68.0, 54.0, 42.0], rel=1e-14)
    pairs = {p: empirical_co_tvar(np.array(ROWS)[:, list(p)], 0.75).tvar for p in combinations(range(3), 2)}
    assert pairs == pytest.approx({(0, 1): 94.0, (0, 2): 97.0, (1, 2): 68.0}, rel=1e-14)
    for (i, j), tvar in pairs.items():
        assert found.shares[i] + found.shares[j] <= tvar + 1e-12


def test_no_group_gains_by_leaving():
    rng = np.random.Generator(np.random.PCG64(5))
    x = np.round(rng.pareto(1.8, (200, 5)), 1)  # rounded, so that totals tie
    for level in (0.0, 0.5, 0.9, 0.995, 0.9973):
        whole = empirical_co_tvar(x, level)
        assert whole.shares.sum() == pytest.approx(whole.tvar, rel=1e-13)
        for size in range(1, 5):
            for group in combinations(range(5), size):
                own = empirical_co_tvar(x[:, group], level).tvar
                assert whole.shares[list(group)].sum() <= own * (1 + 1e-12)


def test_the_number_of_years_in_the_tail_is_exact():
    # int(1000 x (1 - 0.9)) is 99 in floats. The worst 100 of 1, ..., 1000 have mean 950.5.
    found = empirical_co_tvar(np.arange(1.0, 1_001.0)[:, None], 0.9)
    assert (found.var, found.tvar) == (900.0, pytest.approx(950.5, rel=1e-14))


def _padded(f, n):
    return LatticeLaw(1.0, np.concatenate([f, np.zeros(n - len(f))]))


F = [
    [0, 0.5, 0.3, 0.2],
    [0, 0.7, 0.2, 0.1],
    [0, 0.1, 0.1, 0.1, 0.1, 0.1, 0, 0, 0, 0, 0.2, 0, 0, 0, 0, 0.2, 0, 0, 0, 0, 0.1],
]


def test_exact_allocation():
    # vector P58: three compound Poissons, one with rare large cases
    sharing = share_by_conditional_mean(Portfolio.poisson(np.diag([2.0, 5.0, 0.6])), [_padded(f, 1024) for f in F])
    np.testing.assert_allclose(sharing.means, [3.4, 7.0, 5.1], rtol=1e-12)
    found = exact_co_tvar(sharing, 0.95)
    assert found.var == 34.0
    assert found.tvar == pytest.approx(40.7282423328, rel=1e-10)
    np.testing.assert_allclose(found.shares, [4.55644706171, 8.94365458444, 27.2281406866], rtol=1e-10)
    for level in (0.0, 0.3, 0.9, 0.99, 0.999):
        found = exact_co_tvar(sharing, level)
        assert found.tvar == pytest.approx(float(sharing.law.tvar(level)), rel=1e-10)
    np.testing.assert_allclose(exact_co_tvar(sharing, 0.0).shares, sharing.means, rtol=1e-12)


def test_a_tail_that_leaves_the_grid_is_counted():
    portfolio, laws = Portfolio.poisson([[2.0, 0.0], [0.0, 5.0]]), [Lomax(2.5, 30.0), Lomax(2.5, 10.0)]
    found = []
    for n in (2**12, 2**15):
        sharing = share_by_conditional_mean(portfolio, [discretise(law, 0.5, n) for law in laws])
        found.append(exact_co_tvar(sharing, 0.99))
    assert sharing.law.missing < 1e-6
    np.testing.assert_allclose(found[0].shares, found[1].shares, rtol=1e-7)


def test_what_is_refused():
    sharing = share_by_conditional_mean(Portfolio.poisson(np.diag([2.0, 5.0, 0.6])), [_padded(f, 64) for f in F])
    for level in (1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match="level"):
            exact_co_tvar(sharing, level)
        with pytest.raises(ValueError, match="level"):
            empirical_co_tvar(ROWS, level)
    with pytest.raises(BeyondGridError, match="grid"):
        exact_co_tvar(share_by_conditional_mean(Portfolio.poisson([[40.0]]), [_padded(F[0], 64)]), 0.5)
    for bad in ([], [1.0, 2.0]):
        with pytest.raises(ValueError, match="table"):
            empirical_co_tvar(bad, 0.5)
