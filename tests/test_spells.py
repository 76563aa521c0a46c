"""Lines per care spell: what the reader makes of a file, a year settled by hand, and the simulation."""

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from solidair.cli.main import cli
from solidair.models.problems import InputError
from solidair.pool import simulate
from solidair.pool.agreements import Agreement
from solidair.pool.backtest import backtest, history_of
from solidair.pool.disclosure import disclose
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from solidair.pool.settlement import settle
from solidair.pool.study import Study
from solidair.pool.year_setting import setting_of_year
from tests.settle_cases import COSTS, EXCESS_TOML, MEMBERS, REGION_CSV, read, settled
from tests.settling import TEXT, agreement, charge_of

YOUTH, INHABITANTS = {"kind": "youth"}, {"kind": "inhabitants"}
CARE = ("verblijf", "gesloten")
HEAD = "code,care_type,cost_eur,child,household,spell,start,months\n"
# Child c1: in a residential group since the year before until June, then in closed care. Child c2, of the same
# household: one spell. Child c3: in the same form of care twice.
YEAR = (
    "GM0001,verblijf,90000,c1,h1,t1,2024-09-01,6\n"
    "GM0001,gesloten,130000,c1,h1,t2,2025-07-01,6\n"
    "GM0001,verblijf,70000,c2,h1,t3,2025-03-01,10\n"
    "GM0001,verblijf,60000,c3,h2,t4,2024-02-01,5\n"
    "GM0001,verblijf,80000,c3,h2,t5,2025-09-01,4\n"
)


def excess(retention=100_000, **more):
    return {"kind": "excess", "retention": retention, "scope": CARE, **more}


def without(column):
    """Return the year without what stands in a column."""
    place = HEAD.strip().split(",").index(column)
    rows = [line.split(",") for line in YEAR.splitlines()]
    return HEAD + "".join(",".join("" if n == place else cell for n, cell in enumerate(row)) + "\n" for row in rows)


def spells(tmp_path, text, year=2025):
    """Return the costs of the care spells of each case, and the rows that are not clear."""
    found = read(tmp_path, text, year).spells
    parts = [sorted(found.costs[found.case == n].tolist()) for n in range(len(found.unclear))]
    return parts, found.unclear.tolist()


# --- the reader


@pytest.mark.parametrize(
    ("column", "told_by"), [("start", ("spell",)), ("spell", ("start",)), (None, ("spell", "start"))]
)
def test_marks_or_dates_tell_spells_apart(tmp_path, column, told_by):
    text = HEAD + YEAR if column is None else without(column)
    # Cases by payer, care type and child: closed care of c1, residential group of c1, c2 and c3.
    assert spells(tmp_path, text) == ([[130e3], [90e3], [70e3], [60e3, 80e3]], [0, 0, 0, 0])
    cases = read(tmp_path, text)
    assert cases.spells.told_by == told_by and len(cases.spells) == 5 and len(cases) == 4
    # A client is a child in a care type, however many spells it has.
    assert cases.as_history(("GM0001",), CARE)[0].tolist() == [[3.0, 1.0]]
    assert cases.spells.months.sum() == cases.months.sum() == 31.0


def test_without_marks_and_dates_all_of_a_child_in_a_care_type_is_one_spell(tmp_path):
    text = "code,care_type,cost_eur,child\nGM0001,verblijf,60000,a\nGM0001,verblijf,80000,a\nGM0001,gesloten,5,a\n"
    assert spells(tmp_path, text) == ([[5.0], [140e3]], [0, 0])
    assert read(tmp_path, text).spells.told_by == ()
    # Without the column child every row is a child, and a spell.
    assert spells(tmp_path, "code,care_type,cost_eur\nGM0001,verblijf,6\nGM0001,verblijf,8\n")[0] == [[6.0], [8.0]]


ROWS = "code;zorgvorm;bedrag;kind;traject;startdatum;maanden\n"


