"""Mean, variance and covariance of bands and of what members of an excess pool bear."""

import math

import numpy as np
import pytest

from solidair.models.exact import (
    Band,
    CaseMoments,
    aggregate_moments,
    band_moments,
    excess_pool,
    split_moments,
)
from solidair.models.severity import GPD, Capped, Fixed, Lognormal, Lomax


def test_retained_and_ceded():
    # vector P17: compound Poisson(18) of lognormal(9.5, 1.3), 425,000 above 75,000 of each case ceded
    law, band = Lognormal(9.5, 1.3), Band(75_000.0, 425_000.0)
    retained_ceded = aggregate_moments([18.0], [split_moments(law, [band])])
    assert retained_ceded.mean[0] == pytest.approx([424895.591674, 134925.066353], rel=1e-11)
    covariance = retained_ceded.covariance[0, :, 0, :]
    expected = [[34879608789, 16244718270.9], [16244718270.9, 26989885237.8]]
    np.testing.assert_allclose(covariance, expected, rtol=1e-10)
    assert covariance.sum() == pytest.approx(94358930568.5, rel=1e-10)
    assert 18 * float(law.sf(75_000)) == pytest.approx(1.66024978187, rel=1e-11)


BANDS = [Band(0.0, 20.0), Band(10.0, 30.0, 0.6), Band(15.0), Band(5.0, 60.0, -0.25), Band(90.0, 1e-3)]


@pytest.mark.parametrize("law", [Lognormal(3.0, 0.8), Capped(Lomax(1.8, 30.0), 120.0), Fixed(42.0)], ids=repr)
def test_bands_that_overlap(law):
    # Twin: midpoints of a million equally likely cases; halving the error by quadrature is not needed at 1e-4.
    u = (np.arange(1_000_000) + 0.5) / 1_000_000
    x = law.quantile(u)
    paid = np.stack([b.share * np.minimum(np.maximum(x - b.attachment, 0), b.width) for b in BANDS])
    moments = band_moments(law, BANDS)
    # The error of midpoints is at most what one interval holds of the tail; squares of lognormal costs are the worst:
    # E[X^2; X > 1e-6 quantile] is 1.1e-3 of 1.1e3.
    np.testing.assert_allclose(moments.first, paid.mean(axis=1), rtol=2e-4)
    np.testing.assert_allclose(moments.second, paid @ paid.T / x.size, rtol=2e-3)
    assert band_moments(law, []).first.shape == (0,)


