"""The report on several budget years: what it says of each of them, of how they start, and of what is exact."""

import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from solidair.cli.checks import by_year, not_judged, prices_apart
from solidair.cli.numbers import Unit, in_unit
from solidair.cli.report.build import report_html
from solidair.cli.report.cells import Scale
from solidair.cli.report.details import _cell, input_label
from solidair.cli.report.fans import Band, axis_of, fan
from solidair.cli.texts import report_en, report_nl
from solidair.models.costs import CostModel
from solidair.models.schema import Quantity
from solidair.models.sources.open_cases import OpenCases
from solidair.pool import Study, simulate
from solidair.pool.exactness import verdict
from solidair.pool.metrics import METRICS
from solidair.pool.parameters import with_known
from solidair.pool.results import TABLES
from tests.test_report import Page, check_page, dutch, inside, text_of

TEXTS = report_nl.TEXTS


def made(study, sims=400, language="nl", **more):
    results = simulate(study, sims, 3)
    tables = {name: results.table(name) for name in TABLES} | more
    return SimpleNamespace(results=results, tables=tables, html=report_html(results, tables, language))


def changed(study, **years):
    return replace(study, settings=study.settings.model_copy(update=years))


def spec_with(study, **update):
    """Return a study whose cost model has other values; a new model, since a model remembers what follows from it."""
    spec = study.costs.spec.model_copy(update=update)
    return replace(
        study, costs=CostModel(study.costs.name, study.costs.file, spec, study.costs.severities, study.costs.episodes)
    )


@pytest.fixture(scope="module")
def study():
    return Study.load("haaglanden", ["agreements=own-use,pool-by-youth,case-excess"])


@pytest.fixture(scope="module")
def run(study):
    return made(study)


def section(html):
    """Return the text of the section on the years."""
    found = re.search(r'<h2 id="jaren">.*?</section>', html, flags=re.DOTALL)
    return " ".join(re.sub("<[^>]+>", " ", found[0]).split()) if found else None


def quantity(value, **more):
    return Quantity(value=value, unit="share a year", grade="assumed", source="test", **more)


# --- what is shown


def test_each_year_and_the_horizon_are_those_of_the_table(run):
    page = check_page(run.html)
    tables = [n for n in page.all("table") if "years" in n.attrs["class"]]
    assert len(tables) == 3 + 1  # one per agreement, and what is received on balance
    rows = run.tables["years"].set_index(["agreement", "code", "period"])
    periods = ["2027", "2028", "2029", "2030", "2027-2030"]
    for agreement, table in zip(run.results.study.agreements, tables, strict=False):
        scale = {"€\u00a0mln": 1e6}[text_of(next(n for n in inside(table) if n.tag == "small"))]
        for row in (n for n in inside(table) if n.attrs.get("data-row")):
            cells = [n for n in row.children if getattr(n, "tag", "") == "td"]
            for period, cell in zip(periods, cells, strict=True):
                expected = rows.loc[(agreement.name, row.attrs["data-row"], period)]
                shown = [dutch(part) for part in cell.children[0].split("–")]
                for value, key in zip(shown, ("p10", "p50", "p90"), strict=True):
                    # Rounded at the first digit of the largest error: at most half of ten errors off.
                    doubt = max(expected[f"{name}_se"] for name in ("p10", "p50", "p90"))
                    assert value == pytest.approx(expected[key] / scale, abs=5.0 * doubt / scale)
                chance = re.search(r"(\d+)%", text_of(next(n for n in inside(cell) if n.tag == "small")))
                assert int(chance[1]) == pytest.approx(100 * expected["overrun_probability"], abs=0.51)


def test_balance_over_the_years_is_that_of_the_table(study):
    members = [replace(m, need_index=0.8 + 0.05 * i) for i, m in enumerate(study.region.members)]
    found = made(replace(study, region=replace(study.region, members=tuple(members))))
    table = [n for n in Page(found.html).all("table") if "years" in n.attrs["class"]][3]
    years = found.tables["years"]
    rows = years[years["period"] == "2027-2030"].set_index(["agreement", "code"])
    for row in (n for n in inside(table) if n.attrs.get("data-row")):
        cells = [n for n in row.children if getattr(n, "tag", "") == "td"]
        for name, cell in zip(("pool-by-youth", "case-excess"), cells, strict=True):
            expected = rows.loc[(name, row.attrs["data-row"])]
            assert expected["net_received_mean_se"] == 0  # need is known and the rule linear: exact, so without ±
            value = dutch(cell.children[0])
            assert value == pytest.approx(expected["net_received_mean"] / 1e6, abs=0.0051)
            assert "±" in text_of(next(n for n in inside(cell) if n.tag == "small"))


