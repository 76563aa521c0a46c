"""Severities on a lattice, and what a good lattice is."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np

from solidair.models.exact.law import LatticeLaw
from solidair.models.severity.base import Severity
from solidair.models.severity.numeric import Floats, as_floats

Method = Literal["mean", "rounding"]
Beyond = Literal["drop", "last"]

CELLS_PER_MEAN = 20
"""Cells that the mean of a case should span."""
TAIL_WITHOUT_TILT = 1e-9
"""Probability beyond the grid below which a tilt does more harm than good."""


def discretise(
    severity: Severity, step: float, n: int, *, method: Method = "mean", beyond: Beyond = "drop"
) -> LatticeLaw:
    """Return the law of a cost on the lattice 0, step, ..., (n - 1) step.

    Parameters
    ----------
    severity
        Law of the cost of a case, EUR.
    step, n
        EUR above 0, and a whole number of at least 2.
    method
        "mean" keeps the mean: with L = E[min(X, .)] and h = step, f_0 = 1 - L(h)/h and
        f_k = (2 L(kh) - L((k-1)h) - L((k+1)h)) / h (Gerber 1982, Insurance: Mathematics and Economics 1, 13).
        "rounding" gives each point what rounds to it: f_0 = F(h/2), f_k = F(kh + h/2) - F(kh - h/2), halves down.
    beyond
        "drop" leaves out the mass beyond the grid. Laws of sums are then right below the end of the grid, and what they
        lack is beyond it. "last" puts it in the last cell, as if costs were capped there; sums then miss nothing, but
        sums near the end of the grid are those of capped costs.

    Returns
    -------
    LatticeLaw
        With "drop", `whole_mean` is that of the law on the endless lattice; with "last", the mean on the grid.

    Raises
    ------
    ValueError
        If step or n is not as above.
    """
    if not (math.isfinite(step) and step > 0.0) or int(n) != n or n < 2:
        raise ValueError(f"step = {step}, n = {n}: step must be above 0 and n a whole number of at least 2")
    if method == "mean":
        return _keeping_the_mean(severity, step, n, beyond)
    edges = step * (np.arange(n) + 0.5)
    # Differences of whichever of cdf and sf is small lose nothing in the tail.
    lower, upper = severity.cdf(edges), severity.sf(edges)
    inside = np.where(upper[:-1] < 0.5, upper[:-1] - upper[1:], lower[1:] - lower[:-1])
    pmf = np.maximum(np.concatenate((lower[:1], inside)), 0.0)
    if beyond == "last":
        pmf[-1] += upper[-1]
        return LatticeLaw(step, pmf, float(pmf @ np.arange(n)) * step)
    # Costs beyond the grid are left unrounded in this mean: they are more than n steps each.
    rest = float(severity.excess(edges[-1]) + edges[-1] * upper[-1])
    return LatticeLaw(step, pmf, float(pmf @ np.arange(n)) * step + rest)


def _keeping_the_mean(severity: Severity, step: float, n: int, beyond: Beyond) -> LatticeLaw:
    if beyond == "last":
        pmf = severity.discretise(step, n)
        return LatticeLaw(step, pmf, float(severity.lev((n - 1) * step)))
    # On one cell more the first n are those of the endless lattice.
    return LatticeLaw(step, severity.discretise(step, n + 1)[:n], severity.mean)


def tilt_for(tail: float, n: int) -> float:
    """Return the exponential tilt per cell that suits a tail beyond the grid.

    The error is about tail x exp(-theta n) of what wraps around, and 1e-16 x exp(theta n) of rounding; they balance at
    theta n = ln(tail / 1e-16) / 2, about 13 for a tail of 1e-5 (after Grübel & Hermesmeier 1999, ASTIN Bulletin 29,
    197, who advise 20).

    Parameters
    ----------
    tail
        Probability of the sum beyond the grid.
    n
        Number of points.

    Returns
    -------
    float
        0 for a tail below 1e-9, where rounding would cost more than wrapping around.
    """
    return 0.0 if tail < TAIL_WITHOUT_TILT else 0.5 * math.log(tail / 1e-16) / n


def damping(tilt: float, n: int) -> Floats:
    """Return exp(-tilt k) for k = 0, ..., n - 1, shape (n,)."""
    return as_floats(np.exp(-tilt * np.arange(n)))


def step_for(means: list[float], cells: int = CELLS_PER_MEAN) -> float:
    """Return the largest step, EUR, with which each of these mean costs spans at least `cells` cells.

    Rounded down to 1, 2 or 5 times a power of ten, so that caps and thresholds fall on the lattice more often.

    Raises
    ------
    ValueError
        If there is no mean above 0, or an infinite one.
    """
    known = [mean for mean in means if mean > 0.0]
    if not known or not all(map(math.isfinite, known)):
        raise ValueError(f"means = {means}: a lattice needs finite means, at least one of them above 0")
    most = min(known) / cells
    ten = 10.0 ** math.floor(math.log10(most))
    return ten * max(factor for factor in (1.0, 2.0, 5.0) if factor * ten <= most * (1.0 + 1e-12))
