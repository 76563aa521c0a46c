"""Exact figures: compound laws by FFT and moments of measures, against vectors, quadrature and simulation."""

import math

import numpy as np
import pytest
from scipy import integrate, special, stats

from solidair.models.calendar import Calendar
from solidair.models.costs import CostModel
from solidair.models.exact import compound_pmf, measure_moments, product_nodes
from solidair.models.regions import Municipality, Region
from solidair.models.schema import Words
from solidair.models.severity import Fixed, Lognormal, Lomax
from solidair.models.shocks import GammaShock, LognormalShock, NoShock
from solidair.pool.agreements import Agreement
from solidair.pool.measures import measure_cases, measures_for
from solidair.pool.run import simulate
from solidair.pool.setting import Setting
from solidair.pool.settlement import settle
from solidair.pool.study import Study
from tests.naive import agreement_document, cost_document, naive_settle, quantity, severity_table

POISSON = 1e6
"""A negative binomial of this size: its variance is 1 + rate / 1e6 times Poisson's, and the tests allow for that."""
LIMIT = 4.5
"""Largest |z|: 1 in 150,000 figures passes it by chance, and the seeds are fixed."""


def _region(*youth, need=1.0):
    need = [need] * len(youth) if need is None or isinstance(need, float) else need
    members = [
        Municipality(f"GM{n:04d}", f"Town {n}", 5 * y, y, 2_000.0 * y, need_index=index)
        for n, (y, index) in enumerate(zip(youth, need, strict=True), 1)
    ]
    return Region("by-hand", "By hand", tuple(members), "", "by-hand.csv", None)


def _costs(care_types, **shocks):
    return CostModel.from_document(cost_document(care_types, **shocks), "by-hand", "by-hand.toml")


def _study(region, costs, **agreements):
    made = [Agreement.from_document(document, name, f"{name}.toml") for name, document in agreements.items()]
    if not made:
        made = [Agreement.from_document(agreement_document(), "own-use", "own-use.toml")]
    return Study("by-hand", Words(nl="met de hand", en="by hand"), region, costs, tuple(made))


def _lognormal(mu, sigma, **more):
    return severity_table("lognormal", mu=mu, sigma=sigma, **more)


def _moments(costs, region, scope, attachment):
    """Return mean and variance of a measure in the first budget year, each (member,)."""
    lines = None if attachment is None else [attachment]
    mean, variance = measure_moments(costs, region, Calendar(2027, 1), scope, lines)
    assert mean.shape == variance.shape == (1, len(region.members))
    return mean[0], variance[0]


# --- compound laws


def _padded(probabilities, n):
    return np.concatenate([probabilities, np.zeros(n - len(probabilities))])


def test_tilting_takes_away_what_wraps_around():
    # vector P19: Grübel & Hermesmeier (1999); severity by rounding, mass beyond the grid dropped
    n, law = 1024, Lognormal(2.0, 1.1)
    edges = np.concatenate([[0.0], np.arange(n) + 0.5])
    f = np.diff(law.cdf(edges))

    def pgf(z):
        return np.exp(3 * (z - 1))

    tilted = compound_pmf(f, pgf, 13 / n)
    cdf = np.cumsum(tilted)
    expected = {0: 0.0508705494209, 10: 0.017436577472, 100: 0.00188032329514, 1000: 6.64375474205e-08}
    for k, chance in expected.items():
        assert tilted[k] == pytest.approx(chance, rel=1e-6)
    assert cdf[100] == pytest.approx(0.923867327358, rel=1e-9)
    assert [int(np.searchsorted(cdf, p)) for p in (0.9, 0.99, 0.995)] == [89, 198, 240]
    # Its stated errors of the whole law: untilted 2.4e-6, tilted 2.8e-11; here against a grid eight times longer.
    long = compound_pmf(_padded(f, 8 * n), pgf)[:n]
    assert np.abs(compound_pmf(f, pgf) - long).sum() == pytest.approx(2.44e-6, rel=0.02)
    assert np.abs(tilted - long).sum() < 1e-9


def test_heavy_tail_of_a_compound_law():
    # vector P20. The lattice keeps the mean, its error is of order step^2: (0.1 / 10)^2 x 1e-2 = 1e-6.
    n, step = 2**17, 0.1
    pmf = compound_pmf(Lomax(2.5, 10.0).discretise(step, n), lambda z: np.exp(5 * (z - 1)), 13 / n)
    beyond = 1 - np.cumsum(pmf)
    k = round(600 / step)
    assert 0.5 * (beyond[k - 1] + beyond[k]) == pytest.approx(0.000201008004936, rel=1e-6)


# --- moments of measures


