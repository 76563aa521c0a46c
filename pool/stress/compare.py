"""What a scenario changes: per agreement, member and period the figure as planned, the figure then, and the difference.

Both runs have the same luck, so the error of a difference is that of the difference in every path, far below that of
either figure: sd(influence then - influence as planned) / sqrt(sims).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Literal

import numpy as np

from solidair.pool.finance.capacity import chosen_levels
from solidair.pool.metrics import stability
from solidair.pool.metrics.base import SAME, Estimate, FloatArray, Unit
from solidair.pool.metrics.year_table import Paths, periods
from solidair.pool.metrics.years import YEAR_METRICS, Period

if TYPE_CHECKING:
    import pandas as pd

    from solidair.pool.results import Results

REGION = "region"
"""Code of the row of all members together."""

KEYS = ("scenario", "agreement", "code", "name", "period", "metric")
COLUMNS = (*KEYS, "base", "base_se", "value", "value_se", "change", "change_se")

Together = Literal["total", "sum"]


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure that is compared.

    Parameters
    ----------
    name, unit, label, meaning
        As in `solidair.pool.metrics.base.Metric`.
    of
        Estimate of a period, at the certainty of its member.
    together
        What stands in the row of the region: 'total', the figure of what all members bear in total; 'sum', the sum of
        the members' figures, since no member can use what another one has in reserve or has left.
    every_year
        Whether it is shown of the years in between too.
    """

    name: str
    unit: Unit
    label: Mapping[str, str]
    meaning: Mapping[str, str]
    of: Callable[[Period, float], Estimate]
    together: Together = "total"
    every_year: bool = False


def _figures() -> tuple[Figure, ...]:
    by_name = {metric.name: metric for metric in YEAR_METRICS}

    def known(name: str, together: Together = "total", *, every_year: bool = False) -> Figure:
        metric = by_name[name]

        def of(period: Period, certainty: float) -> Estimate:
            return metric.of(period)

        return Figure(name, metric.unit, metric.label, metric.meaning, of, together, every_year)

    required = Figure(
        "required",
        "EUR",
        {"nl": "Benodigde weerstandscapaciteit", "en": "Required capacity"},
        {
            "nl": "Wat er boven op de begroting klaar moet liggen om met de gekozen zekerheid te kunnen betalen.",
            "en": "What must be in reserve on top of the budget to be able to pay at the chosen certainty.",
        },
        stability.capacity_metric,
        "sum",
    )
    return (
        known("mean", every_year=True),
        known("sd"),
        known("p90"),
        known("var_95"),
        known("tvar_95"),
        known("overrun_probability", every_year=True),
        known("expected_overrun", "sum", every_year=True),
        required,
        known("net_received_mean", every_year=True),
    )


FIGURES = _figures()
"""All figures that are compared, in the order of the rows."""


def compare(base: Results, then: Results, scenario: str) -> pd.DataFrame:
    """Return what a scenario changes.

    Parameters
    ----------
    base, then
        The study as planned, and in the world of the scenario: with equally many sims and the same seed.
    scenario
        Name of the world.

    Returns
    -------
    pandas.DataFrame
        Columns `COLUMNS`; a row per agreement, member (the last one, `REGION`, is all together), period and figure.
        Of the first year and of all years together there is every figure, of the others those that say `every_year`.
        Municipalities that merge in the scenario stand in one row on both sides, that of the one under which results
        are shown: as planned they are taken together the way the region is.

    Raises
    ------
    ValueError
        If the two do not have the same sims, seed, members, years and agreements.
    """
    import pandas as pd

    _check(base, then)
    region = then.study.region
    groups = _groups(base, then)
    codes = [*(region.members[group[0]].code for group in groups), REGION]
    names = [*(region.members[group[0]].name for group in groups), region.title]
    levels = [chosen_levels(one.study.region, one.study.finance.certainty) for one in (base, then)]
    rows: list[tuple[object, ...]] = []
    for agreement in then.contributions:
        found: list[list[tuple[object, ...]]] = [[] for _ in codes]
        for year, period, figures in _periods(then.paths):
            before = _Side(base.paths, agreement, year, base.control, levels[0])
            after = _Side(then.paths, agreement, year, then.control, levels[1])
            for place, figure, values in _compared(before, after, groups, figures):
                found[place].append((scenario, agreement, codes[place], names[place], period, figure.name, *values))
        rows += [row for member in found for row in member]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _groups(base: Results, then: Results) -> list[list[int]]:
    """Return the members of each row: one, or those that are apart as planned and one municipality in the scenario."""
    inside: dict[int, list[int]] = {place: [place] for place in range(len(then.study.region))}
    known = {(merger.into, merger.gone, merger.place) for merger in base.study.mergers}
    for merger in then.study.mergers:
        if (merger.into, merger.gone, merger.place) not in known:
            inside[merger.into] += [place for gone in merger.gone for place in inside.pop(gone)]
    return list(inside.values())


def _check(base: Results, then: Results) -> None:
    same = (
        base.sims == then.sims
        and base.seed == then.seed
        and base.own.shape == then.own.shape
        and list(base.contributions) == list(then.contributions)
        and list(base.study.region.codes) == list(then.study.region.codes)
    )
    if not same:
        raise ValueError(
            "a scenario is compared under the same luck: sims, seed, members, years, agreements must agree"
        )


