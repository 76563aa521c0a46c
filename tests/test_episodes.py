"""Children who stay over several budget years: against closed forms, a slow twin, a simulation, and a file's faults."""

import copy
import itertools
import math
import tomllib

import numpy as np
import pytest
from scipy import integrate

from solidair.models.calendar import Calendar
from solidair.models.duration import Ages, Duration, DurationClasses, exponential
from solidair.models.episode_spec import DURATIONS, build_episode, quantities_of_episode
from solidair.models.episodes import Episode, OpenStay
from solidair.models.severity import Fixed, Gamma, Lognormal, Lomax, Mixture, StayTimesTariff, Weibull

CLASSES = DurationClasses.from_days((91.0, 182.0, 365.0, 730.0), (0.2, 0.2, 0.2, 0.25, 0.15), 1300.0)
TARIFF = Lognormal.from_mean_cv(290.0, 0.3).capped(600.0)
TWO = Mixture((Fixed(200.0), Fixed(500.0)), (0.6, 0.4))
DURATIONS_TRIED = {
    "exponential": Duration(exponential(0.8)),
    "weibull, ages": Duration(Weibull(0.6, 0.8), Ages(4.0, 17.5)),
    "gamma, ages": Duration(Gamma(3.0, 0.7), Ages(14.0, 18.0)),
    "lognormal": Duration(Lognormal.from_mean_cv(1.5, 1.8)),
    "classes": Duration(CLASSES),
    "fixed, one age": Duration(Fixed(1.4), Ages(17.0, 17.0)),
}
HALF = 1.0 + 0.5 ** np.arange(0, 12)
SMALL = np.polynomial.legendre.leggauss(10)
SUMMED = 1e-12  # a few thousand positive terms, each right to about 1e-15


# --- one year of an exponential stay, known in closed form


@pytest.mark.parametrize("mean_stay", [0.02, 0.3, 0.8, 2.5, 10.0])
@pytest.mark.parametrize("tariff", [TARIFF, 290.0, TWO, Gamma(4.0, 70.0)], ids=["capped", "fixed", "two", "gamma"])
def test_the_first_year_of_exponential_stays_is_the_severity_stay(mean_stay, tariff):
    calendar = Calendar(2025, 1)
    episode = Episode(Duration(exponential(mean_stay)), tariff)
    stay = StayTimesTariff(mean_stay, tariff)
    assert episode.clients_per_entry_year == pytest.approx(mean_stay + 1.0, rel=SUMMED)
    assert episode.entries_per_client * episode.clients_per_entry_year == 1.0
    lines = np.array([0.0, 10.0, 1000.0, 2e4, 5e4, 9e4])
    first = second = 0.0
    for cohort in (0, 1):
        one = episode.excess(calendar, cohort, 0, lines)
        first += episode.cohort_size(calendar, cohort) * one[0]
        second += episode.cohort_size(calendar, cohort) * one[1]
    # StayTimesTariff subtracts limited moments at the atoms of the tariff: right to 1e-15 of the moments at line 0.
    clients = mean_stay + 1.0
    np.testing.assert_allclose(first / clients, stay.excess(lines), rtol=1e-11, atol=1e-14 * stay.mean)
    np.testing.assert_allclose(
        second / clients, stay.layer_second_moment(lines), rtol=1e-11, atol=1e-13 * stay.moment(2)
    )
    assert first[0] / clients == pytest.approx(stay.mean, rel=SUMMED)
    assert second[0] / clients == pytest.approx(stay.moment(2), rel=SUMMED)


# --- a slow twin: integrals over the moment of entry and over the days, by adaptive quadrature


