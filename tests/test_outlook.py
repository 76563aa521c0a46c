"""The multi-year budget: against counting, against the table of the years, and the growth that is planned."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from solidair.cli.texts.outlook import TEXTS
from solidair.models.departures import Departure
from solidair.pool.finance.outlook import outlook_table
from solidair.pool.metrics.base import wilson_error
from solidair.pool.run import simulate
from solidair.pool.study import Study
from tests.small import small_study

HELD = ("within_probability", "within_every_year_probability", "within_cumulative_probability")


@pytest.fixture(scope="module")
def results():
    return simulate(small_study(years=3, sims=800, budget=60.0))


@pytest.fixture(scope="module")
def found(results):
    return results.table("outlook").set_index(["agreement", "code", "year"])


def test_rows_and_columns(results, found):
    codes = results.study.region.codes
    assert found.index.tolist() == [(a, c, y) for a in results.contributions for c in codes for y in (2027, 2028, 2029)]
    figures = [x for name in ("mean", "p10", "p50", "p90", *HELD) for x in (name, f"{name}_se")]
    assert found.columns.tolist() == ["name", "budget", "growth_index", "growth_volume", *figures]
    assert found.notna().all().all()
    assert (found["p10"] <= found["p50"]).all() and (found["p50"] <= found["p90"]).all()


def test_budgets_hold_as_often_as_counting_says(results, found):
    budgets = results.study.setting.budgets
    for agreement, borne in results.contributions.items():
        for place, code in enumerate(results.study.region.codes):
            for year in range(3):
                within = borne[:, : year + 1, place] <= budgets[: year + 1, place]
                total = borne[:, : year + 1, place].sum(axis=1) <= budgets[: year + 1, place].sum()
                row = found.loc[(agreement, code, 2027 + year)]
                assert row["budget"] == budgets[year, place]
                for name, event in zip(HELD, (within[:, -1], within.all(axis=1), total), strict=True):
                    share = event.mean()
                    assert row[name] == pytest.approx(share, abs=1e-12)
                    assert row[f"{name}_se"] == pytest.approx(wilson_error(share * (1 - share), 800), rel=1e-9)


def test_it_says_what_the_table_of_the_years_says(results, found):
    years = results.table("years").set_index(["agreement", "code", "period"])
    for (agreement, code, year), row in found.iterrows():
        one = years.loc[(agreement, code, str(year))]
        fan = ["mean", "mean_se", "p10", "p10_se", "p50", "p50_se", "p90", "p90_se"]
        assert row[fan].tolist() == one[fan].tolist()
        assert row["within_probability"] == 1 - one["overrun_probability"]
        if year == 2029:
            horizon = years.loc[(agreement, code, "2027-2029")]
            assert row["within_cumulative_probability"] == pytest.approx(1 - horizon["overrun_probability"], abs=1e-12)


def test_holding_every_year_is_harder_with_every_year(found):
    every = found["within_every_year_probability"].unstack("year").to_numpy()
    assert (np.diff(every, axis=1) <= 0).all() and (np.diff(every, axis=1) < 0).any()
    rounding = 1e-12  # one chance is counted, the other is 1 less what is counted
    assert (found["within_every_year_probability"] <= found["within_probability"] + rounding).all()
    assert (found["within_every_year_probability"] <= found["within_cumulative_probability"]).all()
    first = found.xs(2027, level="year")
    assert (first[HELD[0]] - first[HELD[1]]).abs().max() < 1e-12
    assert (first[HELD[0]] - first[HELD[2]]).abs().max() < 1e-12


def test_chunks_change_no_bit(results):
    small = outlook_table(results.study, results._paths, results.table("years"), max_bytes=1, threads=2)
    pd.testing.assert_frame_equal(small, results.table("outlook"), check_exact=True)


def test_a_run_of_one_year_has_one_row_per_member():
    frame = simulate(small_study(years=1, sims=200)).table("outlook")
    assert len(frame) == 9 and (frame["year"] == 2027).all() and (frame["growth_index"] == 0).all()


@pytest.mark.parametrize("name", ["outlook", "reserve"])
def test_every_column_has_words_in_both_languages(results, name):
    keys = {"agreement", "code", "name", "period", "safety"}
    columns = {c for c in results.table(name) if not c.endswith("_se")} - keys
    for language in ("nl", "en"):
        assert columns <= set(TEXTS[language]), language
    assert set(TEXTS["nl"]) == set(TEXTS["en"])
    fields = [set(re.findall(r"\{(\w+)\}", TEXTS["nl"][key] + TEXTS["en"][key])) for key in ("required_text",)]
    assert fields == [{"safety"}]


# --- what is planned


def test_planned_growth_by_hand():
    """Index 2% and, for residential care, 10%; volume 3%. Care types weigh by what they are expected to cost."""
    study = Study.load(
        "haaglanden", ["costs.index=0.02", "costs.verblijf.index=0.1", "costs.volume_growth=0.03", "years=3"]
    )
    frame = simulate(study, sims=200).table("outlook")
    one = frame[(frame["agreement"] == "own-use") & (frame["code"] == "GM0503")].set_index("year")
    delft = study.region.index("GM0503")
    cost = study.setting.expected_cost[delft]
    share = cost[study.costs.ids.index("verblijf")] / cost.sum()
    assert 0 < share < 1
    index = [0, 0.02 + 0.08 * share, (1 - share) * 1.02**2 + share * 1.1**2 - 1]
    assert one["growth_index"].tolist() == pytest.approx(index, abs=1e-12)
    assert one["growth_volume"].tolist() == pytest.approx([0, 0.03, 0.0609], abs=1e-12)
    assert one["budget"].tolist() == pytest.approx([one["budget"].iloc[0] * 1.02**t for t in range(3)])


def test_what_nobody_planned_is_in_the_cost_and_not_in_the_growth():
    study = small_study(years=2, sims=400, budget=60.0)
    dear = replace(study.costs, departures=(Departure("price", 1.5, 1), Departure("volume", 1.2, 1)))
    surprised = replace(study, costs=dear, agreed=study.costs, departures=(Departure("budget", 0.9, 1),))
    plain, changed = (simulate(s).table("outlook") for s in (study, surprised))
    second = plain["year"] == 2028
    assert (changed["growth_index"] == 0).all() and (changed["growth_volume"] == 0).all()
    np.testing.assert_allclose(changed["budget"][second], 0.9 * plain["budget"][second])
    assert (changed["mean"][second] > 1.5 * plain["mean"][second]).all()
    assert (changed["within_probability"][second] < plain["within_probability"][second]).all()
