"""The forecast: every amount of a run, given what the first months of its first year have cost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError, Problem
from solidair.models.sources.costs_to_date import CostsToDate
from solidair.pool.forecast.marginal import CENT, described
from solidair.pool.forecast.to_date import CostToDate, normals
from solidair.pool.forecast.update import Update
from solidair.pool.metrics.base import Estimate
from solidair.pool.results import Results
from solidair.pool.streams import REGIONAL, Stream
from solidair.pool.study import OWN_USE

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

TABLES = ("forecast", "evidence")
"""Names of the tables of a forecast."""

MOVED, COST, MONTHS = 9.5e6, 167e6, 7
"""An estimate of a year that turned out wrong: the deficit of 2017 on youth care in Groningen moved from EUR 14 to 23.5
million within about seven months (RTV Noord 2017, 2018), at a yearly cost of about EUR 167 million (derived from the
growth of 10.3 % or EUR 17.2 million that the purchaser RIGG gave for 2019)."""

MISSING = 0.5
"""How well the share that has not been declared is known: a standard error of half of it. Assumed."""

STRANGE = 3.0
"""From this |z| on costs to date do not fit the model."""


def usual_doubt(month: int, completeness: FloatArray) -> FloatArray:
    r"""Return the standard error of a cost to date as an indication of the year, as a share of it.

    .. math:: \sqrt{\left(\frac{9.5}{167}\right)^2 \frac{12 - m}{7}
              + \left(\frac{1}{2} \frac{1 - c}{c}\right)^2}

    One case is little to go by, and the growth with the root of the months that are left is assumed.
    """
    ahead = (MOVED / COST) ** 2 * (12 - month) / MONTHS
    return np.asarray(np.sqrt(ahead + (MISSING * (1.0 - completeness) / completeness) ** 2))


def forecast(results: Results, costs: CostsToDate, month: int, threads: int | None = None) -> Forecast:
    """Return the forecast of a run, given costs to date.

    Parameters
    ----------
    results
        The run; costs to date are of its first year.
    costs
        What the members of its region have spent until the end of the month.
    month
        1 to 12; 12 is the whole year.
    threads
        Threads to draw with; all cores if left out. Results do not depend on it.

    Raises
    ------
    InputError
        If a cost has no finite variance, or no member that has one is observed.
    ValueError
        If the month or the members are others.
    """
    if not 1 <= month <= 12 or costs.codes != tuple(map(str, results.study.region.codes)):
        raise ValueError(f"forecast: month {month} of {len(costs.codes)} members: not those of the run")
    if results.study.costs.unbounded:
        names = ", ".join(care.id for care in results.study.costs.unbounded)
        rule, hint = "a forecast needs costs with a finite variance", "Give their severity a cap."
        raise InputError([Problem(results.study.costs.file, "care_types", names, rule, hint)])
    given = np.where(np.isnan(costs.doubt), usual_doubt(month, costs.completeness), costs.doubt)
    drawn = CostToDate(results.study, results.seed, month).draw(np.asarray(results.own[:, 0]), threads)
    # Who declares late does so to all members of a region, so one number moves them all.
    luck = normals(results.seed, Stream.DECLARATION, [REGIONAL], results.sims)
    simulated = drawn * (1.0 + given * luck)
    seen = np.isfinite(costs.cost) & (simulated.std(axis=0) > 0.0)
    if not seen.any():
        rule, hint = "no member with a cost in this file has any cost in the study", "Check the codes."
        raise InputError([Problem(costs.file, "column cost_eur", "", rule, hint)])
    update = Update(simulated[:, seen], costs.delivered[seen], drawn.mean(axis=0)[seen])
    return Forecast(results, costs, month, given, seen, drawn, update)


@dataclass(frozen=True, eq=False)
class Forecast:
    """A run, given what its first months have cost.

    Parameters
    ----------
    results, costs, month
        What was forecast from what.
    doubt
        Standard error of each cost to date, as a share of it, (member,).
    seen
        Whose cost to date is known, (member,).
    drawn
        What the first months cost on each path, (sim, member) EUR.
    update
        Of what was observed of those.
    """

    results: Results
    costs: CostsToDate
    month: int
    doubt: FloatArray
    seen: npt.NDArray[np.bool_]
    drawn: FloatArray
    update: Update

    @property
    def share(self) -> float:
        """Share of the days of the year that has passed."""
        return CostToDate(self.results.study, self.results.seed, self.month).share

    @property
    def agreements(self) -> tuple[str, ...]:
        """Names of the agreements, own use always among them."""
        names = tuple(self.results.contributions)
        return names if OWN_USE in names else (OWN_USE, *names)

    @cached_property
    def _least(self) -> FloatArray:
        """What a member has certainly spent in the first year, EUR, (member,)."""
        return np.where(self.seen, np.nan_to_num(self.costs.cost), 0.0)

    @cached_property
    def _linear(self) -> FloatArray:
        """Own cost updated, before any amount is kept above what is certain, (sim, year, member)."""
        own = np.asarray(self.results.own)
        found = np.empty(own.shape)
        for year in range(own.shape[1]):
            found[:, year, self.seen] = self.update.own(own[:, year, self.seen])
            if not self.seen.all():
                found[:, year, ~self.seen] = self.update.of(own[:, year, ~self.seen])
        return found

    @cached_property
    def own(self) -> FloatArray:
        """What own clients cost, given the costs to date, (sim, year, member) EUR.

        The rule is linear, so on a few paths a year could cost less than has been paid already, or a later one less
        than nothing. There it costs that.
        """
        least = np.zeros(self._linear.shape[1:])
        least[0] = self._least
        return np.maximum(self._linear, least)

    @cached_property
    def binds(self) -> FloatArray:
        """Share of the paths on which the first year was kept above what has been paid, (member,)."""
        return np.asarray((self._linear[:, 0] < self._least - CENT).mean(axis=0))

    def borne(self, agreement: str, year: int) -> FloatArray:
        """Return what members bear under an agreement in a year, given the costs to date, (sim, member) EUR.

        It is own cost and what passes between members. The latter is updated by itself, so that it adds up over the
        members to what it did before; what own cost is raised by to keep above what is certain, the member bears.
        """
        if agreement not in self.results.contributions:
            return self.own[:, year]
        before = np.asarray(self.results.own[:, year])
        moved = np.asarray(self.results.contributions[agreement][:, year]) - before
        return self.own[:, year] + (self.update.of(moved) if moved.any() else moved)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table by name, one of `TABLES`.

        Raises
        ------
        KeyError
            If there is no such table.
        """
        if name not in TABLES:
            raise KeyError(f"there is no table '{name}'; there are {', '.join(TABLES)}")
        return (self._forecast if name == "forecast" else self._evidence).copy()

    @cached_property
    def _forecast(self) -> pd.DataFrame:
        """One row per agreement, year and member."""
        import pandas as pd

        rows = [row for agreement in self.agreements for row in self._rows(agreement)]
        return pd.DataFrame(rows)

    def _rows(self, agreement: str) -> Iterator[dict[str, object]]:
        results, region = self.results, self.results.study.region
        own, borne_before = results.own, results.contributions.get(agreement, results.own)
        budgets = results.study.setting.budgets
        for year in range(own.shape[1]):
            before, after = np.asarray(borne_before[:, year]), self.borne(agreement, year)
            prior = described(before, budgets[year])
            certain = self._least if year == 0 and agreement == OWN_USE else None
            posterior = described(after, budgets[year], before=before, pull=self.update.pull, least=certain)
            receipt = self.own[:, year] - after
            net = receipt.mean(axis=0)
            net_se = Estimate(net, self.update.influence(receipt)).standard_error
            advance = budgets[year]
            if year == 0:
                advance = np.where(np.isnan(self.costs.advance), advance, self.costs.advance)
            for i, member in enumerate(region.members):
                yield {
                    "agreement": agreement,
                    "code": member.code,
                    "name": member.name,
                    "year": results.study.settings.first_year + year,
                    "budget": budgets[year, i],
                    **{f"prior_{key}": values[i] for key, values in prior.items()},
                    **{key: values[i] for key, values in posterior.items()},
                    "advance": advance[i],
                    "to_pay": posterior["mean"][i] - advance[i],
                    "to_pay_se": posterior["mean_se"][i],
                    "net_receipt": net[i],
                    "net_receipt_se": net_se[i],
                }

    @cached_property
    def _evidence(self) -> pd.DataFrame:
        """One row per member."""
        import pandas as pd

        members, costs, update = self.results.study.region.members, self.costs, self.update
        place = np.cumsum(self.seen) - 1
        before, after = (np.asarray(x[:, 0]).var(axis=0) for x in (self.results.own, self._linear))
        rows = []
        for i, member in enumerate(members):
            k = int(place[i]) if self.seen[i] else -1
            below = math.nan if k < 0 else float((update.simulated[:, k] <= update.observed[k]).mean())
            rows.append(
                {
                    "code": member.code,
                    "name": member.name,
                    "month": self.month,
                    "cost_to_date": costs.cost[i],
                    "completeness": costs.completeness[i] if k >= 0 else math.nan,
                    "doubt": self.doubt[i] if k >= 0 else math.nan,
                    "delivered": costs.delivered[i],
                    "expected": self.drawn[:, i].mean(),
                    "expected_se": self.drawn[:, i].std() / math.sqrt(len(self.drawn)),
                    "expected_sd": update.sd[k] if k >= 0 else math.nan,
                    "z": update.score[k] if k >= 0 else math.nan,
                    "percentile": below,
                    "weight": 1.0 - after[i] / before[i] if before[i] > 0.0 else math.nan,
                    "paid_binds": self.binds[i],
                }
            )
        return pd.DataFrame(rows)