def slow_sf(duration, calendar, cohort, year, d):
    """P(days in the year > d) straight from the survival function of the length."""
    starts, length = calendar.starts, calendar.lengths[year]
    if d >= length:
        return 0.0
    kinks = duration.panels.edges[:: max(1, duration.panels.edges.size // 40)].tolist()
    kinks += [*(365 * duration.law.kinks), *(365 * duration.law.atoms[0])]
    kinks += [duration.ages.first, duration.ages.last] if duration.ages else []

    def integral(low, high):
        edges = [low, *sorted({k for k in kinks if low + 1e-6 < k < high - 1e-6}), high]
        return sum(
            integrate.quad(duration.sf, a, b, epsabs=1e-13, epsrel=1e-11, limit=200)[0]
            for a, b in itertools.pairwise(edges)
        )

    end = float(duration.panels.edges[-1])
    if cohort == 0:
        low = starts[year] + d
        return integral(low, end) / integral(0.0, end) if low < end else 0.0
    if year < cohort - 1:
        return 0.0
    opens, closes = starts[cohort - 1], starts[cohort]
    if year == cohort - 1:
        return (1.0 - d / length) * float(duration.sf(d))
    low, high = starts[year] + d - closes, starts[year] + d - opens
    return integral(low, min(high, end)) / (closes - opens) if low < end else 0.0


@pytest.mark.parametrize("name", DURATIONS_TRIED)
def test_days_in_a_year_against_quadrature(name):
    duration, calendar = DURATIONS_TRIED[name], Calendar(2027, 3)
    episode = Episode(duration, 290.0)
    for cohort, year in itertools.product(range(4), range(3)):
        for d in (0.0, 1.0, 100.0, 364.9, 365.5, 366.0):
            slow = slow_sf(duration, calendar, cohort, year, d)
            fast = episode.days_sf(calendar, cohort, year, d)
            # quad is asked for 1e-13 days on at most 50 pieces, over 365 days or E[D], of at least 60.
            assert fast == pytest.approx(slow, rel=1e-9, abs=1e-13)
        assert episode.present(calendar, cohort, year) == episode.days_sf(calendar, cohort, year, 0.0)
        assert episode.days_sf(calendar, cohort, year, -1.0) == 1.0


@pytest.mark.parametrize("name", list(DURATIONS_TRIED)[:5])
@pytest.mark.parametrize("tariff", [TARIFF, TWO], ids=["capped", "two"])
def test_excess_against_an_integral_over_the_tariff(name, tariff):
    # E[Z I(c / Z)] with I(z) the integral of P(days > d) above z, by Gauss rules between the levels of the tariff.
    episode, calendar = Episode(DURATIONS_TRIED[name], tariff), Calendar(2027, 3)
    u, w = np.polynomial.legendre.leggauss(20)
    for cohort, year in ((0, 0), (1, 0), (1, 1)):
        days = episode.days(calendar, cohort, year)

        def over_days(z, order, days=days):
            low = np.minimum(np.atleast_1d(z), days.length)[:, None, None]
            edges = np.clip(days.corners[None, :, None], low, days.length)
            half = np.diff(edges, axis=1) / 2
            d = edges[:, :-1] + half * (u + 1)
            return (half * w * days.sf(d) * (1.0 if order == 1 else 2 * (d - low))).sum(axis=(1, 2))

        for line in (4e4, 1.2e5):
            levels = np.concatenate((np.geomspace(20.0, 600.0, 40), line / days.corners[1:], line / days.length * HALF))
            edges = np.unique(np.clip(levels, max(20.0, line / days.length), 600.0))
            for order, found in zip((1, 2), episode.excess(calendar, cohort, year, line), strict=True):
                points, weights = tariff.atoms
                slow = float((weights * points**order) @ over_days(line / points, order))
                if tariff is TARIFF:
                    half = np.diff(edges)[:, None] / 2
                    z = edges[:-1, None] + half * (SMALL[0] + 1)
                    inner = over_days(line / z.ravel(), order).reshape(z.shape)
                    slow += float((half * SMALL[1] * tariff.pdf(z) * z**order * inner).sum())
                # Tariffs below EUR 20 have probability 1e-19. Ten nodes on panels of 9 percent: below 1e-12.
                assert found == pytest.approx(slow, rel=1e-9, abs=1e-13)


def test_the_atom_of_a_whole_year():
    # Fixed tariff: just below 365 days x EUR 300 only those who stay the year out exceed the line.
    calendar, duration = Calendar(2026, 2), DURATIONS_TRIED["weibull, ages"]
    episode = Episode(duration, 300.0)
    stays = float(duration.residual.sf(365.0))
    first, second = episode.excess(calendar, 0, 0, 365 * 300.0 - np.array([1e-3, 0.0, -1.0]))
    # 1e-3 of EUR 109,500 keeps eight digits.
    np.testing.assert_allclose(first, [1e-3 * stays, 0.0, 0.0], rtol=1e-6, atol=1e-15)
    np.testing.assert_allclose(second, [1e-6 * stays, 0.0, 0.0], rtol=1e-6, atol=1e-15)


def test_prices_and_lines_broadcast():
    episode, calendar = Episode(DURATIONS_TRIED["classes"], TARIFF), Calendar(2026, 3)
    prices = np.array([[0.9], [1.0], [1.1]])
    lines = np.array([0.0, 3e4, 6e4, 6e4])
    first, second = episode.excess(calendar, 1, 1, lines, prices)
    assert first.shape == second.shape == (3, 4)
    for i, j in itertools.product(range(3), range(4)):
        one = Episode(episode.duration, TARIFF.scaled(float(prices[i, 0]))).excess(calendar, 1, 1, lines[j])
        assert first[i, j] == pytest.approx(float(one[0]), rel=SUMMED)
        assert second[i, j] == pytest.approx(float(one[1]), rel=SUMMED)


def test_a_tariff_without_variance_has_an_infinite_second_moment():
    episode, calendar = Episode(Duration(exponential(1.0)), Lomax(1.5, 100.0)), Calendar(2026, 2)
    first, second = episode.excess(calendar, 0, 1, [0.0, 5e4])
    assert first[0] == pytest.approx(200.0 * episode.days(calendar, 0, 1).moment(1), rel=SUMMED)
    assert 0.0 < first[1] < first[0]
    assert second.tolist() == [math.inf, math.inf]
    assert episode.excess(calendar, 2, 0, 5e4) == (0.0, 0.0)


# --- a simulation of the definition


def test_cohorts_against_a_simulation_of_single_children():
    calendar, rng, n = Calendar(2027, 3), np.random.default_rng(12), 200_000
    ages, law = Ages(12.0, 17.5), Gamma(1.5, 0.9)
    episode = Episode(Duration(law, ages), TARIFF)

    def lengths(size):
        years = law.quantile(rng.uniform(size=size))
        return 365 * np.minimum(years, 18.0 - rng.uniform(12.0, 17.5, size))

    # The open ones by brute force: 40 years of entries before day 0, of which those are kept that reach it.
    before, long = -365.0 * 6 * rng.uniform(size=4 * n), lengths(4 * n)
    reach = before + long > 0
    entries = {0: before[reach]}
    ends = {0: before[reach] + long[reach]}
    for cohort in (1, 2, 3):
        entries[cohort] = rng.uniform(calendar.starts[cohort - 1], calendar.starts[cohort], n)
        ends[cohort] = entries[cohort] + lengths(n)
    assert reach.mean() * 6 == pytest.approx(episode.cohort_size(calendar, 0), rel=5 / math.sqrt(reach.sum()))
    for cohort, year in itertools.product(range(4), range(3)):
        low, high = calendar.starts[year : year + 2]
        days = np.clip(np.minimum(ends[cohort], high) - np.maximum(entries[cohort], low), 0, None)
        cost = days * TARIFF.quantile(rng.uniform(size=days.size))
        over = np.maximum(1.1 * cost - 5e4, 0)
        first, second = episode.excess(calendar, cohort, year, 5e4, 1.1)
        for sample, exact in (
            (days > 0, episode.present(calendar, cohort, year)),
            (days > 200, episode.days_sf(calendar, cohort, year, 200.0)),
            (days, episode.days(calendar, cohort, year).moment(1)),
            (over, first),
            (over**2, second),
        ):
            # Five standard errors: 60 comparisons fail by chance once in 30,000 runs; the seed is fixed.
            error = sample.std() / math.sqrt(sample.size)
            assert sample.mean() == pytest.approx(float(exact), abs=5 * error + 1e-12)


# --- real stays


def test_a_real_stay_by_hand():
    # All stay 730 days; 300 have passed on day 0, so 430 are left: 2027 is full and 65 days fall in 2028.
    episode, calendar = Episode(Duration(Fixed(2.0)), 100.0), Calendar(2027, 3)
    stay = OpenStay(300.0)
    assert [float(episode.excess(calendar, stay, year, 0.0)[0]) for year in range(3)] == pytest.approx([36500, 6500, 0])
    assert float(episode.excess(calendar, stay, 1, 5000.0, 1.1)[0]) == pytest.approx(7150 - 5000)
    assert float(episode.excess(calendar, stay, 1, 5000.0, 1.1)[1]) == pytest.approx(2150**2)
    # Seen 100 days before day 0: 330 are left. With its eighteenth birthday in 250 days, 250.
    assert episode.days(calendar, OpenStay(300.0, None, -100.0), 0).moment(1) == pytest.approx(330)
    assert episode.days(calendar, OpenStay(300.0, 250.0), 0).moment(1) == pytest.approx(250)
    assert episode.present(calendar, OpenStay(300.0, 250.0), 1) == 0.0
    assert episode.days_product(calendar, stay, 0, 1) == pytest.approx(365 * 65)


@pytest.mark.parametrize("name", list(DURATIONS_TRIED)[:5])
def test_a_real_stay_is_the_law_given_what_has_passed(name):
    duration, calendar = DURATIONS_TRIED[name], Calendar(2027, 3)
    episode = Episode(duration, TARIFF)
    for year, d in itertools.product(range(3), (0.0, 50.0, 364.0)):
        expected = duration.sf(200.0 + calendar.starts[year] + d) / duration.sf(200.0)
        assert episode.days_sf(calendar, OpenStay(200.0), year, d) == pytest.approx(float(expected), rel=1e-14)


def test_open_stays_of_all_elapsed_times_make_up_the_open_cohort():
    # Elapsed times of open stays have density sf(a) / E[D]: mixed over them, the known stays are cohort 0.
    episode, calendar = Episode(Duration(Weibull(0.8, 0.7)), TARIFF), Calendar(2026, 2)
    panels = episode.duration.panels
    chance = panels.weights * panels.values / panels.total
    kept = chance > 1e-12  # 2500 nodes at most, so 3e-9 is left out
    mixed = sum(
        weight * episode.days_sf(calendar, OpenStay(elapsed), 1, 60.0)
        for elapsed, weight in zip(panels.nodes[kept].tolist(), chance[kept].tolist(), strict=True)
    )
    assert kept.sum() <= 2500
    assert mixed == pytest.approx(episode.days_sf(calendar, 0, 1, 60.0), abs=3e-9)


# --- steady state


def test_persistent_cases_of_the_book():
    # 12 entries a year, exponential stays of 2.5 years, EUR 45,000 a year: variance 2 t^2 l m (m - m^2 (1 - e^(-1/m)))
    # and covariance t^2 l m^3 (1 - e^(-1/m))^2 e^(-(j-1)/m) (Cox & Isham 1980, Point Processes, integrated).
    episode = Episode(Duration(exponential(2.5)), 45_000 / 365)
    assert episode.stationary_mean(12) == pytest.approx(1_350_000, rel=SUMMED)
    assert math.sqrt(episode.stationary_variance(12)) == pytest.approx(231082.853017, rel=1e-11)
    lags = [episode.stationary_autocovariance(j, 12) for j in range(5)]
    assert lags[1:] == pytest.approx([41267806104.9, 27662637688.1, 18542820568.5, 12429624337.1], rel=1e-11)
    assert [lag / lags[0] for lag in lags[1:]] == pytest.approx(
        [0.772815706, 0.518033859623, 0.34724848063, 0.232767617522], rel=1e-9
    )
    assert math.sqrt((3 * lags[0] + 4 * lags[1] + 2 * lags[2]) / 9) == pytest.approx(205641.099078, rel=1e-11)
    assert 12 * episode.clients_per_entry_year == pytest.approx(42, rel=SUMMED)
    assert episode.duration.mean / 365 * 12 == pytest.approx(30, rel=SUMMED)
    assert episode.duration.residual.mean / 365 == pytest.approx(2.5, rel=SUMMED)
    # Expected cost when nobody was open at the start: cohorts 1, 2, ... only.
    calendar = Calendar(2025, 10, leap_days=False)
    cost = [
        12 * sum(float(episode.excess(calendar, cohort, year, 0.0)[0]) for cohort in range(1, year + 2))
        for year in (0, 1, 2, 4, 9)
    ]
    assert cost == pytest.approx([237330.15537, 604155.098525, 850045.211308, 1125355.83269, 1319597.71799], rel=1e-11)


@pytest.mark.parametrize("name", DURATIONS_TRIED)
def test_cohorts_add_up_to_the_steady_state(name):
    episode, calendar = Episode(DURATIONS_TRIED[name], TARIFF), Calendar(2025, 5, leap_days=False)
    cohorts = range(6)
    for year in range(5):
        mean = sum(episode.cohort_size(calendar, c) * episode.days(calendar, c, year).moment(1) for c in cohorts)
        assert mean * TARIFF.mean == pytest.approx(episode.stationary_mean(), rel=SUMMED)
        clients = sum(episode.cohort_size(calendar, c) * episode.present(calendar, c, year) for c in cohorts)
        assert clients == pytest.approx(episode.clients_per_entry_year, rel=SUMMED)
        for other in range(year + 1):
            both = sum(
                episode.cohort_size(calendar, c) * episode.days_product(calendar, c, other, year) for c in cohorts
            )
            expected = episode.stationary_autocovariance(year - other)
            scale = episode.stationary_variance()
            assert both * TARIFF.moment(2) == pytest.approx(expected, rel=SUMMED, abs=SUMMED * scale)
            assert episode.days_product(calendar, 1, year, other) == episode.days_product(calendar, 1, other, year)


def test_a_leap_year_has_one_day_more_of_each():
    episode, calendar = Episode(Duration(exponential(0.8)), 100.0), Calendar(2028, 1)
    assert episode.cohort_size(calendar, 1) == 366 / 365
    days = sum(episode.cohort_size(calendar, c) * episode.days(calendar, c, 0).moment(1) for c in (0, 1))
    assert days == pytest.approx(366 * 0.8, rel=SUMMED)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e, c: e.days(c, 0, 2), "year = 2: must lie between 0 and 1"),
        (lambda e, c: e.days(c, 3, 0), "cohort = 3: must lie between 0 and 2"),
        (lambda e, c: e.cohort_size(c, -1), "cohort = -1"),
        (lambda e, c: e.excess(c, 0, 0, -1.0), "attachment: must be"),
        (lambda e, c: e.excess(c, 0, 0, 1.0, [1.0, 0.0]), "prices: must be"),
        (lambda e, c: e.stationary_autocovariance(-1), "lag = -1"),
        (lambda e, c: OpenStay(10.0, None, 3.0), "seen_on = 3.0"),
        (lambda e, c: e.days(c, OpenStay(-10.0), 0), "elapsed_days = -10.0"),
        (lambda e, c: Episode(e.duration, 0.0), "tariff = 0.0: must be"),
        (lambda e, c: Episode(e.duration, Lomax(0.9, 1.0)), "infinite mean"),
    ],
)
def test_what_an_episode_refuses(call, message):
    with pytest.raises(ValueError, match=message):
        call(Episode(Duration(exponential(0.8)), 290.0), Calendar(2025, 2))


