"""Conditional mean risk sharing: published set-ups, brute force, closed forms, shocks, tails."""

import math

import numpy as np
import pytest

from solidair.models.exact import (
    LatticeLaw,
    Portfolio,
    discretise,
    lattices_for,
    panjer,
    share_by_conditional_mean,
    share_independent,
    tail_shares,
    tilt_for,
    two_exponentials,
    two_gammas,
)
from solidair.models.exact.portfolio import coarsened
from solidair.models.frequency import NegativeBinomial, Poisson
from solidair.models.severity import GPD, Fixed, Gamma, Lognormal, Lomax
from solidair.models.shocks import GammaShock, LognormalShock

EXPONENTIAL = 0.0
"""xi of a generalised Pareto law that makes it exponential."""


def padded(f, n=128):
    return LatticeLaw(1.0, np.concatenate([f, np.zeros(n - len(f))]))


def naive_compound(rate, severity, n):
    """Poisson sum by adding k-fold convolutions until nothing is left."""
    law, power, chance = np.zeros(n), np.eye(1, n)[0], math.exp(-rate)
    for k in range(1, 200):
        law += chance * power
        power, chance = np.convolve(power, severity)[:n], chance * rate / k
    return law


def naive_joint(laws, n):
    """E[X_i; S = s] and P(S = s) of independent members, by convolution of everyone else."""
    total = np.eye(1, n)[0]
    for law in laws:
        total = np.convolve(total, law)[:n]
    joint = []
    for i, law in enumerate(laws):
        others = np.eye(1, n)[0]
        for j, other in enumerate(laws):
            if j != i:
                others = np.convolve(others, other)[:n]
        joint.append(np.convolve(np.arange(n) * law, others)[:n])
    return np.array(joint), total


F = [[0, 0.1, 0.2, 0.4, 0.3], [0, 0.15, 0.25, 0.3, 0.3], [0, 0.1, 0.2, 0.3, 0.4], [0, 0.15, 0.25, 0.3, 0.3]]
RATES = [0.08, 0.08, 0.1, 0.1]


def test_four_compound_poissons():
    # vector P24: a set-up of the kind in Denuit (2019), ASTIN Bulletin 49
    sharing = share_by_conditional_mean(Portfolio.poisson(np.diag(RATES)), [padded(f) for f in F])
    total = [
        0.697676326071, 0.0313954346732, 0.0572181796919, 0.083484079992, 0.0883137414704, 0.0104458222047,
        0.0118060547949, 0.0103373090644, 0.00596212398574, 0.00122020831078, 0.00101906148773,
    ]  # fmt: skip
    np.testing.assert_allclose(sharing.parts.total[:11], total, rtol=1e-11)
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
    np.testing.assert_allclose(sharing.on_lattice(np.arange(1, 11)).T, expected, rtol=1e-10)
    np.testing.assert_allclose(sharing.at(np.arange(1.0, 11.0)).T, expected, rtol=1e-10)
    # Between points of the lattice: straight lines, so that the sum stays s.
    np.testing.assert_allclose(sharing.at(1.5), np.mean(expected[:2], axis=0), rtol=1e-10)
    # 128 terms with errors of about 1e-16, against a mean of about 1.
    assert max(sharing.gaps()) < 1e-13
    np.testing.assert_allclose(sharing.means, np.array(RATES) * [np.arange(5) @ f for f in F], rtol=1e-13)
    np.testing.assert_allclose(sharing.joint().sum(axis=1), sharing.means, rtol=1e-12)


def test_common_severity_gives_mean_proportional_shares():
    # vector P22's class: with one severity, E[X_i | S] = rate_i / rate x S, also under any shock common to all.
    rates = np.array([[2.0], [3.5], [0.5]])
    weights, values = [0.3, 0.7], [0.4, 0.88 / 0.7]
    for portfolio in (
        Portfolio.poisson(rates),
        Portfolio.shared_gamma(rates, 3.0),
        Portfolio.shocked(rates, weights, values),
    ):
        sharing = share_by_conditional_mean(portfolio, [padded(F[0])])
        s = np.arange(1.0, 31.0)
        np.testing.assert_allclose(sharing.at(s), np.outer([2 / 6, 3.5 / 6, 0.5 / 6], s), rtol=1e-9)


