"""Precision: add blocks until the metrics asked for are known well enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from solidair.models.problems import InputError, Problem, suggest
from solidair.pool.metrics import METRICS
from solidair.pool.metrics.base import FloatArray, Metric, Sample
from solidair.pool.metrics.control import controlled

DEFAULT_METRICS = ("mean", "tvar_95")
"""What must be precise if nothing is said: the middle and the tail of what a member bears."""

NEAR_ZERO = 0.01
"""A value below this share of its yardstick has no relative error worth the name; see `relative_errors`."""

MOST = 100_000_000
"""Most sims that a run adds up to."""

FIRST = 4096
"""Sims of the first round, so that errors are known to a few percent before anything is built on them."""

_MARGIN, _LEAST, _LARGEST = 1.05, 1.25, 8.0


@dataclass(frozen=True)
class Precision:
    """How precise a run must be.

    Parameters
    ----------
    target
        Largest relative standard error, for every agreement and member; 0.01 is one percent.
    metrics
        Names of metrics.
    most
        Sims after which the run stops, precise or not.

    Raises
    ------
    InputError
        If a metric is not known, or the target is not between 0 and 1.
    """

    target: float
    metrics: tuple[str, ...] = DEFAULT_METRICS
    most: int = MOST

    def __post_init__(self) -> None:
        problems = [
            Problem("run", "--metric", name, "there is no such metric", suggest(name, METRICS))
            for name in self.metrics
            if name not in METRICS
        ]
        if not 0.0 < self.target < 1.0:
            rule = "must lie between 0 and 100 percent"
            problems.append(Problem("run", "--precision", f"{self.target}", rule, "Write for example 1%."))
        if not self.metrics:
            problems.append(Problem("run", "--metric", "", "no metric is named", suggest("", METRICS)))
        if problems:
            raise InputError(problems)

    def __str__(self) -> str:
        return f"auto, {100 * self.target:g}% for {', '.join(self.metrics)}, at most {self.most}"


@dataclass(frozen=True)
class Convergence:
    """How precise a run became.

    Parameters
    ----------
    target, metrics
        What was asked for.
    sims, rounds
        Sims used, and the rounds in which they were added.
    error
        Largest relative standard error of all.
    metric, agreement, code
        Where that is: the last to converge. `code` is empty for a metric of the whole region.
    near_zero
        Whether any of the values lies so near zero that its error is taken relative to the yardstick.
    """

    target: float
    metrics: tuple[str, ...]
    sims: int
    rounds: int
    error: float
    metric: str
    agreement: str
    code: str
    near_zero: bool

    @property
    def reached(self) -> bool:
        """Whether every error is at or below the target."""
        return self.error <= self.target


def yardstick(metric: Metric, sample: Sample) -> FloatArray:
    """Return what a value near zero is compared with: the budget for money, 1 for shares, ratios and indices."""
    budget, youth = sample.budget, sample.youth
    if metric.axis == "region":
        budget, youth = budget.sum(), youth.sum()
    return np.asarray({"EUR": budget, "EUR per youth": budget / youth}.get(metric.unit, np.ones_like(budget)))


def relative_errors(metric: Metric, sample: Sample) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    """Return the relative standard error of a metric, shape (member,) or (), and where the value is near zero.

    The error is taken relative to the value, or, where that lies below 1 percent of its yardstick (the member's
    budget for an amount), relative to the yardstick. An error that cannot be computed counts as infinite.
    """
    estimate, scale = controlled(metric, sample), yardstick(metric, sample)
    size = np.abs(estimate.value)
    near = size < NEAR_ZERO * scale
    errors = estimate.standard_error / np.where(near, scale, size)
    return np.where(np.isfinite(errors), errors, np.inf), near


def judge(precision: Precision, samples: Mapping[str, Sample], codes: Sequence[str], rounds: int) -> Convergence:
    """Return how precise the samples are, one per agreement; members one by one, so that memory stays small."""
    worst, where, any_near = -1.0, ("", "", ""), False
    metrics = [METRICS[name] for name in precision.metrics]
    for agreement, sample in samples.items():
        # A part lives no longer than its member's turn: it keeps what it sorted.
        parts = ((code, "member", sample.of(slice(i, i + 1))) for i, code in enumerate(codes))
        for code, axis, part in chain(parts, [("", "region", sample)]):
            for metric in (m for m in metrics if m.axis == axis):
                errors, near = relative_errors(metric, part)
                any_near |= bool(near.any())
                if (error := float(errors.max())) > worst:
                    worst, where = error, (metric.name, agreement, code)
    sims = next(iter(samples.values())).sims
    return Convergence(precision.target, precision.metrics, sims, rounds, worst, *where, any_near)


def next_sims(so_far: Convergence, block: int, most: int) -> int:
    """Return how many sims to have after the next round.

    Errors fall with the root of the number of sims, so this many would do, with a margin for the error of the error;
    at least a quarter more, so that rounds are few, and at most eight times as many, since the first errors are rough.
    """
    with np.errstate(over="ignore"):
        factor = float(np.clip(_MARGIN * (so_far.error / so_far.target) ** 2, _LEAST, _LARGEST))
    return min(block * -(-int(so_far.sims * factor) // block), most // block * block)
