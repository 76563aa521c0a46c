"""The workbook: numbers are numbers, formulas give what the tables say, everything is there, the same bytes twice."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from solidair.cli.texts.workbook import SHEETS, TEXTS
from solidair.cli.workbook.build import workbook_bytes
from solidair.cli.workbook.tables import TABLES as SHEET_TABLES
from solidair.pool.finance.spec import FinanceSpec
from tests.finance_study import EVIL, finance_study, ran, row_of
from tests.workbooks import CHART, place, read_workbook, table_of

DIGESTS = {"tables/outlook.csv": "a" * 64}


@pytest.fixture(scope="module")
def run():
    return ran(finance_study())


@pytest.fixture(scope="module")
def content(run):
    return workbook_bytes(run.results, run.tables, "nl", DIGESTS)


@pytest.fixture(scope="module")
def book(content):
    return read_workbook(content)


def value_of(book, formula, sheet):
    """Work out the formulas that this workbook has, from its cells: SUMIFS, INDEX with MATCH, and a difference."""

    def cells(area):
        name, first, last = re.fullmatch(r"'(.+)'!(\$[A-Z]+\$\d+):(\$[A-Z]+\$\d+)", area).groups()
        (top, column), (bottom, _) = place(first), place(last)
        return [book.sheets[name].cells.get((row, column)) for row in range(top, bottom + 1)]

    def one(text):
        return text.strip('"') if text.startswith('"') else sheet.cells[place(text)]

    if formula.startswith("SUMIFS("):
        total, *pairs = re.findall(r"'[^']+'![^,)]+|[^,]+", formula[7:-1])
        tests = [(cells(area), one(what)) for area, what in zip(pairs[::2], pairs[1::2], strict=True)]
        hits = [
            value
            for number, value in enumerate(cells(total))
            if all(str(area[number]) == str(wanted) for area, wanted in tests)
        ]
        assert len(hits) == 1, formula
        return hits[0]
    if formula.startswith("INDEX("):
        found, wanted, known = re.fullmatch(r"INDEX\((.+),MATCH\((.+?),(.+),0\)\)", formula).groups()
        return cells(found)[cells(known).index(one(wanted))]
    left, right = formula.split("-")
    return one(left) - one(right)


# --- numbers


@pytest.mark.parametrize("name", SHEET_TABLES)
def test_a_sheet_holds_the_table_as_numbers(run, book, name):
    table = run.tables[name]
    if not len(table):
        assert SHEETS[name][0].nl not in book.sheets
        return
    sheet = book.sheets[SHEETS[name][0].nl]
    heads, rows = table_of(sheet)
    keys = [key for key in table.columns if not key.endswith("_en")]
    assert len(heads) == len(keys) and len(rows) == len(table)
    titles = {a.name: a.spec.title.nl for a in run.study.agreements}
    for shown, row in zip(rows, table.to_dict("records"), strict=True):
        for cell, key in zip(shown, keys, strict=True):
            value = row[key]
            if key == "agreement":
                assert cell.startswith(titles[value])
            elif isinstance(value, bool):
                assert cell == ("ja" if value else "nee")
            elif isinstance(value, str):
                assert cell == (value or None)
            elif math.isnan(value):
                assert cell is None
            elif math.isinf(value):
                assert cell == "onbegrensd"
            else:
                assert isinstance(cell, float) and math.isclose(cell, value, rel_tol=1e-14, abs_tol=1e-12), key


def test_numbers_have_a_format_of_the_country_of_the_reader(book):
    sheet = book.sheets["Weerstandscapaciteit"]
    heads, _ = table_of(sheet)
    formats = {head: sheet.formats.get((4, column)) for column, head in enumerate(heads)}
    assert all(code.startswith("#,##0") for head, code in formats.items() if head.endswith("(€)") and code)
    assert formats["Zekerheid (%)"] == "0.0#%"  # 99.95 % may not read as 100 %
    for name, shown in book.sheets.items():
        if name in ("Leeswijzer", "Grafieken"):
            continue
        assert "<autoFilter" in shown.xml and 'state="frozen"' in shown.xml and "<cols>" in shown.xml, name


def test_formulas_give_what_the_tables_say(run, book):
    sheet = book.sheets["Grafieken"]
    assert len(sheet.formulas) == 1 + 2 * 6 + 3 * 2 + 7 * 2 + 2 * 4
    for where, formula in sheet.formulas.items():
        found = value_of(book, formula, sheet)
        kept = sheet.cells[where]
        assert found == kept or math.isclose(found, kept, rel_tol=1e-12, abs_tol=1e-6), (where, formula)
    first = next(iter(run.study.agreements[1:])).name
    row = row_of(run, "outlook", first, "GM0100", year=2028)
    assert math.isclose(sheet.cells[10, 5], row["p90"])
    # Another choice is found too, with no formula changed.
    sheet.cells[3, 1] = "Town 1"
    sheet.cells[3, 2] = value_of(book, sheet.formulas[3, 2], sheet)
    row = row_of(run, "outlook", first, "GM0101", year=2028)
    assert math.isclose(value_of(book, sheet.formulas[10, 5], sheet), row["p90"])
    sheet.cells[3, 1], sheet.cells[3, 2] = EVIL, "GM0100"


def test_choices_are_lists(book):
    xml = book.sheets["Grafieken"].xml
    assert xml.count('<dataValidation type="list"') == 2
    lists = re.findall(r"<formula1>(.*?)</formula1>", xml)
    name, area = lists[0].split("!")
    (top, column), (bottom, _) = (place(part) for part in area.split(":"))
    members = [book.sheets[name.strip("'")].cells[row, column] for row in range(top, bottom + 1)]
    assert members == [EVIL, "Town 1", "Town 2"]
    (top, column), (bottom, _) = (place(part) for part in lists[1].split(":"))
    titles = [book.sheets["Grafieken"].cells[row, column] for row in range(top, bottom + 1)]
    assert len(set(titles)) == 3 and book.sheets["Grafieken"].cells[4, 1] in titles


def test_there_are_native_charts(book):
    kinds = []
    for xml in book.sheets["Grafieken"].charts + book.sheets["Samenvatting"].charts:
        root = ElementTree.fromstring(xml)
        plot = root.find(f".//{CHART}plotArea")
        kinds.append({node.tag.removeprefix(CHART) for node in plot if node.tag.endswith("Chart")})
        for reference in root.iter(f"{CHART}f"):
            name, area = reference.text.rsplit("!", 1)
            cells = book.sheets[name.strip("'")].cells
            assert place(area.split(":")[0]) in cells and place(area.split(":")[-1]) in cells, reference.text
    assert kinds == [{"areaChart", "lineChart"}, {"barChart"}, {"lineChart"}, {"areaChart", "lineChart"}, {"barChart"}]


# --- complete and safe


def test_every_assumption_is_there_with_its_grade_and_source(run, book):
    heads, rows = table_of(book.sheets["Aannamen"])
    assert heads[:5] == ["Getal", "Waarde", "Eenheid", "Soort", "Bron"]
    keys = {row[-1]: row for row in rows}
    grades = {"sourced": "bron", "derived": "afgeleid", "assumed": "aanname"}
    for entry in run.tables["assumptions"].to_dict("records"):
        shown = keys[entry["input"]]
        if not math.isnan(entry["value"]):
            assert math.isclose(shown[1], entry["value"])
        assert shown[3] == grades[entry["grade"]] and shown[4] == entry["source_nl"]
    reserve = run.study.finance.reserve
    for key in ("opening", "contribution", "interest", "floor", "cap", "safety"):
        shown = keys[f"finance.reserve.{key}"]
        assert shown[1] == getattr(reserve, key) and shown[3] == "aanname"
        assert shown[4] == ("gekozen in de studie" if key != "floor" else "standaardwaarde; niemand heeft gekozen")
    assert keys["region.GM0101.certainty"][1] == 0.925
    assert len(rows) == len(run.tables["assumptions"]) + 6 + 1
    assert all(row[2] or row[-1] == "history" for row in rows), "a number without a unit"


def test_where_it_comes_from(run, book):
    _, rows = table_of(book.sheets["Herkomst"])
    found = dict(row[:2] for row in rows)
    assert found["Toevalsgetal"] == str(run.results.seed) and found["Gesimuleerde paden"] == run.results.sims
    assert found["SHA-256 van tables/outlook.csv"] == "a" * 64
    assert found["Opdracht"].endswith("--workbook") and "Versie van solidair" in found


def test_text_is_never_a_formula(book):
    seen = 0
    for name, sheet in book.sheets.items():
        for where, cell in sheet.cells.items():
            if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) and where not in sheet.formulas:
                seen += 1
                assert where in sheet.quoted, (name, where, cell)
        assert name == "Grafieken" or not sheet.formulas
    assert seen > 10  # the evil name stands on nearly every sheet


def test_the_same_run_gives_the_same_bytes(run, content):
    assert workbook_bytes(ran(finance_study()).results, run.tables, "nl", DIGESTS) == content


def test_the_guide_names_every_sheet(book):
    names = [name for name in book.sheets if name != "Leeswijzer"]
    texts = [cell for cell in book.sheets["Leeswijzer"].cells.values() if isinstance(cell, str)]
    assert all(name in texts for name in names)
    assert "De begroting van 1 van de 3 gemeenten is geschat uit het aantal jeugdigen." in texts


# --- other studies


def test_english_one_year_and_no_reserve(run):
    study = replace(finance_study(years=1), finance=FinanceSpec())
    found = ran(study)
    book = read_workbook(workbook_bytes(found.results, found.tables, "en", {}))
    assert list(book.sheets)[:3] == ["Guide", "Charts", "Summary"]
    assert len(book.sheets["Charts"].charts) == 3  # no path of a reserve
    heads, rows = table_of(book.sheets["Reserve"])
    assert len(heads) == 5 + 4 and len(rows) == 9
    assert TEXTS["nl"].keys() == TEXTS["en"].keys()
    alone = replace(study, agreements=study.agreements[:1])
    found = ran(alone)
    book = read_workbook(workbook_bytes(found.results, found.tables, "nl", {}))
    assert "Artikelen" not in book.sheets and "Potten" not in book.sheets
    assert book.sheets["Grafieken"].cells[4, 1].startswith(alone.agreements[0].spec.title.nl)
