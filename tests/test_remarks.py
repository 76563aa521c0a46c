"""What a reader is told of single agreements: same titles, money from outside or a fund, idle first years."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from solidair.cli.card import whole, whole_example
from solidair.cli.commands.list import command as list_command
from solidair.cli.console import new_console
from solidair.cli.remarks import beyond, idle, own_reserves, own_titles, report_remarks, screen_remarks
from solidair.cli.report.build import report_html
from solidair.cli.report.cells import exact, rounded
from solidair.cli.screen import show_run
from solidair.pool.blocks import compile_study
from solidair.pool.describe import describe, strangers
from solidair.pool.example import example_case
from solidair.pool.finance.spec import FinanceSpec, ReserveSpec
from solidair.pool.parts.words import Wording
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from solidair.pool.study import Study, load_agreement

LANGUAGES = ("nl", "en")


@pytest.fixture(scope="module")
def run():
    study = Study.load("haaglanden-regels")
    chosen = [a for a in study.agreements if a.name in ("own-use", "fonds-tekortgemeenten-2018", "zurich")]
    zurich = chosen[-1]
    twin = replace(zurich, name="zurich-again")
    study = replace(study, agreements=(*chosen, twin), settings=study.settings.model_copy(update={"years": 2}))
    results = simulate(compile_study(study), 64, 1, 1)
    return results, {name: results.table(name) for name in TABLES}


def test_money_of_the_canton_and_an_idle_first_year_are_found(run):
    results, _ = run
    # The canton of Zürich pays part of all; the fund of 2018 pays at the end of the second year only.
    assert {"zurich", "zurich-again"} <= set(beyond(results))
    assert idle(results) == ["fonds-tekortgemeenten-2018"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_screen_and_report_tell_them(run, language, tmp_path, capsys):
    results, tables = run
    numbers = {"nl": "Bij (1), (2), (3):", "en": "For (1), (2), (3):"}[language]
    outside, first = screen_remarks(results, language)
    assert outside.startswith((numbers, numbers.replace("(1), ", "")))
    assert first.startswith("(1) ") and "2027" in first
    show_run(results, tables, tmp_path, language)
    shown = " ".join(capsys.readouterr().out.split())
    assert first in shown and "(zurich)" not in report_remarks(results, language)[0]
    page = report_html(results, tables, language)
    assert {"nl": "van de andere gemeenten of van buiten", "en": "from the other municipalities or from outside"}[
        language
    ] in page
    assert "(zurich-again)" in page and "(zurich)" in page
    assert {"nl": "doet in 2027 niets; zie de tabel", "en": "does nothing in 2027; see the table"}[language] in page


def test_only_titles_that_are_the_same_get_the_name_of_the_file():
    first, second = load_agreement("zurich"), load_agreement("bern")
    assert own_titles([first, second]) == (first, second)
    named = own_titles([first, replace(first, name="again"), second])
    assert [a.spec.title.nl.endswith(f"({a.name})") for a in named] == [True, True, False]
    assert named[2] is second


def test_whole_amounts_add_up():
    # 1.5 + 1.25 + 1.25 = 4: rounded down 3, and the euro that is missing goes to the largest remainder.
    assert whole([1.5, 1.25, 1.25]) == [2, 1, 1]
    # Rounded down -1; the euro goes back to the first, whose remainder is 0.5.
    assert whole([-0.5, 0.25, 0.25]) == [0, 0, 0]
    example = {
        "pays": {"a": 0.6, "b": 0.6},
        "later": [{"a": -0.4, "b": 0.4}],
        "outside": (0.8, 0.0),
        "fund": (0.0, 0.0),
    }
    shown = whole_example(example)
    assert sum(shown["pays"].values()) + shown["outside"][0] - shown["fund"][0] == 2
    assert sum(shown["later"][0].values()) == 0


def test_numbers_are_not_read_as_thousands_and_have_one_minus_sign():
    assert rounded(4.6924, 0.0, "nl", sign=True) == ("+4,69", "")
    assert rounded(4.6924, 0.0, "nl", sign=True, most=1) == ("+4,7", "")
    assert exact(-12.5, "nl", 3) == "−12,5"


def test_an_amount_is_never_cut_from_its_currency(capsys):
    console = new_console()
    console.print("x" * 76 + " €\u00a0100.000")
    assert capsys.readouterr().out.splitlines()[1].strip() == "€ 100.000"


def test_the_example_is_in_care_that_the_agreement_touches():
    study = Study.load("haaglanden")
    member, care = example_case(load_agreement("groningen-2018"), study.setting, study.costs)
    assert study.region.names[member] == "Midden-Delfland" and care in ("gesloten", "crisis-verblijf")
    member, care = example_case(load_agreement("case-excess"), study.setting, study.costs)
    assert care == "maatwerk-24-uurs"


def test_members_of_another_region_are_known():
    strange = strangers(load_agreement("voorschoten-leaves-run-off"), Study.load("haaglanden").region)
    assert strange[0] == "GM0626" and len(strange) == 13
    assert strangers(load_agreement("case-excess"), Study.load("haaglanden").region) == []


def test_a_line_in_words_is_not_called_the_first_of_it():
    take = load_agreement("californie").spec.clauses[0].take
    nl, en = (take.words(Wording(language, currency="USD")) for language in LANGUAGES)
    assert "Wat onder die grens ligt, betaalt zij zelf." in nl and "De eerste" not in nl
    assert "What is below that line it pays itself." in en and "The first" not in en


def test_the_card_is_in_euros_whatever_the_currency_of_the_agreement():
    content = describe("denemarken-176", "nl")["agreements"][0]
    said = {row["name"]: row["sentence"] for row in content["card"]}
    # Cases of DKK 500,000 are tried: x 0.134 x 1.15 = EUR 77,050.
    assert "Tot en met €\u00a077.050 per geval" in said["translative"]
    assert not any("DKK" in sentence for sentence in said.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_fits_in_a_terminal(language):
    shown = CliRunner().invoke(list_command, ["--lang", language])
    assert shown.exit_code == 0
    assert [line for line in shown.output.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_tells_changes_of_membership(language):
    study = Study.load("haaglanden-voorschoten", ["settings.years=1"])
    study = replace(study, agreements=tuple(a for a in study.agreements if a.name == "voorschoten-leaves"))
    study = replace(study, reference=None)
    results = simulate(compile_study(study), 64, 1, 1)
    page = report_html(results, {name: results.table(name) for name in TABLES}, language)
    assert {"nl": "Voorschoten treedt uit op 1 januari 2024", "en": "Voorschoten leaves on 1 January 2024"}[
        language
    ] in page
    assert {"nl": "Dit artikel geldt voor", "en": "This article holds for"}[language] in page


def test_a_reserve_behind_a_reserve_is_told():
    """Only where the study lays its own behind that of an agreement; numbers on the screen, titles in the report."""
    study = Study.load("haaglanden-regels")
    chosen = tuple(a for a in study.agreements if a.name in ("own-use", "egalisatiereserve"))
    assert len(chosen) == 2
    results = simulate(replace(study, agreements=chosen), sims=64)
    assert own_reserves(results) == []
    behind = replace(results, study=replace(results.study, finance=FinanceSpec(reserve=ReserveSpec(opening=28))))
    assert own_reserves(behind) == ["egalisatiereserve"]
    for language, words in (("nl", "heeft al een eigen reserve"), ("en", "already has a reserve of each member's own")):
        assert [r for r in screen_remarks(behind, language) if words in r and r.startswith("(1) ")]
        (title,) = (a.spec.title[language] for a in chosen if a.name == "egalisatiereserve")
        assert [r for r in report_remarks(behind, language) if words in r and r.startswith(title)]
        assert not [r for r in screen_remarks(results, language) if words in r]