def _periods(paths: Paths) -> Iterator[tuple[int | None, str, Sequence[Figure]]]:
    """Yield every year, and None for all years together; its name, and what is shown of it."""
    years = paths.own.shape[1]
    labels = periods(paths.first_year, years)
    for year in range(years):
        yield year, labels[year], FIGURES if year == 0 else [figure for figure in FIGURES if figure.every_year]
    if years > 1:
        yield None, labels[-1], FIGURES


@dataclass(frozen=True, eq=False)
class _Side:
    """One agreement in one period, as planned or in the scenario.

    Parameters
    ----------
    paths, agreement, year
        What happened, under which agreement, in which year; None for all years together.
    control
        Whether exact means steady figures.
    levels
        Certainty that each council asks for, (member,).
    """

    paths: Paths
    agreement: str
    year: int | None
    control: bool
    levels: FloatArray

    def of(self, members: Sequence[int] | None) -> Period:
        """Return the period of a few members in total, or of all."""
        paths, known = self.paths, (self.paths.contributions_exact or {}).get(self.agreement)
        squares = None
        if self.control and self.year is not None and members is not None and len(members) == 1 and paths.squares:
            found = paths.squares[self.year].get(self.agreement)
            squares = None if found is None else found.of(slice(members[0], members[0] + 1))
        budget = self._sum(paths.budgets, members)
        return Period(
            self._sum(paths.contributions[self.agreement], members),
            self._sum(paths.own, members),
            budget,
            np.ones_like(budget),
            own_exact=self._exact(paths.own_exact, members),
            contribution_exact=self._exact(known, members),
            squares=squares,
        )

    def _sum(self, money: FloatArray, members: Sequence[int] | None) -> FloatArray:
        """Return (..., 1) of (..., year, member): of one year or all."""
        one = money.sum(axis=-2) if self.year is None and members is None else money
        if members is not None:
            one = money[..., list(members)] if len(members) > 1 else money[..., members[0] : members[0] + 1]
            one = one.sum(axis=-2) if self.year is None else one
        one = one if self.year is None else one[..., self.year, :]
        return np.ascontiguousarray(one.sum(axis=-1, keepdims=True))

    def _exact(self, money: FloatArray | None, members: Sequence[int] | None) -> FloatArray | None:
        return None if money is None or not self.control else self._sum(money, members)

    def summed(self, figure: Figure, members: Sequence[int]) -> Estimate:
        """Return the sum of the figures of a few members."""
        parts = [figure.of(self.of([member]), float(self.levels[member])) for member in members]
        return parts[0] if len(parts) == 1 else reduce(_added, parts)


Values = tuple[float, ...]


def _compared(
    before: _Side, after: _Side, groups: Sequence[Sequence[int]], figures: Sequence[Figure]
) -> Iterator[tuple[int, Figure, Values]]:
    """Yield position, figure and values of every group, and at last of all together."""
    whole: dict[str, tuple[Estimate, Estimate]] = {}
    all_same = True
    for place, group in enumerate(groups):
        planned, then = before.of(group), after.of(group)
        same = _same(planned, then)
        all_same &= same
        for figure in figures:
            if figure.together == "sum" and len(group) > 1:
                both = (before.summed(figure, group), after.summed(figure, group))
            else:
                level, other = (float(side.levels[group[0]]) for side in (before, after))
                both = (figure.of(planned, level), figure.of(then, other))
            if figure.together == "sum":
                so_far = whole.get(figure.name)
                whole[figure.name] = (
                    both if so_far is None else (_added(so_far[0], both[0]), _added(so_far[1], both[1]))
                )
            # What two need apart is not what they need together, though they bear the same.
            same_figure = same and (figure.together == "total" or len(group) == 1)
            yield place, figure, _difference(*both, same=same_figure, scale=float(planned.own.mean()))
    planned, then = before.of(None), after.of(None)
    for figure in figures:
        both = whole.get(figure.name) or (figure.of(planned, np.nan), figure.of(then, np.nan))
        same_figure = all_same and (figure.together == "total" or all(len(group) == 1 for group in groups))
        yield len(groups), figure, _difference(*both, same=same_figure, scale=float(planned.own.mean()))


def _same(before: Period, after: Period) -> bool:
    """Return whether a scenario changes nothing for a member, in any path."""
    pairs = (
        (before.budget, after.budget),
        (before.contribution, after.contribution),
        (before.own, after.own),
    )
    return all(np.array_equal(one, other) for one, other in pairs)


def _added(one: Estimate, other: Estimate) -> Estimate:
    """Return the sum of two estimates over the same sims."""
    return Estimate(one.value + other.value, one.influence + other.influence)


def _difference(before: Estimate, after: Estimate, *, same: bool, scale: float) -> tuple[float, ...]:
    """Return both figures with their errors, and the difference with its paired one; `scale` is the size of amounts."""
    change, error = (float(x[0]) for x in after.minus(before))
    base, base_se, value, se = (
        float(x[0]) for x in (before.value, before.standard_error, after.value, after.standard_error)
    )
    # What is the same in every path leaves no doubt, though the error of a share would say so. Nor is what rounding
    # leaves of two exact figures a difference.
    if same or (error == 0.0 and abs(change) <= SAME * max(abs(base), scale)):
        change, error = 0.0, 0.0
    return base, base_se, value, se, change, error
