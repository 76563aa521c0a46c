"""Lay the metrics of every budget year out in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from solidair.pool.metrics.base import Estimate, FloatArray, Squares
from solidair.pool.metrics.chunks import MAX_BYTES, over_members
from solidair.pool.metrics.years import YEAR_METRICS, BoolArray, Period

if TYPE_CHECKING:
    import pandas as pd


def periods(first_year: int, years: int) -> list[str]:
    """Return the names of all periods: every calendar year, then the horizon, such as 2027-2030, if that is longer."""
    each = [str(first_year + year) for year in range(years)]
    return each if years == 1 else [*each, f"{each[0]}-{each[-1]}"]


@dataclass(frozen=True, eq=False)
class Paths:
    """What members bore in all years of all simulated paths.

    Parameters
    ----------
    own
        Cost of own clients, (sim, year, member) EUR.
    contributions
        Per agreement what each member bears, same shape.
    budgets
        (year, member) EUR, above 0.
    first_year
        Calendar year of the first one.
    own_exact, contributions_exact
        Exact means, (year, member) EUR; of own cost if known, and of those agreements for which it is.
    squares
        Exact second moments of each year, by agreement; empty where they are not known. There are none of the horizon.

    Raises
    ------
    ValueError
        If there is no agreement, or shapes differ.
    """

    own: FloatArray
    contributions: Mapping[str, FloatArray]
    budgets: FloatArray
    first_year: int
    own_exact: FloatArray | None = None
    contributions_exact: Mapping[str, FloatArray] | None = None
    squares: Sequence[Mapping[str, Squares]] = ()

    def __post_init__(self) -> None:
        if not self.contributions:
            raise ValueError("there is no agreement to compute metrics of")
        for name, contribution in self.contributions.items():
            if contribution.shape != self.own.shape or self.own.ndim != 3:
                what = f"own {self.own.shape}, agreement '{name}' {contribution.shape}"
                raise ValueError(f"{what}: all must have one shape (sim, year, member)")
        exact = {"own_exact": self.own_exact, "budgets": self.budgets} | dict(self.contributions_exact or {})
        for name, means in exact.items():
            if means is not None and means.shape != self.own.shape[1:]:
                raise ValueError(f"{name} has shape {means.shape}, expected {self.own.shape[1:]}: (year, member)")


def year_table(
    paths: Paths,
    codes: Sequence[str],
    names: Sequence[str],
    *,
    control: bool = True,
    max_bytes: int = MAX_BYTES,
    threads: int | None = None,
) -> pd.DataFrame:
    """Compute the metrics of every period of every agreement.

    Parameters
    ----------
    paths
        What all agreements did over the same simulated paths.
    codes, names
        CBS code and name per member.
    control, max_bytes, threads
        As in `solidair.pool.metrics.tables.metric_tables`.

    Returns
    -------
    pandas.DataFrame
        One row per agreement, member and period; columns agreement, code, name, period, then per metric `x` of
        `YEAR_METRICS` its standard error `x_se`, and for some the difference with own use `x_change` and the paired
        standard error of that, `x_change_se`.

    Raises
    ------
    ValueError
        If there is not a code and a name for every member.
    """
    import pandas as pd

    sims, years, members = paths.own.shape
    if not len(codes) == len(names) == members:
        raise ValueError(f"{len(codes)} codes and {len(names)} names for {members} members")
    labels = periods(paths.first_year, years)
    shape = (len(paths.contributions), members, len(labels))
    columns: dict[str, FloatArray] = {}
    for metric in YEAR_METRICS:
        for ending in ("", "_se", "_change", "_change_se") if metric.change else ("", "_se"):
            columns[metric.name + ending] = np.empty(shape)

    def work(chunk: slice) -> None:
        _fill(columns, paths, chunk, control)

    over_members(work, members, sims, len(paths.contributions), max_bytes=max_bytes, threads=threads)
    rows: dict[str, object] = {
        "agreement": np.repeat(np.array(list(paths.contributions), dtype=object), members * len(labels)),
        "code": np.tile(np.repeat(np.array(codes, dtype=object), len(labels)), shape[0]),
        "name": np.tile(np.repeat(np.array(names, dtype=object), len(labels)), shape[0]),
        "period": labels * (shape[0] * members),
    }
    return pd.DataFrame(rows | {name: values.ravel() for name, values in columns.items()})


@dataclass(eq=False)
class _Walk:
    """One agreement and a few members on the way through the years."""

    total: FloatArray
    now: FloatArray
    before: FloatArray | None
    every_year: BoolArray

    @staticmethod
    def start(first: FloatArray, budget: FloatArray) -> _Walk:
        return _Walk(first, first, None, first > budget)

    def go(self, year: FloatArray, budget: FloatArray) -> None:
        self.total = self.total + year if self.before is None else np.add(self.total, year, out=self.total)
        self.before, self.now = self.now, year
        self.every_year &= year > budget


def _fill(columns: dict[str, FloatArray], paths: Paths, members: slice, control: bool) -> None:
    """Fill the columns for a few members, year by year and then for the horizon."""
    years = paths.own.shape[1]
    budgets = paths.budgets[:, members]
    own_exact = paths.own_exact if control else None
    exact = (paths.contributions_exact or {}) if control else {}
    own_total: FloatArray | None = None
    walks: dict[str, _Walk] = {}
    for year in range(years):
        own = _columns(paths.own, year, members)
        own_total = own if own_total is None else own_total + own
        for name, contribution in paths.contributions.items():
            borne = _columns(contribution, year, members)
            if year == 0:
                walks[name] = _Walk.start(borne, budgets[0])
            else:
                walks[name].go(borne, budgets[year])
        squares = paths.squares[year] if control and paths.squares else {}
        made = {
            name: Period(
                walk.now,
                own,
                budgets[year],
                np.ones_like(budgets[year]),
                own_exact=_mean(own_exact, slice(year, year + 1), members),
                contribution_exact=_mean(exact.get(name), slice(year, year + 1), members),
                squares=squares[name].of(members) if name in squares else None,
                before=walk.before,
                every_year=walk.every_year,
            )
            for name, walk in walks.items()
        }
        _fill_period(columns, made, (members, year))
    if years > 1 and own_total is not None:
        budget = budgets.sum(axis=0)
        made = {
            name: Period(
                walk.total,
                own_total,
                budget,
                np.ones_like(budget),
                own_exact=_mean(own_exact, slice(None), members),
                contribution_exact=_mean(exact.get(name), slice(None), members),
                every_year=walk.every_year,
            )
            for name, walk in walks.items()
        }
        _fill_period(columns, made, (members, years))


def _columns(x: FloatArray, year: int, members: slice) -> FloatArray:
    """Return one year of a few members, the sims of each side by side; a view where they already are."""
    return np.asfortranarray(x[:, year, members])


def _mean(exact: FloatArray | None, years: slice, members: slice) -> FloatArray | None:
    return None if exact is None else np.asarray(exact[years, members].sum(axis=0))


def _fill_period(columns: dict[str, FloatArray], made: Mapping[str, Period], where: tuple[slice, int]) -> None:
    """Fill the columns of one period; `where` names the members and the period."""
    first = next(iter(made.values()))
    alone = Period(
        first.own,
        first.own,
        first.budget,
        first.youth,
        own_exact=first.own_exact,
        contribution_exact=first.own_exact,
        squares=first.squares,
    )
    same = {name: np.all(period.contribution == period.own, axis=0) for name, period in made.items()}
    for metric in YEAR_METRICS:
        base = metric.of(alone) if metric.change else None
        for row, (name, period) in enumerate(made.items()):
            estimate = base if base is not None and bool(same[name].all()) else metric.of(period)
            for ending, value in _values(estimate, base, same[name]).items():
                columns[metric.name + ending][row, *where] = value


def _values(estimate: Estimate, base: Estimate | None, same: BoolArray) -> dict[str, FloatArray]:
    values = {"": estimate.value, "_se": estimate.standard_error}
    if base is not None:
        # Bearing one's own cost is own use: no doubt is left, though the error of a share would say so.
        change, error = estimate.minus(base)
        values |= {"_change": np.where(same, 0.0, change), "_change_se": np.where(same, 0.0, error)}
    return values
