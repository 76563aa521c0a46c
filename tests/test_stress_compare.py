"""What a scenario changes: by hand, the same figures as a run, and errors that are true over many seeds."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.pool.run import simulate
from solidair.pool.stress.apply import stressed
from solidair.pool.stress.compare import COLUMNS, FIGURES, REGION, compare
from tests.stressing import scenario, stress_study

AGREEMENTS = ("own-use", "share", "excess", "deficit")


@pytest.fixture(scope="module")
def plan():
    return simulate(stress_study(agreements=AGREEMENTS), threads=1)


@pytest.fixture(scope="module")
def dear(plan):
    then = simulate(stressed(plan.study, [scenario("costs.price=+10%", {"set": "budget", "by": "-5%"})]), threads=1)
    return then, compare(plan, then, "dear")


def pick(table, **keys):
    for column, value in keys.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_every_row_is_there_once(plan, dear):
    table = dear[1]
    assert list(table.columns) == list(COLUMNS)
    years = [figure for figure in FIGURES if figure.every_year]
    # Four agreements, three towns and the region; all figures of 2027 and of all years, some of 2028 and 2029.
    assert len(table) == 4 * 4 * (2 * len(FIGURES) + 2 * len(years))
    assert not table.duplicated(list(COLUMNS[:6])).any()
    assert set(table["period"]) == {"2027", "2028", "2029", "2027-2029"}
    assert not table.isna().any().any()


def test_a_figure_is_the_one_of_the_run(plan, dear):
    """Base and value are those of the table of years of either run; the change is their difference."""
    then, table = dear
    for results, column in ((plan, "base"), (then, "value")):
        years = results.table("years")
        for row in table[table["code"] != REGION].to_dict("records"):
            if row["metric"] == "required":
                continue
            there = pick(years, agreement=row["agreement"], code=row["code"], period=row["period"])
            np.testing.assert_allclose(row[column], there[row["metric"]], rtol=1e-9, atol=1e-6)
            np.testing.assert_allclose(row[f"{column}_se"], there[f"{row['metric']}_se"], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(table["change"], table["value"] - table["base"], rtol=1e-9, atol=1e-3)


def test_required_capacity_by_hand(plan, dear):
    """VaR 90 % of what a town bears over all years, less its budgets: the 450th of 500 paths."""
    then, table = dear
    for results, column in ((plan, "base"), (then, "value")):
        for name in AGREEMENTS:
            total = np.sort(results.contributions[name].sum(axis=1), axis=0)[449]
            required = np.maximum(total - results.study.setting.budgets.sum(axis=0), 0.0)
            rows = table[
                (table["agreement"] == name) & (table["period"] == "2027-2029") & (table["metric"] == "required")
            ]
            np.testing.assert_allclose(rows[column], [*required, required.sum()], rtol=1e-12)


def test_required_capacity_is_that_of_the_table_of_capacity(plan, dear):
    then, table = dear
    for results, column in ((plan, "base"), (then, "value")):
        for row in results.table("capacity").to_dict("records"):
            keys = {key: row[key] for key in ("agreement", "code", "period")}
            there = pick(table, metric="required", **keys)
            np.testing.assert_allclose(there[column], row["required"], rtol=1e-12)
            np.testing.assert_allclose(there[f"{column}_se"], row["required_se"], rtol=1e-9)


def test_councils_may_ask_for_certainty_of_their_own(plan):
    members = tuple(replace(m, certainty=0.8) for m in plan.study.region.members[:1])
    region = replace(plan.study.region, members=(*members, *plan.study.region.members[1:]))
    other = replace(plan, study=replace(plan.study, region=region))
    total = np.sort(plan.own.sum(axis=1), axis=0)
    required = np.maximum([total[399, 0], *total[449, 1:]] - plan.study.setting.budgets.sum(axis=0), 0.0)
    table = compare(other, other, "same")
    keys = {"agreement": "own-use", "period": "2027-2029", "metric": "required"}
    found = [pick(table, code=code, **keys)["base"] for code in (*region.codes, REGION)]
    np.testing.assert_allclose(found, [*required, required.sum()], rtol=1e-12)


def test_of_the_region_the_mean_is_that_of_the_total_and_what_is_needed_is_added_up(dear):
    then, table = dear
    key = {"agreement": "excess", "period": "2027-2029", "code": REGION}
    total = then.own.sum(axis=(1, 2))
    budget = then.study.setting.budgets.sum()
    assert pick(table, metric="overrun_probability", **key)["value"] == pytest.approx((total > budget).mean())
    towns = table[(table["agreement"] == "excess") & (table["period"] == "2027-2029") & (table["code"] != REGION)]
    for metric in ("expected_overrun", "required"):
        each = towns[towns["metric"] == metric]
        np.testing.assert_allclose(pick(table, metric=metric, **key)["change"], each["change"].sum(), rtol=1e-9)


def test_no_change_has_no_error(plan):
    table = compare(plan, plan, "same")
    assert (table["change"] == 0.0).all() and (table["change_se"] == 0.0).all()
    assert (table["base"] == table["value"]).all()


def test_a_chance_that_no_path_moves_still_has_an_error(plan):
    then = simulate(stressed(plan.study, [scenario("costs.price=x1.000001")]), threads=1)
    row = pick(
        compare(plan, then, "tiny"), agreement="own-use", code=REGION, period="2027", metric="overrun_probability"
    )
    # Nobody crosses the line in 500 paths: 0, with the half-width of Wilson's interval (1 / 2N) / (1 + 1 / N).
    assert row["change"] == 0.0
    assert row["change_se"] == pytest.approx((0.5 / 500) / (1 + 1 / 500))


def test_exact_changes_have_no_error_and_paired_ones_a_small_one(dear):
    table = dear[1]
    means = table[(table["metric"] == "mean") & (table["agreement"] != "deficit")]
    np.testing.assert_allclose(means["change"], 0.1 * means["base"], rtol=1e-9)
    assert (means["change_se"] == 0.0).all()
    paired = table[(table["metric"] == "tvar_95") & (table["agreement"] == "own-use")]
    # All is a tenth dearer in every path, so the change is a tenth and has a tenth of the error.
    np.testing.assert_allclose(paired["change"], 0.1 * paired["base"], rtol=1e-9)
    assert (paired["change_se"] < 0.12 * paired["base_se"]).all()


def test_those_who_merge_stand_in_one_row_on_both_sides(plan):
    study = stress_study(agreements=("own-use", "share"))
    base = simulate(study, threads=1)
    change = {"kind": "merge", "members": ["second-smallest", "smallest"], "first": 2}
    then = simulate(stressed(study, [scenario(change)]), threads=1)
    table = compare(base, then, "one")
    assert set(table["code"]) == {"GM0101", "GM0102", REGION}
    key = {"agreement": "own-use", "code": "GM0101", "period": "2027-2029"}
    mean = pick(table, metric="mean", **key)
    assert mean["change"] == 0.0 and mean["base"] == pytest.approx(base.paths.own_exact[:, :2].sum())
    apart = np.sort(base.own.sum(axis=1), axis=0)[449] - study.setting.budgets.sum(axis=0)
    assert pick(table, metric="required", **key)["base"] == pytest.approx(np.maximum(apart[:2], 0.0).sum())
    # One municipality needs less in reserve than two apart.
    assert pick(table, metric="required", **key)["change"] < 0.0
    assert pick(table, metric="required", agreement="own-use", code=REGION, period="2027-2029")["change"] < 0.0


def test_only_the_same_luck_is_compared(plan):
    for other in (simulate(plan.study, sims=400, threads=1), simulate(plan.study, seed=8, threads=1)):
        with pytest.raises(ValueError, match="the same luck"):
            compare(plan, other, "other")


REPLICATIONS = 50
METRICS = ("sd", "tvar_95", "overrun_probability", "expected_overrun", "required")


@pytest.fixture(scope="module")
def replications():
    """Return change and error of each figure of one town and the region, over many seeds, (replication, 2, figure)."""
    study = stress_study(years=2, agreements=("share",), stays=False)
    # Without stays a youth costs about half: so are the budgets.
    towns = tuple(replace(m, youth_budget_eur=m.youth_budget_eur / 2) for m in study.region.members)
    study = replace(study, region=replace(study.region, members=towns))
    world = stressed(study, [scenario("costs.heavy.entries=+40%", "costs.price=+3%")])
    found = []
    for seed in range(REPLICATIONS):
        runs = [simulate(one, sims=500, seed=seed, threads=1) for one in (study, world)]
        table = compare(*runs, "x")
        table = table[table["period"] == "2027-2028"]
        found.append(
            [
                [pick(table, code=code, metric=metric)[["change", "change_se"]].to_numpy(float) for metric in METRICS]
                for code in ("GM0101", REGION)
            ]
        )
    return np.array(found)


@pytest.mark.parametrize("metric", METRICS)
def test_paired_errors_are_true_over_many_seeds(replications, metric):
    """The spread of the change over seeds is the error that is reported.

    The root of a chi-square law of 49 degrees over them has a relative sd of 1 / sqrt(98): four of them are 40 %.
    """
    changes, errors = np.moveaxis(replications[:, :, METRICS.index(metric)], -1, 0)
    ratio = np.sqrt((errors**2).mean(axis=0)) / changes.std(axis=0, ddof=1)
    assert (np.abs(ratio - 1.0) < 4.0 / np.sqrt(2 * (REPLICATIONS - 1))).all(), ratio