@pytest.mark.parametrize(
    ("rows", "parts", "unclear"),
    [
        # Invoices of one spell, and a correction that names it.
        (["100;a;t1;;", "50;a;t1;;", "-20;a;t1;;", "7;a;t2;;"], [7.0, 130.0], 0),
        # One mark only: a correction without it is of the same spell.
        (["100;a;t1;;", "-20;a;;;"], [80.0], 0),
        (["100;a;t1;01-02-2025;", "-20;a;;01-02-2025;"], [80.0], 0),
        # One date only, likewise.
        (["100;a;;01-02-2025;", "30;a;;;"], [130.0], 0),
        # Marks count before dates: the first day may be given differently on invoices of one spell.
        (["100;a;t1;01-02-2025;", "30;a;t1;01-03-2025;"], [130.0], 0),
        (["100;a;t1;01-02-2025;", "30;a;t2;01-02-2025;"], [30.0, 100.0], 0),
        # Of which of two spells?
        (["100;a;t1;;", "50;a;t2;;", "9;a;;;"], [159.0], 4),
        (["100;a;;01-02-2025;", "50;a;;01-03-2025;", "9;a;;;"], [159.0], 4),
        # A date that the marked spell does not give.
        (["100;a;t1;01-02-2025;", "9;a;;01-05-2025;"], [109.0], 3),
        (["100;a;t1;;", "9;a;;01-05-2025;"], [109.0], 3),
        # A correction that is more than its spell cost, or takes back more months.
        (["100;a;t1;;", "-20;a;t2;;"], [80.0], 3),
        (["100;a;;01-02-2025;", "-20;a;;01-03-2025;"], [80.0], 3),
        (["100;a;t1;;6", "30;a;t2;;1", "-20;a;t2;;-2"], [110.0], 4),
    ],
)
def test_rows_go_with_one_spell_or_it_is_not_clear(tmp_path, rows, parts, unclear):
    text = ROWS + "".join(f"GM0001;verblijf;{row}\n" for row in rows)
    assert spells(tmp_path, text) == ([parts], [unclear])


@pytest.mark.parametrize(
    ("rows", "row", "said"),
    [
        (
            ["GM0001;verblijf;1;a;t1;;", "GM0001;verblijf;2;b;t1;;"],
            3,
            "must be of one child, but rows 2 and 3 give two",
        ),
        (["GM0001;verblijf;1;a;t1;;", "GM0001;gesloten;2;a;t1;;"], 3, "of one care type, but rows 2 and 3 give two"),
        (["GM0001;verblijf;1;a;1,23457E+15;;"], 2, "the care spell must be there with all its signs"),
        (["GM0001;verblijf;1;a;#N/B;;"], 2, "not an error of Excel"),
    ],
)
def test_marks_that_cannot_be_are_refused(tmp_path, rows, row, said):
    with pytest.raises(InputError) as caught:
        read(tmp_path, ROWS + "".join(f"{line}\n" for line in rows))
    (problem,) = caught.value.problems
    assert problem.where == f"row {row}, column traject" and said in problem.rule and problem.hint


def test_one_mark_on_two_rows_asks_who_the_child_is(tmp_path):
    with pytest.raises(InputError, match="Add a column 'child'"):
        read(tmp_path, "code,care_type,cost_eur,spell\nGM0001,verblijf,1,t1\nGM0001,verblijf,2,t1\n")


def test_payers_may_number_spells_of_their_own(tmp_path):
    text = "code,care_type,cost_eur,child,spell\nGM0001,verblijf,110000,a,1\nGM0002,gesloten,120000,b,1\n"
    text += "GM0003,verblijf,80000,c,7\nGM0002,verblijf,90000,c,7\n"
    # A spell with two payers is a case of each: of c nobody is above the line.
    made = settled(tmp_path, agreement((excess(unit="spell"), YOUTH)), text)
    assert made.handed_in.tolist() == [10_000_00, 20_000_00, 0]


