"""What a statement that all members see may show, so that nobody finds the cost of one child of another member.

Balances must be paid, so members know them. With a key that everybody knows they give back what each member handed in,
as far as arithmetic goes. So there are three levels:

- `all`: own cost, what was handed in and what was charged, of every member, if each of these figures, and each
  difference of two figures of a member, rests on enough children;
- `cost`: only own cost, with small cells hidden and other cells with them, if that gives away no small cell that
  balances do not give away themselves;
- `balances`: nothing but advances and balances.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, islice
from typing import Literal

import numpy as np
import numpy.typing as npt

from solidair.pool.parts.takes import ShareTake
from solidair.pool.setting import Setting
from solidair.pool.settle_year import YearSettlement, looked_at
from solidair.pool.statement.suppression import HIDDEN, Cells, ExposedError, Rules, View, Why, sensitive, suppress

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Level = Literal["all", "cost", "balances"]

_DETERMINED = 1e-9
"""Length of what is left of a unit of cost after projection, below which it follows from what is known."""

MOST_SMALL = 5_000
"""Sums of few children that are gone through. Where there are more, nearly all cells are small: nothing is shown."""

ALL_CARE = "all"


@dataclass(frozen=True, eq=False)
class Disclosure:
    """What may be shown to all members.

    Parameters
    ----------
    level
        See the page on privacy.
    fewest
        Children on which a figure must rest.
    cost
        Cost by member and care type, or by member only, with HIDDEN where nothing is shown; None if none is.
    by_care_type
        Whether the columns of `cost` are care types.
    """

    level: Level
    fewest: int
    cost: View | None = field(default=None, repr=False)
    by_care_type: bool = False

    def own(self, member: int) -> int:
        """Return the cost of a member's own cases in cents, or HIDDEN."""
        return HIDDEN if self.cost is None else int(self.cost.amounts[member, -1])


def disclose(settled: YearSettlement, setting: Setting, fewest: int = 10, *, corrects: bool = False) -> Disclosure:
    """Return what of a settlement all members may see.

    Parameters
    ----------
    setting
        Of the year that was settled.
    fewest
        Children on which a figure must rest, at least 2.
    corrects
        Whether there is an earlier statement of the same year. The difference of two statements is about the few
        children that were corrected, so only balances are shown.
    """
    rules = Rules(fewest=fewest, totals="may_hide")
    if corrects:
        return Disclosure("balances", fewest)
    if _everything_rests_on_many(settled, setting, rules):
        view = suppress(_cells(settled), replace(rules, fewest=2, dominance=1.0)).view() if settled.own.any() else None
        return Disclosure("all", fewest, view, by_care_type=True)
    base = _known_from_balances(settled, setting)
    for cells, by_care_type in ((_cells(settled), True), (_by_member(settled), False)):
        try:
            view = suppress(cells, rules).view()
        except ExposedError:
            continue
        if not _gives_more_away(settled, view, base, rules, by_care_type):
            return Disclosure("cost", fewest, view, by_care_type)
    return Disclosure("balances", fewest)


def _cells(settled: YearSettlement) -> Cells:
    """Return cost by member and care type."""
    children, largest = _counted(settled, settled.rows.care, len(settled.care_types))
    return _consistent(settled.codes, settled.care_types, children, settled.own.T.copy(), largest)


def _by_member(settled: YearSettlement) -> Cells:
    """Return cost by member, all care together."""
    children, largest = _counted(settled, np.zeros_like(settled.rows.care), 1)
    return _consistent(settled.codes, (ALL_CARE,), children, settled.own_cost[:, np.newaxis].copy(), largest)