@pytest.mark.parametrize(("years", "nl", "en"), [(2, "Twee jaren", "Two years"), (12, "12 jaren", "12 years")])
def test_title_says_how_many_years(study, years, nl, en):
    found = made(changed(study, years=years), 300)
    assert section(found.html).startswith(nl)
    assert section(report_html(found.results, found.tables, "en")).startswith(en)
    page = check_page(found.html)
    table = next(n for n in page.all("table") if "years" in n.attrs["class"])
    heads = [text_of(n)[:4] for n in inside(table) if n.tag == "th" and n.attrs.get("scope") == "col"]
    shown = ["2027", "2028"] if years == 2 else ["2027", "2029", "2031", "2033", "2035", "2037"]
    assert heads[1:] == [*shown, "2027"]  # the last one is all years together


def test_one_year_has_no_such_section_and_no_paths(study):
    found = made(changed(study, years=1, first_year=2030))
    check_page(found.html)
    assert section(found.html) is None and "#jaren" not in found.html
    assert "400 gesimuleerde jaren (2030)" in found.html and "paden van" not in found.html
    assert TEXTS["missing_year"] in found.html


def test_the_command_names_years_and_way_of_drawing(study):
    results = simulate(changed(study, years=2, first_year=2030), 300, 3, case_by_case=True)
    html = report_html(results, {name: results.table(name) for name in TABLES}, "nl")
    assert "--sims 300 --seed 3 --years 2 --first-year 2030 --case-by-case --set" in html


def test_headline_is_about_the_first_year(study):
    page = Page(made(changed(study, years=3, first_year=2031)).html)
    answer = text_of(next(n for n in page.all("section") if n.attrs.get("class") == "answer"))
    assert "in 2031" in answer and "2027" not in answer and "{" not in answer
    assert "400 gesimuleerde paden van 3 jaar (2031–2033)" in text_of(page.all("header")[0])


def test_a_bad_year_is_followed_by_another_only_if_it_is(study, run):
    own = run.tables["years"]
    middle = own.loc[own["agreement"] == "own-use", "autocorrelation"].median()
    said = section(run.html)
    assert "komt zelden alleen" in said and f"{middle:.2f}".replace(".", ",") in said
    assert TEXTS["years_need"] in said
    loose = run.tables["years"].assign(autocorrelation=0.02)
    other = section(report_html(run.results, run.tables | {"years": loose}, "nl"))
    assert "komt zelden alleen" not in other and "0,02" in other


def test_prices_are_those_of_the_first_year_unless_there_is_an_index(study, run):
    level = "De kosten van 2027 staan op het prijspeil van het kostenmodel, 2024."
    assert f"{level} Er is geen prijsindex: alle jaren staan op dat peil" in section(run.html)
    indexed = spec_with(study, index=quantity(0.03), volume_growth=quantity(-0.01))
    said = section(made(indexed, 300).html)
    assert f"{level} Daarna stijgen prijzen en begrotingen elk jaar met 3%." in said
    assert "verandert elk jaar met −1%" in said
    assert "geen prijsindex" not in said


@pytest.mark.parametrize("language", ["nl", "en"])
def test_own_budgets_beside_older_costs_are_told(study, run, language):
    said = {
        "nl": "Let op: eigen begrotingen van 2027 staan naast kosten op prijspeil 2024.",
        "en": "Note: own budgets of 2027 are compared with costs at the price level of 2024.",
    }[language]
    assert not prices_apart(study) and said not in report_html(run.results, run.tables, language)
    first, *others = study.region.members
    region = replace(study.region, members=(replace(first, budget_derived=False), *others))
    own = replace(study, region=region)
    assert prices_apart(own) and not prices_apart(changed(own, first_year=2024))
    assert said in report_html(replace(run.results, study=own), run.tables, language)


