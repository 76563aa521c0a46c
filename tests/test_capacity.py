"""Required capacity: closed forms, exact quantiles, classes at their limits, what joining saves and its error."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from solidair.models.costs import CostModel
from solidair.models.exact import Portfolio, lattices_for
from solidair.models.regions import Municipality, Region
from solidair.models.severity import Lognormal
from solidair.pool.finance.capacity import (
    LEVELS,
    POINTS,
    capacities,
    chosen_levels,
    enough_paths,
    few_paths,
    ladder,
    level_before,
)
from solidair.pool.finance.classes import CLASSES, available_capacity, capacity_ratio, class_of, letters
from solidair.pool.finance.register import register_table
from solidair.pool.finance.spec import FinanceSpec
from solidair.pool.metrics.year_table import Paths, year_table
from solidair.pool.run import simulate
from tests.naive import cost_document, severity_table
from tests.small import small_study

Z = 4.5  # two-sided chance 7e-6 of a false alarm per comparison


def region_of(count, **facts):
    """Return a region of towns with the same facts."""
    towns = (Municipality(f"GM{i:04d}", f"Town {i}", 2_000, 500, 1e6, **facts) for i in range(1, count + 1))
    return Region("r", "R", tuple(towns), "", "r.csv", 2025)


def made(own, others=None, *, budget, region=None, certainty=0.9, **options):
    """Return the tables of own use and other agreements; own of shape (sim, year, member)."""
    budgets = np.broadcast_to(np.asarray(budget, dtype=float), own.shape[1:]).copy()
    region = region or region_of(own.shape[2])
    paths = Paths(own, {"own": own, **(others or {})}, budgets, 2027)
    years = year_table(paths, list(region.codes), list(region.names), control=False)
    return capacities(paths, years, region, certainty, **options)


def at(table, level=None, agreement="own", period="2027"):
    """Return the rows of one agreement and period, of one certainty if there are several; in the order of members."""
    rows = table[(table["agreement"] == agreement) & (table["period"] == period)]
    return rows.reset_index(drop=True) if level is None else rows[rows["certainty"] == level].reset_index(drop=True)


def band(count):
    """Return how far the mean of `count` squared z-scores may lie from 1."""
    return Z * math.sqrt(2.0 / count)


# --- closed forms


def test_a_lognormal_annual_cost():
    """The vector of a lognormal cost with mu 14, sigma 0.35 and a budget of 1.3 million, from quadrature."""
    mu, sigma, budget, copies = 14.0, 0.35, 1_300_000.0, 100
    own = np.exp(mu + sigma * np.random.default_rng(1).standard_normal((10_000, 1, copies)))
    found = made(own, budget=budget)
    exact = {p: math.exp(mu + sigma * special.ndtri(p)) - budget for p in (*LEVELS, 0.5)}
    for level in LEVELS:
        row = at(found.certainty, level)
        z = (row["loss"] - exact[level]) / row["loss_se"]
        assert np.abs(z).max() < Z and abs((z**2).mean() - 1) < band(copies), level
    for level, before in ((0.9, 0.8), (0.95, 0.9)):
        row, gap = at(found.certainty, level), exact[level] / exact[before] - 1
        z = (row["step"] - gap) / row["step_se"]
        assert abs((z**2).mean() - 1) < band(copies), level
    register = at(register_table(found))
    for name, value in (
        ("probability", 0.411962534084),
        ("expected_effect", 168590.842567),
        ("conditional_effect", 409238.288968),
        ("maximum_effect", exact[0.99]),
        ("required", exact[0.9]),
    ):
        z = (register[name] - value) / register[f"{name}_se"]
        assert abs((z**2).mean() - 1) < band(copies), name


def test_the_horizon_is_a_sum_and_not_a_scaled_year():
    """Two normal years, the second half made of the first: by hand, sd of the sum is 10 sqrt(1 + 1 + 2 x 0.5)."""
    copies = 50
    z = np.random.default_rng(2).standard_normal((20_000, 2, copies))
    own = 100.0 + 10.0 * np.stack([z[:, 0], 0.5 * z[:, 0] + math.sqrt(0.75) * z[:, 1]], axis=1)
    found = made(own, budget=[[105.0], [95.0]], certainty=0.8)
    for period, sd, budget, mean in (("2027", 10.0, 105.0, 100.0), ("2027-2028", math.sqrt(300.0), 200.0, 200.0)):
        for level in LEVELS:
            row = at(found.certainty, level, period=period)
            miss = (row["loss"] - (mean + sd * special.ndtri(level) - budget)) / row["loss_se"]
            assert abs((miss**2).mean() - 1) < band(copies), (period, level)
        row = at(found.capacity, period=period)
        exact = mean + sd * special.ndtri(0.8) - budget
        assert (((row["required"] - exact) / row["required_se"]) ** 2).mean() < 1 + band(copies)


def test_a_compound_cost_against_its_exact_quantile():
    """Cases of a small study are negative binomial and lognormal: their law follows by FFT."""
    rate_per_1000, size, law = 9.0, 3.0, {"mu": 8.0, "sigma": 0.8}
    document = cost_document({"care": (rate_per_1000, size, severity_table("lognormal", **law))})
    study = replace(small_study(members=4, years=1, sims=20_000), costs=CostModel.from_document(document, "one", "one"))
    study = replace(study, agreements=study.agreements[:1])
    results = simulate(study, case_by_case=True)
    table, squares = results.table("certainty"), []
    means = results.table("years").set_index("code")["mean"]  # exact
    for member in study.region.members:
        rates = np.array([[rate_per_1000 * member.youth / 1000.0]])
        portfolio = Portfolio.negative_binomial(rates, np.array([size]))
        lattices = lattices_for(portfolio, [Lognormal(**law)], level=1 - 1e-6)
        total = portfolio.total(lattices)
        price = float(means[member.code]) / total.mean
        assert price == pytest.approx(1.0, rel=1e-9)  # the prices of this model stand still
        for level in LEVELS:
            row = table[(table["code"] == member.code) & (table["certainty"] == level)].iloc[0]
            exact = price * float(total.quantile(level)) - member.youth_budget_eur
            assert abs(row["loss"] - exact) < Z * row["loss_se"] + price * total.step, (member.code, level)
            squares.append(((row["loss"] - exact) / row["loss_se"]) ** 2)
    # Seven levels of one sample are about two independent ones at least.
    assert np.mean(squares) < 1 + band(2 * len(study.region))


# --- order statistics


TIES = [0, 0, 0, 0, 0, 10, 10, 20, 35, 35, 35, 50, 80, 80, 120, 300, 300, 300, 450, 1000]


@pytest.mark.parametrize(("level", "value"), [(0.8, 300), (0.9, 300), (0.92, 450), (0.95, 450), (0.975, 1000)])
def test_ties_and_levels_between_two_years(level, value):
    order = np.random.default_rng(3).permutation(20)
    own = np.array(TIES, dtype=float)[order].reshape(20, 1, 1)
    found = made(own, budget=7.0, certainty=level)
    rows = found.certainty[found.certainty["chosen"]]
    assert rows["loss"].tolist() == [value - 7.0] and found.capacity["required"].tolist() == [value - 7.0]


@pytest.mark.parametrize(("paths", "level", "rank"), [(1_000, 0.9, 900), (10_000, 0.07, 700), (10_000, 0.999, 9_990)])
def test_levels_are_exact_fractions(paths, level, rank):
    """In floating point 1000 x 0.1 and 10000 x 0.07 are off by one."""
    own = np.arange(1.0, paths + 1).reshape(paths, 1, 1)
    found = made(own, budget=0.5, certainty=level)
    assert found.certainty.loc[found.certainty["chosen"], "loss"].tolist() == [rank - 0.5]


def test_the_step_halves_the_chance_of_falling_short():
    assert [level_before(p) for p in LEVELS] == [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.98]
    assert level_before(0.5) is None and level_before(0.3) is None
    own = np.arange(1.0, 101).reshape(100, 1, 1)
    steps = at(made(own, budget=70.0).certainty).set_index("certainty")["step"]
    assert math.isnan(steps[0.7])  # nothing at 40 %, nothing at 70 %
    assert steps[0.75] == np.inf and steps[0.85] == np.inf  # from nothing to 5, from exactly nothing to 15
    assert steps[0.9] == pytest.approx(20 / 10 - 1) and steps[0.95] == pytest.approx(25 / 20 - 1)


# --- rows


def test_rows_of_the_tables():
    own = np.random.default_rng(4).lognormal(size=(60, 3, 2))
    region = region_of(2)
    towns = (replace(region.members[0], certainty=0.925), region.members[1])
    found = made(own, {"same": own}, budget=1.0, region=replace(region, members=towns))
    keys = found.capacity[["agreement", "code", "period"]].itertuples(index=False, name=None)
    wanted = itertools.product(("own", "same"), ("GM0001", "GM0002"), ("2027", "2027-2029"))
    assert list(keys) == list(wanted)
    assert found.capacity["certainty"].tolist() == [0.925, 0.925, 0.9, 0.9] * 2
    for code, steps in (("GM0001", ladder(0.925)), ("GM0002", LEVELS)):
        rows = found.certainty[found.certainty["code"] == code]
        assert rows["certainty"].tolist() == list(steps) * 4
        assert rows.loc[rows["chosen"], "certainty"].unique().tolist() == [steps[5] if len(steps) == 8 else 0.9]
    assert ladder(0.9) == LEVELS and ladder(0.5) == (0.5, *LEVELS)


def test_a_study_of_one_year_has_no_horizon():
    own = np.random.default_rng(5).lognormal(size=(60, 1, 2))
    found = made(own, budget=1.0)
    assert found.capacity["period"].unique().tolist() == ["2027"] == found.certainty["period"].unique().tolist()


def test_a_member_is_computed_by_itself_however_the_work_is_cut():
    rng = np.random.default_rng(6)
    own = rng.lognormal(size=(200, 2, 5))
    shared = 0.5 * own + 0.5 * own.mean(axis=2, keepdims=True)
    levels = (0.8, None, 0.999, 0.8, 0.55)
    region = region_of(5)
    region = replace(
        region, members=tuple(replace(m, certainty=p) for m, p in zip(region.members, levels, strict=True))
    )
    whole = made(own, {"half": shared}, budget=1.2, region=region)
    for options in ({"max_bytes": 1}, {"threads": 1}, {"threads": 3, "max_bytes": 10**6}):
        again = made(own, {"half": shared}, budget=1.2, region=region, **options)
        for name in ("certainty", "capacity", "points"):
            pd.testing.assert_frame_equal(getattr(whole, name), getattr(again, name), check_exact=True)
    for i, code in enumerate(region.codes):
        one = made(own[:, :, [i]], {"half": shared[:, :, [i]]}, budget=1.2, region=region.subset([code]))
        for name in ("certainty", "capacity", "points"):
            table = getattr(whole, name)
            mine = table[table["code"] == code].reset_index(drop=True)
            pd.testing.assert_frame_equal(mine, getattr(one, name), check_exact=False, rtol=1e-12)


# --- what joining saves


def test_the_paired_error_of_what_joining_saves():
    """Half of one's own normal cost and half of another's: sd falls by the root of two."""
    copies, sd, certainty = 200, 20.0, 0.9
    z = np.random.default_rng(7).standard_normal((4_000, 1, 2 * copies))
    own, other = 100.0 + sd * z[..., :copies], 100.0 + sd * z[..., copies:]
    found = made(own, {"half": 0.5 * (own + other)}, budget=100.0, certainty=certainty)
    row = at(found.capacity, agreement="half")
    exact = sd * special.ndtri(certainty) * (1.0 - math.sqrt(0.5))
    score = (row["saved"] - exact) / row["saved_se"]
    # The density at a quantile is known to 1 / sqrt(2 k), k about 100 paths: 2 % on a square.
    assert abs((score**2).mean() - 1) < band(copies) + 0.02
    assert np.abs(score).max() < stats.norm.isf(1e-5 / copies)
    apart = np.hypot(row["required_se"], row["required_own_se"])
    assert (row["saved_se"] < apart).mean() > 0.95  # half of it is one's own luck in both
    np.testing.assert_array_equal(row["saved"], row["required_own"] - row["required"])


def test_own_use_saves_exactly_nothing():
    results = simulate(small_study(budget=60.0), 500)
    kept = results.own.copy()
    capacity = results.table("capacity")
    own = capacity[capacity["agreement"] == "own-use"]
    assert (own[["saved", "saved_se"]] == 0.0).all(axis=None)
    assert (own["required"] == own["required_own"]).all()
    assert (capacity.loc[capacity["agreement"] == "share", "saved_se"] > 0.0).all()
    np.testing.assert_array_equal(results.own, kept)
    for borne in results.contributions.values():  # what one member bears less, others bear more
        np.testing.assert_allclose(borne.sum(axis=2), kept.sum(axis=2), rtol=1e-12)


def test_one_figure_is_one_number_in_all_tables():
    study = replace(small_study(budget=60.0), finance=FinanceSpec(certainty=0.95))
    results = simulate(study, 500)
    certainty, capacity, register = (results.table(name) for name in ("certainty", "capacity", "register"))
    years, stability = results.table("years"), results.table("stability")
    first = capacity[capacity["period"] == "2027"].reset_index(drop=True)
    assert first["required"].equals(stability["capacity_95"])
    assert first["required_se"].equals(stability["capacity_95_se"])
    both = years[years["period"].isin(["2027", "2027-2028"])].reset_index(drop=True)
    assert (capacity["overrun_probability"] == both["overrun_probability"]).all()
    assert (capacity["expected_effect"] == both["expected_overrun"]).all()
    assert (register["probability"] * register["conditional_effect"]).to_numpy() == pytest.approx(
        register["expected_effect"].to_numpy(), rel=1e-12
    )
    for level, column, ours in ((0.9, "p90", "p90"), (0.95, "var_95", "p95")):
        rows = certainty[certainty["certainty"] == level].reset_index(drop=True)
        budget = both[column] - rows["loss"]
        towns = {m.code: m.youth_budget_eur for m in study.region.members}
        wanted = [study.setting.budgets[:n, list(towns).index(c)].sum() for c, n in zip(
            rows["code"], (1, 2) * (len(rows) // 2), strict=True)]  # fmt: skip
        np.testing.assert_allclose(budget, wanted, rtol=1e-9)
        assert (rows["loss"] == register[ours]).all() and (rows["loss_se"] == register[f"{ours}_se"]).all()
    extreme = certainty[certainty["certainty"] == 0.99]["loss"].to_numpy()
    np.testing.assert_array_equal(register["maximum_effect"], np.maximum(extreme, 0.0))
    points = register[[f"p{round(100 * p)}" for p in POINTS]].to_numpy()
    assert (np.diff(points, axis=1) >= 0).all()


def test_no_overrun_at_all():
    own = np.random.default_rng(8).uniform(1.0, 2.0, size=(100, 1, 1))
    found = made(own, budget=5.0, region=region_of(1, capacity_incidental_eur=0.0))
    row, line = at(found.capacity).iloc[0], at(register_table(found)).iloc[0]
    assert (row["required"], row["ratio"], row["class"]) == (0.0, np.inf, "A") and math.isnan(row["ratio_se"])
    assert (line["probability"], line["maximum_effect"], line["expected_effect"]) == (0.0, 0.0, 0.0)
    assert math.isnan(line["conditional_effect"]) and line["p99"] < 0.0
    assert at(found.certainty)["step"].isna().all()


MONEY = ("loss", "required", "required_own", "saved", "expected_effect", "maximum_effect", "p50")


@given(st.floats(1e-3, 1e6), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_money_scales_and_shares_do_not(factor, seed):
    own = np.random.default_rng(seed).lognormal(12.0, 0.6, size=(50, 2, 2))
    half = 0.5 * own + 0.5 * own.mean(axis=2, keepdims=True)
    plain = made(own, {"half": half}, budget=1.5e5, region=region_of(2, capacity_incidental_eur=1e5))
    scaled = made(
        factor * own,
        {"half": factor * half},
        budget=factor * 1.5e5,
        region=region_of(2, capacity_incidental_eur=factor * 1e5),
    )
    for name in ("certainty", "capacity", "points"):
        before, after = getattr(plain, name), getattr(scaled, name)
        for column in before.select_dtypes("float").columns:
            times = factor if column.removesuffix("_se") in MONEY else 1.0
            if column.removesuffix("_se") in (
                "available",
                "conditional_effect",
                *(f"p{round(100 * p)}" for p in POINTS),
            ):
                times = factor
            np.testing.assert_allclose(after[column], times * before[column], rtol=1e-6, atol=1e-6 * times)


# --- available capacity and classes


@pytest.mark.parametrize(
    ("ratio", "letter"),
    [
        (np.inf, "A"), (np.nextafter(2.0, 3.0), "A"), (2.0, "B"), (1.4, "B"), (np.nextafter(1.4, 0.0), "C"), (1.0, "C"),
        (np.nextafter(1.0, 0.0), "D"), (0.8, "D"), (np.nextafter(0.8, 0.0), "E"), (0.6, "E"),
        (np.nextafter(0.6, 0.0), "F"), (0.0, "F"),
        (15.268 / 3.209, "A"),  # Stein, annual report 2021: 4.75, class A
        (20.718 / 14.168, "B"),  # Heerhugowaard, budget 2018: 1.46
    ],
)  # fmt: skip
def test_classes_at_their_limits(ratio, letter):
    found = class_of(ratio)
    assert found is not None and found.letter == letter
    assert letters(np.array([ratio])).tolist() == [letter]


def test_classes_are_in_order_and_refuse_what_is_no_ratio():
    assert [c.letter for c in CLASSES] == list("ABCDEF")
    assert [c.words.nl for c in CLASSES] == [
        "uitstekend", "ruim voldoende", "voldoende", "matig", "onvoldoende", "ruim onvoldoende",
    ]  # fmt: skip
    assert class_of(math.nan) is None and letters(np.array([math.nan])).tolist() == [""]
    with pytest.raises(ValueError, match="negative"):
        class_of(-0.1)


@pytest.mark.parametrize(
    ("facts", "once", "four"),
    [
        ({}, np.nan, np.nan),
        ({"buffer_eur": 5.0}, 5.0, 5.0),
        ({"capacity_incidental_eur": 100.0}, 100.0, 100.0),
        ({"capacity_structural_eur": 10.0}, 10.0, 40.0),
        ({"capacity_incidental_eur": 100.0, "capacity_structural_eur": 10.0}, 110.0, 140.0),
        ({"capacity_incidental_eur": 0.0, "buffer_eur": 5.0}, 0.0, 0.0),  # who gives one has not forgotten it
        ({"capacity_structural_eur": 10.0, "buffer_eur": 5.0}, 10.0, 40.0),
    ],
)
def test_structural_capacity_returns_every_year(facts, once, four):
    region = region_of(1, **facts)
    np.testing.assert_array_equal(available_capacity(region, 1), [once])
    np.testing.assert_array_equal(available_capacity(region, 4), [four])


def test_ratios():
    available, required = np.array([3.0, 0.0, 0.0, np.nan, np.nan]), np.array([2.0, 2.0, 0.0, 2.0, 0.0])
    np.testing.assert_array_equal(capacity_ratio(available, required), [1.5, 0.0, np.inf, np.nan, np.nan])


def test_ratio_class_and_error_in_the_table():
    own = np.random.default_rng(9).lognormal(size=(2_000, 4, 1))
    shared = np.full_like(own, own.mean())
    region = region_of(1, capacity_incidental_eur=2.0, capacity_structural_eur=1.0)
    found = made(own, {"fixed": shared}, budget=1.0, region=region)
    for period, available in (("2027", 3.0), ("2027-2030", 6.0)):
        row = at(found.capacity, period=period).iloc[0]
        assert row["available"] == available and row["ratio"] == pytest.approx(available / row["required"])
        assert row["ratio_se"] == pytest.approx(row["ratio"] * row["required_se"] / row["required"])
        assert row["class"] == class_of(row["ratio"]).letter == row["class_own"]
        fixed = at(found.capacity, agreement="fixed", period=period).iloc[0]
        assert fixed["class_own"] == row["class"] and fixed["ratio_own"] == row["ratio"]
        assert fixed["ratio"] > row["ratio"]


def test_the_council_chooses_else_the_study():
    region = region_of(2)
    region = replace(region, members=(replace(region.members[0], certainty=0.8), region.members[1]))
    assert chosen_levels(region, 0.95).tolist() == [0.8, 0.95]


# --- too few paths


@pytest.mark.parametrize(
    ("paths", "level", "beyond"), [(2_999, 0.99, 29), (3_000, 0.99, None), (20_000, 0.999, 20), (100, 0.7, None)]
)
def test_too_few_paths(paths, level, beyond):
    assert few_paths(paths, level) == beyond
    assert (few_paths(enough_paths(level), level), few_paths(enough_paths(level) - 1, level) is None) == (None, False)


@pytest.mark.parametrize("level", [1e-9, 0.5, 1 - 1e-12])
def test_any_certainty_can_be_computed(level):
    own = np.random.default_rng(10).lognormal(size=(200, 1, 1))
    found = made(own, budget=1.0, certainty=level)
    assert np.isfinite(found.capacity[["required", "required_se"]].to_numpy()).all()
