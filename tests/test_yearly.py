"""Yearly cost of children who stay: fast sums against the exact reference of episodes."""

import numpy as np
import pytest

from solidair.models.calendar import Calendar
from solidair.models.duration import Ages, Duration, DurationClasses, exponential
from solidair.models.episodes import Episode
from solidair.models.severity import Fixed, Gamma, Lognormal
from solidair.models.severity.stay import StayTimesTariff
from solidair.models.yearly import StayYear, YearOfStays, tariff_nodes

CAPPED = Lognormal.from_mean_cv(345.0, 0.5).capped(1_100.0)
EPISODES = {
    "exponential": Episode(Duration(exponential(1.0)), CAPPED),
    "ages": Episode(Duration(exponential(2.6), Ages(0.0, 17.5, 18.0)), Lognormal.from_mean_cv(74.0, 0.3).capped(150.0)),
    "classes": Episode(Duration(DurationClasses.from_days((91.0, 182.0, 365.0), (0.4, 0.3, 0.2, 0.1), 600.0)), CAPPED),
    "uncapped": Episode(Duration(Gamma.from_mean_cv(0.5, 0.7)), Lognormal.from_mean_cv(600.0, 0.25)),
    "fixed": Episode(Duration(exponential(0.6)), Fixed(650.0)),
}
CALENDAR = Calendar(2027, 3)
COHORTS = [(0, 0), (1, 0), (0, 2), (1, 1), (2, 2), (3, 2)]


@pytest.mark.parametrize("name", EPISODES)
@pytest.mark.parametrize(("cohort", "year"), COHORTS)
def test_fast_moments_agree_with_the_reference(name, cohort, year):
    episode = EPISODES[name]
    fast = StayYear(episode.days(CALENDAR, cohort, year), episode.law, tariff_nodes(episode.law))
    lines = np.array([0.0, 0.03, 0.2, 0.5, 0.8]) * 365 * episode.law.mean
    first, second = fast.moments(lines)
    exact, square = episode.excess(CALENDAR, cohort, year, lines)
    # Nodes of the tariff meet a bend in its law: 2e-5 of the mean at most, against a Monte Carlo error of 1e-3.
    np.testing.assert_allclose(first, exact, rtol=1e-4, atol=2e-5 * exact[0])
    np.testing.assert_allclose(second, square, rtol=1e-4, atol=2e-5 * square[0])
    assert fast.present == pytest.approx(episode.present(CALENDAR, cohort, year), abs=1e-12)
    assert fast.moments(np.zeros(2))[0] == pytest.approx(exact[0], rel=1e-6)


def test_a_year_of_exponential_stays_is_the_closed_form():
    ours, closed = YearOfStays(EPISODES["exponential"]), StayTimesTariff(1.0, CAPPED)
    lines = np.array([0.0, 1e3, 2e4, 1e5, 2e5, 3.5e5])
    assert ours.mean == pytest.approx(closed.mean, rel=1e-12)
    assert ours.moment(2) == pytest.approx(closed.moment(2), rel=1e-12)
    assert ours.cv == pytest.approx(closed.cv, rel=1e-9)
    np.testing.assert_allclose(ours.excess(lines), closed.excess(lines), rtol=5e-5)
    np.testing.assert_allclose(ours.sf(lines), closed.sf(lines), atol=2e-4)
    assert ours.support == closed.support
    for found, expected in zip(ours.atoms, closed.atoms, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_the_nodes_of_a_tariff_keep_its_mean():
    for law in (CAPPED, Lognormal.from_mean_cv(600.0, 1.5), Gamma.from_mean_cv(80.0, 0.4), Fixed(40.0)):
        values, weights = tariff_nodes(law)
        assert weights.sum() == pytest.approx(1.0, abs=1e-12)
        assert values @ weights == pytest.approx(law.mean, rel=2e-5)
