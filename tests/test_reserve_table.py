"""The table of the reserve: against the paths one by one, without a reserve, with one that no opening saves; doors."""

import math
import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from solidair.models.problems import InputError
from solidair.pool.finance.reserve_table import COLUMNS, SURE, reserve_rules, reserve_table
from solidair.pool.finance.spec import FinanceSpec, ReserveSpec
from solidair.pool.mergers import Merger
from solidair.pool.metrics.quantiles import maritz_jarrett_error, value_at_risk
from solidair.pool.run import simulate
from solidair.pool.study import Study
from tests.naive_reserve import naive_path
from tests.small import small_study

KEYS = ["agreement", "code", "name", "period"]
SPEC = ReserveSpec(opening=6, contribution=0.02, interest=0.03, floor=1, cap=9, safety=0.6)


def with_reserve(results, spec, **changes):
    """Return the results of the same paths, of a study with this reserve."""
    return replace(results, study=replace(results.study, finance=FinanceSpec(reserve=spec), **changes))


def table(results):
    return results.table("reserve").set_index(["agreement", "code", "period"])


def buffers(study, amounts):
    """Return the region with these buffers, EUR."""
    members = tuple(replace(m, buffer_eur=float(b)) for m, b in zip(study.region.members, amounts, strict=True))
    return replace(study.region, members=members)


@pytest.fixture(scope="module")
def results():
    return simulate(small_study(years=3, sims=800, budget=60.0))


@pytest.fixture(scope="module")
def found(results):
    return table(with_reserve(results, SPEC))


# --- rows and columns


def test_rows_and_columns(results, found):
    periods = ["2027", "2028", "2029", "2027-2029"]
    codes = results.study.region.codes
    expected = [(a, c, p) for a in results.contributions for c in codes for p in periods]
    assert found.index.tolist() == expected
    figures = [c for base in COLUMNS for c in ((base,) if base in SURE else (base, f"{base}_se"))]
    assert found.columns.tolist() == ["name", "safety", *figures]
    assert (found["safety"] == 0.6).all()
    required = [c for c in figures if c.startswith("required_opening")]
    last = found.index.get_level_values("period") == periods[-1]
    assert found.loc[last, required].notna().all().all() and found.loc[~last, required].isna().all().all()
    sometimes = {"call_mean", "call_mean_se", "refund_mean", "refund_mean_se"}  # where nobody is called, or once
    assert found.drop(columns=[*required, *sometimes]).notna().all().all()


def test_amounts_per_inhabitant_and_shares_of_the_budget(results):
    """Town 1 has 10,000 inhabitants and a budget of EUR 120,000."""
    rules = reserve_rules(with_reserve(results, SPEC).study, 3)
    assert rules.opening[1] == 60_000.0 and rules.put_in[:, 1].tolist() == [2_400.0] * 3
    assert rules.floor[:, 1].tolist() == [10_000.0] * 3 and rules.cap[:, 1].tolist() == [90_000.0] * 3


@pytest.mark.parametrize("agreement", ["own-use", "excess"])
def test_figures_are_those_of_the_paths_one_by_one(results, found, agreement):
    place = 1
    rules = reserve_rules(with_reserve(results, SPEC).study, 3)
    columns = (rules.put_in[:, place], rules.interest, rules.floor[:, place], rules.cap[:, place])
    borne = results.contributions[agreement][:, :, place]
    paths = [naive_path(path, rules.budgets[:, place], rules.opening[place], *columns) for path in borne]
    row = found.xs(results.study.region.codes[place], level="code").loc[agreement]
    n = len(paths)
    for year, period in enumerate([0, 1, 2, None]):
        one = row.iloc[year]

        def total(name, period=period):
            return np.array([sum(y[name] for y in (path if period is None else [path[period]])) for path in paths])

        last = 2 if period is None else period
        end = np.array([path[last]["end"] for path in paths])
        calls = np.array([sum(y["call"] > 0 for y in (path if period is None else [path[period]])) for path in paths])
        call, depleted = total("call"), np.array([path[last]["depleted"] for path in paths])
        for name in ("interest", "result", "call", "refund"):
            values = total(name)
            assert one[f"{name}_expected"] == pytest.approx(math.fsum(values) / n, rel=1e-9)
            assert one[f"{name}_expected_se"] == pytest.approx(values.std(ddof=1) / math.sqrt(n), rel=1e-9, abs=1e-6)
        assert one["balance_mean"] == pytest.approx(end.mean(), rel=1e-9)
        for column, level in (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)):
            assert one[f"balance_{column}"] == pytest.approx(value_at_risk(np.sort(end), level), rel=1e-9)
            error = maritz_jarrett_error(np.sort(end), level)
            assert one[f"balance_{column}_se"] == pytest.approx(error, rel=1e-6, abs=1e-6)
        assert one["call_p95"] == pytest.approx(value_at_risk(np.sort(call), 0.95), rel=1e-9)
        assert one["call_probability"] == (call > 0).mean()
        assert one["call_mean"] == pytest.approx(call[call > 0].mean(), rel=1e-9)
        error = call[call > 0].std(ddof=1) / math.sqrt((call > 0).sum())
        assert one["call_mean_se"] == pytest.approx(error, rel=1e-9)
        assert one["calls_per_ten_years"] == pytest.approx(10 * calls.mean() / (3 if period is None else 1))
        refund = total("refund")
        assert one["refund_probability"] == (refund > 0).mean()
        assert one["refund_mean"] == pytest.approx(refund[refund > 0].mean(), rel=1e-9)
        assert one["depletion_probability"] == depleted.mean()
        assert one["contribution"] == pytest.approx(rules.put_in[:, place].sum() / (1 if period is None else 3))