def test_gammas_of_one_scale():
    # vector P22: shapes 2, 3.5, 0.5 of scale 10,000 at 150,000: shares by shape
    np.testing.assert_allclose(two_gammas(150e3, (2.0, 4.0), (10e3, 10e3)), 50_000.0, rtol=1e-13)
    step, n = 250.0, 4096
    laws = [discretise(Gamma(shape, 10e3), step, n) for shape in (2.0, 3.5, 0.5)]
    found = share_independent(laws).at(150e3)
    # The lattice keeps means and adds up to step^2 / 4 to a variance of 10^8 x shape; shares move by the same factor.
    np.testing.assert_allclose(found, [50_000, 87_500, 12_500], rtol=1e-3)
    assert found.sum() == pytest.approx(150e3, rel=1e-10)


def test_two_exponentials():
    # vector P23: means 20,000 and 60,000
    s = np.array([10e3, 50e3, 100e3, 300e3])
    first = [4722.73526843, 18357.174097, 26300.629341, 29986.3794027]
    second = [5277.26473157, 31642.825903, 73699.370659, 270013.620597]
    np.testing.assert_allclose(two_exponentials(s, 20e3, 60e3), first, rtol=1e-11)
    np.testing.assert_allclose(two_exponentials(s, 60e3, 20e3), second, rtol=1e-11)
    np.testing.assert_allclose(two_gammas(s, (1.0, 1.0), (20e3, 60e3)), first, rtol=1e-9)
    assert float(two_exponentials(5e6, 20e3, 60e3)) == pytest.approx(30_000.0, rel=1e-12)
    assert float(two_exponentials(1e9, 20e3, 60e3)) == 30_000.0
    assert float(two_exponentials(1e9, 60e3, 20e3)) == pytest.approx(1e9 - 30_000.0, rel=1e-14)
    near = np.array([1.0, 2.0, 4.0])  # where the formula cancels
    np.testing.assert_allclose(two_exponentials(near, 20e3, 60e3), near / 2 - near**2 / 12 / 30e3, rtol=1e-9)
    with pytest.raises(ValueError, match="s / 2"):
        two_exponentials(s, 1.0, 1.0)
    # On lattices of halved steps the error falls by four: order step^2.
    errors = []
    for step, n in ((200.0, 2**13), (100.0, 2**14)):
        sharing = share_independent([discretise(GPD(EXPONENTIAL, m), step, n) for m in (20e3, 60e3)])
        errors.append(np.abs(sharing.at(s) - [first, second]).max())
        assert sharing.decreasing() == []
    assert errors[1] < 1.0 and errors[0] / errors[1] == pytest.approx(4.0, rel=0.1)


def test_two_gammas_on_a_lattice():
    shapes, scales, s = (2.5, 4.0), (9e3, 4e3), np.array([10e3, 30e3, 80e3])
    laws = [discretise(Gamma(a, b), 50.0, 2**13) for a, b in zip(shapes, scales, strict=True)]
    expected = two_gammas(s, shapes, scales)
    # Errors of order (step / scale)^2 = 1.6e-4.
    np.testing.assert_allclose(share_independent(laws).at(s)[0], expected, rtol=2e-4)
    # The two shares make s, from either side of Kummer's transformation, and far out.
    for total in (*s, 5e6):
        both = two_gammas(total, shapes, scales) + two_gammas(total, shapes[::-1], scales[::-1])
        assert float(both) == pytest.approx(total, rel=1e-10)


