"""Guide tables: counts of a fixed expectation by exact inversion, in one look-up and a step or two.

Of each rate the words (64-bit random numbers) at which the Poisson quantile steps up are stored, and for each value of
a word's leading bits the count to begin from (Chen & Asau 1974, AIIE Transactions 6, 163; Devroye 1986, Non-Uniform
Random Variate Generation, ch. III.2.4). With at least as many guides as counts a draw takes about one comparison, and
the answer is that of the quantile function from which the table was made, for every word.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

WordArray = npt.NDArray[np.uint64]
IntArray = npt.NDArray[np.int64]

MOST_RATE = 1e5
"""Largest rate of a table: 5,200 counts, 107 kB, made in 0.2 s; rate 300 takes 6 kB and 1 ms."""
WORD_BITS = 52
"""Leading bits of a word that its uniform keeps: u = (j + 1/2) / 2^52 with j = word >> 12."""
_J = 1 << WORD_BITS


def suits_guide(rate: float) -> bool:
    """Return whether a rate can have a guide table: from 0 to `MOST_RATE`."""
    return 0.0 <= rate <= MOST_RATE


@dataclass(frozen=True)
class GuideTables:
    """Guide tables of many rates, one after the other.

    Parameters
    ----------
    limits
        Of each count the last word that gives it, ascending per rate; the last one of a rate is 2^64 - 1.
    guides
        Place in `limits` of the count of the first word with these leading bits.
    starts
        Place in `guides` of each rate, shape (rate,).
    shifts
        Bits to shift a word to the right for its guide, shape (rate,).
    offsets
        What to add to a place in `limits` for the count, shape (rate,).
    """

    limits: WordArray
    guides: npt.NDArray[np.uint32]
    starts: WordArray
    shifts: WordArray
    offsets: IntArray

    @classmethod
    def make(
        cls, rates: Sequence[float] | npt.NDArray[np.float64], quantile: Callable[[float, float], int]
    ) -> GuideTables:
        """Return the tables of all rates.

        Parameters
        ----------
        rates
            Expected counts, each from 0 to `MOST_RATE`.
        quantile
            Poisson quantile of (u, rate), not decreasing in u; its answers are reproduced to the last bit.

        Raises
        ------
        ValueError
            If a rate lies outside that range.
        """
        limits: list[WordArray] = []
        guides: list[npt.NDArray[np.uint32]] = []
        starts, shifts, offsets = [], [], []
        place = start = 0
        for rate in map(float, rates):
            if not suits_guide(rate):
                raise ValueError(f"rate = {rate}: a guide table needs a rate from 0 to {MOST_RATE:g}")
            least, limit = _limits(rate, quantile)
            bits = max(math.ceil(math.log2(2 * len(limit))), 1)
            first = np.arange(1 << bits, dtype=np.uint64) << np.uint64(64 - bits)
            guide = np.searchsorted(limit, first, side="left") + place
            limits.append(limit)
            guides.append(guide.astype(np.uint32))
            starts.append(start)
            shifts.append(64 - bits)
            offsets.append(least - place)
            place += len(limit)
            start += len(guide)
        return cls(
            np.concatenate(limits or [np.empty(0, np.uint64)]),
            np.concatenate(guides or [np.empty(0, np.uint32)]),
            np.array(starts, dtype=np.uint64),
            np.array(shifts, dtype=np.uint64),
            np.array(offsets, dtype=np.int64),
        )


def _limits(rate: float, quantile: Callable[[float, float], int]) -> tuple[int, WordArray]:
    """Return the least count of a rate, and the last word of every count from there, shape (counts,)."""

    def count(j: int) -> int:
        return int(quantile((j + 0.5) / _J, rate))

    least, most = count(0), count(_J - 1)
    k = np.arange(least, most, dtype=np.float64)
    # A first guess to about 1e-14 of the distribution function, from the smaller tail.
    below, above = special.pdtr(k, rate), special.pdtrc(k, rate)
    guess = np.where(below < 0.5, below * _J, _J - above * _J)
    last: list[int] = []
    floor = 0
    for at, near in zip(range(least, most), np.clip(guess, 0.5, _J - 1.5).astype(np.int64).tolist(), strict=True):
        # The last j with count at most `at`: found by doubling steps from the guess, then halving.
        low = max(near, floor)
        high, step = min(low + 1, _J - 1), 1
        while count(low) > at:  # ends: at `floor` the count is lower
            high, low, step = low, max(low - step, floor), 2 * step
        step = 1
        while count(high) <= at:  # ends: at the last j the count is `most`
            low, high, step = high, min(high + step, _J - 1), 2 * step
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if count(middle) <= at else (low, middle)
        last.append(low)
        floor = low
    words = [((j + 1) << 12) - 1 for j in last]
    return least, np.array([*words, 2**64 - 1], dtype=np.uint64)
