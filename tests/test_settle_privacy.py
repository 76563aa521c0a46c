"""Nobody but the paying member finds the cost of one child in what all members see."""

import re
import zipfile

import numpy as np
import pytest

from solidair.cli.settle_html import euros
from solidair.cli.settle_pages import Statement, shared_document
from solidair.cli.settle_write import euros_plain, write_statement
from solidair.pool.disclosure import _cells, _known_from_balances, _small, disclose
from solidair.pool.statement.suppression import HIDDEN, Rules
from solidair.pool.year_setting import setting_of_year
from tests.settle_cases import CASES_CSV, COSTS, MEMBERS, settled
from tests.settling import agreement

YOUTH = {"kind": "youth"}
SETTING = setting_of_year(MEMBERS, COSTS, 2025)


def cases(*groups):
    """Make a file of groups (code, care type, number of children, first amount): amounts rise by EUR 137.11."""
    rows, number = [], 0
    for code, care, count, first in groups:
        for place in range(count):
            number += 1
            rows.append(f"{code},{care},{first + 137.11 * place:.2f},k{number},\n")
    return CASES_CSV + "".join(rows)


MANY = [(code, care, 25, 20_000) for code in ("GM0001", "GM0002", "GM0003") for care in ("verblijf", "pleegzorg")]
ALL_CARE = {"kind": "share"}


def test_everything_is_shown_where_every_figure_rests_on_many(tmp_path):
    made = settled(tmp_path, agreement((ALL_CARE, YOUTH)), cases(*MANY))
    found = disclose(made, SETTING)
    assert found.level == "all"
    assert found.cost is not None and (found.cost.amounts != HIDDEN).all()
    assert disclose(made, SETTING, fewest=30).level != "all"


@pytest.mark.parametrize(
    "extra",
    [
        ("GM0001", "gesloten", 1, 150_000),  # one child in a care type
        ("GM0001", "gesloten", 9, 150_000),  # one less than enough
    ],
)
def test_one_small_cell_hides_what_was_handed_in_by_everybody(tmp_path, extra):
    made = settled(tmp_path, agreement((ALL_CARE, YOUTH)), cases(*MANY, extra))
    assert disclose(made, SETTING).level != "all"


def test_a_clause_to_which_one_member_hands_in_few_children_leaves_balances_only_of_that_clause(tmp_path):
    made = settled(tmp_path, agreement(({"kind": "excess", "retention": 100e3}, YOUTH)), cases(
        *MANY, ("GM0001", "verblijf", 1, 180_000)))  # fmt: skip
    assert made.clauses[0].children.tolist() == [1, 0, 0]
    assert disclose(made, SETTING).level != "all"


def test_the_difference_of_two_figures_counts_as_a_figure(tmp_path):
    # From 17,000 on, EUR 137.11 apart. The first article takes 1,000 of all 25 children. Of what it leaves the second
    # takes above 16,050, of all but the cheapest child: two figures of many, whose difference is about that one.
    takes = [({"kind": "excess", "retention": r, "limit": 1_000.0}, YOUTH) for r in (15e3, 16_050.0)]
    text = cases(*[(code, "verblijf", 25, 17_000) for code in ("GM0001", "GM0002", "GM0003")])
    made = settled(tmp_path, agreement(*takes), text)
    assert [clause.children.tolist() for clause in made.clauses] == [[25, 25, 25], [24, 24, 24]]
    assert disclose(made, SETTING).level != "all"


def test_a_cell_that_follows_from_a_total_and_the_balances_keeps_the_total_away(tmp_path):
    # All foster care is handed in, so balances give its cost at each member away. With the total of a member shown the
    # one child in residence would follow, though no table of cost by itself gives it away.
    groups = [(code, "pleegzorg", 25, 20_000) for code in ("GM0001", "GM0002", "GM0003")]
    groups += [(code, "verblijf", 1, 70_000 + 1_000 * n) for n, code in enumerate(("GM0001", "GM0002", "GM0003"))]
    made = settled(tmp_path, agreement(({"kind": "share", "scope": ["pleegzorg"]}, YOUTH)), cases(*groups))
    found = disclose(made, SETTING)
    assert found.level == "balances"
    assert found.cost is None and found.own(0) == HIDDEN
    # A share of everything gives totals away, from which with the table nothing more follows.
    assert disclose(settled(tmp_path, agreement((ALL_CARE, YOUTH)), cases(*groups)), SETTING).level in (
        "cost", "balances")  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_no_reader_solves_for_a_small_cell(tmp_path, seed):
    rng = np.random.default_rng(seed)
    groups = [
        (code, care, int(rng.choice([0, 1, 3, 12, 30])), int(rng.integers(5, 90)) * 1_000)
        for code in ("GM0001", "GM0002", "GM0003")
        for care in ("verblijf", "pleegzorg", "gesloten", "ambulant")
    ]
    scope = ["verblijf", "gesloten"] if seed % 3 else ["pleegzorg"]
    clauses = [({"kind": "share", "share": 0.5, "scope": scope}, YOUTH)]
    clauses += [({"kind": "share", "share": 1.0, "scope": ["ambulant"]}, YOUTH)] if seed % 2 else []
    made = settled(tmp_path, agreement(*clauses), cases(*groups))
    found = disclose(made, SETTING)
    if found.cost is None:
        return
    # Least squares, by the book: a sum is known if some combination of what is known gives it.
    members, kinds = made.own.T.shape
    base = _known_from_balances(made, SETTING)
    shown = []
    for row, column in np.argwhere(found.cost.amounts != HIDDEN):
        line = np.zeros((members, kinds))
        line[
            slice(None) if row == members else row, column if found.by_care_type and column < kinds else slice(None)
        ] = 1
        shown.append(line.reshape(-1))
    used = (made.own.T > 0).reshape(-1)
    for reader in (None, 0, 1, 2):
        own = [] if reader is None else list(np.eye(members * kinds)[reader * kinds : (reader + 1) * kinds])
        before, after = np.array([*base, *own])[:, used], np.array([*base, *own, *shown])[:, used]
        for query in _small(_cells(made), Rules()):
            known = [np.linalg.lstsq(side.T, query[used], rcond=None)[0] @ side for side in (before, after)]
            was, now = (np.allclose(value, query[used], atol=1e-8) for value in known)
            assert was or not now