def test_independent_members_by_brute_force():
    rng = np.random.Generator(np.random.PCG64(7))
    laws = [rng.dirichlet(np.ones(8)) for _ in range(4)] + [np.eye(1, 8)[0]]  # the last costs nothing, ever
    joint, total = naive_joint([np.concatenate([law, np.zeros(56)]) for law in laws], 64)
    sharing = share_independent([padded(law, 64) for law in laws])
    np.testing.assert_allclose(sharing.parts.total, total, rtol=0, atol=1e-15)
    np.testing.assert_allclose(sharing.joint(), joint, rtol=0, atol=1e-14)
    np.testing.assert_allclose(sharing.at(np.arange(1.0, 20.0))[-1], 0.0, atol=1e-12)


# --- shocks


RATE_TABLE = np.array([[0.6, 0.0, 0.2], [1.1, 0.3, 0.0], [0.0, 0.5, 0.4], [0.9, 0.2, 0.1]])
SEVERITIES = [[0.0, 0.6, 0.3, 0.1], [0.1, 0.0, 0.2, 0.3, 0.4], [0.0, 0.0, 0.0, 0.0, 0.5, 0.2, 0.3]]
N = 256


def naive_shocked(rates, weights, values, group):
    """Ratio of averages over nodes, each by convolution."""
    joint, total = np.zeros((len(rates), N)), np.zeros(N)
    for weight, node in zip(weights, values, strict=True):
        laws = []
        for i, row in enumerate(rates):
            law = np.eye(1, N)[0]
            for c, rate in enumerate(row):
                part = naive_compound(rate * node[group[i]][c], SEVERITIES[c], N)
                law = np.convolve(law, part)[:N]
            laws.append(law)
        ours, law = naive_joint(laws, N)
        joint, total = joint + weight * ours, total + weight * law
    return joint, total


def _lattices():
    return [padded(f, N) for f in SEVERITIES]


@pytest.mark.parametrize("group", [(0, 0, 0, 0), (0, 1, 1, 0), (0, 1, 2, 3)])
def test_any_shock_vector_by_brute_force(group):
    rng = np.random.Generator(np.random.PCG64(9))
    weights, values = rng.dirichlet(np.ones(3)), rng.uniform(0.4, 1.8, (3, max(group) + 1, 3))
    joint, total = naive_shocked(RATE_TABLE, weights, values, group)
    sharing = share_by_conditional_mean(Portfolio.shocked(RATE_TABLE, weights, values, group), _lattices())
    np.testing.assert_allclose(sharing.parts.total, total, rtol=0, atol=1e-15)
    np.testing.assert_allclose(sharing.joint(), joint, rtol=0, atol=1e-13)
    np.testing.assert_allclose(sharing.at(np.arange(1.0, 25.0)), joint[:, 1:25] / total[1:25], rtol=1e-9, atol=1e-12)
    # The average of ratios is another thing.
    parts = [naive_shocked(RATE_TABLE, [1.0], values[m : m + 1], group) for m in range(3)]
    wrong = sum(w * j[:, 10] / t[10] for w, (j, t) in zip(weights, parts, strict=True))
    assert np.abs(wrong / sharing.at(10.0) - 1).max() > 1e-3