# --- written down in a file

TABLE = """
[duration]
family = "exponential"
mean = { value = 1.0, unit = "year", grade = "assumed", source = "a" }
[ages]
low = { value = 4.0, unit = "years", grade = "assumed", source = "b" }
high = { value = 17.5, unit = "year", grade = "assumed", source = "c" }
[tariff]
family = "lognormal"
mean = { value = 290.0, unit = "EUR per day", grade = "assumed", source = "d" }
cv = { value = 0.3, unit = "ratio", grade = "assumed", source = "e" }
cap = { value = 600.0, unit = "EUR per day", grade = "assumed", source = "f" }
"""
WHERE = "care_types.verblijf.episode"


def number(value, unit="ratio"):
    return {"value": value, "unit": unit, "grade": "assumed", "source": "a"}


def several(values, unit="ratio"):
    return {"values": values, "unit": unit, "grade": "sourced", "source": "a table", "year": 2024}


PUBLISHED = {
    "family": "classes",
    "edges_days": several([91, 182, 365, 730], "day"),
    "shares": several([0.2, 0.2, 0.2, 0.25, 0.15]),
    "mean_of_open_class": number(1300, "days"),
}


def built(table):
    problems = []
    return build_episode(table, "costs.toml", WHERE, problems), problems


def table_with(path, value):
    """Return the table with one entry replaced, or removed if the value is None."""
    table = copy.deepcopy(tomllib.loads(TABLE))
    *folders, key = path.split(".")
    place = table
    for folder in folders:
        place = place[folder]
    if value is None:
        del place[key]
    else:
        place[key] = value
    return table


