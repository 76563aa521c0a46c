r"""Required capacity (Dutch: benodigde weerstandscapaciteit): what must be in reserve to be certain enough.

The loss of a period is what a member bears less its budget, H - B, summed along each simulated path over the years of
the period. At a certainty p the required capacity is

.. math:: \max(\text{VaR}_p(H) - B, 0)

the amount with which a share p of the paths can be borne. The *step* of a certainty says how much more this is than
what is required at twice the chance of falling short, q = 1 - 2 (1 - p): 90 % beside 80 %, 95 % beside 90 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.models.regions import Region
from solidair.pool.finance.classes import available_capacity, capacity_ratio, letters
from solidair.pool.metrics.base import Estimate, FloatArray, Sample, ratio
from solidair.pool.metrics.chunks import MAX_BYTES, over_members
from solidair.pool.metrics.quantiles import exact_level, maritz_jarrett_error, quantile_rank, sparsity, value_at_risk
from solidair.pool.metrics.stability import capacity_metric, floored
from solidair.pool.metrics.year_table import Paths, periods

if TYPE_CHECKING:
    import pandas as pd

LEVELS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)
"""Certainties of the certainty table, beside the chosen one."""

MAXIMUM = 0.99
"""Certainty at which a loss counts as the maximum effect of a risk."""

POINTS = (0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.99)
"""Probabilities of the distribution points of the risk register."""

FEWEST = 30
"""Paths beyond a certainty below which its quantile is too rough: its error is then itself known to about a fifth."""

Keys = dict[str, npt.NDArray[np.object_]]


def chosen_levels(region: Region, certainty: float) -> FloatArray:
    """Return the certainty that each council asks for, shape (member,): its own, else that of the study."""
    own = region.certainty
    return np.where(np.isnan(own), certainty, own)


def ladder(chosen: float) -> tuple[float, ...]:
    """Return the certainties of the table of a member, in ascending order; the chosen one is among them once."""
    return tuple(sorted({*LEVELS, float(chosen)}))


def level_before(level: float) -> float | None:
    """Return the certainty at which the chance of falling short is twice as large; None if there is none."""
    before = 1 - 2 * (1 - exact_level(level))
    return float(before) if before > 0 else None


def few_paths(sims: int, level: float) -> int | None:
    """Return how many paths lie beyond a certainty if they are too few to rely on its quantile, else None."""
    beyond = sims - quantile_rank(sims, level)
    return beyond if sims * (1 - exact_level(level)) < FEWEST else None


def enough_paths(level: float) -> int:
    """Return how many paths a certainty needs, so that `FEWEST` lie beyond it."""
    return math.ceil(FEWEST / (1 - exact_level(level)))


@dataclass(frozen=True, eq=False)
class Capacities:
    """The tables of required capacity, of one run.

    Parameters
    ----------
    certainty
        A row per agreement, member, period and certainty.
    capacity
        A row per agreement, member and period.
    points
        On the rows of `capacity`: quantiles of the loss and their errors, p10 to p99, and the error of the mean overrun
        in the paths that have one.
    """

    certainty: pd.DataFrame
    capacity: pd.DataFrame
    points: pd.DataFrame


def capacities(
    paths: Paths,
    years: pd.DataFrame,
    region: Region,
    certainty: float,
    *,
    max_bytes: int = MAX_BYTES,
    threads: int | None = None,
) -> Capacities:
    """Compute required, available and saved capacity of the first year and of the whole horizon.

    Parameters
    ----------
    paths
        What all agreements did over the same simulated paths.
    years
        The table of the years of the same paths: chances and expected overruns are taken from it, so that the same
        figure never stands in two tables as two numbers.
    region
        The members, with what their councils can bear and ask for.
    certainty
        Certainty of members whose council asks for none of its own.
    max_bytes, threads
        As in `solidair.pool.metrics.tables.metric_tables`.
    """
    import pandas as pd

    sims, n_years, members = paths.own.shape
    labels = periods(paths.first_year, n_years)
    labels = labels[:1] if n_years == 1 else [labels[0], labels[-1]]
    chosen = chosen_levels(region, certainty)
    work = _Work(paths, chosen, (len(paths.contributions), members, len(labels)))
    over_members(work.fill, members, sims, len(paths.contributions), max_bytes=max_bytes, threads=threads)

    keys = _keys(list(paths.contributions), region, labels)
    figures = work.figures
    available = np.stack([available_capacity(region, n) for n in (1, n_years)[: len(labels)]], axis=1)
    there = np.broadcast_to(available, work.shape)
    before = capacity_ratio(there, figures["required_own"])
    now = capacity_ratio(there, figures["required"])
    columns = {
        **{name: figures[name] for name in _REQUIRED},
        "available": there,
        "ratio": now,
        "ratio_se": _ratio_error(now, figures["required"], figures["required_se"]),
        "class": letters(now),
        "ratio_own": before,
        "ratio_own_se": _ratio_error(before, figures["required_own"], figures["required_own_se"]),
        "class_own": letters(before),
    }
    table: dict[str, object] = {**keys, "certainty": np.tile(np.repeat(chosen, len(labels)), work.shape[0])}
    table |= {name: values.ravel() for name, values in columns.items()}
    # Rows of the table of years come in the same order, with the years in between as well.
    same = years[years["period"].isin(labels)].reset_index(drop=True)
    for name, column in (("overrun_probability",) * 2, ("expected_effect", "expected_overrun")):
        table |= {name: same[column], f"{name}_se": same[f"{column}_se"]}
    table |= {name: figures[name].ravel() for name in ("maximum_effect", "maximum_effect_se")}
    points = {name: figures[name].ravel() for name in _POINTS}
    return Capacities(work.certainty_table(keys), pd.DataFrame(table), pd.DataFrame({**keys, **points}))


def _ends(name: str) -> tuple[str, str]:
    return name, f"{name}_se"


_REQUIRED = tuple(end for name in ("required", "required_own", "saved") for end in _ends(name))
_POINTS = (*(end for p in POINTS for end in _ends(f"p{round(100 * p)}")), "conditional_effect_se")
_FIGURES = (*_REQUIRED, *_ends("maximum_effect"), *_POINTS)
_STEPS = ("loss", "loss_se", "step", "step_se")


def _keys(agreements: Sequence[str], region: Region, labels: Sequence[str]) -> Keys:
    """Return agreement, code, name and period of all rows: agreements, in them members, in them periods."""
    n, each = len(agreements), len(labels)

    def per_member(texts: Sequence[str]) -> npt.NDArray[np.object_]:
        return np.tile(np.repeat(np.array(texts, dtype=object), each), n)

    return {
        "agreement": np.repeat(np.array(agreements, dtype=object), len(region) * each),
        "code": per_member([member.code for member in region.members]),
        "name": per_member([member.name for member in region.members]),
        "period": np.tile(np.array(labels, dtype=object), n * len(region)),
    }


def _ratio_error(ratios: FloatArray, required: FloatArray, error: FloatArray) -> FloatArray:
    """Return the error of available / required by that of required; NaN where the ratio is no number."""
    share = ratio(error, required)
    return np.where(np.isfinite(ratios), np.where(np.isfinite(ratios), ratios, 0.0) * share, np.nan)


class _Work:
    """The figures of all agreements, members and periods, filled in for a few members at a time.

    Parameters
    ----------
    paths
        What all agreements did.
    chosen
        Certainty that each council asks for, shape (member,).
    shape
        Agreements, members and periods.
    """

    def __init__(self, paths: Paths, chosen: FloatArray, shape: tuple[int, int, int]) -> None:
        self.paths, self.chosen, self.shape = paths, chosen, shape
        self.figures: dict[str, FloatArray] = {name: np.empty(shape) for name in _FIGURES}
        # Who has chosen one of the usual certainties has one row less.
        self.steps: dict[str, FloatArray] = {name: np.full((*shape, len(LEVELS) + 1), np.nan) for name in _STEPS}

    def fill(self, members: slice) -> None:
        """Fill in a few members; those of one certainty together."""
        chosen = self.chosen[members]
        for level in np.unique(chosen):
            self._fill(np.arange(members.start, members.stop)[chosen == level], float(level))

    def _fill(self, members: npt.NDArray[np.intp], level: float) -> None:
        for period, years in enumerate((1, self.paths.own.shape[1])[: self.shape[2]]):
            budget = self.paths.budgets[:years, members].sum(axis=0)
            own = _borne(self.paths.own, years, members)
            alone = capacity_metric(base := Sample(own, own, budget, np.ones_like(budget)), level)
            for row, contribution in enumerate(self.paths.contributions.values()):
                borne = _borne(contribution, years, members)
                same = np.all(borne == own, axis=0)
                sample = base if bool(same.all()) else Sample(borne, own, budget, base.youth)
                required = alone if sample is base else capacity_metric(sample, level)
                self._note((row, members, period), sample, (required, alone), same, level)

    def _note(
        self,
        where: tuple[int, npt.NDArray[np.intp], int],
        sample: Sample,
        required: tuple[Estimate, Estimate],
        same: npt.NDArray[np.bool_],
        level: float,
    ) -> None:
        """Write down the figures of one agreement and period."""
        saved, error = required[1].minus(required[0])
        found: dict[str, tuple[FloatArray, FloatArray]] = {
            "required": (required[0].value, required[0].standard_error),
            "required_own": (required[1].value, required[1].standard_error),
            # Bearing one's own cost is own use: no doubt is left.
            "saved": (np.where(same, 0.0, saved), np.where(same, 0.0, error)),
        }
        found["maximum_effect"] = floored(*_loss(sample, MAXIMUM))[:2]
        self.figures["conditional_effect_se"][where] = _conditional_error(sample)
        for p in POINTS:
            found[f"p{round(100 * p)}"] = _loss(sample, p)
        for name, pair in found.items():
            for end, values in zip(_ends(name), pair, strict=True):
                self.figures[end][where] = values
        for place, certainty in enumerate(ladder(level)):
            for end, values in zip(_STEPS, (*_loss(sample, certainty), *_step(sample, certainty)), strict=True):
                self.steps[end][(*where, place)] = values

    def certainty_table(self, keys: Keys) -> pd.DataFrame:
        """Return the certainty table."""
        import pandas as pd

        agreements, members, labels = self.shape
        ladders = [ladder(level) for level in self.chosen]
        levels = np.array([[*steps, *[np.nan] * (len(LEVELS) + 1 - len(steps))] for steps in ladders])
        wide = np.broadcast_to(levels[np.newaxis, :, np.newaxis, :], (agreements, members, labels, levels.shape[1]))
        there = ~np.isnan(wide.ravel())
        rows = np.repeat(np.arange(agreements * members * labels), levels.shape[1])[there]
        table: Mapping[str, object] = {
            **{name: values[rows] for name, values in keys.items()},
            "certainty": wide.ravel()[there],
            "chosen": (wide == self.chosen[np.newaxis, :, np.newaxis, np.newaxis]).ravel()[there],
            **{name: values.ravel()[there] for name, values in self.steps.items()},
        }
        return pd.DataFrame(table)


def _borne(money: FloatArray, years: int, members: npt.NDArray[np.intp]) -> FloatArray:
    """Return the sum of the first years of a few members, (sim, member) EUR, the sims of each side by side."""
    total = np.asfortranarray(money[:, 0, members])
    for year in range(1, years):
        total += money[:, year, members]
    return total


def _loss(sample: Sample, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the loss against budget that a share `level` of the paths does not pass, and its error."""
    return value_at_risk(sample.ordered, level) - sample.budget, maritz_jarrett_error(sample.ordered, level)


