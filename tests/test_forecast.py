"""The forecast: certainty at the end, conservation, evidence, calibration, and what is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from solidair.models.problems import InputError
from solidair.pool.forecast.marginal import described
from solidair.pool.forecast.result import TABLES, forecast, usual_doubt
from solidair.pool.forecast.to_date import CostToDate
from solidair.pool.forecast.update import Update
from solidair.pool.run import simulate
from tests.forecasting import costs_to_date, mixed_costs, mixed_study
from tests.naive import cost_document, severity_table
from tests.small import small_study

SIMS, SEED, MONTH = 3_000, 5, 7
Z = 5.0
SHOCKS = {"volume": (0.05, 0.0, 0.06), "price": (0.03, 0.0, 0.02), "need": 0.1}


@pytest.fixture(scope="module")
def run():
    study = mixed_study(mixed_costs(**SHOCKS))
    return simulate(study, SIMS, SEED, threads=1)


@pytest.fixture(scope="module")
def middle(run):
    """Half a year in which the first town spent 10 % more than expected, and of the last nothing is known."""
    cost = CostToDate(run.study, SEED, MONTH).draw(run.own[:, 0], threads=1).mean(axis=0)
    return forecast(run, costs_to_date(run.study, cost * [1.1, 1.0, math.nan]), MONTH, threads=1)


def test_the_whole_year_is_certain(run):
    cost = run.own[17, 0]
    found = forecast(run, costs_to_date(run.study, cost), 12)
    np.testing.assert_allclose(found.own[:, 0], np.broadcast_to(cost, found.own[:, 0].shape), rtol=1e-12)
    # What is shared by totals is certain too; lines per case leave something open.
    np.testing.assert_allclose(found.borne("share", 0), np.broadcast_to(run.contributions["share"][17, 0], (SIMS, 3)))
    assert np.all(found.borne("excess", 0).std(axis=0) > 0.0)
    rows = found.table("forecast").query("agreement == 'own-use' and year == 2027")
    assert np.all(rows[["mean_se", "p10_se", "p90_se"]] < 1e-6)
    assert set(rows["overrun_probability"]) <= {0.0, 1.0}
    evidence = found.table("evidence")
    np.testing.assert_allclose(evidence["weight"], 1.0)
    np.testing.assert_array_equal(evidence["paid_binds"], 0.0)
    for i, z in enumerate(evidence["z"]):
        assert z == pytest.approx((cost[i] - run.own[:, 0, i].mean()) / run.own[:, 0, i].std())
        assert evidence["percentile"][i] == np.mean(run.own[:, 0, i] <= cost[i])


def test_a_dear_year_makes_the_next_one_dearer(run):
    dear = forecast(run, costs_to_date(run.study, run.own[:, 0].mean(axis=0) * [1.2, 1.0, 1.0]), 12)
    moved = dear.own[:, 1].mean(axis=0) - run.own[:, 1].mean(axis=0)
    assert moved[0] > 0.05 * run.own[:, 1, 0].mean()  # need, and children who stay
    assert np.all(dear.own[:, 1].std(axis=0) < run.own[:, 1].std(axis=0))


def test_what_is_shared_still_adds_up(run, middle):
    for name, year in (("share", 0), ("excess", 0), ("share", 1), ("excess", 1)):
        together = middle.borne(name, year).sum(axis=1)
        np.testing.assert_allclose(together, middle.own[:, year].sum(axis=1), rtol=1e-12)
        assert np.abs(middle.borne(name, year) - middle.own[:, year]).max() > 1.0


def test_the_best_linear_forecast_of_the_year(run, middle):
    """With the members that are seen, the mean is that of a regression, solved apart."""
    seen = middle.update.simulated
    design = np.column_stack([np.ones(SIMS), seen])
    for year in (0, 1):
        for agreement, borne in (("own-use", run.own), ("excess", run.contributions["excess"])):
            slopes = np.linalg.lstsq(design, borne[:, year], rcond=None)[0]
            expected = np.concatenate([[1.0], middle.costs.delivered[:2]]) @ slopes
            np.testing.assert_allclose(middle.borne(agreement, year).mean(axis=0), expected, rtol=1e-7)


def test_a_higher_cost_gives_a_higher_forecast(run, middle):
    base = middle.table("forecast").query("year == 2027").set_index(["agreement", "code"])
    higher = replace(middle.costs, cost=middle.costs.cost * [1.05, 1.0, 1.0])
    after = forecast(run, higher, MONTH, threads=1).table("forecast").query("year == 2027")
    after = after.set_index(["agreement", "code"])
    first = run.study.region.codes[0]
    for agreement in middle.agreements:
        for column in ("mean", "p10", "p90"):
            assert after.loc[agreement, first][column] > base.loc[agreement, first][column]


def test_a_cost_that_tells_nothing_gives_the_years_as_they_were(run):
    """With a margin of a thousand times the cost a year is what it was, to within a slope on noise."""
    cost = CostToDate(run.study, SEED, MONTH).draw(run.own[:, 0], threads=1).mean(axis=0)
    found = forecast(run, costs_to_date(run.study, cost, doubt=1000.0), MONTH, threads=1)
    sd = run.own[:, 0].std(axis=0)
    assert np.all(np.abs(found._linear[:, 0] - run.own[:, 0]).std(axis=0) < Z * math.sqrt(3 / SIMS) * sd)
    assert np.all(np.abs(found.table("evidence")["weight"]) < Z**2 * 3 / SIMS)


def test_late_declarations(run, middle):
    """What was declared counts for more, with a wider margin; what has been declared is the least it can be."""
    cost = middle.costs.cost
    late = forecast(run, costs_to_date(run.study, cost * 0.8, completeness=0.8), MONTH, threads=1)
    evidence, before = late.table("evidence"), middle.table("evidence")
    np.testing.assert_allclose(evidence["delivered"][:2], before["delivered"][:2])
    # sqrt((9.5/167)^2 x 5/7 + (0.2 / 0.8 / 2)^2), and the first part alone.
    assert evidence["doubt"][0] == pytest.approx(math.sqrt(0.0568862275**2 * 5 / 7 + 0.125**2))
    assert before["doubt"][0] == pytest.approx(0.0568862275 * math.sqrt(5 / 7))
    assert np.all(evidence["weight"][:2] < before["weight"][:2])
    assert np.isnan(evidence["z"][2]) and evidence["weight"][2] > 0.0
    assert usual_doubt(12, np.ones(1))[0] == 0.0


def test_a_year_costs_no_less_than_has_been_spent(run):
    """A first month that cost a whole year: the rest would cost less than nothing, and is told."""
    cost = CostToDate(run.study, SEED, 11).draw(run.own[:, 0], threads=1).mean(axis=0) * [1.0, 1.3, 1.0]
    found = forecast(run, costs_to_date(run.study, cost, doubt=0.15), 11, threads=1)
    share = found.table("evidence")["paid_binds"]
    assert share[1] > 0.1 and np.all(found.own[:, 0] >= cost)
    assert share[1] == np.mean(found._linear[:, 0, 1] < cost[1] - 0.01)
    together = found.borne("share", 0).sum(axis=1)
    np.testing.assert_allclose(together, found.own[:, 0].sum(axis=1), rtol=1e-12)


def test_settlement_and_receipt(middle):
    table = middle.table("forecast")
    now, later = table.query("year == 2027"), table.query("year == 2028")
    np.testing.assert_allclose(now["to_pay"], now["mean"] - now["advance"])
    np.testing.assert_allclose(later["advance"], later["budget"])
    own = now[now["agreement"] == "own-use"].set_index("code")["mean"]
    for agreement, rows in now.groupby("agreement"):
        rows = rows.set_index("code")
        np.testing.assert_allclose(rows["net_receipt"], own[rows.index] - rows["mean"], atol=1e-4)
        assert abs(rows["net_receipt"].sum()) < 1e-3, agreement
    given = replace(middle.costs, advance=np.array([5e6, math.nan, math.nan]))
    first = replace(middle, costs=given).table("forecast")
    assert list(first["advance"][:2]) == [5e6, first["budget"][1]]


def test_intervals_cover_what_happens(run):
    """Years of another seed are forecast from their own first months: 80 % lie between P10 and P90."""
    tries = 400
    truth = simulate(run.study, tries, 99, threads=1)
    first = CostToDate(run.study, 99, MONTH).draw(truth.own[:, 0], threads=1)
    margin = 0.03 * np.random.default_rng(8).standard_normal((tries, 1))
    base = forecast(run, costs_to_date(run.study, first[0], doubt=0.03), MONTH, threads=1)
    excess = (x.contributions["excess"] for x in (run, truth))
    kinds = ((run.own[:, 0], truth.own[:, 0]), tuple(x[:, 0] for x in excess), (run.own[:, 1], truth.own[:, 1]))
    inside, dear = np.zeros((3, tries, 3), dtype=bool), np.zeros((tries, 3), dtype=bool)
    for k in range(tries):
        update = Update(base.update.simulated, first[k] * (1.0 + margin[k]), base.update.size)
        dear[k] = update.score > 1.0
        for n, (amounts, real) in enumerate(kinds):
            shown = described(update.of(amounts), amounts.mean(axis=0), before=amounts, pull=update.pull)
            inside[n, k] = (shown["p10"] <= real[k]) & (real[k] <= shown["p90"])

    def within(hits):
        # Some twelve shares, each with an error of 1e-5 for chance, and 3 points for laws that are not normal.
        lowest, highest = stats.binom.ppf((1e-5, 1 - 1e-5), hits.size, 0.8)
        return lowest - 0.03 * hits.size < hits.sum() < highest + 0.03 * hits.size

    assert all(within(inside[n, :, i]) for n in range(3) for i in range(3)), inside.mean(axis=1)
    # Also of those years alone whose first months were dear: the spread fits the level.
    assert dear.sum(axis=0).min() > 30
    assert all(within(inside[n, dear[:, i], i]) for n in range(3) for i in range(3))


def test_the_same_years_give_the_same_figures(run, middle):
    again = forecast(run, middle.costs, MONTH, threads=2)
    for name in TABLES:
        assert again.table(name).equals(middle.table(name))
    assert list(middle.table("evidence")["code"]) == list(run.study.region.codes)
    with pytest.raises(KeyError, match="forecast, evidence"):
        middle.table("years")


def test_a_study_without_own_use_still_shows_own_cost(run):
    study = run.study
    alone = replace(study, agreements=tuple(a for a in study.agreements if a.name == "share"))
    results = simulate(alone, 500, SEED, threads=1)
    found = forecast(results, costs_to_date(alone, results.own[:, 0].mean(axis=0)), 12)
    assert found.agreements == ("own-use", "share")
    assert list(dict.fromkeys(found.table("forecast")["agreement"])) == ["own-use", "share"]


def test_what_cannot_be_forecast(run):
    with pytest.raises(ValueError, match="not those of the run"):
        forecast(run, costs_to_date(run.study, 1.0), 13)
    with pytest.raises(ValueError, match="not those of the run"):
        forecast(run, replace(costs_to_date(run.study, 1.0), codes=("GM0001",)), 1)
    endless = cost_document({"heavy": (2.0, 5.0, severity_table("lomax", alpha=1.6, theta=9e4))})
    study = small_study(sims=100)
    wild = replace(study, costs=type(study.costs).from_document(endless, "wild", "wild.toml"))
    results = simulate(wild, 100, 1, threads=1)
    with pytest.raises(InputError, match="finite variance"):
        forecast(results, costs_to_date(wild, 1.0), 6)


def test_the_z_score_has_its_law(run):
    """Of a path of the run the z-score is the place of its first months among those of all paths."""
    drawn = CostToDate(run.study, SEED, MONTH).draw(run.own[:, 0], threads=1)
    found = forecast(run, costs_to_date(run.study, drawn[4], doubt=0.0), MONTH, threads=1)
    expected = (drawn[4] - drawn.mean(axis=0)) / drawn.std(axis=0)
    np.testing.assert_allclose(found.table("evidence")["z"], expected)
