"""The law of the days that a stay spends in one budget year, and integrals of costs over it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solidair.models.duration.panels import NODES, Panels
from solidair.models.severity import Severity
from solidair.models.severity.numeric import Floats, as_floats, legendre

FINEST = 1e-9  # panels narrower than this part of the year hold nothing that shows
LOWER = np.array([1e-17, 1e-10, 1e-5, 1e-2, 0.3])  # levels of the tariff at which panels begin
UPPER = np.array([0.3, 1e-2, 1e-5, 1e-10, 1e-17, 1e-33])
WIDEST = 0.7  # widest panel in the logarithm of the tariff
CHUNK = 1 << 19  # entries of a work matrix: 4 MB


@dataclass(frozen=True)
class DaysInYear:
    """Days in care within a year, X in [0, length], with an atom at the whole year and one at no day at all.

    Parameters
    ----------
    length
        Days in the year, above 0.
    chance
        P(X > d) for days 0 <= d < length, any shape; smooth between the edges.
    edges
        Points where it is not smooth, days; those outside the year are passed over.
    """

    length: float
    chance: Callable[[Floats], Floats]
    edges: Floats

    def sf(self, d: Floats) -> Floats:
        """P(X > d), any shape; 1 below zero, 0 from the whole year on."""
        inside = (d >= 0.0) & (d < self.length)
        value = self.chance(np.where(inside, d, 0.0))
        return np.where(inside, np.clip(value, 0.0, 1.0), np.where(d < 0.0, 1.0, 0.0))

    @cached_property
    def corners(self) -> Floats:
        """Panel edges from 0 to the whole year, ascending; halvings towards 0 serve tariffs with a heavy tail."""
        inner = np.concatenate((self.edges, self.length * 0.5 ** np.arange(1, 30)))
        inner = inner[(inner > FINEST * self.length) & (inner < self.length)]
        return np.unique(np.concatenate(([0.0], inner, [self.length])))

    @cached_property
    def panels(self) -> Panels:
        """The survival function on its panels."""
        return Panels(self.sf, self.corners)

    def moment(self, k: int) -> float:
        """E[X^k], the integral of k d^(k-1) sf(d), for k >= 1."""
        panels = self.panels
        return float((k * panels.nodes ** (k - 1) * panels.values * panels.weights).sum())

    def excess(self, tariff: Severity, line: Floats) -> tuple[Floats, Floats]:
        r"""Return E[(Z X - c)+] and E[((Z X - c)+)^2] for a day tariff Z that does not depend on X.

        By parts, with P(X > x) = S(x) and t = c / x,

        .. math:: E[(ZX - c)_+] = \int_0^L S(x)\, E[Z;\, Z > t]\, dx, \qquad
                  E[(ZX - c)_+^2] = \int_0^L 2x\, S(x)\, E[Z (Z - t)_+]\, dx.

        Both integrands are positive, and smooth between the panels of S and the points at which t passes a kink, an
        atom or a tail level of the tariff. The atom of a whole year needs no term of its own: S stays above zero up
        to L.

        Parameters
        ----------
        tariff
            Law of Z, EUR per day, with a finite mean.
        line
            c, EUR, 0 or more, shape (n,).

        Returns
        -------
        tuple[Floats, Floats]
            EUR and EUR squared, each of shape (n,); the second is infinite where the tariff has no variance.
        """
        cuts = _tariff_points(tariff)
        wide = (self.corners.size + cuts.size) * NODES
        rows = max(1, CHUNK // wide)
        first, second = np.empty_like(line), np.empty_like(line)
        for start in range(0, line.size, rows):
            part = slice(start, start + rows)
            first[part], second[part] = self._excess(tariff, cuts, line[part])
        if math.isinf(tariff.moment(2)):
            second = np.where(first > 0.0, math.inf, 0.0)
        return first, second

    def _excess(self, tariff: Severity, cuts: Floats, line: Floats) -> tuple[Floats, Floats]:
        u, w = legendre(NODES)
        c = line[:, None]
        # Below c / highest tariff the integrand is zero.
        lowest = np.minimum(c / tariff.support[1], self.length)
        points = np.concatenate((np.broadcast_to(self.corners, (line.size, self.corners.size)), c / cuts), axis=1)
        points = np.sort(np.clip(points, lowest, self.length), axis=1)
        width = np.diff(points, axis=1)[:, :, None]
        x = points[:, :-1, None] + width * u
        t = c[:, :, None] / np.where(x > 0.0, x, 1.0)
        share = width * w * self.sf(x)
        over, above = tariff.sf(t), tariff.upper_moment(1, t)
        first = (share * (above + t * over)).sum(axis=(1, 2))
        if math.isinf(tariff.moment(2)):
            return as_floats(first), np.zeros_like(line)
        # E[Z (Z - t)+] = E[(Z^2 - t^2)+] - t E[(Z - t)+]; the first is at least twice the second.
        squared = np.maximum(tariff.upper_moment(2, t) - t * above, 0.0)
        return as_floats(first), as_floats((share * 2.0 * x * squared).sum(axis=(1, 2)))


def _tariff_points(tariff: Severity) -> Floats:
    """Return tariffs between which its tail moments are smooth, EUR per day, ascending from above 0."""
    points = np.concatenate((tariff.quantile(LOWER), tariff.isf(UPPER), tariff.kinks, tariff.atoms[0]))
    points = np.unique(points[(points > 0.0) & np.isfinite(points)])
    logs = np.log(points)
    parts = np.ceil(np.diff(logs) / WIDEST).astype(int)
    pieces = [
        np.exp(np.linspace(a, b, n, endpoint=False))[1:]
        for a, b, n in zip(logs[:-1], logs[1:], parts, strict=True)
        if n > 1
    ]
    return np.sort(np.concatenate((points, *pieces)))