def test_compound_poisson_with_a_layer():
    # vector P17: rate 18, lognormal(9.5, 1.3), the layer of 425,000 above 75,000 as a difference of two measures
    costs = _costs({"care": (1_000.0, POISSON, _lognormal(9.5, 1.3))})
    region = _region(18)
    mean, variance = _moments(costs, region, ["care"], 0.0)
    more = mean**2 / POISSON  # a size that is finite adds this much variance
    assert mean[0] == pytest.approx(559820.658027, rel=1e-11)
    assert (variance - more)[0] == pytest.approx(94358930568.5, rel=1e-9)
    low, high = (_moments(costs, region, ["care"], a)[0][0] for a in (75_000.0, 500_000.0))
    assert low - high == pytest.approx(134925.066353, rel=1e-10)
    clients, spread = _moments(costs, region, ["care"], None)
    assert (clients[0], spread[0]) == pytest.approx((18.0, 18.0 + 18.0**2 / POISSON), rel=1e-9)


def test_pool_of_excess():
    # vector P30: three members, excess above 100,000 per case by a key
    costs = _costs({"care": (1_000.0, POISSON, _lognormal(9.6, 1.25))})
    region = _region(6, 20, 74)
    own, variance = _moments(costs, region, ["care"], 0.0)
    excess, excess_variance = _moments(costs, region, ["care"], 100_000.0)
    np.testing.assert_allclose(own, [193495.487202, 644984.957341, 2386444.34216], rtol=1e-11)
    sd = np.sqrt(variance - own**2 / POISSON)
    np.testing.assert_allclose(sd, [172539.199758, 315012.039205, 605937.755817], rtol=1e-9)
    assert excess.sum() == pytest.approx(626794.608043, rel=1e-11)
    layer_sd = math.sqrt((excess_variance - excess**2 / POISSON).sum())
    assert layer_sd == pytest.approx(474785.295484, rel=1e-9)
    key = np.array([0.065, 0.18, 0.755])
    np.testing.assert_allclose(
        own - excess + key * excess.sum(), [196629.460243, 632449.06518, 2395846.26128], rtol=1e-11
    )

    # The same agreement, simulated: means and SDs of what members bear.
    shares = {f"GM{n:04d}": float(share) for n, share in enumerate(key, 1)}
    document = agreement_document(({"kind": "excess", "retention": 100_000.0}, {"kind": "fixed", "shares": shares}))
    n = 100_000
    borne = simulate(_study(region, costs, pool=document), n, seed=30).contributions["pool"][:, 0, :]
    mean, sd = [196629.460243, 632449.06518, 2395846.26128], [100818.050924, 202220.546007, 553278.450607]
    assert np.abs((borne.mean(axis=0) - mean) / (np.array(sd) / math.sqrt(n))).max() < LIMIT
    centred = borne - mean
    fourth = np.mean(centred**4, axis=0)
    se = np.sqrt((fourth - np.array(sd) ** 4) / n)
    assert np.abs((np.mean(centred**2, axis=0) - np.array(sd) ** 2) / se).max() < LIMIT


def test_shared_gamma_shock():
    # vector P18: three care types with one shock on their volume, gamma of shape 8
    means, seconds = [15e3, 12e3, 18e3], [9e8, 6e8, 13e8]
    care_types = {
        f"care-{n}": (rate, POISSON, severity_table("lognormal", mean=m, cv=math.sqrt(s / m**2 - 1)))
        for n, (rate, m, s) in enumerate(zip([12.0, 30.0, 55.0], means, seconds, strict=True))
    }
    costs = _costs(care_types, volume=(0, 1 / math.sqrt(8), 0), law="gamma")
    region = _region(1_000)
    rate = np.array([12.0, 30.0, 55.0])
    cov = np.empty((3, 3))
    for i in range(3):
        for j in range(3):
            scope = sorted({f"care-{i}", f"care-{j}"})
            cov[i, j] = _moments(costs, region, scope, 0.0)[1][0]
    cov = np.where(np.eye(3, dtype=bool), cov, (cov - np.diag(cov)[:, None] - np.diag(cov)) / 2)
    cov -= np.diag((rate * means) ** 2) * (1 + 1 / 8) / POISSON
    expected = np.array([[1485, 810, 2227.5], [810, 3420, 4455], [2227.5, 4455, 19401.25]]) * 1e7
    np.testing.assert_allclose(cov, expected, rtol=1e-9)
    mean, variance = (x[0] for x in _moments(costs, region, list(care_types), 0.0))
    variance -= np.sum((rate * means) ** 2) * (1 + 1 / 8) / POISSON
    assert math.sqrt(variance) / mean == pytest.approx(0.409691064507, rel=1e-9)


