"""Which cells to hide beside the sensitive ones, such that each of those can be moved far enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.pool.statement.paths import CLOSED
from solidair.pool.statement.protection import Room, move

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Cell = tuple[int, int]


@dataclass(frozen=True)
class Need:
    """What must stay possible for a reader: that a figure of a cell is this much higher, or lower.

    Parameters
    ----------
    cell
        Row and column in the table with totals.
    what
        Which figure of it, a key of the rooms.
    rises
        Whether it must be able to be higher.
    amount
        By how much, in the unit of the figure.
    """

    cell: Cell
    what: str
    rises: bool
    amount: int


def hide_others(
    rooms: Mapping[str, Room], needs: Sequence[Need], hidden: BoolArray, price: IntArray, insiders: bool
) -> list[Cell]:
    """Hide the cells that needs take, in place, and return the cells whose needs cannot be met.

    First need after need, cheapest paths. Hiding more never takes away what was possible, so one round is enough.
    Then, from the dearest on, every cell that was hidden for others is shown again if all needs that pass through it
    can still be met; until no cell can. What is left has no cell too many, but need not be the cheapest set: that is
    a hard problem (Kelly, Golden & Assad 1992).

    Parameters
    ----------
    rooms
        How far figures can move, by name of the figure.
    needs
        In the order in which they are met.
    hidden
        (row + 1, column + 1), at first the sensitive cells.
    price
        (row + 1, column + 1), what is lost by hiding a cell, not negative; CLOSED where it must stay shown.
    insiders
        Whether needs must also be met against each row that is known in full to its own reader.
    """
    own = hidden.copy()
    used: dict[Need, BoolArray] = {}
    short = []
    for need in needs:
        cells = _meet(rooms[need.what], need, hidden, price, insiders)
        if cells is None:
            short.append(need.cell)
        else:
            used[need] = cells
    if short:
        return sorted(set(short))
    nothing_more = np.full_like(price, CLOSED)
    shown = True
    while shown:
        shown = False
        others = [(int(row), int(column)) for row, column in np.argwhere(hidden & ~own)]
        for cell in sorted(others, key=lambda at: (-price[at], at)):
            hidden[cell] = False
            again = {}
            for need in (need for need, cells in used.items() if cells[cell]):
                cells = _meet(rooms[need.what], need, hidden, nothing_more, insiders)
                if cells is None:
                    hidden[cell] = True
                    break
                again[need] = cells
            else:
                used |= again
                shown = True
    return []


def _meet(room: Room, need: Need, hidden: BoolArray, price: IntArray, insiders: bool) -> BoolArray | None:
    """Hide cells until a need is met, and return what moves for it; None if it cannot be met."""
    movement = move(room, hidden, price, need.cell, need.rises, need.amount)
    if movement.reached < need.amount:
        return None
    used = movement.moved
    if insiders:
        # A member whose row does not move along knows nothing that stands in the way. The last row is that of totals.
        for row in np.flatnonzero(movement.moved[:-1].any(axis=1)):
            if row != need.cell[0]:
                without = move(room, hidden, price, need.cell, need.rises, need.amount, known_row=int(row))
                if without.reached < need.amount:
                    return None
                used = used | without.moved
    return used
