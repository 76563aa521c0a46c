"""Piecewise linear functions of the cost of one case: the algebra on which every per-case rule rests.

A threshold, a cap, a band or a share is continuous and piecewise linear in the cost of a case, and so is
what it leaves for the next clause. Such a function is a combination of max(x - a, 0) at a few attachment
points a, so the sums that the kernel keeps are all that any clause needs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_FLAT = 1e-12
"""Slopes are shares of a euro; smaller ones are rounding."""


@dataclass(frozen=True)
class CaseFunction:
    """f(x) = sum of weights[k] * max(x - attachments[k], 0).

    Parameters
    ----------
    attachments
        Where the slope changes, in EUR per case, ascending and not negative.
    weights
        How much the slope changes there.
    indexed
        Whether the attachments grow with the price index every 1 January; false for amounts that stay as written.
    began_before
        Only cases count that began before this year, a position; None for all. Sums and layers are of functions of all
        cases.
    monthly
        Whether the attachments are EUR per month of stay: then a_k is multiplied by the months of the case in the
        year. False where there is no attachment but 0.
    """

    attachments: tuple[float, ...]
    weights: tuple[float, ...]
    indexed: bool = True
    began_before: int | None = None
    monthly: bool = False

    @staticmethod
    def whole(indexed: bool = True) -> CaseFunction:
        """Return f(x) = x, the whole case."""
        return CaseFunction((0.0,), (1.0,), indexed)

    @staticmethod
    def nothing(indexed: bool = True) -> CaseFunction:
        """Return f(x) = 0."""
        return CaseFunction((), (), indexed)

    def __call__(self, cost: FloatArray | float, months: FloatArray | float | None = None) -> FloatArray:
        """Return f at each cost, EUR.

        Parameters
        ----------
        months
            Months of stay of each case in the year; only lines per month need them.

        Raises
        ------
        ValueError
            If lines are per month and the months are not given.
        """
        if self.monthly and months is None:
            raise ValueError("a line per month of stay needs the months of each case")
        x = np.asarray(cost, dtype=np.float64)
        scale = np.asarray(months, dtype=np.float64) if self.monthly else 1.0
        total = np.zeros_like(x)
        for attachment, weight in zip(self.attachments, self.weights, strict=True):
            total = total + weight * np.maximum(x - attachment * scale, 0.0)
        return total

    def __add__(self, other: CaseFunction) -> CaseFunction:
        """Return the sum of two functions.

        Raises
        ------
        ValueError
            If one has lines per month and the other lines per year: the sum depends on more than one variable.
        """
        if self.monthly != other.monthly and not (self.proportional or other.proportional):
            raise ValueError("lines per month of stay and lines per year cannot be added")
        return _collected(
            [
                *zip(self.attachments, self.weights, strict=True),
                *zip(other.attachments, other.weights, strict=True),
            ],
            self.indexed and other.indexed,
            self.monthly or other.monthly,
        )

    def __sub__(self, other: CaseFunction) -> CaseFunction:
        """Return the difference of two functions."""
        return self + other.times(-1.0)

    def of_cases_before(self, year: int | None) -> CaseFunction:
        """Return the same function of cases that began before a year; nothing has no year."""
        return replace(self, began_before=year) if self.attachments else self

    @property
    def proportional(self) -> bool:
        """Whether f is a constant share of the cost, perhaps 0: then it has no line."""
        return not any(self.attachments)

    def per_month(self) -> CaseFunction:
        """Return the same constant share, of which layers will be per month of stay.

        Raises
        ------
        ValueError
            If it has lines per year.
        """
        if not (self.monthly or self.proportional):
            raise ValueError("a line per month of stay cannot look at what a line per year left")
        return replace(self, monthly=True)

    def per_year(self) -> CaseFunction:
        """Return the same function, of which layers will be per year.

        Raises
        ------
        ValueError
            If it has lines per month.
        """
        if self.monthly and not self.proportional:
            raise ValueError("a line per year cannot look at what a line per month of stay left")
        return replace(self, monthly=False) if self.monthly else self

    @property
    def increasing(self) -> bool:
        """Whether f nowhere decreases."""
        return bool(np.all(np.cumsum(self.weights) >= -_FLAT))

    def times(self, factor: float) -> CaseFunction:
        """Return factor x f."""
        terms = [(a, factor * w) for a, w in zip(self.attachments, self.weights, strict=True)]
        return _collected(terms, self.indexed, self.monthly)

    def above(self, level: float) -> CaseFunction:
        """Return max(f(x) - level, 0), for an f that nowhere decreases.

        Raises
        ------
        ValueError
            If f decreases somewhere, so that the excess could start twice.
        """
        if level <= 0:
            return self
        slope, value, last = 0.0, 0.0, 0.0
        terms: list[tuple[float, float]] = []
        start: float | None = None
        for attachment, weight in [*zip(self.attachments, self.weights, strict=True), (np.inf, 0.0)]:
            if slope < -_FLAT:
                raise ValueError("what is left of a case decreases with its cost: an excess is undefined")
            # Below this a slope is what rounding left of a flat piece; an excess would start absurdly far out.
            if start is None and slope > _FLAT:
                crossing = last + (level - value) / slope
                if crossing <= attachment and np.isfinite(crossing):
                    start = crossing
                    terms.append((crossing, slope))
            if np.isfinite(attachment):
                if start is not None:
                    terms.append((attachment, weight))
                value += slope * (attachment - last)
                last, slope = attachment, slope + weight
        return _collected(terms, self.indexed, self.monthly)

    def layer(self, attachment: float, width: float | None) -> CaseFunction:
        """Return min(max(f(x) - attachment, 0), width); no width means no limit."""
        excess = self.above(attachment)
        return excess if width is None else excess - self.above(attachment + width)


def _collected(terms: list[tuple[float, float]], indexed: bool, monthly: bool = False) -> CaseFunction:
    merged: dict[float, float] = {}
    for attachment, weight in terms:
        merged[attachment] = merged.get(attachment, 0.0) + weight
    kept = [(a, w) for a, w in sorted(merged.items()) if abs(w) > 1e-15]
    points = tuple(a for a, _ in kept)
    return CaseFunction(points, tuple(w for _, w in kept), indexed, monthly=monthly and any(points))
