"""Metrics: published numbers, closed forms, slow twins, and whether the errors they report are true."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import special

from solidair.pool.metrics import METRICS, Estimate, Sample, metric
from solidair.pool.metrics import base as metrics_base
from solidair.pool.metrics.base import wilson_error
from solidair.pool.metrics.fairness import weighted_gini
from solidair.pool.metrics.quantiles import (
    maritz_jarrett_error,
    quantile_interval,
    quantile_rank,
    sparsity,
    tail_error,
    tail_value_at_risk,
    value_at_risk,
)
from solidair.pool.metrics.tables import COLUMNS, metric_tables

FloatArray = npt.NDArray[np.float64]

Z = 4.5  # two-sided chance 7e-6 of a false alarm per comparison
# Luck and need apart: these read E(H | need), which the samples of this file do not have; see test_chance.py.
CHANCE = {name for name in METRICS if name.endswith(("_chance", "_need"))}
MEMBER = [m for m in METRICS.values() if m.axis == "member" and m.name not in CHANCE]
REGION = [m for m in METRICS.values() if m.axis == "region" and m.name not in CHANCE]

# vector P33: 200 quantiles of a Lomax law with index 2.5 and scale 100, rounded to six decimals
LOMAX = np.round(100.0 * ((1.0 - (np.arange(200) + 0.5) / 200.0) ** (-1.0 / 2.5) - 1.0), 6)
# vector P32
TIES = np.array([0, 0, 0, 0, 0, 10, 10, 20, 35, 35, 35, 50, 80, 80, 120, 300, 300, 300, 450, 1000], dtype=float)
# vector P37
INCOMES = np.array([541, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261], dtype=float)
# vector P36: lognormal yearly cost
MU, SIGMA, BUDGET = 14.0, 0.35, 1_300_000.0


# Slow twins: the definitions, written out.


def naive_var(x: Sequence[float], level: str) -> float:
    """Lowest x with a share of at least `level` at or below it."""
    return min(v for v in x if Fraction(sum(w <= v for w in x), len(x)) >= Fraction(level))


def naive_tvar(x: Sequence[float], level: str) -> float:
    """Mean of the quantile function above `level`, one step per year."""
    n, a, total = len(x), Fraction(level), Fraction(0)
    for k, v in enumerate(sorted(x)):
        total += max(Fraction(0), Fraction(k + 1, n) - max(a, Fraction(k, n))) * Fraction(v)
    return float(total / (1 - a))


def naive_tvar_minimum(x: Sequence[float], level: str) -> float:
    """Rockafellar and Uryasev: the lowest c + E (x - c)+ / (1 - level), which is attained at one of the x."""
    a = float(Fraction(level))
    return min(c + sum(max(v - c, 0.0) for v in x) / len(x) / (1.0 - a) for c in x)


def naive_gini(b: Sequence[float], weights: Sequence[float]) -> float:
    pairs = sum(u * v * abs(x - y) for x, u in zip(b, weights, strict=True) for y, v in zip(b, weights, strict=True))
    total = sum(weights)
    return pairs / total**2 / (2.0 * sum(x * u for x, u in zip(b, weights, strict=True)) / total)


def lognormal(sims: int, members: int, seed: int, sigma: float = SIGMA) -> FloatArray:
    return np.exp(MU + sigma * np.random.default_rng(seed).standard_normal((sims, members)))


def alone(own: FloatArray, budget: float = BUDGET) -> Sample:
    members = own.shape[1]
    return Sample(own, own, np.full(members, budget), np.linspace(1_000.0, 5_000.0, members))


def pooled(own: FloatArray, share: float = 0.5, budget: float = BUDGET) -> Sample:
    """Return what members bear if a share of all cost is spread by youth."""
    sample = alone(own, budget)
    key = sample.youth / sample.youth.sum()
    contribution = (1.0 - share) * own + share * own.sum(axis=1, keepdims=True) * key
    return replace(sample, contribution=contribution)


# The registry.


@pytest.mark.parametrize("m", METRICS.values(), ids=lambda m: m.name)
def test_every_metric_says_what_it_is(m: metrics_base.Metric) -> None:
    assert m.name.isidentifier() and m.name == m.name.lower()
    assert m.unit in {"EUR", "EUR per youth", "share", "ratio", "index"}
    assert m.direction in {"lower", "higher", "none"}
    assert (m.table == "fairness") == (m.axis == "region")
    assert not m.name.endswith(("_se", "_change"))
    for language in ("nl", "en"):
        assert m.label[language] and m.label[language][0].isupper()
        assert m.meaning[language].endswith(".") and m.meaning[language].count(". ") == 0
    estimate = m.function(pooled(lognormal(50, 3, 1)))
    shape = (3,) if m.axis == "member" else ()
    assert estimate.value.shape == estimate.standard_error.shape == shape
    assert estimate.influence.shape == (50, *shape)


def test_texts_are_told_apart() -> None:
    for what in ("label", "meaning"):
        for language in ("nl", "en"):
            assert len({getattr(m, what)[language] for m in METRICS.values()}) == len(METRICS)


def test_registering_refuses_a_taken_name_and_a_missing_language() -> None:
    both = {"nl": "x", "en": "x"}
    with pytest.raises(ValueError, match="'mean' is registered twice"):
        metric("mean", unit="EUR", table="stability", label=both, meaning=both)(METRICS["mean"].function)
    with pytest.raises(ValueError, match="meaning lacks the language en"):
        metric("new", unit="EUR", table="stability", label=both, meaning={"nl": "x"})(METRICS["mean"].function)
    assert "new" not in METRICS


def test_sample_refuses_what_cannot_be() -> None:
    own = lognormal(10, 2, 1)
    good = alone(own)
    bad: list[tuple[str, dict[str, FloatArray]]] = [
        ("shape", {"own": own[:, :1]}),
        ("at least 2 simulated years", {"own": own[:1], "contribution": own[:1]}),
        ("budget has shape", {"budget": np.ones(3)}),
        ("youth: every member", {"youth": np.array([1.0, 0.0])}),
        ("budget: every member", {"budget": np.array([1.0, np.nan])}),
        ("own: every amount", {"own": np.where(own == own.max(), np.inf, own)}),
        ("contribution: every amount", {"contribution": np.where(own == own.max(), np.nan, own)}),
    ]
    for rule, change in bad:
        with pytest.raises(ValueError, match=rule):
            replace(good, **change)


# Quantiles and tails.


@pytest.mark.parametrize(
    ("n", "level", "rank"),
    [
        (1_000, 0.9, 900),
        (1_000, 0.07, 70),
        (1_000, 0.28, 280),
        (10_000, 0.07, 700),  # math.ceil(10_000 * 0.07) is 701
        (10_000, 0.28, 2_800),  # math.ceil(10_000 * 0.28) is 2_801
        (100_000, 0.9, 90_000),
        (1_000, 0.995, 995),
        (20, 0.92, 19),
        (7, 0.5, 4),
    ],
)
def test_rank_is_exact(n: int, level: float, rank: int) -> None:
    assert quantile_rank(n, level) == rank
    assert quantile_rank(n, np.float64(level)) == rank


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, math.nan])
def test_level_must_be_a_probability(level: float) -> None:
    with pytest.raises(ValueError, match="must lie between 0 and 1"):
        quantile_rank(10, level)


@pytest.mark.parametrize(
    ("level", "var", "tvar"),
    # vector P32
    [(0.8, 300, 512.5), (0.9, 300, 725), (0.92, 450, 793.75), (0.95, 450, 1000), (0.975, 1000, 1000)],
)
def test_ties_and_fractional_tails(level: float, var: float, tvar: float) -> None:
    assert value_at_risk(TIES, level) == var
    assert tail_value_at_risk(TIES, level) == pytest.approx(tvar, rel=1e-14)
    assert naive_tvar_minimum(TIES.tolist(), str(level)) == pytest.approx(tvar, rel=1e-12)


@given(
    x=st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=40),
    level=st.integers(1, 99).map(lambda k: k / 100),
)
def test_slow_twins_of_var_and_tvar(x: list[float], level: float) -> None:
    ordered = np.sort(np.array(x))
    assert value_at_risk(ordered, level) == naive_var(x, str(level))
    assert tail_value_at_risk(ordered, level) == pytest.approx(naive_tvar(x, str(level)), rel=1e-11, abs=1e-9)


def test_sampling_errors_of_a_lomax_sample() -> None:
    # vector P33
    assert value_at_risk(LOMAX, 0.95) == 225.039603
    assert tail_value_at_risk(LOMAX, 0.95) == pytest.approx(422.2777363, rel=1e-10)
    assert tail_error(LOMAX, 0.95) == pytest.approx(95.3663504404, rel=1e-11)
    assert maritz_jarrett_error(LOMAX, 0.95) == pytest.approx(40.6465991396, rel=1e-11)
    interval = quantile_interval(LOMAX, 0.95)
    assert interval.ranks == (184, 197)
    assert (interval.low, interval.high) == (171.280402, 404.411269)
    assert interval.coverage == pytest.approx(0.967152163857, rel=1e-11)


def test_functions_of_quantiles_work_by_column() -> None:
    both = np.stack([LOMAX, 3.0 * LOMAX + 5.0], axis=1)
    for function in (value_at_risk, tail_value_at_risk, tail_error, maritz_jarrett_error, sparsity):
        assert function(both, 0.95)[0] == pytest.approx(float(function(LOMAX, 0.95)), rel=1e-13)
    assert quantile_interval(both, 0.95).high == pytest.approx([404.411269, 3 * 404.411269 + 5])


def test_interval_without_a_bound_says_so() -> None:
    interval = quantile_interval(LOMAX, 0.999)  # 0.2 years expected above the quantile
    assert interval.ranks[1] == 201 and interval.high == np.inf and np.isfinite(interval.low)
    assert interval.coverage >= 0.95
    assert quantile_interval(LOMAX, 0.001).low == -np.inf
    # Of 6 years all lie above the median with chance 1/64: exactly what a coverage of 31/32 leaves on a side.
    assert quantile_interval(LOMAX[:6], 0.5, confidence=31 / 32).ranks == (1, 6)


def test_beta_weights_left_out_do_not_matter() -> None:
    n, m = 2_000, 1_800
    weights = np.diff(special.betainc(m, n - m + 1, np.arange(n + 1) / n))
    x = np.sort(lognormal(n, 1, 3)[:, 0])
    full = math.sqrt(weights @ x**2 - (weights @ x) ** 2)
    assert maritz_jarrett_error(x, 0.9) == pytest.approx(full, rel=1e-7)  # the naive form loses half the digits


@pytest.mark.parametrize("level", [0.5, 0.9, 0.99])
def test_sparsity_is_one_over_the_density(level: float) -> None:
    n = 100_000
    x = special.ndtri((np.arange(n) + 0.5) / n)
    expected = math.sqrt(2.0 * math.pi) * math.exp(0.5 * special.ndtri(level) ** 2)
    # Over a window of a few thousandths of probability the density changes by under 2 %.
    assert sparsity(x, level) == pytest.approx(expected, rel=0.02)


def test_atom_at_the_quantile_has_no_sparsity() -> None:
    x = np.sort(np.where(np.arange(1_000) < 800, np.arange(1_000), 5_000.0))
    assert sparsity(x, 0.9) == 0.0
    off_the_atom = special.betainc(900, 101, 0.8)  # 2e-17: what weight its 800 other years get
    assert maritz_jarrett_error(x, 0.9) <= 5_000.0 * math.sqrt(off_the_atom)
    estimate = METRICS["var_90"].function(alone(x[:, np.newaxis] + 1.0))
    assert estimate.value == [5_001.0] and not estimate.influence.any()


@pytest.mark.parametrize("name", ["tvar_90", "tvar_95", "tvar_99"])
def test_influence_error_of_tvar_is_that_of_manistre_and_hancock(name: str) -> None:
    level = int(name[-2:]) / 100
    x = lognormal(2_000, 4, 5)
    estimate = METRICS[name].function(alone(x))
    by_influence = np.std(estimate.influence, axis=0) / math.sqrt(2_000)
    for i in range(4):
        value = value_at_risk(np.sort(x[:, i]), level)
        tail = x[x[:, i] > value, i]
        size = len(tail)
        for ddof, error in ((0, by_influence[i]), (1, estimate.standard_error[i])):
            square = (tail.var(ddof=ddof) + level * (tail.mean() - value) ** 2) / size
            assert error == pytest.approx(math.sqrt(square), rel=1e-10)


def test_tail_of_a_fractional_number_of_years_has_its_full_error() -> None:
    n, level = 203, 0.97  # 6.09 years in the tail, 0.09 of one on the border
    x = lognormal(n, 3, 7)
    size = n * (1.0 - level)
    value, tail = value_at_risk(np.sort(x, axis=0), level), tail_value_at_risk(np.sort(x, axis=0), level)
    influence = np.maximum(x - value, 0.0) / (1.0 - level)
    within = influence.var(axis=0) * size / n - level * (tail - value) ** 2  # plain variance within the tail
    expected = np.sqrt((within * size / (size - 1.0) + level * (tail - value) ** 2) / size)
    assert tail_error(np.sort(x, axis=0), level) == pytest.approx(expected, rel=1e-10)


def test_tail_of_one_year_still_has_an_error() -> None:
    x = np.sort(lognormal(100, 1, 6), axis=0)
    assert tail_error(x, 0.99) == maritz_jarrett_error(x, 0.99) > 0.0


# Closed forms.


def closed_forms() -> dict[str, float]:
    mean = math.exp(MU + SIGMA**2 / 2.0)
    cv = math.sqrt(math.expm1(SIGMA**2))
    forms = {"mean": 1278566.38948, "sd": mean * cv, "cv": cv}  # vector P36
    for percent in (90, 95, 99):
        z = special.ndtri(percent / 100)
        forms[f"var_{percent}"] = math.exp(MU + SIGMA * z)
        forms[f"tvar_{percent}"] = mean * special.ndtr(SIGMA - z) / (1 - percent / 100)
    for percent in (80, 90, 95):
        forms[f"capacity_{percent}"] = math.exp(MU + SIGMA * special.ndtri(percent / 100)) - BUDGET
    # vector P36
    forms |= {"p_overrun_0": 0.411962534084, "p_overrun_5": 0.358713394275, "p_overrun_10": 0.310365607417}
    forms |= {"expected_overrun": 168590.842567, "stability_gain": 0.0}
    return forms


def test_closed_forms_agree_with_the_vector() -> None:
    # vector P36
    assert closed_forms()["tvar_99"] - BUDGET == pytest.approx(1775936.08283, rel=1e-11)


def test_simulated_lognormal_years_against_closed_forms() -> None:
    forms = closed_forms()
    assert set(forms) == {m.name for m in MEMBER if m.table == "stability"}
    sample = alone(lognormal(100_000, 3, 2026))
    for name, expected in forms.items():
        estimate = METRICS[name].function(sample)
        if name != "stability_gain":
            assert np.all(estimate.standard_error > 0.0)
            assert np.all(np.abs(estimate.value - expected) <= Z * estimate.standard_error), name
        else:
            assert not estimate.value.any() and not estimate.standard_error.any()


def test_stratified_lognormal_years_against_closed_forms() -> None:
    n = 50_000
    x = np.exp(MU + SIGMA * special.ndtri((np.arange(n) + 0.5) / n))[:, np.newaxis]
    sample = alone(x)
    for name, expected in closed_forms().items():
        estimate = METRICS[name].function(sample)
        # Without chance the rest is discretisation: order 1 / n, where an error is of order 1 / sqrt(n).
        assert np.all(np.abs(estimate.value - expected) <= 0.1 * estimate.standard_error), name


# Are the reported errors true?

REPLICATIONS, YEARS = 400, 2_000


def band(values: FloatArray, errors: FloatArray, tail: float) -> float:
    """Return how far sd(values) / rms(errors) may lie from 1.

    The variance of R values has a relative error sqrt((kurtosis - 1) / R), its root half of that; the mean of
    the squared errors has its own. An error estimated from `tail` years is off by about 1 / tail, relatively.
    """
    r = values.size
    deviation = values - values.mean()
    kurtosis = float((deviation**4).mean() / (deviation**2).mean() ** 2)
    own = float(np.std(errors**2) / np.mean(errors**2))
    return 0.5 * Z * math.sqrt((kurtosis - 1.0 + own**2) / r) + 1.0 / tail


def tail_years(name: str) -> float:
    level = {"var_99": 0.99, "tvar_99": 0.99, "var_95": 0.95, "tvar_95": 0.95, "capacity_95": 0.95}.get(name, 0.8)
    return YEARS * (1.0 - level)


@pytest.fixture(scope="module")
def replications() -> tuple[FloatArray, FloatArray]:
    """Own cost, and that shared with a neighbour of the same law; every column is one replication."""
    own = lognormal(YEARS, REPLICATIONS, 11)
    return own, 0.5 * own + 0.5 * lognormal(YEARS, REPLICATIONS, 12)


@pytest.mark.parametrize("m", MEMBER, ids=lambda m: m.name)
def test_errors_of_member_metrics_are_calibrated(
    m: metrics_base.Metric, replications: tuple[FloatArray, FloatArray]
) -> None:
    own, shared = replications
    sample = replace(alone(own), contribution=shared, youth=np.full(REPLICATIONS, 1_000.0))
    estimate, base = m.function(sample), m.function(sample.stand_alone)
    change, change_error = estimate.minus(base)
    for values, errors in ((estimate.value, estimate.standard_error), (change, change_error)):
        truth = float(np.std(values, ddof=1) / np.sqrt(np.mean(errors**2)))
        assert abs(truth - 1.0) <= band(values, errors, tail_years(m.name)), m.name


def test_errors_of_region_metrics_are_calibrated() -> None:
    runs = 200
    found: dict[str, list[list[float]]] = {m.name: [] for m in REGION}
    scale = np.array([1.0, 2.0, 2.5, 6.0])  # expected burdens per youth that clearly differ
    for seed in range(runs):
        sample = pooled(lognormal(500, 4, 1_000 + seed) * scale)
        for m in REGION:
            estimate = m.function(sample)
            change, change_error = estimate.minus(m.function(sample.stand_alone))
            row = [estimate.value, estimate.standard_error, change, change_error]
            found[m.name].append([float(v) for v in row])
    for name, rows in found.items():
        values = np.array(rows)
        for k in (0, 2):
            truth = float(np.std(values[:, k], ddof=1) / np.sqrt(np.mean(values[:, k + 1] ** 2)))
            assert abs(truth - 1.0) <= band(values[:, k], values[:, k + 1], 500.0), name


def test_capacity_near_the_budget_does_not_claim_certainty() -> None:
    own = lognormal(YEARS, REPLICATIONS, 13)
    level = 0.8
    true = math.exp(MU + SIGMA * special.ndtri(level))
    sample = alone(own, budget=true)  # the true capacity is 0, the estimate is above it half of the time
    estimate = METRICS["capacity_80"].function(sample)
    assert np.all(estimate.standard_error > 0.0) and np.all(estimate.value >= 0.0)
    miss = estimate.value / np.sqrt(np.mean(estimate.standard_error**2))
    assert np.mean(miss**2) < 1.0 + Z * math.sqrt(2.0 / REPLICATIONS)
    far = METRICS["capacity_80"].function(alone(own, budget=10.0 * true))
    assert not far.value.any() and np.all(far.standard_error < 1e-6)
    short = METRICS["capacity_80"].function(alone(own, budget=1.0))
    assert np.allclose(short.standard_error, maritz_jarrett_error(sample.ordered, level), rtol=1e-9)


def test_capacity_error_against_quadrature() -> None:
    x = np.linspace(-12.0, 12.0, 200_001)
    for gap_in_errors in (-2.0, -0.3, 0.0, 0.7, 3.0):
        own = lognormal(YEARS, 1, 14)
        sample = alone(own)
        error = float(maritz_jarrett_error(sample.ordered, 0.9)[0])
        budget = float(value_at_risk(sample.ordered, 0.9)[0]) - gap_in_errors * error
        z = np.maximum(gap_in_errors + x, 0.0) - max(gap_in_errors, 0.0)
        expected = error * math.sqrt(np.trapezoid(z**2 * np.exp(-0.5 * x**2), x) / math.sqrt(2.0 * math.pi))
        estimate = METRICS["capacity_90"].function(alone(own, budget))
        assert estimate.standard_error == pytest.approx([expected], rel=1e-6)
        likely = special.ndtr(gap_in_errors)  # only where money is short a year can move the capacity
        of_var = METRICS["var_90"].function(alone(own)).influence
        assert np.allclose(estimate.influence, likely * of_var, rtol=1e-9)


SMOOTH = [m for m in MEMBER + REGION if not m.name.startswith(("var", "capacity"))]


@pytest.mark.parametrize("m", SMOOTH, ids=lambda m: m.name)
def test_influence_is_what_one_year_more_does(m: metrics_base.Metric) -> None:
    n = 4_000
    sample = pooled(lognormal(n, 3, 15) * np.array([1.0, 4.0, 2.0]), 0.6, budget=3e6)
    influence = m.function(sample).influence
    spread = np.std(influence, axis=0)
    total = sample.contribution.sum(axis=1)
    grain = np.zeros_like(spread)
    if m.name.startswith("tvar"):  # one year more moves the border of the tail to the next year
        rank, level = quantile_rank(n, int(m.name[-2:]) / 100), int(m.name[-2:]) / 100
        grain = (sample.ordered[rank] - sample.ordered[rank - 2]) / (1.0 - level)
    for year in (int(np.argmax(total)), int(np.argmin(total)), 17, 1_234):
        values = []
        for years in (np.append(np.arange(n), year), np.delete(np.arange(n), year)):
            moved = replace(sample, contribution=sample.contribution[years], own=sample.own[years])
            values.append(m.function(moved).value)
        # A central difference: left are the curvature over two years in 4,000 and the grain of the sample.
        found = (values[0] - values[1]) * n / 2.0
        assert np.all(np.abs(found - influence[year]) <= 0.02 * spread + 0.005 * np.abs(found) + grain), year


# Pairing.


def test_paired_errors_by_direct_computation() -> None:
    own = lognormal(3_000, 5, 21)
    sample = pooled(own, 0.2)
    n = own.shape[0]
    for name, of_a_year in {
        "mean": lambda h: h,
        "expected_overrun": lambda h: np.maximum(h - BUDGET, 0.0),
    }.items():
        a, b = METRICS[name].function(sample), METRICS[name].function(sample.stand_alone)
        change, error = a.minus(b)
        direct = of_a_year(sample.contribution) - of_a_year(own)
        assert change == pytest.approx(direct.mean(axis=0), rel=1e-9, abs=1e-6)
        assert error == pytest.approx(np.std(direct, axis=0, ddof=1) / math.sqrt(n), rel=1e-12)
        assert np.all(error < np.hypot(a.standard_error, b.standard_error))


@pytest.mark.parametrize("m", [m for m in MEMBER if m.table == "stability"], ids=lambda m: m.name)
def test_pairing_helps_where_years_move_together(m: metrics_base.Metric) -> None:
    sample = pooled(lognormal(5_000, 3, 22), 0.1)
    a, b = m.function(sample), m.function(sample.stand_alone)
    error = a.minus(b)[1]
    unpaired = np.hypot(a.standard_error, b.standard_error)
    if m.name == "stability_gain":  # own use is exactly 0, there is nothing to pair with
        assert error == pytest.approx(a.standard_error)
    else:
        assert np.all(error < 0.7 * unpaired)


def test_difference_needs_the_same_years() -> None:
    estimate = Estimate(np.asarray(1.0), np.zeros(10))
    with pytest.raises(ValueError, match="not the same simulated years"):
        estimate.minus(Estimate(np.asarray(1.0), np.zeros(11)))


def test_probability_zero_is_not_certain() -> None:
    n = 400
    sample = alone(np.full((n, 2), 100.0) + np.arange(n)[:, np.newaxis], budget=1e6)
    estimate = METRICS["p_overrun_0"].function(sample)
    assert not estimate.value.any()
    assert estimate.standard_error == pytest.approx([0.5 / (n + 1)] * 2)
    assert estimate.minus(estimate)[1] == pytest.approx([0.5 / (n + 1)] * 2)
    # Wilson 1927: the interval solves |p - q| = sqrt(q (1 - q) / n); its half-width from the roots.
    p = 7.0 / n
    roots = np.roots([1.0 + 1.0 / n, -(2.0 * p + 1.0 / n), p * p])
    assert wilson_error(p * (1.0 - p), n) == pytest.approx(abs(roots[0] - roots[1]) / 2.0)


# Edges.


@pytest.mark.parametrize("amount", [0.0, 0.1, 123_456.7])
def test_constant_years_have_no_error(amount: float) -> None:
    own = np.full((300, 3), amount) * np.array([1.0, 1.0 / 3.0, 0.7])
    sample = alone(own)
    for m in METRICS.values():
        estimate = m.function(sample)
        change, error = estimate.minus(m.function(sample.stand_alone))
        for values in (estimate.value, estimate.influence, estimate.standard_error, change, error):
            assert np.all(np.isfinite(values)), m.name
        if not estimate.is_share:
            assert np.all(estimate.standard_error <= 1e-12 * max(amount, 1.0)), m.name
    assert METRICS["sd"].function(sample).value.tolist() == [0.0] * 3
    assert METRICS["tvar_95"].function(sample).value.tolist() == own[0].tolist()
    assert METRICS["stability_gain"].function(sample).value.tolist() == [0.0] * 3


def test_what_has_no_meaning_is_missing_and_not_infinite() -> None:
    own = np.zeros((100, 2))
    bears = lognormal(100, 2, 31)
    sample = replace(alone(own), contribution=bears)
    for name in ("stability_gain", "contribution_ratio"):
        estimate = METRICS[name].function(sample)
        assert np.all(np.isnan(estimate.value)) and np.all(np.isnan(estimate.standard_error))
    balanced = replace(sample, contribution=np.where(np.arange(100)[:, np.newaxis] % 2 == 0, 1.0, -1.0) + own)
    assert np.all(np.isnan(METRICS["cv"].function(balanced).value))


# Inequality.


def test_gini_of_a_published_example() -> None:
    # vector P37
    assert weighted_gini(INCOMES[np.newaxis, :], np.ones(10)) == pytest.approx([0.462091130268], rel=1e-11)


@given(
    burden=hnp.arrays(np.float64, (3, 6), elements=st.integers(0, 1_000).map(float)),
    weights=hnp.arrays(np.float64, 6, elements=st.integers(1, 90).map(float)),
)
def test_slow_twin_of_the_gini(burden: FloatArray, weights: FloatArray) -> None:
    found = weighted_gini(burden, weights)
    for year, value in zip(burden.tolist(), found.tolist(), strict=True):
        assert value == pytest.approx(naive_gini(year, weights.tolist()) if any(year) else 0.0, abs=1e-12)
    assert np.all((found >= 0.0) & (found < 1.0))


def test_gini_of_odd_years() -> None:
    weights = np.array([1.0, 3.0])
    years = np.array([[0.0, 0.0], [5.0, 5.0], [-1.0, 2.0], [-9.0, 1.0], [-2.0, -2.0], [-3.0, 1.0]])
    found = weighted_gini(years, weights)
    assert found[[0, 1, 4]].tolist() == [0.0, 0.0, 0.0]
    assert found[2] == pytest.approx(naive_gini([-1.0, 2.0], [1.0, 3.0]))
    assert np.isnan(found[[3, 5]]).all()  # burdens differ about a total that is not above 0
    sample = Sample(years * weights, years * weights, np.ones(2), weights)
    estimate = METRICS["gini_ex_post"].function(sample)
    assert estimate.value == pytest.approx(np.nanmean(found)) and np.isfinite(estimate.standard_error)
    pull = np.nan_to_num(found - np.nanmean(found)) * 6 / 4  # four of the six years have an index
    assert estimate.influence == pytest.approx(pull)
    hopeless = replace(sample, contribution=np.tile([-9.0, 3.0], (6, 1)))
    assert np.isnan(METRICS["gini_ex_post"].function(hopeless).value)
    assert np.isnan(METRICS["gini_ex_ante"].function(hopeless).standard_error)


def test_inequality_of_years_is_at_least_that_of_the_average_year() -> None:
    sample = pooled(lognormal(2_000, 6, 41))
    assert METRICS["gini_ex_post"].function(sample).value >= METRICS["gini_ex_ante"].function(sample).value


def test_redistribution_by_hand() -> None:
    own = np.array([[10.0, 0.0], [0.0, 6.0]])
    sample = Sample(np.array([[5.0, 5.0], [3.0, 3.0]]), own, np.ones(2), np.ones(2))
    assert METRICS["redistribution"].function(sample).value == 4.0  # 5 in one year, 3 in the other
    assert METRICS["redistribution_expected"].function(sample).value == 1.0
    assert METRICS["net_transfer"].function(sample).value.tolist() == [1.0, -1.0]
    assert METRICS["contribution_ratio"].function(sample).value == pytest.approx([0.8, 4.0 / 3.0])


# Properties.

AMOUNTS = hnp.arrays(np.float64, (12, 3), elements=st.integers(0, 10_000).map(float))


@settings(max_examples=40)
@given(own=AMOUNTS, share=st.sampled_from([0.0, 0.25, 1.0]))
def test_another_currency_changes_nothing_but_the_unit(own: FloatArray, share: float) -> None:
    sample = pooled(own, share, budget=4_000.0)
    factor = 4.0  # a power of two, so that no comparison with the budget is rounded otherwise
    scaled = Sample(factor * sample.contribution, factor * own, factor * sample.budget, sample.youth)
    for m in METRICS.values():
        by = factor if m.unit.startswith("EUR") else 1.0
        a, b = m.function(sample), m.function(scaled)
        assert np.allclose(b.value, by * a.value, rtol=1e-12, atol=1e-12, equal_nan=True), m.name
        assert np.allclose(b.standard_error, by * a.standard_error, rtol=1e-9, atol=1e-9, equal_nan=True), m.name


@settings(max_examples=40)
@given(own=AMOUNTS, order=st.permutations(range(3)))
def test_the_order_of_members_does_not_matter(own: FloatArray, order: list[int]) -> None:
    sample = pooled(own, 0.5, budget=4_000.0)
    turned = Sample(sample.contribution[:, order], own[:, order], sample.budget[order], sample.youth[order])
    for m in METRICS.values():
        a, b = m.function(sample), m.function(turned)
        pick = order if m.axis == "member" else ...
        assert np.allclose(b.value, a.value[pick], rtol=1e-9, atol=1e-9, equal_nan=True), m.name
        if m.name != "redistribution_expected":  # at a transfer of 0 but for rounding, the sign is a toss
            close = np.allclose(b.standard_error, a.standard_error[pick], rtol=1e-6, atol=1e-6, equal_nan=True)
            assert close, m.name


# Tables.


def make_samples(sims: int = 400, members: int = 5) -> dict[str, Sample]:
    own = lognormal(sims, members, 51)
    return {"own": alone(own), "half": pooled(own, 0.5), "full": pooled(own, 1.0)}


def test_tables_hold_every_metric_with_its_errors() -> None:
    samples = make_samples()
    codes, names = [f"GM{i:04d}" for i in range(5)], [f"Town {i}" for i in range(5)]
    tables = metric_tables(samples, codes, names)
    for table, keys in {"stability": 3, "transfers": 3, "fairness": 1}.items():
        frame = tables[table]
        own = [m.name for m in METRICS.values() if m.table == table]
        expected = ["agreement", "code", "name"][:keys] + [name + ending for name in own for ending in COLUMNS]
        assert frame.columns.tolist() == expected
        assert len(frame) == (15 if keys == 3 else 3)
        assert not frame.isna().any().any()
    row = tables["stability"].query("agreement == 'half' and code == 'GM0003'").iloc[0]
    assert row["name"] == "Town 3"
    for m in MEMBER:
        estimate, base = m.function(samples["half"]), m.function(samples["own"])
        change, error = estimate.minus(base)
        found = tables[m.table].query("agreement == 'half'").iloc[3]
        wanted = [estimate.value[3], estimate.standard_error[3], change[3], error[3]]
        assert [found[m.name + ending] for ending in COLUMNS] == pytest.approx(wanted, rel=1e-9, abs=1e-9), m.name
    ginis = tables["fairness"].set_index("agreement")["gini_ex_post_change"]
    assert ginis["own"] == 0.0 > ginis["half"] > ginis["full"]


def test_own_use_differs_from_itself_by_exactly_nothing() -> None:
    samples = make_samples()
    tables = metric_tables(samples, list("abcde"), list("ABCDE"))
    for frame in tables.values():
        own = frame[frame["agreement"] == "own"]
        assert not own[[c for c in frame if c.endswith(("_change", "_change_se"))]].to_numpy().any()


def test_chunks_of_members_do_not_change_a_bit() -> None:
    samples = make_samples(sims=5_000)  # more years than one block of a sum
    once = metric_tables(samples, list("abcde"), list("ABCDE"))
    for max_bytes in (1, 8 * 5_000 * 14 * 2):
        parts = metric_tables(samples, list("abcde"), list("ABCDE"), max_bytes=max_bytes)
        for name, frame in once.items():
            assert frame.equals(parts[name]), name


def test_tables_refuse_what_cannot_be_compared() -> None:
    samples = make_samples()
    with pytest.raises(ValueError, match="no agreement"):
        metric_tables({}, [], [])
    with pytest.raises(ValueError, match="4 codes and 5 names for 5 members"):
        metric_tables(samples, list("abcd"), list("ABCDE"))
    other = alone(lognormal(400, 5, 52))
    with pytest.raises(ValueError, match="'other': its own differs"):
        metric_tables(samples | {"other": other}, list("abcde"), list("ABCDE"))


def test_levels_are_ordered() -> None:
    sample = pooled(lognormal(500, 3, 61))
    for names in (["var_90", "var_95", "var_99"], ["tvar_90", "tvar_95", "tvar_99"]):
        for low, high in pairwise(names):
            assert np.all(METRICS[low].function(sample).value <= METRICS[high].function(sample).value)
    for percent in (90, 95, 99):
        tail, value = METRICS[f"tvar_{percent}"], METRICS[f"var_{percent}"]
        assert np.all(tail.function(sample).value >= value.function(sample).value)
