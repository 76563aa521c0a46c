"""What a finance department takes over: the text of the paragraph, the lines of a risk register, and their warnings."""

import csv
import io
import json
import math
import re
from dataclasses import replace
from hashlib import sha256

import numpy as np
import pytest
from scipy import special

from solidair.cli.deliver import deliver
from solidair.cli.finance_files import paragraph_page, register_csv
from solidair.cli.remarks import with_own_titles
from solidair.cli.report.build import report_html
from solidair.cli.screen import show_run
from solidair.cli.texts.capacity import REGISTER, TEXTS
from solidair.models.problems import InputError
from solidair.models.schema import Words
from solidair.pool.finance.classes import class_of
from solidair.pool.finance.paragraph import (
    DECIDES,
    amount,
    certainty_words,
    decides,
    few_notes,
    few_words,
    paragraphs,
)
from solidair.pool.finance.paragraph_words import WORDS
from solidair.pool.finance.spec import FinanceSpec
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from solidair.pool.study import Study
from tests.small import small_study

MINE = {"capacity_incidental_eur": 200_000.0, "capacity_structural_eur": 10_000.0, "certainty": 0.8}


def study_with(**facts):
    """Return a study of which the first town has these facts, and the last a derived budget."""
    study = small_study(budget=60.0)
    first, *others, last = study.region.members
    members = (replace(first, **facts), *others, replace(last, budget_derived=True))
    return replace(study, region=replace(study.region, members=members))


@pytest.fixture(scope="module")
def results():
    return simulate(study_with(**MINE), 4_000)


def spaced(text):
    return text.replace("\u00a0", " ")


# --- the paragraph


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_paragraph_says_what_the_tables_say(results, language):
    capacity = results.table("capacity")
    found = paragraphs(results, language)
    assert [p.code for p in found] == list(results.study.region.codes)
    for paragraph in found:
        rows = capacity[capacity["code"] == paragraph.code]
        own = rows[rows["agreement"] == "own-use"]
        for column in ("required", "required_se"):
            for value in own[column]:
                assert amount(value, language) in paragraph.text
        for column in ("expected_effect", "maximum_effect"):
            assert amount(own[column].iloc[0], language) in paragraph.text
        for period in ("2027", "2027-2028"):
            assert period in paragraph.text
        shared = [name for name in results.contributions if name != "own-use"]
        for name, sentence in zip(shared, paragraph.agreements, strict=True):
            for _, row in rows[rows["agreement"] == name].iterrows():
                assert amount(row["required"], language) in sentence
                if abs(row["saved"]) > 2 * row["saved_se"]:
                    assert amount(abs(row["saved"]), language) in sentence
        assert not re.search(r"[{}]|nan|inf\b", paragraph.text + " ".join(paragraph.agreements))


def test_the_paragraph_of_a_council_that_says_what_it_has(results):
    first, second, last = paragraphs(results, "nl")
    row = results.table("capacity").iloc[0]
    assert row["available"] == 210_000.0 and "Beschikbaar is € 210.000 voor 2027 en € 220.000" in spaced(first.text)
    assert f"(klasse {row['class_own']}, " in first.text and "alle risico's" in first.text
    assert "zekerheid van 80%" in first.text and "De raad heeft dit percentage gekozen." in first.text
    assert all("ratio" in sentence for sentence in first.agreements)
    assert "Begroot is € 60.000 voor 2027." in spaced(first.text)
    for other in (second, last):
        assert WORDS["nl"]["unknown"] in other.text and WORDS["nl"]["assumed"] in other.text
        assert "zekerheid van 90%" in other.text and "klasse" not in other.text
        assert not any("ratio" in sentence for sentence in other.agreements)
    assert "schatting uit het aantal jeugdigen" in last.text and "schatting" not in second.text


def test_need_that_nobody_has_measured_is_named(results):
    assert all(WORDS["nl"]["need"] in paragraph.text for paragraph in paragraphs(results, "nl"))
    study = study_with()
    region = replace(study.region, members=tuple(replace(m, need_index=1.0) for m in study.region.members))
    known = simulate(replace(study, region=region), 300)
    assert not any(WORDS["nl"]["need"] in paragraph.text for paragraph in paragraphs(known, "nl"))


def test_the_page_warns_of_prices_of_another_year(results):
    """Of a budget that the region file gives, beside costs at the prices of the model."""
    assert "prijspeil 2024" in paragraph_page(results, "nl") and "price level" in paragraph_page(results, "en")


def test_who_has_chosen_the_certainty():
    for finance, words in ((FinanceSpec(), "assumed"), (FinanceSpec(certainty=0.9), "by_study")):
        found = paragraphs(simulate(replace(study_with(), finance=finance), 300), "en")
        assert all(WORDS["en"][words] in paragraph.text for paragraph in found)


