"""Cubic B-splines with a knot of fourfold weight at both ends: they are at least 0 and add up to one."""

from __future__ import annotations

import numpy as np

from solidair.models.severity.numeric import Floats, as_floats

DEGREE = 3


def knots_between(low: float, high: float, inside: Floats) -> Floats:
    """Return the knots of len(inside) + 4 splines, shape (len(inside) + 8,), ascending."""
    return as_floats(np.concatenate((np.full(DEGREE + 1, low), inside, np.full(DEGREE + 1, high))))


def splines(knots: Floats, x: Floats) -> Floats:
    """Return all splines at points, shape (spline, point), by the recursion of Cox and De Boor (1972).

    Parameters
    ----------
    knots
        Of `knots_between`, those inside ascending without ties.
    x
        Shape (point,); what lies outside the knots counts as lying at the nearest end.
    """
    place = np.clip(x, knots[DEGREE], knots[-DEGREE - 1])
    cells = len(knots) - 1
    # The last cell with a length is closed at its end, so that the splines add up to one there too.
    cell = np.clip(np.searchsorted(knots, place, side="right") - 1, DEGREE, cells - DEGREE - 1)
    values = (np.arange(cells)[:, None] == cell).astype(np.float64)
    for degree in range(1, DEGREE + 1):
        following = np.zeros((cells - degree, len(place)))
        for j in range(cells - degree):
            rise, fall = knots[j + degree] - knots[j], knots[j + degree + 1] - knots[j + 1]
            if rise > 0.0:
                following[j] += (place - knots[j]) / rise * values[j]
            if fall > 0.0:
                following[j] += (knots[j + degree + 1] - place) / fall * values[j + 1]
        values = following
    return as_floats(values)