def _consistent(
    codes: tuple[str, ...], names: tuple[str, ...], children: IntArray, amounts: IntArray, largest: IntArray
) -> Cells:
    # Rounding may leave a cent between the dearest child and its cell.
    floor = -(-amounts // np.maximum(children, 1))
    return Cells(codes, names, children, amounts, np.minimum(np.maximum(largest, floor), amounts))


def _counted(settled: YearSettlement, column: IntArray, columns: int) -> tuple[IntArray, IntArray]:
    """Return the number of children, and the cents of the dearest, by member and column."""
    rows = settled.rows
    cell, group = np.unique(np.stack([rows.member, column, rows.child]), axis=1, return_inverse=True)
    cost = np.bincount(group.reshape(-1), weights=rows.cost)
    children = np.zeros((len(settled.codes), columns), dtype=np.int64)
    largest = np.zeros_like(children)
    np.add.at(children, (cell[0], cell[1]), 1)
    np.maximum.at(largest, (cell[0], cell[1]), np.rint(100 * cost).astype(np.int64))
    return children, largest


# --- whether everything may be shown


def _everything_rests_on_many(settled: YearSettlement, setting: Setting, rules: Rules) -> bool:
    """Return whether each figure of each member, and each difference of two, rests on enough children."""
    rows = settled.rows
    looks = [
        (looked_at(settled.agreement, setting, rows, settled.taken, place), amounts)
        for place, amounts in enumerate(settled.taken)
    ]
    for member in range(len(settled.codes)):
        own = rows.member == member
        figures = [(own, rows.cost)]
        figures += [(own & (rows.care == kind), rows.cost) for kind in range(len(settled.care_types))]
        figures += [(own & look, np.where(look, amounts, 0.0)) for look, amounts in looks]
        sets = [frozenset(rows.child[inside].tolist()) for inside, _ in figures]
        if any(0 < len(children) < rules.fewest for children in sets):
            return False
        if any(0 < len(one - other) < rules.fewest for one in sets for other in sets):
            return False
        for inside, amounts in figures:
            if inside.any() and amounts[inside].sum() > 0:
                _, group = np.unique(rows.child[inside], return_inverse=True)
                each = np.bincount(group.reshape(-1), weights=amounts[inside])
                if each.max() > rules.dominance * each.sum():
                    return False
    return True


# --- what balances give away, and whether the cost gives away more


def _known_from_balances(settled: YearSettlement, setting: Setting) -> FloatArray:
    """Return what a reader knows of cells of cost from balances at worst, one row of (member x care type) for each.

    At worst a reader can work out what every member handed in under every clause, which holds for one clause with a
    key. Of a share that is a combination of cells; of a whole result the sum of its scope. Of an excess it is about
    other amounts than those of the cells.
    """
    members, kinds = len(settled.codes), len(settled.care_types)
    left = np.ones((members, kinds))
    known = []
    for clause in settled.agreement.spec.clauses:
        take, scope = clause.take, setting.scope(clause.take.scope)
        if isinstance(take, ShareTake):
            share = float(take.shares(setting, clause.start(setting))[0, 0])
            rows = left * np.where(scope, share, 0.0)
            left = left - rows
        elif clause.case_take is None:
            rows = np.broadcast_to(scope.astype(np.float64), (members, kinds))
        else:
            continue
        for member in range(members):
            line = np.zeros((members, kinds))
            line[member] = rows[member]
            known.append(line.reshape(-1))
    return np.array(known).reshape(-1, members * kinds)


def _gives_more_away(settled: YearSettlement, view: View, base: FloatArray, rules: Rules, by_care_type: bool) -> bool:
    """Return whether any reader can work out a small cell, or a sum of cells of few children, from base and view."""
    cells = _cells(settled)
    members, kinds = cells.children.shape
    used = (cells.children > 0).reshape(-1)
    shown = np.array(list(_equations(view, members, kinds, by_care_type))).reshape(-1, members * kinds)
    small = list(islice(_small(cells, rules), MOST_SMALL + 1))
    if len(small) > MOST_SMALL:
        return True
    queries = np.array(small).reshape(-1, members * kinds)
    for reader in (None, *range(members)):
        own = np.zeros((0, members * kinds)) if reader is None else np.eye(members * kinds)[reader * kinds :][:kinds]
        elsewhere = np.array(queries.reshape(-1, members, kinds).any(axis=2))
        if reader is not None:
            elsewhere[:, reader] = False
        others = queries[elsewhere.any(axis=1)]
        found = others[_follows(np.concatenate([base, own, shown])[:, used], others[:, used])]
        if len(found) and not _follows(np.concatenate([base, own])[:, used], found[:, used]).all():
            return True
    return False


def _equations(view: View, members: int, kinds: int, by_care_type: bool) -> Iterator[FloatArray]:
    """Yield every figure that is shown as a row of (member x care type)."""
    for row, column in np.argwhere(view.amounts != HIDDEN):
        line = np.zeros((members, kinds))
        whom = slice(None) if row == members else row
        line[whom, column if by_care_type and column < kinds else slice(None)] = 1.0
        yield line.reshape(-1)


def _small(cells: Cells, rules: Rules) -> Iterator[FloatArray]:
    """Yield sums of cells that nobody else may know: of one member or one care type, and of few children."""
    members, kinds = cells.children.shape
    flagged = sensitive(cells, rules) != Why.SHOWN
    for member in range(members):
        used = np.flatnonzero(cells.children[member])
        for size in range(1, min(len(used), rules.fewest - 1) + 1):
            for chosen in map(list, combinations(used, size)):
                if cells.children[member, chosen].sum() < rules.fewest or (size == 1 and flagged[member, chosen[0]]):
                    line = np.zeros((members, kinds))
                    line[member, chosen] = 1.0
                    yield line.reshape(-1)
    for kind in range(kinds):
        if 0 < cells.children[:, kind].sum() < rules.fewest:
            line = np.zeros((members, kinds))
            line[:, kind] = 1.0
            yield line.reshape(-1)


def _follows(known: FloatArray, wanted: FloatArray) -> BoolArray:
    """Return which wanted rows are combinations of known rows, (wanted,)."""
    if not known.size or not wanted.size:
        return np.zeros(len(wanted), dtype=np.bool_)
    _, values, basis = np.linalg.svd(known, full_matrices=False)
    basis = basis[values > _DETERMINED * values.max(initial=1.0)]
    rest = wanted - (wanted @ basis.T) @ basis
    return np.asarray(np.linalg.norm(rest, axis=1) < _DETERMINED**0.5 * np.linalg.norm(wanted, axis=1))
