"""Shock sites: moments of two years' shocks, against closed forms and a plain double integral."""

import math

import numpy as np
import pytest
from scipy import special

from solidair.models.shocks import GammaShock, LognormalShock, NoShock
from solidair.models.sites import ShockSite, product_moment


def _double_integral(one, other, correlation):
    """Return E[Z Z'] by the trapezoidal rule over both normal scores."""
    g = np.linspace(-8.5, 8.5, 681)
    weight = np.exp(-(g**2) / 2)
    weight /= weight.sum()

    def at(shock, x):
        tail = special.ndtr(-np.abs(x))
        return np.where(x > 0, shock.isf(tail), shock.quantile(tail))

    mixed = correlation * g[:, np.newaxis] + math.sqrt(1 - correlation**2) * g
    return float(weight @ (at(one, g) * (at(other, mixed) @ weight)))


@pytest.mark.parametrize("size", [0.1, 0.5, 1.1, 8.0, 800.0])
@pytest.mark.parametrize("correlation", [0.2, 0.8, 0.95])
def test_gamma_shocks_agree_with_a_double_integral(size, correlation):
    shock = GammaShock(size)
    # 1e-11: what both rules leave of a second moment of 11 at most (size 0.1).
    expected = _double_integral(shock, shock, correlation)
    assert product_moment(shock, shock, correlation) == pytest.approx(expected, rel=1e-11)


def test_shocks_of_two_laws_agree_with_a_double_integral():
    pair = GammaShock(1.1), LognormalShock(0.3)
    assert product_moment(*pair, 0.6) == pytest.approx(_double_integral(*pair, 0.6), rel=1e-11)


def test_lognormal_shocks_have_a_closed_form():
    assert product_moment(LognormalShock(0.2), LognormalShock(0.5), 0.4) == math.exp(0.4 * 0.2 * 0.5)


@pytest.mark.parametrize("shock", [GammaShock(0.7), LognormalShock(0.4)])
def test_the_limits_are_independence_and_one_draw(shock):
    assert product_moment(shock, shock, 0.0) == 1.0
    assert product_moment(shock, shock, 1.0) == pytest.approx(shock.moment(2), rel=1e-12)
    assert product_moment(shock, NoShock(), 0.5) == 1.0


def test_a_site_forgets_at_its_persistence():
    site = ShockSite("volume", "local", 2, LognormalShock(0.3), persistence=0.5)
    found = [site.product_moment(lag) for lag in range(4)]
    assert found == pytest.approx([math.exp(0.09 * 0.5**lag) for lag in range(4)], rel=1e-14)
    assert site.touches(2) and not site.touches(1)
    assert ShockSite("price", "national", None, LognormalShock(0.3)).touches(1)
