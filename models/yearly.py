"""What a client costs in a year, for children who stay over years: fast sums over days and day tariffs.

`Episode.excess` is the exact reference, at about 1 ms a line. A run asks for some ten thousand lines (care types,
cohorts, years, attachments, price factors), so here the days of a year are tabulated once and the tariff is a set
of nodes: 10 microseconds a line, within 1e-5 of the reference (see the tests). More lines than a table of them would
have are read from that table: measures of the shipped model then change by 1e-9, figures far in a tail by up to 1e-6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from solidair.models.calendar import Calendar
from solidair.models.duration import DaysInYear
from solidair.models.episodes import Episode
from solidair.models.severity import Severity
from solidair.models.severity.numeric import Floats, as_floats

HALF_DAYS = 2
"""Cells per day of the table of days."""

OCTAVES = 17
"""Octaves of each tail of the tariff; all that lies beyond 2^-18 is one stretch."""

STEP = 0.005
"""Widest step, in the logarithm of the line, of the table that many lines are read from."""


class YearlyCost(Protocol):
    """What a client of a care type costs in a year, as the exact formulas and the anchors use it."""

    @property
    def mean(self) -> float: ...  # noqa: D102
    @property
    def variance(self) -> float: ...  # noqa: D102
    @property
    def cv(self) -> float: ...  # noqa: D102
    @property
    def support(self) -> tuple[float, float]: ...  # noqa: D102
    @property
    def atoms(self) -> tuple[Floats, Floats]: ...  # noqa: D102
    def moment(self, k: int) -> float: ...  # noqa: D102
    def sf(self, x: ArrayLike) -> Floats: ...  # noqa: D102
    def excess(self, a: ArrayLike) -> Floats: ...  # noqa: D102
    def layer_second_moment(self, a: ArrayLike) -> Floats: ...  # noqa: D102


def tariff_nodes(tariff: Severity) -> tuple[Floats, Floats]:
    """Return values and weights that stand for a day tariff: Gauss rules in the octaves of both tails, and atoms."""
    nodes, weights = np.polynomial.legendre.leggauss(6)
    nodes, weights = (nodes + 1) / 2, weights / 2
    points, masses = tariff.atoms
    edges = np.concatenate([[0.0], 0.5 ** np.arange(OCTAVES + 1, 0, -1)])
    # Within a stretch of probabilities that an atom covers the quantile is flat; its ends are edges.
    below = as_floats(tariff.cdf(points)) - masses
    jumps = np.concatenate([below, below + masses])
    values, chances = [], []
    for quantile, ends in ((tariff.quantile, jumps), (tariff.isf, 1.0 - jumps)):
        cut = np.unique(np.concatenate([edges, ends[(ends > 0) & (ends < 0.5)]]))
        width = np.diff(cut)
        values.append(as_floats(quantile((cut[:-1, None] + width[:, None] * nodes).ravel())))
        chances.append((width[:, None] * weights).ravel())
    return np.concatenate(values), np.concatenate(chances)


class StayYear:
    """Cost of one child in one year: days in care times the day tariff.

    Parameters
    ----------
    days
        Law of the days in care.
    tariff
        Law of the day tariff, EUR.
    nodes
        Its nodes and weights.
    """

    def __init__(self, days: DaysInYear, tariff: Severity, nodes: tuple[Floats, Floats]) -> None:
        self.length = days.length
        self.tariff = tariff
        self.values, self.weights = nodes
        cells = round(HALF_DAYS * days.length)
        self._grid = np.linspace(0.0, days.length, cells + 1)
        node, weight = np.polynomial.legendre.leggauss(3)
        x = self._grid[:-1, None] + (node + 1) / 2 * (days.length / cells)
        # A whole year has a probability of its own, for which the tariff's own formulas serve: nodes would meet a kink.
        self.whole = float(days.sf(as_floats(days.length * (1 - 1e-12))))
        survival = (days.sf(x) - self.whole) * (weight / 2 * days.length / cells)
        self._sf = np.append(days.sf(self._grid[:-1]) - self.whole, 0.0)
        self.present = float(self._sf[0]) + self.whole
        first, second = (
            np.concatenate([np.cumsum(part.sum(axis=1)[::-1])[::-1], [0.0]]) for part in (survival, x * survival)
        )
        self._first = _cubics(first, -self._sf, days.length / cells)
        self._second = _cubics(second, -self._grid * self._sf, days.length / cells)

    def moments(self, lines: Floats, whole: tuple[Floats, Floats] | None = None) -> tuple[Floats, Floats]:
        """Return E[(Z X - c)+] and E[((Z X - c)+)^2] at lines c of any shape, EUR and EUR squared.

        Parameters
        ----------
        whole
            `whole_year` at these lines, if it is at hand.
        """
        if not lines.any():
            z1, z2 = self.values @ self.weights, self.values**2 @ self.weights
            one, two = z1 * self.days[0], z2 * self.days[1]
            return np.full_like(lines, one), np.full_like(lines, two)
        one, two = self._read(lines.ravel())
        all_year = whole_year(self.tariff, self.length, lines) if whole is None else whole
        return (
            one.reshape(lines.shape) + self.whole * all_year[0],
            two.reshape(lines.shape) + self.whole * all_year[1],
        )

    def _read(self, c: Floats) -> tuple[Floats, Floats]:
        """Return the moments of a year in care in part, (n,): of many lines by cubic Hermite interpolation.

        The slopes are known: that of the first moment is minus the survival function, of the second minus twice the
        first. A year in part ends without an atom, so the slopes have no jump; where the density of Z X has one, at a
        whole year of an atom or kink of the tariff, there is a knot.
        """
        top = self.length * float(self.values.max())
        low, high = float(c.min()), min(float(c.max()), top)
        pieces = math.ceil(math.log(high / low) / STEP) if 0.0 < low < high else 1
        if c.size <= pieces or low >= high or low <= 0.0:
            return self._partly(c)[:2]
        knots = self.length * np.concatenate((self.tariff.atoms[0], self.tariff.kinks))
        grid = np.union1d(np.geomspace(low, high, pieces + 1), knots[(knots > low) & (knots < high)])
        first, second, chance = self._partly(grid)
        cell = np.clip(np.searchsorted(grid, c, side="right") - 1, 0, grid.size - 2)
        width = np.diff(grid)
        u = np.minimum((c - grid[cell]) / width[cell], 1.0)
        one, two = _cubics(first, -chance, width)[:, cell], _cubics(second, -2.0 * first, width)[:, cell]
        reached = c < top
        return np.where(reached, _cubic(one, u), 0.0), np.where(reached, np.maximum(_cubic(two, u), 0.0), 0.0)

    def _partly(self, c: Floats) -> tuple[Floats, Floats, Floats]:
        """Return E[(Z X - c)+; X < L], its square and P(Z X > c, X < L), (n,), with L the whole year."""
        z, w = self.values, self.weights
        line = c[:, np.newaxis]
        first, second, chance = self._integrals(line / z)
        one = (z * first) @ w
        two = 2.0 * ((z * (z * second - line * first)) @ w)
        return one, np.maximum(two, 0.0), chance @ w

    @property
    def days(self) -> tuple[float, float]:
        """E[X] and E[X^2] of the days in care."""
        year = self.whole * self.length
        return float(self._first[0, 0]) + year, 2.0 * float(self._second[0, 0]) + year * self.length

    def sf(self, lines: Floats) -> Floats:
        """P(Z X > c) at lines of any shape."""
        d = lines.reshape(-1, 1) / self.values
        chance = np.where(d < self.length, np.interp(d, self._grid, self._sf), 0.0)
        return as_floats(
            (chance @ self.weights).reshape(lines.shape) + self.whole * self.tariff.sf(lines / self.length)
        )

    def _integrals(self, d: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the integrals of S and x S from d to the end, and S(d): cubics in cells of half a day."""
        step = self._grid[1]
        place = np.minimum(d / step, len(self._grid) - 1.0)
        cell = np.minimum(place.astype(np.int64), len(self._grid) - 2)
        u = place - cell
        first, second = self._first[:, cell], self._second[:, cell]
        chance = (-3.0 * first[3] * u - 2.0 * first[2]) * u - first[1]
        return _cubic(first, u), _cubic(second, u), chance / step


