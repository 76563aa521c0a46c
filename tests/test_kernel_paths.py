"""Shocks of a path: each year has the site's own law, years and members hang together as stated."""

import math

import numba as nb
import numpy as np
import pytest
from scipy import integrate, special, stats

from solidair.models.shocks import GammaShock, LognormalShock
from solidair.pool.kernels import shocks as kernel_shocks
from tests.naive_worlds import Site, world

ALPHA = 1e-6  # probability of a fault of chance, for each law tested
Z = 5.0  # standard errors; a normal number passes 5 with probability 6e-7


@nb.njit
def _fill_paths(shocks, site, key, i, seed, out):
    for s in range(out.shape[0]):
        kernel_shocks.shock_path(shocks, site, key, i, seed, np.uint64(s) << np.uint64(16), 0, out[s])


def _paths(w, site, sims, *, member=0, seed=11):
    """Return the factors of a site, (sim, year), the year before the first budget year first."""
    out = np.empty((sims, w.years.volume.shape[1] + 1))
    shared = site in w.shocks.shared
    key = w.shocks.shared_keys[0, site] if shared else w.shocks.local_keys[member, site]
    _fill_paths(w.shocks, site, key, member, np.uint64(seed), out)
    return out


class Flat:
    """The uniform law: a table interpolates it exactly, so that a factor shows its normal score."""

    def quantile(self, p):
        return p

    def isf(self, q):
        return 1 - q


def _scores(factors):
    return special.ndtri(factors)


# --- one year by itself


@pytest.mark.parametrize("law", [LognormalShock(0.3), GammaShock(0.8)])
@pytest.mark.parametrize(
    ("persistence", "degrees"), [(0.0, None), (0.3, None), (0.95, None), (1.0, None), (0.0, 0), (0.6, 0), (0.6, 3)]
)
def test_every_year_has_the_law_of_the_site(law, persistence, degrees):
    n = 40_000
    site = Site("volume", law, persistence, 0, shared=False, scored=degrees is not None)
    w = world([[1.0]], years=5, sites=[site], weights=np.sqrt([0.3, 0.5, 0.2]), degrees=degrees or 0)
    drawn = _paths(w, 0, n)
    # Massart (1990); the tables of law and mix each move a probability by less than 1e-4.
    far = math.sqrt(math.log(2 / ALPHA) / (2 * n)) + 2e-4
    for year in (0, 1, 5):
        assert stats.kstest(drawn[:, year], law.cdf).statistic < far


# --- years together


@pytest.mark.parametrize("persistence", [0.0, 0.3, 0.7, 0.95])
@pytest.mark.parametrize("scored", [False, True])
def test_scores_of_two_years_correlate_as_persistence_to_the_lag(persistence, scored):
    n = 40_000
    site = Site("volume", Flat(), persistence, 0, shared=False, scored=scored)
    w = world([[1.0]], years=6, sites=[site], weights=np.sqrt([0.3, 0.5, 0.2]))
    correlation = np.corrcoef(_scores(_paths(w, 0, n)), rowvar=False)
    years = np.arange(7)
    lag = np.abs(years - years[:, np.newaxis])
    apart = lag > 0
    # Fisher (1915): atanh of a correlation is normal with standard error 1 / sqrt(n - 3).
    z = (np.arctanh(correlation[apart]) - np.arctanh(persistence ** lag[apart])) * math.sqrt(n - 3)
    assert np.abs(z).max() < Z


def test_full_persistence_is_one_draw():
    for scored in (False, True):
        site = Site("volume", GammaShock(2.0), 1.0, 0, shared=False, scored=scored)
        drawn = _paths(world([[1.0]], years=4, sites=[site], weights=np.sqrt([0.3, 0.5, 0.2])), 0, 50)
        assert np.all(drawn == drawn[:, :1]) and len(np.unique(drawn[:, 0])) == 50


@pytest.mark.parametrize("scored", [False, True])
@pytest.mark.parametrize("persistence", [0.2, 0.9])
def test_what_a_year_brings_is_the_same_whatever_the_persistence(persistence, scored):
    def scores(rho):
        site = Site("price", Flat(), rho, 0, shared=False, scored=scored)
        return _scores(_paths(world([[1.0]], years=5, sites=[site], weights=np.sqrt([0.3, 0.5, 0.2])), 0, 500))

    alone, kept = scores(0.0), scores(persistence)
    brought = (kept[:, 1:] - persistence * kept[:, :-1]) / math.sqrt(1 - persistence**2)
    # A score read back from a probability p near 1 is off by 1e-16 / density(score): 1e-10 at a score of 5.
    assert np.abs(alone).max() < 5 and np.abs(kept).max() < 5
    np.testing.assert_allclose(brought, alone[:, 1:], atol=1e-9 / math.sqrt(1 - persistence**2))
    np.testing.assert_allclose(kept[:, 0], alone[:, 0], atol=1e-9)


def test_a_longer_run_keeps_the_years_before():
    site = Site("price", GammaShock(2.0), 0.6)
    long, short = (_paths(world([[1.0]], years=n, sites=[site]), 0, 20) for n in (9, 3))
    np.testing.assert_array_equal(long[:, :4], short)


# --- members and care types together

LINKED = {(0, 0): "itself", (0, 1): "types", (1, 0): "members", (1, 1): "none"}


