"""Whether a file of open stays can be complete: moments beside plain simulation; how often a complete one is hit."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats

from solidair.models.sources.groups import ListedStays
from solidair.pool.completeness import SUSPECTED, least_explained, open_moments, shortfalls
from solidair.pool.study import Study

PATHS = 60_000
COPULA = ("costs.dependence.between_members=0.5", "costs.dependence.between_care_types=0.1")
DOUBT = (
    "costs.verblijf.clients_per_1000.standard_error=0.6",
    "costs.verblijf.episode.duration.mean.standard_error=0.2",
)


@pytest.fixture(scope="module")
def study():
    return Study.load("haaglanden")


def place(study, care_type="verblijf"):
    return study.costs.ids.index(care_type)


def two_regions(study):
    """Return the study with its first four members in another region."""
    members = [replace(m, region="west" if i < 4 else "east") for i, m in enumerate(study.region.members)]
    return replace(study, region=replace(study.region, members=tuple(members)))


def shocks(law, rng, shape):
    return law.quantile(rng.random(shape)) if shape else law.quantile(rng.random())


def drawn(study, which, rng, paths=PATHS):
    """Return numbers of open stays in steady state, drawn shock by shock: the slow, obvious way."""
    costs, region = study.costs, study.region
    members = len(region)
    episode, dependence = costs.episodes[which], costs.spec.dependence
    factor = np.ones((paths, members))
    stretch = np.ones(paths)
    for site in costs.sites:
        if site.target == "price" or not site.touches(which):
            continue
        if site.target == "stay":
            stretch *= shocks(site.shock, rng, paths)
        elif site.level in ("national", "parameter"):
            factor *= shocks(site.shock, rng, (paths, 1))
        elif site.level == "regional":
            names = sorted({member.region for member in region.members})
            each = shocks(site.shock, rng, (paths, len(names)))
            factor *= each[:, [names.index(member.region) for member in region.members]]
        elif site.scored and dependence is not None:
            rho = dependence.between_members.value
            score = math.sqrt(rho) * rng.standard_normal((paths, 1))
            score = score + math.sqrt(1 - rho) * rng.standard_normal((paths, members))
            factor *= site.shock.quantile(special.ndtr(score))
        else:
            factor *= shocks(site.shock, rng, (paths, members))
    need = shocks(costs.need_shock, rng, (paths, members))
    need = np.where(np.isfinite(region.need_index), region.need_index, need)
    years = episode.duration.mean / 365.0 * stretch
    share = years / (1.0 + years)
    rate = costs.clients_per_youth[which] * np.asarray(region.youth) * need * factor
    return rng.poisson(share * rate.sum(axis=1))


@pytest.mark.parametrize("case", ["plain", "copula", "two regions", "one need known", "doubt"])
def test_moments_are_those_of_plain_simulation(study, case):
    if case == "copula":
        study = Study.load("haaglanden", COPULA)
    elif case == "doubt":
        study = Study.load("haaglanden", DOUBT)
    elif case == "one need known":
        study = Study.load("haaglanden", ["region.GM0518.need_index=1.3"])
    elif case == "two regions":
        study = two_regions(study)
    which = place(study)
    if case == "doubt":
        # Ages do not stretch in the plain way of `drawn`, so here the law of the length has none.
        episode = study.costs.episodes[which]
        bare = replace(episode, duration=replace(episode.duration, ages=None))
        episodes = tuple(bare if i == which else e for i, e in enumerate(study.costs.episodes))
        study = replace(study, costs=replace(study.costs, episodes=episodes))
    mean, variance = open_moments(study.costs, study.region, which)
    numbers = drawn(study, which, np.random.default_rng(7)).astype(float)
    d = numbers - mean
    # Five standard errors of each: the mean by its exact variance, the variance by the fourth moment.
    assert abs(d.mean()) < 5 * math.sqrt(variance / PATHS)
    assert abs((d**2).mean() - variance) < 5 * math.sqrt(((d**4).mean() - variance**2) / PATHS)


def test_a_complete_file_is_hardly_ever_called_incomplete(study):
    """Of complete files at most a share `SUSPECTED`, all care types together, and half of one is as a rule noticed."""
    costs, rng = study.costs, np.random.default_rng(11)
    places = [which for which, episode in enumerate(costs.episodes) if episode is not None]
    chance = SUSPECTED / len(places)
    hit = 0
    for which in places:
        least = least_explained(*open_moments(costs, study.region, which), chance)
        numbers = drawn(study, which, rng)
        below = int((numbers < least).sum())
        # Five standard deviations of a binomial number above what is promised.
        assert below <= chance * PATHS + 5 * math.sqrt(chance * PATHS), costs.ids[which]
        hit += below
        if costs.ids[which] == "pleegzorg":
            assert (numbers // 2 < least).mean() > 0.5
    assert hit <= SUSPECTED * PATHS + 5 * math.sqrt(SUSPECTED * PATHS)


def test_small_cases_by_hand(study):
    # Poisson with mean 5: P(0) = e^-5 = 0.0067, P(N <= 1) = 6 e^-5 = 0.0404.
    assert least_explained(5.0, 5.0, 0.005) == 0
    assert least_explained(5.0, 5.0, 0.01) == 1
    assert least_explained(0.0, 0.0, 0.01) == 0
    # Mean 4 and variance 8: negative binomial of size 16 / 4 = 4, P(0) = (1/2)^4 = 0.0625, P(1) = 4/32 = 0.125.
    assert least_explained(4.0, 8.0, 0.06) == 0
    assert least_explained(4.0, 8.0, 0.07) == 1
    assert least_explained(4.0, 8.0, 0.19) == 2
    # A shock that hardly varies is none.
    assert least_explained(50.0, 50.0 + 1e-9, 1e-3) == stats.poisson(50.0).ppf(1e-3)
    with pytest.raises(ValueError, match="ambulant: has no stays"):
        open_moments(study.costs, study.region, place(study, "ambulant"))


def test_a_t_copula_is_taken_as_the_widest_there_can_be(study):
    widths = []
    for law in ((), ("costs.dependence.law=t", "costs.dependence.degrees_of_freedom=4")):
        other = Study.load("haaglanden", (*COPULA, *law))
        widths.append(open_moments(other.costs, other.region, place(other))[1])
    assert open_moments(study.costs, study.region, place(study))[1] < widths[0] < widths[1]


def listed(study, by_type, payers=None):
    codes = frozenset(map(str, study.region.codes)) if payers is None else frozenset(payers)
    return replace(study, listed=ListedStays(codes, by_type, 0, 0))


def complete(study):
    """Return as many stays per care type as are expected."""
    costs = study.costs
    places = [which for which, episode in enumerate(costs.episodes) if episode is not None]
    return {costs.ids[which]: round(open_moments(costs, study.region, which)[0]) for which in places}


def test_shortfalls_are_those_of_the_payers_in_the_file(study):
    full = complete(study)
    assert shortfalls(study) == () and shortfalls(listed(study, full)) == ()
    (found,) = shortfalls(listed(study, {**full, "pleegzorg": 200}))
    assert (found.care_type, found.listed) == ("pleegzorg", 200)
    assert found.expected == pytest.approx(full["pleegzorg"], abs=0.5) and 200 < found.least < found.expected
    assert shortfalls(listed(study, {**full, "pleegzorg": found.least})) == ()
    assert shortfalls(listed(study, {**full, "pleegzorg": found.least - 1}))[0].least == found.least
    # A care type that is left out altogether is the plainest of all.
    without = {id_: count for id_, count in full.items() if id_ != "verblijf"}
    assert [(f.care_type, f.listed) for f in shortfalls(listed(study, without))] == [("verblijf", 0)]
    # A small municipality that alone hands in a file is not held to what the region has.
    alone = {id_: count // 30 for id_, count in full.items()}
    assert shortfalls(listed(study, alone, ["GM1842"])) == () != shortfalls(listed(study, alone))
