"""Cases that began before some year: the compiled pass against its twin, the whole, and the exact means."""

import math

import numpy as np
import pytest

from solidair.models.severity import Lognormal, Weibull
from tests import naive_paths
from tests.naive_worlds import world

EXPECTED = [[0.4, 340.0, 3.0], [12.0, 0.0, 150.0], [0.02, 7.0, 31.0]]
POINTS = ((0.0, 5_000.0, 20_000.0), (0.0,), (0.0, 9_000.0, 30_000.0))
EARLIER = {0: [(2, 0.0), (2, 7_000.0)], 1: [(0, 0.0), (2, 0.0), (2, 20_000.0), (4, 0.0)]}
OPEN = [(100.0, 0.8, 1e9, math.nan), (900.0, 0.2, 400.0, 310.0)] * 60


def _world(known=None, move=0.0, seen_on=0.0):
    return world(
        EXPECTED,
        years=4,
        need=[1.0, math.nan, 0.7],
        points=POINTS,
        earlier=EARLIER,
        stays={1: (Weibull(0.8, 500.0), Weibull(0.7, 900.0), 566.0)},
        costs=[Lognormal(9.0, 1.1), Lognormal(5.5, 0.3), Lognormal(8.0, 1.0)],
        known=known,
        seen_on=seen_on,
        other_lengths=[Weibull(1.5, 700.0)],
        move={1: move},
        where=[3.0, 1.0, 2.0],
        starts=[0.0, 365.0, 731.0, 1096.0, 1461.0],
    )


@pytest.mark.parametrize("known", [None, {(0, 1): OPEN, (2, 1): ()}], ids=["drawn", "known"])
@pytest.mark.parametrize(("move", "seen_on"), [(0.0, 0.0), (0.0, -200.0), (0.25, 0.0), (0.25, -40.0)])
def test_cases_that_began_earlier_equal_the_twin(known, move, seen_on):
    w = _world(known, move, seen_on)
    twin = np.array(naive_paths.draw_block(5, 0, 3, *w.plain(), w.measures))
    # The twin adds case by case, the kernel batch by batch: a sum of 1000 cases rounds by 1000 x 1e-16.
    np.testing.assert_allclose(w.draw(3), twin, rtol=2e-13)


def test_what_began_earlier_is_all_before_that_year_and_fades_after_it():
    w = _world()
    claims = w.draw(20)
    annual, from_7000, opened, by_2, dear_2, by_4 = claims[-6:]
    whole_annual, whole_stays = claims[0], claims[3]
    # Rounding of sums of at most 1000 cases, in two orders.
    np.testing.assert_allclose(annual[:, :2], whole_annual[:, :2], rtol=2e-13)
    assert np.all(annual[:, 2:] == 0) and np.all(from_7000[:, 2:] == 0) and np.all(from_7000 <= annual)
    np.testing.assert_allclose(by_2[:, :2], whole_stays[:, :2], rtol=2e-13)
    np.testing.assert_allclose(by_4, whole_stays, rtol=2e-13)
    assert np.all(opened <= by_2 + 1e-6) and np.all(dear_2 <= by_2)
    for year in (2, 3):
        total = [x[:, year].sum() for x in (opened, by_2, whole_stays)]
        assert 0 < total[0] < total[1] < total[2]
    assert by_2[:, 3].sum() < by_2[:, 2].sum()
