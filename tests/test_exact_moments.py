"""Exact moments where many prices and lengths of stay are possible, against a twin that takes them one by one."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.models.calendar import Calendar
from solidair.models.costs import CostModel
from solidair.models.duration import Ages, Duration, exponential
from solidair.models.exact.moments import (
    FINE,
    PRIVATE,
    PRIVATE_FINE,
    felt_nodes,
    measure_moments,
    product_nodes,
    stretched,
)
from solidair.models.regions import Municipality, Region
from solidair.models.shocks import GammaShock, LognormalShock
from solidair.models.yearly import StayYear, tariff_nodes
from tests.naive import cost_document, quantity, severity_table

CALENDAR = Calendar(2027, 1)
YOUTH = 4_000
CLIENTS, MEAN, LENGTH, CAP = 4.0, 300.0, 1.4, 500.0


def _costs(tariff_error=0.0, length_error=0.0, price=0.02):
    def doubtful(value, unit, error):
        return quantity(value, unit) | ({"standard_error": error * value} if error else {})

    document = cost_document({"home": (CLIENTS, 1e6, None)}, price=(price, 0, 0))
    home = document["care_types"]["home"]
    del home["severity"], home["overdispersion_size"]
    home["episode"] = {
        "duration": {"family": "exponential", "mean": doubtful(LENGTH, "year", length_error)},
        "tariff": severity_table("lognormal", cv=0.4, cap=CAP) | {"mean": doubtful(MEAN, "EUR per day", tariff_error)},
    }
    return CostModel.from_document(document, "doubt", "doubt.toml")


def _region():
    return Region("r", "R", (Municipality("GM0001", "Town", 5 * YOUTH, YOUTH, 8e6, need_index=1.0),), "", "r.csv", None)


def _shocks(costs, target):
    return [site.shock for site in costs.sites if site.care_type == 0 and site.target == target]


def _twin(costs, line, year):
    """Return mean and variance of the excess of one member in a year: every node, length and cohort on its own."""
    episode = costs.episodes[0]
    private, private_weight = product_nodes(_shocks(costs, "price"), PRIVATE_FINE)
    common, common_weight = product_nodes(costs.price_shocks, FINE)
    stretches, stretch_weight = product_nodes(_shocks(costs, "stay"), PRIVATE)
    own, chance = private_weight > 1e-17, common_weight > 1e-17  # 8.5 sigmas: keeps the twin from taking minutes
    factors = np.outer(private[own], common[chance])
    weight, common_weight = private_weight[own], common_weight[chance]
    mean = poisson = square = 0.0
    for stretch, part in zip(stretches, stretch_weight, strict=True):
        stay = stretched(episode, stretch)
        conditional = 0.0  # mean given stretch and prices, of all cohorts
        for cohort in range(year + 2):
            rate = CLIENTS / 1_000 * YOUTH * stay.entries_per_client * stay.cohort_size(CALENDAR, cohort)
            law = StayYear(stay.days(CALENDAR, cohort, year), stay.law, tariff_nodes(stay.law))
            # Fewer lines at a time than a table would serve.
            moments = [law.moments(lines) for lines in np.array_split((line / factors).ravel(), factors.size // 40)]
            one, two = (np.concatenate(m).reshape(factors.shape) for m in zip(*moments, strict=True))
            conditional = conditional + rate * factors * one
            poisson += part * rate * float(weight @ (factors**2 * two) @ common_weight)
        mean += part * float(weight @ conditional @ common_weight)
        square += part * float(weight @ conditional**2 @ common_weight)
    return mean, poisson + square - mean**2


def test_moments_under_doubt_against_the_twin():
    costs, year, line = _costs(tariff_error=0.08, length_error=0.1), 0, 0.95 * 365 * CAP
    mean, variance = measure_moments(costs, _region(), CALENDAR, ["home"], [line])
    expected = _twin(costs, line, year)
    # Steps of 0.5 % between the lines of the table: h^4 / 384 of a fourth derivative of up to 1e3, and a second one
    # that jumps where a node of the tariff meets a whole year, h^2 / 20 of a node's share of 1e-2: both below 1e-8.
    assert mean[year, 0] == pytest.approx(expected[0], rel=1e-8)
    assert variance[year, 0] == pytest.approx(expected[1], rel=1e-8)


def test_many_lines_are_read_from_a_table():
    """Against the same lines a few at a time, for which there is no table; the ends of the range are far apart."""
    costs = _costs()
    episode = replace(costs.episodes[0], duration=Duration(exponential(0.1), Ages(10.0, 17.9)))
    law = StayYear(episode.days(CALENDAR, 0, 0), episode.law, tariff_nodes(episode.law))
    lines = np.geomspace(0.2, 1.2, 5_000) * 365 * CAP
    table, direct = law.moments(lines), [law.moments(part) for part in np.array_split(lines, 500)]
    for found, expected in zip(table, map(np.concatenate, zip(*direct, strict=True)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9 * expected[0])
        assert not found[lines >= 365 * CAP].any()
    shape = lines.reshape(50, 100)
    np.testing.assert_array_equal(law.moments(shape)[0], table[0].reshape(50, 100))


def test_nodes_that_cannot_be_felt_are_left_out():
    for shocks in ([LognormalShock(0.02)], [LognormalShock(0.8)], [GammaShock(5.0)]):
        every, felt = product_nodes(shocks, FINE), felt_nodes(shocks, FINE)
        assert len(felt[0]) < 0.5 * len(every[0])
        for k in range(3):
            assert felt[1] @ felt[0] ** k == pytest.approx(every[1] @ every[0] ** k, rel=1e-14)