def test_a_gamma_shock_in_closed_form_and_by_nodes():
    # A Gauss rule of 60 nodes is exact for polynomials of degree 119 in the shock, and exp(-5 Z) is nearly one.
    values, weights = GammaShock(6.0).nodes(60)
    closed = share_by_conditional_mean(Portfolio.shared_gamma(RATE_TABLE, 6.0), _lattices())
    nodes = share_by_conditional_mean(Portfolio.shocked(RATE_TABLE, weights, values), _lattices())
    np.testing.assert_allclose(closed.parts.total, nodes.parts.total, rtol=0, atol=1e-14)
    np.testing.assert_allclose(closed.joint(), nodes.joint(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(closed.at(np.arange(40.0)), nodes.at(np.arange(40.0)), rtol=1e-8, atol=1e-12)


def test_negative_binomial_members():
    # Twin: each member's own gamma shock by nodes, its law by convolution, all members independent.
    sizes = [0.8, 3.0, 1.5, 20.0]
    laws = []
    for row, size in zip(RATE_TABLE, sizes, strict=True):
        law = np.zeros(N)
        for value, weight in zip(*GammaShock(size).nodes(40), strict=True):
            given = np.eye(1, N)[0]
            for rate, f in zip(row, SEVERITIES, strict=True):
                given = np.convolve(given, naive_compound(rate * value, f, N))[:N]
            law += weight * given
        laws.append(law)
    joint, total = naive_joint(laws, N)
    sharing = share_by_conditional_mean(Portfolio.negative_binomial(RATE_TABLE, sizes), _lattices())
    # 256 points hold all but 1e-9 of the totals; what wraps around is tilted away.
    np.testing.assert_allclose(sharing.parts.total, total, rtol=0, atol=1e-10)
    np.testing.assert_allclose(sharing.at(np.arange(1.0, 40.0)), joint[:, 1:40] / total[1:40], rtol=1e-6, atol=1e-12)


def test_blocks_and_nodes_together():
    # Blocks by care type and member under two nodes, against many equal nodes for the gamma factors.
    block = np.full(RATE_TABLE.shape, -1)
    block[0, 0] = block[1, 0] = 0  # members 0 and 1 share a factor on the first care type
    block[3, 2] = 1
    weights, values = np.array([0.25, 0.75]), np.array([[[0.7, 1.3, 1.0]], [[1.1, 0.9, 1.0]]])
    portfolio = Portfolio(RATE_TABLE, weights, values, None, block, np.array([2.0, 5.0]))
    sharing = share_by_conditional_mean(portfolio, _lattices())
    joint, total = np.zeros((4, N)), np.zeros(N)
    for first, u in zip(*GammaShock(2.0).nodes(30), strict=True):
        for second, v in zip(*GammaShock(5.0).nodes(30), strict=True):
            rates = RATE_TABLE.copy()
            rates[:2, 0] *= first
            rates[3, 2] *= second
            given = share_by_conditional_mean(Portfolio.shocked(rates, weights, values), _lattices(), tilt=0.0)
            joint += u * v * given.joint()
            total += u * v * given.parts.total
    np.testing.assert_allclose(sharing.parts.total, total, rtol=0, atol=1e-10)
    np.testing.assert_allclose(sharing.at(np.arange(1.0, 40.0)), joint[:, 1:40] / total[1:40], rtol=1e-6, atol=1e-12)


def test_merging_two_members_moves_nobody_else():
    values, weights = LognormalShock(0.3).nodes(12)
    whole = share_by_conditional_mean(Portfolio.shocked(RATE_TABLE, weights, values), _lattices())
    merged = np.vstack([RATE_TABLE[:2].sum(axis=0), RATE_TABLE[2:]])
    fewer = share_by_conditional_mean(Portfolio.shocked(merged, weights, values), _lattices())
    s = np.arange(0.0, 30.0, 0.5)
    np.testing.assert_allclose(fewer.at(s)[1:], whole.at(s)[2:], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(fewer.at(s)[0], whole.at(s)[:2].sum(axis=0), rtol=1e-9, atol=1e-12)


# --- tails and diagnostics


def test_tail_law():
    # Rates 2 and 5 of Lomax(2.5, 30) and Lomax(2.5, 10): weights 2 x 30^2.5 and 5 x 10^2.5, so 0.862 of the tail.
    portfolio, laws = Portfolio.poisson(np.diag([2.0, 5.0])), [Lomax(2.5, 30.0), Lomax(2.5, 10.0)]
    weight = np.array([2 * 30**2.5, 5 * 10**2.5])
    share = weight / weight.sum()
    assert share[0] == pytest.approx(0.862, abs=5e-4)
    far = tail_shares(portfolio.rates, laws, 1e9)
    np.testing.assert_allclose(far, share, rtol=1e-6)
    long = share_by_conditional_mean(portfolio, [discretise(law, 0.25, 2**16) for law in laws])
    h = float(long.at(3_000.0)[0])
    assert h == pytest.approx(2_553.0, abs=1.0)
    law = long.means[0] + share[0] * (3_000.0 - long.means.sum())
    assert law == pytest.approx(2_562.0, abs=1.0)
    # A grid that ends at 1,024 goes on along the tail law; far out it is off by what it was off at 1,024.
    short = share_by_conditional_mean(portfolio, [discretise(law, 0.25, 2**12) for law in laws], tail=share)
    last = short.reliable[-1] * 0.25
    assert last > 900
    off = abs(float(short.at(last)[0]) - (long.means[0] + share[0] * (last - long.means.sum())))
    assert abs(float(short.at(3_000.0)[0]) - h) < off
    s = np.array([0.0, 0.1, 17.33, 500.0, last, last + 1, 1e5, 1e8])
    np.testing.assert_allclose(short.at(s).sum(axis=0), s, rtol=1e-12)
    assert np.all(np.diff(short.at(s), axis=1) >= 0)
    with pytest.raises(ValueError, match="no tail"):
        tail_shares([[1.0]], [Fixed(10.0)], 20.0)
    with pytest.raises(ValueError, match="at least 0"):
        short.at(-1.0)
    with pytest.raises(ValueError, match="tail"):
        share_by_conditional_mean(portfolio, [discretise(law, 1.0, 64) for law in laws], tail=[0.5, 0.6])


def test_a_large_pool_whose_small_totals_are_rounding():
    # P(S = 0) = exp(-400): below the reliable totals contributions are in proportion to those at the first of them.
    portfolio, laws = Portfolio.poisson([[300.0, 0.0], [0.0, 100.0]]), [Lognormal(1.0, 0.5), Lomax(3.0, 20.0)]
    sharing = share_by_conditional_mean(portfolio, lattices_for(portfolio, laws), tail=[0.0, 1.0])
    assert sharing.gaps().allocation < 1e-6
    assert sharing.reliable[0] == 0 and sharing.reliable[1] > 1
    s = np.array([0.0, 10.0, 500.0, 2_000.0, 10_000.0, 1e6])
    np.testing.assert_allclose(sharing.at(s).sum(axis=0), s, rtol=1e-12)
    assert sharing.at(s).min() >= 0.0
    low = sharing.at([1.0, 2.0])
    np.testing.assert_allclose(low[:, 1], 2 * low[:, 0], rtol=1e-9)


def test_falling_contributions_are_found():
    # Member 0 rarely has a case of exactly 50, member 1 many small ones: at a total of 50 it was probably member 0,
    # at 49 it was not, and above 50 it becomes less and less probable until two cases of 50 are needed.
    portfolio = Portfolio.poisson(np.diag([0.5, 0.3]))
    lattices = [discretise(Fixed(50.0), 1.0, 1024), discretise(GPD(EXPONENTIAL, 15.0), 1.0, 1024)]
    found = share_by_conditional_mean(portfolio, lattices).decreasing()
    mine = [stretch for stretch in found if stretch.member == 0]
    laws = [naive_compound(rate, law.pmf, 64) for rate, law in zip([0.5, 0.3], lattices, strict=True)]
    joint, total = naive_joint(laws, 64)
    assert mine[0].low == 50.0
    to = round(mine[0].high)
    assert mine[0].fall == pytest.approx(joint[0, 50] / total[50] - joint[0, to] / total[to], rel=1e-9)
    other = [stretch for stretch in found if stretch.member == 1]
    assert other[0].high == 50.0  # what one gains the other loses: from 49 to 50
    smooth = [padded(np.exp(-0.3 * np.arange(200)) * (1 - math.exp(-0.3)), 2048)]
    alike = share_by_conditional_mean(Portfolio.poisson([[2.0], [1.0]]), smooth * 1)
    assert alike.decreasing() == []


def test_frequencies_that_are_left_out_do_not_matter():
    # Twin: Panjer's recursion, which knows no frequencies. The exponent 2,000 (f - 1) is rounded in both.
    slack = 4 * 2_000 * 2.0**-52
    severity = padded(F[0], 2**14)
    portfolio = Portfolio.poisson([[1_200.0], [800.0]])
    _, kept = portfolio._spectrum(severity.pmf[None, :])
    assert len(kept) < 0.1 * 2**13
    twin = panjer(Poisson(2_000.0), severity.pmf[:5], 2**14)
    np.testing.assert_allclose(portfolio.total([severity]).pmf, twin, rtol=0, atol=slack * twin.max())
    shared = Portfolio.negative_binomial([[1_200.0], [800.0]], [1_200.0, 800.0])  # of one beta: again of that kind
    twin = panjer(NegativeBinomial(2_000.0, 2_000.0), severity.pmf[:5], 2**14)
    np.testing.assert_allclose(shared.total([severity]).pmf, twin, rtol=0, atol=slack * twin.max())


def test_coarser_steps_keep_mass_and_mean():
    law = discretise(Lomax(2.5, 30.0), 0.25, 2**12)
    coarse = coarsened(law, 8)
    assert (coarse.step, coarse.n, coarse.mean) == (2.0, 2**9, law.mean)
    assert coarse.pmf.sum() == pytest.approx(law.pmf.sum(), rel=1e-14)
    # What lies above the last coarse point is drawn to it: less than 8 cells of what is there.
    assert coarse.pmf @ coarse.points == pytest.approx(law.pmf @ law.points, abs=2.0 * law.pmf[-8:].sum())


def test_members_that_share_shocks_cost_nothing_extra():
    rates = np.random.Generator(np.random.PCG64(1)).uniform(0.1, 5.0, (342, 3))
    values, weights = LognormalShock(0.2).nodes(9)
    lattices = [padded(f, 2**15) for f in SEVERITIES]  # the highest node has a mean of 19,000
    sharing = share_by_conditional_mean(Portfolio.shocked(rates, weights, values), lattices)
    assert sharing.parts.parts.shape == (3, 2**15)
    assert sharing.gaps().fairness < 1e-11
    assert sharing.at(sharing.means.sum()).sum() == pytest.approx(sharing.means.sum(), rel=1e-11)


def test_what_is_refused():
    ok = np.ones((2, 1))
    for arguments in (
        {"rates": [[-1.0]]},
        {"rates": [1.0]},
        {"rates": [[0.0]]},
        {"rates": ok, "weights": np.array([0.5, 0.4]), "values": np.ones((2, 1, 1))},
        {"rates": ok, "values": np.ones((1, 1))},
        {"rates": ok, "values": -np.ones((1, 1, 1))},
        {"rates": ok, "group": [0, 1]},
        {"rates": ok, "block": [[0], [0]]},
    ):
        with pytest.raises(ValueError, match="must"):
            Portfolio(**arguments)
    with pytest.raises(ValueError, match="different lattices"):
        share_by_conditional_mean(Portfolio.poisson([[1.0, 1.0]]), [padded(F[0]), padded(F[0], 64)])
    with pytest.raises(ValueError, match="care types"):
        share_by_conditional_mean(Portfolio.poisson([[1.0, 1.0]]), [padded(F[0])])
    with pytest.raises(ValueError, match="even"):
        share_by_conditional_mean(Portfolio.poisson([[1.0]]), [padded(F[0], 65)])
    with pytest.raises(ValueError, match="one lattice"):
        share_independent([padded(F[0]), padded(F[0], 64)])
    assert tilt_for(0.0, 8) == 0.0
