"""Capped funds: pro rata by hand, the ratio that is paid, periods of years, and the contract of every pot."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.problems import InputError
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from tests import naive_pots
from tests.settling import (
    BUDGET,
    FULL,
    INHABITANTS,
    MEMBERS,
    TYPES,
    YOUTH,
    booked,
    clause,
    off,
    region,
    samples,
    worked,
)

PEOPLE = [100, 300, 600]
THREE = region((100, 10, 0.0), (300, 40, 0.0), (600, 50, 0.0))
ENOUGH = 1e12


def plain(members=THREE, years=1, **others):
    return replace(Setting.plain(members, TYPES, years=years), **others)


def fund(handed_in, setting, reach=None, **values):
    """Return the outcome of one path of what is handed in, (year, member), divided by inhabitants."""
    pot = {"kind": "fund", **values}
    return worked(pot, np.asarray(handed_in, dtype=float)[np.newaxis], setting, INHABITANTS, reach)


def test_a_fund_that_falls_short_pays_everyone_the_same_part():
    # 200,000 for 500,000 is 40%: 120,000 and 80,000; inhabitants 1 : 3 : 6 pay 200,000.
    outcome = fund([[300e3, 200e3, 0]], plain(), size=200e3)
    np.testing.assert_allclose(outcome.paid[0, 0], [120e3, 80e3, 0])
    np.testing.assert_allclose(outcome.charged[0, 0], [20e3, 60e3, 120e3])
    assert outcome.observed["ratio"] == pytest.approx(0.4)


def test_a_fund_that_is_large_enough_pays_all_and_asks_no_more_than_that():
    outcome = fund([[30e3, 20e3, 0]], plain(), size=200e3)
    np.testing.assert_allclose(outcome.paid[0, 0], [30e3, 20e3, 0])
    assert outcome.charged.sum() == pytest.approx(50e3)
    assert outcome.observed["ratio"] == 1.0
    assert fund([[0.0, 0, 0]], plain(), size=200e3).observed["ratio"] == 1.0
    # Nothing there and nothing asked is not a short fund.
    assert fund([[0.0, 0, 0]], plain(), size=0.0).observed["ratio"] == 1.0


def test_a_least_ratio_is_paid_beyond_the_size_and_charged():
    outcome = fund([[300e3, 200e3, 0]], plain(), size=200e3, least=0.5)
    np.testing.assert_allclose(outcome.paid[0, 0], [150e3, 100e3, 0])
    assert outcome.charged.sum() == pytest.approx(250e3)
    assert outcome.observed["ratio"] == 0.5


def test_a_size_per_head_counts_the_members_that_share_and_follows_the_index():
    setting = plain(years=2, growth=np.array([1.0, 1.5]))
    claims = [[1_000.0, 3_000, 0]] * 2
    # 2 for each of 1,000 inhabitants is 2,000 of 4,000; a year later 3,000.
    outcome = fund(claims, setting, size=2.0, per="inhabitant")
    np.testing.assert_allclose(outcome.observed["ratio"], [[0.5, 0.75]])
    np.testing.assert_allclose(fund(claims, setting, size=2.0, per="inhabitant", indexed=False).observed["ratio"], 0.5)
    # Without the largest there are 400 inhabitants: 800 and 1,200. Per youth with all: 100 x 2 = 200 and 300.
    reach = np.array([[True, True, False]] * 2)
    np.testing.assert_allclose(fund(claims, setting, reach, size=2.0, per="inhabitant").observed["ratio"], [[0.2, 0.3]])
    np.testing.assert_allclose(
        fund(claims, setting, size=2.0, per="youth").observed["ratio"], [[0.05, 0.075]], rtol=1e-12
    )


def test_money_of_another_currency_counts_in_euros():
    # 100,000 of a currency of 1.2 euros is 120,000 of 300,000.
    assert fund([[300e3, 0, 0]], plain(unit=1.2), size=100e3).observed["ratio"] == pytest.approx(0.4)


def test_a_fund_that_pays_once_in_two_years_pays_for_both():
    claims = [[100e3, 0, 0], [300e3, 100e3, 0], [50e3, 0, 0]]
    outcome = fund(claims, plain(years=3), size=200e3, every=2)
    # 500,000 in two years, 40% of it in the second; the third year waits for a fourth that does not come.
    np.testing.assert_allclose(outcome.paid[0], [[0, 0, 0], [160e3, 40e3, 0], [0, 0, 0]])
    np.testing.assert_allclose(outcome.observed["ratio"], [[1, 0.4, 1]])
    # A clause from the second year on: the block is the second and third year, 450,000 together.
    reach = np.array([[False] * 3, [True] * 3, [True] * 3])
    late = fund(claims, plain(years=3), reach, size=225e3, every=2)
    np.testing.assert_allclose(late.paid[0], [[0, 0, 0], [0, 0, 0], [175e3, 50e3, 0]])


def test_surpluses_come_in_first():
    # A surplus of 100,000 and a fund of 50,000 pay 150,000 of 300,000; the charge is about 50,000.
    outcome = fund([[300e3, -100e3, 0]], plain(), size=50e3)
    np.testing.assert_allclose(outcome.paid[0, 0], [150e3, -100e3, 0])
    assert outcome.charged.sum() == pytest.approx(50e3)
    # With more surplus than claims there is something to give back.
    assert fund([[30e3, -100e3, 0]], plain(), size=50e3).charged.sum() == pytest.approx(-70e3)


def test_the_national_fund_in_one_article():
    """A franchise of EUR 40 per inhabitant over two years, paid pro rata from a fund, half of it by the state."""
    members = region((100, 10, 1_000.0), (200, 40, 1_000.0), (100, 10, 1_000.0))
    state = {"name": {"nl": "Het Rijk", "en": "The state"}, "share": 0.5}
    made = clause(
        {"kind": "franchise", "amount": 40.0, "window": 2},
        {"kind": "fund", "size": 4_000.0},
        INHABITANTS,
        outside=state,
    )
    # Deficits over two years: A 5,000 (50 each), B 9,000 (45 each), C 4,000 (40 each, not above). 14,000 for 4,000.
    books = booked([[[3_000.0, 6_000, 5_000], [4_000.0, 5_000, 1_000]]], plain(members, 2))
    outcome = made.work(books, books.measures.total_weights, books.everyone)
    np.testing.assert_allclose(outcome.paid[0], [[0, 0, 0], [4e3 * 5 / 14, 4e3 * 9 / 14, 0]])
    np.testing.assert_allclose(outcome.charged[0, 1], [500, 1_000, 500])
    np.testing.assert_allclose(outcome.outside[0], [0, 2_000])
    np.testing.assert_allclose(outcome.observed["ratio"][0], [1, 2 / 7])


paths = st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=4, max_size=4)


@settings(deadline=None)
@given(paths, st.floats(1e3, 1e6), st.floats(0, 1), st.integers(1, 3))
def test_funds_are_those_of_the_slow_twin(handed_in, size, least, every):
    values = {"size": size, "least": least, "every": every}
    outcome = fund(handed_in, plain(years=4), **values)
    pot = clause(FULL, {"kind": "fund", **values}).pot
    paid, ratio = naive_pots.fund(pot, handed_in, PEOPLE)
    np.testing.assert_allclose(outcome.paid[0], paid, rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(outcome.observed["ratio"][0], ratio, rtol=1e-9)


def test_a_size_with_a_point_for_thousands_is_refused():
    with pytest.raises(InputError, match="at least 1000 euros"):
        clause(FULL, {"kind": "fund", "size": 200.0})
    clause(FULL, {"kind": "fund", "size": 40.0, "per": "inhabitant"})


# --- the contract of every pot

POTS = samples("pot")
every_pot = pytest.mark.parametrize("pot", POTS, ids=lambda pot: pot["kind"])
EUROS = ("size", "opening", "contribution", "floor", "cap", "retention", "limit", "amount", "premium", "per_inhabitant")


def in_other_money(pot, factor):
    """Return a pot in which every amount is `factor` times as large."""
    return {
        name: in_other_money(value, factor)
        if isinstance(value, dict)
        else value * factor
        if name in EUROS and isinstance(value, float)
        else value
        for name, value in pot.items()
    }


@every_pot
@settings(max_examples=30, deadline=None)
@given(path=paths, reach=st.lists(st.booleans(), min_size=12, max_size=12))
def test_in_every_year_what_comes_in_is_what_goes_out(pot, path, reach):
    setting = plain(MEMBERS, 4, growth=np.array([1.0, 1.02, 1.05, 1.1]))
    where = np.array(reach).reshape(4, 3)
    for inside in (where, np.ones_like(where)):
        outcome = worked(pot, np.array([path]), setting, YOUTH, inside)
        # A sum of at most twenty terms of the size that the difference is relative to.
        assert off(outcome).max() < 20 * np.finfo(float).eps
        nobody = ~inside.any(axis=1)
        for amount in (outcome.paid, outcome.charged, outcome.outside, outcome.fund):
            assert not amount[:, nobody].any()


@every_pot
@settings(max_examples=10, deadline=None)
@given(path=paths, order=st.permutations(range(3)))
def test_permuting_members_permutes_the_outcome(pot, path, order):
    moved = replace(MEMBERS, members=tuple(MEMBERS.members[place] for place in order))
    before = worked(pot, np.array([path]), plain(MEMBERS, 4), BUDGET)
    after = worked(pot, np.array([path])[..., order], plain(moved, 4), BUDGET)
    for name in ("paid", "charged"):
        np.testing.assert_allclose(getattr(after, name), getattr(before, name)[..., order], rtol=1e-12, atol=1e-6)


@every_pot
@settings(max_examples=10, deadline=None)
@given(path=paths, factor=st.floats(0.1, 100))
def test_scaling_every_euro_scales_the_outcome(pot, path, factor):
    before = worked(pot, np.array([path]), plain(MEMBERS, 4))
    scaled = worked(in_other_money(pot, factor), factor * np.array([path]), plain(MEMBERS, 4))
    converted = worked(pot, factor * np.array([path]), plain(MEMBERS, 4, unit=factor))
    for after in (scaled, converted):
        for name in ("paid", "charged", "outside", "fund"):
            np.testing.assert_allclose(getattr(after, name), factor * getattr(before, name), rtol=1e-9, atol=1e-6)


@every_pot
@settings(max_examples=10, deadline=None)
@given(path=paths, other=paths)
def test_a_path_does_not_depend_on_the_others(pot, path, other):
    together = worked(pot, np.array([other, path]), plain(MEMBERS, 4))
    alone = worked(pot, np.array([path]), plain(MEMBERS, 4))
    assert np.array_equal(together.paid[1], alone.paid[0])
    assert np.array_equal(together.fund[1], alone.fund[0])


NEUTRAL = [
    {"kind": "fund", "size": ENOUGH},
    {"kind": "fund", "size": 0.0, "least": 1.0},
    {"kind": "reserve", "opening": 0.0, "cap": 0.0},
    {"kind": "reinsurance", "premium": {"kind": "amount", "amount": 0.0}, "retention": ENOUGH},
]


@pytest.mark.parametrize("pot", NEUTRAL, ids=lambda pot: pot["kind"])
@settings(max_examples=20, deadline=None)
@given(path=paths)
def test_at_their_limits_pots_pay_all_that_is_handed_in(pot, path):
    same = worked({"kind": "full"}, np.array([path]), plain(MEMBERS, 4))
    outcome = worked(pot, np.array([path]), plain(MEMBERS, 4))
    np.testing.assert_allclose(outcome.paid, same.paid, rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(outcome.charged, same.charged, rtol=1e-12, atol=1e-6)


@pytest.mark.parametrize(
    "pot",
    [{"kind": "fund", "size": 0.0}, {"kind": "reserve", "opening": 0.0, "calls": False}, {"kind": "own_reserve"}],
    ids=lambda pot: pot["kind"],
)
def test_at_the_other_limit_they_pay_nothing(pot):
    pot = {"opening": 0.0, "cap": 0.0, **pot} if pot["kind"] == "own_reserve" else pot
    outcome = worked(pot, np.array([[[1e5, 0, 3e5]]]), plain(MEMBERS))
    assert not outcome.paid.any()
    assert not outcome.charged.any()
    assert outcome.observed["ratio"] == 0.0


@pytest.mark.parametrize("pot", [*POTS, {"kind": "fund", "size": 5e6, "every": 2, "least": 0.8}])
def test_words_are_whole_sentences_in_both_languages(pot):
    for language in ("nl", "en"):
        text = clause(FULL, pot).pot.words(Wording(language, names={"GM0020": "B"}))
        assert text.endswith(".")
        assert "  " not in text
        assert "None" not in text
        assert "{" not in text


def test_words_say_the_numbers():
    pot = clause(FULL, {"kind": "fund", "size": 2.5, "per": "inhabitant", "least": 0.4, "every": 2}).pot
    assert pot.words(Wording("en")) == (
        "Once in 2 years, counted from the first year of this article, at most EUR\u00a02.50 per inhabitant of that "
        "is paid altogether. If that is too little, everyone gets a part pro rata. "
        "At least 40% is always paid, even "
        "if the fund is too small for it."
    )
    assert pot.words(Wording("nl")).startswith(
        "Eens in de 2 jaar, geteld vanaf het eerste jaar van dit artikel, wordt daarvan samen hoogstens "
        "€\u00a02,50 per inwoner"
    )