def test_a_band_by_hand():
    # Cost 42: the first pays 20, the second 0.6 x 30 = 18, the third 27, the fourth -0.25 x 37, the last nothing.
    moments = band_moments(Fixed(42.0), BANDS)
    paid = np.array([20.0, 18.0, 27.0, -9.25, 0.0])
    np.testing.assert_allclose(moments.first, paid, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(moments.second, np.outer(paid, paid), rtol=1e-13, atol=1e-12)
    split = split_moments(Fixed(42.0), BANDS[:2])
    np.testing.assert_allclose(split.first, [4.0, 38.0], rtol=1e-14)


def test_without_bands_all_is_retained():
    law = Lognormal(3.0, 0.8)
    first, second = split_moments(law, [])
    np.testing.assert_allclose(first, [law.mean, 0.0], rtol=1e-13)
    np.testing.assert_allclose(second, [[law.moment(2), 0.0], [0.0, 0.0]], rtol=1e-12)


def test_an_infinite_variance_stays_in_the_band_that_has_it():
    law = GPD(0.6, 10.0)
    first, second = split_moments(law, [Band(50.0)])
    assert np.isfinite(first).all() and math.isfinite(second[0, 0]) and math.isfinite(second[0, 1])
    assert second[1, 1] == math.inf
    # min(X, 50) (X - 50)+ = 50 (X - 50)+
    assert second[0, 1] == pytest.approx(50 * float(law.excess(50.0)), rel=1e-12)


def test_shared_gamma_shock():
    # vector P18: gamma of shape 8 on three members
    cases = [(15e3, 9e8), (12e3, 6e8), (18e3, 13e8)]
    moments = [CaseMoments(np.array([m]), np.array([[s]])) for m, s in cases]
    total = aggregate_moments(np.diag([12.0, 30.0, 55.0]), moments, 1 / 8)
    covariance = total.covariance[:, 0, :, 0]
    expected = np.array([[1485, 810, 2227.5], [810, 3420, 4455], [2227.5, 4455, 19401.25]]) * 1e7
    np.testing.assert_allclose(covariance, expected, rtol=1e-12)
    mean, sd = total.mean[:, 0], np.sqrt(np.diag(covariance))
    assert covariance[0, 1] / sd[0] / sd[1] == pytest.approx(0.359425378724, rel=1e-10)
    assert covariance[1, 2] / sd[1] / sd[2] == pytest.approx(0.546914955471, rel=1e-10)
    np.testing.assert_allclose(sd / mean, [0.677003200386, 0.513701166914, 0.44491767735], rtol=1e-10)
    pooled = math.sqrt(covariance.sum())
    assert pooled / mean.sum() == pytest.approx(0.409691064507, rel=1e-10)
    assert pooled / sd.sum() == pytest.approx(0.838832632799, rel=1e-10)
    # The shock puts a floor under the CV of any pool: 1 / sqrt(8).
    many = aggregate_moments(1e9 * np.diag([12.0, 30.0, 55.0]), moments, 1 / 8)
    cv = math.sqrt(many.covariance.sum()) / many.mean.sum()
    assert cv == pytest.approx(0.353553390593, rel=1e-8)


def test_own_and_regional_shocks():
    # Members 0 and 1 share a shock of variance 0.04; 2 has one of 0.09. Fixed costs of 10: Cov = rate^2 x 100 x v.
    shocks = np.array([[0.04, 0.04, 0.0], [0.04, 0.04, 0.0], [0.0, 0.0, 0.09]])
    moments = [CaseMoments(np.array([10.0]), np.array([[100.0]]))]
    covariance = aggregate_moments([3.0, 5.0, 2.0], moments, shocks).covariance[:, 0, :, 0]
    expected = [[300 + 36, 60, 0], [60, 500 + 100, 0], [0, 0, 200 + 36]]
    np.testing.assert_allclose(covariance, expected, rtol=1e-13)


def test_excess_pool():
    # vector P30: lognormal(9.6, 1.25), all above 100,000 per case by a key
    rates, key = np.array([6.0, 20.0, 74.0]), [0.065, 0.18, 0.755]
    law = Lognormal(9.6, 1.25)
    pool = excess_pool(rates, [law], [Band(100_000.0)], key)
    np.testing.assert_allclose(pool.own_mean, [193495.487202, 644984.957341, 2386444.34216], rtol=1e-11)
    np.testing.assert_allclose(pool.own_sd, [172539.199758, 315012.039205, 605937.755817], rtol=1e-11)
    np.testing.assert_allclose(pool.contribution_mean, [196629.460243, 632449.06518, 2395846.26128], rtol=1e-11)
    np.testing.assert_allclose(pool.contribution_sd, [100818.050924, 202220.546007, 553278.450607], rtol=1e-10)
    np.testing.assert_allclose(pool.net_transfer, [3133.97304022, -12535.8921609, 9401.91912065], rtol=1e-9)
    assert pool.pooled_mean == pytest.approx(626794.608043, rel=1e-11)
    assert pool.pooled_sd == pytest.approx(474785.295484, rel=1e-11)
    full = excess_pool(rates, [law], [Band(0.0)], key)
    np.testing.assert_allclose(full.contribution_sd, [45785.2416706, 126789.900011, 531813.191712], rtol=1e-10)
    nothing = excess_pool(rates, [law], [], key)
    np.testing.assert_allclose(nothing.contribution_sd, pool.own_sd, rtol=1e-12)
    assert nothing.pooled_sd == 0.0


def test_excess_pool_of_several_care_types_under_a_shock():
    # Twin: contributions as a linear map of all (retained, ceded).
    rates = np.array([[6.0, 0.4], [20.0, 1.5], [74.0, 3.0]])
    laws = [Lognormal(9.0, 1.0), Lomax(2.7, 150_000.0)]
    bands, key = [Band(50_000.0, 100_000.0), Band(200_000.0, math.inf, 0.7)], np.array([0.1, 0.2, 0.7])
    whole = aggregate_moments(rates, [split_moments(law, bands) for law in laws], 0.03)
    flat = whole.covariance.reshape(6, 6)
    np.testing.assert_allclose(flat, flat.T, rtol=1e-12)
    matrix = np.zeros((3, 6))
    for i in range(3):
        matrix[i, 2 * i] = 1.0
        matrix[i, 1::2] += key[i]
    pool = excess_pool(rates, laws, bands, key, 0.03)
    np.testing.assert_allclose(pool.contribution_mean, matrix @ whole.mean.ravel(), rtol=1e-12)
    np.testing.assert_allclose(pool.contribution_sd**2, np.diag(matrix @ flat @ matrix.T), rtol=1e-12)
    assert pool.net_transfer.sum() == pytest.approx(0.0, abs=1e-9 * pool.own_mean.sum())


def test_what_is_refused():
    law = Lognormal(9.0, 1.0)
    with pytest.raises(ValueError, match="width above 0"):
        Band(10.0, 0.0)
    with pytest.raises(ValueError, match="attachment"):
        Band(-1.0)
    for key in ([0.5, 0.6], [1.2, -0.2], [1.0]):
        with pytest.raises(ValueError, match="key"):
            excess_pool([1.0, 2.0], [law], [Band(5.0)], key)
    with pytest.raises(ValueError, match="care types"):
        aggregate_moments([[1.0, 2.0]], [split_moments(law, [])])
    with pytest.raises(ValueError, match="at least 0"):
        aggregate_moments([-1.0], [split_moments(law, [])])
