"""Integrals of a survival function, tabulated once and accurate in both tails.

The half-line is cut into panels on which the function is smooth. On each it is a Legendre series through its values
at the Gauss points, so that integrals from the left and from the right are sums of positive numbers plus one
polynomial, and cost no further call of the function.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import legendre as series
from numpy.typing import NDArray

from solidair.models.severity.numeric import Floats, as_floats, legendre

NODES = 20  # on a panel [x, 2x] a power of x is then right to 5.8^-20 = 5e-16
STEPS = 60  # Newton steps at most; measured: 5 or 6 for the laws of the tests


class Panels:
    """A non-increasing function f >= 0 on [edges[0], edges[-1]], zero beyond, and its integrals.

    Parameters
    ----------
    function
        f, applied to arrays; called once, at shape (panels, NODES).
    edges
        Ascending, shape (panels + 1,), with every point at which f is not smooth.

    Attributes
    ----------
    nodes, weights
        Points and weights, shape (panels, NODES), of the composite Gauss-Legendre rule.
    values
        f at the nodes, shape (panels, NODES).
    total
        Integral of f over all panels.
    """

    def __init__(self, function: Callable[[Floats], Floats], edges: Floats) -> None:
        u, w = legendre(NODES)
        self.edges = edges
        width = np.diff(edges)[:, None]
        self.nodes = edges[:-1, None] + width * u
        self.weights = width * w
        self.values = function(self.nodes)
        # Discrete orthogonality: the series interpolates f at the nodes.
        rows = series.legvander(2.0 * u - 1.0, NODES - 1) * w[:, None] * (2.0 * np.arange(NODES) + 1.0)
        self._density = (self.values @ rows).T
        self._primitive = series.legint(self._density, lbnd=-1, axis=0) * (width.T / 2.0)
        self._whole = (self.values * self.weights).sum(axis=1)
        self._left = np.concatenate(([0.0], np.cumsum(self._whole)))
        self._right = np.concatenate((np.cumsum(self._whole[::-1])[::-1], [0.0]))
        self.total = float(self._right[0])

    def below(self, x: Floats) -> Floats:
        """Return the integral of f from the first edge to x, any shape; relative accuracy holds near the first edge."""
        panel, u = self._locate(x)
        return as_floats(self._left[panel] + self._from_left(panel, u))

    def above(self, x: Floats) -> Floats:
        """Return the integral of f from x to the last edge, any shape; relative accuracy holds in the tail."""
        panel, u = self._locate(x)
        rest = np.maximum(self._whole[panel] - self._from_left(panel, u), 0.0)
        return as_floats(np.where(x >= self.edges[-1], 0.0, self._right[panel + 1] + rest))

    def solve_below(self, target: Floats) -> Floats:
        """Return the x with `below(x)` = target, for targets in [0, total]."""
        panel = np.searchsorted(self._left, target, side="left") - 1
        # At the first edge rounding would leave a step.
        return np.where(target <= 0.0, self.edges[0], self._newton(target, panel, 1.0))

    def solve_above(self, target: Floats) -> Floats:
        """Return the x with `above(x)` = target, for targets in [0, total]."""
        panel = np.searchsorted(-self._right, -target, side="left") - 1
        return np.where(target >= self.total, self.edges[0], self._newton(target, panel, -1.0))

    def _locate(self, x: Floats) -> tuple[NDArray[np.intp], Floats]:
        """Return the panel of each x and its place in it, -1 to 1."""
        panel = np.clip(np.searchsorted(self.edges, x, side="right") - 1, 0, self.edges.size - 2)
        low = self.edges[panel]
        u = 2.0 * (x - low) / (self.edges[panel + 1] - low) - 1.0
        return panel, as_floats(np.clip(u, -1.0, 1.0))

    def _from_left(self, panel: NDArray[np.intp], u: Floats) -> Floats:
        return as_floats(series.legval(u, self._primitive[:, panel], tensor=False))

    def _newton(self, target: Floats, panel: NDArray[np.intp], sign: float) -> Floats:
        """Solve within panels from their left edge, from where Newton's method is monotone: f does not increase."""
        panel = np.clip(panel, 0, self.edges.size - 2)
        low, high = self.edges[panel], self.edges[panel + 1]
        x = low
        for _ in range(STEPS):
            u = as_floats(np.minimum(2.0 * (x - low) / (high - low) - 1.0, 1.0))
            inside = self._from_left(panel, u)
            if sign > 0.0:
                gap = target - self._left[panel] - inside
            else:
                gap = self._right[panel + 1] + np.maximum(self._whole[panel] - inside, 0.0) - target
            slope = series.legval(u, self._density[:, panel], tensor=False)
            with np.errstate(divide="ignore", invalid="ignore"):
                step = np.where((slope > 0.0) & (gap > 0.0), gap / slope, 0.0)
            new = np.minimum(x + step, high)
            done = bool(np.all(new - x <= 4e-16 * high))
            x = new
            if done:
                break
        return as_floats(x)