def open_cases(codes):
    count = len(codes)
    nothing = np.full(count, np.nan)
    return OpenCases(
        "secret-file.csv", date(2027, 1, 1), tuple(codes), ("pleegzorg",) * count, np.arange(count) * 30.0 + 5,
        nothing, nothing,
    )  # fmt: skip


def test_the_start_is_said_with_a_number_only(study, run):
    assert "zoveel verblijven open als past" in section(run.html)
    some = replace(study, open_cases=open_cases(["GM0518"] * 7))
    html = made(some, 300).html
    assert (
        "Voor 1 gemeenten begint de simulatie met de 7 verblijven die op 01-01-2027 echt open waren; de andere 8"
        in section(html)
    )
    assert "secret-file" not in html
    assert "behoefte en het bekende begin" in html and "elk kind hierin is gesimuleerd" not in html
    assert "De simulatie begint met 7 verblijven die echt open zijn." in html
    everybody = replace(study, open_cases=open_cases(study.region.codes))
    said = section(made(everybody, 300).html)
    assert "begint met de 9 verblijven" in said and "de andere beginnen" not in said


@pytest.mark.parametrize("years", [1, 4])
def test_with_and_without_doubt_about_parameters(study, years):
    care = study.costs.spec.care_types["pleegzorg"]
    doubt = care.clients_per_1000.model_copy(update={"standard_error": 2.0})
    cares = study.costs.spec.care_types | {"pleegzorg": care.model_copy(update={"clients_per_1000": doubt})}
    unsure = changed(spec_with(study, care_types=cares), years=years)
    results = with_known(simulate(unsure, 600, 3), lambda known: simulate(known, 600, 3))
    tables = {name: results.table(name) for name in TABLES}
    found = SimpleNamespace(tables=tables, html=report_html(results, tables, "nl"))
    page = check_page(found.html)
    assert TEXTS["known"] in found.html and "hoe onzeker zij zijn: 1." in found.html
    tables = [n for n in page.all("table") if "known" in n.attrs["class"]]
    rows = found.tables["parameters"].set_index(["agreement", "code"])
    assert len(rows) == 3 * 9
    cell = next(n for n in inside(tables[0]) if n.attrs.get("data-row") == "GM0518").children[-1]
    amounts, added = text_of(cell).split(")")
    with_, without = (dutch(part.strip()) for part in amounts.split("("))
    expected = rows.loc[("own-use", "GM0518")]
    doubt = max(expected["tvar_95_se"], expected["tvar_95_known_se"])
    for value, key in ((with_, "tvar_95"), (without, "tvar_95_known")):
        assert value == pytest.approx(expected[key] / 1e6, abs=5.0 * doubt / 1e6)
    # The difference stands with the digits that its own error supports: printed to at least a tenth of what it is.
    value, error = map(dutch, added.split("±"))
    assert error == pytest.approx(expected["tvar_95_added_se"] / 1e6, rel=0.5)
    assert value == pytest.approx(expected["tvar_95_added"] / 1e6, abs=error)


def test_without_doubt_there_is_nothing_to_compare(run):
    assert not len(run.tables["parameters"]) and TEXTS["known"] not in run.html
    older = {name: table for name, table in run.tables.items() if name != "parameters"}
    assert TEXTS["known"] not in report_html(run.results, older, "nl")


def test_a_fan_holds_its_figures():
    bands = [Band(True, [(0.7, 1.0, 1.3)] * 3, (0.8, 1.0, 1.2)), Band(False, [(0.9, 1.0, 1.1)] * 3, (0.9, 1.0, 1.1))]
    low, high = axis_of([bands])
    assert low < 0.7 and high > 1.3
    svg = fan(bands, ["2027", "2028", "2029"], "samen", (low, high), "nl")
    heights = [float(y) for y in re.findall(r"[\d.]+,([\d.]+)", " ".join(re.findall('points="([^"]+)"', svg)))]
    assert min(heights) >= 8 and max(heights) <= 8 + 116
    fifty = Band(True, [(0.7, 1.0, 1.3)] * 50, (0.8, 1.0, 1.2))
    labels = re.findall(r">(\d{4}|samen)<", fan([fifty], [str(2000 + t) for t in range(50)], "samen", (0, 2), "nl"))
    assert 4 <= len(labels) <= 8


# --- what is exact


