"""Exact means of known open stays near a line that prices carry a whole year over: closed forms and the reference."""

import math
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, special, stats

from solidair.models.calendar import Calendar
from solidair.models.costs import CostModel
from solidair.models.duration import Duration
from solidair.models.episodes import Episode, OpenStay
from solidair.models.exact.known import REACH, bent_nodes, known_means
from solidair.models.regions import Municipality, Region
from solidair.models.severity import Fixed
from solidair.models.shocks import GammaShock, LognormalShock, NoShock
from solidair.models.sources.open_cases import OpenCases
from tests.naive import cost_document, quantity, severity_table

CALENDAR = Calendar(2027, 2)  # 365 and 366 days
REFERENCE = date(2026, 10, 1)  # 92 days before
PRICES = (0.03, 0.02, 0.01)
SIGMA = math.sqrt(sum(math.log1p(sd**2) for sd in PRICES))
CAP = 500.0


def _costs(duration, prices=PRICES):
    document = cost_document({"home": (1.5, 6.0, None)}, price=prices)
    home = document["care_types"]["home"]
    del home["severity"]
    tariff = severity_table("lognormal", mean=300.0, cv=0.4, cap=CAP)
    home["episode"] = {"duration": duration, "tariff": tariff}
    return CostModel.from_document(document, "by-hand", "by-hand.toml")


def _lasting(mean):
    return {"family": "exponential", "mean": quantity(mean, "year")}


def _known(elapsed, leaves=math.nan, tariff=math.nan):
    ones = np.ones(len(elapsed))
    n = len(elapsed)
    return OpenCases(
        file="open.csv",
        reference=REFERENCE,
        codes=("GM0001",) * n,
        care_types=("home",) * n,
        elapsed_days=np.asarray(elapsed, dtype=np.float64),
        days_to_leaving=leaves * ones,
        tariffs=tariff * ones,
    )


def _mean(costs, line, known):
    """Return what known stays add to a measure per year, (year,)."""
    region = Region("r", "R", (Municipality("GM0001", "Town", 50_000, 10_000, 2e7),), "", "r.csv", None)
    return known_means(costs, region, CALENDAR, ["home"], None if line is None else [line] * 2, known)[:, 0]


def _average(f, sigma, bends):
    """Return E[f(P)] of a lognormal price with mean 1, by adaptive quadrature between the prices where f bends."""
    scores = sorted((math.log(p) + sigma**2 / 2) / sigma for p in bends)
    ends = [-9.0, *(s for s in scores if -9 < s < 9), 9.0]

    def inside(w):
        return f(math.exp(sigma * w - sigma**2 / 2)) * stats.norm.pdf(w)

    return sum(integrate.quad(inside, a, b, epsabs=0, epsrel=1e-8, limit=200)[0] for a, b in pairwise(ends))


@pytest.mark.parametrize("share", [0.9, 1.0, 1.02, 1.05])
@pytest.mark.parametrize("leaves", [math.nan, 300.0])
def test_a_drawn_tariff_at_a_line_near_a_whole_year_of_the_cap(share, leaves):
    """The reference integrates over the tariff between its kinks, and adaptively over prices."""
    costs = _costs(_lasting(1.5))
    episode, elapsed = costs.episodes[0], (20.0, 700.0)
    days = 365.0 if math.isnan(leaves) else leaves - 92.0
    line = share * CAP * days
    stays = [OpenStay(e, None if math.isnan(leaves) else leaves, -92.0) for e in elapsed]

    def both(price):
        return sum(float(episode.excess(CALENDAR, stay, 0, line, price)[0]) for stay in stays)

    expected = _average(both, SIGMA, [line / (CAP * days)])
    # Nodes of the tariff are right to 2e-5 of the part of the year, and the 24 nodes that were used here missed 5 %.
    assert _mean(costs, line, _known(elapsed, leaves))[0] == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize("share", [0.9, 0.99, 1.0, 1.03])
def test_a_given_tariff_of_a_stay_that_does_not_end(share):
    costs = _costs(_lasting(1.5))
    costs = replace(costs, episodes=(Episode(Duration(Fixed(30.0)), costs.episodes[0].law),))
    line = share * 400.0 * 365
    # A whole year at EUR 400: an option (Black & Scholes), E[(P - k)+] = Phi(d + s) - k Phi(d).
    d = (-math.log(share) - SIGMA**2 / 2) / SIGMA
    expected = 400.0 * 365 * (special.ndtr(d + SIGMA) - share * special.ndtr(d))
    assert _mean(costs, line, _known([50.0], tariff=400.0))[0] == pytest.approx(expected, rel=1e-9)


