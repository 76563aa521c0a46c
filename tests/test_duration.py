"""Lengths of stays: integrals against closed forms, what is left of open stays, ageing out, tables for the kernel."""

import itertools
import math

import numpy as np
import pytest
from scipy import integrate

from solidair.models.duration import Ages, Duration, DurationClasses, exponential
from solidair.models.severity import Fixed, Gamma, Lognormal, Lomax, Weibull
from solidair.models.tables import quantile_table, table_mean, tail_probabilities

CLASSES = DurationClasses.from_days((91.0, 182.0, 365.0, 730.0), (0.2, 0.2, 0.2, 0.25, 0.15), 1300.0)
SMOOTH = {
    "exponential": exponential(0.8),
    "weibull heavy": Weibull(0.5, 1.0),
    "weibull light": Weibull(2.0, 1.0),
    "gamma peaked": Gamma(4.0, 0.3),
    "gamma at zero": Gamma(0.3, 3.0),
    "lognormal": Lognormal.from_mean_cv(1.0, 2.0),
    "lognormal narrow": Lognormal.from_mean_cv(1.0, 0.1),
    "classes": CLASSES,
}
ALL = {
    **SMOOTH,
    "closed classes": DurationClasses.from_days((91.0, 365.0, 730.0), (0.5, 0.0, 0.5, 0.0), 900.0),
    "fixed": Fixed(1.3),
    "capped": Lognormal.from_mean_cv(1.0, 2.0).capped(3.0),
}
AGES = [None, Ages(0.0, 17.0), Ages(10.0, 18.0), Ages(12.0, 12.0), Ages(4.0, 17.5, 21.0)]

# Series of order 20 on panels [x, 2x] are right to 5e-16; at most 260 panels are summed, so rounding is 260 x 2e-16.
EXACT = 1e-13


@pytest.mark.parametrize("name", ALL)
def test_integrals_without_ageing_out_against_closed_forms(name):
    law = ALL[name]
    duration = Duration(law)
    years = np.array([1e-6, 0.01, 0.3, 0.999, 1.0, 2.0, 5.0, 20.0])
    # scipy's incomplete gamma functions, behind upper_moment, are good to about 1e-13 in the tail.
    np.testing.assert_allclose(duration.integrated_sf(365 * years), 365 * law.limited_moment(1, years), rtol=EXACT)
    upper = law.upper_moment(1, years)
    np.testing.assert_allclose(duration.excess(365 * years)[upper > 1e-60], 365 * upper[upper > 1e-60], rtol=10 * EXACT)
    assert duration.mean == pytest.approx(365 * law.mean, rel=EXACT)
    assert duration.moment(2) == pytest.approx(365**2 * law.moment(2), rel=EXACT)
    assert duration.moment(0) == 1.0


@pytest.mark.parametrize(("name", "ages"), [*itertools.product(ALL, AGES[1:])])
def test_integrals_with_ageing_out_against_quadrature(name, ages):
    duration = Duration(ALL[name], ages)
    points = {ages.first, ages.last, *(365 * ALL[name].kinks), *(365 * ALL[name].atoms[0])}
    points |= {float(duration.quantile(p)) for p in (1e-6, 1e-3, 0.1, 0.5, 0.9, 0.999)}
    for x in (1.0, 200.0, 2000.0):
        inner = sorted(p for p in points if x < p < duration.end)
        edges = [x, *inner, max(x, min(duration.end, 1e5))]
        slow = sum(
            integrate.quad(duration.sf, a, b, epsabs=0.0, epsrel=1e-12, limit=200)[0]
            for a, b in itertools.pairwise(edges)
            if a < b
        )
        # quad is asked for 1e-12 on each of at most 13 pieces.
        assert duration.excess(x) == pytest.approx(slow, rel=2e-11)
        assert duration.excess(x) + duration.integrated_sf(x) == pytest.approx(duration.mean, rel=EXACT)


def test_ageing_out_by_hand():
    # All would stay 10 years, but enter at 8 to 18, uniformly: the stay is uniform on 0 to 10 years.
    duration = Duration(Fixed(10.0), Ages(8.0, 18.0))
    assert duration.mean == pytest.approx(5 * 365, rel=EXACT)
    assert duration.moment(2) == pytest.approx(100 / 3 * 365**2, rel=EXACT)
    assert duration.residual.mean == pytest.approx(10 / 3 * 365, rel=EXACT)
    assert duration.sf(2.5 * 365) == 0.75
    assert duration.end == 3650.0
    # The residual has density 2 (1 - x / 10) / 10, so sf (1 - x / 10)^2.
    np.testing.assert_allclose(duration.residual.isf([0.25, 0.01]), [1825.0, 3285.0], rtol=EXACT)
    np.testing.assert_allclose(duration.quantile([0.0, 0.3, 1.0]), [0.0, 1095.0, 3650.0], rtol=1e-14)