def test_an_episode_of_a_file():
    episode, problems = built(tomllib.loads(TABLE))
    assert not problems
    assert episode == Episode(Duration(exponential(1.0), Ages(4.0, 17.5, 18.0)), TARIFF)


@pytest.mark.parametrize(
    ("table", "law"),
    [
        ({"family": "weibull", "mean": number(2.0, "year"), "shape": number(0.5)}, Weibull(0.5, 1.0)),
        ({"family": "weibull", "scale": number(2.0, "year"), "shape": number(0.5)}, Weibull(0.5, 2.0)),
        ({"family": "weibull", "mean": number(1.0, "year"), "cv": number(2.0)}, Weibull.from_mean_cv(1.0, 2.0)),
        ({"family": "gamma", "mean": number(1.0, "year"), "shape": number(4.0)}, Gamma(4.0, 0.25)),
        ({"family": "gamma", "mean": number(1.0, "year"), "cv": number(0.5)}, Gamma(4.0, 0.25)),
        ({"family": "lognormal", "mean": number(1.0, "year"), "cv": number(2.0)}, Lognormal.from_mean_cv(1.0, 2.0)),
        (PUBLISHED, CLASSES),
    ],
)
def test_every_family_of_durations(table, law):
    episode, problems = built(table_with("duration", table))
    assert not problems
    assert type(episode.duration.law) is type(law)
    assert episode.duration.law.mean == pytest.approx(law.mean, rel=1e-14)
    assert episode.duration.law.moment(2) == pytest.approx(law.moment(2), rel=1e-14)


