"""What a first agreement file gets wrong: each is refused with what to write, or told of where it may be meant."""

import pytest

from solidair.cli.checks import start_notes
from solidair.models.problems import InputError
from solidair.models.schema import Words, parse
from solidair.models.sources.cases import read_cases
from solidair.pool.agreements import Agreement, AgreementSpec
from solidair.pool.parts.lines import gaps
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from solidair.pool.study import Study
from tests.settling import TEXT, TYPES, YOUTH, region

TOWNS = region((5e3, 1_000, 1e6), (15e3, 3_000, 3e6))
HEAD = {"title": TEXT, "summary": TEXT, "source": "test"}
FULL = {"kind": "share"}


def article(take=None, **more):
    return {"title": TEXT, "take": take or FULL, "charge": {"kind": "key", "key": YOUTH}, **more}


def made(*clauses, **more):
    return Agreement.from_document(HEAD | {"clauses": list(clauses)} | more, "test", "test.toml")


def problem(document):
    """Return the one problem of a document as place, value, rule and hint."""
    with pytest.raises(InputError) as caught:
        Agreement.from_document(HEAD | document, "test", "test.toml")
    (found,) = caught.value.problems
    return found.where, found.value, found.rule, found.hint


def of_take(**take):
    return problem({"clauses": [article(take)]})


# --- bands


def bands(*several):
    return {"kind": "excess", "bands": [dict(zip(("retention", "limit"), band, strict=False)) for band in several]}


def test_bands_that_overlap_are_refused():
    where, _, rule, hint = of_take(**bands((50e3, 50e3), (90e3,)))
    assert where == "clauses.1.take" and rule == "the bands from 50,000 and from 90,000 overlap"
    assert "limit = 40000" in hint
    # Without a limit a band never ends.
    assert "overlap" in of_take(**bands((50e3,), (90e3,)))[2]


def test_a_gap_between_bands_is_told():
    take = made(article(bands((50e3, 20e3), (90e3,)))).spec.clauses[0].take
    nl, en = (take.words(Wording(language, {}, {})) for language in ("nl", "en"))
    assert "De rest betaalt zij zelf, ook het deel van € 70.000 tot € 90.000." in nl.replace("\N{NO-BREAK SPACE}", " ")
    assert "The rest it pays itself, also the part from EUR 70,000 to EUR 90,000." in en.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    closed = made(article(bands((50e3, 40e3), (90e3,)))).spec.clauses[0].take
    assert "ook het deel" not in closed.words(Wording("nl", {}, {}))


def test_a_limit_beside_bands_belongs_to_them_and_a_share_counts_on_top():
    where, _, rule, hint = of_take(**bands((50e3,)), limit=1e5)
    assert (where, rule) == (
        "clauses.1.take",
        "with bands, the limit belongs to each band",
    ) and "into the bands" in hint
    nl, en = (
        made(article(bands((50e3,)) | {"share": share})).spec.clauses[0].take.words(Wording(language))
        for language, share in (("nl", [0.9, 0.5]), ("en", 0.5))
    )
    assert "en daarvan per jaar achtereenvolgens 90%, 50%. De rest" in nl
    assert "and of all that 50%. The rest" in en


def test_gaps_are_those_of_amounts_in_any_order():
    assert gaps([(90e3, None), (50e3, 20e3)]) == [(70e3, 90e3)]
    budget = made(article({"kind": "excess", "retention": {"kind": "budget", "share": 0.01}})).spec.clauses[0].take
    assert gaps([(budget.retention, 20e3), (90e3, None)]) == []


# --- shares that were written as a percentage


def test_a_line_of_most_of_the_budget_is_refused():
    where, _, rule, hint = of_take(kind="excess", retention={"kind": "budget", "share": 1.0})
    assert where == "clauses.1.take.retention.share"
    assert "at most 0.5 of the youth budget" in rule and "share = 0.01" in hint


def test_a_corridor_of_500_percent_is_refused_and_one_in_euros_is_not():
    _, _, rule, hint = of_take(kind="corridor", above=[{"beyond": 5}])
    assert "not 5 (500%)" in rule and "beyond = 0.05" in hint
    assert made(article({"kind": "corridor", "unit": "euro", "above": [{"beyond": 5e4}]}))


# --- hints that can be copied


def test_members_in_one_text_are_shown_as_a_list():
    where, value, rule, hint = problem({"clauses": [article(members="GM0518")]})
    assert (where, value) == ("clauses.1.members", "GM0518")
    assert rule == "this must be 'all' or a list"
    assert hint == 'Write "all", or a list such as ["GM0518"].'
    assert '["GM0518", "GM0637"]' in problem({"clauses": [article(members="GM0518, GM0637")]})[3]
    assert problem({"clauses": [article(members="alle")]})[3] == "Did you mean 'all'?"