def _conditional_error(sample: Sample) -> FloatArray:
    """Return the error of E (H - B | H > B): the spread among the paths with an overrun, over the root of how many."""
    excess = np.maximum(sample.contribution - sample.budget, 0.0)
    count = np.count_nonzero(excess, axis=0).astype(np.float64)
    mean = ratio(excess.sum(axis=0), count)
    square = ratio(np.einsum("sm,sm->m", excess, excess), count) - mean**2
    return np.where(count > 0.0, np.sqrt(np.maximum(square, 0.0) * ratio(np.ones_like(count), count)), np.nan)


def _step(sample: Sample, level: float) -> tuple[FloatArray, FloatArray]:
    """Return how much more is required than at twice the chance of falling short, as a share of that, and its error.

    Two quantiles of one sample at q < p have covariance q (1 - p) s_q s_p / N with s one over the density (Mosteller
    1946, Annals of Mathematical Statistics 17, 377). Infinite where nothing is required at q and something at p, NaN
    where nothing is at either; neither has an error.
    """
    before = level_before(level)
    unknown = np.full(sample.budget.shape, np.nan)
    if before is None:
        return unknown, unknown
    high = np.maximum(value_at_risk(sample.ordered, level) - sample.budget, 0.0)
    low = np.maximum(value_at_risk(sample.ordered, before) - sample.budget, 0.0)
    is_number = low > 0.0
    times = ratio(high, low, otherwise=np.nan)
    value = np.where(is_number, times - 1.0, np.where(high > 0.0, np.inf, np.nan))
    p, q = float(exact_level(level)), float(exact_level(before))
    s_p, s_q = sparsity(sample.ordered, level), times * sparsity(sample.ordered, before)
    variance = p * (1.0 - p) * s_p**2 + q * (1.0 - q) * s_q**2 - 2.0 * q * (1.0 - p) * s_p * s_q
    error = np.sqrt(np.maximum(variance, 0.0) / sample.sims) * ratio(np.ones_like(low), low)
    return value, np.where(is_number, error, np.nan)
