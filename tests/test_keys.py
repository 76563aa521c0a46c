"""Keys of a year: the columns of the region, what is expected, powers and limits of other keys."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from solidair.models.schema import frozen
from solidair.pool.books import Books
from solidair.pool.measures import measures_for
from solidair.pool.parts.unions import AnyKey
from solidair.pool.parts.words import Wording
from solidair.pool.setting import Setting
from tests.settling import BUDGET, MEMBERS, TYPES, YOUTH, expecting, key_weights, region, samples, weights_over

SAY = {language: Wording(language, {"verblijf": "Verblijf"}, {"GM0010": "A"}) for language in ("nl", "en")}
EVERYONE = np.ones((1, 3), dtype=bool)


def key(kind, **fields):
    return TypeAdapter(AnyKey).validate_python(frozen({"kind": kind, **fields}))


def faults(made, setting, reach=None):
    everyone = np.ones((setting.years, setting.members), dtype=bool)
    return [(f.where, f.value, f.rule) for f in made.faults(setting, everyone if reach is None else reach)]


# --- columns of the region, and what is expected


def test_shares_by_hand():
    # Capacity 31, 4 and 9 million of 44; youths under 21 10,400, 5,800 and 1,900 of 18,100.
    np.testing.assert_allclose(key_weights(key("capacity"), MEMBERS), np.array([31, 4, 9]) / 44, rtol=1e-15)
    np.testing.assert_allclose(
        key_weights(key("under_21"), MEMBERS), np.array([10_400, 5_800, 1_900]) / 18_100, rtol=1e-15
    )


def test_expected_cost_by_hand():
    cost = np.array([[1.0, 10, 0, 0], [2, 30, 0, 5], [1, 0, 0, 0]])
    setting = replace(Setting.plain(MEMBERS, TYPES), expected_cost=cost, codes=(("1A",), ("2B",), (), ("1A",)))
    # All: 11, 37 and 1 of 49; residential care: 10 and 30; code 1A, the first and the last: 1, 7 and 1.
    for scope, sizes in (("all", [11, 37, 1]), (["verblijf"], [10, 30, 0]), (["1A"], [1, 7, 1])):
        found = weights_over(key("expected", scope=scope), setting, [[]])[0]
        np.testing.assert_allclose(found, np.array(sizes) / sum(sizes), rtol=1e-15)


def test_a_member_that_does_not_share_has_no_share():
    reach = np.array([[True, False, True]])
    for made in (key(**sample) for sample in samples("key")):
        shares = weights_over(made, expecting(MEMBERS), [[(0, "verblijf", 5e4)]], reach)[0]
        assert shares[1] == 0 and shares.sum() == pytest.approx(1, rel=1e-12)
        # A fixed key is renormalised, as every other: of the half and nothing that are left.
        assert made.kind != "fixed" or shares.tolist() == [1, 0, 0]


def test_a_column_that_is_empty_for_a_member_that_shares_is_a_fault():
    hollow = replace(MEMBERS, members=(*MEMBERS.members[:2], replace(MEMBERS.members[2], capacity=None)))
    setting = Setting.plain(hollow, TYPES)
    rule = "the key 'capacity' needs the column capacity of the region, which is empty for C"
    assert faults(key("capacity"), setting) == [("", "capacity", rule)]
    assert faults(key("capacity"), setting, np.array([[True, True, False]])) == []
    assert weights_over(key("capacity"), setting, [[]], np.array([[True, True, False]])).tolist() == [
        [31 / 35, 4 / 35, 0]
    ]
    towns = Setting.plain(region((10, 5, 1.0), (20, 9, 1.0)), TYPES)
    (found,) = faults(key("under_21"), towns)
    assert found[2].endswith("the column youth_under_21 of the region, which is empty for all members")
    nothing = replace(MEMBERS, members=tuple(replace(m, capacity=0.0) for m in MEMBERS.members))
    assert "above 0" in faults(key("capacity"), Setting.plain(nothing, TYPES))[0][2]


def test_expected_needs_a_cost_model_and_something_to_expect():
    plain = Setting.plain(MEMBERS, TYPES)
    assert "needs a cost model" in faults(key("expected"), plain)[0][2]
    idle = replace(plain, expected_cost=np.outer(np.ones(3), [1.0, 0, 0, 0]))
    assert faults(key("expected"), idle) == []
    assert "has none in this scope" in faults(key("expected", scope=["verblijf"]), idle)[0][2]
    assert faults(key("expected", scope=["ambulant", "verblyf"]), idle) == [("scope.2", "verblyf", "unknown care type")]


# --- powers


def test_a_power_by_hand():
    # Roots of 9,000, 5,000 and 1,500 youths; squares of the budgets 20, 13 and 3.
    half = np.sqrt([9_000.0, 5_000, 1_500])
    np.testing.assert_allclose(
        key_weights(key("power", key=YOUTH, exponent=0.5), MEMBERS), half / half.sum(), rtol=1e-14
    )
    np.testing.assert_allclose(
        key_weights(key("power", key=BUDGET, exponent=2.0), MEMBERS), np.array([400, 169, 9]) / 578, rtol=1e-14
    )


@pytest.mark.parametrize("sample", samples("key"), ids=lambda sample: sample["kind"])
def test_powers_one_and_nought_are_the_key_itself_and_equal_shares(sample):
    year = [(0, "verblijf", 5e4), (1, "ambulant", 1e3), (2, "verblijf", 1e4), (1, "verblijf", 2e4)]
    base = key_weights(key(**sample), MEMBERS, year)
    np.testing.assert_allclose(
        key_weights(key("power", key=sample, exponent=1.0), MEMBERS, year), base, rtol=1e-14, atol=0
    )
    np.testing.assert_allclose(key_weights(key("power", key=sample, exponent=0.0), MEMBERS, year), 1 / 3, rtol=1e-14)


# --- limits


class Given:
    """A base key that gives shares of any shape."""

    fixed = False

    def __init__(self, shares):
        self.shares = np.array(shares, dtype=float)

    def weights(self, books, reach):
        return np.where(reach, self.shares, 0.0)


def limited(base, start=None, reach=None, **fields):
    """Return the shares of a limited key over shares of the base key, (sim, year, member)."""
    base = np.array(base, dtype=float)
    base = base if base.ndim == 3 else base[None]
    _, years, count = base.shape
    setting = Setting.plain(region(*((10, 5, 1.0),) * count), TYPES, years=years)
    measures = measures_for(TYPES, [])
    books = Books(setting, measures, np.zeros((len(measures.measures), len(base), years, count)))
    made = key("limited", key=YOUTH, **fields).model_copy(
        update={"key": Given(base), "start": None if start is None else Given(start)}
    )
    reach = books.everyone if reach is None else np.array(reach, dtype=bool)
    return np.broadcast_to(made.weights(books, reach), base.shape)


def limited_slowly(base, most, measure, start=None):
    """Return the same for one sim, year by year and member by member, where all members share in all years."""
    found, before = [], start
    for target in base:
        if before is None:
            found.append(list(target))
        else:
            low, high, share = [], [], []
            for want, old in zip(target, before, strict=True):
                step = most * old if measure == "relative" else most
                low.append(max(old - step, 0.0))
                high.append(min(old + step, 1.0))
                share.append(min(max(want, low[-1]), high[-1]))
            lack = 1.0 - sum(share)
            room = [(h - s) if lack > 0 else (s - w) for s, w, h in zip(share, low, high, strict=True)]
            if sum(room) > 0:
                share = [s + lack * r / sum(room) for s, r in zip(share, room, strict=True)]
            found.append(share)
        before = found[-1]
    return found


def test_limited_shares_by_hand():
    # Year 1 is free. Year 2 wants 20, 50, 30: at most a tenth of itself up or down it is 45, 33 and 22, together 100.
    found = limited([[[0.5, 0.3, 0.2], [0.2, 0.5, 0.3]]], most=0.1)
    np.testing.assert_allclose(found[0], [[0.5, 0.3, 0.2], [0.45, 0.33, 0.22]], rtol=1e-14)
    # In points: 40 to 60, 20 to 40, 10 to 30; cut to 40, 40, 30, together 110. Room to fall 0, 20, 20, so 35 and 25.
    found = limited([[[0.5, 0.3, 0.2], [0.2, 0.5, 0.3]]], most=0.1, measure="points")
    np.testing.assert_allclose(found[0, 1], [0.4, 0.35, 0.25], rtol=1e-14)
    # Relative, 20, 40, 40 wants 0, 45, 55: cut to 18, 44, 44, together 106: room to fall 0, 8, 8, so 41 and 41.
    found = limited([[[0.0, 0.45, 0.55]]], start=[0.2, 0.4, 0.4], most=0.1)
    np.testing.assert_allclose(found[0, 0], [0.18, 0.41, 0.41], rtol=1e-14)


def test_a_member_that_comes_in_or_goes():
    reach = [[1, 1, 0], [1, 1, 1], [0, 1, 1]]
    base = [[0.6, 0.4, 0.0], [0.3, 0.3, 0.4], [0.0, 0.5, 0.5]]
    found = limited([base], most=0.1, reach=reach)[0]
    # Year 2: the third enters with 40. The others had 60 and 40 of the 60 that are left: 36 and 24; wanting 30 and 30
    # they may fall to 32.4 and rise to 26.4, together 58.8: the 1.2 goes by room to rise, 7.2 and 0: 33.6.
    np.testing.assert_allclose(found[1], [0.336, 0.264, 0.4], rtol=1e-14)
    # Year 3: the first has gone. 26.4 and 40 become 26.4 / 66.4 = 39.76 and 60.24, limits 43.73 and 54.22: 98.0 is too
    # little. Room to rise: 0 and 12.05.
    second, third = 0.264 / 0.664, 0.4 / 0.664
    np.testing.assert_allclose(found[2], [0, 1.1 * second, 1 - 1.1 * second], rtol=1e-13)
    assert 0.9 * third <= found[2, 2] <= 1.1 * third


def test_a_member_without_a_share_enters_freely_where_limits_are_relative():
    found = limited([[[1.0, 0.0], [0.5, 0.5]]], most=0.1)
    np.testing.assert_allclose(found[0, 1], [0.5, 0.5], rtol=1e-14)
    found = limited([[[1.0, 0.0], [0.5, 0.5]]], most=0.1, measure="points")
    np.testing.assert_allclose(found[0, 1], [0.9, 0.1], rtol=1e-14)


def test_years_in_which_nobody_shares_do_not_count():
    base = [[0.0, 0.0], [0.5, 0.5], [0.0, 0.0], [0.2, 0.8]]
    found = limited([base], most=0.1, reach=[[0, 0], [1, 1], [0, 0], [1, 1]])[0]
    np.testing.assert_allclose(found, [[0, 0], [0.5, 0.5], [0, 0], [0.45, 0.55]], rtol=1e-14)


unit = st.floats(0.001, 1)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(unit, min_size=4, max_size=4), min_size=8, max_size=8),
    st.lists(unit, min_size=4, max_size=4),
    st.floats(0.001, 1),
    st.sampled_from(["relative", "points"]),
    st.booleans(),
)
def test_limits_hold_in_every_year_and_as_the_slow_twin_says(raw, anchor, most, measure, anchored):
    base = np.array(raw).reshape(2, 4, 4)
    base /= base.sum(axis=-1, keepdims=True)
    start = np.array(anchor) / sum(anchor) if anchored else None
    found = limited(base, start=start, most=most, measure=measure)
    # A dozen operations on numbers up to 1, over four years.
    np.testing.assert_allclose(found.sum(axis=-1), 1, rtol=0, atol=1e-13)
    before = np.concatenate(
        [np.broadcast_to(found[:, 0] if start is None else start, (2, 4))[:, None], found[:, :-1]], 1
    )
    step = most * before if measure == "relative" else most
    assert np.all(np.abs(found - before) <= step + 1e-13)
    for sim in range(2):
        slow = limited_slowly(base[sim].tolist(), most, measure, None if start is None else start.tolist())
        np.testing.assert_allclose(found[sim], slow, rtol=0, atol=1e-12)


def test_a_limit_that_never_binds_changes_nothing():
    base = np.array([[[0.30, 0.70], [0.31, 0.69], [0.30, 0.70]]])
    np.testing.assert_allclose(limited(base, most=0.05), base, rtol=1e-15)


# --- keys of keys


def test_what_is_fixed_and_what_is_looked_at():
    past = {"kind": "clients", "scope": ["verblijf"], "window": 2}
    for made in (
        key("power", key=past, exponent=0.5),
        key("limited", key=past, most=0.1),
        key("limited", key=YOUTH, start=past, most=0.1),
        key("mix", parts=[{"weight": 0.5, "key": past}, {"weight": 0.5, "key": YOUTH}]),
    ):
        assert not made.fixed
        assert made.scopes() == [("verblijf",)]
        (fault,) = made.faults(Setting.plain(MEMBERS, TYPES), EVERYONE)
        assert fault.where in ("key", "start", "parts.1.key")
    assert key("limited", key=YOUTH, start=BUDGET, most=0.1).fixed and key("power", key=YOUTH, exponent=0.5).fixed
    assert key("expected").fixed and key("expected").scopes() == []


def test_a_start_key_is_asked_for_the_first_year_only():
    made = key("limited", key=YOUTH, start={"kind": "cost", "window": 1}, most=0.1)
    setting = Setting.plain(MEMBERS, TYPES, 2027, 3)
    late = np.array([[False] * 3, [True] * 3, [True] * 3])
    assert faults(made, setting, late) == []  # its first year looks at 2027, which is settled
    (found,) = faults(made, setting)
    assert found[0] == "start" and "looks at cost of 2026" in found[2]


@pytest.mark.parametrize(
    ("made", "nl", "en"),
    [
        (key("capacity"), "draagkracht", "fiscal capacity"),
        (key("under_21"), "aantal jeugdigen onder de 21 jaar", "number of youths under 21"),
        (key("expected", scope=["verblijf"]), "verwachte kosten van verblijf", "expected cost of verblijf"),
        (
            key("power", key=YOUTH, exponent=0.75),
            "aantal jeugdigen (0-17 jaar), tot de macht 0,75",
            "number of youths (aged 0-17), to the power 0.75",
        ),
        (
            key("limited", key=YOUTH, most=0.075),
            "aantal jeugdigen (0-17 jaar), waarbij een aandeel per jaar hoogstens 7,5% van zichzelf stijgt of daalt",
            "number of youths (aged 0-17), where a share rises or falls by at most 7.5% of itself a year",
        ),
        (
            key("limited", key=BUDGET, most=0.02, measure="points", start={"kind": "capacity"}),
            "aandeel in de jeugdbudgetten, waarbij een aandeel per jaar hoogstens 2 procentpunt stijgt of daalt, "
            "te beginnen bij draagkracht",
            "share of the youth budgets, where a share rises or falls by at most 2 percentage points a year, "
            "starting from fiscal capacity",
        ),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_words(made, nl, en):
    assert (made.words(SAY["nl"]), made.words(SAY["en"])) == (nl, en)
