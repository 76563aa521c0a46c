"""Agreements compared with one of them: the table, who names it, the screen and the report."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from solidair.cli.report.build import report_html
from solidair.cli.screen import show_run
from solidair.models.problems import InputError
from solidair.pool.metrics import METRICS
from solidair.pool.metrics.base import Sample
from solidair.pool.metrics.compared import ENDINGS, compared_columns, compared_table
from solidair.pool.metrics.stability import sd_influence
from solidair.pool.metrics.tables import metric_tables
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from solidair.pool.study import Study
from solidair.pool.study_spec import StudySpec
from tests.small import small_study
from tests.test_report import check_page, inside, text_of

MEMBER = [m for m in METRICS.values() if m.axis == "member"]

# Four paths of two years and two members; the second member bears the same under both agreements.
THEN = np.array([[[10, 7], [0, 7]], [[20, 9], [0, 9]], [[30, 8], [0, 8]], [[40, 6], [0, 6]]], dtype=float)
NOW = np.array([[[10, 7], [8, 7]], [[20, 9], [8, 9]], [[30, 8], [8, 8]], [[60, 6], [8, 6]]], dtype=float)
MADE = {"then": THEN, "now": NOW}


def samples(year, members):
    def of(x):
        return (x.mean(axis=1) if year is None else x[:, year])[:, members]

    return {k: Sample(of(x), of(THEN), np.array([25.0, 8.0])[members], np.ones(2)[members]) for k, x in MADE.items()}


def by_hand(reference="then", **options):
    codes, names = ["GM1", "GM2"], ["One", "Two"]
    return compared_table(samples, list(MADE), reference, codes, names, sims=4, calendar=(2030, 2031), **options)


def referring(study, reference):
    return replace(study, reference=reference)


@pytest.fixture(scope="module")
def results():
    return simulate(referring(small_study(), "share"), 1_000)


# --- the table


def test_differences_of_four_paths_by_hand():
    table = by_hand()
    assert table[["agreement", "reference", "code", "name"]].to_numpy().tolist() == [
        ["now", "then", "GM1", "One"], ["now", "then", "GM2", "Two"],
    ]  # fmt: skip
    one, two = table.to_dict("records")
    expected = {
        # 25 and 30; the years differ by 0, 0, 0, 20: variance 75, over 3 the square of 5.
        "mean": (5.0, 5.0),
        "mean_2030": (5.0, 5.0),
        # In the second year 8 more on every path: no doubt.
        "mean_2031": (8.0, 0.0),
        "sd_2031": (0.0, 0.0),
        # 5, 10, 15, 20 and 9, 14, 19, 34: they differ by 4, 4, 4, 14, mean 6.5, variance 18.75.
        "mean_all_years": (6.5, 2.5),
        # Above a budget of 25: 0, 0, 5, 15 and 0, 0, 5, 35.
        "expected_overrun": (5.0, 5.0),
        # Two of four both times. Wilson without a year that tells them apart: sqrt(1 / 64) / (1 + 1 / 4).
        "p_overrun_0": (0.0, 0.1),
    }
    for name, values in expected.items():
        assert [one[name + ending] for ending in ENDINGS] == pytest.approx(values, abs=1e-12), name
    a, b = THEN[:, 0, 0], NOW[:, 0, 0]
    pulls = [sd_influence(x[:, None], x.mean(keepdims=True), x.std(ddof=1, keepdims=True))[:, 0] for x in (a, b)]
    # 10, 20, 30, 40 have a sum of squares about their mean of 500; 10, 20, 30, 60 one of 1400.
    expected = ((1400 / 3) ** 0.5 - (500 / 3) ** 0.5, (pulls[1] - pulls[0]).std() / 3**0.5)
    assert [one["sd" + ending] for ending in ENDINGS] == pytest.approx(expected, rel=1e-12)
    assert not any(two[column] for column in compared_columns((2030, 2031)))


def test_the_other_way_round_only_the_sign_turns():
    there, back = (by_hand(reference)[compared_columns((2030, 2031))] for reference in MADE)
    for column in there:
        sign = 1.0 if column.endswith("_se") else -1.0
        np.testing.assert_allclose(back[column], sign * there[column], rtol=1e-12, atol=1e-12, err_msg=column)


def test_without_a_reference_the_table_is_empty_and_has_its_columns():
    empty = by_hand(None)
    assert len(empty) == 0 and list(empty) == list(by_hand())
    assert len(simulate(small_study(), 256).table("compared")) == 0


def test_who_is_not_there_cannot_be_compared_with(results):
    with pytest.raises(ValueError, match="no agreement 'other' to compare with; there are then, now"):
        by_hand("other")
    with pytest.raises(ValueError, match="no agreement 'other' to compare with; there are then, now"):
        metric_tables(samples(0, slice(None)), ["GM1", "GM2"], ["One", "Two"], against="other")
    with pytest.raises(ValueError, match="there are own-use, share, excess"):
        replace(results, study=referring(results.study, "other")).table("compared")


def test_against_own_use_it_says_what_the_other_tables_say(results):
    found = replace(results, study=referring(results.study, "own-use")).table("compared")
    for metric in MEMBER:
        table = results.table(metric.table)
        table = table[table["agreement"] != "own-use"]
        scale = table[metric.name].abs().max()
        for ending in ENDINGS:
            a, b = (x[metric.name + ending].to_numpy() for x in (found, table))
            # Own use as an agreement has one more control, which adds nothing but its rounding.
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * scale, err_msg=metric.name + ending)
    years = results.table("years")
    years = years[years["agreement"] != "own-use"]
    for period, label, count in (("2027", "2027", 1), ("2028", "2028", 1), ("2027-2028", "all_years", 2)):
        mine = years[years["period"] == period]
        for name in ("mean", "sd"):
            for ending in ENDINGS:
                expected = mine[name + ending].to_numpy() / count
                scale = mine[name].max()
                np.testing.assert_allclose(found[f"{name}_{label}{ending}"], expected, rtol=1e-9, atol=1e-9 * scale)


def test_differences_are_those_of_the_figures_and_means_exact(results):
    found, stability = results.table("compared"), results.table("stability").set_index("agreement")
    assert list(dict.fromkeys(found["agreement"])) == ["own-use", "excess"] and set(found["reference"]) == {"share"}
    for name in (m.name for m in MEMBER if m.table == "stability"):
        for other in ("own-use", "excess"):
            expected = stability.loc[other, name].to_numpy() - stability.loc["share", name].to_numpy()
            mine = found[found["agreement"] == other]
            np.testing.assert_allclose(mine[f"{name}_change"], expected, rtol=1e-9, atol=1e-9 * stability[name].max())
    assert not found["mean_change_se"].any() and not found["mean_all_years_change_se"].any()
    # The paired error is the smaller: both agreements see the same years.
    loose = np.hypot(stability.loc["excess", "sd_se"].to_numpy(), stability.loc["share", "sd_se"].to_numpy())
    assert (found.loc[found["agreement"] == "excess", "sd_change_se"].to_numpy() < loose).all()


def test_chunks_and_threads_change_no_bit():
    once = by_hand(threads=1)
    for options in ({"max_bytes": 1}, {"threads": 2}):
        pd.testing.assert_frame_equal(by_hand(**options), once, check_exact=True)


def test_what_rounding_leaves_of_two_exact_means_is_no_difference():
    sample = samples(0, slice(None))["now"]
    exact = np.array([30.0, 7.5])
    # Of these, not of their difference, rounding is a share.
    both = {
        name: replace(sample, own_exact=exact, contribution_exact=exact * factor)
        for name, factor in (("a", 1.1), ("b", 1.1 * (1.0 + 1e-14)), ("c", 1.2))
    }
    both["b"] = replace(both["b"], contribution=sample.contribution + 1e-14)
    both["c"] = replace(both["c"], contribution=sample.contribution * 1.1)
    table = metric_tables(both, ["GM1", "GM2"], ["One", "Two"], against="a", only=["mean"])["stability"]
    change = table.set_index("agreement")["mean_change"]
    assert not change["b"].any()
    np.testing.assert_allclose(change["c"], 0.1 * exact)


# --- who names it


def test_the_study_names_one_of_its_agreements():
    study = Study.load("haaglanden", ["reference=own-use"])
    assert study.reference == "own-use" and study.over(years=2).reference == "own-use"
    assert Study.load("haaglanden").reference is None
    assert Study.load("haaglanden-voorschoten").reference == "haaglanden-with-voorschoten"
    words = {"nl": "a", "en": "a"}
    plain = {"title": words, "region": "r", "costs": "c", "agreements": ("own-use", "sub/ours.toml")}
    for written in ("ours", "ours.toml", "sub/ours.toml"):
        spec = StudySpec.model_validate(plain | {"reference": written})
        assert spec.reference == "ours"
    assert StudySpec.model_validate(plain).reference is None


@pytest.mark.parametrize(
    ("overrides", "where", "words"),
    [
        (["reference=own-uze"], "reference=own-uze", "Did you mean 'own-use'?"),
        (["reference=5"], "reference=5", "this must be a text"),
        (["reference="], "reference=", "not of the form key=value"),
        (["reference=own-use", "agreements=case-excess"], "reference=own-use", "Known: case-excess"),
    ],
)
def test_another_name_is_a_fault(overrides, where, words):
    with pytest.raises(InputError) as error:
        Study.load("haaglanden", overrides)
    found = [p for p in error.value.problems if p.file == "--set" and p.where == where]
    assert len(found) == 1 and words in str(found[0])


# --- what is shown


def shown(results, capsys, language):
    show_run(results, {name: results.table(name) for name in TABLES}, Path("out"), language)
    return capsys.readouterr().out


@pytest.mark.parametrize(("language", "words"), [("nl", "meer of minder dan onder"), ("en", "more or less than under")])
def test_the_screen_shows_the_differences_on_80_columns(results, capsys, language, words):
    out = shown(results, capsys, language)
    assert words in " ".join(out.split()) and max(map(len, out.splitlines())) <= 80
    mean, swing = ("Gemiddelde", "Schommeling") if language == "nl" else ("Average", "Swing")
    block = re.search(rf"^ {mean}\s*$(.*?)^ {swing}\s*$(.*?)^\s*$", out, flags=re.DOTALL | re.MULTILINE)
    table = results.table("compared").set_index(["agreement", "code"])
    for text, column in zip(block.groups(), ("mean", "sd"), strict=True):
        rows = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if "Town" in line]
        for i, (town, *cells) in enumerate(rows):
            assert town == f"Town {i}" and len(cells) == 2
            for agreement, cell in zip(("own-use", "excess"), cells, strict=True):
                row = table.loc[(agreement, f"GM{100 + i:04d}")]
                amount, _, doubt = cell.replace("−", "-").partition(" ±")
                decimal = amount.replace(".", "").replace(",", ".") if language == "nl" else amount.replace(",", "")
                error = row[f"{column}_all_years_change_se"] / 1e3
                # Rounded at the first digit of its error, or at one decimal if it is exact: half of the last place.
                within = 0.5 * 10.0 ** np.floor(np.log10(error)) * 1.001 if doubt else 0.0501
                assert bool(doubt) == (error > 0)
                assert float(decimal) == pytest.approx(row[f"{column}_all_years_change"] / 1e3, abs=within)
    assert words not in " ".join(shown(simulate(small_study(), 256), capsys, language).split())


def test_many_agreements_stand_in_two_tables_and_nothing_in_one_row(capsys):
    out = shown(simulate(Study.load("haaglanden", ["reference=own-use"]), 256), capsys, "en")
    assert max(map(len, out.splitlines())) <= 80
    assert len(re.findall("more or less than", " ".join(out.split()))) == 2
    # Need is not known there, so in the mean nobody gains or loses.
    assert len(re.findall(r"^ everybody( +0)+\s*$", out, flags=re.MULTILINE)) == 2


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_report_has_a_section_only_with_a_reference(results, language):
    tables = {name: results.table(name) for name in TABLES}
    html = report_html(results, tables, language)
    page = check_page(html)
    section = html[html.index('<h2 id="vergelijking">') :].split("</section>")[0]
    assert 'href="#vergelijking"' in html and "2027–2028" in section
    assert ("dezelfde gesimuleerde jaren" if language == "nl" else "the same simulated years") in section
    spread = [n for n in page.all("table") if "years" in n.attrs.get("class", "")][-1]
    rows = [n for n in inside(spread) if n.attrs.get("data-row")]
    assert [text_of(row).split("  ")[0].strip().startswith("Town") for row in rows] == [True] * 3
    assert len([n for n in inside(rows[0]) if n.tag == "td"]) == 2
    plain = replace(results, study=referring(results.study, None))
    without = report_html(plain, {name: plain.table(name) for name in TABLES}, language)
    assert "vergelijking" not in re.findall(r'id="(\w+)"', without)
