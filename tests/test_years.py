"""Metrics of every budget year: a slow twin, closed forms, errors, and whether the horizon is the sum of its years."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from solidair.pool.metrics.quantiles import tail_value_at_risk, value_at_risk
from solidair.pool.metrics.year_table import Paths, periods, year_table
from solidair.pool.metrics.years import YEAR_METRICS, Period

Z = 4.5  # two-sided chance 7e-6 of a false alarm per comparison
MEAN = np.array([[100.0, 300.0], [110.0, 330.0], [121.0, 363.0]])
SD = 0.2 * MEAN
RHO = 0.6  # of a year with the one before
KEY = np.array([0.5, 0.5])
METRIC = {m.name: m for m in YEAR_METRICS}


def settle(x, share):
    return (1 - share) * x + share * x.sum(axis=-1, keepdims=True) * KEY


def paths(sims, seed, share=0.5, budgets=MEAN, linear=True):
    """Return normal costs of two members, each an AR(1) over three years."""
    rng = np.random.default_rng(seed)
    shock = rng.standard_normal((sims, 3, 2))
    z = np.empty_like(shock)
    z[:, 0] = shock[:, 0]
    for year in (1, 2):
        z[:, year] = RHO * z[:, year - 1] + math.sqrt(1 - RHO**2) * shock[:, year]
    own = MEAN + SD * z
    exact = {"own": MEAN, "half": settle(MEAN, share)} if linear else {"own": MEAN}
    return Paths(own, {"own": own, "half": settle(own, share)}, budgets, 2027, MEAN, exact)


def covariance():
    """Return the exact covariance of X and H, (X, X), (H, H), (X, H), of every pair of years, (year, year, member)."""
    power = RHO ** np.abs(np.subtract.outer(np.arange(3), np.arange(3)))
    own = power[:, :, np.newaxis] * SD[:, np.newaxis] * SD[np.newaxis]
    a = 0.5 * np.eye(2) + 0.5 * np.outer(KEY, np.ones(2))
    return own, own @ (a.T**2), own * np.diag(a)


def table(p, **options):
    frame = year_table(p, ["GM1", "GM2"], ["One", "Two"], **options)
    return frame.set_index(["agreement", "code", "period"]).sort_index()


# --- shape


def test_periods():
    assert periods(2027, 4) == ["2027", "2028", "2029", "2030", "2027-2030"]
    assert periods(2027, 1) == ["2027"]


def test_rows_and_columns():
    frame = year_table(paths(50, 1), ["GM1", "GM2"], ["One", "Two"])
    keys = ["agreement", "code", "name", "period"]
    wanted = itertools.product(["own", "half"], [("GM1", "One"), ("GM2", "Two")], periods(2027, 3))
    assert [tuple(row) for row in frame[keys].to_numpy()] == [(a, *who, period) for a, who, period in wanted]
    changed = {"mean", "sd", "tvar_95", "overrun_probability"}
    columns = [
        m.name + ending
        for m in YEAR_METRICS
        for ending in (("", "_se", "_change", "_change_se") if m.name in changed else ("", "_se"))
    ]
    assert frame.columns.tolist() == keys + columns
    missing = {c for c in frame if frame[c].isna().any()}
    assert missing == {"autocorrelation", "autocorrelation_se"}
    no_year_before = frame["period"].isin(["2027", "2027-2029"])
    assert frame.loc[no_year_before, "autocorrelation"].isna().all()
    assert frame.loc[~no_year_before, list(missing)].notna().all().all()


@pytest.mark.parametrize("m", YEAR_METRICS, ids=lambda m: m.name)
def test_every_metric_says_what_it_is(m):
    assert m.unit in {"EUR", "share", "index"} and m.direction in {"lower", "higher", "none"}
    for language in ("nl", "en"):
        assert m.label[language][0].isupper() and m.meaning[language].endswith(".")
        for what in ("label", "meaning"):
            assert len({getattr(other, what)[language] for other in YEAR_METRICS}) == len(YEAR_METRICS)


def test_a_single_year_has_no_horizon():
    p = paths(50, 2)
    one = Paths(p.own[:, :1], {n: x[:, :1] for n, x in p.contributions.items()}, MEAN[:1], 2027)
    frame = table(one)
    assert frame.index.get_level_values("period").unique().tolist() == ["2027"]
    assert frame["autocorrelation"].isna().all()


# --- values


def naive(own, borne, before, budget, every_year):
    """Return all metrics of a member and period, as they are defined."""
    n, received = len(borne), own - borne
    sd = math.sqrt(math.fsum((borne - borne.mean()) ** 2) / (n - 1))
    ordered = np.sort(borne)
    values = {
        "mean": math.fsum(borne) / n,
        "sd": sd,
        "p10": value_at_risk(ordered, 0.1),
        "p50": value_at_risk(ordered, 0.5),
        "p90": value_at_risk(ordered, 0.9),
        "var_95": value_at_risk(ordered, 0.95),
        "tvar_95": tail_value_at_risk(ordered, 0.95),
        "overrun_probability": sum(h > budget for h in borne) / n,
        "expected_overrun": math.fsum(max(h - budget, 0) for h in borne) / n,
        "overrun_every_year_probability": sum(every_year) / n,
        "net_received_mean": math.fsum(received) / n,
        "net_received_sd": received.std(ddof=1),
        "net_received_share": math.fsum(received) / math.fsum(own),
        "net_received_sd_share": received.std(ddof=1) / own.mean(),
        "autocorrelation": np.nan if before is None else np.corrcoef(borne, before)[0, 1],
    }
    return np.array([values[m.name] for m in YEAR_METRICS], dtype=float)


@pytest.mark.parametrize("agreement", ["own", "half"])
def test_slow_twin(agreement):
    p = paths(300, 3, budgets=0.95 * MEAN)
    frame = table(p, control=False)
    borne = p.contributions[agreement]
    for i, code in enumerate(("GM1", "GM2")):
        over = borne[:, :, i] > p.budgets[:, i]
        for year in range(3):
            before = borne[:, year - 1, i] if year else None
            every = [all(row) for row in over[:, : year + 1]]
            wanted = naive(p.own[:, year, i], borne[:, year, i], before, p.budgets[year, i], every)
            found = frame.loc[agreement, code, str(2027 + year)]
            assert found[list(METRIC)].to_numpy(float) == pytest.approx(wanted, rel=1e-10, abs=1e-10, nan_ok=True)
        # The horizon by hand: sums along the path, and the budget of all years.
        every = [all(row) for row in over]
        wanted = naive(p.own[:, :, i].sum(axis=1), borne[:, :, i].sum(axis=1), None, p.budgets[:, i].sum(), every)
        found = frame.loc[agreement, code, "2027-2029"]
        assert found[list(METRIC)].to_numpy(float) == pytest.approx(wanted, rel=1e-10, abs=1e-10, nan_ok=True)


def orthant(r):
    """P(both above 0) of two standard normals."""
    return 0.25 + math.asin(r) / (2 * math.pi)


def test_closed_forms():
    n = 200_000
    frame = table(paths(n, 4))
    own, borne, both = covariance()
    exact = settle(MEAN, 0.5)
    for i, code in enumerate(("GM1", "GM2")):
        for period in (0, 1, 2, slice(0, 3)):
            years = period if isinstance(period, slice) else slice(period, period + 1)
            name = "2027-2029" if isinstance(period, slice) else str(2027 + period)
            xx, hh, xh = (c[years, years, i].sum() for c in (own, borne, both))
            mean, budget, cost = exact[years, i].sum(), MEAN[years, i].sum(), MEAN[years, i].sum()
            sd, received = math.sqrt(hh), math.sqrt(xx + hh - 2 * xh)
            b = (budget - mean) / sd
            density = math.exp(-0.5 * b**2) / math.sqrt(2 * math.pi)
            wanted = {
                "mean": mean,
                "sd": sd,
                **{k: mean + sd * special.ndtri(v) for k, v in {"p10": 0.1, "p50": 0.5, "p90": 0.9}.items()},
                "var_95": mean + sd * special.ndtri(0.95),
                "tvar_95": mean + sd * math.exp(-0.5 * special.ndtri(0.95) ** 2) / math.sqrt(2 * math.pi) / 0.05,
                "overrun_probability": special.ndtr(-b),
                "expected_overrun": sd * (density - b * special.ndtr(-b)),
                "net_received_mean": cost - mean,
                "net_received_sd": received,
                "net_received_share": (cost - mean) / cost,
                "net_received_sd_share": received / cost,
            }
            wanted |= {"mean_change": mean - cost, "sd_change": sd - math.sqrt(xx)}
            wanted |= {"overrun_probability_change": special.ndtr(-b) - 0.5}
            if name in ("2028", "2029"):
                wanted["autocorrelation"] = RHO
            found = frame.loc["half", code, name]
            for column, value in wanted.items():
                known = column.startswith(("mean", "net_received_mean", "net_received_share"))
                allowed = 1e-12 * abs(cost) if known else Z * found[column + "_se"]
                assert known == (found[column + "_se"] == 0), column
                assert abs(found[column] - value) <= allowed, (name, column)
        # Own cost against a budget at its mean: years over it are orthants of an AR(1).
        found = frame.loc["own", code]
        chances = [0.5, orthant(RHO)]
        chances.append(0.125 + (2 * math.asin(RHO) + math.asin(RHO**2)) / (4 * math.pi))
        for name, chance in zip(("2027", "2028", "2029", "2027-2029"), [*chances, chances[-1]], strict=True):
            row = found.loc[name]
            miss = abs(row["overrun_every_year_probability"] - chance)
            assert miss < Z * row["overrun_every_year_probability_se"]


def test_the_horizon_is_never_scaled_up():
    frame = table(paths(20_000, 5))
    own = covariance()[0]
    whole, first = frame.loc["own", "GM1", "2027-2029"], frame.loc["own", "GM1", "2027"]
    assert whole["sd"] == pytest.approx(math.sqrt(own[:, :, 0].sum()), rel=0.03)
    assert whole["sd"] > 1.3 * math.sqrt(3) * first["sd"]  # what independent years would give


def test_own_use_differs_from_itself_by_nothing():
    frame = table(paths(500, 6)).loc["own"]
    assert not frame[[c for c in frame if "_change" in c or c.startswith("net_received")]].to_numpy().any()


# --- errors


@pytest.mark.parametrize("m", YEAR_METRICS, ids=lambda m: m.name)
@pytest.mark.parametrize("linear", [True, False])
def test_errors_are_calibrated(m, linear):
    """Every member is a replication: over them the spread of a figure agrees with the errors that are reported."""
    runs, sims = 400, 2_000
    rng = np.random.default_rng(7)
    before, fresh, other = (np.exp(0.35 * rng.standard_normal((sims, runs))) for _ in range(3))
    own = 0.5 * before + 0.5 * fresh
    exact = np.full(runs, math.exp(0.35**2 / 2))
    budget = 1.05 * exact
    every = (before > budget) & (0.7 * own + 0.3 * other > budget)
    period = Period(
        0.7 * own + 0.3 * other,
        own,
        budget,
        np.ones(runs),
        own_exact=exact if linear else None,
        contribution_exact=exact if linear else None,
        before=before,
        every_year=every,
    )
    alone = replace(period, contribution=own, contribution_exact=period.own_exact)
    estimate = m.of(period)
    if linear and m.name in ("mean", "net_received_mean", "net_received_share"):
        assert not estimate.standard_error.any()
        return
    pairs = [(estimate.value, estimate.standard_error)]
    if m.change:
        pairs.append(estimate.minus(m.of(alone)))
    for values, errors in pairs:
        deviation = values - values.mean()
        kurtosis = float((deviation**4).mean() / (deviation**2).mean() ** 2)
        own_doubt = float(np.std(errors**2) / np.mean(errors**2))
        # A variance of R values has relative error sqrt((kurtosis - 1) / R), its root half of that; of the tail of
        # 5 % only 100 years are seen, which adds 1 %.
        band = 0.5 * Z * math.sqrt((kurtosis - 1 + own_doubt**2) / runs) + 0.01
        spread = float(np.std(values, ddof=1) / np.sqrt(np.mean(errors**2)))
        assert abs(spread - 1) < band, spread


@pytest.mark.parametrize("name", ["autocorrelation", "net_received_sd", "net_received_sd_share"])
def test_influence_is_what_one_path_more_does(name):
    n = 4_000
    p = paths(n, 8, linear=False)
    arrays = {"contribution": p.contributions["half"][:, 1], "own": p.own[:, 1]}
    arrays["before"] = p.contributions["half"][:, 0]

    def value(rows):
        return METRIC[name].of(Period(budget=MEAN[1], youth=np.ones(2), **{k: x[rows] for k, x in arrays.items()}))

    influence = value(np.arange(n)).influence
    for path in (0, 17, int(np.argmax(arrays["own"].sum(axis=1)))):
        more, fewer = value(np.append(np.arange(n), path)), value(np.delete(np.arange(n), path))
        found = (more.value - fewer.value) * n / 2
        # What is left of a central difference is the curvature over two paths in 4,000.
        spread = np.std(influence, axis=0)
        assert np.all(np.abs(found - influence[path]) <= 0.02 * spread + 0.005 * np.abs(found))


# --- edges


def test_constant_years_are_no_fault():
    own = np.tile(MEAN, (100, 1, 1))
    frame = table(Paths(own, {"own": own, "half": settle(own, 0.5)}, MEAN, 2027, MEAN, {"own": MEAN}))
    assert frame.drop(columns=["autocorrelation", "autocorrelation_se"]).notna().all().all()
    assert frame["autocorrelation"].isna().all()
    assert not frame["sd"].any() and not frame["sd_se"].any()
    nothing = np.zeros_like(own)
    frame = table(Paths(nothing, {"none": nothing, "some": own}, MEAN, 2027))
    assert not frame.loc["none", "net_received_share"].any()
    assert frame.loc["some", ["net_received_share", "net_received_share_se"]].isna().all().all()
    assert not frame.loc["some", "net_received_sd_share"].any()


def test_a_path_that_simply_goes_on_has_correlation_one():
    own = np.repeat(paths(500, 9).own[:, :1], 2, axis=1)
    frame = table(Paths(own, {"own": own}, MEAN[:2], 2027)).loc["own"].xs("2028", level="period")
    assert frame["autocorrelation"].to_numpy() == pytest.approx([1, 1], abs=1e-12)
    assert frame["autocorrelation_se"].to_numpy() == pytest.approx([0, 0], abs=1e-12)
    assert np.all(frame["autocorrelation"] <= 1)


def test_chunks_threads_and_layout_change_no_bit():
    p = paths(5_000, 10)

    def laid(x):
        return np.ascontiguousarray(x.transpose(1, 2, 0)).transpose(2, 0, 1)

    other = replace(p, own=laid(p.own), contributions={name: laid(x) for name, x in p.contributions.items()})
    once = table(p, threads=1)
    for found in (table(p, max_bytes=1), table(p, threads=2), table(other), table(other, max_bytes=1)):
        assert once.equals(found)


def test_what_is_kept_is_not_written_to():
    p = paths(300, 11)
    laid = np.ascontiguousarray(p.own.transpose(1, 2, 0)).transpose(2, 0, 1)
    laid.flags.writeable = False
    table(Paths(laid, {"own": laid, "same": laid}, MEAN, 2027, MEAN, {"own": MEAN}))


def test_refuses_what_does_not_fit():
    p = paths(10, 12)
    for rule, change in {
        "no agreement": {"contributions": {}},
        "must have one shape": {"contributions": {"half": p.own[:, :2]}},
        "budgets has shape": {"budgets": MEAN[:2]},
        "own_exact has shape": {"own_exact": MEAN[0]},
        "half has shape": {"contributions_exact": {"half": MEAN[0]}},
    }.items():
        with pytest.raises(ValueError, match=rule):
            replace(p, **change)
    with pytest.raises(ValueError, match="1 codes and 2 names for 2 members"):
        year_table(p, ["GM1"], ["One", "Two"])
