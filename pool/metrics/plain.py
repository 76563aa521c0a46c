"""Figures of any simulated amount or event that is compared with nothing: value and standard error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solidair.pool.metrics.base import FloatArray, column_mean, column_sd, wilson_error
from solidair.pool.metrics.quantiles import maritz_jarrett_error, value_at_risk

Figure = tuple[FloatArray, FloatArray]
"""Value and standard error, (member,) each."""


def mean_of(x: FloatArray) -> Figure:
    """Return the mean of amounts, (sim, member)."""
    value = column_mean(x)
    return value, column_sd(x, value) / np.sqrt(len(x))


def share_of(event: npt.NDArray[np.bool_]) -> Figure:
    """Return in which share of the sims something happens, (sim, member)."""
    value = np.count_nonzero(event, axis=0) / len(event)
    return value, wilson_error(value * (1.0 - value), len(event))


def quantile_of(ordered: FloatArray, level: float) -> Figure:
    """Return the value at risk of amounts in ascending order along axis 0, (sim, member)."""
    return value_at_risk(ordered, level), maritz_jarrett_error(ordered, level)


def mean_if(x: FloatArray, event: npt.NDArray[np.bool_]) -> Figure:
    """Return the mean of amounts in the sims in which something happens.

    The error is that of a sample of as many sims; not known (NaN) with one, and with none there is no mean either.

    Parameters
    ----------
    x
        Shape (sim, member), 0 where nothing happens.
    event
        Where it happens, same shape.
    """
    count = np.count_nonzero(event, axis=0)
    mean, variance = (np.full(count.shape, np.nan) for _ in range(2))
    np.divide(x.sum(axis=0), count, out=mean, where=count > 0)
    deviation = x - np.where(count > 0, mean, 0.0)
    deviation *= event
    deviation *= deviation
    np.divide(deviation.sum(axis=0), count * (count - 1.0), out=variance, where=count > 1)
    return mean, np.sqrt(variance)
