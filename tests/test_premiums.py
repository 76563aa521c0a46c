"""Premium principles against closed forms and slow twins, and reinstatements against the formulas of Sundt (1991)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from solidair.models.exact.law import BeyondGridError, LatticeLaw
from solidair.models.premiums import (
    ExpectedValue,
    NoClosedFormError,
    ProportionalHazard,
    Reinstatements,
    StandardDeviation,
    Variance,
    WangTransform,
)
from solidair.models.severity import GPD, Fixed, Gamma, Lognormal, Lomax, Weibull

EPS = np.finfo(float).eps
DISTORTIONS = [ProportionalHazard(1.0), ProportionalHazard(2.5), WangTransform(0.0), WangTransform(0.8)]
PRINCIPLES = [*DISTORTIONS, ExpectedValue(0.2), StandardDeviation(0.5), Variance(1e-7)]
every_principle = pytest.mark.parametrize("principle", PRINCIPLES, ids=str)
every_distortion = pytest.mark.parametrize("principle", DISTORTIONS, ids=str)
samples = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20).map(np.array)


def by_integral(principle, x):
    """Integral of g(S) over the gaps of a sample, from the lowest value on: the definition."""
    points = sorted(x)
    total = points[0]
    for k in range(1, len(points)):
        total += (points[k] - points[k - 1]) * float(principle.distort((len(points) - k) / len(points)))
    return total


def of_severity_by_integral(principle, severity):
    """Integral of g(S(x)) in log x, where the tail of a power becomes exponential."""

    def in_log(y):
        return math.exp(y) * float(principle.distort(severity.sf(math.exp(y))))

    middle = math.log(float(severity.quantile(0.5)))
    pieces = ((-40.0, middle), (middle, middle + 30.0), (middle + 30.0, 300.0))
    return sum(integrate.quad(in_log, *piece, epsabs=0.0, epsrel=1e-10, limit=400)[0] for piece in pieces)


@pytest.mark.parametrize(
    ("principle", "sample", "expected"),
    [
        # S is 1/4 up to 100: sqrt(1/4) x 100.
        (ProportionalHazard(2.0), [0.0, 100.0, 0.0, 0.0], 50.0),
        # 10 for certain, then sqrt(1/2) x 10.
        (ProportionalHazard(2.0), [20.0, 10.0], 10.0 + 10.0 * math.sqrt(0.5)),
        # Phi(0 + 1) x 100, and Phi(1) = 0.8413447460685429.
        (WangTransform(1.0), [0.0, 100.0], 84.13447460685429),
        # Mean 2, variance 1.
        (ExpectedValue(0.1), [1.0, 3.0], 2.2),
        (StandardDeviation(0.5), [1.0, 3.0], 2.5),
        (Variance(2.0), [1.0, 3.0], 4.0),
    ],
)
def test_samples_by_hand(principle, sample, expected):
    assert float(principle.of_sample(sample)) == pytest.approx(expected, rel=8 * EPS)


@every_distortion
@given(x=samples)
def test_a_sample_is_distorted_as_its_empirical_law(principle, x):
    # Twenty terms, whose weights carry a few units in the last place each.
    assert float(principle.of_sample(x)) == pytest.approx(by_integral(principle, x), abs=200 * EPS * 1e6)


@every_principle
@given(x=samples, move=st.floats(-1e5, 1e5))
def test_a_premium_lies_above_the_mean_and_moves_with_the_cost(principle, x, move):
    slack = 400 * EPS * 2e6
    at = float(principle.of_sample(x))
    if isinstance(principle, ExpectedValue):
        assert at == pytest.approx(1.2 * x.mean(), abs=slack)
        return
    assert at >= x.mean() - slack
    # Rounding of a variance of 1e12 is 400 EPS x 1e12, which is 1e-1; of its root 1e-7 x 1e6 where it vanishes.
    wide = {StandardDeviation: 0.5 * math.sqrt(slack * 2e6), Variance: 1e-7 * slack * 2e6}.get(type(principle), slack)
    assert float(principle.of_sample(x + move)) == pytest.approx(at + move, abs=slack + wide)


@every_distortion
@given(x=samples.map(np.abs), retention=st.floats(0.0, 1e6))
def test_distorted_premiums_of_layers_add_up(principle, x, retention):
    below, above = np.minimum(x, retention), np.maximum(x - retention, 0.0)
    parts = float(principle.of_sample(below)) + float(principle.of_sample(above))
    assert float(principle.of_sample(x)) == pytest.approx(parts, abs=400 * EPS * 1e6)


@every_distortion
def test_a_distortion_is_concave_from_0_to_1(principle):
    u = np.linspace(0.0, 1.0, 1001)
    g = principle.distort(u)
    assert g[0] == 0.0 and g[-1] == 1.0
    assert np.all(np.diff(g) > 0.0) and np.all(np.diff(g, 2) <= 4 * EPS)


@every_principle
def test_a_sample_keeps_its_other_axes(principle):
    x = np.random.default_rng(1).lognormal(8.0, 1.0, (3, 50, 2))
    found = principle.of_sample(x, axis=1)
    assert found.shape == (3, 2)
    for i in range(3):
        for j in range(2):
            assert found[i, j] == pytest.approx(float(principle.of_sample(x[i, :, j])), rel=100 * EPS)


@every_principle
def test_a_lattice_of_equal_weights_is_a_sample(principle):
    law = LatticeLaw(500.0, np.array([0.5, 0.0, 0.25, 0.125, 0.125]))
    sample = 500.0 * np.array([0, 0, 0, 0, 2, 2, 3, 4])
    assert principle.of_law(law) == pytest.approx(float(principle.of_sample(sample)), rel=100 * EPS)


@pytest.mark.parametrize("rho", [1.0, 1.7, 3.0])
def test_the_proportional_hazard_of_a_geometric_lattice(rho):
    """Exponential costs, rounded down to the lattice: S = exp(-k h / m) after the k-th point, a geometric series."""
    mean, step, n = 1000.0, 5.0, 24_000
    k = np.arange(n)
    law = LatticeLaw(step, np.exp(-step * k / mean) * -math.expm1(-step / mean))
    expected = step / math.expm1(step / (rho * mean))
    # Sums from the top keep n units in the last place; beyond the grid exp(-120 / rho) of it is left, 4e-18 at most.
    assert ProportionalHazard(rho).of_law(law) == pytest.approx(expected, rel=n * EPS)
    # Rounding down takes off between nothing and one step.
    assert 0.0 <= ProportionalHazard(rho).of_severity(Weibull(1.0, mean)) - expected <= step


def test_a_distortion_needs_the_whole_law_and_the_mean_does_not():
    law = LatticeLaw(1.0, np.array([0.5, 0.4]), whole_mean=2.0)
    assert ExpectedValue(0.5).of_law(law) == 3.0
    for principle in (ProportionalHazard(2.0), WangTransform(0.1), StandardDeviation(1.0)):
        with pytest.raises(BeyondGridError, match="whole law"):
            principle.of_law(law)


CLOSED = [
    # rho x mean
    (ProportionalHazard(2.0), Weibull(1.0, 500.0), 1000.0),
    # scale x rho^(1/shape) x Gamma(1 + 1/shape): 500 x 2^2 x Gamma(3)
    (ProportionalHazard(2.0), Weibull(0.5, 500.0), 4000.0),
    # theta rho / (alpha - rho)
    (ProportionalHazard(1.5), Lomax(3.0, 2000.0), 2000.0),
    (ProportionalHazard(1.0), Lomax(3.0, 2000.0), 1000.0),
    # beta rho / (1 - xi rho); with xi = 0 exponential
    (ProportionalHazard(2.0), GPD(0.25, 1000.0), 4000.0),
    (ProportionalHazard(2.0), GPD(0.0, 1000.0), 2000.0),
    # exp(mu + lambda sigma + sigma^2 / 2)
    (WangTransform(0.5), Lognormal(7.0, 1.0), math.exp(8.0)),
    (WangTransform(0.0), Lognormal(7.0, 1.0), math.exp(7.5)),
]


@pytest.mark.parametrize(("principle", "severity", "expected"), CLOSED, ids=str)
def test_closed_forms(principle, severity, expected):
    assert principle.of_severity(severity) == pytest.approx(expected, rel=16 * EPS)
    # Three pieces, each to a relative 1e-10.
    assert of_severity_by_integral(principle, severity) == pytest.approx(expected, rel=3e-10)


def test_a_heavy_tail_has_no_finite_premium():
    assert ProportionalHazard(3.0).of_severity(Lomax(3.0, 2000.0)) == math.inf
    assert ProportionalHazard(4.0).of_severity(GPD(0.25, 1000.0)) == math.inf
    assert StandardDeviation(0.5).of_severity(Lomax(1.5, 2000.0)) == math.inf
    assert StandardDeviation(0.0).of_severity(Lomax(1.5, 2000.0)) == pytest.approx(4000.0, rel=16 * EPS)
    assert ExpectedValue(0.5).of_severity(Lomax(0.9, 2000.0)) == math.inf


def test_moments_of_a_family():
    # Gamma of shape 4 and scale 250: mean 1000, variance 250,000 as the difference of 1,250,000 and 1,000,000, so that
    # four units in their last places become twenty.
    assert StandardDeviation(2.0).of_severity(Gamma(4.0, 250.0)) == pytest.approx(2000.0, rel=20 * EPS)
    assert Variance(1e-3).of_severity(Gamma(4.0, 250.0)) == pytest.approx(1250.0, rel=20 * EPS)
    assert StandardDeviation(2.0).of_severity(Fixed(700.0)) == 700.0


def test_the_wang_premium_of_a_normal_law():
    principle = WangTransform(0.7)
    normal = stats.norm(100.0, 15.0)
    above = integrate.quad(lambda x: float(principle.distort(normal.sf(x))), 0.0, 250.0, epsrel=1e-10, points=[100.0])
    # Below 0 lies a probability of 1e-11 and a quarter of it per EUR: 1e-10 EUR.
    assert principle.of_normal(100.0, 15.0) == 110.5
    assert above[0] == pytest.approx(110.5, rel=1e-9)


def test_what_has_no_closed_form_says_so():
    for principle, severity in ((ProportionalHazard(2.0), Gamma(2.0, 1.0)), (WangTransform(0.1), Weibull(1.0, 1.0))):
        with pytest.raises(NoClosedFormError, match=type(severity).__name__):
            principle.of_severity(severity)


@pytest.mark.parametrize(
    ("family", "value"),
    [
        (ProportionalHazard, 0.9),
        (ProportionalHazard, math.nan),
        (WangTransform, -0.1),
        (ExpectedValue, -0.1),
        (StandardDeviation, math.inf),
        (Variance, math.nan),
    ],
)
def test_loadings_must_make_sense(family, value):
    with pytest.raises(ValueError, match="must be a finite number of at least"):
        family(value)


@pytest.mark.parametrize("sample", [[], [1.0, math.nan], [math.inf]])
@every_principle
def test_a_sample_must_have_finite_values(principle, sample):
    with pytest.raises(ValueError, match="at least one value, and finite ones only"):
        principle.of_sample(sample)


# --- reinstatements


def test_reinstatements_by_hand():
    """A layer of 100, reinstated once at 100 percent and once at 50 percent."""
    layer = Reinstatements(100.0, (1.0, 0.5))
    assert layer.number == 2 and layer.most == 300.0
    found = layer.settle([[0.0, 50.0, 100.0], [150.0, 250.0, 400.0]])
    assert found.recovered.tolist() == [[0.0, 50.0, 100.0], [150.0, 250.0, 300.0]]
    # 150: the first limit in full, 1.0, and half of the second, 0.25. The third limit is not reinstated.
    assert found.premium.tolist() == [[0.0, 0.5, 1.0], [1.25, 1.5, 1.5]]
    # Recovered 850 / 6, premium 5.75 / 6 of the initial one: P = 850 / 11.75.
    assert layer.pure_premium([0.0, 50.0, 100.0, 150.0, 250.0, 300.0]) == pytest.approx(850.0 / 11.75, rel=8 * EPS)


def test_without_reinstatement_there_is_one_limit():
    found = Reinstatements(100.0).settle([30.0, 170.0])
    assert found.recovered.tolist() == [30.0, 100.0] and found.premium.tolist() == [0.0, 0.0]


def slowly(layer, loss):
    """Sundt (1991): c_k min(max(L - (k - 1) m, 0), m) / m, one reinstatement at a time."""
    m = layer.limit
    recovered = sum(min(max(loss - k * m, 0.0), m) for k in range(layer.number + 1))
    return recovered, sum(c * min(max(loss - k * m, 0.0), m) / m for k, c in enumerate(layer.rates))


@given(
    limit=st.floats(1.0, 1e6),
    rates=st.lists(st.floats(0.0, 2.0), max_size=5),
    losses=st.lists(st.floats(0.0, 1e7), min_size=1, max_size=5),
)
def test_reinstatements_equal_the_slow_sum(limit, rates, losses):
    layer = Reinstatements(limit, tuple(rates))
    found = layer.settle(losses)
    for place, loss in enumerate(losses):
        recovered, premium = slowly(layer, loss)
        # A loss of up to five limits is known in units of its last place, and so is its share of a limit.
        assert found.recovered[place] == pytest.approx(recovered, rel=20 * EPS)
        assert found.premium[place] == pytest.approx(premium, rel=50 * EPS, abs=50 * EPS)


@pytest.mark.parametrize(("number", "rate"), [(0, 1.0), (1, 1.0), (3, 0.5), (2, 0.0)])
def test_total_losses_that_come_as_poisson(number, rate):
    """Every loss takes the whole limit: E[recovered] = m E min(N, n + 1), E[premium] = c E min(N, n)."""
    limit, expected_losses = 250_000.0, 0.8
    chance = stats.poisson(expected_losses)
    law = LatticeLaw(limit, chance.pmf(np.arange(60)))
    layer = Reinstatements.equal(limit, number, rate)
    # E min(N, k) is the sum of P(N > j) over j < k.
    short, long = (sum(chance.sf(j) for j in range(k)) for k in (number, number + 1))
    assert layer.pure_premium_of(law) == pytest.approx(limit * long / (1.0 + rate * short), rel=100 * EPS)


def test_reinstatements_without_end_at_full_price():
    """Sundt (1991): from P (1 + E[L] / m) = E[L] follows P = m E[L] / (m + E[L])."""
    limit, losses = 100.0, stats.poisson(0.8).pmf(np.arange(60))
    layer = Reinstatements.equal(limit, 58, 1.0)
    assert layer.pure_premium_of(LatticeLaw(limit, losses)) == pytest.approx(100.0 * 0.8 / 1.8, rel=100 * EPS)


def test_a_law_and_a_sample_give_one_premium():
    layer = Reinstatements(100.0, (1.0, 0.5))
    law = LatticeLaw(40.0, np.array([0.5, 0.0, 0.25, 0.0, 0.125, 0.0, 0.0, 0.0, 0.125]))
    sample = 40.0 * np.array([0, 0, 0, 0, 2, 2, 4, 8])
    assert layer.pure_premium_of(law) == pytest.approx(layer.pure_premium(sample), rel=100 * EPS)
    with pytest.raises(BeyondGridError):
        layer.pure_premium_of(LatticeLaw(40.0, np.array([0.5, 0.5])))


def test_a_layer_must_make_sense():
    for limit, rates in ((0.0, ()), (math.inf, ()), (100.0, (-0.1,)), (100.0, (1.0, math.nan))):
        with pytest.raises(ValueError, match="Reinstatements"):
            Reinstatements(limit, rates)
    for losses in ([-1.0], [math.nan]):
        with pytest.raises(ValueError, match="at least 0"):
            Reinstatements(100.0).settle(losses)
    with pytest.raises(ValueError, match="at least one year"):
        Reinstatements(100.0).pure_premium([])
