"""Small cells: a table of cost by member and category in which no figure is about few children.

What is guarded, against every reader who has the table and knows that no amount is negative and no empty cell is
hidden:

- no cell, and no difference of what is shown, rests on 1 to `fewest - 1` children;
- no hidden cell follows from the totals by any linear combination;
- of a cell that rests on few children, or mostly on one child, the amount is not known within `protect` of itself, up
  or down;
- the same against each single member that knows its own row, unless `insiders` is off.

What is not guarded: members that lay their knowledge together; what a reader knows from elsewhere, such as a tariff
or the cost of one child; what somebody concludes from the choice of cells by running the same rules over all tables
that are possible; two tables that overlap, such as quarters and a year, or an earlier version; a child that is in two
categories, which counts twice in the total of its member; and cells that were hidden only to protect others, whose
figures may be known more closely.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from solidair.models.problems import suggest
from solidair.pool.statement.errors import StatementError, sorted_by_code
from solidair.pool.statement.paths import CLOSED
from solidair.pool.statement.protection import Room
from solidair.pool.statement.recover import determined
from solidair.pool.statement.secondary import Need, hide_others

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

HIDDEN = -1
"""Stands in a view where a figure is hidden; no figure of a table is negative."""

LARGEST_SUM = 10**13
"""Cents in a table: 100 billion euros. Prices of paths stay far below 64 bits."""


class ExposedError(StatementError):
    """A cell cannot be protected as long as the totals are shown. The message has no amounts."""


class RecoverableError(ArithmeticError):
    """A hidden cell follows from what is published. Never the fault of the input; nothing is returned."""


class Why(IntEnum):
    """Why a cell is hidden. Never for readers: who knows the reason knows more about the cell."""

    SHOWN = 0
    FEW = 1
    DOMINATED = 2
    PROTECTS_OTHERS = 3


@dataclass(frozen=True)
class Rules:
    """When a cell is hidden.

    Parameters
    ----------
    fewest
        Children that a figure must rest on, at least 2.
    dominance
        A cell of which one child is more than this share is hidden; between 0 and 1.
    protect
        Share of its amount within which a cell must not be known; between 0 and 1.
    insiders
        Whether cells are also protected against each member that knows its own row.
    totals
        `shown`: totals are published whatever they rest on. `may_hide`: those of a member or category are hidden too if
        they rest on few children or mostly on one, or if nothing else protects a cell. The grand total is always shown.
    """

    fewest: int = 10
    dominance: float = 0.8
    protect: float = 0.1
    insiders: bool = True
    totals: Literal["shown", "may_hide"] = "shown"

    def __post_init__(self) -> None:
        if self.fewest < 2 or not 0 < self.dominance <= 1 or not 0 < self.protect <= 1:
            raise StatementError("rules need fewest of at least 2, and dominance and protect above 0 and at most 1")


@dataclass(frozen=True, eq=False)
class Cells:
    """Cost by member and category, before anything is hidden. Its printout shows no figure.

    Parameters
    ----------
    codes
        CBS codes of the members, each once.
    categories
        Names of the categories, each once.
    children
        (member, category) number of children.
    amounts
        (member, category) cents, not negative, and 0 where there are no children.
    largest
        (member, category) cents of the dearest child; None if unknown, and then dominance is not judged.

    Raises
    ------
    StatementError
        If shapes do not fit, a figure is negative or not whole, a cell has an amount and no children, or the dearest
        child costs more than its cell or less than the average of it.
    """

    codes: tuple[str, ...]
    categories: tuple[str, ...]
    children: IntArray = field(repr=False)
    amounts: IntArray = field(repr=False)
    largest: IntArray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        sorted_by_code(self.codes, len(self.codes))
        sorted_by_code(self.categories, len(self.categories), "categories")
        given = [self.children, self.amounts] + ([] if self.largest is None else [self.largest])
        shape = (len(self.codes), len(self.categories))
        if any(part.shape != shape or not np.issubdtype(part.dtype, np.integer) for part in given):
            raise StatementError(f"a table needs whole numbers, {shape[0]} members by {shape[1]} categories")
        if any((part < 0).any() for part in given):
            raise StatementError("a table of cost has no negative figures; show corrections apart")
        if self.amounts.sum(dtype=np.float64) > LARGEST_SUM:
            raise StatementError(f"a table holds at most {LARGEST_SUM:,} cents")
        if (self.amounts[self.children == 0] != 0).any():
            raise StatementError("a cell has an amount and no children; show amounts that are about no child apart")
        if self.largest is not None and (
            (self.largest > self.amounts).any() or (self.largest * self.children < self.amounts).any()
        ):
            raise StatementError("the dearest child of a cell costs at most the cell, and at least its average")


@dataclass(frozen=True, eq=False)
class View:
    """What one reader sees: totals as last row and column, HIDDEN where nothing is shown.

    Parameters
    ----------
    codes, categories
        Of the rows and columns but the last.
    children
        (member + 1, category + 1).
    amounts
        (member + 1, category + 1) cents.
    """

    codes: tuple[str, ...]
    categories: tuple[str, ...]
    children: IntArray
    amounts: IntArray


@dataclass(frozen=True, eq=False)
class Suppressed:
    """A table with its small cells marked. Give readers a `view`, never this.

    Parameters
    ----------
    cells
        What was given.
    rules
        When cells are hidden.
    why
        (member + 1, category + 1) `Why`, totals as last row and column.
    """

    cells: Cells
    rules: Rules
    why: IntArray = field(repr=False)

    @property
    def hidden(self) -> BoolArray:
        """Whether a figure is hidden from everybody but its member, (member + 1, category + 1)."""
        return np.asarray(self.why != Why.SHOWN)

    def view(self, for_member: str | None = None) -> View:
        """Return what a reader sees: the public, or a member, who sees its own row in full.

        Raises
        ------
        StatementError
            If there is no such member, or the table was not protected against what members know.
        """
        hidden = self.hidden.copy()
        if for_member is not None:
            if for_member not in self.cells.codes:
                raise StatementError(f"unknown member '{for_member}'. {suggest(for_member, self.cells.codes)}")
            if not self.rules.insiders:
                raise StatementError("not safe for a member beside its own row: set insiders in the rules")
            hidden[self.cells.codes.index(for_member), :] = False
        children, amounts = with_totals(self.cells.children), with_totals(self.cells.amounts)
        children[hidden] = amounts[hidden] = HIDDEN
        return View(self.cells.codes, self.cells.categories, children, amounts)


def suppress(cells: Cells, rules: Rules | None = None) -> Suppressed:
    """Return the table with cells hidden that are about few children, or follow from others.

    1. Hidden are cells with 1 to `fewest - 1` children, and cells of which one child is more than `dominance`. A cell
       without children is shown, and is 0: it is about no child, and hiding it would protect nothing where a reader
       knows that the member has no child in that category. So it never hides another cell either.
    2. For each of these, other cells are hidden until it can be moved far enough with everything published unchanged:
       the number of children up to `fewest`, the amount by `protect` up and down. Cells of the smallest amounts are
       chosen, one sensitive cell after another from the largest on, and cells that prove not needed are shown again.
       No cell is hidden in vain, but the set is not proven smallest. That the children of a cell can number `fewest`
       also means that every difference of what is shown, in which the cell stands, rests on at least that many.
    3. With `insiders` the same is done again without the row of each member that the movement passes through.
    4. At last it is checked that no hidden cell is determined by the equations that are published.

    The result does not depend on the order of members or categories.

    Raises
    ------
    ExposedError
        If a cell cannot be protected, since too little stands beside it in the totals that are shown.
    """
    rules = Rules() if rules is None else rules
    by_code = sorted_by_code(cells.codes, len(cells.codes))
    by_name = sorted_by_code(cells.categories, len(cells.categories), "categories")
    ordered = Cells(
        tuple(cells.codes[place] for place in by_code),
        tuple(cells.categories[place] for place in by_name),
        cells.children[np.ix_(by_code, by_name)],
        cells.amounts[np.ix_(by_code, by_name)],
        None if cells.largest is None else cells.largest[np.ix_(by_code, by_name)],
    )
    why = np.empty((len(by_code) + 1, len(by_name) + 1), dtype=np.int64)
    why[np.ix_([*by_code, len(by_code)], [*by_name, len(by_name)])] = _why(ordered, rules)
    return Suppressed(cells, rules, why)


def sensitive(cells: Cells, rules: Rules) -> IntArray:
    """Return which figures are hidden for their own sake, (member + 1, category + 1) `Why`."""
    children, amounts = with_totals(cells.children), with_totals(cells.amounts)
    why = np.where((children > 0) & (children < rules.fewest), Why.FEW, Why.SHOWN).astype(np.int64)
    if cells.largest is not None:
        largest = np.zeros_like(amounts)
        largest[:-1, :-1] = cells.largest
        largest[:, -1] = largest.max(axis=1)
        largest[-1, :] = largest.max(axis=0)
        why[(why == Why.SHOWN) & (largest > rules.dominance * amounts)] = Why.DOMINATED
    if rules.totals == "shown":
        why[-1, :] = why[:, -1] = Why.SHOWN
    return why


def with_totals(table: IntArray) -> IntArray:
    """Return a table with totals as last row and column, all with their own sign."""
    wide = np.zeros((table.shape[0] + 1, table.shape[1] + 1), dtype=np.int64)
    wide[:-1, :-1] = table
    wide[:-1, -1] = table.sum(axis=1)
    wide[-1, :] = wide[:-1, :].sum(axis=0)
    return wide


def _why(cells: Cells, rules: Rules) -> IntArray:
    """Return `Why` of every figure of a table in alphabetical order."""
    children, amounts = with_totals(cells.children), with_totals(cells.amounts)
    why = sensitive(cells, rules)
    hidden = np.asarray(why != Why.SHOWN)
    if hidden[-1, -1]:
        raise ExposedError("the grand total rests on few children, or mostly on one: show nothing of this table")
    price = np.where(children > 0, amounts, CLOSED)
    # A total is worth more than all cells together, so it is hidden only where no cells help.
    dear = price + amounts[-1, -1] + 1 if rules.totals == "may_hide" else np.full_like(price, CLOSED)
    price[-1, :-1], price[:-1, -1] = dear[-1, :-1], dear[:-1, -1]
    price[-1, -1] = CLOSED
    price = np.minimum(price, CLOSED)
    # A reader knows that a hidden cell is not empty: empty cells are shown.
    rooms = {"children": Room.of(children, 1), "amounts": Room.of(amounts, 0)}
    order = sorted(((int(row), int(column)) for row, column in np.argwhere(hidden)), key=lambda at: (-amounts[at], at))
    needs = []
    for cell in order:
        margin = int(np.ceil(rules.protect * amounts[cell]))
        needs += [Need(cell, "amounts", True, margin), Need(cell, "amounts", False, margin)]
        if why[cell] == Why.FEW:
            needs.append(Need(cell, "children", True, rules.fewest - int(children[cell])))
    exposed = hide_others(rooms, needs, hidden, price, rules.insiders)
    if exposed:
        raise ExposedError(_exposed_message(cells, exposed, rules))
    if determined(hidden).any():
        raise RecoverableError("a hidden cell follows from what is published: suppression has a fault")
    why[hidden & (why == Why.SHOWN)] = Why.PROTECTS_OTHERS
    return why


def _exposed_message(cells: Cells, exposed: list[tuple[int, int]], rules: Rules) -> str:
    """Return which cells cannot be protected and what helps, without a figure."""
    rows, columns = (*cells.codes, "total"), (*cells.categories, "total")
    places = "; ".join(f"{rows[row]}, {columns[column]}" for row, column in sorted(exposed))
    hints = ["put categories together"]
    hints += ["let totals be hidden (totals = 'may_hide')"] if rules.totals == "shown" else []
    hints += ["give members no more than the public sees (insiders = False)"] if rules.insiders else []
    return f"these cells follow too closely from totals that are shown: {places}. To repair: {', or '.join(hints)}"
