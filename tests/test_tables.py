"""Quantile tables: where a probability falls, what linear interpolation costs, and what is refused."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pytest

from solidair.models.costs import CostModel
from solidair.models.severity import (
    GPD,
    BurrXII,
    Fixed,
    Gamma,
    InverseGaussian,
    Lognormal,
    Lomax,
    Mixture,
    SplicedLognormalGPD,
    StayTimesTariff,
    Weibull,
)
from solidair.models.shocks import GammaShock, LognormalShock
from solidair.models.tables import (
    CELLS,
    OCTAVES,
    SIDE,
    constant_table,
    quantile_table,
    table_expectation,
    table_mean,
    tail_probabilities,
)
from solidair.pool.blocks import measures_of
from solidair.pool.draw import DrawPlan
from solidair.pool.kernels import look_up
from solidair.pool.study import Study
from tests import naive


@dataclass(frozen=True)
class Law:
    """A law given by its quantiles only."""

    quantiles: object

    def quantile(self, p):
        return self.quantiles(np.asarray(p))

    def isf(self, q):
        return self.quantiles(1 - np.asarray(q))


def _words(n):
    """Return words whose uniforms reach all octaves of both tails, and the outermost ones."""
    rng = np.random.Generator(np.random.PCG64(4))
    words = [0, 2**12, 2**63 - 1, 2**63, 2**64 - 1, 2**64 - 2**12 - 1]
    for octave in range(64):
        words += [int(w) >> octave for w in rng.integers(0, 2**64, n, dtype=np.uint64)]
    return words + [2**64 - 1 - w for w in words]


# --- layout


def test_nodes_halve_down_to_two_to_the_minus_53():
    tail = tail_probabilities()
    assert tail.tolist() == naive.TAIL_PROBABILITIES
    assert (len(tail), tail[0], tail[-1]) == (SIDE, 2.0**-53, 0.5)
    assert np.all(np.diff(tail) > 0)
    # Equal cells within an octave, and half as wide in the next one down.
    width = np.diff(tail).reshape(OCTAVES, CELLS)
    assert np.all(width == width[:, :1]) and np.all(width[1:, 0] == 2 * width[:-1, 0])


def test_every_probability_falls_into_its_cell():
    tail = tail_probabilities()
    # A table whose values are the numbers of the nodes: what is looked up is cell + place in the cell.
    numbers = np.concatenate([np.arange(SIDE), np.arange(SIDE)]).astype(float)
    cells = set()
    for word in _words(60):
        u = naive.uniform(word)
        p = min(u, 1 - u)
        cell = int(np.searchsorted(tail, p, side="right")) - 1
        place = cell + (p - tail[cell]) / (tail[cell + 1] - tail[cell])
        # Two roundings of numbers below 8192.
        assert look_up(numbers, np.uint64(word)) == pytest.approx(place, rel=0, abs=2 * 2.0**-40)
        cells.add(cell)
    assert {0, SIDE - 2} <= cells
    sides = np.concatenate([np.zeros(SIDE), np.ones(SIDE)])
    assert all(look_up(sides, np.uint64(w)) == (naive.uniform(w) > 0.5) for w in _words(3))


def test_the_uniform_law_returns_the_uniform():
    table = quantile_table(Law(lambda p: p))
    for word in _words(20):
        # One rounding in the table, one in each of the three operations of the interpolation.
        assert look_up(table, np.uint64(word)) == pytest.approx(naive.uniform(word), rel=1e-15, abs=4 * 2.0**-53)
    assert table_mean(table) == pytest.approx(0.5, rel=1e-15)


# --- means

FAMILIES = [
    Lognormal(9.0, 1.3),
    Lognormal(9.0, 0.3),
    Gamma(0.8, 9_000.0),
    Weibull(0.7, 12_000.0),
    InverseGaussian(12_000.0, 8_000.0),
    Lomax(2.2, 30_000.0),
    Lomax(1.5, 30_000.0),
    GPD(0.45, 20_000.0),
    BurrXII(1.6, 2.0, 15_000.0),
    SplicedLognormalGPD(9.0, 1.1, 60_000.0, 0.4, 30_000.0),
    Lognormal(9.5, 1.2).capped(90_000.0),
    Lognormal(9.5, 1.2).truncated(90_000.0),
    StayTimesTariff(0.8, Lognormal(5.8, 0.5).capped(1_100.0)),
    StayTimesTariff(2.5, Lognormal(4.2, 0.3)),
    GammaShock(0.6),
    GammaShock(1e6),
    LognormalShock(0.22),
    LognormalShock(1.2),
]
DOCUMENT = tomllib.loads(files("solidair.configs.costs").joinpath("nl-2024.toml").read_text("utf-8"))
SHIPPED = CostModel.from_document(DOCUMENT, "nl-2024", "nl-2024.toml")


def _mean(law):
    return getattr(law, "mean", 1.0)  # a shock has mean one


def _steepness(law):
    """Return the largest |d log quantile / d log tail probability|: 1/a for a tail like p^(-1/a)."""
    tail = 2.0 ** -np.linspace(1, 52.9, 1_000)
    step = 1 + 1e-4
    with np.errstate(divide="ignore", invalid="ignore"):
        lower = np.log(law.quantile(tail) / law.quantile(tail / step))
        upper = np.log(law.isf(tail / step) / law.isf(tail))
    # Where quantiles underflow to 0 they add nothing to a mean.
    slope = np.concatenate([lower[law.quantile(tail / step) > 1e-12 * _mean(law)], upper]) / np.log(step)
    return float(np.max(slope))


def _tolerance(law):
    """Return how far the mean of a table may lie from the mean of its law, relative.

    (1/CELLS)^2 / 8 x s (s + 1) bounds the relative error of every value where the steepness is s; what is
    cut off beyond 2^-53 is known exactly for a severity or a length, and is below 2^-53 x 100 means for a shock and
    for what is left of a stay that ends by a certain age.
    """
    s = _steepness(law)
    cut = float(law.excess(law.isf(2.0**-53))) / _mean(law) if hasattr(law, "excess") else 1e-13
    return s * (s + 1) / (8 * CELLS**2) + cut + 1e-11


@pytest.mark.parametrize("law", FAMILIES, ids=lambda law: repr(law)[:50])
def test_table_mean_is_the_mean(law):
    tolerance = _tolerance(law)
    assert tolerance < 1e-4  # a bound that allows everything proves nothing
    assert abs(table_mean(quantile_table(law)) / _mean(law) - 1) < tolerance


@pytest.fixture(scope="module")
def drawn():
    """Return the tables that a run of the shipped study draws from, by kind and care type."""
    study = Study.load("haaglanden")
    care = DrawPlan.make(study, measures_of(study)).care
    flat = {"cost": care.tables, "length": care.lengths, "residual": care.residuals}
    rows = {kind: table.reshape(-1, 2 * SIDE) for kind, table in flat.items()}
    stays = [id_ for id_, number in zip(SHIPPED.ids, care.stays, strict=True) if number >= 0]
    assert [id_ for id_, episode in zip(SHIPPED.ids, SHIPPED.episodes, strict=True) if episode is not None] == stays
    assert [int(number) for number in care.stays if number >= 0] == list(range(len(stays)))
    order = {"cost": list(SHIPPED.ids), "length": stays, "residual": stays}
    return {kind: dict(zip(order[kind], table, strict=True)) for kind, table in rows.items()}


def _laws():
    """Yield kind, care type and law of everything of the shipped cost model that is drawn by a table."""
    for id_, severity, episode in zip(SHIPPED.ids, SHIPPED.severities, SHIPPED.episodes, strict=True):
        if episode is None:
            yield "cost", id_, severity
        else:
            yield "cost", id_, episode.law  # EUR a day
            yield "length", id_, episode.duration
            yield "residual", id_, episode.duration.residual


LAWS = list(_laws())


@pytest.mark.parametrize(("kind", "care_type", "law"), LAWS, ids=[f"{kind} {id_}" for kind, id_, _ in LAWS])
def test_table_means_of_the_shipped_cost_model(drawn, kind, care_type, law):
    table = drawn[kind][care_type]
    np.testing.assert_array_equal(table, quantile_table(law))
    assert abs(table_mean(table) / law.mean - 1) < _tolerance(law) < 1e-3


def test_every_drawn_table_of_the_shipped_cost_model_was_judged(drawn):
    assert {(kind, id_) for kind, id_, _ in LAWS} == {(kind, id_) for kind in drawn for id_ in drawn[kind]}
    assert len(LAWS) == len(SHIPPED.ids) + 2 * sum(episode is not None for episode in SHIPPED.episodes)


@pytest.mark.parametrize(("kind", "care_type", "law"), LAWS, ids=[f"{kind} {id_}" for kind, id_, _ in LAWS])
def test_second_moments_of_the_tables_of_the_shipped_cost_model(drawn, kind, care_type, law):
    # Nodes hold x^2, whose steepness is twice that of x; between them it is taken as linear.
    duration = getattr(law, "duration", None)
    # Of a residual: E[R^2] = E[D^3] / (3 E[D]) (Cox 1962, Renewal Theory, section 5.2).
    exact = law.moment(2) if duration is None else duration.moment(3) / (3 * duration.mean)
    s = 2 * _steepness(law)
    found = table_expectation(drawn[kind][care_type], np.square)
    assert found == pytest.approx(exact, rel=s * (s + 1) / (8 * CELLS**2) + 1e-11)


def test_relative_error_of_a_value_is_what_the_docstring_says():
    # (1/128)^2 / 8 x (1/2.2)(1/2.2 + 1) = 5.04e-6, "6e-6 for a = 2.2" in words.
    law = Law(lambda p: (1 - p) ** (-1 / 2.2))
    tail = tail_probabilities()
    table = np.concatenate([law.quantile(tail), tail ** (-1 / 2.2)])
    worst = 0.0
    for word in (2**64 - 1 - (w >> 1) for w in _words(40)):
        p = 1 - naive.uniform(word)
        if 0 < p < 0.5 and p > 2.0**-45:  # further out p itself has too few digits to judge by
            worst = max(worst, abs(look_up(table, np.uint64(word)) / p ** (-1 / 2.2) - 1))
    bound = (1 / CELLS) ** 2 / 8 * (1 / 2.2) * (1 / 2.2 + 1)
    assert 0.5 * bound < worst < bound * (1 + 2 / CELLS) ** 2


def test_a_law_with_atoms():
    law = Mixture((Fixed(1_000.0), Fixed(5_000.0), Fixed(80_000.0)), (0.55, 0.35, 0.1))
    table = quantile_table(law)
    assert set(table) == {1_000.0, 5_000.0, 80_000.0}
    # A jump inside a cell is spread over it: half the width of the cell times the jump, at most.
    jumps = [(0.45, 4_000.0), (0.1, 75_000.0)]
    bound = sum(2.0 ** np.floor(np.log2(p)) / CELLS * jump / 2 for p, jump in jumps)
    assert abs(table_mean(table) - law.mean) < bound
    # Away from those cells the atoms are hit exactly.
    for u, value in ((0.1, 1_000.0), (0.54, 1_000.0), (0.56, 5_000.0), (0.89, 5_000.0), (0.91, 80_000.0)):
        assert look_up(table, np.uint64(int(u * 2**52) << 12)) == value


def test_expectation_of_a_function():
    law = Lognormal(9.0, 1.3)
    table = quantile_table(law)
    for a in (0.0, 10_000.0, 100_000.0):
        ours = table_expectation(table, lambda x, a=a: np.maximum(x - a, 0.0))
        # Above a the values have the error of the mean; the kink at a adds at most p a s / (8 CELLS^2), which
        # is less, since p a <= E[X; X > a].
        assert abs(ours - float(law.excess(a))) < 2 * _tolerance(law) * law.mean
    assert table_expectation(table, np.ones_like) == pytest.approx(1.0, rel=1e-14)


# --- constants and refusals


def test_constant_table():
    table = constant_table(1.25)
    assert table.shape == (2 * SIDE,) == quantile_table(Lognormal(0.0, 1.0)).shape
    assert table_mean(table) == pytest.approx(1.25, rel=1e-15)
    assert {look_up(table, np.uint64(w)) for w in _words(3)} == {1.25}


@pytest.mark.parametrize("bad", [np.inf, np.nan])
def test_quantiles_must_be_finite(bad):
    with pytest.raises(ValueError, match="not all finite"):
        quantile_table(Law(lambda p: np.where(p > 1 - 1e-9, bad, p)))


@pytest.mark.parametrize(
    "slope", [lambda p: -p, lambda p: np.where(p < 1e-6, 2.0, p), lambda p: np.where(p > 0.99, 0.5, p)]
)
def test_quantiles_must_not_decrease(slope):
    with pytest.raises(ValueError, match="not monotone"):
        quantile_table(Law(slope))
