"""Small numerical tools shared by the severity families."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]

# Smallest positive number that the root finder looks at: below it a quantile counts as zero.
TINY = 1e-300


def as_floats(x: ArrayLike) -> Floats:
    """Return `x` as a float64 array; a number becomes a 0-d array."""
    return np.asarray(x, dtype=np.float64)


def as_probabilities(p: ArrayLike, name: str = "p") -> Floats:
    """Return `p` as a float64 array, or raise ValueError if an element lies outside [0, 1]."""
    values = as_floats(p)
    bad = ~((values >= 0.0) & (values <= 1.0))
    if np.any(bad):
        raise ValueError(f"{name} = {values[bad].flat[0]}: a probability must lie in [0, 1]")
    return values


def check_order(k: int) -> int:
    """Return the order of a moment, or raise ValueError unless it is a whole number >= 0."""
    if int(k) != k or k < 0:
        raise ValueError(f"k = {k}: the order of a moment must be a whole number of at least 0")
    return int(k)


def check_above(family: str, name: str, value: float, bound: float = 0.0) -> None:
    """Raise ValueError unless `value` is a finite number above `bound`."""
    if not (np.isfinite(value) and value > bound):
        raise ValueError(f"{family}: {name} = {value}: must be a finite number above {bound:g}")


def check_finite(family: str, name: str, value: float) -> None:
    """Raise ValueError unless `value` is a finite number."""
    if not np.isfinite(value):
        raise ValueError(f"{family}: {name} = {value}: must be a finite number")


def mills(z: Floats) -> Floats:
    """Mills ratio (1 - Phi(z)) / phi(z) of the standard normal law, without cancellation."""
    return as_floats(np.sqrt(np.pi / 2.0) * special.erfcx(z / np.sqrt(2.0)))


@cache
def legendre(n: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the Gauss-Legendre rule of `n` points on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(n)
    return as_floats((nodes + 1.0) / 2.0), as_floats(weights / 2.0)


def invert(gap: Callable[[Floats], Floats], low: Floats, high: Floats, steps: int = 200, rtol: float = 4e-16) -> Floats:
    """Find the smallest x in [low, high] with gap(x) >= 0, element by element.

    Chandrupatla's method (Chandrupatla 1997, Advances in Engineering Software 28, 145) in log x: inverse
    quadratic interpolation where it is safe, bisection elsewhere, so that jumps and flat stretches cost at
    most a bisection.

    Parameters
    ----------
    gap
        Non-decreasing function of x, applied to arrays of the shape of `low`; may return infinities.
    low, high
        Brackets, shape (n,), 0 <= low <= high < inf, with gap(high) >= 0.

    Returns
    -------
    Floats
        Shape (n,): the right end of the last bracket, so gap(x) >= 0 holds as computed.
    """

    def value(y: Floats) -> Floats:
        # The floor keeps infinite gaps out of the interpolation.
        return np.clip(gap(np.exp(y)), -1e200, 1e200)

    a = np.log(np.maximum(high, TINY))
    b = np.log(np.maximum(low, TINY))
    # One step outward, so that rounding of exp(log(x)) cannot push a root out of its bracket.
    a = a + 4e-15 * np.maximum(np.abs(a), 1.0)
    b = b - 4e-15 * np.maximum(np.abs(b), 1.0)
    fa, fb = value(a), value(b)
    right = np.where(fb >= 0.0, b, a)  # smallest point known to satisfy gap >= 0
    left = b  # largest point known to satisfy gap < 0
    c, fc = a, fa
    t = np.full_like(a, 0.5)
    for _ in range(steps):
        x = a + t * (b - a)
        fx = value(x)
        ok = fx >= 0.0
        right = np.where(ok, np.minimum(right, x), right)
        left = np.where(~ok, np.maximum(left, x), left)
        same = ok == (fa >= 0.0)
        c, fc = np.where(same, a, b), np.where(same, fa, fb)
        b, fb = np.where(same, b, a), np.where(same, fb, fa)
        a, fa = x, fx
        width = np.abs(b - a)
        tolerance = rtol * np.maximum(np.abs(a), 1.0)
        if bool(np.all(right - left <= 2.0 * tolerance)):
            break
        with np.errstate(all="ignore"):
            xi = (a - b) / (c - b)
            phi = (fa - fb) / (fc - fb)
            quadratic = (phi * phi < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
            step = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
            edge = np.where(width > 0.0, tolerance / width, 0.5)
        t = np.where(quadratic & np.isfinite(step), step, 0.5)
        edge = np.minimum(edge, 0.5)
        t = np.clip(t, edge, 1.0 - edge)
    return as_floats(np.where(right <= np.log(TINY) + 1e-9, 0.0, np.exp(right)))
