"""Luck and need told apart: closed forms, errors, limits."""

import math
from dataclasses import replace

import numpy as np
import pytest

from solidair.pool.metrics import METRICS, Sample
from solidair.pool.metrics.tables import metric_tables

CHANCE = [name for name in METRICS if name.endswith(("_chance", "_need"))]
Z = 4.5
NEED, LUCK = 0.3, 0.2  # sigma of the two lognormal factors, both of mean one
MEAN = np.array([1e6, 4e6, 2e6])
YOUTH = np.array([1_000.0, 4_000.0, 2_500.0])


def factor(rng, sigma, shape):
    return np.exp(sigma * rng.standard_normal(shape) - sigma**2 / 2)


def sample(sims, seed, share=0.5, need=NEED):
    """Own cost = mean x need x luck; a share of all cost is spread by youth."""
    rng = np.random.default_rng(seed)
    own_expected = MEAN * factor(rng, need, (sims, 3))
    own = own_expected * factor(rng, LUCK, (sims, 3))
    key = YOUTH / YOUTH.sum()

    def settle(x):
        return (1 - share) * x + share * x.sum(axis=1, keepdims=True) * key

    return Sample(settle(own), own, MEAN, YOUTH, settle(own_expected), own_expected)


def closed_forms(share=0.5):
    """Return values by the moments of independent lognormals: E Z^2 = exp(sigma^2)."""
    need2, luck2 = math.exp(NEED**2), math.exp(LUCK**2)
    key = YOUTH / YOUTH.sum()
    # H_i = sum_j a_ij X_j with a = (1 - share) I + share key 1'
    a = (1 - share) * np.eye(3) + share * np.outer(key, np.ones(3))
    chance = MEAN**2 * need2 * (luck2 - 1)
    doubt = MEAN**2 * (need2 - 1)
    t = np.eye(3) - a
    return {
        "sd_chance": np.sqrt(a**2 @ chance),
        "sd_need": np.sqrt(a**2 @ doubt),
        "stability_gain_chance": 1 - np.sqrt(a**2 @ chance / chance),
        "transfer_sd_chance": np.sqrt(t**2 @ chance),
        # E(T | need)^2 keeps what is known beforehand: the key is not the share of expected cost
        "transfer_sd_need": np.sqrt(t**2 @ doubt + (t @ MEAN) ** 2),
    }


@pytest.mark.parametrize("name", [n for n in CHANCE if METRICS[n].axis == "member"])
def test_closed_form(name):
    estimate = METRICS[name].function(sample(200_000, 1))
    z = (estimate.value - closed_forms()[name]) / estimate.standard_error
    assert np.all(np.abs(z) < Z), z


def test_redistribution_by_need_directly():
    s = sample(2_000, 2)
    estimate = METRICS["redistribution_need"].function(s)
    moved = [
        0.5 * sum(abs(x - h) for x, h in zip(*row, strict=True)) for row in zip(s.own_expected, s.expected, strict=True)
    ]
    assert estimate.value == pytest.approx(math.fsum(moved) / len(moved), rel=1e-12)
    assert estimate.standard_error == pytest.approx(np.std(moved, ddof=1) / math.sqrt(len(moved)), rel=1e-9)


def test_redistribution_by_chance_directly():
    s = sample(2_000, 12)
    estimate = METRICS["redistribution_chance"].function(s)
    rows = zip(s.own, s.own_expected, s.contribution, s.expected, strict=True)
    moved = [0.5 * sum(abs((x - ex) - (h - eh)) for x, ex, h, eh in zip(*row, strict=True)) for row in rows]
    assert estimate.value == pytest.approx(math.fsum(moved) / len(moved), rel=1e-12)
    both = METRICS["redistribution"].function(s).value
    assert both <= estimate.value + METRICS["redistribution_need"].function(s).value


def test_total_variance_is_chance_plus_need():
    s = sample(200_000, 3)
    sd, chance, need = (METRICS[name].function(s) for name in ("sd", "sd_chance", "sd_need"))
    gap = sd.value**2 - chance.value**2 - need.value**2
    error = 2 * (sd.value * sd.standard_error + chance.value * chance.standard_error + need.value * need.standard_error)
    assert np.all(np.abs(gap) < Z * error)


@pytest.mark.parametrize("name", CHANCE)
def test_errors_are_calibrated(name):
    """Over replications the spread of the value, and of its change, agree with the errors that are reported."""
    runs = 300
    rows = []
    for seed in range(runs):
        s = sample(1_000, 100 + seed)
        estimate, base = METRICS[name].function(s), METRICS[name].function(s.stand_alone)
        change, error = estimate.minus(base)
        rows.append([np.ravel(v) for v in (estimate.value, estimate.standard_error, change, error)])
    value, se, change, change_se = (np.array(column) for column in zip(*rows, strict=True))
    # A variance of R values has relative error sqrt((kurtosis - 1) / R): its root half of that, kurtosis below 9 here.
    band = Z * 0.5 * math.sqrt(8 / runs)
    for spread, errors in ((value, se), (change, change_se)):
        ratio = spread.std(axis=0, ddof=1) / np.sqrt((errors**2).mean(axis=0))
        assert np.all(np.abs(ratio - 1) < band), (name, ratio)


@pytest.mark.parametrize("name", CHANCE)
def test_influence_is_what_one_year_more_does(name):
    n = 4_000
    s = sample(n, 5)
    influence = METRICS[name].function(s).influence
    spread = np.std(influence, axis=0)
    for year in (0, 17, int(np.argmax(s.contribution.sum(axis=1)))):
        values = []
        for years in (np.append(np.arange(n), year), np.delete(np.arange(n), year)):
            arrays = {f: getattr(s, f)[years] for f in ("contribution", "own", "expected", "own_expected")}
            values.append(METRICS[name].function(replace(s, **arrays)).value)
        found = (values[0] - values[1]) * n / 2
        # what is left of a central difference is the curvature over two years in 4,000
        assert np.all(np.abs(found - influence[year]) <= 0.02 * spread + 0.005 * np.abs(found))


def test_known_need_leaves_only_chance():
    s = sample(5_000, 6, need=0.0)
    assert np.all(METRICS["sd_need"].function(s).value < 1e-6)
    chance, total = METRICS["sd_chance"].function(s).value, METRICS["sd"].function(s).value
    assert chance == pytest.approx(total, rel=0.01)  # around the expectation instead of the sample mean


def test_without_structure_everything_is_chance():
    s = replace(sample(3_000, 7), expected=None, own_expected=None)
    assert METRICS["sd_chance"].function(s).value == pytest.approx(METRICS["sd"].function(s).value, rel=1e-3)
    assert not METRICS["sd_need"].function(s).value.any()


def test_own_use_gains_nothing_and_a_constant_is_no_fault():
    s = sample(500, 8, share=0.0)
    gain = METRICS["stability_gain_chance"].function(s)
    assert np.allclose(gain.value, 0) and np.allclose(gain.standard_error, 0)
    flat = np.ones((50, 3))
    still = Sample(flat, flat, MEAN, YOUTH, flat, flat)
    for name in CHANCE:
        estimate = METRICS[name].function(still)
        assert not np.any(estimate.value) and not np.any(estimate.standard_error), name


def test_tables_are_the_same_bits_in_chunks_of_members():
    samples = {"half": sample(5_000, 9), "own": sample(5_000, 9).stand_alone}
    once = metric_tables(samples, list("abc"), list("ABC"))
    parts = metric_tables(samples, list("abc"), list("ABC"), max_bytes=1)
    for name, frame in once.items():
        assert frame.equals(parts[name]), name
