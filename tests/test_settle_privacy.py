"""Nobody but the paying member finds the cost of one child in what all members see."""

import re
import zipfile

import numpy as np
import pytest

from solidair.cli.settle_html import euros
from solidair.cli.settle_pages import Statement, shared_document
from solidair.cli.settle_write import euros_plain, write_statement
from solidair.models.sources.history import read_history
from solidair.pool.agreements import Agreement
from solidair.pool.disclosure import _by_child, _known_from_balances, _single_out, _small, disclose
from solidair.pool.statement.suppression import HIDDEN, Rules
from solidair.pool.year_setting import setting_of_year
from tests.settle_cases import CASES_CSV, COSTS, MEMBERS, settled
from tests.settling import TEXT, agreement

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
        known = np.array([*base, *own, *shown])[:, used]
        for query in _small(_by_child(made), Rules()):
            if reader is not None and not np.delete(query.reshape(members, kinds), reader, axis=0).any():
                continue  # about the reader itself
            nearest = np.linalg.lstsq(known.T, query[used], rcond=None)[0] @ known
            assert not np.allclose(nearest, query[used], atol=1e-8)


# --- what a reviewer took from what all members see


LINES = [
    {"kind": "tier", "lower": 0.0, "upper": 150e3},
    {"kind": "tier", "lower": 50e3},
    {"kind": "excess", "retention": 0.0, "limit": 150e3},
    {"kind": "excess", "retention": 20e3, "limit": 100e3},
    {"kind": "excess", "retention": 0.0},
]


@pytest.mark.parametrize("take", LINES)
def test_own_cost_less_what_was_handed_in_never_gives_the_cost_above_a_line(tmp_path, take):
    groups = [(code, "verblijf", 30, 60_000) for code in ("GM0001", "GM0002", "GM0003")]
    made = settled(tmp_path, agreement((take, YOUTH)), cases(*groups, ("GM0002", "verblijf", 1, 412_345.67)))
    if take == LINES[0]:
        # Each figure is about 31 children: of 30 nothing is left, of one all above 150,000.
        assert (made.own_cost - made.handed_in)[1] == 412_345_67 - 150_000_00
    found = disclose(made, SETTING)
    assert found.level == "balances" and found.cost is None


def test_tiers_that_partition_from_zero_show_no_cell(tmp_path):
    scope = ["verblijf", "ambulant"]
    takes = [
        {"kind": "tier", "lower": 0.0, "upper": 50e3, "scope": scope},
        {"kind": "tier", "lower": 50e3, "scope": scope},
    ]
    groups = [(code, care, 30, 9_000) for code in ("GM0001", "GM0003") for care in (*scope, "pleegzorg")]
    groups += [("GM0002", "verblijf", 1, 87_654.32), ("GM0002", "ambulant", 20, 30e3), ("GM0002", "pleegzorg", 15, 9e3)]
    made = settled(tmp_path, agreement((takes[0], YOUTH), (takes[1], {"kind": "inhabitants"})), cases(*groups))
    assert disclose(made, SETTING).level == "balances"


def narrow(*clauses):
    """Make an agreement of whole clauses, each charged by youth."""
    charged = [{"title": TEXT, "charge": {"kind": "key", "key": YOUTH}, **clause} for clause in clauses]
    document = {"title": TEXT, "summary": TEXT, "source": "test", "clauses": charged}
    return Agreement.from_document(document, "test", "test.toml")


FIRST = {"take": {"kind": "share", "share": 0.5, "scope": ["verblijf", "ambulant"]}}
STAY = {"take": {"kind": "share", "scope": ["verblijf"]}}


@pytest.mark.parametrize(
    "clauses",
    [
        [FIRST],
        [FIRST, STAY | {"members": ["GM0001", "GM0003"]}],  # not of B
        [FIRST, STAY | {"years": {"last": 2024}}],
        [FIRST, STAY | {"years": {"first": 2026}}],
        [{"years": {"last": 2024}, "take": {"kind": "deficit"}}, FIRST],
        [STAY, FIRST],  # balances alone give the one child away, which frees no other figure
    ],
)
def test_a_clause_that_does_not_hold_for_a_member_drops_no_protection_of_it(tmp_path, clauses):
    groups = [("GM0002", "verblijf", 1, 87_654.32), ("GM0002", "ambulant", 20, 40e3), ("GM0002", "pleegzorg", 15, 9e3)]
    for code, counts in (("GM0001", (15, 20, 30)), ("GM0003", (25, 30, 40))):
        groups += [(code, care, n, 30e3) for care, n in zip(("verblijf", "ambulant", "pleegzorg"), counts, strict=True)]
    made = settled(tmp_path, narrow(*clauses), cases(*groups))
    found = disclose(made, SETTING)
    assert found.level != "all"
    assert found.cost is None or not found.by_care_type
    if STAY in clauses:
        assert found.level == "balances"


