"""Rounding to cents: totals close, nothing moves by a cent, and no other rounding is nearer."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.pool.statement.errors import StatementError
from solidair.pool.statement.rounding import PARTS, RoundingError, round_table, round_to_cents

CENT = Fraction(1, 100)
# Few different remainders, so that ties are common, beside any amount.
euros = st.one_of(
    st.integers(-40, 40).map(lambda quarters: quarters / 400), st.floats(-4e9, 4e9), st.floats(-1, 1), st.just(0.0)
)


def codes(count, letter="GM"):
    return [f"{letter}{place:04}" for place in range(count)]


def parts(amounts):
    """Return millionths of a euro, exactly."""
    return [round(Fraction(float(amount)) * 100 * PARTS) for amount in np.ravel(amounts)]


def nearest(total):
    """Return parts in whole cents, half away from zero."""
    size = int(Fraction(abs(total), PARTS) + Fraction(1, 2))
    return size if total >= 0 else -size


def squares(cents, amounts):
    return sum((PARTS * int(c) - p) ** 2 for c, p in zip(np.ravel(cents), parts(amounts), strict=True))


def test_three_thirds_of_a_hundred_euros():
    # 33.33 each makes 99.99; the cent goes to the first code, wherever it stands.
    third = [100 / 3] * 3
    assert round_to_cents(third, ["GM0003", "GM0001", "GM0002"]).tolist() == [3333, 3334, 3333]


def test_signed_amounts_are_rounded_down_first():
    # In cents 10.6, -4.2 and -6.4 sum to 0. Down: 10, -5, -7, sum -2; remainders .6, .8, .6. The cents go to the
    # second and, of the two that are equal, to the first code.
    amounts = [0.106, -0.042, -0.064]
    assert round_to_cents(amounts, ["a", "b", "c"]).tolist() == [11, -4, -7]
    assert round_to_cents(amounts, ["z", "b", "c"]).tolist() == [10, -4, -6]


def test_half_a_cent_goes_away_from_zero():
    assert round_to_cents([0.005], ["a"]).tolist() == [1]
    assert round_to_cents([-0.005], ["a"]).tolist() == [-1]
    assert round_to_cents([0.004999], ["a"]).tolist() == [0]
    assert round_to_cents([], []).tolist() == []


def test_a_given_total_is_reached_or_refused():
    # Down 10 and 20, up 11 and 21: totals from 30 to 32.
    amounts, keys = [0.107, 0.201], ["a", "b"]
    assert [round_to_cents(amounts, keys, total).tolist() for total in (30, 31, 32)] == [[10, 20], [11, 20], [11, 21]]
    for total in (29, 33):
        with pytest.raises(RoundingError, match="from 30 to 32"):
            round_to_cents(amounts, keys, total)


@pytest.mark.parametrize(
    ("amounts", "keys", "message"),
    [
        ([1.0, float("nan")], ["a", "b"], "numbers of at most"),
        ([1.0, 5e9], ["a", "b"], "numbers of at most"),
        ([1.0, 2.0], ["a", "a"], "a occurs more than once"),
        ([1.0, 2.0], ["a"], "1 given for 2"),
        ([[1.0]], ["a"], "2 axes"),
        ([4e9] * 1001, [str(place) for place in range(1001)], "together"),
    ],
)
def test_what_cannot_be_rounded_is_refused(amounts, keys, message):
    with pytest.raises(StatementError, match=message):
        round_to_cents(amounts, keys)


@settings(max_examples=300, deadline=None)
@given(st.lists(euros, max_size=12), st.randoms(use_true_random=False))
def test_rounded_amounts_close_and_do_not_depend_on_the_order(amounts, random):
    keys = codes(len(amounts))
    cents = round_to_cents(amounts, keys)
    assert cents.sum() == nearest(sum(parts(amounts)))
    assert all(abs(int(c) * CENT - Fraction(a)) < CENT for c, a in zip(cents, amounts, strict=True))
    order = random.sample(range(len(amounts)), len(amounts))
    moved = round_to_cents([amounts[place] for place in order], [keys[place] for place in order])
    assert moved.tolist() == cents[order].tolist()


@settings(max_examples=200, deadline=None)
@given(st.lists(euros, min_size=1, max_size=6))
def test_no_other_rounding_to_the_total_is_nearer(amounts):
    cents = round_to_cents(amounts, codes(len(amounts)))
    low = [part // PARTS for part in parts(amounts)]
    others = ([a + b for a, b in zip(low, up, strict=True)] for up in product((0, 1), repeat=len(low)))
    assert squares(cents, amounts) == min(squares(o, amounts) for o in others if sum(o) == cents.sum())


def test_a_sum_in_another_order_gives_the_same_cents():
    # 0.1 + 0.2 + 0.3 is 0.6000000000000001 from the left and 0.6 from the right: remainders that are equal stay so.
    left, right = (0.1 + 0.2) + 0.3, 0.1 + (0.2 + 0.3)
    assert left != right
    for first, second in ((left, right), (right, left)):
        assert round_to_cents([first / 8, second / 8], ["a", "b"]).tolist() == [8, 7]


def test_four_half_cents_in_a_square():
    # Rows and columns are 1 cent each and the total 2, so the cents stand on a diagonal.
    table = round_table(np.full((2, 2), 0.005), ["r", "s"], ["c", "d"])
    assert table.row_totals.tolist() == table.column_totals.tolist() == [1, 1]
    assert table.total == 2
    assert sorted(table.cells.ravel().tolist()) == [0, 0, 1, 1]


def test_totals_that_are_right_one_by_one_can_be_impossible_together():
    # Half a cent twice, on the diagonal: the total is 1 cent. If row r is 1 cent then cell (r, c) is, and so column c
    # is.
    amounts, rows, columns = np.array([[0.005, 0.0], [0.0, 0.005]]), ["r", "s"], ["c", "d"]
    table = round_table(amounts, rows, columns)
    assert table.cells.tolist() in ([[1, 0], [0, 0]], [[0, 0], [0, 1]])
    assert round_table(amounts, rows, columns, column_totals=[0, 1]).cells.tolist() == [[0, 0], [0, 1]]
    with pytest.raises(RoundingError, match="no rounding"):
        round_table(amounts, rows, columns, row_totals=[1, 0], column_totals=[0, 1])
    with pytest.raises(RoundingError, match=r"the total of row r cannot be 2 cents.*from 0 to 1"):
        round_table(amounts, rows, columns, row_totals=[2, -1])
    with pytest.raises(RoundingError, match="sum to"):
        round_table(amounts, rows, columns, row_totals=[1, 0], column_totals=[1, 1])
    with pytest.raises(StatementError, match="whole numbers"):
        round_table(amounts, rows, columns, row_totals=[0.5, 0.5])


def test_cells_that_are_nearest_one_by_one_need_not_close():
    # In cents .4 .4 .4 | 1.2 and .6 .6 .6 | 1.8, columns 1.0 each, total 3. Nearest cells would give rows 0 and 3; rows
    # of 1 and 2 are nearest to 1.2 and 1.8, so one column has its cent in the first row.
    table = round_table(np.array([[0.004] * 3, [0.006] * 3]), ["r", "s"], codes(3))
    assert table.row_totals.tolist() == [1, 2]
    assert table.column_totals.tolist() == [1, 1, 1]


def tables(rows, columns):
    return st.tuples(st.integers(1, rows), st.integers(1, columns)).flatmap(
        lambda shape: st.lists(euros, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
            lambda amounts: np.array(amounts).reshape(shape)
        )
    )


@settings(max_examples=200, deadline=None)
@given(tables(6, 7), st.randoms(use_true_random=False))
def test_a_table_closes_both_ways_and_does_not_depend_on_the_order(amounts, random):
    rows, columns = codes(amounts.shape[0], "r"), codes(amounts.shape[1])
    table = round_table(amounts, rows, columns)
    exact = np.array(parts(amounts), dtype=object).reshape(amounts.shape)
    assert table.total == nearest(exact.sum()) == table.row_totals.sum() == table.column_totals.sum()
    np.testing.assert_array_equal(table.row_totals, table.cells.sum(axis=1))
    np.testing.assert_array_equal(table.column_totals, table.cells.sum(axis=0))
    for cents, amount in zip(table.cells.flat, amounts.flat, strict=True):
        assert abs(int(cents) * CENT - Fraction(float(amount))) < CENT
    for totals, axis in ((table.row_totals, 1), (table.column_totals, 0)):
        assert (np.abs(totals.astype(object) * PARTS - exact.sum(axis=axis)) < PARTS).all()
    i, j = (random.sample(range(size), size) for size in amounts.shape)
    moved = round_table(amounts[np.ix_(i, j)], [rows[k] for k in i], [columns[k] for k in j])
    np.testing.assert_array_equal(moved.cells, table.cells[np.ix_(i, j)])


@settings(max_examples=150, deadline=None)
@given(tables(3, 3))
def test_no_other_table_is_nearer(amounts):
    table = round_table(amounts, codes(amounts.shape[0], "r"), codes(amounts.shape[1]))
    exact = np.array(parts(amounts), dtype=object).reshape(amounts.shape)

    def distance(cells):
        sides = ((cells.sum(axis=a) * PARTS - exact.sum(axis=a)) for a in (0, 1))
        return sum((side**2).sum() for side in sides), ((cells * PARTS - exact) ** 2).sum()

    low, free = exact // PARTS, exact % PARTS > 0
    best = None
    for up in product(*((0, 1) if may else (0,) for may in free.flat)):
        cells = low + np.array(up, dtype=object).reshape(low.shape)
        sides = [np.abs(cells.sum(axis=a) * PARTS - exact.sum(axis=a)).max() < PARTS for a in (0, 1)]
        if all(sides) and cells.sum() == table.total:
            best = distance(cells) if best is None else min(best, distance(cells))
    assert distance(table.cells.astype(object)) == best


@settings(max_examples=100, deadline=None)
@given(tables(4, 5))
def test_totals_of_one_rounding_given_back_give_it_again_or_one_as_near(amounts):
    rows, columns = codes(amounts.shape[0], "r"), codes(amounts.shape[1])
    free = round_table(amounts, rows, columns)
    fixed = round_table(amounts, rows, columns, free.row_totals, free.column_totals)
    np.testing.assert_array_equal(fixed.row_totals, free.row_totals)
    np.testing.assert_array_equal(fixed.column_totals, free.column_totals)
    assert squares(fixed.cells, amounts) == squares(free.cells, amounts)
