"""Reverse stress: the smallest change of a driver that makes a large overrun as likely as asked."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from solidair.models.costs import CostModel
from solidair.models.problems import InputError
from solidair.models.regions import Municipality
from solidair.pool.run import simulate
from solidair.pool.stress import free_scenario, stressed
from solidair.pool.stress.reverse import STEPS, Question, _Node, _Search, reverse
from tests.naive import cost_document, severity_table
from tests.small import small_study

SIMS = 512


def overruns(study, driver, factor, over, sims=SIMS, seed=None):
    """Return how many paths overrun per agreement and member, by an ordinary run of the world."""
    world = stressed(study, [free_scenario([f"{driver}=x{factor:.3f}"])])
    results = simulate(world, sims, seed, threads=1)
    line = (1.0 + over) * world.setting.budgets[0]
    return {name: np.count_nonzero(money[:, 0] > line, axis=0) for name, money in results.contributions.items()}


@pytest.fixture(scope="module")
def study():
    return small_study(years=1, budget=60.0)


@pytest.mark.parametrize(
    ("driver", "step"), [("costs.light.price", 1), ("costs.heavy.clients", 1), ("costs.entries", 1), ("budget", -1)]
)
def test_the_answer_is_found_again_by_running_it(study, driver, step):
    table = reverse(study, Question(driver, 0.1, 0.4), sims=SIMS, threads=1)
    found = table[table["status"] == "found"]
    assert len(found) > 0 and set(table["agreement"]) == {"own-use", "share", "excess"}
    codes = [str(code) for code in study.region.codes]
    needed = math.ceil(0.4 * SIMS)
    for row in found.to_dict("records"):
        place = codes.index(row["code"])
        there = overruns(study, driver, row["factor"], 0.1)[row["agreement"]][place]
        before = overruns(study, driver, row["factor"] - step / STEPS, 0.1)[row["agreement"]][place]
        assert before < needed <= there
        assert row["chance"] == there / SIMS
        assert row["monotone"]


def test_other_luck_gives_the_same_chance_within_its_error(study):
    table = reverse(study, Question("costs.price", 0.1, 0.4), ["share"], sims=2_048, threads=1)
    for place, row in enumerate(table.to_dict("records")):
        assert row["status"] == "found"
        other = overruns(study, "costs.price", row["factor"], 0.1, sims=2_048, seed=99)["share"][place] / 2_048
        # Both samples have the error of a share; 4.5 of them are passed once in 150,000.
        assert abs(other - 0.4) < 4.5 * math.sqrt(2.0) * row["chance_se"]


def test_price_and_own_use_have_a_closed_form(study):
    study = replace(study, agreements=study.agreements[:1])  # with others beside it, care is drawn case by case
    table = reverse(study, Question("costs.price", 0.1, 0.4), ["own-use"], sims=SIMS, threads=1)
    own = np.sort(simulate(study, SIMS, threads=1).own[:, 0], axis=0)
    worst = own[SIMS - math.ceil(0.4 * SIMS)]
    exact = 1.1 * study.setting.budgets[0] / worst
    np.testing.assert_array_equal(table["factor"], np.ceil(STEPS * exact) / STEPS)


def test_a_budget_cut_has_a_closed_form(study):
    study = replace(study, agreements=study.agreements[:1])
    table = reverse(study, Question("budget", 0.1, 0.4, low=0.2), ["own-use"], sims=SIMS, threads=1)
    own = np.sort(simulate(study, SIMS, threads=1).own[:, 0], axis=0)
    exact = own[SIMS - math.ceil(0.4 * SIMS)] / (1.1 * study.setting.budgets[0])
    np.testing.assert_array_equal(table["factor"], np.floor(STEPS * exact) / STEPS)


def test_lognormal_costs_have_a_closed_form():
    # 20,000 clients of equal cost: all that varies is a national price shock, lognormal with mean 1 and sd 0.1.
    document = cost_document(
        {"care": (1_000.0, 1e6, severity_table("lognormal", mean=1_000.0, cv=0.01))}, price=(0.1, 0, 0)
    )
    study = small_study(years=1)
    town = Municipality("GM0100", "Town", 100_000, 20_000, 21e6, 1.0)
    study = replace(
        study,
        costs=CostModel.from_document(document, "lognormal", "lognormal.toml"),
        region=replace(study.region, members=(town,)),
        agreements=study.agreements[:1],
    )
    over, likely, sims = 0.1, 0.1, 2_048
    [row] = reverse(study, Question("costs.price", over, likely), sims=sims, threads=1).to_dict("records")
    mean, sigma = 20e6, math.sqrt(math.log1p(0.1**2))
    # P(f m exp(sigma Z - sigma^2 / 2) > (1 + X) B) = Y
    exact = (1 + over) * 21e6 / mean * math.exp(sigma**2 / 2 - sigma * special.ndtri(1 - likely))
    # Poisson counts widen sigma by (1/20,000) / (2 sigma^2) of itself, and a step is a thousandth.
    widened = sigma * special.ndtri(1 - likely) * (1 / 20_000) / (2 * sigma**2)
    assert abs(row["factor"] - exact) < 4.5 * row["factor_se"] + 1 / STEPS + exact * widened
    # Delta method: the error of the chance over the slope phi(z) / (sigma f) of the chance.
    slope = math.exp(-0.5 * special.ndtri(1 - likely) ** 2) / math.sqrt(2 * math.pi) / (sigma * exact)
    error = math.sqrt(likely * (1 - likely) / sims) / slope
    assert row["factor_se"] == pytest.approx(error, rel=0.3)


def test_what_is_so_already_and_what_never_is(study):
    already = reverse(study, Question("costs.price", 0.0, 0.001), ["own-use"], sims=SIMS, threads=1)
    assert set(already["status"]) == {"already"} and already["factor"].isna().all()
    assert (already["chance_now"] >= 0.001).all()
    never = reverse(study, Question("costs.price", 5.0, 0.99, high=1.2), ["own-use"], sims=SIMS, threads=1)
    assert set(never["status"]) == {"out_of_reach"} and never["factor"].isna().all()
    assert set(never["high"]) == {1.2}


def test_the_range_ends_where_the_cost_model_does(study):
    document = cost_document({"light": (2.0, 40.0, severity_table("lognormal", mean=9_000.0, cv=0.8, cap=70_000.0))})
    document["care_types"]["light"]["overdispersion_persistence"] = {
        "value": 0.8, "unit": "share", "grade": "assumed", "source": "test",
    }  # fmt: skip
    study = replace(study, costs=CostModel.from_document(document, "small", "small.toml"))
    driver = "costs.light.overdispersion_persistence"
    table = reverse(study, Question(driver, 5.0, 0.9), ["own-use"], sims=256, threads=1)
    assert set(table["high"]) == {1.25} and set(table["low"]) == {0.5}


def test_threads_change_nothing(study):
    question = Question("costs.heavy.price", 0.1, 0.4)
    one, two = (reverse(study, question, sims=256, threads=threads) for threads in (1, 2))
    assert one.equals(two)


def test_a_driver_that_turns_back_is_told():
    study = small_study(years=1)
    search = _Search(study, Question("costs.price", 0.1, 0.4), ["own-use"], 100, 7, horizon=False)

    def node(count):
        over = np.zeros((1, 100, 3), dtype=np.bool_)
        over[:, :count] = True
        level = np.full((1, 3), count / 100 - 0.4)
        return _Node(level, np.full((1, 3), 0.01), over.mean(axis=1), over)

    rising = [5 + 5 * place for place in range(len(search.grid))]
    search.nodes = {place: node(count) for place, count in zip(search.grid, rising, strict=True)}
    assert search.monotone((0, 0))
    # From 30 back to 10 of the 100 paths: 20 lost and none gained, 4.5 times sqrt(20).
    search.nodes[search.grid[-2]] = node(70)
    search.nodes[search.grid[-1]] = node(50)
    assert not search.monotone((0, 0))


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (Question("costs.lihgt.price", 0.1, 0.4), "Did you mean 'costs.light.price'?"),
        (Question("costs.light.length", 0.1, 0.4), "no stays"),
        (Question("costs.index", 0.1, 0.4), "not in the cost model"),
        (Question("costs.price", -0.1, 0.4), "cannot be negative"),
        (Question("costs.price", math.nan, 0.4), "cannot be negative"),
        (Question("costs.price", 0.1, 0.0), "between 0% and 100%"),
        (Question("costs.price", 0.1, 1.0), "between 0% and 100%"),
        (Question("costs.price", 0.1, 0.4, low=2.0), "must hold the factor 1"),
        (Question("costs.price", 0.1, 0.4, high=1_000.0), "must hold the factor 1"),
    ],
)
def test_a_wrong_question_is_explained(study, question, words):
    with pytest.raises(InputError, match=words.replace("?", r"\?")):
        reverse(study, question)


def test_a_number_that_is_zero_cannot_be_scaled(study):
    document = cost_document({"light": (2.0, 40.0, severity_table("lognormal", mean=9_000.0, cv=0.8, cap=70_000.0))})
    study = replace(study, costs=CostModel.from_document(document, "small", "small.toml"))
    with pytest.raises(InputError, match="this number is 0"):
        reverse(study, Question("costs.volume.national.sd", 0.1, 0.4))


def test_everything_wrong_is_said_at_once(study):
    with pytest.raises(InputError) as error:
        reverse(study, Question("costs.lihgt.price", -0.1, 1.5, low=2.0))
    assert [problem.file for problem in error.value.problems] == ["--reverse", "--over", "--likely", "--between"]