@pytest.mark.parametrize("lines", [False, True])
def test_care_types_in_one_text_are_split_at_commas(lines):
    scope = "verblijf, gesloten"
    take = {"kind": "share", "scope": scope}
    if lines:
        take = {"kind": "excess", "retention": {"kind": "mean", "times": 2, "scope": scope}}
    assert of_take(**take)[3] == 'Write "all", or a list such as ["verblijf", "gesloten"].'


def test_what_is_missing_is_shown_with_a_value_of_its_type():
    document = {"clauses": [article(pot={"kind": "own_reserve"})]}
    assert problem(document)[3] == "Add it, for example: opening = 100.0."


def test_one_pair_of_brackets_is_told():
    where, _, rule, hint = problem({"clauses": article()})
    assert (where, rule) == ("clauses", "this must be a list")
    assert hint.startswith("Write [[clauses]]")
    assert of_take(kind="excess", bands={"retention": 5e4})[3].startswith("Write bands = [{ ... }]")


# --- changes


def change_fault(clause, **change):
    agreement = made(clause, changes=[{"kind": "exit", "member": "GM0000", "year": 2028} | change])
    (fault,) = agreement.faults(Setting.plain(TOWNS, TYPES, 2027, 3))
    return fault


def test_an_alliance_where_no_article_names_one():
    fault = change_fault(article(), alliance="west")
    assert "No article names an alliance" in fault.hint and "Known" not in fault.hint
    assert "'west'" in change_fault(article(alliance="west"), alliance="wets").hint


def test_an_exit_on_occurrence_from_a_pool_of_deficits_is_told_to_be_on_payment():
    fault = change_fault(article({"kind": "deficit"}), open_cases="occurrence")
    assert (fault.where, fault.value) == ("changes.1.open_cases", "occurrence")
    assert 'open_cases = "payment"' in fault.hint


# --- one text for both languages


def test_a_text_that_is_given_once_serves_both_languages():
    spec = parse(AgreementSpec, {"title": "Ons", "summary": "Wij delen.", "source": "test"}, "test.toml")
    assert spec.title == Words(nl="Ons", en="Ons") and spec.summary["en"] == "Wij delen."
    assert made(article() | {"title": "Een"}).spec.clauses[0].title["en"] == "Een"


@pytest.mark.parametrize(
    ("title", "rule"),
    [("", "this text must not be empty"), ({"nl": "Ons"}, "this key is required"), (3, "this must be a table")],
)
def test_a_title_that_is_no_text_is_still_refused(title, rule):
    assert problem({"title": title})[2] == rule


# --- a column of real cases


def test_a_column_to_rename_is_one_problem(tmp_path):
    (tmp_path / "cases.csv").write_text("Gemeente;zorgvorm;bedrag\nGM0518;verblijf;28750\n", "utf-8")
    study = Study.load("haaglanden")
    with pytest.raises(InputError) as caught:
        read_cases(
            tmp_path / "cases.csv", year=2025, codes=study.region.codes.tolist(), care_types=study.costs.care_types
        )
    (found,) = caught.value.problems
    assert found.hint == "Is it 'Gemeente'? Then rename that to 'gemeentecode'."


# --- what never comes into the years of a study

STUDY = """\
title = "Ons"
region = "haaglanden"
costs = "nl-2024"
agreements = ["ours.toml"]
[settings]
sims = 100
first_year = 2027
years = {years}
"""
OURS = """\
title = "Ons"
summary = "Ons."
source = "test"
[[clauses]]
title = "Nu"
take = { kind = "share", share = 0.5 }
charge = { kind = "key", key = { kind = "youth" } }
[[clauses]]
title = "Later"
years = { first = 2040, last = 2045 }
take = { kind = "excess", retention = 75000 }
charge = { kind = "key", key = { kind = "youth" } }
[[changes]]
kind = "exit"
member = "GM0503"
year = 2035
"""


@pytest.mark.parametrize(
    ("language", "years", "notes"),
    [
        ("nl", 3, ["artikel 2 van 'Ons' geldt in geen van de jaren 2027-2029", "Delft gaat pas in 2035 in"]),
        ("en", 1, ["article 2 of 'Ons' does not hold in 2027", "Delft takes effect in 2035"]),
        ("en", 14, []),
    ],
)
def test_what_falls_outside_the_years_is_told(tmp_path, language, years, notes):
    (tmp_path / "study.toml").write_text(STUDY.format(years=years), "utf-8")
    (tmp_path / "ours.toml").write_text(OURS, "utf-8")
    found = start_notes(Study.load(tmp_path), language)
    assert len(found) == len(notes)
    for note, part in zip(found, notes, strict=True):
        assert part in note and note.startswith({"nl": "Let op", "en": "Note"}[language])