def _partial(order, a, mu, sigma):
    """Return E[X^order; X > a] of a lognormal."""
    tail = special.ndtr((mu + order * sigma**2 - math.log(a)) / sigma)
    return math.exp(order * mu + order**2 * sigma**2 / 2) * tail


def _excess(a, mu, sigma):
    """Return the first two moments of max(X - a, 0) of a lognormal, by its partial moments."""
    e0, e1, e2 = (_partial(k, a, mu, sigma) for k in range(3))
    return e1 - a * e0, e2 - 2 * a * e1 + a * a * e0


def test_moments_by_hand():
    laws = {"light": (20.0, 40.0, 8.5, 0.9), "heavy": (2.0, 1.5, 10.8, 0.8)}
    care_types = {name: (rate, size, _lognormal(mu, sigma)) for name, (rate, size, mu, sigma) in laws.items()}
    volume, price, need = (0.1, 0.2, 0.15), (0.08, 0.05, 0.1), 0.3
    costs = _costs(care_types, volume=volume, price=price, need=need)
    region = _region(2_000, 9_000, need=[1.3, None])
    a = 40_000.0
    mean, variance = _moments(costs, region, list(laws), a)
    # Price P is lognormal with mean 1 and this log-variance; given P, cost is lognormal again.
    log_variance = sum(math.log1p(sd**2) for sd in price)
    sigma_p = math.sqrt(log_variance)

    def average(f):
        def inside(w):
            shift = sigma_p * w - log_variance / 2
            return f({n: _excess(a, mu + shift, sigma) for n, (_, _, mu, sigma) in laws.items()}) * stats.norm.pdf(w)

        return integrate.quad(inside, -12, 12, epsabs=0, epsrel=1e-11, limit=200)[0]

    volume_square = math.prod(1 + sd**2 for sd in volume)
    for i, (youth, need_mean, need_square) in enumerate([(2_000, 1.3, 1.69), (9_000, 1.0, 1 + need**2)]):
        # Clause by clause of the law of total variance: Poisson part, then the variance of the conditional mean.
        rates = {n: youth * rate / 1_000 for n, (rate, *_) in laws.items()}
        expected = need_mean * average(lambda m, r=rates: sum(r[n] * m[n][0] for n in laws))
        poisson = need_mean * average(lambda m, r=rates: sum(r[n] * m[n][1] for n in laws))
        square = 0.0
        for c in laws:
            for d in laws:
                together = need_square * volume_square * (1 + 1 / laws[c][1] if c == d else 1.0)
                square += together * average(lambda m, r=rates, c=c, d=d: r[c] * m[c][0] * r[d] * m[d][0])
        assert mean[i] == pytest.approx(expected, rel=1e-9)
        assert variance[i] == pytest.approx(poisson + square - expected**2, rel=1e-9)


def test_index_and_growth_by_hand():
    mu, sigma, a = 10.8, 0.8, 40_000.0
    document = cost_document({"care": (2.0, POISSON, _lognormal(mu, sigma))})
    document |= {"index": quantity(0.04), "volume_growth": quantity(0.1)}
    costs = CostModel.from_document(document, "by-hand", "by-hand.toml")
    mean, variance = measure_moments(costs, _region(3_000), Calendar(2027, 3), ["care"], [a, a, 2 * a])
    for t, line in enumerate([a, a, 2 * a]):
        # The line stays or is raised by the agreement, the cost of a client rises by 4 percent a year.
        one, two = _excess(line, mu + t * math.log(1.04), sigma)
        rate = 2.0 * 3.0 * 1.1**t
        assert mean[t, 0] == pytest.approx(rate * one, rel=1e-9)
        assert variance[t, 0] == pytest.approx(rate * two + (rate * one) ** 2 / POISSON, rel=1e-9)


