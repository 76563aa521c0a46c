"""Corrections: the earlier statement plus the correction is the later one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solidair.pool.statement.correction import Change, Lines, add_correction, correct
from solidair.pool.statement.errors import StatementError

NAMES, MEMBERS = ("care", "pool", "balance"), ("GM0001", "GM0002", "GM0003")


def lines(codes, names, cents, year=2025):
    return Lines(year, tuple(codes), tuple(names), np.array(cents, dtype=np.int64).reshape(len(names), len(codes)))


def test_one_late_bill():
    # A bill of 300.00 of GM0001 comes late. Half is shared, a third of it each: 50.00. So the care line rises by
    # 300.00, and the balances move by +100.00, -50.00 and -50.00.
    earlier = lines(MEMBERS, ("care", "balance"), [[100_000, 50_000, 0], [20_000, 0, -20_000]])
    later = lines(MEMBERS, ("care", "balance"), [[130_000, 50_000, 0], [30_000, -5_000, -25_000]])
    result = correct(earlier, later, closing=["balance"])
    assert result.changes == (
        Change("care", "GM0001", 100_000, 130_000, 30_000),
        Change("balance", "GM0001", 20_000, 30_000, 10_000),
        Change("balance", "GM0002", 0, -5_000, -5_000),
        Change("balance", "GM0003", -20_000, -25_000, -5_000),
    )
    assert result.lines.cents.tolist() == [[30_000, 0, 0], [10_000, -5_000, -5_000]]


def test_a_member_or_line_that_one_of_them_lacks_counts_as_zero():
    earlier = lines(("GM0001", "GM0002"), ("care",), [[100, 200]])
    later = lines(("GM0003", "GM0001"), ("pool", "care"), [[7, 8], [300, 100]])
    result = correct(earlier, later)
    assert result.lines.codes == ("GM0003", "GM0001", "GM0002") and result.lines.lines == ("pool", "care")
    assert result.lines.cents.tolist() == [[7, 8, 0], [300, 0, -200]]
    assert add_correction(earlier, result).cents.tolist() == [[7, 8, 0], [300, 100, 0]]


def test_what_does_not_fit_is_refused():
    one = lines(MEMBERS, ("balance",), [[1, 2, -3]])
    with pytest.raises(StatementError, match="2025 and 2026"):
        correct(one, lines(MEMBERS, ("balance",), [[1, 2, -3]], 2026))
    with pytest.raises(StatementError, match="later statement sums to 1 cents"):
        correct(one, lines(MEMBERS, ("balance",), [[1, 2, -2]]), closing=["balance"])
    with pytest.raises(StatementError, match="neither"):
        correct(one, one, closing=["saldo"])
    with pytest.raises(StatementError, match="more than once"):
        lines(("GM0001", "GM0001"), ("care",), [[1, 2]])
    with pytest.raises(StatementError, match="whole cents"):
        Lines(2025, ("GM0001",), ("care",), np.array([[0.5]]))
    with pytest.raises(StatementError, match="it lacks care"):
        add_correction(lines(MEMBERS, ("care",), [[1, 2, 3]]), correct(one, one))
    with pytest.raises(StatementError, match="of 2025 and the statement of 2026"):
        add_correction(lines(MEMBERS, ("balance",), [[1, 2, 3]], 2026), correct(one, one))


@st.composite
def statements(draw):
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    codes = draw(st.lists(st.sampled_from(MEMBERS), unique=True, max_size=3))
    count = len(names) * len(codes)
    return lines(codes, names, draw(st.lists(st.integers(-(10**12), 10**12), min_size=count, max_size=count)))


@settings(max_examples=200, deadline=None)
@given(statements(), statements(), statements())
def test_corrections_close_and_add_up(first, second, third):
    one, two, both = correct(first, second), correct(second, third), correct(first, third)
    for line in NAMES:
        for code in MEMBERS:
            assert add_correction(first, one).of(line, code) == second.of(line, code)
            assert one.lines.of(line, code) + two.lines.of(line, code) == both.lines.of(line, code)
            assert correct(second, first).lines.of(line, code) == -one.lines.of(line, code)
    assert sum(change.difference for change in one.changes) == second.cents.sum() - first.cents.sum()
    assert all(change.difference == change.now - change.was != 0 for change in one.changes)
    assert correct(first, first).changes == ()
