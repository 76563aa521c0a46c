"""What every metric shares: the sample it reads, the estimate it returns, the registry it stands in.

A metric returns its value and its influence function: per simulated year, how much that year pulls the value.
So one piece of code gives every Monte Carlo error, sd(influence) / sqrt(N), and, since all agreements see the
same simulated years, the error of every difference, sd(influence_A - influence_B) / sqrt(N) (Hampel 1974,
Journal of the American Statistical Association 69, 383).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Direction = Literal["lower", "higher", "none"]
Axis = Literal["member", "region"]
Table = Literal["stability", "transfers", "fairness"]
Unit = Literal["EUR", "EUR per youth", "share", "ratio", "index"]

LANGUAGES = ("nl", "en")
SAME = 1e-9
"""Exact amounts that differ by less than this share, a cent in ten million euros, are equal but for rounding."""

BLOCK = 4096
"""Simulated years that a sum over a whole sample takes at a time: fixed, so that rounding is too."""


@dataclass(frozen=True, eq=False)
class Squares:
    """Second moments that are known without simulation, of own cost X and of what is passed on, X - H.

    Those of X - H, not of H: where little is passed on they would drown in the rounding of those of X.

    Parameters
    ----------
    own
        Var X, shape (member,), EUR squared.
    own_kurtosis
        About the kurtosis of X, same shape. It says how many years a square needs, so it must not come from these.
    both, moved
        Cov(X, X - H) and Var(X - H), same shape, EUR squared; None where they are not known.
    moved_kurtosis
        About the kurtosis of X - H, same shape.
    """

    own: FloatArray
    own_kurtosis: FloatArray
    both: FloatArray | None = None
    moved: FloatArray | None = None
    moved_kurtosis: FloatArray | None = None

    def of(self, members: slice) -> Squares:
        """Return the same for a few members."""
        rest = (None if x is None else x[members] for x in (self.both, self.moved, self.moved_kurtosis))
        return Squares(self.own[members], self.own_kurtosis[members], *rest)


@dataclass(frozen=True, eq=False)
class Sample:
    """What one agreement did to its members, over all simulated years.

    Parameters
    ----------
    contribution
        What each member bears, H; shape (sim, member), EUR a year.
    own
        Cost of the member's own clients, X; shape (sim, member), EUR a year.
    budget
        Youth care budget; shape (member,), EUR a year, above 0.
    youth
        Number of youths; shape (member,), above 0.
    expected, own_expected
        What H and X are expected to be given the need drawn in each sim, shape (sim, member), EUR a year: what is
        left is chance. If left out, the means: then everything that varies counts as chance.
    own_exact, contribution_exact
        E X and E H where they are known without simulation, shape (member,), EUR a year. Means are then exact, and
        `solidair.pool.metrics.control` uses them to steady other metrics.
    squares
        Second moments where they are known as well; only with `own_exact`, and `contribution_exact` for those of H.

    Raises
    ------
    ValueError
        If shapes differ, if there are fewer than two years, or if a number is missing, infinite or (budget,
        youth) not above 0.
    """

    contribution: FloatArray
    own: FloatArray
    budget: FloatArray
    youth: FloatArray
    expected: FloatArray | None = None
    own_expected: FloatArray | None = None
    own_exact: FloatArray | None = None
    contribution_exact: FloatArray | None = None
    squares: Squares | None = None

    def __post_init__(self) -> None:
        shape = self.contribution.shape
        if len(shape) != 2 or self.own.shape != shape:
            raise ValueError(f"contribution {shape}, own {self.own.shape}: both must have one shape (sim, member)")
        if shape[0] < 2 or shape[1] < 1:
            raise ValueError(f"shape {shape}: metrics need at least 2 simulated years and 1 member")
        for name, weights in (("budget", self.budget), ("youth", self.youth)):
            if weights.shape != shape[1:]:
                raise ValueError(f"{name} has shape {weights.shape}, expected {shape[1:]}: one number per member")
            if not bool(np.all(np.isfinite(weights) & (weights > 0.0))):
                raise ValueError(f"{name}: every member needs a finite number above 0")
        for name, known in (("own_exact", self.own_exact), ("contribution_exact", self.contribution_exact)):
            if known is not None and not (known.shape == shape[1:] and bool(np.all(np.isfinite(known)))):
                raise ValueError(f"{name}: every member needs a finite number; leave it out where one is not known")
        for name, money in (("contribution", self.contribution), ("own", self.own)):
            # One missing or infinite number makes the sum so; no mask of the array's size is needed.
            with np.errstate(invalid="ignore", over="ignore"):
                total = money.sum()
            if not np.isfinite(total):
                raise ValueError(f"{name}: every amount must be a finite number")

    @property
    def sims(self) -> int:
        """Number of simulated years."""
        return int(self.contribution.shape[0])

    @property
    def stand_alone(self) -> Sample:
        """The same years and members if each bears its own cost."""
        expected, exact = self.own_expected, self.own_exact
        squares = self.squares
        return Sample(self.own, self.own, self.budget, self.youth, expected, expected, exact, exact, squares)

    def of(self, members: slice, beside: Sample | None = None) -> Sample:
        """Return the same for a few members, the years of each side by side in memory.

        Sorting and summing over years is several times faster that way.

        Parameters
        ----------
        members
            Which.
        beside
            The same members under another agreement, whose arrays of own cost serve for this one too.
        """

        def columns(x: FloatArray | None) -> FloatArray | None:
            return None if x is None else np.asfortranarray(x[:, members])

        own = np.asfortranarray(self.own[:, members]) if beside is None else beside.own
        return Sample(
            np.asfortranarray(self.contribution[:, members]),
            own,
            self.budget[members],
            self.youth[members],
            columns(self.expected),
            columns(self.own_expected) if beside is None else beside.own_expected,
            None if self.own_exact is None else self.own_exact[members],
            None if self.contribution_exact is None else self.contribution_exact[members],
            None if self.squares is None else self.squares.of(members),
        )

    @property
    def simulated(self) -> Sample:
        """The same without exact means, so that every figure comes from the simulated years alone."""
        return replace(self, own_exact=None, contribution_exact=None, squares=None)

    @property
    def structure(self) -> FloatArray:
        """E(H | need), shape (sim, member), EUR."""
        return np.broadcast_to(self.mean, self.own.shape) if self.expected is None else self.expected

    @property
    def own_structure(self) -> FloatArray:
        """E(X | need), shape (sim, member), EUR."""
        return np.broadcast_to(self.own_mean, self.own.shape) if self.own_expected is None else self.own_expected

    @cached_property
    def ordered(self) -> FloatArray:
        """Contributions of each member in ascending order, shape (sim, member), EUR; sorted once."""
        return np.sort(self.contribution, axis=0)

    @cached_property
    def mean(self) -> FloatArray:
        """Mean contribution, shape (member,), EUR."""
        return column_mean(self.contribution)

    @cached_property
    def sd(self) -> FloatArray:
        """Standard deviation of the contribution, shape (member,), EUR."""
        return column_sd(self.contribution, self.mean)

    @cached_property
    def own_mean(self) -> FloatArray:
        """Mean cost of own clients, shape (member,), EUR."""
        return column_mean(self.own)

    @cached_property
    def own_sd(self) -> FloatArray:
        """Standard deviation of the cost of own clients, shape (member,), EUR."""
        return column_sd(self.own, self.own_mean)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A metric's value with what is needed to know its Monte Carlo error.

    Parameters
    ----------
    value
        Shape (member,), or () for a metric of the whole region.
    influence
        Shape (sim, member) or (sim,): how much each simulated year pulls the value; in the unit of the value.
    se
        Error to report instead of sd(influence) / sqrt(N), where a better one is known; shape of `value`.
    is_share
        True if the value is a share of the simulated years. Its error is then the half-width of Wilson's
        interval at one standard error, so that 0 of N years does not claim certainty.
    floor
        What the value cannot lie below, shape of `value`; None if nothing is known.
    """

    value: FloatArray
    influence: FloatArray
    se: FloatArray | None = None
    is_share: bool = False
    floor: FloatArray | None = None

    @staticmethod
    def exactly(value: FloatArray, sims: int) -> Estimate:
        """Return a value that is known without simulation: no year pulls it, its error is 0."""
        none = np.broadcast_to(np.zeros(()), (sims, *value.shape))
        return Estimate(value, none, np.where(np.isnan(value), np.nan, 0.0))

    @property
    def standard_error(self) -> FloatArray:
        """Monte Carlo standard error, shape and unit of `value`."""
        return _error(self.influence, self.is_share) if self.se is None else self.se

    def minus(self, other: Estimate) -> tuple[FloatArray, FloatArray]:
        """Return `self` - `other` over the same simulated years, and the paired standard error of that.

        Raises
        ------
        ValueError
            If the two were not estimated on equally many years and members.
        """
        if self.influence.shape != other.influence.shape:
            raise ValueError(f"shapes {self.influence.shape} and {other.influence.shape}: not the same simulated years")
        error = _error(self.influence - other.influence, self.is_share and other.is_share)
        return np.asarray(self.value - other.value), error


