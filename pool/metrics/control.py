r"""Control variates: steady a simulated figure by what is known exactly.

The mean of own cost X, and of what a linear agreement charges H, is known without simulation. If the simulated years
happened to be dear by 1 %, a figure that follows X is too high as well, by an amount that its regression on X tells.
With :math:`C_s` the controls of year s less their exact means, :math:`\psi_s` the influence of that year on a
metric and :math:`\beta` the slopes of :math:`\psi` on C,

.. math:: \text{value} \to \text{value} - \beta' \bar C, \qquad \psi_s \to \psi_s - \beta' (C_s - \bar C)

(Glasserman 2003, Monte Carlo Methods in Financial Engineering, section 4.1). Where variances and covariances are known
too, the squares of X - E X and of U = X - H less its mean are controls as well, and their product, which together say
the same as the squares and the product of X and H. A kink at the mean is nearly a line and a square: of E (H - B)+
0.03 to 0.05 of the variance is left in the studies haaglanden and holland-rijnland (20,000 years), with lines alone
0.20 to 0.24; of a difference with own use 0.04 to 0.19, with lines alone 0.21 to 0.39.

Slopes are estimated from the same years, so the value has a bias of order 1 / N, about 3 standard errors over the root
of N. Years that lie far out pull slopes to themselves, and what they leave looks smaller than it is. So the
error is that of the jackknife, which leaves out each year in turn: the influence is
:math:`(N - 1) w_s \psi_s / (1 - h_s)` with :math:`w_s` the weight below and :math:`h_s` the leverage (Miller 1974,
Annals of Statistics 2, 880). Where a few years make up all of a mean square it is no control (`RARE`).

Both sides of a difference are steadied by themselves, so that the difference in a table is the difference of the two
figures beside it; regressing the difference on the controls of both at once would leave 0.04 to 0.14.

The value is the plain one over reweighted years, :math:`w_s = (1 - (C_s - \bar C)' S^{-1} \bar C) / N`, S the
covariance of C. As long as no weight is below 0, no bound can be broken: a mean of what is never negative is not
negative, and E (H - B)+ is at least E H - B. A weight falls below 0 only for a year so far out that it alone moves the
mean; a metric that has a bound names it (`Estimate.floor`), and holds it then too.

Quantiles, tails and chances stay as the years give them, since each is read beside the others (a VaR below the budget
goes with a small chance of an overrun). Standard deviations stay too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from solidair.pool.metrics.base import Estimate, FloatArray, Metric, Sample, column_mean, ratio

COLLINEAR = 1e-16
"""A control whose variance is below this share of what it was, once others are taken out, is rounding: no control."""

RARE = 500
"""Squares are controls only if the years that make up their mean are, in effect, at least this many (sims / kurtosis).

