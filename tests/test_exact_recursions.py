"""Panjer's and De Pril's recursions against published values, convolution and FFT."""

import math

import numpy as np
import pytest
from scipy import stats

from solidair.models.exact import Cell, compound_pmf, individual_pmf, panjer, panjer_ab1
from solidair.models.exact.recursion import panjer_class
from solidair.models.frequency import Binomial, MixedPoisson, NegativeBinomial, Poisson, ZeroModified
from solidair.models.shocks import LognormalShock


def naive_compound(counts, severity, n):
    """Sum over k of P(N = k) times the k-fold convolution of the severity, on n points."""
    power, total = np.zeros(n), np.zeros(n)
    power[0] = 1.0
    for chance in counts:
        total += chance * power
        power = np.convolve(power, severity)[:n]
    return total


def padded(probabilities, n):
    return np.concatenate([probabilities, np.zeros(n - len(probabilities))])


def test_published_compound_poisson_by_recursion_and_fft():
    # vector P13: Bowers et al., Actuarial Mathematics, section 12.4
    f = np.array([0, 0.25, 0.375, 0.375])
    expected = [
        0.449328964117, 0.0898657928234, 0.143785268518, 0.162357532368, 0.0499054702813, 0.0473604710285,
        0.0309228592509, 0.0113593968172, 0.00793125235496, 0.00402582909857, 0.00157873743682,
    ]  # fmt: skip
    for pmf in (panjer(Poisson(0.8), f, 64), compound_pmf(padded(f, 64), lambda z: np.exp(0.8 * (z - 1)))):
        np.testing.assert_allclose(pmf[:11], expected, rtol=1e-11)
        assert np.maximum(np.arange(64) - 4, 0) @ pmf == pytest.approx(0.216841304342, rel=1e-11)


def test_group_dental_by_convolution_and_fft():
    # vector P14: Klugman, Panjer & Willmot, a law of counts of no class: the twin against the FFT
    f = [0, 0.15, 0.2, 0.25, 0.125, 0.075, 0.05, 0.05, 0.05, 0.025, 0.025]
    chances = [0.05, 0.1, 0.15, 0.2, 0.25, 0.15, 0.06, 0.03, 0.01]
    twin = naive_compound(chances, f, 128)
    expected = [
        0.05, 0.015, 0.023375, 0.034675, 0.0325765625, 0.035786390625, 0.0398078709375, 0.0435623156328,
        0.0475180012816, 0.0490338014703, 0.0518980648133,
    ]  # fmt: skip
    np.testing.assert_allclose(twin[:11], expected, rtol=1e-11)
    pmf = compound_pmf(padded(f, 128), lambda z: np.polynomial.polynomial.polyval(z, chances))
    np.testing.assert_allclose(pmf[:11], expected, rtol=1e-11)
    np.testing.assert_allclose(pmf, twin, rtol=0, atol=1e-15)
    k = np.arange(128)
    assert pmf @ k == pytest.approx(12.58, rel=1e-12)
    assert pmf @ k**2 - 12.58**2 == pytest.approx(58.7464, rel=1e-12)
    for d, premium in ((0, 314.5), (25, 290.75), (100, 222.660625), (250, 111.32761407), (500, 20.5047315936)):
        assert pmf @ np.maximum(25 * k - d, 0) == pytest.approx(premium, rel=1e-11)


def test_published_compound_negative_binomial_by_recursion_and_fft():
    # vector P15: size 2.5, beta 1.6, so mean 4; severity with an atom at 0
    f = np.array([0.1, 0.3, 0.25, 0.15, 0.1, 0.1])
    expected = [
        0.107528957213, 0.0528830937114, 0.0622748999716, 0.062156466097, 0.0633596960173, 0.0694017929818,
        0.0593149552817, 0.0566890028045, 0.0524470691584, 0.0483813660189, 0.0443950383474, 0.0395743417407,
        0.0355983409128,
    ]  # fmt: skip
    k = np.arange(512)
    by_fft = compound_pmf(padded(f, 512), lambda z: (1 - 1.6 * (z - 1)) ** -2.5)
    for pmf in (panjer(NegativeBinomial(4.0, 2.5), f, 512), by_fft):
        np.testing.assert_allclose(pmf[:13], expected, rtol=1e-11)
        assert pmf @ k == pytest.approx(8.6, rel=1e-11)
        assert pmf @ k**2 - 8.6**2 == pytest.approx(56.584, rel=1e-10)
        assert pmf[:21].sum() == pytest.approx(0.923792390019, rel=1e-11)


