"""The cheapest path in a two-way table: from lines to lines, by way of the cells where they cross.

Rounding and suppression are both about tables whose rows and columns must keep adding up. If one cell of a row rises,
another must fall, which disturbs its column, and so on. Such a chain is a path in the graph that has rows and columns
as points and cells as edges (Cox 1987, *A constructive procedure for unbiased controlled rounding*).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

CLOSED = 2**60
"""Cost of a step that may not be taken. Paths that are possible cost less than half of it."""


def cheapest_path(out: IntArray, back: IntArray, starts: BoolArray, ends: BoolArray) -> list[tuple[int, int]] | None:
    """Return the cells of a cheapest path from a row to a column, or None if there is none.

    Bellman (1958) and Ford (1956), on whole numbers. Of equal steps the first is taken, so the path is determined by
    the order of lines.

    Parameters
    ----------
    out
        Cost of going from row to column through a cell, (row, column); CLOSED where that is not allowed. It may be
        negative, as long as no round trip gains.
    back
        The same from column to row, (row, column).
    starts
        Rows where the path may start, (row,).
    ends
        Columns where it may end, (column,).

    Returns
    -------
    list of (row, column) or None
        Cells in the order of the path: 1st, 3rd, ... passed from row to column, 2nd, 4th, ... from column to row.
    """
    rows, columns = out.shape
    to_row = np.where(starts, 0, CLOSED).astype(np.int64)
    to_column = np.full(columns, CLOSED, dtype=np.int64)
    from_row = np.full(columns, -1, dtype=np.intp)
    from_column = np.full(rows, -1, dtype=np.intp)
    while True:
        reach = to_row[:, None] + out
        via = reach.argmin(axis=0)
        cost = reach[via, np.arange(columns)]
        better = (cost < CLOSED // 2) & (cost < to_column)
        to_column[better], from_row[better] = cost[better], via[better]
        if not better.any():
            break
        reach = to_column[None, :] + back
        via = reach.argmin(axis=1)
        cost = reach[np.arange(rows), via]
        better = (cost < CLOSED // 2) & (cost < to_row)
        to_row[better], from_column[better] = cost[better], via[better]
        if not better.any():
            break
    candidates = np.where(ends, to_column, CLOSED)
    column = int(candidates.argmin())
    if candidates[column] >= CLOSED // 2:
        return None
    path = []
    while True:
        row = int(from_row[column])
        path.append((row, column))
        if from_column[row] < 0:
            return path[::-1]
        column = int(from_column[row])
        path.append((row, column))
