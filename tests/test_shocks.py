"""Mean-one shocks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from solidair.models.shocks import GammaShock, LognormalShock, NoShock, Shock

ORACLES = [
    *((GammaShock(r), stats.gamma(r, scale=1.0 / r)) for r in (0.1, 1.0, 7.5, 1e4)),
    *((LognormalShock(s), stats.lognorm(s, scale=math.exp(-s * s / 2.0))) for s in (0.05, 0.4, 1.5)),
]
P = np.array([1e-4, 0.1, 0.5, 0.9, 1.0 - 1e-4])


@pytest.mark.parametrize(("shock", "oracle"), ORACLES, ids=lambda v: repr(v)[:30])
def test_agrees_with_scipy(shock: Shock, oracle) -> None:
    x = oracle.ppf(P)
    np.testing.assert_allclose(shock.quantile(P), x, rtol=1e-8)
    np.testing.assert_allclose(shock.isf(P), oracle.isf(P), rtol=1e-8)
    # the log of a gamma function of 1e4 is 8e4: eleven digits are left of its exponential
    np.testing.assert_allclose(shock.pdf(x), oracle.pdf(x), rtol=1e-8)
    np.testing.assert_allclose(shock.cdf(x), P, rtol=1e-8)
    assert shock.moment(0) == 1.0
    assert shock.moment(1) == pytest.approx(1.0, rel=1e-15)
    assert shock.moment(2) - 1.0 == pytest.approx(shock.variance, rel=1e-9)
    assert shock.variance == pytest.approx(oracle.var(), rel=1e-9)
    assert shock.moment(3) == pytest.approx(oracle.moment(3), rel=1e-8)
    assert shock.cdf(-1.0) == 0.0 and shock.pdf(-1.0) == 0.0
    assert shock.isf(1e-16) == pytest.approx(oracle.isf(1e-16), rel=1e-7)


@pytest.mark.parametrize("size", [0.1, 1.0, 3.3, 80.0, 1e4])
@pytest.mark.parametrize("n", [1, 2, 8, 40])
def test_gamma_nodes_are_exact_for_polynomials(size: float, n: int) -> None:
    shock = GammaShock(size)
    values, weights = shock.nodes(n)
    assert values.shape == weights.shape == (n,) and np.all(values >= 0.0) and np.all(weights >= 0.0)
    for k in range(min(2 * n, 9)):
        assert weights @ values**k == pytest.approx(shock.moment(k), rel=1e-10)


@pytest.mark.parametrize("sigma", [0.05, 0.4, 1.0])
def test_lognormal_nodes(sigma: float) -> None:
    shock = LognormalShock(sigma)
    values, weights = shock.nodes(60)
    for k in range(5):
        assert weights @ values**k == pytest.approx(shock.moment(k), rel=1e-10)
    # exact for polynomials in w
    w = (np.log(values) + sigma**2 / 2.0) / sigma
    for k, expected in ((1, 0.0), (2, 1.0), (4, 3.0), (6, 15.0)):
        assert weights @ w**k == pytest.approx(expected, abs=1e-9)


def test_smooth_expectation() -> None:
    shock = GammaShock(5.0)
    values, weights = shock.nodes(30)
    assert weights @ np.exp(-2.0 * values) == pytest.approx((1.0 + 2.0 / 5.0) ** -5.0, rel=1e-12)


def test_no_shock() -> None:
    shock = NoShock()
    assert shock.moment(7) == 1.0 and shock.variance == 0.0
    np.testing.assert_array_equal(shock.quantile(P), 1.0)
    np.testing.assert_array_equal(shock.isf(P), 1.0)
    np.testing.assert_array_equal(shock.cdf([0.5, 1.0]), [0.0, 1.0])
    np.testing.assert_array_equal(shock.pdf([0.5, 1.0]), 0.0)
    values, weights = shock.nodes(5)
    assert values.tolist() == weights.tolist() == [1.0]


@pytest.mark.parametrize("make", [GammaShock, LognormalShock])
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_bad_parameters_are_named(make, value: float) -> None:
    with pytest.raises(ValueError, match="must be a finite number above 0"):
        make(value)


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="p = 2"):
        GammaShock(1.0).quantile(2.0)
    with pytest.raises(ValueError, match="n = 0"):
        LognormalShock(1.0).nodes(0)
    with pytest.raises(ValueError, match=r"k = 1\.5"):
        NoShock().moment(1.5)  # type: ignore[arg-type]