def test_all_enter_at_one_age():
    duration = Duration(exponential(2.0), Ages(12.0, 12.0))
    assert duration.sf(6 * 365 - 1e-9) > 0.0
    assert duration.sf(6 * 365) == 0.0
    assert duration.mean == pytest.approx(730 * -math.expm1(-3.0), rel=EXACT)
    assert duration.isf(1e-6) == duration.quantile(1 - 1e-6) == 6 * 365


@pytest.mark.parametrize(("name", "ages"), [*itertools.product(ALL, AGES)])
def test_quantiles_invert(name, ages):
    duration = Duration(ALL[name], ages)
    p = np.array([1e-12, 1e-6, 0.01, 0.3, 0.5, 0.7, 0.99, 1 - 1e-6])
    x = duration.quantile(p)
    assert np.all(duration.cdf(x) >= p * (1 - 1e-12))
    assert np.all(duration.cdf(np.nextafter(x * (1 - 1e-11), 0)) <= p + 1e-15)
    q = np.array([0.7, 0.5, 0.1, 1e-3, 1e-9, 1e-15])
    x = duration.isf(q)
    # Next to an end that all reach, x itself has no more digits.
    assert np.all(duration.sf(x * (1 + 1e-11)) <= q * (1 + 1e-9))
    assert np.all(duration.sf(x * (1 - 1e-11)) >= q * (1 - 1e-9))
    assert np.all(duration.cdf(x) + duration.sf(x) == pytest.approx(1.0, abs=1e-15))


@pytest.mark.parametrize(("name", "ages"), [*itertools.product(ALL, AGES)])
def test_every_law_fits_a_table_of_the_kernel(name, ages):
    duration = Duration(ALL[name], ages)
    # Linear interpolation within cells of 1/128 of an octave: (1/128)^2 / 8 = 8e-6, times the curvature of the quantile
    # on the scale of an octave, at most about 2 here; a jump of the quantile within a cell costs half a cell of
    # probability, 1/512, times the jump relative to the mean (only classes without children jump).
    jump = 1.0 / 512 if name == "closed classes" else 2e-5
    assert table_mean(quantile_table(duration.residual)) == pytest.approx(duration.residual.mean, rel=2e-5)
    assert table_mean(quantile_table(duration)) == pytest.approx(duration.mean, rel=jump)


@pytest.mark.parametrize("name", SMOOTH)
def test_residual_quantiles_hold_in_both_tails(name):
    residual = Duration(SMOOTH[name]).residual
    tail = tail_probabilities()
    # The inverse is solved to the last digits of x; 4e-14 is left where the probability is steep in x.
    np.testing.assert_allclose(residual.sf(residual.isf(tail)), tail, rtol=EXACT)
    np.testing.assert_allclose(residual.cdf(residual.quantile(tail)), tail, rtol=EXACT)
    assert residual.quantile(0.0) == 0.0 == residual.isf(1.0)
    assert residual.isf(0.0) == residual.quantile(1.0) == math.inf


def test_the_residual_of_an_exponential_is_itself():
    duration = Duration(exponential(0.8))
    q = np.array([0.9, 0.5, 1e-3, 1e-12])
    np.testing.assert_allclose(duration.residual.isf(q), duration.isf(q), rtol=EXACT)
    np.testing.assert_allclose(duration.residual.quantile(q), duration.quantile(q), rtol=EXACT)
    assert duration.residual.mean == pytest.approx(duration.mean, rel=EXACT)
    left = duration.given(1000.0)
    # sf(a + x) / sf(a): the rounding of a / mean = 3.4 and of what is added to it.
    np.testing.assert_allclose(left.sf([1.0, 500.0]), duration.sf([1.0, 500.0]), rtol=1e-14)
    np.testing.assert_allclose(left.isf(q), duration.isf(q), rtol=1e-13)


@pytest.mark.parametrize(("name", "ages"), [*itertools.product(SMOOTH, AGES)])
def test_what_is_left_of_a_known_stay(name, ages):
    duration = Duration(SMOOTH[name], ages)
    left = duration.given(400.0)
    x = np.array([0.0, 10.0, 300.0, 900.0])
    np.testing.assert_allclose(left.sf(x), duration.sf(400.0 + x) / duration.sf(400.0), rtol=1e-15)
    q = np.array([0.9, 0.5, 0.01])
    y = left.isf(q)
    # log x, 8.6 at most, is solved to 2 x 4e-16 of itself: 7e-15 of 5500 days is 4e-11.
    assert np.all(left.sf(y + 1e-10) <= q) and np.all(left.sf(y - 1e-10) >= q)
    quantile_table(left)
    known = duration.given(400.0, leaves_in=250.0)
    free = Duration(SMOOTH[name])
    assert known.sf(249.0) == pytest.approx(float(free.sf(649.0) / free.sf(400.0)), rel=1e-15)
    assert known.sf(250.0) == 0.0
    assert known.isf(1e-9) <= 250.0
    quantile_table(known)
    assert duration.given(400.0, math.inf).sf(900.0) == pytest.approx(float(free.sf(1300.0) / free.sf(400.0)))


