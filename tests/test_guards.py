"""Guards at the edges: what the simulation cannot carry is refused, what cannot be judged is not judged."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.cli.numbers import Unit, in_unit, unit_for
from solidair.cli.report.build import report_html
from solidair.models.problems import InputError
from solidair.pool.draw import DrawPlan
from solidair.pool.exactness import LIMIT, verdict
from solidair.pool.metrics.quantiles import value_at_risk
from solidair.pool.results import LEVELS, TABLES
from solidair.pool.run import measures_of, simulate
from solidair.pool.study import Study
from tests.naive import quantity

HEAVY = "daghulp"


def with_severity(tmp_path, severity):
    """Return a study of which a care type has another severity, given as TOML."""
    from importlib.resources import files

    text = (files("solidair.configs.costs") / "nl-2024.toml").read_text("utf-8")
    head, _, rest = text.partition(f"[care_types.{HEAVY}.severity]\n")
    tail = rest[rest.index("[care_types.pleegzorg]") :]
    (tmp_path / "costs.toml").write_text(f"{head}[care_types.{HEAVY}.severity]\n{severity}\n{tail}", "utf-8")
    study = 'region = "haaglanden"\ncosts = "costs.toml"\nagreements = ["own-use", "case-excess"]\n'
    (tmp_path / "study.toml").write_text(study + 'title = { nl = "x", en = "x" }\n', "utf-8")
    return Study.load(tmp_path)


def toml(value):
    return "{ " + ", ".join(f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}" for k, v in value.items()) + " }"


def gpd(xi):
    return f'family = "gpd"\nxi = {toml(quantity(xi))}\nbeta = {toml(quantity(50_000.0))}\n'


def test_a_tail_that_the_tables_cut_off_is_refused_and_a_capped_one_is_not(tmp_path):
    study = with_severity(tmp_path, gpd(0.95))
    with pytest.raises(InputError, match="percent off") as caught:
        simulate(study, 200)
    assert caught.value.problems[0].where == f"care_types.{HEAVY}.severity" and "cap" in caught.value.problems[0].hint
    capped = with_severity(tmp_path, gpd(0.95) + f"cap = {toml(quantity(1e6))}\n")
    assert np.isfinite(simulate(capped, 200).own).all()


def test_an_infinite_variance_is_not_judged(tmp_path):
    results = simulate(with_severity(tmp_path, gpd(0.6)), 2_000)
    table = results.table("check")
    infinite = ~np.isfinite(table["exact_sd"])
    assert infinite.any() and table.loc[infinite, ["mean_z", "sd_z"]].isna().all().all()
    assert not verdict(table)["failed"]
    assert [care.id for care in results.study.costs.unbounded] == [HEAVY]
    tables = {name: results.table(name) for name in TABLES}
    for language, words in (("nl", "geen eindige spreiding"), ("en", "no finite spread")):
        assert words in report_html(results, tables, language)


def test_nothing_judged_is_neither_passed_nor_failed():
    table = simulate(Study.load("haaglanden"), 200).table("check")
    table[["mean_z", "sd_z"]] = np.nan
    outcome = verdict(table)
    assert not outcome["passed"] and not outcome["failed"] and outcome["figures"] == 0


def test_right_runs_pass_the_check_at_every_size():
    """Of 60 right runs none may be called wrong; the means alone would do so once in thousands."""
    study = Study.load("haaglanden")
    for sims, seeds in ((100, 30), (1_000, 20), (2_000, 10)):
        for seed in range(seeds):
            assert not verdict(simulate(study, sims, seed).table("check"))["failed"], (sims, seed)
    assert LIMIT == 4.5


def test_distribution_levels_are_exact_order_statistics():
    results = simulate(Study.load("haaglanden"), 3_000)
    table = results.table("distribution")
    part = table[(table["agreement"] == "own-use") & (table["code"] == "GM1842")]
    ordered = np.sort(results.own[:, 0, 8])
    for level, value in zip(part["probability"], part["contribution"], strict=True):
        # round() heals the float product: 3,000 x .07 is 210.00000000000003
        rank = int(np.ceil(round(3_000 * level, 6)))
        assert value == ordered[rank - 1] == value_at_risk(ordered, float(level))
    assert len(part) == len(LEVELS)


def test_the_counter_is_not_overrun():
    study = Study.load("haaglanden")
    plan = DrawPlan.make(study, measures_of(study))
    plan.draw(2**64 - 1, 2**48 - 2, 2)
    with pytest.raises(ValueError, match="2\\^48"):
        plan.draw(1, 2**48 - 1, 2)
    with pytest.raises(ValueError, match="2\\^48"):
        plan.draw(1, -1, 2)
    long = plan.calendar._replace(volume=np.ones((1, 2**16 + 1)))
    with pytest.raises(ValueError, match="2\\^48"):
        replace(plan, calendar=long).draw(1, 0, 2)


def test_a_run_that_cannot_fit_is_refused_before_it_starts():
    with pytest.raises(InputError, match=r"needs .* GB of"):
        simulate(Study.load("haaglanden"), 10**11)


def test_budgets_in_thousands_are_refused():
    with pytest.raises(InputError, match="in thousands"):
        Study.load("haaglanden", ["region.GM0518.youth_budget_eur=267396"])


def test_dutch_thousands_in_toml_are_refused():
    with pytest.raises(InputError, match=r"100_000") as caught:
        Study.load("haaglanden", ["agreements.case-excess.clauses.1.take.retention=100.000"])
    assert "at least 1000" in caught.value.problems[0].rule


def test_another_region_brings_its_own_title_and_folder():
    study = Study.load("haaglanden", ["region=holland-rijnland"])
    assert (study.name, study.title.nl) == ("haaglanden-holland-rijnland", "Holland Rijnland")


def test_a_changed_agreement_says_so():
    study = Study.load("haaglanden", ["agreements.case-excess.clauses.1.take.retention=75000"])
    words = {a.name: a.spec.summary for a in study.agreements}
    assert "aangepast" in words["case-excess"].nl and "75000" in words["case-excess"].en
    assert "aangepast" not in words["half-half"].nl


def test_money_in_one_unit_never_shows_an_error_as_nothing():
    assert unit_for(39.4e6) == Unit("million", 1e6, 1) and unit_for(250_000).name == "thousand"
    assert in_unit(39.4e6, 20_000.0, unit_for(39.4e6), "nl") == "39,4 ±0,1"
    assert in_unit(0.0, 0.0, unit_for(5.0), "en") == "0"  # known exactly: no error is shown
