"""A study in another world: what every change does, that no change does nothing, and that plans stay plans."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.pool.blocks import compile_study
from solidair.pool.checkpoint import digest
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from solidair.pool.stress.apply import same_world, stressed
from solidair.pool.stress.scenario import load_scenarios
from solidair.pool.stress.worlds import asked_worlds, shipped_worlds
from solidair.pool.study import Study, builtin
from tests.stressing import scenario, stress_study

ALL = ("own-use", "share", "expected", "excess", "deficit", "rule")

NOTHING = {
    "price": {"set": "costs.price", "by": "+0%"},
    "price for a year": {"set": "costs.home.tariff", "by": "x1", "first": 2, "last": 2},
    "entries": {"set": "costs.entries", "by": "x1.0", "yearly": True},
    "clients": {"set": "costs.clients", "by": "+0%"},
    "length": {"set": "costs.length", "by": "+0%"},
    "spread": {"set": "costs.light.spread", "by": "-0%"},
    "number": {"set": "costs.volume.regional.sd", "by": "+0%"},
    "budget": {"set": "budget", "by": "-0%"},
    "replace": {"kind": "replace", "care": "heavy", "instead": "home", "share": 0},
    "doubt": {"kind": "doubt", "error": 0},
}


@pytest.fixture(scope="module")
def plan():
    return simulate(stress_study(agreements=ALL), threads=1)


def tables(results):
    return {name: results.table(name).to_csv(index=False).encode() for name in TABLES if name != "assumptions"}


@pytest.mark.parametrize("change", NOTHING.values(), ids=NOTHING)
def test_zero_change_is_the_plan_byte_for_byte(plan, change):
    """Only the pedigree of a number that was set says so; every figure is the same."""
    then = simulate(stressed(plan.study, [scenario(change)]), threads=1)
    assert np.array_equal(plan.own, then.own)
    assert tables(plan) == tables(then)


RISES = ["costs.price=+10%", "costs.home.price=+10%", "costs.entries=+10%", "costs.heavy.entries=+30%",
         "costs.clients=+10%", "costs.home.clients=+20%", "costs.length=+15%"]  # fmt: skip


@pytest.fixture(scope="module")
def one_by_one():
    return simulate(stress_study(), threads=1, case_by_case=True)


@pytest.mark.parametrize("change", RISES)
def test_what_drives_cost_up_does_so_in_every_path(one_by_one, change):
    """Drawn case by case: prices multiply cases, and counts and lengths are drawn by inversion from the same luck.

    Sums of light cases drawn in bulk do not have this for counts; see the next test.
    """
    then = simulate(stressed(one_by_one.study, [scenario(change)]), threads=1, case_by_case=True)
    assert (then.own >= one_by_one.own * (1 - 1e-12)).all()
    assert (then.own > one_by_one.own).any(axis=0).all()


def test_prices_rise_in_every_path_in_bulk_too_and_budgets_never_touch_cost(plan):
    dear = simulate(stressed(plan.study, [scenario("costs.price=+10%")]), threads=1)
    np.testing.assert_allclose(dear.own, 1.1 * plan.own, rtol=1e-12)
    cut = simulate(stressed(plan.study, [scenario("budget=-10%")]), threads=1)
    assert np.array_equal(cut.own, plan.own)
    np.testing.assert_allclose(cut.study.setting.budgets, 0.9 * plan.study.setting.budgets, rtol=1e-15)


@pytest.mark.parametrize("step", [0.5, 0.9, 1.2, 2.0])
def test_larger_drivers_have_larger_exact_means(plan, step):
    """Exact means, so that bulk or not does not matter: between no change and twice this change."""
    for key in ("price", "entries", "clients", "length"):
        means = [
            stressed(plan.study, [scenario({"set": f"costs.{key}", "by": f"x{by}"})])
            for by in (min(step, 1.0), max(step, 1.0))
        ]
        low, high = (compile_study(study).exact_mean.sum(axis=0) for study in means)
        assert (low < high).all(), key


CHANGED = {
    "all at once": ("costs.price=+5%", "costs.home.entries=+20%", "costs.light.clients=-10%", "costs.length=+30%"),
    "spread": ("costs.light.spread=+40%", "costs.home.spread=-20%"),
    "replaced": ({"kind": "replace", "care": "heavy", "instead": "home", "share": 0.4},),
    "doubt": ({"kind": "doubt", "error": 0.1},),
    "one year": ({"set": "costs.price", "by": "+30%", "first": 2, "last": 2},),
    "yearly": ({"set": "costs.entries", "by": "+10%", "yearly": True},),
}


@pytest.mark.parametrize("changes", CHANGED.values(), ids=CHANGED)
def test_simulated_moments_are_the_exact_ones_of_the_changed_model(changes):
    then = simulate(stressed(stress_study(sims=2_000), [scenario(*changes)]), threads=1)
    check = then.table("check")
    # The limit of `solidair check`: |z| of some hundred figures stays below 4.5.
    assert check["mean_z"].abs().max() < 4.5
    assert check["sd_z"].abs().max() < 4.5


def test_replaced_children_move_from_one_care_to_the_other():
    study = stress_study()
    moved = {"kind": "replace", "care": "heavy", "instead": "home", "share": 0.25}
    one, other = (stressed(study, [scenario(*changes)]).costs for changes in ((moved,), (moved, moved)))
    # 0.6 and 1.5 per 1,000: a quarter is 0.15; two quarters, each of all who would have had that care, are 0.30.
    np.testing.assert_allclose(1_000 * one.clients_per_youth, [8.0, 0.45, 1.65], rtol=1e-12)
    np.testing.assert_allclose(1_000 * other.clients_per_youth, [8.0, 0.30, 1.80], rtol=1e-12)


def test_longer_stays_keep_the_entries_and_raise_the_number_in_care():
    study = stress_study()
    then = stressed(study, [scenario("costs.home.length=+50%")])
    place = study.costs.ids.index("home")
    before, after = (c.episodes[place] for c in (study.costs, then.costs))
    np.testing.assert_allclose(after.duration.ageless.mean, 1.5 * before.duration.ageless.mean, rtol=1e-9)
    rates = [c.clients_per_youth[place] * c.episodes[place].entries_per_client for c in (study.costs, then.costs)]
    np.testing.assert_allclose(rates[1], rates[0], rtol=1e-12)
    assert then.costs.clients_per_youth[place] > study.costs.clients_per_youth[place]


def test_a_wider_spread_keeps_the_mean_and_moves_the_cap():
    study = stress_study()
    then = stressed(study, [scenario("costs.light.spread=x1.5")])
    before, after = (c.severities[0] for c in (study.costs, then.costs))
    np.testing.assert_allclose(after.mean, before.mean, rtol=1e-10)
    assert after.cv > before.cv
    # 9,000 is the mean before the cap: 9,000 + 1.5 x (60,000 - 9,000)
    assert after.support[1] == pytest.approx(85_500.0)


def test_together_is_one_after_the_other(plan):
    a = scenario("costs.price=+4%", {"set": "budget", "by": "-5%", "first": 2}, name="a")
    b = scenario("costs.home.length=+10%", "costs.heavy.clients=+20%", name="b")
    both = simulate(stressed(plan.study, [a, b]), threads=1)
    again = simulate(stressed(stressed(plan.study, [a]), [b]), threads=1)
    other = simulate(stressed(plan.study, [b, a]), threads=1)
    assert tables(both) == tables(again)
    assert np.array_equal(both.own, other.own)
    assert both.study.agreed == plan.study.costs == again.study.agreed


# --- what nobody planned


SURPRISES = (
    "costs.price=+20%",
    "costs.entries=+20%",
    "costs.heavy.clients=x2",
    "costs.light.spread=+30%",
    "costs.length=+9%",
)


@pytest.mark.parametrize("change", SURPRISES)
def test_keys_lines_premiums_and_pilot_laws_are_those_of_the_plan(change):
    study = stress_study(agreements=ALL)
    then = stressed(study, [scenario(change)])
    before, after = study.setting, then.setting
    assert np.array_equal(before.expected_cost, after.expected_cost)
    assert np.array_equal(before.expected_clients, after.expected_clients)
    assert np.array_equal(before.budgets, after.budgets) and np.array_equal(before.growth, after.growth)
    planned, changed = compile_study(study), compile_study(then)
    assert planned.laws.keys() == changed.laws.keys() == {"rule"}
    assert digest(replace(planned, study=study, laws=planned.laws)) != digest(changed)
    for one, other in zip(_arrays(planned.laws["rule"]), _arrays(changed.laws["rule"]), strict=True):
        np.testing.assert_array_equal(one, other)


def _arrays(node):
    if isinstance(node, np.ndarray):
        return [node]
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list | tuple):
        return [array for part in node for array in _arrays(part)]
    return [array for part in vars(node).values() for array in _arrays(part)] if hasattr(node, "__dict__") else []


def test_a_rule_charge_of_expected_cost_does_not_follow_a_surprise(plan):
    """By the linear rule a member pays its planned mean and its share of what goes beyond, in every path."""
    then = simulate(stressed(plan.study, [scenario("costs.price=+10%")]), threads=1)
    surprise = (then.own - plan.own).sum(axis=2, keepdims=True)
    moved = then.contributions["rule"] - plan.contributions["rule"]
    np.testing.assert_allclose(moved.sum(axis=2, keepdims=True), surprise, rtol=1e-9)
    shares = moved / surprise
    # One share per member and year, the same in all paths: the plan's covariance with the total.
    np.testing.assert_allclose(shares, np.broadcast_to(shares[:1], shares.shape), rtol=1e-6)


def test_every_world_is_another_run_to_a_checkpoint():
    study = stress_study(agreements=("own-use", "share", "deficit"))
    changes = ["costs.price=+1%", "costs.entries=+1%", "budget=-1%", "costs.home.length=+1%", "costs.price=+2%"]
    worlds = [study, *(stressed(study, [scenario(change)]) for change in changes)]
    worlds.append(stressed(study, [scenario({"kind": "leave", "member": "largest", "first": 2})]))
    worlds.append(replace(worlds[4], agreed=None))  # the same happens, but planned
    digests = [digest(compile_study(world)) for world in worlds]
    assert len(set(digests)) == len(worlds)


OPEN = """\
title = "Ours"
region = "haaglanden"
costs = "nl-2024"
agreements = ["own-use"]
open_cases = { file = "open.csv", reference = 2026-10-01 }
settings = { sims = 300, years = 2 }
"""


def test_stays_that_are_open_already_get_dearer_but_not_more(tmp_path):
    """Five children are in care: a surprise in clients moves who enters, one in prices moves the five as well."""
    rows = "code;care_type;start;case\n" + "".join(f"GM1842;gesloten;02-09-2026;{n}\n" for n in range(5))
    (tmp_path / "study.toml").write_text(OPEN, "utf-8")
    (tmp_path / "open.csv").write_text(rows, "utf-8")
    study = Study.load(tmp_path)
    assert len(study.open_cases) == 5
    more, dear = (
        stressed(study, [scenario(f"costs.{key}=+10%")]) for key in ("gesloten.clients", "gesloten.price")
    )  # fmt: skip
    assert more.open_cases is study.open_cases
    known, known_more, known_dear = (compile_study(one).exact_known.sum(axis=0) for one in (study, more, dear))
    np.testing.assert_allclose(known_more, known, rtol=1e-12)
    assert (known_dear[:, 8] > known[:, 8]).all()
    # Who enters is drawn by the rate: what is not known of the first year's mean grows by a tenth of closed care.
    means = [compile_study(one).exact_mean.sum(axis=0) for one in (study, more)]
    assert (means[1] > means[0]).all()


# --- members


def test_who_leaves_bears_its_own_cost_from_then_on(plan):
    out = simulate(stressed(plan.study, [scenario({"kind": "leave", "member": "largest", "first": 2})]), threads=1)
    assert np.array_equal(out.own, plan.own)
    for name in ("share", "excess", "deficit"):
        assert np.array_equal(out.contributions[name][:, 0], plan.contributions[name][:, 0])
        np.testing.assert_allclose(out.contributions[name][:, 1:, 2], plan.own[:, 1:, 2], rtol=1e-12)


def test_who_merges_is_one_from_then_on(plan):
    study = stress_study(agreements=("own-use", "share", "excess"))
    change = {"kind": "merge", "members": ["second-smallest", "smallest"], "first": 2}
    one = simulate(stressed(study, [scenario(change)]), threads=1)
    np.testing.assert_allclose(one.own[:, 1:, 1], plan.own[:, 1:, :2].sum(axis=2), rtol=1e-12)
    assert (one.own[:, 1:, 0] == 0.0).all()
    assert np.array_equal(one.own[:, 0], plan.own[:, 0])


# --- the scenarios that come with solidair


def test_a_year_that_a_scenario_leaves_alone_is_that_of_the_plan():
    """Late declarations: 5.7 % more in the first year, and not a cent in the next, where no line splits care."""
    study = Study.load("haaglanden", ["agreements=own-use,half-half", "years=2"])
    late = stressed(study, load_scenarios(["late-declaraties"]))
    plan, then = (simulate(one, sims=100, threads=1) for one in (study, late))
    np.testing.assert_allclose(then.own[:, 0], 1.057 * plan.own[:, 0], rtol=1e-12)
    assert (plan.own[:, 1] == then.own[:, 1]).all()


def test_occupancy_of_closed_care_by_hand():
    """Empty places are paid by those who are there: the price of closed care times 90 / 78 = 1.1538."""
    study = Study.load("haaglanden", ["agreements=own-use"])
    then = stressed(study, load_scenarios(["bezetting-gesloten"]))
    place = study.costs.ids.index("gesloten")
    assert round(90 / 78, 4) == 1.1538
    yearly = study.setting.expected_cost[:, place]
    before, after = (compile_study(one).exact_mean[:, 0].sum(axis=0) for one in (study, then))
    # Counts of clients are measures too, and do not move.
    np.testing.assert_allclose(after - before, 0.1538 * yearly, rtol=1e-9)


@pytest.mark.parametrize("name", builtin("scenarios"))
def test_every_scenario_says_what_it_is(name):
    (one,) = load_scenarios([name])
    spec = one.spec
    assert spec.title.nl != spec.title.en and spec.summary.nl != spec.summary.en
    assert not isinstance(spec.source, str)
    words = spec.source.nl + spec.summary.nl
    assert ("aanname" in words or name == "parameters-bekend") == (spec.grade == "assumed")
    assert len(one.digest) == 64


def test_every_scenario_fits_a_study_that_comes_with_solidair_and_all_change_something():
    study = Study.load("haaglanden")
    worlds, left = shipped_worlds(study)
    assert {one.scenario.name: one.problems for one in left} == {"parameters-bekend": ()}
    assert {world.name for world in worlds} == set(builtin("scenarios")) - {"parameters-bekend"}
    assert not any(same_world(world.study, study) for world in worlds)


def test_what_does_not_fit_is_left_out_with_its_reason():
    # Its two smallest members are in different alliances.
    _, left = shipped_worlds(Study.load("haaglanden-voorschoten"))
    (merge,) = (one for one in left if one.scenario.name == "kleinste-fuseren")
    assert merge.problems[0].file == "scenarios/kleinste-fuseren.toml"
    assert merge.problems[0].where == "changes.1"
    assert "the article does not hold for both" in merge.problems[0].rule


def test_rules_that_are_in_force_elsewhere_follow_a_merger():
    """Among them a reserve of each member's own, a fund over two years, and a condition over three."""
    worlds, left = shipped_worlds(Study.load("haaglanden-regels"))
    assert {one.scenario.name for one in left} == {"parameters-bekend"}
    (merging,) = (world.study for world in worlds if world.name == "kleinste-fuseren")
    assert len(merging.mergers) == 1


def test_a_plus_b_is_one_world_and_free_changes_are_another():
    study = Study.load("haaglanden", ["agreements=own-use"])
    worlds = asked_worlds(study, ["index-2023", "index-2024+krappe-begroting"], ["budget=-1%", "costs.price=+2%"])
    assert [world.name for world in worlds] == ["index-2023", "index-2024+krappe-begroting", "--set"]
    assert [len(world.scenarios) for world in worlds] == [1, 2, 1]
    assert worlds[1].study.departures[0].factor == pytest.approx(0.91)
    assert worlds[2].study.departures[0].factor == pytest.approx(0.99)
    assert worlds[2].assumed and not worlds[1].assumed