def test_the_level_decides_where_a_step_is_more_than_half(results):
    certainty = results.table("certainty")
    for paragraph in paragraphs(results, "nl"):
        rows = certainty[(certainty["code"] == paragraph.code) & (certainty["agreement"] == "own-use")]
        steps = rows[rows["period"] == "2027"].set_index("certainty")["step"]
        assert (WORDS["nl"]["decides"] in paragraph.text) == bool(max(steps[0.9], steps[0.95]) > 0.5)
        low, high = (max(rows[rows["period"] == "2027"].set_index("certainty")["loss"][p], 0.0) for p in (0.8, 0.9))
        said = f"van 80% naar 90% gaat het van {amount(low, 'nl')} naar {amount(high, 'nl')}"
        assert said in paragraph.text
    heemskerk = 10_152_126 / 4_647_974 - 1  # budget 2018 of Heemskerk: 80 % and 90 %
    normal = special.ndtri(0.95) / special.ndtri(0.9) - 1  # a loss without a heavy tail, its budget at the mean
    assert not decides(normal)
    assert decides(heemskerk) and not decides(DECIDES) and not decides(math.nan) and decides(math.inf)


def test_without_own_use_in_the_study_it_is_still_the_yardstick():
    study = study_with()
    whole = simulate(study, 500)
    part = simulate(replace(study, agreements=study.agreements[1:]), 500)
    for language in ("nl", "en"):
        for with_own, without in zip(paragraphs(whole, language), paragraphs(part, language), strict=True):
            assert with_own.agreements == without.agreements
            required = whole.table("capacity").query("code == @with_own.code")["required_own"].iloc[0]
            assert amount(required, language) in without.text
            assert WORDS[language]["steps_under"].format(title=study.agreements[1].spec.title[language]) in without.text


def test_one_year_and_one_agreement():
    study = small_study(years=1, budget=60.0)
    (alone,) = {p.agreements for p in paragraphs(simulate(replace(study, agreements=study.agreements[:1]), 300), "nl")}
    assert alone == ()
    found = paragraphs(simulate(study, 300), "nl")
    assert all("2028" not in p.text + " ".join(p.agreements) for p in found)


def test_a_ratio_near_a_limit_names_both_classes():
    study = study_with(certainty=0.9)
    required = simulate(study, 500).table("capacity")["required"].iloc[0]
    near = simulate(study_with(certainty=0.9, capacity_incidental_eur=1.001 * required), 500)
    row = near.table("capacity").iloc[0]
    best, worst = (class_of(1.001 + side * 2 * row["ratio_se"]).letter for side in (1, -1))
    assert best < "C" < worst
    text = paragraphs(near, "nl")[0].text
    assert f"1,00 (klasse C, voldoende; binnen de rekenonzekerheid {best} tot {worst})" in text
    below = simulate(study_with(certainty=0.9, capacity_incidental_eur=0.9999 * required), 500)
    assert "0,99 (klasse D, matig" in paragraphs(below, "nl")[0].text  # cut off: 1,00 would be class C


def test_words_are_there_in_both_languages():
    for texts in (WORDS, TEXTS, REGISTER):
        assert texts["nl"].keys() == texts["en"].keys()
        for key in texts["nl"]:
            fields = [sorted(re.findall(r"{(\w+)}", texts[language][key])) for language in ("nl", "en")]
            assert fields[0] == fields[1], key


@pytest.mark.parametrize(
    ("value", "nl", "en"),
    [
        (18_712_345, "€ 18,7 miljoen", "EUR 18.7 million"),
        (267_396_000, "€ 267 miljoen", "EUR 267 million"),
        (380_449, "€ 380.000", "EUR 380,000"),
        (999_600, "€ 1,0 miljoen", "EUR 1.0 million"),
        (9_512.4, "€ 9.512", "EUR 9,512"),
        (0, "€ 0", "EUR 0"),
        (-1_500_000, "−€ 1,5 miljoen", "−EUR 1.5 million"),
    ],
)
def test_amounts(value, nl, en):
    assert (spaced(amount(value, "nl")), spaced(amount(value, "en"))) == (nl, en)


def test_certainties_keep_their_decimals():
    assert [certainty_words(p, "nl") for p in (0.9, 0.925, 0.999, 0.9995)] == ["90%", "92,5%", "99,9%", "99,95%"]
    assert certainty_words(0.925, "en") == "92.5%"


# --- too few paths


