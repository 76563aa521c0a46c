"""Who pays whom: everybody is settled, with the fewest transfers where that is said."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.pool.statement.errors import StatementError
from solidair.pool.statement.transfers import EXACT_UP_TO, Transfer, who_pays_whom


def codes(count):
    return [f"GM{place:04}" for place in range(count)]


def balanced(most, size):
    """Return balances that sum to zero; small ones, so that groups that sum to zero are common."""
    amounts = st.lists(st.integers(-size, size), max_size=most - 1)
    return amounts.map(lambda given: [*given, -sum(given)])


def partitions(items):
    """Yield every division of a list into groups."""
    if not items:
        yield []
        return
    first, *rest = items
    for division in partitions(rest):
        yield [[first], *division]
        for place, group in enumerate(division):
            yield [*division[:place], [first, *group], *division[place + 1 :]]


def fewest_by_groups(balances):
    """Return the fewest transfers: every division into groups is tried."""
    owing = [amount for amount in balances if amount]
    if not owing:
        return 0
    return len(owing) - max(len(d) for d in partitions(owing) if all(sum(group) == 0 for group in d))


def fewest_by_pairs(balances):
    """Return the fewest pairs of members between which money can flow to settle all: every choice is tried."""
    owing = np.array([amount for amount in balances if amount])
    pairs = list(combinations(range(len(owing)), 2))
    for count in range(len(owing) + 1):
        for chosen in combinations(pairs, count):
            flow = np.zeros((len(owing), count))
            for column, (i, j) in enumerate(chosen):
                flow[i, column], flow[j, column] = 1, -1
            # Whole numbers: a least-squares fit is off by rounding only, or by at least a part of a cent.
            fit = np.linalg.lstsq(flow, owing, rcond=None)[0] if count else np.zeros(0)
            if np.abs(flow @ fit - owing).sum() < 1e-6:
                return count
    raise AssertionError("members cannot be settled at all")


def check(balances, names, result):
    left = dict(zip(names, balances, strict=True))
    for paid in result.transfers:
        assert paid.cents > 0
        left[paid.payer] += paid.cents
        left[paid.receiver] -= paid.cents
    assert not any(left.values())
    # Who pays never receives: a transfer is from a member that owes to a member that is owed.
    sign = dict(zip(names, balances, strict=True))
    assert all(sign[paid.payer] < 0 < sign[paid.receiver] for paid in result.transfers)
    assert len(result.transfers) <= max(0, sum(amount != 0 for amount in balances) - 1)


def test_two_groups_are_found_where_largest_first_would_mix_them():
    # -9 +5 +4 and -7 +6 +1 sum to zero, no two are opposite: 6 members less 2 groups is 4 transfers. Largest to largest
    # takes 5: 9 pays 6 to 6, 7 pays 5 to 5, the 3 left of 9 go to 4, and the 2 left of 7 to 1 and 1.
    result = who_pays_whom([5, 4, -9, 6, 1, -7], ["a", "b", "c", "d", "e", "f"])
    assert result.proven_fewest
    assert result.transfers == (
        Transfer("c", "a", 5),
        Transfer("c", "b", 4),
        Transfer("f", "d", 6),
        Transfer("f", "e", 1),
    )


def test_opposite_balances_settle_with_each_other_and_zero_does_nothing():
    result = who_pays_whom([700, 0, -700, 300, -300], ["GM0001", "GM0002", "GM0003", "GM0004", "GM0005"])
    assert result.transfers == (Transfer("GM0003", "GM0001", 700), Transfer("GM0005", "GM0004", 300))
    assert who_pays_whom([0, 0], ["a", "b"]).transfers == ()
    assert who_pays_whom([], []).proven_fewest


@pytest.mark.parametrize(
    ("balances", "names", "message"),
    [
        ([1, -2], ["a", "b"], "-1 cents instead of 0"),
        ([1.0, -1.0], ["a", "b"], "whole cents"),
        ([1, -1], ["a", "a"], "more than once"),
        ([1, -1], ["a"], "1 given for 2"),
    ],
)
def test_what_cannot_be_settled_is_refused(balances, names, message):
    with pytest.raises(StatementError, match=message):
        who_pays_whom(balances, names)


@settings(max_examples=300, deadline=None)
@given(balanced(7, 9))
def test_fewest_among_all_divisions_into_groups(balances):
    result = who_pays_whom(balances, codes(len(balances)))
    check(balances, codes(len(balances)), result)
    assert result.proven_fewest and len(result.transfers) == fewest_by_groups(balances)


@settings(max_examples=60, deadline=None)
@given(balanced(5, 6))
def test_fewest_among_all_choices_of_pairs(balances):
    assert len(who_pays_whom(balances, codes(len(balances))).transfers) == fewest_by_pairs(balances)


@settings(max_examples=150, deadline=None)
@given(balanced(30, 50), st.randoms(use_true_random=False))
def test_any_number_of_members_is_settled_whatever_their_order(balances, random):
    names = codes(len(balances))
    result = who_pays_whom(balances, names)
    check(balances, names, result)
    order = random.sample(range(len(balances)), len(balances))
    assert who_pays_whom([balances[k] for k in order], [names[k] for k in order]) == result


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 10**9), min_size=EXACT_UP_TO + 1, max_size=40))
def test_one_payer_is_proven_at_any_size(amounts):
    """Everybody receives from one member: no settlement has fewer than one transfer per receiver."""
    balances = [*amounts, -sum(amounts)]
    result = who_pays_whom(balances, codes(len(balances)))
    assert result.proven_fewest and len(result.transfers) == len(amounts)


def test_many_members_without_a_bound_are_not_called_proven():
    # 17 or 18 members, all amounts different and no two opposite: 6 groups of three cannot be ruled out.
    balances = [10 * (k + 1) for k in range(9)] + [-(10 * (k + 1) + 1) for k in range(8)]
    balances.append(-sum(balances))
    result = who_pays_whom(balances, codes(18))
    check(balances, codes(18), result)
    assert not result.proven_fewest


def test_many_members_that_meet_a_bound_are_proven():
    # Ten pairs of opposite balances: ten transfers.
    pairs = [amount for k in range(1, 11) for amount in (7 * k, -7 * k)]
    result = who_pays_whom(pairs, codes(20))
    assert result.proven_fewest and len(result.transfers) == 10
    # Six groups of three, 3 against 2 and 1, each ten times the one before and every other turned round: no two are
    # opposite, so there are at most six groups, and 12 transfers are the fewest.
    threes = [(-10) ** k * part for k in range(6) for part in (3, -2, -1)]
    result = who_pays_whom(threes, codes(18))
    assert result.proven_fewest and len(result.transfers) == 12
