"""The sections of the report on reserve capacity, and on the multi-year estimate with the reserve."""

import re
import string
from dataclasses import replace

import pytest

from solidair.cli.finance_rows import ratio_words
from solidair.cli.report.build import report_html
from solidair.cli.report.ladders import Line, ends_of, lines
from solidair.cli.texts.finance import TEXTS
from solidair.pool.finance.spec import FinanceSpec
from tests.finance_study import finance_study, ran, read, row_of
from tests.test_report import Page, check_page, inside, text_of

SCALES = {"€": 1.0, "€\u00a0×\u00a01.000": 1e3, "€\u00a0mln": 1e6, "": 1.0}


@pytest.fixture(scope="module")
def run():
    return ran(finance_study())


@pytest.fixture(scope="module")
def html(run):
    return report_html(run.results, run.tables, "nl")


def tables_of(html, place):
    """Return the tables of a section by caption: headers, rows of (code, cells), and the divisor of its amounts."""
    found = re.search(rf'<section>\s*<h2 id="{place}">.*?</section>', html, flags=re.DOTALL)[0]
    tables = {}
    for table in Page(found).all("table"):
        nodes = list(inside(table))
        caption = text_of(next(n for n in nodes if n.tag == "caption")).strip()
        title, _, unit = caption.removesuffix(")").rpartition(" (") if caption.endswith(")") else (caption, "", "")
        title, unit = (title, unit) if unit in SCALES else (caption, "")
        heads = [text_of(n).strip() for n in nodes if n.tag == "th" and n.attrs["scope"] == "col"]
        rows = []
        for row in (n for n in nodes if n.tag == "tr" and "data-row" in n.attrs):
            cells = [n for n in row.children if getattr(n, "tag", "") == "td"]
            pairs = [
                (
                    "".join(c for c in n.children if isinstance(c, str)).strip(),
                    "".join(text_of(c) for c in n.children if not isinstance(c, str)).strip(),
                )
                for n in cells
            ]
            rows.append((row.attrs["data-row"], pairs))
        tables[title] = (heads, rows, SCALES[unit])
    return tables


def close(text, value):
    shown, off = read(text)
    return abs(shown - value) <= off


def test_required_capacity_is_that_of_the_table(run, html):
    tables = tables_of(html, "weerstand")
    for period in ("2027", "2027-2028"):
        shown = period.replace("-", "–")
        heads, rows, scale = tables[f"Benodigde weerstandscapaciteit {shown}, per gemeente en overeenkomst"]
        assert len(heads) == 1 + 3 and [code for code, _ in rows] == ["GM0100", "GM0101", "GM0102"]
        for code, cells in rows:
            for (value, change), name in zip(cells, ("own-use", "share", "excess"), strict=True):
                row = row_of(run, "capacity", name, code, period=period)
                assert close(value, row["required"] / scale)
                # What is saved is shown as a difference: less is below zero.
                assert (
                    change == ""
                    if name == "own-use"
                    else close(change.removeprefix("verschil "), -row["saved"] / scale)
                )
        _, rows, _ = tables[f"Ratio en klasse {shown}, per gemeente en overeenkomst"]
        for code, cells in rows:
            for (value, _), name in zip(cells, ("own-use", "share", "excess"), strict=True):
                row = row_of(run, "capacity", name, code, period=period)
                assert value == ratio_words(row["ratio"], row["ratio_se"], "nl")


def test_the_certainty_table_marks_what_each_council_chose(run, html):
    tables = tables_of(html, "weerstand")
    title = next(name for name in tables if name.startswith("Zekerheidstabel 2027:"))
    heads, rows, scale = tables[title]
    levels = [float(head.removesuffix("%").replace(",", ".")) / 100 for head in heads[1:]]
    assert levels == [0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.99]
    for code, cells in rows:
        for (value, mark), level in zip(cells, levels, strict=True):
            if level == 0.925 and code != "GM0101":
                assert value == ""
                continue
            row = row_of(run, "certainty", "own-use", code, period="2027", certainty=level)
            assert close(value, row["loss"] / scale)
            assert (mark == "gekozen") == bool(row["chosen"])


