"""Reserves: a common one by hand, its chance of running out against the exact law, and members' own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.problems import InputError
from solidair.models.regions import Municipality
from solidair.pool.books import LawError, Laws
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from tests import naive_pots
from tests.settling import FULL, INHABITANTS, MEMBERS, TYPES, booked, clause, off, region, worked

PEOPLE = [100, 300, 600]
THREE = region((100, 10, 0.0), (300, 40, 0.0), (600, 50, 0.0))


def plain(members=THREE, years=1, **others):
    return replace(Setting.plain(members, TYPES, years=years), **others)


def reserve(totals, setting, reach=None, **values):
    """Return the outcome of one path in which the first member hands in these totals of each year."""
    handed_in = np.zeros((1, len(totals), len(setting.region)))
    handed_in[0, :, 0] = totals
    return worked({"kind": "reserve", **values}, handed_in, setting, INHABITANTS, reach)


# --- a common reserve

THREE_YEARS = {"opening": 100e3, "contribution": 50e3, "floor": 20e3, "cap": 120e3, "interest": 0.1}
# Year 1: 100 + 50 = 150, - 10 = 140, refund 20, 120, interest 12: 132.
# Year 2: 132 + 50 = 182, - 180 = 2, call 18, 20, interest 2: 22.
# Year 3: 22 + 50 = 72, - 30 = 42, interest 4.2: 46.2.
TOTALS = [10e3, 180e3, 30e3]


def test_a_common_reserve_over_three_years():
    outcome = reserve(TOTALS, plain(years=3), **THREE_YEARS)
    observed = {name: value[0].tolist() for name, value in outcome.observed.items()}
    assert observed["balance"] == pytest.approx([132e3, 22e3, 46.2e3])
    assert observed["call"] == pytest.approx([0, 18e3, 0])
    assert observed["refund"] == pytest.approx([20e3, 0, 0])
    assert observed["ratio"] == [1, 1, 1]
    np.testing.assert_allclose(outcome.paid[0, :, 0], TOTALS)
    # Contribution, call and refund all by inhabitants, 1 : 3 : 6.
    np.testing.assert_allclose(outcome.charged[0], np.outer([30e3, 68e3, 50e3], [0.1, 0.3, 0.6]))
    np.testing.assert_allclose(outcome.outside[0], [12e3, 2e3, 4.2e3])
    np.testing.assert_allclose(outcome.fund[0], [32e3, -110e3, 24.2e3])


def test_calls_and_refunds_have_their_own_keys():
    shares = {"GM0000": 1.0, "GM0001": 0.0, "GM0002": 0.0}
    keys = {"call_key": {"kind": "equal"}, "refund_key": {"kind": "fixed", "shares": shares}}
    outcome = reserve(TOTALS, plain(years=3), **THREE_YEARS, **keys)
    by_key = np.outer([50e3] * 3, [0.1, 0.3, 0.6])
    by_key[0, 0] -= 20e3
    by_key[1] += 6e3
    np.testing.assert_allclose(outcome.charged[0], by_key)
    assert off(outcome).max() < 1e-15


def test_without_calls_a_reserve_pays_what_it_has_above_its_floor():
    outcome = reserve([200e3, 10e3], plain(years=2), **THREE_YEARS | {"calls": False, "interest": 0.0})
    # 150 less the floor of 20 is 130 of 200; then 20 + 50 pays 10.
    np.testing.assert_allclose(outcome.observed["ratio"], [[0.65, 1.0]])
    np.testing.assert_allclose(outcome.observed["balance"], [[20e3, 60e3]])
    assert not outcome.observed["call"].any()


def test_a_loading_is_on_the_contribution_and_amounts_follow_the_index():
    setting = plain(years=2, growth=np.array([1.0, 1.2]))
    values = {"opening": 0.0, "contribution": 100e3, "loading": 0.1}
    np.testing.assert_allclose(reserve([0.0, 0], setting, **values).charged.sum(axis=-1), [[110e3, 132e3]])
    np.testing.assert_allclose(
        reserve([0.0, 0], setting, **values, indexed=False).charged.sum(axis=-1), [[110e3, 110e3]]
    )


def test_a_reserve_lives_in_the_years_of_its_clause():
    reach = np.array([[False] * 3, [True] * 3, [True, True, False], [False] * 3])
    outcome = reserve([10e3] * 4, plain(years=4), reach, opening=100e3, contribution=50e3, interest=0.1)
    # Year 2: 100 + 50 - 10 = 140, with interest 154. Year 3: 154 + 50 - 10 = 194, with interest 213.4.
    np.testing.assert_allclose(outcome.observed["balance"], [[100e3, 154e3, 213.4e3, 213.4e3]])
    assert not outcome.paid[:, [0, 3]].any()
    np.testing.assert_allclose(outcome.charged[0, 2], [12.5e3, 37.5e3, 0])


def test_a_contribution_may_be_what_is_expected_to_be_handed_in():
    made = clause(FULL, {"kind": "reserve", "opening": 0.0, "contribution": "expected", "loading": 0.2}, INHABITANTS)
    assert made.needs_law
    books = booked([[[10e3, 0, 0], [0, 0, 0]]], plain(years=2))
    with pytest.raises(LawError):
        made.work(books, books.measures.total_weights, books.everyone)
    # A pilot run of two paths: 100 and 300 in the first year, 0 and 50 in the second.
    books.laws = Laws({0: np.array([[[100e3, 0, 0], [0, 0, 0]], [[100e3, 200e3, 0], [0, 0, 50e3]]])})
    outcome = made.work(books, books.measures.total_weights, books.everyone)
    np.testing.assert_allclose(outcome.charged.sum(axis=-1), [[240e3, 30e3]])


# Law of a yearly loss, and the chance that the reserve has been short by year 1 to 10: exact, by recursion on the
# lattice of balances. Opening 5, contribution 2 before the loss, short if the reserve would go below 0.
LOSSES, CHANCES = (0, 1, 2, 4, 7, 12), (0.35, 0.25, 0.18, 0.12, 0.06, 0.04)
SHORT = (0.04, 0.0964, 0.153136, 0.19824824, 0.2365593812, 0.269636376292)
SHORT += (0.298909933972, 0.325003043522, 0.34840131397, 0.369550353509)
SHORT_CAPPED = (*SHORT[:6], 0.298960354972, 0.325396597434, 0.349588707759, 0.372031500598)
SIMS, DEVIATIONS = 40_000, 5.0


@pytest.mark.parametrize(("cap", "short", "left"), [(None, SHORT, 6.42318992667), (12e3, SHORT_CAPPED, 5.39862285394)])
def test_the_chance_that_a_reserve_runs_out_is_the_exact_one(cap, short, left):
    chance = np.random.default_rng(55)
    totals = 1e3 * chance.choice(LOSSES, p=CHANCES, size=(SIMS, 10))
    one = region((1, 1, 0.0))
    pot = {"kind": "reserve", "opening": 5e3, "contribution": 2e3, "calls": False}
    outcome = worked(pot | ({} if cap is None else {"cap": cap}), totals[..., np.newaxis], plain(one, 10))
    was_short = np.maximum.accumulate(outcome.observed["ratio"] < 1.0, axis=1)
    # Five standard deviations of a share of 40,000 paths: 3 in 10 million for each of ten years.
    exact = np.array(short)
    tolerance = DEVIATIONS * np.sqrt(exact * (1 - exact) / SIMS)
    assert np.all(np.abs(was_short.mean(axis=0) - exact) < tolerance)
    # What is left after ten years where it never was short, nothing elsewhere.
    rest = np.where(was_short[:, -1], 0.0, outcome.observed["balance"][:, -1]) / 1e3
    assert abs(rest.mean() - left) < DEVIATIONS * rest.std() / np.sqrt(SIMS)


paths = st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=4, max_size=4)
amounts = st.floats(1e3, 1e6)


@settings(deadline=None)
@given(paths, amounts, amounts, st.floats(-0.5, 0.5), amounts, amounts, st.floats(-0.1, 0.1), st.booleans())
def test_common_reserves_are_those_of_the_slow_twin(path, opening, put_in, loading, one, other, interest, calls):
    opening = min(opening, max(one, other))  # a file may not open a reserve above its cap
    values = {"opening": opening, "contribution": put_in, "loading": loading, "interest": interest, "calls": calls}
    values |= {"kind": "reserve", "floor": min(one, other), "cap": max(one, other)}
    outcome = worked(values, np.array([path]), plain(years=4))
    twin = naive_pots.reserve(clause(FULL, values).pot, path)
    # At most forty operations on balances up to 2e7.
    close = {"rtol": 1e-12, "atol": 1e-6}
    np.testing.assert_allclose(outcome.paid[0], twin["paid"], **close)
    np.testing.assert_allclose(outcome.outside[0], twin["interest"], **close)
    for name in ("balance", "call", "refund"):
        np.testing.assert_allclose(outcome.observed[name][0], twin[name], **close)
    np.testing.assert_allclose(outcome.observed["ratio"][0], twin["ratio"], rtol=1e-9)
    np.testing.assert_allclose(outcome.fund[0], np.diff(twin["balance"], prepend=opening), **close)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"kind": "reserve"}, "clauses|opening|required"),
        ({"kind": "reserve", "opening": 100.0}, "at least 1000 euros"),
        ({"kind": "reserve", "opening": 0.0, "floor": 2e5, "cap": 1e5}, "below its floor"),
        (
            {"kind": "reserve", "opening": 3e5, "cap": 2e5},
            r"opening of a reserve \(300,000\) must not lie above its cap",
        ),
        ({"kind": "own_reserve", "opening": 50.0, "cap": 47.0}, r"opening of a reserve \(50\) must not lie above"),
        ({"kind": "reserve", "opening": 0.0, "calls": False, "call_key": {"kind": "equal"}}, "without calls"),
        ({"kind": "reserve", "opening": 0.0, "refund_key": {"kind": "equal"}}, "without a cap"),
        ({"kind": "own_reserve"}, r"opening = 100\.0"),
    ],
)
def test_what_a_file_may_not_say(values, rule):
    with pytest.raises(InputError, match=rule):
        clause(FULL, values)


def test_a_key_that_does_not_fit_is_named_with_its_place():
    keys = {"call_key": {"kind": "fixed", "shares": {"GM0010": 1.0}}, "cap": 1e5, "refund_key": {"kind": "need"}}
    pot = clause(FULL, {"kind": "reserve", "opening": 0.0, **keys}).pot
    assert {fault.where.split(".")[0] for fault in pot.faults(plain())} == {"call_key", "refund_key"}
    assert [fault.where for fault in pot.faults(plain(MEMBERS))] == ["call_key.shares"]
    assert not pot.faults(plain(MEMBERS), np.array([[True, False, False]]))


def test_scopes_of_its_keys_are_measured():
    key = {"kind": "clients", "lag": 0, "scope": ["verblijf"]}
    assert clause(FULL, {"kind": "reserve", "opening": 0.0, "call_key": key}).pot.scopes() == [("verblijf",)]


# --- members' own reserves


def own(handed_in, setting, reach=None, **values):
    handed_in = np.asarray(handed_in, dtype=float)[np.newaxis]
    return worked({"kind": "own_reserve", **values}, handed_in, setting, reach=reach)


def test_own_reserves_by_hand():
    # Ten per inhabitant: 1,000, 3,000 and 6,000; at most 15: 1,500, 4,500 and 9,000.
    # Year 1: A draws 700 of 1,000. B needs 5,000 and has 3,000. C keeps 3,000 of its surplus of 4,000.
    # Year 2: A keeps 1,200 of 2,000. B has nothing. C draws 500.
    outcome = own([[700, 5_000, -4_000], [-2_000, 100, 500]], plain(years=2), opening=10.0, cap=15.0)
    np.testing.assert_allclose(outcome.paid[0], [[700, 3_000, 0], [0, 0, 500]])
    np.testing.assert_allclose(outcome.charged[0], [[0, 0, 3_000], [1_200, 0, 0]])
    np.testing.assert_allclose(outcome.observed["balance"], [[300 + 0 + 9_000, 1_500 + 0 + 8_500]])
    np.testing.assert_allclose(outcome.observed["ratio"], [[3_700 / 5_700, 500 / 600]])
    np.testing.assert_allclose(outcome.fund, [[-700, 700]])


def test_an_own_reserve_earns_interest_and_gives_back_what_is_above_its_cap():
    # A: 1,000 with 10% is 1,100, of which 100 are given back in the second year: then 1,000 earns 100 again.
    outcome = own([[0, 0, 0], [0, 0, 0]], plain(years=2), opening=10.0, cap=10.0, interest=0.1)
    np.testing.assert_allclose(outcome.charged[0], [[0, 0, 0], [-100, -300, -600]])
    np.testing.assert_allclose(outcome.outside, [[1_000, 1_000]])
    np.testing.assert_allclose(outcome.observed["balance"], [[11_000, 11_000]])


def test_an_own_reserve_may_open_with_the_buffer_of_the_region():
    buffered = region(
        Municipality("GM0010", "A", 100, 10, 0.0, buffer_eur=500.0), Municipality("GM0020", "B", 1, 1, 0.0)
    )
    pot = clause(FULL, {"kind": "own_reserve", "opening": "buffer"}).pot
    (fault,) = pot.faults(plain(buffered))
    assert fault.where == "opening"
    assert fault.rule.endswith("empty for B")
    only = np.array([[True, False]])
    assert not pot.faults(plain(buffered), only)
    outcome = own([[700, 0]], plain(buffered), only, opening="buffer")
    np.testing.assert_allclose(outcome.paid[0], [[500, 0]])


def test_an_egalisation_reserve_smooths_a_budget():
    """With the take 'deficit' and its surpluses a member bears its budget as long as the reserve lasts."""
    one = region((100, 10, 1_000.0))
    made = clause({"kind": "deficit", "surplus": True}, {"kind": "own_reserve", "opening": 3.0})
    books = booked([[[1_200.0], [900.0], [1_300.0]]], plain(one, 3))
    outcome = made.work(books, books.measures.total_weights, books.everyone)
    # 300 in it: 200 out, 100 in, 200 out of the 300 that are needed.
    borne = books.net + outcome.charged - outcome.paid
    np.testing.assert_allclose(borne[0, :, 0], [1_000, 1_000, 1_100])


@settings(deadline=None)
@given(paths, st.floats(0, 2e3), st.none() | st.floats(0, 2e3), st.floats(-0.1, 0.1))
def test_own_reserves_are_those_of_the_slow_twin(path, opening, cap, interest):
    opening = opening if cap is None else min(opening, cap)  # a file may not open a reserve above its cap
    values = {"opening": opening, "interest": interest} | ({} if cap is None else {"cap": cap})
    outcome = own(path, plain(years=4), **values)
    pot = clause(FULL, {"kind": "own_reserve", **values}).pot
    drawn, put_in, ends = naive_pots.own_reserve(pot, path, PEOPLE)
    close = {"rtol": 1e-12, "atol": 1e-6}
    np.testing.assert_allclose(outcome.paid[0], drawn, **close)
    np.testing.assert_allclose(outcome.charged[0], put_in, **close)
    np.testing.assert_allclose(outcome.observed["balance"][0], ends, **close)
    start = opening * sum(PEOPLE)
    np.testing.assert_allclose(outcome.fund[0], np.diff(ends, prepend=start), rtol=1e-12, atol=1e-6)
    assert outcome.observed["balance"].min() >= 0


def test_words_say_the_numbers():
    pot = clause(FULL, {"kind": "reserve", **THREE_YEARS, "loading": 0.1, "refund_key": {"kind": "equal"}}).pot
    assert pot.words(Wording("en")) == (
        "There is a common reserve, which begins with EUR\u00a0100,000. Every year members put in EUR\u00a050,000 plus "
        "10%. "
        "Everything that is handed in is paid from the reserve. If that takes it below EUR\u00a020,000, the "
        "municipalities "
        "pay the difference. What it has above EUR\u00a0120,000 at the end of a year goes back to the municipalities, "
        "divided by equal shares. The reserve earns 10% a year."
    )
    assert not clause(FULL, {"kind": "own_reserve", "opening": 0.0}).pot.bills