def test_stays_by_hand():
    """Exponential stays of one tariff under volume shocks that last: cohort by cohort, with adaptive quadrature."""
    clients, stay, tariff, sd, kept, youth, a = 4.0, 500.0, 300.0, 0.2, 0.6, 1_500, 30_000.0
    document = cost_document({"care": (clients, POISSON, {})}, volume=(0, 0, sd))
    care = document["care_types"]["care"]
    del care["severity"], care["overdispersion_size"]
    duration = {"family": "exponential", "mean": quantity(stay / 365, "year")}
    care["episode"] = {"duration": duration, "tariff": quantity(tariff, "EUR per day")}
    document["volume"]["local"]["persistence"] = quantity(kept)
    costs = CostModel.from_document(document, "by-hand", "by-hand.toml")
    calendar = Calendar(2027, 2)  # 2027 has 365 days and 2028 has 366
    mean, variance = measure_moments(costs, _region(youth), calendar, ["care"], [a, a])

    def last(x):
        return math.exp(-x / stay)

    def came(length, seen):
        """Return P(more than d days in a year that begins `seen` days after that of entry, which has `length` days)."""
        if seen == 0:
            return lambda d: (1 - d / length) * last(d)
        return lambda d: integrate.quad(lambda u: last(seen + d - u), 0, length)[0] / length

    entries = clients * youth / 1_000 / (stay / 365 + 1)
    sizes = [entries * stay / 365, entries, entries * 366 / 365]
    # What is left of an exponential stay is exponential again.
    years = [
        (365, [last, came(365, 0)]),
        (366, [lambda d: last(365 + d), came(365, 365), came(366, 0)]),
    ]
    variance_of_logs = math.log1p(sd**2)
    for t, (length, chances) in enumerate(years):
        first, second = [], []
        for chance in chances:
            # E[(z D - a)+] and E[((z D - a)+)^2] by parts; the survival function drops to 0 at the whole year.
            low = a / tariff
            first.append(tariff * integrate.quad(chance, low, length, epsrel=1e-11)[0])
            square = integrate.quad(lambda d, c=chance: 2 * (tariff * d - a) * c(d), low, length, epsrel=1e-11)[0]
            second.append(tariff * square)
        expected = sum(size * one for size, one in zip(sizes, first, strict=False))
        spread = sum(size * two for size, two in zip(sizes, second, strict=False))
        for k, one in enumerate(first):
            for m, other in enumerate(first):
                together = math.exp(kept ** abs(k - m) * variance_of_logs)
                spread += sizes[k] * one * sizes[m] * other * (together - 1)
        # Cubic interpolation in cells of half a day, and in each a rule of three nodes: far below 1e-8 for such stays.
        assert mean[t, 0] == pytest.approx(expected, rel=1e-8)
        assert variance[t, 0] == pytest.approx(spread, rel=1e-8)


def test_an_atom_that_prices_carry_over_the_attachment():
    # A cap at the attachment: max(P X - a, 0) has a kink in P, where Gauss nodes are slow.
    costs = _costs({"care": (50.0, POISSON, severity_table("fixed", value=90_000.0))}, price=(0.03, 0.02, 0.01))
    mean, _ = _moments(costs, _region(1_000), ["care"], 90_000.0)
    # An option at the money (Black & Scholes): E[(P - 1)+] = 2 Phi(s / 2) - 1.
    s = math.sqrt(sum(math.log1p(sd**2) for sd in (0.03, 0.02, 0.01)))
    assert mean[0] == pytest.approx(50 * 90_000 * (2 * special.ndtr(s / 2) - 1), rel=2e-3)


def test_product_of_shocks():
    values, weights = product_nodes([LognormalShock(0.3), GammaShock(4.0), NoShock(), LognormalShock(0.4)])
    assert len(values) == 24**2  # the lognormal ones are one factor
    for k in range(4):
        moment = math.exp(k * (k - 1) * 0.125) * GammaShock(4.0).moment(k)
        assert weights @ values**k == pytest.approx(moment, rel=1e-10)


# --- simulated against exact


def test_settling_cases_by_measures_is_settling_them_one_by_one():
    scope = ("heavy", "light")
    documents = [
        agreement_document(
            (
                {"kind": "excess", "scope": ("heavy",), "retention": 50e3, "limit": 70e3, "share": 0.8},
                {"kind": "equal"},
            ),
            ({"kind": "share", "scope": scope, "share": 0.3}, {"kind": "budget"}),
            ({"kind": "excess", "retention": 20e3}, {"kind": "youth"}),
        ),
        agreement_document(),
    ]
    region = _region(3_000, 800, 50)
    rng = np.random.Generator(np.random.PCG64(21))
    cases = [
        (int(rng.integers(3)), str(rng.choice(["light", "heavy"])), float(cost))
        for cost in rng.lognormal(10.3, 1.2, 400)
    ]
    for document in documents:
        agreement = Agreement.from_document(document, "deal", "deal.toml")
        setting = Setting.plain(region, ("light", "heavy"))
        measures = measures_for(("light", "heavy"), agreement.looks(setting))
        claims = measure_cases(measures, 3, *zip(*cases, strict=True))[:, np.newaxis, np.newaxis, :]
        ledger = settle(agreement, claims, measures, setting)
        twin = naive_settle(agreement.spec, cases, region)
        # Sums of 400 cases in another order: 400 roundings at most.
        for ours, theirs in (
            (ledger.own, twin["own"]),
            (ledger.paid, twin["paid"]),
            (ledger.charged, twin["charged"]),
            (ledger.contribution, twin["contribution"]),
        ):
            theirs = np.reshape(theirs, ours.shape)
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=400 * 2.0**-52 * sum(c for *_, c in cases))


