"""The contract that every combination of takes, pots, charges and keys keeps."""

import itertools
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.models.regions import Municipality
from solidair.pool.parts.registry import PARTS, part
from solidair.pool.parts.unions import AnyCharge, AnyKey, AnyPot, AnyTake
from tests.settling import (
    BUDGET,
    FULL,
    INHABITANTS,
    MEMBERS,
    SAMPLES,
    YOUTH,
    agreement,
    bears,
    case,
    key_weights,
    region,
    samples,
    settled,
)

EUROS = {"retention", "limit", "lower", "upper", "deductible", "most", "amount", "lines"}


def in_other_money(take, factor):
    """Return a take with every amount in another money; a list of lines may hold bare amounts."""

    def scaled(name, value):
        if isinstance(value, dict):
            return in_other_money(value, factor)
        if isinstance(value, list):
            return [scaled(name, entry) for entry in value]
        return value * factor if name in EUROS and isinstance(value, float) else value

    return {name: scaled(name, value) for name, value in take.items()}


COMBINATIONS = list(itertools.product(samples("take"), samples("key")))
IDS = [f"{take['kind']}{place}-{key['kind']}" for place, (take, key) in enumerate(COMBINATIONS)]
every_combination = pytest.mark.parametrize(("take", "key"), COMBINATIONS, ids=IDS)
some_years = st.lists(st.lists(case, max_size=6), min_size=1, max_size=3)
few = settings(max_examples=10, deadline=None)


@pytest.mark.parametrize("role", SAMPLES)
def test_every_registered_part_is_in_the_contract_and_can_be_named_in_a_file(role):
    assert set(SAMPLES[role]) == set(PARTS[role])
    union = get_args({"take": AnyTake, "pot": AnyPot, "charge": AnyCharge, "key": AnyKey}[role])[0]
    assert set(get_args(union) or [union]) == set(PARTS[role].values())


def test_a_part_is_registered_once_and_under_its_own_kind():
    with pytest.raises(ValueError, match="registered twice"):
        part("take", "share")(PARTS["take"]["share"])
    with pytest.raises(ValueError, match="kind must be 'other'"):
        part("take", "other")(PARTS["take"]["share"])
    assert "other" not in PARTS["take"]


