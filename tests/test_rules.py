"""The sharing rules of the literature against numbers worked out elsewhere."""

import math

import numpy as np
import pytest

from solidair.models.exact import LatticeLaw, Portfolio, discretise, share_by_conditional_mean, share_independent
from solidair.models.severity import GPD, Gamma, Lognormal, Lomax
from solidair.pool.rules import (
    RULES,
    ConditionalMean,
    Law,
    LawError,
    Linear,
    MeanProportional,
    Quantile,
    Rule,
    RuleError,
    Tolerance,
    UncappedError,
    Uniform,
    VarianceProportional,
)

EXPONENTIAL = 0.0
"""xi of a generalised Pareto law that makes it exponential."""


def padded(f, n=128):
    return LatticeLaw(1.0, np.concatenate([f, np.zeros(n - len(f))]))


def all_rules(members=3, years=4_000, seed=1):
    """Return every rule, fitted to one sample, and the exact conditional mean of another pool of that size."""
    rng = np.random.Generator(np.random.PCG64(seed))
    scale = np.exp(rng.normal(0, 1, members)) * 1e5
    law = Law.of_sample(rng.gamma(0.8, scale, (years, members)))
    options = {"tolerance": {"tolerances": scale * 5, "capped": True}}
    rules = {name: rule.fit(law, **options.get(name, {})) for name, rule in RULES.items()}
    lattice = discretise(Gamma(1.5, 2e4), 500.0, 4096)
    rules["exact"] = ConditionalMean.fit(
        Law.of_exact(share_by_conditional_mean(Portfolio.poisson(np.linspace(2, 4, members)[:, None]), [lattice]))
    )
    return law, rules


# --- published or independently computed numbers


def test_gammas_of_one_scale():
    # Shapes 2, 3.5, 0.5 of scale 10,000: conditional mean, mean-proportional and linear rule are one (Denuit & Dhaene
    # 2012, Insurance: Mathematics and Economics 51, 265). Means are shape x 10^4, variances shape x 10^8.
    shapes = np.array([2.0, 3.5, 0.5])
    law = Law(shapes * 1e4, np.diag(shapes * 1e8))
    expected = [50_000, 87_500, 12_500]
    for rule in (MeanProportional.fit(law), Linear.fit(law), VarianceProportional.fit(law)):
        np.testing.assert_allclose(rule.of_total(150e3), expected, rtol=1e-13)
    lattices = [discretise(Gamma(shape, 1e4), 250.0, 4096) for shape in shapes]
    exact = ConditionalMean.fit(Law.of_exact(share_independent(lattices)))
    # Rounding to the lattice adds up to step^2 / 4 to a variance of 10^8 x shape, 3e-4 of the smallest.
    np.testing.assert_allclose(exact.of_total(150e3), expected, rtol=1e-3)


def test_two_exponentials():
    # Means 20,000 and 60,000. The straight line charges the first 13,000 of 10,000; E[X_1 | S] = 1/d - s/(e^(ds) - 1).
    totals = np.array([10e3, 50e3, 100e3, 300e3])
    means = np.array([20e3, 60e3])
    linear = Linear.fit(Law(means, np.diag(means**2))).of_total(totals)
    np.testing.assert_allclose(linear[:, 0], [13_000, 17_000, 22_000, 42_000], rtol=1e-13)
    assert linear[0, 1] == pytest.approx(-3_000, rel=1e-12)
    sharing = share_independent([discretise(GPD(EXPONENTIAL, mean), 100.0, 2**14) for mean in means])
    rule = ConditionalMean.fit(Law.of_exact(sharing))
    first = [4722.73526843, 18357.174097, 26300.629341, 29986.3794027]
    second = [5277.26473157, 31642.825903, 73699.370659, 270013.620597]
    # Errors are of the order of (step / mean)^2 = 2.5e-5.
    np.testing.assert_allclose(rule.of_total(totals), np.transpose([first, second]), rtol=1e-4)
    assert rule.falls() == []
    # From an exact law the linear rule knows covariances too.
    np.testing.assert_allclose(Linear.fit(Law.of_exact(sharing)).of_total(totals), linear, rtol=1e-4)


