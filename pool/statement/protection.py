"""How far a hidden cell can move while everything that is published stays the same, and which cells to hide for it.

If a hidden cell rises, others of its row and column must fall. All such movements together are a flow in the graph of
rows and columns, in which a cell can fall to its least possible value and rise without limit. So the largest value
that a reader must hold possible is a maximum flow (Kelly, Golden & Assad 1992, *Cell suppression: disclosure
protection for sensitive tabular data*; Gusfield 1988 for two-way tables).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.pool.statement.paths import CLOSED, cheapest_path

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

UNLIMITED = 2**60


@dataclass(frozen=True, eq=False)
class Room:
    """How far each figure of a table can move at most, whatever is hidden around it.

    The table has totals as last row and column, with the opposite sign, so that every line sums to zero. `up` and
    `down` are about the figure with that sign.

    Parameters
    ----------
    up, down
        (row + 1, column + 1), not negative, UNLIMITED where nothing limits it.
    """

    up: IntArray
    down: IntArray

    @classmethod
    def of(cls, values: IntArray, least: int) -> Room:
        """Return the room of figures that a reader knows to be at least `least` where they are hidden.

        Parameters
        ----------
        values
            (row + 1, column + 1), totals as last row and column, all with their own sign: not negative.
        """
        free = np.full(values.shape, UNLIMITED, dtype=np.int64)
        fall = np.maximum(values - least, 0)
        total = np.zeros(values.shape, dtype=np.bool_)
        total[-1, :-1] = total[:-1, -1] = True
        return cls(np.where(total, fall, free), np.where(total, free, fall))


@dataclass(frozen=True, eq=False)
class Movement:
    """A movement of hidden cells that leaves everything published as it is.

    Parameters
    ----------
    reached
        How far the cell moves.
    moved
        (row + 1, column + 1), whether a figure moves along, without the cell itself.
    """

    reached: int
    moved: BoolArray


def move(
    room: Room, hidden: BoolArray, price: IntArray, cell: tuple[int, int], rises: bool, need: int, known_row: int = -1
) -> Movement:
    """Move a hidden cell as far as needed, hiding the cheapest cells that this takes.

    First only cells that are hidden already move. Then each next path is the cheapest that takes all of what is left,
    or the cheapest at all if none does. Cells are chosen one path after another, which need not give the cheapest
    set.

    Parameters
    ----------
    room
        How far figures can move.
    hidden
        (row + 1, column + 1), what is hidden; cells that are hidden for this movement are set in place.
    price
        What is lost by hiding a cell; CLOSED where it must stay shown.
    cell
        The cell to move.
    rises
        Whether its value, with its own sign, rises.
    need
        How far it should move.
    known_row
        A row that this reader knows in full, so nothing moves in it; -1 if there is none.
    """
    last_row, last_column = hidden.shape[0] - 1, hidden.shape[1] - 1
    is_total = (cell[0] == last_row) != (cell[1] == last_column)
    # If the figure rises, the next one in its row falls: from row to column figures go against it, back with it.
    out, back = (room.down, room.up) if rises != is_total else (room.up, room.down)
    fixed = np.zeros(hidden.shape, dtype=np.bool_)
    fixed[cell] = True
    if known_row >= 0:
        fixed[known_row, :] = True
    starts = np.arange(last_row + 1) == cell[0]
    ends = np.arange(last_column + 1) == cell[1]
    flow = np.zeros(hidden.shape, dtype=np.int64)
    left = need
    # The longest path passes every line once; a price above it keeps the number of steps from outweighing a cent.
    lines = sum(hidden.shape)
    to_hide = np.where(price < CLOSED, 1 + lines * np.where(price < CLOSED, price, 0), CLOSED)
    opened = False
    while left > 0:
        cost = np.where(fixed, CLOSED, np.where(hidden, 1, to_hide if opened else CLOSED))
        path = None
        for least in (left, 1) if opened else (1,):
            path = cheapest_path(
                np.where(out - flow >= least, cost, CLOSED), np.where(back + flow >= least, cost, CLOSED), starts, ends
            )
            if path is not None:
                break
        if path is None:
            if opened:
                break
            opened = True
            continue
        signs = [1 if step % 2 == 0 else -1 for step in range(len(path))]
        spare = [int((out - flow)[at] if sign > 0 else (back + flow)[at]) for at, sign in zip(path, signs, strict=True)]
        pushed = min(left, *spare)
        for at, sign in zip(path, signs, strict=True):
            flow[at] += sign * pushed
            hidden[at] = True
        left -= pushed
    return Movement(need - left, flow != 0)