def test_a_key_of_the_same_year_counts_as_known(tmp_path):
    groups = [(code, care, 25, 30e3) for code in ("GM0001", "GM0003") for care in ("verblijf", "ambulant", "pleegzorg")]
    groups += [("GM0002", "verblijf", 1, 87_654.32), ("GM0002", "ambulant", 20, 40e3), ("GM0002", "pleegzorg", 15, 9e3)]
    for scope in (["verblijf"], ["verblijf", "ambulant"]):
        key = {"kind": "cost", "lag": 0, "scope": scope}
        clause = {
            "take": {"kind": "none"},
            "pot": {"kind": "costs", "amount": 5e6},
            "charge": {"kind": "key", "key": key},
        }
        found = disclose(settled(tmp_path, narrow(clause), cases(*groups)), SETTING)
        # The key gives the cost of its scope away: of one child, or of 21 of which 20 would be shown.
        assert found.level == "balances" if len(scope) == 1 else not found.by_care_type


def test_a_key_that_looks_at_few_clients_of_the_past_leaves_balances_only(tmp_path):
    def past(few):
        path = tmp_path / "history.csv"
        rows = [
            f"{code},2024,{care},{few if (code, care) == ('GM0002', 'verblijf') else 30},1000000\n"
            for code in made_codes
            for care in COSTS.ids
        ]
        path.write_text("code,year,care_type,clients,cost_eur\n" + "".join(rows), encoding="utf-8")
        history = read_history(path, codes=made_codes, care_types=COSTS.care_types)
        made = settled(tmp_path, agreement((ALL_CARE, key)), cases(*MANY), history=history)
        return disclose(made, setting_of_year(MEMBERS, COSTS, 2025, history)), disclose(made, SETTING)

    made_codes = [str(code) for code in MEMBERS.codes]
    for scope in (["verblijf"], "all"):
        key = {"kind": "cost", "scope": scope}
        assert past(30)[0].level == "all"
        assert past(9)[0].level == "balances"
        # Without the history nobody can tell.
        assert past(30)[1].level == "balances"


def test_a_history_of_totals_is_judged_by_its_totals(tmp_path):
    codes = [str(code) for code in MEMBERS.codes]
    for few, level in ((30, "all"), (9, "balances"), (0, "all")):
        path = tmp_path / "history.csv"
        rows = [f"{code},2024,{few if code == 'GM0002' else 30},{1e6 if few else 0}\n" for code in codes]
        path.write_text("code,year,clients,cost_eur\n" + "".join(rows), encoding="utf-8")
        history = read_history(path, codes=codes, care_types=COSTS.care_types)
        made = settled(tmp_path, agreement((ALL_CARE, {"kind": "clients"})), cases(*MANY), history=history)
        assert disclose(made, setting_of_year(MEMBERS, COSTS, 2025, history)).level == level


def test_a_common_tariff_does_not_single_out_who_has_another(tmp_path):
    def made(*rows):
        text = CASES_CSV + "".join(f"GM0001,{care},{cost:.2f},{child},\n" for care, cost, child in rows)
        return disclose(settled(tmp_path, agreement((ALL_CARE, YOUTH)), text), SETTING).level

    rest = [("verblijf", 40e3 + 137.11 * n**2, f"k{n}") for n in range(20)]
    assert made(*rest) == "all"
    assert made(*[("verblijf", 45e3, f"k{n}") for n in range(20)]) == "all"
    assert made(*[("verblijf", 45e3, f"k{n}") for n in range(20)], ("verblijf", 51_234.56, "k20")) == "balances"
    # Ambulant care costs a fifth of the stay of all children but one.
    fifth = [("ambulant", round(cost / 5, 2), child) for _, cost, child in rest[:-1]]
    assert made(*rest, *fifth, ("ambulant", 31_234.56, "k19")) == "balances"


def test_lines_through_few_points_find_what_all_lines_find():
    rng = np.random.default_rng(8)
    seen = set()
    for _ in range(300):
        costs = rng.integers(1, 5, size=(int(rng.integers(4, 9)), 2)).astype(float)
        if rng.random() < 0.5:
            costs[:-1, 1] = 2 * costs[:-1, 0] + 1
        slow = False
        for fixed in costs.T:
            same = max(int((fixed == value).sum()) for value in fixed)
            slow |= same >= 2 and 0 < len(fixed) - same < 3
        for one in costs:
            for other in costs:
                if (one != other).any():
                    across = np.array([other[1] - one[1], one[0] - other[0]])
                    aside = int(((costs - one) @ across != 0).sum())
                    slow |= 0 < aside < 3 and len(costs) - aside >= 3
        assert _single_out(costs, 3) == slow
        seen.add(slow)
    assert seen == {True, False}


def test_a_child_in_two_care_types_is_one_child(tmp_path):
    # Two cells of six are about six children, not about twelve: their sum is small too.
    text = CASES_CSV + "".join(
        f"GM0001,{care},{20e3 + 137.11 * n},k{n},\n" for n in range(6) for care in ("verblijf", "ambulant")
    )
    small = list(_small(_by_child(settled(tmp_path, agreement((ALL_CARE, YOUTH)), text)), Rules()))
    assert max(int(query.reshape(3, -1)[0].sum()) for query in small) == 2


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
