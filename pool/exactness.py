"""Exact beside simulated: every measure of every member, with z-scores."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from solidair.models.exact import measure_moments
from solidair.pool.measures import MeasureSet
from solidair.pool.study import Study

FloatArray = npt.NDArray[np.float64]

LIMIT = 4.5
"""Largest |z| that is put down to chance: among 1,000 independent figures it is passed once in 150 runs."""

RARE = 30
"""A mean is judged only if the years that make it up are, in effect, at least this many (sims / kurtosis)."""

RARE_SPREAD = 500
"""The same for a spread, whose own error is estimated from fourth powers and badly known until then."""


def exact_moments(study: Study, measures: MeasureSet) -> tuple[FloatArray, FloatArray]:
    """Return exact mean and variance of every measure, each of shape (measure, member)."""
    moments = [measure_moments(study.costs, study.region, m.scope, m.attachment) for m in measures.measures]
    return np.array([mean for mean, _ in moments]), np.array([variance for _, variance in moments])


def comparison(
    study: Study,
    measures: MeasureSet,
    sims: int,
    central_sums: FloatArray,
    exact_mean: FloatArray,
    exact_variance: FloatArray,
) -> pd.DataFrame:
    """Return one row per measure and member: exact and simulated mean and SD, each with its z-score.

    Parameters
    ----------
    central_sums
        Sums over sims of the first four powers of (simulated - exact mean), shape (4, measure, member).
    """
    d1, d2, _, d4 = central_sums / sims
    mean_se = np.sqrt(exact_variance / sims)
    # Around the exact mean the second moment is unbiased for the variance, with variance (mu4 - sigma^4) / N.
    variance_se = np.sqrt(np.maximum(d4 - d2**2, 0.0) / sims)
    # Where a few years carry the whole second moment, or none at all was seen, no normal law can judge the figure.
    kurtosis = np.divide(d4, d2**2, out=np.ones_like(d4), where=d2 > 0)
    rare = (kurtosis > sims / RARE) | (kurtosis < 1 + 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_z = np.where(rare | ~np.isfinite(exact_variance), np.nan, d1 / mean_se)
        few = rare | ~np.isfinite(exact_variance) | (kurtosis > sims / RARE_SPREAD)
        sd_z = np.where(few, np.nan, (d2 - exact_variance) / variance_se)
    rows = []
    for place, measure in enumerate(measures.measures):
        for i, member in enumerate(study.region.members):
            rows.append(
                {
                    "scope": " ".join(measure.scope),
                    "attachment_eur": np.nan if measure.attachment is None else measure.attachment,
                    "unit": measure.unit,
                    "code": member.code,
                    "name": member.name,
                    "exact_mean": exact_mean[place, i],
                    "simulated_mean": exact_mean[place, i] + d1[place, i],
                    "mean_se": mean_se[place, i],
                    "mean_z": mean_z[place, i],
                    "exact_sd": np.sqrt(exact_variance[place, i]),
                    "simulated_sd": np.sqrt(np.maximum(d2[place, i] - d1[place, i] ** 2, 0.0)),
                    "sd_z": sd_z[place, i],
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
