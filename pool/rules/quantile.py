"""The quantile rule: everybody has an equally bad year."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from solidair.models.severity.numeric import Floats, as_floats
from solidair.pool.rules.base import Rule, not_negative
from solidair.pool.rules.law import Law, LawError


@dataclass(frozen=True, eq=False)
class Quantile(Rule):
    """Each bears its own quantile at one level u, chosen such that these add up to the total.

    h_i(s) = F_i^{-1}(u(s)) with sum over j of F_j^{-1}(u(s)) = s (Denuit, Dhaene & Robert 2022, Journal of Risk and
    Insurance 89, 639). It is not fair: who has light tails pays more than its expected cost. A benchmark only.

    Parameters
    ----------
    steps
        Quantiles of all members at ascending levels, shape (level, member), EUR, each column non-decreasing. Between
        two levels contributions are straight lines in the total, so they add up to it. Beyond the levels they go on in
        proportion.
    """

    steps: Floats

    @classmethod
    def fit(cls, law: Law) -> Quantile:
        """Return the rule from the sorted sample; LawError if there is no sample, or an amount is below 0."""
        if law.sample is None:
            raise LawError("the quantile rule needs a sample of the costs")
        steps = np.ascontiguousarray(np.sort(np.ascontiguousarray(law.sample.T), axis=1).T)
        if steps[0].min() < 0.0:
            raise LawError(f"the quantile rule shares costs of at least 0, but one is {steps[0].min():g}")
        return cls(steps)

    @property
    def members(self) -> int:
        """Number of members."""
        return int(self.steps.shape[1])

    @cached_property
    def totals(self) -> Floats:
        """Sum of the quantiles at each level, shape (level,), EUR."""
        return as_floats(self.steps.sum(axis=1))

    def _apply(self, totals: Floats) -> Floats:
        not_negative(totals, "quantile")
        knots = self.totals
        last = len(knots) - 1
        # Of levels with one total the last is taken: the step that starts there has a length.
        low = np.maximum(np.searchsorted(knots, totals, side="right") - 1, 0)
        high = np.minimum(low + 1, last)
        width = knots[high] - knots[low]
        weight = np.clip((totals - knots[low]) / np.where(width > 0.0, width, 1.0), 0.0, 1.0)[:, None]
        inside = self.steps[low] * (1.0 - weight) + self.steps[high] * weight
        outside = (totals < knots[0]) | (totals > knots[last])
        if np.any(outside):
            at = knots[low[outside]]
            if at.min() <= 0.0:
                raise LawError("the quantile rule cannot share a cost that its sample never had: all of it is 0")
            inside[outside] = self.steps[low[outside]] * (totals[outside] / at)[:, None]
        return as_floats(inside)