SEVERITY = np.array([0.05, 0.35, 0.0, 0.25, 0.2, 0.15])
FREQUENCIES = [
    Poisson(2.5),
    NegativeBinomial(3.0, 0.7),
    NegativeBinomial(3.0, 1.0),
    Binomial(9, 0.3),
    ZeroModified(Poisson(1.7), 0.0),
    ZeroModified(NegativeBinomial(2.0, 0.8), 0.6),
    ZeroModified(Binomial(6, 0.2), 0.1),
]


def close(frequency, ours, theirs):
    """Relatively, since all terms are positive; but signs alternate for binomial counts, 60 roundings of at most 1."""
    alternates = isinstance(getattr(frequency, "base", frequency), Binomial)
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=60 * 2.0**-52 if alternates else 0.0)


@pytest.mark.parametrize("frequency", FREQUENCIES, ids=repr)
def test_the_recursion_is_the_convolution(frequency):
    counts = frequency.pmf(np.arange(400))  # beyond 400 cases: below 1e-40
    close(frequency, panjer(frequency, SEVERITY, 60), naive_compound(counts, SEVERITY, 60))


@pytest.mark.parametrize("frequency", FREQUENCIES, ids=repr)
def test_the_general_recursion(frequency):
    base = frequency.base if isinstance(frequency, ZeroModified) else frequency
    a, b = panjer_class(base)
    p0, p1 = float(frequency.pmf(0)), float(frequency.pmf(1))
    general = panjer_ab1(a, b, p0, p1, SEVERITY, 60)
    close(frequency, general, panjer(frequency, SEVERITY, 60))


def test_logarithmic_and_extended_counts():
    # Logarithmic: p_k = -a^k / (k ln(1 - a)), so p_k / p_{k-1} = a (k - 1) / k, b = -a (Loss Models, section 6.6).
    a = 0.6
    k = np.arange(1, 300)
    counts = np.concatenate([[0.0], stats.logser.pmf(k, a)])
    pmf = panjer_ab1(a, -a, 0.0, counts[1], SEVERITY, 60)
    np.testing.assert_allclose(pmf, naive_compound(counts, SEVERITY, 60), rtol=1e-10)
    # Extended truncated negative binomial, r = -1/2: p_k / p_{k-1} = a (1 - 1.5 / k).
    counts = np.cumprod(np.concatenate([[1.0], a * (1 - 1.5 / np.arange(2, 300))]))
    counts = np.concatenate([[0.0], counts / counts.sum()])
    pmf = panjer_ab1(a, -1.5 * a, 0.0, counts[1], SEVERITY, 60)
    np.testing.assert_allclose(pmf, naive_compound(counts, SEVERITY, 60), rtol=1e-10)