Slopes follow a square that a few years make up: with 8 such years of a lognormal cost an interval of 95 % held 80 %,
with 120 it held 91 %, with 190 and more 94 to 95 % (400 replications each). The kurtosis is that of the model. That
of the simulated years would let their luck choose the controls, which gave a bias of a quarter of the spread.
"""

NOTHING = 1e-4
"""Who passes on less than this share of the variance has no squares of it: their exact means are not exact enough."""

SMALL = 1e-9
"""A share of itself that a year leaves to the others below this is rounding."""

ROUNDING = 1e-20
"""What is left of a variance below this share of it is rounding: the figure follows the controls throughout."""


@dataclass(frozen=True, eq=False)
class Control:
    """One control, made uncorrelated with those before it.

    Parameters
    ----------
    deviation
        Control less its mean over the simulated years, (sim, member) EUR.
    shift
        That mean less the exact mean, (member,) EUR.
    square
        Sum of the squares of `deviation`, (member,); 0 where it is no control for that member.
    """

    deviation: FloatArray
    shift: FloatArray
    square: FloatArray


def controls(sample: Sample) -> list[Control]:
    """Return the controls of a sample: own cost and what is borne, as far as their exact means are known.

    A member that bears a fixed share of its own cost, or the same in every year, has fewer: `Control.square` is 0.
    """
    found: list[Control] = []
    for control, exact, scale in _known(sample):
        mean = column_mean(control)
        deviation, shift = control - mean, mean - exact
        before = _dot(deviation, deviation)
        for other in found:
            slope = ratio(_dot(other.deviation, deviation), other.square)
            deviation -= other.deviation * slope
            shift = shift - other.shift * slope
        square = _dot(deviation, deviation)
        rounding = np.maximum(COLLINEAR * before, sample.sims * (1e-12 * scale) ** 2)
        found.append(Control(deviation, shift, np.where(square > rounding, square, 0.0)))
    return found


def _known(sample: Sample) -> Iterator[tuple[FloatArray, FloatArray, FloatArray]]:
    """Yield whatever has a known mean: values (sim, member), this mean and the scale of rounding, both (member,)."""
    own, borne, squares = sample.own_exact, sample.contribution_exact, sample.squares
    if own is not None:
        yield sample.own, own, sample.own_mean
    alone = sample.contribution is sample.own
    if borne is not None and not alone:
        yield sample.contribution, borne, sample.mean
    if squares is None or own is None:
        return
    cost = sample.own - own
    square = cost * cost
    steady = RARE * squares.own_kurtosis <= sample.sims
    yield np.where(steady, square, 0.0), np.where(steady, squares.own, 0.0), squares.own
    if borne is None or squares.both is None or squares.moved is None or squares.moved_kurtosis is None or alone:
        return
    moved = sample.own - sample.contribution
    moved -= own - borne
    steady &= (RARE * squares.moved_kurtosis <= sample.sims) & (squares.moved > NOTHING * squares.own)
    for product, exact in ((cost * moved, squares.both), (moved * moved, squares.moved)):
        yield np.where(steady, product, 0.0), np.where(steady, exact, 0.0), np.zeros_like(own)


def controlled(metric: Metric, sample: Sample) -> Estimate:
    """Return a metric of a sample, steadied by exact means if the metric is declared so and they are known.

    An estimate that brings its own error (because it is exact already, or because its error is not that of an
    influence) is left as it is.
    """
    estimate = metric.function(sample)
    return steadied(estimate, controls(sample)) if metric.controlled and estimate.se is None else estimate


def steadied(estimate: Estimate, by: list[Control]) -> Estimate:
    """Return an estimate less its regression on controls; the same estimate if there are none.

    Parameters
    ----------
    estimate
        Of each member, influence (sim, member) with mean 0.
    by
        Controls of the same simulated years and members, uncorrelated with each other.
    """
    if not by:
        return estimate
    value, influence = estimate.value, estimate.influence.copy(order="K")
    sims = influence.shape[0]
    before = _dot(influence, influence)
    weight, left = np.ones_like(influence), np.full_like(influence, 1.0 - 1.0 / sims)
    for control in by:
        slope = ratio(_dot(control.deviation, influence), control.square)
        influence -= control.deviation * slope
        value = value - control.shift * slope
        weight -= control.deviation * ratio(sims * control.shift, control.square)
        left -= control.deviation**2 * ratio(np.ones_like(slope), control.square)
    if estimate.floor is not None:
        value = np.maximum(value, estimate.floor)
    influence[:, _dot(influence, influence) <= ROUNDING * before] = 0.0
    # A year that the slopes follow wholly, as when there are no more years than slopes, leaves nothing to judge by.
    weight *= ratio((1.0 - 1.0 / sims) * influence, np.where(left > SMALL, left, 0.0))
    return Estimate(value, weight - weight.mean(axis=0), is_share=estimate.is_share)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the sum over years of a b, (member,); the bits of einsum would depend on how many members there are."""
    return np.asarray((a * b).sum(axis=0))