def test_the_estimate_and_the_reserve_are_those_of_the_tables(run, html):
    tables = tables_of(html, "raming")
    estimates, reserve, openings = (
        next(found for name, found in tables.items() if name.startswith(start))
        for start in ("Verwachte kosten, begroting", "Eigen reserve", "Nodige beginstand")
    )
    heads, rows, scale = estimates
    assert heads[1:3] == ["2027", "2028"]
    for code, cells in rows:
        for (value, budget), year in zip(cells[:2], (2027, 2028), strict=True):
            row = row_of(run, "outlook", "own-use", code, year=year)
            assert close(value, row["mean"] / scale) and close(budget.removeprefix("begroot "), row["budget"] / scale)
        for (value, _), name in zip(cells[2:], ("every_year", "cumulative"), strict=True):
            assert close(value, 100 * row[f"within_{name}_probability"])
    _, rows, scale = reserve
    for code, cells in rows:
        for (value, _), year in zip(cells[:2], ("2027", "2028"), strict=True):
            assert close(value, row_of(run, "reserve", "own-use", code, period=year)["balance_p50"] / scale)
        last = row_of(run, "reserve", "own-use", code, period="2027-2028")
        assert close(cells[2][0], 100 * last["call_probability"])
        assert close(cells[3][0], 100 * last["depletion_probability"])
    _, rows, scale = openings
    for code, cells in rows:
        for (value, _), name in zip(cells, ("own-use", "share", "excess"), strict=True):
            required = row_of(run, "reserve", name, code, period="2027-2028")["required_opening"]
            assert value == "geen is genoeg" if required == float("inf") else close(value, required / scale)


def test_the_page_stays_sound(run, html):
    page = check_page(html)
    identities = re.findall(r' id="([^"]+)"', html)
    assert len(identities) == len(set(identities))
    assert len([f for f in page.all("figure") if f.attrs["class"] in ("ladder", "balances")]) == 2
    check_page(report_html(run.results, run.tables, "en"))


def test_what_nobody_has_given_or_chosen_is_said(run, html):
    members = [replace(m, capacity_incidental_eur=None, capacity_structural_eur=None, buffer_eur=None, certainty=None)
               for m in run.study.region.members]  # fmt: skip
    study = replace(run.study, region=replace(run.study.region, members=tuple(members)), finance=FinanceSpec())
    bare = ran(study)
    found = report_html(bare.results, bare.tables, "nl")
    assert TEXTS["nl"]["ratio_unknown"] in found and TEXTS["nl"]["ratio_unknown"] not in html
    assert "Een zekerheid van 90% is een aanname" in found and "Een zekerheid van 90% is een aanname" not in html
    assert "De zekerheid van 95% is een aanname" in found
    assert not any(
        name.startswith(("Ratio", "Eigen reserve"))
        for name in {**tables_of(found, "weerstand"), **tables_of(found, "raming")}
    )
    assert 'class="holds"' in found and 'class="balances"' not in found


def test_lines_and_axes():
    panel = [Line(True, [0.1, 0.2, 0.4], ring=1), Line(False, [0.05, 0.1, 0.2], band=[(0.0, 0.1)] * 3)]
    low, high = ends_of([panel])
    assert low < 0.0 and high > 0.4
    svg = lines(panel, ["80%", "90%", "95%"], (low, high), "nl")
    assert svg.count("<polyline") == 2 and svg.count("<polygon") == 1 and svg.count('r="5"') == 1
    flat = [Line(True, [0.0])]
    assert "nan" not in lines(flat, ["2027"], ends_of([flat]), "en")


def test_both_languages_say_the_same():
    assert TEXTS["nl"].keys() == TEXTS["en"].keys()
    for key, text in TEXTS["nl"].items():
        fields = [{f for _, f, _, _ in string.Formatter().parse(t) if f} for t in (text, TEXTS["en"][key])]
        assert fields[0] == fields[1], key
