"""What is expected given the need, for agreements that are not linear: a regression with a known answer."""

import numpy as np

from solidair.pool.given_need import expected_given_need

RNG = np.random.default_rng(11)
NEED = RNG.lognormal(0.0, 0.2, (20_000, 3))
EXPECTED = NEED * np.array([1e6, 4e5, 1e5])
OWN = EXPECTED * RNG.gamma(4.0, 0.25, EXPECTED.shape)


def test_an_agreement_that_moves_nothing_is_expected_to_cost_own_use():
    np.testing.assert_array_equal(expected_given_need(OWN, OWN, EXPECTED), EXPECTED)


def test_a_pool_by_a_fixed_key_is_found_again():
    key = np.array([0.5, 0.3, 0.2])
    borne = OWN.sum(axis=1, keepdims=True) * key
    right = EXPECTED.sum(axis=1, keepdims=True) * key
    found = expected_given_need(borne, OWN, EXPECTED)
    # Two slopes and a mean are estimated: of the spread of what is moved about 3 / 20,000 of the variance is left.
    spread = (borne - OWN).std(axis=0)
    assert np.all(np.abs(found - right).std(axis=0) < 4.0 * np.sqrt(3 / 20_000) * spread)


def test_with_known_need_it_is_the_mean():
    known = np.broadcast_to([1e6, 4e5, 1e5], OWN.shape)
    borne = np.minimum(OWN, 9e5)
    found = expected_given_need(borne, OWN, known)
    np.testing.assert_allclose(found, np.broadcast_to(known[0] + (borne - OWN).mean(axis=0), OWN.shape), rtol=1e-12)


def test_one_member_has_two_columns_that_say_the_same():
    borne = 0.5 * OWN[:, :1]
    found = expected_given_need(borne, OWN[:, :1], EXPECTED[:, :1])
    assert np.isfinite(found).all()
    assert abs(np.polyfit(EXPECTED[:, 0], found[:, 0], 1)[0] - 0.5) < 0.02  # 4 standard errors of the slope