def test_four_compound_poissons():
    # A set-up of the kind in Denuit (2019), ASTIN Bulletin 49, 591; computed by convolution.
    f = [[0, 0.1, 0.2, 0.4, 0.3], [0, 0.15, 0.25, 0.3, 0.3], [0, 0.1, 0.2, 0.3, 0.4], [0, 0.15, 0.25, 0.3, 0.3]]
    portfolio = Portfolio.poisson(np.diag([0.08, 0.08, 0.1, 0.1]))
    rule = ConditionalMean.fit(Law.of_exact(share_by_conditional_mean(portfolio, [padded(row) for row in f])))
    expected = [
        [0.177777777778, 0.266666666667, 0.222222222222, 0.333333333333],
        [0.394573997866, 0.494314891023, 0.493217497333, 0.617893613778],
        [0.819788954451, 0.624971024719, 0.77402623993, 0.781213780899],
        [0.820820658423, 0.821253108965, 1.33135984641, 1.02656638621],
        [1.13776658627, 1.10405849705, 1.37810179537, 1.38007312131],
        [1.39055963398, 1.28423074419, 1.7199211916, 1.60528843023],
        [1.63691590373, 1.44453131059, 2.11288864743, 1.80566413824],
        [1.66742764198, 1.64815564117, 2.62422216538, 2.06019455146],
        [2.06085391461, 1.91596197685, 2.62823163749, 2.39495247106],
        [2.28279901904, 2.09093857217, 3.01258919357, 2.61367321522],
    ]
    amounts = np.zeros((10, 4))
    amounts[:, 2] = np.arange(1, 11)  # who brought it in does not matter
    np.testing.assert_allclose(rule.share(amounts), expected, rtol=1e-10)


YEARS = np.array([[0, 10, 20], [5, 15, 10], [30, 0, 0], [0, 0, 0], [40, 20, 60], [10, 50, 60]], dtype=float)
CHANCE = np.array([0.2, 0.2, 0.1, 0.3, 0.1, 0.1])


def test_six_years_with_ties():
    # Six years with chances .2 .2 .1 .3 .1 .1; totals 30 30 30 0 120 120; worked out in fractions.
    repeated = YEARS[np.repeat(np.arange(6), [2, 2, 1, 3, 1, 1])]
    centred = YEARS - CHANCE @ YEARS
    given = Law(CHANCE @ YEARS, (CHANCE[:, None] * centred).T @ centred)
    np.testing.assert_allclose(given.covariance, [[184, 37, 148], [37, 211, 274], [148, 274, 496]], rtol=1e-13)
    expected = {
        Uniform: [[10, 10, 10], [0, 0, 0], [40, 40, 40]],
        MeanProportional: np.outer([30, 0, 120], np.array([9, 12, 18]) / 39),
        Linear: [
            [7.16417910448, 9.40298507463, 13.4328358209],
            [1.0447761194, 0.746268656716, -1.79104477612],
            [25.5223880597, 35.3731343284, 59.1044776119],
        ],
        VarianceProportional: [
            [7.14141414141, 9.86868686869, 12.9898989899],
            [0.946127946128, 2.76430976431, -3.71043771044],
            [25.7272727273, 31.1818181818, 63.0909090909],
        ],
    }
    after = {
        Uniform: [201, 201, 201],
        MeanProportional: [96.3372781065, 171.266272189, 385.349112426],
        Linear: [75.2686567164, 150.626865672, 465.850746269],
        VarianceProportional: [77.1469577934, 101.449069823, 560.591504268],
    }
    for law in (given, Law.of_sample(repeated)):
        for kind, rows in expected.items():
            rule = kind.fit(law)
            np.testing.assert_allclose(rule.share(YEARS), np.array(rows)[[0, 0, 0, 1, 2, 2]], rtol=1e-11, atol=1e-13)
            np.testing.assert_allclose(rule.share(repeated).var(axis=0), after[kind], rtol=1e-11)
    # The conditional mean of totals on a lattice: as if the three cases of a total were one law of all three members.
    borne = np.array([[8, 10, 12], [0, 0, 0], [25, 35, 60]])[[0, 0, 0, 1, 2, 2]]
    for total in (0, 30, 120):
        rows = YEARS.sum(axis=1) == total
        np.testing.assert_allclose(CHANCE[rows] @ YEARS[rows] / CHANCE[rows].sum(), borne[rows][0], rtol=1e-13)


