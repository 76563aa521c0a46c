"""Departures: in some years prices, clients or budgets are not what was planned.

A departure is a factor on top of index and growth. Nobody knew of it when budgets and agreements were made, so lines,
keys and budgets do not follow it, and neither do the anchors of a cost model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

What = Literal["price", "volume", "budget"]


@dataclass(frozen=True)
class Departure:
    """A factor on prices, clients or budgets in some years.

    Parameters
    ----------
    what
        'price': what a client costs. 'volume': clients of single-year types and those who enter a stay; so the number
        in stays follows later. 'budget': what members have budgeted.
    factor
        0 or more; 1 changes nothing.
    first, last
        Positions of the first and the last year, counted from 0 as the first budget year; None: to the end.
    yearly
        Whether it works anew every year: factor^1, factor^2, ... from the first year on, and from the last one level.
    care_types
        Identifiers of the care types; None for all. A budget has none.
    """

    what: What
    factor: float
    first: int = 0
    last: int | None = None
    yearly: bool = False
    care_types: tuple[str, ...] | None = None

    def path(self, years: int) -> FloatArray:
        """Return the factor in each year, (year,)."""
        place = np.arange(years)
        last = max(years, self.first) if self.last is None else self.last
        steps = np.clip(place - self.first + 1, 0, last - self.first + 1)
        power = steps if self.yearly else (steps > 0) & (place <= last)
        return np.asarray(self.factor**power, dtype=np.float64)


def departed(departures: Iterable[Departure], what: What, years: int, care_type: str | None = None) -> FloatArray:
    """Return what all departures of one sort together make of each year, (year,)."""
    path = np.ones(years)
    for one in departures:
        if one.what == what and (one.care_types is None or care_type in one.care_types):
            path = path * one.path(years)
    return path
