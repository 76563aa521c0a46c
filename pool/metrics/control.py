r"""Control variates: steady a simulated figure by what is known exactly.

The mean of own cost X, and of what a linear agreement charges H, is known without simulation. If the simulated years
happened to be dear by 1 %, a figure that follows X is too high as well, by an amount that its regression on X tells.
With :math:`C_s` the controls of year s less their exact means, :math:`\psi_s` the influence of that year on a
metric and :math:`\beta` the slopes of :math:`\psi` on C,

.. math:: \text{value} \to \text{value} - \beta' \bar C, \qquad \psi_s \to \psi_s - \beta' (C_s - \bar C)

(Glasserman 2003, Monte Carlo Methods in Financial Engineering, section 4.1). Errors, and paired errors of differences,
come from the influence that is left. Both sides of a difference are steadied by themselves, so that the difference in a
table is the difference of the two figures beside it; regressing the difference on the controls of both at once would
lower its error by 0.1 % at most (study haaglanden, 20,000 years).

The same value is the plain one over reweighted years, of weights :math:`(1 - (C_s - \bar C)' S^{-1} \bar C) / N`, S the
covariance of C. As long as no weight is below 0, no bound can be broken: a mean of what is never negative is not
negative, and E (H - B)+ is at least E H - B. A weight falls below 0 only for a year so far out that it alone moves the
mean; a metric that has a bound names it (`Estimate.floor`), and holds it then too.

Quantiles, tails and chances stay as the years give them, since each is read beside the others (a VaR below the budget
goes with a small chance of an overrun). Standard deviations stay too: their variance would fall by 15 % only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solidair.pool.metrics.base import Estimate, FloatArray, Metric, Sample, ratio

COLLINEAR = 1e-16
"""A control whose variance is below this share of what it was, once others are taken out, is rounding: no control."""

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
    known: list[tuple[FloatArray, FloatArray, FloatArray | None]] = [(sample.own, sample.own_mean, sample.own_exact)]
    if sample.contribution is not sample.own:
        known.append((sample.contribution, sample.mean, sample.contribution_exact))
    found: list[Control] = []
    for amount, mean, exact in known:
        if exact is None:
            continue
        deviation, shift = amount - mean, mean - exact
        before = _dot(deviation, deviation)
        for other in found:
            slope = ratio(_dot(other.deviation, deviation), other.square)
            deviation -= other.deviation * slope
            shift = shift - other.shift * slope
        square = _dot(deviation, deviation)
        rounding = np.maximum(COLLINEAR * before, sample.sims * (1e-12 * mean) ** 2)
        found.append(Control(deviation, shift, np.where(square > rounding, square, 0.0)))
    return found


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
    before = _dot(influence, influence)
    fitted = np.zeros(value.shape, dtype=np.int64)
    for control in by:
        slope = ratio(_dot(control.deviation, influence), control.square)
        influence -= control.deviation * slope
        value = value - control.shift * slope
        fitted += control.square > 0.0
    if estimate.floor is not None:
        value = np.maximum(value, estimate.floor)
    influence[:, _dot(influence, influence) <= ROUNDING * before] = 0.0
    return Estimate(value, influence, is_share=estimate.is_share, fitted=fitted)


def _dot(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the sum over years of a b, (member,); the bits of einsum would depend on how many members there are."""
    return np.asarray((a * b).sum(axis=0))
