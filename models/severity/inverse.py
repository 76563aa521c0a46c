"""Quantiles of a law whose sf and cdf are costly: tabulate once, interpolate, polish."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solidair.models.severity.base import Severity
from solidair.models.severity.numeric import Floats, as_floats, invert


class InverseTable:
    """Inverse of the cdf and sf of a law on a grid of its values.

    Parameters
    ----------
    law
        The law; its sf, cdf, pdf and atoms are used.
    grid
        Ascending positive values, shape (n,), that hold all atoms and, if finite, the end of the support.

    Notes
    -----
    A cubic Hermite interpolant of log x in log probability starts at a relative error of about 1e-7; one or
    two secant steps on the exact functions, kept inside the bracket of the grid, end below 1e-12. What has
    not converged then (next to a kink) goes to the bracketing root finder.
    """

    def __init__(self, law: Severity, grid: Floats) -> None:
        self._law = law
        jump = np.zeros_like(grid)
        points, weights = law.atoms
        jump[np.searchsorted(grid, points)] = weights
        # An atom takes two entries: the probability just left of it and the one at it.
        twice = np.where(jump > 0.0, 2, 1)
        left = np.repeat(jump, twice)
        left[np.cumsum(twice) - 1] = 0.0
        self._x = np.repeat(grid, twice)
        density = np.repeat(law.pdf(grid), twice)
        density[left > 0.0] = law.pdf(np.nextafter(grid[jump > 0.0], 0.0))
        lower = np.maximum.accumulate(np.maximum(np.repeat(law.cdf(grid), twice) - left, 0.0))
        upper = np.minimum.accumulate(np.repeat(law.sf(grid), twice) + left)
        self._sides = {False: self._side(lower, density), True: self._side(upper, -density)}

    def _side(self, chance: Floats, density: Floats) -> tuple[Floats, Floats, Floats]:
        """Probability, its log, and d log x / d log probability."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slope = chance / (self._x * density)
            return chance, np.log(chance), slope

    def solve(self, chance: Floats, upper: NDArray[np.bool_]) -> Floats:
        """Return inf{x: cdf(x) >= chance}, or where `upper` holds inf{x: sf(x) <= chance}; any shape."""
        chance, side = np.broadcast_arrays(chance, upper)
        flat, top = chance.ravel(), side.ravel().astype(bool)
        result = np.empty_like(flat)
        for which in (False, True):
            chosen = top == which
            if bool(chosen.any()):
                result[chosen] = self._solve(flat[chosen], which)
        return as_floats(result.reshape(chance.shape))

    def _solve(self, target: Floats, upper: bool) -> Floats:
        table, log_table, slope = self._sides[upper]
        x, n = self._x, self._x.size
        rank = np.searchsorted(-table, -target, "left") if upper else np.searchsorted(table, target, "left")
        edge = self._law.support[1 if upper else 0]
        i, j = np.clip(rank - 1, 0, n - 1), np.clip(rank, 0, n - 1)
        inner = (rank > 0) & (rank < n) & (x[i] < x[j]) & (target > 0.0)
        # Outside the grid: proportional to the probability near zero, a power in the far tail.
        with np.errstate(divide="ignore", invalid="ignore"):
            beyond = x[j] * (target / table[j]) ** (slope[j] if upper else 1.0)
        outside = ((rank <= 0) & (x[j] > 0.0)) | (rank >= n)
        result = np.where(outside & (target > 0.0), np.where(np.isfinite(beyond), beyond, edge), x[j])
        result = np.where(target <= 0.0, edge, result)
        if bool(inner.any()):
            result[inner] = self._polish(target[inner], upper, i[inner], j[inner], log_table, slope)
        return result

    def _polish(
        self,
        target: Floats,
        upper: bool,
        i: NDArray[np.intp],
        j: NDArray[np.intp],
        log_table: Floats,
        slope: Floats,
    ) -> Floats:
        goal = np.log(target)
        low, high = np.log(self._x[i]), np.log(self._x[j])
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            width = log_table[j] - log_table[i]
            s = (goal - log_table[i]) / width
            a, b = width * slope[i] - (high - low), -width * slope[j] + (high - low)
            y = low + s * (high - low) + s * (1.0 - s) * ((1.0 - s) * a + s * b)
            rate = (high - low) / width
            rate = rate + ((1.0 - 2.0 * s) * (a * (1.0 - s) + b * s) + s * (1.0 - s) * (b - a)) / width
        middle = (low + high) / 2.0
        y = np.where((y >= low) & (y <= high), y, middle)
        # Without a slope the first step is a bisection.
        rate = np.where(np.isfinite(rate) & (rate != 0.0), rate, np.nan)
        lower, higher = low.copy(), high.copy()
        chance = self._law.sf if upper else self._law.cdf
        sign = -1.0 if upper else 1.0
        todo = np.arange(y.size)
        old_y, old_f = np.full_like(y, np.nan), np.full_like(y, np.nan)
        for _ in range(5):
            now = y[todo]
            with np.errstate(divide="ignore", invalid="ignore"):
                f = np.log(chance(np.exp(now))) - goal[todo]
                secant = (now - old_y[todo]) / (f - old_f[todo])
            rate[todo] = np.where(np.isfinite(secant), secant, rate[todo])
            reached = sign * f >= 0.0
            higher[todo] = np.where(reached, np.minimum(higher[todo], now), higher[todo])
            lower[todo] = np.where(reached, lower[todo], np.maximum(lower[todo], now))
            with np.errstate(invalid="ignore"):
                new = now - rate[todo] * f
            new = np.where((new >= low[todo]) & (new <= high[todo]), new, (lower[todo] + higher[todo]) / 2.0)
            old_y[todo], old_f[todo] = now, f
            y[todo] = new
            # The rate is right to 1e-3 or better after a secant step, so the error is far below the step.
            todo = todo[np.abs(new - now) > 1e-10]
            if not todo.size:
                break
        if todo.size:

            def gap(x: Floats) -> Floats:
                with np.errstate(divide="ignore"):
                    return as_floats(sign * (np.log(chance(x)) - goal[todo]))

            y[todo] = np.log(invert(gap, np.exp(lower[todo]), np.exp(higher[todo])))
        return as_floats(np.exp(y))
