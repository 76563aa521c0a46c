"""Which property which rule has: the table of the documentation, by search over small pools of equally likely years.

Y: no counterexample in any pool. I: none if members are independent, but one if they are not. N: a counterexample.
Properties after Denuit, Dhaene & Robert (2022), Journal of Risk and Insurance 89, 639.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from solidair.pool.rules import Law, Linear, MeanProportional, Quantile, Tolerance, Uniform, VarianceProportional

POOLS = 60
SLACK = 1e-9
"""Amounts are at most 100 and sums have a few dozen terms: rounding is below 1e-12."""

COLUMNS = ("stand-alone", "uniform", "mean-prop", "cmrs", "linear", "var-prop", "tolerance", "quantile")
TABLE = {
    "full allocation": "YYYYYYYY",
    "reshuffling": "YYYYYYYY",
    "translativity": "YNNYYYYY",
    "homogeneity": "YYYYYYYY",
    "constancy": "YNNYYYNY",
    "zero member": "YNYYYYNY",
    "no rip-off": "YNNYNNNY",
    "non-negativity": "YYYYNNNY",
    "actuarial fairness": "YNYYYYYN",
    "fair merging": "YNYYYIYN",
    "willingness to join": "YNNYNNNN",
    "variance reduction": "YNNYYINN",
    "aggregate": "NYYYYYYY",
    "comonotonicity": "NYYNIYYY",
    "stand-alone if comonotonic": "YNNYNNNY",
}


@dataclass(frozen=True)
class Pool:
    """Equally likely years, shape (year, member), and a risk tolerance of each member."""

    years: np.ndarray
    tolerances: np.ndarray

    def having(self, years):
        return Pool(np.asarray(years, dtype=float), self.tolerances)

    @property
    def groups(self):
        """Rows of years with one total; sums of whole numbers differ by rounding after scaling."""
        total = self.years.sum(axis=1)
        return [np.flatnonzero(np.isclose(total, s, rtol=1e-12)) for s in np.unique(np.round(total, 9))]


def conditional_means(pool):
    """E[X | S] where years are equally likely: the mean of those with the same total."""
    borne = np.empty_like(pool.years)
    for group in pool.groups:
        borne[group] = pool.years[group].mean(axis=0)
    return borne


def fitted(fit):
    def contributions(pool):
        return fit(Law.of_sample(pool.years), pool.tolerances).share(pool.years)

    return contributions


RULES = {
    "stand-alone": lambda pool: pool.years.copy(),
    "uniform": fitted(lambda law, _: Uniform.fit(law)),
    "mean-prop": fitted(lambda law, _: MeanProportional.fit(law)),
    "cmrs": conditional_means,
    "linear": fitted(lambda law, _: Linear.fit(law)),
    "var-prop": fitted(lambda law, _: VarianceProportional.fit(law)),
    "tolerance": fitted(lambda law, tolerances: Tolerance.fit(law, tolerances, capped=True)),
    "quantile": fitted(lambda law, _: Quantile.fit(law)),
}


def same(a, b):
    return np.allclose(a, b, rtol=0, atol=SLACK)


# --- one function a property: True where it holds in a pool


def full_allocation(rule, pool):
    return same(rule(pool).sum(axis=1), pool.years.sum(axis=1))


def reshuffling(rule, pool):
    order = np.roll(np.arange(pool.years.shape[1]), 1)
    return same(rule(Pool(pool.years[:, order], pool.tolerances[order])), rule(pool)[:, order])


def translativity(rule, pool):
    extra = np.eye(pool.years.shape[1])[0] * 3.0
    return same(rule(pool.having(pool.years + extra)), rule(pool) + extra)


def homogeneity(rule, pool):
    return same(rule(pool.having(pool.years * 2.5)), rule(pool) * 2.5)


def with_first(pool, amount):
    years = pool.years.copy()
    years[:, 0] = amount
    return pool.having(years)


def constancy(rule, pool):
    return same(rule(with_first(pool, 4.0))[:, 0], 4.0)


def zero_member(rule, pool):
    return same(rule(with_first(pool, 0.0))[:, 0], 0.0)


def no_rip_off(rule, pool):
    return bool(np.all(rule(pool) <= pool.years.max(axis=0) + SLACK))


def non_negativity(rule, pool):
    return bool(np.all(rule(pool) >= -SLACK))


def actuarial_fairness(rule, pool):
    return same(rule(pool).mean(axis=0), pool.years.mean(axis=0))


def fair_merging(rule, pool):
    years = np.column_stack([pool.years[:, :2].sum(axis=1), pool.years[:, 2:]])
    tolerances = np.concatenate([[pool.tolerances[:2].sum()], pool.tolerances[2:]])
    before = rule(pool)
    return same(rule(Pool(years, tolerances)), np.column_stack([before[:, :2].sum(axis=1), before[:, 2:]]))


def willingness(rule, pool):
    """Convex order: equal means, and no larger expected excess above any amount; kinks are at the atoms."""
    borne = rule(pool)
    for h, x in zip(borne.T, pool.years.T, strict=True):
        at = np.concatenate([h, x])[:, None]
        if np.any(np.maximum(h - at, 0).mean(axis=1) > np.maximum(x - at, 0).mean(axis=1) + SLACK):
            return False
    return actuarial_fairness(rule, pool)


def variance_reduction(rule, pool):
    return bool(np.all(rule(pool).var(axis=0) <= pool.years.var(axis=0) + SLACK))


def aggregate(rule, pool):
    borne = rule(pool)
    return all(np.ptp(borne[group], axis=0).max() < SLACK for group in pool.groups)


def comonotonicity(rule, pool):
    borne = rule(pool)
    total = pool.years.sum(axis=1)
    rises = total[:, None] > total + SLACK
    return not np.any(rises[:, :, None] & (borne[:, None] < borne[None] - SLACK))


def stand_alone_if_comonotonic(rule, pool):
    sorted_years = pool.having(np.sort(pool.years, axis=0))
    return same(rule(sorted_years), sorted_years.years)


HOLDS = dict(
    zip(
        TABLE,
        (
            full_allocation, reshuffling, translativity, homogeneity, constancy, zero_member, no_rip_off,
            non_negativity, actuarial_fairness, fair_merging, willingness, variance_reduction, aggregate,
            comonotonicity, stand_alone_if_comonotonic,
        ),
        strict=True,
    )
)  # fmt: skip


# --- pools


def independent_pool(rng):
    """Combine all values of three members, each with its own few equally likely ones."""
    values = [rng.integers(0, 1 + rng.integers(1, 20), rng.integers(2, 5)) for _ in range(3)]
    table = np.stack([grid.ravel() for grid in np.meshgrid(*values, indexing="ij")], axis=1)
    return Pool(table.astype(float), rng.uniform(0.2, 5.0, 3))


def dependent_pool(rng):
    """Draw a few years; in half of the pools one member costs little where another costs much."""
    years = rng.integers(0, 1 + rng.integers(2, 12, 3), (rng.integers(4, 12), 3)).astype(float)
    if rng.random() < 0.5:
        years[:, 1] = np.maximum(years[:, 0].max() - years[:, 0] + rng.integers(-1, 2, len(years)), 0)
    return Pool(years, rng.uniform(0.2, 5.0, 3))


def searched(draw, seed):
    rng = np.random.Generator(np.random.PCG64(seed))
    pools = (draw(rng) for _ in range(10 * POOLS))
    # Every member can cost something, and costs differ from year to year, or properties would be empty.
    good = [pool for pool in pools if np.all(pool.years.max(axis=0) > 0) and np.ptp(pool.years.sum(axis=1)) > 0]
    return good[:POOLS]


def rare_and_large():
    """One member costs 10 in two years of ten; two others cost 100 in a year each, never together.

    By quantile the first bears 10 from the total of 10 on, so in four years: its variance is 24 and was 16. Random
    pools with few years hardly ever have this.
    """
    years = np.zeros((10, 3))
    years[:2, 0], years[2, 1], years[3, 2] = 10.0, 100.0, 100.0
    return Pool(years, np.ones(3))


@pytest.fixture(scope="module")
def independent():
    return searched(independent_pool, 1)


@pytest.fixture(scope="module")
def dependent():
    return [*searched(dependent_pool, 2), rare_and_large()]


def test_by_hand():
    pool = rare_and_large()
    borne = RULES["quantile"](pool)
    np.testing.assert_allclose(borne[:, 0], [10, 10, 10, 10, 0, 0, 0, 0, 0, 0], rtol=1e-14)
    np.testing.assert_allclose(borne[2, 1:], [45, 45], rtol=1e-14)
    assert (borne[:, 0].var(), pool.years[:, 0].var()) == pytest.approx((24, 16), rel=1e-14)
    # By conditional mean the first bears 10 of a total of 10, and nothing of 100.
    np.testing.assert_array_equal(RULES["cmrs"](pool)[:, 0], [10, 10, 0, 0, 0, 0, 0, 0, 0, 0])


CELLS = [(name, column, mark) for name, row in TABLE.items() for column, mark in zip(COLUMNS, row, strict=True)]


@pytest.mark.parametrize(("name", "column", "mark"), CELLS, ids=[f"{n}: {c}" for n, c, _ in CELLS])
def test_table(name, column, mark, independent, dependent):
    assert len(independent) == len(dependent) - 1 == POOLS
    alone = [HOLDS[name](RULES[column], pool) for pool in independent]
    together = [HOLDS[name](RULES[column], pool) for pool in dependent]
    if mark == "Y":
        assert all(alone) and all(together)
    elif mark == "I":
        assert all(alone) and not all(together)
    else:
        assert not (all(alone) and all(together))


def test_the_documentation_shows_this_table():
    text = (Path(__file__).parents[1] / "docs" / "rules.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"]
    assert ["property", *COLUMNS] in rows
    shown = {name: "".join(marks) for name, *marks in rows if name in TABLE}
    assert shown == TABLE
