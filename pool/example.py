"""The worked example: one case of EUR 300,000 in the smallest member that an agreement reaches, and who pays what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from solidair.models.costs import CostModel
from solidair.pool.agreements import Agreement
from solidair.pool.books import Laws
from solidair.pool.marginal import steady
from solidair.pool.measures import measures_for
from solidair.pool.setting import Setting
from solidair.pool.settlement import Ledger, Plan
from solidair.pool.small_models import Cases, usual_years

FloatArray = npt.NDArray[np.float64]

EXAMPLE_COST = 300_000.0
"""EUR in a year, of the child in the worked example."""

YEARS = 4
"""Years of the example: the year of the case and three after it."""


@dataclass(frozen=True)
class Example:
    """One case in the smallest member that the agreement reaches: who pays what.

    Parameters
    ----------
    member, care_type, cost
        Whose case, of which care (in words), EUR.
    pays
        What each member pays in the year of the case, EUR.
    years
        The calendar years, that of the case first.
    later
        What each member pays more or less in the years after it because of the case, EUR, one entry a year.
    outside, fund
        What comes from outside for it, and by how much balances of funds rise, EUR, one entry for each of `years`.
    """

    member: str
    care_type: str
    cost: float
    pays: Mapping[str, float]
    years: tuple[int, ...] = ()
    later: tuple[Mapping[str, float], ...] = ()
    outside: tuple[float, ...] = ()
    fund: tuple[float, ...] = field(default=())

    @property
    def lasts(self) -> bool:
        """Whether anything happens after the first year."""
        return any(abs(x) >= 0.5 for year in self.later for x in year.values())


def example_case(agreement: Agreement, setting: Setting, costs: CostModel) -> tuple[int, str]:
    """Return the member, as a position, and the care type, as an identifier, of the example.

    The care type is the one in which a case of that cost is likeliest, among those that an article is about; if none
    of them can cost as much, among all. The member is the smallest for whom an article is about that care.
    """
    reach = np.zeros((len(setting.care_types), setting.members), dtype=np.bool_)
    for clause in agreement.spec.clauses:
        reach |= agreement.reach(clause, setting).any(axis=1)
    rates = zip(costs.ids, costs.clients_per_youth, costs.severities, strict=True)
    chances = {id_: rate * float(severity.sf(EXAMPLE_COST)) for id_, rate, severity in rates}
    touched = {id_: chances[id_] for id_, row in zip(setting.care_types, reach, strict=True) if row.any()}
    # A care type of which such a case has no chance at all is not thinkable.
    thinkable = {id_: chance for id_, chance in touched.items() if chance > 0.0} or chances
    care_type = max(thinkable, key=lambda id_: thinkable[id_])
    inside = np.flatnonzero(reach[setting.care_types.index(care_type)])
    members = inside if len(inside) else np.arange(setting.members)
    return int(members[np.argmin(setting.youth[members])]), care_type


def worked_example(
    agreement: Agreement, setting: Setting, costs: CostModel, language: str, laws: Laws | None = None
) -> Example:
    """Return who pays for one child of EUR 300,000, by the same code that settles a year.

    Whose child, and in which care, is told by `example_case`, and the year is the first of the setting. Where
    an agreement is not linear the case comes on top of years as expected, and what it changes is told; prices stay
    those of the first year. Rules that were learnt are followed over the years that they were learnt for.
    """
    setting = setting if agreement.needs_law else steady(setting, YEARS)
    years, region = min(setting.years, YEARS), setting.region
    smallest, care_type = example_case(agreement, setting, costs)
    measures = measures_for(costs.ids, agreement.looks(setting))
    case = Cases.of(1, 0, 0, smallest, setting.care_types.index(care_type), EXAMPLE_COST).claims(measures, setting)
    plan = Plan.make(agreement, measures, setting)
    usual = np.zeros_like(case) if agreement.linear else usual_years(setting, 1).claims(measures, setting)
    before, after = (_borne(plan.settle(claims, laws=laws)) for claims in (usual, usual + case))
    change = after - before

    def by_name(row: FloatArray) -> dict[str, float]:
        return {m.name: float(x) for m, x in zip(region.members, row, strict=True)}

    label = next(care.label[language] for care in costs.care_types if care.id == care_type)
    return Example(
        region.members[smallest].name,
        label,
        EXAMPLE_COST,
        by_name(change[0, :-2]),
        setting.calendar[:years],
        tuple(by_name(row) for row in change[1:years, :-2]),
        tuple(float(x) for x in change[:years, -2]),
        tuple(float(x) for x in change[:years, -1]),
    )


def _borne(ledger: Ledger) -> FloatArray:
    """Return what members bear, what comes from outside and what stays in funds, (year, member + 2) EUR."""
    beyond = [
        sum((getattr(clause, name)[0] for clause in ledger.clauses), start=np.zeros(ledger.own.shape[1]))
        for name in ("outside", "fund")
    ]
    return np.concatenate([ledger.contribution[0], np.stack(beyond, axis=1)], axis=1)
