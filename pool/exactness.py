"""Exact beside simulated: every measure of every member, with z-scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from solidair.models.exact import measure_moments
from solidair.models.exact.known import known_means, listed_cells, seen_on
from solidair.pool.measures import MeasureSet
from solidair.pool.mergers import merge, merge_variance
from solidair.pool.study import Study

if TYPE_CHECKING:
    import pandas as pd

FloatArray = npt.NDArray[np.float64]

LIMIT = 4.5
"""Largest |z| that is put down to chance: among 1,000 independent figures it is passed once in 150 runs."""

RARE = 30
"""A mean is judged only if the years that make it up are, in effect, at least this many (sims / kurtosis)."""

RARE_SPREAD = 500
"""The same for a spread, whose own error is estimated from fourth powers and badly known until then."""


def exact_moments(study: Study, measures: MeasureSet) -> tuple[FloatArray, FloatArray]:
    """Return exact mean and variance of every measure, each of shape (measure, year, member)."""
    amounts = attachment_paths(study, measures)
    known = study.open_cases
    listed = None if known is None else listed_cells(known, study.region.codes, study.costs)
    seen = 0.0 if known is None else seen_on(study.calendar, known)
    moments = [
        measure_moments(
            study.costs,
            study.region,
            study.calendar,
            measure.scope,
            line,
            listed,
            seen,
            measure.began_before,
            measure.monthly,
        )
        for measure, line in zip(measures.measures, amounts, strict=True)
    ]
    mean, variance = np.array([mean for mean, _ in moments]), np.array([variance for _, variance in moments])
    mergers = study.setting.mergers
    return merge(mean, mergers) + exact_known(study, measures), merge_variance(variance, mergers)


def exact_known(study: Study, measures: MeasureSet) -> FloatArray:
    """Return the part of the exact means that is due to known open stays, (measure, year, member): no need moves it."""
    shape = (len(measures.measures), study.settings.years, len(study.region.members))
    if study.open_cases is None:
        return np.zeros(shape)
    lines = zip(measures.measures, attachment_paths(study, measures), strict=True)
    parts = [
        known_means(
            study.costs, study.region, study.calendar, measure.scope, line, study.open_cases, monthly=measure.monthly
        )
        for measure, line in lines
    ]
    return merge(np.array(parts), study.setting.mergers)


def attachment_paths(study: Study, measures: MeasureSet) -> list[FloatArray | None]:
    """Return the attachment of each measure in each budget year, EUR a year or month; None where clients count."""
    growth = study.setting.growth
    level = np.ones_like(growth)
    return [
        None if m.attachment is None else m.attachment * (growth if m.indexed else level) for m in measures.measures
    ]


def comparison(
    study: Study,
    measures: MeasureSet,
    sims: int,
    central_sums: FloatArray,
    exact_mean: FloatArray,
    exact_variance: FloatArray,
) -> pd.DataFrame:
    """Return one row per measure, year and member: exact and simulated mean and SD, each with its z-score.

    Parameters
    ----------
    central_sums
        Sums over sims of the first four powers of (simulated - exact mean), shape (4, measure, year, member).
    exact_mean, exact_variance
        Exact moments, shape (measure, year, member).
    """
    import pandas as pd

    d1, d2, _, d4 = central_sums / sims
    # Where no closed form of the variance is known (t copula, moves, known stays), the simulated one judges the mean.
    variance = np.where(np.isnan(exact_variance), d2 - d1**2, exact_variance)
    mean_se = np.sqrt(np.maximum(variance, 0.0) / sims)
    # Around the exact mean the second moment is unbiased for the variance, with variance (mu4 - sigma^4) / N.
    variance_se = np.sqrt(np.maximum(d4 - d2**2, 0.0) / sims)
    # Where a few years carry the whole second moment, or none at all was seen, no normal law can judge the figure.
    kurtosis = np.divide(d4, d2**2, out=np.ones_like(d4), where=d2 > 0)
    rare = (kurtosis > sims / RARE) | (kurtosis < 1 + 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_z = np.where(rare | ~np.isfinite(variance), np.nan, d1 / mean_se)
        few = rare | ~np.isfinite(exact_variance) | (kurtosis > sims / RARE_SPREAD)
        sd_z = np.where(few, np.nan, (d2 - exact_variance) / variance_se)
    rows = []
    for (place, year, i), exact in np.ndenumerate(exact_mean):
        measure, member, at = measures.measures[place], study.region.members[i], (place, year, i)
        rows.append(
            {
                "scope": " ".join(measure.scope),
                "attachment_eur": np.nan if measure.attachment is None else measure.attachment,
                "unit": measure.unit,
                "year": study.settings.first_year + year,
                "code": member.code,
                "name": member.name,
                "exact_mean": exact,
                "simulated_mean": exact + d1[at],
                "mean_se": mean_se[at],
                "mean_z": mean_z[at],
                "exact_sd": np.sqrt(exact_variance[at]),
                "simulated_sd": np.sqrt(np.maximum(d2[at] - d1[at] ** 2, 0.0)),
                "sd_z": sd_z[at],
            }
        )
    return pd.DataFrame(rows)


def verdict(table: pd.DataFrame) -> dict[str, float | int | bool]:
    """Return a summary of `comparison`: number of figures, largest |z| of means and SDs, and whether all pass."""
    mean_z, sd_z = (float(table[key].abs().max()) for key in ("mean_z", "sd_z"))
    largest = np.fmax(mean_z, sd_z)  # NaN only if nothing at all could be judged
    return {
        "figures": int(table[["mean_z", "sd_z"]].notna().sum().sum()),
        "too_rare_to_judge": int(table[["mean_z", "sd_z"]].isna().sum().sum()),
        "largest_mean_z": mean_z,
        "largest_sd_z": sd_z,
        "limit": LIMIT,
        "largest_z": float(largest),
        "passed": bool(largest <= LIMIT),
        "failed": bool(largest > LIMIT),
    }
