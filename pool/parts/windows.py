"""Windows of years over a member's result: sums that may reach back before the first year that is settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from solidair.pool.parts.past_keys import past_figures
from solidair.pool.setting import Setting

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Past:
    """What is known of years right before the first one that is settled, ascending.

    Parameters
    ----------
    cost, budget
        Cost of all care before any agreement, and budget, (year, member) EUR.
    """

    cost: FloatArray
    budget: FloatArray

    @classmethod
    def of(cls, setting: Setting, years: int, whom: BoolArray | None = None) -> Past:
        """Return at most a number of years, as many as are known without a gap.

        A year comes from the history file. One that is not there is what the cost model expects of a year, with the
        budget of the region file, if the setting allows to assume that.

        Parameters
        ----------
        whom
            Members whose figures must be known, (member,); all of them if left out. Others count as 0 where unknown.
        """
        cost, budget = past_figures(setting, "cost", "all", years), past_budgets(setting, years)
        missing = np.isnan(cost) | np.isnan(budget)
        known = np.asarray(~(missing if whom is None else missing & whom).any(axis=1))
        first = 0 if known.all() else years - int(np.argmin(known[::-1]))
        return cls(np.nan_to_num(cost[first:]), np.nan_to_num(budget[first:]))

    @property
    def years(self) -> int:
        """How many years are known."""
        return len(self.cost)


def past_budgets(setting: Setting, years: int) -> FloatArray:
    """Return budgets of the years before the first one that is settled, (year, member) EUR, NaN where unknown."""
    found = np.full((years, setting.members), np.nan)
    history = setting.history
    if setting.assumed:
        found[:] = setting.region.budget
    if history is not None:
        place = {code: i for i, code in enumerate(history.codes)}
        for row, year in enumerate(range(setting.first_year - years, setting.first_year)):
            if year in history.years:
                given = history.budget[history.years.index(year)]
                codes = map(str, setting.region.codes)
                found[row] = [given[place[code]] if code in place else np.nan for code in codes]
    return found


def moving_sum(values: FloatArray, past: FloatArray, window: int) -> FloatArray:
    """Return the sum of each year and the `window` - 1 before it; years that nobody knows count as 0.

    Added year by year, not by differences of running totals, whose rounding would grow with the number of years.

    Parameters
    ----------
    values
        (..., year, member).
    past
        The years before, ascending, as many as are known, (year, member).
    """
    before = min(len(past), window - 1)
    head = np.zeros((*values.shape[:-2], window - 1, values.shape[-1]))
    if before:
        head[..., window - 1 - before :, :] = past[-before:]
    whole, years = np.concatenate([head, values], axis=-2), values.shape[-2]
    total = np.zeros_like(values)
    for step in range(window):
        total += whole[..., step : step + years, :]
    return total


def full(years: int, window: int, known: int) -> BoolArray:
    """Return in which years a window is full, (year,), if `known` years before the first one are known."""
    return np.arange(years) + known >= window - 1


def block_ends(years: int, window: int, start: int) -> BoolArray:
    """Return in which years a block of `window` years ends, (year,), the first one beginning at place `start`.

    A real year that is settled alone is the last of its block, unless the clause says in which year it began; see
    `solidair.pool.year_state.dated`.
    """
    since = np.arange(years) - start + 1
    return np.asarray((since > 0) & (since % window == 0))