def test_quantile_rule():
    # Lognormal(9, 0.8), Lomax(2.5, 30,000), exponential of mean 15,000 (Denuit, Dhaene & Robert 2022, JRI 89, 639).
    laws = [Lognormal(9.0, 0.8), Lomax(2.5, 30e3), GPD(EXPONENTIAL, 15e3)]
    levels = np.linspace(0.3, 0.99, 200_001)
    rule = Quantile.fit(Law.of_sample(np.stack([law.quantile(levels) for law in laws], axis=1)))
    expected = {
        20_000: (0.38264575758, [6381.56399129, 6383.75176361, 7234.6842451]),
        60_000: (0.766511706728, [14500.3157772, 23680.3341377, 21819.3500851]),
        250_000: (0.986501906394, [47536.7487132, 137885.149018, 64578.1022685]),
    }
    for total, (level, borne) in expected.items():
        at = np.searchsorted(levels, level)
        # Both lie between the same two quantiles, so they differ by less than what lies between these.
        width = rule.steps[at] - rule.steps[at - 1]
        found = rule.of_total(total)
        assert np.all(np.abs(found - borne) <= width) and width.max() < 1e-4 * total
        assert found.sum() == pytest.approx(total, rel=1e-13)


def test_quantile_rule_is_not_fair():
    # Independent lognormals with sigma 0.3 and 1.5: the light tail pays 103.0 % of its expected cost, the heavy 99.0 %.
    # On the midpoints of 500 or 4,000 levels both percentages are the same to 0.0001; what is quoted is rounded.
    levels = (np.arange(1_000) + 0.5) / 1_000
    light, heavy = Lognormal(0.0, 0.3).quantile(levels), Lognormal(0.0, 1.5).quantile(levels)
    rule = Quantile.fit(Law.of_sample(np.stack([light, heavy], axis=1)))
    mean = rule.of_total(light[:, None] + heavy).mean(axis=(0, 1))
    assert mean[0] / light.mean() == pytest.approx(1.030, abs=0.0005)
    assert mean[1] / heavy.mean() == pytest.approx(0.990, abs=0.0005)


def test_exponential_utility():
    # Independent gammas (Bühlmann & Jewell 1979, ASTIN Bulletin 10, 243): certainty equivalents in closed form.
    shape, scale, tolerance = np.array([4, 1, 9]), np.array([10e3, 30e3, 8e3]), np.array([100e3, 60e3, 200e3])
    whole = tolerance.sum()

    def price(tolerances):
        return -tolerances * shape * np.log1p(-scale / tolerances)

    def worth(rule):
        # (t_i / t) S + a: t_i ln E exp(S / t) + a, the same pool price for everyone.
        return rule.slope * price(whole).sum() + rule.start - rule.slope * rule.start.sum()

    law = Law(shape * scale)
    fair = Tolerance.fit(law, tolerance, capped=True)
    np.testing.assert_allclose(fair.slope, [0.277777777778, 0.166666666667, 0.555555555556], rtol=1e-11)
    np.testing.assert_allclose(price(tolerance), [42144.2062631, 41588.8308336, 73479.5901365], rtol=1e-11)
    np.testing.assert_allclose(worth(fair), [40750.614308, 30450.3685848, 73501.2286161], rtol=1e-11)
    assert (worth(fair) <= price(tolerance)).tolist() == [True, True, False]  # the fair form is not for everyone
    own = price(whole)
    np.testing.assert_allclose(own, [40566.062832, 31324.0957163, 72812.0529607], rtol=1e-11)
    side = own - fair.slope * own.sum()
    priced = Tolerance.fit(law, tolerance, capped=True, payments=side)
    np.testing.assert_allclose(worth(priced), own, rtol=1e-11)
    assert np.all(worth(priced) <= price(tolerance))
    np.testing.assert_allclose(priced.of_total(0.0), side, rtol=1e-12)
    np.testing.assert_allclose(fair.of_total(law.means.sum()), law.means, rtol=1e-14)


