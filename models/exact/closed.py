"""Conditional means that are known in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from solidair.models.severity.numeric import Floats, as_floats


def two_exponentials(s: ArrayLike, first: float, second: float) -> Floats:
    """Return E[X_1 | X_1 + X_2 = s] of independent exponential costs with these two different means.

    1 / d - s / (exp(d s) - 1) with d = 1 / first - 1 / second. It tends to 1 / d for large s if the first is the
    smaller, and to s / 2 for small s.
    """
    if first == second:
        raise ValueError("equal means: each bears s / 2")
    d = 1.0 / first - 1.0 / second
    ds = d * as_floats(s)
    near = np.abs(ds) < 1e-4
    safe = np.where(near, 1.0, ds)
    with np.errstate(over="ignore"):
        apart = (1.0 - safe / np.expm1(safe)) / d
    # Near 0 the two terms cancel; the series s (1/2 - ds/12 ...) has an error of (ds)^3 / 720 there.
    return as_floats(np.where(near, as_floats(s) * (0.5 - ds / 12.0), apart))


def two_gammas(s: ArrayLike, shapes: tuple[float, float], scales: tuple[float, float]) -> Floats:
    """Return E[X_1 | X_1 + X_2 = s] of two independent gamma costs.

    s a_1 / a x 1F1(a_1 + 1; a + 1; -d s) / 1F1(a_1; a; -d s) with a = a_1 + a_2 and d = 1/scale_1 - 1/scale_2; the
    share a_1 / a of s when the scales are equal.
    """
    total = shapes[0] + shapes[1]
    z = -(1.0 / scales[0] - 1.0 / scales[1]) * as_floats(s)
    # For z > 0 both functions grow as exp(z): Kummer's transformation takes that out of the quotient.
    first = np.where(z > 0.0, shapes[1], shapes[0] + 1.0)
    below = np.where(z > 0.0, shapes[1], shapes[0])
    z = -np.abs(z)
    quotient = special.hyp1f1(first, total + 1.0, z) / special.hyp1f1(below, total, z)
    return as_floats(as_floats(s) * shapes[0] / total * quotient)
