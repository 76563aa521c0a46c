"""Depletion of a reserve when yearly losses are independent, on a lattice of whole units.

In every year the contribution comes first, then the loss; what then lies above the cap goes back. The reserve is
depleted when it falls below 0; 0 itself is not depleted. A depleted path stays so. Losses that depend on each other, as
they do when children stay in care for years, deplete a reserve more often than this says: a dear year follows another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    loss: Mapping[int, float] | Sequence[float] | FloatArray,
    opening: int,
    contribution: int,
    years: int,
    cap: int | None = None,
) -> Depletion:
    """Return the exact chance of depletion by recursion over the balance.

    Parameters
    ----------
    loss
        Probability of a yearly loss of 0, 1, 2, ... units, (loss,); or of each loss by its units, such as
        ``{-1: 0.5, 3: 0.5}``, where a loss below 0 is a windfall. They sum to 1.
    opening, contribution, cap
        Whole units, 0 or more.
    years
        At least 1.

    Raises
    ------
    ValueError
        If the probabilities are none, an amount is below 0, or one is not whole.
    """
    pmf, windfall = _lattice(loss)
    if pmf.ndim != 1 or not (pmf >= 0.0).all() or not abs(pmf.sum() - 1.0) <= 1e-9:
        raise ValueError("loss: probabilities of 0, 1, 2, ... units are needed, at least 0 and with sum 1")
    opening, contribution, years = (_whole(amount) for amount in (opening, contribution, years))
    cap = None if cap is None else _whole(cap)
    if min(opening, contribution, 0 if cap is None else cap) < 0 or years < 1:
        raise ValueError("opening, contribution and cap must be at least 0, and years at least 1")
    # A windfall comes before the cap and the look at the balance, as the contribution does: so it is more of that.
    contribution += windfall
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


def _lattice(loss: Mapping[int, float] | Sequence[float] | FloatArray) -> tuple[FloatArray, int]:
    """Return the probability of each loss from the greatest windfall on, and how many units that windfall is."""
    if not isinstance(loss, Mapping):
        return np.asarray(loss, dtype=np.float64), 0
    chances = {_whole(units): chance for units, chance in loss.items()}
    windfall = max(0, -min(chances, default=0))
    pmf = np.zeros(max(chances, default=0) + windfall + 1)
    for units, chance in chances.items():
        pmf[units + windfall] = chance
    return pmf, windfall


def _whole(amount: float) -> int:
    """Return an amount on the lattice.

    Raises
    ------
    ValueError
        If it lies between two units.
    """
    if not float(amount).is_integer():
        raise ValueError(f"{amount} is not a whole number of units: choose a smaller unit")
    return int(amount)