def _error(influence: FloatArray, is_share: bool) -> FloatArray:
    n = influence.shape[0]
    variance = np.var(influence, axis=0)
    return wilson_error(variance, n) if is_share else np.sqrt(variance / (n - 1))


def wilson_error(variance: npt.ArrayLike, n: int) -> FloatArray:
    """Half-width of Wilson's interval at one standard error.

    sqrt(v / n + 1 / (4 n^2)) / (1 + 1 / n) with v = p (1 - p) (Wilson 1927, Journal of the American
    Statistical Association 22, 209). For the difference of two shares in the same years, v is the variance of
    the yearly difference (-1, 0 or 1) and the same formula keeps the error above 0 when no year tells the two
    apart.
    """
    return np.sqrt(np.asarray(variance, dtype=np.float64) / n + 0.25 / n**2) / (1.0 + 1.0 / n)


Function = Callable[[Sample], Estimate]
F = TypeVar("F", bound=Function)


@dataclass(frozen=True, eq=False)
class Metric:
    """One number about an agreement.

    Parameters
    ----------
    name
        Column name, in snake_case.
    unit
        Unit of the value.
    direction
        Which is better: 'lower', 'higher', or 'none' where that is a matter of opinion.
    axis
        'member' if there is a value per member, 'region' if there is one for all together.
    table
        The table it belongs to.
    label
        Short name per language ('nl', 'en').
    meaning
        One plain sentence for a councillor, per language.
    function
        Computes the estimate of a sample.
    controlled
        True if exact means steady it; see `solidair.pool.metrics.control`.
    """

    name: str
    unit: Unit
    direction: Direction
    axis: Axis
    table: Table
    label: Mapping[str, str]
    meaning: Mapping[str, str]
    function: Function
    controlled: bool = False


