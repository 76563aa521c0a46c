"""Sensitivity: which numbers of the cost model move the answer most."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.models.costs import CostModel
from solidair.models.severity import FAMILIES
from solidair.pool.blocks import compile_study
from solidair.pool.run import simulate
from solidair.pool.stress import free_scenario, stressed
from solidair.pool.stress.compare import REGION
from solidair.pool.stress.moves import moved, moves
from solidair.pool.stress.tornado import Sensitivity
from solidair.pool.stress.trial import MEASURES
from tests import small
from tests.naive import cost_document, severity_table

SIMS = 512


def small_study():
    """Return the small study with budgets about its mean cost, so that it overruns about every other year."""
    return small.small_study(budget=60.0)


def with_costs(study, **changes):
    """Return the study with another cost model: keyword arguments of `cost_document`, and laws of care types."""
    laws = changes.pop("laws", {"light": (2.0, 40.0, severity_table("lognormal", mean=9_000.0, cv=0.8, cap=70_000.0))})
    document = cost_document(laws, **({"volume": (0.03, 0.04, 0.05), "price": (0.014, 0.01, 0.02)} | changes))
    return replace(study, costs=CostModel.from_document(document, "small", "small.toml"))


def run(study, measure="mean", agreements=(), **how):
    return Sensitivity.prepare(study, measure, agreements, sims=SIMS, **how).run(1)


@pytest.fixture(scope="module")
def capacity():
    return run(small_study(), "capacity", ["own-use", "excess"])


@pytest.fixture(scope="module")
def mean():
    return run(small_study())


def test_a_price_moves_the_mean_by_its_share_of_the_cost():
    study = with_costs(small_study())
    expected = study.over(1).setting.expected_cost
    rows = run(study, share=0.1).ranked("own-use")
    [row] = rows[rows["path"] == "costs.light.price"].to_dict("records")
    # One care type: 10 % of its price is 10 % of all cost. Clients do the same; nothing is simulated.
    assert row["base"] == pytest.approx(expected.sum(), rel=1e-12)
    assert row["up"] == pytest.approx(0.1 * expected.sum(), rel=1e-9)
    assert row["down"] == pytest.approx(-0.1 * expected.sum(), rel=1e-9)
    assert (row["up_se"], row["down_se"], row["base_se"]) == (0.0, 0.0, 0.0)


def test_each_price_has_its_own_share(mean):
    study = small_study()
    cost = study.over(1).setting.expected_cost
    table = mean.table
    for place, member in enumerate(study.region.members):
        for kind, care in enumerate(study.costs.ids):
            # The laws of this study have no 'mean' to set, so clients stand for it: they are as linear.
            [row] = table[(table["path"] == f"costs.{care}.clients") & (table["code"] == member.code)].to_dict(
                "records"
            )
            assert row["up"] == pytest.approx(0.1 * cost[place, kind], rel=1e-9)
    together = table[table["code"] == REGION].set_index("parameter")["up"]
    single = table[table["code"] != REGION].groupby("parameter")["up"].sum()
    np.testing.assert_allclose(together.sort_index(), single.sort_index(), rtol=1e-12, atol=1e-6)


def test_a_linear_agreement_needs_no_simulation_and_another_one_does(mean):
    assert mean.simulated == 0
    assert run(small_study(), "mean", ["own-use", "share"]).simulated == 0
    assert run(small_study(), "overrun").simulated > 0


def test_the_largest_swing_comes_first(capacity):
    for agreement in capacity.agreements:
        for code in (REGION, "GM0100"):
            swings = capacity.ranked(agreement, code)["swing"].to_numpy()
            assert np.all(np.diff(swings) <= 0.0)
    rows = capacity.table[(capacity.table["agreement"] == "own-use") & (capacity.table["code"] == REGION)]
    assert np.all(np.diff(rows["swing"]) <= 0.0)
    np.testing.assert_array_equal(
        capacity.table["swing"], np.maximum(capacity.table["down"].abs(), capacity.table["up"].abs())
    )


def test_changes_are_those_of_a_run_of_the_world(capacity):
    study = small_study().over(1)
    world = stressed(study, [free_scenario(["costs.heavy.clients=+10%"])])
    base, then = (simulate(one, SIMS, threads=1) for one in (study, world))
    level = study.finance.certainty
    of = MEASURES["capacity"]
    table = capacity.table[capacity.table["path"] == "costs.heavy.clients"]
    for agreement in ("own-use", "excess"):
        one, other = (of(r.sample(agreement), level) for r in (then, base))
        change, error = one.minus(other)
        rows = table[(table["agreement"] == agreement) & (table["code"] != REGION)]
        np.testing.assert_allclose(rows["up"], change, rtol=1e-12)
        np.testing.assert_allclose(rows["up_se"], error, rtol=1e-9)
        total = table[(table["agreement"] == agreement) & (table["code"] == REGION)]
        assert total["up"].item() == pytest.approx(change.sum(), rel=1e-12)
        paired = (one.influence - other.influence).sum(axis=1).std() / np.sqrt(SIMS - 1)
        assert total["up_se"].item() == pytest.approx(paired, rel=1e-9)


def test_numbers_without_effect_are_counted_and_not_listed(capacity):
    assert {"national_youth", "persons.per_person_overall", "persons.per_person_with_stay"} <= set(capacity.still)
    assert not set(capacity.still) & set(capacity.table["parameter"])
    keys = {key for key, _ in small_study().costs.quantities()}
    assert set(capacity.still) | set(capacity.table["parameter"]) | set(capacity.failed) == keys


def test_derived_budgets_follow_the_budget_per_youth():
    study = small_study()
    given = run(study, "capacity")
    assert "budget_per_youth" in given.still
    derived = tuple(replace(member, budget_derived=True) for member in study.region.members)
    loose = replace(study, region=replace(study.region, members=derived))
    rows = run(loose, "overrun").table
    rows = rows[rows["parameter"] == "budget_per_youth"]
    assert (rows["down"] > 0.0).all() and (rows["up"] < 0.0).all()


def test_no_step_is_no_change_to_the_last_bit():
    study = small_study()
    for move in moves(study, 0.1):
        assert moved(study, replace(move, size=0.0), 1).study is study
    found = run(study, "capacity", share=1e-300)
    assert found.table.empty and len(found.still) == len(moves(study, 0.1))


def test_threads_change_nothing():
    ready = Sensitivity.prepare(small_study(), "p95", sims=300)
    one, two = ready.run(1).table, ready.run(2).table
    assert one.equals(two)


def test_a_number_with_a_standard_error_moves_by_it_and_is_not_in_doubt_besides():
    document = cost_document({"light": (2.0, 40.0, severity_table("lognormal", mean=9_000.0, cv=0.8, cap=70_000.0))})
    document["care_types"]["light"]["clients_per_1000"]["standard_error"] = 0.5
    study = replace(small_study(), costs=CostModel.from_document(document, "small", "small.toml"))
    found = run(study)
    [row] = found.ranked("own-use").query("path == 'costs.light.clients'").to_dict("records")
    assert row["step"] == "standard_error"
    assert (row["low"], row["high"]) == pytest.approx((1.5, 2.5))
    assert row["up"] == pytest.approx(0.25 * row["base"], rel=1e-9)
    # The base takes every number as known, so that doubt about one is not drawn on top of its step.
    unsure, known = (
        Sensitivity.prepare(one, "capacity", sims=300).base["own-use"].value
        for one in (study, replace(study, costs=study.costs.certain()))
    )
    np.testing.assert_array_equal(unsure, known)


def test_the_index_counts_over_all_years_only():
    document = cost_document({"light": (2.0, 40.0, severity_table("lognormal", mean=9_000.0, cv=0.8, cap=70_000.0))})
    document["index"] = {"value": 0.05, "unit": "share a year", "grade": "assumed", "source": "test"}
    study = replace(small_study(), costs=CostModel.from_document(document, "small", "small.toml"))
    assert "index" in run(study).still
    [row] = run(study, horizon=True).ranked("own-use").query("parameter == 'index'").to_dict("records")
    # Two years at prices 1 and 1.05: the index of 0.055 adds 0.005 of a year's cost.
    assert row["up"] == pytest.approx(0.005 * row["base"] / 2.05, rel=1e-9)


def test_a_step_out_of_range_ends_at_its_end():
    laws = {"light": (2.0, 40.0, severity_table("lognormal", mean=9_000.0, cv=0.8, cap=70_000.0))}
    document = cost_document(laws)
    document["care_types"]["light"]["overdispersion_persistence"] = {
        "value": 0.95, "unit": "share", "grade": "assumed", "source": "test",
    }  # fmt: skip
    study = replace(small_study(), costs=CostModel.from_document(document, "small", "small.toml"))
    by_key = {move.key: move for move in moves(study, 0.1)}
    move = by_key["care_types.light.overdispersion_persistence"]
    high, low = moved(study, move, 1), moved(study, move, -1)
    assert (high.value, high.clipped) == (1.0, True)
    assert (low.value, low.clipped) == (pytest.approx(0.855), False)
    assert dict(high.study.costs.quantities())[move.key].value == pytest.approx(1.0, abs=1e-12)


def test_a_step_that_the_model_refuses_is_shortened():
    laws = {"light": (2.0, 40.0, severity_table("lognormal", mean=9_000.0, cv=0.8, cap=70_000.0))}
    document = cost_document(laws)
    document["dependence"] = {
        "law": "t",
        **{
            key: {"value": value, "unit": "u", "grade": "assumed", "source": "test"}
            for key, value in (("degrees_of_freedom", 4.0), ("between_members", 0.5), ("between_care_types", 0.48))
        },
    }
    study = replace(small_study(), costs=CostModel.from_document(document, "small", "small.toml"))
    by_key = {move.key: move for move in moves(study, 0.1)}
    degrees = moved(study, by_key["dependence.degrees_of_freedom"], 1)
    assert (degrees.value, degrees.clipped) == (5.0, True)
    # Together the two correlations may be 1: a step of 0.05 fits for 0.02 of it, and is known to a thousandth.
    members = moved(study, by_key["dependence.between_members"], 1)
    assert members.clipped and 0.52 - 0.05 / 1024 <= members.value <= 0.52


def test_tables_that_are_kept_are_those_that_would_be_made():
    study = small_study()
    world = stressed(study, [free_scenario(["costs.heavy.clients=+10%"])])
    fresh, kept = compile_study(study).plan, compile_study(world).plan
    np.testing.assert_array_equal(fresh.care.tables, kept.care.tables)
    assert all(cls.__hash__ is not None for cls in FAMILIES.values())