def test_lengths_scale_and_ages_do_not():
    plain = Duration(CLASSES)
    assert plain.scaled(1.3).mean == pytest.approx(1.3 * plain.mean, rel=EXACT)
    aged = Duration(CLASSES, Ages(10.0, 17.5))
    assert aged.mean < aged.scaled(1.3).mean < 1.3 * aged.mean
    assert aged.scaled(1.3).ages == aged.ages
    assert aged.scaled(1000.0).end == aged.end


def test_classes_by_hand():
    # Half up to 100 days, 30 percent 100 to 300, 20 percent longer, 500 on average.
    law = DurationClasses((100.0, 300.0), (0.5, 0.3, 0.2), 500.0)
    assert law.mean == pytest.approx(0.5 * 50 + 0.3 * 200 + 0.2 * 500)
    # Uniform: (a^2 + ab + b^2) / 3 = 10000 / 3 and 130000 / 3; open: 300^2 + 2 x 300 x 200 + 2 x 200^2 = 290000.
    assert law.moment(2) == pytest.approx(0.5 * 10000 / 3 + 0.3 * 130000 / 3 + 0.2 * 290000)
    np.testing.assert_allclose(law.sf([0.0, 50.0, 200.0, 300.0, 500.0]), [1, 0.75, 0.35, 0.2, 0.2 / math.e])
    np.testing.assert_allclose(law.quantile([0.25, 0.5, 0.65, 0.8]), [50, 100, 200, 300])
    np.testing.assert_allclose(law.isf([0.75, 0.35, 0.2 / math.e]), [50, 200, 500])
    np.testing.assert_allclose(law.pdf([-1.0, 50.0, 200.0, 500.0]), [0, 0.005, 0.0015, 0.001 / math.e])
    assert law.support == (0.0, math.inf)


def test_a_class_without_children_is_skipped():
    law = DurationClasses((100.0, 200.0, 300.0), (0.0, 0.5, 0.5, 0.0), 400.0)
    assert law.support == (100.0, 300.0)
    np.testing.assert_allclose(law.quantile([0.0, 0.5, 1.0]), [100, 200, 300])
    np.testing.assert_allclose(law.isf([1.0, 0.5, 0.0]), [100, 200, 300])
    gap = DurationClasses((100.0, 200.0, 300.0), (0.5, 0.0, 0.5, 0.0), 400.0)
    assert gap.quantile(0.5) == gap.isf(0.5) == 100.0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Ages(-1.0, 17.0), "low = -1.0: must be 0 or more"),
        (lambda: Ages(5.0, 4.0), "high = 4.0: must be at least low"),
        (lambda: Ages(5.0, 19.0), "leaves_at = 18.0: must be above"),
        (lambda: Ages(18.0, 18.0), "leaves_at = 18.0: must be above"),
        (lambda: Ages(math.nan, 18.0), "low = nan: must be a finite number"),
        (lambda: Duration(Lomax(0.9, 1.0)), "infinite mean"),
        (lambda: Duration(Fixed(1.0)).given(365.0), "must be less than the longest stay"),
        (lambda: Duration(Fixed(1.0), Ages(17.5, 17.6)).given(200.0), "must be less than the longest stay"),
        (lambda: Duration(exponential(1.0)).given(-1.0), "must be a finite number of 0 or more"),
        (lambda: Duration(exponential(1.0)).given(1.0, 0.0), "leaves_in = 0.0: must be above 0"),
        (lambda: exponential(0.0), "mean = 0.0: must be"),
        (lambda: DurationClasses((), (1.0,), 1.0), "must ascend"),
        (lambda: DurationClasses((2.0, 1.0), (0.5, 0.3, 0.2), 3.0), "must ascend"),
        (lambda: DurationClasses((1.0, 2.0), (0.5, 0.5), 3.0), "must be one more than the edges, which are 2"),
        (lambda: DurationClasses((1.0,), (0.5, 0.4), 3.0), "with sum 1"),
        (lambda: DurationClasses((1.0,), (0.5, 0.5), 1.0), "must be a finite number above 1"),
    ],
)
def test_what_is_no_duration_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