def test_too_few_paths_are_told_everywhere(tmp_path, capsys):
    study = replace(study_with(), finance=FinanceSpec(certainty=0.999))
    results = simulate(study, 2_000)
    for language in ("nl", "en"):
        notes = few_notes(results, language)
        assert notes == few_words(2_000, [0.999], language) and len(notes) == 2
        assert "30.000" in notes[1] if language == "nl" else "30,000" in notes[1]
        tables = {name: results.table(name) for name in TABLES}
        page, report = paragraph_page(results, language), report_html(results, tables, language)
        show_run(results, tables, tmp_path, language)
        screen = capsys.readouterr().out
        assert all(len(line) <= 80 for line in screen.splitlines()[:-1])  # the last is where the report is
        for note in notes:
            assert page.count(note) == 1 and note in report and note in " ".join(screen.split())
    enough = simulate(study_with(), 3_000)
    assert few_notes(enough, "nl") == [] and not any(p.notes for p in paragraphs(enough, "nl"))


# --- files


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_run_leaves_the_paragraph_and_the_risk_register(results, tmp_path, language):
    manifest, tables = deliver(tmp_path / "out", results, language, timing={}, how={})
    page = (tmp_path / "out" / f"paragraph.{language}.md").read_bytes()
    register = (tmp_path / "out" / "risk-register.csv").read_bytes()
    for name, content in ((f"paragraph.{language}.md", page), ("risk-register.csv", register)):
        assert manifest["files_sha256"][name] == sha256(content).hexdigest()
    text = page.decode()
    for paragraph in paragraphs(with_own_titles(results), language):  # all three are called 'by hand'
        assert f"## {paragraph.name} ({paragraph.code})\n\n{paragraph.text}\n" in text
        assert all(f"- {sentence}\n" in text for sentence in paragraph.agreements)
    assert register.startswith(b"\xef\xbb\xbf") and register.count(b"\r\n") == 1 + len(tables["register"])
    written = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert written["files_sha256"] == manifest["files_sha256"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_register_reads_back_as_dutch_excel_does(results, language):
    table = results.table("register")
    rows = list(csv.DictReader(io.StringIO(register_csv(results, table, language)), delimiter=";"))
    words = REGISTER[language]
    assert len(rows) == len(table)

    def numbers(header):
        return np.array([float(row[header].replace(",", ".")) if row[header] else np.nan for row in rows])

    for name in ("maximum_effect", "expected_effect", "conditional_effect", "required"):
        np.testing.assert_allclose(numbers(words[name]), table[name], atol=0.5)
    for percent in (10, 25, 50, 75, 80, 90, 95, 99):
        np.testing.assert_allclose(numbers(words["point"].format(percent=percent)), table[f"p{percent}"], atol=0.5)
    np.testing.assert_allclose(numbers(words["probability"]), table["probability"], atol=5e-7)
    assert numbers(words["certainty"]).tolist() == table["certainty"].tolist()
    assert {row[words["certainty"]] for row in rows} == {"0,8", "0,9"}
    assert {row[words["unit"]] for row in rows} == {"EUR"}
    assert {row[words["risk"]] for row in rows} == set(table[f"risk_{language}"])
    assert not any("." in row[words["probability"]] for row in rows)


def test_nothing_in_the_register_is_a_formula(results):
    study = results.study
    named = [replace(m, name=f"=cmd{i}") for i, m in enumerate(study.region.members)]
    agreements = [
        replace(a, spec=a.spec.model_copy(update={"title": Words(nl=f"-{a.name}", en=f"@{a.name}")}))
        for a in study.agreements
    ]
    region = replace(study.region, members=tuple(named))
    odd = replace(results, study=replace(study, region=region, agreements=tuple(agreements)))
    for language in ("nl", "en"):
        for row in csv.reader(io.StringIO(register_csv(odd, odd.table("register"), language)), delimiter=";"):
            assert not any(re.match(r"[=+@\t\r]|-\D", cell) for cell in row)


# --- the door


def test_faults_of_study_region_and_overrides_come_at_once(tmp_path):
    (tmp_path / "study.toml").write_text(
        'title = "Ons"\nregion = "towns.csv"\ncosts = "nl-2024"\nagreements = ["own-use"]\n[finance]\ncertainty = 90\n',
        "utf-8",
    )
    (tmp_path / "towns.csv").write_text(
        "code;gemeente;inwoners;jeugdigen;zekerheid;weerstandscapaciteit_incidenteel\nGM0503;Delft;100;20;100%;-5\n",
        "utf-8",
    )
    with pytest.raises(InputError) as caught:
        Study.load(tmp_path, ["settings.sims=1"])
    found = [(problem.where, problem.value) for problem in caught.value.problems]
    assert ("finance.certainty", "90") in found
    assert ("row 2, column zekerheid", "100%") in found
    assert ("row 2, column weerstandscapaciteit_incidenteel", "-5") in found
    assert len(found) == 4