def test_an_exact_figure_has_no_error():
    million = Unit("million", 1e6, 1)
    assert in_unit(39.44e6, 0.0, million, "nl") == "39,4"
    assert in_unit(39.44e6, 1.0, million, "nl") == "39,4 ±0,1"


@pytest.mark.parametrize(
    ("change", "error", "expected"),
    [
        (-0.25, 0.0, '1,5 <span><i class="good" title="gunstiger dan eigen gebruik">▲</i> −0,25</span>'),
        (0.0, 0.0, "1,5"),
        (-0.26, 0.5, "1,5 <span>−0,3<small> ± 0,5</small></span>"),
    ],
)
def test_a_change_that_is_exact_is_shown(change, error, expected):
    record = {"sd": 1.5, "sd_se": 0.0, "sd_change": change, "sd_change_se": error}
    assert _cell(METRICS["sd"], record, Scale(1.0, ""), TEXTS, "nl", changes=True) == expected


def test_no_figure_has_an_error_of_nothing(run):
    assert "± 0<" not in run.html and not re.search(r"± 0,0+\b", run.html)


# --- the check


def test_check_per_year_adds_up_to_the_verdict(run):
    table = run.tables["check"]
    years, together = by_year(table)[:-1], by_year(table)[-1]
    outcome = verdict(table)
    assert [check.year for check in years] == [2027, 2028, 2029, 2030] and together.year is None
    assert sum(check.figures for check in years) == together.figures == outcome["figures"]
    assert max(check.largest for check in years) == together.largest == outcome["largest_z"]
    assert sum(together.not_judged.values()) == outcome["too_rare_to_judge"]


def test_a_failed_check_is_said_aloud(run):
    bad = run.tables["check"].copy()
    bad.loc[0, "mean_z"] = 9.0
    html = report_html(run.results, run.tables | {"check": bad}, "nl")
    assert "Niet in orde" in html and 'class="alarm"' in html
    bad[["mean_z", "sd_z"]] = np.nan
    assert "simuleer meer jaren" in report_html(run.results, run.tables | {"check": bad}, "nl")


def test_reasons_for_no_verdict():
    nan, inf = np.nan, np.inf
    table = pd.DataFrame(
        {
            "year": [2027] * 6,
            "mean_z": [1.0, -2.0, nan, nan, nan, 1.0],
            "sd_z": [0.5, nan, nan, nan, nan, nan],
            "exact_sd": [1.0, 1.0, 1.0, inf, nan, nan],
        }
    )
    (check,) = by_year(table)
    assert (check.figures, check.largest) == (4, 2.0)
    assert check.not_judged == {"rare": 2, "spread": 1, "infinite": 2, "unknown": 3}
    assert not_judged(table, "mean_z") == {"rare": 1, "spread": 0, "infinite": 1, "unknown": 1}
    assert not_judged(table, "sd_z") == {"rare": 1, "spread": 1, "infinite": 1, "unknown": 2}


# --- names of inputs


def test_new_inputs_have_names(study):
    names = (
        "index", "volume_growth", "dependence.degrees_of_freedom", "volume.national.persistence",
        "care_types.pleegzorg.episode.duration.edges_days.2", "care_types.pleegzorg.episode.ages.leaves_at",
        "care_types.pleegzorg.price.local.sd", "care_types.pleegzorg.moves", "care_types.pleegzorg.index",
    )  # fmt: skip
    care = {c.id: c.label.nl for c in study.costs.care_types}
    for inputs in (report_nl.INPUTS, report_en.INPUTS):
        labels = [input_label(name, care, {}, inputs) for name in names]
        assert not any("_" in label or "." in label for label in labels), labels
    assert input_label(names[4], care, {}, report_nl.INPUTS) == "Pleegzorg: bovengrens van duurklasse 2"


def test_a_standard_error_stands_behind_its_number(study):
    costs = study.costs
    care = costs.spec.care_types["pleegzorg"]
    doubtful = care.model_copy(
        update={"clients_per_1000": care.clients_per_1000.model_copy(update={"standard_error": 0.5})}
    )
    spec = costs.spec.model_copy(update={"care_types": {**costs.spec.care_types, "pleegzorg": doubtful}})
    found = made(replace(study, costs=CostModel(costs.name, costs.file, spec, costs.severities, costs.episodes)), 300)
    assert "6,16 ± 0,5" in found.html and TEXTS["assumptions_errors"] in found.html
