"""What is shown of one amount: its spread fits the level to which it has moved."""

import math

import numpy as np
import pytest

from solidair.pool.forecast.marginal import LEAST, MOST, described, stretch
from solidair.pool.forecast.update import Update

SIMS, Z = 20_000, 5.0
SIGMA, NOISE = 0.3, 0.1


@pytest.fixture(scope="module")
def lognormal():
    """Return X and X (1 + e): the first is seen, the second is forecast, with a spread of a tenth of X."""
    rng = np.random.default_rng(6)
    x = 100.0 * np.exp(SIGMA * rng.standard_normal((SIMS, 1)) - SIGMA**2 / 2)
    return x, x * (1.0 + NOISE * rng.standard_normal((SIMS, 1)))


@pytest.mark.parametrize("place", [0.7, 1.0, 1.3])
def test_what_is_dear_varies_more(lognormal, place):
    """Var(Y | X) = 0.01 X^2, whose straight line on X has the slope 0.01 Cov(X^2, X) / Var X."""
    x, y = lognormal
    update = Update(x, np.array([100.0 * place]), np.ones(1))
    after = update.of(y)
    factor, influence = stretch(y, after)
    one, two, three = (100.0**k * math.exp(SIGMA**2 * k * (k - 1) / 2) for k in (1, 2, 3))
    slope = NOISE**2 * (three - two * one) / (two - one**2)
    exact = math.sqrt(1.0 + slope * (100.0 * place - one) / (NOISE**2 * two))
    assert abs(factor[0] - exact) < Z * influence.std() / math.sqrt(SIMS) + 1e-12
    shown = described(after, np.array([110.0]), before=y, pull=update.pull)
    width = 2 * 1.2815515655 * NOISE * 100.0 * place  # of the true conditional law, P10 to P90
    plain = np.diff(np.quantile(after[:, 0], (0.1, 0.9)))[0]
    if place != 1.0:
        assert abs(shown["p90"][0] - shown["p10"][0] - width) < abs(plain - width)


def test_a_gaussian_spread_stays_as_it_is():
    rng = np.random.default_rng(7)
    x, noise = rng.standard_normal((2, SIMS, 1))
    y = 50.0 + 3.0 * x + noise
    update = Update(x, np.array([2.0]), np.ones(1))
    factor, influence = stretch(y, update.of(y))
    assert abs(factor[0] - 1.0) < Z * influence.std() / math.sqrt(SIMS)


def test_proportional_amounts_are_stretched_alike_and_means_stay(lognormal):
    x, y = lognormal
    update = Update(x, np.array([130.0]), np.ones(1))
    both = np.concatenate([y, 3.0 * y], axis=1)
    after = update.of(both)
    # A cent above the budget is rounding: 3 x 120.01 - 0.01.
    shown = described(after, np.array([120.0, 360.02]), before=both, pull=update.pull)
    for key, value in shown.items():
        scale = 1.0 if key.startswith("overrun") else 3.0
        assert value[1] == pytest.approx(scale * value[0], rel=1e-9), key
    np.testing.assert_array_equal(shown["mean"], after.mean(axis=0))


def test_a_line_is_not_followed_too_far(lognormal):
    x, y = lognormal
    for place, bound in ((2_000.0, MOST), (-300.0, LEAST)):
        factor, influence = stretch(y, Update(x, np.array([place]), np.ones(1)).of(y))
        assert factor[0] == math.sqrt(bound) and not influence.any()


def test_what_is_certain_is_neither_stretched_nor_passed(lognormal):
    x, y = lognormal
    update = Update(x, np.array([130.0]), np.ones(1))
    factor, _ = stretch(x, update.of(x))
    assert factor[0] == 1.0
    shown = described(update.of(y), np.array([1.0]), before=y, pull=update.pull, least=np.array([125.0]))
    assert shown["p10"][0] == 125.0 and shown["overrun_probability"][0] == 1.0


def test_errors_are_those_of_repeated_runs():
    """Of 200 runs a spread is known to 5 %; a quantile's own error is estimated from a density, to some 10 %."""
    found, errors = [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x = 100.0 * np.exp(SIGMA * rng.standard_normal((1_000, 1)))
        y = x * (1.0 + NOISE * rng.standard_normal((1_000, 1)))
        update = Update(x, np.array([140.0]), np.ones(1))
        shown = described(update.of(y), np.array([150.0]), before=y, pull=update.pull)
        keys = ("mean", "p10", "p90", "overrun_probability")
        found.append([shown[key][0] for key in keys])
        errors.append([shown[f"{key}_se"][0] for key in keys])
    ratio = np.std(found, axis=0) / np.mean(errors, axis=0)
    assert np.all(np.abs(ratio - 1.0) < Z / math.sqrt(2 * 200) + 0.1), ratio