def test_exponential_utility_of_uncapped_costs_is_refused():
    law = Law([1e5, 1e5])
    with pytest.raises(UncappedError, match="Cap the cost"):
        Tolerance.fit(law, [1e5, 1e5], capped=False)
    for bad in ([1e5], [1e5, 0.0], [1e5, np.inf]):
        with pytest.raises(RuleError, match="above 0"):
            Tolerance.fit(law, bad, capped=True)
    for bad in ([1.0, 1.0], [1.0], [np.nan, 0.0]):
        with pytest.raises(RuleError, match="sum 0"):
            Tolerance.fit(law, [1e5, 1e5], capped=True, payments=bad)


def test_quota_share_of_a_mean_proportional_pool():
    # H = (1 - q) X + q w S with means 300, 900, 2400, deviations 240, 420, 700 and correlations 0.15.
    mean, sd = np.array([300.0, 900.0, 2400.0]), np.array([240.0, 420.0, 700.0])
    covariance = np.outer(sd, sd) * (0.15 + 0.85 * np.eye(3))
    # Four years with exactly these moments: signs of a Hadamard matrix have mean 0 and covariance 1.
    signs = np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    years = mean + signs @ np.linalg.cholesky(covariance).T
    rule = MeanProportional.fit(Law.of_sample(years))
    expected = {
        0.25: [189.334406174, 353.273309564, 663.514213194],
        0.5: [141.527627849, 295.809271322, 638.856617542],
        1.0: [78.741842611, 236.225527833, 629.934740888],
    }
    for q, deviations in expected.items():
        np.testing.assert_allclose(((1 - q) * years + rule.share(q * years)).std(axis=0), deviations, rtol=1e-11)


def test_regression_on_a_sample():
    # Eight years: slopes of the least squares line sum to 1, intercepts to 0.
    sample = np.array([[12, 3, 7], [5, 9, 1], [20, 2, 30], [0, 0, 4], [7, 15, 6], [3, 1, 0], [9, 9, 9], [1, 30, 2]])
    rule = Linear.fit(Law.of_sample(sample))
    np.testing.assert_allclose(rule.slope, [0.308034767861, 0.207123171507, 0.484842060632], rtol=1e-11)
    np.testing.assert_allclose(rule.of_total(0), [0.00169599321603, 3.83527665889, -3.83697265211], rtol=1e-9)
    np.testing.assert_allclose(rule.share(sample).mean(axis=0), [7.125, 8.625, 7.375], rtol=1e-14)


# --- what holds for all of them


@pytest.mark.parametrize("name", [*RULES, "exact"])
def test_shapes_and_full_allocation(name):
    law, rules = all_rules(members=7)
    rule = rules[name]
    assert isinstance(rule, Rule) and rule.members == 7
    # Twice what was seen, so that tails are used too.
    amounts = 2.0 * law.sample[:4_000].reshape(1_000, 4, 7)
    if name == "exact":
        amounts = amounts * (rule.curve.means.sum() / amounts.sum(axis=-1).mean())
    borne = rule.share(amounts)
    assert borne.shape == amounts.shape and borne.dtype == np.float64
    np.testing.assert_array_less(np.abs(borne.sum(axis=-1) - amounts.sum(axis=-1)), 1e-12 * np.abs(borne).sum(axis=-1))
    # Blocks and their order change no bit, nor does it matter who brought the money in.
    np.testing.assert_array_equal(rule.share(amounts[17:19]), borne[17:19])
    np.testing.assert_array_equal(rule.share(amounts[3, 2]), borne[3, 2])
    np.testing.assert_array_equal(rule.of_total(amounts.sum(axis=-1)), borne)
    with pytest.raises(ValueError, match="7 members"):
        rule.share(amounts[..., :6])
    with pytest.raises(ValueError, match="finite"):
        rule.share(np.full(7, np.nan))


@pytest.mark.parametrize("name", ["uniform", "mean_proportional", "quantile", "conditional_mean", "exact"])
def test_nothing_is_shared_of_nothing(name):
    np.testing.assert_array_equal(all_rules()[1][name].share(np.zeros((2, 3))), np.zeros((2, 3)))