def _cubics(values: Floats, slopes: Floats, step: float | Floats) -> Floats:
    """Return the coefficients of cubic Hermite interpolation in every cell, (4, cell), of u = 0 .. 1 in the cell."""
    gain, left, right = np.diff(values), step * slopes[:-1], step * slopes[1:]
    return np.stack((values[:-1], left, 3.0 * gain - 2.0 * left - right, left + right - 2.0 * gain))


def _cubic(coefficients: Floats, u: Floats) -> Floats:
    """Return cubics at u, in its shape; the coefficients run along the first axis."""
    a, b, c, d = coefficients
    return as_floats(((d * u + c) * u + b) * u + a)


def whole_year(tariff: Severity, length: float, lines: Floats) -> tuple[Floats, Floats]:
    """Return E[(Z L - c)+] and E[((Z L - c)+)^2] of a child in care on all L days, at lines c of any shape, EUR."""
    rate = lines / length
    return length * tariff.excess(rate), length**2 * tariff.layer_second_moment(rate)


@dataclass(frozen=True)
class YearOfStays:
    """What a client of a care type with stays costs in a year, in steady state: open at its start, or entered in it.

    Parameters
    ----------
    episode
        Length and tariff of the stays.
    """

    episode: Episode

    @cached_property
    def _parts(self) -> tuple[tuple[float, StayYear], ...]:
        calendar = Calendar(2001, 1, leap_days=False)
        nodes = tariff_nodes(self.episode.law)
        sizes = [self.episode.cohort_size(calendar, cohort) for cohort in (0, 1)]
        parts = [StayYear(self.episode.days(calendar, cohort, 0), self.episode.law, nodes) for cohort in (0, 1)]
        return tuple((size / sum(sizes), part) for size, part in zip(sizes, parts, strict=True))

    @property
    def support(self) -> tuple[float, float]:
        """Zero to a whole year at the highest tariff."""
        return 0.0, 365.0 * self.episode.law.support[1]

    @property
    def atoms(self) -> tuple[Floats, Floats]:
        """A whole year at each atom of the tariff, and its probability."""
        points, masses = self.episode.law.atoms
        whole = sum(size * part.whole for size, part in self._parts)
        return as_floats(365.0 * points), as_floats(whole * masses)

    @cached_property
    def mean(self) -> float:
        """Expected cost, EUR."""
        return self.moment(1)

    @property
    def variance(self) -> float:
        """Variance, EUR squared."""
        return self.moment(2) - self.mean**2

    @property
    def cv(self) -> float:
        """Standard deviation over mean."""
        return math.sqrt(self.variance) / self.mean

    def moment(self, k: int) -> float:
        """E[X^k] = E[days^k] E[tariff^k]."""
        calendar = Calendar(2001, 1, leap_days=False)
        sizes = [self.episode.cohort_size(calendar, cohort) for cohort in (0, 1)]
        days = [self.episode.days(calendar, cohort, 0).moment(k) if k else 1.0 for cohort in (0, 1)]
        return float(np.dot(sizes, days) / sum(sizes) * self.episode.law.moment(k))

    def sf(self, x: ArrayLike) -> Floats:
        """P(X > x)."""
        lines = np.maximum(as_floats(x), 0.0)
        return as_floats(sum(size * part.sf(lines) for size, part in self._parts))

    def excess(self, a: ArrayLike) -> Floats:
        """E[(X - a)+], EUR."""
        return self._moments(a)[0]

    def layer_second_moment(self, a: ArrayLike) -> Floats:
        """E[((X - a)+)^2], EUR squared."""
        return self._moments(a)[1]

    def _moments(self, a: ArrayLike) -> tuple[Floats, Floats]:
        lines = as_floats(a)
        pairs = [(size, part.moments(lines)) for size, part in self._parts]
        return as_floats(sum(s * m[0] for s, m in pairs)), as_floats(sum(s * m[1] for s, m in pairs))


__all__: Sequence[str] = ["StayYear", "YearOfStays", "YearlyCost", "tariff_nodes", "whole_year"]
