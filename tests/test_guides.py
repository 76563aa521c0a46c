"""Guide tables: the same counts as the quantile function, for every word."""

import numpy as np
import pytest

from solidair.models.guides import MOST_RATE, GuideTables, suits_guide
from solidair.pool.kernels import poisson_quantile
from tests import naive

RATES = [0.0, 1e-300, 1e-9, 0.02, 0.7, 3.0, 9.99, 10.0, 45.5, 1_234.5, 20_000.0, MOST_RATE]


@pytest.fixture(scope="module")
def guide():
    return GuideTables.make(RATES, poisson_quantile)


def _places(guide, row):
    """Return the limits of one rate."""
    ends = np.flatnonzero(guide.limits == np.uint64(2**64 - 1))
    return guide.limits[(ends[row - 1] + 1 if row else 0) : ends[row] + 1]


@pytest.mark.parametrize("row", range(len(RATES)))
def test_counts_are_those_of_the_quantile_function(guide, row):
    rng = np.random.Generator(np.random.PCG64(row))
    words = rng.integers(0, 2**64, 2_000, dtype=np.uint64).tolist()
    words += [w >> octave for octave, w in enumerate(words[:60])]
    words += [2**64 - 1 - (w >> octave) for octave, w in enumerate(words[:60])]
    limits = _places(guide, row).tolist()
    # Both sides of every step, or of 500 of them.
    for limit in limits[:: max(len(limits) // 500, 1)]:
        words += [w for w in (limit - 2**13, limit - 1, limit, limit + 1, limit + 2**13) if 0 <= w < 2**64]
    words += [0, 1, 2**64 - 1]
    for word in words:
        assert naive.guided_poisson(guide, row, word) == poisson_quantile(naive.uniform(word), RATES[row])


@pytest.mark.parametrize("row", [3, 4, 5, 7, 8])
def test_counts_are_exact(guide, row):
    rng = np.random.Generator(np.random.PCG64(7))
    for word in rng.integers(0, 2**64, 300, dtype=np.uint64).tolist():
        assert naive.guided_poisson(guide, row, word) == naive.poisson_quantile(naive.uniform(word), RATES[row])


def test_a_draw_takes_a_step_or_less(guide):
    # A word's guide is right unless a limit lies within its bits. With two guides or more per count, each as likely,
    # limits lie within at most half of them; those in the far tails hold many, with next to no probability.
    rng = np.random.Generator(np.random.PCG64(8))
    words = rng.integers(0, 2**64, 4_000, dtype=np.uint64).tolist()
    for row in range(len(RATES)):
        steps = [
            naive.guided_poisson(guide, row, w)
            - int(guide.offsets[row])
            - int(guide.guides[int(guide.starts[row]) + (w >> int(guide.shifts[row]))])
            for w in words
        ]
        assert min(steps) >= 0
        assert np.mean(steps) < 1.0


def test_layout(guide):
    for row in range(len(RATES)):
        limits = _places(guide, row)
        assert np.all(limits[1:] >= limits[:-1])
        assert 64 - int(guide.shifts[row]) >= np.log2(2 * len(limits))
    empty = GuideTables.make([], poisson_quantile)
    assert len(empty.limits) == len(empty.starts) == 0


@pytest.mark.parametrize("rate", [-1.0, float("nan"), float("inf"), 1.01 * MOST_RATE])
def test_rates_that_are_declined(rate):
    assert not suits_guide(rate)
    with pytest.raises(ValueError, match="a guide table needs a rate"):
        GuideTables.make([rate], poisson_quantile)
