"""Who bears an extra case: in the year itself, and in the years after it through keys that look back.

A key by past figures does not share luck, it delays it. An extra euro of member i in year t raises its shares of the
next K years. With S the sum that is shared and A the sum over the window, it bears in the end

    w + (1 - w) sum(S) / A,

which is nearly 1 where the years are alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from solidair.pool.agreements import Agreement
from solidair.pool.books import Laws
from solidair.pool.measures import measures_for
from solidair.pool.setting import Setting
from solidair.pool.settlement import Plan
from solidair.pool.small_models import Cases, usual_years

FloatArray = npt.NDArray[np.float64]

NEW_CASE = 100_000.0
"""EUR of the extra case."""

HEAVY_CASE = 300_000.0
"""EUR of a case that is there already, and becomes dearer by as much."""

HORIZON = 25
"""Years that are followed: the longest window and lag that keys of the past usually have, and more."""

FEW = 12
"""Members of whom an extra case is followed: the smallest, the largest, and some between them."""


SHARED = 0.1
"""Part of an extra cost that others must bear before it is worth asking what comes back."""

NEARLY_ALL = 0.75
"""Part that comes back in later years above which an agreement delays more than it shares."""


@dataclass(frozen=True, eq=False)
class Marginal:
    """The part of an extra EUR 100,000 in the first year that its owner bears, in a year that is otherwise as expected.

    Parameters
    ----------
    members
        Positions of the members who were looked at, ascending by youths, (member,).
    groups
        Care types that the agreement treats alike, as identifiers, per group.
    same_year, lifetime
        Of a new case, in the year itself and over all years that were followed, without discount, (group, member).
    top_same_year, top_lifetime
        Of what a case of EUR 300,000 that is there already costs more, same shape.
    fund, top_fund
        By how much funds and reserves stand lower at the end because of either, same shape.
    years
        How many years were followed.
    """

    members: tuple[int, ...]
    groups: tuple[tuple[str, ...], ...]
    same_year: FloatArray
    lifetime: FloatArray
    top_same_year: FloatArray
    top_lifetime: FloatArray
    fund: FloatArray
    top_fund: FloatArray
    years: int

    def group_of(self, care_type: str) -> int:
        """Return the number of the group of a care type."""
        return next(n for n, group in enumerate(self.groups) if care_type in group)

    def paid_back(self, care_type: str) -> float | None:
        """Return which part of what others first bear for the smallest member it bears itself in later years.

        None if it bears nearly all at once, so that there is nothing to pay back.
        """
        at = (self.group_of(care_type), 0)
        others = 2.0 - self.same_year[at] - self.top_same_year[at]
        later = self.lifetime[at] + self.top_lifetime[at] - self.same_year[at] - self.top_same_year[at]
        return float(later / others) if others > SHARED else None

    def drained(self, care_type: str) -> float:
        """Return which part of either extra cost of the smallest member nobody has paid yet in the end, at most."""
        at = (self.group_of(care_type), 0)
        return float(max(self.fund[at], self.top_fund[at]))

    def delays(self, care_type: str) -> bool:
        """Return whether nearly all that others first bear comes back: the agreement delays, it does not pool."""
        return (self.paid_back(care_type) or 0.0) > NEARLY_ALL


def steady(setting: Setting, years: int) -> Setting:
    """Return a setting over so many years in which prices stay those of the first one."""
    return replace(setting, growth=np.ones(years))


def marginal(agreement: Agreement, setting: Setting, laws: Laws | None = None, years: int = HORIZON) -> Marginal:
    """Return who bears an extra case.

    A path of years as expected is settled with and without the case, and the differences are added up. Rules that were
    learnt for the years of the setting are followed over those years only.
    """
    setting = setting if agreement.needs_law else steady(setting, max(years, setting.years))
    measures = measures_for(setting.care_types, agreement.looks(setting))
    order = np.argsort(setting.youth, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, min(FEW, len(order))).round().astype(int))]
    groups, many = measures.groups, len(chosen)
    kinds = np.array([setting.care_types.index(group[0]) for group in groups])
    cells = len(groups) * many
    sims = 1 + 3 * cells  # as expected; then with a new case, with a heavy one, and with that one dearer
    base = usual_years(setting, 1).claims(measures, setting)
    grid = np.arange(cells)
    kind, member = np.repeat(kinds, many), np.tile(chosen, len(groups))
    sizes = (NEW_CASE, HEAVY_CASE, HEAVY_CASE + NEW_CASE)
    rows = [Cases.of(sims, 1 + cells * k + grid, 0, member, kind, size) for k, size in enumerate(sizes)]
    extra = rows[0] + rows[1] + rows[2]
    plan = Plan.make(agreement, measures, setting)
    ledger, shape = plan.settle(base + extra.claims(measures, setting), laws=laws), (len(groups), many)
    funds = sum((clause.fund.sum(axis=1) for clause in ledger.clauses), start=np.zeros(sims))

    def difference(values: FloatArray, first: int, second: int | None) -> FloatArray:
        """Return one kind of world less another, of which the first is one without any case."""
        after = values[1 + cells * first : 1 + cells * (first + 1)]
        return after - (values[:1] if second is None else values[1 + cells * second : 1 + cells * (second + 1)])

    def shares(first: int, second: int | None) -> tuple[FloatArray, FloatArray, FloatArray]:
        own = difference(ledger.contribution, first, second)[grid, :, member] / NEW_CASE
        lower = -difference(funds, first, second) / NEW_CASE
        return own[:, 0].reshape(shape), own.sum(axis=1).reshape(shape), lower.reshape(shape)

    (now, later, lower), (top_now, top_later, top_lower) = shares(0, None), shares(2, 1)
    members = tuple(int(m) for m in chosen)
    return Marginal(members, groups, now, later, top_now, top_later, lower, top_lower, setting.years)