def test_the_order_of_rows_does_not_matter(tmp_path):
    lines = YEAR.splitlines(keepends=True)
    one, other = (read(tmp_path, HEAD + "".join(order)).spells for order in (lines, lines[::-1]))
    for name in ("case", "costs", "months", "starts", "unclear"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert "t1" not in repr(one) and "90000" not in repr(one)


# --- a year by hand


@pytest.mark.parametrize(
    ("take", "handed_in", "children", "bears"),
    [
        # Child: c1 90 + 130 = 220, 120 above; c2 70, none; c3 60 + 80 = 140, 40 above. 160 thousand together.
        # A bears 430 - 160 + 160 x 41/320; B and C 160 x 93/320 and 186/320.
        ({}, 160_000, 2, [290_500, 46_500, 93_000]),
        # Spell: 90, 130, 70, 60 and 80: only the closed care of c1 is above, by 30.
        ({"unit": "spell"}, 30_000, 1, [403_843.75, 8_718.75, 17_437.5]),
        # Household: h1 90 + 130 + 70 = 290, 190 above; h2 140, 40 above. 230, of c1, c2 and c3.
        ({"unit": "household"}, 230_000, 3, [229_468.75, 66_843.75, 133_687.5]),
        # 15,000 a month. Child: c1 220 over 12 months, 40 above; c2 70 over 10, none; c3 140 over 9, 5 above. 45.
        ({"retention": 15_000, "per": "month"}, 45_000, 2, [390_765.625, 13_078.125, 26_156.25]),
        # Spell: 90 over 6, none; 130 over 6, 40; 70 over 10 and 60 over 5, none; 80 over 4, 20. 60 thousand.
        ({"retention": 15_000, "per": "month", "unit": "spell"}, 60_000, 2, [377_687.5, 17_437.5, 34_875]),
        # In bands: half of 20,000 above 70,000 and all above 110,000. 90: 10; 130: 10 + 20; 70: none; 80: 5. 45.
        (
            {"retention": None, "bands": [{"retention": 70e3, "limit": 20e3, "share": 0.5}, {"retention": 110e3}],
             "unit": "spell"}, 45_000, 2, [390_765.625, 13_078.125, 26_156.25],
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("column", ["spell", "start", "both"])
def test_a_year_by_hand_per_child_spell_and_household(tmp_path, take, handed_in, children, bears, column):
    wanted = {name: value for name, value in (excess() | take).items() if value is not None}
    text = HEAD + YEAR if column == "both" else without(column)
    made = settled(tmp_path, agreement((wanted, YOUTH)), text)
    assert made.handed_in.tolist() == [handed_in * 100, 0, 0]
    assert np.abs(made.contribution - 100 * np.array(bears)).max() < 1  # rounding moves less than a cent
    assert made.clauses[0].children.tolist() == [children, 0, 0]  # children, not spells


def test_a_spell_over_new_year_has_a_line_in_either_year(tmp_path):
    # 110,000 of four months of 2024 and 90,000 of 2025: 10,000 and nothing above, not 100,000 of 200,000.
    rules = agreement((excess(unit="spell"), YOUTH))
    before = HEAD + "GM0001,verblijf,110000,c1,h1,t1,2024-09-01,4\n"
    assert settled(tmp_path, rules, before, year=2024).handed_in.tolist() == [10_000_00, 0, 0]
    cases = {2024: read(tmp_path, before, 2024), 2025: read(tmp_path, HEAD + YEAR.splitlines()[0] + "\n")}
    years = backtest([rules], MEMBERS, COSTS, cases=cases).years
    # A bears 110 - 10 + 10 x 41/320 of 2024, and 90 of 2025.
    assert [year.contribution[0] for year in years] == pytest.approx([101_281.25, 90_000.0], rel=1e-12)


def test_articles_with_different_units_see_what_the_other_left(tmp_path):
    text = HEAD + "GM0001,verblijf,120000,a,,t1,,\nGM0001,verblijf,110000,a,,t2,,\n"
    spell, child = excess(unit="spell"), excess(150_000)
    # Per spell 20 + 10 = 30; that leaves 100 + 100, of which 50 above 150 per child.
    made = settled(tmp_path, agreement((spell, YOUTH), (child, YOUTH)), text)
    assert [clause.handed_in[0] for clause in made.clauses] == [30_000_00, 50_000_00]
    # Per child 230 - 150 = 80, of both spells alike: 120 x 150/230 = 78,260.87 and 110 x 150/230 = 71,739.13 are left.
    made = settled(tmp_path, agreement((child, YOUTH), (excess(75_000, unit="spell"), YOUTH)), text)
    assert [clause.handed_in[0] for clause in made.clauses] == [80_000_00, 3_260_87]
    # A share in front: half of each is left, 60 and 55; above 50 that is 10 and 5.
    half = ({"kind": "share", "share": 0.5}, YOUTH)
    made = settled(tmp_path, agreement(half, (excess(50_000, unit="spell"), YOUTH)), text)
    assert [clause.handed_in[0] for clause in made.clauses] == [115_000_00, 15_000_00]


def test_clients_of_a_key_are_children(tmp_path):
    # A has one child with two spells, B two children: 1/3 and 2/3, whatever the article counts.
    text = HEAD + "GM0001,verblijf,120000,a,,t1,,\nGM0001,verblijf,110000,a,,t2,,\n"
    text += "GM0002,verblijf,1,b,,t3,,\nGM0002,verblijf,1,c,,t4,,\n"
    key = {"kind": "clients", "lag": 0, "window": 1}
    for unit in ("child", "spell"):
        made = settled(tmp_path, agreement((excess(unit=unit), key)), text)
        np.testing.assert_allclose(made.clauses[0].weights, [1 / 3, 2 / 3, 0], rtol=1e-15)
    past = history_of({2025: read(tmp_path, text)}, MEMBERS, COSTS)
    assert past.clients.sum() == 3


def test_on_occurrence_basis_each_spell_has_its_own_first_day(tmp_path):
    document = {
        "title": TEXT, "summary": TEXT, "source": "test",
        "changes": [{"kind": "exit", "member": "GM0003", "year": 2025, "open_cases": "occurrence"}],
        "clauses": [{"title": TEXT, "take": excess(50_000, unit="spell"), "charge": charge_of(INHABITANTS)}],
    }  # fmt: skip
    made = Agreement.from_document(document, "test", "test.toml")
    # Of c3, 10 above the line began before the exit and is shared by 18 : 42 : 90, and 30 after it by 18 : 42.
    rows = HEAD + "".join(YEAR.splitlines(keepends=True)[3:])
    bears = settled(tmp_path, made, rows).contribution
    assert bears.tolist() == [140_000_00 - 40_000_00 + 1_200_00 + 9_000_00, 2_800_00 + 21_000_00, 6_000_00]


# --- what is not clear


NOT_CLEAR = (
    HEAD + YEAR + "GM0001,verblijf,5000,c3,h2,,,1\nGM0001,ambulant,300,c2,h1,t8,,\nGM0001,ambulant,-1,c2,h1,t9,,\n"
)


def test_only_an_article_that_counts_spells_asks_for_them(tmp_path):
    assert settled(tmp_path, agreement((excess(), YOUTH)), NOT_CLEAR).handed_in.tolist() == [165_000_00, 0, 0]
    with pytest.raises(InputError) as caught:
        settled(tmp_path, agreement((excess(), YOUTH), (excess(unit="spell"), YOUTH)), NOT_CLEAR)
    (problem,) = caught.value.problems
    assert (problem.where, problem.value) == ("clauses.2.take.unit", "spell")
    assert "of 1 cases of 2025" in problem.rule and "see row 7 of" in problem.rule
    # In care that the article does not look at nothing need be clear.
    closed = excess(unit="spell", scope=("gesloten",))
    assert settled(tmp_path, agreement((closed, YOUTH)), NOT_CLEAR).handed_in.tolist() == [30_000_00, 0, 0]


def test_months_of_every_spell_must_be_known(tmp_path):
    text = (HEAD + YEAR).replace("2025-09-01,4", "2025-09-01,")
    with pytest.raises(InputError, match="of 1 cases the months of stay are not known"):
        settled(tmp_path, agreement((excess(15_000, per="month", unit="spell"), YOUTH)), text)


def test_units_that_do_not_exist_are_refused():
    with pytest.raises(InputError, match=r"clauses\.1\.take.*unit"):
        agreement((excess(unit="traject"), YOUTH))
    with pytest.raises(InputError, match="per care spell: a household has no months"):
        agreement((excess(15_000, per="month", unit="household"), YOUTH))


def test_a_history_has_no_spells(tmp_path):
    past = history_of({2025: read(tmp_path, HEAD + YEAR)}, MEMBERS, COSTS)
    with pytest.raises(InputError, match="single children"):
        backtest([agreement((excess(unit="spell"), YOUTH))], MEMBERS, COSTS, history=past)


# --- child and spell


one_child = st.tuples(st.integers(1, 3), st.sampled_from(CARE), st.integers(0, 40_000_000), st.integers(1, 12))


@given(children=st.lists(one_child, min_size=1, max_size=12), monthly=st.booleans(), retention=st.integers(1, 200))
@hypothesis_settings(max_examples=60, deadline=None)
def test_where_every_child_has_one_spell_both_are_the_same(tmp_path_factory, children, monthly, retention):
    text = HEAD + "".join(
        f"GM000{who},{care},{cents / 100:.2f},k{n},,t{n},2025-01-01,{months}\n"
        for n, (who, care, cents, months) in enumerate(children)
    )
    folder = tmp_path_factory.mktemp("one")
    take = excess(1e3 * (1 + retention % 40), per="month") if monthly else excess(1e3 * retention)
    child, spell = (settled(folder, agreement((take | {"unit": u}, YOUTH)), text) for u in ("child", "spell"))
    assert child.lines().cents.tolist() == spell.lines().cents.tolist()


spell_rows = st.lists(st.tuples(one_child, st.integers(0, 3)), min_size=1, max_size=12)


@given(rows=spell_rows, retention=st.integers(1, 200))
@hypothesis_settings(max_examples=60, deadline=None)
def test_spells_are_the_cases_of_the_simulation(tmp_path_factory, rows, retention):
    """A settlement makes of spells what the simulation makes of as many cases; marks change no line per child."""
    text = HEAD + "".join(
        f"GM000{who},{care},{cents / 100:.2f},k{child},,t{n},2025-01-01,\n"
        for n, ((who, care, cents, _), child) in enumerate(rows)
    )
    folder = tmp_path_factory.mktemp("rows")
    rules = agreement((excess(1e3 * retention, unit="spell"), YOUTH), ({"kind": "share", "share": 0.3}, INHABITANTS))
    found = settled(folder, rules, text)
    setting = Setting.plain(MEMBERS, COSTS.ids)
    measures = measures_for(COSTS.ids, rules.looks(setting))
    who, care, cost = zip(*((who - 1, care, cents / 100) for (who, care, cents, _), _ in rows), strict=True)
    claims = measure_cases(measures, 3, who, care, cost)
    expected = settle(rules, claims[:, None, None], measures, setting).contribution[0, 0]
    assert np.abs(found.contribution - 100 * expected).max() < 1 + 1e-6
    per_child = agreement((excess(1e3 * retention), YOUTH))
    bare = "".join(
        ",".join(["" if n == 5 else c for n, c in enumerate(line.split(","))]) for line in text.splitlines(True)[1:]
    )
    marked, plain = (settled(folder, per_child, t) for t in (text, HEAD + bare))
    assert marked.lines().cents.tolist() == plain.lines().cents.tolist()


def test_the_simulation_counts_spells_either_way():
    study = Study.load("haaglanden")
    found = []
    for unit in ("child", "spell"):
        made = agreement((excess(unit=unit), YOUTH), (excess(50_000, unit=unit, scope=("pleegzorg",)), INHABITANTS))
        made = replace(made, name="line")
        results = simulate(replace(study, agreements=(made,)), sims=512, seed=4)
        found.append(results.contributions["line"])
    np.testing.assert_array_equal(*found)
    assert np.abs(found[0] - results.own).max() > 1e5  # the line takes something


# --- privacy and words


def test_spells_are_as_private_as_children(tmp_path):
    # 25 children a member with two spells each: everything may be shown, unless a line looks at spells.
    text = HEAD + "".join(
        f"{code},{care},{20_000 + 137.11 * n + 59.03 * m:.2f},{code}{n},,{care}{n},,\n"
        for m, code in enumerate(("GM0001", "GM0002", "GM0003"))
        for n in range(25)
        for care in ("verblijf", "pleegzorg")
    )
    setting = setting_of_year(MEMBERS, COSTS, 2025)
    whole = {"kind": "share", "share": 0.5}
    assert disclose(settled(tmp_path, agreement((whole, YOUTH)), text), setting).level == "all"
    line = ({"kind": "excess", "retention": 20_000, "unit": "spell"}, YOUTH)
    assert disclose(settled(tmp_path, agreement((whole, YOUTH), line), text), setting).level == "balances"
    # Nine children with two spells are nine children, not eighteen: too few, with a line that has not begun yet.
    few = HEAD + "".join(
        f"{code},verblijf,{20_000 + 137.11 * n + 59.03 * m},{code}{n},,{n}-{m},,\n"
        for code in ("GM0001", "GM0002", "GM0003")
        for n in range(9)
        for m in range(2)
    )
    document = agreement((whole, YOUTH), line).spec
    later = document.clauses[1].model_copy(
        update={"years": document.clauses[0].years.model_copy(update={"first": 2026})}
    )
    waits = agreement((whole, YOUTH), line)
    waits = replace(waits, spec=document.model_copy(update={"clauses": (document.clauses[0], later)}))
    assert disclose(settled(tmp_path, waits, text), setting).level == "all"
    assert disclose(settled(tmp_path, waits, few), setting).level != "all"


def test_a_spell_is_told_in_words():
    def told(language, **more):
        take = agreement((excess(**more), YOUTH)).spec.clauses[0].take
        return take.words(Wording(language)).replace("\u00a0", " ")

    dutch = told("nl", unit="spell")
    assert dutch.startswith("Kost één traject in een jaar meer dan € 100.000 aan verblijf en gesloten")
    assert "De eerste € 100.000 per traject betaalt zij zelf." in dutch
    assert "vanaf één startdatum" in dutch and "over de jaarwisseling" in dutch
    assert dutch.endswith("Ook de simulatie telt per traject.") and "kind apart" not in dutch
    english = told("en", unit="spell", per="month", retention=15_000)
    assert "If one care spell costs more than EUR 15,000 per month of stay" in english
    assert "per care spell and month" in english and "over New Year" in english
    bands = {"retention": None, "bands": [{"retention": 1e5}]}
    take = (
        agreement(({k: v for k, v in (excess(unit="spell") | bands).items() if v is not None}, YOUTH))
        .spec.clauses[0]
        .take
    )
    assert take.words(Wording("en")).startswith("Of what one care spell costs in a year of")
    # A line per child says that the simulation is an approximation.
    assert told("en").endswith("In the simulation each form of care of a child counts apart.")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rules = EXCESS_TOML.replace("limit = 175000", 'unit = "spell"')
    for name, text in (("ours.toml", rules), ("region.csv", REGION_CSV), ("2025.csv", HEAD + YEAR)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(cli, list(arguments))


@pytest.mark.skipif(find_spec("xlsxwriter") is None, reason="XlsxWriter is not installed")
def test_the_statement_says_how_spells_were_told_apart(folder):
    same = ("--region", "region.csv", "--year", "2025")
    done = run("settle", "ours.toml", "--cases", "2025.csv", *same, "-o", "out", "--json")
    assert done.exit_code == 0, done.output
    # Above 75,000: 15, 55 and 5 thousand.
    own = json.loads(Path("out/members/GM0001.json").read_text("utf-8"))["lines_cents"]
    assert own["clause-1-handed-in"] == 75_000_00
    page = Path("out/statement.html").read_text("utf-8")
    assert "Kosten per traject" in page and "hetzelfde teken in de kolom traject" in page
    Path("bare.csv").write_text("code,care_type,cost_eur,child\nGM0001,verblijf,90000,a\n", encoding="utf-8")
    done = run("settle", "ours.toml", "--cases", "bare.csv", *same, "-o", "bare", "--lang", "en")
    assert done.exit_code == 0 and "names no care spell and no start date" in done.stderr
    rows = NOT_CLEAR.replace("2025-", "2024-").replace("2024-09-01,6", "2023-09-01,6")
    Path("2024.csv").write_text(rows, encoding="utf-8")
    done = run(
        "backtest", "ours.toml", "--cases", "2025.csv", "--cases", "2024.csv", "--region", "region.csv", "-o", "bt"
    )
    assert done.exit_code == 0, done.output
    said = " ".join(Path("bt/backtest.html").read_text("utf-8").split())
    assert "van 2 gevallen van 2024 is niet duidelijk bij welk traject elke regel hoort: zie regel 7, 9" in said
    assert "2025.csv: Regels van een gemeente met hetzelfde teken" in said


def test_describe_and_the_list_of_parts_know_the_spell(folder):
    english = " ".join(run("describe", "ours.toml", "--lang", "en").stdout.split())
    assert (
        "If one care spell costs more than EUR 75,000" in english and "simulation counts per care spell too" in english
    )
    assert "Kost één traject in een jaar meer dan" in " ".join(run("describe", "ours.toml").stdout.split())
    assert "one form of care from one start date" in " ".join(run("list", "--parts").stdout.split())
