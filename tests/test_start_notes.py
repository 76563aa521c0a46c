"""What a reader is told of a file of open stays: what is not used, whether it looks complete, and no small number."""

import json
import re
from dataclasses import replace

import pytest

from solidair.cli.checks import start_counts, start_notes
from solidair.cli.output import manifest
from solidair.cli.report.build import report_html
from solidair.cli.screen import show_check, show_run
from solidair.cli.texts.stays import STAYS
from solidair.models.sources.groups import ListedStays
from solidair.pool.completeness import open_moments
from solidair.pool.exactness import verdict
from solidair.pool.results import TABLES
from solidair.pool.run import simulate
from solidair.pool.study import Study

STUDY = """\
title = { nl = "Ons", en = "Ours" }
region = "haaglanden"
costs = "nl-2024"
agreements = ["own-use", "half-half"]
[open_cases]
file = "open.csv"
reference = 2026-10-01
[settings]
sims = 100
years = 1
"""
ENGLISH = re.compile(r"open stays|steady state|not used")
DUTCH = re.compile(r"open verblijven|beginnen|niet gebruikt")


def load(folder, groups):
    """Return a study whose file lists so many stays of each (payer, care type)."""
    rows = [f"{code};{care};2025-03-02;{n}" for (code, care), count in groups.items() for n in range(count)]
    (folder / "study.toml").write_text(STUDY, "utf-8")
    (folder / "open.csv").write_text("\n".join(["code;care_type;start;case", *rows]) + "\n", "utf-8")
    return Study.load(folder)


SOME = {("GM0518", "verblijf"): 41, ("GM0518", "pleegzorg"): 3, ("GM1842", "verblijf"): 2}


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    return load(tmp_path_factory.mktemp("some"), SOME)


def outputs(study, tmp_path, capsys, language):
    """Return what a run prints, what a check prints, and the report, with single spaces."""
    results = simulate(study, 100)
    tables = {name: results.table(name) for name in TABLES}
    show_run(results, tables, tmp_path, language)
    screen = capsys.readouterr().out
    show_check(results, tables["check"], tables["anchors"], verdict(tables["check"]), language)
    check = capsys.readouterr().out
    texts = (screen, check, report_html(results, tables, language))
    return [" ".join(text.split()) for text in texts], manifest(results, {}, {}, {})


@pytest.mark.parametrize(
    ("language", "not_used", "few"),
    [
        (
            "nl",
            "Let op: niet gebruikt: 5 van de 46 open verblijven in het bestand (gemeenten: 2).",
            "lijkt niet volled",
        ),
        ("en", "Note: not used: 5 of the 46 open stays in the file (municipalities: 2).", "does not look complete"),
    ],
)
def test_screen_check_and_report_say_the_same_in_their_language(some, tmp_path, capsys, language, not_used, few):
    notes = start_notes(some, language)
    assert len(notes) == 2 and notes[0].startswith(not_used) and few in notes[1]
    texts, written = outputs(some, tmp_path, capsys, language)
    for text in texts:
        for note in notes:
            assert text.count(note) == 1, note
    other = DUTCH if language == "en" else ENGLISH
    assert not any(other.search(note) for note in notes)
    assert not any(ENGLISH.search(note) for note in some.region.notes)  # they are no longer put there
    counts = {"listed": 46, "not_used": 5, "not_used_payers": 2}
    assert {key: written["open_stays"][key] for key in counts} == counts
    assert written["open_stays"]["too_few_of"][:2] == ["pleegzorg", "gezinsgericht"]
    assert json.dumps(written["open_stays"]) and "GM" not in json.dumps(written["open_stays"])


def test_counts_are_kept_apart_from_the_stays(some):
    assert some.listed == ListedStays(frozenset({"GM0518", "GM1842"}), {"verblijf": 43, "pleegzorg": 3}, 5, 2)
    assert len(some.listed) == 46 and len(some.open_cases) == 41
    assert "GM" not in repr(some.listed) and "GM" not in repr(some.open_cases)


def test_both_numbers_are_said_and_small_ones_only_as_such(some):
    (_, note) = start_notes(some, "en")
    # 43 stays are said in fives, or the total would show that 3 are left for foster care.
    assert "Residential groups: about 45 in the file, " in note and "43" not in note
    assert "Foster care: fewer than 5 in the file, " in note
    assert "Family-type homes: none in the file, " in note
    region = some.region.subset(["GM0518", "GM1842"])
    mean, _ = open_moments(some.costs, region, some.costs.ids.index("verblijf"))
    assert f"about 45 in the file, {mean:.0f} expected" in note
    assert "closed" not in note.lower()  # of a rare care type few are no surprise


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_file_of_which_nothing_can_be_used(tmp_path, capsys, language):
    study = load(tmp_path, {("GM0518", "verblijf"): 4, ("GM1842", "pleegzorg"): 1})
    assert study.open_cases is None and len(study.listed) == study.listed.withheld == 5
    (note,) = start_notes(study, language)
    start = {
        "nl": "Let op: van het bestand met open verblijven (5) is niets",
        "en": "Note: nothing of the file of open",
    }
    assert note.startswith(start[language])
    texts, written = outputs(study, tmp_path, capsys, language)
    assert all(note in text for text in texts)
    assert written["open_stays"] == {"listed": 5, "not_used": 5, "not_used_payers": 2, "too_few_of": []}


def test_without_a_file_and_with_a_complete_one_there_is_nothing_to_say():
    study = Study.load("haaglanden")
    assert start_notes(study, "nl") == [] and start_counts(study) is None
    costs = study.costs
    full = {
        costs.ids[place]: round(open_moments(costs, study.region, place)[0])
        for place, episode in enumerate(costs.episodes)
        if episode is not None
    }
    whole = replace(study, listed=ListedStays(frozenset(map(str, study.region.codes)), full, 0, 0))
    assert start_notes(whole, "nl") == []
    assert start_counts(whole)["too_few_of"] == []


def test_words_are_there_in_both_languages_and_ask_for_the_same():
    assert list(STAYS["nl"]) == list(STAYS["en"])
    for key, text in STAYS["nl"].items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", STAYS["en"][key])), key
