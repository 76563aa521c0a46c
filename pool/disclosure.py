"""What a statement that all members see may show, so that nobody finds the cost of one child of another member.

Balances must be paid, so members know them. With a key that everybody knows they give back what each member handed in,
as far as arithmetic goes. So there are three levels:

- `all`: own cost, what was handed in and what was charged, of every member, if each cell of cost (member x care type)
  and each difference of two rests on enough children;
- `cost`: only own cost, with small cells hidden and other cells with them, if no small cell follows from it and from
  what balances give away at worst;
- `balances`: nothing but advances and balances.

Rules are strict rather than clever. Whatever is a straight sum of cells can be judged by linear algebra. A line per
child is none: own cost less what was handed in is about the few children above the line, or below it, as soon as
somebody takes the others off at the amount of the line. So with a line per child in force only balances are shown, and
so are they where a key looks at few clients of the past.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations, islice
from typing import Literal

import numpy as np
import numpy.typing as npt

from solidair.models.sources.history import History, MissingHistoryError
from solidair.pool.child_rules import reach_of_rows
from solidair.pool.clauses import Clause
from solidair.pool.parts.takes import ShareTake
from solidair.pool.setting import Setting
from solidair.pool.settle_year import YearSettlement
from solidair.pool.statement.suppression import HIDDEN, Cells, ExposedError, Rules, View, suppress

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Level = Literal["all", "cost", "balances"]

_DETERMINED = 1e-9
"""Length of what is left of a unit of cost after projection, below which it follows from what is known."""

MOST_SMALL = 5_000
"""Sums of few children that are gone through. Where there are more, nearly all cells are small: nothing is shown."""

MOST_TYPES = 14
"""Care types of one member of which all sums are gone through, 16,383; a member with more gets balances only."""

_ON_LINE = 5
"""Cents by which a cost may lie beside a line: parts of an amount are rounded to cents."""

_MOST_POINTS = 100
"""Points through which lines are tried: all that are needed up to 99 as fewest children."""

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
    if corrects or not _sums_of_cells(settled, setting) or not _past_rests_on_many(settled, setting, fewest):
        return Disclosure("balances", fewest)
    if any(_single_out(costs, rules.fewest) for costs in _by_child(settled)):
        return Disclosure("balances", fewest)
    if _everything_rests_on_many(settled, rules):
        view = suppress(_cells(settled), replace(rules, fewest=2, dominance=1.0)).view() if settled.own.any() else None
        return Disclosure("all", fewest, view, by_care_type=True)
    base = _known_from_balances(settled, setting)
    for cells, by_care_type in ((_cells(settled), True), (_by_member(settled), False)):
        try:
            view = suppress(cells, rules).view()
        except ExposedError:
            continue
        if not _gives_away(settled, view, base, rules, by_care_type):
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
    """Return the number of children that cost anything, and the cents of the dearest, by member and column."""
    rows = settled.rows
    cell, group = np.unique(np.stack([rows.member, column, rows.child]), axis=1, return_inverse=True)
    cost = np.bincount(group.reshape(-1), weights=rows.cost)
    children = np.zeros((len(settled.codes), columns), dtype=np.int64)
    largest = np.zeros_like(children)
    np.add.at(children, (cell[0], cell[1]), (cost > 0).astype(np.int64))
    np.maximum.at(largest, (cell[0], cell[1]), np.rint(100 * cost).astype(np.int64))
    return children, largest


def _by_child(settled: YearSettlement) -> list[FloatArray]:
    """Return for every member what each of its children cost, (child, care_type) EUR, without children of no cost."""
    rows, found = settled.rows, []
    for member in range(len(settled.codes)):
        own = rows.member == member
        _, child = np.unique(rows.child[own], return_inverse=True)
        costs = np.zeros((int(child.max(initial=-1)) + 1, len(settled.care_types)))
        np.add.at(costs, (child.reshape(-1), rows.care[own]), rows.cost[own])
        found.append(costs[(costs > 0).any(axis=1)])
    return found


# --- what keeps everything but balances away


def _in_force(settled: YearSettlement, setting: Setting) -> Iterator[tuple[Clause, BoolArray, FloatArray]]:
    """Yield clauses that reach anybody: whom for which care, (care_type, member), and what was taken of rows, (row,).

    Years, named members, alliances and changes of membership are in the reach.
    """
    inside = settled.agreement.within(setting)
    for clause, taken in zip(settled.agreement.spec.clauses, settled.taken, strict=True):
        cohorts, _ = reach_of_rows(settled.agreement, clause, inside, settled.rows)
        reach = np.asarray(cohorts.any(axis=0))[:, 0]
        if reach.any():
            yield clause, reach, taken


def _sums_of_cells(settled: YearSettlement, setting: Setting) -> bool:
    """Return whether all that moves follows from the cells of cost: no line per child, and no cases told apart by age.

    With a change on occurrence basis a cell holds cases that are shared by different members.
    """
    if len(settled.agreement.cohorts(settled.agreement.within(setting))) > 1:
        return False
    return all(
        clause.case_take is None or isinstance(clause.take, ShareTake) for clause, _, _ in _in_force(settled, setting)
    )


def _past_rests_on_many(settled: YearSettlement, setting: Setting, fewest: int) -> bool:
    """Return whether every figure of a past year that a clause may look at rests on enough clients, or on none.

    Own cost beside a balance gives the shares of a key, and these the past cost of every member. Each care type in the
    scope is judged by itself, so that no figure of one with few clients is left beside the statement of that year. All
    years of the history are judged, whatever the window.
    """
    history = setting.history
    if history is None:  # not the setting that it was settled in, if it looks at the past
        return not settled.agreement.faults(setting)
    for clause, _, _ in _in_force(settled, setting):
        # A take on whole results may look at those of years before.
        results = [clause.take.scope] if clause.case_take is None else []
        for scope in [*clause.scopes(), *results]:
            inside = setting.scope(scope)
            names = tuple(id_ for id_, held in zip(setting.care_types, inside, strict=True) if held)
            for year in history.years:
                clients = _past_clients(history, year, names, everything=bool(inside.all()))
                if clients is None or not ((clients == 0) | (clients >= fewest)).all():
                    return False
    return True


def _past_clients(history: History, year: int, names: tuple[str, ...], *, everything: bool) -> FloatArray | None:
    """Return clients of a past year, (care_type or 1, member); None if they are not known of everybody."""
    scopes = [[(name,) for name in names]] + ([[None]] if everything else [])
    for parts in scopes:  # by care type if that is known, else of all care
        try:
            return np.concatenate([history.window(year, 1, part, need=("clients",))[0] for part in parts])
        except MissingHistoryError:
            continue
    return None


def _single_out(costs: FloatArray, fewest: int) -> bool:
    """Return whether all children of a member but a few have one cost, or costs of two care types on one straight line.

    Then a combination of two sums and a number of children is about those few: what a child costs beyond a common
    tariff, or beyond so many times its cost of other care.

    Parameters
    ----------
    costs
        (child, care_type) EUR.

    Notes
    -----
    Care with fewer children than that is hidden by itself. A line that misses fewer than `fewest` children passes
    through two of any `fewest` + 1 different points, so that only lines through these are tried.
    """
    cents = np.rint(100 * costs).astype(np.int64)
    many = np.flatnonzero((cents > 0).sum(axis=0) >= fewest)
    for kind in many:
        used = cents[cents[:, kind] > 0, kind]
        same = int(np.unique(used, return_counts=True)[1].max())
        if same >= 2 and 0 < len(used) - same < fewest:
            return True
    for pair in combinations(many, 2):
        both = cents[:, pair]
        both = both[both.any(axis=1)]
        points = np.unique(both, axis=0)
        tried = min(fewest + 1, _MOST_POINTS)
        points = points[np.unique(np.linspace(0, len(points) - 1, tried).astype(np.int64))]  # far apart
        for place, one in enumerate(points[:-1]):
            way, off = points[place + 1 :] - one, both - one
            beside = np.abs(np.outer(way[:, 0], off[:, 1]) - np.outer(way[:, 1], off[:, 0]))
            aside = (beside > _ON_LINE * np.abs(way).sum(axis=1, keepdims=True)).sum(axis=1)
            # Two children are always on one line.
            if ((aside > 0) & (aside < fewest) & (len(both) - aside > 2)).any():
                return True
    return False


# --- whether everything may be shown


def _everything_rests_on_many(settled: YearSettlement, rules: Rules) -> bool:
    """Return whether each cell and each difference of two of a member rests on enough children, and not on one mostly.

    All that is shown of a member is then a sum of such cells.
    """
    for costs in _by_child(settled):
        sets = [costs.any(axis=1), *(costs.T > 0)]
        if any(0 < inside.sum() < rules.fewest for inside in sets):
            return False
        if any(0 < (one & ~other).sum() < rules.fewest for one in sets for other in sets):
            return False
        if costs.size and (costs.max(axis=0) > rules.dominance * costs.sum(axis=0)).any():
            return False
    return True


# --- what balances give away, and whether the cost gives away more


def _known_from_balances(settled: YearSettlement, setting: Setting) -> FloatArray:
    """Return what a reader knows of cells of cost from balances at worst, one row of (member x care type) for each.

    At worst a reader can work out what every member handed in under every clause, and of care that other members share
    apart. Of a share that is a combination of cells, as it was taken; of a whole result the sum of its scope. What keys
    and pots look at counts as known too.
    """
    members, kinds = len(settled.codes), len(settled.care_types)
    rows, cost = settled.rows, np.zeros((members, kinds))
    np.add.at(cost, (rows.member, rows.care), rows.cost)
    known: list[FloatArray] = []

    def learn(member: int, weights: FloatArray) -> None:
        line = np.zeros((members, kinds))
        line[member] = weights
        known.append(line.reshape(-1))

    for clause, reach, amounts in _in_force(settled, setting):
        taken = np.zeros((members, kinds))
        np.add.at(taken, (rows.member, rows.care), amounts)
        parts = np.divide(taken, cost, out=np.zeros_like(taken), where=cost > 0)
        if clause.case_take is None:
            parts = np.broadcast_to(setting.scope(clause.take.scope).astype(np.float64), (members, kinds))
        for member in range(members):
            learn(member, parts[member])
            for shared in np.unique(reach, axis=0):
                learn(member, np.where((reach == shared).all(axis=1), parts[member], 0.0))
            for scope in clause.scopes():
                learn(member, setting.scope(scope).astype(np.float64))
    return np.array(known).reshape(-1, members * kinds)


def _gives_away(settled: YearSettlement, view: View, base: FloatArray, rules: Rules, by_care_type: bool) -> bool:
    """Return whether any reader can work out a small cell, or a sum of cells of few children, from base and view.

    A sum that balances give away by themselves is not thereby free to be shown: it counts too.
    """
    members, kinds = len(settled.codes), len(settled.care_types)
    used = settled.own.T.reshape(-1) > 0
    shown = np.array(list(_equations(view, members, kinds, by_care_type))).reshape(-1, members * kinds)
    children = _by_child(settled)
    if max((int(costs.any(axis=0).sum()) for costs in children), default=0) > MOST_TYPES:
        return True
    small = list(islice(_small(children, rules), MOST_SMALL + 1))
    if len(small) > MOST_SMALL:
        return True
    queries = np.array(small).reshape(-1, members * kinds)
    for reader in (None, *range(members)):
        own = np.zeros((0, members * kinds)) if reader is None else np.eye(members * kinds)[reader * kinds :][:kinds]
        elsewhere = np.array(queries.reshape(-1, members, kinds).any(axis=2))
        if reader is not None:
            elsewhere[:, reader] = False
        others = queries[elsewhere.any(axis=1)]
        if _follows(np.concatenate([base, own, shown])[:, used], others[:, used]).any():
            return True
    return False


def _equations(view: View, members: int, kinds: int, by_care_type: bool) -> Iterator[FloatArray]:
    """Yield every figure that is shown as a row of (member x care type)."""
    for row, column in np.argwhere(view.amounts != HIDDEN):
        line = np.zeros((members, kinds))
        whom = slice(None) if row == members else row
        line[whom, column if by_care_type and column < kinds else slice(None)] = 1.0
        yield line.reshape(-1)


def _small(children: list[FloatArray], rules: Rules) -> Iterator[FloatArray]:
    """Yield sums of cells that nobody else may know: of few children, or mostly of one.

    They are of one member, of one care type, or of one care type at all members but one, which that one may know.
    """
    members, kinds = len(children), children[0].shape[1]
    for member, costs in enumerate(children):
        for chosen in _subsets(np.flatnonzero(costs.any(axis=0))):
            each = costs[:, chosen].sum(axis=1)
            if 0 < (each > 0).sum() < rules.fewest or each.max(initial=0.0) > rules.dominance * each.sum():
                line = np.zeros((members, kinds))
                line[member, chosen] = 1.0
                yield line.reshape(-1)
    count = np.array([(costs > 0).sum(axis=0) for costs in children])
    for kind in range(kinds):
        for without in (None, *range(members)):
            line = np.zeros((members, kinds))
            line[:, kind] = 1.0
            if without is not None:
                line[without, kind] = 0.0
            if 0 < (line[:, kind] @ count[:, kind]) < rules.fewest:
                yield line.reshape(-1)


def _subsets(places: IntArray) -> Iterator[list[int]]:
    for size in range(1, len(places) + 1):
        yield from map(list, combinations(places.tolist(), size))


def _follows(known: FloatArray, wanted: FloatArray) -> BoolArray:
    """Return which wanted rows are combinations of known rows, (wanted,)."""
    if not known.size or not wanted.size:
        return np.zeros(len(wanted), dtype=np.bool_)
    _, values, basis = np.linalg.svd(known, full_matrices=False)
    basis = basis[values > _DETERMINED * values.max(initial=1.0)]
    rest = wanted - (wanted @ basis.T) @ basis
    return np.asarray(np.linalg.norm(rest, axis=1) < _DETERMINED**0.5 * np.linalg.norm(wanted, axis=1))