def written(tmp_path, made, found, language="nl"):
    folder = tmp_path / "out"
    folder.mkdir()
    write_statement(folder, Statement(made, found, COSTS, made.transfers(), {}, language), {})
    return folder


def words_of(path):
    """Return all text of a file; of a workbook that of all its parts, with numbers as they stand there."""
    if path.suffix != ".xlsx":
        return path.read_text(encoding="utf-8")
    with zipfile.ZipFile(path) as book:
        return " ".join(book.read(name).decode("utf-8") for name in book.namelist() if name.endswith(".xml"))


def test_no_shared_file_has_a_figure_of_one_child_or_of_what_one_member_handed_in(tmp_path):
    few = [("GM0001", "verblijf", 1, 181_234), ("GM0002", "pleegzorg", 2, 23_456), ("GM0003", "verblijf", 3, 99_999)]
    made = settled(tmp_path, agreement(({"kind": "excess", "retention": 75e3}, YOUTH)), cases(*few))
    found = disclose(made, SETTING)
    assert found.level == "balances"
    secret = {int(100 * cost) for cost in made.rows.cost} | set(made.own_cost.tolist()) | set(made.own.ravel().tolist())
    for clause in made.clauses:
        secret |= {*clause.handed_in.tolist(), *clause.paid.tolist(), *clause.charged.tolist(), clause.bill}
    secret |= set(made.contribution.tolist())
    secret -= {0} | {abs(int(cents)) for cents in made.balance}
    folder = written(tmp_path, made, found)
    shared = [path for path in folder.iterdir() if path.is_file()]
    assert {path.suffix for path in shared} == {".xlsx", ".csv", ".html", ".json"}
    for path in shared:
        text = words_of(path)
        for cents in secret:
            for form in {euros(cents, "nl"), euros(cents, "en"), euros_plain(cents), str(cents), repr(cents / 100)}:
                assert not re.search(rf"(?<![0-9.,]){re.escape(form)}(?![0-9])", text), (path.name, form)
        assert "verblijf" not in text.casefold() or path.suffix == ".json" or "k1" not in text
    # What is told is told: each shared page says that it has balances only.
    assert "Alleen voorschotten en saldi" in words_of(folder / "statement.html")


def test_a_members_own_file_has_its_own_figures_and_nobody_elses(tmp_path):
    few = [("GM0001", "verblijf", 1, 181_234), ("GM0002", "pleegzorg", 2, 23_456), ("GM0003", "verblijf", 3, 99_999)]
    made = settled(tmp_path, agreement(({"kind": "excess", "retention": 75e3}, YOUTH)), cases(*few))
    folder = written(tmp_path, made, disclose(made, SETTING), "en")
    mine = words_of(folder / "members" / "GM0001.html")
    assert euros(181_234_00, "en") in mine
    for place, code in enumerate(made.codes):
        text = words_of(folder / "members" / f"{code}.html")
        for other in {0, 1, 2} - {place}:
            assert euros(int(made.own_cost[other]), "en") not in text
            assert euros(int(made.clauses[0].handed_in[other]) or 1, "en") not in text
        assert euros(made.clauses[0].bill, "en") not in text


def test_a_key_that_follows_cost_is_not_shown_to_all(tmp_path):
    few = [("GM0001", "verblijf", 1, 181_234), ("GM0002", "pleegzorg", 2, 23_456), ("GM0003", "verblijf", 30, 9_999)]
    made = settled(tmp_path, agreement((ALL_CARE, {"kind": "cost", "lag": 0})), cases(*few))
    statement = Statement(made, disclose(made, SETTING), COSTS, made.transfers(), {}, "en")
    audit = next(page for page in shared_document(statement).pages if page.name == "Audit trail")
    assert audit.grids == ()


def test_after_a_correction_only_balances_are_shown(tmp_path):
    made = settled(tmp_path, agreement((ALL_CARE, YOUTH)), cases(*MANY))
    assert disclose(made, SETTING, corrects=True).level == "balances"


def test_printouts_show_no_figure(tmp_path):
    made = settled(tmp_path, agreement((ALL_CARE, YOUTH)), cases(("GM0001", "verblijf", 1, 181_234)))
    for thing in (made, made.rows, made.clauses[0], disclose(made, SETTING)):
        assert "181" not in repr(thing)
