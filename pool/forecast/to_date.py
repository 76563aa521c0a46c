r"""What the first months of the first year cost on every simulated path.

The stays of a path are drawn again, child by child, and their days are counted up to the end of the month only: so
their cost to date A is exact on every path, with all that it has in common with the rest of the year and with later
years. Cases of a single year are not drawn again. By assumption each falls at one moment, uniform in the year. The
cases of a Poisson measure that fall in a share f of the year are a thinning of it, so given the cost S of all of them

.. math:: E[A \mid S] = f S, \qquad E[(A - f S)^2] = f (1 - f)\, \Lambda\, E[P^2 X^2],

and A - fS is uncorrelated with S and with all other years (Kingman 1993, Poisson Processes, section 5.1). Here A is f S
and a normal number with the variance f (1 - f) W S on a path, where W = E[sum of squares] / E[S]: its mean is the
variance above, exactly, and it goes up and down with the volume of the path.
"""

from __future__ import annotations

import math
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from solidair.pool.draw import DrawPlan
from solidair.pool.measures import MeasureSet
from solidair.pool.streams import Stream, stream_key
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]

BLOCK = 1024
"""Sims that are drawn together. What is drawn does not depend on it."""


def days_until(year: int, month: int) -> int:
    """Return the number of days from 1 January to the end of a month."""
    return (date(year + month // 12, month % 12 + 1, 1) - date(year, 1, 1)).days


def squares_over_sums(study: Study) -> float:
    """Return W, the expected sum of squares of the cases of single-year types over their expected sum, EUR.

    It is that of the first year at the law of the prices; inf if a cost has no variance, 0 without such types.
    """
    costs = study.costs
    volume, index = costs.volume_path(1)[:, 0], costs.index_path(1)[:, 0]
    squares = sums = 0.0
    for place, episode in enumerate(costs.episodes):
        if episode is None:
            rate = float(costs.clients_per_youth[place] * volume[place])
            shocks = [s.shock for s in costs.sites if s.target == "price" and s.touches(place)]
            prices = math.prod(shock.moment(2) for shock in shocks)
            squares += rate * float(index[place]) ** 2 * prices * costs.severities[place].moment(2)
            sums += rate * float(index[place]) * costs.severities[place].mean
    return squares / sums if sums > 0.0 else 0.0


@dataclass(frozen=True, eq=False)
class CostToDate:
    """Draws what the first months cost.

    Parameters
    ----------
    study, seed
        As of the run whose paths these are.
    month
        1 for January only, 12 for the whole year.
    """

    study: Study
    seed: int
    month: int

    @property
    def share(self) -> float:
        """Share of the days of the year that has passed."""
        first = self.study.settings.first_year
        return days_until(first, self.month) / days_until(first, 12)

    def draw(self, own: FloatArray, threads: int | None = None) -> FloatArray:
        """Return the cost to date, shape (sim, member) EUR.

        Parameters
        ----------
        own
            What the whole first year costs on the same paths, (sim, member) EUR.
        threads
            Threads to use; all cores if left out. What is drawn does not depend on it.
        """
        if self.month == 12:
            return own.copy()
        so_far, whole = self._stays(self.month, len(own), threads), self._stays(12, len(own), threads)
        single = np.maximum(own - whole, 0.0)  # rounding may leave minus a millionth of a cent
        spread = np.sqrt(self.share * (1.0 - self.share) * squares_over_sums(self.study) * single)
        codes = [str(code) for code in self.study.region.codes]
        return so_far + self.share * single + spread * normals(self.seed, Stream.COST_TO_DATE, codes, len(own))

    def _stays(self, month: int, sims: int, threads: int | None) -> FloatArray:
        """Return what stays cost until the end of a month of the first year, (sim, member) EUR."""
        costs, codes = self.study.costs, self.study.region.codes
        kinds = zip(costs.ids, costs.episodes, strict=True)
        stays = tuple(id_ for id_, episode in kinds if episode is not None)
        found = np.zeros((sims, len(codes)))
        if not stays:
            return found
        rest = tuple(id_ for id_ in costs.ids if id_ not in stays)
        groups = (stays, rest) if rest else (stays,)
        measures = MeasureSet(groups, ((0.0,),) * len(groups))
        plan = _first_year(DrawPlan.make(self.study, measures), days_until(self.study.settings.first_year, month))
        place = measures.index(stays, 0.0)

        def work(first: int) -> None:
            count = min(BLOCK, sims - first)
            found[first : first + count] = plan.draw(self.seed, first, count)[place, :, 0]

        with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
            list(pool.map(work, range(0, sims, BLOCK)))
        return found


def _first_year(plan: DrawPlan, days: float) -> DrawPlan:
    """Return a plan that draws the first year only, and counts the days in care up to a day of it.

    Members merge on a later 1 January, if at all.
    """
    years = plan.calendar
    calendar = years._replace(
        starts=years.starts[:2],
        stops=np.array([float(days)]),
        volume=np.ascontiguousarray(years.volume[:, :1]),
        index=np.ascontiguousarray(years.index[:, :1]),
    )
    return replace(plan, calendar=calendar, mergers=())


def normals(seed: int, stream: Stream, codes: list[str], sims: int) -> FloatArray:
    """Return a standard normal number for every sim and member, (sim, member), from a stream of its own."""
    from solidair.pool.kernels import draw_normals

    found = np.empty((sims, len(codes)))
    draw_normals(np.uint64(seed), 0, np.array([stream_key(stream, code) for code in codes], dtype=np.uint64), found)
    return found
