"""The algebra of case functions against the same rules worked out case by case."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.pool.layers import CaseFunction

WHOLE, NOTHING = CaseFunction.whole(), CaseFunction.nothing()
REL = 1e-9
TINY = 1e-300

money = st.floats(0, 1e6)
shares = st.floats(0, 1)
steps = st.one_of(
    st.tuples(st.just("share"), shares),
    st.tuples(st.just("layer"), money, st.one_of(st.none(), st.floats(1, 1e6)), shares),
)


def taken_of(left, step):
    """Return what a step takes of the euros that are left of one case: the plain arithmetic."""
    if step[0] == "share":
        return step[1] * left
    _, retention, limit, share = step
    excess = max(left - retention, 0.0)
    return share * (excess if limit is None else min(excess, limit))


def take(left, step):
    """Return the same as a function of the whole cost."""
    if step[0] == "share":
        return left.times(step[1])
    _, retention, limit, share = step
    return left.layer(retention, limit).times(share)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, max_size=6), st.lists(st.floats(0, 5e6), min_size=1, max_size=8))
def test_shares_and_layers_in_a_row_equal_the_case_by_case_sums(sequence, costs):
    left, function = list(costs), WHOLE
    handed_in = []
    for step in sequence:
        taken = take(function, step)
        plain = [taken_of(rest, step) for rest in left]
        # A euro of a case is never known better than to the rounding of the whole case, nor to a denormal number.
        for cost, euro in zip(costs, plain, strict=True):
            assert math.isclose(float(taken(cost)), euro, rel_tol=REL, abs_tol=REL * cost + TINY)
        function = function - taken
        left = [rest - euro for rest, euro in zip(left, plain, strict=True)]
        handed_in.append(taken)
    total = np.sum([f(costs) for f in [*handed_in, function]], axis=0)
    np.testing.assert_allclose(total, costs, rtol=REL, atol=TINY)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.floats(1, 1e6), min_size=1, max_size=5, unique=True), st.floats(0, 5e6))
def test_layers_between_thresholds_partition_a_case_exactly(thresholds, cost):
    edges = [0.0, *sorted(thresholds)]
    widths = [b - a for a, b in pairwise(edges)] + [None]
    layers = [WHOLE.layer(a, width) for a, width in zip(edges, widths, strict=True)]
    assert sum(float(layer(cost)) for layer in layers) == pytest.approx(cost, rel=1e-12, abs=1e-9)
    # As functions too: their sum is the whole case, but for what rounding leaves of a + (b - a) - b.
    whole = layers[0]
    for layer in layers[1:]:
        whole = whole + layer
    assert float(whole(cost)) == pytest.approx(cost, rel=1e-12, abs=1e-9)


def test_layers_at_round_thresholds_add_up_to_the_whole_function():
    low, middle, top = WHOLE.layer(0, 25_000), WHOLE.layer(25_000, 75_000), WHOLE.layer(100_000, None)
    assert low + middle + top == WHOLE
    assert low == CaseFunction((0.0, 25_000.0), (1.0, -1.0))
    assert middle == CaseFunction((25_000.0, 100_000.0), (1.0, -1.0))
    assert top == CaseFunction((100_000.0,), (1.0,))
    # vector P56: tiers of a case of EUR 310,000
    assert [float(f(310_000)) for f in (low, middle, top)] == [25_000, 75_000, 210_000]


def test_edges():
    assert WHOLE.layer(0, None) == WHOLE == WHOLE.above(0) == WHOLE.times(1.0)
    assert WHOLE.times(0.0) == NOTHING == WHOLE - WHOLE
    assert NOTHING.above(5) == NOTHING == NOTHING.layer(0, 10)
    assert NOTHING(7.0) == 0.0
    excess = WHOLE.above(100_000)
    assert float(excess(100_000)) == 0.0
    assert float(excess(100_000.5)) == 0.5
    layer = WHOLE.layer(75_000, 250_000)
    assert [float(layer(x)) for x in (0, 75_000, 325_000, 1e9)] == [0, 0, 250_000, 250_000]


def test_an_array_keeps_its_shape():
    costs = np.array([[0.0, 1.0], [2.0, 3.0]])
    np.testing.assert_array_equal(WHOLE.above(1)(costs), [[0, 0], [1, 2]])


def test_excess_of_what_a_capped_layer_left_starts_where_that_grows_again():
    # Of a case the band 50-150 is gone: what is left reaches 60 at a cost of 160, since it stands still at 50.
    left = WHOLE - WHOLE.layer(50, 100)
    assert left.above(60) == CaseFunction((160.0,), (1.0,))
    # Exactly 50 is reached at 50, but grows only from 150 on.
    assert left.above(50) == CaseFunction((150.0,), (1.0,))


def test_excess_of_a_flat_function_that_never_reaches_the_level_is_nothing():
    capped = WHOLE.layer(0, 100)
    assert capped.above(100) == NOTHING
    assert capped.above(1e6) == NOTHING


def test_rounding_left_of_a_slope_starts_no_excess():
    # Shares that should leave nothing leave some 1e-16 each: the function is flat above 100, not slowly rising to
    # reach 1,000 at a cost of 1e16.
    flat = CaseFunction((0.0, 100.0), (1.0, -1.0 + 1e-13))
    assert flat.above(1000) == NOTHING


@pytest.mark.parametrize("weights", [(1.0, -1.5), (-1.0, 2.0)])
def test_above_refuses_a_function_that_decreases(weights):
    with pytest.raises(ValueError, match="decreases"):
        CaseFunction((0.0, 100.0), weights).above(10)
