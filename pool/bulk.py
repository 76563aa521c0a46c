"""Which care types are drawn in bulk, and the tables for it: the small cases as one sum, the large ones one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.models.guides import GuideTables, suits_guide
from solidair.models.severity import Severity
from solidair.models.sums import SumTables, split_point, sum_chords
from solidair.models.tables import SIDE
from solidair.pool.study import Study

if TYPE_CHECKING:
    from solidair.pool.kernels import Bulk, Shocks

FloatArray = npt.NDArray[np.float64]

MOST_LARGE = 0.25
"""Largest share of cases above the split point for which a sum pays: else nearly all work is left."""


def bulk_arrays(study: Study, shocks: Shocks, lowest: FloatArray, case_by_case: bool) -> Bulk:
    """Return what is drawn in bulk, as the kernel reads it.

    Parameters
    ----------
    lowest
        Lowest attachment of each year and care type, EUR; inf where nothing is looked at, (year, care_type).
    case_by_case
        Draw every case by itself instead.
    """
    from solidair.pool.kernels import Bulk

    costs, years = study.costs, study.settings.years
    types = len(costs.ids)
    index = costs.index_path(years)
    made: list[SumTables] = []
    row = np.full(types, -1, dtype=np.int64)
    beyond, mean, sd = np.zeros(types), np.zeros(types), np.zeros(types)
    for c, severity in enumerate(costs.severities):
        if case_by_case or not isinstance(severity, Severity) or not np.isfinite(severity.mean):
            continue
        # Below the split no case reaches an attachment, whatever the prices of its year.
        highest = most_price(shocks, c) * index[c]
        line = float((lowest[:, c] / highest).min())
        tables = _made(severity, line)
        if tables is not None:
            row[c], beyond[c], mean[c], sd[c] = len(made), tables.beyond, tables.mean, tables.sd
            made.append(tables)
    places, weights = sum_chords()
    guide, guides = _guides(study, shocks, row, beyond)
    size = made[0].tables.size if made else 0
    empty = np.zeros(0)
    return Bulk(
        row=row,
        beyond=beyond,
        mean=mean,
        sd=sd,
        sums=np.concatenate([t.tables.ravel() for t in made]) if made else empty,
        size=size,
        places=places.astype(np.uint64) * np.uint64(2 * SIDE),
        weights=weights,
        large=np.concatenate([t.large for t in made]) if made else empty,
        guide=guide,
        limits=guides.limits,
        guides=guides.guides,
        starts=guides.starts,
        shifts=guides.shifts,
        offsets=guides.offsets,
    )


def _made(severity: Severity, line: float) -> SumTables | None:
    """Return the tables of a severity that is split below a line, or None if it is better drawn case by case."""
    if line <= 0.0:
        return None
    u = split_point(severity, line, 1.0)
    if not (np.isfinite(u) and float(severity.cdf(u)) > 1.0 - MOST_LARGE):
        return None
    tables = SumTables.make(severity, u)
    return tables if tables.faithful else None


def most_price(shocks: Shocks, care_type: int) -> float:
    """Return the highest price factor that the tables can give a care type."""
    highest = 1.0
    for site, (target, c) in enumerate(zip(shocks.target, shocks.care_type, strict=True)):
        if target == 1 and c in (-1, care_type):
            highest *= float(shocks.tables[2 * SIDE * shocks.table[site] + SIDE])  # first node of the upper tail
    return highest


def _guides(
    study: Study, shocks: Shocks, row: npt.NDArray[np.int64], beyond: FloatArray
) -> tuple[npt.NDArray[np.int64], GuideTables]:
    """Return guides to the counts that no shock, growth or unknown need moves: two per member and care type."""
    from solidair.pool.kernels import poisson_quantile

    region, costs = study.region, study.costs
    guide = np.full((len(region.members), len(row)), -1, dtype=np.int64)
    rates: list[float] = []
    steady = np.all(costs.volume_path(study.settings.years) == 1.0, axis=1)
    for c in np.flatnonzero(row >= 0):
        moved = any(target == 0 and k in (-1, c) for target, k in zip(shocks.target, shocks.care_type, strict=True))
        if moved or not steady[c]:
            continue
        for i, member in enumerate(region.members):
            rate = member.youth * float(costs.clients_per_youth[c]) * float(region.need_index[i])
            small, large = rate * (1.0 - float(beyond[c])), rate * float(beyond[c])
            if np.isfinite(rate) and suits_guide(small) and suits_guide(large):
                guide[i, c] = len(rates)
                rates += [small, large]
    return guide, GuideTables.make(np.array(rates), poisson_quantile)