def test_what_comes_in_and_goes_out_makes_the_balance(found):
    """Opening + contribution + interest + result + call - refund = balance, on average, in every row."""
    flows = found["opening"] + found["contribution"] - found["refund_expected"]
    flows += sum(found[f"{name}_expected"] for name in ("interest", "result", "call"))
    np.testing.assert_allclose(flows, found["balance_mean"], rtol=1e-9)
    by_code = found.xs("own-use").xs("GM0101")
    assert by_code["opening"].iloc[1] == pytest.approx(by_code["balance_mean"].iloc[0])
    chance = found["call_expected"] - found["call_probability"] * found["call_mean"]
    np.testing.assert_allclose(chance.dropna(), 0.0, atol=1e-3)


def test_change_is_the_paired_difference_with_own_use(results, found):
    own, other = found.xs("own-use"), found.xs("excess")
    for name in ("depletion_probability", "required_opening"):
        assert (own[f"{name}_change"].dropna() == 0.0).all() and (own[f"{name}_change_se"].dropna() == 0.0).all()
        np.testing.assert_allclose(other[f"{name}_change"], other[name] - own[name], atol=1e-9)
    # Paired: less than two separate errors would make of it, where the two go together.
    separate = np.hypot(other["depletion_probability_se"], own["depletion_probability_se"])
    assert (other["depletion_probability_change_se"] < separate).all()


def test_a_run_of_one_year_has_one_row_with_everything():
    frame = table(with_reserve(simulate(small_study(years=1, sims=200, budget=60.0)), SPEC))
    assert frame.index.get_level_values("period").unique().tolist() == ["2027"]
    assert frame["required_opening"].notna().all() and frame["balance_mean"].notna().all()


@pytest.mark.parametrize("threads", [1, 3])
def test_chunks_change_no_bit(results, threads):
    some = with_reserve(results, SPEC)
    small = reserve_table(some.study, some._paths, max_bytes=1, threads=threads)
    pd.testing.assert_frame_equal(small, some.table("reserve"), check_exact=True)


