"""Laws of the number of cases."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from solidair.models.frequency import (
    Binomial,
    Frequency,
    MixedPoisson,
    NegativeBinomial,
    Poisson,
    ZeroModified,
)
from solidair.models.shocks import GammaShock, LognormalShock, NoShock

ORACLES = [
    (Poisson(0.3), stats.poisson(0.3)),
    (Poisson(47.5), stats.poisson(47.5)),
    (NegativeBinomial(6.0, 0.8), stats.nbinom(0.8, 0.8 / 6.8)),
    (NegativeBinomial(90.0, 1e5), stats.nbinom(1e5, 1e5 / (1e5 + 90.0))),
    (Binomial(12, 0.3), stats.binom(12, 0.3)),
]
LAWS: list[Frequency] = [
    *(law for law, _ in ORACLES),
    MixedPoisson(6.0, GammaShock(0.8)),
    MixedPoisson(5.0, NoShock()),
    MixedPoisson(30.0, LognormalShock(0.3)),
    MixedPoisson(2.0, LognormalShock(0.8)),
    ZeroModified(Poisson(2.0), 0.5),
    ZeroModified(NegativeBinomial(6.0, 0.8), 0.0),
    ZeroModified(Binomial(9, 0.4), 0.2),
]
K = np.arange(-1.0, 40.0)


@pytest.mark.parametrize(("law", "oracle"), ORACLES, ids=lambda v: repr(v)[:40])
def test_agrees_with_scipy(law: Frequency, oracle) -> None:
    np.testing.assert_allclose(law.pmf(K), oracle.pmf(K), rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(law.cdf(K), oracle.cdf(K), rtol=1e-9)
    np.testing.assert_allclose(law.sf(K), oracle.sf(K), rtol=1e-9, atol=1e-300)
    p = np.linspace(0.001, 0.999, 300)
    np.testing.assert_array_equal(law.quantile(p), oracle.ppf(p))
    assert law.mean == pytest.approx(oracle.mean(), rel=1e-9)
    assert law.variance == pytest.approx(oracle.var(), rel=1e-9)


@pytest.mark.parametrize("law", LAWS, ids=lambda v: repr(v)[:50])
def test_fits_together(law: Frequency) -> None:
    k = np.arange(1500.0)
    pmf = law.pmf(k)
    assert pmf.sum() == pytest.approx(1.0, rel=1e-9)
    assert pmf @ k == pytest.approx(law.mean, rel=1e-6)
    assert pmf @ k**2 - (pmf @ k) ** 2 == pytest.approx(law.variance, rel=1e-4)
    np.testing.assert_allclose(np.cumsum(pmf), law.cdf(k), rtol=1e-10)
    np.testing.assert_allclose(law.cdf(k) + law.sf(k), 1.0, rtol=1e-12)
    np.testing.assert_allclose(law.cdf([2.5, -0.5]), [law.cdf(2.0), 0.0])
    np.testing.assert_array_equal(law.pmf([2.5, -1.0]), 0.0)
    assert law.sf(-3.0) == 1.0
    p = np.linspace(0.0, 0.9999, 200)
    n = law.quantile(p)
    assert np.all(law.cdf(n) >= p - 1e-15) and np.all(law.cdf(n - 1.0)[n > 0] < p[n > 0] + 1e-15)
    assert law.quantile(1.0) == law.highest and law.quantile(0.5).shape == ()
    # the transform of the probabilities on the circle, as an FFT uses it
    z = np.exp(-2j * np.pi * np.arange(2048.0) / 2048.0)
    back = np.fft.ifft(law.pgf(z)).real
    np.testing.assert_allclose(back[:300], pmf[:300], atol=1e-7)
    assert law.pgf(1.0) == pytest.approx(1.0, rel=1e-12)
    assert law.pgf(0.0) == pytest.approx(complex(law.pmf(0.0)), rel=1e-9)


def test_vector_negative_binomial() -> None:
    law = NegativeBinomial(6.0, 0.8)  # vector P21
    assert law.p == pytest.approx(0.117647058824, rel=1e-6)
    np.testing.assert_allclose(law.pmf([0.0, 5.0]), [0.180494868532, 0.0591617019515], rtol=1e-6)
    np.testing.assert_allclose(law.sf(20.0), 0.0489007123228, rtol=1e-6)
    assert law.variance == pytest.approx(51.0, rel=1e-6)


def test_negative_binomial_is_a_gamma_mixture() -> None:
    shock = GammaShock(2.5)
    values, weights = shock.nodes(60)
    k = np.arange(12.0)
    mixed = stats.poisson.pmf(k[:, None], 4.0 * values) @ weights
    np.testing.assert_allclose(MixedPoisson(4.0, shock).pmf(k), mixed, rtol=1e-9)
    assert MixedPoisson(4.0, shock).pgf(0.3 + 0.4j) == pytest.approx(
        weights @ np.exp(4.0 * values * (0.3 + 0.4j - 1.0)), rel=1e-9
    )


@pytest.mark.parametrize(("mean", "sigma"), [(2.0, 0.8), (30.0, 0.3), (4000.0, 0.2)])
def test_lognormal_mixture_against_quadrature(mean: float, sigma: float) -> None:
    law, shock = MixedPoisson(mean, LognormalShock(sigma)), LognormalShock(sigma)
    for k in np.unique(np.floor(mean * np.array([0.4, 1.0, 1.7]))):
        peak = max(k, 1.0) / mean
        width = 12.0 * peak / math.sqrt(max(k, 1.0))
        cuts = [max(peak - width, 0.0), peak, peak + width]
        total = sum(
            integrate.quad(
                lambda z, k=k: float(stats.poisson.pmf(k, mean * z) * shock.pdf(z)),
                a,
                b,
                epsabs=0.0,
                limit=200,
            )[0]
            for a, b in zip([0.0, *cuts], [*cuts, 60.0], strict=True)
            if a < b
        )
        assert float(law.pmf(k)) == pytest.approx(total, rel=1e-8)
    # E[N] and Var N through the tail sums
    assert law.variance == pytest.approx(mean + mean**2 * math.expm1(sigma**2))


def test_zero_modified() -> None:
    law = ZeroModified(Poisson(2.0), 0.5)
    assert law.pmf(0.0) == 0.5
    assert law.mean == pytest.approx(0.5 / (1.0 - math.exp(-2.0)) * 2.0)
    assert ZeroModified(Poisson(2.0), math.exp(-2.0)).pmf(3.0) == pytest.approx(float(Poisson(2.0).pmf(3.0)))


BAD = [
    (lambda: Poisson(-1.0), "rate = -1.0"),
    (lambda: NegativeBinomial(0.0, 1.0), "mean = 0.0"),
    (lambda: NegativeBinomial(1.0, math.inf), "size = inf"),
    (lambda: Binomial(-1, 0.5), "n = -1"),
    (lambda: Binomial(3, 1.5), "p = 1.5"),
    (lambda: MixedPoisson(0.0, NoShock()), "mean = 0.0"),
    (lambda: ZeroModified(Poisson(1.0), 1.0), "p0 = 1.0"),
    (lambda: ZeroModified(Poisson(0.0), 0.5), "zero always"),
    (lambda: Poisson(1.0).quantile(-0.5), "p = -0.5"),
]


@pytest.mark.parametrize(("make", "words"), BAD, ids=[words for _, words in BAD])
def test_bad_parameters_are_named(make, words: str) -> None:
    with pytest.raises(ValueError, match="=") as caught:
        make()
    assert words in str(caught.value)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.floats(0.01, 500.0), st.floats(0.05, 100.0), st.floats(0.0, 1.0 - 1e-12))
def test_property_quantile(mean: float, size: float, p: float) -> None:
    for law in (Poisson(mean), NegativeBinomial(mean, size)):
        k = float(law.quantile(p))
        assert float(law.cdf(k)) >= p - 1e-15
        assert k == 0.0 or float(law.cdf(k - 1.0)) < p + 1e-15
