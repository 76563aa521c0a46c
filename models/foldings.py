"""The law of a sum of N independent costs of one law, by Fourier, as a quantile table for any N.

The law of one case is itself a quantile table (`solidair.models.tables`), so what is summed is exactly what the kernel
would draw case by case. It is put on a lattice that keeps its mean (Gerber 1982, Insurance: Mathematics and Economics
1, 13); its characteristic function is computed once, and the N-th power of it, turned back, is the law of the sum.

Errors, and what holds them:

- wrap-around: the window of each N has tails below exp(-39) = 1e-17 by Chernoff's bound;
- the lattice: `STEPS` steps per standard deviation of one case. Its spread, a relative 1e-5 of the variance of one
  case, falls out when tables are standardised;
- rounding: sums of probabilities are good to about 1e-14, so quantiles are read off between tails of `TAIL`. Beyond,
  they are extrapolated by a parabola in normal scores, inside what N cases can cost. A draw ends there once in
  500 million.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import special

from solidair.models.tables import SIDE, tail_probabilities

FloatArray = npt.NDArray[np.float64]

STEPS = 128
"""Steps of the lattice per standard deviation of one case."""
MOST_STEPS = 1 << 15
"""Steps over all that one case can cost; a law that is wider than this x s / STEPS gets a coarser lattice."""
FEWEST = 1 << 12
"""Points at which the law of a sum is computed, at least."""
TAIL = 1e-9
"""Tail probability up to which the Fourier inversion is read off."""
BOUND = 39.0
"""Minus the log of the probability outside a window, each side."""
_SCORES = special.ndtri(np.array([1e-7, 1e-8, 1e-9]))


@cache
def tail_chances() -> FloatArray:
    """Return `tail_probabilities()`, read-only: made once, it is asked for a hundred times a law."""
    tail = tail_probabilities()
    tail.flags.writeable = False
    return tail


def _power_of_two(at_least: float) -> int:
    return 1 << max(math.ceil(math.log2(max(at_least, 2.0))), 1)


def _lattice(table: FloatArray, step: float) -> tuple[FloatArray, int]:
    """Return the law of a table on a lattice, and the place of its first point: probabilities and first / step."""
    tail = tail_chances()
    chance = np.concatenate([tail, 1.0 - tail[-2::-1]])
    first = math.floor(table[0] / step)
    value = np.concatenate([table[:SIDE], table[-2 : SIDE - 1 : -1]]) / step - first
    edge = np.arange(math.floor(value[-1]) + 2, dtype=np.float64)
    # Mass and first moment up to each edge: within a cell of the table the law is uniform.
    moment = np.concatenate([[0.0], np.cumsum(np.diff(chance) * 0.5 * (value[1:] + value[:-1]))])
    cell = np.clip(np.searchsorted(value, edge, side="right") - 1, 0, len(value) - 2)
    width = value[cell + 1] - value[cell]
    place = np.where(width > 0.0, np.clip((edge - value[cell]) / np.where(width > 0.0, width, 1.0), 0.0, 1.0), 1.0)
    below = place * (chance[cell + 1] - chance[cell])
    up_to = chance[cell] - chance[0] + below
    moment_up_to = moment[cell] + below * (value[cell] + 0.5 * place * width)
    up_to[0] = moment_up_to[0] = 0.0
    mass = np.diff(up_to)
    right = np.clip(np.diff(moment_up_to) - edge[:-1] * mass, 0.0, mass)
    law = np.zeros(len(edge))
    law[:-1] = mass - right
    law[1:] += right
    return law / law.sum(), first


@dataclass(frozen=True)
class Foldings:
    """Sums of independent costs of one law.

    Parameters
    ----------
    lowest, highest
        What one case costs at least and at most, EUR.
    step
        Of the lattice, EUR.
    mean
        Of one case, EUR.
    centre
        Place on the lattice next to the mean.
    log_size, angle
        Log of modulus, and angle in radians, of the characteristic function about the centre, at the frequencies
        2 pi k / (period step), shape (period / 2 + 1,).
    period
        Points of the longest window, a power of two.
    exponents, log_moments
        Of Chernoff's bound: theta per EUR, and log E[exp(theta (X - mean))]; shape (2, n), upwards and downwards.
    """

    lowest: float
    highest: float
    step: float
    mean: float
    centre: int
    log_size: FloatArray
    angle: FloatArray
    period: int
    exponents: FloatArray
    log_moments: FloatArray

    @classmethod
    def make(cls, table: FloatArray, mean: float, sd: float, most: int) -> Foldings:
        """Return the sums of up to `most` costs of the law of a quantile table.

        Parameters
        ----------
        table
            Quantile table of one case, EUR, shape (2 * SIDE,).
        mean, sd
            Of one case, EUR; sd above 0.
        most
            Largest number of cases.
        """
        lowest, highest = float(table[0]), float(table[SIDE])
        step = max(sd / STEPS, (highest - lowest) / MOST_STEPS)
        law, first = _lattice(table, step)
        distance = (np.arange(len(law)) + first) * step - mean
        reach = np.array([highest - mean, mean - lowest])
        # From what suits the largest sum, sqrt(2 BOUND / N) / s, to where single cases dominate.
        exponents = np.geomspace(0.5 / math.sqrt(most) / sd, 40.0 / np.maximum(reach, 0.1 * sd), 32).T
        log_moments = np.array(
            [
                np.log(np.exp(np.outer(sign * theta, distance)) @ law)
                for sign, theta in zip((1, -1), exponents, strict=True)
            ]
        )
        bare = cls(lowest, highest, step, mean, round(mean / step), np.empty(0), np.empty(0), 0, exponents, log_moments)
        period = max(_power_of_two(sum(bare._window(most)) / step + 2), _power_of_two(len(law)))
        wave = np.fft.rfft(law, period)
        turn = (np.arange(len(wave)) * (bare.centre - first)) % period
        wave *= np.exp(2j * np.pi / period * turn)
        log_size = np.log(np.maximum(np.abs(wave), 1e-300))
        return cls(lowest, highest, step, mean, bare.centre, log_size, np.angle(wave), period, exponents, log_moments)

    def _window(self, n: int) -> tuple[float, float]:
        """Return how far a sum of `n` cases can lie above and below its mean, EUR."""
        up, down = np.min((n * self.log_moments + BOUND) / self.exponents, axis=1)
        slack = 4.0 * self.step + n * abs(self.mean) * 1e-9
        return (
            min(float(up), n * (self.highest - self.mean)) + slack,
            min(float(down), n * (self.mean - self.lowest)) + slack,
        )

    def law(self, n: int) -> tuple[FloatArray, FloatArray]:
        """Return the law of the sum of `n` cases: points (EUR, about n means) and their probabilities, shape (m,)."""
        up, down = self._window(n)
        points = min(_power_of_two((up + down) / self.step + 2), self.period)
        stride = self.period // points
        size = n * self.log_size[::stride]
        last = int(np.flatnonzero(size > -BOUND)[-1])
        # The window begins `start` steps from n centres.
        start = math.floor((n * (self.mean / self.step - self.centre)) - down / self.step)
        k = np.arange(last + 1)
        turn = (k * start) % points
        wave = np.exp(size[: last + 1] + 1j * (n * self.angle[::stride][: last + 1] + 2.0 * np.pi / points * turn))
        m = points if 2 * last == points else max(_power_of_two(2 * last + 2), FEWEST)
        probability = np.fft.irfft(wave, m)
        place = (start + np.arange(m) * (points / m)) * self.step + n * (self.centre * self.step - self.mean)
        return np.asarray(place, dtype=np.float64), np.asarray(probability, dtype=np.float64)

    def quantiles(self, n: int) -> FloatArray:
        """Return the quantile table of the sum of `n` cases about n means, EUR, shape (2 * SIDE,)."""
        place, probability = self.law(n)
        half = 0.5 * (place[1] - place[0])
        low, high = n * (self.lowest - self.mean), n * (self.highest - self.mean)
        lower = _read_off(np.cumsum(probability), place + half)
        upper = -_read_off(np.cumsum(probability[::-1]), -(place[::-1] - half))
        table = np.concatenate([lower, upper])
        return np.asarray(np.clip(table, low, high), dtype=np.float64)


def _read_off(up_to: FloatArray, value: FloatArray) -> FloatArray:
    """Return the quantiles at the tail probabilities of one side, from a distribution function at ascending values."""
    begin = max(int(np.argmax(up_to > 0.5 * TAIL)) - 1, 0)
    end = int(np.argmax(up_to > 0.6)) + 1
    chance = np.maximum.accumulate(np.maximum(up_to[begin:end], 0.0))
    tail = tail_chances()
    known = int(np.searchsorted(tail, TAIL))
    result = np.empty(SIDE)
    result[known:] = np.interp(tail[known:], chance, value[begin:end])
    anchors = np.interp(special.ndtr(_SCORES), chance, value[begin:end])
    x = special.ndtri(tail[:known]) - _SCORES[2]
    a, b = _SCORES[0] - _SCORES[2], _SCORES[1] - _SCORES[2]
    slope_a, slope_b = (anchors[0] - anchors[2]) / a, (anchors[1] - anchors[2]) / b
    bend = (slope_a - slope_b) / (a - b)
    result[:known] = anchors[2] + x * (slope_b - bend * b + bend * x)
    # Away from the median it may not rise again.
    return np.minimum.accumulate(result[::-1])[::-1]