def test_published_shares_in_whole_percents_are_made_to_sum_to_one():
    shares = several([0.33, 0.33, 0.33])
    table = {**PUBLISHED, "edges_days": several([100, 300], "day"), "shares": shares}
    episode, problems = built(table_with("duration", table))
    assert not problems
    assert episode.duration.law.shares == pytest.approx((1 / 3, 1 / 3, 1 / 3))


@pytest.mark.parametrize("tariff", [number(290.0, "EUR per day"), {"family": "fixed", "value": number(290.0, "EUR")}])
def test_one_tariff_for_all(tariff):
    table = table_with("tariff", tariff)
    episode, problems = built(table)
    assert not problems
    assert episode.law == Fixed(290.0)
    found = [key for key, _ in quantities_of_episode(table, WHERE) if "tariff" in key]
    assert found == [f"{WHERE}.tariff.value" if "family" in tariff else f"{WHERE}.tariff"]


def test_every_number_of_a_file_has_a_key_and_a_pedigree():
    found = dict(quantities_of_episode(table_with("duration", PUBLISHED), WHERE))
    assert found[f"{WHERE}.duration.edges_days.2"].value == 182.0
    assert found[f"{WHERE}.duration.shares.5"].value == 0.15
    assert found[f"{WHERE}.duration.shares.5"].grade == "sourced"
    assert found[f"{WHERE}.duration.mean_of_open_class"].unit == "days"
    assert found[f"{WHERE}.ages.high"].value == 17.5
    assert found[f"{WHERE}.tariff.cap"].value == 600.0
    assert len(found) == 4 + 5 + 1 + 2 + 3