METRICS: dict[str, Metric] = {}
"""All metrics by name, in the order of the tables' columns."""


def metric(
    name: str,
    *,
    unit: Unit,
    table: Table,
    label: Mapping[str, str],
    meaning: Mapping[str, str],
    direction: Direction = "none",
    axis: Axis = "member",
    controlled: bool = False,
) -> Callable[[F], F]:
    """Return a decorator that registers a function of a `Sample` as a metric; parameters as in `Metric`.

    Raises
    ------
    ValueError
        If the name is taken, or a text lacks a language.
    """

    def register(function: F) -> F:
        if name in METRICS:
            raise ValueError(f"the metric '{name}' is registered twice")
        for what, text in (("label", label), ("meaning", meaning)):
            missing = [language for language in LANGUAGES if not text.get(language)]
            if missing:
                raise ValueError(f"metric '{name}': its {what} lacks the language {', '.join(missing)}")
        METRICS[name] = Metric(name, unit, direction, axis, table, label, meaning, function, controlled)
        return function

    return register


def column_mean(x: FloatArray) -> FloatArray:
    """Return the mean over axis 0, measured from the first row: exact for a constant column."""
    total = np.zeros(x.shape[1:])
    for rows in row_blocks(x.shape[0]):
        total += (x[rows] - x[0]).sum(axis=0)
    return np.asarray(x[0] + total / x.shape[0])


def column_sd(x: FloatArray, mean: FloatArray) -> FloatArray:
    """Return the standard deviation over axis 0 about `mean`, divisor N - 1; 0 for a constant column."""
    total = np.zeros(x.shape[1:])
    for rows in row_blocks(x.shape[0]):
        total += ((x[rows] - mean) ** 2).sum(axis=0)
    return np.asarray(np.sqrt(total / (x.shape[0] - 1)))


def ratio(numerator: FloatArray, denominator: FloatArray, otherwise: float = 0.0) -> FloatArray:
    """Return numerator / denominator, and `otherwise` wherever the denominator is 0."""
    top, bottom = np.broadcast_arrays(numerator, denominator)
    result = np.full(top.shape, otherwise)
    np.divide(top, bottom, out=result, where=bottom != 0.0)
    return result


def row_blocks(sims: int) -> Iterator[slice]:
    """Yield slices that together cover all simulated years, each of `BLOCK` years or what is left."""
    for start in range(0, sims, BLOCK):
        yield slice(start, min(start + BLOCK, sims))