def test_simulated_against_exact():
    care_types = {
        "light": (9.0, 30.0, _lognormal(8.8, 0.9, cap=80_000.0)),
        "stay": (2.5, 4.0, severity_table("stay", mean_stay=0.8, tariff=_lognormal(5.8, 0.4, cap=900.0))),
        "bespoke": (0.8, 1.2, severity_table("gamma", shape=1.3, scale=150_000.0)),
    }
    costs = _costs(care_types, volume=(0.05, 0.04, 0.06), price=(0.02, 0.01, 0.03), need=0.2)
    youth = {"kind": "youth"}
    heavy = ("stay", "bespoke")
    document = agreement_document(
        ({"kind": "excess", "scope": heavy, "retention": 60_000.0, "limit": 120_000.0}, youth),
        ({"kind": "share", "scope": ("light",), "share": 0.4}, youth),
    )
    study = _study(_region(4_000, 15_000, need=[0.9, None]), costs, deal=document)
    sims, years = 40_000, study.settings.years
    results = simulate(study, sims, seed=8)
    table = results.table("check")
    # Two groups: clients and whole cost of each, and excess over 60,000 and 180,000 of the heavy one.
    assert len(table) == years * 2 * (2 + 4)
    assert table["year"].value_counts().to_dict() == {2027 + t: 2 * (2 + 4) for t in range(years)}
    assert set(table["attachment_eur"].dropna()) == {0.0, 60_000.0, 180_000.0}
    assert table[["exact_mean", "exact_sd", "mean_se"]].to_numpy().min() > 0
    assert table["mean_z"].abs().max() < LIMIT
    assert table["sd_z"].abs().max() < LIMIT
    # z-scores by hand from what members paid, so that the table is not judged by itself. Nothing grows here, so all
    # years have the moments of the first.
    exact, variance = _moments(costs, study.region, list(care_types), 0.0)
    z = (results.own.mean(axis=0) - exact) / np.sqrt(variance / sims)
    assert np.abs(z).max() < LIMIT
    # Layer means: what the first clause takes in is the difference of two excesses, on average over sims and years.
    low, high = (_moments(costs, study.region, heavy, a)[0] for a in (60_000.0, 180_000.0))
    paid = results.clauses["deal"].paid[0]
    layer_sd = np.sqrt(_moments(costs, study.region, heavy, 60_000.0)[1])  # at least that of the layer
    # Years of the first member are independent; those of the second have the need of the path in common.
    independent = sims * np.array([years, 1])
    assert np.abs((paid - (low - high)) / (layer_sd / np.sqrt(independent))).max() < LIMIT
    assert np.all(paid > 0)


def test_simulated_law_is_the_compound_law():
    law, rate = Lognormal(9.2, 1.0), 7.0
    costs = _costs({"care": (1_000.0, POISSON, _lognormal(9.2, 1.0))})
    sims = 60_000
    own = simulate(_study(_region(7), costs), sims, seed=77).own.ravel()
    step, n = 50.0, 2**16
    cdf = np.cumsum(compound_pmf(law.discretise(step, n), lambda z: np.exp(rate * (z - 1))))
    atom = math.exp(-rate)
    assert abs(np.mean(own == 0) - atom) < LIMIT * math.sqrt(atom * (1 - atom) / sims)
    for x in (20e3, 50e3, 90e3, 120e3, 160e3, 250e3, 400e3, 600e3):
        k = round(x / step)
        expected = 0.5 * (cdf[k - 1] + cdf[k])
        # The mass of a cell bounds what the lattice can do, 1e-5 what the size of POISSON can.
        slack = cdf[k] - cdf[k - 1] + 1e-5
        se = math.sqrt(expected * (1 - expected) / sims)
        assert 0.01 < expected < 0.9999
        assert abs(np.mean(own <= x) - expected) < LIMIT * se + slack


def test_fixed_costs_give_a_lattice():
    costs = _costs({"care": (1_000.0, POISSON, severity_table("fixed", value=1_000.0))})
    own = simulate(_study(_region(4), costs), 2_000, seed=1).own.ravel()
    assert set(np.unique(own)) <= {1_000.0 * k for k in range(30)} and own.max() > 5_000
    assert float(Fixed(1_000.0).excess(400.0)) == _moments(costs, _region(4), ["care"], 400.0)[0][0] / 4
