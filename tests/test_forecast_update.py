"""Matheron's rule: against the conditional normal law, and its algebra."""

import math

import numpy as np
import pytest

from solidair.pool.forecast.update import ENOUGH, Update

Z = 5.0
SIZES = np.array([4.0, 2.0, 1.0])


def gaussian(n_sims, sizes, seed=1):
    """Return years C and observations O of members with a shock in common, and the exact covariances of (C, O)."""
    rng = np.random.default_rng(seed)
    common, own, noise = (rng.standard_normal((n_sims, n)) for n in (1, len(sizes), len(sizes)))
    c = 100.0 * sizes + 5.0 * sizes * common + 8.0 * np.sqrt(sizes) * own
    o = 0.5 * c + 2.0 * np.sqrt(sizes) * noise
    year = 25.0 * np.outer(sizes, sizes) + np.diag(64.0 * sizes)
    return c, o, year, 0.5 * year, 0.25 * year + np.diag(4.0 * sizes)


def test_a_gaussian_toy_has_the_conditional_normal_law():
    n = 40_000
    c, o, year, cross, square = gaussian(n, SIZES)
    observed = 50.0 * SIZES + np.array([15.0, -3.0, 2.0])
    update = Update(o, observed, SIZES)
    after = update.of(c)
    mean = 100.0 * SIZES + cross @ np.linalg.solve(square, observed - 50.0 * SIZES)
    spread = year - cross @ np.linalg.solve(square, cross.T)
    error = update.influence(after).std(axis=0) / math.sqrt(n)
    assert np.all(np.abs(after.mean(axis=0) - mean) < Z * error)
    # A covariance of normal numbers has the standard error sqrt((s_ii s_jj + s_ij^2) / N).
    found = np.cov(after.T)
    diagonal = np.outer(np.diag(spread), np.diag(spread))
    assert np.all(np.abs(found - spread) < Z * np.sqrt((diagonal + spread**2) / n))
    assert np.all(np.diag(found) < 0.5 * np.diag(year))


def test_the_error_is_that_of_repeated_runs():
    """The standard error that a run gives is what means of many runs differ by; of 200 runs an sd is known to 5 %."""
    observed, found, errors = 50.0 * SIZES + np.array([15.0, -3.0, 2.0]), [], []
    for seed in range(200):
        c, o, *_ = gaussian(500, SIZES, seed)
        update = Update(o, observed, SIZES)
        after = update.of(c)
        found.append(after.mean(axis=0))
        errors.append(update.influence(after).std(axis=0) / math.sqrt(500))
    ratio = np.std(found, axis=0) / np.mean(errors, axis=0)
    assert np.all(np.abs(ratio - 1.0) < Z / math.sqrt(2 * 200) + 3 / 500 * 4)


def test_what_is_left_is_orthogonal_and_what_is_observed_is_certain():
    c, o, *_ = gaussian(2_000, SIZES)
    update = Update(o, 50.0 * SIZES + 3.0, SIZES)
    after = update.of(c)
    left = np.einsum("ki,kj->ij", update.scores, after - after.mean(axis=0)) / 2_000
    assert np.abs(left).max() < 1e-9
    np.testing.assert_allclose(update.of(o), np.broadcast_to(update.observed, o.shape), rtol=1e-10)
    np.testing.assert_allclose(update.own(c), after, rtol=1e-9)
    np.testing.assert_allclose(update.of(c).sum(axis=1), update.of(c.sum(axis=1, keepdims=True))[:, 0], rtol=1e-10)


def test_more_observed_is_more_expected():
    c, o, *_ = gaussian(2_000, SIZES)
    seen = [50.0 * SIZES + np.array([extra, 0.0, 0.0]) for extra in (-10.0, 0.0, 10.0, 40.0)]
    means = [Update(o, observed, SIZES).of(c).mean(axis=0) for observed in seen]
    assert np.all(np.diff(means, axis=0)[:, 0] > 0.0)


def test_observations_that_tell_nothing_change_nothing():
    c, _, *_ = gaussian(20_000, SIZES)
    noise = np.random.default_rng(9).standard_normal(c.shape)
    after = Update(noise, noise.mean(axis=0), SIZES).of(c)
    # A slope on noise is sd / sqrt(N), and every path moves by three slopes times its own noise.
    np.testing.assert_allclose(after.mean(axis=0), c.mean(axis=0), rtol=1e-12)
    assert np.all(np.abs(after - c).std(axis=0) < Z * math.sqrt(3 / 20_000) * c.std(axis=0))


def test_more_members_than_paths():
    sims, members = 200, 300
    sizes = np.random.default_rng(4).lognormal(0.0, 1.0, members)
    c, o, _, cross, square = gaussian(sims, sizes)
    observed = 50.0 * sizes + 3.0 * np.sqrt(np.diag(square)) * (np.arange(members) < 5)
    update = Update(o, observed, sizes)
    assert 0.5 < update.leaning <= 1.0
    after = update.own(c)
    assert np.all(np.isfinite(after))
    exact = cross @ np.linalg.solve(square, observed - 50.0 * sizes)
    moved = after.mean(axis=0) - c.mean(axis=0)
    # What was observed of the first five is felt, each to within the error of a mean of 200 paths, and the rest stays.
    error = c.std(axis=0) / math.sqrt(sims)
    distance = np.sqrt(float(update.score @ update._inverse @ update.score))
    assert np.all(np.abs(moved - exact) < Z * error * (1.0 + distance))
    assert np.all(moved[:5] > 0.5 * exact[:5])
    # What is observed is certain, however few the paths.
    np.testing.assert_allclose(update.own(o), np.broadcast_to(observed, o.shape), rtol=1e-9)


def test_it_leans_only_when_paths_are_few():
    c, o, *_ = gaussian(ENOUGH * 3, SIZES)
    assert Update(o, o[0], SIZES).leaning == 0.0
    assert Update(o[:-1], o[0], SIZES).leaning > 0.0
    assert len(c) == ENOUGH * 3


def test_members_that_are_the_same_do_no_harm():
    _, o, *_ = gaussian(1_000, SIZES)
    twice = np.concatenate([o, o[:, :1]], axis=1)
    once, both = (Update(x, x[7], np.append(SIZES, 4.0)[: x.shape[1]]) for x in (o, twice))
    np.testing.assert_allclose(both.of(o), once.of(o), rtol=1e-6)


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(ValueError, match="not the same on all"):
        Update(np.ones((5, 1)), np.ones(1), np.ones(1))
