"""Euros to whole cents, such that rounded amounts still add up.

Amounts are first read to a millionth of a euro; from there on all arithmetic is in whole numbers. So what differs by
the order of a floating sum only, about 1e-7 EUR in a billion, is the same here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.pool.statement.errors import StatementError, sorted_by_code
from solidair.pool.statement.paths import CLOSED, cheapest_path

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PARTS = 10_000
"""Parts of a cent in which amounts are read: a part is a millionth of a euro."""

LARGEST_EUR = 4e9
"""Above it a part is below the spacing of doubles, and an amount would not be known to a part."""

LARGEST_SUM_EUR = 4e12
"""Above it parts could not be added in 64 bits."""


class RoundingError(StatementError):
    """Amounts cannot be rounded to the totals that were asked for."""


@dataclass(frozen=True, eq=False)
class RoundedTable:
    """A two-way table in whole cents that closes.

    Parameters
    ----------
    cells
        (row, column) cents.
    row_totals, column_totals
        Their sums, (row,) and (column,) cents.
    total
        Sum of all, cents.
    """

    cells: IntArray
    row_totals: IntArray
    column_totals: IntArray
    total: int


def round_to_cents(amounts: Sequence[float] | FloatArray, keys: Sequence[str], total: int | None = None) -> IntArray:
    """Return amounts in whole cents that sum to the rounded total: the method of largest remainders.

    Every amount is rounded down, towards minus infinity; the cents that are missing then go to the largest
    remainders. No other rounding to that total is nearer to the amounts in sum of squares (Balinski & Young
    1982, *Fair Representation*, on the method of Hamilton). Every amount moves by less than a cent.

    Parameters
    ----------
    amounts
        (member,) EUR, of any sign.
    keys
        (member,) a code per amount, each once. Of equal remainders the first code in the alphabet gets the cent.
    total
        Cents to sum to; if None the sum of amounts, half a cent away from zero.

    Returns
    -------
    ndarray
        (member,) cents.

    Raises
    ------
    StatementError
        If an amount is not a number or above 4e9 EUR, or a code is missing or occurs twice.
    RoundingError
        If the total cannot be reached with every amount moving by less than a cent.
    """
    parts = _parts(np.asarray(amounts, dtype=np.float64), 1)
    order = sorted_by_code(keys, len(parts), "keys")
    low = parts // PARTS
    rest = parts - low * PARTS
    total = _nearest(int(parts.sum())) if total is None else total
    missing = total - int(low.sum())
    if not 0 <= missing <= np.count_nonzero(rest):
        lowest = int(low.sum())
        raise RoundingError(_out_of_reach("the total", total, lowest, lowest + int(np.count_nonzero(rest))))
    # A stable sort keeps the alphabet among equals.
    first = order[np.argsort(-rest[order], kind="stable")][:missing]
    low[first] += 1
    return low


def round_table(
    table: FloatArray,
    row_keys: Sequence[str],
    column_keys: Sequence[str],
    row_totals: Sequence[int] | IntArray | None = None,
    column_totals: Sequence[int] | IntArray | None = None,
    total: int | None = None,
) -> RoundedTable:
    r"""Return a table in whole cents whose rows and columns close, every figure less than a cent from what it was.

    Controlled rounding. Put the totals in as a last row and column with the opposite sign; then every line of the
    larger table sums to zero. Each of its figures may go down or up to a whole cent; which go up is a transport
    problem with capacities of one. The unrounded table is a solution of it in fractions, and a transport problem with
    whole numbers that has any solution has one in whole numbers (Bacharach 1966; Cox & Ernst 1982, *Controlled
    rounding*). So without given totals a rounding always exists. Among all roundings this one has

    1. the grand total nearest to the sum, half a cent away from zero;
    2. then the smallest sum of squared moves of the row and column totals;
    3. then the smallest sum of squared moves of the cells.

    The method is cheapest paths one after another, in whole numbers (Busacker & Gowen 1961). For tables of three ways
    there is no such guarantee (Causey, Cox & Ernst 1985): round them two ways at a time.

    Parameters
    ----------
    table
        (row, column) EUR, of any sign, such as clause by member.
    row_keys, column_keys
        A code per row and column, each once. They decide between roundings that are equally near.
    row_totals, column_totals
        Cents, if they are fixed already, such as bills that were sent; (row,) and (column,). A rounding to given totals
        may not exist, also where each of them is right to a cent.
    total
        Cents of the grand total, if fixed already; follows from given row or column totals.

    Raises
    ------
    StatementError
        If an amount is not a number or above 4e9 EUR, or a code is missing or occurs twice.
    RoundingError
        If no rounding has the totals that were given.
    """
    parts = _parts(np.asarray(table, dtype=np.float64), 2)
    rows, columns = parts.shape
    by_row, by_column = sorted_by_code(row_keys, rows, "row keys"), sorted_by_code(column_keys, columns, "column keys")
    parts = parts[np.ix_(by_row, by_column)]
    wide = _with_totals(parts)
    low = wide // PARTS
    rest = wide - low * PARTS
    row_cents = None if row_totals is None else _given(row_totals, rows, "row totals")
    column_cents = None if column_totals is None else _given(column_totals, columns, "column totals")
    sums = [int(given.sum()) for given in (row_cents, column_cents) if given is not None]
    if total is None:
        total = sums[0] if sums else _nearest(int(wide[-1, -1]))
    if any(given != total for given in sums):
        raise RoundingError(f"the totals that were given sum to {sums} cents, and the grand total is {total}")
    _fix(low, rest, (rows, columns), total, "the grand total")
    if row_cents is not None:
        for place, source in enumerate(by_row):
            _fix(low, rest, (place, columns), -int(row_cents[source]), f"the total of row {row_keys[source]}")
    if column_cents is not None:
        for place, source in enumerate(by_column):
            _fix(low, rest, (rows, place), -int(column_cents[source]), f"the total of column {column_keys[source]}")
    low += _ups(low, rest)
    cells = np.empty((rows, columns), dtype=np.int64)
    cells[np.ix_(by_row, by_column)] = low[:-1, :-1]
    return RoundedTable(cells, cells.sum(axis=1), cells.sum(axis=0), int(cells.sum()))


def _ups(low: IntArray, rest: IntArray) -> IntArray:
    """Return 1 where a figure of the larger table goes up a cent and 0 elsewhere, such that lines sum to 0."""
    up = np.zeros_like(low)
    free = rest > 0
    # Squared move of going up less that of going down, times PARTS. Totals come first: a single step better in them,
    # which is two parts, outweighs all cells together.
    price = PARTS - 2 * rest
    weight = np.ones_like(low)
    weight[-1, :] = weight[:, -1] = PARTS * low.size
    price = price * weight
    rows, columns = -low.sum(axis=1), -low.sum(axis=0)
    while rows.any() or columns.any():
        out = np.where(free & (up == 0), price, CLOSED)
        back = np.where(free & (up == 1), -price, CLOSED)
        path = None if min(rows.min(), columns.min()) < 0 else cheapest_path(out, back, rows > 0, columns > 0)
        if path is None:
            raise RoundingError(
                "no rounding of this table has the totals that were given; leave those of one side free"
            )
        for row, column in path:
            up[row, column] = 1 - up[row, column]
        rows[path[0][0]] -= 1
        columns[path[-1][1]] -= 1
    return up


def _fix(low: IntArray, rest: IntArray, cell: tuple[int, int], cents: int, what: str) -> None:
    """Set a figure of the larger table to given cents, which must be its amount rounded down or up."""
    lowest, highest = int(low[cell]), int(low[cell]) + int(rest[cell] > 0)
    if not lowest <= cents <= highest:
        # The larger table has totals with the opposite sign, but for the corner.
        sign = 1 if cell == (low.shape[0] - 1, low.shape[1] - 1) else -1
        ends = sorted((sign * lowest, sign * highest))
        raise RoundingError(_out_of_reach(what, sign * cents, *ends))
    low[cell], rest[cell] = cents, 0


def _with_totals(parts: IntArray) -> IntArray:
    """Return the table with totals of the opposite sign as last row and column: every line sums to zero."""
    wide = np.zeros((parts.shape[0] + 1, parts.shape[1] + 1), dtype=np.int64)
    wide[:-1, :-1] = parts
    wide[:-1, -1] = -parts.sum(axis=1)
    wide[-1, :] = -wide[:-1, :].sum(axis=0)
    return wide


def _parts(amounts: FloatArray, axes: int) -> IntArray:
    """Return amounts in parts of a cent; for at most 4e9 EUR each is less than one part off."""
    if amounts.ndim != axes:
        raise StatementError(f"amounts have {amounts.ndim} axes instead of {axes}")
    if not np.all(np.abs(amounts) <= LARGEST_EUR):
        raise StatementError(f"amounts must be numbers of at most EUR {LARGEST_EUR:,.0f} in size")
    if np.abs(amounts).sum() > LARGEST_SUM_EUR:
        raise StatementError(f"amounts are more than EUR {LARGEST_SUM_EUR:,.0f} together")
    return np.rint(amounts * (100 * PARTS)).astype(np.int64)


def _given(totals: Sequence[int] | IntArray, count: int, what: str) -> IntArray:
    """Return given totals as whole cents."""
    cents = np.asarray(totals)
    if cents.shape != (count,) or not np.issubdtype(cents.dtype, np.integer):
        raise StatementError(f"{what} must be {count} whole numbers of cents")
    return cents.astype(np.int64)


def _nearest(parts: int) -> int:
    """Return whole cents, half a cent away from zero."""
    cents = (2 * abs(parts) + PARTS) // (2 * PARTS)
    return cents if parts >= 0 else -cents


def _out_of_reach(what: str, cents: int, lowest: int, highest: int) -> str:
    return f"{what} cannot be {cents} cents: with every amount less than a cent off it lies from {lowest} to {highest}"
