"""Clauses: for whom and when they hold, shares per year, lines of a member's own, tiers, outside payers, money."""

from dataclasses import replace

import numpy as np
import pytest

from solidair.models.problems import InputError
from solidair.models.regions import Municipality
from solidair.pool.agreements import Agreement
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.setting import Setting
from solidair.pool.settlement import settle
from tests.settling import TEXT, TYPES, YOUTH, region

TOWNS = region(
    Municipality("GM0010", "A", 50_000, 9_000, 20e6),
    Municipality("GM0020", "B", 20_000, 5_000, 10e6),
    Municipality("GM0030", "C", 8_000, 1_000, 2e6),
)
EVERYTHING = {"kind": "share"}


def clause(take, **rest):
    return {"title": TEXT, "take": take, "charge": {"kind": "key", "key": YOUTH}} | rest


def made(*clauses, **rest):
    document = {"title": TEXT, "summary": TEXT, "source": "test", "clauses": list(clauses)} | rest
    return Agreement.from_document(document, "test", "test.toml")


def years(agreement, *cases, setting=None):
    """Settle one path of years, each a list of cases (member, care type, cost); return the ledger of that path."""
    setting = setting or Setting.plain(TOWNS, TYPES, 2027, len(cases))
    measures = measures_for(TYPES, agreement.looks(setting))
    claims = [measure_cases(measures, 3, *(zip(*year, strict=True) if year else ((), (), ()))) for year in cases]
    return settle(agreement, np.stack(claims, axis=1)[:, None], measures, setting)


def faults(agreement, setting=None):
    return [(p.where, p.rule) for p in agreement.faults(setting or Setting.plain(TOWNS, TYPES, 2027, 4))]


YEAR = [(0, "verblijf", 90_000.0), (2, "verblijf", 150_000.0)]


def test_a_clause_holds_for_its_members_only_and_they_alone_pay():
    ledger = years(made(clause(EVERYTHING, members=["GM0010", "GM0030"])), [*YEAR, (1, "verblijf", 70_000.0)])
    # A and C share 240,000 as 9 to 1; B bears its own 70,000.
    np.testing.assert_allclose(ledger.contribution[0, 0], [216_000, 70_000, 24_000], rtol=1e-12)


def test_two_alliances_stand_side_by_side_in_one_agreement():
    both = made(
        clause(EVERYTHING, alliance="west", members=["GM0010", "GM0030"]),
        clause(EVERYTHING, alliance="east", members=["GM0020"]),
    )
    assert not faults(both)
    ledger = years(both, [*YEAR, (1, "verblijf", 70_000.0)])
    np.testing.assert_allclose(ledger.contribution[0, 0], [216_000, 70_000, 24_000], rtol=1e-12)


def test_a_member_in_different_alliances_for_different_care():
    both = made(
        clause({"kind": "share", "scope": ["verblijf"]}, members=["GM0010", "GM0030"]),
        clause({"kind": "share", "scope": ["ambulant"]}, members=["GM0020", "GM0030"]),
    )
    assert not faults(both)
    ledger = years(both, [*YEAR, (1, "ambulant", 60_000.0)])
    # Stays: 240,000 as 9 to 1. Other care: 60,000 as 5 to 1.
    np.testing.assert_allclose(ledger.contribution[0, 0], [216_000, 50_000, 24_000 + 10_000], rtol=1e-12)


def test_years_bound_a_clause():
    ledger = years(made(clause(EVERYTHING, years={"first": 2028, "last": 2029})), *[YEAR] * 4)
    shared, own = [144_000, 80_000, 16_000], [90_000, 0, 150_000]
    np.testing.assert_allclose(ledger.contribution[0], [own, shared, shared, own], rtol=1e-12)


def test_a_list_of_shares_phases_out_and_counts_from_the_first_year_of_the_clause():
    ledger = years(made(clause({"kind": "share", "share": [0.75, 0.5, 0.25, 0.0]})), *[YEAR] * 4)
    np.testing.assert_allclose(ledger.paid[0, 0].sum(axis=-1), 240_000 * np.array([0.75, 0.5, 0.25, 0.0]), rtol=1e-12)
    # Began in 2026: the first simulated year is its second.
    ended = clause({"kind": "share", "share": [0.75, 0.5, 0.25]}, years={"first": 2026, "last": 2028})
    ledger = years(made(ended), YEAR)
    assert ledger.paid[0, 0].sum() == pytest.approx(120_000)


BANDS = {
    "kind": "excess",
    "bands": [{"retention": 50e3, "limit": 50e3, "share": 0.5}, {"retention": 1e5, "share": 0.8}],
}


def test_a_list_of_shares_phases_out_bands_too():
    ledger = years(made(clause(BANDS | {"share": [0.9, 0.6, 0.3, 0.0]})), *[YEAR] * 4)
    # Half of the 40,000 of 90,000 above 50,000; of 150,000 half of 50,000 and 80% of 50,000: 20,000 and 65,000.
    expected = np.outer([0.9, 0.6, 0.3, 0.0], [20_000, 0, 65_000])
    np.testing.assert_allclose(ledger.paid[0, 0], expected, rtol=1e-12)
    assert years(made(clause(BANDS | {"share": 0.4})), YEAR).paid[0, 0].sum() == pytest.approx(0.4 * 85_000)