@pytest.mark.parametrize("frequency", [Poisson(5_000.0), NegativeBinomial(3_000.0, 900.0), Binomial(40_000, 0.1)])
def test_rates_at_which_the_start_underflows(frequency):
    # P(S = 0) is exp(-5000) and the like. Sum, mean and variance of the law are those of theory.
    severity = np.array([0.0, 0.5, 0.3, 0.2])
    mean, square = 1.7, 0.5 + 4 * 0.3 + 9 * 0.2
    centre = frequency.mean * mean
    variance = frequency.mean * (square - mean**2) + frequency.variance * mean**2
    n = int(centre + 12 * math.sqrt(variance))
    law = panjer(frequency, severity, n)
    k = np.arange(n)
    assert law.min() >= 0.0
    # Each of n steps adds a rounding error of 2^-52 at most, relative; the start adds that of its logarithm.
    slack = 4 * (n + frequency.mean) * 2.0**-52
    assert law.sum() == pytest.approx(1.0, rel=slack)
    assert law @ k == pytest.approx(centre, rel=slack)
    assert law @ (k - centre) ** 2 == pytest.approx(variance, rel=10 * slack)
    modified = panjer(ZeroModified(frequency, 0.25), severity, n)
    assert modified[0] == pytest.approx(0.25)
    np.testing.assert_allclose(modified[1:], 0.75 * law[1:], rtol=1e-11)


def test_recursion_far_in_the_tail():
    # The FFT knows nothing below 1e-17; the recursion has sums of positive terms only.
    law = panjer(Poisson(0.5), np.array([0.0, 1.0]), 40)
    np.testing.assert_allclose(law, stats.poisson.pmf(np.arange(40), 0.5), rtol=1e-12)


def test_what_panjer_refuses():
    with pytest.raises(TypeError, match="Panjer"):
        panjer(MixedPoisson(2.0, LognormalShock(0.2)), SEVERITY)
    with pytest.raises(ValueError, match="at most 1/2"):
        panjer(Binomial(3, 0.6), SEVERITY)
    with pytest.raises(ValueError, match="at least 1"):
        panjer(Poisson(1.0), SEVERITY, 0)
    with pytest.raises(ValueError, match="must be below 1"):
        panjer_ab1(1.0, 0.0, 0.1, 0.1, SEVERITY)
    assert panjer(Poisson(2.0), np.array([1.0]), 3).tolist() == [1.0, 0.0, 0.0]  # costs that are nothing


# --- the individual model


CELLS = [Cell(2, 0.03, 1), Cell(3, 0.04, 1), Cell(1, 0.03, 2), Cell(2, 0.05, 2), Cell(1, 0.04, 3), Cell(4, 0.06, 4),
         Cell(2, 0.02, 5)]  # fmt: skip


def naive_individual(cells, n):
    law = np.zeros(n)
    law[0] = 1.0
    for number, q, amount in cells:
        for _ in range(number):
            hit = np.zeros(n)
            hit[amount:] = law[: n - amount]
            law = (1 - q) * law + q * hit
    return law


def test_individual_model():
    # vector P16: De Pril (1986), cells as in Kaas et al., Modern Actuarial Risk Theory
    pmf = individual_pmf(CELLS, 48)  # the largest sum is 2 + 3 + 2 + 4 + 3 + 16 + 10 = 40
    expected = [
        0.524579012607, 0.0980205629227, 0.0787329183339, 0.0354766466096, 0.142177974413, 0.0503458532382,
        0.0247598716838, 0.0124547631704, 0.0164029648448, 0.00920086525686, 0.00349230942364, 0.00180220411416,
        0.00116401047771,
    ]  # fmt: skip
    np.testing.assert_allclose(pmf[:13], expected, rtol=1e-10)
    np.testing.assert_allclose(pmf, naive_individual(CELLS, 48), rtol=0, atol=1e-15)
    k = np.arange(48)
    assert pmf @ k == pytest.approx(1.72, rel=1e-12)
    assert pmf @ k**2 - 1.72**2 == pytest.approx(5.605, rel=1e-12)
    assert pmf[13:].sum() == pytest.approx(0.00139004290395, rel=1e-9)


def test_what_de_pril_refuses():
    for cell in (Cell(1, 0.6, 1), Cell(-1, 0.1, 1), Cell(1, 0.1, 0)):
        with pytest.raises(ValueError, match="probability in"):
            individual_pmf([cell], 8)
    with pytest.raises(ValueError, match="too small"):
        individual_pmf([Cell(10_000, 0.2, 1)], 8)
    with pytest.raises(ValueError, match="at least 1"):
        individual_pmf(CELLS, 0)
