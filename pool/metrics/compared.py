"""Lay the differences of all agreements with one of them out in a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from solidair.pool.metrics import METRICS
from solidair.pool.metrics.base import FloatArray, Sample
from solidair.pool.metrics.chunks import MAX_BYTES, over_members
from solidair.pool.metrics.tables import metric_tables

if TYPE_CHECKING:
    import pandas as pd

YEARLY = ("mean", "sd")
"""Metrics that are compared in every year, and in the average of all years."""

ALL_YEARS = "all_years"
"""How the columns of that average are called, in the place of a year."""

ENDINGS = ("_change", "_change_se")

Samples = Callable[[int | None, slice], Mapping[str, Sample]]
"""What all agreements did to some members in a year, counted from 0; with None in the average of all years."""


def compared_columns(calendar: Sequence[int]) -> list[str]:
    """Return the columns of the table that hold figures: of the first year, of every year, of all years."""
    first = [m.name for m in METRICS.values() if m.axis == "member"]
    later = [f"{name}_{period}" for period in (*calendar, ALL_YEARS) for name in YEARLY]
    return [name + ending for name in (*first, *later) for ending in ENDINGS]


def compared_table(
    samples: Samples,
    agreements: Sequence[str],
    reference: str | None,
    codes: Sequence[str],
    names: Sequence[str],
    *,
    sims: int,
    calendar: Sequence[int],
    control: bool = True,
    max_bytes: int = MAX_BYTES,
    threads: int | None = None,
) -> pd.DataFrame:
    """Compute what each agreement changes for each member, compared with one of them in the same simulated years.

    Parameters
    ----------
    samples
        Per agreement what it did in a period to a few members.
    agreements, reference
        Names of all agreements, and that of the one to compare with; without one the table has no rows.
    codes, names
        CBS code and name per member.
    sims, calendar
        Number of simulated paths, and the calendar years that each covers.
    control, max_bytes, threads
        As in `solidair.pool.metrics.tables.metric_tables`.

    Returns
    -------
    pandas.DataFrame
        One row per other agreement and member; columns agreement, reference, code, name, then per metric `x` of a
        member in the first year the difference `x_change` and its paired standard error `x_change_se`. Of those in
        `YEARLY` also `x_2027_change` and so on for every year, and `x_all_years_change` for the average of all years,
        in EUR a year: the sum along each path over the number of years.

    Raises
    ------
    ValueError
        If there is no agreement of the name `reference`.
    """
    import pandas as pd

    if reference is not None and reference not in agreements:
        raise ValueError(f"there is no agreement '{reference}' to compare with; there are {', '.join(agreements)}")
    others = [] if reference is None else [name for name in agreements if name != reference]
    shape = (len(others), len(codes))
    columns: dict[str, FloatArray] = {name: np.empty(shape) for name in compared_columns(calendar)}

    def fill(members: slice, year: int | None, only: Sequence[str], period: str) -> None:
        made = samples(year, members)
        tables = metric_tables(
            made, codes[members], names[members],
            against=reference, only=only, control=control, max_bytes=max_bytes, threads=1,
        )  # fmt: skip
        rows = [place for place, name in enumerate(made) if name != reference]
        for metric in (m for m in METRICS.values() if m.axis == "member" and m.name in only):
            for ending in ENDINGS:
                found = tables[metric.table][metric.name + ending].to_numpy().reshape(len(made), -1)
                columns[f"{metric.name}{period}{ending}"][:, members] = found[rows]

    def work(members: slice) -> None:
        fill(members, 0, [m.name for m in METRICS.values() if m.axis == "member"], "")
        for year, label in enumerate(calendar):
            fill(members, year, YEARLY, f"_{label}")
        fill(members, None, YEARLY, f"_{ALL_YEARS}")

    if others:
        over_members(work, len(codes), sims, len(agreements), max_bytes=max_bytes, threads=threads)
    rows: dict[str, object] = {
        "agreement": np.repeat(np.array(others, dtype=object), len(codes)),
        "reference": np.full(len(others) * len(codes), reference, dtype=object),
        "code": list(codes) * len(others),
        "name": list(names) * len(others),
    }
    return pd.DataFrame(rows | {name: values.ravel() for name, values in columns.items()})
