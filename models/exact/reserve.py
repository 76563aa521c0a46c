"""Depletion of a reserve when yearly losses are independent, on a lattice of whole units.

In every year the contribution comes first, then the loss; what then lies above the cap goes back. The reserve is
depleted when it falls below 0; 0 itself is not depleted. A depleted path stays so. Losses that depend on each other, as
they do when children stay in care for years, deplete a reserve more often than this says: a dear year follows another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Depletion:
    """What becomes of a reserve.

    Parameters
    ----------
    probability
        Chance that it has been depleted up to and with each year, (year,).
    deficit
        Mean over all paths of what was short in the year of depletion, counted once; 0 in paths without; units.
    reserve
        Mean over all paths of the balance at the end, 0 in paths that were depleted; units.
    """

    probability: FloatArray
    deficit: float
    reserve: float


def depletion(
    loss: Sequence[float] | FloatArray, opening: int, contribution: int, years: int, cap: int | None = None
) -> Depletion:
    """Return the exact chance of depletion by recursion over the balance.

    Parameters
    ----------
    loss
        Probability of a yearly loss of 0, 1, 2, ... units, (loss,); they sum to 1.
    opening, contribution, cap
        Whole units, 0 or more.
    years
        At least 1.

    Raises
    ------
    ValueError
        If the probabilities are none, or an amount is below 0.
    """
    pmf = np.asarray(loss, dtype=np.float64)
    if pmf.ndim != 1 or not (pmf >= 0.0).all() or abs(pmf.sum() - 1.0) > 1e-9:
        raise ValueError("loss: probabilities of 0, 1, 2, ... units are needed, at least 0 and with sum 1")
    if min(opening, contribution, 0 if cap is None else cap) < 0 or years < 1:
        raise ValueError("opening, contribution and cap must be at least 0, and years at least 1")
    law = np.zeros(opening + 1)
    law[opening] = 1.0
    probability, deficit = np.empty(years), 0.0
    for year in range(years):
        # Position k of the sum is the balance k - (len(pmf) - 1).
        moved = np.convolve(np.concatenate([np.zeros(contribution), law]), pmf[::-1])
        short = len(pmf) - 1
        deficit += float((moved[:short] * np.arange(short, 0, -1)).sum())
        law = moved[short:]
        if cap is not None and len(law) > cap + 1:
            law = np.append(law[:cap], law[cap:].sum())
        probability[year] = (probability[year - 1] if year else 0.0) + moved[:short].sum()
    return Depletion(probability, deficit, float(law @ np.arange(len(law))))
