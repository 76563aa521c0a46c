"""The worked study: Voorschoten leaves Haaglanden. What its page says is what is computed."""

import re
from pathlib import Path

import numpy as np
import pytest

from solidair.models.problems import InputError
from solidair.pool.blocks import compile_study
from solidair.pool.replay import replay
from solidair.pool.run import simulate
from solidair.pool.study import Study

PAGE = Path(__file__).parent.parent / "docs" / "membership.md"
STAY, CITY, LEAVER = slice(0, 9), 0, 9
AS_IT_WAS, LEAVES, RUN_OFF, HAGUE = (
    "haaglanden-with-voorschoten", "voorschoten-leaves", "voorschoten-leaves-run-off",
    "voorschoten-leaves-the-hague-buys",
)  # fmt: skip


@pytest.fixture(scope="module")
def study():
    return Study.load("haaglanden-voorschoten")


def _rows(start):
    """Return the table whose first row begins so: names and numbers."""
    lines = PAGE.read_text(encoding="utf-8").split(start)[1].split("\n\n")[0].split("\n")[2:]
    found = {}
    for line in lines:
        name, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        found[name] = [float(x.replace(",", "")) for cell in cells for x in re.findall(r"-?[\d,.]+", cell)]
    return found


def _expected(*overrides):
    """Return exact expected contributions, (agreement, year, member) EUR."""
    engine = compile_study(Study.load("haaglanden-voorschoten", overrides))
    mean = engine.exact_mean[:, np.newaxis]
    return {plan.agreement.name: plan.settle(mean).contribution[0] for plan in engine.plans}


def test_expected_cost_as_the_page_says():
    found = _expected("region.GM0626.need_index=0.8")
    parts = {"the nine that stay in Haaglanden": STAY, "the twelve of Holland Rijnland": slice(10, None)}
    parts["Voorschoten"] = slice(LEAVER, LEAVER + 1)
    table = _rows("| who |")
    assert set(table) == set(parts)
    for name, members in parts.items():
        for place, agreement in enumerate((LEAVES, RUN_OFF)):
            change = (found[agreement] - found[AS_IT_WAS])[0, members].sum() / 1e3
            assert table[name][place] == pytest.approx(change, abs=0.051), (name, agreement)
    run_off, full = ((found[a] - found[AS_IT_WAS])[:, LEAVER] for a in (RUN_OFF, LEAVES))
    said = re.search(r"it is (\d+) percent .*? 2024, (\d+) in 2025,\s(\d+) in 2026 and (\d+) in 2027", PAGE.read_text())
    np.testing.assert_array_equal(np.round(100 * run_off / full).astype(int), [int(x) for x in said.groups()])


def test_other_years_are_checked_again(study):
    assert study.over(years=2).setting.years == 2
    with pytest.raises(InputError, match="2025 or later"):
        study.over(first_year=2025)  # the exit of 2024 on occurrence basis


def test_with_like_need_nobody_gains_or_loses_in_the_mean():
    found = _expected()
    for agreement in (LEAVES, RUN_OFF, HAGUE):
        np.testing.assert_allclose(found[agreement], found[AS_IT_WAS], rtol=1e-9)


def test_simulated_cohorts_are_as_expected_and_reconcile(study):
    results = simulate(study, sims=4_096)
    assert any(measure.began_before == 0 for measure in results.measures.measures)
    # 1408 figures: 4.5 is passed by chance once in about 100 runs; the seed is fixed.
    check = results.table("check")
    assert np.nanmax(np.abs(check[["mean_z", "sd_z"]].to_numpy())) < 4.5
    for name, contribution in results.contributions.items():
        np.testing.assert_allclose(contribution.sum(axis=-1), results.own.sum(axis=-1), rtol=1e-9, err_msg=name)
    np.testing.assert_array_equal(results.own, simulate(study, sims=4_096, block=256).own)
    assert replay(study, 3).reconciled


@pytest.mark.slow
def test_spread_as_the_page_says(study):
    results = simulate(study)
    stability = results.table("stability").set_index(["agreement", "code"])["sd"]
    compared = results.table("compared").set_index(["agreement", "code"])
    own = results.own[:, 0].std(axis=0, ddof=1)
    table = _rows("| member |")
    assert list(table) == list(study.region.names[:10])
    for i, row in enumerate(table.values()):
        code = study.region.codes[i]
        figures = [own[i], stability[AS_IT_WAS, code]]
        for agreement in (LEAVES, RUN_OFF, HAGUE):
            figures += [compared.loc[(agreement, code), f"sd_change{ending}"] for ending in ("", "_se")]
        np.testing.assert_allclose(row, np.array(figures) / 1e3, atol=0.51)
        np.testing.assert_allclose(row[2:], np.array(figures[2:]) / 1e3, atol=0.051)