def test_a_list_of_shares_that_ends_too_early_is_a_fault():
    assert faults(made(clause({"kind": "share", "share": [0.75, 0.5]}))) == [
        ("clauses.1.take.share", "the list of shares ends before 2029, but the clause holds until 2030")
    ]
    assert not faults(made(clause({"kind": "share", "share": [0.75, 0.5]}, years={"last": 2028})))


def test_bands_hand_in_a_share_of_each():
    bands = [
        {"retention": 50_000.0, "limit": 50_000.0, "share": 0.25},
        {"retention": 100_000.0, "limit": 40_000.0, "share": 0.5},
        {"retention": 140_000.0, "share": 0.75},
    ]
    ledger = years(made(clause({"kind": "excess", "bands": bands})), YEAR)
    # 90,000: a quarter of 40,000. 150,000: a quarter of 50,000, half of 40,000, three quarters of 10,000.
    np.testing.assert_allclose(ledger.paid[0, 0, 0], [10_000, 0, 12_500 + 20_000 + 7_500], rtol=1e-12)


def test_a_line_is_a_share_of_the_own_budget_or_an_amount_if_that_is_less():
    line = {"kind": "least", "lines": [60_000.0, {"kind": "budget", "share": 0.01}]}
    ledger = years(made(clause({"kind": "excess", "retention": line})), YEAR)
    # A: 1 % of 20 million is 200,000, so 60,000 holds. C: 1 % of 2 million.
    np.testing.assert_allclose(ledger.paid[0, 0, 0], [30_000, 0, 130_000], rtol=1e-12)


def test_a_line_that_drifts_rises_on_top_of_the_index():
    line = {"kind": "amount", "amount": 80_000.0, "drift": 0.05}
    setting = replace(Setting.plain(TOWNS, TYPES, 2027, 2), growth=np.array([1.0, 1.02]))
    fixed = made(clause({"kind": "excess", "retention": line}), indexed=False)
    ledger = years(fixed, YEAR, YEAR, setting=setting)
    np.testing.assert_allclose(ledger.paid[0, 0, :, 0], [10_000, 90_000 - 84_000], rtol=1e-12)


def test_a_multiple_of_the_mean_case():
    clients, cost = np.full((3, len(TYPES)), 10.0), np.full((3, len(TYPES)), 10 * 15_000.0)
    setting = replace(Setting.plain(TOWNS, TYPES), expected_clients=clients, expected_cost=cost)
    four = made(clause({"kind": "excess", "retention": {"kind": "mean", "times": 4.0}}))
    np.testing.assert_allclose(years(four, YEAR, setting=setting).paid[0, 0, 0], [30_000, 0, 90_000], rtol=1e-12)
    assert faults(four)[0][0] == "clauses.1.take.retention.basis"


def test_annual_aggregates_bound_what_a_member_hands_in():
    take = {"kind": "excess", "retention": 50_000.0, "deductible": 25_000.0, "most": 60_000.0}
    ledger = years(made(clause(take)), YEAR)
    # A: 40,000 less 25,000. C: 100,000 less 25,000, at most 60,000.
    np.testing.assert_allclose(ledger.paid[0, 0, 0], [15_000, 0, 60_000], rtol=1e-12)


TIERS = [{"kind": "tier", "lower": low, "upper": high} for low, high in ((0.0, 50e3), (50e3, 100e3))]


def test_tiers_cut_the_full_case_whatever_others_take():
    ledger = years(made(*(clause(t) for t in TIERS), clause({"kind": "tier", "lower": 100e3})), YEAR)
    np.testing.assert_allclose(ledger.paid[:, 0, 0], [[50e3, 0, 50e3], [40e3, 0, 50e3], [0, 0, 50e3]], rtol=1e-12)


def test_tiers_that_overlap_or_leave_a_gap_are_faults():
    overlap = faults(made(clause(TIERS[0]), clause({"kind": "tier", "lower": 40e3, "upper": 100e3})))
    assert overlap == [
        ("clauses.2.take", "in 2027 this article and earlier ones take more of a case in A than it costs")
    ]
    half = {"share": 0.5}
    shared = faults(made(clause(TIERS[0] | half), clause({"kind": "tier", "lower": 40e3, "upper": 100e3} | half)))
    assert shared == [("clauses.2.take", "the tiers overlap from 40,000 to 50,000 in the cost of a case in A")]
    gap = faults(made(clause(TIERS[0]), clause({"kind": "tier", "lower": 60e3})))
    assert gap == [("clauses.2.take", "the tiers leave a gap from 50,000 to 60,000 in the cost of a case in A")]