def test_without_a_line_the_mean_is_the_product_of_means():
    costs = _costs(_lasting(1.5))
    day = math.exp(-92 / 547.5)  # in care on day 0, whatever has passed: 1.5 years of 365 days
    days = 547.5 * day * -np.expm1(np.array([-365 / 547.5, -366 / 547.5])) * np.array([1.0, math.exp(-365 / 547.5)])
    found = _mean(costs, 0.0, _known([10.0, 400.0]))
    np.testing.assert_allclose(found, 2 * days * costs.episodes[0].law.mean, rtol=1e-12)
    np.testing.assert_allclose(_mean(costs, 0.0, _known([10.0], tariff=77.0)), 77.0 * days, rtol=1e-12)
    np.testing.assert_allclose(_mean(costs, None, _known([10.0])), [day, day * math.exp(-365 / 547.5)], rtol=1e-12)
    # Who has left by age adds nothing; who leaves within the year adds the days before.
    gone, short = (_known([10.0], leaves, 77.0) for leaves in (92.0, 100.0))
    assert not _mean(costs, 0.0, gone).any() and not _mean(costs, None, gone).any()
    expected = 77.0 * 547.5 * (day - math.exp(-100 / 547.5))
    np.testing.assert_allclose(_mean(costs, 0.0, short), [expected, 0.0], rtol=1e-12)


def test_prices_without_shocks():
    costs = _costs(_lasting(1.5), prices=(0, 0, 0))
    line = 0.8 * 400.0 * 365
    days = 547.5 * math.exp(-92 / 547.5) * (math.exp(-0.8 * 365 / 547.5) - math.exp(-365 / 547.5))
    assert _mean(costs, line, _known([50.0], tariff=400.0))[0] == pytest.approx(400.0 * days, rel=1e-12)


@pytest.mark.parametrize("sd", [0.01, 0.2, 0.7])
def test_nodes_between_kinks_of_one_lognormal_factor(sd):
    s = math.sqrt(math.log1p(sd**2))
    kinks = np.array([[0.8, 1.1], [1.0, 3.0]])
    values, weights = bent_nodes([LognormalShock(s)], kinks)
    assert values.shape == weights.shape == (2, values.shape[1])
    for row, k in ((0, 0.8), (0, 1.1), (1, 1.0), (1, 3.0)):
        d = (-math.log(k) - s**2 / 2) / s
        expected = special.ndtr(d + s) - k * special.ndtr(d)
        found = weights[row] @ np.maximum(values[row] - k, 0.0)
        # Beyond the reach of the panels lies, of the mean, at most Phi(s - REACH).
        assert found == pytest.approx(expected, rel=1e-9, abs=float(special.ndtr(s - REACH)))


def test_nodes_between_kinks_of_two_kinds_of_factors():
    size, k = 30.0, 1.1
    gamma = GammaShock(size)
    values, weights = bent_nodes([gamma, NoShock()], np.array([[k]]))
    # E[(Z - k)+] = P(size + 1 stage) - k P(size stages) of a gamma law.
    exact = special.gammaincc(size + 1, size * k) - k * special.gammaincc(size, size * k)
    assert weights[0] @ np.maximum(values[0] - k, 0.0) == pytest.approx(exact, rel=1e-9)
    values, weights = bent_nodes([gamma, LognormalShock(0.3)], np.array([[k]]))

    def option(z):
        d = (math.log(z / k) - 0.045) / 0.3
        return (z * special.ndtr(d + 0.3) - k * special.ndtr(d)) * stats.gamma.pdf(z, size, scale=1 / size)

    exact = integrate.quad(option, 0, 5, epsabs=0, epsrel=1e-11, limit=200)[0]
    assert weights[0] @ np.maximum(values[0] - k, 0.0) == pytest.approx(exact, rel=1e-9)


def test_kinks_out_of_reach_leave_the_plain_rule():
    values, weights = bent_nodes([LognormalShock(0.02)], np.array([[0.5], [2.0]]))
    assert values.shape == weights.shape == (1, 24)
    assert values @ weights.T == pytest.approx(1.0, rel=1e-12)
    ones = bent_nodes([NoShock()], np.array([[1.0]]))
    assert [part.tolist() for part in ones] == [[[1.0]], [[1.0]]]
