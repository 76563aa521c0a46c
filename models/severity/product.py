"""Integrals over the day tariff, for the law of days times tariff."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solidair.models.severity.base import Severity
from solidair.models.severity.days import DAYS, StationaryDays
from solidair.models.severity.numeric import Floats, as_floats, legendre

NODES = 16  # Gauss points per panel
CHUNK = 1 << 19  # entries of a work matrix: 4 MB, about the size of a cache
LOWER = (1e-17, 1e-10, 1e-5, 1e-2, 0.3)  # levels at which panels of the tariff begin
UPPER = (0.3, 1e-2, 1e-5, 1e-10, 1e-17, 1e-33)

Law = Callable[[Floats], Floats]


@dataclass(frozen=True)
class TariffMixer:
    """Law of 365 D T for a fraction D of the year and a day tariff T.

    Every quantity has the form E[(365 D)^k g(x / (365 D))] with g the same quantity of the tariff (sf, cdf,
    limited moment, ...). With t = x / (365 D) the integral runs over tariffs t > x / 365 in log t. The
    panels do not depend on x, so g is tabulated once; only the panel that contains x / 365 is integrated
    anew. Below the panels g is A + B t^k, above them constant: both in closed form.
    """

    days: StationaryDays
    tariff: Severity

    @cached_property
    def _atoms(self) -> tuple[Floats, Floats]:
        return self.tariff.atoms

    @cached_property
    def _rest(self) -> float:
        """Weight of the continuous part of the tariff; exactly 0 if there is none."""
        rest = 1.0 - float(self._atoms[1].sum())
        return rest if rest > 1e-13 else 0.0

    @cached_property
    def _edges(self) -> Floats:
        """Panel edges in log tariff."""
        law = self.tariff
        points = np.concatenate((law.quantile(LOWER), law.isf(UPPER), law.kinks))
        low, high = law.support
        points = np.unique(np.clip(points[(points > 0.0) & np.isfinite(points)], low, high))
        points = np.log(points)
        points = points[np.append(True, np.diff(points) > 1e-12)]
        # A short stay makes exp(-d/m) steep in log d: narrower panels.
        width = min(2.0, max(20.0 * self.days.mean_stay, 0.05))
        parts = np.ceil(np.diff(points) / width).astype(int)
        pieces = [np.linspace(a, b, n, endpoint=False) for a, b, n in zip(points, points[1:], parts, strict=False)]
        return np.concatenate((*pieces, points[-1:]))

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest tariff that the panels reach, atoms included."""
        ends = self._atoms[0]
        if self._rest:
            ends = np.append(ends, np.exp(self._edges[[0, -1]]))
        return float(ends.min()), float(ends.max())

    @cached_property
    def _panels(self) -> tuple[Floats, Floats, Floats]:
        """Tariffs, weights (in log tariff) and lower panel edge of all nodes."""
        u, w = legendre(NODES)
        low, width = self._edges[:-1, None], np.diff(self._edges)[:, None]
        return np.exp(low + width * u).ravel(), (width * w).ravel(), np.repeat(self._edges[:-1], NODES)

    @cached_property
    def _tables(self) -> dict[str, Floats]:
        return {}

    def _atomic(self, x: Floats, of_days: Law, k: int) -> Floats:
        """Sum over the atoms of the tariff: weight * t^k * of_days(x / t)."""
        total = np.zeros_like(x)
        before = math.nextafter(DAYS, 0.0)
        for t, w in zip(*self._atoms, strict=True):
            # The quotient may round across 365, where the atom sits: decide on the product.
            ratio = np.where(x >= DAYS * t, DAYS, np.minimum(x / t, before))
            total += w * t**k * of_days(ratio)
        return total

    def _smear(self, x: Floats, k: int, name: str, g: Law, low: tuple[float, float], high: float) -> Floats:
        """E[(365 D)^k g(x / (365 D))] over the continuous part of the tariff, x of shape (n,), x > 0."""
        edges, days = self._edges, self.days
        m = days.mean_stay
        t, w, start = self._panels
        if name not in self._tables:
            self._tables[name] = w * g(t)
        table = self._tables[name]
        y = np.log(x / DAYS)
        first, last = math.exp(edges[0]), math.exp(edges[-1])
        bottom = np.minimum(x / (DAYS * first), 1.0)
        top = np.minimum(x / (DAYS * last), 1.0)
        total = days.whole_year * DAYS**k * g(x / DAYS)
        if high:
            total += high * DAYS**k * days.below(k, top)
        if any(low):
            total += low[0] * DAYS**k * days.above(k, bottom) + low[1] * x**k * days.above(0, bottom)
        body = np.empty_like(x)
        rows = max(1, CHUNK // t.size)
        for i in range(0, x.size, rows):
            part = slice(i, i + rows)
            d = x[part, None] / (DAYS * t)
            weight = np.exp(-d / m) * (2.0 * m + 1.0 - d) * d * (y[part, None] <= start)
            body[part] = (weight if k == 0 else weight * (DAYS * d) ** k) @ table
        inside = np.flatnonzero((y > edges[0]) & (y < edges[-1]))
        if inside.size:
            u, v = legendre(NODES)
            gap = edges[np.searchsorted(edges, y[inside], side="left")] - y[inside]
            d = np.exp(-gap[:, None] * u)
            kernel = np.exp(-d / m) * (2.0 * m + 1.0 - d) * d * (DAYS * d) ** float(k)
            body[inside] += gap * ((kernel * g(x[inside, None] / (DAYS * d))) @ v)
        return as_floats(total + body / (m * (m + 1.0)))

    def _evaluate(
        self, x: Floats, k: int, name: str, g: Law, low: tuple[float, float], high: float, of_days: Law
    ) -> Floats:
        """Sum both parts for any shape; the caller has dealt with x outside (0, inf)."""
        flat = np.ravel(x)
        total = self._atomic(flat, of_days, k)
        if self._rest:
            total = total + self._smear(flat, k, name, g, low, high)
        return as_floats(total.reshape(x.shape))

    def _inside(self, x: Floats) -> tuple[Floats, Floats]:
        """Where 0 < x < highest value, and x with everything else replaced by a harmless 1."""
        inside = (x > 0.0) & (x < DAYS * self.tariff.support[1])
        return as_floats(inside), np.where(inside, x, 1.0)

    @cached_property
    def _sums(self) -> tuple[Floats, Floats]:
        points, weights = self._atoms
        return points, as_floats(np.append(np.cumsum(weights[::-1])[::-1], 0.0))

    def _from(self, t: Floats, k: int) -> tuple[Floats, Floats]:
        """Sum of w and of w t_j^k over the atoms t_j > t."""
        points, weights = self._atoms
        if not points.size:
            return np.zeros_like(t), np.zeros_like(t)
        rank = np.searchsorted(points, t, side="right")
        powers = np.append(np.cumsum((weights * points**k)[::-1])[::-1], 0.0)
        return as_floats(self._sums[1][rank]), as_floats(powers[rank])

    def sf(self, x: Floats) -> Floats:
        """P(365 D T > x)."""
        inside, safe = self._inside(x)
        g = self._continuous_sf
        value = self._evaluate(safe, 0, "sf", g, (self._rest, 0.0), 0.0, self.days.sf)
        return np.where(inside > 0.0, np.clip(value, 0.0, 1.0), np.where(x <= 0.0, 1.0, 0.0))

    def _continuous_sf(self, t: Floats) -> Floats:
        return np.maximum(self.tariff.sf(t) - self._from(t, 0)[0], 0.0)

    def _continuous_cdf(self, t: Floats) -> Floats:
        up_to = self._sums[1][:1] - self._from(t, 0)[0]
        return np.maximum(self.tariff.cdf(t) - up_to, 0.0)

    def cdf(self, x: Floats) -> Floats:
        """P(365 D T <= x)."""
        inside, safe = self._inside(x)
        g = self._continuous_cdf
        value = self._evaluate(safe, 0, "cdf", g, (0.0, 0.0), self._rest, self.days.cdf)
        return np.where(inside > 0.0, np.clip(value, 0.0, 1.0), np.where(x <= 0.0, 0.0, 1.0))

    def pdf(self, x: Floats) -> Floats:
        """Density of 365 D T without its atoms."""
        inside, safe = self._inside(x)
        value = self._evaluate(safe, -1, "pdf", self.tariff.pdf, (0.0, 0.0), 0.0, self.days.pdf)
        return np.where(inside > 0.0, value, 0.0)

    def limited(self, k: int, x: Floats) -> Floats:
        """E[min(365 D T, x)^k]."""
        inside, safe = self._inside(x)

        def g(t: Floats) -> Floats:
            count, power = self._from(t, k)
            points, weights = self._atoms
            whole = float((weights * points**k).sum())
            return np.maximum(self.tariff.limited_moment(k, t) - (whole - power) - t**k * count, 0.0)

        high = float(g(np.exp(self._edges[-1:]))[0]) if self._rest else 0.0
        value = self._evaluate(
            safe, k, f"limited{k}", g, (0.0, self._rest), high, lambda d: self.days.limited_moment(k, d)
        )
        everything = self.days.moment(k) * self.tariff.moment(k)
        return np.where(inside > 0.0, value, np.where(x <= 0.0, 0.0, everything))

    def upper(self, k: int, x: Floats) -> Floats:
        """E[((365 D T)^k - x^k)+]."""
        inside, safe = self._inside(x)

        def g(t: Floats) -> Floats:
            count, power = self._from(t, k)
            return np.maximum(self.tariff.upper_moment(k, t) - power + t**k * count, 0.0)

        points, weights = self._atoms
        low = (self.tariff.moment(k) - float((weights * points**k).sum()), -self._rest)
        value = self._evaluate(safe, k, f"upper{k}", g, low, 0.0, lambda d: self.days.upper_moment(k, d))
        everything = self.days.moment(k) * self.tariff.moment(k)
        return np.where(inside > 0.0, np.maximum(value, 0.0), np.where(x <= 0.0, everything, 0.0))