def test_a_member_in_two_alliances_for_the_same_care_is_a_fault():
    twice = made(
        clause({"kind": "share", "scope": ["verblijf"]}, members=["GM0010", "GM0030"]),
        clause({"kind": "share", "scope": ["verblijf"]}, members=["GM0020", "GM0030"]),
    )
    assert faults(twice) == [
        ("clauses.2.take", "in 2027 earlier articles have taken all of this care in C: nothing is left")
    ]


def test_a_member_in_two_named_alliances_for_the_same_care_is_a_fault_whatever_the_shares():
    half = {"kind": "share", "share": 0.5}
    twice = made(
        clause(half, alliance="west", members=["GM0010", "GM0030"]),
        clause(half, alliance="east", members=["GM0020", "GM0030"]),
    )
    assert faults(twice) == [("clauses.2.take", "in 2027 C shares the same care in 'west' and in 'east'")]
    tiers = made(
        *(clause(take, alliance=name) for take, name in zip(TIERS, ("regional", "national"), strict=True)),
    )
    assert not faults(tiers)


def test_a_mixed_key_may_stand_in_an_article_that_does_not_hold_yet():
    parts = [{"weight": 0.5, "key": YOUTH}, {"weight": 0.5, "key": {"kind": "budget"}}]
    charge = {"kind": "key", "key": {"kind": "mix", "parts": parts}}
    ledger = years(made(clause(EVERYTHING, charge=charge, years={"first": 2028})), YEAR, YEAR)
    np.testing.assert_allclose(ledger.contribution[0, 0], [90_000, 0, 150_000], rtol=1e-12)
    key = 0.5 * np.array([9, 5, 1]) / 15 + 0.5 * np.array([20, 10, 2]) / 32
    np.testing.assert_allclose(ledger.contribution[0, 1], 240_000 * key, rtol=1e-12)


def test_the_state_bears_its_share_before_members_do():
    charge = {"kind": "key", "key": YOUTH, "outside": {"name": {"nl": "Kanton", "en": "Canton"}, "share": 0.4}}
    ledger = years(made(clause(EVERYTHING, charge=charge)), YEAR)
    assert ledger.clauses[0].outside[0, 0] == pytest.approx(96_000)
    np.testing.assert_allclose(ledger.contribution[0, 0], 144_000 * np.array([9, 5, 1]) / 15, rtol=1e-12)


def test_amounts_in_another_currency_are_converted_with_its_price_level():
    money = {"currency": "CHF", "euro": 0.8, "level": 1.25, "source": "test"}
    swiss = made(clause({"kind": "excess", "retention": 60_000.0}), money=money)
    np.testing.assert_allclose(years(swiss, YEAR).paid[0, 0, 0], [30_000, 0, 90_000], rtol=1e-12)
    dearer = made(clause({"kind": "excess", "retention": 60_000.0}), money=money | {"euro": 1.6})
    np.testing.assert_allclose(years(dearer, YEAR).paid[0, 0, 0], [0, 0, 30_000], rtol=1e-12)


def test_a_scope_may_be_written_in_codes():
    setting = replace(Setting.plain(TOWNS, TYPES), codes=(("6.72a",), ("6.73c", "44"), ("6.73c",), ("6.82a",)))
    assert setting.types(["6.73c"]) == ("verblijf", "maatwerk-24-uurs")
    coded = made(clause({"kind": "share", "scope": ["6.72a"]}))
    ledger = years(coded, [*YEAR, (0, "ambulant", 3_000.0)], setting=setting)
    assert ledger.paid[0, 0].sum() == pytest.approx(3_000)
    assert faults(made(clause({"kind": "share", "scope": ["6.79"]})), setting)[0][1] == "unknown care type"


def test_an_unknown_member_is_named_with_the_nearest_code():
    (problem,) = made(clause(EVERYTHING, members=["GM0011"])).faults(Setting.plain(TOWNS, TYPES))
    assert problem.where == "clauses.1.members.1" and problem.value == "GM0011"
    assert "GM0010" in problem.hint or "GM0030" in problem.hint


@pytest.mark.parametrize(
    ("take", "rule"),
    [
        ({"kind": "excess"}, "an excess needs a retention, or bands, and not both"),
        ({"kind": "excess", "bands": [{"retention": 5e4}], "limit": 1e5}, "with bands, the limit belongs to each band"),
        ({"kind": "tier", "lower": 5e4, "upper": 5e4}, "a tier must end above where it begins"),
        ({"kind": "share", "share": [0.5, 1.5]}, "this must lie between 0 and 1"),
        ({"kind": "excess", "retention": 100.0}, "an amount per child must be at least 1000 euros"),
    ],
)
def test_what_cannot_be_meant_is_refused(take, rule):
    with pytest.raises(InputError, match=rule):
        made(clause(take))


def test_a_last_year_before_the_first_is_refused():
    with pytest.raises(InputError, match=r"the last year \(2027\) lies before the first \(2028\)"):
        made(clause(EVERYTHING, years={"first": 2028, "last": 2027}))