@every_combination
@few
@given(years=some_years)
def test_conservation_in_every_year_and_a_member_without_cases_pays_its_key_share_only(take, key, years):
    ledger = settled(agreement((take, key)), MEMBERS, years)
    assert ledger.contribution.shape == (len(years), 1, 3)
    # Nine additions of amounts up to 3e6: far below a millionth of a euro.
    np.testing.assert_allclose(ledger.charged.sum(axis=-1), ledger.paid.sum(axis=-1), rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(ledger.contribution.sum(axis=-1), ledger.own.sum(axis=-1), rtol=1e-12, atol=1e-6)
    made = agreement((take, key)).spec.clauses[0].charge.key
    for sim, cases in enumerate(years):
        share = key_weights(made, MEMBERS, cases)
        for idle in {0, 1, 2} - {member for member, *_ in cases}:
            expected = share[idle] * ledger.paid[0, sim, 0].sum()
            assert ledger.contribution[sim, 0, idle] == pytest.approx(expected, rel=1e-12)


@every_combination
@few
@given(years=some_years, order=st.permutations(range(3)))
def test_permuting_members_permutes_the_result(take, key, years, order):
    made = agreement((take, key))
    moved = replace(MEMBERS, members=tuple(MEMBERS.members[place] for place in order))
    cases = [[(order.index(member), *rest) for member, *rest in year] for year in years]
    before, after = (settled(made, *pair).contribution for pair in ((MEMBERS, years), (moved, cases)))
    np.testing.assert_allclose(after, before[..., order], rtol=1e-12, atol=1e-6)


@every_combination
@few
@given(years=some_years, factor=st.floats(0.1, 100))
def test_scaling_every_euro_scales_the_result(take, key, years, factor):
    scaled = in_other_money(take, factor)
    cases = [[(*who, cost * factor) for *who, cost in year] for year in years]
    budgets = tuple(replace(m, youth_budget_eur=m.youth_budget_eur * factor) for m in MEMBERS.members)
    before = settled(agreement((take, key)), MEMBERS, years).contribution
    after = settled(agreement((scaled, key)), replace(MEMBERS, members=budgets), cases).contribution
    np.testing.assert_allclose(after, before * factor, rtol=1e-9, atol=1e-6)


NEUTRAL = [
    ({"kind": "share", "share": 0.0}, None),
    ({"kind": "excess", "retention": 1e12}, None),
    ({"kind": "excess", "retention": 1e3, "share": 0.0}, None),
    ({"kind": "excess", "retention": 0.0}, FULL),
    ({"kind": "excess", "retention": 0.0, "limit": 1e12}, FULL),
]


@pytest.mark.parametrize("key", samples("key"), ids=lambda key: key["kind"])
@pytest.mark.parametrize(("take", "same"), NEUTRAL)
@few
@given(years=some_years)
def test_neutral_limits(take, same, key, years):
    expected = settled(agreement((same, key)) if same else agreement(), MEMBERS, years).contribution
    np.testing.assert_allclose(
        settled(agreement((take, key)), MEMBERS, years).contribution, expected, rtol=1e-12, atol=1e-9
    )


@every_combination
@few
@given(year=st.lists(case, max_size=6))
def test_a_region_of_one_member_pays_its_own_use(take, key, year):
    alone = MEMBERS.subset(["GM0010"])
    cases = [(0, *rest) for _, *rest in year]
    own = bears(agreement(), alone, cases)
    np.testing.assert_allclose(bears(agreement((take, key)), alone, cases), own, rtol=1e-12, atol=1e-6)


sizes = st.tuples(st.integers(1, 10**6), st.integers(1, 10**5), st.floats(1, 1e9), st.floats(0.01, 5))


@pytest.mark.parametrize("key", samples("key"), ids=lambda key: key["kind"])
@few
@given(st.lists(sizes, min_size=3, max_size=3))
def test_keys_are_shares_that_sum_to_one(key, drawn):
    members = region(
        *(
            Municipality(f"GM00{n}0", f"M{n}", *rest, need_index=need, capacity=rest[2] / need, youth_under_21=rest[0])
            for n, (*rest, need) in enumerate(drawn, 1)
        )
    )
    made = agreement((FULL, key)).spec.clauses[0].charge.key
    weights = key_weights(made, members)
    assert weights.shape == (3,)
    assert weights.min() >= 0
    assert weights.sum() == pytest.approx(1, rel=1e-12)


THREE_TOWNS = region((18_000, 4_100, 150e3), (42_000, 9_300, 330e3), (90_000, 18_600, 420e3))  # vector P56


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (YOUTH, np.array([4.1, 9.3, 18.6]) / 32),
        (INHABITANTS, np.array([18, 42, 90]) / 150),
        (BUDGET, np.array([15, 33, 42]) / 90),
        ({"kind": "equal"}, np.ones(3) / 3),
        ({"kind": "mix", "parts": [{"weight": 0.25, "key": INHABITANTS}, {"weight": 0.75, "key": BUDGET}]}, None),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_keys_by_hand(key, expected):
    if expected is None:
        expected = 0.25 * np.array([18, 42, 90]) / 150 + 0.75 * np.array([15, 33, 42]) / 90
    made = agreement((FULL, key)).spec.clauses[0].charge.key
    np.testing.assert_allclose(key_weights(made, THREE_TOWNS), expected, rtol=1e-12)


def test_need_key_by_hand():
    made = agreement((FULL, {"kind": "need"})).spec.clauses[0].charge.key
    # Youths times need: 9,000 x 1.2 = 10,800; 5,000 x 0.7 = 3,500; 1,500 x 1; together 15,800.
    np.testing.assert_allclose(key_weights(made, MEMBERS), np.array([10_800, 3_500, 1_500]) / 15_800, rtol=1e-12)
