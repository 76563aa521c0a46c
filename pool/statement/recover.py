"""What follows exactly from a table with hidden cells: linear algebra in whole numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def equations(hidden: BoolArray) -> IntArray:
    """Return what is published as equations in the hidden cells, one row per line of the table.

    In a table with totals as last row and column every line says that its cells sum to its total. What is shown goes
    to the other side, so a line leaves one equation in its hidden cells: 1 for a cell, -1 for a hidden total of it,
    where a row's total stands in the last column and also counts as a cell of that column.

    Parameters
    ----------
    hidden
        (row + 1, column + 1), totals as last row and column.

    Returns
    -------
    ndarray
        (row + 1 + column + 1, hidden cell), with cells in the order of `numpy.argwhere`.
    """
    rows, columns = hidden.shape
    places = np.argwhere(hidden)
    matrix = np.zeros((rows + columns, len(places)), dtype=np.int64)
    for cell, (row, column) in enumerate(places):
        matrix[row, cell] = -1 if column == columns - 1 else 1
        matrix[rows + column, cell] = -1 if row == rows - 1 else 1
    return matrix


def determined(hidden: BoolArray) -> BoolArray:
    """Return which hidden cells some combination of the published equations gives back, (row + 1, column + 1).

    Gauss-Jordan elimination. A cell is determined if and only if a row of the reduced matrix has it alone. The
    equations are those of a graph with two kinds of points, so every entry on the way is -1, 0 or 1 (Heller &
    Tompkins 1956) and the answer is exact.
    """
    matrix = equations(hidden)
    pivot = 0
    for column in range(matrix.shape[1]):
        candidates = np.flatnonzero(matrix[pivot:, column])
        if not candidates.size:
            continue
        chosen = pivot + int(candidates[0])
        matrix[[pivot, chosen]] = matrix[[chosen, pivot]]
        matrix[pivot] *= matrix[pivot, column]
        others = np.flatnonzero(matrix[:, column])
        others = others[others != pivot]
        matrix[others] -= matrix[others, column][:, None] * matrix[pivot]
        pivot += 1
        if pivot == matrix.shape[0]:
            break
    alone = np.count_nonzero(matrix, axis=1) == 1
    known = np.zeros(hidden.shape, dtype=np.bool_)
    known[hidden] = (matrix[alone] != 0).any(axis=0)
    return known