def test_it_takes_no_more_memory_than_it_is_given():
    """Sixteen megabytes beside the table; all forty members at once would take some forty arrays of a megabyte."""
    results = with_reserve(simulate(small_study(members=40, years=6, sims=3_000, budget=60.0)), SPEC)
    paths, most = results._paths, 16 * 2**20
    tracemalloc.start()
    try:
        frame = reserve_table(results.study, paths, max_bytes=most, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - frame.memory_usage(deep=True).sum() * 3 < most


# --- the opening that is required


@pytest.mark.parametrize("cap", [None, 50.0])
def test_the_required_opening_is_found_again_by_running_it(results, cap):
    """With it at most a tenth of the paths is depleted; with a cent less per path more than a tenth."""
    spec = ReserveSpec(contribution=0.01, interest=0.02, cap=cap, safety=0.9)
    start = with_reserve(results, spec, region=buffers(results.study, [0, 0, 0]))
    for agreement in results.contributions:
        required = table(start).xs(agreement)["required_opening"].dropna().to_numpy()
        assert np.isfinite(required).all() and (required > 0).all()
        for less, holds in ((0.0, True), (0.01, False)):
            again = with_reserve(results, spec, region=buffers(results.study, required + 1e-6 - less))
            chance = table(again).xs(agreement).xs("2027-2029", level="period")["depletion_probability"]
            assert (chance <= 0.1).all() if holds else (chance > 0.1).all()


def test_a_council_without_a_reserve_sees_only_what_it_would_need(results):
    plain = table(results)
    filled = plain.columns[plain.notna().any()].tolist()
    assert filled == ["name", "safety", *(c for c in plain if c.startswith("required_opening"))]
    assert (plain["safety"] == 0.95).all()
    empty = with_reserve(results, ReserveSpec(opening=0, floor=0))
    same = [c for c in filled if c != "name"]
    pd.testing.assert_frame_equal(plain[same], table(empty)[same], check_exact=True)


def test_a_cap_can_be_too_low_for_any_opening(results):
    """A cap of 0: what a good year brings goes back at once, and the first bad one has nothing."""
    frame = table(with_reserve(results, ReserveSpec(opening=0, cap=0, safety=0.99)))
    last = frame.xs("2027-2029", level="period")
    assert (last["required_opening"] == np.inf).all() and last["required_opening_se"].isna().all()
    others = last.drop("own-use", level="agreement")
    assert others["required_opening_change"].isna().all() and others["required_opening_change_se"].isna().all()


def test_without_calls_there_is_no_mean_call(results):
    frame = table(with_reserve(results, ReserveSpec(opening=100_000)))
    assert (frame["call_probability"] == 0).all() and (frame["call_probability_se"] > 0).all()
    assert frame["call_mean"].isna().all() and (frame["call_expected"] == 0).all() and (frame["call_p95"] == 0).all()


def test_members_that_merge_bring_their_reserves(results):
    study = replace(results.study, mergers=(Merger(0, (1,), 1),))
    merged = simulate(replace(study, finance=FinanceSpec(reserve=ReserveSpec(opening=6))))
    frame = table(merged).xs("own-use")
    first, second = (frame.xs(code) for code in ("GM0100", "GM0101"))
    both = first.loc["2027", "balance_mean"] + second.loc["2027", "balance_mean"]
    assert first.loc["2028", "opening"] == pytest.approx(both)
    assert (second.loc[["2028", "2029"], ["opening", "balance_mean", "call_probability"]] == 0).all().all()
    assert frame.loc[["GM0100", "GM0101"], "required_opening"].isna().all()
    assert np.isfinite(frame.loc[("GM0102", "2027-2029"), "required_opening"])
    rules = reserve_rules(merged.study, 3)
    assert rules.opening.tolist() == [30_000.0, 60_000.0, 90_000.0]


# --- doors


def problems(*overrides, study="haaglanden"):
    with pytest.raises(InputError) as caught:
        Study.load(study, overrides)
    return caught.value.problems


def test_a_reserve_can_be_added_on_the_command_line():
    study = Study.load("haaglanden", ["finance.certainty=0.8", "finance.reserve.opening=30", "finance.reserve.cap=47"])
    assert study.finance == FinanceSpec(certainty=0.8, reserve=ReserveSpec(opening=30, cap=47))
    assert Study.load("haaglanden").finance.reserve is None


def test_members_without_an_opening_are_named_all_at_once():
    (problem,) = problems("finance.reserve.floor=5", "region.GM0503.buffer_eur=1000000")
    assert problem.file == "studies/haaglanden.toml" and problem.where == "finance.reserve.opening"
    assert "'s-Gravenhage, Zoetermeer, Westland, Leidschendam-Voorburg" in problem.rule
    assert "Delft" not in problem.rule and "buffer_eur" in problem.rule
    assert "opening = 30" in problem.hint


def test_a_buffer_of_each_member_is_its_opening(tmp_path):
    codes = [m.code for m in Study.load("haaglanden").region.members]
    study = Study.load(
        "haaglanden",
        ["finance.reserve.safety=0.9", *(f"region.{c}.buffer_eur={1000 * n}" for n, c in enumerate(codes))],
    )
    assert reserve_rules(study, 4).opening.tolist() == [1000.0 * n for n in range(9)]


def test_a_missing_opening_does_not_hide_other_problems():
    found = problems("finance.reserve.floor=5", "finance.reserve.interest=0.01", "agreements=own-use,nowhere")
    assert len(found) == 2 and {"finance.reserve.opening"} < {p.where for p in found}


@pytest.mark.parametrize(
    ("override", "rule"),
    [
        ("finance.reserve.opening=-1", "at least 0"),
        ("finance.reserve.contribution=1.5", "between 0 and 1"),
        ("finance.reserve.safety=1", "both ends excluded"),
        ("finance.reserve.interest=2", "at most 0.5"),
        ("finance.reserve.oppening=5", "unknown key"),
        ("finance.certainty=0", "both ends excluded"),
    ],
)
def test_values_that_no_reserve_has(override, rule):
    (problem,) = problems(override, *([] if "opening" in override else ["finance.reserve.opening=3"]))
    assert problem.file == "--set" and problem.where == override and rule in problem.rule


def test_a_cap_below_the_floor_is_told_of_the_cap():
    (problem,) = problems("finance.reserve.opening=3", "finance.reserve.cap=4", "finance.reserve.floor=5")
    assert problem.where == "finance.reserve.cap=4" and "floor (5)" in problem.rule


def test_python_is_told_of_a_missing_opening_too(results):
    with pytest.raises(InputError, match="buffer_eur of 'small' is empty for Town 0, Town 1, Town 2"):
        with_reserve(results, ReserveSpec()).table("reserve")
