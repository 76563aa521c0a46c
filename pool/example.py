"""The worked example: one case of EUR 300,000 in the smallest member, and who pays what, this year and later."""

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
    """One case in the smallest member: who pays what.

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


def likeliest(costs: CostModel) -> str:
    """Return the care type, as an identifier, in which a case of the cost of the example is likeliest."""
    rates = zip(costs.ids, costs.clients_per_youth, costs.severities, strict=True)
    return max(rates, key=lambda entry: entry[1] * float(entry[2].sf(EXAMPLE_COST)))[0]


def worked_example(
    agreement: Agreement, setting: Setting, costs: CostModel, language: str, laws: Laws | None = None
) -> Example:
    """Return who pays for one child of EUR 300,000 in the smallest member, by the same code that settles a year.

    The child is in the care type in which such a cost is likeliest, and the year is the first of the setting. Where
    an agreement is not linear the case comes on top of years as expected, and what it changes is told; prices stay
    those of the first year. Rules that were learnt are followed over the years that they were learnt for.
    """
    setting = setting if agreement.needs_law else steady(setting, YEARS)
    years, region = min(setting.years, YEARS), setting.region
    smallest, care_type = min(range(len(region.members)), key=lambda i: region.members[i].youth), likeliest(costs)
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
