"""Changes of membership by hand: exit, entry, partial withdrawal, open cases, what is told and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solidair.models.problems import InputError
from solidair.pool.agreements import Agreement
from solidair.pool.changes import change_words, cohorts, late_words
from solidair.pool.measures import measures_for
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from solidair.pool.settlement import Plan, settle
from tests.settling import TEXT, TYPES, YOUTH, region

A, B, C, D = "GM0000", "GM0001", "GM0002", "GM0003"
# Youth 1 : 3 : 4 : 2.
TOWNS = region((5e3, 1_000, 1e6), (15e3, 3_000, 3e6), (20e3, 4_000, 4e6), (10e3, 2_000, 2e6))
FULL = {"kind": "share"}


def article(members="all", alliance="", take=None, key=None, **more):
    return {
        "title": TEXT, "members": members, "alliance": alliance, "take": take or FULL,
        "charge": {"kind": "key", "key": key or YOUTH}, **more,
    }  # fmt: skip


def made(*clauses, changes=()):
    document = {"title": TEXT, "summary": TEXT, "source": "test", "clauses": list(clauses), "changes": list(changes)}
    return Agreement.from_document(document, "test", "test.toml")


def setting(years=3, members=TOWNS):
    return Setting.plain(members, TYPES, 2027, years)


def claims_of(agreement, where, cases):
    """Return measures and claims of cases (year, member, care type, cost, year in which it began), one sim."""
    measures = measures_for(TYPES, agreement.looks(where))
    claims = np.zeros((len(measures.measures), 1, where.years, where.members))
    for year, member, kind, cost, began in cases:
        for place, m in enumerate(measures.measures):
            if kind in m.scope and (m.began_before is None or began - where.first_year < m.began_before):
                amount = 1.0 if m.attachment is None else max(cost - m.attachment, 0.0)
                claims[place, 0, year - where.first_year, member] += amount
    return measures, claims


def bears(agreement, cases, years=3, members=TOWNS):
    """Return what each member bears, (year, member)."""
    where = setting(years, members)
    assert agreement.faults(where) == []
    measures, claims = claims_of(agreement, where, cases)
    return settle(agreement, claims, measures, where).contribution[0]


def faults(agreement, years=3):
    return [(p.where, p.rule) for p in agreement.faults(setting(years))]


LEAVES = {"kind": "exit", "member": A, "year": 2028}
# Every year A has cost 80,000 of a stay that began in 2026, B 40,000 and D nothing.
STAYS = [(year, m, "verblijf", cost, 2026) for year in (2027, 2028, 2029) for m, cost in ((0, 80e3), (1, 40e3))]


# --- exit


def test_exit_on_payment_basis():
    # 2027: 120,000 by 1 : 3 : 4 : 2. From 2028 A bears its 80,000 and the others 40,000 by 3 : 4 : 2.
    found = bears(made(article(), changes=[LEAVES]), STAYS)
    np.testing.assert_allclose(found[0], [12e3, 36e3, 48e3, 24e3])
    for year in (1, 2):
        np.testing.assert_allclose(found[year], [80e3, 40e3 * 3 / 9, 40e3 * 4 / 9, 40e3 * 2 / 9])


def test_exit_on_occurrence_basis():
    # The stays began in 2026, when A was a member: they stay shared by all four until they end.
    occurrence = LEAVES | {"open_cases": "occurrence"}
    # New in 2028: A 20,000, which it bears alone, and B 90,000, by 3 : 4 : 2 over the others: 30,000, 40,000, 20,000.
    new = [(2028, 0, "verblijf", 20e3, 2028), (2028, 1, "verblijf", 90e3, 2028)]
    found = bears(made(article(), changes=[occurrence]), STAYS + new)
    for year in (0, 2):
        np.testing.assert_allclose(found[year], [12e3, 36e3, 48e3, 24e3])
    np.testing.assert_allclose(found[1], [12e3 + 20e3, 36e3 + 30e3, 48e3 + 40e3, 24e3 + 20e3])


def test_excess_on_occurrence_basis():
    # Above 50,000 of each case: the old one of A hands in 30,000, shared by all; the new one of A nothing.
    excess = article(take={"kind": "excess", "retention": 50e3})
    cases = [(2028, 0, "verblijf", 80e3, 2027), (2028, 0, "verblijf", 90e3, 2028)]
    found = bears(made(excess, changes=[LEAVES | {"open_cases": "occurrence"}]), cases)[1]
    np.testing.assert_allclose(found, [50e3 + 3e3 + 90e3, 9e3, 12e3, 6e3])


def test_two_exits_on_occurrence_basis():
    # A leaves in 2028, B in 2029. In 2029: of before 2028 10,000 by all, of 2028 9,000 by B, C and D, of 2029 A's and
    # B's 7,000 and 8,000 for themselves and C's 6,000 by C and D.
    changes = [LEAVES | {"open_cases": "occurrence"}, LEAVES | {"member": B, "year": 2029, "open_cases": "occurrence"}]
    cases = [
        (2029, 0, "verblijf", 10e3, 2027), (2029, 1, "verblijf", 9e3, 2028), (2029, 0, "verblijf", 7e3, 2029),
        (2029, 1, "verblijf", 8e3, 2029), (2029, 2, "verblijf", 6e3, 2029),
    ]  # fmt: skip
    found = bears(made(article(), changes=changes), cases)[2]
    np.testing.assert_allclose(found, [1e3 + 7e3, 3e3 + 3e3 + 8e3, 4e3 + 4e3 + 4e3, 2e3 + 2e3 + 2e3])


@pytest.mark.parametrize(("when", "first"), [({"announced": 2026}, 2027), ({"announced": 2026, "notice": 2}, 2029)])
def test_notice_counts_whole_years_after_that_of_the_announcement(when, first):
    change = made(article(), changes=[{"kind": "exit", "member": A, **when}]).spec.changes[0]
    assert change.first == first


def test_partial_withdrawal_neither_hands_in_nor_pays_for_that_care():
    # A keeps ambulant only. 2028: stays are A's own 80,000 and B's 40,000 by 3 : 4 : 2; ambulant 10,000 of C by all.
    cases = [*STAYS, (2028, 2, "ambulant", 10e3, 2028)]
    found = bears(made(article(), changes=[LEAVES | {"scope": ["verblijf"]}]), cases)[1]
    np.testing.assert_allclose(found, [80e3 + 1e3, 40e3 / 3 + 3e3, 160e3 / 9 + 4e3, 80e3 / 9 + 2e3])


def test_exit_before_the_first_year_and_after_the_last():
    before, after = (bears(made(article(), changes=[LEAVES | {"year": year}]), STAYS) for year in (2020, 2040))
    np.testing.assert_allclose(before[0], [80e3, 40e3 / 3, 160e3 / 9, 80e3 / 9])
    np.testing.assert_allclose(after, bears(made(article()), STAYS))


# --- entry and moving


def test_entry_of_one_that_the_article_names_and_one_that_it_does_not():
    # A and B found; D joins in 2028. A has 80,000 and B 40,000 every year, D 60,000 in 2028.
    for members in ([A, B], [A, B, D]):
        joined = made(article(members), changes=[{"kind": "entry", "member": D, "year": 2028}])
        found = bears(joined, [*STAYS, (2028, 3, "verblijf", 60e3, 2027)])
        np.testing.assert_allclose(found[0], [30e3, 90e3, 0, 0])
        np.testing.assert_allclose(found[1], [30e3, 90e3, 0, 60e3])  # 180,000 by 1 : 3 : 2


def test_entry_on_occurrence_basis_leaves_open_cases_out():
    entry = {"kind": "entry", "member": D, "year": 2028, "open_cases": "occurrence"}
    # D bears its own stay of 2027; of the new 60,000 of A a third, 2 of 6.
    cases = [(2028, 3, "verblijf", 50e3, 2027), (2028, 0, "verblijf", 20e3, 2027), (2028, 0, "verblijf", 60e3, 2028)]
    found = bears(made(article([A, B]), changes=[entry]), cases)[1]
    np.testing.assert_allclose(found, [5e3 + 10e3, 15e3 + 30e3, 0, 50e3 + 20e3])


def test_from_one_alliance_to_another_and_back_again():
    clauses = article([A, B], "north"), article([C, D], "south")
    move = [
        {"kind": "exit", "member": B, "year": 2028, "alliance": "north"},
        {"kind": "entry", "member": B, "year": 2028, "alliance": "south"},
        {"kind": "exit", "member": B, "year": 2029, "alliance": "south"},
        {"kind": "entry", "member": B, "year": 2029, "alliance": "north"},
    ]
    found = bears(made(*clauses, changes=move), STAYS)
    np.testing.assert_allclose(found[0], [30e3, 90e3, 0, 0])
    np.testing.assert_allclose(found[1], [80e3, 40e3 * 3 / 9, 40e3 * 4 / 9, 40e3 * 2 / 9])
    np.testing.assert_allclose(found[2], [30e3, 90e3, 0, 0])


# --- properties


COSTS = st.lists(
    st.tuples(
        st.integers(2027, 2029), st.integers(0, 3), st.sampled_from(TYPES), st.floats(1, 5e5), st.integers(0, 3)
    ).map(lambda c: (*c[:4], c[0] - c[4])),
    min_size=1, max_size=12,
)  # fmt: skip
CHANGES = st.fixed_dictionaries(
    {
        "kind": st.just("exit"),
        "member": st.sampled_from([A, B, C, D]),
        "year": st.integers(2027, 2030),
        "open_cases": st.sampled_from(["payment", "occurrence"]),
        "scope": st.sampled_from(["all", ["verblijf"], ["ambulant", "maatwerk-24-uurs"]]),
    }
)


@given(change=CHANGES, cases=COSTS)
def test_an_exit_moves_no_own_cost_closes_and_leaves_the_leaver_its_own_use(change, cases):
    clauses = (
        article(take={"kind": "excess", "retention": 50e3, "scope": ["verblijf"]}),
        article(take={"kind": "share", "share": 0.6}, key={"kind": "equal"}),
    )
    where, before, after = setting(), made(*clauses), made(*clauses, changes=[change])
    assert after.faults(where) == []
    ledgers = [settle(x, claims, m, where) for x in (before, after) for m, claims in [claims_of(x, where, cases)]]
    # Sums of at most 12 cases of EUR 500,000 round by less than 1e-8.
    np.testing.assert_allclose(ledgers[0].own, ledgers[1].own, atol=1e-8)
    np.testing.assert_allclose(ledgers[1].contribution.sum(axis=-1), ledgers[1].own.sum(axis=-1), atol=1e-6)
    out = slice(max(change["year"] - 2027, 0), None)
    early = slice(0, change["year"] - 2027)
    np.testing.assert_allclose(ledgers[0].contribution[0, early], ledgers[1].contribution[0, early], atol=1e-6)
    if change["scope"] == "all" and change["open_cases"] == "payment":
        leaver = [A, B, C, D].index(change["member"])
        np.testing.assert_allclose(ledgers[1].contribution[0, out, leaver], ledgers[1].own[0, out, leaver], atol=1e-6)


@given(cases=COSTS)
def test_on_occurrence_basis_the_old_cases_end_up_where_they_would_without_an_exit(cases):
    old = [(year, member, kind, cost, min(began, 2027)) for year, member, kind, cost, began in cases]
    stays, leaves = made(article()), made(article(), changes=[LEAVES | {"open_cases": "occurrence"}])
    np.testing.assert_allclose(bears(leaves, old), bears(stays, old), atol=1e-6)


def test_one_pot_unless_members_share_different_cases():
    where = setting()
    for changes, pots in (
        ([], 1), ([LEAVES], 1), ([LEAVES | {"scope": ["verblijf"]}], 2), ([LEAVES | {"open_cases": "occurrence"}], 2),
    ):  # fmt: skip
        agreement = made(article(), changes=changes)
        plan = Plan.make(agreement, measures_for(TYPES, agreement.looks(where)), where)
        assert len(plan.pots[0]) == pots
    assert cohorts(made(changes=[LEAVES | {"open_cases": "occurrence"}]).spec.changes, where) == [(None, 1), (1, None)]


# --- faults


ENTRY = {"kind": "entry", "member": D, "year": 2028}


@pytest.mark.parametrize(
    ("clauses", "changes", "where", "rule"),
    [
        ([article()], [LEAVES | {"member": "GM0009"}], "changes.1.member", "no member of this code"),
        ([article()], [LEAVES | {"alliance": "norht"}], "changes.1.alliance", "no article belongs to"),
        ([article()], [LEAVES | {"scope": ["verblif"]}], "changes.1.scope.1", "unknown care type"),
        ([article([B, C])], [LEAVES], "changes.1.year", "leaves what it never joined"),
        ([article(), ], [LEAVES, LEAVES | {"year": 2029}], "changes.2.year", "has left already"),
        ([article()], [LEAVES, LEAVES], "changes.2.year", "in the same year"),
        ([article()], [ENTRY, ENTRY | {"year": 2029}], "changes.2.year", "is a member already"),
        ([article([A], "x"), article([B], "y")], [ENTRY], "changes.1.alliance", "several alliances"),
        ([article(take=FULL | {"scope": ["ambulant"]})], [LEAVES | {"scope": ["verblijf"]}], "changes.1.scope",
         "no article shares this care"),
        ([article(take={"kind": "excess", "retention": 1e4, "most": 1e6})], [LEAVES | {"scope": ["verblijf"]}],
         "changes.1.scope", "for some care only"),
        ([article(take={"kind": "excess", "retention": 1e4, "most": 1e6})], [LEAVES | {"open_cases": "occurrence"}],
         "changes.1.open_cases", "on occurrence basis"),
        ([article()], [LEAVES | {"year": 2026, "open_cases": "occurrence"}], "changes.1.open_cases", "2027 or later"),
        ([article([A, B], "x"), article([C, D], "y")], [{"kind": "entry", "member": B, "year": 2028, "alliance": "y"}],
         "clauses.2.take", "shares the same care in"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(clauses, changes, where, rule):
    found = faults(made(*clauses, changes=changes))
    assert [place for place, _ in found] == [where] and rule in found[0][1]


def test_a_fixed_key_needs_a_share_for_who_joins():
    key = {"kind": "fixed", "shares": {A: 0.5, B: 0.5}}
    found = faults(made(article([A, B], key=key), changes=[ENTRY]))
    assert found[0][0] == "clauses.1.charge.key.shares" and D in found[0][1]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"kind": "exit", "member": A}, "changes.1"),
        ({"kind": "exit", "member": A, "year": 2028, "announced": 2026}, "changes.1"),
        ({"kind": "exit", "member": A, "year": 2028, "notice": 1}, "changes.1"),
        ({"kind": "entry", "member": A}, "changes.1"),
        ({"kind": "leave", "member": A, "year": 2028}, "changes.1.kind"),
    ],
)
def test_a_change_needs_a_year_and_a_kind(change, where):
    with pytest.raises(InputError) as caught:
        made(article(), changes=[change])
    assert [p.where for p in caught.value.problems] == [where]


# --- words


def test_words():
    names = {m.code: m.name for m in TOWNS.members}
    nl, en = Wording("nl", {"verblijf": "Verblijf"}, names), Wording("en", {"verblijf": "Stay"}, names)
    changes = [
        {"kind": "exit", "member": A, "announced": 2026, "notice": 1, "scope": ["verblijf"], "alliance": "x"},
        ENTRY | {"open_cases": "occurrence"},
    ]
    leave, join = made(article(alliance="x"), changes=changes).spec.changes
    assert change_words(leave, en) == (
        "M0 leaves for stay on 1 January 2028 (x). Notice was given in 2026, with 1 whole year to serve after it. "
        "Care that is open then it pays itself from that day on."
    )
    assert change_words(join, nl) == (
        "M3 doet mee vanaf 1 januari 2028. Zorg die voor die dag is begonnen, blijft gedeeld door wie toen lid was, "
        "ook na 2028, tot zij eindigt."
    )
    assert late_words(leave, 2028, en) is None
    assert "after the last year (2027)" in late_words(leave, 2027, en)
