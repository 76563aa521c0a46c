"""Takes on a member's result: by hand, against published cases, against the slow twin, and over windows of years."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.problems import InputError
from solidair.models.sources.history import TOTAL, History
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from tests import naive_pots
from tests.settling import (
    BUDGET,
    INHABITANTS,
    TYPES,
    agreement,
    bears,
    booked,
    clause,
    off,
    region,
    samples,
)

FULL_POT = {"kind": "full"}
RESULT_KINDS = ("deficit", "corridor", "franchise")


def take(**values):
    return clause(values, FULL_POT).take


def plain(members, years=1, **others):
    return replace(Setting.plain(members, TYPES, years=years), **others)


def handed(made, net, setting, reach=None, start=0):
    """Return what is handed in of one path, (year, member)."""
    books = booked(np.asarray(net, dtype=float)[np.newaxis], setting)
    return made.of_results(books, books.everyone if reach is None else np.asarray(reach), start)[0]


# Three towns: inhabitants, youth, budget; and what their cases cost.
TOWNS = region((18_000, 4_100, 150e3), (42_000, 9_300, 330e3), (90_000, 18_600, 420e3))
COSTS = [192e3, 445e3, 268e3]


def test_a_deficit_is_what_is_above_the_budget():
    # A 192 - 150 = 42; B 445 - 330 = 115; C 268 - 420 = -152.
    np.testing.assert_allclose(handed(take(kind="deficit"), [COSTS], plain(TOWNS)), [[42e3, 115e3, 0]])
    np.testing.assert_allclose(
        handed(take(kind="deficit", share=0.5, surplus=True), [COSTS], plain(TOWNS)), [[21e3, 57.5e3, -76e3]]
    )


def test_a_deficit_pool_with_surpluses_brings_everyone_to_its_share_of_the_total():
    made = agreement(({"kind": "deficit", "surplus": True}, BUDGET))
    cases = [(town, "verblijf", cost) for town, cost in enumerate(COSTS)]
    # Budget 900, cost 905: everyone bears its budget and a share of 5 by budget: 15, 33 and 42 of 90.
    expected = np.array([150e3, 330e3, 420e3]) + 5e3 * np.array([15, 33, 42]) / 90
    np.testing.assert_allclose(bears(made, TOWNS, cases), expected, rtol=1e-12)


def test_an_aggregate_stop_loss_by_hand():
    # From 1.10 to 1.60 times the budget: A 192 - 165 = 27, B 445 - 363 = 82, C nothing; together 109, by budget.
    made = agreement(({"kind": "corridor", "above": [{"beyond": 0.10, "until": 0.60}]}, BUDGET))
    cases = [(town, "ambulant", cost) for town, cost in enumerate(COSTS)]
    np.testing.assert_allclose(
        bears(made, TOWNS, cases), [183_166.666667, 402_966.666667, 318_866.666667], atol=5e-7, rtol=0
    )


def compound_poisson(rate, severity, length):
    """Return the law of a Poisson number of claims on a lattice (Panjer 1981, equation 6)."""
    law = np.zeros(length)
    law[0] = math.exp(-rate)
    for n in range(1, length):
        law[n] = rate / n * sum(j * f * law[n - j] for j, f in enumerate(severity) if j <= n)
    return law


def test_a_stop_loss_on_a_lattice_has_the_exact_law():
    law = compound_poisson(6.0, [0, 0.4, 0.25, 0.15, 0.1, 0.05, 0.03, 0.02], 150)
    assert 1 - law.sum() < 1e-12
    one = region((1, 1, 18.0))
    books = booked(np.arange(150.0).reshape(-1, 1, 1), plain(one))
    made = take(kind="corridor", unit="euro", above=[{"until": 15.0}])
    ceded = made.of_results(books, books.everyone, 0)[:, 0, 0]
    mean = law @ ceded
    # Exact: tail sums of the compound law from 18 on, 15 wide. Figures have twelve digits.
    assert mean == pytest.approx(1.23384847944, rel=1e-11)
    assert math.sqrt(law @ ceded**2 - mean**2) == pytest.approx(2.92509384632, rel=1e-11)
    assert law[ceded > 0].sum() == pytest.approx(0.233003401728, rel=1e-11)
    assert law[ceded >= 15].sum() == pytest.approx(0.010206524812, rel=1e-10)


GALLEN = {"kind": "corridor", "reference": "mean", "above": [{"share": 0.6}], "below": [{"share": 0.2}]}
THREE = region((100, 20, 1_000.0), (200, 40, 1_000.0), (100, 10, 1_000.0))


def test_a_corridor_around_the_mean_per_inhabitant_with_a_canton_that_pays_the_balance():
    # 1,200 for 400 inhabitants is 3 each. A 5: 60% of 2 x 100 = 120. B 2: 20% of 1 x 200 = 40 the other way. C 3.
    books = booked([[[500.0, 400.0, 300.0]]], plain(THREE))
    canton = {"name": {"nl": "Het kanton", "en": "The canton"}, "share": 1.0}
    outcome = clause(GALLEN, FULL_POT, INHABITANTS, outside=canton).work(
        books, books.measures.total_weights, books.everyone
    )
    np.testing.assert_allclose(outcome.paid, [[[120, -40, 0]]], atol=1e-9)
    assert not outcome.charged.any()
    np.testing.assert_allclose(outcome.outside, [[80]], rtol=1e-12)
    assert off(outcome).max() < 1e-15


def test_the_mean_is_that_of_the_members_that_share():
    # With C the mean is 1,600 / 400 = 4 per inhabitant, without it 900 / 300 = 3. Per youth: 900 / 60 = 15 for A and B.
    net, reach = [[500.0, 400.0, 700.0]], [[True, True, False]]
    np.testing.assert_allclose(handed(take(**GALLEN), net, plain(THREE), reach)[0, :2], [120, -40])
    np.testing.assert_allclose(handed(take(**GALLEN), net, plain(THREE))[0], [60, -80, 180])
    # A: 500 - 20 x 15 = 200 above; B: 400 - 600 = 200 below.
    per_youth = handed(take(**GALLEN, per="youth"), net, plain(THREE), reach)
    np.testing.assert_allclose(per_youth[0, :2], [120, -40])


@given(st.lists(st.floats(0, 1e7), min_size=3, max_size=3))
def test_a_corridor_of_no_width_around_the_mean_is_a_pool_by_inhabitants(net):
    made = take(kind="corridor", reference="mean", above=[{}], below=[{}])
    left = np.array(net) - handed(made, [net], plain(THREE))[0]
    np.testing.assert_allclose(left, sum(net) * np.array([100, 200, 100]) / 400, rtol=1e-12, atol=1e-6)


def test_lines_by_the_head_and_in_euros_follow_the_index_unless_told_otherwise():
    setting = plain(THREE, years=2, growth=np.array([1.0, 2.0]))
    # Budgets 1,000 and 2,000; A bears 300 more in both years; 1 per inhabitant is 100, in the second year 200.
    net = [[1_300.0, 0, 0], [2_300.0, 0, 0]]
    by_head = take(kind="corridor", unit="head", above=[{"beyond": 1.0}])
    np.testing.assert_allclose(handed(by_head, net, setting)[:, 0], [200, 100])
    fixed = take(kind="corridor", unit="euro", above=[{"beyond": 150.0}], indexed=False)
    np.testing.assert_allclose(handed(fixed, net, setting)[:, 0], [150, 150])


def test_a_corridor_around_what_care_is_expected_to_cost():
    expected = np.array([[60.0, 0, 20, 20], [0, 50, 0, 0], [0, 0, 10, 0]])
    setting = plain(THREE, years=2, expected_cost=expected, growth=np.array([1.0, 1.5]))
    made = take(kind="corridor", reference="expected", above=[{"beyond": 0.2}])
    # A: line 120, then 180. B: 60, then 90.
    np.testing.assert_allclose(handed(made, [[130.0, 50, 0], [130.0, 100, 0]], setting), [[10, 0, 0], [0, 10, 0]])
    assert not made.faults(setting, 0, 2)
    (fault,) = made.faults(plain(THREE), 0, 1)
    assert fault.where == "reference"
    assert "needs a cost model" in fault.rule


# --- windows of years

VANGNET = {
    "kind": "corridor",
    "above": [{"beyond": 0.075, "until": 0.125, "share": 0.5}, {"beyond": 0.125}],
    "trigger": {"window": 3, "share": 0.075},
}


def past(members, last_year, cost, budget):
    """Make a history of totals that ends with a year, both (year, member)."""
    years = tuple(range(last_year - len(cost) + 1, last_year + 1))
    totals = np.full((len(cost), len(members), len(TYPES) + 1), math.nan)
    totals[:, :, -1] = cost
    codes = tuple(map(str, members.codes))
    clients = np.ones_like(totals)
    return History("h.csv", years, codes, (*TYPES, TOTAL), clients, totals, np.array(budget, dtype=float))


def test_a_second_condition_over_three_years():
    net = [[1_100.0, 700, 1_000], [1_000.0, 900, 1_000], [1_200.0, 1_200, 1_000]]
    made = take(**VANGNET)
    # A: 20% above budget: half of 50 and all of 75; its three years are 300 above, more than 75. B: 200 below.
    # The years before the third do not know of three years.
    np.testing.assert_allclose(handed(made, net, plain(THREE, years=3)), [[0, 0, 0], [0, 0, 0], [100, 0, 0]])
    # With two years of 1,100 and 900 before: A in the first year 300 above, then 10% is above 7.5%: half of 25. In the
    # second year nothing is above. B: 3 x 100 below and less.
    history = past(THREE, 2026, [[1_100, 900, 1_000]] * 2, [[1_000] * 3] * 2)
    found = handed(made, net, plain(THREE, years=3, history=history))
    np.testing.assert_allclose(found, [[12.5, 0, 0], [0, 0, 0], [100, 0, 0]])


def test_past_years_are_assumed_only_where_the_setting_allows_it():
    expected = np.array([[1_100.0, 0, 0, 0], [0, 1_000, 0, 0], [0, 0, 1_000, 0]])
    net = [[1_100.0, 1_000, 1_000]]
    assumed = plain(THREE, expected_cost=expected, assumed=True)
    # A: 3 x 100 above, and half of 2.5% of 1,000 in the first year.
    np.testing.assert_allclose(handed(take(**VANGNET), net, assumed), [[12.5, 0, 0]])
    assert not take(**VANGNET).faults(assumed, 0, 1)
    unknown = replace(assumed, assumed=False)
    assert not handed(take(**VANGNET), net, unknown).any()
    (fault,) = take(**VANGNET).faults(unknown, 0, 1)
    assert fault.where == "trigger.window"
    assert "never full" in fault.rule
    assert "2025" in fault.hint


def test_a_gap_in_the_history_ends_what_is_known():
    # The budget of B in the last year is not known: no year before the first one counts.
    history = past(THREE, 2026, [[1_100, 900, 1_000]] * 2, [[1_000] * 3, [1_000, math.nan, 1_000]])
    setting = plain(THREE, history=history)
    assert take(**VANGNET).past(setting).years == 0
    # If B does not share, it does not matter.
    assert take(**VANGNET).past(setting, np.array([True, False, True])).years == 2
    # A history that ends two years before is of no use either.
    late = past(THREE, 2025, [[1_100, 900, 1_000]] * 2, [[1_000] * 3] * 2)
    assert take(**VANGNET).past(plain(THREE, history=late)).years == 0


FUND_2018 = {"kind": "franchise", "amount": 40.0, "window": 2}
# Budgets 1,000 a year; above in two years: A 5,000 of 100 inhabitants, B 6,000 of 200, C 4,000 of 100: 50, 30 and 40.
TWO_YEARS = [[3_000.0, 4_000, 5_000], [4_000.0, 4_000, 1_000]]


def test_a_franchise_over_two_years():
    setting = plain(THREE, years=2)
    # The line is 40 per inhabitant, and C does not pass it.
    np.testing.assert_allclose(handed(take(**FUND_2018), TWO_YEARS, setting), [[0, 0, 0], [5_000, 0, 0]])
    np.testing.assert_allclose(handed(take(**FUND_2018, whole=False), TWO_YEARS, setting)[1], [1_000, 0, 0])
    np.testing.assert_allclose(handed(take(**FUND_2018, share=0.5), TWO_YEARS, setting)[1], [2_500, 0, 0])
    # 40 per youth: lines of 800, 1,600 and 400.
    np.testing.assert_allclose(handed(take(**FUND_2018, per="youth"), TWO_YEARS, setting)[1], [5_000, 6_000, 4_000])


def test_blocks_begin_with_the_clause_and_rolling_windows_do_not():
    net = [[9_000.0, 0, 0], *TWO_YEARS, [1_000.0, 1_000, 1_000]]
    made, setting = take(**FUND_2018), plain(THREE, years=4)
    # From the second year on: one block is years two and three.
    np.testing.assert_allclose(handed(made, net, setting, start=1)[:, 0], [0, 0, 5_000, 0])
    # From a year before the first on: the first block has a year that nobody knows, the second is years two and three.
    np.testing.assert_allclose(handed(made, net, setting, start=-1)[:, 0], [0, 0, 5_000, 0])
    history = past(THREE, 2026, [[7_000, 0, 0]], [[1_000] * 3])
    known = replace(setting, history=history)
    np.testing.assert_allclose(handed(made, net, known, start=-1)[:, 0], [14_000, 0, 5_000, 0])
    # Rolling: half of 8,000 + 2,000, of 2,000 + 3,000, and of 3,000 + 0, which is 30 per inhabitant and too little.
    rolling = handed(take(**FUND_2018, rolling=True), net, setting)
    np.testing.assert_allclose(rolling[:, 0], [0, 5_000, 2_500, 0])


@given(st.integers(1, 4), st.lists(st.floats(0, 1e4), min_size=8, max_size=8))
def test_no_euro_counts_more_than_once_in_any_window(window, costs):
    nothing = region((100, 10, 0.0))
    net = np.array(costs)[:, np.newaxis]
    for rolling in (False, True):
        made = take(kind="deficit", window=window, rolling=rolling)
        found = handed(made, net, plain(nothing, years=8))
        assert found.sum() <= net.sum() * (1 + 1e-12)
        if not rolling:
            whole = 8 // window * window
            assert found.sum() == pytest.approx(net[:whole].sum(), rel=1e-12)


def test_a_list_of_shares_counts_from_the_first_year_of_the_clause():
    net, setting = [[1_100.0, 1_100, 1_100]] * 3, plain(THREE, years=3)
    made = take(kind="deficit", share=[1.0, 0.5, 0.25])
    np.testing.assert_allclose(handed(made, net, setting)[:, 0], [100, 50, 25])
    np.testing.assert_allclose(handed(made, net, setting, start=-1)[:, 0], [50, 25, 0])
    np.testing.assert_allclose(handed(made, net, setting, start=1)[:, 0], [0, 100, 50])
    assert not made.faults(setting, 0, 3)
    (fault,) = made.faults(setting, -1, 3)
    assert fault.where == "share"
    assert "ends before 2029" in fault.rule


def test_a_window_that_is_never_full_is_a_fault():
    (fault,) = take(**FUND_2018).faults(plain(THREE), 0, 1)
    assert fault.where == "window"
    assert "2026" in fault.hint
    assert not take(**FUND_2018).faults(plain(THREE, years=2), 0, 2)


# --- the twin


gaps = st.lists(st.lists(st.floats(0, 3_000), min_size=3, max_size=3), min_size=4, max_size=4)


@settings(deadline=None)
@given(
    gaps,
    st.sampled_from([0.3, (1.0, 0.5, 0.2)]),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.integers(-1, 2),
    st.integers(0, 2),
)
def test_deficits_are_those_of_the_slow_twin(net, share, window, rolling, surplus, start, known):
    before = [([1_500.0, 200.0, 900.0], [800.0, 900.0, 1_000.0]), ([0.0, 2_000.0, 5.0], [700.0, 600.0, 500.0])][:known]
    history = past(THREE, 2026, *map(list, zip(*before, strict=True))) if before else None
    setting = plain(THREE, years=4, history=history, growth=np.array([1.0, 1.1, 1.3, 1.2]))
    made = take(kind="deficit", share=share, window=window, rolling=rolling, surplus=surplus)
    expected = naive_pots.deficits(made, net, setting.budgets.tolist(), before, start)
    # Sums of at most three differences of amounts up to 3,000.
    np.testing.assert_allclose(handed(made, net, setting, start=start), expected, rtol=1e-12, atol=1e-9)


bands = st.lists(st.floats(0, 1), min_size=4, max_size=4, unique=True).map(sorted)


@settings(deadline=None)
@given(gaps, bands, st.sampled_from(["budget", "mean"]), st.sampled_from(["share", "head", "euro"]), st.floats(0, 1))
def test_corridors_are_those_of_the_slow_twin(net, lines, reference, unit, share):
    made = take(
        kind="corridor",
        reference=reference,
        unit=unit,
        above=[{"beyond": lines[0], "until": lines[1], "share": share}, {"beyond": lines[2]}],
        below=[{"beyond": lines[1], "until": lines[3], "share": 0.5}],
    )
    setting = plain(THREE, years=4)
    expected = naive_pots.corridor(made, net, setting.budgets.tolist(), [100.0, 200.0, 100.0])
    np.testing.assert_allclose(handed(made, net, setting), expected, rtol=1e-12, atol=1e-9)


# --- faults and words


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"kind": "deficit", "scope": ["verblijf"]}, "one budget for all care"),
        ({"kind": "corridor"}, "at least one band"),
        ({"kind": "corridor", "above": [{"beyond": 5}]}, r"and not 5 \(500%\).*Write 5% as beyond = 0\.05"),
        ({"kind": "corridor", "above": [{"beyond": 0.2, "until": 0.1}]}, "end above where it begins"),
        ({"kind": "corridor", "above": [{"until": 0.3}, {"beyond": 0.2}]}, "without overlap"),
        ({"kind": "corridor", "above": [{}, {"beyond": 0.2}]}, "without overlap"),
        ({"kind": "franchise"}, "required"),
    ],
)
def test_what_a_file_may_not_say(values, rule):
    with pytest.raises(InputError, match=rule):
        take(**values)


MORE = [
    GALLEN,
    VANGNET,
    FUND_2018,
    {**FUND_2018, "rolling": True, "whole": False, "per": "youth"},
    {"kind": "deficit", "surplus": True, "share": [1.0, 0.5]},
    {"kind": "corridor", "unit": "euro", "reference": "expected", "above": [{"beyond": 2e5, "share": 0.8}]},
]


@pytest.mark.parametrize("values", [*(s for s in samples("take") if s["kind"] in RESULT_KINDS), *MORE])
def test_words_are_whole_sentences_in_both_languages(values):
    for language in ("nl", "en"):
        text = take(**values).words(Wording(language))
        assert text.endswith(".")
        assert "  " not in text
        assert "{" not in text


def test_words_say_the_numbers():
    english = Wording("en")
    assert take(**GALLEN).words(english) == (
        "If a municipality bears more than the mean per inhabitant of the municipalities that share in a year, of what "
        "is above it hands in: 60%. If it bears less than the mean per inhabitant of the municipalities that share in "
        "a year, of what is below it gives up: 20%."
    )
    assert take(**FUND_2018).words(english) == (
        "If the deficit of a municipality in 2 years is above EUR\u00a040 per inhabitant, it hands in the whole "
        "deficit. It is settled in the last year of each period."
    )
    dutch = take(**VANGNET).words(Wording("nl"))
    assert "50% van het deel tussen 7,5% en 12,5% van dat bedrag" in dutch
    assert "100% van wat verder gaat dan 12,5% van dat bedrag" in dutch