def _linked(between_members, between_types, *, degrees=0, persistence=(0.0, 0.0), n=40_000):
    """Return factors of two members and care types in two years, (member, care_type, sim, year)."""
    sites = [Site("volume", Flat(), kept, c, shared=False, scored=True) for c, kept in enumerate(persistence)]
    weights = np.sqrt([between_members, between_types, 1 - between_members - between_types])
    w = world([[1.0, 1.0], [1.0, 1.0]], years=2, sites=sites, weights=weights, degrees=degrees)
    return np.array([[_paths(w, c, n, member=i) for c in range(2)] for i in range(2)])


@pytest.mark.parametrize("persistence", [0.0, 0.8])
@pytest.mark.parametrize(("members", "types"), [(0.2, 0.5), (0.0, 0.8), (0.5, 0.0), (0.4, 0.6)])
def test_scores_of_a_year_correlate_as_stated(members, types, persistence):
    scores = _scores(_linked(members, types, persistence=(persistence, persistence)))
    n = scores.shape[2]
    expected = {"types": types, "members": members, "none": 0.0}
    for year in (0, 1, 2):
        correlation = np.corrcoef(scores[:, :, :, year].reshape(4, n))
        for one in range(4):
            for other in range(one):
                link = LINKED[int(one // 2 != other // 2), int(one % 2 != other % 2)]
                z = (math.atanh(correlation[one, other]) - math.atanh(expected[link])) * math.sqrt(n - 3)
                assert abs(z) < Z, (year, link, correlation[one, other])


def test_unlike_persistence_loosens_the_link_between_care_types():
    """Two autoregressions driven by innovations that correlate c correlate less than c themselves."""
    rho, kept, c, n = 0.9, 0.2, 0.6, 40_000
    scores = _scores(_linked(0.2, c, persistence=(rho, kept), n=n))
    stated = c
    for year in range(3):
        seen = np.corrcoef(scores[0, :, :, year])[0, 1]
        assert abs(math.atanh(seen) - math.atanh(stated)) * math.sqrt(n - 3) < Z, year
        stated = rho * kept * stated + math.sqrt((1 - rho**2) * (1 - kept**2)) * c


@pytest.mark.parametrize("degrees", [0, 4])
@pytest.mark.parametrize(("rho", "tau"), [(0.2, 0.128188433698), (0.5, 1 / 3), (0.8, 0.590334470602)])
def test_rank_correlation_is_that_of_the_copula(rho, tau, degrees):
    """Kendall's tau of Gaussian and t copulas alike is 2 / pi asin(rho) (McNeil, Frey & Embrechts 2015, 7.43)."""
    assert math.isclose(tau, 2 / math.pi * math.asin(rho), rel_tol=1e-11)
    n = 20_000
    drawn = _linked(rho, 0.1, degrees=degrees, n=n)[:, 0, :, 1]
    seen = stats.kendalltau(*drawn).statistic
    # The variance of a sample tau is at most 2 (1 - tau^2) / n (Kendall 1970, 4.14).
    assert abs(seen - tau) < Z * math.sqrt(2 * (1 - tau**2) / n)


def _both_beyond(q, rho, degrees):
    """Return P(both above their 1 - q quantile): given one at t, the other is t again, of one degree more."""
    law = stats.t(degrees) if degrees else stats.norm
    beyond = law.isf(q)

    def other(t):
        if not degrees:
            return stats.norm.sf((beyond - rho * t) / math.sqrt(1 - rho**2))
        spread = math.sqrt((degrees + t**2) / (degrees + 1) * (1 - rho**2))
        return stats.t.sf((beyond - rho * t) / spread, degrees + 1)

    return integrate.quad(lambda t: law.pdf(t) * other(t), beyond, np.inf)[0]


@pytest.mark.parametrize("degrees", [0, 4])
def test_extremes_come_together_as_the_copula_says(degrees):
    q, n = 0.01, 100_000
    one, other = _linked(0.5, 0.1, degrees=degrees, n=n)[:, 0, :, 1]
    p = _both_beyond(q, 0.5, degrees)
    assert (p > 0.25 * q) == (degrees == 4)  # under t about twice as often as under Gauss
    # Interpolation moves each probability by a ten-thousandth of itself at most, twice.
    slack = 2e-4 * p
    assert abs(np.mean((one > 1 - q) & (other > 1 - q)) - p) < Z * math.sqrt(p / n) + slack


def test_shocks_without_loadings_are_independent_of_the_factors():
    site = Site("volume", Flat(), 0.0, 0, shared=False, scored=True)
    free = world([[1.0]], years=2, sites=[site])
    plain = world([[1.0]], years=2, sites=[Site("volume", Flat(), 0.0, 0, shared=False)])
    # The same words: directly, or by way of a normal score and back, which rounds by 1e-15.
    np.testing.assert_allclose(_paths(free, 0, 1_000), _paths(plain, 0, 1_000), rtol=0, atol=4e-15)


@pytest.mark.parametrize("target", [0, 1])
def test_a_local_shock_strikes_one_member_and_care_type(target):
    name = ["volume", "price"][target]
    calm = world([[30.0, 30.0], [30.0, 30.0]], years=2)
    struck = world([[30.0, 30.0], [30.0, 30.0]], years=2, sites=[Site(name, GammaShock(2.0), 0.4, 1, False)])
    before, after = calm.draw(20), struck.draw(20)
    np.testing.assert_array_equal(before[[0, 2]], after[[0, 2]])
    assert (before[1] != after[1]).all(axis=0).mean() > 0.9
    if name == "price":
        np.testing.assert_array_equal(before[3], after[3])
        ratio = after[1] / before[1]
        assert not np.allclose(ratio[..., 0], ratio[..., 1])
