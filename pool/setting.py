"""The setting of a settlement: members, years and history, as far as an agreement may look at them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.models.care import CareCodes
from solidair.models.departures import Departure, departed
from solidair.models.regions import Region
from solidair.pool.mergers import Merger, behind, carried, merge, stands, there

if TYPE_CHECKING:
    from solidair.models.costs import CostModel
    from solidair.models.sources.history import History

FloatArray = npt.NDArray[np.float64]

Codes = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Setting:
    """What is known before the first case: the same for simulated years and for the settlement of a real one.

    Parameters
    ----------
    region
        The members, in the order of the last axis of every array.
    care_types
        Identifiers of the care types, in the order of the cost model.
    first_year
        The first calendar year that is settled.
    growth
        By how much budgets and indexed amounts have grown in each year, 1 in the first, (year,).
    codes
        Per care type the Iv3 and iJw codes under which it is booked, so that a scope may be written in codes.
    expected_clients, expected_cost
        Per member and care type what a year is expected to bring at the first year's prices, (member, care_type); None
        without a cost model.
    history
        Clients and cost of past years; None if there is no such file.
    assumed
        Whether years before the first one may be taken as expected, where there is no history.
    unit
        EUR per unit of the money in which the agreement at hand writes its amounts.
    mergers
        Municipalities that become one in some year; the arrays of the region are of those of before.
    stays
        Identifiers of the care types that are stays, so that a case has months; None without a cost model.
    departures
        Where budgets are not what was planned; amounts and lines of agreements follow the plan.
    """

    region: Region
    care_types: tuple[str, ...]
    first_year: int
    growth: FloatArray
    codes: tuple[Codes, ...] = ()
    expected_clients: FloatArray | None = None
    expected_cost: FloatArray | None = None
    history: History | None = None
    assumed: bool = False
    unit: float = 1.0
    mergers: tuple[Merger, ...] = ()
    stays: tuple[str, ...] | None = None
    departures: tuple[Departure, ...] = ()

    @staticmethod
    def of(
        region: Region, costs: CostModel, first_year: int, years: int, history: History | None = None,
        *, assumed: bool = False,
    ) -> Setting:  # fmt: skip
        """Return the setting of simulated years."""
        need = np.nan_to_num(region.need_index, nan=1.0)
        clients = np.outer(region.youth * need, costs.clients_per_youth)
        each = np.array([severity.mean for severity in costs.severities])
        codes = tuple(costs.codes.values())
        growth = costs.amount_path(years)
        stays = tuple(id_ for id_, episode in zip(costs.ids, costs.episodes, strict=True) if episode is not None)
        return Setting(
            region, costs.ids, first_year, growth, codes, clients, clients * each, history, assumed, stays=stays
        )

    @staticmethod
    def plain(region: Region, care_types: Sequence[str], first_year: int = 2027, years: int = 1) -> Setting:
        """Return a setting in which amounts stay as written and nothing is expected."""
        return Setting(region, tuple(care_types), first_year, np.ones(years))

    def shortened(self, years: int) -> Setting:
        """Return the same setting with the first years only."""
        return replace(self, growth=self.growth[:years])

    @property
    def years(self) -> int:
        """Number of years."""
        return len(self.growth)

    @property
    def members(self) -> int:
        """Number of members."""
        return len(self.region.members)

    @property
    def calendar(self) -> tuple[int, ...]:
        """The calendar years, ascending."""
        return tuple(range(self.first_year, self.first_year + self.years))

    @cached_property
    def budgets(self) -> FloatArray:
        """Youth budget of each year and member, (year, member) EUR."""
        growth = self.growth * departed(self.departures, "budget", self.years)
        return self.merged(np.outer(growth, self.region.budget))

    def merged(self, values: FloatArray) -> FloatArray:
        """Return sizes, costs or shares with those of merged municipalities added up from their year on.

        Parameters
        ----------
        values
            (member,), or (..., year, member). Without mergers they are returned as they are.
        """
        if not self.mergers:
            return values
        if np.ndim(values) < 2 or np.shape(values)[-2] == 1:
            values = np.broadcast_to(values, (*np.shape(values)[:-2], self.years, self.members))
        return merge(values, self.mergers)

    def carried(self, values: FloatArray, year: int) -> FloatArray:
        """Return what members carry into a year, (..., member), with that of those who are one by then added up."""
        return carried(values, self.mergers, year)

    def stands(self, year: int) -> npt.NDArray[np.intp]:
        """Return the position of who stands for each member in a year, (member,)."""
        return stands(self.mergers, self.members, year)

    def behind(self, reach: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return those that share, (year, member), and those that have gone up in one of them by then."""
        return behind(reach, self.mergers)

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """Who is a municipality of its own and when, (year, member)."""
        return there(self.mergers, self.years, self.members)

    @cached_property
    def youth(self) -> FloatArray:
        """Inhabitants of 0 to 17 years, (member,)."""
        return np.asarray(self.region.youth, dtype=np.float64)

    @cached_property
    def inhabitants(self) -> FloatArray:
        """Inhabitants, (member,)."""
        return np.asarray(self.region.inhabitants, dtype=np.float64)

    def scope(self, scope: str | Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return which care types a scope means, (care_type,): 'all', identifiers, or Iv3 and iJw codes."""
        if scope == "all":
            return np.ones(len(self.care_types), dtype=np.bool_)
        pairs = self.care_codes.items()
        return np.array([id_ in scope or any(code in scope for code in own) for id_, own in pairs])

    @property
    def care_codes(self) -> CareCodes:
        """Care types with their codes, as far as these are known."""
        return dict(zip(self.care_types, self.codes or ((),) * len(self.care_types), strict=True))

    def types(self, scope: str | Sequence[str]) -> tuple[str, ...]:
        """Return the care types that a scope means, in the order of the cost model."""
        return tuple(id_ for id_, inside in zip(self.care_types, self.scope(scope), strict=True) if inside)
