"""The multi-year budget: what each year of it is expected to cost, and whether the estimate holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solidair.pool.metrics.base import FloatArray, ratio
from solidair.pool.metrics.chunks import MAX_BYTES, over_members
from solidair.pool.metrics.plain import share_of
from solidair.pool.metrics.year_table import Paths

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.study import Study

FAN = ("mean", "mean_se", "p10", "p10_se", "p50", "p50_se", "p90", "p90_se")
"""Columns that are those of the table 'years'."""

HELD = ("within_every_year_probability", "within_cumulative_probability")


def outlook_table(
    study: Study, paths: Paths, years: pd.DataFrame, *, max_bytes: int = MAX_BYTES, threads: int | None = None
) -> pd.DataFrame:
    """Return the multi-year budget of every agreement.

    Parameters
    ----------
    study
        Whose budgets and growth these are.
    paths
        What all agreements did over the same simulated paths.
    years
        The table 'years' of the same run: mean and quantiles of each year are taken from it.
    max_bytes, threads
        As in `solidair.pool.metrics.tables.metric_tables`.

    Returns
    -------
    pandas.DataFrame
        One row per agreement, member and calendar year. `growth_index` and `growth_volume` are planned, since the
        first year; `within_probability` is about the year itself, `within_every_year_probability` about it and all
        years before, `within_cumulative_probability` about the sums of these.
    """
    import pandas as pd

    sims, count, members = paths.own.shape
    held = {name: np.empty((2, len(paths.contributions), members, count)) for name in HELD}

    def work(chunk: slice) -> None:
        budget = np.add.accumulate(paths.budgets[:, chunk])
        for row, borne in enumerate(paths.contributions.values()):
            total = np.zeros(borne[:, 0, chunk].shape, order="F")
            within = np.ones(total.shape, dtype=np.bool_, order="F")
            for year in range(count):
                spent = np.asfortranarray(borne[:, year, chunk])
                total += spent
                within &= spent <= paths.budgets[year, chunk]
                for name, event in zip(HELD, (within, total <= budget[year]), strict=True):
                    held[name][:, row, chunk, year] = share_of(event)

    over_members(work, members, sims, len(paths.contributions), max_bytes=max_bytes, threads=threads)
    calendar = [str(paths.first_year + year) for year in range(count)]
    single = years[years["period"].isin(calendar)].reset_index(drop=True)
    columns: dict[str, object] = {name: single[name] for name in ("agreement", "code", "name")}
    columns["year"] = single["period"].astype(int)
    for name, values in {"budget": study.setting.budgets[:count], **planned_growth(study, count)}.items():
        columns[name] = np.tile(values.T.ravel(), len(paths.contributions))
    columns |= {name: single[name] for name in FAN}
    columns["within_probability"] = 1.0 - single["overrun_probability"]
    columns["within_probability_se"] = single["overrun_probability_se"]
    for name, (value, error) in held.items():
        columns |= {name: value.ravel(), f"{name}_se": error.ravel()}
    return pd.DataFrame(columns)


def planned_growth(study: Study, years: int) -> dict[str, FloatArray]:
    """Return by how much prices and clients are planned to have grown since the first year, (year, member) shares.

    Care types weigh by what each is expected to cost the member in the first year. Clients in stays follow later than
    the growth of those who enter, which this is.
    """
    costs, setting = study.planned.costs, study.planned.setting
    cost = setting.expected_cost
    assert cost is not None  # a study has a cost model
    at_start = setting.merged(np.broadcast_to(cost.sum(axis=1), (years, len(cost))))
    grown = {"growth_index": costs.index_path(years), "growth_volume": costs.volume_path(years)}
    return {
        name: ratio(setting.merged(np.einsum("mc,ct->tm", cost, path)), at_start, 1.0) - 1.0
        for name, path in grown.items()
    }
