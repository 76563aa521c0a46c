"""The setting of years that really were: budgets of each year, amounts as written, and cases whose start is known."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from solidair.models.regions import Region
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RealSetting(Setting):
    """A setting in which a file may say of every case when it began, however long ago.

    Parameters
    ----------
    given
        Youth budget of each year and member, (year, member) EUR; None if the budgets of the region count for all.
    """

    given: FloatArray | None = None

    @staticmethod
    def made(plain: Setting, given: FloatArray | None = None) -> RealSetting:
        """Return a setting with amounts as written, and with these budgets."""
        values = {each.name: getattr(plain, each.name) for each in fields(Setting)}
        return RealSetting(**values | {"growth": np.ones(plain.years)}, given=given)

    @cached_property
    def budgets(self) -> FloatArray:
        """Youth budget of each year and member, (year, member) EUR."""
        if self.given is not None:
            return self.given
        return np.tile(np.asarray(self.region.budget, dtype=np.float64), (self.years, 1))

    def one(self, place: int) -> RealSetting:
        """Return the setting of one of its years, with the budgets of that year in the region."""
        region = self.region if self.given is None else with_budgets(self.region, self.given[place])
        return replace(self, region=region, first_year=self.first_year + place, growth=np.ones(1), given=None)

    def simulated(self) -> Setting:
        """Return it as a setting of simulated years."""
        return Setting(**{each.name: getattr(self, each.name) for each in fields(Setting)})


def with_budgets(region: Region, budgets: FloatArray) -> Region:
    """Return a region with other youth budgets, (member,) EUR."""
    pairs = zip(region.members, budgets.tolist(), strict=True)
    return replace(region, members=tuple(replace(member, youth_budget_eur=budget) for member, budget in pairs))


__all__ = ["RealSetting", "with_budgets"]