@pytest.mark.parametrize(
    ("path", "value", "where", "rule", "hint"),
    [
        ("duration", None, "duration", "this key is required", "Add a table"),
        ("tariff", None, "tariff", "this key is required", "Add a table"),
        ("age", {}, "age", "unknown key 'age'", "'ages'"),
        ("duration", 3.0, "duration", "must be a table", "family"),
        ("duration.family", None, "duration.family", "this key is required", "exponential, weibull"),
        ("duration.family", "exponental", "duration.family", "unknown family of durations", "'exponential'"),
        ("duration.family", "lognormal", "duration.cv", "this parameter is required", "takes mean and cv"),
        ("duration.mean", None, "duration.mean", "this parameter is required", "takes mean"),
        ("duration.maen", number(1.0, "year"), "duration.maen", "unknown parameter 'maen'", "'mean'"),
        ("duration.mean", 1.0, "duration.mean", "must carry its pedigree", "unit"),
        ("duration.mean", number(12.0, "months"), "duration.mean.unit", "the unit must be 'year'", "Convert"),
        ("duration.mean", number("1", "year"), "duration.mean.value", "must be a number", "without quotes"),
        ("duration.mean", number(-1.0, "year"), "duration.mean", "must be a finite number above 0", "Change"),
        ("duration.mean", number(365.0, "year"), "duration.mean", "at most 100 years", "not days"),
        ("ages.low", None, "ages.low", "this key is required", "lowest"),
        ("ages.lowest", number(3.0, "year"), "ages.lowest", "unknown key 'lowest'", "'low'"),
        ("ages.low", number(-1.0, "year"), "ages.low", "must be 0 or more", "Change"),
        ("ages.high", number(19.0, "year"), "ages.leaves_at", "must be above the ages at entry", "Change"),
        ("ages", 4.0, "ages", "must be a table", "low = ..."),
        ("tariff", number(-3.0, "EUR"), "tariff", "must be above 0", "EUR per day"),
        ("tariff", 290.0, "tariff", "must carry its pedigree", "EUR per day"),
        ("tariff.family", "lognormaal", "tariff.family", "unknown family of severities", "'lognormal'"),
        ("tariff.cv", number(-1.0), "tariff.cv", "must be a finite number above 0", "Change"),
    ],
)
def test_a_fault_of_a_file_is_named(path, value, where, rule, hint):
    episode, problems = built(table_with(path, value))
    assert episode is None
    (problem,) = problems
    assert problem.file == "costs.toml"
    assert problem.where == f"{WHERE}.{where}"
    assert rule in problem.rule
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("key", "value", "where", "rule"),
    [
        ("edges_days", [91, 182], "edges_days", "must carry its pedigree"),
        ("edges_days", several([182, 91, 365, 730], "day"), "edges_days", "must ascend"),
        ("edges_days", several([0.25, 0.5, 1, 2], "year"), "edges_days.unit", "must be 'day'"),
        ("shares", several([0.5, 0.5]), "shares", "one more than the edges, which are 4"),
        ("shares", several([20, 20, 20, 25, 15]), "shares", "with sum 1"),
        ("shares", several([]), "shares.values", "at least one entry"),
        ("mean_of_open_class", number(700.0, "day"), "mean_of_open_class", "above 730"),
    ],
)
def test_a_fault_of_duration_classes_is_named(key, value, where, rule):
    episode, problems = built(table_with("duration", {**PUBLISHED, key: value}))
    assert episode is None
    (problem,) = problems
    assert problem.where == f"{WHERE}.duration.{where}"
    assert rule in problem.rule


def test_all_faults_of_a_file_come_at_once():
    table = table_with("duration.mean", number(1.0, "month"))
    table["ages"]["high"] = 3.0
    table["tariff"]["family"] = "gama"
    table["tarif"] = {}
    _, problems = built(table)
    assert [problem.where.removeprefix(f"{WHERE}.") for problem in problems] == [
        "tarif",
        "duration.mean.unit",
        "ages.high",
        "tariff.family",
    ]


def test_two_ways_to_say_the_same_cannot_stand_together():
    weibull = {"family": "weibull", "mean": number(1.0, "year"), "scale": number(1.0, "year"), "shape": number(2.0)}
    _, problems = built(table_with("duration", weibull))
    assert [problem.where for problem in problems] == [f"{WHERE}.duration.scale"]
    assert "cannot stand beside mean and shape" in problems[0].rule
    assert set(DURATIONS) == {"exponential", "weibull", "gamma", "lognormal", "classes"}
