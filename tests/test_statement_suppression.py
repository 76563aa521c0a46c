"""Small cells: nothing about few children is shown or follows, worked out apart with ranks and linear programs."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from solidair.pool.statement.errors import StatementError
from solidair.pool.statement.recover import determined, equations
from solidair.pool.statement.suppression import (
    HIDDEN,
    Cells,
    ExposedError,
    Rules,
    Why,
    sensitive,
    suppress,
    with_totals,
)

CHILDREN = np.array([[12, 20, 4], [30, 15, 25], [11, 40, 13]])
AMOUNTS = np.array([[60, 100, 20], [150, 75, 125], [55, 200, 65]]) * 100_000
MEMBERS, FORMS = ("GM0001", "GM0002", "GM0003"), ("day", "home", "stay")
EXAMPLE = Cells(MEMBERS, FORMS, CHILDREN, AMOUNTS)
ALONE = Rules(insiders=False)


def table(children, amounts=None, largest=None):
    children = np.array(children, dtype=np.int64)
    amounts = children * 1000 if amounts is None else np.array(amounts, dtype=np.int64)
    codes = tuple(f"GM{row:04}" for row in range(children.shape[0]))
    names = tuple(f"form {column}" for column in range(children.shape[1]))
    return Cells(codes, names, children, amounts, None if largest is None else np.array(largest, dtype=np.int64))


def figures(shape):
    """Return every figure of a table with totals as a sum of cells, (figure, cell)."""
    sums = []
    for row, column in np.ndindex(shape[0] + 1, shape[1] + 1):
        cells = np.zeros(shape, dtype=np.int64)
        rows = slice(None) if row == shape[0] else row
        cells[rows, slice(None) if column == shape[1] else column] = 1
        sums.append(cells.ravel())
    return np.array(sums)


def bounds_of(values, hidden, least, wanted):
    """Return the lowest and highest value that a reader must hold possible of a hidden figure, by linear programs."""
    shape = (hidden.shape[0] - 1, hidden.shape[1] - 1)
    sums, shown = figures(shape), ~hidden.ravel()
    known = sums[shown] @ values.ravel()
    # What is shown is an equation; a hidden figure is at least `least`, and so is a hidden total.
    below, limit = -sums[~shown], np.full(int((~shown).sum()), -least)
    found = np.zeros((*hidden.shape, 2), dtype=np.int64)
    for place in np.flatnonzero(wanted):
        for side, sign in enumerate((1, -1)):
            fit = linprog(sign * sums[place], below, limit, sums[shown], known, bounds=(0, None), method="highs")
            assert fit.status == 0
            # The matrix is totally unimodular, so the end is a whole number.
            found[np.unravel_index(place, hidden.shape)][side] = round(sign * fit.fun)
    return found


def readers(cells, hidden, rules):
    """Yield the row that a reader knows, -1 for the public, and what is hidden from that reader."""
    yield -1, hidden
    if rules.insiders:
        for row in range(len(cells.codes)):
            seen = hidden.copy()
            seen[row] = False
            yield row, seen


def too_close(cells, hidden, rules):
    """Return the sensitive figures of which some reader knows too much."""
    why = sensitive(cells, rules)
    amounts = with_totals(cells.amounts)
    close = set()
    for _, seen in readers(cells, hidden, rules):
        wanted = seen & (why != Why.SHOWN)
        count = bounds_of(cells.children, seen, 1, wanted & (why == Why.FEW))
        money = bounds_of(cells.amounts, seen, 0, wanted)
        for row, column in np.argwhere(wanted):
            at = (int(row), int(column))
            few = why[at] == Why.FEW and count[at][1] < rules.fewest
            margin = int(np.ceil(rules.protect * amounts[at]))
            if few or money[at][1] < amounts[at] + margin or money[at][0] > amounts[at] - margin:
                close.add(at)
    assert (with_totals(cells.children)[hidden] > 0).all()
    return close


def recoverable(hidden):
    """Return what follows from the figures shown: adding it to them leaves the rank as it is."""
    sums = figures((hidden.shape[0] - 1, hidden.shape[1] - 1)).astype(float)
    shown = sums[~hidden.ravel()]
    rank = np.linalg.matrix_rank(shown) if len(shown) else 0
    follows = [hidden.flat[k] and np.linalg.matrix_rank(np.vstack([shown, sums[k]])) == rank for k in range(len(sums))]
    return np.array(follows).reshape(hidden.shape)


def test_one_small_cell_by_hand():
    # Stay of GM0001 is 4 children. Against the public a square of four cells is needed; in thousands of euros the
    # cheapest adds day of GM0001 and day and stay of GM0003: 60 + 55 + 65 = 180. By way of GM0002 it is 60 + 150 + 125,
    # by way of home 100 + 200 + 65. Stay can rise by 11 children, which leaves day of GM0001 one: 15 is above ten.
    hidden = suppress(EXAMPLE, ALONE).hidden
    assert hidden[:-1, :-1].tolist() == [[True, False, True], [False, False, False], [True, False, True]]
    assert not hidden[-1].any() and not hidden[:, -1].any()
    # GM0003 knows two corners of that square, and so all four. Against it a square with GM0002 is needed as well: day
    # of GM0001 is hidden already, so 150 + 125 for day and stay of GM0002, and not 100 + 75 + 125 with home.
    why = suppress(EXAMPLE).why
    others = Why.PROTECTS_OTHERS
    assert why[:-1, :-1].tolist() == [[others, 0, Why.FEW], [others, 0, others], [others, 0, others]]


def test_two_small_cells_that_add_up_to_few_children_are_not_enough():
    # Each row and column has two hidden cells, and none is determined; but the row of 4 and 3 shows what 7 children
    # cost together. So a third cell of that row goes.
    cells = table([[4, 3, 30, 40], [50, 60, 30, 40], [50, 60, 30, 40]])
    square = np.zeros((4, 5), dtype=bool)
    square[:2, :2] = True
    assert not determined(square).any()
    assert too_close(cells, square, ALONE) == {(0, 0), (0, 1)}
    assert np.count_nonzero(suppress(cells, ALONE).hidden[0]) >= 3


def test_a_hidden_cell_is_known_not_to_be_empty():
    # 3 and 7 children are ten together, but the 7 are known to be one at least, so the 3 at most nine.
    cells = table([[3, 7, 30, 40], [50, 60, 30, 40], [50, 60, 30, 40]])
    assert np.count_nonzero(suppress(cells, ALONE).hidden[0]) >= 3


def test_dominance_is_more_than_the_share():
    children = np.full((3, 3), 20)
    amounts = np.full((3, 3), 1_000_000)
    largest = np.full((3, 3), 100_000)
    largest[1, 1] = 800_000
    assert not suppress(table(children, amounts, largest)).hidden.any()
    largest[1, 1] = 800_001
    why = suppress(table(children, amounts, largest)).why
    assert why[1, 1] == Why.DOMINATED and np.count_nonzero(why == Why.DOMINATED) == 1
    assert not suppress(table(children, amounts)).hidden.any()


def test_an_empty_cell_is_shown_and_hides_nothing():
    # By way of the empty cell the square would cost 30 + 0 + 30, and by way of the last row 30 + 40 + 30.
    children = np.array([[3, 30, 40], [30, 0, 50], [30, 40, 50]])
    amounts = children * 1000
    amounts[0, 0] = 0
    result = suppress(table(children, amounts), ALONE)
    assert result.hidden[:-1, :-1].tolist() == [[True, True, False], [False, False, False], [True, True, False]]
    assert result.view().amounts[1, 1] == result.view().children[1, 1] == 0


def test_what_totals_give_away_is_refused_or_the_totals_are_hidden():
    # The only children of GM0000 are the 5 in one form: its total is that cell.
    cells = table([[5, 0, 0], [30, 40, 50], [31, 41, 51], [32, 42, 52]])
    with pytest.raises(ExposedError, match="GM0000, form 0") as caught:
        suppress(cells)
    assert "may_hide" in str(caught.value) and "5000" not in str(caught.value)
    rules = Rules(totals="may_hide")
    result = suppress(cells, rules)
    assert result.why[0, 0] == result.why[0, -1] == Why.FEW and not result.hidden[-1, -1]
    assert too_close(cells, result.hidden, rules) == set()


def test_two_members_know_everything_of_each_other():
    cells = table([[5, 40, 60], [30, 40, 60]])
    with pytest.raises(ExposedError, match="insiders = False"):
        suppress(cells)
    assert suppress(cells, ALONE).hidden[0, 0]


def test_a_grand_total_of_few_children_is_never_shown():
    with pytest.raises(ExposedError, match="nothing of this table"):
        suppress(table([[2, 3], [1, 1]]), Rules(totals="may_hide"))


def test_a_member_sees_its_own_row_and_nobody_elses():
    result = suppress(EXAMPLE)
    public, own = result.view(), result.view(for_member="GM0001")
    amounts = with_totals(AMOUNTS)
    assert own.amounts[0].tolist() == amounts[0].tolist() and own.children[0].tolist() == [12, 20, 4, 36]
    np.testing.assert_array_equal(own.amounts[1:], public.amounts[1:])
    assert (public.amounts[result.hidden] == HIDDEN).all() and (public.children[result.hidden] == HIDDEN).all()
    np.testing.assert_array_equal(public.amounts[~result.hidden], amounts[~result.hidden])
    with pytest.raises(StatementError, match="unknown member 'GM0004'"):
        result.view(for_member="GM0004")
    with pytest.raises(StatementError, match="insiders"):
        suppress(EXAMPLE, ALONE).view(for_member="GM0001")


def test_no_figure_stands_in_a_printout():
    shown = repr(suppress(EXAMPLE))
    assert "2000000" not in shown and "array" not in shown


@pytest.mark.parametrize(
    ("children", "amounts", "largest", "message"),
    [
        ([[-1]], [[1]], None, "no negative"),
        ([[0]], [[1]], None, "no children"),
        ([[2]], [[10]], [[4]], "average"),
        ([[2]], [[10]], [[11]], "at most the cell"),
        ([[2, 3]], [[10]], None, "whole numbers"),
        ([[20]], [[10**14]], None, "at most"),
    ],
)
def test_tables_that_cannot_be_are_refused(children, amounts, largest, message):
    with pytest.raises(StatementError, match=message):
        table(children, amounts, largest)


@pytest.mark.parametrize("rules", [{"fewest": 1}, {"dominance": 0.0}, {"protect": 1.5}])
def test_rules_that_cannot_be_are_refused(rules):
    with pytest.raises(StatementError, match="rules need"):
        Rules(**rules)


@st.composite
def tables(draw, rows=4, columns=4):
    shape = (draw(st.integers(1, rows)), draw(st.integers(1, columns)))
    size = shape[0] * shape[1]

    def fill(one):
        return np.array(draw(st.lists(one, min_size=size, max_size=size)), dtype=np.int64).reshape(shape)

    children = fill(st.one_of(st.integers(10, 40), st.integers(10, 40), st.integers(0, 12)))
    largest = fill(st.integers(0, 10_000)) * (children > 0)
    # The dearest child costs at most the cell and at least its average.
    amounts = np.where(children > 0, largest + fill(st.integers(0, 100)) * largest * (children - 1) // 100, 0)
    return table(children, amounts, largest if draw(st.booleans()) else None)


all_rules = st.builds(
    Rules,
    fewest=st.sampled_from([3, 10]),
    dominance=st.sampled_from([0.5, 0.8]),
    protect=st.sampled_from([0.1, 0.5]),
    insiders=st.booleans(),
    totals=st.sampled_from(["shown", "may_hide"]),
)


@settings(max_examples=40, deadline=None)
@given(tables(4, 3), all_rules)
def test_nothing_hidden_follows_or_is_known_too_closely(cells, rules):
    """If a table comes back it is safe; if it is refused, hiding every cell would not have been enough."""
    try:
        hidden = suppress(cells, rules).hidden
    except ExposedError:
        everything = with_totals(cells.children) > 0
        everything[-1, -1] = False
        if rules.totals == "shown":
            everything[-1, :] = everything[:, -1] = False
        corner = sensitive(cells, rules)[-1, -1] != Why.SHOWN
        assert corner or too_close(cells, everything, rules)
        return
    assert (hidden >= (sensitive(cells, rules) != Why.SHOWN)).all()
    assert not recoverable(hidden).any()
    assert too_close(cells, hidden, rules) == set()
    # A cell that is hidden for others is needed: without it something would be known too closely.
    for row, column in np.argwhere(hidden & (sensitive(cells, rules) == Why.SHOWN)):
        fewer = hidden.copy()
        fewer[row, column] = False
        assert too_close(cells, fewer, rules)


@settings(max_examples=60, deadline=None)
@given(tables(3, 3), st.booleans())
def test_no_difference_of_what_is_shown_rests_on_few_children(cells, insiders):
    rules = Rules(insiders=insiders)
    try:
        hidden = suppress(cells, rules).hidden
    except ExposedError:
        assume(False)
    for _, seen in readers(cells, hidden, rules):
        places = np.argwhere(seen)
        few = np.array([0 < cells.children[row, column] < rules.fewest for row, column in places], dtype=bool)
        counts = np.array([cells.children[row, column] for row, column in places])
        lines = equations(seen)
        # Every line added, subtracted or left out: what remains as a sum of hidden cells is known.
        for signs in product((-1, 0, 1), repeat=len(lines)):
            group = np.array(signs) @ lines
            if (group >= 0).all() and (group > 0)[few].any():
                assert counts[group > 0].sum() >= rules.fewest


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.randoms(use_true_random=False))
def test_elimination_finds_what_the_rank_finds(rows, columns, random):
    hidden = np.array([[random.random() < 0.5 for _ in range(columns + 1)] for _ in range(rows + 1)])
    np.testing.assert_array_equal(determined(hidden), recoverable(hidden))


@settings(max_examples=100, deadline=None)
@given(tables(6, 5), all_rules, st.randoms(use_true_random=False))
def test_the_order_of_members_and_categories_decides_nothing(cells, rules, random):
    i, j = (random.sample(range(size), size) for size in cells.children.shape)
    at = np.ix_(i, j)
    moved = Cells(
        tuple(cells.codes[k] for k in i),
        tuple(cells.categories[k] for k in j),
        cells.children[at],
        cells.amounts[at],
        None if cells.largest is None else cells.largest[at],
    )
    try:
        why = suppress(cells, rules).why
    except ExposedError as error:
        with pytest.raises(ExposedError) as caught:
            suppress(moved, rules)
        assert str(caught.value) == str(error)
    else:
        np.testing.assert_array_equal(suppress(moved, rules).why, why[np.ix_([*i, len(i)], [*j, len(j)])])