@pytest.mark.parametrize("name", ["quantile", "conditional_mean", "exact"])
def test_negative_totals_are_refused(name):
    with pytest.raises(ValueError, match="at least 0"):
        all_rules()[1][name].of_total([1.0, -1.0])


def test_quantile_rule_beyond_its_sample():
    rule = Quantile.fit(Law.of_sample([[1.0, 3.0], [2.0, 2.0], [3.0, 5.0]]))  # sorted: (1, 2), (2, 3), (3, 5)
    np.testing.assert_allclose(rule.of_total([1.5, 3.0, 4.0, 6.5, 8.0, 16.0]).T[0], [0.5, 1.0, 1.5, 2.5, 3.0, 6.0])
    # A total that many years have belongs to one point of the curve.
    flat = Quantile.fit(Law.of_sample([[0.0, 0.0]] * 5 + [[4.0, 6.0]]))
    np.testing.assert_allclose(flat.of_total([0.0, 5.0, 10.0]), [[0, 0], [2, 3], [4, 6]])
    with pytest.raises(LawError, match="never had"):
        Quantile.fit(Law.of_sample(np.zeros((3, 2)))).of_total(1.0)


def test_a_certain_total_is_shared_by_means():
    # Two members that make up for each other: the total never moves, so no slope follows from it.
    hedged = Law.of_sample([[1.0, 5.0], [3.0, 3.0], [5.0, 1.0]])
    np.testing.assert_allclose(Linear.fit(hedged).slope, [0.5, 0.5])
    certain = Law([2.0, 6.0], np.zeros((2, 2)))
    for rule in (Linear.fit(certain), VarianceProportional.fit(certain)):
        np.testing.assert_allclose(rule.of_total(8.0), [2.0, 6.0])


def test_laws_that_are_of_no_use():
    for wrong in (
        {"means": [1.0, -1.0]},
        {"means": [np.inf]},
        {"means": [1.0, 1.0], "covariance": np.eye(3)},
        {"means": [1.0, 1.0], "covariance": np.full((2, 2), np.inf)},
        {"means": [1.0, 1.0], "sample": np.ones((4, 3))},
        {"means": [1.0, 1.0], "sample": np.full((4, 2), np.nan)},
    ):
        with pytest.raises(LawError):
            Law(**wrong)
    with pytest.raises(LawError, match="sim, member"):
        Law.of_sample(np.ones(3))
    bare = Law([1.0, 2.0])
    for rule in (Linear, VarianceProportional, Quantile, ConditionalMean):
        with pytest.raises(LawError, match=r"give|needs? a|exact law"):
            rule.fit(bare)
    with pytest.raises(LawError, match="expected cost"):
        MeanProportional.fit(Law([0.0, 0.0]))
    sharing = share_independent([padded([0.5, 0.5])] * 3)
    with pytest.raises(LawError, match="3 members"):
        Law([1.0, 2.0], exact=sharing)


def test_an_exact_law_with_a_tail_beyond_its_grid_has_no_known_covariances():
    lattices = [discretise(Lomax(2.5, 30.0), 1.0, 256)]
    law = Law.of_exact(share_by_conditional_mean(Portfolio.poisson([[2.0], [1.0]]), lattices))
    with pytest.raises(LawError, match="beyond the grid"):
        Linear.fit(law)


# --- falling contributions


def test_contributions_may_fall():
    # Poisson(1) beside 0 or 5 with chance 1/2: of a total of 4 the first had all; of 5 it seldom had any.
    poisson = np.array([math.exp(-1.0) / math.factorial(k) for k in range(20)])
    rule = ConditionalMean.fit(Law.of_exact(share_independent([padded(poisson), padded([0.5, 0, 0, 0, 0, 0.5])])))
    np.testing.assert_allclose(rule.of_total([4.0, 5.0])[:, 0], [4.0, 5 / 120 / (1 + 1 / 120)], rtol=1e-9)
    fall = next(stretch for stretch in rule.falls() if stretch.member == 0)
    assert (fall.low, fall.high) == (4.0, 5.0)
    assert fall.fall == pytest.approx(4.0 - 5 / 121, rel=1e-9) and fall.steepest == pytest.approx(
        5 / 121 - 4.0, rel=1e-9
    )
