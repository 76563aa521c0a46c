"""Reinsurance by an outside party, and the cost of working together."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.premiums import (
    ExpectedValue,
    ProportionalHazard,
    Reinstatements,
    StandardDeviation,
    Variance,
    WangTransform,
)
from solidair.models.problems import InputError
from solidair.pool.books import LawError, Laws
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from tests import naive_pots
from tests.settling import FULL, INHABITANTS, TYPES, agreement, booked, clause, off, region, settled, worked

THREE = region((100, 10, 0.0), (300, 40, 0.0), (600, 50, 0.0))
AGREED = {"kind": "amount", "amount": 30e3}


def plain(years=1, **others):
    return replace(Setting.plain(THREE, TYPES, years=years), **others)


def reinsured(handed_in, setting, laws=None, **values):
    """Return the outcome of paths of what is handed in, (sim, year, member), divided by inhabitants."""
    books = booked(np.asarray(handed_in, dtype=float), setting)
    books.laws = laws
    made = clause(FULL, {"kind": "reinsurance", **values}, INHABITANTS)
    return made.work(books, books.measures.total_weights, books.everyone)


# --- reinsurance


def test_a_layer_of_the_total_at_an_agreed_premium():
    # Together 450; above 100 at most 200. Members bear 250 and the premium of 30: 1 : 3 : 6 of 280.
    outcome = reinsured([[[300e3, 150e3, 0]]], plain(), premium=AGREED, retention=100e3, limit=200e3)
    np.testing.assert_allclose(outcome.paid[0, 0], [300e3, 150e3, 0])
    np.testing.assert_allclose(outcome.charged[0, 0], [28e3, 84e3, 168e3])
    np.testing.assert_allclose(outcome.outside, [[170e3]])
    np.testing.assert_allclose(outcome.observed["recovered"], [[200e3]])
    assert off(outcome).max() < 1e-15


def test_without_a_limit_the_premium_is_all_that_members_pay():
    outcome = reinsured([[[300e3, 150e3, 0]]], plain(), premium=AGREED)
    np.testing.assert_allclose(outcome.charged[0, 0], [3e3, 9e3, 18e3])


def test_a_premium_is_paid_also_in_a_year_without_a_loss():
    outcome = reinsured([[[0.0, 0, 0]]], plain(), premium=AGREED, retention=100e3)
    assert outcome.charged.sum() == pytest.approx(30e3)
    np.testing.assert_allclose(outcome.outside, [[-30e3]])


def test_a_rate_on_line_and_amounts_over_years():
    setting = plain(2, growth=np.array([1.0, 1.5]))
    values = {"premium": {"kind": "rate_on_line", "rate": 0.2}, "retention": 100e3, "limit": 200e3}
    outcome = reinsured([[[400e3, 0, 0]] * 2], setting, **values)
    # 20% of 200, then of 300; 400 is 200 in the layer, then 250.
    np.testing.assert_allclose(outcome.observed["premium"], [[40e3, 60e3]])
    np.testing.assert_allclose(outcome.observed["recovered"], [[200e3, 250e3]])
    fixed = reinsured([[[400e3, 0, 0]] * 2], setting, **values, indexed=False)
    np.testing.assert_allclose(fixed.observed["recovered"], [[200e3, 200e3]])


@pytest.mark.parametrize(
    ("rates", "total", "recovered", "premium"),
    [
        ((1.0, 1.0), 150e3, 150e3, 75e3),  # 30 x (1 + 1 + 0.5): half of the second limit is used
        ((1.0, 1.0), 900e3, 300e3, 90e3),  # three limits of 100, two of which were restored
        ((0.0, 0.5), 250e3, 250e3, 45e3),  # the first is free, the second costs half
        ((0.0, 0.5), 150e3, 150e3, 37.5e3),  # 30 x (1 + 0 + 0.5 x 0.5)
        ((), 250e3, 100e3, 30e3),
    ],
)
def test_reinstatements_at_equal_and_unequal_prices(rates, total, recovered, premium):
    outcome = reinsured([[[total, 0, 0]]], plain(), premium=AGREED, limit=100e3, reinstatements=list(rates))
    np.testing.assert_allclose(outcome.observed["recovered"], [[recovered]])
    np.testing.assert_allclose(outcome.observed["premium"], [[premium]])


rates = st.lists(st.floats(0, 2), max_size=3)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=3), st.floats(1e3, 4e5), st.floats(1e3, 4e5), rates)
def test_reinsurance_is_that_of_the_slow_twin(handed_in, retention, limit, prices):
    values = {"retention": retention, "limit": limit, "reinstatements": prices}
    outcome = reinsured([[handed_in]], plain(), premium=AGREED, **values)
    pot = clause(FULL, {"kind": "reinsurance", "premium": AGREED, **values}).pot
    recovered, asked = naive_pots.reinsured(pot, sum(handed_in), 30e3)
    assert outcome.observed["recovered"][0, 0] == pytest.approx(recovered, rel=1e-12, abs=1e-6)
    assert outcome.observed["premium"][0, 0] == pytest.approx(asked, rel=1e-12)
    assert off(outcome).max() < 20 * np.finfo(float).eps


# A pilot run of four paths: the members together hand in 0, 100, 300 and 600 thousand.
PILOT = np.array([[[0.0, 0, 0]], [[60e3, 40e3, 0]], [[100e3, 200e3, 0]], [[300e3, 300e3, 0]]])
PRINCIPLES = {
    "expected_value": ExpectedValue(0.25),
    "standard_deviation": StandardDeviation(0.25),
    "variance": Variance(0.25),
    "proportional_hazard": ProportionalHazard(1.25),
    "wang": WangTransform(0.25),
}


@pytest.mark.parametrize("kind", PRINCIPLES)
def test_a_premium_by_a_principle_is_that_of_what_the_reinsurer_pays(kind):
    values = {"retention": 100e3, "limit": 300e3}
    # Of the four the reinsurer pays 0, 0, 200 and 300 thousand: 125 on average.
    paid = np.array([0.0, 0, 200e3, 300e3])
    priced = {"kind": kind, "loading": 0.25}
    outcome = reinsured([[[0.0, 0, 0]]], plain(), Laws({0: PILOT}), premium=priced, **values)
    assert outcome.observed["premium"][0, 0] == pytest.approx(float(PRINCIPLES[kind].of_sample(paid)), rel=1e-12)
    bare = {"kind": kind, "loading": 0.0}
    outcome = reinsured([[[0.0, 0, 0]]], plain(), Laws({0: PILOT}), premium=bare, **values)
    assert outcome.observed["premium"][0, 0] == pytest.approx(125e3, rel=1e-12)


def test_principles_by_hand():
    # Mean 125, mean square (4 + 9) / 4 x 10^4 = 32,500: variance 16,875, all in thousands.
    values = {"retention": 100e3, "limit": 300e3}

    def premium(kind, loading, **others):
        priced = {"kind": kind, "loading": loading}
        outcome = reinsured([[[0.0, 0, 0]]], plain(**others), Laws({0: PILOT}), premium=priced, **values)
        return outcome.observed["premium"][0, 0] / 1e3

    assert premium("expected_value", 0.2) == pytest.approx(150)
    assert premium("standard_deviation", 0.4) == pytest.approx(125 + 0.4 * math.sqrt(16_875))
    assert premium("variance", 1e-6) == pytest.approx(125 + 16.875)
    # rho 2: 100 x (2 x sqrt(1/2) + sqrt(1/4)): 200 with chance a half or more, 100 more with a quarter.
    assert premium("proportional_hazard", 1.0) == pytest.approx(200 * math.sqrt(0.5) + 100 * 0.5)


def test_a_variance_loading_is_per_unit_of_the_agreement():
    # In a currency of two euros the same losses are half as many units; a per unit is a / 2 per euro.
    values = {"retention": 50e3, "limit": 150e3, "premium": {"kind": "variance", "loading": 1e-6}}
    outcome = reinsured([[[0.0, 0, 0]]], plain(unit=2.0), Laws({0: PILOT}), **values)
    assert outcome.observed["premium"][0, 0] == pytest.approx(125e3 + 0.5 * 16_875)


def test_the_initial_premium_expects_premiums_for_reinstatement():
    losses = PILOT.sum(axis=-1)[:, 0]
    values = {"limit": 200e3, "reinstatements": [1.0, 0.5]}
    priced = {"kind": "expected_value", "loading": 0.0}
    outcome = reinsured(PILOT, plain(), Laws({0: PILOT}), premium=priced, **values)
    # Over the pilot paths the reinsurer gets what it pays: all recoveries less all premiums are nothing.
    assert abs(outcome.outside.sum()) < 1e-6
    layer = Reinstatements(200e3, (1.0, 0.5))
    first = outcome.observed["premium"][0, 0]
    assert first == pytest.approx(layer.pure_premium(losses), rel=1e-12)


def test_a_principle_without_a_pilot_run_has_no_premium():
    with pytest.raises(LawError):
        reinsured([[[0.0, 0, 0]]], plain(), premium={"kind": "wang", "loading": 0.1})
    pots = [
        clause(FULL, {"kind": "reinsurance", "premium": premium})
        for premium in (AGREED, {"kind": "wang", "loading": 1})
    ]
    assert [made.needs_law for made in pots] == [False, True]


def test_reinsurance_per_case_and_per_member_through_the_take():
    premium = {"kind": "amount", "amount": 10e3}
    books = booked([[[260e3, 90e3, 50e3]]], plain())
    take = {"kind": "corridor", "unit": "euro", "above": [{"beyond": 100e3, "until": 200e3}]}
    outcome = clause(take, {"kind": "reinsurance", "premium": premium}, INHABITANTS).work(
        books, books.measures.total_weights, books.everyone
    )
    # Budgets are 0: only A is above 100, by 160, of which the layer holds 100. The premium is all that is charged.
    np.testing.assert_allclose(outcome.paid[0, 0], [100e3, 0, 0])
    np.testing.assert_allclose(outcome.charged[0, 0], [1e3, 3e3, 6e3])


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({}, "required"),
        ({"premium": {"kind": "rate_on_line", "rate": 0.1}}, "share of the limit"),
        ({"premium": AGREED, "reinstatements": [1.0]}, "without a limit"),
        ({"premium": AGREED, "limit": 0.0}, "leaves nothing"),
        ({"premium": {"kind": "guess"}}, "unknown kind"),
        ({"premium": {"kind": "amount", "amount": 250.0}}, "at least 1000 euros"),
    ],
)
def test_what_a_reinsurance_may_not_say(values, rule):
    with pytest.raises(InputError, match=rule):
        clause(FULL, {"kind": "reinsurance", **values})


@pytest.mark.parametrize("kind", PRINCIPLES)
@pytest.mark.parametrize("loading", [0.0, 0.2])
def test_premiums_are_said_in_both_languages(kind, loading):
    pot = clause(FULL, {"kind": "reinsurance", "premium": {"kind": kind, "loading": loading}}).pot
    dutch, english = (pot.words(Wording(language)) for language in ("nl", "en"))
    assert "wat zij naar verwachting betaalt" in dutch
    assert "what it is expected to pay" in english
    assert ("0,2" in dutch or "20%" in dutch) == bool(loading)


# --- the cost of working together


def costs(own, setting, reach=None, **values):
    """Return the outcome of one path of own cost, (year, member), where nothing is handed in."""
    books = booked(np.asarray(own, dtype=float)[np.newaxis], setting)
    made = clause({"kind": "none"}, {"kind": "costs", **values}, INHABITANTS)
    return made.work(books, books.measures.total_weights, books.everyone if reach is None else reach)


OWN = [[100e3, 200e3, 300e3]]


def test_an_office_outside_is_paid_by_the_key():
    # 20 and 2 for each of 1,000 inhabitants and 3 x 1 is 25 thousand.
    outcome = costs(OWN, plain(), amount=20e3, per_inhabitant=2.0, per_member=1e3)
    np.testing.assert_allclose(outcome.charged[0, 0], [2_500, 7_500, 15_000])
    np.testing.assert_allclose(outcome.outside, [[-25e3]])
    assert not outcome.paid.any()


def test_a_lead_municipality_gets_its_fee_and_pays_its_share_of_it():
    outcome = costs(OWN, plain(), amount=20e3, lead="GM0001")
    np.testing.assert_allclose((outcome.charged - outcome.paid)[0, 0], [2e3, 6e3 - 20e3, 12e3])
    np.testing.assert_allclose(outcome.outside, [[0]])


def test_savings_grow_in_from_the_first_year_of_the_clause():
    reach = np.array([[False] * 3, *[[True, True, False]] * 3])
    outcome = costs(OWN * 4, plain(4), reach, saving=0.06, grows_in=2)
    # 3% in the first year of the clause, then 6%; the third member is not in it.
    np.testing.assert_allclose(outcome.paid[0], [[0, 0, 0], [3e3, 6e3, 0], [6e3, 12e3, 0], [6e3, 12e3, 0]], atol=1e-9)
    assert not outcome.charged.any()
    np.testing.assert_allclose(outcome.observed["saved"], [[0, 9e3, 18e3, 18e3]])


def test_costs_follow_the_index_and_the_members_that_share():
    setting = plain(2, growth=np.array([1.0, 1.1]))
    reach = np.array([[True, True, True], [True, True, False]])
    outcome = costs(OWN * 2, setting, reach, per_inhabitant=10.0, per_member=1e3)
    # 10 x 1,000 + 3 x 1,000; then (10 x 400 + 2 x 1,000) x 1.1.
    np.testing.assert_allclose(outcome.charged.sum(axis=-1), [[13e3, 6.6e3]])


def test_costs_settle_in_an_agreement():
    fee = {"kind": "costs", "amount": 16e3, "saving": 0.5}
    made = agreement((FULL, {"kind": "equal"}))
    made = replace(made, spec=made.spec.model_copy(update={"clauses": (clause({"kind": "none"}, fee),)}))
    four = region((10, 1, 1e3), (10, 1, 1e3))
    ledger = settled(made, four, [[(0, "ambulant", 100e3)]])
    # Half of 100 is saved, and each pays 8.
    np.testing.assert_allclose(ledger.contribution[0, 0], [58e3, 8e3])
    # A fixed fee is not twice as large for twice the cost: a clause with one must not be cut in two.
    assert not made.linear


@pytest.mark.parametrize(
    ("values", "rule"), [({}, "costs nothing and saves nothing"), ({"amount": 20.0}, "at least 1000 euros")]
)
def test_what_costs_may_not_say(values, rule):
    with pytest.raises(InputError, match=rule):
        clause({"kind": "none"}, {"kind": "costs", **values})


def test_a_lead_that_is_no_member_is_a_fault():
    pot = clause({"kind": "none"}, {"kind": "costs", "amount": 20e3, "lead": "GM0009"}).pot
    (fault,) = pot.faults(plain())
    assert fault.where == "lead"


def test_costs_are_said_in_words():
    values = {"amount": 20e3, "per_inhabitant": 2.5, "lead": "GM0001", "saving": 0.03, "grows_in": 3}
    pot = clause({"kind": "none"}, {"kind": "costs", **values}).pot
    assert pot.words(Wording("en", names={"GM0001": "Delft"})) == (
        "Working together costs EUR\u00a020,000 and EUR\u00a02.50 per inhabitant a year, to be paid to Delft. Every "
        "municipality "
        "saves 3% of its own cost by it; that grows in over 3 years."
    )


def test_nothing_but_a_fee_does_not_touch_what_is_handed_in():
    outcome = worked({"kind": "costs", "amount": 10e3}, np.array([[[5e3, 0, 0]]]), plain(), INHABITANTS)
    np.testing.assert_allclose(outcome.paid[0, 0], [5e3, 0, 0])
    np.testing.assert_allclose(outcome.charged[0, 0], [1.5e3, 4.5e3, 9e3])
