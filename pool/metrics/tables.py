"""Lay all metrics of all agreements out in tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from solidair.pool.metrics import METRICS
from solidair.pool.metrics.base import SAME, Estimate, FloatArray, Metric, Sample, Table
from solidair.pool.metrics.chunks import MAX_BYTES as MAX_BYTES
from solidair.pool.metrics.chunks import over_members
from solidair.pool.metrics.control import controlled

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("", "_se", "_change", "_change_se")
"""What a metric's columns end on: value, its error, difference with own use or another agreement, its error."""


def metric_tables(
    samples: Mapping[str, Sample],
    codes: Sequence[str],
    names: Sequence[str],
    *,
    against: str | None = None,
    only: Collection[str] | None = None,
    control: bool = True,
    max_bytes: int = MAX_BYTES,
    threads: int | None = None,
) -> dict[str, pd.DataFrame]:
    """Compute every registered metric of every agreement.

    Parameters
    ----------
    samples
        Per agreement what it did, all over the same simulated years, members and own costs.
    codes, names
        CBS code and name per member.
    against
        Name of the agreement that differences are taken with; own use if left out.
    only
        Names of the metrics to compute; all if left out.
    control
        Whether to use the exact means that the samples bring: means are then exact, with an error of 0, and what
        follows a mean is steadied by it. If not, all figures come from the simulated years alone.
    max_bytes
        Members are worked on in chunks that keep working memory below about this; it does not change the
        results.
    threads
        Threads to use, all cores if left out; it does not change the results.

    Returns
    -------
    dict[str, pandas.DataFrame]
        'stability' and 'transfers', one row per agreement and member, with columns agreement, code, name;
        'fairness', one row per agreement, with a column agreement. Then per metric `x`, its standard error
        `x_se`, the difference with own use or with `against`, `x_change`, and the paired standard error of that,
        `x_change_se`.

    Raises
    ------
    ValueError
        If there is no agreement, or none called `against`, or the samples do not describe the same years and members.
    """
    import pandas as pd

    _check(samples, codes, names)
    if against is not None and against not in samples:
        raise ValueError(f"there is no agreement '{against}' to compare with; there are {', '.join(samples)}")
    chosen = [metric for metric in METRICS.values() if only is None or metric.name in only]
    if not control:
        samples = {name: sample.simulated for name, sample in samples.items()}
    tables: dict[Table, dict[str, FloatArray]] = {"stability": {}, "transfers": {}, "fairness": {}}
    members = len(codes)
    for metric in chosen:
        shape = (len(samples), members) if metric.axis == "member" else (len(samples),)
        for ending in COLUMNS:
            tables[metric.table][metric.name + ending] = np.empty(shape)
    sims = next(iter(samples.values())).sims
    work = partial(_fill_members, tables, samples, chosen, against)
    over_members(work, members, sims, len(samples), max_bytes=max_bytes, threads=threads)
    _fill_region(tables, samples, chosen, against)

    rows: dict[str, object] = {"agreement": np.repeat(np.array(list(samples), dtype=object), members)}
    rows |= {"code": list(codes) * len(samples), "name": list(names) * len(samples)}
    result = {
        name: pd.DataFrame(rows | {column: values.ravel() for column, values in tables[name].items()})
        for name in ("stability", "transfers")
    }
    result["fairness"] = pd.DataFrame({"agreement": list(samples)} | tables["fairness"])
    return result


def _check(samples: Mapping[str, Sample], codes: Sequence[str], names: Sequence[str]) -> None:
    """Raise ValueError unless all samples describe the same years of the members named."""
    if not samples:
        raise ValueError("there is no agreement to compute metrics of")
    first = next(iter(samples.values()))
    if not len(codes) == len(names) == first.own.shape[1]:
        raise ValueError(f"{len(codes)} codes and {len(names)} names for {first.own.shape[1]} members")
    for name, sample in samples.items():
        for what in ("own", "budget", "youth"):
            ours, theirs = getattr(sample, what), getattr(first, what)
            if ours is not theirs and not np.array_equal(ours, theirs):
                raise ValueError(f"agreement '{name}': its {what} differs from the first agreement's; not comparable")


def _fill_members(
    tables: dict[Table, dict[str, FloatArray]],
    samples: Mapping[str, Sample],
    metrics: Sequence[Metric],
    against: str | None,
    members: slice,
) -> None:
    """Fill the columns of the member metrics for a few members."""
    first, *others = samples.values()
    part = first.of(members)
    parts = [part, *(sample.of(members, part) for sample in others)]
    other = part.stand_alone if against is None else parts[list(samples).index(against)]
    same = [np.all(part.contribution == other.contribution, axis=0) for part in parts]
    for metric in metrics:
        if metric.axis == "member":
            base = controlled(metric, other)
            for row, part in enumerate(parts):
                estimate = base if bool(same[row].all()) else controlled(metric, part)
                _fill(tables, metric, (row, members), estimate, base, same[row])


def _fill_region(
    tables: dict[Table, dict[str, FloatArray]],
    samples: Mapping[str, Sample],
    metrics: Sequence[Metric],
    against: str | None,
) -> None:
    """Fill the columns of the metrics of the whole region."""
    other = next(iter(samples.values())).stand_alone if against is None else samples[against]
    for metric in metrics:
        if metric.axis == "region":
            base = metric.function(other)
            for row, sample in enumerate(samples.values()):
                same = np.asarray(np.array_equal(sample.contribution, other.contribution))
                _fill(tables, metric, row, metric.function(sample), base, same)


def _fill(
    tables: dict[Table, dict[str, FloatArray]],
    metric: Metric,
    where: int | tuple[int, slice],
    estimate: Estimate,
    base: Estimate,
    same: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> None:
    """Fill the columns of one metric and agreement; `same` marks who bears what it is compared with in all years."""
    change, change_se = estimate.minus(base)
    # Bearing the same in every year is no difference: no doubt is left, though the error of a share would say so.
    # Nor is what rounding leaves of two exact figures, which would pass for a difference that is certain.
    same = same | ((change_se == 0.0) & (np.abs(change) <= SAME * np.abs(base.value)))
    values = (
        estimate.value,
        estimate.standard_error,
        np.where(same, 0.0, change),
        np.where(same, 0.0, change_se),
    )
    for ending, value in zip(COLUMNS, values, strict=True):
        tables[metric.table][metric.name + ending][where] = value
