"""Control variates: closed forms, whether the errors are true, and every case in which there is nothing to gain."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from solidair.pool.agreements import Agreement
from solidair.pool.metrics import METRICS, Estimate, Sample
from solidair.pool.metrics.control import controlled, controls, steadied
from solidair.pool.metrics.tables import metric_tables
from solidair.pool.parts.charges import KeyCharge
from solidair.pool.parts.pots import FullPot
from solidair.pool.run import simulate
from tests.naive import agreement_document
from tests.small import small_study

Z = 4.5  # two-sided chance 7e-6 of a false alarm per comparison
MEAN = np.array([1e6, 4e6, 2e6])
SD = 0.2 * MEAN
YOUTH = np.array([1_000.0, 4_000.0, 2_500.0])
EXACT = ("mean", "net_transfer", "net_transfer_per_youth", "net_transfer_share_of_budget", "contribution_ratio")
CONTROLLED = [m for m in METRICS.values() if m.controlled]


def settle(x, share):
    """Spread a share of all cost by youth."""
    key = YOUTH / YOUTH.sum()
    return (1 - share) * x + share * x.sum(axis=-1, keepdims=True) * key


def sample(sims, seed, share=0.5, budget=MEAN, linear=True):
    """Independent normal costs: bounds and closed forms are known, negative amounts (5 sd off) do not matter."""
    own = MEAN + SD * np.random.default_rng(seed).standard_normal((sims, 3))
    return Sample(
        settle(own, share),
        own,
        np.asarray(budget),
        YOUTH,
        own_exact=MEAN,
        contribution_exact=settle(MEAN, share) if linear else None,
    )


def moments(share=0.5):
    """Return mean and sd of H, and its correlation with X."""
    a = (1 - share) * np.eye(3) + share * np.outer(YOUTH / YOUTH.sum(), np.ones(3))
    sd = np.sqrt(a**2 @ SD**2)
    return a @ MEAN, sd, np.diag(a) * SD / sd


def positive_part(b):
    """Mean and variance of (Z - b)+ for Z standard normal, and its covariance with Z, which is P(Z > b) (Stein)."""
    tail, density = special.ndtr(-b), np.exp(-0.5 * b**2) / math.sqrt(2 * math.pi)
    mean = density - b * tail
    return mean, (1 + b**2) * tail - b * density - mean**2, tail


# --- exact means


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_figures_that_are_means_are_exact(share):
    s = sample(500, 1, share)
    exact = settle(MEAN, share)
    wanted = {
        "mean": exact,
        "net_transfer": MEAN - exact,
        "net_transfer_per_youth": (MEAN - exact) / YOUTH,
        "net_transfer_share_of_budget": (MEAN - exact) / MEAN,
        "contribution_ratio": exact / MEAN,
    }
    assert set(wanted) == set(EXACT) == {m.name for m in CONTROLLED} - {"expected_overrun"}
    for name, value in wanted.items():
        estimate, base = controlled(METRICS[name], s), controlled(METRICS[name], s.stand_alone)
        assert np.array_equal(estimate.value, value), name
        assert not estimate.standard_error.any() and not estimate.influence.any(), name
        change, error = estimate.minus(base)
        assert np.array_equal(change, value - base.value) and not error.any(), name
    gini = METRICS["gini_ex_ante"].function(s)
    b, w = exact / YOUTH, YOUTH / YOUTH.sum()
    by_pairs = (w * w[:, None] * np.abs(b - b[:, None])).sum() / 2 / (w * b).sum()
    assert gini.value == pytest.approx(by_pairs, abs=1e-9) and gini.standard_error == 0
    moved = METRICS["redistribution_expected"].function(s)
    assert moved.value == pytest.approx(0.5 * np.abs(MEAN - exact).sum()) and moved.standard_error == 0


def test_without_control_everything_is_simulated():
    samples = {"half": sample(500, 2), "own": sample(500, 2, 0.0)}
    plain = {name: replace(s, own_exact=None, contribution_exact=None) for name, s in samples.items()}
    without = metric_tables(samples, list("abc"), list("ABC"), control=False)
    for name, frame in metric_tables(plain, list("abc"), list("ABC")).items():
        assert frame.equals(without[name]), name
    assert (without["stability"]["mean_se"] > 0).all()


def test_tables_show_exact_figures_cleanly():
    samples = {"half": sample(500, 3), "own": sample(500, 3, 0.0), "bent": sample(500, 3, linear=False)}
    tables = metric_tables(samples, list("abc"), list("ABC"))
    for frame in tables.values():
        assert not frame.isna().any().any()
    frame = tables["stability"].set_index("agreement")
    assert not frame.loc["half", ["mean_se", "mean_change_se"]].to_numpy().any()
    assert (frame.loc["bent", ["mean_se", "mean_change_se", "expected_overrun_se"]].to_numpy() > 0).all()


def test_the_difference_in_a_table_is_that_of_its_figures():
    tables = metric_tables({"own": sample(900, 4, 0.0), "half": sample(900, 4)}, list("abc"), list("ABC"))
    for table in ("stability", "transfers"):
        frame = tables[table].set_index(["agreement", "code"])
        for m in (m for m in CONTROLLED if m.table == table):
            found = frame.loc["half", m.name] - frame.loc["own", m.name]
            assert frame.loc["half", m.name + "_change"].to_numpy() == pytest.approx(found.to_numpy(), abs=1e-6)


# --- how much is gained


@pytest.mark.parametrize("shift", [-1.645, -0.5, 0.0, 1.0])
def test_error_of_an_expected_overrun_falls_as_the_normal_law_says(shift):
    """With b the budget in sds over the mean, 1 - P(Z > b)^2 / Var (Z - b)+ of the variance is left."""
    mean, sd, _ = moments()
    n = 200_000
    s = sample(n, 5, budget=mean + shift * sd)
    plain, steady = (controlled(METRICS["expected_overrun"], x) for x in (s.simulated, s))
    value, variance, covariance = positive_part(shift)
    left = 1 - covariance**2 / variance
    # X adds nothing to H here: of a bivariate normal (X, H), f(H) has no covariance with what X has beside H.
    found = (steady.standard_error / plain.standard_error) ** 2
    # Of two variances of pieces of a normal law, of kurtosis below 15: each has a relative error below sqrt(14 / n).
    assert found == pytest.approx(np.full(3, left), rel=Z * 2 * math.sqrt(14 / n))
    assert np.all(np.abs(steady.value - value * sd) < Z * steady.standard_error)
    if shift == 0.0:
        assert left == pytest.approx((0.5 - 1 / math.pi) / (1 - 1 / math.pi))  # 0.27: "about a quarter"


@pytest.mark.parametrize(("shift", "least", "most"), [(-2.0, 0.0, 0.015), (0.0, 0.2, 0.5)])
def test_error_of_a_paired_difference(shift, least, most):
    """Where nearly every year overruns, a difference of overruns is one of means, which is known: 1 % is left."""
    budget = MEAN + shift * SD
    s = sample(50_000, 6, share=1.0, budget=budget)
    ratios = []
    for x in (s.simulated, s):
        estimate, base = (controlled(METRICS["expected_overrun"], y) for y in (x, x.stand_alone))
        ratios.append(estimate.minus(base)[1])
    left = (ratios[1] / ratios[0]) ** 2
    assert np.all((least < left) & (left < most)), left


def test_one_regression_for_both_sides_gains_next_to_nothing():
    s = sample(20_000, 7)
    estimate, base = (controlled(METRICS["expected_overrun"], x) for x in (s, s.stand_alone))
    raw, raw_base = (METRICS["expected_overrun"].function(x) for x in (s, s.stand_alone))
    together = Estimate(raw.value - raw_base.value, raw.influence - raw_base.influence)
    together = steadied(together, controls(s))
    error = estimate.minus(base)[1]
    # For a normal law X has no covariance with what H leaves, so nothing at all but chance of order 1 / n; the weights
    # of two controls in the error add 2 x sqrt(2 / n) at most.
    band = 2 * Z * math.sqrt(2 / 20_000)
    assert np.all(np.abs(error**2 / together.standard_error**2 - 1) < band)


# --- are the errors true?


def lognormal_sample(runs, sims, seed, sigma):
    """Every column is one replication: own cost, half of it shared with a neighbour of the same law."""
    rng = np.random.default_rng(seed)
    own, other = (np.exp(sigma * rng.standard_normal((sims, runs)) - sigma**2 / 2) for _ in range(2))
    known = np.ones(runs)
    return Sample(0.5 * own + 0.5 * other, own, 1.1 * known, known, own_exact=known, contribution_exact=known)


@pytest.mark.parametrize("sigma", [0.35, 0.8])
@pytest.mark.parametrize("linear", [True, False])
def test_errors_are_calibrated(sigma, linear):
    runs, sims = 400, 2_000
    s = lognormal_sample(runs, sims, 11, sigma)
    s = s if linear else replace(s, contribution_exact=None)
    mean = METRICS["mean"] if not linear else METRICS["expected_overrun"]
    for metric in {mean.name: mean, "expected_overrun": METRICS["expected_overrun"]}.values():
        estimate, base = controlled(metric, s), controlled(metric, s.stand_alone)
        change, change_error = estimate.minus(base)
        for values, errors in ((estimate.value, estimate.standard_error), (change, change_error)):
            deviation = values - values.mean()
            kurtosis = float((deviation**4).mean() / (deviation**2).mean() ** 2)
            own = float(np.std(errors**2) / np.mean(errors**2))
            # A variance of R values has relative error sqrt((kurtosis - 1) / R), its root half of that.
            band = 0.5 * Z * math.sqrt((kurtosis - 1 + own**2) / runs)
            spread = float(np.std(values, ddof=1) / np.sqrt(np.mean(errors**2)))
            assert abs(spread - 1) < band, (metric.name, spread)


def rare_sample(runs, sims, seed):
    """Return a member with a client in one year out of four, at a cost without a fourth moment but for a cap."""
    rng = np.random.default_rng(seed)
    number = rng.poisson(0.3, sims * runs)
    cost = np.minimum(9e4 * ((1 - rng.random(number.sum())) ** (-1 / 2.4) - 1), 9e5)
    own = np.bincount(np.repeat(np.arange(sims * runs), number), cost, sims * runs).reshape(runs, sims).T
    mean = 0.3 * 9e4 / 1.4 * (1 - (9e4 / 99e4) ** 1.4)  # limited expected value of a Lomax law
    known = np.full(runs, mean)
    return Sample(own, own, known, np.ones(runs), own_exact=known, contribution_exact=known)


def test_errors_of_a_small_member_are_calibrated():
    """Of the variance 1 % is left: almost all of what it is over the budget comes in the few years with a client."""
    runs, sims = 400, 2_000
    s = rare_sample(runs, sims, 13)
    plain, steady = (controlled(METRICS["expected_overrun"], x) for x in (s.simulated, s))
    assert steady.value.var() < 0.03 * plain.value.var()
    values, errors = steady.value, steady.standard_error
    kurtosis = float(((values - values.mean()) ** 4).mean() / values.var() ** 2)
    own = float(np.std(errors**2) / np.mean(errors**2))
    # A slope from 500 years with a client is off by a part that adds 1 / 500 times the kurtosis of cost, about 30.
    band = 0.5 * Z * math.sqrt((kurtosis - 1 + own**2) / runs) + 0.5 * 30 / 500
    assert abs(values.std(ddof=1) / math.sqrt((errors**2).mean()) - 1) < band


@pytest.mark.parametrize("sigma", [0.35, 0.8])
def test_intervals_cover_the_truth(sigma):
    runs = 400
    s = lognormal_sample(runs, 2_000, 12, sigma)
    estimate = controlled(METRICS["expected_overrun"], replace(s, contribution_exact=None).stand_alone)
    d = (math.log(1 / 1.1) + sigma**2 / 2) / sigma
    truth = special.ndtr(d) - 1.1 * special.ndtr(d - sigma)  # Black-Scholes
    covered = np.abs(estimate.value - truth) < 1.959964 * estimate.standard_error
    # 95 %, give or take the binomial error of 400 intervals, and 1 / 2,000 years of skewness times about 10.
    assert abs(covered.mean() - 0.95) < Z * math.sqrt(0.95 * 0.05 / runs) + 0.005
    assert abs(estimate.value.mean() - truth) < Z * estimate.value.std() / math.sqrt(runs)


# --- bounds


def test_it_is_the_plain_figure_over_reweighted_years():
    s = sample(400, 21, budget=0.9 * MEAN)
    estimate = controlled(METRICS["expected_overrun"], s)
    for i in range(3):
        c = np.stack([s.own[:, i] - MEAN[i], s.contribution[:, i] - s.contribution_exact[i]])
        centred = c - c.mean(axis=1, keepdims=True)
        weights = (1 - c.mean(axis=1) @ np.linalg.solve(centred @ centred.T / 400, centred)) / 400
        assert weights.sum() == pytest.approx(1) and weights.min() > 0
        assert c @ weights == pytest.approx([0, 0], abs=1e-6)
        overrun = np.maximum(s.contribution[:, i] - s.budget[i], 0)
        assert estimate.value[i] == pytest.approx(weights @ overrun)
        assert estimate.value[i] >= s.contribution_exact[i] - s.budget[i]
        design = np.vstack([np.ones(400), c]).T
        left = overrun - design @ np.linalg.lstsq(design, overrun, rcond=None)[0]
        leverage = np.einsum("ij,ji->i", design, np.linalg.pinv(design))
        pull = 399 * weights * left / (1 - leverage)
        assert estimate.influence[:, i] == pytest.approx(pull - pull.mean(), abs=1e-2)
        assert estimate.standard_error[i] == pytest.approx(pull.std() / math.sqrt(399))


def test_no_figure_passes_its_bound_when_one_year_lies_far_out():
    own = np.ones((100, 2))
    own[::2] = 2.0
    own[7, 0] = 20.0  # 18.3 over the mean of 1.69, which is 0.69 over the exact one; the variance is 3.7
    exact = np.array([1.0, 1.5])  # so the first member's year 7 weighs 1 - 18.3 x 0.69 / 3.7 = -2.4
    s = Sample(own, own, np.full(2, 1.2), np.ones(2), own_exact=exact, contribution_exact=exact)
    metric = METRICS["expected_overrun"]
    assert steadied(replace(metric.function(s), floor=None), controls(s)).value[0] < 0
    assert controlled(metric, s).value.tolist() == pytest.approx([0, 0.4])
    sure = replace(s, budget=np.full(2, 0.9))  # E H - B is 0.1 and 0.6
    assert controlled(metric, sure).value == pytest.approx([0.1, 0.6])


# --- where there is nothing to control by


def test_collinear_controls_are_dropped():
    s = sample(1_000, 31, share=0.0)  # H = X
    assert [np.count_nonzero(c.square) for c in controls(s)] == [3, 0]
    assert len(controls(s.stand_alone)) == 1
    third = replace(s, contribution=s.own / 3 + 5e5, contribution_exact=MEAN / 3 + 5e5)
    assert [np.count_nonzero(c.square) for c in controls(third)] == [3, 0]
    one, two = (controlled(METRICS["expected_overrun"], x) for x in (s.stand_alone, s))
    assert np.array_equal(one.value, two.value) and np.array_equal(one.standard_error, two.standard_error)


def test_constant_members_are_no_fault():
    own = np.tile([0.1, 1.0 / 3.0, 0.0], (200, 1))
    shared = own + np.array([0.0, 0.0, 1.0]) * np.arange(200)[:, np.newaxis]
    for contribution in (own, shared, own + 0.7):
        exact = contribution.mean(axis=0)
        s = Sample(contribution, own, np.full(3, 0.2), np.ones(3), own_exact=own[0], contribution_exact=exact)
        for m in METRICS.values():
            estimate, base = controlled(m, s), controlled(m, s.stand_alone)
            for values in (estimate.value, estimate.standard_error, *estimate.minus(base)):
                defined = np.isfinite(values) | (own[0] == 0 if m.axis == "member" else False)
                assert np.all(defined), m.name
    assert np.isnan(controlled(METRICS["contribution_ratio"], s).value[2])


def test_figures_that_follow_throughout_are_exact():
    s = sample(300, 32, budget=np.ones(3))  # every year overruns: E (H - B)+ = E H - B
    estimate = controlled(METRICS["expected_overrun"], s)
    assert estimate.value == pytest.approx(s.contribution_exact - 1, rel=1e-13)
    assert not estimate.standard_error.any()


def test_two_years_are_enough():
    s = sample(2, 33)
    for m in CONTROLLED:
        assert np.all(np.isfinite(controlled(m, s).standard_error)), m.name


def test_quantiles_tails_and_chances_are_left_alone():
    s = sample(300, 34)
    for m in METRICS.values():
        if not m.controlled and m.name not in ("gini_ex_ante", "redistribution_expected"):
            a, b = m.function(s), m.function(s.simulated)
            assert np.array_equal(a.value, b.value) and np.array_equal(a.standard_error, b.standard_error), m.name
    assert not any(m.controlled for m in METRICS.values() if m.name.startswith(("var", "tvar", "p_", "cap", "sd")))


def test_sample_refuses_what_cannot_be_exact():
    s = sample(10, 35)
    for name in ("own_exact", "contribution_exact"):
        for wrong in (np.ones(2), np.array([1.0, np.inf, 1.0])):
            with pytest.raises(ValueError, match=f"{name}: every member"):
                replace(s, **{name: wrong})


def test_an_agreement_is_linear_if_all_its_parts_are(monkeypatch):
    clause = ({"kind": "excess", "retention": 50_000.0}, {"kind": "youth"})
    agreement = Agreement.from_document(agreement_document(clause), "a", "a.toml")
    assert agreement.linear and Agreement.from_document(agreement_document(), "b", "b.toml").linear
    for part in (FullPot, KeyCharge):
        with monkeypatch.context() as patch:
            patch.setattr(part, "linear", False)
            assert not agreement.linear


def test_chunks_and_threads_change_no_bit():
    samples = {"half": sample(5_000, 36), "own": sample(5_000, 36, 0.0), "bent": sample(5_000, 36, linear=False)}
    once = metric_tables(samples, list("abc"), list("ABC"), threads=1)
    for options in ({"max_bytes": 1}, {"threads": 2}, {"threads": 3}):
        parts = metric_tables(samples, list("abc"), list("ABC"), **options)
        for name, frame in once.items():
            assert frame.equals(parts[name]), name


# --- a run


@pytest.fixture(scope="module")
def run():
    return simulate(small_study(years=3), 4_096, 5, 1)


def test_a_run_knows_the_means_of_every_year(run):
    for control, results in ((True, run), (False, replace(run, control=False))):
        years = results.table("years").set_index(["agreement", "code", "period"]).sort_index()
        assert years.index.get_level_values("period").unique().tolist() == ["2027", "2027-2029", "2028", "2029"]
        assert bool((years["mean_se"] == 0).all()) is control
        assert bool((results.table("stability")["mean_se"] == 0).all()) is control
        first = years.xs("2027", level="period")
        stability = results.table("stability").set_index(["agreement", "code"]).sort_index()
        for name, other in {"mean": "mean", "tvar_95": "tvar_95", "overrun_probability": "p_overrun_0"}.items():
            for ending in ("", "_se", "_change", "_change_se"):
                assert first[name + ending].to_numpy() == pytest.approx(stability[other + ending].to_numpy(), rel=1e-12)
        assert first["expected_overrun"].to_numpy() == pytest.approx(stability["expected_overrun"].to_numpy())
    exact, plain = (r.table("years") for r in (run, replace(run, control=False)))
    for name in ("mean", "net_received_mean"):
        for ending in ("", "_change") if name == "mean" else ("",):
            miss = np.abs(exact[name + ending] - plain[name + ending])
            # Amounts of millions are added in another order, so a transfer of nothing is not quite nothing.
            assert np.all(miss <= Z * plain[name + ending + "_se"] + 1e-6), name


def test_a_transfer_of_nothing_is_exactly_nothing(run):
    transfers = run.table("transfers")  # equal need and a key by youth: nobody is known to pay for another
    assert not transfers[["net_transfer", "net_transfer_se", "net_transfer_change"]].to_numpy().any()
    fairness = run.table("fairness")
    assert not fairness[["gini_ex_ante", "gini_ex_ante_change", "redistribution_expected"]].to_numpy().any()


def test_a_bent_agreement_has_no_exact_means(run, monkeypatch):
    monkeypatch.setattr(FullPot, "linear", False)
    stability = replace(run).table("stability").set_index("agreement")
    assert (stability.loc["share", "mean_se"] > 0).all() and not stability.loc["own-use", "mean_se"].any()
