"""A lattice that is fine enough for single cases and long enough for the total of all members."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from solidair.models.exact.lattice import CELLS_PER_MEAN, discretise, step_for
from solidair.models.exact.law import LatticeLaw
from solidair.models.exact.portfolio import Portfolio
from solidair.models.exact.transform import FIRST_TILT
from solidair.models.severity.base import Severity, require_finite_mean

LEVEL = 0.9999
"""Level of the quantile of the total that should lie on the grid."""
MOST_POINTS = 2**20
"""Points beyond which a grid is refused: one transform then takes 30 ms and 16 MB, and each member as much."""


def lattices_for(
    portfolio: Portfolio,
    severities: Sequence[Severity],
    *,
    step: float | None = None,
    level: float = LEVEL,
    cells: int = CELLS_PER_MEAN,
    most: int = MOST_POINTS,
) -> list[LatticeLaw]:
    """Return the severities on a common lattice that suits the total of a portfolio.

    The step is such that the mean of every kind of case spans at least `cells` cells; the number of points is doubled
    until the quantile of the total at `level` lies on the grid, as measured by a tilted FFT.

    Parameters
    ----------
    portfolio
        Rates and shocks.
    severities
        Cost of a case of each care type; the mean must be finite.
    step
        EUR; None to choose it.
    level
        In (0, 1).
    cells
        At least 1.
    most
        Most points, a power of two.

    Raises
    ------
    ValueError
        If a mean is infinite, level is not as above, or more points would be needed than `most`.
    """
    if not 0.0 < level < 1.0:
        raise ValueError(f"level = {level}: must lie between 0 and 1")
    for severity in severities:
        require_finite_mean(severity, "lattice")
    used = [law for law, rate in zip(severities, portfolio.rates.sum(axis=0), strict=True) if rate > 0.0]
    step = step_for([law.mean for law in used], cells) if step is None else step
    mean = float(portfolio.mean([law.mean for law in severities]).sum())
    n = 2 ** max(math.ceil(math.log2(1.5 * mean / step)), 6)
    while n <= most:
        lattices = [discretise(law, step, n) for law in severities]
        if float(np.sum(portfolio.total(lattices, FIRST_TILT / n).pmf)) >= level:
            return lattices
        n *= 2
    raise ValueError(
        f"a lattice with steps of {step:g} needs more than {most} points to reach the quantile of the total at "
        f"{level}, whose mean is {mean:.3g}. Take a larger step, or cap the cost of a case"
    )
